"""``beatplanner project …``: what the desktop does with a project file, from the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from beatplanner.data.errors import InputError, Note
from beatplanner.data.paths import whole_path
from beatplanner.data.side_work import usable_cores
from beatplanner.ui.commands.console import out_console
from beatplanner.ui.commands.numbers import number_argument, number_option, number_typed, pair_of

if TYPE_CHECKING:
    from beatplanner.data.project.content import StoredPlan


project_app = typer.Typer(
    name="project",
    help="Look into a project file and change it: scenarios, plans, history.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

FileArgument = Annotated[Path, typer.Argument(metavar="TOWN.beatplan", help="A project file.")]
PlanArgument = Annotated[int, number_argument("PLAN", whole=True, low=1, help="Its number; see “project show”.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept in the history.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it, for the history; else the user of this computer.")]


def _open(file: Path, *, editing: bool = False, by: str = "") -> Any:
    """Open a project file; one that another window has is not changed."""
    from beatplanner.data.project.document import ProjectDocument

    document = ProjectDocument.open(file, editing=editing)
    if not document.is_file:
        document.close()
        raise InputError(
            Note("error", "this is a description, not a project file", "Make one with “beatplanner build”", file=file)
        )
    if editing and document.read_only_because:
        document.close()
        raise InputError(
            Note("error", f"the project cannot be changed: {document.read_only_because}", "Close it there", file=file)
        )
    if by:
        document.author = by
    return document


def _changed(file: Path, by: str, change: Any) -> None:
    """Open a project, change it, save it; where the change is refused nothing is."""
    document = _open(file, editing=True, by=by)
    try:
        change(document)
        document.save()
    finally:
        document.close()


@project_app.command()
def show(file: FileArgument, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show what a project file holds."""
    import pyogrio

    from beatplanner.data.project.journal import recoveries

    document = _open(file)
    layers = [
        str(name)
        for name, _ in pyogrio.list_layers(file)
        if not str(name).startswith(("beatplanner_", "layer_styles", "plan_"))
    ]
    content = document.content
    unsaved = sum(len(r.done) for r in recoveries(file))
    found = {
        "project": content.rules["project"]["name"],
        "format": document.schema,
        "layers": layers,
        "scenario_in_view": content.active,
        "scenarios": {s.name: s.changes for s in content.scenarios.values()},
        "plans": [_plan_row(p) for p in content.plans.values()],
        "history": len(content.history),
        "unsaved": unsaved,
    }
    if as_json:
        out_console.print_json(json.dumps(found, ensure_ascii=False))
        return
    out_console.print(f"{found['project']} (format {document.schema})", markup=False)
    out_console.print(f"Layers: {', '.join(layers)}", markup=False)
    for scenario in content.scenarios.values():
        here = " (in view)" if scenario.name == content.active else ""
        out_console.print(
            f"Scenario “{scenario.name}”{here}: {json.dumps(scenario.changes, ensure_ascii=False)}", markup=False
        )
    if content.plans:
        table = Table(
            "plan", "name", "scenario", "made", "by", "beats", "deviation", "stations", box=None, pad_edge=False
        )
        for row in found["plans"]:
            deviation = "-" if row["max_deviation"] is None else f"±{row['max_deviation']:.1%}"
            cells = [row[k] for k in ("plan", "name", "scenario", "made_on", "author", "beats")]
            table.add_row(*("-" if c in (None, "") else str(c) for c in cells), deviation, str(row["stations"] or "-"))
        out_console.print(table)
    out_console.print(f"History: {len(content.history)} entries")
    if unsaved:
        out_console.print(
            f"{unsaved} steps were not saved before the program ended; “beatplanner project recover” saves them"
        )


def _plan_row(plan: StoredPlan) -> dict[str, object]:
    beats, stations = plan.summary.get("beats", {}), plan.summary.get("stations", {})
    return {
        "plan": plan.id,
        "name": plan.name,
        "scenario": plan.scenario,
        "made_on": plan.made_on,
        "author": plan.author,
        "feasible": plan.summary.get("feasible"),
        "beats": beats.get("count"),
        "max_deviation": beats.get("max_deviation"),
        "stations": stations.get("count"),
    }


