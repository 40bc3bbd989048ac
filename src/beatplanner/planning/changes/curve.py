"""The change budget: the same plan under several shares of moved residents, and what each buys."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import make_folder
from beatplanner.data.publish.curve_report import write_curve
from beatplanner.data.publish.force_language import own_words
from beatplanner.planning.progress import SolvingTime
from beatplanner.planning.proof import Progress, silent
from beatplanner.planning.whole.run import run
from beatplanner.solver.clock import watch

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

FREE = "free"


def run_curve(
    project: Path,
    out: Path,
    moved: Sequence[float | str],
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Row]:
    """Plan the beats under each change budget and write a chart, a table and a plan folder for each.

    Parameters
    ----------
    project
        A description with today's beats.
    out
        Folder; the plans are in it as ``moved-5%`` and so on.
    moved
        Shares of residents that may change beat, or ``"free"``; planned from the least on, each plan starting from the last.
    time_limit
        Seconds of solving over all plans.
    seed, threads, progress, cancelled
        As for `run`.

    Returns
    -------
    list of dict
        One row a budget: ``budget``, ``moved_share``, ``max_deviation``, ``relationship_years_kept`` and ``…_today`` (None without a roster), ``travel``, ``lower_bound``, ``feasible``, ``folder``.

    Raises
    ------
    InputError
        Where the project has no beats or no beats of today.
    """
    description = read_description(project)
    if description.beats is None or description.beats.current is None:
        raise InputError(
            problem(
                "a curve of change budgets needs today's beats",
                'Add current = { path = "…", id = "…" } to [beats]',
                file=description.file.name,
                field="beats.current",
            )
        )
    make_folder(out)
    rows: list[Row] = []
    last: Path | None = None
    solving = SolvingTime(time_limit, watch(cancelled).clock)
    moved = sorted(moved, key=lambda b: math.inf if b == FREE else float(b))
    for k, budget in enumerate(moved):
        share = None if budget == FREE else float(budget)
        rules = _with_budget(description, share)
        folder = out / ("moved-free" if share is None else f"moved-{share:.0%}")
        left = solving.share(len(moved) - k)
        label = "free" if share is None else f"{share:.0%}"

        def progress_of_plan(
            phase: str, best: float | None, bound: float | None, seconds: float, label: str = label, k: int = k
        ) -> None:
            solving.heard(phase)
            progress(f"{k + 1} of {len(moved)}, {label} moved: {phase}", best, bound, solving.clock() - solving.begin)

        summary = run(
            rules,
            folder,
            steps=("beats",),
            start_from=last,
            time_limit=left,
            seed=seed,
            threads=threads,
            progress=progress_of_plan,
            cancelled=cancelled,
        )
        last = folder
        beats = summary["beats"]
        rows.append(
            {
                "budget": label,
                "moved_share": beats.get("moved_share"),
                "max_deviation": beats["max_deviation"],
                "relationship_years_kept": beats.get("relationship_years_kept"),
                "relationship_years_today": beats.get("relationship_years_today"),
                "travel": beats["objective"],
                "lower_bound": beats["lower_bound"],
                "feasible": summary["feasible"],
                "folder": folder.name,
            }
        )
    language = description.forum.languages[0] if description.forum else "en"
    terms = own_words(description.forum.terms, language) if description.forum else {}
    name = terms.get(description.project.name, description.project.name)
    write_curve(out, name, rows, description.beats.tolerance, language)
    solving.done(progress)
    return rows


def _with_budget(description: Description, share: float | None) -> Description:
    assert description.beats is not None
    return description.model_copy(update={"beats": description.beats.model_copy(update={"max_moved": share})})
