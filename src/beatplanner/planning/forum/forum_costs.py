"""What forums cost in packs that people have, as an attacker uses it.

Packs of older versions told what travel to a forum costs its members, who were expected from where residents live: ::

    members · Σᵤ fareᵤ xᵤ = cost · Σᵤ xᵤ        over the units u of the forum's area, with xᵤ residents

an equation over residents of single units, to the cent; and in the same way which share of them can walk. The fares follow from the map. Whatever cost of
a pack is that of the residents, and not that of the places, is such an equation; beside all tables it is attacked by linear programming over units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from beatplanner.data.description.models import Forum
from beatplanner.data.findings import listed
from beatplanner.data.result.cells import read_rows
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.forum_tables import ForumTables
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.areas import PackAreas
from beatplanner.planning.forum.audit import AuditCheck
from beatplanner.planning.forum.forums import venues_of, ways_to
from beatplanner.planning.forum.pack_figures import moved_to
from beatplanner.planning.forum.published import Published
from beatplanner.planning.forum.statement_attack import Row, ShareStatement, attacked

# Half of the last digit that is told: of a cost, and of a share of those who walk (older versions told it in steps of 5 %).
CENT, SHARE = 0.005, 0.025


def check_costs(
    packs: Sequence[Published], areas: PackAreas, tables: PlanTables, town: Town, extra: ForumTables, counts: np.ndarray
) -> AuditCheck:
    """Attack the residents with the costs of forums that packs tell.

    Parameters
    ----------
    packs
        The pack, then the others that people have.
    areas
        The units in the order of `tables` and `counts`.
    tables, town, extra
        The plan, with where units lie, and where forums may meet.
    counts
        (n,) true residents.
    """
    name = "costs of forums tell of no hidden count"
    rows = cost_rows(packs, areas, tables, town, extra, counts)
    if not rows:
        return AuditCheck(name, True, "none follows from where residents live")
    same = [m for p in packs if (m := moved_to(p, areas)) is not None]
    cells = [c for m in same for c in m.residents if c.shown is None or c.shown == counts[c.members].sum()]
    if not any(c.shown is None for c in cells):
        return AuditCheck(name, True, "no figure is hidden")
    found = attacked(cells, rows, len(counts), int(packs[0].privacy.get("threshold", 5)), counts)
    if found is None:
        return AuditCheck(name, True, "they follow from where residents live; too large to be attacked", known=False)
    return AuditCheck(name, not found, listed(found, 5) if found else f"{len(rows) // 2} costs and shares attacked")


def cost_rows(
    packs: Sequence[Published], areas: PackAreas, tables: PlanTables, town: Town, extra: ForumTables, counts: np.ndarray
) -> list[Row]:
    """Return what costs say of residents, as rows over units; of costs that follow from the places nothing. Parameters as for `check_costs`."""
    same = [(p, m) for p in packs if (m := moved_to(p, areas)) is not None]
    statements = [
        t for before, moved in same for t in _statements_of(before.folder, moved.areas, areas, tables, town, extra)
    ]
    places = np.ones(len(counts))
    return [row for t in statements if t.fits(counts) and not t.fits(places) for row in t.rows(len(counts))]


def _statements_of(
    folder: Path, own: PackAreas, areas: PackAreas, tables: PlanTables, town: Town, extra: ForumTables
) -> Iterator[ShareStatement]:
    """Yield what the table of forums of one pack says; rows whose place is not known say nothing."""
    file, (venues, walks) = folder / "forums.csv", venues_of(town, extra)
    if not file.is_file() or venues is None or not len(venues):
        return
    _, on_foot, fare = ways_to(tables, town.description.forum or Forum(), venues, walks)
    names, place = venues["venue"].astype(str).tolist(), {u: i for i, u in enumerate(areas.unit)}
    at = np.array([place[u] for u in own.unit])
    for row in read_rows(file):
        area, level, venue = row.get("area", ""), row.get("level", ""), row.get("venue", "")
        of = {"neighbourhood": own.beat, "municipality": own.municipality}.get(level)
        inside = at if of is None else at[np.array([b == area for b in of], bool)]
        if names.count(venue) != 1 or not len(inside):
            continue
        j = names.index(venue)
        try:
            members, meetings = float(row["members"]), float(row["meetings_a_year"])
            travel, year = float(row["travel_cost"]), float(row["year_cost"])
            share = float(row["share_who_walk"] or "nan")
        except (KeyError, ValueError):
            continue
        each, price = members * fare[inside, j], float(venues["cost"].iloc[j])
        yield ShareStatement(inside, each, travel - CENT, travel + CENT)
        if meetings > 0:
            whole = year / meetings - price
            yield ShareStatement(inside, each, whole - CENT / meetings, whole + CENT / meetings)
        if np.isfinite(share):
            yield ShareStatement(inside, on_foot[inside, j].astype(float), share - SHARE, share + SHARE)
