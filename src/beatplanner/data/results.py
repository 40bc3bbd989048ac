"""The result folder: written beside and swapped in, and read back."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from beatplanner.data.errors import InputError, problem
from beatplanner.data.forum_map import write_forum_map
from beatplanner.data.officers_pack import write_officers_pack
from beatplanner.data.plan_tables import PlanTables
from beatplanner.data.report import write_report
from beatplanner.data.styles import write_styles

# Counts of residents from 1 to this less one are not published (ONS and ICO practice).
SUPPRESSION_THRESHOLD = 5
SPATIAL = ("units", "beats", "stations", "sites")
PLAIN = ("assignments", "edges", "walks", "roster")
TRIES, PAUSE = 20, 0.25


def write_result(out: Path, tables: PlanTables, *, also: Callable[[Path], None] | None = None) -> None:
    """Write a plan into a folder; an older result there is replaced only when everything is written.

    Parameters
    ----------
    out
        The folder; made where it does not exist.
    tables
        The plan.
    also
        Called with the folder before it is swapped in, to write more.

    Raises
    ------
    InputError
        Where the folder holds something that is not a result, or cannot be written or replaced.
    """
    out = out.resolve()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "summary.json").exists())):
        raise InputError(
            problem("there is something else in this place, and it is not overwritten", "Give another folder", file=out)
        )
    part = out.parent / f".{out.name}.{os.getpid()}.part"
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / "forum").mkdir(parents=True)
        _write_package(part / "plan.gpkg", tables)
        (part / "summary.json").write_text(
            json.dumps(without_nan(tables.summary), indent=2, ensure_ascii=False, allow_nan=False), encoding="utf-8"
        )
        write_report(part / "report.html", tables)
        write_officers_pack(part, tables)
        _write_forum(part / "forum", tables)
        if also is not None:
            also(part)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(
            problem(f"the results cannot be written ({error.strerror})", "Free space or give another folder", file=out)
        ) from None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    _swap_in(part, out)


def _swap_in(part: Path, out: Path) -> None:
    """Put the new folder in the place of the old; another program may hold a file of it for a while."""
    old = out.parent / f".{out.name}.{os.getpid()}.old"
    for attempt in range(TRIES):
        try:
            if out.exists() and not old.exists():
                out.rename(old)
            part.rename(out)
            shutil.rmtree(old, ignore_errors=True)
            return
        except OSError:
            if old.exists() and not out.exists():
                old.rename(out)
            if attempt + 1 < TRIES:
                time.sleep(PAUSE)
    beside = out.parent / f"{out.name}-new"
    shutil.rmtree(beside, ignore_errors=True)
    part.rename(beside)
    raise InputError(
        problem("a file of the older result is open in another program, so it could not be replaced",
                f"Close it; the new result is in {beside}", file=out)
    )  # fmt: skip


def _write_package(path: Path, tables: PlanTables) -> None:
    for name in SPATIAL:
        frame = getattr(tables, name)
        if frame is not None:
            pyogrio.write_dataframe(_plain_types(frame), path, layer=name, driver="GPKG", append=path.exists())
    for name in PLAIN:
        frame = getattr(tables, name)
        if frame is not None:
            pyogrio.write_dataframe(
                pd.DataFrame(_plain_types(frame)), path, layer=name, driver="GPKG", append=path.exists()
            )
    write_styles(path, tables)


def _plain_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose cells a GeoPackage can hold: text, numbers and truth values."""
    frame = frame.copy()
    for column in frame.columns:
        if column == "geometry" or pd.api.types.is_numeric_dtype(frame[column]):
            continue
        frame[column] = pd.Series([_plain(v) for v in frame[column]], index=frame.index, dtype=object).astype("str").where(
            [_plain(v) is not None for v in frame[column]], None
        )  # fmt: skip
    return frame


def _plain(value: Any) -> str | None:
    if isinstance(value, tuple):
        return ";".join(value) or None
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT:
        return None
    return str(value)


