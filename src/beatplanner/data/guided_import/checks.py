"""Doubts about a project's data: one function a doubt, each saying what, where and how to mend it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.models import Description
from beatplanner.data.description.raw import read_raw
from beatplanner.data.description.read import checked_description
from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import listed
from beatplanner.data.formats.damage import damaged_layers
from beatplanner.data.guided_import.broken import all_broken, read_all
from beatplanner.data.paths import whole_path
from beatplanner.data.publish.before_planning import decided_too_early
from beatplanner.data.town.town import Town

# Incidents on one spot above this share are likelier geocoded to a police station or a centroid than real.
PILED_SHARE = 0.05
# Reports per resident that differ more than so many times between municipalities are hardly crime alone.
UNEVEN = 4.0
# Days after which incidents, and layers of areas, are old.
OLD_INCIDENTS, OLD_LAYERS = 2 * 365, 8 * 365


def check(path: Path) -> list[Note]:
    """Read a project and return its problems, doubts and facts; nothing is raised.

    Parameters
    ----------
    path
        A description or a project file.

    Returns
    -------
    list of Note
        Errors alone where the input cannot be used.
    """
    try:
        rules = read_raw(path)
    except InputError as error:
        return list(error.problems)
    file = whole_path(path)
    try:
        description = checked_description(rules, file)
    except InputError:
        return all_broken(rules, file)
    if damaged_layers(file.parent, rules):
        return all_broken(rules, file)
    return checked(description)[0]


def checked(description: Description) -> tuple[list[Note], Town | None]:
    """Read all that a description names and return what `check` does, with the town where it can be used."""
    town, notes = read_all(description)
    doubts = [] if town is None else [note for doubt in DOUBTS for note in doubt(town)]
    return [*notes, *doubts], town


def check_for_piled_incidents(town: Town) -> Iterator[Note]:
    """Find spots on which far more incidents lie than on others: police stations, hospitals, middles of areas."""
    if town.incidents is None or len(town.incidents) < 50:
        return
    placed = town.incidents[town.incidents["x"].notna()]
    spots = placed[["x", "y"]].round(0).value_counts()
    if spots.empty:
        return
    # a busy corner has some; a default place has a share of all, or many times what the next busiest have
    usual = float(spots.iloc[: max(20, len(spots) // 50)].median())
    piled = spots[(spots > 5 * usual) & ((spots > PILED_SHARE * len(placed)) | ((spots > 50) & (spots > 10 * usual)))]
    if piled.empty:
        return
    place = np.array(piled.index.to_list(), float)
    middle = town.units[["x", "y"]].to_numpy(float)
    centre = shapely.get_coordinates(shapely.centroid(town.units.geometry.to_numpy()))
    sites = None if town.sites is None else town.sites[town.sites["existing"]]
    named: list[str] = []
    for (x, y), count in zip(place[:3], piled.iloc[:3], strict=True):
        unit = int(np.argmin(np.hypot(middle[:, 0] - x, middle[:, 1] - y)))
        where = f"near {town.units['name'][unit]}"
        if sites is not None and len(sites) and (near := np.hypot(sites["x"] - x, sites["y"] - y)).min() < 50:
            where = f"at the station {sites['name'].to_numpy()[int(np.argmin(near))]}"
        elif (
            min(np.hypot(middle[unit, 0] - x, middle[unit, 1] - y), np.hypot(centre[unit, 0] - x, centre[unit, 1] - y))
            < 5
        ):
            where = f"in the middle of {town.units['name'][unit]}"
        named.append(f"{count:,} on one spot {where}")
    more = f" and on {len(piled) - 3:,} more spots" if len(piled) > 3 else ""
    yield _doubt(
        town,
        f"{int(piled.sum()):,} of {len(town.incidents):,} incidents are piled: {', '.join(named)}{more}",
        "They may be geocoded to a police station or the middle of an area; place them where they happened",
        "incidents",
    )


def check_for_categories_without_hours(town: Town) -> Iterator[Note]:
    """Find categories that count the default hours, and rows of hours that no incident has."""
    hours = {c.strip().casefold() for c in town.description.workload.hours}
    if town.incidents is None or not hours:
        return
    found = town.incidents["category"].str.strip()
    without = found[(found != "") & ~found.str.casefold().isin(hours)].value_counts()
    if len(without):
        yield _doubt(
            town,
            f"{len(without)} {'category has' if len(without) == 1 else 'categories have'} no row in [workload.hours]: {listed(without.index)}",
            f"Until then an incident counts {town.description.workload.default_hours:g} h",
            "workload.hours",
        )
    unused = [c for c in town.description.workload.hours if c.strip().casefold() not in set(found.str.casefold())]
    if unused:
        yield _doubt(town, f"No incident has the category {listed(unused)}", "Check the spelling", "workload.hours")


def check_for_empty_units(town: Town) -> Iterator[Note]:
    """Find units without residents."""
    if town.has_population:
        empty = town.units.loc[town.units["population"] == 0, "name"]
        if len(empty):
            yield Note(
                "info",
                f"{len(empty):,} {'unit has' if len(empty) == 1 else 'units have'} no residents: {listed(empty)}",
            )


def check_for_no_work(town: Town) -> Iterator[Note]:
    """Find towns in which nobody lives and nothing happens: no plan can be made of them."""
    ready = town.units["workload"]
    given = float(ready.sum()) if ready.notna().all() else 0.0
    residents = float(town.units["population"].sum()) if town.has_population and ready.isna().any() else 0.0
    inside = town.incidents is not None and bool((town.incidents["unit"] >= 0).any())
    if given + residents <= 0 and not (inside and ready.isna().any()):
        what = "there is no work to plan with: no incidents, no residents, and no hours of the units"
        yield _doubt(town, what, "Give incidents, a population column, or units.workload", "workload")


def check_for_water(town: Town) -> Iterator[Note]:
    """Find large units without residents and incidents, which are likely lakes, rivers or forests."""
    if not town.has_population:
        return
    area = shapely.area(town.units.geometry.to_numpy()) / 1e6
    count = np.zeros(len(town.units))
    if town.incidents is not None:
        inside = town.incidents["unit"].to_numpy(int)
        count = np.bincount(inside[inside >= 0], minlength=len(town.units))
    empty = (town.units["population"].to_numpy(float) == 0) & (count == 0)
    wide = empty & (area > 3 * np.median(area)) if (~empty).any() else np.zeros(len(empty), bool)
    if wide.any():
        yield _doubt(
            town,
            f"{int(wide.sum()):,} large units have neither residents nor incidents, as lakes and forests have: {listed(town.units['name'][wide])}",
            "They join the beats around them and weigh nothing; take them out where officers cannot go",
            "units",
        )


def check_for_free_sites(town: Town) -> Iterator[Note]:
    """Find a budget that nothing is charged to."""
    rules = town.description.stations
    if rules is not None and rules.budget is not None and town.sites is not None and (town.sites["cost"] == 0).all():
        yield _doubt(
            town,
            "There is a budget for stations, but every site costs nothing",
            "Name the column as stations.candidates.cost",
            "stations.budget",
        )


def check_for_units_without_walks(town: Town) -> Iterator[Note]:
    """Find units from which no site can be reached on foot."""
    if town.walks is None:
        return
    cut_off = ~town.reachable()
    if cut_off.any():
        yield _doubt(
            town,
            f"No site can be reached on foot from {int(cut_off.sum()):,} units: {listed(town.units['name'][cut_off])}",
            "Check that the roads there join the network",
            "stations.roads",
        )


def check_for_few_officers(town: Town) -> Iterator[Note]:
    """Find fewer officers than posts."""
    beats, rules = town.description.beats, town.description.officers
    if town.roster is None or beats is None or rules is None or beats.count == "auto" or rules.posts_per_beat == "auto":
        return
    posts = int(beats.count) * int(rules.posts_per_beat)
    if len(town.roster) < posts:
        yield _doubt(
            town,
            f"There are {len(town.roster)} officers for {posts} posts",
            "Some posts will stay vacant",
            "officers.posts_per_beat",
        )


def check_for_recorded_crime_alone(town: Town) -> Iterator[Note]:
    """Say what it means where recorded crime alone drives the plan."""
    if town.incidents is not None and (
        not town.has_population or town.description.workload.community_hours_per_1000 == 0
    ):
        yield _doubt(
            town,
            "Recorded crime alone drives the workload; places that report less need more trust, not fewer officers",
            "Give residents and community hours",
            "workload",
        )


def check_for_uneven_reporting(town: Town) -> Iterator[Note]:
    """Find municipalities that report far less per resident than others: it says more about trust than about crime."""
    if town.incidents is None or not town.has_population or town.description.units.municipality is None:
        return
    inside = town.incidents["unit"].to_numpy(int)
    count = np.bincount(inside[inside >= 0], minlength=len(town.units))
    table = pd.DataFrame({"name": town.units["municipality"], "people": town.units["population"], "count": count})
    by = table.groupby("name")[["people", "count"]].sum()
    by = by[by["people"] >= 500]
    if len(by) < 2 or by["count"].sum() < 100:
        return
    rate = 1000 * by["count"] / by["people"]
    low, high = rate.idxmin(), rate.idxmax()
    if rate[high] > UNEVEN * max(rate[low], 1e-9):
        yield _doubt(
            town,
            f"Incidents per 1,000 residents differ {rate[high] / max(rate[low], 0.1):,.0f}-fold: {rate[low]:,.0f} in {low}, {rate[high]:,.0f} in {high}",
            "Ask whether people there report less, or records are missing, before officers are taken from there",
            "incidents",
        )


def check_for_old_data(town: Town) -> Iterator[Note]:
    """Find incidents that end long before the plan begins, and layers that were not changed for years."""
    officers = town.description.officers
    start = officers.start if officers is not None else dt.date.today()
    if town.incidents is not None and town.incidents["time"].notna().any():
        newest = town.incidents["time"].max().date()
        if (start - newest).days > OLD_INCIDENTS:
            yield _doubt(
                town,
                f"The newest incident is of {newest.day} {newest:%B %Y}, {(start - newest).days / 365.25:.1f} years before {start.day} {start:%B %Y}",
                "Ask for newer records",
                "incidents",
            )
    old = [
        s
        for s in town.sources
        if s.role == "units" and (start - dt.date.fromisoformat(s.modified[:10])).days > OLD_LAYERS
    ]
    for source in old:
        yield _doubt(
            town,
            f"{source.path.name} was last changed on {source.modified[:10]}",
            "Ask whether there are newer areas and residents",
            source.role,
        )


def check_for_officers_without_consent(town: Town) -> Iterator[Note]:
    """Say that officers are not named in the forum pack without their consent."""
    rules = town.description.forum
    if rules is not None and rules.consents is None and town.roster is not None:
        yield Note(
            "info", "No officer is named in the forum pack", "Record consents and name the table as forum.consents"
        )


def check_for_meetings_without_date(town: Town) -> Iterator[Note]:
    """Find forums whose pack can announce no date."""
    rules = town.description.forum
    if rules is not None and rules.neighbourhood.first is None:
        yield _doubt(
            town, "The forum pack announces no date of the next forum", "Give first = a date", "forum.neighbourhood"
        )


def check_for_an_old_decision(town: Town) -> Iterator[Note]:
    """Find a decision that is older than any plan made from now on: their packs will be stopped."""
    today = dt.datetime.now().astimezone().date()
    if decided_too_early(town.description, today):
        decided = town.description.forum.decided_on if town.description.forum else None
        yield _doubt(
            town,
            f"a plan made from now on is not the one that was decided on {decided}, so its pack will be stopped",
            "Make the pack of the plan that was decided upon (“beatplanner pack FOLDER”), or leave decided_on out until the new one is",
            "forum.decided_on",
        )


DOUBTS = (
    check_for_piled_incidents,
    check_for_categories_without_hours,
    check_for_empty_units,
    check_for_no_work,
    check_for_water,
    check_for_free_sites,
    check_for_units_without_walks,
    check_for_few_officers,
    check_for_recorded_crime_alone,
    check_for_uneven_reporting,
    check_for_old_data,
    check_for_officers_without_consent,
    check_for_meetings_without_date,
    check_for_an_old_decision,
)


def _doubt(town: Town, what: str, mend: str, field: str) -> Note:
    return Note("warning", what, mend, town.description.file.name, "", "", field)
