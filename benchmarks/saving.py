"""Kills a program while it saves a project, swaps a result folder or makes a pack: each time the old or the new must be there.

    python benchmarks/saving.py --kills 1000

A child changes a project and saves it in a loop; it is killed at a random moment. Then the file must be whole, hold what the child last
called saved (or the save after it), and what was done since must stand in the journal.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path

# A result folder is replaced by a new one, whole each time; half of the time as a system does that cannot exchange folders in one step.
SWAPPER = """
import os, sys
from pathlib import Path
from beatplanner.data import output_place

out, count = Path(sys.argv[1]), 0
if sys.argv[2] == "two renames":
    output_place._exchange = lambda one, other: False
print("begun", flush=True)
while True:
    count += 1
    part = out.parent / f".{out.name}.{os.getpid()}.part"
    (part / "forum").mkdir(parents=True)
    for name in ("plan.gpkg", "summary.json", "forum/pack.pdf"):
        (part / name).write_text(str(count) * 2000)
    output_place.swap_in(part, out)
"""
PACKER = """
import sys
from pathlib import Path
from beatplanner.planning.forum.forum_pack import remake_pack

print("begun", flush=True)
while True:
    remake_pack(Path(sys.argv[1]))
"""


def _save_on(project: Path, environment: dict[str, str], line: Connection) -> None:
    """Change a project and save it, on and on; what is done and what is saved is sent as it is."""
    os.environ.update(environment)
    from beatplanner.data.project.document import ProjectDocument

    document = ProjectDocument.open(project)
    count = int(document.content.state.get("count", 0))
    while True:
        count += 1
        document.keep("count", count, f"Edit {count}")
        line.send(("done", count))
        document.save()
        line.send(("saved", count))


def _heard(line: Connection) -> Iterator[tuple[str, int]]:
    """Give what a child has sent, up to its end; what it was just sending is none."""
    with line, suppress(EOFError, OSError):
        while True:
            yield line.recv()


def _killed(code: str, arguments: list[str], wait: float, until: Callable[[], bool] | None = None) -> None:
    """Run a child until it has begun, and until something holds where that is given, and kill it after a while."""
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert child.stdout is not None
    assert child.stdout.readline(), "the child did not begin"
    while until is not None and child.poll() is None and not until():
        time.sleep(0.01)
    time.sleep(wait)
    child.kill()
    child.stdout.close()
    child.wait()


def kill_during_swaps(folder: Path, kills: int, seed: int = 0) -> dict[str, int]:
    """Kill a child that replaces a result folder; the folder must be whole after the next command settles it, and nothing lie beside.

    Raises
    ------
    AssertionError
        Where a result was lost, halved, or leftovers stay.
    """
    from beatplanner.data.output_place import recover_output

    chance, caught, out = random.Random(seed), 0, folder / "plan"
    for number in range(kills):
        _killed(SWAPPER, [str(out), "two renames" if number % 2 else "one step"], chance.uniform(0, 0.03))
        caught += len(list(folder.glob(".plan.*"))) > 0
        there = out.exists() or bool(list(folder.glob(".plan.*.old")))
        recover_output(out)
        assert out.exists() or not there, "the result is gone"
        if out.exists():
            found = {(out / name).read_text() for name in ("plan.gpkg", "summary.json", "forum/pack.pdf")}
            assert len(found) == 1, "half a result"
        assert not list(folder.glob(".plan.*")), "leftovers stay"
    return {"swaps killed": kills, "caught with something beside": caught}


def kill_during_packs(result: Path, kills: int, seed: int = 0) -> dict[str, int]:
    """Kill a child that makes a pack anew; the pack must be the old or the new one, every file as its audit wants it.

    Raises
    ------
    AssertionError
        Where a pack was lost or halved.
    """
    from beatplanner.data.output_place import recover_output
    from beatplanner.planning.forum.audit import audit

    chance, caught = random.Random(seed), 0
    names = {p.name for p in (result / "forum").iterdir()}
    for _ in range(kills):
        # a pack is read and checked for a while before it is written: aimed at the writing, and at the swap where the wait is longer
        _killed(PACKER, [str(result)], chance.uniform(0, 12), lambda: bool(list(result.glob(".forum.*"))))
        caught += len(list(result.glob(".forum.*"))) > 0
        recover_output(result / "forum")
        assert {p.name for p in (result / "forum").iterdir()} == names, "half a pack"
        assert all(c.ok for c in audit(result)), "the pack is damaged"
        assert not list(result.glob(".forum.*")), "leftovers stay"
    return {"packs killed": kills, "caught with a half pack beside": caught}


def kill_during_saves(project: Path, kills: int, seed: int = 0, longest: float = 0.15) -> dict[str, int]:
    """Kill a saving child `kills` times; return how often it was caught between doing and saving.

    Raises
    ------
    AssertionError
        Where a saved state was lost or damaged.
    """
    from beatplanner.data.project.document import ProjectDocument, read_document
    from beatplanner.data.project.journal import recoveries

    processes = multiprocessing.get_context("spawn")
    if sys.platform == "linux":
        # forked from one process that has loaded what they need
        processes = multiprocessing.get_context("forkserver")
        processes.set_forkserver_preload(["beatplanner.data.project.document"])
    chance = random.Random(seed)
    caught = leftovers = 0
    for _ in range(kills):
        here, there = processes.Pipe(duplex=False)
        child = processes.Process(target=_save_on, args=(project, dict(os.environ), there))
        child.start()
        there.close()
        sent = _heard(here)
        first = next(sent, None)
        assert first is not None, "the child did not begin"
        time.sleep(chance.uniform(0, longest))
        child.kill()
        child.join()
        told = [first, *sent]
        done, saved = (max((n for kind, n in told if kind == wanted), default=0) for wanted in ("done", "saved"))
        leftovers += bool(list(project.parent.glob(".*.part*")))
        with closing(sqlite3.connect(project)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = int(read_document(project).content.state.get("count", 0))
        assert count >= saved, f"saved state {saved} was lost: the file holds {count}"
        caught += count < done
        document = ProjectDocument.open(project)
        assert not document.read_only_because, document.read_only_because
        for recovery in recoveries(project):
            document.recover(recovery)
            recovery.forget()
        assert document.content.state["count"] >= done, (
            f"step {done} was lost: {document.content.state['count']} came back"
        )
        document.close()
        assert not list(project.parent.glob(".*.part*")), "leftovers stay"
    return {"kills": kills, "caught between doing and saving": caught, "left a half-written file beside": leftovers}


def main() -> None:
    """Build the sample town as a project and kill its saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--packs", type=int, default=20, help="of the kills, those while a pack is made; each takes seconds"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from beatplanner.data.project.build import build
    from beatplanner.data.sample.sample_town import write_sample_town

    folder = Path(tempfile.mkdtemp(prefix="beatplanner-saving-"))
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    try:
        project = folder / "town.gpkg"
        description = write_sample_town(folder / "layers")
        build(description, project)
        begin = time.monotonic()
        found = kill_during_saves(project, options.kills - options.packs - options.kills // 2, options.seed)
        (folder / "swaps").mkdir()
        found |= kill_during_swaps(folder / "swaps", options.kills // 2, options.seed)
        if options.packs:
            from beatplanner.planning.whole.run import run

            run(description, folder / "plan", steps=("beats",), time_limit=10)
            found |= kill_during_packs(folder / "plan", options.packs, options.seed)
        for name, number in found.items():
            print(f"{name:35} {number}")
        print(f"{'project':35} {project.stat().st_size / 1e6:.1f} MB")
        print(f"{'seconds':35} {time.monotonic() - begin:.0f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
