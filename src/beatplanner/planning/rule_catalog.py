"""The rules in words: presets, what differs between two sets of rules, and how a value is shown and told; `typed_rules` says how it is typed.

The rules themselves stand in `data.description.sections`, each beside its key; nothing is decided here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beatplanner.data.description.rules import RULES
from beatplanner.data.description.sections.rule import WRITTEN, Rule
from beatplanner.data.description.sections.service import ENDS, STARTS, WEEKDAYS
from beatplanner.data.findings import DECIMALS_OF_SHARE, amount_text
from beatplanner.data.narrowing import is_dict, is_list, is_sequence
from beatplanner.data.result.sections import section_of
from beatplanner.planning.typed_rules import written

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


@dataclass(frozen=True)
class Preset:
    """Rules that go together, as values by key (None: off); only those whose section the description has are set."""

    name: str
    about: str
    values: Mapping[str, object]


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
        # what the force alone knows stays as it is: counts, days, lists and tables
        {
            r.key: ...
            for r in RULES
            if r.kind not in WRITTEN and r.key not in ("beats.count", "stations.count", "officers.posts_per_beat")
        },
    ),
)


def value_of(rules: Mapping[str, object], rule: Rule) -> Any:
    """Return what rules say of a rule, as JSON; its default where they say nothing, of a table what it does not name."""
    section = section_of(rules, rule.section)
    found = section.get(rule.name)
    if found is None:
        return rule.default
    if isinstance(found, dt.date):
        return found.isoformat()
    if rule.kind == "rows":
        return [{**rule.inner, **row} for row in found]
    if rule.kind == "list" and isinstance(found, str):
        return [found]
    return {**rule.inner, **found} if rule.inner else found


def settable_rules(rules: Mapping[str, object]) -> list[Rule]:
    """Return the rules that can be set: those whose section is there; ``workload`` always is."""
    return [r for r in RULES if r.section == "workload" or rules.get(r.section) is not None]


def change(values: Mapping[str, object], rules: Mapping[str, object] | None = None) -> dict[str, dict[str, object]]:
    """Return values by key as a merge patch of the description; None and ``...`` (the default) take a key away.

    `rules` are those in force: names of a table that its new value lacks are taken away, too.
    """
    patch: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        there = section_of(rules or {}, section).get(name)
        if is_dict(value) and is_dict(there):
            value = {**{k: None for k in there if k not in value}, **value}
        patch.setdefault(section, {})[name] = None if value is ... else value
    return patch


def preset_values(preset: Preset, rules: Mapping[str, object]) -> dict[str, object]:
    """Return what a preset would change: values by key that differ from those in force, for the sections that are there."""
    found: dict[str, object] = {}
    for rule in settable_rules(rules):
        if rule.key in preset.values:
            wanted = preset.values[rule.key]
            value = rule.default if wanted is ... else wanted
            if value_of(rules, rule) != value:
                found[rule.key] = None if value == rule.default else value
    # a change budget needs today's beats
    if found.get("beats.max_moved") is not None and not section_of(rules, "beats").get("current"):
        del found["beats.max_moved"]
    return found


def shown(rule: Rule, value: float) -> float:
    """Return a number as it is shown: shares in per cent."""
    return round(value * 100, DECIMALS_OF_SHARE) if rule.kind == "share" else value


def limits_shown(rule: Rule) -> tuple[float, float]:
    """Return between what a number that is shown may be: the description's own limits, which are wider than what is usual."""
    # a count that may be “auto” says its least by the kind of its value
    low = rule.low if rule.least is None else shown(rule, rule.least)
    high = LARGEST if rule.most is None else shown(rule, rule.most)
    # beside an end that is none itself lies the next number that can be told
    hair = 1 if rule.kind == "whole" else 10**-DECIMALS_OF_SHARE
    return low + hair * rule.open_ends[0], high - hair * rule.open_ends[1]


def kept(rule: Rule, number: float) -> Any:
    """Return a number that was shown as the description has it."""
    if rule.kind == "share":
        return round(number / 100, 8)
    return round(number) if rule.kind == "whole" else float(number)


# What no number of a rule is above where the description has no limit.
LARGEST = 1e12
# A day of ISO.
DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What one of a unit is called.
ONE = {
    "posts": "post",
    "months": "month",
    "years": "year",
    "officers": "officer",
    "stations": "station",
    "beats": "beat",
    "hours": "hour",
    "minutes": "minute",
    "metres": "metre",
    "places": "place",
    "seats": "seat",
    "moves": "move",
    "vehicles": "vehicle",
    "people": "person",
}


