"""The result folder: written beside and swapped in, and read back."""

from __future__ import annotations

import json
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors

from beatplanner.data.causes import cause
from beatplanner.data.errors import EndedEarlyError, InputError, Note, problem
from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.formats.geopackages import append_layer
from beatplanner.data.formats.stored_layers import read_stored
from beatplanner.data.narrowing import is_dict
from beatplanner.data.notices import write_notice
from beatplanner.data.output_place import check_folder_place, recover_output, written_anew
from beatplanner.data.paths import whole_path
from beatplanner.data.result.cells import cell_text, readable, without_nan
from beatplanner.data.result.manifest import read_manifest, renew_manifest, write_manifest
from beatplanner.data.result.moved_project import as_it_lies
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.schemas import hold
from beatplanner.data.result.strict_json import read_json
from beatplanner.data.result.styles import HOMES, add_styles, write_styles

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

SPATIAL = ("units", "beats", "stations", "sites", "catchments", "stops", "sectors", "commands")
PLAIN = ("assignments", "cover", "edges", "walks", "access")
PERSONS = ("homes", "walks", "roster")
# What tells of persons lies apart from the plan, which is handed around in the office: what the roster holds beyond the officers' ids, and where
# residents live where that is finer than the units, with the walks from there, from which their homes could be found.
PEOPLE = "people.gpkg"
INTERNAL = (
    "INTERNAL: figures of this file passed no privacy gate; do not hand it out. What may be handed out lies in the folder forum "
    "(public.gpkg for maps)."
)
PERSONAL = (
    "INTERNAL AND PERSONAL: homes, languages and dates of officers, and homes of residents where they are known more finely than the areas; for the "
    "personnel office and the checker; do not hand it out."
)


def check_result_place(out: Path) -> None:
    """Refuse a folder that cannot take a result, or holds something that is none; asked before the work and before writing.

    Raises
    ------
    InputError
        Saying why.
    """
    check_folder_place(out, "summary.json")


def check_not_worse(out: Path, summary: Claims) -> None:
    """Refuse to write a plan that breaks rules because its search was ended over an older result; asked before the proofs and before writing.

    Raises
    ------
    EndedEarlyError
        With the rules that it breaks.
    """
    if not summary.get("stopped") or not (out / "summary.json").exists():
        return
    note = problem(
        "this run was stopped before it found a plan that keeps all rules, so the older result stays as it was",
        "Plan again without stopping, or into another folder",
        file=out,
    )
    raise EndedEarlyError(note, *(Note("info", str(c).removesuffix(".")) for c in summary["clashes"]))


