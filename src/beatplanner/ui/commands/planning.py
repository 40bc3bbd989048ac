"""Commands that plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from beatplanner.data.paths import whole_path
from beatplanner.ui.commands.console import (
    CORES,
    OutOption,
    PlanOption,
    ProjectArgument,
    SchedulerOption,
    SeedOption,
    StartOption,
    ThreadsOption,
    TimeOption,
    WorkersOption,
    err_console,
    interruptible,
    out_console,
    plan_project,
    print_summary,
    say_clashes,
    shown_progress,
)
from beatplanner.ui.commands.numbers import number_typed

commands = typer.Typer()


@commands.command()
def demo(
    out: OutOption = Path("beatplanner-demo"),
    time_limit: TimeOption = 30,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Plan the built-in sample town, from raw layers to forum pack."""
    from beatplanner.data.sample.sample_town import write_sample_town

    layers = whole_path(out).parent / f"{whole_path(out).name}-layers"
    project = write_sample_town(layers)
    out_console.print(f"Raw layers of the sample town: {layers}", markup=False)
    plan_project(project, out, time_limit=time_limit, seed=seed, threads=threads)


def _draws(name: str, words: str, **job: Any) -> None:
    """Add a command that plans from the beats on."""

    def command(
        project: ProjectArgument,
        out: OutOption,
        start: StartOption = None,
        time_limit: TimeOption = None,
        seed: SeedOption = 0,
        threads: ThreadsOption = CORES,
        workers: WorkersOption = None,
        scheduler: SchedulerOption = None,
    ) -> None:
        plan_project(
            project,
            out,
            start_from=start,
            time_limit=time_limit,
            seed=seed,
            threads=threads,
            workers=workers,
            scheduler=scheduler,
            **job,
        )

    commands.command(name, help=words)(command)


def _follows(name: str, words: str, **job: Any) -> None:
    """Add a command that plans steps for beats that are drawn already: another result's, else today's."""

    def command(
        project: ProjectArgument,
        out: OutOption,
        plan_file: PlanOption = None,
        time_limit: TimeOption = None,
        seed: SeedOption = 0,
        threads: ThreadsOption = CORES,
        workers: WorkersOption = None,
        scheduler: SchedulerOption = None,
    ) -> None:
        plan_project(
            project,
            out,
            plan_from=plan_file,
            time_limit=time_limit,
            seed=seed,
            threads=threads,
            workers=workers,
            scheduler=scheduler,
            **job,
        )

    commands.command(name, help=words)(command)


_draws("plan", "Do the main job: workload, beats, stations, officers and what a forum gets.")


@commands.command()
def curve(
    project: ProjectArgument,
    out: OutOption,
    moved: Annotated[
        str, typer.Option("--moved", help="Shares of residents that may change beat.")
    ] = "0,0.05,0.1,0.2,free",
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Plan the beats under several change budgets: what each share of moved residents buys."""
    from beatplanner.planning.changes.curve import run_curve

    budgets = [_budget(text.strip()) for text in moved.split(";" if ";" in moved else ",")]
    with interruptible() as cancelled, shown_progress() as progress:
        rows = run_curve(
            project,
            out,
            budgets,
            time_limit=time_limit,
            seed=seed,
            threads=threads,
            progress=progress,
            cancelled=cancelled,
        )
    heads = ["may change", "change", "greatest deviation", "travel", "trust kept", "rules"]
    known = any(row["relationship_years_today"] for row in rows)
    table = Table(*(h for h in heads if known or h != "trust kept"), box=None, pad_edge=False)
    for row in rows:
        rules = "all met" if row["feasible"] else "relaxed"
        kept = [f"{row['relationship_years_kept'] / row['relationship_years_today']:.1%}"] if known else []
        table.add_row(
            row["budget"],
            f"{row['moved_share']:.1%}",
            f"±{row['max_deviation']:.1%}",
            f"{row['travel']:,.0f}",
            *kept,
            rules,
        )
    out_console.print(table)
    out_console.print(f"Results: {whole_path(out) / 'curve.html'}", markup=False)


def _budget(text: str) -> float | str:
    """Return a change budget; a command line that gives none is wrong."""
    if text == "free":
        return text
    return number_typed(text, "--moved", whole=False, low=0, high=1, besides="free")


_draws("beats", "Draw the beats alone.", steps=("beats",))
_follows("stations", "Place the stations alone.", steps=("stations",))
_follows("officers", "Plan the officers alone.", steps=("officers",))


@commands.command()
def mend(
    project: ProjectArgument,
    out: OutOption,
    edits: Annotated[
        Path | None,
        typer.Option("--edits", help="edits.json: what was drawn, as the desktop writes it.", dir_okay=False),
    ] = None,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="Result that is drawn on; else today's beats.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Then make the least change that restores the rules.")
    ] = False,
    improve: Annotated[
        bool, typer.Option("--improve", help="Then solve on from there, with locks, links and barriers kept.")
    ] = False,
    author: Annotated[str, typer.Option("--author", help="Who draws; kept with the edits.")] = "",
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Draw edits on a plan: paint, split, merge, lock, link, barrier; then repair it or solve on."""
    from beatplanner.data.project.edits import read_edits
    from beatplanner.planning.changes.mending import mend as draw

    if repair and improve:
        raise typer.BadParameter("give --repair or --improve, not both", param_hint="--improve")
    made = read_edits(edits) if edits is not None else []
    with interruptible() as cancelled, shown_progress() as progress:
        summary = draw(
            project,
            out,
            made,
            plan_from=plan_file,
            how="repair" if repair else "improve" if improve else "keep",
            author=author,
            time_limit=time_limit,
            seed=seed,
            threads=threads,
            progress=progress,
            cancelled=cancelled,
        )
    if summary["drawn"]["repair"] is not None:
        moves = summary["drawn"]["repair"]["moves"]
        out_console.print("Moved to restore the rules:" if moves else "Nothing had to move.")
        for line in moves:
            out_console.print(f"- {line}", markup=False)
    print_summary(summary, out)
    for line in summary["drawn"]["pack"]:
        err_console.print(line, markup=False)
    say_clashes(summary, by_hand=True)
