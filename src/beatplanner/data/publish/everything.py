"""A result with all that people read: the folder, its report and the officers' papers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from beatplanner.data.result.folder import write_result
from beatplanner.data.result.plan_tables import PlanTables


def write_everything(out: Path, tables: PlanTables, *, also: Callable[[Path], None] | None = None) -> None:
    """Write a plan with report and officers' papers into a folder, as `write_result` does.

    Parameters
    ----------
    out
        The folder; made where it does not exist.
    tables
        The plan.
    also
        Called with the folder before it is swapped in, to write more: the verdict, and the forum's pack into its folder ``forum``.

    Raises
    ------
    InputError
        Where the folder holds something that is not a result, or cannot be written or replaced.
    """

    def papers(part: Path) -> None:
        # jinja2, matplotlib and docx are only loaded where something is written
        from beatplanner.data.publish.officers_pack import write_officers_pack
        from beatplanner.data.publish.report import write_report

        write_report(part / "report.html", tables)
        write_officers_pack(part, tables)
        if also is not None:
            also(part)

    write_result(out, tables, also=papers)
