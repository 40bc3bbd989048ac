"""Set beatplanner up on a fresh machine and run it; needs Python 3.11 or later and nothing else.

python start.py demo     makes .venv, installs, plans the sample town, opens the desktop where there is a screen
python start.py test     the same set-up with the test tools, then every check and test
python start.py install  that set-up alone
python start.py desktop  opens the desktop
python start.py bundle --platform windows|linux --out FILE.zip [--python 3.11|3.12|3.13]
                         makes an archive from which beatplanner installs without a network
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "beatplanner-installed.txt"
# What the solvers load, and the steps whose kernels are compiled.
SOLVERS_LOAD = ("highspy", "networkx", "numba", "numpy", "platformdirs", "pulp", "scipy")
STEPS = ("beats", "officers", "stations", "service")
DEMO = ROOT / "beatplanner-demo"
# What Qt's offscreen platform loads on Debian and Ubuntu; a screen needs the xcb ones as well.
QT_PACKAGES = ["libgl1", "libegl1", "libglib2.0-0", "libdbus-1-3", "libfontconfig1", "libxkbcommon0"]
SCREEN_PACKAGES = [
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
]


def main() -> int:
    """Run the command that was asked for and return its exit code."""
    parser = argparse.ArgumentParser(description="Set beatplanner up and run it.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="plan the sample town and open it")
    commands.add_parser("test", help="run every check and test")
    commands.add_parser("install", help="set up what the tests need, and run nothing")
    commands.add_parser("desktop", help="open the desktop")
    bundle = commands.add_parser("bundle", help="make an archive from which beatplanner installs without a network")
    bundle.add_argument("--platform", choices=["windows", "linux"], required=True)
    bundle.add_argument("--out", type=Path, required=True, metavar="FILE", help="….zip, or ….exe with --installer")
    bundle.add_argument("--python", choices=["3.11", "3.12", "3.13"], help="whose libraries go in; 3.13 for Windows")
    bundle.add_argument("--installer", action="store_true", help="one setup file for Windows with a Python of its own")
    bundle.add_argument("--portable", type=Path, metavar="FILE.zip", help="with --installer: the same as a folder")
    bundle.add_argument("--msi", type=Path, metavar="FILE.msi", help="with --installer: a package for group policies")
    bundle.add_argument("--runtime", type=Path, metavar="FILE.zip", help="with --installer: a newer embeddable CPython")
    sign = commands.add_parser("sign", help="sign a setup file with a certificate of your own")
    sign.add_argument("file", type=Path)
    sign.add_argument("--certificate", type=Path, required=True, metavar="FILE.pfx")
    sign.add_argument("--password", type=Path, metavar="FILE", help="a file that holds the certificate's password")
    options = parser.parse_args()
    command = options.command
    if sys.version_info < (3, 11):
        print(f"beatplanner needs Python 3.11 or later; this is {sys.version.split()[0]}.")
        print("Install a newer one from https://www.python.org/downloads/ and run this again.")
        return 1
    everything = ["bundle", "guide", "test"]
    extras = {"test": everything, "install": everything, "bundle": ["bundle", "guide"], "sign": ["bundle"]}
    if not set_up(extras.get(command, ["guide"])):
        return 1
    if command == "install":
        return 0
    if command == "test":
        return test()
    if command == "bundle":
        python = ["--python", options.python] if options.python else []
        where = ["--platform", options.platform, "--out", options.out.resolve()]
        more = ["--installer"] if options.installer else []
        for name in ("portable", "msi", "runtime"):
            more += [f"--{name}", getattr(options, name).resolve()] if getattr(options, name) else []
        return run([PYTHON, "-m", "delivery.bundle", *where, *python, *more])
    if command == "sign":
        password = [] if options.password is None else ["--password", options.password.resolve()]
        certificate = ["--certificate", options.certificate.resolve()]
        return run([PYTHON, "-m", "delivery.windows.sign", options.file.resolve(), *certificate, *password])
    if command == "demo":
        code = run([PYTHON, "-m", "beatplanner", "demo", "--out", DEMO])
        if code != 0 or not has_screen():
            return code
    if not qt_works("QtWidgets", SCREEN_PACKAGES):
        return 0 if command == "demo" else 1
    return run([PYTHON, "-m", "beatplanner", "desktop", *([DEMO] if command == "demo" else [])])


def set_up(extras: list[str]) -> bool:
    """Make .venv and install the project with extras into it, unless this very version of pyproject.toml is there already."""
    version = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    found = STAMP.read_text("utf-8").split() if STAMP.exists() else []
    have = set(found[1:]) if found[:1] == [version] else set()
    if PYTHON.exists() and found[:1] == [version] and have.issuperset(extras):
        return True
    if not PYTHON.exists() and not make_venv():
        return False
    print("Installing beatplanner and what it needs; the first time this takes some minutes.", flush=True)
    # pip compiles byte code on one core, of the packages' own tests too
    install = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"]
    failed = "The installation failed; the lines above say why. It needs a connection to a package index once."
    with ExitStack() as beside:
        early = None
        # a file that a program has loaded cannot be replaced on Windows
        if os.name != "nt":
            if run([*install, *solver_libraries()]) != 0:
                print(failed)
                return False
            # pip works on one core: on another one the solvers' kernels are compiled from now on, not inside the first plan's time limit
            prepare = [PYTHON, "-m", "beatplanner.planning.prepared", *STEPS]
            early = beside.enter_context(started(prepare, subprocess.DEVNULL, ROOT / "src"))
        if run([*install, "--editable", f"{ROOT}[{','.join(extras)}]"]) != 0:
            print(failed)
            return False
        compile_packages()
        STAMP.write_text(" ".join([version, *sorted(have.union(extras))]), "utf-8")
        # what F1 opens; beatplanner works without it
        guide = beside.enter_context(started([PYTHON, "-m", "delivery.guide"], subprocess.DEVNULL))
        if early is not None:
            early.wait()
        # what is done by then, this looks at; what went wrong is done again, and told
        if run([PYTHON, "-m", "beatplanner.planning.prepared"]) != 0:
            print("The solvers could not be prepared; the first plan does that before it starts.")
        if guide.wait() != 0:
            print("The guide could not be made; F1 will say where its pages are.")
    return True


def solver_libraries() -> list[str]:
    """Return the project's requirements of what its solvers load."""
    # an older Python lacks it, and is told so
    import tomllib

    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return [r for r in requirements if re.split(r"[^\w.-]", r, maxsplit=1)[0] in SOLVERS_LOAD]


