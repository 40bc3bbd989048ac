"""A plan of what was drawn: as it is, with the least change that restores the rules (`repair`), or solved on from the drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.output_place import place_to_write
from beatplanner.data.paths import whole_path
from beatplanner.data.project.edits import Edit, write_edits
from beatplanner.data.publish.everything import write_everything
from beatplanner.data.result.folder import check_result_place, folder_of_plan, read_result
from beatplanner.data.result.history import Drawn
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service_files import write_service
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.drawing import Drawing
from beatplanner.planning.beats.drawn_plan import RefusedError
from beatplanner.planning.beats.drawn_rules import drawn_town, with_rules_of_plan
from beatplanner.planning.beats.naming import ids_of_today, true_ids
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.changes.repair import Repair, repair
from beatplanner.planning.forum.forum_money import forum_ways
from beatplanner.planning.forum.forum_pack import check_pack_inputs, write_pack
from beatplanner.planning.forum.no_pack import empty_pack
from beatplanner.planning.prepared import prepare_solvers
from beatplanner.planning.progress import CERTIFICATES, CHECK, PAPERS, of_run
from beatplanner.planning.proof import Progress, Proof, Unproven, silent
from beatplanner.planning.whole.country import write_country
from beatplanner.planning.whole.plan import Plan
from beatplanner.planning.whole.redrawn import note_redrawing
from beatplanner.planning.whole.run import STEPS, Step, beats_of_plan, make_plan
from beatplanner.planning.whole.served import service_inputs, service_of
from beatplanner.planning.whole.summarise import sum_up, summarise
from beatplanner.planning.whole.tables import tables
from beatplanner.planning.whole.verdict import write_verdict
from beatplanner.planning.workload import plan_workload
from beatplanner.solver.clock import read_clock, watch

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims
    from beatplanner.planning.service.picture import ServiceInputs

How = Literal["keep", "repair", "improve"]


def mend(
    project: Path | Description,
    out: Path,
    edits: Sequence[Edit] = (),
    *,
    plan_from: Path | None = None,
    how: How = "keep",
    steps: Sequence[Step] = STEPS,
    author: str = "",
    colours: Mapping[str, str] | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> Claims:
    """Draw edits on a plan and write the plan that comes of it.

    Parameters
    ----------
    project
        A TOML description or a project file, or what was read from one.
    out
        Folder of the results; ``edits.json`` in it holds the edits, with those of a repair.
    edits
        Made in this order.
    plan_from
        A result folder, or its ``plan.gpkg``, that is drawn on; None for today's beats.
    how
        ``"keep"``: the beats as drawn; ``"repair"``: with the least change that restores the rules; ``"improve"``: solved on from the drawing,
        with its locks, links and barriers kept.
    steps
        Which of stations and officers are planned on the drawn beats, no worse than those of the plan drawn on where these keep all rules.
    author
        Who draws, where an edit does not say.
    colours
        With which the beats were shown while they were drawn, by id; those that are none of today's keep theirs.
    time_limit, seed, threads, progress, cancelled
        As for `plan.run`.

    Returns
    -------
    dict
        The content of ``summary.json``; its key ``drawn`` tells the edits, what a repair moved, and the rules that are still broken.

    Raises
    ------
    InputError
        Where the input cannot be used, or an edit cannot be made.
    """
    begin = read_clock(cancelled)
    place_to_write(out)
    prepare_solvers(["beats"] if how == "keep" else (*STEPS, "service"), progress)
    check_result_place(out)
    progress("reading", None, None, 0.0)
    description = project if isinstance(project, Description) else read_description(project)
    progress = of_run(progress, watch(cancelled).clock, description)
    town = read_town(description)
    check_pack_inputs(town)
    inputs = service_inputs(town)
    before = None if plan_from is None else read_result(folder_of_plan(plan_from))
    drawing = _drawing(town, plan_from, before, author)
    _apply(drawing, edits)
    found: Repair | None = None
    if how == "repair":
        found = repair(
            drawing,
            seconds=min(30.0, time_limit or 30.0),
            threads=threads,
            seed=seed,
            progress=progress,
            cancelled=cancelled,
        )
        drawing.move(found.moves, "repair")
    drawn = drawn_town(drawing)
    plan, renamed = _planned(
        drawing,
        drawn,
        how,
        steps,
        before=before,
        time_limit=None if time_limit is None else max(1.0, time_limit - (read_clock(cancelled) - begin)),
        seed=seed,
        threads=threads,
        progress=progress,
        cancelled=cancelled,
        assumed=town.description.workload.abstraction,
    )
    summary = summarise(plan, seed=seed, threads=threads, time_limit=time_limit, seconds=read_clock(cancelled) - begin)
    drawn_from: Drawn = {
        "from": None if plan_from is None else str(whole_path(plan_from)),
        "how": how,
        "edits": [e.as_json() for e in drawing.edits],
        # an id of today is only for a beat that shares residents with today's
        "renamed": renamed,
        "repair": None
        if found is None
        else {"moves": list(found.words), "residents": found.residents, "lower_bound": found.bound},
    }
    if colours:
        drawn_from["colours"] = {renamed.get(b, b): c for b, c in colours.items()}
    summary["drawn"] = drawn_from
    progress(CERTIFICATES, None, None, read_clock(cancelled) - begin)
    made = tables(plan, summary)
    progress("writing", None, None, read_clock(cancelled) - begin)
    stopped = _write(out, drawing, plan, made, inputs, seed, progress)
    drawn_from["pack"] = [str(note) for note in stopped]
    return summary


def _drawing(town: Town, plan_from: Path | None, before: PlanTables | None, author: str) -> Drawing:
    """Return a drawing to begin with: a plan with the names and rules that it has, or today's beats."""
    beat = town.units["current"].to_numpy(object) if plan_from is None else beats_of_plan(plan_from, town)
    if plan_from is None and not town.units["current"].notna().any():
        raise InputError(
            problem(
                "there are no beats to draw on",
                "Give a plan with --plan, or today's beats as beats.current",
                file=town.description.file,
            )
        )
    names = dict(town.beat_names)
    if before is not None:
        # what was drawn on that plan is part of it, and its beats keep their names
        town = with_rules_of_plan(town, before.summary.get("rules", {}))
        if before.beats is not None:
            names |= dict(zip(before.beats["beat"].astype(str), before.beats["name"].astype(str), strict=True))
    return Drawing(town, plan_workload(town), beat, names=names, author=author)


