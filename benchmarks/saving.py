"""Kills a program while it saves a project, again and again: each time the last saved state must open.

    python benchmarks/saving.py --kills 200

A child changes a project and saves it in a loop; it is killed at a random moment. Then the file must be whole, hold what the child last
called saved (or the save after it), and what was done since must stand in the journal.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

CHILD = """
import sys
from pathlib import Path
from beatplanner.data.project.document import ProjectDocument

document = ProjectDocument.open(Path(sys.argv[1]))
count = int(document.content.state.get("count", 0))
while True:
    count += 1
    document.keep("count", count, f"Edit {count}")
    print("done", count, flush=True)
    document.save()
    print("saved", count, flush=True)
"""


def kill_during_saves(project: Path, kills: int, seed: int = 0, longest: float = 0.15) -> dict[str, int]:
    """Kill a saving child `kills` times; return how often it was caught between doing and saving.

    Raises
    ------
    AssertionError
        Where a saved state was lost or damaged.
    """
    from beatplanner.data.project.document import ProjectDocument, read_document
    from beatplanner.data.project.journal import recoveries

    chance = random.Random(seed)
    caught = leftovers = 0
    for _ in range(kills):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(project)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert child.stdout is not None
        first = child.stdout.readline()
        assert first, "the child did not begin"
        time.sleep(chance.uniform(0, longest))
        child.kill()
        lines = [first, *child.stdout.read().splitlines()]
        child.stdout.close()
        child.wait()
        done, saved = (
            max((int(line.split()[1]) for line in lines if line.startswith(kind) and len(line.split()) == 2), default=0)
            for kind in ("done", "saved")
        )
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
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from beatplanner.data.project.build import build
    from beatplanner.data.sample.sample_town import write_sample_town

    folder = Path(tempfile.mkdtemp(prefix="beatplanner-saving-"))
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    try:
        project = folder / "town.gpkg"
        build(write_sample_town(folder / "layers"), project)
        begin = time.monotonic()
        found = kill_during_saves(project, options.kills, options.seed)
        for name, number in found.items():
            print(f"{name:35} {number}")
        print(f"{'project':35} {project.stat().st_size / 1e6:.1f} MB")
        print(f"{'seconds':35} {time.monotonic() - begin:.0f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
