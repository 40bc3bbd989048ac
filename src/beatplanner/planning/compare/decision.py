"""What decides between plans: rules that are not met, what each plan alone is best at, its worst point, and its money beside today's.

A plan is best at something where its figure is better than every other plan's by more than rounding (0.5 %, of a share half a percentage point) and reads otherwise; today is no choice,
and a plan that breaks a rule is none beside several that keep theirs, so it takes nothing from these. The worst point of a plan is
the deciding figure that falls furthest behind the best plan's, as a share of the range of all plans and of the larger figure. Money is held against that of plans with
the same steps alone; what no other plan has is held against today's.
"""

from __future__ import annotations

from collections.abc import Sequence

from beatplanner.data.publish.comparison_words import HEADLINE, STRENGTHS, in_words
from beatplanner.data.publish.draft_words import draft_in_words
from beatplanner.data.result.comparison import (
    BestPoint,
    Decision,
    FigureBlock,
    FigureRow,
    MoneyChange,
    UsedCapacity,
    WorstPoint,
    amount,
)
from beatplanner.planning.compare.columns import PlanColumn

ALIKE = 0.005
# What not every plan plans, and figures that are alike only between plans that plan the same of it.
STEPS = ("stations", "officers")
MONEY = ("money_total", "station_cost")


def decision(columns: Sequence[PlanColumn], blocks: Sequence[FigureBlock]) -> list[Decision]:
    """Return one entry a plan, those that keep all rules first.

    Parameters
    ----------
    columns
        Today's and the plans.
    blocks
        Rows of the comparison.

    Returns
    -------
    list of dict
        ``plan``, ``unmet`` and ``unsolved`` (sentences), ``best`` (``key``, ``value``, ``next``, ``next_plan``), ``worst`` (``key``, ``value``, ``best``, ``best_plan``) or None,
        ``money`` (``whole`` and ``posts``: what it costs more than today, by people and by posts) or None, ``capacity`` (``hours``, ``capacity``) or None, ``lacks`` (steps that other
        plans have).
    """
    rows = {r["key"]: r for b in blocks for r in b["rows"]}
    keys = [k for k in STRENGTHS if k in rows and not (k == "station_cost" and "money_total" in rows)]
    names = [c.name for c in columns]
    decisions: list[Decision] = []
    lacks, unmet = lacking(columns), [_unmet(c) for c in columns]
    for k, c in enumerate(columns):
        if c.today:
            continue
        rivals = _rivals(k, unmet)
        like = {key: [j for j in rivals if key not in MONEY or lacks[j] == lacks[k]] for key in keys}
        best = [x for x in (_best(rows[key], k, names, like[key]) for key in keys) if x is not None]
        behind = [x for x in (_behind(rows[key], k, names, like[key]) for key in keys) if x is not None]
        worst = max(behind, key=lambda x: x[0], default=None)
        decisions.append(
            {
                "plan": c.name,
                "unmet": unmet[k],
                "unsolved": draft_in_words(c.tables, rules=False),
                "best": best,
                "worst": None if worst is None else worst[1],
                "money": _money(c, columns[0]),
                "capacity": _capacity(c),
                "lacks": lacks[k],
            }
        )
    assert set(HEADLINE) >= set(STRENGTHS)
    return sorted(decisions, key=lambda p: bool(p["unmet"]))


def lacking(columns: Sequence[PlanColumn]) -> list[list[str]]:
    """Return for each column the steps that it lacks and another plan has."""
    there = [s for s in STEPS if any(not c.today and s in c.tables.summary for c in columns)]
    return [[] if c.today else [s for s in there if s not in c.tables.summary] for c in columns]


def _rivals(k: int, unmet: Sequence[Sequence[str]]) -> list[int]:
    """Return the plans that one is held against: one that can be chosen against those that can, where there are several, else all."""
    plans = list(range(1, len(unmet)))
    kept = [j for j in plans if not unmet[j]]
    return kept if k in kept and len(kept) > 1 else plans


def _others(row: FigureRow, k: int, like: Sequence[int]) -> list[tuple[int, float]]:
    values = row["values"]
    return [(j, float(values[j])) for j in like if j != k and values[j] is not None]


def _best(row: FigureRow, k: int, names: list[str], like: Sequence[int]) -> BestPoint | None:
    value, others = row["values"][k], _others(row, k, like)
    today = row["values"][0]
    if not others and len(row["values"]) > 2 and today is not None and row["key"] not in MONEY:
        others = [(0, float(today))]
    if value is None or not others:
        return None
    less = row["better"] == "less"
    j, near = min(others, key=lambda x: x[1]) if less else max(others, key=lambda x: x[1])
    lead = near - float(value) if less else float(value) - near
    least = max(ALIKE * max(abs(near), abs(float(value))), 5e-3 if row["kind"] == "share" else 0.0)
    # “42 %; 42 % with b” is no reason to choose
    if lead <= least or in_words(float(value), row["kind"]) == in_words(near, row["kind"]):
        return None
    return {"key": row["key"], "value": float(value), "next": near, "next_plan": names[j]}


def _behind(row: FigureRow, k: int, names: list[str], like: Sequence[int]) -> tuple[float, WorstPoint] | None:
    value, others = row["values"][k], _others(row, k, like)
    if value is None or not others:
        return None
    less = row["better"] == "less"
    j, top = min(others, key=lambda x: x[1]) if less else max(others, key=lambda x: x[1])
    loss = float(value) - top if less else top - float(value)
    largest = max(abs(v) for _, v in [*others, (k, float(value))])
    spread = max(v for _, v in [*others, (k, float(value))]) - min(v for _, v in [*others, (k, float(value))])
    if loss <= max(ALIKE * largest, 5e-3 if row["kind"] == "share" else 0.0):
        return None
    point: WorstPoint = {"key": row["key"], "value": float(value), "best": top, "best_plan": names[j]}
    return loss / spread * loss / largest, point


def _unmet(c: PlanColumn) -> list[str]:
    return list(c.tables.summary.get("clashes", [])) if not c.tables.summary.get("feasible") else []


def _money(c: PlanColumn, today: PlanColumn) -> MoneyChange | None:
    mine, theirs = amount(c.figures, "money_total"), amount(today.figures, "money_total")
    if mine is None or theirs is None:
        return None
    posts, was = amount(c.figures, "money_posts"), amount(today.figures, "money_posts")
    by_posts = None
    if posts is not None and was is not None:
        # the roster is paid in both: what differs beside it, and posts in place of people
        by_posts = (mine - theirs) + (posts - was)
    return {"whole": mine - theirs, "posts": by_posts}


def _capacity(c: PlanColumn) -> UsedCapacity | None:
    hours, capacity = amount(c.figures, "hours_per_officer_max"), amount(c.figures, "hours_capacity")
    return None if hours is None or capacity is None else {"hours": hours, "capacity": capacity}
