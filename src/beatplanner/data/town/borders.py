"""Which units are neighbours: shared borders or a table of them, barriers, proposed and decided links, and borders drawn by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.listed_ids import ids_as_known
from beatplanner.data.description.sections.base import Table
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import is_missing, numbers, texts
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.town.adjacency import LEAST_BORDER, SNAP, drawn_edges, island_links, open_borders, touching
from beatplanner.data.town.columns import read_columns
from beatplanner.data.town.coverage import part_links
from beatplanner.data.town.reading import Reading, read_shapes, truths, unit_positions
from beatplanner.data.town.where import check_near

# Parts of a unit up to this far apart, in metres, are one piece of ground: a street, a railway or a river runs between them.
GROUND_GAP = 100.0
Decided = dict[tuple[int, int], tuple[bool, str]]


def read_edges(reading: Reading, units: gpd.GeoDataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the adjacency of units, and links between parts of a unit, as in `Town`.

    Neighbours are found by borders or in a table, after barriers, links and what was drawn by hand; InputError where the least border is asked for and none is shared.
    """
    rules = reading.description.beats
    decided = _decided_links(reading, units) if rules is not None and rules.decided_links is not None else None
    edges = _with_drawn(reading, units, _edges(reading, units, decided))
    parts = _part_links(reading, units, decided or {})
    if rules is not None and rules.objective == "cut" and len(edges) and not edges["metres"].any():
        what = 'beats.objective = "cut" has nothing to count: no two units share a border'
        mend = "Give a table of neighbours (beats.adjacency), with metres or without, or choose “travel”"
        raise InputError(problem(what, mend, file=reading.description.file.name, field="beats.objective"))
    return edges, parts


def _edges(reading: Reading, units: gpd.GeoDataFrame, decided: Decided | None) -> pd.DataFrame:
    rules = reading.description.beats
    polygons = np.asarray(units.geometry.array, dtype=object)
    if rules is not None and rules.adjacency is not None:
        return _edges_of_file(reading, units, rules.adjacency)
    edges, borders, short = touching(polygons)
    edges["kind"] = "border"
    links = island_links(polygons, units["municipality"].to_numpy(object), edges)
    names = units["name"]
    _note_corners(reading, short, names)
    ids = units["unit"].to_numpy(object)
    reading.proposals["links"] = pd.DataFrame(
        {
            "from": ids[links["a"].astype(int)],
            "to": ids[links["b"].astype(int)],
            "metres": links["distance"].round(),
            "accept": "",
            "reason": "",
        }
    )
    if decided is not None:
        links = _with_decisions(reading, links, decided, units)
    for a, b, distance in links.itertuples(index=False):
        if decided is not None and (a, b) in decided:
            continue
        apart = (
            f"do not touch; a link of {distance:,.0f} m" if distance > SNAP else "touch in a corner only; a link there"
        )
        what = f"{names[a]} and {names[b]} {apart} is proposed so that beats can join them"
        reading.findings.note(
            "warning",
            what,
            "Check that officers can cross there, and say so in beats.decided_links",
            field="beats.decided_links",
        )
    if rules is not None and rules.barriers is not None:
        edges = _behind_barriers(reading, edges, borders, units)
    joined = pd.DataFrame({"a": links["a"], "b": links["b"], "metres": 0.0, "kind": "link"})
    found = pd.concat([edges, joined], ignore_index=True) if len(links) else edges
    return found.sort_values(["a", "b"], ignore_index=True).astype({"a": int, "b": int})


