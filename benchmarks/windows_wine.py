"""A Windows of its own by wine, the setup files that are tried in it, and what a trial says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.windows_gaps import LIBRARIES, fill

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
# A whole setup compiles the solvers' kernels, a minute's work that takes a busy server ten, with every installation.
PATIENCE = 3000.0


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
