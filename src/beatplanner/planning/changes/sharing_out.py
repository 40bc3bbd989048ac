"""A plan with the officers that there are: shared out over municipalities and beats as posts, and planned anew by those, as a result of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.country import Country
from beatplanner.data.errors import InputError, problem
from beatplanner.data.paths import whole_path
from beatplanner.data.publish.everything import write_everything
from beatplanner.data.result.ending import person_in_both
from beatplanner.data.result.folder import check_result_place, read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import list_of, project_rules
from beatplanner.data.result.service_files import write_service
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.forum.no_pack import empty_pack
from beatplanner.planning.proof import Progress, rules_in_summary, silent, unproven_of
from beatplanner.planning.whole.country import CountryPlan, shared_posts, write_country
from beatplanner.planning.whole.rollout import RolloutPlan, roll_out
from beatplanner.planning.whole.run import make_officers
from beatplanner.planning.whole.served import put_lines_beside, service_inputs, service_of
from beatplanner.planning.whole.summarise import sum_up, summarise
from beatplanner.planning.whole.tables import beats_with_starts, tables
from beatplanner.planning.whole.verdict import write_verdict
from beatplanner.planning.workload import covered_share, officers_note
from beatplanner.solver.clock import read_clock

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


# Prices of a certificate of officers that stand beat by beat.
BY_BEAT = ("posts", "room", "handover", "needs")


def share_officers_out(
    folder: Path,
    out: Path,
    *,
    officers: int | None = None,
    minimum: int | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Claims, CountryPlan]:
    """Share officers out over a plan's beats, and write the plan with these posts.

    Parameters
    ----------
    folder
        A plan with beats; its inputs must be there where it has officers, who are planned anew.
    out
        Folder of the new plan.
    officers, minimum
        In place of those of the plan's rules: officers that the ministry has, and of each municipality at least.
    time_limit, seed, threads, progress, cancelled
        As for `plan.run`.

    Returns
    -------
    dict, CountryPlan
        The new ``summary.json``, and the country summed up.

    Raises
    ------
    InputError
        Where there are no beats, no number of officers, or fewer than the minima take; or the place cannot be used.
    """
    begin = read_clock(cancelled)
    before = read_result(folder)
    if before.beats is None:
        raise InputError(problem("this plan has no beats to share officers out over", "Plan the beats", file=folder))
    if whole_path(out) == whole_path(folder):
        raise InputError(
            problem(
                "the new plan must not replace the one that it is made of", "Give another folder as --out", file=out
            )
        )
    check_result_place(out)
    file = Path(str(before.summary.get("description_file", "")))
    rules = Description.model_validate(before.summary["rules"]).model_copy(update={"folder": file.parent, "file": file})
    has = rules.country or Country()
    has = has.model_copy(
        update={
            "officers": has.officers if officers is None else officers,
            "minimum": has.minimum if minimum is None else minimum,
            "set_posts": True,
        }
    )
    if has.officers is None:
        raise InputError(
            problem("how many officers there are is not said", "Give --officers", file=folder, field="country.officers")
        )
    rules = rules.model_copy(update={"country": has})
    posts = shared_posts(before.beats, has)
    beats = before.beats.assign(posts=[posts[b] for b in before.beats["beat"].astype(str)])
    summary: dict[str, object] = {
        **before.summary,
        "rules": rules.model_dump(mode="json"),
        "shared_out_from": str(whole_path(folder)),
        # the plan's rules are no more those of the description alone
        "project_rules": project_rules(before.summary),
        "description_sha256": None,
    }
    covered = covered_share(beats["posts"].to_numpy(float), rules.workload)
    beats = beats.assign(covered_share=covered)
    summary["beats"] = {**before.summary["beats"], "covered_share": float(covered.mean())}
    summary["notes"] = _notes_by_posts(before, beats, rules)
    now = replace(before, beats=beats, summary=summary)
    rollout = service = None
    if before.assignments is not None:
        town = read_town(rules)
        inputs = service_inputs(town)
        plan = make_officers(
            town, before, time_limit=time_limit, seed=seed, threads=threads, progress=progress, cancelled=cancelled
        )
        made = summarise(plan, seed=seed, threads=threads, time_limit=time_limit, seconds=read_clock(cancelled) - begin)
        planned = tables(plan, made)
        now = _with_officers(now, planned, made)
        rollout = plan.rollout
        if rollout is not None:
            # years stand beat by beat, and groups of beats in what proves the bound, in the order of the officers' plan
            rollout = rollout.in_order(_order(before, planned))
        service = service_of(town, inputs, now, seed=seed)
    else:
        now, rollout, service = _without_officers(now, rules, seed)
    put_lines_beside(folder, now, service)
    summed_up = sum_up(now, rules, seed, rollout)
    assert summed_up is not None

    def finish(part: Path) -> None:
        write_country(part, now, summed_up)
        if service is not None:
            write_service(part, *service)
        write_verdict(part)
        empty_pack(part)

    write_everything(out, now, also=finish)
    return now.summary, summed_up


def _without_officers(
    now: PlanTables, rules: Description, seed: int
) -> tuple[PlanTables, RolloutPlan | None, tuple[Any, ...] | None]:
    """Return the plan with its roll-out and its service by the new posts, where nobody holds them yet."""
    rollout = service = None
    if rules.budget is not None and now.beats is not None:
        # the posts cost something else now, so beats may start in other years
        found = roll_out(now, rules, seed=seed)
        rollout = found if found.limited else None
        now = replace(now, beats=with_starts(now.beats, beats_with_starts(now.beats, rollout, rules)))
    if rules.service is not None:
        # other posts are on duty
        town = read_town(rules)
        service = service_of(town, service_inputs(town), now, seed=seed)
    return now, rollout, service


def _notes_by_posts(before: PlanTables, beats: gpd.GeoDataFrame, rules: Description) -> list[dict[str, str]]:
    """Return the plan's notes with what they say of the posts told by the new ones."""
    hours = before.units.groupby(before.units["beat"].astype(str))[
        ["reactive_hours", "fixed_hours", "community_hours"]
    ].sum()
    work = hours.loc[beats["beat"].astype(str).tolist()]
    reactive = (work["reactive_hours"] + work["fixed_hours"]).to_numpy(float)
    note = officers_note(
        reactive, work["community_hours"].to_numpy(float), beats["posts"].to_numpy(float), rules.workload
    )
    kept = [n for n in before.summary.get("notes", []) if "workload.min_officers_per_beat" not in n["text"]]
    return [*kept, {"severity": note.severity, "text": str(note)}]


