"""A Windows of its own by wine, the setup files that are tried in it, and what a trial says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
# A whole setup compiles the solvers' kernels, some minutes' work that takes a busy server ten, with every installation.
PATIENCE = 3000.0
KERNELS = b"-m\0beatplanner.planning.prepared\0"


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

    def run(
        self, *command: str, seconds: float | None = PATIENCE, cwd: Path | None = None, **more: str
    ) -> tuple[int, str]:
        """Run a program, with None for as long as it takes; return its exit code and what it printed."""
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
        subprocess.run(["wineserver", "-w"], env=self.environment, check=False)

    @contextmanager
    def without_kernels(self) -> Iterator[None]:
        """End each process that compiles the solvers' kernels: an installation then ends with 3, installed and not tried."""
        over = threading.Event()

        def watch() -> None:
            mark = f"WINEPREFIX={self.environment['WINEPREFIX']}".encode()
            while not over.wait(0.5):
                for process in Path("/proc").glob("[0-9]*"):
                    # most of them are not ours, and some are gone before they are read
                    with suppress(OSError):
                        if KERNELS in (process / "cmdline").read_bytes() and mark in (
                            process / "environ"
                        ).read_bytes().split(b"\0"):
                            os.kill(int(process.name), signal.SIGKILL)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def kill(self) -> None:
        """End all programs at once."""
        subprocess.run(["wineserver", "-k"], env=self.environment, check=False)
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


def older_setup(work: Path, portable: Path) -> Path:
    """Build the setup file of an older version: all that the portable folder's archive holds, by another number."""
    setup = work / "beatplanner-0.0.9-setup.exe"
    if setup.is_file():
        return setup
    place = work / "older"
    shutil.rmtree(place, ignore_errors=True)
    with zipfile.ZipFile(portable) as archive:
        archive.extractall(place)
    place /= "beatplanner"
    build = (place / "current.txt").read_text("ascii")
    version = build.rpartition("-")[0]
    content = (place / build).rename(place / "content")
    own = content / "libraries"
    (own / f"beatplanner-{version}.dist-info").rename(own / "beatplanner-0.0.9.dist-info")
    for file, line in (
        (own / "beatplanner-0.0.9.dist-info" / "METADATA", "\nVersion: {}\n"),
        (own / "beatplanner" / "__init__.py", '\n__version__ = "{}"\n'),
    ):
        text = file.read_text("utf-8")
        if text.count(line.format(version)) != 1:
            raise ValueError(f"{file} does not say its version once")
        file.write_text(text.replace(line.format(version), line.format("0.0.9")), "utf-8", newline="\n")
    make_setup(content, setup, "0.0.9", build_id(content, "0.0.9"), compressor="zlib")
    shutil.rmtree(work / "older")
    return setup


class Setups(NamedTuple):
    """What is tried.

    Attributes
    ----------
    setup, older
        The setup file that is tried and an older one, by their names in Windows.
    work
        A folder for what is made on the way.
    whole
        Whether they hold every library.
    filled
        Whether what wine lacks was filled.
    portable
        The portable folder's archive.
    """

    setup: str
    older: str
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
    """Counts what was tried and what failed, and keeps what was said."""

    def __init__(self) -> None:
        self.failed = 0
        self.lines: list[str] = []

    def check(self, name: str, good: bool, what: object = "") -> None:
        """Print one line of a trial."""
        why = "" if good or what == "" else f": {what}"
        self._say(f"{'ok  ' if good else 'FAIL'} {name}{why}")
        self.failed += not good

    def note(self, text: str) -> None:
        """Print what is no trial."""
        self._say(f"     {text}")

    def _say(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)


class Record:
    """Which parts of the trial of a setup file ended, with what they said: a line of JSON a part.

    Parameters
    ----------
    file
        Where it stands; several trials may write into one.
    setup
        The SHA-256 of the setup file. What was recorded of another one is left alone.
    """

    def __init__(self, file: Path, setup: str) -> None:
        self.file, self.setup = file, setup

    def add(self, part: str, trials: Trials, seconds: float) -> None:
        """Write down that a part ended."""
        entry = {"setup": self.setup, "part": part, "failed": trials.failed, "seconds": round(seconds)}
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({**entry, "lines": trials.lines}, ensure_ascii=False) + "\n")

    def good(self, part: str) -> list[str] | None:
        """Return what a part said when it last ended, or None where it has not, or something in it failed."""
        if not self.file.is_file():
            return None
        entries = [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]
        own = [e for e in entries if e["setup"] == self.setup and e["part"] == part]
        return own[-1]["lines"] if own and not own[-1]["failed"] else None
