"""What all commands share: options, exit codes, progress and what is printed."""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from beatplanner.data.errors import Note
from beatplanner.data.paths import whole_path
from beatplanner.data.result.ending import ending_said, repeatable
from beatplanner.data.side_work import REPORT, side_work, usable_cores
from beatplanner.planning.progress import split_amount, split_unit
from beatplanner.planning.proof import clash_is_proven
from beatplanner.ui.commands.numbers import number_option
from beatplanner.ui.commands.terminal import PlainConsole, visible
from beatplanner.ui.words import many, progress_line, proof_in_few_words

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# What a run solves, as its summary calls it.
STEPS = ("beats", "sectors", "commands", "stations", "officers")

# 2 is what typer ends with where the command itself is wrong
DONE, BAD_INPUT, CLASH = 0, 1, 3
# Not all rules are kept, and it is not proven that they cannot be.
NOT_FOUND = 5
# Of “stale” alone: the plan is no longer that of its rules and data.
OUT_OF_DATE = 4
# The program itself failed: EX_SOFTWARE of sysexits.h, so that no script takes it for a wrong input or a clash of rules.
FAILED = 70

out_console = PlainConsole()

err_console = PlainConsole(stderr=True)

ProjectArgument = Annotated[Path, typer.Argument(metavar="PROJECT", help="A TOML description or a project file.")]

OutOption = Annotated[Path, typer.Option("--out", help="Folder for the results.", file_okay=False)]

TimeOption = Annotated[
    float | None, number_option("--time-limit", whole=False, low=1, help="Seconds of solving over the whole run.")
]

SeedOption = Annotated[int, number_option("--seed", whole=True, low=0, help="The same seed gives the same plan.")]

# The threads of a run that names none.
CORES = usable_cores()

ThreadsOption = Annotated[
    int, number_option("--threads", whole=True, low=1, show_default="all processors", help="Threads of the solver.")
]

WorkersOption = Annotated[
    int | None,
    number_option(
        "--workers", whole=True, low=1, high=1024, help="Local processes that plan the municipalities in parallel."
    ),
]

SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="A Dask cluster that does, such as tls://10.0.0.5:8786. It is trusted: it gets the data and runs the program.",
    ),
]

PlanOption = Annotated[
    Path | None, typer.Option("--plan", help="plan.gpkg of another result, whose beats are used; else today's beats.")
]

StartOption = Annotated[
    Path | None,
    typer.Option(
        "--start",
        help="Result that the search begins with: beats, stations and officers are no worse where those keep the rules.",
    ),
]


def say_problems(problems: tuple[Note, ...]) -> None:
    """Print each problem on a line of its own to standard error."""
    for note in problems:
        err_console.print(str(note), markup=False, style="red" if note.severity == "error" else "")


def say_clashes(summary: Claims, *, by_hand: bool = False) -> None:
    """Print which rules clash or, in what a person drew `by_hand`, are broken, and that a plan was written all the same."""
    if not summary["feasible"]:
        proven = clash_is_proven(summary)
        heading = (
            "The rules cannot all be met:"
            if proven
            else "This plan, as it was drawn, does not keep all rules:"
            if by_hand
            else "Stopped before a plan that keeps all rules was found; whether there is one is not known:"
            if summary.get("stopped")
            else "No plan that keeps all rules was found, and it is not proven that there is none:"
        )
        err_console.print(heading, style="red")
        for clash in summary["clashes"]:
            err_console.print(f"- {clash}", markup=False)
        raise typer.Exit(CLASH if proven or by_hand else NOT_FOUND)


def say_verdict(out: Path) -> None:
    """Print what the checker found wrong in a plan that was just written; its pack is a draft then."""
    from beatplanner.planning.whole.verdict import read_verdict

    verdict = read_verdict(out)
    if verdict is not None and not verdict["ok"]:
        err_console.print("The independent check of the plan found errors; do not hand its pack out:", style="red")
        for check in verdict["failed"]:
            err_console.print(f"- {check['name']}: {check['detail']}", markup=False)


