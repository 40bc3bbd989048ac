"""What only Windows does to files and processes, tried with the Python of an installation: run by `windows`, never by itself.

    python.exe windows_inside.py FOLDER

Needs the standard library and those modules of the program that need no more. Prints a line a trial; ends with 1 where one fails.
"""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

# Programs of others: one reads a project and keeps it open, one holds a file for a while, one has a project open and never closes it.
READER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT count(*) FROM units").fetchone()[0], flush=True)
sys.stdin.read()
"""
HOLDER = """
import sys, time
with open(sys.argv[1], "rb"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
OWNER = """
import sys
from pathlib import Path
from beatplanner.data.project.lock import ProjectLock
print(ProjectLock(Path(sys.argv[1])).acquire(), flush=True)
sys.stdin.read()
"""


def other(code: str, *arguments: object) -> tuple[subprocess.Popen, str]:
    """Start a program of somebody else, and return it with the first line that it says."""
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def rows(project: Path) -> int:
    """Return how many units a project has."""
    with closing(sqlite3.connect(project)) as database:
        return database.execute("SELECT count(*) FROM units").fetchone()[0]


def add_unit(part: Path) -> None:
    """Change a version of a project."""
    with closing(sqlite3.connect(part)) as database, database:
        database.execute("INSERT INTO units VALUES (1)")


def saved_beside_a_reader(folder: Path) -> str:
    """Save into a project that a reader such as QGIS keeps open."""
    from beatplanner.data.project.safe_save import replace_package

    project = folder / "Скопје & 100%.beatplan"
    with closing(sqlite3.connect(project)) as database, database:
        database.execute("CREATE TABLE units (id INTEGER)")
    process, said = other(READER, project)
    try:
        held = False
        try:
            project.replace(project.with_name("moved")).replace(project)
        except PermissionError:
            held = True
        replace_package(project, project, add_unit)
        left = [p.name for p in folder.iterdir() if p.name.startswith(f".{project.name}")]
        return (
            "" if said == "0" and held and rows(project) == 1 and not left else f"{said} {held} {rows(project)} {left}"
        )
    finally:
        process.kill()
        process.wait()


def moved_when_let_go(folder: Path) -> str:
    """Replace a file that a scanner holds for a second."""
    from beatplanner.data.output_place import move

    new, old = folder / "new.txt", folder / "old.txt"
    new.write_text("new", "utf-8")
    old.write_text("old", "utf-8")
    process, _ = other(HOLDER, old, 1.0)
    try:
        move(new, old, 40)
    finally:
        process.wait()
    return "" if old.read_text("utf-8") == "new" and not new.exists() else "not moved"


def one_project_one_owner(folder: Path) -> str:
    """Refuse a project that another process has open, and take it when that was killed."""
    from beatplanner.data.project.lock import ProjectLock

    project = folder / "locked.beatplan"
    project.write_text("", "utf-8")
    process, said = other(OWNER, project)
    first = ProjectLock(project)
    refused = not first.acquire()
    named = first.holder is not None and first.holder.pid == process.pid
    process.kill()
    process.wait()
    second = ProjectLock(project)
    taken = second.acquire()
    second.release()
    return "" if said == "True" and refused and named and taken else f"{said} {refused} {named} {taken}"


def square(number: int) -> int:
    """Return a number's square, in a worker."""
    from beatplanner.data.running_programs import is_running

    return number * number if is_running(os.getppid()) else -1


def spawned(_folder: Path) -> str:
    """Compute in processes that are spawned, as Windows alone can."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.map(square, range(5))
    return "" if found == [0, 1, 4, 9, 16] else str(found)


def main() -> int:
    """Run all trials."""
    folder, failed = Path(sys.argv[1]), 0
    folder.mkdir(parents=True, exist_ok=True)
    for trial in (saved_beside_a_reader, moved_when_let_go, one_project_one_owner, spawned):
        begun = time.monotonic()
        try:
            wrong = trial(folder)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        failed += bool(wrong)
        about = (trial.__doc__ or trial.__name__).rstrip(".")
        print(f"{'FAIL' if wrong else 'ok'} {about} ({time.monotonic() - begun:.0f} s){': ' if wrong else ''}{wrong}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
