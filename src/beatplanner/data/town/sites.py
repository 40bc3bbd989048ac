"""Reads stations and candidate sites with their costs and states; sites are generated where no candidates are given."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.listed_ids import ids_as_known
from beatplanner.data.description.sections.stations import Candidates, Existing
from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import is_missing, numbers, texts
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.formats.source import Place
from beatplanner.data.town.barriers import Barriers
from beatplanner.data.town.reading import Reading, read_placed
from beatplanner.data.town.where import guess_beside, misplaced

# Candidate sites farther than this from every unit, in km, are those of another town; at the second distance the file is wrong.
FAR_SITES_KM = 20
WRONG_SITES_KM = 500
STATES = ("kept", "closable", "fixed")


def read_sites(
    reading: Reading, units: gpd.GeoDataFrame, homes: pd.DataFrame | None, barriers: Barriers | None
) -> pd.DataFrame | None:
    """Read existing stations and candidate sites as in `Town`; sites are generated where no candidates are given."""
    rules = reading.description.stations
    if rules is None:
        return None
    found: list[pd.DataFrame] = []
    named_in: dict[str, str] = {}
    for key, table in (("existing", rules.existing), ("candidates", rules.candidates)):
        if table is None:
            continue
        named = [
            table.id,
            table.name,
            table.cost,
            table.yearly_cost,
            getattr(table, "closing_cost", None),
            getattr(table, "state", None),
        ]
        only = getattr(table, "only", {})
        frame, where = read_placed(
            reading,
            table,
            [c for c in [*named, *only] if c],
            f"stations.{key}",
            crs_of(units),
            guess_beside(reading, f"stations.{key}", units),
        )
        rows = len(frame)
        frame, where = _only(frame, where, only)
        ids = texts(frame[table.id])
        near = _check_sites(reading, frame, ids, table.id, units, where, key)
        _name_once(ids, named_in, where, table.id)
        _check_water(frame[["x", "y"]].to_numpy(float), ids, barriers, where)
        called = texts(frame[table.name]) if table.name else ids
        every = pd.DataFrame({"station": ids, "name": called, "x": frame["x"], "y": frame["y"]})
        every = every.join(_site_costs(reading, frame, where, table)).assign(
            existing=key == "existing", state=_site_states(frame, where, table)
        )
        found.append(every[near])
        reading.record(f"stations.{key}", table.path, rows, int(near.sum()))
    if rules.candidates is None and homes is not None:
        generated, what = _generated_sites(units, homes, rules.generated)
        reading.findings.note("info", what, "Name real buildings as stations.candidates")
        if rules.existing is not None:
            generated = generated[~generated["station"].isin(found[0]["station"])]
        found.append(generated)
    sites = pd.concat(found, ignore_index=True)
    for name in ids_as_known(rules.accepted, sites["station"].astype(str)):
        if name not in set(sites["station"].astype(str)):
            reading.findings.note(
                "warning",
                f"stations.accepted names “{name}”, and there is no such site: nothing is accepted by it",
                did_you_mean(name, sites["station"].astype(str))
                or "Write the site as the layer “sites” of a plan does",
            )
    sites["unit"] = shapely.STRtree(units.geometry.to_numpy()).nearest(
        shapely.points(sites[["x", "y"]].to_numpy(float))
    )
    # a building without a name is known by its place: an id tells people nothing
    nameless = np.array([is_missing(n) for n in sites["name"]], dtype=bool)
    place = units["name"].to_numpy(object)[sites["unit"]]
    sites.loc[nameless, "name"] = _numbered(place[nameless], set(sites.loc[~nameless, "name"].astype(str)))
    sites["name"] = sites["name"].astype(str)
    return sites


def _numbered(places: np.ndarray, taken: set[str]) -> list[str]:
    """Name buildings by their places: the second of a place, and one whose place is another building's name, has a number."""
    found: list[str] = []
    for place in map(str, places):
        number = 1
        while (name := place if number == 1 else f"{place} ({number})") in taken:
            number += 1
        taken.add(name)
        found.append(name)
    return found


