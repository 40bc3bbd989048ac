"""The typed shape of ``comparison.json``: what a comparison says of plans, by key. Keys that an older beatplanner did not write are not required."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, cast

from typing_extensions import TypedDict

from beatplanner.data.errors import InputError, problem
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.result.strict_json import read_json

# A figure of a plan: a number, the name of a beat, whether something holds, or None where it is unknown.
FigureValue = float | str | None
# Figures of a plan by key, those of bands, years and languages among them; what each is called stands in `planning/compare/figure_rows.py`.
Figures = dict[str, FigureValue]


def amount(figures: Mapping[str, FigureValue], key: str) -> float | None:
    """Return a figure that is a number; None where it is unknown, or a name."""
    value = figures.get(key)
    return None if isinstance(value, str) else value


def known_amount(figures: Mapping[str, FigureValue], key: str) -> float:
    """Return a figure that is a number and is known, because another that it comes with is."""
    value = amount(figures, key)
    assert value is not None, key
    return value


class FigureRow(TypedDict):
    """A figure of all columns; `words` and `fields` make the label in any language, `unlike` marks columns whose money is held against nothing."""

    key: str
    label: str
    kind: str
    better: str
    help: str
    values: list[Any]
    words: NotRequired[str]
    fields: NotRequired[Mapping[str, str | float]]
    unlike: NotRequired[list[bool]]


class FigureBlock(TypedDict):
    """Rows under one title."""

    title: str
    rows: list[FigureRow]


class HeadlineRow(FigureRow):
    """A row with the length of each column's bar, in percents."""

    bars: list[float]


class ComparedColumn(TypedDict):
    """What a column says of its plan; today's has no folder, nor what is read in one."""

    exchange: float
    name: str
    about: str
    today: bool
    folder: str | None
    stale: list[str]
    out_of_date: NotRequired[list[str]]
    plan_sha256: NotRequired[str]
    summary_sha256: NotRequired[str]
    report: NotRequired[bool]
    made_on: NotRequired[str]
    clashes: NotRequired[list[str]]


class BestPoint(TypedDict):
    """A figure that a plan is best at, and the next plan's."""

    key: str
    value: float
    next: float
    next_plan: str


class WorstPoint(TypedDict):
    """The deciding figure that falls furthest behind, and the best plan's."""

    key: str
    value: float
    best: float
    best_plan: str


class MoneyChange(TypedDict):
    """What a plan costs more than today, by people and by posts."""

    whole: float
    posts: float | None


class UsedCapacity(TypedDict):
    """The hours of the officer with the most work, and those that an officer has."""

    hours: float
    capacity: float


class Decision(TypedDict):
    """What decides for and against a plan."""

    plan: str
    unmet: list[str]
    unsolved: NotRequired[list[str]]
    best: list[BestPoint]
    worst: WorstPoint | None
    money: MoneyChange | None
    capacity: UsedCapacity | None
    lacks: NotRequired[list[str]]


# ``from`` is a word of the language.
MoveRow = TypedDict("MoveRow", {"from": str, "to": str, "to_name": str, "residents": float, "units": int})


class PlaceRow(TypedDict):
    """Where a plan changes: a municipality's residents, and those who change beat."""

    municipality: str
    residents: float
    moved: float


class CurvePoint(TypedDict):
    """A plan under one change budget."""

    budget: str
    moved_share: float
    max_deviation: float
    travel: float
    mean_way: float | None
    mean_way_bound: float | None
    feasible: bool
    folder: str


class SteadyBeat(TypedDict):
    """How steady a beat is: the share of draws in which it holds, its deviation as planned, and had the whole year been like a season."""

    beat: str
    holds: float
    deviation: float
    winter: float | None
    spring: float | None
    summer: float | None
    autumn: float | None


class Steadiness(TypedDict):
    """The beats of each column under other weeks and seasons, or why nothing is said of them."""

    beats: list[list[SteadyBeat]]
    missing: NotRequired[str]


class Robustness(Steadiness):
    """The same, with how many draws there were and from which seed."""

    draws: int
    seed: int


class RulePhrases(TypedDict):
    """What a rule asks for and what is done to it, as a text of the catalogue and its fields."""

    rule: Sequence[Any]
    how: Sequence[Any]


class PricedRules(TypedDict):
    """The prices of rules that a comparison takes in, and where their plans are; an older one has sentences alone."""

    sentences: list[str]
    prices: NotRequired[list[PriceRow]]
    folder: str


