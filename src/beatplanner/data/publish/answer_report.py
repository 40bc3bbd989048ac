"""The answer to a question in parliament as a page of A4."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from beatplanner.data.output_place import write_file

STYLE = """@page{size:A4;margin:14mm}body{font:10.5pt/1.35 system-ui,"Segoe UI",sans-serif;max-width:182mm;margin:8mm auto;color:#1a1a1a}h1{font-size:15pt;margin:0 0 1mm;line-height:1.2}
.lead{color:#444;margin:0 0 3mm}h2{font-size:10.5pt;margin:2.4mm 0 .4mm;color:#08306b}p{margin:0 0 .6mm}.draft{border:1.5pt solid #a3141c;color:#a3141c;padding:1.5mm 3mm;margin:0 0 3mm}
footer{margin-top:4mm;border-top:.5pt solid #9aa4b0;padding-top:1mm;color:#555;font-size:8.5pt}"""


def write_answer(file: Path, content: dict[str, Any]) -> None:
    """Write the page; `content` as `beatplanner.planning.compare.answer.answers` returns it.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    draft = ""
    if content["draft"]:
        why = " ".join([*content["draft"][:2], content["draft_more"]]).strip()
        draft = f"<p class='draft'><b>{escape(content['draft_title'])}.</b> {escape(why)}</p>"
    parts = "".join(f"<h2>{escape(a['question'])}</h2><p>{escape(' '.join(a['text']))}</p>" for a in content["answers"])
    page = f"""<!DOCTYPE html>
<html lang="{content["language"]}"><head><meta charset="utf-8"><title>{escape(content["title"])}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>{STYLE}</style></head><body>
<h1>{escape(content["title"])}</h1>
<p class="lead">{escape(content["lead"])}</p>{draft}{parts}
<footer>{escape(content["foot"])}</footer></body></html>
"""
    write_file(file, page.encode("utf-8"))
