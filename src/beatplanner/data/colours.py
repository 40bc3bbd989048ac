"""Colours of beats on every map: safe for colour-blind readers, and never alike for neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    import geopandas as gpd

# Light fills on which dark labels can be read; they differ in lightness too (after Okabe and Ito 2008, lightened).
FILLS = ("#9ecae1", "#fdd49e", "#a1d99b", "#dadaeb", "#fcbba1", "#ffffb3", "#d9d9d9", "#c7e9b4")


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
