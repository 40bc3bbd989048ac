"""Colours of beats on every map: safe for colour-blind readers, and never alike for neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    import geopandas as gpd

# Light fills on which dark labels can be read. Chosen by search so that any two differ by at least 18 (CIE 1976) for readers with usual colour
# vision and for those without red, green or blue cones (as simulated by Machado, Oliveira and Fernandes 2009); a test measures it.
FILLS = ("#7fa3e2", "#fdd99a", "#a3be9a", "#d091b5", "#d9f4d0", "#76d9f4", "#aca364", "#b5fdfd")


def beat_colours(beats: gpd.GeoDataFrame) -> dict[str, str]:
    """Return a fill for each beat id; beats that touch have different ones."""
    # half a second that only a map needs, not the window
    import networkx as nx

    shapes = beats.geometry.to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=1.0)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(beats)))
    graph.add_edges_from((int(i), int(j)) for i, j in zip(a, b, strict=True) if i < j)
    number = nx.greedy_color(graph, strategy="smallest_last")
    return {str(beat): FILLS[number[i] % len(FILLS)] for i, beat in enumerate(beats["beat"])}
