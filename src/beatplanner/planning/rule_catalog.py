"""The rules that a planner sets most, each in words: what it means here, why it is there, and where its default comes from.

The rules themselves, their limits and their defaults are those of `data.description`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic_core import PydanticUndefined

from beatplanner.data.description.sections.beats import Beats
from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.description.sections.stations import Stations
from beatplanner.data.description.sections.workload import Workload

SECTIONS = {"workload": Workload, "beats": Beats, "stations": Stations, "officers": Officers}
Kind = Literal["share", "whole", "number", "choice", "switch"]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    key
        Section and field of the description, such as ``"beats.tolerance"``.
    label
        What it is called.
    kind
        ``"share"`` is shown in per cent, ``"choice"`` has `choices`, ``"switch"`` is on or off.
    unit
        Of the number that is shown.
    low, high, step
        Of the number that is shown, as a planner would use it; the description's own limits may be wider.
    words
        The rule as a sentence, with ``{value}`` for the number that is shown; for a switch or a choice one sentence each in `choices`.
    off
        The sentence where an optional rule is off; "" where it is not optional.
    auto
        What ``"auto"`` says; "" where that is no value.
    why, source
        Why there is such a rule, and where its default comes from.
    common
        Whether it is shown before "More rules" is opened.
    """

    key: str
    label: str
    kind: Kind
    words: str
    why: str
    source: str
    unit: str = ""
    low: float = 0.0
    high: float = 100.0
    step: float = 1.0
    off: str = ""
    auto: str = ""
    choices: dict[Any, str] = field(default_factory=dict)
    common: bool = False

    @property
    def section(self) -> str:
        """The section of the description."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The field in its section."""
        return self.key.partition(".")[2]


