"""What is doubtful about the layers of a draft: in words, where on the map, and how it can be mended."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import listed
from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import is_missing, read_numbers, read_times, texts
from beatplanner.data.formats.coordinates import names_say
from beatplanner.data.formats.datums import utm_of
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.guided_import.guessing import RIVALS
from beatplanner.data.guided_import.mends import MENDS
from beatplanner.data.guided_import.sources import NUMBERS, TIMES, WHOLE, DraftSource
from beatplanner.data.guided_import.staging import stage, staged_description
from beatplanner.data.guided_import.starting_hours import starting_hours
from beatplanner.data.town.exchanged import in_its_area, letters_say, lonlat_of

if TYPE_CHECKING:
    from beatplanner.data.town.town import Town

# A common border thinner than this is no overlap, as a share of the smaller unit.
SLIVER = 0.01


@dataclass(frozen=True)
class Doubt:
    """One thing that is wrong or doubtful.

    Attributes
    ----------
    severity
        ``"error"``: the project cannot be made so; ``"warning"``: a doubt; ``"info"``: a fact worth knowing.
    text
        What it is, and what to do.
    source
        The layer it is about, or None.
    rows
        Its rows, from 0; empty where it is about no row.
    box
        Where it lies: west, south, east, north in degrees; empty where it lies nowhere.
    shapes
        What to show there, in degrees.
    mend
        Name of its mend in `MENDS`; ``"hours"``; ``"days"``, which only a user can mend; or empty.
    mend_words
        What the button says.
    """

    severity: str
    text: str
    source: DraftSource | None = None
    rows: tuple[int, ...] = ()
    box: tuple[float, ...] = ()
    shapes: tuple[shapely.Geometry, ...] = field(default=(), compare=False)
    mend: str = ""
    mend_words: str = ""


def import_doubts(draft: ImportDraft) -> list[Doubt]:
    """Find what is wrong or doubtful: errors first, then doubts, then facts.

    What a draft's own layers show is found with its rows and places; then the staged project is read and checked as `beatplanner check`
    does, and what that finds is added.
    """
    missing = draft.missing()
    if missing:
        return [Doubt("error", f"{text}.") for text in missing]
    found = [doubt for source in draft.sources if source.role for check in CHECKS for doubt in check(draft, source)]
    found += list(_hours(draft))
    seen = tuple(found)
    for note, town in _notes(draft):
        doubt = _from_note(draft, note, town)
        if not _covered(doubt, seen):
            found.append(doubt)
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda d: (order[d.severity], not d.mend))


def mend_doubt(draft: ImportDraft, doubt: Doubt) -> None:
    """Mend a doubt: the next staging carries it out."""
    if doubt.mend == "hours":
        draft.hours |= starting_hours(_categories(draft))
    elif doubt.mend in MENDS and doubt.source is not None and doubt.mend not in doubt.source.mends:
        doubt.source.mends.append(doubt.mend)


# ---- checks of one layer


def _doubt(
    draft: ImportDraft, source: DraftSource, severity: str, text: str, doubted: Iterable[int], name: str = ""
) -> Doubt:
    rows = tuple(int(r) for r in doubted)
    shapes: tuple[Any, ...] = ()
    box: tuple[float, ...] = ()
    if source.has_place:
        frame = draft.located(source)
        at = [r for r in rows if r < len(frame)][:200]
        shown: list[Any] = list(frame.geometry.iloc[at])
        places = [g for g in shown if g is not None and not g.is_empty]
        if places:
            shapes, box = (
                tuple(places),
                tuple(float(v) for v in shapely.total_bounds(np.array(places, dtype=object))),
            )
    return Doubt(severity, text, source, rows, box, shapes, name, MENDS[name].words if name else "")


def check_for_ids(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find ids that are missing or stand twice."""
    if source.role not in ("units", "candidates", "existing"):
        return
    ids = pd.Series(texts(draft.mended(source)[source.columns["id"]]))
    bad = ids.isna() | ids.duplicated()
    if bad.any():
        every = ids.isna() | ids.duplicated(keep=False)
        what = "has" if bad.sum() == 1 else "have"
        yield _doubt(
            draft,
            source,
            "error",
            f"{source.look.title}: {int(bad.sum()):,} of {len(ids):,} rows {what} no id of their own"
            f" ({listed(ids[every].dropna().unique(), 4) or 'empty'}).",
            np.flatnonzero(every),
            "ids",
        )