def _with_officers(before: PlanTables, made: PlanTables, officers: Claims) -> PlanTables:
    """Return the plan with the officers planned anew; what was told of beats and stations stays."""
    summary = {
        **before.summary,
        **{
            k: officers[k]
            for k in (
                "officers",
                "seed",
                "seconds",
                "threads",
                "time_limit",
                "solving_limit",
                "versions",
                "clashes_of_officers",
                "notes",
                "made_on",
            )
        },
    }
    summary |= person_in_both(before.summary, officers)
    of_officers = set(before.summary.get("clashes_of_officers", []))
    clashes = [c for c in before.summary.get("clashes", []) if c not in of_officers] + officers["clashes_of_officers"]
    summary |= rules_in_summary(clashes, unproven_of(before.summary, officers))
    assert before.beats is not None and made.beats is not None
    return replace(
        before,
        assignments=made.assignments,
        cover=made.cover,
        roster=made.roster,
        beats=with_starts(before.beats, made.beats),
        summary=summary,
        proofs=with_officers_proof(before, made),
    )


def with_officers_proof(before: PlanTables, made: PlanTables) -> dict[str, dict[str, np.ndarray]]:
    """Return the certificates of a plan whose officers were planned anew, theirs in the order of the plan's own beats, by which it knows them."""
    proofs = {k: v for k, v in before.proofs.items() if k != "officers"}
    arrays = made.proofs.get("officers")
    if arrays is None or before.beats is None or made.beats is None:
        return proofs
    order = _order(before, made)
    row = _places_in_order(made, order)
    return proofs | {
        "officers": {k: v[order if k == "needs" else row] if k in BY_BEAT else v for k, v in arrays.items()}
    }


def _places_in_order(made: PlanTables, order: np.ndarray) -> np.ndarray:
    """Return the rows of the officers' plan by place: a beat has one for its posts that ask for nothing, and one for each thing that others ask for."""
    assert made.beats is not None
    asked = {(str(r["beat"]), str(r["requires"])) for r in list_of(made.summary["officers"], "special_posts")}
    number = np.array([1 + sum(b == str(beat) for b, _ in asked) for beat in made.beats["beat"]], int)
    first: list[int] = np.concatenate([[0], np.cumsum(number)]).tolist()
    return np.concatenate([np.arange(first[int(k)], first[int(k) + 1]) for k in order])


def _order(before: PlanTables, made: PlanTables) -> np.ndarray:
    """Return the row in which the officers' plan has each beat of the plan."""
    assert before.beats is not None and made.beats is not None
    rank = {str(b): i for i, b in enumerate(made.beats["beat"])}
    return np.array([rank[str(b)] for b in before.beats["beat"]])


def with_starts(beats: gpd.GeoDataFrame, made: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return beats with the days on which they start in a roll-out that was chosen anew."""
    beats = gpd.GeoDataFrame(beats.drop(columns=["starts"], errors="ignore"))
    if "starts" not in made:
        return beats
    day = dict(zip(made["beat"].astype(str), made["starts"], strict=True))
    return beats.assign(starts=cast(Any, [day.get(str(b)) for b in beats["beat"]]))