RULES = (
    Rule(
        "beats.count",
        "Number of beats",
        "whole",
        "{value} beats in all",
        auto="as many beats as the workload needs",
        low=1,
        high=5000,
        common=True,
        why="A beat should be small enough for its officers to be known in it, and large enough to keep two of them busy. Municipalities share the beats by workload.",
        source="No default: the force decides, or the workload does.",
    ),
    Rule(
        "beats.tolerance",
        "Balance",
        "share",
        "each beat within ±{value} % of its municipality's mean work",
        unit="%",
        low=1,
        high=100,
        common=True,
        why="Officers of two beats should have alike much to do. A tighter balance gives odder borders and longer ways; a looser one is unfair to whoever has the full beat.",
        source="10 % is usual in police districting studies; an assumption to be set by the force.",
    ),
    Rule(
        "beats.max_moved",
        "Change at most",
        "share",
        "at most {value} % of residents change beat",
        unit="%",
        low=0,
        high=100,
        off="any number of residents may change beat",
        common=True,
        why="Every resident who changes beat loses an officer whom they know. A change budget keeps today's lines where they do no harm.",
        source="Off: set it where people know their beats.",
    ),
    Rule(
        "beats.objective",
        "Beats are drawn for",
        "choice",
        "",
        choices={
            "travel": "short ways: least travel from a beat's centre to its work",
            "cut": "short borders between beats",
        },
        why="Short ways leave more time for people. Short borders make round beats that are easy to tell.",
        source="Short ways: the usual goal of districting (Hess's model).",
    ),
    Rule(
        "stations.count",
        "Stations",
        "whole",
        "{value} stations in all",
        unit="stations",
        low=1,
        high=500,
        off="as many stations as the goal needs",
        common=True,
        why="Few stations that are always staffed serve better than many that are closed.",
        source="No default: the force decides.",
    ),
    Rule(
        "stations.objective",
        "Stations are placed for",
        "choice",
        "",
        choices={
            "p-median": "short walks: the least mean walk of all residents",
            "coverage": "the most residents within the walking limit",
            "p-center": "the shortest farthest walk",
            "fewest": "the fewest stations that reach everybody within the limit",
        },
        why="The mean walk serves most people well, the farthest walk those at the edge; coverage counts who can reach a station at all.",
        source="Short walks (p-median): the standard model where everybody counts.",
    ),
    Rule(
        "stations.walk_minutes",
        "Walking limit",
        "number",
        "a station should be within {value} minutes on foot",
        unit="minutes",
        low=5,
        high=120,
        common=True,
        why="A station that takes longer to reach is used by few who need it most: the old, the young, people without a car.",
        source="20 minutes, about 1.5 km: an assumption to be set by the force.",
    ),
    Rule(
        "stations.walk_kmh",
        "Walking speed",
        "number",
        "people walk {value} km an hour",
        unit="km/h",
        low=1,
        high=7,
        step=0.1,
        why="Old people and children walk more slowly: 3 km an hour is what many of them manage.",
        source="4.5 km/h: a common planning value for adults.",
    ),
    Rule(
        "stations.one_per_municipality",
        "A station for each municipality",
        "switch",
        "",
        choices={
            True: "each municipality gets a station at least",
            False: "a municipality may be left without a station",
        },
        why="A mayor can hardly defend a municipality without a single station, whatever the mean walk is.",
        source="Off: it is a political choice.",
    ),
    Rule(
        "stations.group_excess",
        "Fair to groups",
        "share",
        "no language group walks over {value} % longer than the average",
        unit="%",
        low=0,
        high=200,
        off="walks of groups are told, not limited",
        why="Minorities often live at the edge of towns. This limits how much longer than others they may have to walk.",
        source="Off: the shares are always told; the limit is a choice.",
    ),
    Rule(
        "stations.min_distance",
        "Apart from each other",
        "number",
        "stations stand {value} metres apart at least",
        unit="metres",
        low=0,
        high=20_000,
        step=100,
        why="Two stations side by side waste one of them.",
        source="0: the goal spreads them by itself.",
    ),
    Rule(
        "officers.min_tenure_months",
        "Stay at least",
        "whole",
        "an officer stays in a beat for {value} months at least",
        unit="months",
        low=0,
        high=120,
        common=True,
        why="People trust an officer whom they know. Sudden rotation is what community policing fails by most often.",
        source="36 months: Patten report, recommendation 46: “at least three and preferably five years”.",
    ),
    Rule(
        "officers.max_tenure_months",
        "Stay at most",
        "whole",
        "after {value} months an officer moves on",
        unit="months",
        low=12,
        high=240,
        off="nobody has to move on",
        common=False,
        why="Some forces limit a posting, so that nobody becomes too close to anybody.",
        source="Off: long postings are what residents ask for.",
    ),
    Rule(
        "officers.handover_months",
        "Handover",
        "whole",
        "the old officer and the new one overlap for {value} months",
        unit="months",
        low=0,
        high=3,
        why="A successor who is taken round is trusted from the first day on.",
        source="1 month: an assumption.",
    ),
    Rule(
        "officers.training_months",
        "Training before a post",
        "whole",
        "training takes {value} months before a post is taken",
        unit="months",
        low=0,
        high=24,
        why="Who starts untrained learns at the residents' cost.",
        source="4 months: an assumption; set what your school takes.",
    ),
    Rule(
        "officers.posts_per_beat",
        "Posts in a beat",
        "whole",
        "{value} posts in each beat",
        auto="as many posts as a beat's work needs",
        unit="posts",
        low=1,
        high=20,
        common=True,
        why="One officer alone is absent for a third of the year: two can be known and one is there.",
        source="1 where the description does not say; London wards have two and a support officer.",
    ),
    Rule(
        "officers.gender_mix",
        "Women and men in each beat",
        "switch",
        "",
        choices={
            True: "where a beat has several posts, women and men hold them",
            False: "officers are assigned whatever their gender",
        },
        why="Some residents speak of violence at home to a woman only.",
        source="Off: few forces have women enough; gaps are counted, never forbidden.",
    ),
    Rule(
        "officers.half_a_year",
        "Never all at once",
        "switch",
        "",
        choices={
            True: "at most half of a beat's officers change in any 12 months",
            False: "all officers of a beat may change at once",
        },
        why="Where both officers of a beat go in one year, nobody is left who knows it.",
        source="Off: it needs officers in reserve.",
    ),
    Rule(
        "workload.community_share",
        "Time kept for people",
        "share",
        "{value} % of duty is kept free for people, not calls",
        unit="%",
        low=0,
        high=80,
        common=True,
        why="Time that is not protected is eaten by calls: then a beat officer becomes a patrol like any other.",
        source="40 %: staffing studies; below that beat work is difficult.",
    ),
    Rule(
        "workload.abstraction",
        "Called away",
        "share",
        "{value} % of duty is spent away from the beat",
        unit="%",
        low=0,
        high=60,
        why="Football, protests and gaps elsewhere take officers from their beats; a plan that forgets it is short of people from the first day.",
        source="20 %: an assumption, since no published standard was found.",
    ),
    Rule(
        "workload.absence",
        "Leave, sickness, training",
        "share",
        "{value} % of the year officers are absent",
        unit="%",
        low=0,
        high=50,
        step=0.1,
        why="What officers do not work cannot be planned with.",
        source="18.4 %: relief-factor worksheets, 382 of 2,080 hours.",
    ),
    Rule(
        "workload.min_officers_per_beat",
        "Officers of a beat at least",
        "whole",
        "a beat has {value} officers at least",
        unit="officers",
        low=1,
        high=10,
        why="Where there is one officer only, there is none on two days of three.",
        source="2: London wards have two officers and a support officer.",
    ),
)