def without_nan(value: Any) -> Any:
    """Return a structure for JSON in which numbers that are not finite are null and numpy's are plain."""
    if isinstance(value, dict):
        return {str(k): without_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return "'" + value
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value


def published(count: float) -> str:
    """Return a count of residents as it may be published."""
    return f"<{SUPPRESSION_THRESHOLD}" if 0 < round(count) < SUPPRESSION_THRESHOLD else f"{round(count)}"


def write_csv(path: Path, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table that a spreadsheet opens rightly: UTF-8 with a mark, no cell a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows([safe_cell(v) for v in row] for row in rows)


def _write_forum(folder: Path, tables: PlanTables) -> None:
    """Write what may be handed out: no incidents, no officers, no groups, no small counts."""
    units, beats, summary = tables.units, tables.beats, tables.summary
    if beats is not None:
        known = beats["population"].notna().all()
        rows = (
            (b.beat, b.name, b.municipality, published(b.population) if known else "", b.posts)
            for b in beats.itertuples(index=False)
        )
        write_csv(folder / "beats.csv", ["beat", "name", "municipality", "residents", "posts"], rows)
        write_csv(
            folder / "units.csv",
            ["unit", "name", "old_beat", "new_beat"],
            ((u.unit, u.name, u.current, u.beat) for u in units.itertuples(index=False)),
        )
        write_forum_map(folder / "map.html", tables)
    card = {
        "project": summary["project"],
        "made": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "data": [
            {"role": i["role"], "file": Path(i["path"]).name, "date": i["modified"], "sha256": i["sha256"]}
            for i in summary["inputs"]
        ],
        "rules": summary["rules"],
        "feasible": summary["feasible"],
        "gaps": {step: summary[step]["gap"] for step in ("beats", "stations", "officers") if step in summary},
        "seed": summary["seed"],
        "versions": summary["versions"],
    }
    (folder / "run_card.json").write_text(
        json.dumps(without_nan(card), indent=2, ensure_ascii=False, allow_nan=False), encoding="utf-8"
    )


def read_result(folder: Path) -> PlanTables:
    """Read a result folder back.

    Parameters
    ----------
    folder
        A folder that `write_result` made.

    Returns
    -------
    PlanTables

    Raises
    ------
    InputError
        Where the folder is no result, or a file of it is missing or broken.
    """
    folder = Path(folder)
    package, summary_file = folder / "plan.gpkg", folder / "summary.json"
    for file in (package, summary_file):
        if not file.is_file():
            raise InputError(
                problem(
                    f"there is no {file.name} in this folder", "Give a folder that “beatplanner plan” made", file=folder
                )
            )
    try:
        summary = json.loads(summary_file.read_text(encoding="utf-8"))
        layers = {str(name) for name, _ in pyogrio.list_layers(package)}
        found: dict[str, Any] = {
            name: pyogrio.read_dataframe(package, layer=name) if name in layers else None for name in (*SPATIAL, *PLAIN)
        }
    except (OSError, ValueError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(
            problem(f"the result cannot be read ({str(error).splitlines()[0]})", "Plan again", file=folder)
        ) from None
    if not isinstance(summary, dict) or found["units"] is None or found["edges"] is None:
        raise InputError(
            problem("the result is incomplete: its units or edges are missing", "Plan again", file=package)
        )
    for frame in found.values():
        for column in [] if frame is None else frame.columns.drop("geometry", errors="ignore"):
            if not pd.api.types.is_numeric_dtype(frame[column]):
                frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
    for name in ("stations", "sites"):
        for column in ("existing", "chosen"):
            if found[name] is not None and column in found[name]:
                found[name][column] = found[name][column].map(lambda v: v in (True, 1, "True"))
    units = gpd.GeoDataFrame(found["units"])
    return PlanTables(**{**found, "units": units}, summary=summary)
