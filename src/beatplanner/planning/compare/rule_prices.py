"""The price of each rule: the same plan with one rule dropped or loosened a little, solved again, and what that would gain.

A price is no dual of an integer program but the difference of two plans, each with its proven bound::

    gain          = objective with the rule − objective without it
    at least      = max(0, bound with the rule − objective without it), where dropping the rule only adds plans
    at most       = objective with the rule − bound without it

so that the true price lies between the two, however far both searches came. The plan without a rule starts from the plan with it.

Rules of the officers are priced on the beats of the plan itself, in points of the officers' objective, and told in what the points stand for: vacant months,
months without a language, broken tenures, moves. A handover and a second post do not only forbid plans: an overlap, or a second officer, is no plan without them,
so what is proven may be below 0 there. So it is for the minimum tenure where somebody is away, who takes no room for so long after coming back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from beatplanner.data.publish.price_report import write_prices
from beatplanner.data.result.cells import readable
from beatplanner.data.result.draft import BROKEN
from beatplanner.data.result.folder import check_result_place, read_result
from beatplanner.data.result.json_files import write_json
from beatplanner.data.town.personnel import absences
from beatplanner.planning.compare.columns import read_columns
from beatplanner.planning.compare.sentences import moves
from beatplanner.planning.compare.service_change import change_in_words, change_of_service
from beatplanner.planning.progress import SolvingTime
from beatplanner.planning.proof import Progress, silent
from beatplanner.planning.whole.run import Step, run
from beatplanner.solver.clock import watch

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

# Of a car in a town, for putting metres into minutes that people can feel.
CAR_KMH = 30.0
# What points of the officers' objective stand for.
OFFICERS = {
    "vacant_months": ("vacant month",),
    "tenure_violations": ("broken tenure",),
    "language_gaps": ("month without a language", "months without a language"),
    "rotations": ("move",),
}
# How much a rule is loosened where it is not dropped.
TOLERANCE, MOVED, BUDGET, EXCESS = 0.05, 0.05, 0.10, 0.10


@dataclass(frozen=True)
class Relaxation:
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
    rule: str
    how: str
    step: Step
    rules: Description
    only_adds: bool = True


def _of_service(d: Description) -> Iterator[Relaxation]:
    """Yield the rules that the service has for the lines of beats."""
    rules = d.service
    if rules is None:
        return

    def without(**changes: Any) -> Description:
        return d.model_copy(update={"service": rules.model_copy(update=changes)})

    if rules.least_minutes:
        words = ("Redrawing beats for the least minutes", "as they are drawn for their goal")
        yield Relaxation("service.least_minutes", *words, "beats", without(least_minutes=False))
    if rules.peak_tolerance is not None:
        said = f"Balance within ±{rules.peak_tolerance:.0%} in the busiest shift"
        yield Relaxation("service.peak_tolerance", said, "without it", "beats", without(peak_tolerance=None))
    if rules.travel_work:
        said = "Balance with the hours on the way"
        yield Relaxation("service.travel_work", said, "without it", "beats", without(travel_work=False))
    if rules.longest_drive is not None:
        said = f"Nobody farther than {rules.longest_drive:g} minutes from where officers wait"
        yield Relaxation("service.longest_drive", said, "without it", "beats", without(longest_drive=None))


def relaxations(d: Description) -> Iterator[Relaxation]:
    """Yield each rule of a description with the description that lacks it."""

    def beats(**changes: Any) -> Description:
        assert d.beats is not None
        return d.model_copy(update={"beats": d.beats.model_copy(update=changes)})

    def stations(**changes: Any) -> Description:
        assert d.stations is not None
        return d.model_copy(update={"stations": d.stations.model_copy(update=changes)})

    b, s = d.beats, d.stations
    if b is not None:
        wider = round(min(1.0, b.tolerance + TOLERANCE), 4)
        yield Relaxation(
            "beats.tolerance",
            f"Balance within ±{b.tolerance:.0%}",
            f"±{wider:.0%} in its place",
            "beats",
            beats(tolerance=wider),
        )
        if b.barriers is not None:
            yield Relaxation(
                "beats.barriers",
                f"Keeping the {b.barriers.layer or b.barriers.path.stem} as a border",
                "without it",
                "beats",
                beats(barriers=None, crossings=None),
            )
        if b.locked is not None:
            yield Relaxation("beats.locked", "Keeping the locked units", "all free", "beats", beats(locked=None))
        if b.max_moved is not None:
            more = round(min(1.0, b.max_moved + MOVED), 4)
            yield Relaxation(
                "beats.max_moved",
                f"Moving at most {b.max_moved:.0%} of residents",
                f"{more:.0%} in its place",
                "beats",
                beats(max_moved=more),
            )
            yield Relaxation(
                "beats.max_moved-free",
                f"Moving at most {b.max_moved:.0%} of residents",
                "no limit at all",
                "beats",
                beats(max_moved=None),
            )
        if d.units.municipality is not None:
            whole = d.model_copy(update={"units": d.units.model_copy(update={"municipality": None})})
            yield Relaxation(
                "units.municipality",
                "Keeping beats inside municipalities",
                "borders may be crossed, balance by the mean of all",
                "beats",
                whole,
                only_adds=False,
            )
        yield from _of_service(d)
    if s is not None:
        if s.count is not None:
            yield Relaxation(
                "stations.count", f"Opening {s.count} stations", "one more", "stations", stations(count=s.count + 1)
            )
        if s.budget is not None:
            yield Relaxation(
                "stations.budget",
                f"A station budget of {s.budget:,.0f}",
                f"{BUDGET:.0%} more",
                "stations",
                stations(budget=s.budget * (1 + BUDGET)),
            )
        if s.min_distance:
            yield Relaxation(
                "stations.min_distance",
                f"Keeping stations {s.min_distance:,.0f} m apart",
                "no distance",
                "stations",
                stations(min_distance=0.0),
            )
        if s.one_per_municipality:
            yield Relaxation(
                "stations.one_per_municipality",
                "A station in each municipality",
                "wherever people gain most",
                "stations",
                stations(one_per_municipality=False),
            )
        if s.coverage_floor is not None:
            yield Relaxation(
                "stations.coverage_floor",
                f"{s.coverage_floor:.0%} of residents within {s.walk_minutes:g} minutes",
                "without it",
                "stations",
                stations(coverage_floor=None),
            )
        if s.group_excess is not None:
            looser = s.group_excess + EXCESS
            yield Relaxation(
                "stations.group_excess",
                f"No group walking over {s.group_excess:.0%} more than the average",
                f"{looser:.0%} in its place",
                "stations",
                stations(group_excess=looser),
            )
        if (
            s.existing is not None
            and s.existing.state is None
            and not s.existing.may_close
            and s.objective in ("p-median", "coverage", "p-center")
        ):
            free = stations(existing=s.existing.model_copy(update={"may_close": True}))
            yield Relaxation("stations.existing", "Keeping today's stations open", "they may close", "stations", free)
    yield from _of_officers(d)


def _of_officers(d: Description) -> Iterator[Relaxation]:
    """Yield the rules of the officers."""
    o = d.officers
    if o is None:
        return

    def rule(key: str, text: str, how: str, only_adds: bool = True, **changes: Any) -> Relaxation:
        assert d.officers is not None
        without = d.model_copy(update={"officers": d.officers.model_copy(update=changes)})
        return Relaxation(f"officers.{key}", text, how, "officers", without, only_adds)

    if o.min_tenure_months:
        text = f"A minimum tenure of {_months(o.min_tenure_months)}"
        yield rule("min_tenure_months", text, "none at all", min_tenure_months=0)
    if o.handover_months:
        text = f"A handover of {_months(o.handover_months)}"
        yield rule("handover_months", text, "none at all", only_adds=False, handover_months=0)
    if o.posts_per_beat == "auto" or o.posts_per_beat > 1:
        if o.posts_per_beat == "auto":
            text, how, posts = "Posts by the work of each beat", "one a beat in their place", 1
        else:
            posts = o.posts_per_beat - 1
            text, how = f"{o.posts_per_beat} posts a beat", f"{posts} in their place"
        if o.posts is None and not (d.country is not None and d.country.set_posts):
            yield rule("posts_per_beat", text, how, only_adds=False, posts_per_beat=posts)
    if o.moves_a_month is not None:
        text = f"At most {o.moves_a_month} {'move' if o.moves_a_month == 1 else 'moves'} a month"
        yield rule("moves_a_month", text, "no limit", moves_a_month=None)
    if o.max_tenure_months is not None:
        yield rule(
            "max_tenure_months",
            f"A maximum tenure of {_months(o.max_tenure_months)}",
            "none at all",
            max_tenure_months=None,
        )
    if o.half_a_year:
        text = "Changing at most half of a beat's officers in a year"
        yield rule("half_a_year", text, "no limit", half_a_year=False)
    if o.notice_months:
        yield rule("notice_months", f"A notice of {_months(o.notice_months)}", "none at all", notice_months=0)
    if o.max_home_km is not None:
        yield rule("max_home_km", f"Moves within {o.max_home_km:g} km of home", "anywhere", max_home_km=None)


def _months(number: int) -> str:
    return f"{number} month" + ("" if number == 1 else "s")


def price_rules(
    project: Path,
    out: Path,
    *,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
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
    ) -> dict[str, Any]:
        left = solving.share(share)

        def tell(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
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
            progress=tell,
            cancelled=cancelled,
            pack=False,
        )

    base = plan(d, out / "plan", steps, None, len(every) + 1, "the plan itself")
    rows: list[Row] = []
    for k, r in enumerate(every):
        start = out / "plan" if r.step == "beats" and r.key != "units.municipality" else None
        summary = plan(r.rules, out / r.key, (r.step,), start, len(every) - k, f"{k + 1} of {len(every)}, {r.key}")
        rows.append(_price(r, base, summary, out, d, whole.budget))
    content = readable(
        {
            "version": 1,
            "project": d.project.name,
            "feasible": bool(base["feasible"]),
            "prices": rows,
            "sentences": [r["sentence"] for r in rows],
        }
    )
    write_json(out / "prices.json", content)
    write_prices(out, content, whole.forum.languages[0] if whole.forum else "en")
    solving.done(progress)
    return content


def _price(
    r: Relaxation, base: dict[str, Any], relaxed: dict[str, Any], out: Path, d: Description, budget: Budget | None
) -> dict[str, Any]:
    """Return one price, with its bounds, what it is in other units, and its sentence."""
    a, b = base[r.step], relaxed[r.step]
    row: Row = {"key": r.key, "rule": r.rule, "how": r.how, "step": r.step, "folder": r.key}
    row |= {
        "with": a["objective"],
        "with_bound": a["lower_bound"],
        "without": b["objective"],
        "without_bound": b["lower_bound"],
    }
    row["gain"] = a["objective"] - b["objective"]
    row["at_least"] = None if a["lower_bound"] is None else a["lower_bound"] - b["objective"]
    only_adds = r.only_adds and not (r.key == "officers.min_tenure_months" and _away(out / "plan"))
    if row["at_least"] is not None and only_adds:
        # without the rule there are all plans that there are with it; not so for municipalities, whose means the balance is measured by
        row["at_least"] = max(0.0, row["at_least"])
    row["at_most"] = None if b["lower_bound"] is None else a["objective"] - b["lower_bound"]
    row["share"] = row["gain"] / b["objective"] if b["objective"] else None
    with_plan, without = read_result(out / "plan"), read_result(out / r.key)
    if r.step == "beats":
        hours = float(with_plan.units["workload"].sum())
        row["metres"] = row["gain"] / hours if hours and d.beats is not None and d.beats.objective == "travel" else None
        row["minutes"] = None if row["metres"] is None else row["metres"] / (CAR_KMH * 1000 / 60)
        row["moved_residents"] = _moved(out / r.key) - _moved(out / "plan")
        row["hours"] = _heaviest(without) - _heaviest(with_plan)
        row["money"] = None
        if r.key.startswith("service."):
            row |= change_of_service(base.get("service"), relaxed.get("service"))
    elif r.step == "officers":
        row |= dict.fromkeys(("metres", "minutes", "moved_residents", "hours"))
        row |= {k: b[k] - a[k] for k in OFFICERS}
        row["posts"] = b["posts"] - a["posts"]
        one = 0.0 if budget is None else (budget.officer_salary + budget.allowances) * (1 + budget.employer_part)
        row["one_officer"], row["vacant_month"] = one, a["weights"]["vacant_month"]
        row["money"] = row["posts"] * one
    else:
        row["metres"], row["moved_residents"], row["hours"] = None, None, None
        walk = [s["mean_walk_minutes"] for s in (a, b)]
        row["minutes"] = None if None in walk else walk[0] - walk[1]
        row["residents_within"] = (b["share_within_limit"] - a["share_within_limit"]) * (base.get("population") or 0.0)
        row["money"] = b["cost"] - a["cost"]
    row["feasible"] = b["status"] not in BROKEN and a["status"] not in BROKEN
    row["sentence"] = _sentence(r, row, base, budget)
    return row


def _away(folder: Path) -> bool:
    """Tell whether somebody of a plan's roster is away at some time."""
    roster = read_result(folder).roster
    return roster is not None and any(absences(r) for r in records(roster))


