"""Installs, starts, upgrades, kills and removes the setup file on a Windows of its own (wine), with the Python that it brings.

    python -m benchmarks.windows [SETUP.exe] [--portable FILE.zip] [--keep FOLDER] [--record FILE] [--only PART …]

Without a file a small setup is built first: runtime, the program and the libraries that are pure Python; it cannot solve (exit code 3).
What wine's C runtime lacks is filled first where mingw's compiler is here (`windows_gaps`). With the whole setup file then every module is
imported, the sample town is planned, and tests of the program run there. Prints a line a trial, and ends with 1 where one fails.

The whole one takes hours on a busy computer. With ``--keep`` its Windows stays in a folder, and a part that ended is written into a record:
the next call, with the same setup file, goes on with the parts that did not end, or in which something failed.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
import zipfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from benchmarks.windows_gaps import COMPILER, can_be_filled
from benchmarks.windows_use import click, files_and_modules, kinds_of_files, merges, planned, tested
from benchmarks.windows_wine import Place, Record, Setups, Trials, Windows, older_setup, small_setup

from delivery.windows.runtime import fetch_runtime
from delivery.windows.setup import lay_out

# An installation that works but could not solve: wine lacks what numpy calls.
INSTALLED = (0, 3)
KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner"
MOMENTS = 20
# Lies in the folder of a version while it is written (installer.nsi).
MARK = "beatplanner-installing"
HARD_PLACE = "Мои & (планы) 100% " + "д" * 60


def version_of(windows: Windows, python: str, folder: str) -> str:
    """Return the version that the program in a folder says it is; "" where it does not start."""
    code, out = windows.line(python, f'cmd.exe /d /s /c ""{folder}\\beatplanner.cmd" --version"')
    lines = [line.split() for line in out.splitlines()] if code == 0 else []
    return next((words[1] for words in lines if words[:1] == ["beatplanner"] and len(words) == 2), "")


def works(windows: Windows, python: str, folder: str) -> bool:
    """Tell whether the program that is installed in a folder starts and says its version."""
    return version_of(windows, python, folder) != ""


def elsewhere(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install for all users, and into a folder whose path has 200 letters."""
    python = place.python
    folder, key = r"C:\Program Files\beatplanner", KEY.replace("HKCU", "HKLM")
    code, _ = windows.run(setups.setup, "/S", "/AllUsers")
    good = code in INSTALLED and works(windows, python, folder)
    trials.check("for all users: one copy in Program Files", good and windows.run("reg", "query", key)[0] == 0, code)
    kinds_of_files(trials, windows, folder, "HKLM")
    if setups.filled and setups.whole:
        click(trials, windows, "", "for all users: a double click")
    for root in ("HKLM", "HKCU"):
        there = windows.run("reg", "query", rf"{root}\Software\Classes\.beatplan")[0] == 0
        trials.check(f"for all users: .beatplan in {root}: {there}", there == (root == "HKLM"))
    code, _ = windows.line(python, rf'"{folder}\uninstall.exe" /S _?={folder}')
    left = [p.name for p in windows.here(folder).iterdir()] if windows.here(folder).is_dir() else []
    gone = windows.run("reg", "query", key)[0] != 0
    trials.check("for all users: removal", code == 0 and gone and left in ([], ["uninstall.exe"]), (code, left))
    long = "C:\\" + ("п" * 49 + "\\") * 3 + "п" * 47
    code, _ = windows.line(python, rf"{setups.setup} /S /D={long}")
    name = windows.here(long) / "current.txt"
    if code in INSTALLED:
        version = name.read_text()
        said = windows.line(python, rf'"{long}\{version}\python\python.exe" -X utf8 -m beatplanner --version')[1]
        trials.check(f"a place of {len(long)} letters: installed", "beatplanner 0" in said, said)
    else:
        trials.check(f"a place of {len(long)} letters: refused", not name.exists(), code)


def version_at(windows: Windows, setups: Setups, place: Place) -> str:
    """Return the folder of the version that is installed at home; it is installed where none is."""
    if not (place.at / "current.txt").is_file():
        windows.run(setups.setup, "/S")
    name = place.at / "current.txt"
    return name.read_text() if name.is_file() else "none"