@dataclass(frozen=True)
class Preset:
    """Rules that go together, as values by key (None: off); only those whose section the description has are set."""

    name: str
    about: str
    values: dict[str, Any]


PRESETS = (
    Preset(
        "Balanced work",
        "Every officer has alike much to do; many residents may change beat.",
        {"beats.tolerance": 0.05, "beats.max_moved": None, "beats.objective": "travel"},
    ),
    Preset(
        "Least change",
        "Today's beats stay where they can; work may differ by a fifth.",
        {"beats.tolerance": 0.20, "beats.max_moved": 0.10},
    ),
    Preset(
        "Shortest walks",
        "Stations where most residents reach them soon, and one in each municipality.",
        {"stations.objective": "p-median", "stations.one_per_municipality": True},
    ),
    Preset(
        "Officers stay longest",
        "Five years in a beat, two months of handover, and never all of a beat's officers changed in a year.",
        {"officers.min_tenure_months": 60, "officers.handover_months": 2, "officers.half_a_year": True},
    ),
    Preset(
        "As beatplanner comes",
        "Every rule as it is where nothing is said.",
        {r.key: ... for r in RULES if r.key not in ("beats.count", "stations.count", "officers.posts_per_beat")},
    ),
)


def default_of(rule: Rule) -> Any:
    """Return a rule's default; None where the description must say it, or where it is off."""
    found = SECTIONS[rule.section].model_fields[rule.name].default
    return None if found is PydanticUndefined else found


def value_of(rules: dict[str, Any], rule: Rule) -> Any:
    """Return what rules (as JSON) say of a rule; its default where they say nothing."""
    section = rules.get(rule.section) or {}
    return section[rule.name] if section.get(rule.name) is not None else default_of(rule)


def rules_of(rules: dict[str, Any]) -> list[Rule]:
    """Return the rules that can be set: those whose section is there; ``workload`` always is."""
    return [r for r in RULES if r.section == "workload" or rules.get(r.section) is not None]


def change(values: dict[str, Any]) -> dict[str, Any]:
    """Return values by key as a merge patch of the description; None and ``...`` (the default) take a key away."""
    patch: dict[str, Any] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        patch.setdefault(section, {})[name] = None if value is ... else value
    return patch


def preset_values(preset: Preset, rules: dict[str, Any]) -> dict[str, Any]:
    """Return what a preset would change: values by key that differ from those in force, for the sections that are there."""
    found = {}
    for rule in rules_of(rules):
        if rule.key in preset.values:
            wanted = preset.values[rule.key]
            value = default_of(rule) if wanted is ... else wanted
            if value_of(rules, rule) != value:
                found[rule.key] = None if value == default_of(rule) else value
    # a change budget needs today's beats
    if found.get("beats.max_moved") is not None and not (rules.get("beats") or {}).get("current"):
        del found["beats.max_moved"]
    return found


def shown(rule: Rule, value: float) -> float:
    """Return a number as it is shown: shares in per cent."""
    return round(value * 100, 6) if rule.kind == "share" else value


def kept(rule: Rule, number: float) -> Any:
    """Return a number that was shown as the description has it."""
    if rule.kind == "share":
        return round(number / 100, 8)
    return round(number) if rule.kind == "whole" else float(number)


def in_words(rule: Rule, value: Any, translated: Callable[[str], str] = str) -> str:
    """Return a rule with its value as a sentence.

    Parameters
    ----------
    rule, value
        The value as the description has it; None where it is off.
    translated
        Turns the catalogue's English into the reader's language.
    """
    if rule.kind in ("choice", "switch"):
        return translated(rule.choices[value])
    if value == "auto":
        return translated(rule.auto)
    if value is None:
        return translated(rule.off or "not said")
    return translated(rule.words).replace("{value}", f"{shown(rule, float(value)):,g}")


def hours_of(municipalities: Iterable[dict[str, Any]], tolerance: float) -> list[tuple[str, float, float]]:
    """Return what a tolerance means: municipality, and the least and the most hours a year of a beat there.

    Parameters
    ----------
    municipalities
        Those of a plan's summary, with the bounds ``lower`` and ``upper`` that it kept; the mean lies in their middle, whatever its tolerance was.
    tolerance
        The share that is asked about.
    """
    found = []
    for m in municipalities:
        mean = (float(m["lower"]) + float(m["upper"])) / 2
        found.append((str(m["municipality"] or ""), mean * max(0.0, 1 - tolerance), mean * (1 + tolerance)))
    return found


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[Rule, Any, Any]]:
    """Return the rules whose values differ between two sets of rules (as JSON), with both values."""
    there = {r.key for r in rules_of(before)}
    found = [(r, value_of(before, r), value_of(now, r)) for r in rules_of(now) if r.key in there]
    return [(r, a, b) for r, a, b in found if a != b]
