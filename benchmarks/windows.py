"""Installs, starts, upgrades, kills and removes the setup file on a Windows of its own (wine), with the Python that it brings.

    python -m benchmarks.windows [SETUP.exe] [--only PART …]

Without a file a small setup is built first: runtime, the program and the libraries that are pure Python; it cannot solve (exit code 3).
What wine's C runtime lacks is filled first where mingw's compiler is here (`windows_gaps`). With the whole setup file then every module is
imported, the sample town is planned, and tests of the program run there. Prints a line a trial, and ends with 1 where one fails.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.windows_gaps import COMPILER, LIBRARIES, can_be_filled, fill

from delivery.wheels import ROOT, build_project
from delivery.windows.runtime import fetch_runtime
from delivery.windows.setup import build_id, lay_out, make_launcher, make_setup

PURE = (
    "typer",
    "click",
    "rich",
    "Pygments",
    "markdown-it-py",
    "mdurl",
    "shellingham",
    "typing_extensions",
    "platformdirs",
)
# An installation that works but could not solve: wine lacks what numpy calls.
INSTALLED = (0, 3)
KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner"
MOMENTS = 20
# A whole setup compiles the solvers' kernels, a minute's work that takes a busy server ten, with every installation.
PATIENCE = 3000.0
HARD_PLACE = "Мои & (планы) 100% " + "д" * 60


class Windows:
    """A Windows of its own in a folder.

    Attributes
    ----------
    drive
        Its drive C.
    """

    def __init__(self, folder: Path) -> None:
        self.drive = folder / "drive_c"
        self.environment = {
            **os.environ,
            "WINEPREFIX": str(folder),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "LC_ALL": "C.UTF-8",
        }
        self.environment.pop("DISPLAY", None)

    def fill_gaps(self, work: Path) -> None:
        """Put what wine lacks into this Windows; it calls itself Windows 10."""
        self.run("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f")
        # as an administrator may allow it; without it the program says that a path is too long
        control = r"HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"
        self.run("reg", "add", control, "/v", "LongPathsEnabled", "/t", "REG_DWORD", "/d", "1", "/f")
        self.settle()
        fill(self.drive / "windows" / "system32", work)
        self.environment["WINEDLLOVERRIDES"] += f";{','.join(LIBRARIES)}=n"

    def start(self, *command: str, cwd: Path | None = None, **more: str) -> subprocess.Popen[bytes]:
        """Start a program, with more variables of the environment."""
        return subprocess.Popen(
            ["wine", *command],
            env={**self.environment, **more},
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *command: str, seconds: float = PATIENCE, cwd: Path | None = None, **more: str) -> tuple[int, str]:
        """Run a program; return its exit code and what it printed."""
        process = self.start(*command, cwd=cwd, **more)
        out, _ = process.communicate(timeout=seconds)
        said = out.decode("utf-8", "replace")
        # of the code of a program that wine ends (80000100, hexadecimal) Linux sees the last byte: 0
        ended = "wine: Unimplemented function" in said
        return process.returncode or int(ended), said

    def line(self, python: str, line: str) -> tuple[int, str]:
        """Run a command line letter by letter as it stands; return its exit code and what it printed."""
        code = (
            "import subprocess, sys; r = subprocess.run(sys.argv[1], stdin=subprocess.DEVNULL, capture_output=True);"
            "sys.stdout.buffer.write(r.stdout + r.stderr); sys.exit(r.returncode)"
        )
        return self.run(python, "-c", code, line)

    def here(self, path: str) -> Path:
        """Return where a path on drive C lies."""
        return self.drive.joinpath(*path[3:].split("\\"))

    def settle(self) -> None:
        """Wait until no program runs any more."""
        subprocess.run(["wineserver", "-w"], env=self.environment, timeout=300, check=False)

    def kill(self) -> None:
        """End all programs at once."""
        subprocess.run(["wineserver", "-k"], env=self.environment, timeout=60, check=False)
        self.settle()


def small_setup(work: Path, version: str, content: Path) -> Path:
    """Build a setup file of the program and the pure libraries."""
    wheels = work / "wheels"
    if not wheels.is_dir():
        wheels.mkdir(parents=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), *PURE]
        subprocess.run(command, check=True)
        build_project(wheels)
    if not content.is_dir():
        from delivery.icon import write_icon

        lay_out(content, fetch_runtime(work / "runtime"), sorted(wheels.glob("*.whl")))
        write_icon(content)
        shutil.copy(ROOT / "delivery" / "windows" / "beatplanner.cmd", content / "beatplanner.cmd")
    (content / "made.txt").write_text(version, "ascii")
    make_launcher(content, content.parent / "beatplanner.exe", version)
    setup = work / f"beatplanner-{version}-setup.exe"
    make_setup(content, setup, version, build_id(content, version), compressor="zlib")
    return setup


class Setups(NamedTuple):
    """What is tried.

    Attributes
    ----------
    first, newer
        The setup files, by their names in Windows.
    work
        A folder for what is made on the way.
    whole
        Whether they hold every library.
    filled
        Whether what wine lacks was filled.
    portable
        The portable folder's archive.
    """

    first: str
    newer: str
    work: Path
    whole: bool
    filled: bool
    portable: Path | None


class Place(NamedTuple):
    """A Python that is no part of an installation, the folder that an installation takes, and where that lies here."""

    python: str
    folder: str
    at: Path


class Trials:
    """Counts what was tried and what failed."""

    def __init__(self) -> None:
        self.failed = 0

    def tell(self, name: str, good: bool, what: object = "") -> None:
        """Print one line."""
        print(f"{'ok  ' if good else 'FAIL'} {name}{f': {what}' if what and not good else ''}", flush=True)
        self.failed += not good


def works(windows: Windows, python: str, folder: str) -> bool:
    """Tell whether the program that is installed in a folder starts and says its version."""
    code, out = windows.line(python, f'cmd.exe /d /s /c ""{folder}\\beatplanner.cmd" --version"')
    return code == 0 and "beatplanner 0" in out


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
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", root, *files]))
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
)
# Names, paths, drives, code pages; those that plan whole towns wait for the compiler of kernels, which wine makes very slow.
TESTED = {
    "tests/ui/test_windows_behaviour.py": "letter or cannot_hold or taken or replaced or sqlite or another_drive or differ_only_in_case_or"
}


def inside(trials: Trials, windows: Windows, python: str, work: Path, whole: bool) -> None:
    """Try files and processes and import every module with an installed Python; with all libraries plan a town and run tests."""
    script = f"Z:{(ROOT / 'benchmarks' / 'windows_inside.py').as_posix()}"
    code, out = windows.run(python, "-X", "utf8", script, r"C:\Мои проекты & планы (1)")
    for line in out.strip().splitlines():
        print(f"     {line}", flush=True)
    trials.tell("sharing locks, two processes, spawn", code == 0, out[-2000:])
    (work / "modules.py").write_text(MODULES, "utf-8")
    code, out = windows.run(python, "-X", "utf8", f"Z:{(work / 'modules.py').as_posix()}")
    print(f"     {out.strip().splitlines()[-1] if out.strip() else 'nothing was said'}", flush=True)
    trials.tell("every module is imported, or lacks a library", code == 0 and "FAIL" not in out, out[-2000:])
    if not whole:
        return
    from beatplanner.data.sample.sample_town import write_sample_town

    town = write_sample_town(work / "town")
    for command in (("check",), ("plan", "--out", f"Z:{(work / 'plan').as_posix()}", "--time-limit", "30")):
        begun = time.monotonic()
        code, out = windows.run(
            python, "-X", "utf8", "-m", "beatplanner", command[0], f"Z:{town.as_posix()}", *command[1:]
        )
        trials.tell(f"{command[0]} of the sample town ({time.monotonic() - begun:.0f} s)", code == 0, out[-2000:])
    tools = work / "tools"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(tools)]
    pip += ["--only-binary", ":all:", "--python-version", "3.13", "--platform", "win_amd64"]
    subprocess.run([*pip, *TOOLS], check=True)
    (work / "tests.py").write_text(TESTS, "utf-8")
    script, *folders = (f"Z:{p.as_posix()}" for p in (work / "tests.py", tools, ROOT))
    for file, chosen in TESTED.items():
        arguments = (f"{folders[1]}/{file}", "-k", chosen)
        code, out = windows.run(python, "-X", "utf8", script, *folders, *arguments)
        said = next((line for line in reversed(out.splitlines()) if re.search(r"\d+ (passed|failed|error)", line)), "")
        trials.tell(f"{file}: {said or 'it did not end'}", code == 0 and " passed" in said, out[-3000:])


def elsewhere(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install for all users, and into a folder whose path has 200 letters."""
    python = place.python
    folder, key = r"C:\Program Files\beatplanner", KEY.replace("HKCU", "HKLM")
    code, _ = windows.run(setups.first, "/S", "/AllUsers")
    good = code in INSTALLED and works(windows, python, folder)
    trials.tell("for all users: one copy in Program Files", good and windows.run("reg", "query", key)[0] == 0, code)
    for root in ("HKLM", "HKCU"):
        there = windows.run("reg", "query", rf"{root}\Software\Classes\.beatplan")[0] == 0
        trials.tell(f"for all users: .beatplan in {root}: {there}", there == (root == "HKLM"))
    code, _ = windows.line(python, rf'"{folder}\uninstall.exe" /S _?={folder}')
    left = [p.name for p in windows.here(folder).iterdir()] if windows.here(folder).is_dir() else []
    gone = windows.run("reg", "query", key)[0] != 0
    trials.tell("for all users: removal", code == 0 and gone and left in ([], ["uninstall.exe"]), (code, left))
    long = "C:\\" + ("п" * 49 + "\\") * 3 + "п" * 47
    code, _ = windows.line(python, rf"{setups.first} /S /D={long}")
    name = windows.here(long) / "current.txt"
    if code in INSTALLED:
        version = name.read_text()
        said = windows.line(python, rf'"{long}\{version}\python\python.exe" -X utf8 -m beatplanner --version')[1]
        trials.tell(f"a place of {len(long)} letters: installed", "beatplanner 0" in said, said)
    else:
        trials.tell(f"a place of {len(long)} letters: refused", not name.exists(), code)


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
    file = rf"C:\{folder.name}\{project.name}"
    windows.run(
        *([program] if program else ["start"]),
        file,
        QT_QPA_PLATFORM="offscreen",
        PYTHONPATH=other,
        PYTHONHOME=other,
        PYTHONSTARTUP=other,
    )
    for _ in range(600):
        if lock.is_file():
            break
        time.sleep(1)
    trials.tell(f"{what} opens a project in the window", lock.is_file())
    windows.kill()


