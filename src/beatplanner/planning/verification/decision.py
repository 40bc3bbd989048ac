"""Checks of the decision page: what each plan is best and worst at, its money beside today's, and the rules that it does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from beatplanner.data.publish.comparison_words import in_words
from beatplanner.data.result.comparison import amount, known_amount
from beatplanner.planning.verification.ledger import Ledger, same

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import Comparison, Figures

# Deciding figures, and whether less of them is better.
LESS = {
    "hours_per_officer_max": True,
    "community_share": False,
    "within_limit": False,
    "moved_share": True,
    "change_officer_share": True,
    "relationship_kept": False,
    "robust_share": False,
    "service_minutes": True,
    "service_own": False,
    "service_wait": True,
    "service_lost": True,
    "service_people": False,
    "money_total": True,
    "station_cost": True,
}
SHARES = (
    "community_share",
    "within_limit",
    "moved_share",
    "change_officer_share",
    "relationship_kept",
    "robust_share",
    "service_own",
    "service_wait",
    "service_lost",
    "service_people",
)
MONEY = ("money_total", "station_cost")


def _rivals(
    values: Sequence[float | None], k: int, key: str, steps: list[set[str]], unmet: list[list[str]]
) -> list[float]:
    """Return what a plan's figure is held against: that of all other plans, money only of those that plan the same steps.

    Among several that keep their rules, one that breaks some is no choice, and holds nothing against them.
    """
    choice = sum(not u for u in unmet[1:]) > 1 and not unmet[k]
    return [
        v
        for j, v in enumerate(values)
        if j not in (0, k)
        and v is not None
        and not (choice and unmet[j])
        and (key not in MONEY or steps[j] == steps[k])
    ]


def check_decision(
    ledger: Ledger,
    content: Comparison,
    names: list[str],
    found: list[Figures],
    unmet: list[list[str]],
    drafts: list[list[str]],
    steps: list[set[str]],
) -> None:
    """Check ``decision`` of a comparison.

    Parameters
    ----------
    ledger, content
        Of the comparison.
    names, found
        Of each column, and its figures as recomputed; the first is today's.
    unmet
        Rules that each does not keep, in sentences.
    drafts
        Why else each is a draft, in sentences.
    steps
        What each plans of stations and officers; money is held against that of plans with the same steps.
    """
    claimed = {d["plan"]: d for d in content.get("decision", [])}
    ledger.add("decision.plans", sorted(claimed) == sorted(names[1:]), len(claimed), len(names) - 1)
    wrong: list[str] = []
    count = 0
    priced = any(f.get("money_total") is not None for f in found)
    # figures of robustness are taken as told where the incidents are gone
    kinds = {r["key"]: r["kind"] for b in content["blocks"] for r in b["rows"]}
    rows = {r["key"]: r["values"] for b in content["blocks"] for r in b["rows"]}
    values: dict[str, list[float | None]] = {
        k: [amount(f, k) if k in f else rows.get(k, [None] * len(names))[i] for i, f in enumerate(found)] for k in LESS
    }
    for k, name in enumerate(names):
        if k == 0 or name not in claimed:
            continue
        claim = claimed[name]
        if list(claim["unmet"]) != list(unmet[k]):
            wrong.append(f"{name}: the rules that are not met are told otherwise.")
        if list(claim.get("unsolved", [])) != drafts[k]:
            wrong.append(f"{name}: why it is a draft is told otherwise.")
        if set(claim.get("lacks", [])) != set().union(*steps[1:]) - steps[k]:
            wrong.append(f"{name}: what it does not plan is told otherwise.")
        said = {x["key"]: x for x in claim["best"]}
        for key, less in LESS.items():
            mine = values[key][k]
            others, now = _rivals(values[key], k, key, steps, unmet), values[key][0]
            if not others and len(names) > 2 and key not in MONEY and now is not None:
                others = [now]
            if mine is None or not others or (key == "station_cost" and priced):
                continue
            count += 1
            near = min(others) if less else max(others)
            lead = (near - mine) if less else (mine - near)
            first = lead > max(0.005 * max(abs(near), abs(mine)), 5e-3 if key in SHARES else 0.0)
            # what reads alike is better in nothing that anybody sees
            first = first and in_words(mine, kinds.get(key, "number")) != in_words(near, kinds.get(key, "number"))
            if first != (key in said):
                wrong.append(f"{name} is {'' if first else 'not '}best at {key}.")
            elif first and not (same(said[key]["value"], mine) and same(said[key]["next"], near)):
                wrong.append(f"{name}: {key} is told as another figure.")
        worst = claim["worst"]
        if worst is not None:
            mine = values[worst["key"]][k]
            others = _rivals(values[worst["key"]], k, worst["key"], steps, unmet)
            top = min(others) if LESS[worst["key"]] else max(others)
            if not (same(worst["value"], mine) and same(worst["best"], top)):
                wrong.append(f"{name}: its worst point is told with another figure.")
        money, today = amount(found[k], "money_total"), amount(found[0], "money_total")
        if (claim["money"] is None) != (money is None or today is None):
            wrong.append(f"{name}: money is told where there is none, or left out.")
        elif claim["money"] is None or money is None or today is None:
            pass
        elif not same(claim["money"]["whole"], money - today):
            wrong.append(f"{name} costs {money - today:,.0f} more than today.")
        elif claim["money"]["posts"] is not None:
            posts = money - today + known_amount(found[k], "money_posts") - known_amount(found[0], "money_posts")
            if not same(claim["money"]["posts"], posts):
                wrong.append(f"{name} costs {posts:,.0f} more than today by posts.")
        used = claim["capacity"]
        if used is not None and not (
            same(used["hours"], found[k].get("hours_per_officer_max"))
            and same(used["capacity"], found[k].get("hours_capacity"))
        ):
            wrong.append(f"{name}: the hours used are told otherwise.")
    ledger.each("decision", "best and worst points, money and unmet rules", wrong, count, "figures")
