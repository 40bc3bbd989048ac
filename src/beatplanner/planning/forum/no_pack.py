"""The folder `forum` of a plan without beats, such as one of stations alone: no pack, but how it was planned is told all the same."""

from __future__ import annotations

import secrets
from pathlib import Path

from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.output_place import delete_files, make_folder
from beatplanner.data.publish.public.figures import Register
from beatplanner.data.publish.public.forum_files import write_json
from beatplanner.data.result.draft import draft_reasons
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.verdict import CheckerFound
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.public.card_file import card_json
from beatplanner.planning.forum.public_plan import card_of


def empty_pack(folder: Path) -> None:
    """Take every file out of a result's folder ``forum``."""
    delete_files(folder / "forum")


def write_card_alone(forum: Path, tables: PlanTables, town: Town, verdict: CheckerFound | None) -> None:
    """Write how a plan without beats was planned into an emptied folder, as ``run_card.json``.

    Parameters
    ----------
    forum
        The folder; made where it does not exist.
    tables, town
        The plan and its town.
    verdict
        ``ok`` and ``checks`` of `verify`.
    """
    make_folder(forum)
    delete_files(forum)
    rules = town.description.forum or Forum()
    card = card_of(tables, town.description, read_forum_tables(town), verdict, secrets.token_bytes(32))
    run_card = card_json(
        Register(),
        card,
        project=str(tables.summary["project"]),
        feasible=bool(tables.summary["feasible"]),
        made_by=rules.made_by,
        decided_by=None,
        languages=(),
        draft=draft_reasons(tables, verdict=verdict),
    )
    write_json(forum / "run_card.json", run_card)
