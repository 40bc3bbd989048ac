"""The price of each rule: the same plan with one rule dropped or loosened a little, solved again, and what that would gain.

A price is no dual of an integer program but the difference of two plans, each with its proven bound::

    gain          = objective with the rule − objective without it
    at least      = max(0, bound with the rule − objective without it), where dropping the rule only adds plans
    at most       = objective with the rule − bound without it

so that the true price lies between the two, however far both searches came. The plan without a rule starts from the plan with it.
Least minutes are another goal, not a rule that takes plans away: what the lines with the least of them would cost has no bound.

Rules of the officers are priced on the beats of the plan itself, in points of the officers' objective, and told in what the points stand for: vacant months,
months without a language, broken tenures, moves. A handover and a second post do not only forbid plans: an overlap, or a second officer, is no plan without them,
so what is proven may be below 0 there. So it is for the minimum tenure where somebody is away, who takes no room for so long after coming back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.description.sections.budget import Budget
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.frames import records
from beatplanner.data.output_place import make_folder
from beatplanner.data.publish.force_language import own_words
from beatplanner.data.publish.price_report import write_prices
from beatplanner.data.publish.price_words import (
    HOW,
    RULES,
    UNBOUNDED,
    Phrase,
    PhraseFields,
    phrase,
    price_sentence,
)
from beatplanner.data.result.cells import readable
from beatplanner.data.result.comparison import PriceRow, RulePrices, StepPrice
from beatplanner.data.result.draft import BROKEN, UNKNOWN
from beatplanner.data.result.folder import check_result_place, read_result
from beatplanner.data.result.json_files import write_json
from beatplanner.data.result.provenance import provenance
from beatplanner.data.result.schemas import hold
from beatplanner.data.town.personnel import absences
from beatplanner.planning.compare.columns import read_compared
from beatplanner.planning.compare.sentences import old_new_rows
from beatplanner.planning.compare.service_change import change_of_service
from beatplanner.planning.progress import SolvingTime
from beatplanner.planning.proof import Progress, silent
from beatplanner.planning.whole.run import Step, run
from beatplanner.solver.clock import watch

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Of a car in a town, for putting metres into minutes that people can feel.
CAR_KMH = 30.0
# How much a rule is loosened where it is not dropped.
TOLERANCE, MOVED, BUDGET, EXCESS = 0.05, 0.05, 0.10, 0.10


@dataclass(frozen=True)
class WithoutRule:
    """A rule, and the description without it.

    Attributes
    ----------
    key
        Of the rule, such as ``"beats.tolerance"``; the plan's folder is named after it.
    rule
        What the rule asks for, as the subject of a sentence.
    how
        What is done to it.
    step
        The step whose plan it binds.
    rules
        The description with the rule dropped or loosened.
    only_adds
        Whether every plan with the rule is one without it, at no higher cost; for the minimum tenure only where nobody is away.
    """

    key: str
    rule: Phrase
    how: Phrase
    step: Step
    rules: Description
    only_adds: bool = True


def _relaxed(
    key: str,
    step: Step,
    rules: Description,
    asks: PhraseFields,
    how: str,
    done: PhraseFields,
    only_adds: bool = True,
    words: str = "",
) -> WithoutRule:
    """Return a rule in the words of its key, or of `words`; `asks` and `done` are the fields of both phrases."""
    words = words or key
    one, auto = asks.get("n") == 1 and f"{words}.one" in RULES, asks.get("n") == "auto"
    said = RULES[f"{words}.one" if one else f"{words}.auto" if auto else words]
    return WithoutRule(key, (said, {} if one or auto else asks), (HOW[how], done), step, rules, only_adds)


def _of_service(d: Description) -> Iterator[WithoutRule]:
    """Yield the rules that the service has for the lines of beats."""
    rules = d.service
    if rules is None:
        return

    def without(key: str, how: str = "without", asks: PhraseFields | None = None, **changes: Any) -> WithoutRule:
        relaxed = d.model_copy(update={"service": rules.model_copy(update=changes)})
        return _relaxed(f"service.{key}", "beats", relaxed, asks or {}, how, {})

    if rules.least_minutes:
        yield without("least_minutes", "goal", least_minutes=False)
    if rules.peak_tolerance is not None:
        yield without("peak_tolerance", asks={"share": rules.peak_tolerance}, peak_tolerance=None)
    if rules.travel_work:
        yield without("travel_work", travel_work=False)
    if rules.longest_drive is not None:
        yield without("longest_drive", asks={"g": rules.longest_drive}, longest_drive=None)


def relaxations(d: Description) -> Iterator[WithoutRule]:
    """Yield each rule of a description with the description that lacks it."""
    yield from _of_beats(d)
    yield from _of_stations(d)
    yield from _of_officers(d)


def _of_beats(d: Description) -> Iterator[WithoutRule]:
    """Yield the rules of the beats."""
    b = d.beats
    if b is None:
        return

    def rule(
        key: str,
        how: str,
        asks: PhraseFields | None = None,
        done: PhraseFields | None = None,
        kind: str = "",
        **changes: Any,
    ) -> WithoutRule:
        relaxed, words = d.model_copy(update={"beats": b.model_copy(update=changes)}), f"beats.{key}{kind}"
        return _relaxed(f"beats.{key}", "beats", relaxed, asks or {}, how, done or {}, words=words)

    wider = round(min(1.0, b.tolerance + TOLERANCE), 4)
    yield rule("tolerance", "wider", {"share": b.tolerance}, {"share": wider}, tolerance=wider)
    if b.balances:
        yield rule("balances", "without", balances={})
    if b.barriers is not None:
        name = barriers_name(d)
        asked, kind = ({"name": name}, ".named") if name else ({}, "")
        yield rule("barriers", "without", asked, kind=kind, barriers=None, crossings=None)
    if b.locked is not None:
        yield rule("locked", "free", locked=None)
    if b.max_moved is not None:
        more = round(b.max_moved + MOVED, 4)
        u = d.units
        counted = "" if any(x is not None for x in (u.population, u.population_raster, u.population_table)) else ".work"
        if more < 1:
            # from there on it is no limit at all
            asks = {"share": b.max_moved}
            yield rule("max_moved", "in_place", asks, {"share": more}, counted, max_moved=more)
        yield rule("max_moved-free", "unlimited", kind=counted, max_moved=None)
    if d.units.municipality is not None:
        whole = d.model_copy(update={"units": d.units.model_copy(update={"municipality": None})})
        yield _relaxed("units.municipality", "beats", whole, {}, "mean", {}, only_adds=False)
    yield from _of_service(d)


def barriers_name(d: Description) -> str | Mapping[str, str]:
    """Return what the barriers are called: as declared, or the title or name of their layer; empty where they have none, never the name of a file."""
    layer = None if d.beats is None else d.beats.barriers
    if layer is None:
        return ""
    name = provenance(d, "beats.barriers", layer.path, "").name
    chosen = layer.layer or ""
    return name or ("" if chosen.casefold() == layer.path.stem.casefold() else chosen.replace("_", " ").strip())


def _of_stations(d: Description) -> Iterator[WithoutRule]:
    """Yield the rules of the stations."""
    s = d.stations
    if s is None:
        return

    def rule(
        key: str, how: str, asks: PhraseFields | None = None, done: PhraseFields | None = None, **changes: Any
    ) -> WithoutRule:
        relaxed = d.model_copy(update={"stations": s.model_copy(update=changes)})
        return _relaxed(f"stations.{key}", "stations", relaxed, asks or {}, how, done or {})

    if s.count is not None:
        yield rule("count", "one_more", {"n": s.count}, count=s.count + 1)
    if s.budget is not None:
        yield rule("budget", "more", {"n": s.budget}, {"share": BUDGET}, budget=s.budget * (1 + BUDGET))
    if s.min_distance:
        yield rule("min_distance", "no_distance", {"n": s.min_distance}, min_distance=0.0)
    if s.one_per_municipality:
        yield rule("one_per_municipality", "anywhere_best", one_per_municipality=False)
    if s.coverage_floor is not None:
        asks = {"share": s.coverage_floor, "g": s.walk_minutes}
        yield rule("coverage_floor", "without", asks, coverage_floor=None)
    if s.group_excess is not None:
        looser = s.group_excess + EXCESS
        yield rule("group_excess", "in_place", {"share": s.group_excess}, {"share": looser}, group_excess=looser)
    if (
        s.existing is not None
        and s.existing.state is None
        and not s.existing.may_close
        and s.objective in ("p-median", "coverage", "p-center")
    ):
        yield rule("existing", "may_close", existing=s.existing.model_copy(update={"may_close": True}))


def _of_officers(d: Description) -> Iterator[WithoutRule]:
    """Yield the rules of the officers."""
    o = d.officers
    if o is None:
        return

    def rule(
        key: str,
        how: str,
        asks: PhraseFields,
        done: PhraseFields | None = None,
        only_adds: bool = True,
        **changes: Any,
    ) -> WithoutRule:
        without = d.model_copy(update={"officers": o.model_copy(update=changes)})
        return _relaxed(f"officers.{key}", "officers", without, asks, how, done or {}, only_adds)

    if o.min_tenure_months:
        yield rule("min_tenure_months", "none", {"n": o.min_tenure_months}, min_tenure_months=0)
    if o.handover_months:
        yield rule("handover_months", "none", {"n": o.handover_months}, only_adds=False, handover_months=0)
    each = o.posts_per_beat
    if (each == "auto" or each > 1) and o.posts is None and not (d.country is not None and d.country.set_posts):
        posts = 1 if each == "auto" else each - 1
        how, done = ("one_each", {}) if each == "auto" else ("posts", {"n": posts})
        yield rule("posts_per_beat", how, {"n": each}, done, only_adds=False, posts_per_beat=posts)
    if o.moves_a_month is not None:
        yield rule("moves_a_month", "no_limit", {"n": o.moves_a_month}, moves_a_month=None)
    if o.max_tenure_months is not None:
        yield rule("max_tenure_months", "none", {"n": o.max_tenure_months}, max_tenure_months=None)
    if o.half_a_year:
        yield rule("half_a_year", "no_limit", {}, half_a_year=False)
    if o.notice_months:
        yield rule("notice_months", "none", {"n": o.notice_months}, notice_months=0)
    if o.max_home_km is not None:
        yield rule("max_home_km", "anywhere", {"g": o.max_home_km}, max_home_km=None)
    if o.worst_wish is not None:
        yield rule("worst_wish", "any_wish", {"n": o.worst_wish}, worst_wish=None)
    if o.most_moves is not None:
        yield rule("most_moves", "no_limit", {"n": o.most_moves}, most_moves=None)


def price_rules(
    project: Path,
    out: Path,
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> RulePrices:
    """Plan a project, then plan it again without each rule, and write what each rule costs.

    Parameters
    ----------
    project
        A description with beats, stations or officers (whose rules are priced where there are beats).
    out
        Folder: ``prices.json``, ``prices.csv``, ``prices.html``, and a plan folder a rule beside that of the plan itself, ``plan``.
    time_limit
        Seconds of solving over all plans.
    seed, threads, progress, cancelled
        As for `run`.

    Returns
    -------
    dict
        The content of ``prices.json``.

    Raises
    ------
    InputError
        Where there is neither a section ``beats`` nor ``stations``.
    """
    whole = read_description(project)
    d = whole.model_copy(update={"forum": None, "budget": None, "country": None})
    if d.officers is not None and d.beats is None:
        d = d.model_copy(update={"officers": None})
    every = list(relaxations(d))
    if not every:
        raise InputError(
            problem("there are no rules to price", "Give a section [beats], [stations] or [officers]", file=d.file.name)
        )
    for name in ("plan", *(r.key for r in every)):
        check_result_place(out / name)
    make_folder(out)
    solving = SolvingTime(time_limit, watch(cancelled).clock)
    steps: tuple[Step, ...] = tuple(s for s in ("beats", "stations", "officers") if getattr(d, s) is not None)  # type: ignore[misc]

    def plan(
        rules: Description, folder: Path, wanted: tuple[Step, ...], start: Path | None, share: int, label: str
    ) -> Claims:
        left = solving.share(share)

        def progress_of_plan(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
            solving.heard(phase)
            progress(f"{label}: {phase}", best, bound, solving.clock() - solving.begin)

        return run(
            rules,
            folder,
            steps=wanted,
            start_from=start,
            plan_from=out / "plan" if wanted == ("officers",) else None,
            time_limit=left,
            seed=seed,
            threads=threads,
            progress=progress_of_plan,
            cancelled=cancelled,
            pack=False,
        )

    base = plan(d, out / "plan", steps, None, len(every) + 1, "the plan itself")
    rows: list[PriceRow] = []
    for k, r in enumerate(every):
        start = out / "plan" if r.step == "beats" and r.key != "units.municipality" else None
        summary = plan(r.rules, out / r.key, (r.step,), start, len(every) - k, f"{k + 1} of {len(every)}, {r.key}")
        rows.append(_price(r, base, summary, out, d, whole.budget, time_limit is not None))
    content: RulePrices = readable(
        {
            "version": 1,
            "project": d.project.name,
            "feasible": bool(base["feasible"]),
            "prices": rows,
            "sentences": [r["sentence"] for r in rows],
        }
    )
    hold("prices", content)
    write_json(out / "prices.json", content)
    language = whole.forum.languages[0] if whole.forum else "en"
    terms = own_words(whole.forum.terms, language) if whole.forum else {}
    write_prices(out, content, language, terms.get(d.project.name, d.project.name))
    solving.done(progress)
    return content


def _price(
    r: WithoutRule, base: Claims, relaxed: Claims, out: Path, d: Description, budget: Budget | None, limited: bool
) -> PriceRow:
    """Return one price, with its bounds, what it is in other units, and its sentence; `limited` where the plans had a time limit."""
    a, b = base[r.step], relaxed[r.step]
    gain: float = a["objective"] - b["objective"]
    at_least: float | None = None if a["lower_bound"] is None else a["lower_bound"] - b["objective"]
    only_adds = r.only_adds and not (r.key == "officers.min_tenure_months" and _away(out / "plan"))
    if at_least is not None and only_adds:
        # without the rule there are all plans that there are with it; not so for municipalities, whose means the balance is measured by
        at_least = max(0.0, at_least)
    at_most: float | None = None if b["lower_bound"] is None else a["objective"] - b["lower_bound"]
    if r.key in UNBOUNDED:
        at_least = at_most = None
    row: PriceRow = {
        "key": r.key,
        "rule": phrase(*r.rule),
        "how": phrase(*r.how),
        "step": r.step,
        "folder": r.key,
        "words": {"rule": list(r.rule), "how": list(r.how)},
        "with": a["objective"],
        "with_bound": a["lower_bound"],
        "without": b["objective"],
        "without_bound": b["lower_bound"],
        "gain": gain,
        "at_least": at_least,
        "at_most": at_most,
        "share": gain / b["objective"] if b["objective"] else None,
        **_in_other_units(r, base, relaxed, out, d, budget),
        "feasible": b["status"] not in BROKEN and a["status"] not in BROKEN,
        "itself_broken": a["status"] in BROKEN,
        # what is proven impossible stays so, however long the search
        "cut_short": limited and (a if a["status"] in BROKEN else b)["status"] == UNKNOWN,
        "only_adds": r.only_adds,
        "currency": None if budget is None else budget.currency,
        "sentence": "",
    }
    row["sentence"] = price_sentence(row)
    return row


def _in_other_units(
    r: WithoutRule, base: Claims, relaxed: Claims, out: Path, d: Description, budget: Budget | None
) -> StepPrice:
    """Return what a price is in metres, minutes, residents, hours, officers and money, as far as its step has them."""
    a, b = base[r.step], relaxed[r.step]
    if r.step == "beats":
        with_plan, without = read_result(out / "plan"), read_result(out / r.key)
        hours = float(with_plan.units["workload"].sum())
        gain: float = a["objective"] - b["objective"]
        metres = gain / hours if hours and d.beats is not None and d.beats.objective == "travel" else None
        found: StepPrice = {
            "metres": metres,
            "minutes": None if metres is None else metres / (CAR_KMH * 1000 / 60),
            "moved_residents": _moved(out / r.key) - _moved(out / "plan"),
            "hours": _heaviest(without) - _heaviest(with_plan),
            "money": None,
        }
        if r.key.startswith("service."):
            found = {**found, **change_of_service(base.get("service"), relaxed.get("service"))}
        return found
    if r.step == "officers":
        one = 0.0 if budget is None else (budget.officer_salary + budget.allowances) * (1 + budget.employer_part)
        posts = b["posts"] - a["posts"]
        return {
            "metres": None,
            "minutes": None,
            "moved_residents": None,
            "hours": None,
            "vacant_months": b["vacant_months"] - a["vacant_months"],
            "tenure_violations": b["tenure_violations"] - a["tenure_violations"],
            "language_gaps": b["language_gaps"] - a["language_gaps"],
            "rotations": b["rotations"] - a["rotations"],
            "posts": posts,
            "one_officer": one,
            "vacant_month": a["weights"]["vacant_month"],
            "money": posts * one,
        }
    before, after = a["mean_walk_minutes"], b["mean_walk_minutes"]
    return {
        "metres": None,
        "moved_residents": None,
        "hours": None,
        "minutes": None if before is None or after is None else before - after,
        "residents_within": (b["share_within_limit"] - a["share_within_limit"]) * (base.get("population") or 0.0),
        "money": b["cost"] - a["cost"],
    }


def _away(folder: Path) -> bool:
    """Tell whether somebody of a plan's roster is away at some time."""
    roster = read_result(folder).roster
    return roster is not None and any(absences(r) for r in records(roster))


def _moved(folder: Path) -> float:
    return float(sum(m["residents"] for m in old_new_rows(read_compared([folder])[1])))


def _heaviest(tables: Any) -> float:
    return float(np.max(tables.beats["workload"].to_numpy(float)))
