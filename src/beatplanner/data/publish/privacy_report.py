"""The internal report's section on privacy: what the gate hid, and what that cost. These figures never leave the office."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from beatplanner.data.publish.report_section import put_section


def add_privacy(report: Path, record: Mapping[str, Any]) -> None:
    """Put the gate's record into a report, in place of an older one; nothing happens where there is no report.

    Parameters
    ----------
    report
        ``report.html``.
    record
        The gate's record, ``privacy.json``.
    """
    rows = "".join(
        f'<tr><td>{escape(what)}</td><td class="n">{t["figures"]:,}</td><td class="n">{t["hidden"]:,}</td><td class="n">{t["small"]:,}</td>'
        f'<td class="n">{t["information_lost"]:.1%}</td><td>{escape("; ".join(t["small_areas_between_lines"]) or "–")}</td></tr>'
        for what, t in record["tables"].items()
    )
    left_out = (
        f"<p>Themes are not told: {escape(record['themes_left_out'])}.</p>" if record.get("themes_left_out") else ""
    )
    section = (
        f"<h2>Privacy of the forum pack</h2><p>Counts from 1 to {record['threshold'] - 1} are hidden, and others that would give them away. "
        "This table is internal: together with the pack it would tell the hidden counts.</p>"
        '<div class="scroll"><table><thead><tr><th scope="col">Counted</th><th scope="col" class="n">Figures</th><th scope="col" class="n">Hidden</th>'
        '<th scope="col" class="n">for being small</th><th scope="col" class="n">Information lost</th><th scope="col">Small areas between lines</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>{left_out}"
    )
    put_section(report, "privacy", section)
