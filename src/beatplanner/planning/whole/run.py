"""The main job: a description read, workload, beats, stations and officers planned, checked and written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours
from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats import geometry
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.formats.frames import records
from beatplanner.data.result.folder import check_result_place, read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.forum_pack import check_pack_inputs
from beatplanner.planning.officers.trust import relationship_years_of_lines
from beatplanner.planning.prepared import prepare_solvers
from beatplanner.planning.progress import of_run
from beatplanner.planning.proof import Progress, rules_in_summary, silent
from beatplanner.planning.stations.access import access_shares
from beatplanner.planning.versions import versions
from beatplanner.planning.whole.budget import Rollout, budget_summary, roll_out
from beatplanner.planning.whole.country import CountryPlan, as_summary, country_plan, shared_posts
from beatplanner.planning.whole.payroll import first_days
from beatplanner.planning.whole.plan import Plan
from beatplanner.planning.whole.proofs import with_proofs
from beatplanner.planning.whole.served import service_inputs, service_of
from beatplanner.planning.whole.writing import write_plan, writers
from beatplanner.planning.workload import (
    WorkloadPlan,
    covered_share,
    hours_on_the_beat,
    officers_note,
    plan_workload,
)
from beatplanner.solver.clock import read_clock, watch

if TYPE_CHECKING:
    # each step loads its solvers where it is taken
    from beatplanner.planning.beats.parallel import WorkerPool
    from beatplanner.planning.beats.plan import BeatPlan
    from beatplanner.planning.officers.plan import OfficerPlan
    from beatplanner.planning.stations.plan import StationPlan

Step = Literal["beats", "stations", "officers"]
STEPS: tuple[Step, ...] = ("beats", "stations", "officers")
# Seconds of solving where the user gives no limit, and how a limit is shared out between the steps that are left.
DEFAULT_TIME_LIMIT = 300.0
SHARE_OF_TIME: dict[Step, float] = {"beats": 6.0, "stations": 1.0, "officers": 3.0}
# Gap of the beats at which what is left of their time goes to the officers.
ENOUGH = 0.005
# A language is looked after in a beat where at least this share of its residents speak it.
LANGUAGE_SHARE = 0.10


def run(
    project: Path | Description,
    out: Path,
    *,
    steps: Sequence[Step] = STEPS,
    plan_from: Path | None = None,
    start_from: Path | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    workers: int | None = None,
    scheduler: str | None = None,
    pack: bool = True,
) -> dict[str, Any]:
    """Plan a project from its raw layers and write the results.

    Parameters
    ----------
    project
        A TOML description or a project file, or a description that was read already.
    out
        Folder of the results; an older result in it is replaced only when the run succeeds.
    steps
        Which steps to plan; those that the description lacks are left out.
    plan_from
        A result folder, or its ``plan.gpkg``, whose beats `stations` and `officers` use; else today's beats.
    start_from
        A result folder from whose beats the search starts; the new beats are no worse where those keep the rules.
    time_limit
        Seconds of solving over the whole run; None for a proof of fixed length, and five minutes at most.
    seed, threads
        The same input, seed and threads give the same plan, unless the time limit cut the search.
    progress
        Called with phase, best objective, bound and seconds.
    cancelled
        Asked often; True ends the search, and the best plan so far is written.
    workers, scheduler
        Local processes, or the address of a Dask scheduler, that plan the municipalities in parallel.
    pack
        Whether the forum's pack is made; a plan that only answers what-if is not for handing out.

    Returns
    -------
    dict
        The content of ``summary.json``.

    Raises
    ------
    InputError
        Where the input cannot be used; nothing is written then. Where the privacy gate stops the forum's pack, the rest is written.
    """
    begin = read_clock(cancelled)
    check_result_place(out)
    progress("reading", None, None, 0.0)
    description = project if isinstance(project, Description) else read_description(project)
    _check_steps(description, steps)
    progress = of_run(progress, watch(cancelled).clock, description)
    prepare_solvers([s for s in (*steps, "service") if getattr(description, s) is not None], progress)
    if "beats" not in steps or description.beats is None:
        # stations and officers cross municipal borders: they are planned for all at once
        workers = scheduler = None
    with ExitStack() as stack:
        # the workers start while the layers are read, and who helps to write while the plan is made
        pool = None
        if workers is not None or scheduler is not None:
            from beatplanner.planning.beats.parallel import worker_pool

            pool = stack.enter_context(worker_pool(workers, scheduler, out))
        town = read_town(description)
        side = stack.enter_context(writers(town, pack))
        if pack:
            check_pack_inputs(town)
        inputs = service_inputs(town)
        plan = make_plan(
            town,
            steps=steps,
            beat=None if plan_from is None else _beats_of(plan_from, town),
            start=None if start_from is None else _beats_of(start_from, town),
            time_limit=time_limit,
            seed=seed,
            threads=threads,
            progress=progress,
            cancelled=cancelled,
            worker_pool=pool,
        )
        progress("writing", None, None, read_clock(cancelled) - begin)
        summary = summarise(
            plan, seed=seed, threads=threads, time_limit=time_limit, seconds=read_clock(cancelled) - begin
        )
        written = tables(plan, summary)
        _tell_certified(progress, plan, written.summary, read_clock(cancelled) - begin)
        of_service = service_of(town, inputs, written, seed=seed)
        if of_service is not None and plan.beats is not None and plan.beats.least_minutes is not None:
            from beatplanner.planning.service.least_minutes import sentence

            of_service[0]["notes"].append(sentence(plan.beats.least_minutes))
        summed_up = sum_up(written, description, seed, plan.rollout)

        stopped = write_plan(
            out, written, town, pack=pack, country=summed_up, service=of_service, side=side, progress=progress
        )
        if pool is not None:
            pool.finish()
    if stopped:
        told = Note("info", "The plan itself is written; only the folder “forum” is empty", file=out)
        raise InputError(*stopped, told)
    return summary


def _tell_certified(progress: Progress, plan: Plan, summary: dict[str, Any], seconds: float) -> None:
    """Tell the bounds that the certificates prove where they are others than those that the solvers told."""
    of_solver = {
        "beats": None if plan.beats is None else plan.beats.proof.lower_bound,
        "stations": None if plan.stations is None else plan.stations.proof.lower_bound,
        "officers": None if plan.officers is None else plan.officers.proof.lower_bound,
    }
    for step, bound in of_solver.items():
        told = summary.get(step) or {}
        if bound is not None and told.get("lower_bound") is not None and told["lower_bound"] != bound:
            progress(step, told["objective"], told["lower_bound"], seconds)


def make_plan(
    town: Town,
    *,
    steps: Sequence[Step] = STEPS,
    beat: np.ndarray | None = None,
    start: np.ndarray | None = None,
    stay: PlanTables | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    worker_pool: WorkerPool | None = None,
) -> Plan:
    """Plan a town; parameters as for `run`.

    `beat`, (n,), are the beats that the later steps use, `start`, (n,), those from which the beats are sought, and `worker_pool` the workers.
    `stay` is a plan whose stations stay where none are planned: the roll-out pays for them.

    Raises
    ------
    InputError
        Where there is nothing to plan with, such as officers without any beats.
    """
    end = read_clock(cancelled) + (DEFAULT_TIME_LIMIT if time_limit is None else time_limit)
    description = town.description
    has: dict[Step, object] = {
        "beats": description.beats,
        "stations": description.stations,
        "officers": description.officers,
    }
    wanted: list[Step] = [step for step in STEPS if step in steps and has[step] is not None]

    def seconds_for(step: Step, first: bool = False) -> float:
        later: list[Step] = wanted if first else [s for s in wanted[wanted.index(step) :] if s != "stations"]
        return max(0.0, end - read_clock(cancelled)) * SHARE_OF_TIME[step] / sum(SHARE_OF_TIME[s] for s in later)

    common: dict[str, Any] = {"threads": threads, "seed": seed, "progress": progress, "cancelled": cancelled}
    workload = plan_workload(town)
    stations: StationPlan | None = None
    beats: BeatPlan | None = None
    beside: Future[StationPlan] | None = None
    with ThreadPoolExecutor(1) as pool:
        if "stations" in wanted:
            from beatplanner.planning.stations.plan import plan_stations

            people = town.units["population"].to_numpy(float) if town.has_population else workload.hours
            seconds = seconds_for("stations", first=True)
            beside = pool.submit(copy_context().run, plan_stations, town, people, seconds=seconds, **common)
            if threads == 1 or (description.stations is not None and description.stations.mobile is not None):
                # before the beats, since the hours of mobile-outreach stops are part of their workload
                workload = workload.with_fixed(beside.result().fixed_hours)
        if "beats" in wanted:
            from beatplanner.planning.beats.plan import plan_beats
            from beatplanner.solver.districts.solve import PROOF_NODES

            # who names a time wants it used for the proof; else the proof ends after a fixed number of nodes, the same everywhere
            nodes = PROOF_NODES if time_limit is None else None
            # a fifth of the time is left to redraw them for the least minutes, where that is asked for
            redrawn = description.service is not None and description.service.least_minutes
            beats = plan_beats(
                town,
                workload,
                seconds=seconds_for("beats") * (0.8 if redrawn else 1.0),
                nodes=nodes,
                start=start,
                enough=ENOUGH if "officers" in wanted else 0.0,
                worker_pool=worker_pool,
                **common,
            )
            if redrawn:
                beats = _for_least_minutes(
                    town, workload, beats, None if time_limit is None else seconds_for("beats"), cancelled
                )
        elif beat is not None or town.units["current"].notna().any():
            from beatplanner.planning.beats.plan import given_beats

            beats = given_beats(town, workload, town.units["current"].to_numpy(object) if beat is None else beat)
        if beside is not None:
            stations = beside.result()
    officers: OfficerPlan | None = None
    rollout: Rollout | None = None
    if "officers" in wanted:
        if beats is None:
            raise InputError(
                problem(
                    "officers need beats to be assigned to, and there are none",
                    "Give a section [beats], today's beats as beats.current, or a plan",
                    file=description.file,
                    field="officers",
                )
            )
        from beatplanner.planning.officers.plan import plan_officers

        rollout = _rollout(Plan(town, workload, beats, stations, None), seed, stay)
        drawn = beats_with_starts(beat_polygons(town, beats), rollout, description)
        officers = plan_officers(town, drawn, beats.beat, seconds=seconds_for("officers"), **common)
    plan = Plan(town, workload, beats, stations, officers, rollout)
    return plan if rollout is not None else replace(plan, rollout=_rollout(plan, seed, stay))


def _for_least_minutes(
    town: Town, workload: WorkloadPlan, beats: BeatPlan, seconds: float | None, cancelled: Callable[[], bool]
) -> BeatPlan:
    """Redraw beats as `service.least_minutes` asks; ``seconds`` None for a search of fixed length, the same everywhere."""
    from beatplanner.planning.service.least_minutes import least_minutes
    from beatplanner.planning.service.picture import read_inputs

    until = None if seconds is None else read_clock(cancelled) + seconds
    posts = partial(posts_of_beats, town.description)

    def ended() -> bool:
        return cancelled() or (until is not None and read_clock(cancelled) >= until)

    return least_minutes(town, workload, beats, read_inputs(town), posts, cancelled=ended)


def _rollout(plan: Plan, seed: int, stay: PlanTables | None = None) -> Rollout | None:
    """Return when each beat starts, where money, seats or pilots limit it; None where all starts with the plan."""
    rules = plan.town.description.budget
    if rules is None or plan.beats is None:
        return None
    if not (rules.funds or rules.pilots or rules.ceiling is not None or rules.training_seats is not None):
        return None
    now = tables(plan, {})
    if stay is not None and plan.stations is None:
        now = replace(now, sites=stay.sites, stations=stay.stations)
    found = roll_out(now, plan.town.description, seed=seed)
    return found if found.limited else None


def beats_with_starts(beats: gpd.GeoDataFrame, rollout: Rollout | None, description: Description) -> gpd.GeoDataFrame:
    """Return the beats with ``starts``, the day on which each does (None for never), where a roll-out sets it."""
    if rollout is None:
        return beats
    days = first_days(description)
    return beats.assign(
        starts=pd.Series([None if s < 0 else days[12 * s].isoformat() for s in rollout.start], dtype=object)
    )


def _check_steps(description: Description, steps: Sequence[Step]) -> None:
    """Raise InputError where the one step that is asked for has no section, or the description asks for nothing."""
    missing = [step for step in steps if getattr(description, step) is None]
    if len(missing) == len(steps):
        sections = " or ".join(f"[{step}]" for step in missing)
        raise InputError(
            problem(
                f"there is nothing to plan: the description has no section {sections}", "Add one", file=description.file
            )
        )


def _beats_of(plan_from: Path, town: Town) -> np.ndarray:
    """Return the beat of each unit in another plan, (n,) text."""
    folder = plan_from.parent if plan_from.suffix == ".gpkg" else plan_from
    units = read_result(folder).units
    beat = dict(zip(units["unit"].astype(str), units["beat"], strict=True))
    missing = [u for u in town.units["unit"] if beat.get(u) is None]
    if missing:
        raise InputError(
            problem(
                f"{len(missing):,} units of the project have no beat in this plan, such as {missing[0]}",
                "Use a plan of the same units",
                file=folder / "plan.gpkg",
                layer="units",
                field="beat",
            )
        )
    return np.array([str(beat[u]) for u in town.units["unit"]], dtype=object)


def beat_polygons(town: Town, beats: BeatPlan) -> gpd.GeoDataFrame:
    """Return the beats as polygons with the columns of `PlanTables.beats`.

    Compactness is Polsby–Popper's: 4π × area / perimeter².
    """
    table = beats.table
    units, ids = town.units, table["beat"].to_numpy(object)
    shapes = np.array([geometry.dissolve(units.geometry.to_numpy()[beats.beat == b]) for b in ids], dtype=object)
    posts = posts_of_beats(town.description, table)
    frame = pd.DataFrame(
        {
            "beat": ids,
            "name": table["name"],
            "municipality": table["municipality"],
            "centre_unit": _unit_ids(town, table["centre"].to_numpy(int)),
            "workload": table["workload"],
            "deviation": table["deviation"],
            "population": table["population"],
            "officers_required": table["officers_required"],
            "compactness": 4 * np.pi * shapely.area(shapes) / np.maximum(shapely.length(shapes), 1e-9) ** 2,
            "posts": posts,
            "languages": languages_of_beats(town, beats.beat, ids),
            "moved_in": table["moved_in"],
            "exact_officers": table["exact_officers"],
            "committed_share": table["committed_share"],
            "covered_share": covered_share(posts, town.description.workload),
        }
    )
    found = gpd.GeoDataFrame(frame, geometry=shapes, crs=town.crs)
    rules = town.description.beats
    colours = beat_colours(found, None if rules is None else rules.colours)
    return found.assign(colour=[colours[str(b)] for b in ids])


def posts_of_beats(description: Description, table: pd.DataFrame) -> np.ndarray:
    """Return the posts of each beat, (K,): those of the rules, or of the share-out where it sets them."""
    has, rules = description.country, description.officers
    if has is not None and has.set_posts and has.officers is not None:
        shared = shared_posts(table, has)
        return np.array([shared[str(b)] for b in table["beat"]], int)
    if rules is None or rules.posts_per_beat == "auto":
        return table["officers_required"].to_numpy(int)
    return np.full(len(table), int(rules.posts_per_beat))


def _unit_of_objective(plan: Plan) -> str:
    """Say what the objective of the beats counts."""
    rules = plan.town.description.beats
    if rules is None or rules.objective == "travel":
        return "hours × metres"
    edges = plan.town.edges
    # without metres in a table of neighbours every link counts one
    by_links = rules.adjacency is not None and bool((edges.loc[edges["kind"] == "file", "metres"] == 1.0).all())
    return "links" if by_links else "metres"


def languages_of_beats(town: Town, beat: np.ndarray, ids: np.ndarray) -> list[str]:
    """Return the languages that at least a tenth of each beat's residents speak, joined by semicolons."""
    people = town.units["population"].to_numpy(float)
    spoken = []
    for b in ids:
        inside = beat == b
        residents = people[inside].sum()
        speakers = {g: town.units[f"group_{g}"].to_numpy(float)[inside].sum() for g in town.groups}
        spoken.append(";".join(g for g, s in speakers.items() if residents > 0 and s >= LANGUAGE_SHARE * residents))
    return spoken