def _sentence_of_officers(r: Relaxation, row: Row, budget: Budget | None) -> str:
    """Say what a rule of the officers costs: points of the objective, what is proven of them, and what they stand for."""
    least, most = row["at_least"], row["at_most"]
    proven = ""
    if least is not None and most is not None:
        low, high = f"{least:,.0f}", f"{most:,.0f}"
        proven = f"; proven: {low}" if low == high else f"; proven: between {low} and {high}"
    gain = row["gain"] if least is None or not r.only_adds else max(0.0, row["gain"])
    text = f"{r.rule} costs {gain:,.0f} points ({r.how}{proven}; a vacant month counts {row['vacant_month']:,.0f})"
    if abs(row["gain"]) < 0.5 and (most is None or most < 0.5):
        text = f"{r.rule} costs nothing ({r.how})"
    parts = (
        [f"{abs(row['posts']):,.0f} {_word(row['posts'], 'post')} {'more' if row['posts'] > 0 else 'fewer'}"]
        if row["posts"]
        else []
    )
    for key, word in OFFICERS.items():
        if abs(row[key]) >= 0.5:
            parts.append(f"{abs(row[key]):,.0f} {_word(row[key], *word)} {'more' if row[key] > 0 else 'fewer'}")
    if row["money"]:
        unit = "" if budget is None else f" {budget.currency}"
        way = "more" if row["money"] > 0 else "less"
        parts.append(f"{abs(row['money']):,.0f}{unit} a year {way} if each post were paid once")
    return text + (f". Without it: {', '.join(parts)}." if parts else ".")