class StepPrice(TypedDict):
    """What a price is in other units, by the rule's step: metres and minutes, residents, hours, the service, the officers' figures, money."""

    metres: float | None
    minutes: float | None
    moved_residents: float | None
    hours: float | None
    money: float | None
    residents_within: NotRequired[float]
    until_there: NotRequired[float | None]
    own_share: NotRequired[float | None]
    wait_share: NotRequired[float | None]
    lost_share: NotRequired[float | None]
    posts: NotRequired[float]
    vacant_months: NotRequired[float]
    tenure_violations: NotRequired[float]
    language_gaps: NotRequired[float]
    rotations: NotRequired[float]
    one_officer: NotRequired[float]
    vacant_month: NotRequired[float]


# Objectives and their bounds; ``with`` is a word of the language.
Objectives = TypedDict(
    "Objectives", {"with": float, "with_bound": float | None, "without": float, "without_bound": float | None}
)


class PriceRow(Objectives, StepPrice):
    """What a rule costs, a row of ``prices.json``; older ones have no phrases."""

    key: str
    rule: str
    how: str
    step: Literal["beats", "stations", "officers"]
    folder: str
    words: NotRequired[RulePhrases]
    gain: float
    at_least: float | None
    at_most: float | None
    share: float | None
    feasible: bool
    itself_broken: bool
    cut_short: NotRequired[bool]
    only_adds: bool
    currency: str | None
    sentence: str


class RulePrices(TypedDict):
    """``prices.json``."""

    version: int
    project: str
    feasible: bool
    prices: list[PriceRow]
    sentences: list[str]


def read_rule_prices(folder: Path) -> RulePrices:
    """Return ``prices.json`` of a folder that ``beatplanner prices`` made.

    Raises
    ------
    InputError
        Where there is none that can be read.
    """
    try:
        content = read_json((folder / "prices.json").read_text(encoding="utf-8"))
        if not (is_dict(content) and is_list(content["prices"]) and is_list(content.setdefault("sentences", []))):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError):
        what = "there are no prices in this folder"
        raise InputError(problem(what, "Give one that “beatplanner prices” made", file=folder)) from None
    return cast(RulePrices, content)


class Comparison(TypedDict):
    """``comparison.json``."""

    version: int
    project: str
    language: str
    terms: NotRequired[dict[str, str]]
    project_said: NotRequired[str]
    residents: float
    counted_in: str
    columns: list[ComparedColumn]
    blocks: list[FigureBlock]
    decision: list[Decision]
    sentences: list[list[str]]
    moves: list[list[MoveRow]]
    places: list[list[PlaceRow]]
    robustness: Robustness
    budgets: list[Mapping[str, Any] | None]
    currency: str | None
    money_years: list[str]
    versions: dict[str, str]
    curve: NotRequired[list[CurvePoint]]
    prices: NotRequired[PricedRules]


# ---- what a comparison shows beside its figures, in no JSON


class PlanMap(TypedDict):
    """What the map of a column shows: beat, hours per officer and minutes on foot of each unit, and the stations (x, y, name, existing)."""

    beat: list[str | None]
    load: list[float | None]
    walk: Any
    stations: list[tuple[Any, ...]]


class BeatRow(TypedDict):
    """A beat of a column, in the workbook."""

    column: str
    beat: Any
    name: str
    workload: float
    residents: float
    posts: float


class BesideNeutral(TypedDict):
    """A figure of a plan beside those of neutral plans, and as how many independent ones they count."""

    plan: float
    p05: float
    p50: float
    p95: float
    percentile: float
    effective: float | None
    r_hat: float | None


class NeutralPlans(TypedDict):
    """A plan beside neutral ones; `outlier`: in which figures it is one, none where the neutral plans do not suffice (`settled`)."""

    plans: int
    settled: bool
    outlier: list[str]
    sentences: list[str]
    mean_way: NotRequired[BesideNeutral]
    border: NotRequired[BesideNeutral]
    max_deviation: NotRequired[BesideNeutral]


class OtherYear(TypedDict):
    """How the beats would do with the incidents of another year."""

    max_deviation: float
    within: float


class Attrition(TypedDict):
    """What leavers beyond those known would leave vacant."""

    share_a_year: float
    vacant_months: float
    post_months: float


class StrainFigures(TypedDict):
    """A plan under other weeks and other work; None where there are no records of its incidents."""

    robust_share: float | None
    robust_worst: float | None
    robust_deviation: float | None
    back_cast: float | None


class StressTest(TypedDict):
    """``robustness.json``: a plan under strain."""

    draws: int
    seed: int
    tolerance: float
    figures: StrainFigures
    beats: list[SteadyBeat]
    sentences: list[str]
    other_year: NotRequired[OtherYear]
    attrition: NotRequired[Attrition]
    ensemble: NotRequired[NeutralPlans]
