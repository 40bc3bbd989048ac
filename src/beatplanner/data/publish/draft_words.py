"""What stands at the head of each internal paper of a plan that is a draft."""

from __future__ import annotations

from beatplanner.data.result.draft import draft_reasons
from beatplanner.data.result.draft_reason import Reason
from beatplanner.data.result.plan_tables import PlanTables


def draft_in_words(tables: PlanTables) -> list[str]:
    """Return why a plan is a draft, a sentence a reason; empty where it is none.

    Parameters
    ----------
    tables
        The plan.
    """
    return [_sentence(reason) for reason in draft_reasons(tables)]


def _sentence(reason: Reason) -> str:
    number = round(reason.value)
    if reason.kind == "rules":
        return "Not every rule that was asked for is kept."
    if reason.kind == "gap":
        return f"{reason.step.capitalize()}: a plan that is better by up to {reason.value:.1%} may exist."
    if reason.kind == "unsolved":
        return f"{reason.step.capitalize()}: it is not known how far this is from the best plan."
    if reason.kind == "sites":
        many = f"The places of {number} stations were generated, and nobody has accepted them yet."
        return "The place of one station was generated, and nobody has accepted it yet." if number == 1 else many
    return "One beat has more officers than posts." if number == 1 else f"{number} beats have more officers than posts."
