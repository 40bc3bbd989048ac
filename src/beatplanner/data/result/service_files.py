"""The files of the service picture: its figures as ``service.json``, and what they were computed from, which `verify` reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from beatplanner.data.result.sections import list_of, number_of, section_of

if TYPE_CHECKING:
    import pandas as pd

FILE, FOLDER = "service.json", "service"
CALLS, SERVERS, MINUTES, FLOWS, LINES = "calls.csv", "servers.csv", "minutes.csv", "flows.csv", "lines.csv"
# Where the officers of a proposal wait, and the ways from there.
PLACES, WAYS = "places.csv", "ways.csv"
# Who is on duty by the postings of the officers' plan.
HELD = "held.csv"
# What the service of those officers is summed from, and their ways.
HELD_SUMS, HELD_WAYS = "held_sums.csv", "held_ways.csv"
# The columns of all these that hold names; in the others stand numbers and days.
NAMES = ("unit", "from", "to", "server", "beat", "shift")


def write_service(folder: Path, figures: Mapping[str, object], evidence: dict[str, pd.DataFrame]) -> None:
    """Write the figures, and tables by their file names in the folder ``service``."""
    # the window asks this module for words alone
    from beatplanner.data.result.cells import DIGITS, readable, write_csv

    text = json.dumps(readable(figures), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
    (folder / FOLDER).mkdir(exist_ok=True)
    for name, table in evidence.items():
        # as many digits as JSON has: rounded to six decimals, rates would no longer solve the equations that `verify` solves again
        exact = table.copy()
        for column in exact.select_dtypes("float"):
            exact[column] = [f"{v:.{DIGITS}g}" for v in exact[column]]
        write_csv(folder / FOLDER / name, list(exact.columns), exact.itertuples(index=False))


def fates(service: Mapping[str, object]) -> tuple[str, ...]:
    """Return which shares tell what becomes of calls that find all officers busy: of those that wait, of those that are lost, or both.

    Parameters
    ----------
    service
        The key ``service`` of the summary. Calls wait, or are lost, as its ``queue`` says; where they wait, calls of hours in which nobody
        is on duty are lost all the same, and then both are told.
    """
    lost = service.get("queue") == "lost"
    parts = [service, *list_of(service, "shifts"), section_of(service, "today")]
    gone = lost or any((number_of(part, "lost_share") or 0.0) > 0 for part in parts)
    return (() if lost else ("wait_share",)) + (("lost_share",) if gone else ())


def response_minutes(figures: Mapping[str, object]) -> float | None:
    """Return the minutes from a call until somebody is there, on average over the calls answered: the wait for a free officer, and travel.

    The one definition of every page: what is told as *travel* is the way alone (`mean_minutes`, `median_minutes`, `p90_minutes`).

    Parameters
    ----------
    figures
        The key ``service`` of the summary, or what it tells of a shift, a beat or today: ``mean_minutes`` is of the calls answered,
        ``mean_wait_minutes`` of all that come, of which those that are lost do not wait.
    """
    travel, wait = number_of(figures, "mean_minutes"), number_of(figures, "mean_wait_minutes")
    lost = number_of(figures, "lost_share") or 0.0
    if travel is None:
        return None
    return travel + (wait / (1.0 - lost) if wait and lost < 1.0 else 0.0)


def nobody_share(service: Mapping[str, object]) -> dict[str, float]:
    """Return in what share of the week no officer of a beat is on duty: by the posts that the officers' plan fills, where there is one, else by all.

    Parameters
    ----------
    service
        The key ``service`` of the summary, or what it tells of today.
    """
    return section_of(section_of(service, "vacancies") or service, "nobody_share")


def keep_service(before: Path, part: Path) -> None:
    """Copy the files of a plan's service beside a plan with the same beats and posts."""
    if (before / FILE).is_file():
        shutil.copy2(before / FILE, part / FILE)
        shutil.copytree(before / FOLDER, part / FOLDER)
