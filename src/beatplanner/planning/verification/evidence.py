"""What the checker goes by: the plan's tables, the rules, and the inputs where they are still as they were."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.result.manifest import VERSION
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.town import Town
from beatplanner.planning.verification.ledger import Ledger, missing, text

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

COLUMNS = {
    "units": (
        "unit",
        "beat",
        "workload",
        "population",
        "municipality",
        "current",
        "reactive_hours",
        "community_hours",
        "x",
        "y",
    ),
    "beats": (
        "beat",
        "name",
        "municipality",
        "centre_unit",
        "workload",
        "deviation",
        "population",
        "officers_required",
        "compactness",
    ),
    "edges": ("unit_a", "unit_b", "metres", "kind"),
    "stations": ("station", "existing", "residents_within_limit", "mean_walk_minutes", "residents", "cost"),
    "sites": ("station", "existing", "cost", "chosen"),
    "walks": ("unit", "station", "metres", "home"),
    "assignments": ("officer", "beat", "start", "end", "post", "requires"),
    "roster": ("officer", "beat", "languages", "x", "y", "joins_on", "trained_on", "leaves_on", "gender", "since"),
}


@dataclass(frozen=True)
class Evidence:
    """A plan with ids as text, and what it was made from.

    Attributes
    ----------
    units
        The plan's units, index 0..n-1, with ``unit``, ``beat``, ``current``, ``station`` as text or None.
    beats
        The plan's beats, indexed by id; None where there are none.
    edges
        The plan's adjacency with ``a``, ``b``: positions in `units`, -1 where the unit is unknown.
    tables
        All tables as read.
    summary
        The content of ``summary.json``.
    rules
        The rules that the plan was made by.
    town
        The inputs, where every one is still as it was; else None.
    written
        Version of results in which the folder says that it was written.
    """

    units: gpd.GeoDataFrame
    beats: gpd.GeoDataFrame | None
    edges: pd.DataFrame
    tables: PlanTables
    summary: Claims
    rules: Description
    town: Town | None
    written: int = VERSION

    @property
    def people(self) -> np.ndarray:
        """Residents of each unit, (n,); workload where residents are unknown."""
        residents = self.units["population"].to_numpy(float)
        return self.units["workload"].to_numpy(float) if np.isnan(residents).any() else residents

    @property
    def district(self) -> np.ndarray:
        """Position in `beats` of each unit's beat, (n,); -1 where the unit has none."""
        assert self.beats is not None
        return self.beats.index.get_indexer(pd.Index(self.units["beat"], dtype=object))

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum a figure of the units over each beat, (K,)."""
        assert self.beats is not None
        district = self.district
        return np.bincount(district[district >= 0], weights=values[district >= 0], minlength=len(self.beats))

    @cached_property
    def places(self) -> list[str]:
        """The name of each unit for a message: checks ask for those of all, and a row of a table takes as long as a hundred names."""
        ids = [str(u) for u in self.units["unit"]]
        names = list(self.units["name"]) if "name" in self.units.columns else [None] * len(ids)
        return [
            u if missing(name) or str(name) == u else f"{name} (unit {u})" for u, name in zip(ids, names, strict=True)
        ]

    def place(self, unit: int) -> str:
        """Name a unit for a message."""
        return self.places[unit]

    def beat_name(self, beat: object) -> str:
        """Name a beat for a message."""
        if self.beats is None or beat not in self.beats.index:
            return f"beat {beat}"
        name = self.beats.at[beat, "name"]
        return f"beat {beat}" if missing(name) or name in ("", beat, f"Beat {beat}") else f"beat {beat} ({name})"


def check_columns(ledger: Ledger, tables: PlanTables) -> bool:
    """Check that every layer has the columns that its figures need. Returns whether all have."""
    wrong: list[str] = []
    count = 0
    for layer, columns in COLUMNS.items():
        table = getattr(tables, layer)
        if table is None:
            continue
        count += len(columns)
        wrong += [f"The layer {layer} of plan.gpkg has no column “{c}”." for c in columns if c not in table.columns]
    return ledger.each("plan.columns", "every column of the contract", wrong, count, "columns")


def with_text_ids(tables: PlanTables) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None, pd.DataFrame]:
    """Return units, beats by id, and edges by position, with ids as text."""
    units = tables.units.reset_index(drop=True)
    for column in ("unit", "beat", "current", "station"):
        if column in units.columns:
            units[column] = as_text(units[column])
    beats = None
    if tables.beats is not None:
        beats = tables.beats.assign(
            beat=as_text(tables.beats["beat"]), centre_unit=as_text(tables.beats["centre_unit"])
        )
        beats = beats.drop_duplicates("beat").set_index("beat", drop=False)
    place = {unit: i for i, unit in enumerate(units["unit"])}
    edges = tables.edges.reset_index(drop=True)
    for end, column in (("a", "unit_a"), ("b", "unit_b")):
        edges[end] = [place.get(unit, -1) for unit in as_text(edges[column])]
    return units, beats, edges


def as_text(column: pd.Series) -> pd.Series:
    """Return a column of ids as text, None where empty."""
    return pd.Series([text(v) for v in column], index=column.index, dtype=object)
