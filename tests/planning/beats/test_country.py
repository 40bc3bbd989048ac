"""Municipalities in parallel give the plan of the serial run; a failure is told; a killed run goes on; officers are shared out."""

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.planning.beats.parallel import PartFailedError
from beatplanner.planning.beats.problems import Problems
from beatplanner.planning.changes.sharing_out import with_officers_proof
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.country import country_plan, largest_remainder
from beatplanner.planning.whole.run import run
from conftest import SHARED

pytestmark = pytest.mark.usefixtures("bare_plans")

SERVICE = '\n[service]\nshifts = [{ name = "day", start = "07:00", end = "15:00" }]\n'


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=8), st.integers(0, 3), st.integers(0, 40))
@settings(deadline=None)
def test_largest_remainders_with_a_minimum(hours, minimum, spare):
    total = minimum * len(hours) + spare
    names = [f"M{k}" for k in range(len(hours))]
    shares = largest_remainder(names, np.array(hours), total, minimum)
    assert shares["officers"].sum() == total
    assert (shares["officers"] >= minimum).all()
    free = shares[~shares["at_minimum"]]
    # who is above the minimum gets a neighbour of the exact share
    assert (np.abs(free["officers"] - free["quota"]) < 1 + 1e-9).all() or free["hours"].sum() == 0


def test_a_share_out_with_a_known_answer():
    # quotas of ten officers: 5.3, 3.1, 1.6; the one left over goes to the largest remainder
    shares = largest_remainder(["a", "b", "c"], np.array([53.0, 31.0, 16.0]), 10, 0)
    assert shares["officers"].tolist() == [5, 3, 2]
    # with a minimum of two the third leaves the table, and eight are shared between the others
    shares = largest_remainder(["a", "b", "c"], np.array([53.0, 31.0, 6.0]), 10, 2)
    assert shares["at_minimum"].tolist() == [False, False, True]
    assert shares["officers"].tolist() == [5, 3, 2]
    with pytest.raises(InputError, match="3 officers are fewer than 2 for each of 2 municipalities"):
        largest_remainder(["a", "b"], np.ones(2), 3, 2)


def test_no_other_share_out_is_nearer_to_the_exact_shares():
    from benchmarks.claims_country import wrong_share, wrong_shares

    assert not [(seed, wrong) for seed in range(60) if (wrong := wrong_shares(seed))]
    # 5.3, 3.1 and 1.6 of ten: the one that is left over belongs to the third
    hours = np.array([53.0, 31.0, 16.0])
    assert wrong_share(["a", "b", "c"], hours, 10, 0, np.array([6, 3, 1]))
    assert not wrong_share(["a", "b", "c"], hours, 10, 0, np.array([5, 3, 2]))


def results_of(folder):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for step in ("beats", "stations", "officers"):
        summary.get(step, {}).pop("seconds", None)
    units = gpd.read_file(folder / "plan.gpkg", layer="units")
    return {k: summary.get(k) for k in ("beats", "clashes", "feasible", "workload")}, units


@pytest.mark.papers
def test_parallel_as_serial_and_a_failure_told_and_made_good(town, monkeypatch):
    serial, parallel = town.path("serial"), town.path("parallel")
    run(town.project, serial, steps=("beats",), pack=False)

    # one municipality's problem is broken on its way to the worker
    whole = Problems._parts

    def broken(self):
        parts = whole(self)
        bad = replace(parts[0].problem, weight=parts[0].problem.weight[:-3])
        return [replace(parts[0], problem=bad), *parts[1:]]

    monkeypatch.setattr(Problems, "_parts", broken)
    monkeypatch.setattr(Problems, "_loosened_locks", lambda self, part: part)
    with pytest.raises(PartFailedError, match="West could not be planned: the program failed") as failed:
        run(town.project, parallel, steps=("beats",), pack=False, workers=1)
    assert "goes on from there" in failed.value.what_failed and not parallel.exists()
    assert len(list((town.folder / ".parallel.municipalities").glob("*.json"))) == 1

    # the same again, mended: what was done is not done again, and the plan is that of the serial run
    monkeypatch.undo()
    lines = []
    run(town.project, parallel, steps=("beats",), pack=False, workers=1, progress=lambda phase, *_: lines.append(phase))
    assert any("2 of 2 municipalities, 1 kept from before" in line for line in lines)
    assert not (town.folder / ".parallel.municipalities").exists()
    (a, units_a), (b, units_b) = results_of(serial), results_of(parallel)
    assert a == b
    assert units_a["beat"].tolist() == units_b["beat"].tolist()
    assert verify(parallel).ok


# Each pair of options stands in one of these runs or of the serial ones; a limit lets the proof run to its end, which these few units reach at once.
TOGETHER = [(2, 2, 1e6, 0), (2, 1, 1e6, 3), (None, 2, None, 3)]