def say_times(begun: dict[str, float], end: float, limit: float | None, summary: Claims) -> None:
    """Print how long reading, solving and writing took, apart: the limit is for the solving.

    Where kernels had to be compiled, that is told before, and is no reading. Solving is all steps, which may run beside each other, and what proves their bounds; of it each step has the seconds that its summary tells.
    """
    solving = min((t for phase, t in begun.items() if phase not in ("reading", "preparing", "writing")), default=end)
    writing = begun.get("writing", end)
    ready = begun.get("reading", 0.0) - begun["preparing"] if "preparing" in begun else 0.0
    got_ready = f"got ready in {ready:.1f} s, " if "preparing" in begun else ""
    of_limit = "" if limit is None else f" of at most {limit:,.0f} s"
    took = [f"{step} {summary[step]['seconds']:.1f} s" for step in STEPS if step in summary]
    if "proving" in begun:
        took.append(f"certificates {writing - begun['proving']:.1f} s")
    of_steps = f" ({', '.join(took)})" if took else ""
    err_console.print(
        f"{end:6.1f} s  {got_ready}read in {solving - ready:.1f} s, solved in {writing - solving:.1f} s{of_limit}{of_steps}, written in {end - writing:.1f} s",
        markup=False,
    )


def plan_project(project: Path, out: Path, **options: Any) -> None:
    """Run the main job with progress and a first Ctrl+C that keeps the best plan so far; print the results."""
    if options.get("workers") is not None and options.get("scheduler") is not None:
        raise typer.BadParameter("give --workers or --scheduler, not both", param_hint="--scheduler")
    if options.get("scheduler") is not None:
        open_line = (
            ""
            if str(options["scheduler"]).startswith("tls://")
            else " Nothing on the way to it is encrypted: use tls:// outside a network of your own."
        )
        err_console.print(
            f"The cluster at {options['scheduler']} is trusted: whoever runs it or its workers can read the data of this project and decides what is computed.{open_line}",
            markup=False,
        )
    begin = time.monotonic()
    begun: dict[str, float] = {}
    # the report's own libraries are loaded by a process beside this one, which writes it beside the checker
    with interruptible() as cancelled, shown_progress() as progress, side_work(min(1, CORES - 1), REPORT) as side:
        with unswept():
            from beatplanner.planning.whole.run import run as run_plan

        def report(phase: str, best: float | None, bound: float | None, _: float) -> None:
            # the clock of the last line, which counts what was loaded before the run began
            now = time.monotonic() - begin
            begun.setdefault(phase.split()[0].rstrip(":"), now)
            progress(phase, best, bound, now)

        summary = run_plan(project, out, progress=report, cancelled=cancelled, side=side, **options)
    print_summary(summary, out)
    say_verdict(out)
    if not repeatable(summary):
        err_console.print(ending_said(summary), markup=False)
    say_times(begun, time.monotonic() - begin, options.get("time_limit"), summary)
    say_clashes(summary)


# Whether this process has loaded its modules so: one entry then.
_swept: list[bool] = []


