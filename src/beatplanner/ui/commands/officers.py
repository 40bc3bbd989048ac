"""Commands on officers: re-plans, orders, postings and succession."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from beatplanner.data.formats.frames import each_row, records
from beatplanner.data.paths import whole_path
from beatplanner.ui.commands.console import (
    CLASH,
    CORES,
    DONE,
    OutOption,
    SeedOption,
    ThreadsOption,
    TimeOption,
    err_console,
    interruptible,
    out_console,
    say_clashes,
    say_problems,
    shown_progress,
)
from beatplanner.ui.commands.numbers import number_option, pair_of

if TYPE_CHECKING:
    import pandas as pd

    from beatplanner.planning.changes.replanning import OfficerEvent, ReplanFound


commands = typer.Typer()


@commands.command()
def replan(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The published plan.")],
    out: OutOption,
    leaves: Annotated[list[str] | None, typer.Option("--leaves", help="OFFICER=DAY: leaves the force.")] = None,
    promoted: Annotated[
        list[str] | None, typer.Option("--promoted", help="OFFICER=DAY: leaves the posts of this plan.")
    ] = None,
    sick: Annotated[
        list[str] | None, typer.Option("--sick", help="OFFICER=DAY..DAY: keeps the post and does not fill it.")
    ] = None,
    freeze_until: Annotated[
        str | None, typer.Option("--freeze-until", help="Months before this day stay as published.")
    ] = None,
    time_limit: TimeOption = 60,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Plan the officers anew with the fewest changes when one leaves, is promoted or sick; show the difference."""
    from beatplanner.planning.changes.replanning import OfficerEvent

    changes = [OfficerEvent("leaves", who, day) for who, day, _ in _events(leaves, "--leaves")]
    changes += [OfficerEvent("promoted", who, day) for who, day, _ in _events(promoted, "--promoted")]
    changes += [OfficerEvent("sick", who, day, until) for who, day, until in _events(sick, "--sick")]
    if not changes or any(c.kind == "sick" and c.until is None for c in changes):
        raise typer.BadParameter("give --leaves or --promoted OFFICER=DAY, or --sick OFFICER=DAY..DAY")
    freeze = None if freeze_until is None else _day(freeze_until, "--freeze-until")
    found = _plan_anew(folder, out, changes, (time_limit, seed, threads), freeze_until=freeze)
    out_console.print(f"Results: {whole_path(out)}", markup=False)
    say_clashes(found["summary"])