@pytest.fixture
def workers_once(monkeypatch):
    """Start as many workers as are asked for once for all plans of a test: two processes load what they need, and not two for each plan."""
    from beatplanner.planning.beats import parallel

    start, started = parallel.worker_pool, {}
    with ExitStack() as stack:

        @contextmanager
        def pool(workers, scheduler, out):
            if workers is None:
                yield None
                return
            if workers not in started:
                started[workers] = stack.enter_context(start(workers, scheduler, out))
            first = started[workers]
            yield parallel.WorkerPool(first.client, workers, first.kept.with_name(f".{out.name}.municipalities"))

        monkeypatch.setattr(parallel, "worker_pool", pool)
        yield


@pytest.mark.usefixtures("workers_once")
def test_workers_threads_time_and_seed_give_the_serial_plan(town):
    """Every combination plans what the serial run plans, a shared budget included, and none may leave a municipality unplanned."""
    town.swap("tolerance = 0.25", "tolerance = 0.25\nmax_moved = 0.3")
    plain = {seed: planned_results(town, f"serial-{seed}", seed=seed) for seed in (0, 3)}
    for workers, threads, limit, seed in TOGETHER:
        options = {"workers": workers, "threads": threads, "time_limit": limit, "seed": seed}
        assert planned_results(town, f"there-{workers}-{threads}-{limit}-{seed}", **options) == plain[seed], options


def test_a_scheduler_that_does_not_answer(town, command, monkeypatch):
    from beatplanner.planning.beats import parallel

    monkeypatch.setattr(parallel, "ANSWER", 0.5)
    code, _, err = command("plan", town.project, "--out", town.path("out"), "--scheduler", "tcp://127.0.0.1:9")
    assert code == 1 and "tcp://127.0.0.1:9 does not answer" in err and "dask worker" in err
    assert command("plan", town.project, "--out", town.path("out"), "--workers", 2, "--scheduler", "tcp://a:1")[0] == 2
    assert command("plan", town.project, "--out", town.path("out"), "--workers", 0)[0] == 2


@pytest.mark.papers
def test_a_scheduler_with_a_worker_plans_as_the_serial_run(town):
    """As README and guide have it: a scheduler, a worker that joins it, and a plan sent there."""
    address = re.compile(r"tcp://127\.0\.0\.1:\d+")
    quiet = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=quiet) as scheduler:
        worker = None
        try:
            where = next(found[0] for line in scheduler.stderr if (found := address.search(line)))
            threading.Thread(target=scheduler.stderr.read, daemon=True).start()
            serial = planned_results(town, "serial")
            with pytest.raises(InputError, match="has no workers"):
                run(town.project, town.path("none"), steps=("beats",), pack=False, scheduler=where)
            command = [sys.executable, "-m", "dask", "worker", where, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
            worker = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=quiet)
            next(line for line in worker.stderr if "Registered to" in line)
            threading.Thread(target=worker.stderr.read, daemon=True).start()
            assert planned_results(town, "there", scheduler=where) == serial
            assert verify(town.path("there")).ok
        finally:
            for process in (worker, scheduler):
                if process is not None:
                    process.terminate()
                    process.wait()


def planned_results(town, name, **options):
    run(town.project, town.path(name), steps=("beats",), pack=False, **options)
    summary, units = results_of(town.path(name))
    return summary, units["beat"].tolist()


COUNTRY = """[project]
name = "North Macedonia"
[units]
path = "{data}/units.gpkg"
id = "settlement"
name = "name"
population = "population"
municipality = "municipality"
[beats]
count = "auto"
tolerance = 1.0
[country]
officers = 320
regions = {{ path = "{data}/municipalities.gpkg", municipality = "name", region = "region" }}
"""


@pytest.mark.papers
@pytest.mark.skipif(not (SHARED / "macedonia").is_dir(), reason="the Macedonian data are not beside the project")
def test_a_whole_country_summed_up(tmp_path, fixed_work):
    project = tmp_path / "project.toml"
    project.write_text(COUNTRY.format(data=(SHARED / "macedonia").as_posix()), encoding="utf-8")
    run(project, tmp_path / "out", pack=False)
    tables = read_result(tmp_path / "out")
    from beatplanner.data.description.read import read_description

    found = country_plan(tables, read_description(project))
    assert (found.table["level"] == "municipality").sum() == 80
    regions, country = found.table[found.table["level"] == "region"], found.table.iloc[-1]
    # thirteen municipalities of the layer have no region
    assert "(no region)" in set(regions["name"]) and "13 municipalities have no region" in str(found.notes[0])
    for key in ("residents", "hours", "beats", "officers_required", "officers_shared"):
        assert regions[key].sum() == pytest.approx(country[key])
    assert country["officers_shared"] == 320
    assert tables.summary["country"]["officers_shared"] == 320
    assert (tmp_path / "out" / "share-out.csv").is_file()
    assert "Greater Skopje" in (tmp_path / "out" / "country.html").read_text(encoding="utf-8")


