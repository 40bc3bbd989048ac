"""Costs and states of sites, and sites generated where no candidates are given."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.models import Candidates, Existing
from beatplanner.data.errors import InputError
from beatplanner.data.formats.layers import Place, numbers, texts

STATES = ("kept", "closable", "fixed")


def site_costs(frame: pd.DataFrame, where: Place, table: Candidates | Existing) -> pd.DataFrame:
    """Return the columns ``cost``, ``yearly_cost`` and ``closing_cost``; 0 where there is none."""
    named = {"cost": table.cost, "yearly_cost": table.yearly_cost, "closing_cost": getattr(table, "closing_cost", None)}
    return pd.DataFrame(
        {
            key: numbers(frame[column], where, least=0, empty=0.0) if column else np.zeros(len(frame))
            for key, column in named.items()
        },
        index=frame.index,
    )


def site_states(frame: pd.DataFrame, where: Place, table: Candidates | Existing) -> list[str]:
    """Return ``"candidate"`` or the state of a station that stands today; InputError where that is none of the known ones."""
    if isinstance(table, Candidates):
        return ["candidate"] * len(frame)
    if table.state is None and getattr(table, "may_close", False):
        return ["closable"] * len(frame)
    if table.state is None:
        return ["kept"] * len(frame)
    found = [(v or "kept").strip().casefold() for v in texts(frame[table.state])]
    for i, state in enumerate(found):
        if state not in STATES:
            what = f"“{frame[table.state].iat[i]}” is no state of a station"
            raise InputError(
                where.problem(what, f"Write one of {', '.join(STATES)}", row=where.rows[i], field=table.state)
            )
    return found


def generated_sites(units: gpd.GeoDataFrame, homes: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str]:
    """Return candidate sites where residents live, thinned to at most `most`, and a sentence that says so.

    Where there are more homes than that, a grid is laid over the town whose cells are as small as the number allows; each takes the home
    with the most residents in it, since a better place is never farther than the cell is wide.
    """
    people = units["population"].to_numpy(float)
    people = np.where(np.isnan(people), 1.0, people)[homes["unit"]] * homes["share"].to_numpy(float)
    place = homes[["x", "y"]].to_numpy(float)
    chosen, side = np.arange(len(homes)), 0.0
    if len(homes) > most:
        settled = np.flatnonzero(people > 0) if (people > 0).any() else chosen
        side = max(50.0, float(np.sqrt(np.prod(np.ptp(place[settled], axis=0) + 1.0) / most)) / 8)
        while True:
            cell = pd.DataFrame(np.floor(place[settled] / side), columns=["a", "b"]).assign(
                people=people[settled], at=settled
            )
            heaviest = cell.sort_values(
                ["a", "b", "people", "at"], ascending=[True, True, False, True]
            ).drop_duplicates(["a", "b"])
            if len(heaviest) <= most:
                chosen = np.sort(heaviest["at"].to_numpy(int))
                break
            side *= 1.06
    unit = homes["unit"].to_numpy(int)[chosen]
    names = units["name"].to_numpy(object)[unit]
    number = pd.Series(names).groupby(names).cumcount().to_numpy() + 1
    named = [name if k == 1 else f"{name} ({k})" for name, k in zip(names, number, strict=True)]
    found = pd.DataFrame(
        {
            "station": named,
            "name": named, "x": place[chosen, 0], "y": place[chosen, 1], "cost": 0.0, "yearly_cost": 0.0, "closing_cost": 0.0,
            "existing": False, "state": "generated",
        }
    )  # fmt: skip
    found = found[~found["station"].duplicated()]
    if side:
        what = (f"No candidate sites are given: {len(found):,} were generated, in each square of {side:,.0f} m the place with the most "
                f"residents, out of {len(homes):,} places where people live")  # fmt: skip
    elif len(homes) > len(units):
        what = f"No candidate sites are given: each of the {len(found):,} places where people live is taken as one"
    else:
        what = "No candidate sites are given: the middle of each unit is taken as one"
    return found, what
