"""The command line: results on standard output, progress and messages on standard error, exit codes of the contract."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from beatplanner.data.errors import InputError, Note
from beatplanner.ui.commands.project import new, project_app

DONE, BAD_INPUT, BAD_COMMAND, CLASH = 0, 1, 2, 3

app = typer.Typer(
    name="beatplanner",
    help="Draws fixed neighbourhood police beats, places outreach stations and plans officer assignments that last.",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(project_app)
app.command()(new)
out_console = Console(highlight=False, soft_wrap=True)
err_console = Console(stderr=True, highlight=False, soft_wrap=True)

ProjectArgument = Annotated[Path, typer.Argument(metavar="PROJECT", help="A TOML description or a project file.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for the results.", file_okay=False)]
TimeOption = Annotated[float | None, typer.Option("--time-limit", min=1, help="Seconds of solving over the whole run.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same plan.")]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, help="Threads of the solver.")]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=1024, help="Local processes that plan the municipalities in parallel."),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="A Dask cluster that does, such as tcp://10.0.0.5:8786."),
]
PlanOption = Annotated[
    Path | None, typer.Option("--plan", help="plan.gpkg of another result, whose beats are used; else today's beats.")
]


def run() -> NoReturn:
    """Run the command line and exit with the contract's codes; an error in the program itself leaves a report, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        # a console in an old code page must not end the program over a letter
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except InputError as error:
        say_problems(error.problems)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        err_console.print("Stopped; nothing was written.")
        sys.exit(130)
    except Exception:  # the last line of defence: whatever it is, the user gets a sentence and a report to send
        from beatplanner.ui.crash_report import write_crash_report

        kind, _, trace = sys.exc_info()
        report = write_crash_report(kind, trace)
        err_console.print(
            "beatplanner met an error of its own."
            + (f" A report that holds no data of yours is in {report}" if report else ""),
            markup=False,
        )
        sys.exit(BAD_INPUT)
    sys.exit(DONE)


def say_problems(problems: tuple[Note, ...]) -> None:
    """Print each problem on a line of its own to standard error."""
    for note in problems:
        err_console.print(str(note), markup=False, style="red" if note.severity == "error" else "")


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the versions of everything that computes.")] = False,
) -> None:
    """Open the desktop where no command is given."""
    if version:
        from beatplanner.planning.whole.versions import versions

        for name, number in versions().items():
            out_console.print(f"{name} {number}")
        raise typer.Exit(DONE)
    if context.invoked_subcommand is None:
        desktop(None)


@app.command()
def desktop(project: Annotated[Path | None, typer.Argument(metavar="[PROJECT]")] = None) -> None:
    """Open the desktop application, with a project or a result folder where one is given."""
    if project is not None and not project.exists():
        raise InputError(Note("error", "there is no such file or folder", "Check the path", file=project))
    from beatplanner.ui.desktop.app import open_desktop

    raise typer.Exit(open_desktop(project))


@app.command()
def demo(
    out: OutOption = Path("beatplanner-demo"),
    time_limit: TimeOption = 70,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
) -> None:
    """Plan the built-in sample town, from raw layers to forum pack."""
    from beatplanner.data.sample.sample_town import write_sample_town

    layers = out.resolve().parent / f"{out.resolve().name}-layers"
    project = write_sample_town(layers)
    out_console.print(f"Raw layers of the sample town: {layers}", markup=False)
    _plan(project, out, time_limit=time_limit, seed=seed, threads=threads)


@app.command()
def check(
    project: ProjectArgument,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    mend: Annotated[
        bool,
        typer.Option(
            "--fix", help="Mend what is certain in a copy beside the description; nothing of yours is changed."
        ),
    ] = False,
) -> None:
    """Read every layer and print what is wrong or doubtful, and how to mend it."""
    from beatplanner.data.guided_import.checks import check as find

    if mend:
        from beatplanner.data.guided_import.repairs import fix

        fixed = fix(project, find)
        for line in fixed.done:
            err_console.print(f"mended: {line}", markup=False)
        if fixed.description is None:
            err_console.print("Nothing could be mended for certain.")
        else:
            project = fixed.description
            err_console.print(f"The mended description: {project}", markup=False)
    notes = find(project)
    if as_json:
        import json

        fields = ("severity", "what", "mend", "file", "layer", "row", "field")
        found = [{f: str(getattr(n, f)) for f in fields} | {"fix": dict(n.fix)} for n in notes]
        out_console.print_json(json.dumps(found, ensure_ascii=False))
    else:
        for note in notes:
            out_console.print(f"{note.severity}: {note}", markup=False)
        errors, doubts = (sum(n.severity == s for n in notes) for s in ("error", "warning"))
        out_console.print(f"{_many(errors, 'error')}, {_many(doubts, 'doubt')}.")
        if any(n.fix for n in notes) and not mend:
            out_console.print("“beatplanner check --fix” mends some of it in a copy.")
    raise typer.Exit(BAD_INPUT if any(n.severity == "error" for n in notes) else DONE)


