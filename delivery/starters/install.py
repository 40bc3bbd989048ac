"""Installs beatplanner from the unpacked bundle beside this file: no network, no administrator, the standard library alone.

Started by install.cmd (Windows) or install.sh (Linux), which look for a fitting Python.

    --to DIR    where to install; else in the user's own folder for programs
    --no-menu   no entry in the menu and no file association
    --check     only check that the bundle is whole
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import time
import venv
from pathlib import Path

BUNDLE = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
ENV_PYTHON = Path("env", "Scripts", "python.exe") if WINDOWS else Path("env", "bin", "python")
MARK, BEGUN = "installed.json", "installing"
COPIED = (
    "guide",
    "licences",
    "sbom.cdx.json",
    "beatplanner.ico",
    "beatplanner.png",
    "beatplanner.cmd",
    "uninstall.cmd",
    "register.py",
    "beatplanner.sh",
    "uninstall.sh",
)
WINDOWS_PATH_LIMIT = 259
# How often a rename is tried while another program holds what is renamed, and the seconds between.
TRIES, PAUSE = 40, 0.25
# What a Linux desktop calls a project.
KIND = "application/x-beatplanner-project"


class InstallError(Exception):
    """Installing is not possible; the text says why and what to do."""


def default_target() -> Path:
    """Return the user's own folder for programs."""
    if WINDOWS:
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Programs" / "beatplanner"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "beatplanner"


