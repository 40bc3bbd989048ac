"""A plan written: tables, report and papers, the checker's verdict, and the forum's pack, side by side where the computer has cores for it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.errors import InputError, Note
from beatplanner.data.publish.everything import write_everything
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service_files import write_service
from beatplanner.data.side_work import REPORT, SideWork, Task, side_work, usable_cores
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.no_pack import empty_pack, write_card_alone
from beatplanner.planning.progress import CHECK, PAPERS
from beatplanner.planning.proof import Progress, silent
from beatplanner.planning.whole.country import CountryPlan, write_country
from beatplanner.planning.whole.verdict import write_verdict

# A process that helps takes about as long to start as thirty pages to write.
PAGES = 30
# What it loads while the plan is still made.
WARM = (
    *REPORT,
    "beatplanner.data.publish.officers_pack",
    "beatplanner.planning.forum.public.languages",
    "docx",
    "docxtpl",
)


@contextmanager
def writers(town: Town, pack: bool, side: SideWork | None = None) -> Generator[SideWork]:
    """Have the processes that will help to write a plan started; none where there is one core, or little to write.

    Parameters
    ----------
    town, pack
        What is to be written.
    side
        Those that were started already; they are ended by who started them.
    """
    rules = town.description.beats
    languages = len((town.description.forum or Forum()).languages)
    count = rules.count if rules is not None and isinstance(rules.count, int) else len(town.units) // 20
    wanted = usable_cores() - 1 if pack and rules is not None and count * languages >= PAGES else 0
    if side is not None:
        side.add(wanted - len(side.threads), WARM)
        yield side
        return
    with side_work(wanted, WARM) as side:
        yield side


def parts_of_writing(rules: Description) -> int:
    """Return how many parts of writing a plan are told, as `write_plan` and `write_pack` tell them: papers, check, maps, and each language of the pack."""
    return 2 if rules.beats is None else 3 + len((rules.forum or Forum()).languages)


def write_plan(
    out: Path,
    tables: PlanTables,
    town: Town,
    *,
    pack: bool = True,
    country: CountryPlan | None = None,
    service: tuple[Any, ...] | None = None,
    side: SideWork | None = None,
    progress: Progress = silent,
) -> list[Note]:
    """Write a plan into its folder.

    Parameters
    ----------
    out
        The folder.
    tables, town
        The plan and its town.
    pack
        Whether the forum's pack is made.
    country, service
        What is written besides, where there is such a thing.
    side
        Processes that help.
    progress
        Told what is written.

    Returns
    -------
    list of Note
        Problems for which the pack was stopped: a plan that took its time is not lost over the pack, which can be made again.

    Raises
    ------
    InputError
        Where the folder cannot be written.
    """
    stopped: list[Note] = []
    report: list[Task] = []

    def finish(folder: Path) -> None:
        if country is not None:
            write_country(folder, tables, country)
        if service is not None:
            write_service(folder, *service)
        progress(CHECK, None, None, 0.0)
        verdict = write_verdict(folder, town)
        if not pack:
            empty_pack(folder)
            return
        if tables.beats is None:
            write_card_alone(folder / "forum", tables, town, verdict)
            return
        # what makes maps and pages in many languages is loaded where there is something to hand out
        from beatplanner.planning.forum.forum_pack import write_pack

        try:
            stopped.extend(
                write_pack(
                    folder,
                    tables,
                    town,
                    verdict=verdict,
                    side=side,
                    progress=progress,
                    report=lambda: [task.collect() for task in report],
                )
            )
        except InputError as error:
            stopped.extend(error.problems)
            empty_pack(folder)

    progress(PAPERS, None, None, 0.0)
    write_everything(out, tables, also=finish, side=side, given=report.append)
    return stopped
