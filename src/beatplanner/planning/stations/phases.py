"""In which year each of the chosen stations opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.description.listed_ids import stations_as_known
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.result.phases import Phases, PhaseYear
from beatplanner.data.town.town import Town
from beatplanner.planning.proof import Unproven
from beatplanner.planning.stations.choice import SiteChoice, SolverOptions
from beatplanner.solver.location.phasing import phase, total

if TYPE_CHECKING:
    import pandas as pd


def _too_little(choice: SiteChoice, sites: pd.DataFrame, budgets: np.ndarray) -> bool:
    """Tell whether the cheapest stations that the rules allow, opened as late as can be, cost more than all budgets."""
    standing, yearly = sites["existing"].to_numpy(bool), sites["yearly_cost"].to_numpy(float)
    kept, opened = len(budgets) * np.asarray(yearly, float), np.asarray(sites["cost"], float) + yearly
    least = np.where(standing, kept, opened)
    cheapest, proven = choice.rules.sites.cheapest_proven(least)
    return proven and cheapest is not None and float(least[cheapest].sum()) > budgets.sum() * (1 + 1e-6) + 1e-6


def opening_years(
    town: Town,
    people: np.ndarray,
    chosen: np.ndarray,
    choice: SiteChoice,
    clashes: list[str],
    seconds: float,
    options: SolverOptions,
) -> tuple[list[int | None], Phases]:
    """Spread the opening over years; what is missing in the budgets becomes a clash.

    Returns
    -------
    list of int
        The year in which each of the chosen opens; None for never.
    Phases
        What came of it, as the summary has it.

    Raises
    ------
    InputError
        Where a pilot is no site.
    """
    description, sites = town.description.stations, town.sites
    assert description is not None and description.phases is not None and sites is not None
    names = [str(s) for s in sites["station"]]
    rules = stations_as_known(description, names).phases
    assert rules is not None
    for name in rules.pilots:
        if name not in names:
            raise InputError(
                problem(
                    f"there is no site “{name}” to be a pilot",
                    did_you_mean(name, names) or "Use the names of candidate sites",
                    file=town.description.file.name,
                    field="stations.phases.pilots",
                )
            )
    lost = [p for p in rules.pilots if p not in {names[j] for j in chosen}]
    if lost:
        # the stations were chosen without a look at the pilots, so that others might open them
        clashes.append(
            Unproven(
                f"stations.phases.pilots names {', '.join(lost)}, which the plan does not open. Name it in stations.held_open, or choose another pilot."
            )
        )
    standing = sites["existing"].to_numpy(bool)[chosen]
    budgets = np.array(rules.budgets, float)
    cost, unreached = choice.cost[:, chosen], choice.unreached * choice.weight
    opening, yearly = sites["cost"].to_numpy(float)[chosen], sites["yearly_cost"].to_numpy(float)[chosen]
    pilots = np.array([names[j] in rules.pilots for j in chosen])
    found = phase(
        cost, unreached, standing, np.where(standing, 0.0, opening), yearly, budgets, pilots, seconds=seconds, **options
    )
    first = rules.start or 1
    if found.extra[-1] > 1e-6 * max(1.0, budgets.sum()):
        short = ", ".join(f"{first + t}: {e:,.0f}" for t, e in enumerate(np.diff(np.r_[0.0, found.extra])) if e > 1e-6)
        currency = town.description.currency
        text = (
            f"stations.phases.budgets ({budgets.sum():,.0f} {currency} in all) do not pay for the {int((~standing).sum())} new stations and the running of those "
            f"open; the least that would do for these is {found.extra[-1]:,.0f} {currency} more ({short})."
        )
        hopeless = _too_little(choice, sites, budgets)
        clashes.append(
            text if hopeless else Unproven(f"{text} Whether other stations would do with the budgets is not proven.")
        )
    years: list[PhaseYear] = []
    for t in range(len(budgets)):
        there = found.year <= t
        ways = (
            np.minimum(choice.metres[:, chosen[there]].min(axis=1), choice.unreached)
            if there.any()
            else np.full(len(choice.rows), choice.unreached)
        )
        new = (found.year == t) & ~standing
        years.append(
            {
                "year": first + t,
                "opened": [names[j] for j in chosen[new]],
                "open": int(there.sum()),
                "spent": float(opening[new].sum() + yearly[there].sum()),
                "budget": float(budgets[t]),
                "residents_within_limit": float(choice.weight[ways <= choice.limit].sum()),
                "objective": float(choice.weight @ ways),
            }
        )
    return [None if y < 0 else int(first + y) for y in found.year], {
        "years": years,
        "objective": total(cost, unreached, found.year, len(budgets)),
        "lower_bound": min(found.lower_bound, found.objective),
    }
