"""The answer to a question in parliament as a page of A4."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TypedDict

from beatplanner.data.output_place import write_file

STYLE = """@page{size:A4;margin:12mm}body{font:10.5pt/1.35 system-ui,"Segoe UI",sans-serif;max-width:182mm;margin:8mm auto;padding:0 4mm;color:#1a1a1a}h1{font-size:15pt;margin:0 0 1mm;line-height:1.2}
.lead{color:#444;margin:0 0 3mm}h2{font-size:10.5pt;margin:2.4mm 0 .4mm;color:#08306b}p{margin:0 0 .6mm}.draft{border:1.5pt solid #a3141c;color:#a3141c;padding:1.5mm 3mm;margin:0 0 3mm}
footer{margin-top:4mm;border-top:.5pt solid #9aa4b0;padding-top:1mm;color:#555;font-size:.8em}h2{break-after:avoid}p{break-inside:avoid}"""
# On paper all stands on one sheet: letters are as large as that allows.
PRINT = "@media print{{body{{margin:0;padding:0;max-width:none;font-size:{size}pt;line-height:{line}}}h1{{font-size:1.3em}}h2{{font-size:1em;margin:{gap}mm 0 0}}p{{margin:0}}.lead{{margin:0 0 1mm}}footer{{margin-top:2mm}}}}"
LARGEST, SMALLEST, LINE, GAP = 10.5, 6.5, 1.28, 1.6
# The sheet between its margins; a letter of a wide font as a share of its size; a point in millimetres.
WIDE, HIGH, LETTER, POINT = 186.0, 270.0, 0.6, 0.3528


def print_size(texts: Sequence[str], questions: int) -> float:
    """Return the size of letters, in points, at which paragraphs with so many questions above them stand on one sheet.

    Parameters
    ----------
    texts
        Every paragraph, each of which begins a line.
    questions
        How many headings there are beside them.
    """
    size = LARGEST
    while size > SMALLEST:
        a_line = WIDE / (LETTER * size * POINT)
        lines = questions + 4 + sum(math.ceil(len(t) / a_line) for t in texts)
        if lines * LINE * size * POINT + questions * GAP <= HIGH:
            break
        size -= 0.25
    return size


class Answered(TypedDict):
    """A question, and its answer in sentences."""

    question: str
    text: list[str]


class AnswerPage(TypedDict):
    """What the page of answers tells; `draft` says why the plan is one, and `draft_more` how many reasons more there are."""

    language: str
    title: str
    lead: str
    draft_title: str
    draft: list[str]
    draft_more: str
    answers: list[Answered]
    foot: str


def write_answer(file: Path, content: AnswerPage) -> None:
    """Write the page; `content` as `beatplanner.planning.compare.answer.answers` returns it.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    why = " ".join([*content["draft"][:2], content["draft_more"]]).strip()
    draft = f"<p class='draft'><b>{escape(content['draft_title'])}.</b> {escape(why)}</p>" if why else ""
    answers = [(a["question"], " ".join(a["text"])) for a in content["answers"]]
    size = print_size([content["lead"], why, *(text for _, text in answers), content["foot"]], len(answers))
    style = STYLE + PRINT.format(size=f"{size:g}", line=LINE, gap=GAP)
    parts = "".join(f"<h2>{escape(question)}</h2><p>{escape(text)}</p>" for question, text in answers)
    page = f"""<!DOCTYPE html>
<html lang="{content["language"]}"><head><meta charset="utf-8"><title>{escape(content["title"])}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>{style}</style></head><body>
<h1>{escape(content["title"])}</h1>
<p class="lead">{escape(content["lead"])}</p>{draft}{parts}
<footer>{escape(content["foot"])}</footer></body></html>
"""
    write_file(file, page.encode("utf-8"))
