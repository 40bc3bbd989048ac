"""Installs, starts, upgrades, kills and removes the setup file on a Windows of its own (wine), with the Python that it brings.

    python -m benchmarks.windows [SETUP.exe]

Without a file a small setup is built first: runtime, the program and the libraries that are pure Python; it cannot solve (exit code 3).
What wine's C runtime lacks is filled first where mingw's compiler is here (`windows_gaps`). With the whole setup file then every module is
imported, the sample town is planned, and tests of the program run there. Prints a line a trial, and ends with 1 where one fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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

    def start(self, *command: str, **more: object) -> subprocess.Popen[bytes]:
        """Start a program."""
        return subprocess.Popen(
            ["wine", *command],
            env={**self.environment, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # type: ignore[arg-type]
        )

    def run(self, *command: str, seconds: float = 600, **more: object) -> tuple[int, str]:
        """Run a program; return its exit code and what it printed."""
        process = self.start(*command, **more)
        out, _ = process.communicate(timeout=seconds)
        return process.returncode, out.decode("utf-8", "replace")

    def line(self, python: str, line: str, **more: object) -> tuple[int, str]:
        """Run a command line letter by letter as it stands; return its exit code and what it printed."""
        code = (
            "import subprocess, sys; r = subprocess.run(sys.argv[1], stdin=subprocess.DEVNULL, capture_output=True);"
            "sys.stdout.buffer.write(r.stdout + r.stderr); sys.exit(r.returncode)"
        )
        return self.run(python, "-c", code, line, **more)  # type: ignore[arg-type]

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


class Trials:
    """Counts what was tried and what failed."""

    def __init__(self) -> None:
        self.failed = 0

    def tell(self, name: str, good: bool, what: object = "") -> None:
        """Print one line."""
        print(f"{'ok  ' if good else 'FAIL'} {name}{f': {what}' if what and not good else ''}", flush=True)
        self.failed += not good


def works(windows: Windows, python: str, folder: str, **more: str) -> bool:
    """Tell whether the program that is installed in a folder starts and says its version."""
    code, out = windows.line(python, f'cmd.exe /d /s /c ""{folder}\\beatplanner.cmd" --version"', **more)
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
    code, out = windows.run(python, "-X", "utf8", f"Z:{(work / 'modules.py').as_posix()}", seconds=3000)
    print(f"     {out.strip().splitlines()[-1] if out.strip() else 'nothing was said'}", flush=True)
    trials.tell("every module is imported, or lacks a library", code == 0 and "FAIL" not in out, out[-2000:])
    if not whole:
        return
    from beatplanner.data.sample.sample_town import write_sample_town

    town = write_sample_town(work / "town")
    for command in (("check",), ("plan", "--out", f"Z:{(work / 'plan').as_posix()}", "--time-limit", "30")):
        begun = time.monotonic()
        code, out = windows.run(
            python, "-X", "utf8", "-m", "beatplanner", command[0], f"Z:{town.as_posix()}", *command[1:], seconds=3000
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
        code, out = windows.run(python, "-X", "utf8", script, *folders, *arguments, seconds=3000)
        trials.tell(f"{file}: {out.strip().splitlines()[-1] if out.strip() else ''}", code == 0, out[-3000:])


def elsewhere(trials: Trials, windows: Windows, python: str, setup: Path) -> None:
    """Install for all users, and into a folder whose path has 200 letters."""
    folder, key = r"C:\Program Files\beatplanner", KEY.replace("HKCU", "HKLM")
    code, _ = windows.run(f"Z:{setup.as_posix()}", "/S", "/AllUsers", seconds=3000)
    good = code in INSTALLED and works(windows, python, folder)
    trials.tell("for all users: one copy in Program Files", good and windows.run("reg", "query", key)[0] == 0, code)
    for place in ("HKLM", "HKCU"):
        there = windows.run("reg", "query", rf"{place}\Software\Classes\.beatplan")[0] == 0
        trials.tell(f"for all users: .beatplan in {place}: {there}", there == (place == "HKLM"))
    code, _ = windows.line(python, rf'"{folder}\uninstall.exe" /S _?={folder}')
    left = [p.name for p in windows.here(folder).iterdir()] if windows.here(folder).is_dir() else []
    gone = windows.run("reg", "query", key)[0] != 0
    trials.tell("for all users: removal", code == 0 and gone and left in ([], ["uninstall.exe"]), (code, left))
    long = "C:\\" + ("п" * 49 + "\\") * 3 + "п" * 47
    code, _ = windows.line(python, f"Z:{setup.as_posix()} /S /D={long}", seconds=3000)
    name = windows.here(long) / "current.txt"
    if code in INSTALLED:
        version = name.read_text()
        said = windows.line(python, rf'"{long}\{version}\python\python.exe" -X utf8 -m beatplanner --version')[1]
        trials.tell(f"a place of {len(long)} letters: installed", "beatplanner 0" in said, said)
    else:
        trials.tell(f"a place of {len(long)} letters: refused", not name.exists(), code)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("setup", nargs="?", type=Path)
    given = parser.parse_args().setup
    trials = Trials()
    with tempfile.TemporaryDirectory(prefix="beatplanner-windows-", ignore_cleanup_errors=True) as place:
        work = Path(place)
        setup = given.resolve() if given else small_setup(work, "0.1.0", work / "small" / "content")
        newer = setup if given else small_setup(work, "0.1.1", work / "small" / "content")
        windows = Windows(work / "prefix")
        windows.run("wineboot", "-i")
        filled = can_be_filled()
        if filled:
            windows.fill_gaps(work / "gaps")
        else:
            print(
                f"     {COMPILER} is not here: files, processes, modules and tests inside Windows are not tried",
                flush=True,
            )
        user = next(p for p in (windows.drive / "users").iterdir() if p.name != "Public").name
        folder = rf"C:\users\{user}\AppData\Local\Programs\beatplanner"
        python = f"Z:{(work / 'runtime-only' / 'python' / 'python.exe').as_posix()}".replace("/", "\\")
        lay_out(work / "runtime-only", fetch_runtime(work / "runtime"), [])
        at = windows.here(folder)

        code, _ = windows.run(f"Z:{setup.as_posix()}", "/S")
        trials.tell("silent installation", code in INSTALLED and works(windows, python, folder), code)
        version = (at / "current.txt").read_text() if at.is_dir() else "none"
        if filled:
            inside(trials, windows, rf"{folder}\{version}\python\python.exe", work, given is not None)
        trials.tell("it stands in the list of programs", windows.run("reg", "query", KEY)[0] == 0)
        remove = rf'"{folder}\uninstall.exe" /S _?={folder}'
        code, out = windows.line(
            python,
            f'cmd.exe /d /s /c "set PYTHONHOME=C:\\x& set PYTHONPATH=C:\\y& "{folder}\\beatplanner.cmd" --version"',
        )
        trials.tell("variables of other Pythons change nothing", code == 0 and "beatplanner 0" in out, out)
        for page in ("437", "866", "1251", "65001"):
            code, out = windows.line(
                python, f'cmd.exe /d /s /c "chcp {page} >nul & "{folder}\\beatplanner.cmd" --version"'
            )
            trials.tell(f"console with code page {page}", code == 0 and "beatplanner 0" in out, out)
        before = (at / "current.txt").read_text()
        code, _ = windows.run(f"Z:{newer.as_posix()}", "/S")
        now = (at / "current.txt").read_text()
        trials.tell(
            "upgrade", code in INSTALLED and now != before and works(windows, python, folder), (code, before, now)
        )
        trials.tell("the older version is gone", not (at / before).exists())

        for moment in range(MOMENTS):
            process = windows.start(f"Z:{(setup if moment % 2 else newer).as_posix()}", "/S")
            time.sleep(0.15 + 0.35 * moment)
            windows.kill()
            process.communicate()
            trials.tell(f"killed at moment {moment + 1}: a version works", works(windows, python, folder))
        code, _ = windows.run(f"Z:{newer.as_posix()}", "/S")
        versions = [p.name for p in at.iterdir() if p.is_dir()]
        trials.tell(
            "after the kills an installation leaves one version", code in INSTALLED and len(versions) == 1, versions
        )

        code, _ = windows.line(python, remove)
        # the uninstaller that is told to stay where it is cannot delete itself
        left = [p.name for p in at.iterdir() if p.name != "uninstall.exe"] if at.exists() else []
        trials.tell("removal", code == 0 and not left, (code, left))
        trials.tell("it is gone from the list of programs", windows.run("reg", "query", KEY)[0] != 0)
        code, _ = windows.run(f"Z:{setup.as_posix()}", "/S")
        trials.tell("installation again", code in INSTALLED and works(windows, python, folder), code)
        windows.line(python, remove)

        hard = rf"C:\users\{user}\{HARD_PLACE}"
        code, _ = windows.line(python, f"Z:{setup.as_posix()} /S /D={hard}")
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
        elsewhere(trials, windows, python, setup)
        windows.kill()
    print(f"{trials.failed} failed")
    return int(trials.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
