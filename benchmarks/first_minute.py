"""Measure the first minute and every minute after: the table of what a user waits for, cold and warm, beside what it must be.

    python -m benchmarks.first_minute [--only demo beats stations version country large tests] [--limit SECONDS] [--out FILE.md]

*Cold* is the first run after an installation: kernels are compiled into an empty folder by what an installer runs (told, and not counted), and the
program's files are taken out of the system's cache (Linux). *Warm* is the same again. Without ``--only`` the long ones are left out: ``large`` (the plan of
20,000 units with a limit of 600 s, or of ``--limit``) and ``tests``. ``country`` needs ``../shared/macedonia`` beside the checkout. The machine must do nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.new_haven import FOLDER as NEW_HAVEN
from benchmarks.new_haven import LAYERS
from benchmarks.start import forget

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "macedonia"
SHORT, LONG = ("version", "stations", "beats", "demo", "country"), ("large", "tests")
SECONDS = re.compile(r"read in ([\d.]+) s, solved in ([\d.]+) s.*?written in ([\d.]+) s")
Row = tuple[str, str, str, str]

COUNTRY = """[project]
name = "Country"
[units]
path = "{data}/units.gpkg"
id = "settlement"
name = "name"
population = "population"
municipality = "municipality"
[beats]
count = "auto"
tolerance = 1.0
[stations]
count = 60
candidates = {{ path = "{data}/sites.csv", id = "site", name = "name", x = "lon", y = "lat", crs = "EPSG:4326" }}
"""


class Machine:
    """Runs commands as a user of a fresh installation does: with kernels of its own."""

    def __init__(self, folder: Path, limit: float) -> None:
        # seconds that the largest plan has
        self.folder, self.limit = folder, limit
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "NUMBA_CACHE_DIR": str(folder / "kernels"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        # what a programmer's shell may say, and no user's: byte code is kept
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, *words: object) -> tuple[float, str]:
        """Run ``python …`` and return its seconds and what it said on standard error; exit codes 0 and 3 are results."""
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *(str(w) for w in words)], env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode not in (0, 3, 5):
            raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return time.perf_counter() - begin, done.stderr

    def program(self, *words: object) -> tuple[float, str]:
        """Run a command of the program."""
        return self.run("-m", "beatplanner", *words)

    def kernels(self) -> set[str]:
        """Return the files of compiled kernels."""
        return {p.name for p in (self.folder / "kernels").rglob("*.nb?")}

    def cold(self) -> None:
        """Take the program out of the system's cache."""
        forget([Path(sys.prefix), ROOT / "src", self.folder / "kernels"])


def apart(printed: str) -> tuple[float, float, float]:
    """Return the seconds of reading, solving and writing."""
    found = SECONDS.findall(printed)
    return tuple(float(s) for s in found[-1]) if found else (0.0, 0.0, 0.0)  # type: ignore[return-value]


def gaps(out: Path) -> str:
    """Return the gap of each step of a result."""
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    steps = {s: summary[s]["gap"] for s in ("beats", "stations", "officers") if s in summary}
    return ", ".join(f"{s} {'no bound' if g is None else f'{g:.2%}'}" for s, g in steps.items())


def twice(machine: Machine, what: str, must: str, *words: object) -> Iterator[Row]:
    """Return a row for a command, cold and warm."""
    machine.cold()
    cold, _ = machine.program(*words)
    warm = min(machine.program(*words)[0] for _ in range(3))
    yield what, f"{cold:.2f} s", f"{warm:.2f} s", must


def version(machine: Machine) -> Iterator[Row]:
    """Time ``--version``."""
    yield from twice(machine, "`--version`", "0.3 s", "--version")


def stations(machine: Machine) -> Iterator[Row]:
    """Time the stations of the sample town's 205 units among 16 sites, without beats."""
    text = sample(machine).read_text(encoding="utf-8")
    kept = [p for p in re.split(r"(?m)^(?=\[)", text) if re.match(r"\[(project|units|stations)[\].]", p)]
    project = sample(machine).with_name("stations.toml")
    project.write_text("".join(kept), encoding="utf-8")
    yield from twice(
        machine, "`stations`, 205 units × 16 sites", "1.5 s", "stations", project, "--out", machine.folder / "stations"
    )


def beats(machine: Machine) -> Iterator[Row]:
    """Hold a limit of 20 s, and tell how many kernels were compiled for it after the installation; what is proven of New Haven takes longer than that."""
    towns = {"the sample town": sample(machine)}
    if NEW_HAVEN.is_dir():
        towns["New Haven"] = machine.folder / "newhaven.toml"
        text = LAYERS.format(data=NEW_HAVEN.as_posix()) + "[beats]\ncount = 10\ntolerance = 0.02\n"
        towns["New Haven"].write_text(text, encoding="utf-8")
    for name, project in towns.items():
        said, installed = [], machine.kernels()
        for state in ("cold", "warm"):
            if state == "cold":
                machine.cold()
            words = ("beats", project, "--out", machine.folder / f"beats-{project.stem}", "--time-limit", 20)
            _, solved, written = apart(machine.program(*words)[1])
            later = len(machine.kernels() - installed)
            said.append(f"solved in {solved:.1f} s, written in {written:.1f} s, {later} kernels compiled")
        yield f"`beats --time-limit 20`, {name}", *said, "solved in 22 s, none"


