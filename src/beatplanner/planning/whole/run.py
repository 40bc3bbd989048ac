"""The main job: a description read, workload, beats, stations and officers planned, checked and written."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.result.folder import check_not_worse, check_result_place, folder_of_plan, read_result
from beatplanner.data.result.forum_ways import ForumWays
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of
from beatplanner.data.side_work import SideWork
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.forum_money import forum_ways
from beatplanner.planning.prepared import prepare_solvers
from beatplanner.planning.progress import CERTIFICATES, of_run
from beatplanner.planning.proof import Progress, silent
from beatplanner.planning.whole.beat_proofs import OF_CERTIFICATES, seconds_of_certificates
from beatplanner.planning.whole.inputs import hash_inputs
from beatplanner.planning.whole.kept_proofs import keep_proofs
from beatplanner.planning.whole.levels import with_levels
from beatplanner.planning.whole.plan import DEFAULT_TIME_LIMIT, Plan
from beatplanner.planning.whole.redrawn import (
    asks_to_count,
    asks_to_redraw,
    beats_with_counted_share,
    note_redrawing,
    redraw,
)
from beatplanner.planning.whole.served import service_inputs, service_of
from beatplanner.planning.whole.stopped import Stops
from beatplanner.planning.whole.summarise import sum_up, summarise
from beatplanner.planning.whole.tables import beat_polygons, beats_with_starts, posts_of_beats, tables
from beatplanner.planning.whole.writing import write_plan, writers
from beatplanner.planning.workload import (
    WorkloadPlan,
    plan_workload,
)
from beatplanner.solver.clock import read_clock, watch

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims
    from beatplanner.planning.beats.levels import LevelPlan

    # each step loads its solvers where it is taken
    from beatplanner.planning.beats.parallel import WorkerPool
    from beatplanner.planning.beats.plan import BeatPlan
    from beatplanner.planning.officers.plan import OfficerPlan
    from beatplanner.planning.service.counted import CountedShare
    from beatplanner.planning.stations.plan import StationPlan
    from beatplanner.planning.whole.rollout import RolloutPlan

Step = Literal["beats", "stations", "officers"]
STEPS: tuple[Step, ...] = ("beats", "stations", "officers")
# How a limit is shared out between the steps that are left.
# Share of a time limit for sectors and commands, which the steps before leave: some hundred beats at most.
OF_LEVELS = 0.1
SHARE_OF_TIME: dict[Step, float] = {"beats": 6.0, "stations": 1.0, "officers": 3.0}
# Gap of the beats at which what is left of their time goes to the officers.
ENOUGH = 0.005


class SolvingOptions(TypedDict):
    """What every step is given alike."""

    threads: int
    seed: int
    progress: Progress
    cancelled: Callable[[], bool]


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
    side: SideWork | None = None,
) -> Claims:
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
        A result folder, or its ``plan.gpkg``, from whose beats the search starts where they suit; the new beats are no worse where those keep the
        rules, and need no wider tolerance where none do, and nor are stations and officers where those of the plan keep all rules. Of the same problem the
        better bound of both is told, see `kept_proofs`.
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
    side
        Processes that help to write, where some were started already; else they are started where there is much to write.

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
    description = project if isinstance(project, Description) else read_description(project)
    _check_steps(description, steps)
    progress = of_run(progress, watch(cancelled).clock, description)
    # told first: on a new computer this takes longer than all layers
    prepare_solvers([s for s in (*steps, "service") if getattr(description, s) is not None], progress)
    progress("reading", None, None, 0.0)
    if "beats" not in steps or description.beats is None:
        # stations and officers cross municipal borders: they are planned for all at once
        workers = scheduler = None
    with ExitStack() as stack:
        # who helps to write starts while the plan is made
        town, pool = _read_beside_workers(description, stack, workers, scheduler, out)
        side = stack.enter_context(writers(town, pack, side))
        if pack and (description.beats is not None or description.forum is not None or plan_from is not None):
            from beatplanner.planning.forum.forum_pack import check_pack_inputs

            check_pack_inputs(town)
        _load_beats(description, steps)
        inputs = service_inputs(town)
        hash_inputs((*town.sources, *(() if inputs is None else inputs.tables.sources)), description)
        before = None if start_from is None else read_result(folder_of_plan(start_from))
        plan = make_plan(
            town,
            steps=steps,
            beat=None if plan_from is None else beats_of_plan(plan_from, town),
            start=None if before is None else start_of_plan(before, town),
            before=before,
            time_limit=time_limit,
            seed=seed,
            threads=threads,
            progress=progress,
            cancelled=cancelled,
            worker_pool=pool,
            forums=partial(forum_ways, town=town) if pack else None,
        )
        if pool is not None:
            pool.let_go()
        town, description = plan.town, plan.town.description
        summary = summarise(
            plan, seed=seed, threads=threads, time_limit=time_limit, seconds=read_clock(cancelled) - begin
        )
        check_not_worse(out, summary)
        # certificates are evaluated: the limit counts that too
        progress(CERTIFICATES, None, None, read_clock(cancelled) - begin)
        written = tables(plan, summary)
        keep_proofs(written, description, town, before)
        progress("writing", None, None, read_clock(cancelled) - begin)
        _show_certified(progress, plan, written.summary, read_clock(cancelled) - begin)
        of_service = service_of(town, inputs, written, seed=seed)
        note_redrawing(plan.beats, of_service)
        summed_up = sum_up(written, description, seed, plan.rollout, town if pack else None)

        stopped = write_plan(
            out, written, town, pack=pack, country=summed_up, service=of_service, side=side, progress=progress
        )
        if pool is not None:
            pool.finish()
    if stopped:
        note = Note("info", "The plan itself is written; only the folder “forum” is empty", file=out)
        raise InputError(*stopped, note)
    return summary


def _load_beats(description: Description, steps: Sequence[Step]) -> None:
    """Load what draws beats before the clock of the limit starts: a second of a busy computer's, which is no solving."""
    if "beats" in steps and description.beats is not None:
        importlib.import_module("beatplanner.planning.beats.plan")