def check_for_places(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find rows without a place."""
    frame = draft.mended(source)
    if not isinstance(frame, gpd.GeoDataFrame) or source.role in ("roads", "barriers", "crossings", "roster"):
        return
    empty = frame.geometry.isna() | frame.geometry.is_empty
    if frame.geometry.geom_type.eq("Point").any():
        empty |= ~np.isfinite(frame.geometry.x.to_numpy(float)) if frame.geometry.geom_type.eq("Point").all() else False
    if empty.any():
        severity = "warning" if source.role == "incidents" else "error"
        yield _doubt(
            draft,
            source,
            severity,
            f"{source.look.title}: {int(empty.sum()):,} of {len(frame):,} rows have no place on the map.",
            np.flatnonzero(empty),
            "no_place",
        )


def check_for_shapes(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find polygons that are the same, overlap, or lie far away."""
    if source.role != "units":
        return
    frame = draft.mended(source)
    there = (frame.geometry.notna() & ~frame.geometry.is_empty).to_numpy()
    drawn: list[shapely.Geometry] = list(frame.geometry)
    shapes = np.array(
        [geometry.valid(g) if ok else shapely.Polygon() for g, ok in zip(drawn, there, strict=True)], dtype=object
    )
    ids = texts(frame[source.columns["id"]])
    same = pd.Series([g.normalize().wkb for g in shapes]).duplicated(keep=False).to_numpy() & there
    if same.any():
        rows = np.flatnonzero(same)
        text = f"{source.look.title}: {len(rows):,} units are the same polygon as another, such as {listed([ids[i] for i in rows], 3)}."
        yield _doubt(draft, source, "error", text, rows, "twins")
    a, b = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    a, b = a[a < b], b[a < b]
    common = geometry.intersection(shapes[a], shapes[b])
    much = shapely.area(common) > SLIVER * np.minimum(shapely.area(shapes[a]), shapely.area(shapes[b]))
    if much.any():
        rows = np.unique(np.concatenate([a[much], b[much]]))
        first = np.flatnonzero(much)[0]
        yield _doubt(
            draft,
            source,
            "warning",
            f"{source.look.title}: {int(much.sum()):,} pairs of units overlap, such as {ids[a[first]]} and "
            f"{ids[b[first]]}.",
            rows,
            "overlaps",
        )


def check_for_far_places(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find features far from all others of the layer, or from the units."""
    frame = draft.located(source)
    if source.role not in ("units", "candidates", "existing") or len(frame) < 5:
        return
    ok = frame.geometry.notna() & ~frame.geometry.is_empty
    try:
        utm = utm_of(frame[ok]) if ok.any() else None
    except (RuntimeError, ValueError):
        text = f"{source.look.title}: its coordinates do not lie on earth in its CRS ({source.crs[:40]}). Choose the CRS that they are in."
        yield Doubt("error", text, source)
        return
    if utm is None:
        return
    centre = frame.geometry.to_crs(utm).representative_point()
    x, y = centre.x.to_numpy(float), centre.y.to_numpy(float)
    apart = np.hypot(x - np.nanmedian(x), y - np.nanmedian(y))
    limit = max(20_000.0, 30 * float(np.nanmedian(apart)))
    far = np.flatnonzero(apart > limit)
    if len(far):
        text = f"{source.look.title}: {len(far):,} of {len(frame):,} lie up to {apart[far].max() / 1000:,.0f} km from the middle of the others."
        yield _doubt(draft, source, "warning", text, far, "far")


def check_for_numbers(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find cells without a number where one is needed."""
    frame = draft.mended(source)
    for meaning in NUMBERS:
        column = source.columns.get(meaning)
        if column is None or source.role not in ("units", "candidates", "residents"):
            continue
        values = read_numbers(frame[column], whole=meaning in WHOLE, coded=True).values
        bad = np.flatnonzero(~(values >= 0))
        if len(bad):
            cells = listed(
                dict.fromkeys(
                    "empty" if is_missing(frame[column].iloc[i]) else f"“{frame[column].iloc[i]}”" for i in bad
                ),
                3,
            )
            text = f"{source.look.title}, column “{column}”: {len(bad):,} of {len(frame):,} cells are no number of 0 or more ({cells})."
            yield _doubt(draft, source, "error", text, bad, "numbers")


def check_for_times(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find cells that hold no time."""
    frame = draft.mended(source)
    for meaning in TIMES:
        column = source.columns.get(meaning)
        if column is None:
            continue
        bad = read_times(frame[column]).failed
        if len(bad):
            cells = listed(dict.fromkeys(f"“{frame[column].iloc[i]}”" for i in bad), 3)
            yield _doubt(
                draft,
                source,
                "error",
                f"{source.look.title}, column “{column}”: {len(bad):,} cells are no time ({cells}).",
                bad,
                "times",
            )


def check_for_municipalities(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find units without a municipality."""
    column = source.columns.get("municipality")
    if source.role != "units" or column is None:
        return
    empty = np.flatnonzero(draft.mended(source)[column].map(is_missing).to_numpy(bool))
    if len(empty):
        yield _doubt(
            draft,
            source,
            "error",
            f"{source.look.title}: {len(empty):,} units have no municipality.",
            empty,
            "municipality",
        )


def check_for_officers(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find officers who stand there twice, or without a name."""
    if source.role != "roster":
        return
    names = pd.Series(texts(draft.mended(source)[source.columns["officer"]]))
    bad = names.isna() | names.duplicated(keep=False)
    if (names.isna() | names.duplicated()).any():
        text = f"{source.look.title}: officers stand there twice or have no name ({listed(names[bad].dropna().unique(), 4) or 'empty'})."
        yield _doubt(draft, source, "error", text, np.flatnonzero(bad), "officers")


def check_for_points_outside(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Find points outside every unit, and coordinates that fit the other way round."""
    units = draft.first("units")
    if source.role != "incidents" or units is None:
        return
    area = geometry.union(geometry.valid(draft.located(units).geometry.dropna().to_numpy()))
    frame = draft.located(source)
    x, y = (
        (frame.geometry.x.to_numpy(float), frame.geometry.y.to_numpy(float))
        if (frame.geometry.geom_type == "Point").all()
        else (np.array([]),) * 2
    )
    shapely.prepare(area)
    if not len(x):
        return
    inside = shapely.contains_xy(area, np.nan_to_num(x, nan=999), np.nan_to_num(y, nan=999))
    there = np.isfinite(x)
    outside = np.flatnonzero(~inside & there)
    if len(outside) > 0.5 * there.sum():
        raw = draft.with_place(source)
        assert isinstance(raw, gpd.GeoDataFrame)
        other = gpd.GeoSeries(gpd.points_from_xy(raw.geometry.y, raw.geometry.x), crs=raw.crs).to_crs("EPSG:4326")
        fits = shapely.contains_xy(
            area, np.nan_to_num(other.x.to_numpy(float), nan=999), np.nan_to_num(other.y.to_numpy(float), nan=999)
        )
        if not {"swap"} & {*source.mends, *units.mends} and fits.mean() > 0.5:
            yield _swapped(draft, source, units)
            return
    if len(outside):
        severity = "error" if len(outside) == there.sum() else "warning" if len(outside) > 0.02 * len(frame) else "info"
        mend = " Choose another CRS or other columns." if severity == "error" else " They are not planned with."
        text = f"{source.look.title}: {len(outside):,} of {len(frame):,} incidents ({len(outside) / len(frame):.1%}) lie outside every unit.{mend}"
        yield _doubt(draft, source, severity, text, outside)


def _swapped(draft: ImportDraft, source: DraftSource, units: DraftSource) -> Doubt:
    """Say in which of two layers x and y are swapped, or that nothing says it: points that fit the other way round may be the right ones."""
    votes = names_say(source.columns.get("x", ""), source.columns.get("y", ""))
    frame, raw = draft.located(units), draft.with_place(units)
    assert isinstance(raw, gpd.GeoDataFrame)
    places = shapely.get_coordinates(shapely.centroid(frame.geometry.dropna().to_numpy()))
    turned = shapely.get_coordinates(shapely.centroid(raw.geometry.dropna().to_numpy()))[:, ::-1]
    turned = lonlat_of(turned, raw.crs) if raw.crs is not None else turned[:0]
    known = [c for k in ("name", "municipality", "id") if (c := units.columns.get(k)) in raw.columns]
    names = [str(v) for c in known for v in raw[c].dropna().head(1000)]
    votes += letters_say(names, places, turned)[0]
    if (
        raw.crs is not None
        and raw.crs.is_projected
        and in_its_area(raw.crs, places)
        and not in_its_area(raw.crs, turned)
    ):
        # metres cannot come from exchanged degrees and lie right
        votes -= 2
    if votes > 0:
        text = f"{units.look.title}: x and y of the units are swapped: the other way round they lie under {source.look.title}, whose columns or whose place say that they are right."
        return _doubt(draft, units, "error", text, (), "swap")
    if votes < 0:
        text = f"{source.look.title}: x and y are swapped: the places fit the units the other way round."
        return _doubt(draft, source, "error", text, (), "swap")
    text = f"{source.look.title}: x and y are swapped either here or in {units.look.title}, and nothing tells in which. Look at both on a map."
    return _doubt(draft, source, "error", text, ())


def check_for_times_unknown(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Say what incidents without times are taken for."""
    if source.role == "incidents" and "time" not in source.columns and not draft.rules.days:
        text = f"{source.look.title}: the incidents have no times, so they are taken for one year."
        yield Doubt("warning", text, source, mend="days", mend_words="Say how many days they cover")


def check_for_rival_crs(draft: ImportDraft, source: DraftSource) -> Iterator[Doubt]:
    """Say that the CRS was guessed where another fits nearly as well."""
    if RIVALS in source.crs_reason:
        text = f"{source.look.title}: its CRS is a guess ({source.crs}: {source.crs_reason}). Ask whoever made the table, and choose it with the columns."
        yield Doubt("warning", text, source)


CHECKS = (
    check_for_ids,
    check_for_places,
    check_for_shapes,
    check_for_far_places,
    check_for_numbers,
    check_for_times,
    check_for_municipalities,
    check_for_officers,
    check_for_points_outside,
    check_for_times_unknown,
    check_for_rival_crs,
)


def _categories(draft: ImportDraft) -> list[str]:
    source = draft.first("incidents")
    if source is None or "category" not in source.columns:
        return []
    return sorted({c for c in texts(draft.frame(source)[source.columns["category"]]) if c})


def _hours(draft: ImportDraft) -> Iterator[Doubt]:
    """Find categories that count the default hours although more is known of their kind."""
    categories = _categories(draft)
    known = {c: h for c, h in starting_hours(categories).items() if c not in draft.hours}
    if known:
        few = listed([f"{c} {h:g} h" for c, h in known.items()], 4)
        yield Doubt(
            "warning",
            f"{len(known)} of {len(categories)} categories of incidents can start from usual hours instead of 1 h each ({few}). "
            "They are assumptions, to be replaced by your own dispatch durations.",
            draft.first("incidents"),
            mend="hours",
            mend_words="Take the usual hours",
        )


# ---- what the checks of a project find


def _notes(draft: ImportDraft) -> list[tuple[Note, Town | None]]:
    from beatplanner.data.guided_import.checks import checked

    with tempfile.TemporaryDirectory(prefix=f"beatplanner-{os.getpid()}-") as folder:
        try:
            description = staged_description(stage(draft, Path(folder)))
        except InputError as error:
            return [(note, None) for note in error.problems]
        notes, town = checked(description)
        return [(note, town) for note in notes]


def _from_note(draft: ImportDraft, note: Note, town: Town | None) -> Doubt:
    """Return a note of the checks as a doubt, with the places of the units that it names."""
    # what is staged is called by its role
    role = Path(note.file).stem
    staged = draft.first("roster" if role == "officers" else role)
    source = staged or next((s for s in draft.sources if s.look.path.name == str(note.file)), None)
    shown = Note(note.severity, note.what, note.mend, source.look.title if source else "", "", note.row, note.field)
    rows = (int(note.row) - (2 if str(note.file).endswith(".csv") else 1),) if note.row.isdecimal() and source else ()
    if rows and source is not None:
        return replace_text(_doubt(draft, source, note.severity, "", rows), str(shown))
    box: tuple[float, ...] = ()
    shapes: tuple[Any, ...] = ()
    if town is not None:
        units = _units_named(note.what, town)
        if len(units):
            places = gpd.GeoSeries(town.units.geometry.iloc[units]).to_crs("EPSG:4326")
            shapes, box = tuple(places), tuple(float(v) for v in places.total_bounds)
    return Doubt(note.severity, str(shown), source, (), box, shapes)


def replace_text(doubt: Doubt, text: str) -> Doubt:
    """Return a doubt with another text."""
    return Doubt(doubt.severity, text, doubt.source, doubt.rows, doubt.box, doubt.shapes, doubt.mend, doubt.mend_words)


def _units_named(text: str, town: Town) -> np.ndarray:
    """Return the positions of the units that a sentence names."""
    names = town.units["name"].astype(str).to_numpy(object)
    if all(re.fullmatch(r"[\d.-]+", n) for n in names):
        # numbers stand for other things too: only those after a word that says so
        found = re.findall(r"(?:units?|near|at|and|of|:|,)\s+([\d.-]+)(?=[\s,;)]|$)", text)
        return np.flatnonzero(np.isin(names, found)) if re.search(r"unit|near|touch|km at", text) else np.array([], int)
    return np.array(
        [
            i
            for i, n in enumerate(names)
            if len(n) > 1 and n in text and re.search(rf"(?<!\w){re.escape(n)}(?!\w)", text)
        ],
        int,
    )


# Sentences of the reader that say what a check of the draft has said already, with its place.
SAID = (
    (r"ids must be unique|have no id|sites must have names", r"no id of their own"),
    (r"overlap", r"pairs of units overlap"),
    (r"lie outside every unit|every incident lies outside|are exchanged", r"lie outside every unit|swapped"),
    (r"same polygon", r"same polygon"),
    (r"no coordinates|has no geometry", r"no place on the map"),
    (r"have\s+no\s+times", r"have\s+no\s+times"),
    (r"have no municipality", r"have no municipality"),
    (r"stands there twice|has no name or number", r"stand there twice"),
)
# Of cells, which another layer may have as well.
SAID_OF_CELLS = (
    (r"where a number is needed|is empty|which is below", r"no number of 0 or more"),
    (r"which is no time|which is no date", r"are no time"),
)


def _covered(doubt: Doubt, said: tuple[Doubt, ...]) -> bool:
    of_layer = tuple(d for d in said if d.source is doubt.source)
    return any(
        re.search(a, doubt.text) and any(re.search(b, d.text) for d in among)
        for among, sentences in ((said, SAID), (of_layer, SAID_OF_CELLS))
        for a, b in sentences
    )
