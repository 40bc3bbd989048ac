"""The result folder: written beside and swapped in, and read back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import check_place, swap_in
from beatplanner.data.result.cells import _plain, without_nan
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.styles import write_styles

SPATIAL = ("units", "beats", "stations", "sites", "homes", "catchments", "stops")
PLAIN = ("assignments", "edges", "walks", "roster", "access")


def check_result_place(out: Path) -> None:
    """Refuse a folder that cannot take a result, or holds something that is none; asked before the work and before writing.

    Raises
    ------
    InputError
        Saying why.
    """
    out = out.resolve()
    check_place(out)
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "summary.json").exists())):
        raise InputError(
            problem("there is something else in this place, and it is not overwritten", "Give another folder", file=out)
        )


def write_result(out: Path, tables: PlanTables, *, also: Callable[[Path], None] | None = None) -> None:
    """Write a plan into a folder; an older result there is replaced only when everything is written.

    Parameters
    ----------
    out
        The folder; made where it does not exist.
    tables
        The plan.
    also
        Called with the folder before it is swapped in, to write more: the verdict, and the forum's pack into its folder ``forum``.

    Raises
    ------
    InputError
        Where the folder holds something that is not a result, or cannot be written or replaced.
    """
    out = out.resolve()
    check_result_place(out)
    part = out.parent / f".{out.name}.{os.getpid()}.part"
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / "forum").mkdir(parents=True)
        _write_package(part / "plan.gpkg", tables)
        (part / "summary.json").write_text(
            json.dumps(without_nan(tables.summary), indent=2, ensure_ascii=False, allow_nan=False), encoding="utf-8"
        )
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
    swap_in(part, out)


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