def at_home(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install as most people do, and start the program there."""
    python, folder, at = place
    code, _ = windows.run(setups.setup, "/S")
    # the whole one solves a small town at the end of its installation
    installed = code == 0 if setups.whole and setups.filled else code in INSTALLED
    trials.check("silent installation", installed and works(windows, python, folder), (code, check_log(at)))
    trials.check("it stands in the list of programs", windows.run("reg", "query", KEY)[0] == 0)
    code, out = windows.line(
        python,
        f'cmd.exe /d /s /c "set PYTHONHOME=C:\\x& set PYTHONPATH=C:\\y& set PYTHONSTARTUP=C:\\z& "{folder}\\beatplanner.cmd" --version"',
    )
    trials.check("variables of other Pythons change nothing", code == 0 and "beatplanner 0" in out, out)
    for page in ("437", "866", "1251", "65001"):
        code, out = windows.line(python, f'cmd.exe /d /s /c "chcp {page} >nul & "{folder}\\beatplanner.cmd" --version"')
        trials.check(f"console with code page {page}", code == 0 and "beatplanner 0" in out, out)
    kinds_of_files(trials, windows, folder, "HKCU")


def check_log(at: Path) -> str:
    """Return the end of what the small town of an installation said, where it was not solved."""
    return (at / "check.log").read_text("utf-8", "replace")[-1000:] if (at / "check.log").is_file() else ""


def inside(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Try files, processes and modules with the Python of the installation."""
    if setups.filled:
        version = version_at(windows, setups, place)
        files_and_modules(trials, windows, rf"{place.folder}\{version}\python\python.exe", setups.work)


def plans(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Check and plan the sample town."""
    if setups.filled and setups.whole:
        version_at(windows, setups, place)
        planned(trials, windows, place.python, place.folder, setups.work)


def tests(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Run the program's tests."""
    if setups.filled and setups.whole:
        version = version_at(windows, setups, place)
        tested(trials, windows, rf"{place.folder}\{version}\python\python.exe", setups.work)


def opened(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Open a project in the window by a double click, by the launcher, and by the portable folder's program."""
    if not (setups.filled and setups.whole):
        return
    version_at(windows, setups, place)
    if merges(windows):
        click(trials, windows, "", "a double click")
    else:
        trials.note("wine heeds no kind of file of one user: a double click is tried for all users")
    click(trials, windows, rf"{place.folder}\beatplanner.exe", "the launcher")
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
    """Install over an older version, while it runs too, and twice at once."""
    python, folder, at = place
    windows.run(setups.older, "/S")
    before = (at / "current.txt").read_text()
    older = version_of(windows, python, folder)
    code, _ = windows.run(setups.setup, "/S")
    now = (at / "current.txt").read_text()
    newer = version_of(windows, python, folder)
    # without the portable folder's files both are the same program in two packages
    good = code in INSTALLED and now != before and older and newer and (newer != older or setups.portable is None)
    trials.check(f"upgrade of {older} to {newer}", bool(good), (code, before, now))
    trials.check("the older version is gone", not (at / before).exists())
    running = windows.start(rf"{folder}\{now}\python\pythonw.exe", "-c", "import time; time.sleep(9999)")
    time.sleep(5)
    many = len(list((at / now).rglob("*")))
    remove = rf'"{folder}\uninstall.exe" /S _?={folder}'
    code, _ = windows.line(python, remove)
    trials.check(
        "no removal while it runs, and nothing of it is gone", code == 2 and len(list((at / now).rglob("*"))) == many
    )
    first = windows.start(setups.older, "/S")
    # a setup file reads itself to its end before it is the only one: the larger one may come second
    while first.poll() is None and not list(at.glob(f"*/{MARK}")):
        time.sleep(0.1)
    code, _ = windows.run(setups.setup, "/S")
    trials.check("a second setup beside the first is refused", code == 2, code)
    first.communicate()
    good = first.returncode in INSTALLED and works(windows, python, folder)
    trials.check("an upgrade beside a running version", good, first.returncode)
    trials.check("the running one is whole", len(list((at / now).rglob("*"))) >= many)
    windows.kill()
    running.communicate()


def killed(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Kill an upgrade at moments spread over its whole length and a little beyond, then let one end."""
    python, folder, at = place
    version_at(windows, setups, place)
    length = time_to_change(windows, setups.older, at)
    for moment in range(MOMENTS):
        process = windows.start(setups.older if moment % 2 else setups.setup, "/S")
        # the last ones fall behind the change of version
        time.sleep(1.2 * length * (moment + 0.5) / MOMENTS)
        windows.kill()
        process.communicate()
        trials.check(f"killed at moment {moment + 1}: a version works", works(windows, python, folder))
    code, _ = windows.run(setups.setup, "/S")
    versions = [p.name for p in at.iterdir() if p.is_dir()]
    trials.check(
        "after the kills an installation leaves one version", code in INSTALLED and len(versions) == 1, versions
    )


def removed(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Remove it, install it again, and remove that."""
    python, folder, at = place
    remove = rf'"{folder}\uninstall.exe" /S _?={folder}'
    if not at.is_dir():
        windows.run(setups.setup, "/S")
    kept = {at.parents[1] / "beatplanner" / "settings.json", at.parents[3] / "Documents" / "town.beatplan"}
    for file in kept:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("the user's", "utf-8")
    code, _ = windows.line(python, remove)
    # the uninstaller that is told to stay where it is cannot delete itself
    left = [p.name for p in at.iterdir() if p.name != "uninstall.exe"] if at.exists() else []
    trials.check("removal", code == 0 and not left, (code, left))
    trials.check("projects and settings stay", all(file.is_file() for file in kept))
    trials.check("it is gone from the list of programs", windows.run("reg", "query", KEY)[0] != 0)
    kinds = windows.run("reg", "query", r"HKCU\Software\Classes")[1]
    trials.check("no kind of file of its own is left", "beatplan" not in kinds and ".gpkg" not in kinds, kinds)
    code, _ = windows.run(setups.setup, "/S")
    trials.check("installation again", code in INSTALLED and works(windows, python, folder), code)
    for moment in range(5):
        if (at / "uninstall.exe").is_file():
            process = windows.start(rf"{folder}\uninstall.exe", "/S", f"_?={folder}")
            time.sleep(0.3 + 0.5 * moment)
            windows.kill()
            process.communicate()
    left = sorted(p.name for p in at.iterdir()) if at.exists() else []
    trials.note(f"removals that were killed left {left}")
    code, _ = windows.run(setups.setup, "/S")
    trials.check("installation after removals that were killed", code in INSTALLED and works(windows, python, folder))
    windows.line(python, remove)
    left = [p.name for p in at.iterdir() if p.name != "uninstall.exe"] if at.exists() else []
    trials.check("and nothing is left after the removal of that", not left, left)


def hard_place(trials: Trials, windows: Windows, setups: Setups, place: Place) -> None:
    """Install into a folder whose name has what names should not have, and leave there what somebody else put there."""
    python, folder, _ = place
    hard = rf"{folder.partition('AppData')[0]}{HARD_PLACE}"
    code, _ = windows.line(python, rf"{setups.older} /S /D={hard}")
    name = windows.here(hard) / "current.txt"
    version = name.read_text() if name.is_file() else "none"
    # wine's command interpreter takes a percent sign in a line of its own for a variable: the program itself is asked
    said = windows.line(python, rf'"{hard}\{version}\python\python.exe" -X utf8 -m beatplanner --version')[1]
    good = code in INSTALLED and "beatplanner 0" in said
    trials.check("a place with Cyrillic, &, brackets and a percent sign", good, (code, said))
    held = windows.here(hard) / "mine.txt"
    if held.parent.is_dir():
        held.write_text("a file of somebody else", "utf-8")
    # nobody names a folder: the newer one goes where the older is
    code, _ = windows.run(setups.setup, "/S")
    now = name.read_text() if name.is_file() else "none"
    elsewhere_too = (place.at / "current.txt").exists()
    good = code in INSTALLED and now != version and not elsewhere_too
    trials.check("an upgrade finds its place", good, (code, version, now, elsewhere_too))
    # a second copy, installed later, whose entries the removal of the first leaves
    second = r"C:\second copy"
    windows.line(python, rf"{setups.older} /S /D={second}")
    windows.line(python, rf'"{hard}\uninstall.exe" /S _?={hard}')
    there = second in windows.run("reg", "query", KEY)[1]
    trials.check("removal leaves the entries of another copy, which works", there and works(windows, python, second))
    windows.line(python, rf'"{second}\uninstall.exe" /S _?={second}')
    gone = windows.run("reg", "query", KEY)[0] != 0
    trials.check("and those go with that", gone and not (windows.here(second) / "current.txt").exists())
    left = [p.name for p in held.parent.iterdir() if p.name != "uninstall.exe"]
    trials.check("what somebody else put there stays, and nothing else", left == [held.name], left)


PARTS = {
    f.__name__: f for f in (at_home, inside, plans, tests, opened, upgraded, killed, removed, hard_place, elsewhere)
}
# What is tried in them does not ask whether an installation compiles the kernels, as `at_home` and `elsewhere` do.
WITHOUT_KERNELS = ("upgraded", "killed", "removed", "hard_place")


def made_ready(work: Path, setup: Path | None, portable: Path | None) -> tuple[Windows, Setups, Place]:
    """Make a Windows, the setup files that are tried in it, and a Python that is no part of an installation."""
    if setup is None:
        older, newer = (small_setup(work, v, work / "small" / "content") for v in ("0.1.0", "0.1.1"))
    else:
        older, newer = setup if portable is None else older_setup(work, portable), setup
    setups = Setups(
        f"Z:{newer.resolve().as_posix()}",
        f"Z:{older.resolve().as_posix()}",
        work,
        setup is not None,
        can_be_filled(),
        portable,
    )
    windows = Windows(work / "prefix")
    windows.run("wineboot", "-i")
    if setups.filled:
        windows.fill_gaps(work / "gaps")
    else:
        print(
            f"     {COMPILER} is not here: files, processes, modules and tests inside Windows are not tried", flush=True
        )
    user = next(p for p in (windows.drive / "users").iterdir() if p.name != "Public").name
    home = rf"C:\users\{user}\AppData\Local\Programs\beatplanner"
    alone = work / "runtime-only"
    if not alone.is_dir():
        lay_out(alone, fetch_runtime(work / "runtime"), [])
    python = f"Z:{(alone / 'python' / 'python.exe').as_posix()}".replace("/", "\\")
    return windows, setups, Place(python, home, windows.here(home))


def main() -> int:
    """Run the trials that the command line asks for, and return 1 where one failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("setup", nargs="?", type=Path)
    parser.add_argument("--portable", type=Path, help="the portable folder's archive of the same build")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where its Windows stays, to go on later")
    parser.add_argument("--record", type=Path, metavar="FILE", help="of the parts that ended; else in the kept folder")
    given = parser.parse_args()
    kept: AbstractContextManager[str] = (
        nullcontext(str(given.keep))
        if given.keep
        else tempfile.TemporaryDirectory(prefix="beatplanner-windows-", ignore_cleanup_errors=True)
    )
    failed = 0
    with kept as folder:
        work = Path(folder).resolve()
        work.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(given.setup.read_bytes()).hexdigest() if given.setup else "small"
        record = Record(given.record or work / "record.jsonl", digest)
        left = [name for name in given.only if record.good(name) is None]
        for name in given.only:
            for line in record.good(name) or ():
                print(f"{line} (earlier)", flush=True)
        if left:
            windows, setups, place = made_ready(work, given.setup, given.portable)
            for name in left:
                trials, begun = Trials(), time.monotonic()
                print(f"== {name}", flush=True)
                with windows.without_kernels() if name in WITHOUT_KERNELS else nullcontext():
                    PARTS[name](trials, windows, setups, place)
                record.add(name, trials, time.monotonic() - begun)
                failed += trials.failed
            windows.kill()
    print(f"{failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