def at_home(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install as most people do, and try the program there."""
    python, folder, at = place
    code, _ = windows.run(setups.first, "/S")
    trials.tell("silent installation", code in INSTALLED and works(windows, python, folder), code)
    version = (at / "current.txt").read_text() if at.is_dir() else "none"
    if setups.filled:
        inside(trials, windows, rf"{folder}\{version}\python\python.exe", setups.work, setups.whole)
    trials.tell("it stands in the list of programs", windows.run("reg", "query", KEY)[0] == 0)
    code, out = windows.line(
        python,
        f'cmd.exe /d /s /c "set PYTHONHOME=C:\\x& set PYTHONPATH=C:\\y& set PYTHONSTARTUP=C:\\z& "{folder}\\beatplanner.cmd" --version"',
    )
    trials.tell("variables of other Pythons change nothing", code == 0 and "beatplanner 0" in out, out)
    for page in ("437", "866", "1251", "65001"):
        code, out = windows.line(python, f'cmd.exe /d /s /c "chcp {page} >nul & "{folder}\\beatplanner.cmd" --version"')
        trials.tell(f"console with code page {page}", code == 0 and "beatplanner 0" in out, out)
    if setups.filled and setups.whole:
        click(trials, windows, "", "a double click")
        if setups.portable is not None:
            with zipfile.ZipFile(setups.portable) as archive:
                archive.extractall(windows.drive / "Пренослив (2)")
            click(trials, windows, r"C:\Пренослив (2)\beatplanner\beatplanner.exe", "the portable folder's program")


def upgraded(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install over an older version, while it runs too, twice at once, and kill it on the way."""
    python, folder, at = place
    windows.run(setups.first, "/S")
    before = (at / "current.txt").read_text()
    code, _ = windows.run(setups.newer, "/S")
    now = (at / "current.txt").read_text()
    trials.tell("upgrade", code in INSTALLED and now != before and works(windows, python, folder), (code, before, now))
    trials.tell("the older version is gone", not (at / before).exists())
    running = windows.start(rf"{folder}\{now}\python\pythonw.exe", "-c", "import time; time.sleep(9999)")
    time.sleep(5)
    many = len(list((at / now).rglob("*")))
    remove = rf'"{folder}\uninstall.exe" /S _?={folder}'
    code, _ = windows.line(python, remove)
    trials.tell(
        "no removal while it runs, and nothing of it is gone", code == 2 and len(list((at / now).rglob("*"))) == many
    )
    first = windows.start(setups.first, "/S")
    time.sleep(2)
    code, _ = windows.run(setups.newer, "/S")
    trials.tell("a second setup beside the first is refused", code == 2, code)
    first.communicate()
    trials.tell("an upgrade beside a running version", first.returncode in INSTALLED and works(windows, python, folder))
    trials.tell("the running one is whole", len(list((at / now).rglob("*"))) >= many)
    windows.kill()
    running.communicate()
    for moment in range(MOMENTS):
        process = windows.start(setups.first if moment % 2 else setups.newer, "/S")
        time.sleep(0.15 + 0.35 * moment)
        windows.kill()
        process.communicate()
        trials.tell(f"killed at moment {moment + 1}: a version works", works(windows, python, folder))
    code, _ = windows.run(setups.newer, "/S")
    versions = [p.name for p in at.iterdir() if p.is_dir()]
    trials.tell(
        "after the kills an installation leaves one version", code in INSTALLED and len(versions) == 1, versions
    )


def removed(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Remove it, install it again, and remove that."""
    python, folder, at = place
    remove = rf'"{folder}\uninstall.exe" /S _?={folder}'
    if not at.is_dir():
        windows.run(setups.first, "/S")
    code, _ = windows.line(python, remove)
    # the uninstaller that is told to stay where it is cannot delete itself
    left = [p.name for p in at.iterdir() if p.name != "uninstall.exe"] if at.exists() else []
    trials.tell("removal", code == 0 and not left, (code, left))
    trials.tell("it is gone from the list of programs", windows.run("reg", "query", KEY)[0] != 0)
    code, _ = windows.run(setups.first, "/S")
    trials.tell("installation again", code in INSTALLED and works(windows, python, folder), code)
    windows.line(python, remove)


def hard_place(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install into a folder whose name has what names should not have, and leave there what somebody else put there."""
    python, folder, _ = place
    hard = rf"{folder.partition('AppData')[0]}{HARD_PLACE}"
    code, _ = windows.line(python, rf"{setups.first} /S /D={hard}")
    name = windows.here(hard) / "current.txt"
    version = name.read_text() if name.is_file() else "none"
    # wine's command interpreter takes a percent sign in a line of its own for a variable: the program itself is asked
    said = windows.line(python, rf'"{hard}\{version}\python\python.exe" -X utf8 -m beatplanner --version')[1]
    good = code in INSTALLED and "beatplanner 0" in said
    trials.tell("a place with Cyrillic, &, brackets and a percent sign", good, (code, said))
    held = windows.here(hard) / "mine.txt"
    if held.parent.is_dir():
        held.write_text("a file of somebody else", "utf-8")
    windows.line(python, rf'"{hard}\uninstall.exe" /S _?={hard}')
    trials.tell("what somebody else put there stays", held.is_file())


PARTS = {f.__name__: f for f in (at_home, upgraded, removed, hard_place, elsewhere)}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("setup", nargs="?", type=Path)
    parser.add_argument("--portable", type=Path, help="the portable folder's archive of the same build")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    trials = Trials()
    with tempfile.TemporaryDirectory(prefix="beatplanner-windows-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        whole = given.setup is not None
        made = (
            [given.setup.resolve()] * 2
            if whole
            else [small_setup(work, version, work / "small" / "content") for version in ("0.1.0", "0.1.1")]
        )
        first, newer = (f"Z:{p.as_posix()}" for p in made)
        setups = Setups(first, newer, work, whole, can_be_filled(), given.portable)
        windows = Windows(work / "prefix")
        windows.run("wineboot", "-i")
        if setups.filled:
            windows.fill_gaps(work / "gaps")
        else:
            print(
                f"     {COMPILER} is not here: files, processes, modules and tests inside Windows are not tried",
                flush=True,
            )
        user = next(p for p in (windows.drive / "users").iterdir() if p.name != "Public").name
        home = rf"C:\users\{user}\AppData\Local\Programs\beatplanner"
        python = f"Z:{(work / 'runtime-only' / 'python' / 'python.exe').as_posix()}".replace("/", "\\")
        lay_out(work / "runtime-only", fetch_runtime(work / "runtime"), [])
        for name in given.only:
            PARTS[name](trials, windows, setups, Place(python, home, windows.here(home)))
        windows.kill()
    print(f"{trials.failed} failed")
    return int(trials.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
