"""What stands at the head of each internal paper of a plan that is a draft."""

from __future__ import annotations

from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.draft import draft_reasons
from beatplanner.data.result.draft_reason import draft_sentences
from beatplanner.data.result.plan_tables import PlanTables


def draft_in_words(tables: PlanTables, *, rules: bool = True) -> list[str]:
    """Return why a plan is a draft, a sentence a reason; empty where it is none.

    Parameters
    ----------
    tables
        The plan.
    rules
        Whether rules that are not kept are told, too; not where each of them has a sentence of its own beside it.
    """
    return draft_sentences((r for r in draft_reasons(tables) if rules or r.kind != "rules"), Speech("en"))
