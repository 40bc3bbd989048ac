"""Progress on the command line: one clock, a unit on each number, and a last line that says what was proven."""

import json
import re
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from beatplanner.planning.progress import with_amount
from beatplanner.ui.commands import console
from beatplanner.ui.commands.console import PlainProgress
from beatplanner.ui.words import progress_line

pytestmark = pytest.mark.usefixtures("bare_plans")


def test_the_last_line_of_a_phase_says_what_was_proven():
    said = []
    lines = PlainProgress(said.append, every=3600)
    lines("reading", None, None, 0.0)
    lines("officers", None, None, 1.0)
    lines("officers [points]", 900.0, 1.0, 1.0)
    lines("officers [points]", 900.0, 899.99, 5.0)
    lines("writing", None, None, 6.0)
    lines.flush()
    assert [line.split("s  ")[1] for line in said] == [
        "reading",
        "officers",
        "officers: best 900 points, proven optimal",
        "writing",
    ]


def test_pages_that_are_written_are_told_now_and_then_and_not_each():
    said: list[str] = []
    every = PlainProgress(said.append, every=0.0)
    few: list[str] = []
    seldom = PlainProgress(few.append, every=1e9)
    part = "writing: the pack in sq"
    for tell in (every, seldom):
        tell(part, None, None, 1.0)
        for done in (2, 4):
            tell(with_amount(part, done, 4), None, None, float(done))
        tell("writing: the pack in mk", None, None, 5.0)
        tell.flush()
    assert [line.split("  ")[-1] for line in said] == [
        part,
        f"{part} (2 of 4 pages)",
        f"{part} (4 of 4 pages)",
        "writing: the pack in mk",
    ]
    assert [line.split("  ")[-1] for line in few] == [part, "writing: the pack in mk"]


def test_numbers_have_units_and_no_gap_is_told_where_all_is_proven():
    assert progress_line("beats of A [hours × metres]: proof", 1000.0, 950.0) == (
        "beats of A: proof: best 1,000 hours × metres, proven at least 950 (gap 5.0%)"
    )
    assert progress_line("beats [hours × metres]", 0.0, 0.0) == "beats: best 0 hours × metres, proven optimal"
    assert progress_line("beats", 5.0, None) == "beats: best 5"
    # brackets in the name of a place are no unit
    assert progress_line("beats of A [x]", 5.0, None) == "beats of A [x]: best 5"
    assert progress_line("beats of A [x] [metres]: proof", 5.0, None) == "beats of A [x]: proof: best 5 metres"
    assert progress_line("beats of A [x]: proof", None, None) == "beats of A [x]: proof"
    # a gap of nearly all tells that the proof has not begun
    assert (
        progress_line(
            "officers [points]",
            900.0,
            0.5,
        )
        == "officers: best 900 points, no useful bound yet"
    )


def test_a_run_has_one_clock_and_ends_each_step_with_its_proof(town, command):
    code, _, stderr = command("plan", town.project, "--out", town.path("out"), "--seed", 1)
    assert code == 0
    lines = [m for line in stderr.splitlines() if (m := re.match(r" *([\d.]+) s  (.*)", line))]
    seconds = [float(m[1]) for m in lines]
    assert seconds == sorted(seconds)
    for m in lines:
        assert "best" not in m[2] or re.search(
            r"best [\d,]+ (hours × metres|residents|points|metres|stations)", m[2]
        ), m[2]
    last = {
        m[2].split(":")[0].split()[0]: m[2]
        for m in lines
        if m[2].split()[0].rstrip(":") in ("beats", "stations", "officers")
    }
    assert "gap 9" not in stderr
    beats = json.loads((town.path("out") / "summary.json").read_text(encoding="utf-8"))["beats"]
    assert last["beats"] == progress_line("beats [hours × metres]", beats["objective"], beats["lower_bound"])
    assert all("proven" in last[step] for step in ("beats", "officers"))


@pytest.mark.parametrize("compiled", [False, True])
def test_lines_and_the_sum_at_the_end_have_one_clock(monkeypatch, compiled):
    said, now = [], [100.0]

    def run(project, out, *, progress, **_):
        # seven seconds passed while the program was loaded; the run's own clock begins here
        for at, phase in ((107.0, "preparing"), (137.0, "reading"), (140.0, "beats"), (150.0, "writing"))[
            1 - compiled :
        ]:
            now[0] = at
            progress(phase, None, None, at - 107.0)
        now[0] = 170.0
        return {"feasible": True}

    monkeypatch.setattr("beatplanner.planning.whole.run.run", run)
    monkeypatch.setattr(console, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(console, "side_work", lambda *_: nullcontext())
    monkeypatch.setattr(console.err_console, "print", lambda text, **_: said.append(text))
    console.plan_project(Path("town.toml"), Path("no-such-folder"))
    seconds = {m[2].split(":")[0]: float(m[1]) for m in (re.match(r" *([\d.]+) s  (.*)", line) for line in said) if m}
    assert seconds["reading"] == 37.0 and seconds["beats"] == 40.0 and seconds["writing"] == 50.0
    ready, read = ("got ready in 30.0 s, ", 10.0) if compiled else ("", 40.0)
    assert said[-1] == f"  70.0 s  {ready}read in {read:.1f} s, solved in 10.0 s, written in 20.0 s"