def write_result(
    out: Path,
    tables: PlanTables,
    *,
    beside: Callable[[Path], AbstractContextManager[None]] | None = None,
    also: Callable[[Path], None] | None = None,
) -> None:
    """Write a plan into a folder; an older result there is replaced only when everything is written.

    Parameters
    ----------
    out
        The folder; made where it does not exist.
    tables
        The plan.
    beside
        Entered with the empty folder and left when everything is written, also where that failed: what writes files of its own meanwhile.
    also
        Called with the folder before it is swapped in, to write more: the verdict, and the forum's pack into its folder ``forum``.

    Raises
    ------
    InputError
        Where the folder holds something that is not a result, or cannot be written or replaced.
    EndedEarlyError
        Where the plan breaks rules because its search was ended, and there is an older one.
    """
    out = whole_path(out)
    check_result_place(out)
    check_not_worse(out, tables.summary)
    with written_anew(out, sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as part:
        (part / "forum").mkdir(parents=True)
        with nullcontext() if beside is None else beside(part):
            _write_package(part / "plan.gpkg", tables)
            _write_summary(part, tables.summary)
            _write_proofs(part / "proof", tables)
            if also is not None:
                also(part)
        write_manifest(part)


def _write_summary(part: Path, summary: Claims) -> None:
    # figures have few digits; rules are as they were given, so that the plan is checked by the same ones
    content = readable(summary) | {k: without_nan(summary[k]) for k in ("rules", "project_rules") if k in summary}
    # a summary that is not as its published schema says is a fault of the program
    hold("summary", content)
    _write_json(part / "summary.json", content)


def _write_json(file: Path, content: Claims) -> None:
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def write_where_it_lies(folder: Path, summary: Claims) -> bool:
    """Write a summary into a copied result where that names its project in another place; return whether it did: a verdict is of the old one then."""
    recorded = read_json((folder / "summary.json").read_text(encoding="utf-8"))
    if not is_dict(recorded) or recorded.get("description_file") == summary.get("description_file"):
        return False
    # one of an older version may lack what a summary has today, and one that was changed since stays found out
    as_written = (read_manifest(folder) or {}).get("summary.json") == file_hash(folder / "summary.json")
    named = {key: summary[key] for key in ("description_file", "rules", "project_rules", "inputs") if key in summary}
    _write_json(folder / "summary.json", recorded | named)
    if as_written:
        renew_manifest(folder, ["summary.json"])
    return True


def _write_proofs(folder: Path, tables: PlanTables) -> None:
    """Write what proves each bound, an archive of arrays each; see ``docs/proofs.md``."""
    for name, arrays in tables.proofs.items():
        folder.mkdir(exist_ok=True)
        with (folder / f"{name}.npz").open("wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def _read_proofs(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Read the proofs; one that cannot be read is empty."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for file in sorted(folder.glob("*.npz")):
        try:
            with np.load(file, allow_pickle=False) as archive:
                found[file.stem] = {key: archive[key] for key in archive.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
            found[file.stem] = {}
    return found


def _write_package(path: Path, tables: PlanTables) -> None:
    spatial = [(name, frame) for name in SPATIAL if (frame := getattr(tables, name)) is not None]
    plain = [(name, frame) for name in PLAIN if (frame := getattr(tables, name)) is not None]
    of_homes: list[tuple[str, pd.DataFrame]] = []
    of_persons: list[tuple[str, pd.DataFrame]] = []
    if tables.homes is not None:
        of_homes.append(("homes", tables.homes))
        of_persons += [(n, f) for n, f in plain if n == "walks"]
        plain = [(n, f) for n, f in plain if n != "walks"]
    if tables.roster is not None:
        of_persons.append(("roster", tables.roster))
        plain.append(("roster", tables.roster[["officer"]]))
    _write_layers(path, spatial, plain, INTERNAL)
    write_styles(path, tables)
    if of_homes or of_persons:
        people = path.with_name(PEOPLE)
        _write_layers(people, of_homes, of_persons, PERSONAL)
        if of_homes:
            add_styles(people, {"homes": HOMES})


def _write_layers(
    path: Path, spatial: list[tuple[str, pd.DataFrame]], plain: list[tuple[str, pd.DataFrame]], notice: str
) -> None:
    """Write tables into a GeoPackage that says in its metadata, and beside each layer, who may see it."""
    for name, frame in [*spatial, *((n, pd.DataFrame(f)) for n, f in plain)]:
        append_layer(path, name, plain_types(frame))
    write_notice(path, notice)


def plain_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose cells a GeoPackage can hold: text, numbers and truth values."""
    frame = frame.copy()
    for column in frame.columns:
        if column == "geometry" or pd.api.types.is_numeric_dtype(frame[column]):
            continue
        frame[column] = pd.array([cell_text(v) for v in frame[column]], dtype="str")
    return frame


def _is_true(value: Any) -> bool:
    return value in (True, 1, "True")


def _read_persons(package: Path, stored: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame | None]:
    """Return homes, walks and roster, from the file of persons beside a plan, else from the plan itself; None for what lies in neither.

    A plan with units' walks keeps them itself, an older one the rest, too; a roster of ids alone is that of a plan that was handed on without the file.
    """
    people = package.with_name(PEOPLE)
    apart = read_stored(people, PERSONS) if people.is_file() else {}
    found = {name: apart.get(name, stored.get(name)) for name in PERSONS}
    roster = found["roster"]
    if roster is not None and len(roster.columns) == 1:
        found["roster"] = None
    return found


def folder_of_plan(given: Path) -> Path:
    """Return the result folder that a plan stands for, which is given as the folder or as its ``plan.gpkg``.

    Raises
    ------
    InputError
        Where another GeoPackage is given: the plan that lies beside it is not what was asked for.
    """
    if given.suffix.lower() != ".gpkg":
        return given
    if given.name != "plan.gpkg" or not given.is_file():
        said = "this GeoPackage is no plan" if given.is_file() else "there is no such file"
        raise InputError(problem(said, "Give the plan.gpkg of a result, or its folder", file=given))
    return given.parent


def read_result(folder: Path, project: Path | None = None) -> PlanTables:
    """Read a result folder back.

    Parameters
    ----------
    folder
        A folder that `write_result` made.
    project
        The description or project file that it is a plan of, where that is known; else it is looked for, see `as_it_lies`.

    Returns
    -------
    PlanTables

    Raises
    ------
    InputError
        Where the folder is no result, or a file of it is missing or broken.
    """
    folder = Path(folder)
    recover_output(folder)
    recover_output(folder / "forum")
    package, summary_file = folder / "plan.gpkg", folder / "summary.json"
    for file in (package, summary_file):
        if not file.is_file():
            raise InputError(
                problem(
                    f"there is no {file.name} in this folder", "Give a folder that “beatplanner plan” made", file=folder
                )
            )
    try:
        summary = read_json(summary_file.read_text(encoding="utf-8"))
        stored = read_stored(package, (*SPATIAL, *PLAIN, *PERSONS))
        found: dict[str, Any] = {
            name: stored.get(name) for name in (*SPATIAL, *PLAIN)
        }  # the fields of PlanTables by name
        found |= _read_persons(package, stored)
    except (OSError, ValueError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(problem(f"the result cannot be read ({cause(error)})", "Plan again", file=folder)) from None
    if not is_dict(summary) or found["units"] is None or found["edges"] is None:
        raise InputError(
            problem("the result is incomplete: its units or edges are missing", "Plan again", file=package)
        )
    for name in ("stations", "sites"):
        for column in ("existing", "chosen"):
            if found[name] is not None and column in found[name]:
                found[name][column] = found[name][column].map(_is_true)
    units = gpd.GeoDataFrame(found["units"])
    placed = as_it_lies(summary, folder, project)
    return PlanTables(**{**found, "units": units}, summary=placed, proofs=_read_proofs(folder / "proof"))