def _name_once(ids: list[str | None], named_in: dict[str, str], where: Place, field: str) -> None:
    """Refuse a site whose id another one has, in this table or in that of the existing stations; `named_in` keeps where each stands."""
    wrong: list[tuple[str, str]] = []
    for row, name in zip(where.rows, ids, strict=True):
        if name is None:
            continue
        if name in named_in:
            wrong.append((row, f"“{name}” stands in {named_in[name]} already"))
        else:
            named_in[name] = f"{where.file}, row {row}"
    if wrong:
        row, what = wrong[0]
        more = f", and {len(wrong) - 1:,} more rows name a site again" if len(wrong) > 1 else ""
        mend = "Give each site an id of its own, or leave the row out where it is the same building"
        raise InputError(where.problem(what + more, mend, row=row, field=field))


def _only(frame: pd.DataFrame, where: Place, only: dict[str, list[str]]) -> tuple[pd.DataFrame, Place]:
    """Keep the rows whose columns hold one of the named values."""
    kept = np.ones(len(frame), bool)
    for column, values in only.items():
        here = frame[column].map(lambda v: "" if v is None else str(v).strip().casefold()).to_numpy(object)
        kept &= np.isin(here, [v.strip().casefold() for v in values])
        if not kept.any():
            known = sorted({str(v) for v in frame[column] if not is_missing(v)})
            what = f"no site has {column} = {listed(values)}"
            raise InputError(where.problem(what, f"The values are: {listed(known, 15)}", field=column))
    rows = tuple(r for r, k in zip(where.rows, kept, strict=True) if k)
    return frame[kept].reset_index(drop=True), Place(where.file, where.layer, rows)


def _check_sites(
    reading: Reading, frame: pd.DataFrame, ids: list[Any], column: str, units: gpd.GeoDataFrame, where: Place, key: str
) -> np.ndarray:
    """Return which sites are near enough to serve the town, (m,) bool."""
    existing = key == "existing"
    empty = [i for i, v in enumerate(ids) if v is None]
    if empty:
        raise InputError(where.problem(f"{len(empty):,} sites have no name", row=where.rows[empty[0]], field=column))
    place = frame[["x", "y"]].to_numpy(float)
    blank = np.flatnonzero(~np.isfinite(place).all(axis=1))
    if len(blank):
        raise InputError(
            where.problem(f"site {ids[blank[0]]} has no coordinates", "Give them", row=where.rows[int(blank[0])])
        )
    area = geometry.union(units.geometry.to_numpy())
    apart = np.asarray(shapely.distance(shapely.points(place), area)) / 1000
    far = np.flatnonzero(apart > (FAR_SITES_KM if existing or (apart > FAR_SITES_KM).all() else WRONG_SITES_KM))
    if len(far):
        what = f"site {ids[far[0]]} lies {apart[far[0]]:,.0f} km from the nearest unit ({len(far):,} such sites)"
        if len(far) == len(ids):
            table = getattr(reading.description.stations, key)
            raise misplaced(reading, f"stations.{key}", table, units, where, what, "Check its coordinates and CRS")
        raise InputError(where.problem(what, "Check its coordinates and CRS", row=where.rows[int(far[0])]))
    rules = reading.description.stations
    assert rules is not None
    limit = rules.access_metres / 1000
    out = np.flatnonzero(apart > limit)
    if len(out):
        names = f"{listed([ids[i] for i in out], 4)} ({apart[out[0]] * 1000:,.0f} m away)"
        what = f"{len(out):,} of {len(ids):,} sites lie more than {rules.access_metres:,.0f} m outside every unit, in a lake or across a border: {names}"
        if existing:
            mend = "Correct their place, or raise stations.access_metres"
            raise InputError(where.problem(what, mend, row=where.rows[int(out[0])]))
        reading.findings.note("warning", f"{what}; they are left out", file=where.file)
    return apart <= limit


