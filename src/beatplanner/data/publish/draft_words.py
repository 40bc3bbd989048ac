"""What stands at the head of each internal paper of a plan that is a draft."""

from __future__ import annotations

from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.draft import draft_reasons
from beatplanner.data.result.draft_reason import draft_sentences
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.run_card import CHECKED_LATER, card_rows
from beatplanner.data.result.sections import section_of


def draft_in_words(
    tables: PlanTables, *, rules: bool = True, language: str = "en", say: Speech | None = None
) -> list[str]:
    """Return why a plan is a draft, a sentence a reason; empty where it is none.

    Parameters
    ----------
    tables
        The plan.
    rules
        Whether rules that are not kept are told, too; not where each of them has a sentence of its own beside it.
    language
        In which it is told.
    say
        The language with a force's own words, in place of `language`.
    """
    return draft_sentences((r for r in draft_reasons(tables) if rules or r.kind != "rules"), say or Speech(language))


def card_of_paper(tables: PlanTables, say: Speech) -> list[tuple[str, str]]:
    """Return the run card of a paper that is written before its plan is checked, with why the plan is a draft."""
    draft = draft_in_words(tables, say=say)
    later = say.text(CHECKED_LATER)
    return card_rows(tables.summary, checked=later, draft=draft, say=say.text, percent=say.percent, known=say.known)


LEFT_OUT = (
    "The officers' bound leaves out {what}: it is a true bound, and the plan may be nearer to the best than it says."
)
COUPLES, CHANGES = "couples who share no beat", "the limit of changes in a beat"
BOTH = "couples who share no beat and the limit of changes in a beat"
WORDS = (LEFT_OUT, COUPLES, CHANGES, BOTH)


def left_out_of_bound(tables: PlanTables, say: Speech | None = None) -> list[str]:
    """Return what the bound of the officers' objective does not know of, as a sentence; empty where it knows all, or the plan is proven best."""
    officers = section_of(tables.summary, "officers")
    if officers.get("gap") is None or officers.get("status") == "optimal" or tables.roster is None:
        return []
    couples = tables.roster.get("not_with")
    names = [COUPLES] if couples is not None and couples.map(bool, na_action="ignore").any() else []
    if section_of(tables.summary["rules"], "officers").get("half_a_year"):
        names.append(CHANGES)
    if not names:
        return []
    speech = say or Speech("en")
    return [speech.text(LEFT_OUT, what=speech.text(BOTH if len(names) > 1 else names[0]))]
