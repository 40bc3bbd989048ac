"""What decides between plans: rules that are not met, what each plan alone is best at, its worst point, and its money beside today's.

A plan is best at something where its figure is better than every other plan's by more than rounding (0.5 %); today is no choice. The worst point of a plan is
the deciding figure that falls furthest behind the best plan's, as a share of the range of all plans and of the larger figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beatplanner.data.publish.comparison_words import HEADLINE, STRENGTHS
from beatplanner.data.publish.draft_words import draft_in_words
from beatplanner.planning.compare.columns import Column

ALIKE = 0.005


def decision(columns: Sequence[Column], blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
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
        ``money`` (``whole`` and ``posts``: what it costs more than today, by people and by posts) or None, ``capacity`` (``hours``, ``capacity``) or None.
    """
    rows = {r["key"]: r for b in blocks for r in b["rows"]}
    keys = [k for k in STRENGTHS if k in rows and not (k == "station_cost" and "money_total" in rows)]
    names = [c.name for c in columns]
    told = []
    for k, c in enumerate(columns):
        if c.today:
            continue
        best = [x for x in (_best(rows[key], k, names) for key in keys) if x is not None]
        behind = [x for x in (_behind(rows[key], k, names) for key in keys) if x is not None]
        worst = max(behind, key=lambda x: x["behind"], default=None)
        told.append(
            {
                "plan": c.name,
                "unmet": _unmet(c),
                "unsolved": draft_in_words(c.tables, rules=False),
                "best": best,
                "worst": None if worst is None else {i: v for i, v in worst.items() if i != "behind"},
                "money": _money(c, columns[0]),
                "capacity": _capacity(c),
            }
        )
    assert set(HEADLINE) >= set(STRENGTHS)
    return sorted(told, key=lambda p: bool(p["unmet"]))


def _others(row: dict[str, Any], k: int) -> list[tuple[int, float]]:
    return [(j, float(v)) for j, v in enumerate(row["values"]) if j and j != k and v is not None]


def _best(row: dict[str, Any], k: int, names: list[str]) -> dict[str, Any] | None:
    value, others = row["values"][k], _others(row, k)
    if value is None or not others:
        return None
    less = row["better"] == "less"
    j, near = min(others, key=lambda x: x[1]) if less else max(others, key=lambda x: x[1])
    lead = near - float(value) if less else float(value) - near
    least = max(ALIKE * max(abs(near), abs(float(value))), 5e-4 if row["kind"] == "share" else 0.0)
    return {"key": row["key"], "value": float(value), "next": near, "next_plan": names[j]} if lead > least else None


def _behind(row: dict[str, Any], k: int, names: list[str]) -> dict[str, Any] | None:
    value, others = row["values"][k], _others(row, k)
    if value is None or not others:
        return None
    less = row["better"] == "less"
    j, top = min(others, key=lambda x: x[1]) if less else max(others, key=lambda x: x[1])
    loss = float(value) - top if less else top - float(value)
    largest = max(abs(v) for _, v in [*others, (k, float(value))])
    spread = max(v for _, v in [*others, (k, float(value))]) - min(v for _, v in [*others, (k, float(value))])
    if loss <= max(ALIKE * largest, 5e-4 if row["kind"] == "share" else 0.0):
        return None
    return {
        "key": row["key"],
        "value": float(value),
        "best": top,
        "best_plan": names[j],
        "behind": loss / spread * loss / largest,
    }


def _unmet(c: Column) -> list[str]:
    return list(c.tables.summary.get("clashes", [])) if not c.tables.summary.get("feasible") else []


def _money(c: Column, today: Column) -> dict[str, float | None] | None:
    mine, theirs = c.figures.get("money_total"), today.figures.get("money_total")
    if mine is None or theirs is None:
        return None
    posts, was = c.figures.get("money_posts"), today.figures.get("money_posts")
    by_posts = None
    if posts is not None and was is not None:
        # the roster is paid in both: what differs beside it, and posts in place of people
        by_posts = (mine - theirs) + (posts - was)
    return {"whole": mine - theirs, "posts": by_posts}


def _capacity(c: Column) -> dict[str, float] | None:
    hours, capacity = c.figures.get("hours_per_officer_max"), c.figures.get("hours_capacity")
    return None if hours is None or capacity is None else {"hours": hours, "capacity": capacity}
