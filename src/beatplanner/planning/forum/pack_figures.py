"""Which figures a pack shows: counted from the town, decided by the privacy gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.publish.public.plan import PublicFigures, PublicPeriod, PublicPlan
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.rounding import rounded_counts
from beatplanner.data.town.town import Town
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.forum.areas import PackAreas, concern_cells, resident_cells
from beatplanner.planning.forum.gate import Cell, Gate, pass_gate
from beatplanner.planning.forum.public_plan import public_plan, secret_of
from beatplanner.planning.forum.published import Published
from beatplanner.planning.forum.themes import period_of, public_period, same_period, themes_of


@dataclass(frozen=True)
class PackFigures:
    """The decisions of the gate, for the office; `public` is what of them may be published.

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
        Whole months: ``from``, ``to`` (ISO dates or None), ``days`` (as told, None where unknown), ``year`` (whether they cover one); None without
        incidents.
    left_out
        Why themes are not told, in words; empty where they are.
    """

    areas: PackAreas
    threshold: int
    residents: Gate
    concerns: dict[str, Gate]
    sensitive: frozenset[str]
    period: PublicPeriod | None
    left_out: str = ""

    @property
    def gates(self) -> dict[str, Gate]:
        """Every decision, by what is counted."""
        return {"residents": self.residents, **self.concerns}

    @property
    def leaks(self) -> tuple[str, ...]:
        """What must not go out."""
        return tuple(text for gate in self.gates.values() for text in gate.leaks)

    @property
    def public(self) -> PublicFigures:
        """What passed."""
        areas = self.areas
        return PublicFigures(
            self.threshold,
            self.residents.values,
            {t: g.values for t, g in self.concerns.items()},
            self.sensitive,
            self.period,
            areas.unit,
            areas.name,
            areas.municipality,
            areas.beat,
            areas.current,
            areas.within,
        )


def pack_areas(plan: PublicPlan) -> PackAreas:
    """Return the units and beats of a plan as the gate sees them."""
    units, beats = plan.units, plan.beats
    within = None
    if plan.stations is not None and plan.walk_minutes is not None:
        minutes = units["walk_minutes"].to_numpy(float)
        within = [bool(w) for w in np.nan_to_num(minutes, nan=np.inf) <= edge_of(plan.walk_minutes)]
    current = units["current"] if "current" in units else [None] * len(units)
    return PackAreas(
        unit=[str(u) for u in units["unit"]],
        name=[str(n) for n in units["name"]],
        municipality=[str(m or "") for m in units["municipality"]],
        beat=[None if b is None else str(b) for b in units["beat"]],
        current=[str(c) if isinstance(c, str) else None for c in current],
        within=within,
        beat_names={str(b): str(n) for b, n in zip(beats["beat"], beats["name"], strict=True)},
    )


def decide_residents(tables: PlanTables, areas: PackAreas, k: int, earlier: Sequence[Published]) -> Gate:
    """Decide which figures of residents are shown beside all that people have; no values where residents are unknown."""
    if not tables.units["population"].notna().all():
        return Gate({})
    same = [p for p in (moved_to(p, areas) for p in earlier) if p is not None]
    people = rounded_counts(tables.units["population"].to_numpy(float))
    cells = [*resident_cells(areas), *(c for p in same for c in p.residents)]
    return pass_gate(people, cells, areas.name, k, key=secret_of(tables.summary))


def decide(
    tables: PlanTables, town: Town, rules: Forum, earlier: Sequence[Published], plan: PublicPlan | None = None
) -> PackFigures:
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
    plan
        The plan as the public sees it; made where it is not given.
    """
    areas = pack_areas(plan or public_plan(tables))
    k = rules.threshold
    residents = decide_residents(tables, areas, k, earlier)
    counts, sensitive = themes_of(town, rules)
    concerns: dict[str, Gate] = {}
    period = period_of(town)
    public = public_period(period)
    left_out = _why_not(public, earlier)
    if not left_out:
        same = [p for p in (moved_to(p, areas) for p in earlier) if p is not None and same_period(p.period, public)]
        for theme, count in counts.items():
            cells = [*concern_cells(areas, theme in sensitive), *(c for p in same for c in p.concerns.get(theme, []))]
            concerns[theme] = pass_gate(
                count, cells, areas.name, k, f"incidents of “{theme}”", secret_of(tables.summary)
            )
    return PackFigures(areas, k, residents, concerns, frozenset(t for t in sensitive if t in counts), public, left_out)


def _why_not(period: PublicPeriod | None, earlier: Sequence[Published]) -> str:
    """Say why no theme is told; empty where themes are."""
    if period is None or not period["year"]:
        return "the records do not cover twelve months"
    for pack in earlier:
        # two tables of nearly the same months differ by the few incidents of the others
        before = pack.period
        if pack.concerns and not same_period(before, period) and _overlap(before, period):
            return f"{pack.name} tells of other months that overlap with these, so that the difference would tell of few incidents"
    return ""


def _overlap(one: Mapping[str, object] | None, other: Mapping[str, object]) -> bool:
    if not one or not one.get("from") or not other.get("from"):
        return True
    return str(one["from"]) <= str(other["to"]) and str(other["from"]) <= str(one["to"])


def moved_to(pack: Published, areas: PackAreas) -> Published | None:
    """Return a pack whose units stand in the order of `areas`; None where it has other units."""
    place = {u: i for i, u in enumerate(areas.unit)}
    if set(pack.areas.unit) != set(place):
        return None
    at = np.array([place[u] for u in pack.areas.unit])

    def moved(cells: list[Cell]) -> list[Cell]:
        return [replace(c, members=np.sort(at[c.members])) for c in cells]

    return replace(pack, residents=moved(pack.residents), concerns={t: moved(c) for t, c in pack.concerns.items()})