def read_about() -> dict:
    """Return what the bundle says about itself."""
    try:
        return json.loads((BUNDLE / "bundle.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise InstallError(
            "This folder is no whole bundle. Unpack the archive again, all of it, and start anew."
        ) from None


def check_python(about: dict) -> None:
    """Refuse a Python that the bundle's libraries are not made for."""
    running = "{}.{}".format(*sys.version_info[:2])
    wanted = {"windows": "nt", "linux": "posix"}[about["platform"]]
    if os.name != wanted:
        raise InstallError(f"This bundle is for {about['platform'].title()}; ask for the one for this computer.")
    if running != about["python"]:
        raise InstallError(
            f"This bundle needs Python {about['python']}; this is Python {running}.\n"
            f"Install Python {about['python']} beside it (https://www.python.org/downloads/, just for you, no administrator)."
        )
    if struct.calcsize("P") != 8:
        raise InstallError(f"This is a 32-bit Python; install the 64-bit Python {about['python']}.")


def check_files(about: dict) -> None:
    """Compare every file with the hash that the bundle was made with."""
    wrong = []
    for name, expected in about["files"].items():
        try:
            with (BUNDLE / name).open("rb") as stream:
                found = hashlib.sha256()
                for block in iter(lambda: stream.read(1 << 20), b""):
                    found.update(block)
        except OSError:
            wrong.append(f"{name} is missing")
            continue
        if found.hexdigest() != expected:
            wrong.append(f"{name} was changed or damaged")
    if wrong:
        raise InstallError(
            "The bundle is damaged; copy and unpack the archive again.\n" + "\n".join(f"- {w}" for w in wrong[:8])
        )


def check_target(target: Path, about: dict) -> None:
    """Refuse a place that holds something else, is too deep, too full, or cannot be written."""
    if target.exists() and not target.is_dir():
        raise InstallError(f"{target} is a file; choose another folder: --to FOLDER")
    # an installation that was killed left its mark, and is gone on with
    own = (target / MARK).is_file() or (target / BEGUN).is_file()
    if target.is_dir() and any(target.iterdir()) and not own:
        raise InstallError(f"{target} holds something else, which is left alone; choose another folder: --to FOLDER")
    if target == BUNDLE or BUNDLE in target.parents or target in BUNDLE.parents:
        raise InstallError("The program cannot be installed into its own bundle, nor around it: --to FOLDER")
    deepest = len(str(target / "env" / "Lib" / "site-packages")) + 1 + about["longest_path"]
    if WINDOWS and deepest > WINDOWS_PATH_LIMIT and not long_paths():
        raise InstallError(
            f"The folder's name is too long by {deepest - WINDOWS_PATH_LIMIT} letters for Windows; choose a shorter one:\n"
            '    install.cmd --to "C:\\Users\\Public\\beatplanner"'
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
        (target / BEGUN).write_text("beatplanner is being installed here\n", "ascii")
        free = shutil.disk_usage(target).free
    except OSError as error:
        raise InstallError(f"{target} cannot be made ({error.strerror}); choose another folder: --to FOLDER") from None
    if free < 1.2 * about["installed_bytes"]:
        raise InstallError(
            f"The disk has {free / 1e6:,.0f} MB left; {1.2 * about['installed_bytes'] / 1e6:,.0f} MB are needed."
        )


def long_paths() -> bool:
    """Tell whether Windows lets programs use long paths."""
    try:
        import winreg

        where = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, where) as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except (ImportError, OSError):
        return False


def clean_environment() -> dict[str, str]:
    """Return the environment without what would send Python or pip elsewhere."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.upper().startswith("PIP_") and k.upper() not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    }
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PYTHONUTF8": "1"}


def move(source: Path, target: Path) -> None:
    """Rename a folder, trying again for some seconds: a scanner looks at what was written just now. OSError of the last try."""
    for attempt in range(TRIES):
        try:
            source.rename(target)
            return
        except PermissionError:
            if attempt + 1 == TRIES:
                raise
            time.sleep(PAUSE)


def make_environment(target: Path) -> None:
    """Make the private environment and put every wheel of the bundle into it; the older one works until the new one was tried."""
    env, new, old = target / "env", target / "env.new", target / "env.old"
    if old.exists() and not env.exists():
        # an upgrade was killed between its two steps
        move(old, env)
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    try:
        # without ensurepip, which some systems leave out; pip's own wheel runs as it is
        venv.EnvBuilder(with_pip=False, symlinks=not WINDOWS).create(new)
        python = new / ENV_PYTHON.relative_to("env")
        pip = next((BUNDLE / "wheels").glob("pip-*.whl"))
        command = [
            python,
            pip / "pip",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--require-hashes",
            "--find-links",
            BUNDLE / "wheels",
            "--requirement",
            BUNDLE / "requirements.txt",
            "--disable-pip-version-check",
            "--no-input",
        ]
        done = subprocess.run([str(c) for c in command], env=clean_environment(), check=False)
        if done.returncode != 0:
            raise InstallError("pip could not install the bundle's wheels; its lines above say why.")
        remove_launchers(python.parent)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    try:
        if env.exists():
            move(env, old)
        move(new, env)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        if old.exists() and not env.exists():
            move(old, env)
        raise InstallError("beatplanner is running. Close it and install again.") from None
    try:
        # compiles the solvers' kernels, in their place, and solves small problems with them: what a first plan needs is there, and works
        check = subprocess.run(
            [str(target / ENV_PYTHON), "-I", "-m", "beatplanner.planning.prepared"],
            env=clean_environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if check.returncode != 0:
            raise InstallError(f"beatplanner was installed but does not start.\n{check.stderr.strip()}")
    except BaseException:
        if old.exists():
            shutil.rmtree(env, ignore_errors=True)
            move(old, env)
        else:
            shutil.rmtree(env, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def remove_launchers(folder: Path) -> None:
    """Remove the small programs of libraries: they name the folder in which they were made, and the program needs none of them."""
    for path in folder.iterdir():
        if path.is_file() and not path.name.lower().startswith(("python", "vcruntime")):
            path.unlink()


def copy_rest(target: Path, about: dict) -> list[str]:
    """Copy starters, sample town, guide and licences; return the names of all that belongs to the installation."""
    there = []
    for name in COPIED:
        source, copy = BUNDLE / name, target / name
        if source.is_dir():
            # replaced whole, so that no file of an older version stays
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source, copy, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, copy)
            if source.suffix == ".sh":
                # not every program that unpacks archives keeps this
                copy.chmod(0o755)
        else:
            continue
        there.append(name)
    content = {"version": about["version"], "python": about["python"], "owns": ["env", *there, MARK]}
    (target / MARK).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    (target / BEGUN).unlink(missing_ok=True)
    return there


def add_to_menu(target: Path, about: dict) -> bool:
    """Add the entry in the menu and, on Windows, the file association and the entry in the list of programs."""
    if WINDOWS:
        kilobytes = str(about["installed_bytes"] // 1024)
        command = [sys.executable, "-I", str(target / "register.py"), "add", str(target), about["version"], kilobytes]
        try:
            return subprocess.run(command, check=False).returncode == 0
        except OSError:
            return False
    applications = target.parent / "applications" if target == default_target() else None
    if applications is None:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        applications = data / "applications"
    starter = str(target / "beatplanner.sh").replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    try:
        applications.mkdir(parents=True, exist_ok=True)
        (applications / "beatplanner.desktop").write_text(
            "[Desktop Entry]\nType=Application\nName=beatplanner\nComment=Neighbourhood beats, stations and officers who stay\n"
            f'Exec="{starter}" desktop %f\nIcon={target / "beatplanner.png"}\nTerminal=false\nCategories=Office;Geography;\n'
            f"MimeType={KIND};application/geopackage+sqlite3;application/toml;\n",
            "utf-8",
        )
        add_kind(applications.parent)
    except OSError:
        return False
    return True


def add_kind(data: Path) -> None:
    """Tell the desktop of projects (.beatplan): a double click opens them; inside they are GeoPackages, which other programs may open too."""
    packages = data / "mime" / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    (packages / "beatplanner.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">\n'
        f'  <mime-type type="{KIND}">\n    <comment>beatplanner project</comment>\n'
        '    <sub-class-of type="application/geopackage+sqlite3"/>\n    <glob pattern="*.beatplan"/>\n'
        "  </mime-type>\n</mime-info>\n",
        "utf-8",
    )
    # desktops read these caches; where a tool is missing they read the files, or do so at the next session
    for command in (["update-mime-database", data / "mime"], ["update-desktop-database", data / "applications"]):
        tool = shutil.which(command[0])
        if tool:
            subprocess.run([tool, str(command[1])], capture_output=True, check=False)


def main() -> int:
    """Install, and return the exit code."""
    parser = argparse.ArgumentParser(description="Install beatplanner from this bundle.")
    parser.add_argument("--to", type=Path, default=None, metavar="FOLDER", help="where to install")
    parser.add_argument("--no-menu", action="store_true", help="no menu entry and no file association")
    parser.add_argument("--check", action="store_true", help="only check that the bundle is whole")
    options = parser.parse_args()
    try:
        about = read_about()
        print(f"beatplanner {about['version']} for {about['platform'].title()} and Python {about['python']}")
        check_python(about)
        print("Checking the bundle ...", flush=True)
        check_files(about)
        if options.check:
            print("The bundle is whole.")
            return 0
        target = (options.to or default_target()).expanduser().resolve()
        check_target(target, about)
        print(f"Installing into {target}; this takes a minute or two ...", flush=True)
        make_environment(target)
        copy_rest(target, about)
    except InstallError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nInstalling failed: {error.strerror or error} ({error.filename or target})", file=sys.stderr)
        return 1
    if not options.no_menu and not add_to_menu(target, about):
        print("The menu entry could not be made (a rule of this computer may forbid it); the starter works without it.")
    starter = target / ("beatplanner.cmd" if WINDOWS else "beatplanner.sh")
    print("\nDone.")
    print("Start it " + ("from the Start menu, or with" if WINDOWS else "with"), starter)
    print("The guide:", target / "guide" / "index.html")
    print("Remove it with", target / ("uninstall.cmd" if WINDOWS else "uninstall.sh"))
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        # a console in an old code page must not end the installation over a letter of the user's name
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
