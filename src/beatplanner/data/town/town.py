"""The town: everything of a project, read once, in one metric CRS, with ids as given by the user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from beatplanner.data.formats.ids import as_known
from beatplanner.data.formats.source import Source

if TYPE_CHECKING:
    from beatplanner.data.description.models import Description
    from beatplanner.data.errors import Note
    from beatplanner.data.town.recorded import Recorded
    from beatplanner.data.town.walking_network import WalkingNetwork


@dataclass(frozen=True)
class Town:
    """A project's layers, ready for planning.

    Attributes
    ----------
    description
        The description that the town was read from.
    crs
        Planning CRS, in metres.
    units
        n rows, index 0..n-1, in the file's order. Columns: ``unit`` (text), ``name`` (text; the id where the
        layer has no names), ``municipality`` (text; ``""`` where there are none), ``population`` (float residents; NaN in every
        row where the project has none), ``workload`` (float, ready-made officer hours a year; NaN in every row
        where the project has none), ``current`` (text id of today's beat, or None), ``locked`` (text id of the
        beat that the unit must stay in, or None), ``group_<language>`` (float residents), ``amount_<name>`` (float), ``x``, ``y``
        (representative point, metres), ``geometry`` (polygon or multipolygon).
    unit_ids_are_whole_numbers
        Whether the file's ids were integers, so that results write them as such.
    edges
        Adjacency of units after barriers, columns ``a``, ``b`` (positions, a < b), ``metres`` (shared boundary;
        0 for a link), ``kind`` (``"border"``, ``"link"``: a proposed one joins an island, or ``"file"``).
    part_links
        Links between far parts of one unit, which make it one piece of ground: ``unit`` (position), ``metres``; or None.
    incidents
        Columns ``x``, ``y`` (planning CRS, metres), ``unit`` (position, -1 outside every unit), ``category`` (text, ``""`` where none),
        ``time`` (datetime64, NaT where none), ``a_year`` (incidents a year that it stands for, 0 outside the time that is covered); or None.
    recorded
        The time that the records cover, or None.
    unit_distances
        (n, n) metres between units where the project brings a file of them (inf where a pair is absent), or None:
        straight line between representative points.
    sites
        Existing stations first, then candidates. Columns ``station`` (text), ``name`` (text), ``x``, ``y`` (metres), ``cost``, ``yearly_cost``,
        ``closing_cost`` (float), ``existing`` (bool), ``state`` (``"kept"``, ``"closable"``, ``"fixed"``, ``"candidate"``, ``"generated"``),
        ``unit`` (position of the nearest unit); or None where the description has no stations.
    homes
        Where residents live, one row a unit at least, sorted by unit: ``unit`` (position), ``x``, ``y`` (metres), ``share`` of the
        unit's residents; or None where the description has no stations.
    walks
        (homes, sites) walking metres; inf where not reachable on foot; or None.
    network
        The roads that stations are reached by, or None.
    roster
        Officers. Columns ``officer`` (text), ``beat`` (today's, text or None), ``since`` (date or None),
        ``languages`` (tuple of text), ``gender`` (text or None), ``x``, ``y`` (home, planning CRS, metres; NaN where unknown),
        ``trained_on``, ``joins_on``, ``leaves_on`` (date or None), ``licence`` (bool), ``not_with`` (tuple of officers), ``prefers`` (tuple of
        beats), ``absent_from``, ``absent_until``, ``ordered_on`` (date or None: an ordered posting, which needs no handover),
        ``grade`` (text or None: of pay); and where the file has them those of `data.town.columns.PERSONNEL_COLUMNS`; or None.
    special_posts
        Posts that ask for something: ``beat`` (text), ``posts`` (int), ``requires`` ("sq;licence;woman"); or None.
    published
        Postings published: ``officer``, ``beat``, ``start``, ``end`` (dates), ``requires``; or None.
    notes
        Doubts and facts found while reading, such as incidents outside and the population check.
    sources
        The files read.
    proposals
        Tables for a person to decide on: ``"links"`` (``from``, ``to``, ``metres``, ``accept``, ``reason``) and ``"matches"`` (``address``,
        ``match``, ``score``, ``accept``); ``check --fix`` writes them.
    beat_names
        Names of today's beats by id, where their layer has a column ``name``; a beat that carries one on keeps its name.
    """

    description: Description
    crs: CRS
    units: gpd.GeoDataFrame
    unit_ids_are_whole_numbers: bool
    edges: pd.DataFrame
    part_links: pd.DataFrame | None = None
    incidents: pd.DataFrame | None = None
    recorded: Recorded | None = None
    unit_distances: np.ndarray | None = None
    sites: pd.DataFrame | None = None
    homes: pd.DataFrame | None = None
    walks: np.ndarray | None = None
    network: WalkingNetwork | None = None
    roster: pd.DataFrame | None = None
    special_posts: pd.DataFrame | None = None
    published: pd.DataFrame | None = None
    notes: tuple[Note, ...] = field(default=())
    sources: tuple[Source, ...] = field(default=())
    proposals: dict[str, pd.DataFrame] = field(default_factory=dict[str, pd.DataFrame])
    beat_names: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """The project's name."""
        return self.description.project.name

    @property
    def has_population(self) -> bool:
        """Whether residents are known."""
        return bool(self.units["population"].notna().all())

    @property
    def groups(self) -> tuple[str, ...]:
        """Languages of which the number of residents is known; for coverage only."""
        return tuple(self.description.units.groups)

    def reachable(self) -> np.ndarray:
        """Tell from which units some site can be reached on foot, (n,) bool."""
        assert self.homes is not None and self.walks is not None
        able = np.isfinite(self.walks).any(axis=1)
        return np.bincount(self.homes["unit"], weights=able, minlength=len(self.units)) > 0

    def in_beats_of(self, beats: Iterable[str]) -> Town:
        """Return the town with officers' tables that write beats as a plan does, where there are none of today: while they were read nobody knew how."""
        if self.units["current"].notna().any():
            return self
        known = list(dict.fromkeys(beats))

        def written(table: pd.DataFrame | None) -> pd.DataFrame | None:
            if table is None:
                return None
            found, _ = as_known(list(table["beat"]), known)
            return table.assign(beat=pd.Series(found, index=table.index, dtype=object))

        tables = {key: written(getattr(self, key)) for key in ("roster", "special_posts", "published")}
        return replace(self, **tables)

    def points(self) -> np.ndarray:
        """Return the representative points of the units, (n, 2), metres."""
        return self.units[["x", "y"]].to_numpy(float)