@app.command()
def plan(
    project: ProjectArgument,
    out: OutOption,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
) -> None:
    """Do the main job: workload, beats, stations, officers and what a forum gets."""
    _plan(project, out, time_limit=time_limit, seed=seed, threads=threads, workers=workers, scheduler=scheduler)


@app.command()
def curve(
    project: ProjectArgument,
    out: OutOption,
    moved: Annotated[
        str, typer.Option("--moved", help="Shares of residents that may change beat.")
    ] = "0,0.05,0.1,0.2,free",
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
) -> None:
    """Plan the beats under several change budgets: what each share of moved residents buys."""
    from beatplanner.planning.beats.curve import run_curve

    budgets = [_budget(text.strip()) for text in moved.split(",")]
    with _interruptible() as cancelled, _progress() as progress:
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
    out_console.print(f"Results: {out.resolve() / 'curve.html'}", markup=False)


def _budget(text: str) -> float | str:
    """Return a change budget; a command line that gives none is wrong."""
    if text == "free":
        return text
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise typer.BadParameter(f"“{text}” is no share from 0 to 1, nor “free”", param_hint="--moved")
    return share


@app.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR_A DIR_B [DIR_C …]", help="Results of the plans.")],
    out: OutOption,
    draws: Annotated[
        int, typer.Option("--draws", min=20, max=10_000, help="Draws of other weeks and workloads.")
    ] = 200,
    seed: SeedOption = 0,
    curve_folder: Annotated[
        Path | None, typer.Option("--curve", help="Result of “beatplanner curve”, told too.", file_okay=False)
    ] = None,
    prices_folder: Annotated[
        Path | None, typer.Option("--prices", help="Result of “beatplanner prices”, told too.", file_okay=False)
    ] = None,
) -> None:
    """Lay plans side by side, today's before them: figures, maps, who moves; as a page, a workbook and JSON."""
    from beatplanner.planning.compare.comparison import compare as lay_side_by_side

    if len(folders) < 2:
        raise typer.BadParameter("give two result folders or more", param_hint="DIR_B")
    _print_comparison(
        lay_side_by_side(folders, out, draws=draws, seed=seed, curve=curve_folder, prices=prices_folder), out
    )


def _print_comparison(content: dict[str, Any], out: Path) -> None:
    from beatplanner.data.publish.comparison_files import in_words

    table = Table("", *(c["name"] for c in content["columns"]), box=None, pad_edge=False)
    for block in content["blocks"]:
        for row in block["rows"]:
            table.add_row(row["label"], *(in_words(v, row["kind"]) for v in row["values"]))
    out_console.print(table)
    for c in content["columns"]:
        for text in c["stale"]:
            err_console.print(f"{c['name']} is out of date: {text}", markup=False)
    out_console.print(f"Results: {out.resolve() / 'comparison.html'}", markup=False)


@app.command()
def scenarios(
    project: ProjectArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Plan the scenarios and compare them; folder of all results.", file_okay=False)] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Plan this one alone; may be given more than once.")] = None,
    new: Annotated[str | None, typer.Option("--new", help="Make a scenario of this name.")] = None,
    base: Annotated[str | None, typer.Option("--from", help="The scenario that the new one starts from; else the project.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of the new one, such as beats.tolerance=0.05.")] = None,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
) -> None:  # fmt: skip
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
        pairs = [text.partition("=") for text in settings or []]
        if any(not value for _, _, value in pairs):
            raise typer.BadParameter("give KEY=VALUE", param_hint="--set")
        start = None if base is None else named(base, "--from").file
        file = new_scenario(project, new, base=start, settings={k.strip(): v.strip() for k, _, v in pairs})
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
    with _interruptible() as cancelled, _progress() as progress:
        content, failed = run_scenarios(chosen, out, time_limit=time_limit, seed=seed, threads=threads, progress=progress,
                                        cancelled=cancelled)  # fmt: skip
    for problems in failed:
        say_problems(problems)
    if content is not None:
        _print_comparison(content, out / "comparison")
    raise typer.Exit(BAD_INPUT if failed else DONE)