def _unit_ids(town: Town, positions: np.ndarray) -> np.ndarray:
    """Return ids of units as the user's file has them: whole numbers or text."""
    ids = town.units["unit"].to_numpy(object)[positions]
    return ids.astype(np.int64) if town.unit_ids_are_whole_numbers else ids


def tables(plan: Plan, summary: dict[str, Any]) -> PlanTables:
    """Return the plan as the tables that are written to ``plan.gpkg``."""
    town, stations = plan.town, plan.stations
    everywhere = np.arange(len(town.units))
    units = town.units.drop(columns=["locked"]).assign(
        unit=_unit_ids(town, everywhere),
        beat=plan.beats.beat if plan.beats is not None else None,
        workload=plan.workload.hours,
        reactive_hours=plan.workload.reactive,
        community_hours=plan.workload.community,
        fixed_hours=plan.workload.fixed_hours,
        incidents=plan.workload.incidents,
        station=None,
        walk_minutes=np.nan,
    )
    sites: gpd.GeoDataFrame | None = None
    points: gpd.GeoDataFrame | None = None
    walks: pd.DataFrame | None = None
    more: dict[str, Any] = {}
    if stations is not None and town.sites is not None and town.walks is not None and town.homes is not None:
        names = town.sites["station"].to_numpy(object)
        units["station"] = np.where(stations.nearest >= 0, names[stations.nearest], np.array(None))
        units["walk_minutes"] = stations.minutes
        points = _points(stations.stations, town)
        considered = town.sites.assign(chosen=np.isin(np.arange(len(names)), stations.open)).join(stations.effects)
        considered["unit"] = _unit_ids(town, considered["unit"].to_numpy(int))
        sites = _points(considered, town)
        home, site = np.nonzero(np.isfinite(town.walks[:, stations.open]))
        chosen, of_home = np.asarray(stations.open)[site], town.homes["unit"].to_numpy(int)
        walks = pd.DataFrame(
            {
                "unit": _unit_ids(town, of_home[home]),
                "station": names[chosen],
                "metres": town.walks[home, chosen],
                "home": home + 1,
            }
        )
        more = _station_tables(plan, stations, names)
    parts = town.part_links
    inner = np.empty(0, int) if parts is None else np.unique(parts["unit"].to_numpy(int))
    a, b = (np.r_[town.edges[c].to_numpy(int), inner] for c in ("a", "b"))
    edges = pd.DataFrame(
        {
            "unit_a": _unit_ids(town, a),
            "unit_b": _unit_ids(town, b),
            "metres": np.r_[town.edges["metres"].to_numpy(float), np.zeros(len(inner))],
            "kind": [*town.edges["kind"], *["link"] * len(inner)],
        }
    )
    beats = (
        None
        if plan.beats is None
        else beats_with_starts(beat_polygons(town, plan.beats), plan.rollout, town.description)
    )
    if plan.rollout is not None and points is not None and beats is not None and "opens" not in points:
        points = gpd.GeoDataFrame(points.assign(opens=_opens(points, units, beats, sites)))
    order = [c for c in ("unit", "beat", "workload", "population") if c in units]
    units = units[order + [c for c in units.columns if c not in order]]
    made = PlanTables(
        units=gpd.GeoDataFrame(units, geometry="geometry", crs=town.crs),
        beats=beats,
        stations=points,
        assignments=None if plan.officers is None else plan.officers.assignments,
        cover=None if plan.officers is None else plan.officers.cover,
        edges=edges,
        sites=sites,
        walks=walks,
        roster=town.roster,
        summary=summary,
        **more,
    )
    return with_proofs(made, plan)


