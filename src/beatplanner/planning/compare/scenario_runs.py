"""Plans the scenarios of a project one after another and lays them side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from beatplanner.data.description.scenarios import ScenarioFile
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.output_place import make_folder
from beatplanner.data.result.comparison import Comparison
from beatplanner.planning.compare.comparison import compare
from beatplanner.planning.progress import SolvingTime
from beatplanner.planning.proof import Progress, silent
from beatplanner.planning.whole.run import run
from beatplanner.solver.clock import watch


def run_scenarios(
    scenarios: Sequence[ScenarioFile],
    out: Path,
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Comparison | None, list[tuple[Note, ...]]]:
    """Plan each scenario into a folder of its own name, and compare those that were planned.

    Parameters
    ----------
    scenarios
        Those of a project.
    out
        Folder; the comparison is in it as ``comparison``.
    time_limit
        Seconds of solving over all scenarios.
    seed, threads, progress, cancelled
        As for `run`.

    Returns
    -------
    dict or None
        The content of ``comparison.json``; None where nothing was planned.
    list of tuple of Note
        The problems of each scenario that could not be planned; the others are.

    Raises
    ------
    InputError
        Where there are no scenarios.
    """
    if not scenarios:
        raise InputError(
            problem(
                "this project has no scenarios",
                "Make one with “beatplanner scenarios PROJECT --new NAME --set KEY=VALUE”",
                file="scenarios",
            )
        )
    make_folder(out)
    solving = SolvingTime(time_limit, watch(cancelled).clock)
    done: list[Path] = []
    failed: list[tuple[Note, ...]] = []
    for k, s in enumerate(scenarios):
        left = solving.share(len(scenarios) - k)

        def progress_of_plan(
            phase: str, best: float | None, bound: float | None, seconds: float, s: ScenarioFile = s, k: int = k
        ) -> None:
            solving.heard(phase)
            progress(f"{k + 1} of {len(scenarios)}, {s.name}: {phase}", best, bound, solving.clock() - solving.begin)

        folder = out / s.file.stem
        try:
            run(
                s.file,
                folder,
                time_limit=left,
                seed=seed,
                threads=threads,
                progress=progress_of_plan,
                cancelled=cancelled,
            )
            done.append(folder)
        except InputError as error:
            failed.append(error.problems)
    content = compare(done, out / "comparison", seed=seed) if done else None
    solving.done(progress)
    return content, failed
