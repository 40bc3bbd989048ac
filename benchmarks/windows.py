"""Installs, starts, upgrades, kills and removes the setup file on a Windows of its own (wine), with the Python that it brings.

    python -m benchmarks.windows [SETUP.exe] [--only PART …]

Without a file a small setup is built first: runtime, the program and the libraries that are pure Python; it cannot solve (exit code 3).
What wine's C runtime lacks is filled first where mingw's compiler is here (`windows_gaps`). With the whole setup file then every module is
imported, the sample town is planned, and tests of the program run there. Prints a line a trial, and ends with 1 where one fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from benchmarks.windows_gaps import COMPILER, can_be_filled
from benchmarks.windows_use import click, inside, kinds_of_files, merges
from benchmarks.windows_wine import Place, Setups, Trials, Windows, small_setup

from delivery.windows.runtime import fetch_runtime
from delivery.windows.setup import lay_out

# An installation that works but could not solve: wine lacks what numpy calls.
INSTALLED = (0, 3)
KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner"
MOMENTS = 20
HARD_PLACE = "Мои & (планы) 100% " + "д" * 60


def works(windows: Windows, python: str, folder: str) -> bool:
    """Tell whether the program that is installed in a folder starts and says its version."""
    code, out = windows.line(python, f'cmd.exe /d /s /c ""{folder}\\beatplanner.cmd" --version"')
    return code == 0 and "beatplanner 0" in out


def elsewhere(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install for all users, and into a folder whose path has 200 letters."""
    python = place.python
    folder, key = r"C:\Program Files\beatplanner", KEY.replace("HKCU", "HKLM")
    code, _ = windows.run(setups.first, "/S", "/AllUsers")
    good = code in INSTALLED and works(windows, python, folder)
    trials.tell("for all users: one copy in Program Files", good and windows.run("reg", "query", key)[0] == 0, code)
    kinds_of_files(trials, windows, folder, "HKLM")
    if setups.filled and setups.whole:
        click(trials, windows, "", "for all users: a double click")
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
    kinds_of_files(trials, windows, folder, "HKCU")
    if setups.filled and setups.whole:
        if merges(windows):
            click(trials, windows, "", "a double click")
        else:
            print("     wine heeds no kind of file of one user: a double click is tried for all users", flush=True)
        click(trials, windows, rf"{folder}\beatplanner.exe", "the launcher")
        if setups.portable is not None:
            with zipfile.ZipFile(setups.portable) as archive:
                archive.extractall(windows.drive / "Пренослив (2)")
            click(trials, windows, r"C:\Пренослив (2)\beatplanner\beatplanner.exe", "the portable folder's program")


def time_to_change(windows: Windows, setup: str, at: Path) -> float:
    """Install, and return after how many seconds the version in use changed; what comes then is killed."""
    before, begun = (at / "current.txt").read_text(), time.monotonic()
    process = windows.start(setup, "/S")
    while process.poll() is None and (at / "current.txt").read_text() == before:
        time.sleep(0.1)
    length = time.monotonic() - begun
    windows.kill()
    process.communicate()
    return length


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
    length = time_to_change(windows, setups.first, at)
    for moment in range(MOMENTS):
        process = windows.start(setups.first if moment % 2 else setups.newer, "/S")
        # the last ones fall behind the change of version
        time.sleep(1.2 * length * (moment + 0.5) / MOMENTS)
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
    kinds = windows.run("reg", "query", r"HKCU\Software\Classes")[1]
    trials.tell("no kind of file of its own is left", "beatplan" not in kinds and ".gpkg" not in kinds, kinds)
    code, _ = windows.run(setups.first, "/S")
    trials.tell("installation again", code in INSTALLED and works(windows, python, folder), code)
    for moment in range(5):
        if (at / "uninstall.exe").is_file():
            process = windows.start(rf"{folder}\uninstall.exe", "/S", f"_?={folder}")
            time.sleep(0.3 + 0.5 * moment)
            windows.kill()
            process.communicate()
    left = sorted(p.name for p in at.iterdir()) if at.exists() else []
    print(f"     removals that were killed left {left}", flush=True)
    code, _ = windows.run(setups.first, "/S")
    trials.tell("installation after removals that were killed", code in INSTALLED and works(windows, python, folder))
    windows.line(python, remove)
    left = [p.name for p in at.iterdir() if p.name != "uninstall.exe"] if at.exists() else []
    trials.tell("and nothing is left after the removal of that", not left, left)


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
    # nobody names a folder: the newer one goes where the older is
    code, _ = windows.run(setups.newer, "/S")
    now = name.read_text() if name.is_file() else "none"
    elsewhere_too = (place.at / "current.txt").exists()
    good = code in INSTALLED and now != version and not elsewhere_too
    trials.tell("an upgrade finds its place", good, (code, version, now, elsewhere_too))
    # a second copy, installed later, whose entries the removal of the first leaves
    second = r"C:\second copy"
    windows.line(python, rf"{setups.first} /S /D={second}")
    windows.line(python, rf'"{hard}\uninstall.exe" /S _?={hard}')
    there = second in windows.run("reg", "query", KEY)[1]
    trials.tell("removal leaves the entries of another copy, which works", there and works(windows, python, second))
    windows.line(python, rf'"{second}\uninstall.exe" /S _?={second}')
    gone = windows.run("reg", "query", KEY)[0] != 0
    trials.tell("and those go with that", gone and not (windows.here(second) / "current.txt").exists())
    left = [p.name for p in held.parent.iterdir() if p.name != "uninstall.exe"]
    trials.tell("what somebody else put there stays, and nothing else", left == [held.name], left)


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
