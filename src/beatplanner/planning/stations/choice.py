"""One choice of sites: what the walks cost, the objective, and the rules; and what is said where they clash."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TypedDict

import numpy as np

from beatplanner.data.findings import share_text
from beatplanner.data.town.town import Town
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.proof import Unproven
from beatplanner.planning.stations.access import groups_at_homes
from beatplanner.planning.stations.rules import StationRules
from beatplanner.solver.clock import read_clock
from beatplanner.solver.location.covering import cheapest_cover, coverage, fewest, p_center
from beatplanner.solver.location.exchange import exchange, greedy, total_cost
from beatplanner.solver.location.fair_sites import FairRule, fair_sites, none_is_fair
from beatplanner.solver.location.floor_sites import floor_sites
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.relaxation import Floor
from beatplanner.solver.location.site_rules import OpenSites, SiteRules
from beatplanner.solver.location.site_tree import SiteProof

# Branches looked at where plans of equal worth are compared by walking: a better tie is welcome, its proof is not needed.
TIE_NODES = 3_000


class SolverOptions(TypedDict):
    """What every solver of sites is given alike."""

    threads: int
    seed: int
    cancelled: Callable[[], bool]


class SiteChoice:
    """One choice of sites: what the walks cost, and the objective."""

    def __init__(
        self,
        town: Town,
        people: np.ndarray,
        rules: StationRules,
        seconds: float,
        options: SolverOptions,
        progress: Callable[[float, float], None],
    ) -> None:
        description, walks = town.description.stations, town.walks
        assert description is not None and walks is not None
        self.town, self.rules, self.description, self.options, self.progress = (
            town,
            rules,
            description,
            options,
            progress,
        )
        self.end = read_clock(self.options["cancelled"]) + seconds
        self.walks, self.people = walks, people
        self.reachable = np.isfinite(walks).any(axis=1)
        self.limit = edge_of(description.walk_minutes * description.walk_kmh * 1000 / 60)
        self.unreached = 2.0 * float(walks[np.isfinite(walks)].max()) if self.reachable.any() else 0.0
        # demand that counts: residents whom some site reaches
        self.rows = np.flatnonzero(self.reachable & (people > 0))
        self.weight = people[self.rows]
        self.metres = np.where(np.isfinite(walks[self.rows]), walks[self.rows], self.unreached)
        self.within = walks[self.rows] <= self.limit
        self.kind = description.objective
        self.clashes = list(rules.clashes)

    def certificate(self, proof: SiteProof | None) -> SiteProof | None:
        """Return what proves a bound with a multiplier for each home, (h,), in place of those that count."""
        if proof is None:
            return None
        u = np.zeros((len(proof.tree.u), len(self.people)))
        if self.kind == "coverage":
            # whom no site reaches is lost whatever is chosen
            u[:] = np.where(self.reachable, 0.0, self.people)
        u[:, self.rows] = proof.tree.u
        lost = float(self.people[~self.reachable].sum()) if self.kind == "coverage" else 0.0
        return replace(
            proof,
            kind=self.kind,
            bound=proof.bound + lost,
            tree=replace(proof.tree, u=u, bound=proof.tree.bound + lost),
        )

    def left(self) -> float:
        """Return the seconds that are left, a tenth at least."""
        return max(0.1, self.end - read_clock(self.options["cancelled"]))

    @property
    def cost(self) -> np.ndarray:
        """Residents × metres, (rows, m)."""
        return self.metres * self.weight[:, None]

    def objective(self, chosen: np.ndarray) -> float:
        """Return the objective of a choice."""
        if self.kind == "fewest":
            return float(len(chosen))
        lost = float(self.people[~self.reachable].sum()) if self.kind == "coverage" else 0.0
        return float(self.worth(self.metres[:, chosen].min(axis=1)[:, None])[0]) + lost

    def worth(self, metres: np.ndarray) -> np.ndarray:
        """Turn ways (rows, k) into objectives (k,); for ``fewest`` residents that are not covered though some site could."""
        if self.kind == "p-median":
            return self.weight @ metres
        if self.kind == "p-center":
            return metres.max(axis=0) if len(metres) else np.zeros(int(metres.shape[1]))
        far = metres > self.limit
        if self.kind == "fewest":
            far &= np.asarray(self.within.any(axis=1))[:, None]
        return self.weight @ far

    def made(self, before: Collection[str] = ()) -> tuple[OpenSites, tuple[str, ...]]:
        """Choose, and return the sites with the clashes; they are no worse than the stations of a plan `before` where these keep all rules."""
        wanted, clashes = self.rules, tuple(self.clashes)
        rules = self.rules.sites
        if not len(self.rows):
            # nobody walks anywhere, so that any choice is as good as another, and the fewest are the fewest that the rules need
            chosen = rules.cheapest(np.full(len(rules.kept), float(self.kind == "fewest")))
            assert chosen is not None
            return OpenSites(chosen, self.objective(chosen), self.objective(chosen)), tuple(self.clashes)
        ways = {
            "p-median": self._p_median,
            "coverage": self._coverage,
            "p-center": self._p_center,
            "fewest": self._fewest,
        }
        found = ways[self.kind]()
        if self.description.group_excess is not None:
            found = self._fair(found)
        known = np.flatnonzero(self.town.sites["station"].astype(str).isin(before))  # type: ignore[index]
        if len(known) and len(known) == len(before) and self._keeps_all(known, wanted):
            worth, now = self.objective(known), self.objective(found.open)
            less = self.weight @ self.metres[:, known].min(axis=1) < self.weight @ self.metres[:, found.open].min(
                axis=1
            )
            # what breaks more rules than cannot be kept is worse, whatever it is worth
            if len(self.clashes) > len(clashes) or worth < now or (worth == now and less):
                self.rules, self.clashes = wanted, list(clashes)
                found = OpenSites(known, worth, found.lower_bound, found.proof)
        return found, tuple(self.clashes)

    def _fair_rule(self, excess: float) -> tuple[FairRule, dict[str, np.ndarray]]:
        """Return the rule that no group walks much farther than all, and who counts in each group."""
        groups = {g: w[self.rows] for g, w in groups_at_homes(self.town).items() if w[self.rows].sum() > 0}
        return FairRule(
            np.array(list(groups.values())).reshape(len(groups), len(self.rows)), self.weight, excess
        ), groups

    def _keeps_all(self, chosen: np.ndarray, rules: StationRules) -> bool:
        """Tell whether a choice keeps these rules on sites and every other."""
        floor, excess = self.description.coverage_floor, self.description.group_excess
        if not rules.sites.met(chosen):
            return False
        if self.kind == "p-center" and not np.isfinite(self.walks[self.rows][:, chosen]).any(axis=1).all():
            return False
        if self.kind == "fewest" and (self.within.any(axis=1) & ~self.within[:, chosen].any(axis=1)).any():
            return False
        if self.kind == "p-median" and floor is not None and not self._floor(floor).met(chosen):
            return False
        return excess is None or self._fair_rule(excess)[0].met(self.metres[:, chosen].min(axis=1))

    def _floor(self, share: float) -> Floor:
        """Return the rule that a share of all residents lives within the limit."""
        return Floor(self.within, self.weight, float(self.weight.sum()) - share * float(self.people.sum()))

    def _p_median(self) -> OpenSites:
        if self.description.coverage_floor is not None:
            return self._least_walk_above(self.description.coverage_floor)
        return p_median(self.cost, self.rules.sites, seconds=self.left(), progress=self.progress, **self.options)

    def _least_walk_above(self, share: float) -> OpenSites:
        """Choose for short walks with a share of all residents within the limit; where that cannot be, with the greatest share there can be."""
        rules, everyone = self.rules.sites, float(self.people.sum())
        floor = self._floor(share)
        found = floor_sites(self.cost, rules, floor, seconds=0.7 * self.left(), progress=self.progress, **self.options)
        if len(found.open):
            return found
        most = coverage(self.within, self.weight, rules, seconds=self.left() / 2, **self.options)
        if floor.met(most.open):
            seconds = self.left()
            return floor_sites(
                self.cost, rules, floor, seconds=seconds, start=most.open, progress=self.progress, **self.options
            )
        minutes, number = f"{self.description.walk_minutes:g} minutes", len(most.open)
        reached = 1 - (most.objective + float(self.people[~self.reachable].sum())) / everyone
        head = f"stations.coverage_floor = {share:g}: "
        shown = f"{np.floor(reached * 10_000) / 10_000:g}"
        proven = most.lower_bound is not None and most.lower_bound > floor.most + 1e-9 * everyone
        best = proven and most.objective - (most.lower_bound or 0.0) <= 1e-4 * max(1.0, most.objective)
        if proven:
            text = f"{head}no {number} stations bring so large a share of residents within {minutes}."
            greatest = "The greatest share that can be had" if best else "The greatest share that was found"
            self.clashes.append(f"{text} {greatest} is {shown}, which the plan keeps.")
        else:
            text = f"{head}no {number} stations that bring so large a share of residents within {minutes} were found in the time there was; "
            self.clashes.append(
                Unproven(f"{text}whether there are any is not proven. The greatest share that was found is {shown}.")
            )
        relaxed = Floor(self.within, self.weight, floor.lost(most.open))
        nearer = floor_sites(
            self.cost, rules, relaxed, seconds=self.left(), start=most.open, progress=self.progress, **self.options
        )
        return OpenSites(nearer.open, nearer.objective, None)

    def _coverage(self) -> OpenSites:
        lost = float(self.people[~self.reachable].sum())
        found = coverage(
            self.within,
            self.weight,
            self.rules.sites,
            seconds=0.7 * self.left(),
            progress=lambda a, b: self.progress(a + lost, b + lost),
            **self.options,
        )
        bound = None if found.lower_bound is None else found.lower_bound + lost
        nearer = self._least_walking(found.open, ~self.within).open
        return OpenSites(nearer, found.objective + lost, bound, found.proof)

    def _p_center(self) -> OpenSites:
        rules, walks = self.rules.sites, self.walks[self.rows]
        start = exchange(self.cost, found, rules) if (found := greedy(self.cost, rules)) is not None else None
        center = p_center(walks, rules, seconds=0.7 * self.left(), start=start, progress=self.progress, **self.options)
        if center is not None and len(center.open):
            nearer = self._least_walking(center.open, walks > center.objective).open
            return OpenSites(nearer, center.objective, center.lower_bound, center.proof)
        median = self._p_median()
        if center is not None:
            # not proven: the plan leaves residents cut off, and the bound is that of the rule as it stands
            self.clashes.append(
                Unproven(
                    f"No choice of {rules.count} stations that reaches everyone on foot was found in the time there was; whether there is one is "
                    "not proven. Give more time with --time-limit."
                )
            )
            return OpenSites(median.open, median.objective, center.lower_bound, center.proof)
        cut_off = ~np.isfinite(walks[:, median.open]).any(axis=1)
        more = fewest(
            np.isfinite(walks), rules.replace(count=None, budget=np.inf), seconds=self.left() / 2, **self.options
        )
        least = (
            f" The smallest number of stations that would do is {len(more.open)}."
            if more is not None and len(more.open) and more.lower_bound == len(more.open)
            else f" {len(more.open)} stations would do."
            if more is not None and len(more.open)
            else ""
        )
        worst = int(self.town.homes["unit"].iat[self.rows[int(np.argmax(np.where(cut_off, self.weight, -1)))]])  # type: ignore[index]
        self.clashes.append(
            f"No {rules.count} stations reach everyone on foot, so the farthest walk has no end: {self.weight[cut_off].sum():,.0f} residents stay cut "
            f"off, as in {self.town.units['name'].iat[worst]}.{least}"
        )
        return OpenSites(median.open, median.objective, None)

    def _fewest(self) -> OpenSites:
        rules = self.rules.sites
        found = fewest(self.within, rules, seconds=0.6 * self.left(), **self.options)
        if found is None:
            found = self._fewest_relaxed()
        if not len(found.open):
            # no cover was found in time: the greatest coverage with every site that the rules allow
            every = rules.cheapest(-np.ones(len(rules.kept)))
            assert every is not None
            left = float(self.weight[self.within.any(axis=1) & ~self.within[:, every].any(axis=1)].sum())
            if left > 0:
                self.clashes.append(
                    Unproven(
                        f"No stations that bring every coverable resident within {self.description.walk_minutes:g} minutes were found in the time "
                        f"there was; whether there are any is not proven. {left:,.0f} residents stay beyond it. Give more time with --time-limit."
                    )
                )
            return OpenSites(every, float(len(every)), found.lower_bound, found.proof)
        able = np.asarray(self.within.any(axis=1))[:, None]
        nearer = self._least_walking(found.open, able & ~self.within).open
        return OpenSites(nearer, found.objective, found.lower_bound, found.proof)

    def _fewest_relaxed(self) -> OpenSites:
        """Explain why no stations bring all coverable residents within the limit, and plan under the smallest relaxation."""
        rules, description = self.rules.sites, self.description
        budget, distance = (
            f"stations.budget = {description.budget or 0:,.0f}",
            f"stations.min_distance = {description.min_distance:,.0f} m",
        )
        ways: list[tuple[str, SiteRules]] = []
        if np.isfinite(rules.budget):
            ways.append((budget, rules.replace(budget=np.inf)))
        if len(rules.apart):
            ways.append((distance, rules.replace(apart=np.empty((0, 2), int))))
        if len(ways) == 2:
            ways.append((f"{budget} and {distance}", rules.replace(budget=np.inf, apart=np.empty((0, 2), int))))
        said = " and ".join([budget] * bool(np.isfinite(rules.budget)) + [distance] * bool(len(rules.apart)))
        verb = "do" if len(ways) == 3 else "does"
        head = f"{said} {verb} not allow stations that bring every coverable resident within {description.walk_minutes:g} minutes."
        for lifted, free in ways:
            found = cheapest_cover(self.within, free, seconds=self.left() / 3, **self.options)
            if found is None or not len(found.open):
                continue
            if "budget" in lifted:
                shut = float(self.rules.closing.sum())
                needed, proven = (
                    found.objective + shut,
                    found.lower_bound is not None
                    and found.lower_bound >= found.objective - 1e-6 * max(1.0, abs(found.objective)),
                )
                way = f"A budget of {needed:,.0f} {self.town.description.currency} would do" + (
                    "; none smaller would" if proven else ""
                )
                free = free.replace(budget=found.objective + 1e-6 * max(1.0, abs(found.objective)))
                way += f", without {distance}" if "min_distance" in lifted else ""
            else:
                way = f"Without {lifted} it can be done"
            fewer = fewest(self.within, free, seconds=self.left() / 3, **self.options)
            chosen = found.open if fewer is None or not len(fewer.open) else fewer.open
            self.clashes.append(f"{head} {way}, with {len(chosen)} stations.")
            self.rules = StationRules(free, self.rules.price, self.rules.closing, self.rules.clashes)
            return OpenSites(chosen, float(len(chosen)), None)
        # no way out was found in time: as many as the rules allow
        every = rules.cheapest(-np.ones(len(rules.kept)))
        assert every is not None
        self.clashes.append(f"{head} No way out was found in the time there was; give more with --time-limit.")
        return OpenSites(every, float(len(every)), None)

    def _least_walking(self, chosen: np.ndarray, breach: np.ndarray) -> OpenSites:
        """Among plans of equal worth take one with little walking: what breaks the objective weighs more than any walk."""
        cost = self.cost
        walking = total_cost(cost, chosen)
        whole = bool((self.weight == np.round(self.weight)).all()) or self.kind in ("p-center", "fewest")
        heavy = (walking + 1.0) / (1.0 if whole else max(1e-3, float(self.weight.min())))
        weight = np.ones(len(self.weight)) if self.kind in ("p-center", "fewest") else self.weight
        rules = self.rules.sites.replace(count=len(chosen))
        found = p_median(
            cost + heavy * breach * weight[:, None],
            rules,
            seconds=self.left(),
            start=chosen,
            gap=1e-10,
            nodes=TIE_NODES,
            **self.options,
        )
        before, after = ((weight * breach[:, c].all(axis=1)).sum() for c in (chosen, found.open))
        return found if after <= before + 1e-9 * max(1.0, before) else OpenSites(chosen, walking, None)

    def _fair(self, found: OpenSites) -> OpenSites:
        """Keep the rule that no group walks much farther than all."""
        excess = self.description.group_excess
        assert excess is not None
        fair, groups = self._fair_rule(excess)
        if fair.met(self.metres[:, found.open].min(axis=1)):
            return found
        count, rules = len(found.open), self.rules.sites
        self.end = max(self.end, read_clock(self.options["cancelled"]) + 2.0)
        fairer = found
        for more in range(count, len(rules.kept) + 1 if self.kind == "fewest" else count + 1):
            start = found.open if more == count else greedy(self.cost, rules.replace(count=more))
            if start is None:
                break
            fairer, met = fair_sites(
                self.metres,
                self.worth,
                rules.replace(count=more),
                fair,
                OpenSites(start, found.objective, found.lower_bound),
                linear=self.kind == "p-median",
                seconds=0.8 * self.left(),
                **self.options,
            )
            if met and (self.kind != "fewest" or fairer.objective <= 1e-9):
                better = fairer if self.kind == "p-median" else found
                return OpenSites(fairer.open, fairer.objective, better.lower_bound, better.proof)
            if read_clock(self.options["cancelled"]) > self.end:
                break
        metres = self.metres[:, fairer.open].min(axis=1)
        reached = (1 + excess) * (1 + float(fair.breach(metres[:, None])[0])) - 1
        mean = {g: float(w @ metres / w.sum()) for g, w in groups.items()}
        worst = max(mean, key=lambda g: mean[g])
        smallest = f"{np.ceil(reached * 1000) / 1000:g}, for the group “{worst}”"
        head = f"stations.group_excess = {excess:g}: "
        rule = f"the mean walk of every group is at most {share_text(excess)} above the average"
        if self.kind != "fewest" and none_is_fair(self.metres, rules.replace(count=count), fair):
            text = f"{head}there is no choice of {count} sites in which {rule}. The smallest excess that was found is {smallest}."
        else:
            text = Unproven(
                f"{head}no choice of {len(fairer.open)} sites was found in which {rule}; that there is none is not proven. The smallest excess "
                f"that was found is {smallest}."
            )
        self.clashes.append(text)
        return OpenSites(fairer.open, fairer.objective, None)
