"""Ids and names that a description lists, as the layers or the plan that they belong to write them; by the one reader of ids, as in any table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from beatplanner.data.formats.ids import as_known

if TYPE_CHECKING:
    # what writes a report asks for ids alone, and loads no models of descriptions
    from beatplanner.data.description.sections.budget import Budget
    from beatplanner.data.description.sections.stations import Stations


def ids_as_known(listed: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return ids as those that they are found among write them; one that is none of them as it stands.

    Examples
    --------
    >>> ids_as_known(["7.0", " 8 "], ["007", "8"])
    ['007', '8']
    """
    found, _ = as_known(list(listed), list(dict.fromkeys(known)))
    return [str(i) for i in found]


def keys_as_known(listed: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """Return a mapping with its keys as `ids_as_known`."""
    return dict(zip(ids_as_known(listed, known), listed.values(), strict=True))


def stations_as_known(rules: Stations, sites: Iterable[str]) -> Stations:
    """Return rules whose sites (``held_open``, ``accepted``, pilots of ``phases``) are written as in the table of sites."""
    sites = list(sites)
    changes: dict[str, object] = {
        "held_open": tuple(ids_as_known(rules.held_open, sites)),
        "accepted": keys_as_known(rules.accepted, sites),
    }
    if rules.phases is not None:
        changes["phases"] = rules.phases.model_copy(update={"pilots": ids_as_known(rules.phases.pilots, sites)})
    return rules.model_copy(update=changes)


def budget_as_known(rules: Budget, towns: Sequence[str], beats: Sequence[str], names: Sequence[str]) -> Budget:
    """Return rules whose ``pilots`` and ``start_together`` are written as a plan's municipalities, beats and names of beats."""
    every = iter(ids_as_known([b for group in rules.start_together for b in group], [*beats, *names]))
    return rules.model_copy(
        update={
            "pilots": ids_as_known(rules.pilots, [*towns, *beats, *names]),
            "start_together": [[next(every) for _ in group] for group in rules.start_together],
        }
    )
