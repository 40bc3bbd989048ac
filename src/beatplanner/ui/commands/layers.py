"""Commands on layers and results: check, build, export, verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from beatplanner.data.errors import InputError, Note
from beatplanner.data.output_place import write_file
from beatplanner.data.paths import whole_path
from beatplanner.ui.commands.console import (
    BAD_INPUT,
    DONE,
    ProjectArgument,
    err_console,
    out_console,
)
from beatplanner.ui.commands.numbers import number_option
from beatplanner.ui.words import many, short

commands = typer.Typer()


@commands.command()
def check(
    project: ProjectArgument,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    mend: Annotated[
        bool,
        typer.Option(
            "--fix", help="Mend what is certain in a copy beside the description; nothing of yours is changed."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --fix: also mend what moves a layer, without asking.")
    ] = False,
) -> None:
    """Read every layer and print what is wrong or doubtful, and how to mend it."""
    from beatplanner.data.guided_import.checks import check as find

    if mend:
        from beatplanner.data.guided_import.repairs import fix

        fixed = fix(project, find, lambda note: _agreed(note, yes=yes))
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
        out_console.print(f"{many(errors, 'error')}, {many(doubts, 'doubt')}.")
        if any(n.fix for n in notes) and not mend:
            out_console.print("“beatplanner check --fix” mends some of it in a copy.")
    raise typer.Exit(BAD_INPUT if any(n.severity == "error" for n in notes) else DONE)


def _agreed(note: Note, *, yes: bool) -> bool:
    """Ask whether a mend that moves a layer is right; nobody there to ask is no."""
    if yes:
        return True
    err_console.print(f"This would move a layer: {note}", markup=False)
    if not sys.stdin.isatty():
        err_console.print("Give --yes if that is right.")
        return False
    return typer.confirm("Is that right?", default=False, err=True)


@commands.command()
def build(
    description: Annotated[Path, typer.Argument(metavar="PROJECT.toml")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="TOWN.beatplan", help="The project file to write.")],
) -> None:
    """Read the raw layers into one project file that the desktop opens."""
    from beatplanner.data.project.build import build as write

    write(description, out)
    out_console.print(f"Project file: {whole_path(out)}", markup=False)


@commands.command()
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
    write_file(out, default_classes().encode("utf-8-sig"))
    out_console.print(f"Table of road classes: {whole_path(out)}", markup=False)


@commands.command("job-template")
def job_template(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.docx", help="The template to write.")] = Path(
        "job-description.docx"
    ),
    language: Annotated[str, typer.Option(metavar="CODE", help="The language of its texts: en, mk or sq.")] = "en",
) -> None:
    """Write the template of job descriptions, to edit in a word processor and to name as officers.job_template."""
    from beatplanner.data.publish.force_language import paper_speech
    from beatplanner.data.publish.job_descriptions import default_template
    from beatplanner.data.publish.translation import IN_PAPERS

    if language not in IN_PAPERS:
        known = f"Give one of {', '.join(IN_PAPERS)}"
        raise InputError(Note("error", f"the template has no texts in the language “{language}”", known))
    if out.exists():
        raise InputError(
            Note("error", "this file is there already, and it is not overwritten", "Give another name", file=out)
        )
    write_file(out, default_template(paper_speech({"rules": {"forum": {"languages": [language]}}})))
    out_console.print(f"Template of job descriptions: {whole_path(out)}", markup=False)


@commands.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Recompute every claim of a plan without any solver, bounds included: checked, wrong, or not checked and why."""
    from beatplanner.planning.verification import verify as examine

    verdict = examine(folder)
    wrong, unchecked = len(verdict.failed), len(verdict.unchecked)
    checked = len(verdict.checks) - wrong - unchecked
    if as_json:
        rows = [
            {"name": c.name, "state": c.state, "claimed": c.claimed, "found": c.found, "detail": c.detail}
            for c in verdict.checks
        ]
        content = {"ok": verdict.ok, "checked": checked, "wrong": wrong, "not_checked": unchecked, "checks": rows}
        out_console.print_json(json.dumps(content, ensure_ascii=False))
        raise typer.Exit(DONE if verdict.ok else BAD_INPUT)
    table = Table("", "check", "claimed", "found", box=None, pad_edge=False)
    for c in verdict.checks:
        if c.state != "not checked":
            table.add_row("ok" if c.ok else "WRONG", c.name, short(c.claimed), short(c.found))
    out_console.print(table)
    for c in verdict.unchecked:
        out_console.print(f"not checked: {c.name}: {c.detail}", markup=False)
    for c in verdict.failed:
        out_console.print(f"WRONG: {c.name}: {c.detail}", markup=False)
    if verdict.ok:
        out_console.print(f"All {checked} checks passed; {unchecked} claims could not be checked.")
    else:
        out_console.print(f"{wrong} of {len(verdict.checks)} checks failed; {unchecked} claims could not be checked.")
    raise typer.Exit(DONE if verdict.ok else BAD_INPUT)


@commands.command()
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
        int | None, number_option("--scale", whole=True, low=10, help="10000 for 1 : 10,000; else as large as fits.")
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
        from beatplanner.data.result.run_card import card_rows
        from beatplanner.planning.forum.map_export import export_tables, hidden_as_sign
        from beatplanner.planning.whole.verdict import found_wrong

        card = card_rows(tables.summary, public=not office, wrong=found_wrong(folder))
        files = write_map_file(out, export_tables(tables, "office" if office else "public"), hidden_as_sign, card)
    for file in files:
        out_console.print(f"Export: {whole_path(file)}", markup=False)
