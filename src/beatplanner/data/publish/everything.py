"""A result with all that people read: the folder, its report and the officers' papers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from beatplanner.data.publish.papers import write_papers
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
        Other processes, which write report and papers while layers are written and `also` runs.
    given
        Told the task of the report, for who adds to it.

    Raises
    ------
    InputError
        Where the folder holds something that is not a result, or cannot be written or replaced.
    """
    begun: list[Task] = []

    @contextmanager
    def papers(part: Path) -> Generator[None]:
        # they are made of the tables alone, beside the layers and what `also` writes
        task = (side or SideWork()).give(write_papers, part, tables)
        begun.append(task)
        given(task)
        try:
            yield
        except BaseException:
            task.drop()
            raise
        task.collect()

    def after_papers(part: Path) -> None:
        if side is None:
            for task in begun:
                task.collect()
        if also is not None:
            also(part)

    write_result(out, tables, beside=papers, also=after_papers)
