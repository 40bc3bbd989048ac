"""The rules in words: presets, what differs between two sets of rules, and how a value is shown, typed and told.

The rules themselves stand in `data.description.sections`, each beside its key; nothing is decided here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit
from pydantic_core import to_jsonable_python
from tomlkit.exceptions import TOMLKitError

from beatplanner.data.description.rules import RULES
from beatplanner.data.description.sections.rule import WRITTEN, Rule
from beatplanner.data.description.sections.service import ENDS, STARTS, WEEKDAYS
from beatplanner.data.formats.number_columns import typed_number
from beatplanner.data.narrowing import is_dict, is_list, is_sequence
from beatplanner.data.result.sections import section_of

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


def rules_of(rules: Mapping[str, object]) -> list[Rule]:
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
    for rule in rules_of(rules):
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
    return round(value * 100, 6) if rule.kind == "share" else value


def kept(rule: Rule, number: float) -> Any:
    """Return a number that was shown as the description has it."""
    if rule.kind == "share":
        return round(number / 100, 8)
    return round(number) if rule.kind == "whole" else float(number)


def written(rule: Rule, value: Any, decimal: str = ".") -> str:
    """Return a date, list or table as it is typed: ``5, 10, 20`` or ``burglary = 2.5, assault = 3``.

    Parameters
    ----------
    rule
        The rule.
    value
        What it has.
    decimal
        The decimal sign of the language; where it is a comma, semicolons part the numbers of a list: ``2,5; 10``.
    """
    if value is None:
        return ""
    if rule.kind in ("list", "amounts"):
        parts = [_plain(v) if isinstance(v, int | float) else str(v) for v in (value if is_list(value) else [value])]
        if decimal == "," and _of_numbers(rule):
            return "; ".join(part.replace(".", ",") for part in parts)
        return ", ".join(parts)
    if rule.kind == "groups":
        return "; ".join(", ".join(group) for group in value)
    if rule.kind == "rows":
        return ", ".join("{" + _names_and_values(row) + "}" for row in value)
    return _names_and_values(value) if rule.kind == "table" else str(value)


def _names_and_values(value: Mapping[str, object]) -> str:
    said = {k: v for k, v in value.items() if v is not None and v != []}
    return ", ".join(f"{tomlkit.key(k).as_string()} = {_as_toml(v)}" for k, v in said.items())


def _item(value: Any) -> str:
    # what tomlkit takes is left open, and a value of a rule may be anything
    library: Any = tomlkit
    return str(library.item(_short(value)).as_string())


def _as_toml(value: Any) -> str:
    """Return a value on one line; tomlkit writes a table within a value over several."""
    return "{" + _names_and_values(value) + "}" if is_dict(value) else _item(value)


# “250,000” is one amount where the comma is no decimal sign.
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
# A value in a table, with a decimal comma or blanks between thousands; not one in quotation marks.
OWN_NUMBER = re.compile(r"(?<==)\s*(\d{1,3}( \d{3})+|\d+)(,\d+)?(?=\s*(,\s|\}|$))")
# How such a value is written.
HOW = {
    "date": "write a day such as 2027-01-01",
    "list": "write numbers with commas between them, such as 5, 10, 20",
    "amounts": "write one number for every year, or one of each year with commas between them, such as 50000, 60000",
    "table": "write names and values with commas between them, such as burglary = 2.5, assault = 3",
    "rows": 'write each in braces with commas between them, such as {name = "early", start = "06:00", end = "14:00"}',
}


def typed(rule: Rule, text: str, decimal: str = ".") -> Any:
    """Return a date, list or table that was typed; None where nothing was.

    Parameters
    ----------
    rule
        The rule.
    text
        What was typed.
    decimal
        The decimal sign of the language, by which “1,234” is read in a list.

    Raises
    ------
    ValueError
        Where it cannot be read; the words say how it is written.
    """
    text = text.strip()
    if not text:
        return None
    if rule.kind == "date":
        # pandas, which the window reads with the first town
        from beatplanner.data.formats.cells import read_day

        if (day := read_day(text)) is None:
            raise ValueError(HOW["date"])
        return day.isoformat()
    if rule.kind == "text":
        return text
    if rule.kind == "groups":
        groups = [[p.strip() for p in group.split(",") if p.strip()] for group in text.split(";")]
        return [group for group in groups if group]
    if rule.kind in ("list", "amounts"):
        if not _of_numbers(rule):
            return [p.strip() for p in text.replace(";", ",").split(",") if p.strip()]
        numbers = _numbers(text, money=rule.kind == "amounts", decimal=decimal)
        if not numbers:
            raise ValueError(HOW[rule.kind])
        if rule.kind == "list":
            return numbers
        # one alone counts for every year
        return _short(numbers if len(numbers) > 1 else numbers[0])
    bare = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    inner = f"[{text}]" if rule.kind == "rows" else "{" + bare + "}"
    # “2,5” and “1 000” are no numbers of TOML, and what else they could be is none either
    for said in (inner, OWN_NUMBER.sub(lambda n: n[0].replace(" ", "").replace(",", "."), inner)):
        try:
            return to_jsonable_python(tomlkit.parse(f"value = {said}")["value"].unwrap())
        except TOMLKitError:
            continue
    raise ValueError(HOW[rule.kind])


def _of_numbers(rule: Rule) -> bool:
    """Return whether a list is one of numbers."""
    return rule.kind == "amounts" or bool(rule.default and all(isinstance(v, int | float) for v in rule.default))


def _plain(number: float) -> str:
    """Return a number as short as it can be told."""
    return str(_short(number)) if abs(number) < 1e15 else f"{number:g}"


def _numbers(text: str, *, money: bool, decimal: str) -> list[float]:
    """Return the numbers of a list; none where one cannot be read.

    Semicolons, or commas with a blank behind them, part numbers; so does a comma alone where it is neither a decimal sign nor parts thousands.
    """
    found: list[float] = []
    for part in re.split(r";|,(?=\s)|,$", text):
        bare = part.strip()
        if not bare:
            continue
        # “5,10” has a decimal comma where the language has one, or semicolons part the numbers
        is_list = "," in bare and decimal == "." and ";" not in text and not (money and THOUSANDS.fullmatch(bare))
        number = None if is_list else typed_number(bare, whole=money, own=decimal)
        numbers = (
            [number] if number is not None else [typed_number(p, whole=money, own=decimal) for p in bare.split(",")]
        )
        if None in numbers:
            return []
        found += [n for n in numbers if n is not None]
    return found


def _short(value: Any) -> Any:
    """Return whole numbers without “.0”, also inside of lists."""
    if is_sequence(value):
        return [_short(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# What one of a unit is called.
ONE = {
    "posts": "post",
    "months": "month",
    "years": "year",
    "officers": "officer",
    "stations": "station",
    "beats": "beat",
}


def words_of_one(rule: Rule) -> str:
    """Return the sentence of a rule whose value is one, in English; "" where it is that of many."""
    many = f"{{value}} {rule.unit}"
    return rule.words.replace(many, f"{{value}} {ONE[rule.unit]}") if rule.unit in ONE and many in rule.words else ""


def in_words(rule: Rule, value: Any, translated: Callable[[str], str] = str, number: Callable[[str], str] = str) -> str:
    """Return a rule with its value as a sentence.

    Parameters
    ----------
    rule, value
        The value as the description has it; None where it is off.
    translated
        Turns the catalogue's English into the reader's language.
    number
        Turns a number, such as “1,234.5”, or a day into the reader's.
    """
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
                else written(rule, value)
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


def _figure(value: float) -> str:
    """Return a number with all its digits: an amount of millions is none with a power of ten."""
    return f"{value:,.10g}"


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
    there = {r.key for r in rules_of(before)}
    found = [(r, value_of(before, r), value_of(now, r)) for r in rules_of(now) if r.key in there]
    return [(r, a, b) for r, a, b in found if a != b]


def names_in_tables() -> list[str]:
    """Return what the tables of rules call their values, and the words that stand in them where a planner wrote none, as they are told."""
    found: dict[str, None] = {}
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


# How the history keeps that a preset was taken.
PRESET = "Preset: {0}"


def in_words_again(text: str, translated: Callable[[str], str], number: Callable[[str], str]) -> str | None:
    """Return rules that were written down as “label: sentence; label: sentence”, as `in_words` said them in English, in another language.

    None where one of them is no rule.
    """
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
                f"{sign}{number(_figure(round(100 * v, 6)))} %" if isinstance(v, int | float) else str(v)
                for v in values
            ]
        else:
            said = [_part_words(v, translated, number) for v in values]
        # the fewest and the most are no sum
        parts.append(f"{translated(name.replace('_', ' '))} {('–' if name == 'span' else ' + ').join(said)}")
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
    return number(_figure(value)) if isinstance(value, int | float) else translated(str(value))
