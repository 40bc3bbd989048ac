"""The plugin for QGIS: it runs the installed command, passes progress on, ends it on cancel, and gives the command's own result."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

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


def runs(stat):
    """Tell whether the process of a file /proc/…/stat still runs."""
    try:
        return "Z" not in stat.read_text().split(")")[-1].split()[0]
    except OSError:
        return False


@posix
def test_lines_of_progress_and_the_result_come_back(command_module, tmp_path):
    body = "import sys\nprint('  1 s  reading', file=sys.stderr)\nprint('Железара', sys.argv[1:])\nsys.exit(3)"
    messages = []
    code, said = command_module.run(["check", "x"], messages.append, setting=stand_in(tmp_path, body))
    assert (code, said, messages) == (3, "Железара ['check', 'x']", ["  1 s  reading"])


@posix
def test_what_cannot_be_used_is_told_and_a_cancel_ends_the_run(command_module, tmp_path, monkeypatch):
    bad = stand_in(tmp_path, "import sys\nprint('units.gpkg: no column', file=sys.stderr)\nsys.exit(1)")
    with pytest.raises(command_module.CommandError, match=r"units\.gpkg: no column"):
        command_module.run(["check"], setting=bad)
    long = stand_in(tmp_path, "import time\ntime.sleep(86_400)")
    with pytest.raises(command_module.CommandError, match="Cancelled"):
        command_module.run(["beats"], cancelled=lambda: True, setting=long)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.delenv("BEATPLANNER", raising=False)
    with pytest.raises(command_module.CommandError, match="not found"):
        command_module.program()
    monkeypatch.setenv("PYTHONHOME", "/usr")
    assert "PYTHONHOME" not in command_module.environment()


@posix
def test_only_the_reason_is_told_and_an_answer_that_tells_what_is_wrong_is_one(command_module, tmp_path, monkeypatch):
    said = (
        "import sys\nprint('   0.0 s  reading', 'Usage: beatplanner beats', \"Try 'beatplanner beats --help' for help.\", '',"
        " 'Error: give another', sep=chr(10), file=sys.stderr)\n"
    )
    tried = stand_in(tmp_path, said + "sys.exit(1)")
    for allowed in ((0, 3), (0, command_module.BAD)):
        # with nothing on standard output there is no answer to read
        with pytest.raises(command_module.CommandError, match=r"^Error: give another$"):
            command_module.run(["beats"], setting=tried, allowed=allowed)
    answered = stand_in(tmp_path, "import sys\nprint('{\"ok\": false}')\nsys.exit(1)")
    assert command_module.run(["verify"], setting=answered, allowed=(0, command_module.BAD)) == (1, '{"ok": false}')
    # the command that lies on the path is not run in place of the one that was asked for
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_module.program() == [answered]
    monkeypatch.setenv("BEATPLANNER", str(tmp_path / "elsewhere"))
    with pytest.raises(command_module.CommandError, match="elsewhere”, to which the variable BEATPLANNER is set"):
        command_module.program()


def test_progress_goes_from_the_lines_of_a_run_to_the_end(command_module):
    lines = [
        "   0.0 s  reading",
        "  10.0 s  preparing",
        "  12.0 s  beats: best 9",
        "a sentence without a time",
        "  32.0 s  beats: best 8",
    ]
    progress = command_module.Progress(40)
    shares = [progress.after(line) for line in lines]
    assert shares[0] < shares[1] < shares[2] == shares[3] < shares[4]
    # half of the limit's seconds are half of the way from solving to writing
    assert shares[4] == pytest.approx((command_module.SOLVING + command_module.WRITING) / 2)
    late = [
        progress.after("  90.0 s  stations"),
        progress.after("  91 s  writing"),
        progress.after("  92 s  writing: maps"),
    ]
    assert late == sorted(late) and late[0] == command_module.WRITING and late[2] < 100
    assert command_module.Progress().after("  30 s  beats") < 50


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only this system ends a process with its parent")
def test_a_run_ends_with_the_program_that_started_it(tmp_path):
    body = f"import os, pathlib, time\npathlib.Path({str(tmp_path / 'child')!r}).write_text(str(os.getpid()))\ntime.sleep(86_400)"
    starter = (
        f"import sys\nsys.path.insert(0, {str(FOLDER)!r})\nfrom beatplanner_processing import command\n"
        f"command.run(['beats'], setting={stand_in(tmp_path, body)!r})"
    )
    process = subprocess.Popen([sys.executable, "-B", "-c", starter])
    child = tmp_path / "child"
    while not (child.exists() and child.read_text()):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    stat = Path("/proc") / child.read_text() / "stat"
    # it sleeps for a day unless it is ended
    while runs(stat):
        time.sleep(0.01)


@posix
def test_a_cancel_ends_the_children_of_a_run_too(command_module, tmp_path):
    body = (
        "import os, pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(86_400)'])\n"
        f"pathlib.Path({str(tmp_path / 'child')!r}).write_text(str(child.pid))\n"
        "print('begun', file=sys.stderr, flush=True)\ntime.sleep(86_400)"
    )
    messages = []
    with pytest.raises(command_module.CommandError, match="Cancelled"):
        command_module.run(["beats"], messages.append, lambda: bool(messages), setting=stand_in(tmp_path, body))
    child = Path("/proc") / (tmp_path / "child").read_text()

    if Path("/proc/self").exists():
        # it was told to end; the system may take a moment
        while runs(child / "stat"):
            time.sleep(0.01)


QGIS_SCRIPT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
out = Path(sys.argv[2])
from qgis.core import *
application = QgsApplication([], False)
application.initQgis()
from beatplanner_processing.provider import Provider
provider = Provider()
QgsApplication.processingRegistry().addProvider(provider)

class Feedback(QgsProcessingFeedback):
    def __init__(self):
        super().__init__()
        self.shares = []
        self.progressChanged.connect(self.shares.append)

def run(name, **parameters):
    context, feedback = QgsProcessingContext(), Feedback()
    result, fine = provider.algorithm(name).create().run(parameters, context, feedback)
    assert fine, (name, feedback.textLog())
    assert feedback.shares == sorted(feedback.shares) and feedback.shares[-1] == 100 and len(feedback.shares) > 1, feedback.shares
    return result

told = {"check": run("check", PROJECT="p.toml")}
told["beats"] = run("beats", PROJECT="p.toml", TIME_LIMIT=7, SEED=3, OUTPUT=str(out / "b"))
plan = told["beats"]["PLAN_FILE"]
told["stations"] = run("stations", PROJECT="p.toml", PLAN=plan, OUTPUT=str(out / "s"))
told["officers"] = run("officers", PROJECT="p.toml", PLAN=plan, OUTPUT=str(out / "o"))
told["verify"] = run("verify", PLAN=told["beats"]["OUTPUT"])
told["compare"] = run("compare", PLANS=[told["beats"]["BEATS"], told["stations"]["OUTPUT"]], OUTPUT=str(out / "c"))
why = provider.algorithm("compare").create().checkParameterValues({"PLANS": [plan], "OUTPUT": str(out / "d")}, QgsProcessingContext())
assert why == (False, "Give two plans or more."), why

def fails(name, **parameters):
    feedback = Feedback()
    _, fine = provider.algorithm(name).create().run(parameters, QgsProcessingContext(), feedback)
    assert not fine and "Traceback" not in feedback.textLog(), feedback.textLog()
    return feedback.textLog()

assert "no plan here" in fails("verify", PLAN=str(out / "nothing"))
assert "error: no column" in fails("check", PROJECT="bad.toml")

# a model: beats, then stations on them, then what the checker says of both
source, child = QgsProcessingModelChildParameterSource, QgsProcessingModelChildAlgorithm
model = QgsProcessingModelAlgorithm("town", "group")
model.addModelParameter(QgsProcessingParameterFile("PROJECT"), QgsProcessingModelParameter("PROJECT"))
for name, sources in (
    ("beats", {"PROJECT": source.fromModelParameter("PROJECT")}),
    ("stations", {"PROJECT": source.fromModelParameter("PROJECT"), "PLAN": source.fromChildOutput("beats", "PLAN_FILE")}),
    ("verify", {"PLAN": source.fromChildOutput("stations", "OUTPUT")}),
):
    step = child("beatplanner:" + name)
    step.setChildId(name)
    if name != "verify":
        # the window of models fills these in
        sources |= {"TIME_LIMIT": source.fromStaticValue(9), "SEED": source.fromStaticValue(0)}
    for key, value in sources.items():
        step.addParameterSources(key, [value])
    model.addChildAlgorithm(step)
valid, why = model.validate()
assert valid, why
result, fine = model.run({"PROJECT": "q.toml"}, QgsProcessingContext(), Feedback())
assert fine
told["model"] = result["CHILD_RESULTS"]["verify"]["OK"]
print(json.dumps(told))
"""