def _apply(drawing: Drawing, edits: Sequence[Edit]) -> None:
    """Make edits in their order; one that cannot be made is named by its number and kind."""
    for number, edit in enumerate(edits, 1):
        try:
            drawing.apply(edit)
        except RefusedError as error:
            raise InputError(
                problem(
                    str(error).rstrip("."),
                    "Mend or leave out this edit",
                    file="edits",
                    row=str(number),
                    field=edit.kind,
                )
            ) from None


def _planned(drawing: Drawing, drawn: Town, how: How, steps: Sequence[Step], **run: Any) -> tuple[Plan, dict[str, str]]:
    """Return the plan of a drawing, and which beats have another id in it than drawn."""
    if how == "improve":
        if drawn.description.beats is None:
            raise InputError(
                problem(
                    "beats cannot be solved on without a section [beats]",
                    "Add it",
                    file=drawn.description.file,
                    field="beats",
                )
            )
        return make_plan(drawn, steps=steps, start=drawing.beat, forums=partial(forum_ways, town=drawn), **run), {}
    current = drawing.town.units["current"].to_numpy(object)
    renamed = true_ids(drawing.beat, current, drawing.people, ids_of_today(drawing.town, ()))
    # what is locked stays in its beat, whatever that is called
    drawn = drawn_town(drawing, renamed) if renamed else drawn
    as_named = np.array([renamed.get(b, b) for b in drawing.beat], dtype=object)
    later: list[Step] = [s for s in steps if s != "beats"]
    plan = make_plan(drawn, steps=later, beat=as_named, forums=partial(forum_ways, town=drawn), **run)
    return _with_rules(plan, drawing, as_named), renamed


def _write(
    out: Path,
    drawing: Drawing,
    plan: Plan,
    written: PlanTables,
    inputs: ServiceInputs | None,
    seed: int,
    progress: Progress,
) -> list[Note]:
    """Write a plan with all that belongs to it, telling what is written; returns what could not be made, as the drawing is kept whatever the rest says."""
    stopped: list[Note] = []
    drawn = plan.town
    try:
        service = service_of(drawn, inputs, written, seed=seed)
        note_redrawing(plan.beats, service)
    except InputError as error:
        # as with servers of a beat that the drawing has not
        service = None
        stopped.extend(error.problems)
    summed_up = sum_up(written, drawn.description, seed, town=drawn)

    def finish(folder: Path) -> None:
        if summed_up is not None:
            write_country(folder, written, summed_up)
        if service is not None:
            write_service(folder, *service)
        write_edits(folder / "edits.json", drawing.edits)
        progress(CHECK, None, None, 0.0)
        verdict = write_verdict(folder)
        try:
            stopped.extend(write_pack(folder, written, drawn, verdict=verdict, progress=progress))
        except InputError as error:
            stopped.extend(error.problems)
            empty_pack(folder)

    progress(PAPERS, None, None, 0.0)
    write_everything(out, written, also=finish)
    return stopped


def _with_rules(plan: Plan, drawing: Drawing, beat: np.ndarray) -> Plan:
    """Return a plan of given beats that tells which rules they keep: all, or which are broken, in words."""
    rules, beats = drawing.town.description.beats, plan.beats
    if rules is None or beats is None:
        return plan
    # the hours of mobile stops, if any, are part of the plan's workload
    figures = Drawing(plan.town, plan.workload, beat, names=drawing.names).figures()
    broken = figures.broken
    changed: BeatPlan
    if broken:
        # it was drawn by hand: whether another drawing keeps the rules is not known
        proof = Proof("unknown", beats.proof.objective, None, beats.proof.seconds)
        changed = replace(beats, clashes=tuple(map(Unproven, broken)), proof=proof)
    else:
        home = dict(zip(beats.table["beat"], beats.table["municipality"], strict=True))
        of = np.array([home[b] for b in figures.beat], dtype=object)
        rows: list[tuple[str, int, float, float, float]] = []
        for name in sorted(set(of)):
            k = int(np.flatnonzero(of == name)[0])
            rows.append((name, int((of == name).sum()), figures.lower[k], figures.upper[k], rules.tolerance))
        objective = beats.proof.objective
        if rules.objective == "cut":
            ends, label = drawing.edges[["a", "b"]].to_numpy(int), drawing.label
            objective = float(drawing.edges["metres"].to_numpy(float)[label[ends[:, 0]] != label[ends[:, 1]]].sum())
        proof = Proof("feasible", objective, None, beats.proof.seconds)
        changed = replace(beats, rules=beats.rules.__class__(rows, columns=beats.rules.columns), proof=proof)
    return replace(plan, beats=changed)
