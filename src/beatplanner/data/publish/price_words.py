"""What a rule costs, in sentences of any language of the forum.

A phrase is a text of the catalogue and its fields; a field's name says how its value is written: ``share`` in percents and ``g`` as a number, both of as
many digits as they have, ``n`` as a whole number, all others as they are, or as the force gave them for each language. ``prices.json`` keeps the phrases, so that a comparison in another language
says them in its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beatplanner.data.narrowing import is_mapping
from beatplanner.data.publish.comparison_words import ENGLISH, share_in_words
from beatplanner.data.publish.translation import Speech

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import PriceRow

# What stands in a phrase in place of its names in braces: a number, a text, or the force's own word for each language.
PhraseFields = Mapping[str, float | str | Mapping[str, str] | None]
Phrase = tuple[str, PhraseFields]
# What each rule asks for, and what is done to it.
RULES = {
    "service.least_minutes": "Redrawing beats for the least minutes",
    "service.peak_tolerance": "Balance within ±{share} in the busiest shift",
    "service.travel_work": "Balance with the hours on the way",
    "service.longest_drive": "Nobody farther than {g} minutes from where officers wait",
    "beats.tolerance": "Balance within ±{share}",
    "beats.balances": "Balancing further amounts beside the hours",
    "beats.barriers": "Keeping barriers as borders",
    "beats.barriers.named": "Keeping the {name} as a border",
    "beats.locked": "Keeping the locked units",
    "beats.max_moved": "Moving at most {share} of residents",
    "beats.max_moved-free": "Any limit on the residents who change beat",
    "beats.max_moved.work": "Moving at most {share} of the workload",
    "beats.max_moved-free.work": "Any limit on the workload that changes beat",
    "units.municipality": "Keeping beats inside municipalities",
    "stations.count": "Opening {n} stations",
    "stations.count.one": "Opening one station",
    "stations.budget": "A station budget of {n}",
    "stations.min_distance": "Keeping stations {n} m apart",
    "stations.one_per_municipality": "A station in each municipality",
    "stations.coverage_floor": "{share} of residents within {g} minutes",
    "stations.group_excess": "No group walking over {share} more than the average",
    "stations.existing": "Keeping today's stations open",
    "officers.min_tenure_months": "A minimum tenure of {n} months",
    "officers.min_tenure_months.one": "A minimum tenure of one month",
    "officers.max_tenure_months": "A maximum tenure of {n} months",
    "officers.max_tenure_months.one": "A maximum tenure of one month",
    "officers.handover_months": "A handover of {n} months",
    "officers.handover_months.one": "A handover of one month",
    "officers.notice_months": "A notice of {n} months",
    "officers.notice_months.one": "A notice of one month",
    "officers.posts_per_beat": "{n} posts a beat",
    "officers.posts_per_beat.auto": "Posts by the work of each beat",
    "officers.moves_a_month": "At most {n} moves a month",
    "officers.moves_a_month.one": "At most one move a month",
    "officers.half_a_year": "Changing at most half of a beat's officers in a year",
    "officers.max_home_km": "Moves within {g} km of home",
    "officers.worst_wish": "Moving nobody below wish {n}",
    "officers.worst_wish.one": "Moving people to their first wish alone",
    "officers.most_moves": "At most {n} moves of an officer",
    "officers.most_moves.one": "Moving nobody twice",
}
HOW = {
    "goal": "as they are drawn for their goal",
    "without": "without it",
    "wider": "±{share} in its place",
    "in_place": "{share} in its place",
    "free": "all free",
    "unlimited": "no limit at all",
    "mean": "borders may be crossed, balance by the mean of all",
    "one_more": "one more",
    "more": "{share} more",
    "no_distance": "no distance",
    "anywhere_best": "wherever people gain most",
    "may_close": "they may close",
    "none": "none at all",
    "one_each": "one a beat in their place",
    "posts": "{n} in their place",
    "no_limit": "no limit",
    "anywhere": "anywhere",
    "any_wish": "wherever they are needed",
}
# The goal of a step: the words of its price.
MORE = {"beats": "{share} more travel", "stations": "{share} more walking"}
NO_LESS = {"beats": "no less travel", "stations": "no less walking"}
NONE_LESS = {
    "beats": "{rule} costs nothing ({how}): there is no plan with less travel.",
    "stations": "{rule} costs nothing ({how}): there is no plan with less walking.",
}
ITSELF = "{rule}: no price can be told. The plan itself does not meet all its rules."
CHANGED = "{rule}: no price can be told. Planned again ({how}), not all rules are met."
# Neither a plan nor a proof that there is none: a longer limit may find either.
ITSELF_CUT = "{rule}: no price can be told. Within the time limit no plan that keeps all rules was found; a longer one may find it."
CHANGED_CUT = "{rule}: no price can be told. Planned again ({how}), no plan that keeps all rules was found within the time limit; a longer one may find it."
NOTHING = "{rule} costs nothing ({how})."
COSTS = "{rule} costs {price} ({how})."
POINTS, VACANT = "{n} points", "a vacant month counts {n}"
PROVEN, BETWEEN, EXACTLY = "proven", "proven: between {low} and {high}", "proven: {low}"
RANGE, UNPROVEN = "{low} to {high}", "{price}, not proven"
NO_BOUND = "no bound was computed"
# Goals of their own: the plan with the least minutes may cost anything in the goal of the beats, so that no bound of that goal bounds the price.
UNBOUNDED = frozenset({"service.least_minutes"})
WITHOUT = "Without it: {parts}."
BY_CAR = "{n} m less on the mean way to work, {seconds} s by car"
ON_WAY, ON_WALK = "{n} m less on the mean way to work", "{g} minutes less on the mean walk"
# More, and less.
CHANGES = {
    "residents_within": ("{n} more residents within the walking limit", "{n} fewer residents within the walking limit"),
    "moved_residents": ("{n} more residents change beat", "{n} fewer residents change beat"),
    "hours": ("{n} hours a year more in the heaviest beat", "{n} hours a year less in the heaviest beat"),
    "cost": ("{n} more in cost of stations", "{n} less in cost of stations"),
    "until_there": ("{g} minutes longer until somebody is there", "{g} minutes less until somebody is there"),
    "own_share": (
        "{share} more of the calls answered by the own officer",
        "{share} fewer of the calls answered by the own officer",
    ),
    "wait_share": ("{share} more of the calls wait", "{share} fewer of the calls wait"),
    "lost_share": ("{share} more of the calls are lost", "{share} fewer of the calls are lost"),
    "posts": ("{n} posts more", "{n} posts fewer"),
    "vacant_months": ("{n} vacant months more", "{n} vacant months fewer"),
    "tenure_violations": ("{n} broken tenures more", "{n} broken tenures fewer"),
    "language_gaps": ("{n} months without a language more", "{n} months without a language fewer"),
    "rotations": ("{n} moves more", "{n} moves fewer"),
    "money": (
        "{sum} a year more if each post were paid once",
        "{sum} a year less if each post were paid once",
    ),
}
# Of one: English says it in another way, and other languages as they say many.
ONE = {
    "{n} points": "{n} point",
    "{g} minutes less on the mean walk": "{g} minute less on the mean walk",
    "{g} minutes longer until somebody is there": "{g} minute longer until somebody is there",
    "{g} minutes less until somebody is there": "{g} minute less until somebody is there",
    "{n} more residents within the walking limit": "{n} more resident within the walking limit",
    "{n} fewer residents within the walking limit": "{n} fewer resident within the walking limit",
    "{n} more residents change beat": "{n} more resident changes beat",
    "{n} fewer residents change beat": "{n} fewer resident changes beat",
    "{n} hours a year more in the heaviest beat": "{n} hour a year more in the heaviest beat",
    "{n} hours a year less in the heaviest beat": "{n} hour a year less in the heaviest beat",
    "{n} posts more": "{n} post more",
    "{n} posts fewer": "{n} post fewer",
    "{n} vacant months more": "{n} vacant month more",
    "{n} vacant months fewer": "{n} vacant month fewer",
    "{n} broken tenures more": "{n} broken tenure more",
    "{n} broken tenures fewer": "{n} broken tenure fewer",
    "{n} months without a language more": "{n} month without a language more",
    "{n} months without a language fewer": "{n} month without a language fewer",
    "{n} moves more": "{n} move more",
    "{n} moves fewer": "{n} move fewer",
}
# What layers of barriers are usually called.
OBSTACLES = ("river", "rivers", "water", "railway", "motorway", "main roads")
OFFICERS = ("vacant_months", "tenure_violations", "language_gaps", "rotations")
WORDS = (
    *(*RULES.values(), *HOW.values(), *MORE.values(), *NO_LESS.values(), *NONE_LESS.values()),
    *(
        ITSELF,
        CHANGED,
        ITSELF_CUT,
        CHANGED_CUT,
        NOTHING,
        COSTS,
        POINTS,
        VACANT,
        PROVEN,
        BETWEEN,
        EXACTLY,
        RANGE,
        UNPROVEN,
        NO_BOUND,
        WITHOUT,
    ),
    *OBSTACLES,
    *(BY_CAR, ON_WAY, ON_WALK, *(text for pair in CHANGES.values() for text in pair)),
)


def phrase(words: str, fields: Mapping[str, Any], said: Speech = ENGLISH) -> str:
    """Return a phrase in a language."""
    shown: dict[str, str] = {}
    for name, value in fields.items():
        if name == "share":
            shown[name] = share_in_words(value, _digits(100 * value), said)
        elif name == "g":
            shown[name] = said.number(value, _digits(value))
        elif name == "n":
            shown[name] = said.number(value)
        else:
            own = said.own(value) if is_mapping(value) else str(value)
            shown[name] = said.known(own or "")
    if said.language == "en" and words in ONE and shown.get("n", shown.get("g")) == "1":
        return ONE[words].format(**shown)
    return said.text(words, **shown)


def _digits(value: float) -> int:
    text = f"{value:g}"
    return len(text.partition(".")[2])


def _said(written: Sequence[Any], said: Speech) -> str:
    words, fields = written
    return phrase(words, fields, said)


def rule_in_words(row: PriceRow, said: Speech = ENGLISH) -> str:
    """Return what a rule asks for; as it was written where older prices keep no phrase."""
    return _said(row["words"]["rule"], said) if "words" in row else str(row["rule"])


def how_in_words(row: PriceRow, said: Speech = ENGLISH) -> str:
    """Return what is done to a rule."""
    return _said(row["words"]["how"], said) if "words" in row else str(row["how"])


def _tenth(share: float, said: Speech) -> str:
    return share_in_words(share, 1, said)


def _more(step: str, share: str, said: Speech) -> str:
    return said.text(MORE[step], share=share)


def _change(key: str, value: float, said: Speech, **fields: Any) -> str:
    words = CHANGES[key][0 if value > 0 else 1]
    return phrase(words, fields or {"n": abs(value)}, said)


def service_parts(row: PriceRow, said: Speech = ENGLISH) -> list[str]:
    """Return what of the service is better or worse without a rule."""
    minutes = row.get("until_there") or 0.0
    parts = [_change("until_there", minutes, said, g=abs(round(minutes, 2)))] if abs(minutes) >= 0.005 else []
    for key in ("own_share", "wait_share", "lost_share"):
        change = row.get(key) or 0.0
        if abs(change) >= 5e-4:
            words = CHANGES[key][0 if change > 0 else 1]
            parts.append(said.text(words, share=_tenth(abs(change), said)))
    return parts


def price_sentence(row: PriceRow, said: Speech = ENGLISH) -> str:
    """Say what a rule costs; a row of ``prices.json``."""
    if "words" not in row:
        return str(row["sentence"])
    rule, how = rule_in_words(row, said), how_in_words(row, said)
    if not row["feasible"]:
        at_once, cut = (ITSELF, ITSELF_CUT) if row["itself_broken"] else (CHANGED, CHANGED_CUT)
        return said.text(cut if row.get("cut_short") else at_once, rule=rule, how=how)
    if row["step"] == "officers":
        return _of_officers(row, rule, how, said)
    step, share, least, most = row["step"], row["share"] or 0.0, row["at_least"], row["at_most"]
    if row["key"] == "units.municipality" and most is not None and most < 0:
        return said.text(NONE_LESS[step], rule=rule, how=how)
    unbounded = row["key"] in UNBOUNDED
    if share < 0.0005 and not unbounded and (most is None or most < 0.0005 * abs(row["without"] or 1)):
        less = f"{how}: {said.text(NO_LESS[step])}"
        return said.text(NOTHING, rule=rule, how=less) + _without(service_parts(row, said), said)
    proven = f"; {said.text(NO_BOUND)}" if unbounded else ""
    if not unbounded and least is not None and most is not None and row["without"]:
        low, high = _tenth(least / row["without"], said), _tenth(most / row["without"], said)
        proven = "; " + (said.text(PROVEN) if low == high else said.text(BETWEEN, low=low, high=high))
    price = _more(step, _tenth(max(0.0, share), said), said)
    if not proven:
        price = said.text(UNPROVEN, price=price)
    parts: list[str] = []
    way, minutes = row["metres"], row["minutes"]
    if way is not None and way >= 0.5:
        seconds, metres = round((minutes or 0.0) * 60), said.number(way)
        parts.append(said.text(BY_CAR, n=metres, seconds=seconds) if seconds else said.text(ON_WAY, n=metres))
    elif step == "stations" and minutes is not None and minutes >= 0.05:
        parts.append(phrase(ON_WALK, {"g": round(minutes, 1)}, said))
    for key, name in (("residents_within",) * 2, ("moved_residents",) * 2, ("hours",) * 2, ("money", "cost")):
        value = row.get(key)
        if value is not None and abs(value) >= 1:
            parts.append(_change(name, value, said))
    parts += service_parts(row, said)
    return said.text(COSTS, rule=rule, price=price, how=how + proven) + _without(parts, said)


def _of_officers(row: PriceRow, rule: str, how: str, said: Speech) -> str:
    """Say what a rule of the officers costs: points of the objective, what is proven of them, and what they stand for."""
    least, most = row["at_least"], row["at_most"]
    if abs(row["gain"]) < 0.5 and (most is None or most < 0.5):
        text = said.text(NOTHING, rule=rule, how=how)
    else:
        proven = ""
        if least is not None and most is not None:
            low, high = said.number(least), said.number(most)
            proven = "; " + said.text(EXACTLY if low == high else BETWEEN, low=low, high=high)
        gain = row["gain"] if least is None or not row["only_adds"] else max(0.0, row["gain"])
        counts = said.text(VACANT, n=said.number(row.get("vacant_month", 0.0)))
        price = phrase(POINTS, {"n": gain}, said)
        price = price if proven else said.text(UNPROVEN, price=price)
        text = said.text(COSTS, rule=rule, price=price, how=f"{how}{proven}; {counts}")
    changes = {key: row.get(key, 0.0) for key in OFFICERS}
    posts = row.get("posts", 0.0)
    parts = [_change("posts", posts, said)] if posts else []
    parts += [_change(key, change, said) for key, change in changes.items() if abs(change) >= 0.5]
    if row["money"]:
        total = f"{said.number(abs(row['money']))} {row['currency'] or ''}".strip()
        parts.append(_change("money", row["money"], said, sum=total))
    return text + _without(parts, said)


def _without(parts: Sequence[str], said: Speech) -> str:
    return f" {said.text(WITHOUT, parts=', '.join(parts))}" if parts else ""


def price_interval(row: PriceRow, said: Speech = ENGLISH) -> tuple[str, str]:
    """Return a price as an interval with its unit, and what that is in metres or minutes of the plans found, where it is told."""
    if row["share"] is None or not row["feasible"]:
        return "–", ""
    least, most, base = row["at_least"], row["at_most"], row["without"]
    if row["step"] == "officers":
        if least is None or most is None:
            return said.text(UNPROVEN, price=phrase(POINTS, {"n": row["gain"]}, said)), ""
        low, high = said.number(least), said.number(most)
        return said.text(POINTS, n=low if low == high else said.text(RANGE, low=low, high=high)), ""
    if row["key"] in UNBOUNDED or least is None or most is None or not base:
        text = said.text(UNPROVEN, price=_more(row["step"], _tenth(max(0.0, row["share"]), said), said))
    else:
        low, high = _tenth(max(0.0, least / base), said), _tenth(max(0.0, most / base), said)
        text = _more(row["step"], low if low == high else said.text(RANGE, low=low, high=high), said)
    way, minutes = row.get("metres"), row.get("minutes")
    if way is not None and way >= 0.5:
        return text, said.text(ON_WAY, n=said.number(way))
    if row["step"] == "stations" and minutes is not None and minutes >= 0.05:
        return text, phrase(ON_WALK, {"g": round(minutes, 1)}, said)
    return text, ""