def _part_links(reading: Reading, units: gpd.GeoDataFrame, decided: Decided) -> pd.DataFrame:
    """Return the links that join far parts of one unit, told until a person accepts them; columns ``unit`` (position), ``metres``."""
    links = pd.DataFrame(part_links(units.geometry.to_numpy(), GROUND_GAP), columns=["unit", "metres"]).astype(
        {"unit": int}
    )
    names, ids, file = units["name"], units["unit"].to_numpy(object), reading.description.units.path.name
    if links.empty:
        return links
    of = links["unit"].to_numpy(int)
    more = pd.DataFrame({"from": ids[of], "to": ids[of], "metres": links["metres"].round(), "accept": "", "reason": ""})
    known = reading.proposals.get("links")
    reading.proposals["links"] = more if known is None else pd.concat([known, more], ignore_index=True)
    refused = [u for u in dict.fromkeys(of.tolist()) if not decided.get((u, u), (True, ""))[0]]
    if refused:
        what = f"the parts of {listed(names[refused], 5)} are not to be linked, as was decided, but share one id, so that no beat can part them"
        raise InputError(
            problem(what, "Give each part an id of its own, or accept the link", file=file, field="beats.decided_links")
        )
    opened = links[[(u, u) not in decided for u in of]]
    if len(opened):
        named = [
            f"{names[u]} (a link of {metres:,.0f} m)"
            for u, metres in opened[["unit", "metres"]].itertuples(index=False)
        ]
        many = opened["unit"].nunique()
        what = (
            f"{'1 unit lies' if many == 1 else f'{many:,} units lie'} in parts more than {GROUND_GAP:g} m apart, so that a beat with "
            f"{'it' if many == 1 else 'one of them'} is in pieces "
            f"on the ground unless a link is counted: {listed(named, 5)}"
        )
        mend = "Give each part an id of its own; or check that officers can cross there, and accept the link in beats.decided_links (from and to the same unit)"
        reading.findings.note("warning", what, mend, file=file, field="beats.decided_links")
    for u in dict.fromkeys(links.loc[~links.index.isin(opened.index), "unit"].tolist()):
        why = decided[u, u][1]
        reading.findings.note(
            "info",
            f"the parts of {names[u]} are linked, as was decided{f' ({why})' if why else ''}",
            field="beats.decided_links",
        )
    return links


def _note_corners(reading: Reading, short: pd.DataFrame, names: pd.Series) -> None:
    """Name the units that share a border too short to count as one."""
    if short.empty:
        return
    longest = short.sort_values("metres", ascending=False)
    named = [f"{names[a]} and {names[b]} ({metres:.2g} m)" for a, b, metres in longest.itertuples(index=False)]
    many = "1 pair of units meets" if len(short) == 1 else f"{len(short):,} pairs of units meet"
    what = f"{many} in less than {LEAST_BORDER:g} m of border and so are no neighbours: {listed(named, 5)}"
    mend = "Where officers can cross there, draw a link (beats.links)"
    reading.findings.note("info", what, mend, file=reading.description.units.path.name, field="geometry")


