"""Commands for the forum: packs, audits and proposals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from beatplanner.data.errors import InputError
from beatplanner.data.paths import whole_path
from beatplanner.ui.commands.console import (
    BAD_INPUT,
    CLASH,
    CORES,
    DONE,
    OutOption,
    SeedOption,
    ThreadsOption,
    TimeOption,
    out_console,
    say_problems,
)

commands = typer.Typer()


@commands.command()
def pack(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="In place of the description's languages; may be given more than once."),
    ] = None,
) -> None:
    """Make the forum pack of a plan anew: in another language, or after new consents and minutes."""
    from beatplanner.data.description.sections.forum import LANGUAGES
    from beatplanner.planning.forum.forum_pack import remake_pack

    for wanted in language or []:
        if wanted not in LANGUAGES:
            raise typer.BadParameter(f"“{wanted}” is none of {', '.join(LANGUAGES)}", param_hint="--language")
    stopped = remake_pack(folder, languages=language or ())
    if stopped:
        raise InputError(*stopped)
    out_console.print(f"Forum pack: {whole_path(folder) / 'forum'}", markup=False)


@commands.command()
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
        out_console.print(f"{'LEAKS' if not c.ok else 'ok   ' if c.known else '?    '} {c.name}{detail}", markup=False)
    wrong = sum(not c.ok for c in checks)
    unknown = sum(c.ok and not c.known for c in checks)
    said = f"{wrong} of {len(checks)} checks failed." if wrong else f"All {len(checks) - unknown} checks passed."
    out_console.print(said + (" What stands after a question mark was not attacked." if unknown else ""))
    raise typer.Exit(BAD_INPUT if wrong else DONE)


@commands.command()
def proposal(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The result folder of the plan.")],
    file: Annotated[Path, typer.Argument(metavar="PROPOSAL", help="proposal.csv of the map, or the filled-in sheet.")],
    out: OutOption,
    time_limit: TimeOption = 30,
    seed: SeedOption = 0,
    threads: ThreadsOption = CORES,
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
    out_console.print(f"Results: {whole_path(out) / 'proposal.html'}", markup=False)
    if found.broken and found.nearest is None:
        raise typer.Exit(CLASH)


@commands.command()
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
    out_console.print(f"Catalogue: {whole_path(out)}", markup=False)