def compile_packages() -> None:
    """Write the packages' byte code on all cores; what fails or is left out Python compiles where it is imported.

    Left out are the packages' own tests, a third of it all, which nothing here imports. It comes before what imports the packages in several
    processes at once, of which each would compile them.
    """
    tests = r"site-packages[/\\].*[/\\]tests[/\\]"
    run([PYTHON, "-m", "compileall", "-qq", "-j", "0", "-x", tests, VENV], quiet=True)


def make_venv() -> bool:
    """Make the private environment; Debian's Python comes without the module for it."""
    print(f"Making a private Python environment in {VENV}", flush=True)
    if run([sys.executable, "-m", "venv", VENV]) == 0:
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return install_packages([package]) and run([sys.executable, "-m", "venv", VENV]) == 0


def test() -> int:
    """Run the style, type and import checks, then the tests; return 0 where all passed."""
    if not qt_works("QtWidgets", []):
        return 1
    tools = PYTHON.parent
    checks = {
        "style": [tools / "ruff", "check", "."],
        "format": [tools / "ruff", "format", "--check", "."],
        "types": [PYTHON, "-m", "pyright"],
        "import directions": [tools / "lint-imports"],
        "tests": [
            PYTHON,
            "-m",
            "pytest",
            "--numprocesses",
            "auto",
            "--maxprocesses",
            "4",
            "--dist",
            "loadfile",
            "--no-loadscope-reorder",
        ],
    }
    failed = []
    # room for what is short-lived saves the checker of types a fifth of its work; where its interpreter is too old to be told so, it is not told
    room = {"NODE_OPTIONS": "--max-semi-space-size=128"}
    if run([*checks["types"], "--version"], room, quiet=True) == 0:
        os.environ.update(room)
    # the types take one core for a minute, and are told when the rest is done
    types = checks.pop("types")
    # each process of the tests would make the byte code of all test files for itself, with assertions that tell what they saw: one makes it for all
    collect = [PYTHON, "-m", "pytest", "--collect-only", "--quiet"]
    with (
        tempfile.TemporaryFile() as said,
        started(types, said) as aside,
        started(collect, subprocess.DEVNULL) as collected,
    ):
        for name, command in checks.items():
            if name == "tests":
                # what went wrong there the tests say
                collected.wait()
            print(f"== {name}", flush=True)
            began, before = time.monotonic(), os.times()
            # the tests of all cores leave no core for threads of linear algebra to wait for each other
            if run(command, {"QT_QPA_PLATFORM": "offscreen", "OPENBLAS_NUM_THREADS": "1"}) != 0:
                failed.append(name)
            spent = sum(os.times()[2:4]) - sum(before[2:4])
            # on a machine that does other work too only these seconds say what the tests cost
            print(f"{(time.monotonic() - began) / 60:.1f} minutes, {spent:,.0f} s of the processor", flush=True)
        print("== types", flush=True)
        if aside.wait() != 0:
            failed.append("types")
        said.seek(0)
        print(said.read().decode("utf-8", errors="replace").rstrip(), flush=True)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks and tests passed.")
    return 1 if failed else 0


