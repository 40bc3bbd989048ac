"""The command line: results on standard output, progress and messages on standard error, exit codes of the contract."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from beatplanner.data.errors import EndedEarlyError, InputError, Note, problem
from beatplanner.data.output_place import NO_ROOM, cannot_write, recover_output
from beatplanner.ui.commands import compare, forum, layers, officers, planning, service
from beatplanner.ui.commands.console import (
    BAD_INPUT,
    DONE,
    FAILED,
    NOT_FOUND,
    err_console,
    out_console,
    say_problems,
)
from beatplanner.ui.commands.project import new, project_app

app = typer.Typer(
    name="beatplanner",
    help="Draws fixed neighbourhood police beats, places outreach stations and plans officer assignments that last.",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for family in (planning, layers, officers, compare, forum, service):
    app.add_typer(family.commands)
app.add_typer(project_app)
app.command()(new)


def run() -> NoReturn:
    """Run the command line and exit with the contract's codes; an error in the program itself leaves a report, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        # a console in an old code page must not end the program over a letter
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    for argument in sys.argv[1:]:
        # whatever is asked: a result that a kill left set aside comes back first
        with suppress(ValueError):
            recover_output(Path(argument))
            recover_output(Path(argument) / "forum")
    try:
        app(standalone_mode=True)
    except EndedEarlyError as error:
        say_problems(error.problems)
        sys.exit(NOT_FOUND)
    except InputError as error:
        say_problems(error.problems)
        sys.exit(BAD_INPUT)
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP) and error.filename:
            place = os.fsdecode(error.filename)
            what = f"this path of {len(place)} letters cannot be opened ({error.strerror})"
            say_problems((problem(what, "Give a shorter one, without links", file=place),))
            sys.exit(BAD_INPUT)
        # what no writer of a small file says itself; any other error of the system is one of the program
        if error.errno not in (*NO_ROOM, errno.EROFS, errno.EACCES, errno.EPERM):
            _say_own_error()
        out = next((Path(value) for option, value in pairwise(sys.argv) if option in ("-o", "--out")), "")
        say_problems((cannot_write(error, out),))
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        err_console.print("Stopped; nothing was written.")
        sys.exit(130)
    except Exception:  # the last line of defence: whatever it is, the user gets a sentence and a report to send
        _say_own_error()
    sys.exit(DONE)


def _say_own_error() -> NoReturn:
    """Tell of an error in the program itself, with a report to send."""
    from beatplanner.ui.crash_report import write_crash_report

    kind, error, trace = sys.exc_info()
    report = write_crash_report(kind, trace)
    err_console.print(
        "beatplanner met an error of its own; nothing was written."
        + (f" {what_failed}" if (what_failed := getattr(error, "what_failed", "")) else "")
        + (f" A report that holds no data of yours is in {report}" if report else ""),
        markup=False,
    )
    sys.exit(FAILED)


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the versions of everything that computes.")] = False,
) -> None:
    """Open the desktop where no command is given."""
    if version:
        from beatplanner.planning.versions import installed_versions

        for name, number in installed_versions().items():
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