@commands.command()
def order(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The published plan.")],
    move: Annotated[list[str], typer.Option("--move", help="OFFICER=BEAT, once for each officer who is to move.")],
    on: Annotated[str, typer.Option("--on", help="Day of the moves.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Accept the order: folder of the new plan.", file_okay=False)
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why the order is accepted; kept in the audit.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who accepts it; kept in the audit.")] = "",
    time_limit: TimeOption = 60,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Show what an order to move officers costs in trust, vacancies and broken rules; accept it with --out and --reason."""
    from beatplanner.planning.changes.replanning import OfficerEvent

    if out is not None and not reason.strip():
        raise typer.BadParameter(
            "an order is accepted with a reason only, which is kept in the audit", param_hint="--reason"
        )
    changes = []
    for text in move:
        who, beat = pair_of(text, "--move", "OFFICER=BEAT")
        changes.append(OfficerEvent("moves", who, _day(on, "--on"), beat=beat))
    found = _plan_anew(folder, out, changes, (time_limit, seed, threads), reason=reason, by=by)
    out_console.print(
        f"Relationship-years that the moved officers leave behind: {found['trust']:,.0f} (residents × years known)"
    )
    if out is None:
        out_console.print("Nothing was written. Accept the order with --out DIR --reason “…”.")
    else:
        out_console.print(f"Results: {whole_path(out)}; the audit is in audit.jsonl", markup=False)
    say_clashes(found["summary"])


@commands.command()
def postings(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The published plan.")],
    table: Annotated[
        Path,
        typer.Option(
            "--table", help="All postings as they are to be: officer, beat, start, end, post.", dir_okay=False
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Accept them: folder of the new plan.", file_okay=False)
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Keep the rules with the fewest changes to the table.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why a tenure is cut short; kept in the audit.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who accepts it; kept in the audit.")] = "",
    time_limit: TimeOption = 60,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Judge postings that were moved by hand: rules, tenures, vacancies, languages; accept them with --out. Exit code 3 where a rule breaks or a tenure is cut."""
    from beatplanner.data.result.folder import read_result
    from beatplanner.planning.changes.roster_edits import FIGURES, Judge, accept, read_postings, table_of

    tables = read_result(folder)
    wanted, notes = read_postings(table, tables)
    say_problems(tuple(notes))
    if repair:
        if out is None:
            raise typer.BadParameter("a repaired plan needs a folder", param_hint="--out")
        found = _plan_anew(
            folder, out, [], (time_limit, seed, threads), wished=table_of(wanted, tables), reason=reason, by=by
        )
        out_console.print(f"Results: {whole_path(out)}", markup=False)
        say_clashes(found["summary"])
        return
    judge = Judge(tables, folder)
    judged = judge(wanted)
    for text in (*judged.broken, *judged.costs):
        out_console.print(f"- {text}", markup=False)
    for key, words in FIGURES.items():
        out_console.print(f"{words}: {judge.before.get(key, 0):,.0f} → {judged.figures.get(key, 0):,.0f}")
    if out is None:
        out_console.print(
            "Nothing was written. Accept the postings with --out DIR; a tenure that is cut short needs --reason “…”."
        )
        # the same code as for the accepted plan: a broken rule or a tenure that is cut short is a clash
        raise typer.Exit(CLASH if judged.broken or judged.before or judged.cut else DONE)
    if judged.broken:
        err_console.print(
            "Nothing was written: these postings break rules. Move them again, or let --repair find the fewest changes."
        )
        raise typer.Exit(CLASH)
    found = accept(folder, out, wanted, reason=reason, by=by)
    out_console.print(f"Results: {whole_path(out)}; the audit is in audit.jsonl", markup=False)
    say_clashes(found["summary"], by_hand=True)


@commands.command()
def succession(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A plan with officers.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for vacancies.csv, recruits.csv and classes.csv.", file_okay=False),
    ] = None,
    attrition: Annotated[
        float,
        number_option(
            "--attrition", whole=False, low=0, high=0.9, help="Share who leave in a year beyond known leavers."
        ),
    ] = 0.05,
    draws: Annotated[int, number_option("--draws", whole=True, low=1, high=10_000)] = 100,
    seed: SeedOption = 0,
) -> None:
    """Draw who leaves, and show the vacancies to come by month and language, recruits to take in and training seats by quarter."""
    import datetime as dt

    from beatplanner.data.result.cells import write_csv
    from beatplanner.planning.changes.succession import succession as look_ahead

    found = look_ahead(folder, attrition=attrition, draws=draws, seed=seed, today=dt.date.today())
    more = {
        "to_start": "to start",
        "classes": "classes",
        "seats": "seats a year",
        "seats_missing": "missing",
    }
    more = {key: head for key, head in more.items() if key in found.classes}
    # a day or a language that is cut short tells nothing
    heads = ["starts in", Column("speaks", min_width=8, overflow="fold"), "people", "nine in ten at most"]
    orders = Table(*heads, Column("order by", min_width=10), *more.values(), box=None, pad_edge=False)
    for row in records(found.classes.astype(object).where(found.classes.notna(), "")):
        cells = [row["year"], row["language"] or "any", row["people"], row["people_p90"], row["order_by"]]
        orders.add_row(*map(str, cells), *(str(row[k]) for k in more))
    if len(found.classes):
        out_console.print(orders)
    table = Table(
        "quarter",
        "recruits to start training",
        "nine times of ten at most",
        "training seats",
        "at most",
        box=None,
        pad_edge=False,
    )
    for row in each_row(found.quarters):
        table.add_row(row[0], *(f"{v:.1f}" for v in row[1:]))
    out_console.print(table)
    languages = found.months.columns[3:]
    lost = ", ".join(f"{found.months[w].sum():.1f} must speak {w}" for w in languages)
    out_console.print(
        f"Vacancies that the reserve cannot fill: {found.months['vacancies'].sum():.1f}"
        + (f", of which {lost}" if lost else "")
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in (
            ("vacancies.csv", found.months),
            ("recruits.csv", found.quarters),
            ("classes.csv", found.classes),
        ):
            write_csv(
                out / name, list(frame.columns), frame.astype(object).where(frame.notna(), None).itertuples(index=False)
            )
        out_console.print(f"Tables: {whole_path(out)}", markup=False)


def _events(texts: list[str] | None, hint: str) -> Iterator[tuple[str, dt.date, dt.date | None]]:
    """Read OFFICER=DAY or OFFICER=DAY..DAY."""
    for text in texts or []:
        who, days = pair_of(text, hint, "OFFICER=DAY")
        first, _, last = days.partition("..")
        yield who, _day(first, hint), _day(last, hint) if last else None


def _day(text: str, hint: str) -> dt.date:
    from beatplanner.data.formats.cells import read_day

    if (day := read_day(text)) is None:
        raise typer.BadParameter(f"“{text}” is no day such as 2027-05-01", param_hint=hint)
    return day


def _plan_anew(
    folder: Path,
    out: Path | None,
    changes: list[OfficerEvent],
    limits: tuple[float | None, int, int],
    *,
    freeze_until: dt.date | None = None,
    wished: pd.DataFrame | None = None,
    reason: str = "",
    by: str = "",
) -> ReplanFound:
    """Plan the officers anew, as far as it goes within the limits (seconds, seed, threads), and print what changes."""
    from beatplanner.planning.changes.replanning import replan as plan_again

    time_limit, seed, threads = limits
    with interruptible() as cancelled, shown_progress() as progress:
        found = plan_again(
            folder,
            out,
            changes,
            freeze_until=freeze_until,
            wished=wished,
            reason=reason,
            by=by,
            time_limit=time_limit or 60,
            seed=seed,
            threads=threads,
            progress=progress,
            cancelled=cancelled,
        )
    _print_change(found)
    return found


def _print_change(found: ReplanFound) -> None:
    from beatplanner.planning.changes.replanning import FIGURES

    table = Table("officer", "before", "after", box=None, pad_edge=False)
    for row in found["diff"]:
        table.add_row(row["officer"], row["before"], row["after"])
    out_console.print(table if found["diff"] else "No posting changes.")
    figures = Table("figure", "published plan", "new plan", "difference", box=None, pad_edge=False)
    for key, (was, now) in found["price"].items():
        figures.add_row(FIGURES[key], f"{was:,.0f}", f"{now:,.0f}", f"{now - was:+,.0f}")
    out_console.print(figures)
