"""Commands that set plans side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from beatplanner.data.errors import InputError, Note
from beatplanner.data.formats.frames import records
from beatplanner.data.paths import whole_path
from beatplanner.ui.commands.console import (
    BAD_INPUT,
    CORES,
    DONE,
    OUT_OF_DATE,
    OutOption,
    ProjectArgument,
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
from beatplanner.ui.commands.numbers import number_option, number_typed, pair_of

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import Comparison

commands = typer.Typer()


@commands.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR_A DIR_B [DIR_C …]", help="Results of the plans.")],
    out: OutOption,
    draws: Annotated[
        int, number_option("--draws", whole=True, low=20, high=10_000, help="Draws of other weeks and workloads.")
    ] = 200,
    seed: SeedOption = 0,
    curve_folder: Annotated[
        Path | None, typer.Option("--curve", help="Result of “beatplanner curve”, told too.", file_okay=False)
    ] = None,
    prices_folder: Annotated[
        Path | None, typer.Option("--prices", help="Result of “beatplanner prices”, told too.", file_okay=False)
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option("--rate", help="CURRENCY=AMOUNT that one of the first plan's currency is, such as MKD=61.5."),
    ] = None,
) -> None:
    """Lay plans side by side, today's before them: figures, maps, who moves; as a page, a workbook and JSON."""
    from beatplanner.planning.compare.comparison import compare as lay_side_by_side

    if len(folders) < 2:
        raise typer.BadParameter("give two result folders or more", param_hint="DIR_B")
    rates = dict(_rate(text) for text in rate or [])
    content = lay_side_by_side(
        folders, out, draws=draws, seed=seed, curve=curve_folder, prices=prices_folder, rates=rates
    )
    _print_comparison(content, out)


def _rate(text: str) -> tuple[str, float]:
    name, amount = pair_of(text, "--rate", "a rate such as MKD=61.5")
    value = number_typed(amount, "--rate", whole=False)
    if value <= 0:
        raise typer.BadParameter(f"“{text}” is not a rate such as MKD=61.5", param_hint="--rate")
    return name, value


def _print_comparison(content: Comparison, out: Path) -> None:
    from beatplanner.data.publish.comparison_words import in_words

    table = Table("", *(c["name"] for c in content["columns"]), box=None, pad_edge=False)
    for block in content["blocks"]:
        for row in block["rows"]:
            table.add_row(row["label"], *(in_words(v, row["kind"]) for v in row["values"]))
    out_console.print(table)
    for c in content["columns"]:
        for text in c.get("out_of_date", c["stale"]):
            err_console.print(f"{c['name']} is out of date: {text}", markup=False)
    out_console.print(f"Results: {whole_path(out) / 'comparison.html'}", markup=False)


@commands.command()
def scenarios(
    project: ProjectArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Plan the scenarios and compare them; folder of all results.", file_okay=False),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Plan this one alone; may be given more than once.")
    ] = None,
    new: Annotated[str | None, typer.Option("--new", help="Make a scenario of this name.")] = None,
    base: Annotated[
        str | None, typer.Option("--from", help="The scenario that the new one starts from; else the project.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE of the new one, such as beats.tolerance=0.05.")
    ] = None,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """List the scenarios of a project and what each changes, make a new one, or plan and compare them."""
    from beatplanner.data.description.scenarios import find_scenarios, new_scenario
    from beatplanner.data.findings import did_you_mean

    found = find_scenarios(project)

    def named(text: str, hint: str) -> Any:
        for s in found:
            if text in (s.name, s.file.stem):
                return s
        raise typer.BadParameter(
            f"there is no scenario “{text}”. {did_you_mean(text, [s.name for s in found])}", param_hint=hint
        )

    if new is not None:
        pairs = [pair_of(text, "--set", "KEY=VALUE") for text in settings or []]
        start = None if base is None else named(base, "--from").file
        file = new_scenario(project, new, base=start, settings=dict(pairs))
        out_console.print(f"Scenario: {file}", markup=False)
        return
    if out is None:
        table = Table("scenario", "about", "changes", box=None, pad_edge=False)
        table.add_row("Today", "The beats, stations and officers of today.", "")
        for s in found:
            table.add_row(s.name, s.about, "\n".join(s.changes))
        out_console.print(table)
        return
    from beatplanner.planning.compare.scenario_runs import run_scenarios

    chosen = found if not only else [named(text, "--only") for text in only]
    with interruptible() as cancelled, shown_progress() as progress:
        content, failed = run_scenarios(
            chosen, out, time_limit=time_limit, seed=seed, threads=threads, progress=progress, cancelled=cancelled
        )
    for problems in failed:
        say_problems(problems)
    if content is not None:
        _print_comparison(content, out / "comparison")
    raise typer.Exit(BAD_INPUT if failed else DONE)


