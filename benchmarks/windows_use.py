"""Uses a program that is installed in a Windows of wine: files, processes, modules, tests, commands, and a double click."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.windows_wine import Trials, Windows

from delivery.wheels import ROOT

# Imports each module of the program in a process of its own Python, and prints those that fail for another reason than a missing library.
MODULES = """
import importlib, pkgutil, sys
import beatplanner
good = lacks = 0
for found in pkgutil.walk_packages(beatplanner.__path__, "beatplanner.", onerror=lambda name: None):
    if found.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(found.name)
        good += 1
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "beatplanner":
            print("FAIL", found.name, error)
        lacks += 1
    except BaseException as error:
        print("FAIL", found.name, type(error).__name__, error)
print(good, "imported,", lacks, "need a library that is not here")
"""
# Runs tests of the program with this Python: arguments are the folder of pytest, the root of the sources, and the files.
TESTS = """
import sys
tools, root, *files = sys.argv[1:]
sys.path[:0] = [root, root + "/tests", tools]
sys.dont_write_bytecode = True
# wine 8 ends a program that calls it; without it shutil copies in its own way
import _winapi
if hasattr(_winapi, "CopyFile2"):
    del _winapi.CopyFile2
# processes that are spawned read this again
if __name__ == "__main__":
    import pytest

    # none of these tests shows a window or draws its input, and both plugins read for minutes before the first one
    without = ("cacheprovider", "pytest-qt", "hypothesispytest")
    sys.exit(pytest.main([*(f"-pno:{name}" for name in without), "-vv", "--tb=short", "--rootdir", root, *files]))