def _show_certified(progress: Progress, plan: Plan, summary: Claims, seconds: float) -> None:
    """Tell the bounds that the certificates prove where they are others than those that the solvers told."""
    of_solver = {
        "beats": None if plan.beats is None else plan.beats.proof.lower_bound,
        "stations": None if plan.stations is None else plan.stations.proof.lower_bound,
        "officers": None if plan.officers is None else plan.officers.proof.lower_bound,
    }
    for step, bound in of_solver.items():
        section = section_of(summary, step)
        if bound is not None and section.get("lower_bound") is not None and section["lower_bound"] != bound:
            progress(step, section["objective"], section["lower_bound"], seconds)


def make_officers(town: Town, before: PlanTables, **limits: Any) -> Plan:
    """Plan officers alone, in the beats and with the stations of a plan; `limits` as for `make_plan`."""
    prepare_solvers(["officers"], limits.get("progress", silent))
    beat = np.array([str(b) for b in before.units["beat"]], dtype=object)
    return make_plan(town, steps=("officers",), beat=beat, stay=before, **limits)


def _stops_are_work(description: Description) -> bool:
    """Return whether stations come before beats, since hours of mobile-outreach stops are part of the beats' workload."""
    return description.stations is not None and description.stations.mobile is not None


def _read_beside_workers(
    description: Description, stack: ExitStack, workers: int | None, scheduler: str | None, out: Path
) -> tuple[Town, WorkerPool | None]:
    """Read the layers while the workers start, some seconds' work of their own; the pool, where one is asked for, ends with `stack`."""
    if workers is None and scheduler is None:
        return read_town(description), None
    from beatplanner.planning.beats.parallel import worker_pool

    with ThreadPoolExecutor(1) as beside:
        # the workers belong to this thread, which ends them
        reading = beside.submit(copy_context().run, read_town, description)
        pool = stack.enter_context(worker_pool(workers, scheduler, out))
        return reading.result(), pool