@commands.command()
def country(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    officers: Annotated[
        int | None,
        number_option(
            "--officers",
            whole=True,
            low=1,
            help="Officers that the ministry has; makes a plan of its own with these posts.",
        ),
    ] = None,
    minimum: Annotated[
        int | None, number_option("--minimum", whole=True, low=0, help="Officers that each municipality gets at least.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder of the new plan; else one beside DIR that is named after the officers.",
            file_okay=False,
        ),
    ] = None,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Sum a plan up by municipality, region and country; with --officers share them out as posts and plan by these, as a result of its own."""
    from beatplanner.data.result.folder import read_result
    from beatplanner.planning.whole.country import sum_up_again

    if officers is None and minimum is None and out is None:
        found = sum_up_again(folder)
        _print_country(found, folder)
        return
    from beatplanner.planning.changes.sharing_out import share_officers_out

    if out is None:
        number = (
            officers
            if officers is not None
            else (read_result(folder).summary.get("country") or {}).get("officers_shared")
        )
        least = "" if minimum is None else f"-at-least-{minimum}"
        out = whole_path(folder).with_name(
            f"{whole_path(folder).name}-{'' if number is None else f'{number:.0f}-'}officers{least}"
        )
    with interruptible() as cancelled, shown_progress() as progress:
        summary, found = share_officers_out(
            folder,
            out,
            officers=officers,
            minimum=minimum,
            time_limit=time_limit,
            seed=seed,
            threads=threads,
            progress=progress,
            cancelled=cancelled,
        )
    _print_country(found, out)
    say_clashes(summary)


def _print_country(found: Any, folder: Path) -> None:
    say_problems(found.notes)
    table = Table(
        "",
        "beats",
        "residents",
        "hours a year",
        "officers needed",
        "posts",
        "shared out",
        "missing",
        "over",
        "stations",
        box=None,
        pad_edge=False,
    )

    def number(value: float) -> str:
        return "-" if value != value else f"{value:,.0f}"

    keys = (
        "beats",
        "residents",
        "hours",
        "officers_required",
        "posts",
        "officers_shared",
        "officers_missing",
        "officers_over",
        "stations",
    )
    for r in records(found.table):
        table.add_row(r["name"], *(number(r[k]) for k in keys))
    out_console.print(table)
    if found.empty:
        out_console.print(f"Without an officer: {', '.join(found.empty)}", markup=False)
    out_console.print(f"Results: {whole_path(folder) / 'country.html'}", markup=False)


@commands.command()
def prices(
    project: ProjectArgument,
    out: OutOption,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
) -> None:
    """Plan again without each rule, and say in sentences what each rule costs, with proven bounds."""
    from beatplanner.planning.compare.rule_prices import price_rules

    with interruptible() as cancelled, shown_progress() as progress:
        found = price_rules(
            project, out, time_limit=time_limit, seed=seed, threads=threads, progress=progress, cancelled=cancelled
        )
    for sentence in found["sentences"]:
        out_console.print(f"- {sentence}", markup=False)
    out_console.print(f"Results: {whole_path(out) / 'prices.html'}", markup=False)


@commands.command()
def robustness(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A plan with beats.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for robustness.json and robustness.csv.", file_okay=False)
    ] = None,
    draws: Annotated[
        int,
        number_option(
            "--draws", whole=True, low=20, high=10_000, help="Draws of weeks, of work by category and of leavers."
        ),
    ] = 200,
    ensemble: Annotated[
        int, number_option("--ensemble", whole=True, low=0, high=10_000, help="Neutral plans to compare with.")
    ] = 200,
    attrition: Annotated[
        float, number_option("--attrition", whole=False, low=0, high=0.9, help="Share of officers who leave in a year.")
    ] = 0.05,
    other_year: Annotated[
        Path | None, typer.Option("--other-year", help="A description with the incidents of another year.")
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Put a plan under strain: other weeks, seasons and years, officers who leave, and an ensemble of neutral plans."""
    from beatplanner.data.output_place import try_place
    from beatplanner.planning.compare.stress import stress_test, write_stress_test

    if out is not None:
        try_place(out)
    with interruptible() as cancelled, shown_progress() as progress:
        found = stress_test(
            folder,
            draws=draws,
            ensemble=ensemble,
            attrition=attrition,
            incidents=other_year,
            seed=seed,
            progress=progress,
            cancelled=cancelled,
        )
    for sentence in found["sentences"]:
        out_console.print(f"- {sentence}", markup=False)
    if out is not None:
        write_stress_test(out, found)
        out_console.print(f"Results: {whole_path(out) / 'robustness.json'}", markup=False)


@commands.command()
def survey(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The plan whose beats were asked.")],
    file: Annotated[
        Path, typer.Argument(metavar="SURVEY.csv", help="beat, wave, question, n, and yes or mean and sd.")
    ],
    out: OutOption,
) -> None:
    """Tell before and after: what residents say by beat and wave, with intervals, and what changed with its uncertainty."""
    from beatplanner.data.result.folder import read_result
    from beatplanner.planning.compare.surveys import read_survey, write_survey

    tables = read_result(folder)
    if tables.beats is None:
        raise InputError(Note("error", "this plan has no beats", "Give a plan with beats", file=folder))
    found = read_survey(file, tables)
    say_problems(found.notes)
    for c in records(found.changes[found.changes["beat"] == ""]):
        unit, points = (100, " points") if c["kind"] == "share" else (1, "")
        sure = "clear of chance" if c["clear"] else "may be chance"
        who = "" if c["name"] == "All beats" else f" ({c['name'][:1].lower()}{c['name'][1:]})"
        out_console.print(
            f"{c['question']}, {c['first']} to {c['last']}{who}: {unit * c['change']:+.1f}{points} "
            f"({unit * c['low']:+.1f} to {unit * c['high']:+.1f}; {sure})",
            markup=False,
        )
    write_survey(out, str(tables.summary.get("project", "")), found)
    out_console.print(f"Results: {whole_path(out) / 'survey.html'}", markup=False)


@commands.command()
def answer(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A plan with beats.")],
    out: Annotated[Path, typer.Option("--out", help="The page, such as answer.html.", dir_okay=False)],
    leave: Annotated[
        int,
        number_option(
            "--leave", whole=True, low=1, help="How many officers leave in the question of what happens then."
        ),
    ] = 20,
    prices_folder: Annotated[
        Path | None,
        typer.Option("--prices", help="Result of “beatplanner prices”, for which rule is dear.", file_okay=False),
    ] = None,
) -> None:
    """Answer a question in parliament on one page: what changes, who moves, what it costs and who pays, what stays without, what if officers leave."""
    from beatplanner.data.publish.answer_report import write_answer
    from beatplanner.planning.compare.answer import answers
    from beatplanner.planning.forum.map_export import hides_residents

    if out.suffix.casefold() not in (".html", ".htm"):
        raise typer.BadParameter("the page is HTML: give a name that ends in .html", param_hint="--out")
    # a question in parliament is public
    quiet, few = hides_residents(folder)
    content = answers(folder, leave=leave, prices=prices_folder, quiet=quiet, few=few)
    write_answer(out, content)
    for text in content["draft"]:
        err_console.print(f"DRAFT: {text}", markup=False)
    for a in content["answers"]:
        out_console.print(f"{a['question']} {' '.join(a['text'])}", markup=False)
    out_console.print(f"Results: {whole_path(out)}", markup=False)


@commands.command()
def stale(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")]) -> None:
    """Say whether rules, data or versions changed since a plan was made; exit code 4 where rules or data did."""
    from beatplanner.data.result.folder import read_result
    from beatplanner.data.result.stale import stale as changed_since
    from beatplanner.planning.changed_rules import differences_in_sentences
    from beatplanner.planning.versions import versions

    notes = changed_since(read_result(folder).summary, versions(), folder, differences_in_sentences)
    for note in notes:
        out_console.print(str(note), markup=False)
    if any(n.severity == "warning" for n in notes):
        raise typer.Exit(OUT_OF_DATE)
    out_console.print("The plan is that of its rules and data as they are now.")