@contextmanager
def unswept() -> Generator[None]:
    """Load modules without looking through what they make for circles: it stays, so no later search looks at it either.

    Once in a process: what a second one would keep are leavings of the first.
    """
    # asking the collector would count all that it keeps, a hundredth of a second each time where much lives
    if _swept:
        yield
        return
    _swept.append(True)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def interruptible() -> Generator[Callable[[], bool]]:
    """Turn the first Ctrl+C into "end with the best plan so far"; a second one stops at once."""
    pressed = False

    def press(*_: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        err_console.print("Ending with the best plan so far; press Ctrl+C again to stop at once.")

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


class PlainProgress:
    """Progress as plain lines: the first of each phase, one now and then, and always the last, which says what was proven.

    Parameters
    ----------
    say
        Prints a line.
    every
        Seconds between two lines of a phase.
    """

    def __init__(self, say: Callable[[str], None], every: float = 10.0) -> None:
        self.say, self.every = say, every
        self.said: dict[str, float] = {}
        self.held: dict[str, str] = {}
        self.words: dict[str, str] = {}

    def __call__(self, phase: str, best: float | None, bound: float | None, seconds: float) -> None:
        """Take what a run tells."""
        words = progress_line(phase, best, bound)
        line = f"{seconds:6.1f} s  {words}"
        # a phase goes from its first words to “STEP [UNIT]: WHAT”; the unit is no other phase
        name, amount = split_amount(split_unit(phase)[0])
        self.held.pop(name, None)
        if name not in self.said:
            self.flush()
        elif time.monotonic() - self.said[name] <= self.every:
            # municipalities are planned side by side: each has its own lines; how far a part of writing was is past when it is done
            if amount is None and words != self.words[name]:
                self.held[name] = line
            return
        self.said[name], self.words[name] = time.monotonic(), words
        self.say(line)

    def flush(self) -> None:
        """Print what was held back."""
        for line in self.held.values():
            self.say(line)
        self.held.clear()


@contextmanager
def shown_progress() -> Generator[Callable[[str, float | None, float | None, float], None]]:
    """Show progress on standard error: a live line on a terminal, else a plain line a phase."""
    if err_console.is_terminal:
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=err_console,
            transient=True,
        ) as bar:
            task = bar.add_task("starting", total=None)

            def show(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
                if phase.startswith("done: "):
                    # what stays on the screen when the line of the moment goes
                    err_console.print(visible(f"{seconds:6.1f} s  {phase}"), markup=False)
                bar.update(task, description=visible(progress_line(phase, best, bound)))

            yield show
        return
    lines = PlainProgress(lambda line: err_console.print(line, markup=False))
    try:
        yield lines
    finally:
        lines.flush()


def print_summary(summary: Claims, out: Path, *, places: bool = True) -> None:
    """Print each step with its result and proof, and where things lie."""
    table = Table("step", "result", "proof", box=None, pad_edge=False)
    found = summary.get("beats")
    if found:
        moved = f", {found['moved_share']:.1%} of residents change beat" if "moved_share" in found else ""
        if found.get("relationship_years_today"):
            moved += f", lines keep {found['relationship_years_kept'] / found['relationship_years_today']:.1%} of relationship-years"
        table.add_row(
            "beats",
            f"{many(found['count'], 'beat')}, workload within ±{found['max_deviation']:.1%}{moved}",
            proof_in_few_words(found),
        )
    for level, one, member in (("sectors", "sector", "beat"), ("commands", "command", "sector")):
        found = summary.get(level)
        if found:
            low, high = found["span"]
            of = f"{many(found['count'], one)} of {low} to {many(high, member)}, workload within ±{found['max_deviation']:.1%}"
            table.add_row(level, of, proof_in_few_words(found))
    found = summary.get("stations")
    if found:
        walk = "-" if found["mean_walk_minutes"] is None else f"{found['mean_walk_minutes']:.1f} min mean walk"
        table.add_row(
            "stations",
            f"{many(found['count'], 'station')}, {walk}, {found['share_within_limit']:.1%} within the limit"
            + (f", {found['mobile']['stops']} mobile stops" if found.get("mobile") else ""),
            proof_in_few_words(found),
        )
    found = summary.get("officers")
    if found:
        table.add_row(
            "officers",
            f"{many(found['posts'], 'post')}, {many(found['vacant_months'], 'vacant month')}, {many(found['rotations'], 'rotation')}, "
            f"{many(found['tenure_violations'], 'broken tenure')}, {many(found['language_gaps'], 'language gap')}",
            proof_in_few_words(found),
        )
    out_console.print(table)
    if not places:
        return
    out_console.print(f"Results: {whole_path(out)}", markup=False)
    out_console.print(f"Report:  {whole_path(out) / 'report.html'}", markup=False)
    if (out / "forum" / "pack.pdf").exists():
        out_console.print(f"Forum:   {whole_path(out) / 'forum' / 'pack.pdf'}", markup=False)
