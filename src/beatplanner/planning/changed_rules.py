"""What changed between two sets of rules, as people read it: rules by their sentences, and what else a description says by what it is; no key is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from beatplanner.data.description.models import SECTIONS
from beatplanner.data.description.rules import BY_KEY
from beatplanner.data.description.scenarios import rule_value_in_words
from beatplanner.data.narrowing import is_dict, is_list, is_mapping
from beatplanner.data.result.sections import section_of
from beatplanner.planning.rule_catalog import currency_of_rule, rule_in_sentence, value_of, what_differs

NAME = "Beat {0} is called “{1}”"
NO_NAME = "Beat {0} has no name of its own"
COLOUR = "Beat {0} has the colour {1}"
NO_COLOUR = "Beat {0} has no colour of its own"
HAS_SECTION, NO_SECTION = "{0}: planned", "{0}: not planned"
# Of what is told alike before and after, such as another column of the same file.
OTHERWISE = "changed"
# What the sections are about.
TITLES = {
    "project": "Project",
    "units": "Units",
    "workload": "Work",
    "scenario": "Scenario",
    "incidents": "Incidents",
    "beats": "Beats",
    "stations": "Stations",
    "officers": "Officers",
    "service": "Service",
    "budget": "Money",
    "forum": "Forums",
    "country": "Country",
}
# Sections that are planned where they are there.
STEPS = tuple(SECTIONS[name] for name in ("beats", "stations", "officers", "service", "budget", "forum", "country"))
# Tables that name something of each beat.
OF_BEATS = {"beats.names": (NAME, NO_NAME), "beats.colours": (COLOUR, NO_COLOUR)}
# What every text may be told with.
WORDS = (*(words for both in OF_BEATS.values() for words in both), HAS_SECTION, NO_SECTION, OTHERWISE, *TITLES.values())


def differences_in_sentences(
    before: Mapping[str, object],
    now: Mapping[str, object],
    translated: Callable[[str], str] = str,
    number: Callable[[str], str] = str,
) -> Iterator[str]:
    """Yield a line for each thing that differs between two sets of rules, what it was and what it is.

    Parameters
    ----------
    before, now
        The rules as JSON.
    translated, number
        As for `rule_in_sentence`.
    """
    for section, model in SECTIONS.items():
        was, is_ = before.get(section), now.get(section)
        if was == is_:
            continue
        if model in STEPS and (was is None or is_ is None):
            yield section_in_words(section, there=is_ is not None, translated=translated)
            continue
        a, b = section_of(before, section), section_of(now, section)
        for name in model.model_fields:
            if a.get(name) == b.get(name):
                continue
            key = f"{section}.{name}"
            if key in OF_BEATS:
                yield from _of_beats(key, a.get(name), b.get(name), translated)
            elif (line := _line(key, before, now, translated, number)) is not None:
                yield line


def _line(
    key: str,
    before: Mapping[str, object],
    now: Mapping[str, object],
    translated: Callable[[str], str],
    number: Callable[[str], str],
) -> str | None:
    """Return what a key was and is; None where both mean the same."""
    rule = BY_KEY.get(key)
    if rule is None:
        section, _, name = key.partition(".")
        values = section_of(before, section).get(name), section_of(now, section).get(name)
        was, is_ = map(input_in_words, values)
        return f"{about_input(key, translated)}: {f'{was} → {is_}' if was != is_ else translated(OTHERWISE)}"
    a, b = what_differs(value_of(before, rule), value_of(now, rule))
    if a == b:
        return None
    was, is_ = (
        # a row that one of the two tables lacks is none there
        "–" if value == {} else rule_in_sentence(rule, value, translated, number, currency_of_rule(rule, of))
        for value, of in ((a, before), (b, now))
    )
    return f"{translated(rule.label)}: {was} → {is_}"


def section_in_words(section: str, *, there: bool, translated: Callable[[str], str] = str) -> str:
    """Return that a section is planned since, or no more."""
    words = HAS_SECTION if there else NO_SECTION
    return translated(words).format(translated(TITLES.get(section, section)))


def beat_in_words(key: str, beat: str, value: object, translated: Callable[[str], str] = str) -> str:
    """Return what a beat is called, or its colour; `key` is one of `OF_BEATS`, and `value` None for none of its own."""
    given, none = OF_BEATS[key]
    return translated(none).format(beat) if value is None else translated(given).format(beat, value)


def _of_beats(key: str, was: object, now: object, translated: Callable[[str], str]) -> Iterator[str]:
    a: Mapping[str, object] = was if is_mapping(was) else {}
    b: Mapping[str, object] = now if is_mapping(now) else {}
    for beat in dict.fromkeys([*a, *b]):
        if a.get(beat) != b.get(beat):
            before, after = (beat_in_words(key, beat, side.get(beat), translated) for side in (a, b))
            yield f"{before} → {after}"


def about_input(key: str, translated: Callable[[str], str] = str) -> str:
    """Return what a key that is no rule is called: its section and its words, as sentences call them."""
    section, _, name = key.partition(".")
    return f"{translated(TITLES.get(section, section))}, {translated(name.replace('_', ' '))}"


def input_in_words(value: Any) -> str:
    """Return the value of a key that is no rule; of a list of tables how many they are."""
    if is_list(value) and any(is_dict(v) or is_list(v) for v in value):
        return str(len(value))
    return rule_value_in_words(None if value in ([], {}) else value)
