"""The internal report's section on privacy: what the gate hid, and what that cost. These figures never leave the office."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.report_section import put_section
from beatplanner.data.publish.sentence_templates import in_language
from beatplanner.data.publish.translation import Speech

TITLE = "Privacy of the forum pack"
HIDDEN = "Counts from 1 to {n} are hidden, and others that would give them away."
INTERNAL = "This table is internal: together with the pack it would tell the hidden counts."
HEADS = ("Counted", "Figures", "Hidden", "for being small", "Information lost", "Small areas between lines")
THEMES = "Themes are not told: {why}."
WORDS = (TITLE, HIDDEN, INTERNAL, *HEADS, THEMES)


def add_privacy(report: Path, record: Mapping[str, Any], say: Speech = ENGLISH) -> None:
    """Put the gate's record into a report, in place of an older one; nothing happens where there is no report.

    Parameters
    ----------
    report
        ``report.html``.
    record
        The gate's record, ``privacy.json``.
    say
        The language.
    """
    rows = "".join(
        f"<tr><td>{escape(say.known(what))}</td>"
        + "".join(f'<td class="n">{say.number(t[k])}</td>' for k in ("figures", "hidden", "small"))
        + f'<td class="n">{say.percent(t["information_lost"], 1)}</td><td>{escape("; ".join(t["small_areas_between_lines"]) or "–")}</td></tr>'
        for what, t in record["tables"].items()
    )
    why = record.get("themes_left_out")
    left_out = f"<p>{escape(say.text(THEMES, why=in_language(str(why), say.language)))}</p>" if why else ""
    heads = "".join(
        f'<th scope="col"{" class=n" if 0 < k < 5 else ""}>{escape(say.text(head))}</th>'
        for k, head in enumerate(HEADS)
    )
    section = (
        f"<h2>{escape(say.text(TITLE))}</h2><p>{escape(say.text(HIDDEN, n=record['threshold'] - 1))} {escape(say.text(INTERNAL))}</p>"
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{left_out}'
    )
    put_section(report, "privacy", section)
