"""The parts of what a result says, by key: a section or a list, empty where a plan has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def section_of(said: Mapping[str, object], key: str) -> Claims:
    """Return the section under a key, empty where it is missing or null."""
    found: Any = said.get(key)
    return found or {}


def number_of(said: Mapping[str, object], key: str) -> float | None:
    """Return the number under a key; None where it is missing, null or no number."""
    found = said.get(key)
    return found if isinstance(found, int | float) else None


def list_of(said: Mapping[str, object], key: str) -> list[Any]:
    """Return the list under a key, empty where it is missing or null."""
    found: Any = said.get(key)
    return found or []


def project_rules(summary: Mapping[str, object]) -> Claims:
    """Return the rules that a plan's project had when the plan was made, which are the plan's but where it has some of its own."""
    return section_of(summary, "project_rules") or section_of(summary, "rules")


def ruled_hours(summary: Mapping[str, object]) -> list[Any]:
    """Return what the rules ask of the beats of each municipality; empty where a clash relaxed the tolerance, whose hours are no rule."""
    beats = section_of(summary, "beats")
    return [] if beats.get("smallest_tolerance") is not None else list_of(beats, "municipalities")


def names_by_hand(summary: Mapping[str, object]) -> dict[str, str]:
    """Return what a planner called beats in the rules that a plan was made with, by id."""
    names: Any = section_of(section_of(summary, "rules"), "beats").get("names")
    return dict(names or {})
