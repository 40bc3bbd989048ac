"""The content of ``summary.json``: what a plan's steps found, by what it was made, and what follows from its tables."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beatplanner.data.description.models import Description
from beatplanner.data.description.raw import description_hash
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note
from beatplanner.data.formats.frames import records
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.forum_tables import sources_of_venues
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.amounts import balance_rows
from beatplanner.planning.forum.forum_money import forum_ways
from beatplanner.planning.officers.trust import relationship_years_of_lines
from beatplanner.planning.proof import rules_in_summary, share_left
from beatplanner.planning.stations.access import access_shares
from beatplanner.planning.versions import versions
from beatplanner.planning.whole.country import CountryPlan, as_summary, country_plan
from beatplanner.planning.whole.inputs import put_inputs
from beatplanner.planning.whole.levels import level_summary
from beatplanner.planning.whole.plan import DEFAULT_TIME_LIMIT, Plan
from beatplanner.planning.whole.tables import posts_of_beats
from beatplanner.planning.workload import covered_share, hours_on_the_beat, officers_note

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims
    from beatplanner.planning.beats.plan import BeatPlan
    from beatplanner.planning.whole.rollout import RolloutPlan


def _unit_of_objective(plan: Plan) -> str:
    """Say what the objective of the beats counts."""
    rules = plan.town.description.beats
    if rules is None or rules.objective == "travel":
        return "hours × metres"
    edges = plan.town.edges
    # without metres in a table of neighbours every link counts one
    by_links = rules.adjacency is not None and bool((edges.loc[edges["kind"] == "file", "metres"] == 1.0).all())
    return "links" if by_links else "metres"


def sum_up(
    written: PlanTables,
    description: Description,
    seed: int,
    rollout: RolloutPlan | None = None,
    town: Town | None = None,
) -> CountryPlan | None:
    """Add to a plan's summary what follows from its tables: the budget, and the country's roll-up, which is returned; each where the rules have it.

    With the `town` its forums are planned as those of its pack; else they stay as the summary has them.
    """
    if town is not None:
        places = forum_ways(written, town)
        if places is not None:
            written.summary["forums"] = places
            put_inputs(written.summary, sources_of_venues(town), description)
    if description.budget is not None:
        from beatplanner.planning.whole.budget import budget_summary

        money = budget_summary(written, description, seed=seed, found=rollout)
        if money is not None:
            written.summary["budget"] = money
    if description.country is None or written.beats is None:
        return None
    summed_up = country_plan(written, description)
    written.summary["country"] = as_summary(summed_up)
    return summed_up


def _known_by(description: Description, assumed: float | None) -> dict[str, object]:
    """Return by what the description is known again, ``description_sha256``; None where the plan's rules are not those of the file, as in a point of a curve.

    Then ``project_rules`` are those of the file, by which it is seen whether they change. `assumed` is what the workload assumed where the description has
    the share away from the beat that the service counts.
    """
    try:
        written = description.model_dump(mode="json")
        if assumed is not None:
            written["workload"]["abstraction"] = assumed
        of_file = read_description(description.file).model_dump(mode="json")
        if of_file != written:
            return {"description_sha256": None, "project_rules": of_file}
        return {"description_sha256": description_hash(description.file)}
    except (InputError, OSError):
        return {"description_sha256": None}


def _gaps_apart(beats: BeatPlan) -> dict[str, float]:
    """Return what the search proved of each municipality whose rules are kept; nothing where the beats are not those of the search any more."""
    total = sum(objective for objective, _ in beats.apart.values())
    if abs(total - beats.proof.objective) > 1e-9 * max(1.0, abs(total)):
        return {}
    wider = {w.municipality for w in beats.wider}
    return {
        name: share_left(objective, bound)
        for name, (objective, bound) in beats.apart.items()
        if bound is not None and objective > 0 and name not in wider
    }


def summarise(plan: Plan, *, seed: int, threads: int, time_limit: float | None, seconds: float) -> Claims:
    """Return the content of ``summary.json``; a step that was left out has no key."""
    town, work = plan.town, plan.workload
    description = town.description
    summary: Claims = {
        "version": 1,
        "project": town.name,
        **rules_in_summary(plan.clashes),
        "seed": seed,
        "seconds": round(seconds, 3),
        "threads": threads,
        "time_limit": time_limit,
        "solving_limit": DEFAULT_TIME_LIMIT if time_limit is None else time_limit,
        "clashes_of_officers": [] if plan.officers is None else [str(c) for c in plan.officers.clashes],
    }
    if plan.stopped is not None:
        summary["ended_by_person"] = {
            "steps": list(plan.stopped.steps),
            "seconds": round(plan.stopped.seconds, 3),
            "of": summary["solving_limit"],
        }
        if plan.stopped.breaking:
            summary["stopped"] = list(plan.stopped.breaking)
    if plan.beats is not None:
        beats = plan.beats
        posts = posts_of_beats(description, beats.table)
        gaps = _gaps_apart(beats)
        summary["beats"] = {
            **beats.proof.as_summary(),
            "objective_unit": _unit_of_objective(plan),
            "count": len(beats.table),
            "max_deviation": beats.max_deviation,
            "contiguous": beats.contiguous,
            "planned": len(beats.rules) > 0,
            "municipalities": [
                row | ({"gap": gaps[row["municipality"]], "certified": False} if row["municipality"] in gaps else {})
                for row in records(beats.rules)
            ],
            "officers_required": int(beats.table["officers_required"].sum()),
            "exact_officers": float(beats.table["exact_officers"].sum()),
            "covered_share": float(covered_share(posts, description.workload).mean()),
            **beats.smallest,
        }
        if len(beats.rules) and description.beats is not None and description.beats.balances:
            summary["beats"]["balances"] = balance_rows(town, work, beats.beat, beats.uneven)
        if beats.least_minutes is not None:
            summary["beats"]["least_minutes"] = beats.least_minutes
        if beats.lines is not None:
            summary["beats"]["lines"] = beats.lines
        if beats.hurried:
            summary["beats"]["proof_cut_short"] = list(beats.hurried)
        if beats.moved_share is not None:
            summary["beats"]["moved_share"] = beats.moved_share
            if town.roster is not None and description.officers is not None:
                now = town.units.assign(beat=beats.beat)
                known = set(beats.table["beat"].astype(str))
                summary["beats"] |= relationship_years_of_lines(now, town.roster, known, description.officers)
    for level in plan.levels:
        summary[level.name] = level_summary(level)
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
    section: dict[str, object] = {
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
    if plan.share is not None:
        section["abstraction"] = plan.share.as_summary()
    summary["workload"] = section
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
    summary |= _known_by(description, None if plan.share is None else plan.share.assumed)
    summary["rules"] = description.model_dump(mode="json")
    put_inputs(summary, town.sources, description)
    summary["versions"] = versions()
    return summary
