"""``check --fix``: what is certain is mended in a copy of the description, what is a person's to decide is laid out as a table to edit.

Nothing of the user's is changed. Beside the description ``NAME.toml`` stand afterwards ``NAME-fixed.toml``, and in the folder ``NAME-fixed``
the mended units and the tables: proposed links of islands, kinds of incidents, doubtful matches of addresses.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
import tomlkit
from tomlkit.exceptions import TOMLKitError

from beatplanner.data.description.raw import stored_description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.formats.layers import whole_layers
from beatplanner.data.formats.text_tables import decode
from beatplanner.data.output_place import check_place, move
from beatplanner.data.paths import whole_path
from beatplanner.data.private_files import flush_packages
from beatplanner.data.project.layers import units_as_read
from beatplanner.data.result.cells import write_csv
from beatplanner.data.town.categories import category_table
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town

# One mistake may hide another behind it; more than this hides none.
ROUNDS = 8


@dataclass
class Fixed:
    """What was mended.

    Attributes
    ----------
    description
        The mended description, or None where there was nothing to mend.
    done
        What was changed or written, in sentences.
    """

    description: Path | None
    done: list[str] = field(default_factory=list[str])


def fix(path: Path, find: Callable[[Path], list[Note]], ask: Callable[[Note], bool] | None = None) -> Fixed:
    """Mend what is certain.

    Parameters
    ----------
    path
        A TOML description.
    find
        Returns the notes of a project, as `beatplanner.data.guided_import.checks.check` does.
    ask
        Asks a person whether a mend that moves a layer is right; None takes each that is certain.

    Returns
    -------
    Fixed

    Raises
    ------
    InputError
        Where the file is a project file, or its TOML cannot be read.
    """
    file = whole_path(path)
    if not file.is_file() or stored_description(file) is not None:
        raise InputError(
            problem("only a TOML description can be mended", "Give the description that it was built from", file=path)
        )
    text = decode(file.read_bytes())[0]
    try:
        content = tomlkit.parse(text)
    except TOMLKitError:
        return Fixed(None)
    stem = file.stem.removesuffix("-fixed")
    out, folder = file.with_name(f"{stem}-fixed.toml"), file.with_name(f"{stem}-fixed")
    check_place(out)
    result = Fixed(None)
    before = out.read_bytes() if out.exists() else None
    answers: dict[tuple[tuple[str, str], ...], bool] = {}

    def allowed(note: Note) -> bool:
        if ask is None:
            return True
        if note.fix not in answers:
            answers[note.fix] = ask(note)
        return answers[note.fix]

    try:
        for _ in range(ROUNDS):
            out.write_text(tomlkit.dumps(content), encoding="utf-8")
            notes = [n for n in find(out) if not n.asked or not n.fix or allowed(n)]
            if not _apply(content, notes, result.done, folder):
                break
        try:
            town = read_town(read_description(out))
        except InputError:
            town = None
        if town is not None:
            _write_tables(town, content, folder, result.done)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    if not result.done:
        # nothing to mend: what stood there stays
        out.unlink(missing_ok=True)
        if before is not None:
            out.write_bytes(before)
        return result
    out.write_text(tomlkit.dumps(content), encoding="utf-8")
    result.description = out
    return result


def _apply(content: Any, notes: list[Note], done: list[str], folder: Path) -> bool:
    """Set the keys that errors are certain about; tell whether anything changed."""
    changed = False
    for note in notes:
        for key, value in note.fix:
            if key.endswith(".axes"):
                changed |= _exchange(content, key.removesuffix(".axes"), folder, done, note)
                continue
            *steps, last = key.split(".")
            table = _table_of(content, steps)
            if table is None or table.get(last) == value:
                continue
            was = table.get(last)
            table[last] = value
            done.append(f"{key} = “{value}”" + (f" in place of “{was}”" if was is not None else "") + f": {note.what}")
            changed = True
    return changed


def _table_of(content: Any, steps: list[str]) -> Any:
    """Return a table of the description, None where it has none; ``columns`` is made, and a bare path becomes a table that can hold it."""
    table: Any = content
    for step, after in zip(steps, [*steps[1:], ""], strict=True):
        inner = table.get(step)
        if inner is None and step == "columns":
            inner = table[step] = tomlkit.inline_table()
        elif isinstance(inner, str) and after == "columns":
            given = tomlkit.inline_table()
            given["path"] = inner
            inner = table[step] = given
        if inner is None or not hasattr(inner, "get"):
            return None
        table = table[step]
    return table


def _exchange(content: Any, key: str, folder: Path, done: list[str], note: Note) -> bool:
    """Write a layer with its axes exchanged, and name that file; tell whether it was done."""
    *steps, last = key.split(".")
    home = _table_of(content, steps) if steps else content
    if home is None or last not in home:
        return False
    layer = home[last]
    rules = {"path": layer} if isinstance(layer, str) else layer
    target = folder / f"{last}-exchanged.gpkg"
    if str(rules["path"]).endswith(target.name):
        return False
    frame = whole_layers(folder.parent / str(rules["path"]), rules.get("layer"))[0].frame
    assert isinstance(frame, gpd.GeoDataFrame)
    turned = shapely.transform(frame.geometry.to_numpy(), lambda c: c[:, ::-1])
    crs = rules.get("crs") or crs_of(frame)
    folder.mkdir(exist_ok=True)
    there = frame.set_geometry(gpd.GeoSeries(turned, index=frame.index), crs=None).set_crs(crs, allow_override=True)
    pyogrio.write_dataframe(there, target, driver="GPKG")
    flush_packages(target)
    path = f"{folder.name}/{target.name}"
    if isinstance(layer, str):
        home[last] = path
    else:
        for gone in ("layer", "crs"):
            layer.pop(gone, None)
        layer["path"] = path
    done.append(f"{path} holds {'the units' if last == 'units' else key} with x and y exchanged: {note.what}")
    return True


def _write_tables(town: Town, content: Any, folder: Path, done: list[str]) -> None:
    d = town.description
    written: dict[str, Callable[[Path], None]] = {}
    units = next(s for s in town.sources if s.role == "units")
    mended = [
        r for r in units.repaired if any(w in r for w in ("mended", "closed", "taken out", "left out", "counted once"))
    ]
    if mended:
        written["units.gpkg"] = lambda to: pyogrio.write_dataframe(units_as_read(d, town), to, driver="GPKG")
        keys = ("layer", "crs", "population_table", "census")
        for key in keys:
            content["units"].pop(key, None)
        content["units"]["path"] = f"{folder.name}/units.gpkg"
        if d.units.population is None and d.units.population_raster is None and town.has_population:
            content["units"]["population"] = "population"
        done.append(f"{folder.name}/units.gpkg holds the units as they are planned with: {'; '.join(mended)}")
    links = town.proposals.get("links")
    if links is not None and len(links) and d.beats is not None and d.beats.decided_links is None:
        written["links.csv"] = _table(links)
        content["beats"]["decided_links"] = f"{folder.name}/links.csv"
        done.append(
            f"{folder.name}/links.csv proposes {len(links):,} links of islands; write yes or no into the column accept"
        )
    matches = town.proposals.get("matches")
    if matches is not None and len(matches):
        written["matches.csv"] = _table(matches)
        content["incidents"]["matches"] = f"{folder.name}/matches.csv"
        done.append(
            f"{folder.name}/matches.csv proposes places for {len(matches):,} addresses; write yes where one holds. It holds addresses: keep it safe"
        )
    kinds = category_table([] if town.incidents is None else town.incidents["category"])
    if len(kinds) and d.incidents is not None and d.incidents.categories is None:
        written["categories.csv"] = _table(
            pd.DataFrame(
                {
                    "category": kinds["category"],
                    "standard": "",
                    "proposed": kinds["standard"],
                    "sure": kinds["sure"],
                    "incidents": kinds["incidents"],
                }
            )
        )
        content["incidents"]["categories"] = f"{folder.name}/categories.csv"
        done.append(
            f"{folder.name}/categories.csv lists {len(kinds):,} kinds of incidents; write what each counts as into the column standard"
        )
    if not written:
        return
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        for name, write in written.items():
            # a table that a person has edited is theirs
            if name.endswith(".csv") and (folder / name).exists():
                shutil.copyfile(folder / name, part / name)
            else:
                write(part / name)
        flush_packages(part)
        for name in written:
            folder.mkdir(exist_ok=True)
            move(part / name, folder / name)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _table(frame: pd.DataFrame) -> Callable[[Path], None]:
    return lambda to: write_csv(to, list(frame.columns), frame.itertuples(index=False, name=None))
