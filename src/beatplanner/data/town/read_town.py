"""Reads every layer of a description once, into a town in one metric CRS; every problem is told at once."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from beatplanner.data.description.listed_ids import ids_as_known
from beatplanner.data.description.models import Description
from beatplanner.data.errors import Note
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.paths import whole_path
from beatplanner.data.town.borders import read_edges
from beatplanner.data.town.distances import read_unit_distances
from beatplanner.data.town.homes import read_homes
from beatplanner.data.town.incidents import read_incidents
from beatplanner.data.town.reading import Reading
from beatplanner.data.town.roster import read_published_postings, read_roster, read_special_posts
from beatplanner.data.town.sites import read_sites
from beatplanner.data.town.today import read_current, read_locked
from beatplanner.data.town.town import Town
from beatplanner.data.town.units import read_units
from beatplanner.data.town.walkable import read_barriers
from beatplanner.data.town.walks import read_walks

TABLES = {".csv", ".tsv", ".xlsx", ".xls", ".ods"}
VECTORS = {".gpkg", ".geojson", ".shp", ".kml", ".gml", ".fgb", ".tab", ".pbf", ".zip", ".tif", ".tiff"}


def read_town(description: Description) -> Town:
    """Read the layers of a description.

    Parameters
    ----------
    description
        A description made by `read_description`.

    Returns
    -------
    Town

    Raises
    ------
    InputError
        With every problem of every layer.
    """
    reading = Reading(description)
    keep = reading.findings.keep
    # without units nothing else can be placed, so their problems are told alone
    units, ids_are_whole = read_units(reading)
    parts = None
    edges = pd.DataFrame({"a": [], "b": [], "metres": [], "kind": []})
    beat_names: dict[str, str] = {}
    incidents = recorded = distances = homes = barriers = sites = walks = network = roster = special = published = None
    with keep():
        edges, parts = read_edges(reading, units)
    with keep():
        units["current"], beat_names = read_current(reading, units)
    with keep():
        units["locked"] = read_locked(reading, units)
    with keep():
        incidents, recorded = read_incidents(reading, units)
    with keep():
        distances = read_unit_distances(reading, units)
    with keep():
        homes = read_homes(reading, units)
    with keep():
        barriers = read_barriers(reading, units)
    with keep():
        sites = read_sites(reading, units, homes, barriers)
    with keep():
        walks, network = read_walks(reading, units, homes, sites, barriers)
    with keep():
        roster = read_roster(reading, units)
    with keep():
        special = read_special_posts(reading, units)
    with keep():
        published = read_published_postings(reading, units, roster)
    reading.findings.raise_if_any()
    _note_unknown_areas(reading, units, beat_names)
    reading.note_unused_columns()
    _note_unused_files(reading)
    return Town(
        description=description,
        crs=crs_of(units),
        units=units,
        unit_ids_are_whole_numbers=ids_are_whole,
        edges=edges,
        part_links=parts,
        incidents=incidents,
        recorded=recorded,
        unit_distances=distances,
        sites=sites,
        homes=homes,
        walks=walks,
        network=network,
        roster=roster,
        special_posts=special,
        published=published,
        notes=tuple(reading.findings.notes),
        sources=tuple(reading.sources),
        proposals=reading.proposals,
        beat_names=beat_names,
    )


def _note_unknown_areas(reading: Reading, units: gpd.GeoDataFrame, beat_names: dict[str, str]) -> None:
    """Name the areas of the budget's rules that are neither municipalities nor beats of today: a plan may draw such a beat, and seldom does."""
    budget = reading.description.budget
    beats = {str(b) for b in units["current"] if isinstance(b, str)}
    if budget is None or not beats:
        return
    towns, named = set(units["municipality"].astype(str)), beats | set(beat_names.values())
    asked = {
        "budget.pilots": (budget.pilots, named | towns, "no municipality and no beat of today"),
        "budget.start_together": ([b for group in budget.start_together for b in group], named, "no beat of today"),
    }
    for field, (names, known, what) in asked.items():
        for name in dict.fromkeys(ids_as_known(names, known)):
            if name not in known:
                mend = did_you_mean(name, known) or "Correct the name; a plan is refused that draws no such beat"
                text = f"“{name}” is {what}"
                reading.findings.add([Note("warning", text, mend, file=reading.description.file.name, field=field)])


def _note_unused_files(reading: Reading) -> None:
    """Name the files of data that lie beside a description and that it does not use."""
    folder, suffixes = reading.description.file.parent, TABLES | VECTORS
    if reading.description.file.suffix.lower() != ".toml" or not folder.is_dir():
        return
    used = {whole_path(s.path) for s in reading.sources}
    files = [f for f in sorted(folder.iterdir()) if f.is_file() and f.suffix.lower() in suffixes]
    # layers of the forum are read later, and named in the description all the same
    named = reading.description.file.read_text(encoding="utf-8", errors="replace")
    left = [f.name for f in files if whole_path(f) not in used and f.name not in named]
    if left:
        many = f"{len(left):,} file{'s' * (len(left) > 1)} beside the description {'are' if len(left) > 1 else 'is'} not used by it"
        reading.findings.note("info", f"{many}: {listed(left, 12)}", "Name them in the description where they matter")
