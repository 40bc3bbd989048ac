"""Which beats each named street runs through."""

from __future__ import annotations

from collections.abc import Mapping

import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.publish.public.figures import PublicSpeech
from beatplanner.data.publish.public.plan import PublicPlan, PublicTables
from beatplanner.planning.forum.public.blocks import natural

# A street this near to a border, in metres, has houses on both sides of it.
BORDER = 8.0


def streets_of(
    plan: PublicPlan, tables: PublicTables, names: Mapping[str, str], speech: PublicSpeech
) -> list[tuple[str, list[str], shapely.Geometry]]:
    """Return named streets, the beats that they run through by name, and their lines (plan's CRS)."""
    streets = tables.streets
    if streets is None or streets["name"].isna().all():
        return []
    shapes, ids = plan.beats.geometry.to_numpy(), plan.beats["beat"].astype(str)
    wider = shapely.buffer(shapes, BORDER)
    rows = []
    for name, group in streets[streets["name"].notna()].groupby("name", sort=True):
        lines = geometry.union(group.geometry.to_numpy())
        length = shapely.length(geometry.intersection(wider, lines))
        # a street along a border belongs to both sides, one that merely touches a beat does not
        inside = [b for b, m in zip(ids, length, strict=True) if m > max(3 * BORDER, 0.02 * shapely.length(lines))]
        if inside:
            rows.append((speech.given(name), sorted(inside, key=lambda b: names[b]), lines))
    return sorted(rows, key=lambda r: natural(r[0]))
