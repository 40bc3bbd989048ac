"""One plan of a comparison, as the checks of it read its tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from beatplanner.data.description.models import Description
from beatplanner.data.formats.frames import number_at
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.verification.ledger import missing, text

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import ComparedColumn


class ComparedPlan:
    """One column, with units by id; today's has the first plan's tables."""

    def __init__(self, claims: ComparedColumn, tables: PlanTables, today: bool, order: list[str]) -> None:
        self.name, self.claims, self.tables, self.today = str(claims["name"]), claims, tables, today
        self.rules = Description.model_validate(tables.summary["rules"])
        # the rate itself is stated by whoever compares; that it is used for all sums of the plan is checked
        self.exchange = float(claims.get("exchange") or 1.0)
        rows = {text(u): i for i, u in enumerate(tables.units["unit"])}
        self.rows = [rows[u] for u in order]
        units = tables.units.iloc[self.rows].reset_index(drop=True)
        self.units = units
        self.before = [text(b) for b in units["current"]]
        self.beat = self.before if today else [text(b) for b in units["beat"]]
        known = units["population"].notna().all()
        self.people = units["population" if known else "workload"].astype(float).tolist()
        self.known_people = bool(known)
        self.posts: dict[str, float] = {}
        if not today:
            assert tables.beats is not None
            self.posts = {
                str(text(b)): float(p) for b, p in zip(tables.beats["beat"], tables.beats["posts"], strict=True)
            }
        elif tables.roster is not None:
            start = self.rules.officers.start.isoformat() if self.rules.officers else "9999"
            for b, joins in zip(tables.roster["beat"], tables.roster["joins_on"], strict=True):
                if not missing(b) and (missing(joins) or str(joins) <= start):
                    self.posts[str(text(b))] = self.posts.get(str(text(b)), 0.0) + 1
        else:
            for b, members in self.members().items():
                self.posts[b] = float(self.officers_needed(members))
        table = tables.sites if today else tables.stations
        self.open = None
        if table is not None:
            chosen = table[table["existing"]] if today else table
            self.open = {str(s) for s in chosen["station"]}

    def members(self) -> dict[str, list[int]]:
        """Return the units (positions) of each beat."""
        found: dict[str, list[int]] = {}
        for i, b in enumerate(self.beat):
            if b is not None:
                found.setdefault(b, []).append(i)
        return dict(sorted(found.items()))

    def total(self, column: str, members: list[int]) -> float:
        """Return the sum of a column over units."""
        return math.fsum(number_at(self.units, column, i) for i in members)

    def hours_free(self) -> float:
        """Return the hours a year that an officer has for the beat."""
        w = self.rules.workload
        return w.annual_hours * (1 - w.absence) * (1 - w.abstraction)

    def officers_needed(self, members: list[int]) -> int:
        """Return the officers that the workload of units asks for."""
        w = self.rules.workload
        busy = self.total("reactive_hours", members) + self.total("fixed_hours", members) + w.fixed_hours_per_beat
        promised = self.total("community_hours", members)
        duty = max(busy / (1 - w.community_share - w.admin_share), (busy + promised) / (1 - w.admin_share))
        return max(w.min_officers_per_beat, math.ceil(duty / self.hours_free() - 1e-9))

    def municipality(self, members: list[int]) -> str:
        """Return the municipality in which most of the hours of units lie."""
        load: dict[str, float] = {}
        for i in members:
            m = str(self.units["municipality"].iat[i])
            load[m] = load.get(m, 0.0) + number_at(self.units, "workload", i) + 1e-9
        return max(sorted(load), key=lambda m: load[m])