def make_plan(
    town: Town,
    *,
    steps: Sequence[Step] = STEPS,
    beat: np.ndarray | None = None,
    start: np.ndarray | None = None,
    stay: PlanTables | None = None,
    before: PlanTables | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    worker_pool: WorkerPool | None = None,
    forums: Callable[[PlanTables], ForumWays | None] | None = None,
    assumed: float | None = None,
) -> Plan:
    """Plan a town; parameters as for `run`.

    `beat`, (n,), are the beats that the later steps use, `start`, (n,), those from which the beats are sought, and `worker_pool` the workers.
    `stay` is a plan whose stations stay where none are planned: the roll-out pays for them. `before` is one than whose stations and officers the new
    ones are no worse, where those keep all rules. `forums` finds where those of a plan meet; None: no place
    is known, or those of `stay` are. `assumed` is the share of duty away from the beat that the workload assumes, where the town's rules have a
    counted one already.

    Raises
    ------
    InputError
        Where there is nothing to plan with, such as officers without any beats.
    """
    description = town.description
    end = read_clock(cancelled) + _seconds_of_solving(town, steps, time_limit)
    wanted: list[Step] = [s for s in STEPS if s in steps and getattr(description, s) is not None]

    def seconds_for(step: Step, first: bool = False) -> float:
        later: list[Step] = wanted if first else [s for s in wanted[wanted.index(step) :] if s != "stations"]
        return max(0.0, end - read_clock(cancelled)) * SHARE_OF_TIME[step] / sum(SHARE_OF_TIME[s] for s in later)

    common: SolvingOptions = {"threads": threads, "seed": seed, "progress": progress, "cancelled": cancelled}
    stops = Stops(cancelled)
    workload = plan_workload(town)
    stations: StationPlan | None = None
    beats: BeatPlan | None = None
    beside: Future[StationPlan] | None = None
    # while workers plan the beats nothing else is done here
    one_by_one = (threads == 1 and worker_pool is None) or _stops_are_work(description)
    with ThreadPoolExecutor(1) as pool:
        if "beats" in wanted and not one_by_one:  # under way, whatever is told first of the stations beside them
            progress("beats", None, None, 0.0)
        if "stations" in wanted:
            from beatplanner.planning.stations.plan import plan_stations

            people = town.units["population"].to_numpy(float) if town.has_population else workload.hours
            stations_for = seconds_for("stations", first=True)
            beside = pool.submit(
                copy_context().run, plan_stations, town, people, _opened(before), seconds=stations_for, **common
            )
            if one_by_one:
                workload = workload.with_fixed(beside.result().fixed_hours)
        if "beats" in wanted:
            from beatplanner.planning.beats.carried_names import called_as_before
            from beatplanner.planning.beats.plan import plan_beats
            from beatplanner.solver.districts.solve import PROOF_NODES

            # a fifth of the time is left to redraw them for the service, where that is asked for
            redrawn = asks_to_redraw(description)
            of_levels = 0.0 if time_limit is None else _share_of_levels(description) * time_limit
            beats = plan_beats(
                town,
                workload,
                seconds=max(0.0, seconds_for("beats") - of_levels) * (0.8 if redrawn else 1.0),
                # who names a time wants it used for the proof; else the proof ends after a fixed number of nodes, the same everywhere
                nodes=PROOF_NODES if time_limit is None else None,
                start=start,
                enough=ENOUGH if "officers" in wanted else 0.0,
                worker_pool=worker_pool,
                **common,
            )
            if redrawn:
                left = None if time_limit is None else max(0.0, seconds_for("beats") - of_levels)
                beats = redraw(town, workload, beats, partial(posts_of_beats, description), left, cancelled)
            beats = called_as_before(town, workload, stops.of("beats", beats), start, before)
        elif beat is not None or town.units["current"].notna().any():
            from beatplanner.planning.beats.plan import given_beats

            beats = given_beats(town, workload, town.units["current"].to_numpy(object) if beat is None else beat)
        if beside is not None:
            stations = stops.of("stations", beside.result())
    share: CountedShare | None = None
    if beats is not None and asks_to_count(description):
        town, beats, share = beats_with_counted_share(
            town, beats, stay, assumed=assumed, seed=seed, cancelled=cancelled
        )
        description = town.description
    given = beat is not None
    levels = () if beats is None else stops.of_levels(_levels(town, workload, beats, wanted, given, time_limit, common))
    officers: OfficerPlan | None = None
    rollout: RolloutPlan | None = None
    if "officers" in wanted:
        beats = _with_beats(beats, description)
        town = town.in_beats_of(map(str, beats.table["beat"]))
        from beatplanner.planning.officers.plan import plan_officers

        rollout = _rollout(Plan(town, workload, beats, stations, None), seed, stay, forums)
        drawn, _ = with_levels(beats_with_starts(beat_polygons(town, beats), rollout, description), levels)
        served, left = None if before is None else before.assignments, seconds_for("officers")
        officers = plan_officers(town, drawn, beats.beat, served, seconds=left, **common)
        officers = stops.of("officers", officers)
    plan = Plan(town, workload, beats, stations, officers, rollout, share, levels, stops.stopped)
    return plan if rollout is not None else replace(plan, rollout=_rollout(plan, seed, stay, forums))


