"""Rules that no plan may break, held against postings by hand: those that they break, those that the published plan broke before, and those that they keep again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.officer_posts import NOT_CLAIMED, NOT_SO
from beatplanner.planning.verification.officers import check_officers

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# What no plan may break, by the checker's names; the others are counted and cost.
HARD = (
    "assignments.rows",
    "officers.availability",
    "officers.capacity",
    "officers.handover",
    "officers.special_posts",
    "officers.max_tenure",
    "officers.couples",
    "officers.moves_a_month",
    "officers.half_a_year",
    "officers.worst_wish",
    "officers.most_moves",
    "officers.hardship",
    "officers.max_home_km",
    "officers.notice",
    "officers.frozen",
)


@dataclass(frozen=True)
class JudgedRules:
    """Sentences on rules that postings break, on those of them that the published plan breaks too, and on what it breaks and these postings do not."""

    broken: tuple[str, ...]
    before: tuple[str, ...]
    kept_again: tuple[str, ...]


class _Sentences(Ledger):
    """A ledger that keeps the sentences on each claim apart."""

    def __init__(self) -> None:
        super().__init__()
        self.sentences: list[str] = []

    def each(self, name: str, claimed: str, wrong: Iterable[str], of: int, what: str) -> bool:
        texts = list(wrong)
        if name in HARD:
            self.sentences += texts
        return super().each(name, claimed, texts, of, what)


def judged_rules(evidence: Evidence) -> tuple[JudgedRules, dict[str, float]]:
    """Return what postings make of the rules, and the figures by the checker's names; the summary is that of the published plan, which tells what that breaks."""
    ledger = _Sentences()
    check_officers(ledger, evidence)
    broken = tuple(text.removesuffix(NOT_CLAIMED) for text in ledger.sentences if not text.startswith(NOT_SO))
    again = tuple(t.removeprefix(NOT_SO).partition(",")[0] for t in ledger.sentences if t.startswith(NOT_SO))
    officers = evidence.summary["officers"]
    before: tuple[str, ...] = ()
    if officers.get("broken_rules"):
        alone = _Sentences()
        nothing: Claims = {**evidence.summary, "officers": {**officers, "broken_rules": []}}
        check_officers(alone, replace(evidence, summary=nothing))
        every = (text.removesuffix(NOT_CLAIMED) for text in alone.sentences)
        before = tuple(text for text in every if text not in broken)
    return JudgedRules(broken, before, again), ledger.values
