"""The rules as they are drawn: locks, links and barriers made by hand go into the description and the town that are solved on with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.beats import Drawn
from beatplanner.data.result.alphabet import natural
from beatplanner.data.result.sections import section_of
from beatplanner.data.town.adjacency import drawn_edges
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.drawn_plan import DrawnPlan, Pair
from beatplanner.planning.beats.naming import sharing_most


def drawn_description(drawn: DrawnPlan, renamed: Mapping[str, str] | None = None) -> Description:
    """Return the description with the locks, links and barriers as they are drawn; `renamed` beats keep their locks under their new ids."""
    description = drawn.town.description
    rules = description.beats
    if rules is None:
        return description
    beat, renamed = drawn.beat, renamed or {}
    held: dict[str, list[str]] = {}
    for i in np.flatnonzero(drawn.locked):
        held.setdefault(renamed.get(str(beat[i]), str(beat[i])), []).append(str(drawn.unit_ids[i]))
    listed_locks = drawn.town.units["locked"].to_numpy(object)
    lost = any(isinstance(b, str) and (b in renamed or not drawn.locked[i]) for i, b in enumerate(listed_locks))
    count = len(drawn.beats_in_use())
    changes: dict[str, object] = {
        "links": _together(drawn, drawn.links),
        "closed": _together(drawn, drawn.closed),
        "held": {b: tuple(u) for b, u in sorted(held.items(), key=lambda item: natural(item[0]))},
        "count": rules.count
        if rules.count == "auto" and count == len({drawn.ids[int(k)] for k in drawn.start})
        else count,
    }
    if lost:
        # a table of locks would bring back what was unlocked by hand; the locks that are left stand in `held`
        changes["locked"] = None
    return description.model_copy(update={"beats": rules.model_copy(update=changes)})


def drawn_town(drawn: DrawnPlan, renamed: Mapping[str, str] | None = None) -> Town:
    """Return the town with the locks, links and barriers as they are drawn, as reading `described` would give it; `renamed` as above."""
    ids = [(renamed or {}).get(str(b), b) for b in drawn.beat]
    locked = np.array([b if held else None for b, held in zip(ids, drawn.locked, strict=True)], dtype=object)
    return replace(
        drawn.town,
        description=drawn_description(drawn, renamed),
        units=drawn.town.units.assign(locked=locked),
        edges=drawn.edges.copy(),
        beat_names=drawn.town.beat_names | {b: n for b, n in drawn.names.items() if n},
    )


def with_drawn_ids(drawn: DrawnPlan, beat: np.ndarray) -> np.ndarray:
    """Return a solved plan's beats with the ids of the drawing that it was solved on from.

    A beat that was split off is in no plan yet, so that a solved plan gives it the next free number. It is the one of the drawing's beats that the
    plan has no more with which it shares most residents; what shares none is new.

    Parameters
    ----------
    drawn
        The drawing.
    beat
        (n,) id of the beat of each unit in the solved plan.

    Returns
    -------
    numpy.ndarray
        (n,) ids.
    """
    before, found = drawn.beat.astype(str), np.asarray(beat).astype(str)
    had, has = set(before.tolist()), set(found.tolist())
    named = sharing_most(found, before, drawn.people, has - had, had - has)
    return np.array([named.get(b, b) for b in found.tolist()], dtype=object)


def _together(plan: DrawnPlan, drawn: dict[Pair, Drawn]) -> tuple[Drawn, ...]:
    """Return what was drawn, each with the pairs that it still stands for."""
    found: dict[int, tuple[Drawn, list[Pair]]] = {}
    for pair, item in drawn.items():
        found.setdefault(id(item), (item, []))[1].append(pair)
    return tuple(item.model_copy(update={"pairs": plan.named(pairs)}) for item, pairs in found.values())


def _with_counted_share(town: Town, rules: Mapping[str, Any]) -> Town:
    counts = town.description.service is not None and town.description.service.abstraction == "counted"
    if not counts or section_of(rules, "service").get("abstraction") != "counted":
        return town
    share = town.description.workload.model_copy(update={"abstraction": float(rules["workload"]["abstraction"])})
    return replace(town, description=town.description.model_copy(update={"workload": share}))


def with_rules_of_plan(town: Town, rules: Mapping[str, object]) -> Town:
    """Return a town with the links, closed borders and locks that were drawn on the plan that is drawn on now.

    Where the service counts how much of duty is spent away from the beat, officers are those of the share that the plan was made with.

    Parameters
    ----------
    town
        As it was read from the project, which may know nothing of them.
    rules
        The plan's description as JSON: ``rules`` of its summary.
    """
    town = _with_counted_share(town, rules)
    beats = town.description.beats
    section = section_of(rules, "beats")
    if beats is None or not any(section.get(key) for key in ("links", "closed", "held")):
        return town
    place = {str(u): i for i, u in enumerate(town.units["unit"])}

    def known(items: Iterable[Mapping[str, object]], have: Sequence[Drawn]) -> list[Drawn]:
        found = [Drawn.model_validate(item) for item in items]
        return [d for d in found if d not in have and all(u in place for pair in d.pairs for u in pair)]

    links, closed = known(section.get("links", ()), beats.links), known(section.get("closed", ()), beats.closed)
    held = {b: tuple(u for u in units if u in place) for b, units in section_of(section, "held").items()}
    lock = town.units["locked"].to_numpy(object).copy()
    for beat, units in held.items():
        for unit in units:
            lock[place[unit]] = beat
    changes = {"links": (*beats.links, *links), "closed": (*beats.closed, *closed), "held": {**beats.held, **held}}
    joined = [(place[a], place[b]) for d in links for a, b in d.pairs]
    apart = [(place[a], place[b]) for d in closed for a, b in d.pairs]
    description = town.description.model_copy(update={"beats": beats.model_copy(update=changes)})
    return replace(
        town,
        description=description,
        edges=drawn_edges(town.edges, joined, apart),
        units=town.units.assign(locked=lock),
    )