def words_of_one(rule: Rule) -> str:
    """Return the sentence of a rule whose value is one, in English; "" where it is that of many."""
    # “officer hours” too are hours; a number without a unit counts what stands behind it
    units = [rule.unit] if rule.unit else list(ONE)
    unit = next((u for u in units if u in ONE and re.search(rf"\{{value\}} (?:\w+ )?{u}\b", rule.words)), "")
    if not unit:
        return ""
    found = re.sub(rf"(?<=\{{value\}} )((?:\w+ )?){unit}\b", rf"\g<1>{ONE[unit]}", rule.words)
    return "" if found == rule.words else re.sub(r"^(\{value\} \w+(?: a year)?) are\b", r"\g<1> is", found)


def currency_of_rule(rule: Rule, rules: Mapping[str, object]) -> str:
    """Return the currency of a rule's number; "" where it is no money, or no section says the currency."""
    section, _, name = rule.money.partition(".")
    if not name or rules.get(section) is None:
        return ""
    said = section_of(rules, section).get(name)
    return str(said or next(r.default for r in RULES if r.key == rule.money))


def rule_in_sentence(
    rule: Rule,
    value: Any,
    translated: Callable[[str], str] = str,
    number: Callable[[str], str] = str,
    currency: str = "",
) -> str:
    """Return a rule with its value as a sentence.

    Parameters
    ----------
    rule, value
        The value as the description has it; None where it is off.
    translated
        Turns the catalogue's English into the reader's language.
    number
        Turns a number, such as “1,234.5”, or a day into the reader's.
    currency
        What `currency_of_rule` says of the rule; it stands behind each of its numbers.
    """
    if currency:
        return rule_in_sentence(rule, value, translated, lambda text: f"{number(text)} {currency}")
    if rule.kind in ("choice", "switch"):
        return translated(rule.choices[value])
    if value == "auto":
        return translated(rule.auto)
    if value is None:
        return translated(rule.off or "not said")
    if rule.kind in WRITTEN:
        if rule.kind == "amounts":
            said = "; ".join(number(_figure(v)) for v in (value if is_list(value) else [value]))
        else:
            rows = [value] if rule.kind == "table" else value if rule.kind == "rows" else []
            said = (
                "; ".join(_table_words(row, translated, number, shares=rule.unit == "%") for row in rows)
                if rows
                else _list_words(rule, value, translated, number)
            )
            said = translated(said) if rule.kind == "text" and said == rule.default else said
            said = number(said) if rule.kind == "date" else said
        return translated(rule.words).replace("{value}", said) if said else translated(rule.off or "not said")
    said = str(value) if rule.plain else _figure(shown(rule, float(value)))
    words, one = translated(rule.words), words_of_one(rule)
    if said == "1" and one:
        single = translated(one)
        # a language that has no sentence for one keeps that for many
        words = single if single != one or words == rule.words else words
    return words.replace("{value}", said if rule.plain else number(said))


def _list_words(rule: Rule, value: Any, translated: Callable[[str], str], number: Callable[[str], str]) -> str:
    """Return a list as people read it, its numbers and codes of languages in the reader's language; what is no list as it is written."""
    if rule.kind != "list":
        return written(rule, value)
    return ", ".join(
        number(_figure(v)) if isinstance(v, int | float) else translated(str(v))
        for v in (value if is_list(value) else [value])
    )


def _figure(value: float) -> str:
    """Return a number with all its digits: an amount of millions is none with a power of ten."""
    return amount_text(value, 10)


def hours_of(municipalities: Iterable[Claims], tolerance: float) -> list[tuple[str, float, float]]:
    """Return what a tolerance means: municipality, and the least and the most hours a year of a beat there.

    Parameters
    ----------
    municipalities
        Those of a plan's summary, with the bounds ``lower`` and ``upper`` that it kept; the mean lies in their middle, whatever its tolerance was.
    tolerance
        The share that is asked about.
    """
    found: list[tuple[str, float, float]] = []
    for m in municipalities:
        mean = (float(m["lower"]) + float(m["upper"])) / 2
        found.append((str(m["municipality"] or ""), mean * max(0.0, 1 - tolerance), mean * (1 + tolerance)))
    return found


def differences(before: Mapping[str, object], now: Mapping[str, object]) -> list[tuple[Rule, Any, Any]]:
    """Return the rules whose values differ between two sets of rules (as JSON), with both values."""
    there = {r.key for r in settable_rules(before)}
    found = [(r, value_of(before, r), value_of(now, r)) for r in settable_rules(now) if r.key in there]
    return [(r, a, b) for r, a, b in found if a != b]


def what_differs(before: Any, now: Any) -> tuple[Any, Any]:
    """Return of two values of a rule what differs: of two tables the rows that are not the same, so that a long table is not told twice."""
    if not is_dict(before) or not is_dict(now):
        return before, now
    return (
        {k: v for k, v in before.items() if now.get(k) != v},
        {k: v for k, v in now.items() if before.get(k) != v},
    )