def _opened(before: PlanTables | None) -> tuple[str, ...]:
    """Return the stations of a plan; none where there is none."""
    return () if before is None or before.stations is None else tuple(before.stations["station"].astype(str))


def _seconds_of_solving(town: Town, steps: Sequence[Step], time_limit: float | None) -> float:
    """Return the seconds of all steps: of a limit a part is left for the certificates of what is found."""
    if time_limit is None:
        return DEFAULT_TIME_LIMIT
    return time_limit - (
        seconds_of_certificates(town, time_limit) if "beats" in steps else OF_CERTIFICATES * time_limit
    )


def _share_of_levels(description: Description) -> float:
    """Return the share of a time limit that sectors and commands have."""
    return 0.0 if description.beats is None or description.beats.sectors is None else OF_LEVELS


def _levels(
    town: Town,
    workload: WorkloadPlan,
    beats: BeatPlan,
    wanted: Sequence[Step],
    given: bool,
    time_limit: float | None,
    common: SolvingOptions,
) -> tuple[LevelPlan, ...]:
    """Return the sectors and commands of beats that were planned, or given for a plan; a small part of the time is theirs."""
    if not _share_of_levels(town.description) or not (given or "beats" in wanted):
        return ()
    from beatplanner.planning.beats.levels import plan_levels
    from beatplanner.solver.districts.solve import PROOF_NODES

    nodes = PROOF_NODES if time_limit is None else None
    seconds = DEFAULT_TIME_LIMIT if time_limit is None else OF_LEVELS * time_limit
    return plan_levels(town, workload, beats, seconds=seconds, nodes=nodes, **common)


def _with_beats(beats: BeatPlan | None, description: Description) -> BeatPlan:
    """Return the beats that officers are planned for, or raise InputError where there are none."""
    if beats is None:
        raise InputError(
            problem(
                "officers need beats to be assigned to, and there are none",
                "Give a section [beats], today's beats as beats.current, or a plan",
                file=description.file,
                field="officers",
            )
        )
    return beats


def _rollout(
    plan: Plan,
    seed: int,
    stay: PlanTables | None = None,
    forums: Callable[[PlanTables], Mapping[str, object] | None] | None = None,
) -> RolloutPlan | None:
    """Return when each beat starts, where money, seats or pilots limit it; None where all starts with the plan."""
    rules = plan.town.description.budget
    if rules is None or plan.beats is None:
        return None
    if not (rules.funds or rules.pilots or rules.ceiling is not None or rules.training_seats is not None):
        return None
    now = tables(plan, {"project": plan.town.name})
    if plan.stations is not None:
        now.summary["stations"] = plan.stations.as_summary()
    elif stay is not None:
        now = replace(now, sites=stay.sites, stations=stay.stations)
    places = forums(now) if forums is not None else None if stay is None else stay.summary.get("forums")
    if places is not None:
        now.summary["forums"] = places
    from beatplanner.planning.whole.rollout import roll_out

    found = roll_out(now, plan.town.description, seed=seed)
    return found if found.limited else None


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


def start_of_plan(tables: PlanTables, town: Town) -> np.ndarray | None:
    """Return the beat of each unit in a plan to start from, (n,) text, None for a unit that it has not; None where the plan has no beats."""
    if tables.beats is None:
        return None
    beat = _beat_by_unit(tables)
    return np.array([beat.get(str(u)) for u in town.units["unit"]], dtype=object)


def _beat_by_unit(tables: PlanTables) -> dict[str, str]:
    """Return the beat of each unit that has one."""
    ids, beats = tables.units["unit"].astype(str), tables.units["beat"]
    return {str(u): str(b) for u, b in zip(ids, beats, strict=True) if isinstance(b, str)}


def beats_of_plan(plan_from: Path, town: Town) -> np.ndarray:
    """Return the beat of each unit in another plan, (n,) text; InputError where it lacks one."""
    folder = folder_of_plan(plan_from)
    beat = _beat_by_unit(read_result(folder))
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