@app.command()
def country(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    officers: Annotated[int | None, typer.Option("--officers", min=1, help="Officers that the ministry has.")] = None,
    minimum: Annotated[int | None, typer.Option("--minimum", min=0, help="Officers that each municipality gets at least.")] = None,
) -> None:  # fmt: skip
    """Sum a plan up by municipality, region and country, and share out the officers that there are."""
    from beatplanner.data.description.models import Description
    from beatplanner.data.result.folder import read_result
    from beatplanner.planning.whole.country import country_plan, write_country

    tables = read_result(folder)
    rules = Description.model_validate(tables.summary["rules"])
    file = Path(str(tables.summary["description_file"]))
    found = country_plan(
        tables, rules.model_copy(update={"folder": file.parent, "file": file}), officers=officers, minimum=minimum
    )
    write_country(folder, tables, found)
    say_problems(found.notes)
    table = Table(
        "", "beats", "residents", "hours a year", "officers needed", "shared out", "stations", box=None, pad_edge=False
    )
    for r in found.table.to_dict("records"):
        shared = "-" if r["officers_shared"] != r["officers_shared"] else f"{r['officers_shared']:,.0f}"
        table.add_row(
            r["name"],
            f"{r['beats']:,.0f}",
            f"{r['residents']:,.0f}",
            f"{r['hours']:,.0f}",
            f"{r['officers_required']:,.0f}",
            shared,
            f"{r['stations']:,.0f}",
        )
    out_console.print(table)
    out_console.print(f"Results: {folder.resolve() / 'country.html'}", markup=False)


@app.command()
def prices(
    project: ProjectArgument,
    out: OutOption,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
) -> None:
    """Plan again without each rule, and say in sentences what each rule costs, with proven bounds."""
    from beatplanner.planning.compare.rule_prices import price_rules

    with _interruptible() as cancelled, _progress() as progress:
        found = price_rules(project, out, time_limit=time_limit, seed=seed, threads=threads, progress=progress,
                            cancelled=cancelled)  # fmt: skip
    for sentence in found["sentences"]:
        out_console.print(f"- {sentence}", markup=False)
    out_console.print(f"Results: {out.resolve() / 'prices.html'}", markup=False)


