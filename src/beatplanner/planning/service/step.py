"""The service picture as a step of a plan, and of today's beats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.workload import Workload
from beatplanner.data.errors import InputError, problem
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service import ServiceContent, ServiceFigures, TodayFigures
from beatplanner.data.result.service_files import CALLS, FLOWS, MINUTES, PLACES, SERVERS, WAYS
from beatplanner.data.town.town import Town
from beatplanner.planning.service.abstraction import abstraction, away_of_own, not_counted, sentences_of_abstraction
from beatplanner.planning.service.duty import hours_a_post, waiting_places
from beatplanner.planning.service.held import HeldInputs
from beatplanner.planning.service.hours import overlap
from beatplanner.planning.service.pattern import long_shifts, relief_factor, rest_section
from beatplanner.planning.service.picture import (
    Method,
    ServiceInputs,
    ServicePicture,
    figures_of_service,
    service_picture,
    travel_minutes,
)
from beatplanner.planning.service.proposal import proposal_section, propose, sentences_of_proposal, waiting_tables
from beatplanner.planning.service.vacancies import sentences_of_vacancies, vacancies

if TYPE_CHECKING:
    from beatplanner.data.result.summary import ShareOfPlan

# Rows of minutes and flows that are kept at most; beyond, a straight line is computed again and flows are not kept.
MOST_ROWS = 400_000


def service_of_plan(
    town: Town,
    plan: PlanTables,
    inputs: ServiceInputs,
    *,
    method: Method | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> ServicePicture:
    """Look at the service of a plan's beats with its posts; parameters as for `service_picture`.

    Raises
    ------
    InputError
        Where the plan has no beats, or as for `service_picture`.
    """
    if plan.beats is None:
        raise InputError(problem("this plan has no beats", "Give a plan with beats", file="plan.gpkg"))
    of_unit = dict(zip(plan.units["unit"].astype(str), plan.units["beat"], strict=True))
    beat = np.array([None if of_unit.get(u) is None else str(of_unit[u]) for u in town.units["unit"]], dtype=object)
    posts = {str(b): int(p) for b, p in zip(plan.beats["beat"], plan.beats["posts"], strict=True)}
    return service_picture(town, inputs, beat, posts, method=method, seed=seed, cancelled=cancelled)


def service_of_today(
    town: Town,
    inputs: ServiceInputs,
    *,
    method: Method | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> ServicePicture:
    """Look at the service of today's beats, with the officers of the roster where there is one; parameters as for `service_picture`.

    Raises
    ------
    InputError
        Where there are no beats of today, or as for `service_picture`.
    """
    # a unit without a beat of today may have None or what pandas writes for it
    beat = np.array([b if isinstance(b, str) else None for b in town.units["current"]], dtype=object)
    if all(b is None for b in beat):
        raise InputError(
            problem(
                "there are no beats of today",
                "Give them as beats.current, or look at a plan's folder",
                file=town.description.file,
                field="beats.current",
            )
        )
    known = [b for b in dict.fromkeys(beat) if b is not None]
    if town.roster is not None and town.roster["beat"].notna().any():
        held = Counter(town.roster["beat"].dropna())
        posts = {b: held.get(b, 0) for b in known}
    else:
        rules = town.description.officers
        given = rules.posts_per_beat if rules is not None else "auto"
        posts = dict.fromkeys(known, town.description.workload.min_officers_per_beat if given == "auto" else int(given))
    return service_picture(town, inputs, beat, posts, method=method, seed=seed, cancelled=cancelled)


def _beside(figures: ServiceFigures) -> ServiceFigures:
    """Return the figures of today's beats that stand beside a plan's."""
    return {
        "own_share": figures["own_share"],
        "cross_share": figures["cross_share"],
        "busy_share": figures["busy_share"],
        "wait_share": figures["wait_share"],
        "lost_share": figures["lost_share"],
        "mean_minutes": figures["mean_minutes"],
        "median_minutes": figures["median_minutes"],
        "p90_minutes": figures["p90_minutes"],
        "mean_wait_minutes": figures["mean_wait_minutes"],
        "away_share": figures["away_share"],
        "people_share": figures["people_share"],
    }


def today_beside(
    town: Town,
    inputs: ServiceInputs,
    *,
    method: Method | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> TodayFigures | None:
    """Return the figures of today's beats in short, for beside a plan's; None where no unit has a beat of today."""
    if town.units["current"].isna().all():
        return None
    now = figures_of_service(service_of_today(town, inputs, method=method, seed=seed, cancelled=cancelled))
    return {
        "method": now["method"],
        **_beside(now),
        "nobody_share": now["nobody_share"],
        "shifts": [{"name": s["name"], "servers_on_duty": s["servers_on_duty"], **_beside(s)} for s in now["shifts"]],
    }


def content(
    picture: ServicePicture,
    town: Town,
    *,
    today: TodayFigures | None = None,
    share: ShareOfPlan | None = None,
    plan: PlanTables | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[ServiceContent, dict[str, pd.DataFrame]]:
    """Return the figures, and the tables that they can be computed from again; `plan` has the posts and postings, where a plan is looked at.

    ``calls.csv``: requests an hour by shift and unit, and calls by the officers that they need where some need several; ``servers.csv``: who is on duty; ``minutes.csv``: travel of each server to each unit;
    ``flows.csv``: calls an hour that each server answers in each unit. The last two are left out above `MOST_ROWS` rows.
    With a proposal also ``places.csv`` and ``ways.csv`` (`proposal.places`), with postings ``held.csv`` (`vacancies`).
    """
    ids = town.units["unit"].to_numpy(object)
    rules = town.description.service
    calls: list[pd.DataFrame] = []
    servers: list[pd.DataFrame] = []
    minutes: list[pd.DataFrame] = []
    flows: list[pd.DataFrame] = []
    for s in picture.shifts:
        name, n = s.hours.name, len(s.servers)
        rates = pd.DataFrame(
            {"shift": name, "unit": ids, "per_hour": s.system.calls, "minutes_on_scene": s.system.scene_minutes}
        )
        if s.system.together is not None:
            for k, of_number in enumerate(s.system.together.T, 1):
                rates[f"calls_for_{k}"] = of_number
        calls.append(rates)
        table = s.servers.assign(shift=name, unit=ids[s.servers["unit"].to_numpy(int)])
        servers.append(table[["shift", "server", "beat", "unit"]])
        names, units = np.repeat(s.servers["server"].to_numpy(object), len(ids)), np.tile(ids, n)
        minutes.append(
            pd.DataFrame({"shift": name, "server": names, "unit": units, "minutes": s.system.minutes.ravel()})
        )
        if s.flows.stable:
            flow = s.flows.flow.ravel()
            kept = flow > 0
            flows.append(
                pd.DataFrame({"shift": name, "server": names[kept], "unit": units[kept], "per_hour": flow[kept]})
            )
    found = {CALLS: pd.concat(calls), SERVERS: pd.concat(servers)}
    if sum(len(m) for m in minutes) <= MOST_ROWS:
        found[MINUTES] = pd.concat(minutes)
        if flows:
            found[FLOWS] = pd.concat(flows)
    said = figures_of_service(picture)
    said["queue"] = "wait" if rules is None else rules.queue
    said["travel_counts"] = False if rules is None else rules.travel_counts
    if rules is not None and rules.backup_minutes is not None:
        said["backup_minutes"] = rules.backup_minutes
    if today is not None:
        said["today"] = today
    if rules is not None:
        workload, covered = town.description.workload, sum(s.hours.hours_a_week for s in picture.shifts)
        for shift in said["shifts"]:
            shift["relief_factor"] = relief_factor(rules, shift["name"], shift["hours_a_week"], workload, covered)
        pattern, broken = rest_section(rules, workload)
        if pattern is not None and picture.duty.from_posts:
            said["pattern"] = pattern
            said["notes"] += broken
        if picture.duty.from_posts:
            said["notes"] += long_shifts(rules) + _of_posts(picture, workload)
    if plan is not None:
        found |= _with_vacancies(said, picture, town, plan)
    away = abstraction(town, picture.beat, away_of_own(said), share)
    if away is None and share is not None:
        said["notes"].append(not_counted(share))
    if away is not None:
        said["abstraction"] = away
        said["notes"] += sentences_of_abstraction(away)
    if rules is not None and rules.standard is not None and overlap([s.hours for s in picture.shifts]):
        said["notes"].append("The fewest officers are proposed for shifts that do not overlap, and these do.")
        return said, found
    proposal = propose(town, picture, cancelled)
    if proposal is not None:
        said["proposal"] = proposal_section(proposal)
        where, ways = waiting_tables(proposal, town, picture)
        if len(ways) <= MOST_ROWS:
            found |= {PLACES: where, WAYS: ways}
        said["notes"] += sentences_of_proposal(said["proposal"])
    return said, found


def _with_vacancies(
    said: ServiceContent, picture: ServicePicture, town: Town, plan: PlanTables
) -> dict[str, pd.DataFrame]:
    """Add to the figures who is on duty by the postings, and return the table of it where it is not too large."""
    hours = [s.hours for s in picture.shifts]

    def inputs(beats: list[str]) -> HeldInputs | None:
        if len(beats) * len(picture.beat) > MOST_ROWS:
            return None
        centre = waiting_places(town, picture.beat, [b for b in beats if (picture.beat == b).any()])
        # an empty beat has no officers, and waits anywhere
        at, rules = np.array([centre.get(b, 0) for b in beats]), picture.tables.rules
        ids = [str(u) for u in town.units["unit"]]
        return HeldInputs(
            picture.demand.calls,
            np.asarray(picture.demand.scene_minutes, float),
            picture.demand.together,
            picture.beat,
            ids,
            [ids[u] for u in at.tolist()],
            travel_minutes(town, rules, picture.tables.minutes, at),
            rules.travel_counts,
            rules.queue == "wait",
            picture.method == "exact",
        )

    held = vacancies(town.description, plan, hours, picture.beat, picture.demand.calls, inputs)
    if held is None:
        return {}
    said["vacancies"] = held[0]
    said["notes"] += sentences_of_vacancies(held[0], said)
    return {name: table for name, table in held[1].items() if len(table) <= MOST_ROWS}


def _of_posts(picture: ServicePicture, workload: Workload) -> list[str]:
    """Say where posts have more hours than the shifts can use."""
    notes: list[str] = []
    covered = sum(s.hours.hours_a_week for s in picture.shifts)
    most, paid = covered * (1 - workload.absence), hours_a_post(workload)
    if not picture.tables.rules.pattern and most < paid - 1e-9:
        notes.append(
            f"The shifts cover {covered:g} hours of the week: a post is on duty in {most:.1f} of them at most, and is paid for {paid:.1f}."
        )
    return notes
