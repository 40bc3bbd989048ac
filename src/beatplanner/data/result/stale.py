"""Which inputs changed since a plan was made."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_rules
from beatplanner.data.description.scenarios import differences_in_words
from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import listed
from beatplanner.data.formats.content import state_of_input
from beatplanner.data.result.moved_project import of_another_project, other_beside
from beatplanner.data.result.sections import section_of

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def stale(
    summary: Claims,
    now: Mapping[str, str],
    folder: Path | None = None,
    in_words: Callable[[Claims, Claims], Iterable[str]] = differences_in_words,
) -> tuple[Note, ...]:
    """Say why a plan is no longer that of its project: rules, data or versions changed since.

    Parameters
    ----------
    summary
        The plan's ``summary.json``.
    now
        Versions of what computes now.
    folder
        Where the plan lies; a project beside it that is another than the plan's is told of then.
    in_words
        Says what differs between two sets of rules, a line each: by keys for programs, or `planning.changed_rules.differences_in_sentences` for people.

    Returns
    -------
    tuple of Note
        Empty where nothing changed; a warning for rules and data, a fact for versions, which change a plan seldom, and for files saved again.
    """
    return *rules_changed(summary, in_words), *data_changed(summary, now, folder)


def rules_changed(
    summary: Claims, in_words: Callable[[Claims, Claims], Iterable[str]] = differences_in_words
) -> list[Note]:
    """Say which rules changed since a plan was made; parameters as for `stale`."""
    file = Path(str(summary.get("description_file", "")))
    try:
        rules = read_rules(file) if file.is_file() else None
    except InputError:
        rules = None
    if rules is None:
        return [Note("warning", "the description of this plan is gone or cannot be read any more", file=file.name)]
    # a plan of a scenario, of a point of a curve or of an order has rules of its own beside those of its project
    own = summary.get("project_rules")
    made = Description.model_validate(own or summary.get("rules", {}))
    a, b = (json.loads(d.model_dump_json()) for d in (made, rules))
    counted = section_of(summary, "workload").get("abstraction")
    if counted and not own and made.service is not None and made.service.abstraction == "counted":
        # the plan's rules have the share that its service counts
        a["workload"]["abstraction"] = counted["assumed"]
    if own:
        # rules that were typed and planned by before the project was saved with them
        a = _as_planned(a, b, json.loads(Description.model_validate(summary.get("rules", {})).model_dump_json()))
    return [Note("warning", f"a rule has changed since: {text}", file=file.name) for text in in_words(a, b)]


def data_changed(summary: Claims, now: Mapping[str, str], folder: Path | None = None) -> list[Note]:
    """Say which data and versions changed since a plan was made; parameters as for `stale`. Each file is read once more."""
    notes: list[Note] = []
    if folder is not None and (other := other_beside(summary, folder)) is not None:
        notes.append(Note("warning", of_another_project(summary), file=other))
    for source in summary.get("inputs", []):
        path = Path(str(source.get("path", "")))
        state = state_of_input(source)
        if state == "gone":
            notes.append(Note("warning", "this file is not there any more", file=path.name, field=source["role"]))
        elif state != "unchanged":
            on = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            what = f"this file was changed on {on.day} {on:%B %Y}, after the plan"
            if state == "saved again":
                what = f"this file was saved again on {on.day} {on:%B %Y}, with the same content"
            severity = "info" if state == "saved again" else "warning"
            notes.append(Note(severity, what, file=path.name, field=source["role"]))
    made_by = summary.get("versions", {})
    other = [f"{k} {made_by[k]} → {now[k]}" for k in now if k in made_by and made_by[k] != now[k]]
    if other:
        notes.append(Note("info", f"made with other versions: {listed(other)}"))
    return notes


def _as_planned(project: Any, now: Any, plan: Any) -> Any:
    """Return the rules that a project had, and in their place those that it has now wherever the plan was made by these."""
    if all(isinstance(rules, dict) for rules in (project, now, plan)):
        return {key: _as_planned(value, now.get(key), plan.get(key)) for key, value in project.items()}
    return now if now == plan else project
