"""What a file holds is no command to the terminal: names with escape sequences, marks of direction and markup are printed as signs."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

import pytest
from rich.table import Table

import beatplanner.ui.commands as commands
from beatplanner.ui.commands import console
from beatplanner.ui.commands.terminal import PlainConsole, visible

# Clears the screen, sets the title, a C1 sequence, turns the direction, goes back in the line; markup that is no markup, and an emoji.
BAIT = "Mill\x1b[2J\x1b]0;mine\x07\x9b31m\u202eevil\rX [/b] [link=file:///x]y[/link] :warning:"
COMMANDS = ("\x1b", "\x07", "\x9b", "\u202e", "\r", "\x7f", "\x08")


def obeyed(text: str) -> list[str]:
    return [repr(c) for c in COMMANDS if c in text]


def test_a_text_is_printed_letter_by_letter():
    assert visible("Сребробор\n\t“5 %”") == "Сребробор\n\t“5 %”"
    assert visible("a\x1bb\x7f\x9b\u202e") == "a␛b␡��"
    stream = io.StringIO()
    printer = PlainConsole(file=stream, width=400)
    table = Table("name", BAIT, title=BAIT)
    table.add_row(BAIT, "x")
    for what in (BAIT, table, f"Project: {BAIT}"):
        printer.print(what)
    printer.print_json(json.dumps({"name": BAIT}, ensure_ascii=False))
    said = stream.getvalue()
    assert obeyed(said) == []
    assert said.count("[link=file:///x]y[/link] :warning:") >= 5
    assert "warning" in said and "⚠" not in said
    assert json.loads(said[said.index("{") :])["name"] == BAIT


def test_a_live_line_shows_it_so_too(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(console, "err_console", PlainConsole(file=stream, force_terminal=True, width=400))
    with console.shown_progress() as progress:
        progress(f"beats of {BAIT}", 5.0, 4.0, 1.0)
    assert "[link=file:///x]y[/link] :warning:" in stream.getvalue()
    assert "]0;mine\x07" not in stream.getvalue() and "\u202e" not in stream.getvalue()


def test_commands_print_through_that_console_alone():
    wrong = []
    for file in sorted(Path(commands.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and file.name != "terminal.py":
                name = ast.unparse(node.func)
                if name in (
                    "print",
                    "Console",
                    "rich.print",
                    "typer.echo",
                    "typer.secho",
                    "sys.stdout.write",
                    "sys.stderr.write",
                ):
                    wrong.append(f"{file.name}:{node.lineno} {name}")
                if any(k.arg == "markup" and ast.unparse(k.value) == "True" for k in node.keywords):
                    wrong.append(f"{file.name}:{node.lineno} markup")
    assert wrong == []


@pytest.mark.parametrize("words", [("check", "--json"), ("check",)])
def test_checking_a_hostile_description_says_nothing_to_the_terminal(town, command, words):
    frame = town.units()
    frame["place"] = [f"{BAIT} {n}" for n in range(len(frame))]
    frame["muni"] = [f"{BAIT} {m}" for m in frame["muni"]]
    frame.loc[1, "unit"] = frame.loc[0, "unit"]
    town.write_units(frame)
    text = town.path("incidents.csv").read_text(encoding="utf-8").replace("theft", "th\x1b[31m\u202eeft", 3)
    town.path("incidents.csv").write_text(text, encoding="utf-8")
    code, out, error = command(*words, town.project)
    assert code == 1
    assert obeyed(out + error) == []
    if "--json" in words:
        assert json.loads(out)
