"""A result with all that people read: the folder, its report and the officers' papers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from beatplanner.data.result.folder import write_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.side_work import SideWork, Task


def write_everything(
    out: Path,
    tables: PlanTables,
    *,
    also: Callable[[Path], None] | None = None,
    side: SideWork | None = None,
    given: Callable[[Task], None] = lambda _: None,
) -> None:
    """Write a plan with report and officers' papers into a folder, as `write_result` does.

    Parameters
    ----------
    out
        The folder; made where it does not exist.
    tables
        The plan.
    also
        Called with the folder before it is swapped in, to write more: the verdict, and the forum's pack into its folder ``forum``.
    side
        Other processes, which write report and papers while `also` runs.
    given
        Told the task of the report, for who adds to it.

    Raises
    ------
    InputError
        Where the folder holds something that is not a result, or cannot be written or replaced.
    """

    def all_of_it(part: Path) -> None:
        task = (side or SideWork()).give(write_papers, part, tables)
        given(task)
        if side is None:
            task.take()
        if also is not None:
            also(part)
        task.take()

    write_result(out, tables, also=all_of_it)


def write_papers(part: Path, tables: PlanTables) -> None:
    """Write the report and the officers' papers of a plan into a folder."""
    # jinja2, matplotlib and docx are only loaded where something is written
    from beatplanner.data.publish.officers_pack import write_officers_pack
    from beatplanner.data.publish.report import write_report

    write_report(part / "report.html", tables)
    write_officers_pack(part, tables)