def _opens(
    points: gpd.GeoDataFrame, units: pd.DataFrame, beats: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None
) -> pd.Series:
    """Return the year in which each new station opens, which is that of the beat it lies in; NaN for those of today and those that never do."""
    assert sites is not None
    start = dict(zip(beats["beat"].astype(str), beats["starts"], strict=True))
    beat = dict(zip(units["unit"].astype(str), units["beat"].astype(str), strict=True))
    where = {str(s): start.get(beat.get(str(u), "")) for s, u in zip(sites["station"], sites["unit"], strict=True)}
    found = [None if old else where[str(s)] for s, old in zip(points["station"], points["existing"], strict=True)]
    return pd.Series([np.nan if d is None else float(str(d)[:4]) for d in found], index=points.index)


def _station_tables(plan: Plan, stations: StationPlan, names: np.ndarray) -> dict[str, Any]:
    """Return the further tables of the stations: homes, access, catchments and mobile-outreach stops."""
    town, rules = plan.town, plan.town.description.stations
    assert town.homes is not None and rules is not None
    homes = None
    if len(town.homes) > len(town.units):
        homes = _points(
            town.homes.assign(
                home=np.arange(1, len(town.homes) + 1),
                unit=_unit_ids(town, town.homes["unit"].to_numpy(int)),
                residents=stations.people,
                station=np.where(stations.home_nearest >= 0, names[stations.home_nearest], np.array(None)),
                walk_minutes=stations.home_minutes,
            )[["home", "unit", "residents", "station", "walk_minutes", "x", "y"]],
            town,
        )
    stops = None
    if stations.stops is not None and len(stations.stops):
        stops = _points(stations.stops.assign(unit=_unit_ids(town, stations.stops["unit"].to_numpy(int))), town)
    beat = None if plan.beats is None else plan.beats.beat
    access = access_shares(town, stations.people, stations.home_minutes, list(rules.bands), beat)
    return {"homes": homes, "access": access, "catchments": stations.catchments, "stops": stops}


