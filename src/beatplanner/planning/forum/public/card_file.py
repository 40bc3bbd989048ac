"""The run card as a file: what a plan was made from, by whom, when, under which rules and with what proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from beatplanner.data.publish.public.figures import Kind, Register, texts_in
from beatplanner.data.publish.public.plan import Card
from beatplanner.data.result.draft_reason import Reason


def card_json(
    register: Register,
    card: Card,
    *,
    project: str,
    feasible: bool,
    made_by: str | None,
    decided_by: str | None,
    languages: Sequence[Mapping[str, object]],
    draft: Sequence[Reason] = (),
) -> dict[str, object]:
    """Return a run card: what a pack was made from, by whom, when, under which rules and with what proof; its numbers are entered."""
    known: tuple[tuple[Kind, Any], ...] = (
        ("computed", [card.gaps, card.versions, card.verdict, card.seed, card.made, list(languages)]),
        ("computed", [d["seal"] for d in card.data]),
        ("force", [d["date"] for d in card.data]),
        ("given", [project, made_by, decided_by, [[d["role"], d["name"]] for d in card.data]]),
        ("computed", [[r.kind, r.step, round(r.value, 4)] for r in draft]),
        ("rule", card.rules),
    )
    for kind, part in known:
        enter_numbers(register, kind, part)
    return {
        "project": project,
        "made": card.made,
        "made_by": made_by,
        "decided_by": decided_by,
        "data": [dict(d) for d in card.data],
        "rules": card.rules,
        "feasible": feasible,
        "draft": [{"kind": r.kind, "step": r.step, "value": round(r.value, 4)} for r in draft],
        "gaps": card.gaps,
        "verified": card.verdict,
        "seed": card.seed,
        "versions": card.versions,
        "languages": [dict(one) for one in languages],
    }


def enter_numbers(register: Register, kind: Kind, content: Any) -> None:
    """Enter every number of a nested record."""
    for text in texts_in(content):
        register.enter(kind, text)