@pytest.mark.papers
@pytest.mark.usefixtures("without_pack")
def test_officers_shared_out_make_a_plan_of_its_own(town, command):
    with town.project.open("a", encoding="utf-8") as file:
        file.write(SERVICE)
    run(town.project, town.path("out"), pack=False)
    before = (town.path("out") / "summary.json").read_bytes()
    code, _, _ = command("country", town.path("out"), "--officers", 5, "--minimum", 0, "--out", town.path("five"))
    assert code == 0 and (town.path("out") / "summary.json").read_bytes() == before
    tables = read_result(town.path("five"))
    has = tables.summary["country"]
    assert has["officers_shared"] == 5 == int(tables.beats["posts"].sum()) == tables.summary["officers"]["posts"]
    # two officers are needed in each of four beats: three are missing, none is over, and no post is beyond the officers
    assert (has["officers_missing"], has["officers_over"], has["posts_unstaffed"]) == (3, 0, 0)
    # what is told in words is that of the new plan, not of the one that it is made of
    words = " ".join(n["text"] for n in tables.summary["notes"])
    assert "8 posts" not in words and words.count("officers required: ") == 1 and "cover 0% to" not in words
    assert verify(town.path("five")).ok and verify(town.path("out")).ok
    # other posts are other officers on duty
    served = tables.summary["service"]
    assert served == json.loads((town.path("five") / "service.json").read_text(encoding="utf-8"))
    duty = [read_result(town.path(n)).summary["service"]["shifts"][0]["servers_on_duty"] for n in ("out", "five")]
    assert duty[0] != duty[1] and tables.beats["beat"].tolist() == read_result(town.path("out")).beats["beat"].tolist()
    # a certificate that knows beats in another order is put into the plan's
    turned = with_officers_proof(replace(tables, beats=tables.beats.iloc[::-1]), tables)["officers"]
    assert (turned["posts"][::-1] == tables.proofs["officers"]["posts"]).all()
    assert (turned["needs"][::-1] == tables.proofs["officers"]["needs"]).all()
    assert (turned["moves"] == tables.proofs["officers"]["moves"]).all()
    # the plain command sums up by the plan's own rules and changes nothing else
    assert command("country", town.path("five"))[0] == 0 and verify(town.path("five")).ok


def test_too_few_and_too_many_officers_are_told(town, command):
    with town.project.open("a", encoding="utf-8") as file:
        file.write(SERVICE)
    run(town.project, town.path("out"), pack=False)
    # two officers for four beats: two beats stay empty and are named
    code, out, _ = command("country", town.path("out"), "--officers", 2, "--minimum", 0)
    two = town.path("out").with_name("out-2-officers-at-least-0")
    names = json.loads((two / "summary.json").read_text(encoding="utf-8"))["country"]["empty_beats"]
    assert code == 0 and len(names) == 2 and "Without an officer: " + ", ".join(names) in out
    assert "2 beats get no officer" in (two / "country.html").read_text(encoding="utf-8")
    assert verify(two).ok
    # far more officers than work: what is over is told, never a negative number missing
    code, out, _ = command("country", town.path("out"), "--officers", 50, "--out", town.path("fifty"))
    has = read_result(town.path("fifty")).summary["country"]
    assert (has["officers_missing"], has["officers_over"]) == (0, 42)
    assert "-" not in out.split("Results")[0].replace("- ", "")
    assert command("country", town.path("out"), "--officers", 3)[0] == 1


@pytest.mark.parametrize(
    "content", ["", '{"kind": "Mun', "[1]", '{"kind": "NoSuch"}', '{"kind": "Node", "no": 1}', "\xff"]
)
def test_a_kept_municipality_that_cannot_be_read_is_planned_anew(tmp_path, content):
    from beatplanner.planning.beats.kept_parts import read_part

    (tmp_path / "kept.json").write_text(content, "latin-1")
    assert read_part(tmp_path / "kept.json") is None and read_part(tmp_path / "none.json") is None


class EnoughError(Exception):
    """What was looked for was seen."""


def test_workers_start_while_layers_are_read_and_stations_are_planned_beside_the_beats(town, monkeypatch):
    from beatplanner.planning.beats import parallel
    from beatplanner.planning.beats import plan as of_beats
    from beatplanner.planning.stations import plan as of_stations
    from beatplanner.planning.whole import run as whole

    # each waits for the other: one after another they would wait in vain
    together, beats_begun = threading.Barrier(2), threading.Event()
    read = whole.read_town

    @contextmanager
    def workers(*_):
        together.wait()
        yield object()

    def reading(description):
        together.wait()
        return read(description)

    def beats(*_, worker_pool, **__):
        assert worker_pool is not None
        beats_begun.set()
        raise EnoughError

    monkeypatch.setattr(parallel, "worker_pool", workers)
    monkeypatch.setattr(whole, "read_town", reading)
    monkeypatch.setattr(of_beats, "plan_beats", beats)
    monkeypatch.setattr(of_stations, "plan_stations", lambda *_, **__: beats_begun.wait())
    with pytest.raises(EnoughError):
        run(town.project, town.path("out"), workers=2, threads=1, pack=False)