def demo(machine: Machine) -> Iterator[Row]:
    """Time the demo: results, gaps, and the writing of a plan with its pack in three languages."""
    results, found, writing = [], [], []
    for state in ("cold", "warm"):
        if state == "cold":
            machine.cold()
        out = machine.folder / f"demo-{state}"
        read, solved, written = apart(machine.program("demo", "--out", out)[1])
        results.append(f"{read + solved:.0f} s")
        writing.append(f"{written:.1f} s")
        found.append(gaps(out))
    yield "`demo`: results", *results, "45 s"
    yield "`demo`: gaps", *found, "1 %"
    yield "`demo`: plan and pack in three languages written", *writing, "10 s"


def country(machine: Machine) -> Iterator[Row]:
    """Time a country of 80 municipalities without workers and with two, from its layers to its pages."""
    if not DATA.is_dir():
        yield "a country of 80 municipalities", "no data here", "", "1.6 times"
        return
    project = machine.folder / "country.toml"
    project.write_text(COUNTRY.format(data=DATA.as_posix()), encoding="utf-8")
    common = ("plan", project, "--threads", 1, "--out", machine.folder / "country")
    alone, two = machine.program(*common)[0], machine.program(*common, "--workers", 2)[0]
    yield (
        "a country of 80 municipalities, two workers",
        f"{alone:.0f} → {two:.0f} s",
        f"{alone / two:.2f} times",
        "1.6 times",
    )
    if hasattr(os, "sched_setaffinity"):
        # without workers a second process writes all the same where there is a core for it
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        try:
            one = machine.program(*common)[0]
        finally:
            os.sched_setaffinity(0, cores)
        yield "the same beside one core without workers", f"{one:.0f} → {two:.0f} s", f"{one / two:.2f} times", ""


def large(machine: Machine) -> Iterator[Row]:
    """Plan 20,000 units with a limit, and tell the plan's gap or which rule it breaks, and the greatest memory of a process."""
    from benchmarks.scale import write_town

    folder = machine.folder / "large"
    folder.mkdir()
    project = write_town(folder, 20_000, 200_000)
    out = folder / "out"
    limit = machine.limit
    seconds, printed = machine.program("beats", project, "--out", out, "--time-limit", limit)
    read, solved, written = apart(printed)
    clashes = json.loads((out / "summary.json").read_text(encoding="utf-8"))["clashes"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    took = (
        f"read in {read:.0f}, solved in {solved:.0f}, written in {written:.0f}, in all {seconds:.0f} s, {peak:.1f} GB"
    )
    found = "; ".join([gaps(out), *clashes])
    yield f"20,000 units, limit {limit:.0f} s", took, found, f"solved in {1.1 * limit:.0f} s, 1 %"


def tests(machine: Machine) -> Iterator[Row]:
    """Time the checks and tests."""
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, ROOT / "start.py", "test"], cwd=ROOT, check=False)
    passed = "passed" if done.returncode == 0 else "FAILED"
    yield "the checks and tests", f"{(time.perf_counter() - begin) / 60:.1f} min, {passed}", "", "10 min"


def sample(machine: Machine) -> Path:
    """Return the description of the sample town, written once."""
    from beatplanner.data.sample.sample_town import write_sample_town

    project = machine.folder / "town" / "project.toml"
    return project if project.exists() else write_sample_town(machine.folder / "town")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=(*SHORT, *LONG), default=list(SHORT))
    parser.add_argument("--limit", type=float, default=600.0, help="seconds that the plan of 20,000 units has")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    lines = [f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores{load}", ""]
    with tempfile.TemporaryDirectory() as place:
        machine = Machine(Path(place), options.limit)
        if set(options.only) - {"version", "tests"}:
            seconds, _ = machine.run("-m", "beatplanner.planning.prepared")
            lines += [f"Kernels compiled, as an installation does: {seconds:.0f} s.", ""]
        installed = machine.kernels()
        lines += ["| work | cold | warm | must be |", "|---|--:|--:|--:|"]
        print("\n".join(lines), flush=True)
        for name in options.only:
            for row in globals()[name](machine):
                lines.append("| " + " | ".join(row) + " |")
                print(lines[-1], flush=True)
        later = machine.kernels() - installed
        lines += [
            "",
            f"Kernels that were compiled after the installation, which must be none: {len(later)} {' '.join(sorted(later))}",
        ]
        print("\n".join(lines[-2:]), flush=True)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