@project_app.command()
def history(file: FileArgument, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List every edit, solve and override with its time, author and reason."""
    document = _open(file)
    if as_json:
        out_console.print_json(json.dumps([vars(e) for e in document.content.history], ensure_ascii=False, default=str))
        return
    table = Table("time", "by", "what", "why", box=None, pad_edge=False)
    for event in document.content.history:
        table.add_row(event.time, event.author, event.what, event.reason or "-")
    out_console.print(table)


@project_app.command()
def scenario(
    file: FileArgument,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, such as beats.count=14; once for each rule. VALUE as in TOML."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A line about the scenario.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the scenario away.")] = False,
    reason: ReasonOption = "",
    by: ByOption = "",
) -> None:
    """Add or change a scenario: a named set of rules that differ from the project's own."""
    from beatplanner.data.description.merge_patch import merge

    patch: dict[str, object] = {}
    for text in set_ or []:
        patch = merge(patch, _rule(text))

    def change(document: Any) -> None:
        found = document.content.scenarios.get(name)
        if remove:
            if found is None:
                raise InputError(Note("error", f"there is no scenario “{name}”", file=file))
            document.remove_scenario(name, reason)
            return
        document.set_scenario(
            name, merge(found.changes if found else {}, patch), note or (found.note if found else ""), reason
        )

    _changed(file, by, change)
    out_console.print(f"Scenario “{name}” {'removed' if remove else 'saved'}.", markup=False)


def _rule(text: str) -> dict[str, object]:
    """Read KEY=VALUE as TOML would."""
    import tomllib

    key, value = pair_of(text, "--set", "KEY=VALUE")
    try:
        found = tomllib.loads(f"{key} = {value}")
    except tomllib.TOMLDecodeError:
        # a bare word is text
        found = tomllib.loads(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    return json.loads(json.dumps(found, default=str))


@project_app.command("plan")
def plan_in_project(
    file: FileArgument,
    scenario_name: Annotated[
        str | None, typer.Option("--scenario", help="A scenario of the project; else that in view.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the plan is called.")] = "",
    reason: ReasonOption = "",
    by: ByOption = "",
    time_limit: Annotated[
        float | None, number_option("--time-limit", whole=False, low=1, help="Seconds of solving over the whole run.")
    ] = None,
    seed: Annotated[int, number_option("--seed", whole=True, low=0)] = 0,
    threads: Annotated[
        int, number_option("--threads", whole=True, low=1, show_default="all processors")
    ] = usable_cores(),
) -> None:
    """Plan a scenario of the project and keep the plan in the project file."""
    import tempfile

    from beatplanner.planning.whole.run import run as run_plan
    from beatplanner.ui.commands.console import interruptible, print_summary, say_clashes, shown_progress

    with tempfile.TemporaryDirectory(prefix=f"beatplanner-{os.getpid()}-") as folder:
        out = Path(folder) / "plan"

        def change(document: Any) -> None:
            nonlocal written
            if scenario_name is not None:
                document.activate(scenario_name)
            with interruptible() as cancelled, shown_progress() as progress:
                summary = run_plan(
                    document.description(),
                    out,
                    time_limit=time_limit,
                    seed=seed,
                    threads=threads,
                    progress=progress,
                    cancelled=cancelled,
                )
            plan = document.add_plan(out, name, reason=reason)
            print_summary(summary, out, places=False)
            out_console.print(f"{plan.name} is kept in {whole_path(file)}", markup=False)
            written = summary

        written: dict[str, object] = {}
        _changed(file, by, change)
    if written:
        say_clashes(written)


@project_app.command()
def extract(
    file: FileArgument,
    plan: PlanArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for the result.", file_okay=False)],
) -> None:
    """Write a plan of the project as a result folder: for verify, pack, compare, or to hand on."""
    import shutil

    from beatplanner.data.output_place import cannot_write, swap_in
    from beatplanner.data.result.folder import check_result_place, read_result, write_where_it_lies
    from beatplanner.planning.whole.verdict import read_verdict, write_verdict

    out = whole_path(out)
    check_result_place(out)
    document = _open(file)
    try:
        if plan not in document.content.plans:
            raise InputError(
                Note("error", f"there is no plan {plan} in this project", "See “beatplanner project show”", file=file)
            )
        part = out.with_name(f".{out.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        lies = document.plan_folder(plan)
        shutil.copytree(lies, part)
        checked = read_verdict(part) is not None
        if write_where_it_lies(part, read_result(lies).summary) and checked:
            write_verdict(part)
        swap_in(part, out)
    except OSError as error:
        raise InputError(cannot_write(error, out)) from None
    finally:
        document.close()
    out_console.print(f"Result: {out}", markup=False)


@project_app.command()
def add(
    file: FileArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    name: Annotated[str, typer.Option("--name", help="What the plan is called.")] = "",
    reason: ReasonOption = "",
    by: ByOption = "",
) -> None:
    """Take a result folder into the project as a plan."""
    _changed(
        file,
        by,
        lambda document: document.add_plan(whole_path(folder), name, f"Plan taken in from {folder.name}", reason),
    )
    out_console.print(f"The plan is kept in {whole_path(file)}", markup=False)


@project_app.command()
def drop(
    file: FileArgument,
    plan: PlanArgument,
    reason: ReasonOption = "",
    by: ByOption = "",
) -> None:
    """Take a plan out of the project; the history keeps that it was made."""

    def change(document: Any) -> None:
        if plan not in document.content.plans:
            raise InputError(
                Note("error", f"there is no plan {plan} in this project", "See “beatplanner project show”", file=file)
            )
        document.remove_plan(plan, reason)

    _changed(file, by, change)
    out_console.print(f"Plan {plan} removed.")


@project_app.command()
def migrate(file: FileArgument) -> None:
    """Bring a project file of an older version to this one's format; a copy of the old one is kept beside it."""
    from beatplanner.data.description.version import SCHEMA

    document = _open(file, editing=True)
    try:
        if document.schema == SCHEMA:
            out_console.print("The project file has this version's format already.")
            return
        old = document.schema
        document.record(f"Brought from format {old} to {SCHEMA}", kind="migration")
        document.save()
    finally:
        document.close()
    out_console.print(f"The project file has format {SCHEMA} now; the old one is kept beside it.")


@project_app.command()
def recover(file: FileArgument) -> None:
    """Save what a crash of the desktop left unsaved."""
    from beatplanner.data.project.journal import recoveries

    found = recoveries(file)
    if not found:
        out_console.print("Nothing is left to recover.")
        return

    def change(document: Any) -> None:
        for recovery in reversed(found):
            steps = document.recover(recovery)
            out_console.print(f"{steps} steps recovered, the last of {recovery.last}")

    _changed(file, "", change)
    for recovery in found:
        recovery.forget()


def new(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER|FILE…", help="Layers and tables: units, incidents, beats, sites, roads, roster, rasters."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="TOWN.beatplan", help="The project file to write.")],
    name: Annotated[str, typer.Option("--name", help="The project's name.")] = "",
    beats: Annotated[str, typer.Option("--beats", help="How many, or auto; else as many as today.")] = "",
    tolerance: Annotated[float | None, number_option("--tolerance", whole=False, low=0.001, high=1)] = None,
    stations: Annotated[
        int | None, number_option("--stations", whole=True, low=0, help="How many; 0 for none.")
    ] = None,
    days: Annotated[
        int, number_option("--days", whole=True, low=0, help="That the incidents cover, where they have no times.")
    ] = 0,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="FILE=ROLE, where the guess is wrong; ROLE empty leaves the file out."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", help="FILE:MEANING=COLUMN, where the guess is wrong.")
    ] = None,
    crs: Annotated[list[str] | None, typer.Option("--crs", help="FILE=EPSG:…, where the guess is wrong.")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what can be mended.")] = False,
    guess_only: Annotated[bool, typer.Option("--guess", help="Show guesses and doubts; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Go on although a file is not used.")] = False,
) -> None:
    """Make a project file from raw layers: guess what they are and what their columns mean, check, mend, write."""
    from beatplanner.data.findings import listed
    from beatplanner.data.guided_import.doubts import import_doubts, mend_doubt
    from beatplanner.data.guided_import.draft import ImportDraft, possible_layers, unused_files
    from beatplanner.data.guided_import.staging import write_project
    from beatplanner.ui.commands.console import err_console
    from beatplanner.ui.words import many

    if not guess_only and out.exists():
        raise InputError(
            Note("error", "this file is there already, and it is not overwritten", "Give another name", file=out)
        )
    draft = ImportDraft()
    draft.add(possible_layers(files))
    _say_otherwise(draft, role or [], column or [], crs or [])
    if name:
        draft.rules.name = name
    if beats:
        draft.rules.beats = (
            beats if beats == "auto" else int(number_typed(beats, "--beats", whole=True, low=1, besides="auto"))
        )
    draft.rules.tolerance = tolerance or draft.rules.tolerance
    draft.rules.stations = draft.rules.stations if stations is None else stations
    draft.rules.days = days
    for source in draft.sources:
        out_console.print(_guess_in_words(source), markup=False)
    unused = unused_files(draft)
    for file in unused:
        why = listed(dict.fromkeys(s.reason for s in draft.sources if s.look.path == file and s.reason))
        err_console.print(f"warning: {file.name} is not used{f': {why}' if why else ''}", markup=False)
    doubts = import_doubts(draft)
    for _ in range(5):
        # a mend may bring to light what stood behind it
        mendable = [d for d in doubts if d.mend not in ("", "days")]
        if not mend or not mendable:
            break
        for doubt in mendable:
            mend_doubt(draft, doubt)
            out_console.print(f"Mended: {doubt.text} {doubt.mend_words}.", markup=False)
        doubts = import_doubts(draft)
    for doubt in doubts:
        can = " (--days)" if doubt.mend == "days" else f" (--mend: {doubt.mend_words})" if doubt.mend else ""
        err_console.print(f"{doubt.severity}: {doubt.text}{can}", markup=False)
    errors = [d for d in doubts if d.severity == "error"]
    if errors:
        raise InputError(Note("error", f"{len(errors)} errors stand in the way", "Mend them as said above", file=out))
    if unused and not yes and not guess_only:
        what = f"{many(len(unused), 'file')} of those given would not be used: {listed(f.name for f in unused)}"
        advice = "Say what it is with --role FILE=ROLE, leave it out with --role FILE=, or go on with --yes"
        raise InputError(Note("error", what, advice))
    if not guess_only:
        write_project(draft, out)
        out_console.print(f"Project file: {whole_path(out)}", markup=False)


def _guess_in_words(source: Any) -> str:
    """Return a line that says what a layer was taken for, what else it may be, and what of it is used."""
    from beatplanner.data.findings import listed
    from beatplanner.data.guided_import.sources import MEANING_WORDS, ROLE_WORDS

    why = f" ({source.reason})" if source.reason else ""
    parts = [f"{source.look.title}: {ROLE_WORDS[source.role]}{why}"]
    if source.second[0] and source.reason != "as you said":
        parts.append(
            f"or else {ROLE_WORDS[source.second[0]]} ({source.second[1]}; --role “{source.look.layer or source.look.path.name}={source.second[0]}”)"
        )
    if source.columns:
        parts.append(", ".join(f"{MEANING_WORDS[m]}: {c}" for m, c in source.columns.items()))
    if source.crs and source.role:
        parts.append(source.crs if len(source.crs) < 30 else "a CRS of its own")
    left = [c.name for c in source.look.columns if c.name not in source.columns.values()]
    if source.role and left:
        parts.append(f"columns not used: {listed(left)}")
    return "; ".join([*parts, *source.look.notes])


def _say_otherwise(draft: Any, roles: list[str], columns: list[str], systems: list[str]) -> None:
    """Overrule guesses of a draft by what the command line says."""
    from beatplanner.data.guided_import.guessing import MEANINGS, ROLES

    def source_of(text: str, hint: str) -> Any:
        for source in draft.sources:
            if text in (source.look.path.name, source.look.title, str(source.look.path), source.look.layer):
                return source
        raise typer.BadParameter(f"“{text}” is none of the files", param_hint=hint)

    for text in roles:
        file, _, wanted = text.partition("=")
        if wanted and wanted not in ROLES:
            raise typer.BadParameter(f"“{wanted}” is none of {', '.join(ROLES)}", param_hint="--role")
        draft.set_role(source_of(file, "--role"), wanted, "as you said")
    for text in columns:
        place, _, name = text.partition("=")
        file, _, meaning = place.rpartition(":")
        source = source_of(file, "--column")
        if meaning not in MEANINGS.get(source.role, ()):
            known = ", ".join(MEANINGS.get(source.role, ())) or "none"
            raise typer.BadParameter(
                f"“{meaning}” is none of the meanings of this layer: {known}", param_hint="--column"
            )
        if name and source.look.column(name) is None:
            raise typer.BadParameter(f"{source.look.title} has no column “{name}”", param_hint="--column")
        draft.set_column(source, meaning, name)
    for text in systems:
        file, _, name = text.partition("=")
        source = source_of(file, "--crs")
        if not source.has_place:
            raise typer.BadParameter(f"{source.look.title} has no coordinates, so no CRS", param_hint="--crs")
        draft.set_crs(source, name)