@posix
@pytest.mark.skipif(QGIS is None, reason="there is no QGIS on this machine")
def test_each_algorithm_calls_its_command_with_progress_and_in_a_model(tmp_path):
    body = (
        "import pathlib, sys\n"
        f"log = open({str(tmp_path / 'calls')!r}, 'a')\nprint(*sys.argv[1:], sep='|', file=log)\n"
        "print('  0.1 s  reading', '  0.2 s  beats: best 1', '  0.3 s  writing', sep=chr(10), file=sys.stderr)\n"
        "out = sys.argv[sys.argv.index('--out') + 1] if '--out' in sys.argv else ''\n"
        "if out:\n    pathlib.Path(out).mkdir(parents=True, exist_ok=True)\n    pathlib.Path(out, 'plan.gpkg').write_text('')\n"
        # by its end: folders of QGIS have letters by chance, and one had `bad` among them
        "if sys.argv[2].endswith('nothing'):\n    print('no plan here', file=sys.stderr)\n    sys.exit(1)\n"
        "if sys.argv[2].endswith('bad.toml'):\n    print('info: a', 'error: no column', '1 error', sep=chr(10))\n    sys.exit(1)\n"
        "print('{\"ok\": true}' if sys.argv[1] == 'verify' else 'said')"
    )
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    kept |= {"BEATPLANNER": stand_in(tmp_path, body), "PYTHONDONTWRITEBYTECODE": "1"}
    (tmp_path / "look.py").write_text(QGIS_SCRIPT, encoding="utf-8")
    run = ["/usr/bin/python3", str(tmp_path / "look.py"), str(FOLDER), str(tmp_path / "out")]
    ended = subprocess.run(run, env=kept, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    claims = json.loads(ended.stdout.splitlines()[-1])
    out = tmp_path / "out"
    assert claims["check"] == {"SAID": "said"} and claims["verify"]["OK"] and claims["model"]
    assert claims["beats"]["BEATS"] == f"{out}/b/plan.gpkg|layername=beats" and claims["compare"]["PAGE"].endswith(
        "c/comparison.html"
    )
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[:6] == [
        "check|p.toml",
        f"beats|p.toml|--out|{out}/b|--time-limit|7|--seed|3",
        f"stations|p.toml|--out|{out}/s|--plan|{out}/b/plan.gpkg|--time-limit|60|--seed|0",
        f"officers|p.toml|--out|{out}/o|--plan|{out}/b/plan.gpkg|--time-limit|60|--seed|0",
        f"verify|{out}/b|--json",
        f"compare|{out}/b|{out}/s|--out|{out}/c",
    ]
    # the model hands the plan of one step to the next
    del calls[6:8]
    assert [c.split("|")[0] for c in calls[6:]] == ["beats", "stations", "verify"]
    assert (
        calls[7].split("|")[5] == calls[6].split("|")[3] + "/plan.gpkg"
        and calls[8].split("|")[1] == calls[7].split("|")[3]
    )


@posix
@pytest.mark.skipif(QGIS is None, reason="there is no QGIS on this machine")
def test_qgis_process_gives_the_commands_own_result(command, tmp_path, bare_plans):
    town = write_grid_town(tmp_path / "town")
    # the command itself, whose plans have no pack: it is half the work, and nothing of it comes back to QGIS
    body = f"""import runpy, sys
sys.path.insert(0, {str(ROOT / "src")!r})
sys.argv[0] = "beatplanner"
if sys.argv[1] == "beats":
    from beatplanner.planning.whole import run
    whole = run.run
    run.run = lambda *given, **named: whole(*given, **{{**named, "pack": False}})
runpy.run_module("beatplanner", run_name="__main__")"""
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    kept |= {"QGIS_PLUGINPATH": str(FOLDER), "BEATPLANNER": stand_in(tmp_path, body), "PYTHONDONTWRITEBYTECODE": "1"}

    def process(*arguments):
        return subprocess.run([QGIS, *arguments], env=kept, capture_output=True, text=True, check=False).stdout

    process("plugins", "enable", "beatplanner_processing")
    listed = process("list")
    for name in ("check", "beats", "stations", "officers", "compare", "verify"):
        assert f"beatplanner:{name}" in listed, name
    out = tmp_path / "from_qgis"
    said = process("run", "beatplanner:beats", f"--PROJECT={town.project}", "--TIME_LIMIT=1000000", f"--OUTPUT={out}")
    assert "plan.gpkg|layername=beats" in said
    assert command("beats", town.project, "--out", tmp_path / "own", "--time-limit", "1000000")[0] == 0
    figures = [
        json.loads((p / "summary.json").read_text("utf-8"))["beats"]["objective"] for p in (out, tmp_path / "own")
    ]
    assert figures[0] == figures[1]
