"""Why money holds up the start of a plan, in a language of the forum."""

from __future__ import annotations

from collections.abc import Sequence

from beatplanner.data.publish.translation import AND_MORE, Speech
from beatplanner.data.result.budget import Blocked, Lacked

UNPAID = "The pilot {areas} cannot be paid."
WAITS = "The pilot {areas} does not start."
LACKS = "To start in {year} it lacks {sums} (prices of {prices})."
SEATS = "The seats of the courses do not suffice."
OTHERS = "Other beats that wait for it: {n}."
UNPROVEN = "That no other order of starts would pay for it is not proven."
TODAY = "What stands today costs more than there is: {sums} are lacking (prices of {prices}), so nothing new starts."
OF_PAYER, OF_ALL = "{sum} in {year} ({payer})", "{sum} in {year}"
WORDS = (UNPAID, WAITS, LACKS, SEATS, OTHERS, UNPROVEN, TODAY, OF_PAYER, OF_ALL, AND_MORE)


def blocked_in_words(blocked: Blocked, currency: str, said: Speech) -> str:
    """Return why nothing, or no pilot, starts; in English, and of older results, as planning said it.

    Parameters
    ----------
    blocked
        As the budget of ``summary.json`` has it.
    currency
        Of its sums.
    said
        The language.
    """
    if said.language == "en" or "prices_of" not in blocked:
        return str(blocked["sentence"])

    def sums(lacks: Sequence[Lacked]) -> str:
        return ", ".join(
            said.text(
                OF_ALL if x["payer"] == "all" else OF_PAYER,
                sum=f"{said.number(x['amount'])} {currency}",
                year=x["year"],
                payer=said.known(x["payer"]),
            )
            for x in lacks
        )

    prices = blocked["prices_of"]
    parts: list[str] = []
    proven = blocked.get("proven", False)
    if blocked["pilots"]:
        parts.append(said.text(UNPAID if proven else WAITS, areas=said.listed(blocked["pilots"], 4)))
        lacks = sums(blocked["lacks"])
        parts.append(
            said.text(LACKS, year=blocked["start"] or "", sums=lacks, prices=prices) if lacks else said.text(SEATS)
        )
        parts += [said.text(OTHERS, n=said.number(blocked["waiting"]))] if blocked["waiting"] else []
        parts += [] if proven else [said.text(UNPROVEN)]
    if today := blocked.get("today"):
        parts.append(said.text(TODAY, sums=sums(today), prices=prices))
    return " ".join(parts)
