"""The plugin for QGIS: it runs the installed command, passes progress on, ends it on cancel, and gives the command's own result."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, write_grid_town

FOLDER = ROOT / "delivery" / "qgis"
QGIS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in command is a script of a shell")


@pytest.fixture
def command_module():
    spec = importlib.util.spec_from_file_location("bp_command", FOLDER / "beatplanner_processing" / "command.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stand_in(tmp_path, body):
    """Write a command that does what `body` says in Python."""
    file = tmp_path / "beatplanner"
    (tmp_path / "body.py").write_text(body, encoding="utf-8")
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "body.py"}" "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@posix
def test_lines_of_progress_and_the_result_come_back(command_module, tmp_path):
    body = "import sys\nprint('  1 s  reading', file=sys.stderr)\nprint('Железара', sys.argv[1:])\nsys.exit(3)"
    told = []
    code, said = command_module.run(["check", "x"], told.append, setting=stand_in(tmp_path, body))
    assert (code, said, told) == (3, "Железара ['check', 'x']", ["  1 s  reading"])


@posix
def test_what_cannot_be_used_is_told_and_a_cancel_ends_the_run(command_module, tmp_path, monkeypatch):
    bad = stand_in(tmp_path, "import sys\nprint('units.gpkg: no column', file=sys.stderr)\nsys.exit(1)")
    with pytest.raises(command_module.CommandError, match=r"units\.gpkg: no column"):
        command_module.run(["check"], setting=bad)
    long = stand_in(tmp_path, "import time\ntime.sleep(60)")
    with pytest.raises(command_module.CommandError, match="Cancelled"):
        command_module.run(["beats"], cancelled=lambda: True, setting=long)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.delenv("BEATPLANNER", raising=False)
    with pytest.raises(command_module.CommandError, match="not found"):
        command_module.program()
    monkeypatch.setenv("PYTHONHOME", "/usr")
    assert "PYTHONHOME" not in command_module.environment()


@posix
@pytest.mark.skipif(QGIS is None, reason="there is no QGIS on this machine")
def test_qgis_process_gives_the_commands_own_result(command, tmp_path):
    town = write_grid_town(tmp_path / "town")
    body = f"import runpy, sys\nsys.path.insert(0, {str(ROOT / 'src')!r})\nsys.argv[0] = 'beatplanner'\nrunpy.run_module('beatplanner', run_name='__main__')"
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    kept |= {"QGIS_PLUGINPATH": str(FOLDER), "BEATPLANNER": stand_in(tmp_path, body), "PYTHONDONTWRITEBYTECODE": "1"}

    def process(*arguments):
        return subprocess.run([QGIS, *arguments], env=kept, capture_output=True, text=True, check=False).stdout

    process("plugins", "enable", "beatplanner_processing")
    listed = process("list")
    for name in ("check", "beats", "stations", "officers", "compare", "verify"):
        assert f"beatplanner:{name}" in listed, name
    out = tmp_path / "from_qgis"
    said = process("run", "beatplanner:beats", f"--PROJECT={town.project}", "--TIME_LIMIT=5", f"--OUTPUT={out}")
    assert "plan.gpkg|layername=beats" in said
    assert command("beats", town.project, "--out", tmp_path / "own", "--time-limit", "5")[0] == 0
    figures = [
        json.loads((p / "summary.json").read_text("utf-8"))["beats"]["objective"] for p in (out, tmp_path / "own")
    ]
    assert figures[0] == figures[1]