@app.command()
def robustness(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A plan with beats.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for robustness.json and robustness.csv.", file_okay=False)
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", min=20, max=10_000, help="Draws of weeks, of work by category and of leavers.")
    ] = 200,
    ensemble: Annotated[
        int, typer.Option("--ensemble", min=0, max=10_000, help="Neutral plans to compare with.")
    ] = 200,
    attrition: Annotated[
        float, typer.Option("--attrition", min=0, max=0.9, help="Share of officers who leave in a year.")
    ] = 0.05,
    other_year: Annotated[
        Path | None, typer.Option("--other-year", help="A description with the incidents of another year.")
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Put a plan under strain: other weeks, seasons and years, officers who leave, and an ensemble of neutral plans."""
    from beatplanner.planning.compare.stress_test import stress_test, write_stress_test

    with _interruptible() as cancelled, _progress() as progress:
        found = stress_test(folder, draws=draws, ensemble=ensemble, attrition=attrition, incidents=other_year, seed=seed,
                            progress=progress, cancelled=cancelled)  # fmt: skip
    for sentence in found["sentences"]:
        out_console.print(f"- {sentence}", markup=False)
    if out is not None:
        write_stress_test(out, found)
        out_console.print(f"Results: {out.resolve() / 'robustness.json'}", markup=False)


@app.command()
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
    for c in found.changes[found.changes["beat"] == ""].to_dict("records"):
        unit, points = (100, " points") if c["kind"] == "share" else (1, "")
        sure = "clear of chance" if c["clear"] else "may be chance"
        out_console.print(f"{c['question']}, {c['first']} to {c['last']}: {unit * c['change']:+.1f}{points} "
                          f"({unit * c['low']:+.1f} to {unit * c['high']:+.1f}; {sure})", markup=False)  # fmt: skip
    write_survey(out, str(tables.summary.get("project", "")), found)
    out_console.print(f"Results: {out.resolve() / 'survey.html'}", markup=False)


@app.command()
def stale(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")]) -> None:
    """Say whether rules, data or versions changed since a plan was made."""
    from beatplanner.data.description.scenarios import stale as changed_since
    from beatplanner.data.result.folder import read_result
    from beatplanner.planning.whole.versions import versions

    notes = changed_since(read_result(folder).summary, versions())
    for note in notes:
        out_console.print(str(note), markup=False)
    if not any(n.severity == "warning" for n in notes):
        out_console.print("The plan is that of its rules and data as they are now.")


@app.command()
def beats(
    project: ProjectArgument,
    out: OutOption,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
) -> None:
    """Draw the beats alone."""
    _plan(
        project,
        out,
        steps=("beats",),
        time_limit=time_limit,
        seed=seed,
        threads=threads,
        workers=workers,
        scheduler=scheduler,
    )


@app.command()
def stations(
    project: ProjectArgument,
    out: OutOption,
    plan_file: PlanOption = None,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
) -> None:
    """Place the stations alone."""
    _plan(
        project,
        out,
        steps=("stations",),
        plan_from=plan_file,
        time_limit=time_limit,
        seed=seed,
        threads=threads,
        workers=workers,
        scheduler=scheduler,
    )


@app.command()
def officers(
    project: ProjectArgument,
    out: OutOption,
    plan_file: PlanOption = None,
    time_limit: TimeOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
) -> None:
    """Plan the officers alone."""
    _plan(
        project,
        out,
        steps=("officers",),
        plan_from=plan_file,
        time_limit=time_limit,
        seed=seed,
        threads=threads,
        workers=workers,
        scheduler=scheduler,
    )


@app.command()
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
    threads: ThreadsOption = 1,
) -> None:
    """Plan the officers anew with the fewest changes when one leaves, is promoted or sick; show the difference."""
    from beatplanner.planning.officers.replanning import Change
    from beatplanner.planning.officers.replanning import replan as plan_anew

    changes = [Change("leaves", who, day) for who, day, _ in map(_event, leaves or [])]
    changes += [Change("promoted", who, day) for who, day, _ in map(_event, promoted or [])]
    changes += [Change("sick", who, day, until) for who, day, until in map(_event, sick or [])]
    if not changes or any(c.kind == "sick" and c.until is None for c in changes):
        raise typer.BadParameter("give --leaves or --promoted OFFICER=DAY, or --sick OFFICER=DAY..DAY")
    freeze = None if freeze_until is None else _day(freeze_until)
    with _interruptible() as cancelled, _progress() as progress:
        found = plan_anew(folder, out, changes, freeze_until=freeze, time_limit=time_limit or 60, seed=seed, threads=threads,
                          progress=progress, cancelled=cancelled)  # fmt: skip
    _print_change(found)
    out_console.print(f"Results: {out.resolve()}", markup=False)
    _say_clashes(found["summary"])


@app.command()
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
    threads: ThreadsOption = 1,
) -> None:
    """Show what an order to move officers costs in trust, vacancies and broken rules; accept it with --out and --reason."""
    from beatplanner.planning.officers.replanning import Change
    from beatplanner.planning.officers.replanning import replan as plan_anew

    if out is not None and not reason.strip():
        raise typer.BadParameter(
            "an order is accepted with a reason only, which is kept in the audit", param_hint="--reason"
        )
    changes = []
    for text in move:
        who, _, beat = text.partition("=")
        if not beat:
            raise typer.BadParameter(f"“{text}” is not OFFICER=BEAT", param_hint="--move")
        changes.append(Change("moves", who.strip(), _day(on), beat=beat.strip()))
    with _interruptible() as cancelled, _progress() as progress:
        found = plan_anew(folder, out, changes, reason=reason, by=by, time_limit=time_limit or 60, seed=seed, threads=threads,
                          progress=progress, cancelled=cancelled)  # fmt: skip
    _print_change(found)
    out_console.print(
        f"Relationship-years that the moved officers leave behind: {found['trust']:,.0f} (residents × years known)"
    )
    if out is None:
        out_console.print("Nothing was written. Accept the order with --out DIR --reason “…”.")
    else:
        out_console.print(f"Results: {out.resolve()}; the audit is in audit.jsonl", markup=False)
    _say_clashes(found["summary"])


@app.command()
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
    threads: ThreadsOption = 1,
) -> None:
    """Judge postings that were moved by hand: rules, tenures, vacancies, languages; accept them with --out."""
    from beatplanner.data.result.folder import read_result
    from beatplanner.planning.officers.replanning import replan as plan_anew
    from beatplanner.planning.officers.roster_edits import FIGURES, Judge, accept, read_postings, table_of

    tables = read_result(folder)
    wanted = read_postings(table, tables)
    if repair:
        if out is None:
            raise typer.BadParameter("a repaired plan needs a folder", param_hint="--out")
        with _interruptible() as cancelled, _progress() as progress:
            found = plan_anew(folder, out, [], wished=table_of(wanted, tables), reason=reason, by=by, time_limit=time_limit or 60, seed=seed,
                              threads=threads, progress=progress, cancelled=cancelled)  # fmt: skip
        _print_change(found)
        out_console.print(f"Results: {out.resolve()}", markup=False)
        _say_clashes(found["summary"])
        return
    judge = Judge(tables, folder)
    told = judge(wanted)
    for text in (*told.broken, *told.costs):
        out_console.print(f"- {text}", markup=False)
    for key, words in FIGURES.items():
        out_console.print(f"{words}: {judge.before.get(key, 0):,.0f} → {told.figures.get(key, 0):,.0f}")
    if out is None:
        out_console.print(
            "Nothing was written. Accept the postings with --out DIR; a tenure that is cut short needs --reason “…”."
        )
        raise typer.Exit(3 if told.broken else 0)
    found = accept(folder, out, wanted, reason=reason, by=by)
    out_console.print(f"Results: {out.resolve()}; the audit is in audit.jsonl", markup=False)
    _say_clashes(found["summary"])


@app.command()
def succession(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A plan with officers.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for vacancies.csv and recruits.csv.", file_okay=False)
    ] = None,
    attrition: Annotated[
        float, typer.Option("--attrition", min=0, max=0.9, help="Share who leave in a year beyond known leavers.")
    ] = 0.05,
    draws: Annotated[int, typer.Option("--draws", min=1, max=10_000)] = 100,
    seed: SeedOption = 0,
) -> None:
    """Draw who leaves, and show the vacancies to come by month and language, recruits to take in and training seats by quarter."""
    from beatplanner.data.result.folder import write_csv
    from beatplanner.planning.officers.replanning import succession as look_ahead

    found = look_ahead(folder, attrition=attrition, draws=draws, seed=seed)
    table = Table(
        "quarter",
        "recruits to start training",
        "nine times of ten at most",
        "training seats",
        "at most",
        box=None,
        pad_edge=False,
    )
    for row in found.quarters.itertuples(index=False):
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
        for name, frame in (("vacancies.csv", found.months), ("recruits.csv", found.quarters)):
            write_csv(out / name, list(frame.columns), frame.itertuples(index=False))
        out_console.print(f"Tables: {out.resolve()}", markup=False)


def _event(text: str) -> tuple[str, Any, Any]:
    """Read OFFICER=DAY or OFFICER=DAY..DAY."""
    who, _, days = text.partition("=")
    first, _, last = days.partition("..")
    return who.strip(), _day(first), _day(last) if last else None


def _day(text: str) -> Any:
    import datetime as dt

    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"“{text}” is no day such as 2027-05-01") from None


def _print_change(found: dict[str, Any]) -> None:
    from beatplanner.planning.officers.replanning import FIGURES

    table = Table("officer", "before", "after", box=None, pad_edge=False)
    for row in found["diff"]:
        table.add_row(row["officer"], row["before"], row["after"])
    out_console.print(table if found["diff"] else "No posting changes.")
    figures = Table("figure", "published plan", "new plan", "difference", box=None, pad_edge=False)
    for key, (was, now) in found["price"].items():
        figures.add_row(FIGURES[key], f"{was:,.0f}", f"{now:,.0f}", f"{now - was:+,.0f}")
    out_console.print(figures)


def _say_clashes(summary: dict[str, Any]) -> None:
    if not summary["feasible"]:
        err_console.print("The rules cannot all be met:", style="red")
        for clash in summary["clashes"]:
            err_console.print(f"- {clash}", markup=False)
        raise typer.Exit(CLASH)


@app.command()
def build(
    description: Annotated[Path, typer.Argument(metavar="PROJECT.toml")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="TOWN.gpkg", help="The project file to write.")],
) -> None:
    """Read the raw layers into one project file that the desktop opens."""
    from beatplanner.data.project.build import build as write

    write(description, out)
    out_console.print(f"Project file: {out.resolve()}", markup=False)


@app.command()
def classes(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.csv", help="The table to write.")] = Path(
        "road-classes.csv"
    ),
) -> None:
    """Write the table of road classes that people walk on, to edit and to name as stations.roads.classes."""
    from beatplanner.data.town.roads import default_classes

    if out.exists():
        raise InputError(
            Note("error", "this file is there already, and it is not overwritten", "Give another name", file=out)
        )
    out.write_text(default_classes(), encoding="utf-8-sig")
    out_console.print(f"Table of road classes: {out.resolve()}", markup=False)


@app.command("job-template")
def job_template(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.docx", help="The template to write.")] = Path(
        "job-description.docx"
    ),
) -> None:
    """Write the template of job descriptions, to edit in a word processor and to name as officers.job_template."""
    from beatplanner.data.publish.officers_pack import default_template

    if out.exists():
        raise InputError(
            Note("error", "this file is there already, and it is not overwritten", "Give another name", file=out)
        )
    out.write_bytes(default_template())
    out_console.print(f"Template of job descriptions: {out.resolve()}", markup=False)


@app.command()
def verify(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")]) -> None:
    """Recompute every claim of a plan without any solver."""
    from beatplanner.planning.verification import verify as examine

    verdict = examine(folder)
    table = Table("", "check", "claimed", "found", box=None, pad_edge=False)
    for c in verdict.checks:
        table.add_row("ok" if c.ok else "WRONG", c.name, _short(c.claimed), _short(c.found))
    out_console.print(table)
    for c in verdict.checks:
        if not c.ok:
            out_console.print(f"WRONG: {c.name}: {c.detail}", markup=False)
    wrong = sum(not c.ok for c in verdict.checks)
    out_console.print(
        f"All {len(verdict.checks)} checks passed."
        if verdict.ok
        else f"{wrong} of {len(verdict.checks)} checks failed."
    )
    raise typer.Exit(DONE if verdict.ok else BAD_INPUT)


@app.command()
def pack(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="In place of the description's languages; may be given more than once."),
    ] = None,
) -> None:
    """Make the forum pack of a plan anew: in another language, or after new consents and minutes."""
    from beatplanner.data.description.models import LANGUAGES
    from beatplanner.planning.forum.forum_pack import remake_pack

    for wanted in language or []:
        if wanted not in LANGUAGES:
            raise typer.BadParameter(f"“{wanted}” is none of {', '.join(LANGUAGES)}", param_hint="--language")
    stopped = remake_pack(folder, languages=language or ())
    if stopped:
        raise InputError(*stopped)
    out_console.print(f"Forum pack: {folder.resolve() / 'forum'}", markup=False)


@app.command()
def audit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder, or a forum pack.")],
    others: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", help="An earlier pack or another scenario that people have; may be given more than once."
        ),
    ] = None,
) -> None:
    """Audit a forum pack as somebody who has it, and earlier ones, would attack it."""
    from beatplanner.planning.forum.forum_pack import audit_pack

    checks = audit_pack(folder, others=others or ())
    for c in checks:
        detail = f": {c.detail}" if c.detail else ""
        out_console.print(f"{'ok   ' if c.ok else 'LEAKS'} {c.name}{detail}", markup=False)
    wrong = sum(not c.ok for c in checks)
    out_console.print(f"{wrong} of {len(checks)} checks failed." if wrong else f"All {len(checks)} checks passed.")
    raise typer.Exit(BAD_INPUT if wrong else DONE)


@app.command()
def proposal(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The result folder of the plan.")],
    file: Annotated[Path, typer.Argument(metavar="PROPOSAL", help="proposal.csv of the map, or the filled-in sheet.")],
    out: OutOption,
    time_limit: TimeOption = 30,
    seed: SeedOption = 0,
    threads: ThreadsOption = 1,
) -> None:
    """Judge a forum's counter-proposal: its figures, the rules it breaks, and the nearest proposal that keeps them."""
    from beatplanner.planning.forum.counter_proposal import judge_proposal

    found = judge_proposal(folder, file, out, seconds=time_limit or 30.0, seed=seed, threads=threads)
    say_problems(found.notes)
    table = Table("", "greatest deviation", "in one piece", "change", "travel", box=None, pad_edge=False)
    for name, p in (
        ("plan", found.plan),
        ("proposal", found.proposal),
        ("nearest that keeps the rules", found.nearest),
    ):
        if p is not None:
            moved = "-" if p.moved_share is None else f"{p.moved_share:.1%}"
            table.add_row(
                name, f"±{p.max_deviation:.1%}", "yes" if p.contiguous else "no", moved, f"{p.proof.objective:,.0f}"
            )
    out_console.print(table)
    for text in found.broken:
        out_console.print(f"- {text}", markup=False)
    if not found.broken:
        out_console.print("The proposal keeps every rule.")
    elif found.nearest is None:
        out_console.print("No proposal near it was found that keeps every rule.")
    else:
        proven = "" if found.bound is None else f" (proven: at least {found.bound:,.0f})"
        out_console.print(
            f"The nearest proposal that keeps every rule differs from it for {found.apart:,.0f} residents{proven}."
        )
    out_console.print(f"Results: {out.resolve() / 'proposal.html'}", markup=False)
    if found.broken and found.nearest is None:
        raise typer.Exit(CLASH)


@app.command()
def catalogue(
    language: Annotated[str, typer.Argument(metavar="LANGUAGE", help="Such as mk or sr-Latn.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.po", help="The catalogue to write.")],
) -> None:
    """Write the texts of the forum pack in one language, for a native speaker to edit."""
    from beatplanner.data.publish.translation import LOCALES, write_catalogue

    if language not in LOCALES or language == "en":
        known = ", ".join(name for name in LOCALES if name != "en")
        raise typer.BadParameter(f"“{language}” is none of {known}", param_hint="LANGUAGE")
    write_catalogue(out, language)
    out_console.print(f"Catalogue: {out.resolve()}", markup=False)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    out: Annotated[
        Path,
        typer.Option("--out", help=".pdf or .png for a page, .gpkg, .geojson, .csv or .xlsx for data.", dir_okay=False),
    ],
    office: Annotated[
        bool, typer.Option("--office", help="Data for the office: every figure. Else small numbers are hidden.")
    ] = False,
    paper: Annotated[str, typer.Option("--paper", help="A4, A3, A2, A1 or A0.")] = "A4",
    portrait: Annotated[bool, typer.Option("--portrait", help="The longer side upright.")] = False,
    scale: Annotated[
        float | None, typer.Option("--scale", min=10, help="10000 for 1 : 10,000; else as large as fits.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Above the map; else the project's name.")] = "",
    patterns: Annotated[bool, typer.Option("--patterns", help="Hatched beats for black and white.")] = False,
) -> None:
    """Export a plan's map: a page at an exact scale, or its beats, units and stations as data."""
    from beatplanner.data.result.folder import read_result

    tables = read_result(folder)
    if out.suffix.lower() in (".pdf", ".png"):
        from beatplanner.ui.desktop.map.headless import print_plan

        print_plan(folder, out, paper=paper, landscape=not portrait, scale=scale, title=title, patterns=patterns)
        files = [out]
    else:
        from beatplanner.data.result.map_files import write_map_file
        from beatplanner.planning.forum.map_export import export_tables, hidden_as_sign

        files = write_map_file(out, export_tables(tables, "office" if office else "public"), hidden_as_sign)
    for file in files:
        out_console.print(f"Export: {file.resolve()}", markup=False)


