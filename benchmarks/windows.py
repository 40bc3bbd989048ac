"""Installs, starts, upgrades, kills and removes the setup file on a Windows of its own (wine), with the Python that it brings.

    python -m benchmarks.windows [SETUP.exe]

Without a file a small setup is built first: runtime, the program and the libraries that are pure Python. wine's C runtime lacks functions
that numpy calls and a library that Qt calls, so that the small town of the installer cannot be solved here (exit code 3); all else is as
on Windows. Prints a line a trial, and ends with 1 where one fails.
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

    def line(self, python: str, line: str, **more: str) -> tuple[int, str]:
        """Run a command line letter by letter as it stands; return its exit code and what it printed."""
        code = (
            "import subprocess, sys; r = subprocess.run(sys.argv[1], stdin=subprocess.DEVNULL, capture_output=True);"
            "sys.stdout.buffer.write(r.stdout + r.stderr); sys.exit(r.returncode)"
        )
        return self.run(python, "-c", code, line, **more)

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
        user = next(p for p in (windows.drive / "users").iterdir() if p.name != "Public").name
        folder = rf"C:\users\{user}\AppData\Local\Programs\beatplanner"
        python = f"Z:{(work / 'runtime-only' / 'python' / 'python.exe').as_posix()}".replace("/", "\\")
        lay_out(work / "runtime-only", fetch_runtime(work / "runtime"), [])
        at = windows.here(folder)

        code, _ = windows.run(f"Z:{setup.as_posix()}", "/S")
        trials.tell("silent installation", code in INSTALLED and works(windows, python, folder), code)
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
        windows.kill()
    print(f"{trials.failed} failed")
    return int(trials.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