def _check_water(place: np.ndarray, ids: list[Any], barriers: Barriers | None, where: Place) -> None:
    """Raise InputError where a site lies in a barrier that has an area, such as a lake."""
    if barriers is None:
        return
    water = [g for g in shapely.get_parts(barriers.shape) if shapely.get_dimensions(g) == 2]
    inside = (
        np.flatnonzero(shapely.contains(geometry.union(np.array(water, dtype=object)), shapely.points(place)))
        if water
        else np.empty(0, int)
    )
    if len(inside):
        what = f"site {ids[inside[0]]} lies in the water of a barrier ({len(inside):,} such sites)"
        raise InputError(where.problem(what, "Correct its place", row=where.rows[int(inside[0])], field="geometry"))


def _site_costs(reading: Reading, frame: pd.DataFrame, where: Place, table: Candidates | Existing) -> pd.DataFrame:
    """Return the columns ``cost``, ``yearly_cost`` and ``closing_cost``; 0 where there is none."""
    named = {"cost": table.cost, "yearly_cost": table.yearly_cost, "closing_cost": getattr(table, "closing_cost", None)}
    notes: list[Note] = []
    costs = {
        key: numbers(frame[column], where, least=0, empty=0.0, whole=True, notes=notes)
        if column
        else np.zeros(len(frame))
        for key, column in named.items()
    }
    reading.findings.add(notes)
    return pd.DataFrame(costs, index=frame.index)


def _site_states(frame: pd.DataFrame, where: Place, table: Candidates | Existing) -> list[str]:
    """Return ``"candidate"`` or the state of a station that stands today; InputError where that is none of the known ones."""
    if isinstance(table, Candidates):
        return ["candidate"] * len(frame)
    if table.state is None and getattr(table, "may_close", False):
        return ["closable"] * len(frame)
    if table.state is None:
        return ["kept"] * len(frame)
    found = [(v or "kept").strip().casefold() for v in texts(frame[table.state])]
    for i, state in enumerate(found):
        if state not in STATES:
            what = f"“{frame[table.state].iat[i]}” is no state of a station"
            raise InputError(
                where.problem(what, f"Write one of {', '.join(STATES)}", row=where.rows[i], field=table.state)
            )
    return found


def _generated_sites(units: gpd.GeoDataFrame, homes: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str]:
    """Return candidate sites where residents live, thinned to at most `most`, and a sentence that says so.

    Where there are more homes than that, a grid is laid over the town whose cells are as small as the number allows; each takes the home
    with the most residents in it, since a better place is never farther than the cell is wide.
    """
    people = units["population"].to_numpy(float)
    people = np.where(np.isnan(people), 1.0, people)[homes["unit"]] * homes["share"].to_numpy(float)
    place = homes[["x", "y"]].to_numpy(float)
    chosen, side = np.arange(len(homes)), 0.0
    if len(homes) > most:
        settled = np.flatnonzero(people > 0) if (people > 0).any() else chosen
        spread: np.ndarray = np.ptp(place[settled], axis=0) + 1.0
        side = max(50.0, float(np.sqrt(spread.prod() / most)) / 8)
        while True:
            cell = pd.DataFrame(np.floor(place[settled] / side), columns=["a", "b"]).assign(
                people=people[settled], at=settled
            )
            heaviest = cell.sort_values(
                ["a", "b", "people", "at"], ascending=[True, True, False, True]
            ).drop_duplicates(["a", "b"])
            if len(heaviest) <= most:
                chosen = np.sort(heaviest["at"].to_numpy(int))
                break
            side *= 1.06
    unit = homes["unit"].to_numpy(int)[chosen]
    named = _numbered(units["name"].to_numpy(object)[unit], set())
    found = pd.DataFrame(
        {
            "station": named,
            "name": named,
            "x": place[chosen, 0],
            "y": place[chosen, 1],
            "cost": 0.0,
            "yearly_cost": 0.0,
            "closing_cost": 0.0,
            "existing": False,
            "state": "generated",
        }
    )
    found = found[~found["station"].duplicated()]
    if side:
        what = (
            f"No candidate sites are given: {len(found):,} were generated, in each square of {side:,.0f} m the place with the most "
            f"residents, out of {len(homes):,} places where people live"
        )
    elif len(homes) > len(units):
        what = f"No candidate sites are given: each of the {len(found):,} places where people live is taken as one"
    else:
        what = "No candidate sites are given: the middle of each unit is taken as one"
    return found, what