@app.command()
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
    threads: ThreadsOption = 1,
) -> None:
    """Draw edits on a plan: paint, split, merge, lock, link, barrier; then repair it or solve on."""
    from beatplanner.data.project.edits import read_edits
    from beatplanner.planning.beats.mending import mend as draw

    if repair and improve:
        raise typer.BadParameter("give --repair or --improve, not both", param_hint="--improve")
    made = read_edits(edits) if edits is not None else []
    with _interruptible() as cancelled, _progress() as progress:
        summary = draw(
            project, out, made, plan_from=plan_file, how="repair" if repair else "improve" if improve else "keep",
            author=author, time_limit=time_limit, seed=seed, threads=threads, progress=progress, cancelled=cancelled,
        )  # fmt: skip
    if summary["drawn"]["repair"] is not None:
        moves = summary["drawn"]["repair"]["moves"]
        out_console.print("Moved to restore the rules:" if moves else "Nothing had to move.")
        for line in moves:
            out_console.print(f"- {line}", markup=False)
    _print_summary(summary, out)
    for line in summary["drawn"]["pack"]:
        err_console.print(line, markup=False)
    _say_clashes(summary)


def _plan(project: Path, out: Path, **options: Any) -> None:
    """Run the main job with progress and a first Ctrl+C that keeps the best plan so far; print the results."""
    from beatplanner.planning.whole.run import run as run_plan

    if options.get("workers") is not None and options.get("scheduler") is not None:
        raise typer.BadParameter("give --workers or --scheduler, not both", param_hint="--scheduler")
    with _interruptible() as cancelled, _progress() as progress:
        summary = run_plan(project, out, progress=progress, cancelled=cancelled, **options)
    _print_summary(summary, out)
    if not summary["feasible"]:
        err_console.print("The rules cannot all be met:", style="red")
        for clash in summary["clashes"]:
            err_console.print(f"- {clash}", markup=False)
        raise typer.Exit(CLASH)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
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