"""
TOOLS = (
    "pytest",
    "pluggy",
    "iniconfig",
    "packaging",
    "pygments",
    "colorama",
    "pytest-qt",
    "hypothesis",
    "sortedcontainers",
    "jsonschema",
    "jsonschema-specifications",
    "referencing",
    "rpds-py",
    "pytest-xdist",
    "execnet",
)
# Those of modules that need neither numpy nor Qt: at least half of what these files import is such. Their towns are read by libraries that do.
TESTED = (
    "tests/data/publish/test_decision_words.py",
    "tests/data/test_moves.py",
    "tests/data/test_nothing_lost.py",
    "tests/data/publish/test_pack_words.py",
    "tests/data/publish/test_photos.py",
    "tests/data/project/test_project_file.py",
    "tests/data/test_side_work.py",
    "tests/data/publish/test_texts_of_others.py",
    "tests/data/publish/test_translation.py",
    "tests/planning/changes/test_limit_of_several_plans.py",
    "tests/planning/test_rule_catalog.py",
    "tests/ui/commands/test_imports.py",
    "tests/ui/commands/test_plain_terminal.py",
    "tests/ui/commands/test_progress.py",
    "tests/ui/test_windows_behaviour.py",
)
# Python asks for its parent by PssCaptureSnapshot, which ends it under wine 8.
NOT_TESTED = (
    "--deselect=tests/data/test_nothing_lost.py::test_what_a_running_program_writes_stays",
    "--deselect=tests/data/test_nothing_lost.py::test_scratch_folders_of_dead_programs_are_deleted",
    "--deselect=tests/data/project/test_project_file.py::test_leftovers_of_other_programs_stay",
)


def files_and_modules(trials: Trials, windows: Windows, python: str, work: Path) -> None:
    """Try files and processes and import every module with an installed Python."""
    script = f"Z:{(ROOT / 'benchmarks' / 'windows_inside.py').as_posix()}"
    code, out = windows.run(python, "-X", "utf8", script, r"C:\Мои проекты & планы (1)")
    for line in out.strip().splitlines():
        trials.note(line)
    trials.check("sharing locks, two processes, spawn", code == 0, out[-2000:])
    (work / "modules.py").write_text(MODULES, "utf-8")
    code, out = windows.run(python, "-X", "utf8", f"Z:{(work / 'modules.py').as_posix()}")
    trials.note(out.strip().splitlines()[-1] if out.strip() else "nothing was said")
    trials.check("every module is imported, or lacks a library", code == 0 and "FAIL" not in out, out[-2000:])


def planned(trials: Trials, windows: Windows, python: str, folder: str, work: Path) -> None:
    """Check and plan the sample town, and have the plan verified by the Python of this system."""
    from beatplanner.data.sample.sample_town import write_sample_town

    town, plan = write_sample_town(work / "town"), work / "plan"
    # as the guide says it, in a command window; a share of a busy core finds little within half a minute
    for line in (f"check Z:{town.as_posix()}", f"plan Z:{town.as_posix()} --out Z:{plan.as_posix()} --time-limit 180"):
        begun = time.monotonic()
        code, out = windows.line(python, f'cmd.exe /d /s /c ""{folder}\\beatplanner.cmd" {line}"')
        name = line.partition(" ")[0]
        trials.check(f"{name} of the sample town ({time.monotonic() - begun:.0f} s)", code == 0, out[-2000:])
    verify = [sys.executable, "-m", "beatplanner", "verify", str(plan)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    trials.note((done.stdout.strip() or done.stderr.strip() or "nothing was said").splitlines()[-1])
    trials.check("the plan is verified here", done.returncode == 0, (done.stdout + done.stderr)[-2000:])


def tested(trials: Trials, windows: Windows, python: str, work: Path) -> None:
    """Run tests of the program with an installed Python that has all libraries."""
    tools = work / "tools"
    if not tools.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(tools)]
        pip += ["--only-binary", ":all:", "--python-version", "3.13", "--platform", "win_amd64"]
        subprocess.run([*pip, *TOOLS], check=True)
    (work / "tests.py").write_text(TESTS, "utf-8")
    script, *folders = (f"Z:{p.as_posix()}" for p in (work / "tests.py", tools, ROOT))
    for file in TESTED:
        left_out = [d for d in NOT_TESTED if f"={file}::" in d]
        code, out = windows.run(python, "-X", "utf8", script, *folders, *left_out, f"{folders[1]}/{file}")
        lines = reversed(out.splitlines())
        said = next((line for line in lines if re.search(r"\d+ (passed|failed|error)", line)), "they did not end")
        trials.check(f"{file}: {said.strip('= ')}", code == 0, out[-6000:])


def click(trials: Trials, windows: Windows, program: str, what: str) -> None:
    """Start the launcher with a project, as a double click does, among variables of other Pythons; the window locks the project that it opens."""
    from beatplanner.data.project.build import build
    from beatplanner.data.sample.sample_town import write_sample_town

    folder = windows.drive / "Проекти (1)"
    project = folder / "Град & 100%.beatplan"
    if not project.is_file():
        build(write_sample_town(folder / "layers"), project)
    lock = project.with_name(f".{project.name}.lock")
    lock.unlink(missing_ok=True)
    other = r"C:\somewhere else"
    # the window inherits what the launcher writes to, and is not waited for
    started = windows.start(
        *([program] if program else ["start"]),
        rf"C:\{folder.name}\{project.name}",
        QT_QPA_PLATFORM="offscreen",
        PYTHONPATH=other,
        PYTHONHOME=other,
        PYTHONSTARTUP=other,
    )
    begun = time.monotonic()
    while not lock.is_file() and time.monotonic() < begun + 600:
        time.sleep(1)
    trials.check(f"{what} opens a project in the window ({time.monotonic() - begun:.0f} s)", lock.is_file())
    windows.kill()
    started.communicate()


def kinds_of_files(trials: Trials, windows: Windows, folder: str, root: str) -> None:
    """Compare what Windows is told of `.beatplan` with Microsoft's "File Types and File Associations": extension, ProgID, verb, command."""
    wanted = {
        r".beatplan": "beatplanner.project",
        r"beatplanner.project\shell\open\command": rf'"{folder}\beatplanner.exe" "%1"',
        r".gpkg\OpenWithProgids": "beatplanner.project",
        r".toml\OpenWithProgids": "beatplanner.project",
    }
    lacking = [k for k, v in wanted.items() if v not in windows.run("reg", "query", rf"{root}\Software\Classes\{k}")[1]]
    trials.check(f"what Windows is told of .beatplan, .gpkg and .toml in {root}", not lacking, lacking)


def merges(windows: Windows) -> bool:
    """Tell whether what is registered for a user is what a double click goes by, as Windows has it; wine 8 looks for all users alone."""
    probe = r"Software\Classes\.beatplanner-probe"
    windows.run("reg", "add", rf"HKCU\{probe}", "/f")
    found = windows.run("reg", "query", r"HKCR\.beatplanner-probe")[0] == 0
    windows.run("reg", "delete", rf"HKCU\{probe}", "/f")
    return found