def names_in_tables() -> list[str]:
    """Return what the tables of rules call their values, and the words that stand in them where a planner wrote none, as they are told."""
    found: dict[str, None] = dict.fromkeys(SHIFTS)
    for rule in RULES:
        if rule.kind == "text" and str(rule.default or "").islower():
            found[str(rule.default)] = None
        if rule.kind in ("table", "rows"):
            found |= dict.fromkeys(name.replace("_", " ") for name in rule.names)
            defaults = [d for d in (rule.default if is_list(rule.default) else [rule.default]) if is_dict(d)]
            for value in (v for table in (rule.inner, *defaults) for v in table.values()):
                words = value if is_list(value) else [value]
                found |= dict.fromkeys(
                    w for w in words if isinstance(w, str) and w.replace(" ", "").isalpha() and w.islower()
                )
    return list(found)


# What forces call their shifts.
SHIFTS = ("day", "evening", "night", "early", "late")
# How the history keeps that a preset was taken, and that something was taken back.
PRESET, TAKEN_BACK = "Preset: {0}", "Taken back: {0}"


def in_words_again(text: str, translated: Callable[[str], str], number: Callable[[str], str]) -> str | None:
    """Return rules that were written down as “label: sentence; label: sentence”, as `rule_in_sentence` said them in English, in another language.

    None where one of them is no rule.
    """
    back = text.removeprefix("Taken back: ")
    if back != text:
        again = in_words_again(back, translated, number)
        return None if again is None else translated(TAKEN_BACK).format(again)
    preset = text.removeprefix("Preset: ")
    if preset != text and any(p.name == preset for p in PRESETS):
        return translated(PRESET).format(translated(preset))
    said: list[str] = []
    for part in re.split(r"; (?=[A-Z])", text):
        label, _, words = part.partition(": ")
        rule = next((r for r in RULES if r.label == label), None)
        if rule is None:
            return None
        for sentence in (rule.words, words_of_one(rule), rule.off, rule.auto, *rule.choices.values()):
            before, field, after = sentence.partition("{value}")
            if sentence and words.startswith(before) and words.endswith(after) and (field or words == sentence):
                value = words[len(before) : len(words) - len(after)]
                said.append(f"{translated(label)}: {translated(sentence).replace('{value}', number(value))}")
                break
        else:
            return None
    return "; ".join(said)


def _table_words(
    value: Mapping[str, object],
    translated: Callable[[str], str],
    number: Callable[[str], str],
    *,
    shares: bool = False,
) -> str:
    """Return a table as people read it: ``burglary 2.5, assault 3``, where its values are `shares` ``residents ±15 %``, hours as ``day 07:00–15:00``."""
    if re.match(STARTS, str(value.get("start", ""))) and re.match(ENDS, str(value.get("end", ""))):
        return _hours_words(value, translated, number)
    parts: list[str] = []
    for name, found in value.items():
        if found is None or found == []:
            continue
        values = found if is_list(found) else [found]
        if shares or name == "tolerance" or name.endswith("_share"):
            sign = "" if name.endswith("_share") and not shares else "±"
            said = [
                f"{sign}{number(_figure(round(100 * v, DECIMALS_OF_SHARE)))} %"
                if isinstance(v, int | float)
                else str(v)
                for v in values
            ]
        else:
            said = [_part_words(v, translated, number) for v in values]
        # the fewest and the most are no sum; a text beside a name would be read as one with it
        colon = ":" if isinstance(found, str) and not DAY.fullmatch(found) else ""
        parts.append(f"{translated(name.replace('_', ' '))}{colon} {('–' if name == 'span' else ' + ').join(said)}")
    return ", ".join(parts)


def _hours_words(value: Mapping[str, object], translated: Callable[[str], str], number: Callable[[str], str]) -> str:
    """Return hours from a start to an end by their name; days stand beside them unless they are all of the week, those in a row as a span."""
    hours = f"{value['start']}–{value['end']}"
    named = f"{translated(str(value['name']))} {hours}" if value.get("name") else hours
    days = value.get("days")
    given = [k for k, day in enumerate(WEEKDAYS) if is_sequence(days) and day in days]
    runs: list[list[str]] = []
    for k in given if len(given) < len(WEEKDAYS) else ():
        if k - 1 not in given:
            runs.append([])
        runs[-1].append(translated(WEEKDAYS[k]))
    spans = ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)
    return f"{named} ({spans})" if spans else named


def _part_words(value: object, translated: Callable[[str], str], number: Callable[[str], str]) -> str:
    """Return a value within a table as people read it; a table of its own in brackets, such as a name in several languages."""
    if is_dict(value):
        return f"({_table_words(value, translated, number)})"
    if isinstance(value, int | float):
        return number(_figure(value))
    return number(str(value)) if DAY.fullmatch(str(value)) else translated(str(value))