def _points(frame: pd.DataFrame, town: Town) -> gpd.GeoDataFrame:
    """Return a table with ``x`` and ``y`` as points."""
    geometry = shapely.points(frame["x"].to_numpy(float), frame["y"].to_numpy(float))
    return gpd.GeoDataFrame(frame.drop(columns=["x", "y"]), geometry=geometry, crs=town.crs)


def sum_up(
    written: PlanTables, description: Description, seed: int, rollout: Rollout | None = None
) -> CountryPlan | None:
    """Add to a plan's summary what follows from its tables: the budget, and the country's roll-up, which is returned; each where the rules have it."""
    money = budget_summary(written, description, seed=seed, found=rollout)
    if money is not None:
        written.summary["budget"] = money
    if description.country is None or written.beats is None:
        return None
    summed_up = country_plan(written, description)
    written.summary["country"] = as_summary(summed_up)
    return summed_up


def _known_by(description: Description) -> str | None:
    """Return by what the description is known again; None where the plan's rules are not those of the file, as in a point of a curve."""
    try:
        same = read_description(description.file).model_dump(mode="json") == description.model_dump(mode="json")
        return fingerprint(description.file) if same else None
    except (InputError, OSError):
        return None


def summarise(plan: Plan, *, seed: int, threads: int, time_limit: float | None, seconds: float) -> dict[str, Any]:
    """Return the content of ``summary.json``; a step that was left out has no key."""
    town, work = plan.town, plan.workload
    description = town.description
    summary: dict[str, Any] = {
        "version": 1,
        "project": town.name,
        **rules_in_summary(plan.clashes),
        "seed": seed,
        "seconds": round(seconds, 3),
        "threads": threads,
        "time_limit": time_limit,
        "clashes_of_officers": [] if plan.officers is None else [str(c) for c in plan.officers.clashes],
    }
    if plan.beats is not None:
        beats = plan.beats
        posts = posts_of_beats(description, beats.table)
        summary["beats"] = {
            **beats.proof.as_summary(),
            "objective_unit": _unit_of_objective(plan),
            "count": len(beats.table),
            "max_deviation": beats.max_deviation,
            "contiguous": beats.contiguous,
            "planned": len(beats.rules) > 0,
            "municipalities": records(beats.rules),
            "officers_required": int(beats.table["officers_required"].sum()),
            "exact_officers": float(beats.table["exact_officers"].sum()),
            "covered_share": float(covered_share(posts, description.workload).mean()),
            **beats.smallest,
        }
        if beats.least_minutes is not None:
            summary["beats"]["least_minutes"] = beats.least_minutes
        if beats.hurried:
            summary["beats"]["proof_cut_short"] = list(beats.hurried)
        if beats.moved_share is not None:
            summary["beats"]["moved_share"] = beats.moved_share
            if town.roster is not None and description.officers is not None:
                now = town.units.assign(beat=beats.beat)
                known = set(beats.table["beat"].astype(str))
                summary["beats"] |= relationship_years_of_lines(now, town.roster, known, description.officers)
    if plan.stations is not None:
        summary["stations"] = plan.stations.as_summary()
        assert description.stations is not None
        bands = list(description.stations.bands)
        shares = access_shares(town, plan.stations.people, plan.stations.home_minutes, bands, None)
        everyone = shares[(shares["kind"] == "all") & shares["minutes"].notna()]
        summary["stations"]["share_by_minutes"] = {
            f"{m:g}": s for m, s in zip(everyone["minutes"], everyone["share"], strict=True)
        }
    if plan.officers is not None:
        summary["officers"] = plan.officers.as_summary()
    outside = 0 if town.incidents is None else int((town.incidents["unit"] < 0).sum())
    summary["population"] = float(town.units["population"].sum()) if town.has_population else None
    summary["workload"] = {
        "hours": float(work.hours.sum()),
        "reactive_hours": float(work.reactive.sum()),
        "community_hours": float(work.community.sum()),
        "fixed_hours": float(work.fixed_hours.sum()),
        "incidents_read": 0 if town.incidents is None else len(town.incidents),
        "incidents_outside": outside,
        "incidents_a_year": work.incidents_a_year,
        "days_covered": work.days,
        "years_covered": None if town.recorded is None else town.recorded.years,
        "months": [] if town.recorded is None else records(town.recorded.months),
        "hours_on_the_beat_per_officer": hours_on_the_beat(description.workload),
    }
    extra: list[Note] = list(plan.officers.notes) if plan.officers is not None else []
    if plan.beats is not None:
        t = plan.beats.table
        posts = posts_of_beats(description, t)
        extra.append(
            officers_note(t["reactive"].to_numpy(float), t["community"].to_numpy(float), posts, description.workload)
        )
    summary["notes"] = [{"severity": n.severity, "text": str(n)} for n in [*town.notes, *work.notes, *extra]]
    summary["made_on"] = dt.datetime.now().astimezone().date().isoformat()
    summary["crs"] = town.crs.to_string()
    summary["description_file"] = str(description.file)
    summary["description_sha256"] = _known_by(description)
    summary["rules"] = description.model_dump(mode="json")
    summary["inputs"] = [
        {
            "role": s.role,
            "path": str(s.path),
            "sha256": s.sha256,
            "modified": s.modified,
            "rows_in": s.rows_in,
            "rows_used": s.rows_used,
            "repaired": list(s.repaired),
            "columns_left_out": len(s.dropped),
            "newest": s.newest or None,
        }
        for s in town.sources
    ]
    summary["versions"] = versions()
    return summary
