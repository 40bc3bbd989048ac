"""Which figures a pack shows: counted from the town, decided by the privacy gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Forum
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.privacy import (
    DAYS_OF_A_YEAR,
    Areas,
    Cell,
    Gate,
    Published,
    concern_cells,
    is_sensitive,
    pass_gate,
    resident_cells,
    whole,
)


@dataclass(frozen=True)
class PackFigures:
    """The figures of a pack.

    Attributes
    ----------
    areas
        Units and beats.
    threshold
        Counts of 1 to this less one are not shown.
    residents
        Decided by the gate; no values where residents are unknown.
    concerns
        By theme; empty where the records do not cover twelve months.
    sensitive
        Themes that are told for municipalities only.
    period
        ``from``, ``to`` (ISO dates or None), ``days``; None without incidents.
    """

    areas: Areas
    threshold: int
    residents: Gate
    concerns: dict[str, Gate]
    sensitive: frozenset[str]
    period: dict[str, Any] | None

    @property
    def gates(self) -> dict[str, Gate]:
        """Every decision, by what is counted."""
        return {"residents": self.residents, **self.concerns}

    @property
    def leaks(self) -> tuple[str, ...]:
        """What must not go out."""
        return tuple(text for gate in self.gates.values() for text in gate.leaks)

    def value(self, *key: str) -> int | None:
        """Return a figure of residents: None where it is hidden or unknown."""
        return self.residents.values.get(key)

    def cell(self, *key: str) -> str:
        """Return a figure of residents as a table shows it: ``*`` where it is hidden, empty where there is none."""
        if key not in self.residents.values:
            return ""
        value = self.residents.values[key]
        return "*" if value is None else str(value)


def areas_of(tables: PlanTables) -> Areas:
    """Return the units and beats of a plan as the gate sees them."""
    units, beats = tables.units, tables.beats
    assert beats is not None
    within = None
    if tables.stations is not None:
        limit = tables.summary.get("stations", {}).get("walk_minutes", 20.0)
        minutes = units["walk_minutes"].to_numpy(float)
        within = [bool(w) for w in np.nan_to_num(minutes, nan=np.inf) <= limit * (1 + 1e-12)]
    text = [str(u) for u in units["unit"]]
    current = units["current"] if "current" in units else [None] * len(units)
    return Areas(
        unit=text,
        name=[str(n) for n in units["name"]],
        municipality=[str(m or "") for m in units["municipality"]],
        beat=[None if b is None else str(b) for b in units["beat"]],
        current=[str(c) if isinstance(c, str) else None for c in current],
        within=within,
        beat_names={str(b): str(n) for b, n in zip(beats["beat"], beats["name"], strict=True)},
    )


def decide(tables: PlanTables, town: Town, rules: Forum, earlier: Sequence[Published]) -> PackFigures:
    """Count, and decide what is shown beside everything that people have already.

    Parameters
    ----------
    tables
        A plan with beats.
    town
        The town it plans, for its incidents.
    rules
        The section ``[forum]``.
    earlier
        Packs and scenarios that people have.
    """
    areas = areas_of(tables)
    k = rules.threshold
    residents = Gate({})
    same = [p for p in (moved_to(p, areas) for p in earlier) if p is not None]
    if tables.units["population"].notna().all():
        people = whole(tables.units["population"].to_numpy(float))
        before = [c for p in same for c in p.residents]
        residents = pass_gate(people, [*resident_cells(areas), *before], areas.name, k)
    counts, sensitive = _themes(town, rules)
    period = period_of(town)
    concerns: dict[str, Gate] = {}
    if period is not None and period["days"] is not None and period["days"] >= DAYS_OF_A_YEAR:
        for theme, count in counts.items():
            before = [c for p in same if p.privacy.get("period") == period for c in p.concerns.get(theme, [])]
            cells = [*concern_cells(areas, theme in sensitive), *before]
            concerns[theme] = pass_gate(count, cells, areas.name, k, f"incidents of “{theme}”")
    return PackFigures(areas, k, residents, concerns, frozenset(sensitive), period)


def moved_to(pack: Published, areas: Areas) -> Published | None:
    """Return a pack whose units stand in the order of `areas`; None where it has other units."""
    place = {u: i for i, u in enumerate(areas.unit)}
    if set(pack.areas.unit) != set(place):
        return None
    at = np.array([place[u] for u in pack.areas.unit])

    def moved(cells: list[Cell]) -> list[Cell]:
        return [replace(c, members=np.sort(at[c.members])) for c in cells]

    return replace(pack, residents=moved(pack.residents), concerns={t: moved(c) for t, c in pack.concerns.items()})


def period_of(town: Town) -> dict[str, Any] | None:
    """Return the days that the incidents cover: ``from``, ``to``, ``days`` (None where nobody knows)."""
    if town.incidents is None:
        return None
    known = town.incidents.loc[town.incidents["a_year"] > 0, "time"].dropna()
    if len(known):
        first, last = known.min(), known.max()
        return {
            "from": first.date().isoformat(),
            "to": last.date().isoformat(),
            "days": None if town.recorded is None or town.recorded.days is None else int(town.recorded.days),
        }
    given = town.description.incidents.days if town.description.incidents else None
    return {"from": None, "to": None, "days": given}


def _themes(town: Town, rules: Forum) -> tuple[dict[str, np.ndarray], set[str]]:
    """Return incidents of each theme by unit, and which themes are sensitive: those with any sensitive category."""
    if town.incidents is None:
        return {}, set()
    names = {c.strip().casefold(): t for c, t in rules.themes.items()}
    category = town.incidents["category"].astype(str).str.strip()
    theme = pd.Series([names.get(c.casefold(), c) for c in category], index=category.index, dtype=object)
    inside = (town.incidents["unit"] >= 0) & (theme != "")
    sensitive = {str(t) for c, t in zip(category, theme, strict=True) if t and is_sensitive(str(c), rules.sensitive)}
    counts = {
        str(name): np.bincount(group.to_numpy(int), minlength=len(town.units)).astype(float)
        for name, group in town.incidents.loc[inside, "unit"].groupby(theme[inside], sort=True)
    }
    return counts, sensitive