@contextmanager
def started(command: list, output: BinaryIO | int, folder: Path = ROOT) -> Iterator[subprocess.Popen]:
    """Start a command beside others, its messages into a file or nowhere; it ends with them where they are interrupted."""
    process = subprocess.Popen([str(c) for c in command], cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def qt_works(module: str, more_packages: list[str]) -> bool:
    """Tell whether Qt can be loaded, after installing its system libraries where that is possible."""
    load = [PYTHON, "-c", f"import PySide6.{module}"]
    if not more_packages and run(load, quiet=True) == 0:
        return True
    if os.name == "nt" or sys.platform == "darwin":
        return run(load) == 0
    loaded = run(load, quiet=True) == 0
    if loaded and all(library_found(p) for p in more_packages):
        return True
    return install_packages(QT_PACKAGES + more_packages) and run(load) == 0


def library_found(package: str) -> bool:
    """Tell whether the shared library of a Debian package named lib<name><version> can be found."""
    from ctypes.util import find_library

    name = package.removeprefix("lib").rstrip("0123456789").removesuffix("-")
    return find_library(name) is not None or (
        package == "libxkbcommon-x11-0" and find_library("xkbcommon-x11") is not None
    )


def install_packages(packages: list[str]) -> bool:
    """Install system packages on Debian or Ubuntu as root; elsewhere print the one command that does."""
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print(f"Installing system packages: {' '.join(packages)}", flush=True)
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        if run(command.split(), environment, quiet=True) == 0:
            return True
        return run(["apt-get", "update"], environment, quiet=True) == 0 and run(command.split(), environment) == 0
    print("Some system libraries are missing. Run this once, then try again:")
    print(f"    sudo {command}" if shutil.which("apt-get") else f"    install: {' '.join(packages)}")
    return False


def has_screen() -> bool:
    """Tell whether a window can be shown."""
    return (
        os.name == "nt"
        or sys.platform == "darwin"
        or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    )


def run(command: list, environment: dict[str, str] | None = None, quiet: bool = False) -> int:
    """Run a command in the project's folder and return its exit code."""
    where = subprocess.DEVNULL if quiet else None
    full = {**os.environ, **(environment or {})}
    try:
        return subprocess.run(
            [str(c) for c in command], cwd=ROOT, env=full, stdout=where, stderr=where, check=False
        ).returncode
    except OSError as error:
        print(f"{command[0]} could not be run: {error}")
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