@contextmanager
def _progress() -> Iterator[Callable[[str, float | None, float | None, float], None]]:
    """Show progress on standard error: a live line on a terminal, else a plain line a phase."""
    if err_console.is_terminal:
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err_console, transient=True
        ) as bar:
            task = bar.add_task("starting", total=None)
            yield lambda phase, best, bound, _: bar.update(task, description=progress_line(phase, best, bound))
        return
    last = {"phase": "", "time": 0.0}

    def plain(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
        if phase != last["phase"] or time.monotonic() - last["time"] > 10:
            last.update(phase=phase, time=time.monotonic())
            err_console.print(f"{seconds:6.1f} s  {progress_line(phase, best, bound)}", markup=False)

    yield plain


def progress_line(phase: str, best: float | None, bound: float | None) -> str:
    """Say in one line how far a phase is."""
    if best is not None and bound is not None and best > 0:
        return f"{phase}: best {best:,.0f}, proven at least {bound:,.0f} (gap {max(0.0, (best - bound) / best):.2%})"
    return f"{phase}: best {best:,.0f}" if best is not None else phase


def _print_summary(summary: dict[str, Any], out: Path, *, places: bool = True) -> None:
    table = Table("step", "result", "proof", box=None, pad_edge=False)
    found = summary.get("beats")
    if found:
        moved = f", {found['moved_share']:.1%} of residents change beat" if "moved_share" in found else ""
        if found.get("relationship_years_today"):
            moved += f", lines keep {found['relationship_years_kept'] / found['relationship_years_today']:.1%} of relationship-years"
        table.add_row(
            "beats", f"{found['count']} beats, workload within ±{found['max_deviation']:.1%}{moved}", _proof(found)
        )
    found = summary.get("stations")
    if found:
        walk = "-" if found["mean_walk_minutes"] is None else f"{found['mean_walk_minutes']:.1f} min mean walk"
        table.add_row(
            "stations",
            f"{found['count']} stations, {walk}, {found['share_within_limit']:.1%} within the limit"
            + (f", {found['mobile']['stops']} mobile stops" if found.get("mobile") else ""),
            _proof(found),
        )
    found = summary.get("officers")
    if found:
        table.add_row(
            "officers",
            f"{found['posts']} posts, {_many(found['vacant_months'], 'vacant month')}, {_many(found['rotations'], 'rotation')}, "
            f"{_many(found['tenure_violations'], 'broken tenure')}, {_many(found['language_gaps'], 'language gap')}",
            _proof(found),
        )
    out_console.print(table)
    if not places:
        return
    out_console.print(f"Results: {out.resolve()}", markup=False)
    out_console.print(f"Report:  {out.resolve() / 'report.html'}", markup=False)
    if (out / "forum" / "pack.pdf").exists():
        out_console.print(f"Forum:   {out.resolve() / 'forum' / 'pack.pdf'}", markup=False)


def _print_budget(budget: dict[str, Any] | None) -> None:
    """Print money by year and payer, and what it does not reach."""
    if budget is None:
        return
    table = Table(budget["currency"], *budget["years"], "all years", box=None, pad_edge=False)
    for name, sums in [
        *budget["lines"].items(),
        *((f"paid by {p}", v) for p, v in budget["payers"].items()),
        ("all", budget["total"]),
    ]:
        if any(sums):
            table.add_row(name, *(f"{v:,.0f}" for v in [*sums, sum(sums)]))
    out_console.print(table)
    late = [s for s in budget["starts"] if s["year"] not in (None, budget["years"][0])]
    for s in sorted(late, key=lambda s: s["year"]):
        out_console.print(f"{s['area']} starts in {s['year']}", markup=False)
    for u in budget["unfunded"]:
        out_console.print(f"Not funded: {u['area']}, {u['residents']:,.0f} residents; {u['first_year']:,.0f} {budget['currency']} in its first year and "
                          f"{u['yearly']:,.0f} in each later one would do", markup=False)  # fmt: skip


def _proof(step: dict[str, Any]) -> str:
    if step["status"] == "infeasible":
        return "rules relaxed"
    if step["gap"] is None:
        return "no bound computed"
    return "proven optimal" if step["status"] == "optimal" else f"within {step['gap']:.2%} of the best possible"


def _many(number: float, word: str) -> str:
    return f"{number:,.0f} {word}" + ("" if number == 1 else "s")


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"
