"""The papers of a plan, as a process beside the command's own writes them: it loads neither what writes layers nor the models of a description."""

from __future__ import annotations

from pathlib import Path

from beatplanner.data.result.plan_tables import PlanTables


def write_papers(part: Path, tables: PlanTables) -> None:
    """Write the report and the officers' papers of a plan into a folder."""
    # jinja2, matplotlib and docx are only loaded where something is written
    from beatplanner.data.publish.officers_pack import write_officers_pack
    from beatplanner.data.publish.report import write_report

    write_report(part / "report.html", tables)
    write_officers_pack(part, tables)
