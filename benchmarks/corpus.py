"""Real files of others: what is read of them, guessed, told, and what breaks.

    python -m benchmarks.corpus FOLDER [--seconds 120] [--gigabytes 4] [--csv FILE]

Every file or layer in the folder, at any depth, goes through ``new``, ``check``, ``check --fix`` and ``plan`` in a process of its own, under
a limit of processor time and memory. A file of areas is made a project of its own; points, lines and tables are laid over squares around them, so that
their reader is tried too. The table tells for each file what it was taken for, how each command ended, and its first words. “broken” is a
crash, an error of the program, a limit that was met, or residents that are not those of the file (rows with one polygon, which are told,
counted once); all else is an answer.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beatplanner.data.guided_import.draft import ImportDraft
    from beatplanner.data.guided_import.sources import DraftSource

STEPS = ("new", "check", "fix", "plan")
# Exit codes that are answers: done, input that cannot be used, a wrong command line, rules that clash or for which nothing was found.
ANSWERS = {0: "done", 1: "told", 2: "told", 3: "clash", 5: "clash"}


@dataclass
class Outcome:
    """What became of one file."""

    file: str
    guessed: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    message: str = ""
    broken: str = ""
    seconds: float = 0.0


def _run(*arguments: object) -> tuple[int, str, str]:
    """Run a command of beatplanner in this process; return its exit code and what it wrote."""
    from beatplanner.ui.commands.app import run

    out, err = io.StringIO(), io.StringIO()
    argv, sys.argv = sys.argv, ["beatplanner", *(str(a) for a in arguments)]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run()
    except SystemExit as end:
        code = int(end.code or 0) if not isinstance(end.code, str) else 1
    finally:
        sys.argv = argv
    return code, out.getvalue(), err.getvalue()


def _squares(source: DraftSource, folder: Path) -> Path | None:
    """Write squares around a layer that is no layer of areas; None where nothing tells where it lies."""
    import geopandas as gpd
    import numpy as np
    import shapely

    from beatplanner.data.formats.points import read_coordinates
    from beatplanner.data.guided_import.draft import ImportDraft

    draft = ImportDraft()
    draft.sources = [source]
    look, columns = source.look, source.columns
    frame = draft.frame(source)
    if look.geometry in ("point", "line"):
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
            return None
        box = frame.to_crs(4326).total_bounds
    elif {"x", "y"} <= set(columns):
        found = read_coordinates(frame, columns["x"], columns["y"])
        if found is None or not np.isfinite(found.east).any():
            return None
        x, y = found.east[np.isfinite(found.east)], found.north[np.isfinite(found.north)]
        if np.abs(x).max() > 180 or np.abs(y).max() > 90:
            return None
        box = [*np.quantile([x, y], 0.05, axis=1), *np.quantile([x, y], 0.95, axis=1)]
    else:
        return None
    west, south, east, north = (float(v) for v in box)
    wide, high = max(east - west, 0.01) / 4, max(north - south, 0.01) / 4
    cells = [
        shapely.box(west + wide * i, south + high * j, west + wide * (i + 1), south + high * (j + 1))
        for i in range(4)
        for j in range(4)
    ]
    path = folder / "squares.gpkg"
    gpd.GeoDataFrame({"unit": [f"q{i}" for i in range(16)], "pop": 100}, geometry=cells, crs=4326).to_file(path)
    return path


def _made_incidents(draft: ImportDraft, units: DraftSource, folder: Path) -> Path:
    """Write three made-up incidents in each area, so that areas without residents are planned too."""
    import pandas as pd

    shapes = draft.located(units, mended=False).geometry.dropna()
    inner = shapes[~shapes.is_empty].representative_point()
    path = folder / "incidents.csv"
    rows = [(p.x, p.y, kind) for p in inner for kind in ("theft", "noise", "burglary")]
    pd.DataFrame(rows, columns=["lon", "lat", "type"]).to_csv(path, index=False)
    return path


def try_file(path: Path, folder: Path) -> Outcome:
    """Try the commands on one file, in this process."""
    from beatplanner.data.errors import InputError
    from beatplanner.data.guided_import.draft import ImportDraft
    from beatplanner.data.guided_import.sources import ROLE_WORDS

    outcome, start = Outcome(path.name), time.monotonic()
    draft = ImportDraft()
    try:
        draft.add([path])
    except InputError as error:
        outcome.steps["new"], outcome.message = "told", str(error.problems[0])
    outcome.guessed = "; ".join(
        f"{ROLE_WORDS[s.role]}" + (f" ({', '.join(f'{m}: {c}' for m, c in s.columns.items())})" if s.columns else "")
        for s in draft.sources
    )[:300]
    files = [path]
    if draft.sources and all(s.role != "units" for s in draft.sources):
        squares = _squares(draft.sources[0], folder)
        files += [squares] if squares is not None else []
    units = draft.first("units")
    if units is not None and "population" not in units.columns and units.look.crs:
        files.append(_made_incidents(draft, units, folder))
    town = folder / "town.gpkg"
    if draft.sources:
        _step(outcome, "new", "new", *files, "-o", town, "--beats", 2, "--tolerance", 0.9, "--mend", "--yes")
    if town.is_file():
        _compare_residents(outcome, draft, town)
        _step(outcome, "check", "check", town)
        _step(outcome, "plan", "plan", town, "--out", folder / "plan", "--time-limit", 2)
    if units is not None:
        description = folder / "project.toml"
        columns = {m: c for m, c in units.columns.items() if m in ("id", "name", "population", "municipality")}
        lines = [f"{m} = {json.dumps(c, ensure_ascii=False)}" for m, c in columns.items()]
        lines += [f'layer = "{units.look.layer}"'] if units.look.layer else []
        text = f'[project]\nname = "corpus"\n[units]\npath = {json.dumps(str(path))}\n' + "\n".join(lines) + "\n"
        description.write_text(text, encoding="utf-8")
        _step(outcome, "fix", "check", description, "--fix")
    outcome.seconds = round(time.monotonic() - start, 1)
    return outcome


def _step(outcome: Outcome, step: str, *arguments: object) -> None:
    code, out, err = _run(*arguments)
    outcome.steps[step] = ANSWERS.get(code, f"broken ({code})")
    text = err if code else out
    if "Traceback" in out + err or "error of its own" in out + err or code not in ANSWERS:
        outcome.broken = outcome.broken or f"{step}: {(out + err).strip()[-300:]}"
    if code and not outcome.message:
        errors = [line for line in text.splitlines() if "error" in line]
        outcome.message = (errors or text.strip().splitlines()[-1:] or [""])[0][:300]


def _compare_residents(outcome: Outcome, draft: ImportDraft, town: Path) -> None:
    """Call it broken where the project has other residents than the file."""
    from beatplanner.data.description.read import read_description
    from beatplanner.data.formats.cells import read_numbers
    from beatplanner.data.town.read_town import read_town

    units = draft.first("units")
    if units is None or "population" not in units.columns:
        return
    frame = draft.frame(units)
    values = read_numbers(frame[units.columns["population"]], whole=True, coded=True).values
    there = values >= 0
    given, planned = float(values[there].sum()), float(read_town(read_description(town)).units["population"].sum())
    twins = frame.geometry.normalize().to_wkb().duplicated() & frame.geometry.notna()
    once = float(values[there & ~twins.to_numpy()].sum())
    if min(abs(given - planned), abs(once - planned)) > 0.5 + 1e-9 * given:
        outcome.broken = outcome.broken or f"residents: {given:,.0f} in the file, {planned:,.0f} planned"


def tried(path: Path, seconds: float, gigabytes: float) -> Outcome:
    """Try a file in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (int(gigabytes * 2**30),) * 2)
            # on a busy machine the clock says little: processor time is the limit
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
            with tempfile.TemporaryDirectory() as folder:
                outcome = try_file(path, Path(folder))
        except BaseException as error:  # told to the parent, whatever it is
            outcome = Outcome(path.name, broken=f"{type(error).__name__}: {error} {traceback.format_exc()[-600:]}")
        os.write(write, json.dumps(asdict(outcome)).encode()[:60_000])
        os._exit(0)
    os.close(write)
    until = time.monotonic() + 8 * seconds
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            break
        time.sleep(0.1)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(read)
        return Outcome(path.name, broken=f"did not end within {8 * seconds:g} s")
    with os.fdopen(read, "rb") as stream:
        text = stream.read()
    return (
        Outcome(**json.loads(text))
        if text
        else Outcome(path.name, broken=f"the process died, maybe of its {seconds:g} s of processor time")
    )


def main() -> None:
    """Try every file of a folder and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    from beatplanner.data.guided_import.draft import possible_layers
    from beatplanner.ui.commands.app import run  # noqa: F401 - loaded once, for every child

    rows = []
    for path in possible_layers([options.folder]):
        outcome = tried(path, options.seconds, options.gigabytes)
        outcome.file = str(path.relative_to(options.folder))
        rows.append(outcome)
        steps = " ".join(f"{s}:{outcome.steps.get(s, '-')}" for s in STEPS)
        print(
            f"{'BROKEN ' if outcome.broken else ''}{outcome.file} | {outcome.guessed[:110]} | {steps} | {(outcome.broken or outcome.message)[:200]}",
            flush=True,
        )
    broken = sum(bool(o.broken) for o in rows)
    print(f"{len(rows)} files, {broken} broken")
    if options.csv:
        with options.csv.open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["file", "guessed", *STEPS, "told", "broken", "seconds"])
            table.writerows(
                [o.file, o.guessed, *(o.steps.get(s, "") for s in STEPS), o.message, o.broken, o.seconds] for o in rows
            )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