def _with_drawn(reading: Reading, units: gpd.GeoDataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Return the adjacency with the links and closed borders that were drawn by hand."""
    rules = reading.description.beats
    if rules is None or not (rules.links or rules.closed):
        return edges
    place = {u: i for i, u in enumerate(units["unit"])}
    pairs: dict[str, list[tuple[int, int]]] = {}
    for name in ("links", "closed"):
        ends = [u for item in getattr(rules, name) for pair in item.pairs for u in pair]
        drawn = ids_as_known(ends, place)
        unknown = [u for u in drawn if u not in place]
        if unknown:
            what = f"there is no unit “{unknown[0]}” ({len(unknown):,} such ends)"
            mend = did_you_mean(unknown[0], place) or "Use ids of the units layer"
            raise InputError(problem(what, mend, file=reading.description.file.name, field=f"beats.{name}"))
        pairs[name] = [(place[a], place[b]) for a, b in zip(drawn[::2], drawn[1::2], strict=True)]
    return drawn_edges(edges, pairs["links"], pairs["closed"])


def _decided_links(reading: Reading, units: gpd.GeoDataFrame) -> Decided:
    """Return what people decided about links: positions of the units (a < b), whether it holds, and why."""
    rules = reading.description.beats
    assert rules is not None and rules.decided_links is not None
    table = rules.decided_links
    frame, where = read_columns(reading, "beats.decided_links", table)
    a, b = unit_positions(frame["from"], units, where), unit_positions(frame["to"], units, where)
    open_ = [is_missing(v) for v in frame["accept"]]
    yes = truths(frame["accept"], where)
    reason = texts(frame["reason"]) if "reason" in frame else [None] * len(frame)
    found: Decided = {}
    for i, (u, v) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        if not open_[i]:
            found[min(u, v), max(u, v)] = (yes[i], reason[i] or "")
    reading.record("beats.decided_links", rules.decided_links.path, len(frame), len(found))
    return found


def _with_decisions(
    reading: Reading, links: pd.DataFrame, decided: dict[tuple[int, int], tuple[bool, str]], units: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return proposed links without those that were refused, and with those that people drew; each is told."""
    names, polygons = units["name"], units.geometry.to_numpy()
    decided = {pair: said for pair, said in decided.items() if pair[0] != pair[1]}
    for (a, b), (holds, reason) in decided.items():
        why = f" ({reason})" if reason else ""
        reading.findings.note(
            "info",
            f"{names[a]} and {names[b]} are {'linked' if holds else 'not linked, as was decided'}{why}",
            field="beats.decided_links",
        )
    proposed = {(int(a), int(b)) for a, b in zip(links["a"], links["b"], strict=True)}
    every = zip(links["a"], links["b"], strict=True)
    # a mask, since an empty list would choose no columns
    kept = np.array([decided.get((int(a), int(b)), (True, ""))[0] for a, b in every], bool)
    more = [
        (a, b, float(polygons[a].distance(polygons[b])))
        for (a, b), (holds, _) in decided.items()
        if holds and (a, b) not in proposed
    ]
    drawn = pd.DataFrame(more, columns=["a", "b", "distance"])
    return pd.concat([links[kept], drawn], ignore_index=True) if more else links[kept].reset_index(drop=True)


def _behind_barriers(
    reading: Reading, edges: pd.DataFrame, borders: np.ndarray, units: gpd.GeoDataFrame
) -> pd.DataFrame:
    rules = reading.description.beats
    assert rules is not None and rules.barriers is not None
    crs = crs_of(units)
    barriers = read_shapes(reading, "beats.barriers", rules.barriers, crs)
    check_near(reading, "beats.barriers", rules.barriers, barriers, units)
    crossings = (
        read_shapes(reading, "beats.crossings", rules.crossings, crs) if rules.crossings else np.array([], dtype=object)
    )
    is_open = open_borders(borders, barriers, crossings)
    reading.findings.note("info", f"Barriers close {int((~is_open).sum()):,} of {len(edges):,} borders between units")
    return edges[is_open]


def _edges_of_file(reading: Reading, units: gpd.GeoDataFrame, table: Table) -> pd.DataFrame:
    """Return the adjacency of a table: ``from``, ``to`` and, where it has them, ``metres`` of border.

    Without ``metres`` the objective `cut` counts links, one each, and anything else sees the border on the map.
    """
    frame, where = read_columns(reading, "beats.adjacency", table)
    a, b = unit_positions(frame["from"], units, where), unit_positions(frame["to"], units, where)
    reading.record("beats.adjacency", table.path, len(frame))
    given = "metres" in frame
    rows = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "row": where.rows[: len(frame)]})
    if given:
        rows["metres"] = numbers(frame["metres"], where, least=0, notes=reading.findings.notes)
    rows = rows[rows["a"] != rows["b"]]
    if given:
        other = rows[rows.groupby(["a", "b"])["metres"].transform("nunique") > 1]
        if len(other):
            first = other.iloc[0]
            what = (
                f"{units['name'][first['a']]} and {units['name'][first['b']]} stand there twice, with different metres"
            )
            raise InputError(where.problem(what, "Keep one row of the two", row=str(first["row"]), field="metres"))
    pairs = rows.drop_duplicates(["a", "b"]).sort_values(["a", "b"], ignore_index=True)
    rules = reading.description.beats
    assert rules is not None
    if given:
        metres = pairs["metres"].to_numpy(float)
        if rules.objective == "cut" and len(pairs) and not metres.any():
            raise InputError(
                where.problem(
                    'every border has 0 metres, so that beats.objective = "cut" has nothing to count',
                    "Give the metres, leave the column out to count links, or choose “travel”",
                    field="metres",
                )
            )
    elif rules.objective == "cut":
        metres = np.ones(len(pairs))
        what = 'The table of neighbours has no column “metres”: beats.objective = "cut" counts the links between beats'
        reading.findings.add([where.fact(what, field="metres")])
    else:
        outline = shapely.boundary(np.asarray(units.geometry.array, dtype=object))
        metres = shapely.length(
            geometry.intersection(outline[pairs["a"].to_numpy(int)], outline[pairs["b"].to_numpy(int)])
        )
    return pd.DataFrame({"a": pairs["a"], "b": pairs["b"], "metres": metres, "kind": "file"})