def _word(number: float, one: str, many: str = "") -> str:
    return one if round(abs(number)) == 1 else many or one + "s"


def _moved(folder: Path) -> float:
    return float(sum(m["residents"] for m in moves(read_columns([folder])[1])))


def _heaviest(tables: Any) -> float:
    return float(np.max(tables.beats["workload"].to_numpy(float)))


def _sentence(r: Relaxation, row: Row, base: dict[str, Any], budget: Budget | None) -> str:
    if not row["feasible"]:
        which = "The plan itself" if base[r.step]["status"] in BROKEN else f"The plan with {r.how}"
        return f"{r.rule}: no price can be told. {which} does not meet all its rules."
    if r.step == "officers":
        return _sentence_of_officers(r, row, budget)
    what = "travel" if r.step == "beats" else "walking"
    share = row["share"] or 0.0
    least, most = row["at_least"], row["at_most"]
    if r.key == "units.municipality" and most is not None and most < 0:
        return f"{r.rule} costs nothing ({r.how}): there is no plan with less {what}."
    if share < 0.0005 and (most is None or most < 0.0005 * abs(row["without"] or 1)):
        return f"{r.rule} costs nothing ({r.how}: no less {what}).{_without(change_in_words(row))}"
    proven = ""
    if least is not None and most is not None and row["without"]:
        low, high = f"{least / row['without']:.1%}", f"{most / row['without']:.1%}"
        proven = "; proven" if low == high else f"; proven: between {low} and {high}"
    text = f"{r.rule} costs {max(0.0, share):.1%} more {what} ({r.how}{proven})"
    extra: list[str] = []
    if row.get("metres") is not None and row["metres"] >= 0.5:
        car = round(row["minutes"] * 60)
        seconds = f", or {car:,.0f} second{'' if car == 1 else 's'} by car," if car else ""
        extra.append(f"{row['metres']:,.0f} m less{seconds} on the mean way to work")
    elif row["step"] == "stations" and row["minutes"] is not None and row["minutes"] >= 0.05:
        extra.append(f"{row['minutes']:.1f} minutes less on the mean walk")
    extra += [
        f"{abs(value):,.0f} {('more' if value > 0 else 'fewer') if many else ''}{' ' if many else ''}{words}{'' if many else (' more' if value > 0 else ' less')}"
        for value, many, words in (
            (row.get("residents_within"), True, "residents within the walking limit"),
            (row["moved_residents"], True, "residents change beat"),
            (row["hours"], False, "hours a year in the heaviest beat"),
            (row["money"], False, "in cost of stations"),
        )
        if value is not None and abs(value) >= 1
    ]
    extra += change_in_words(row)
    return f"{text}.{_without(extra)}"


def _without(parts: list[str]) -> str:
    return f" Without it: {', '.join(parts)}." if parts else ""
