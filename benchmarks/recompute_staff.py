"""Recompute succession and the prices of rules with pandas alone, apart from the program.

    python benchmarks/recompute_staff.py PLAN [--prices DIR] [--draws N] [--attrition SHARE]

**Succession.** “beatplanner succession PLAN” is run, and every figure of its three tables worked out again, twice: with the program's stream of random numbers,
where each must be the same; and with draws of another generator, where each mean must lie within four standard errors, and each median or nine draws of ten
within what so many draws leave open of that percentile. Who holds a post month by month is followed officer by officer, not in arrays.

**Prices.** Of each rule that ``beatplanner prices`` priced, the objectives of both plans are summed again from their tables (recompute.py, recompute_proof.py), and gain,
proven interval, posts, vacant months, money, and the numbers of the sentence with them. The interval must hold the gain that was found. That bounds are valid is not
worked out here: ``beatplanner verify`` evaluates their certificates, and a test compares intervals with enumeration.

Exit code 0 where all agree.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from recompute import Plan, edges_of, ids, of_access, of_beats, of_changes, of_postings, yes
from recompute_proof import beats, officers, stations

Need = tuple[int, tuple[str, ...]]


class Force:
    """Officers and posts of a plan, by name and month."""

    def __init__(self, folder: Path, today: dt.date) -> None:
        p = self.plan = Plan(folder, False)
        o = self.rules = p.rules["officers"]
        assert p.roster is not None and p.moves is not None and p.beats is not None
        self.days = [pd.Timestamp(o["start"]) + pd.DateOffset(months=m) for m in range(12 * o["years"] + 1)]
        self.months = len(self.days) - 1
        self.row = {str(r["officer"]): r for r in p.roster.to_dict("records")}
        self.beats = list(ids(p.beats["beat"]))
        self.asks = {b: words(t) for b, t in zip(self.beats, p.beats["languages"], strict=True)}
        self.holds: dict[str, dict[int, str]] = defaultdict(dict)
        for r in p.moves.assign(beat=ids(p.moves["beat"])).to_dict("records"):
            for m, day in enumerate(self.days[:-1]):
                if pd.Timestamp(r["start"]) <= day < pd.Timestamp(r["end"]):
                    self.holds[str(r["officer"])][m] = r["beat"]
        self.posts = {b: [int(p.posts[b])] * self.months for b in self.beats}
        self.earliest = sum(d.date() < max(today, self.days[0].date()) for d in self.days[:-1])
        self.ahead = o["training_months"] + o["handover_months"]
        self.comes = min(self.earliest + self.ahead, self.months - 1)

    def stays(self, officer: str) -> int:
        """Return the months before an officer is known to leave; 0 of the pool, who hold no post."""
        r = self.row[officer]
        if yes(r.get("pool")):
            return 0
        return (
            self.months
            if blank(r["leaves_on"])
            else max(0, sum(d <= pd.Timestamp(r["leaves_on"]) for d in self.days) - 1)
        )

    def ready(self, officer: str) -> int:
        """Return the first month in which an officer could take a post."""
        r = self.row[officer]
        if 0 in self.holds[officer]:
            return 0
        day = (
            None
            if blank(r["trained_on"]) and blank(r["joins_on"])
            else pd.Timestamp(r["trained_on"])
            if not blank(r["trained_on"])
            else pd.Timestamp(r["joins_on"]) + pd.DateOffset(months=self.rules["training_months"])
        )
        if day is not None and not blank(r["joins_on"]):
            day = max(day, pd.Timestamp(r["joins_on"]))
        return 0 if day is None else sum(d < day for d in self.days[:-1])

    def follow(self, gone: dict[str, int]) -> tuple[list[Need], list[Need]]:
        """Return the vacancies that the reserve leaves, and the recruits; `gone` is the month from which each officer serves no more."""
        known = {o: min(gone[o], self.stays_[o]) for o in self.row}
        where: dict[str, str] = {}
        recruits_in: Counter[str] = Counter()
        claimed: Counter[str] = Counter()
        taught: dict[str, set[str]] = defaultdict(set)
        vacant: list[Need] = []
        recruits: list[Need] = []
        for m in range(self.months):
            at = {
                o: self.holds[o].get(m, where.get(o))
                for o in self.row
                if m < known[o] and (m in self.holds[o] or o in where)
            }
            for b in self.beats:

                def lacks(more: set[str], b: str = b, at: dict[str, str | None] = at) -> tuple[str, ...]:
                    spoken = {w for o, x in at.items() if x == b for w in self.speaks[o]}
                    return tuple(w for w in self.asks[b] if w not in spoken | taught[b] | more)

                empty = self.posts[b][m] - sum(x == b for x in at.values()) - recruits_in[b]
                while empty > 0:
                    free = [
                        o for o in self.row if o not in at and self.ready_[o] <= m < known[o] and m > self.final_[o]
                    ]
                    if not free:
                        break
                    wanted = set(lacks(set()))
                    best = max(free, key=lambda o: len(wanted & self.speaks[o]))
                    where[best] = at[best] = b
                    empty -= 1
                empty = max(0, empty)
                claimed[b] = min(claimed[b], empty)
                said: set[str] = set()
                for _ in range(empty - claimed[b]):
                    vacant.append((m, lacks(said)))
                    said |= set(vacant[-1][1])
                claimed[b] = empty
                if m >= self.comes:
                    for _ in range(empty):
                        recruits.append((m, lacks(set())))
                        taught[b] |= set(recruits[-1][1])
                    recruits_in[b] += empty
                    claimed[b] = 0
        return vacant, recruits

    def prepare(self) -> None:
        """Work out once what no draw changes."""
        self.stays_ = {o: self.stays(o) for o in self.row}
        self.ready_ = {o: self.ready(o) for o in self.row}
        self.speaks = {o: set(words(r["languages"])) for o, r in self.row.items()}
        # the last month in which the plan itself has them in a post
        self.final_ = {o: max(self.holds[o], default=-1) for o in self.row}


def blank(value: Any) -> bool:
    """Tell whether a cell is empty."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or value == ""


def words(text: Any) -> list[str]:
    """Return the languages of a cell."""
    return [] if blank(text) else [w for w in str(text).split(";") if w]


def nth(values: list[float], share: float) -> float:
    """Return the least value that so large a share of the draws do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


def figures(f: Force, draws: list[tuple[list[Need], list[Need]]]) -> dict[tuple[str, str, str], list[float]]:
    """Return the number of each draw by table, row and column."""
    n = len(draws)
    found: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0] * n)
    languages = sorted({w for a in f.asks.values() for w in a})
    long, first = max(1, f.rules["training_months"]), f.earliest - f.earliest % 3
    for m, day in enumerate(f.days[:-1]):
        for column in ("vacancies", *languages):
            found["vacancies", f"{day:%Y-%m}", column] = [0.0] * n
        if m >= first and (m - first) % 3 == 0:
            for column in ("recruits", "seats"):
                found["recruits", quarter(day), column] = [0.0] * n
    for d, (vacant, recruits) in enumerate(draws):
        for m, lacking in vacant:
            for column in ("vacancies", *lacking):
                found["vacancies", f"{f.days[m]:%Y-%m}", column][d] += 1
        for m, lacking in recruits:
            begin = max(m - f.ahead, f.earliest)
            found["classes", f"{f.days[begin].year} {';'.join(lacking)}", "people"][d] += 1
            for q in range(first, f.months, 3):
                # in training: who begins in the quarter, or so short before it that the course is not over
                found["recruits", quarter(f.days[q]), "recruits"][d] += q <= begin < q + 3
                found["recruits", quarter(f.days[q]), "seats"][d] += max(0, q - long + 1) <= begin < q + 3
    return found


def order_days(f: Force, draws: list[tuple[list[Need], list[Need]]]) -> dict[str, list[int]]:
    """Return by class the month in which its first must begin, of each draw that needs one."""
    found: dict[str, list[int]] = defaultdict(list)
    for _, recruits in draws:
        mine: dict[str, int] = {}
        for m, lacking in recruits:
            begin = max(m - f.ahead, f.earliest)
            key = f"{f.days[begin].year} {';'.join(lacking)}"
            mine[key] = min(begin, mine.get(key, f.months))
        for key, begin in mine.items():
            found[key].append(begin)
    return found


def quarter(day: pd.Timestamp) -> str:
    """Return the name of the quarter in which a month of the plan lies."""
    return f"{day.year} Q{(day.month - 1) // 3 + 1}"


def figures_of_plan(folder: Path) -> dict[tuple[str, str, str], Any]:
    """Return what the program's three tables say, by table, row and column."""
    found: dict[tuple[str, str, str], Any] = {}
    for name, key in (("vacancies", "month"), ("recruits", "quarter"), ("classes", "year")):
        frame = pd.read_csv(folder / f"{name}.csv", encoding="utf-8-sig", keep_default_na=False)
        for r in frame.to_dict("records"):
            row = f"{r['year']} {r['language']}" if name == "classes" else str(r[key])
            found |= {(name, row, str(c)): v for c, v in r.items() if c not in (key, "language")}
    return found


def of_succession(folder: Path, attrition: float, draws: int, seed: int = 3) -> tuple[int, list[str]]:
    """Return how many figures were recomputed, and what differs."""
    with tempfile.TemporaryDirectory() as place:
        more = ["--attrition", str(attrition), "--draws", str(draws), "--seed", str(seed), "--out", place]
        subprocess.run(
            [sys.executable, "-m", "beatplanner", "succession", str(folder), *more],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        claimed = figures_of_plan(Path(place))
    f = Force(folder, dt.date.today())
    if "starts" in (f.plan.beats if f.plan.beats is not None else ()):
        return 0, ["roll-outs that money limits are not worked out here"]
    f.prepare()
    hazard = 1 - (1 - attrition) ** (1 / 12)
    stream, other, names = np.random.default_rng(seed), random.Random(seed + 1), list(f.row)

    def same() -> dict[str, int]:
        return dict(zip(names, map(int, stream.geometric(hazard, len(names))), strict=True))

    def apart() -> dict[str, int]:
        # the month in which somebody leaves, by the chance of staying each month
        return {o: 1 + int(math.log(1 - other.random()) / math.log(1 - hazard)) for o in names}

    wrong: list[str] = []
    count = _hold(f, [f.follow(same()) for _ in range(draws)], claimed, wrong, None)
    count += _hold(f, [f.follow(apart()) for _ in range(draws)], claimed, wrong, draws)
    return count, wrong


def _hold(f: Force, drawn: list[Any], claimed: dict, wrong: list[str], others: int | None) -> int:
    """Hold what is told against draws: the same ones (`others` None), or others, so many of which made what is told."""
    mine, days, n, count = figures(f, drawn), order_days(f, drawn), len(drawn), 0
    for (table, row, column), said in claimed.items():
        plain, _, _ = column.partition("_p90")
        sample = mine.get((table, row, plain))
        if column == "order_by":
            months, ask = [float(m) for m in days.get(row, [])], 0.5
            said = float(next(m for m, d in enumerate(f.days) if f"{d:%Y-%m-%d}" == said))
        elif sample is None and plain not in ("people", "vacancies", "recruits"):
            continue
        else:
            months, ask = sample or [0.0] * n, 0.9 if column.endswith("_p90") else 0.5 if table == "classes" else None
        count += 1
        found, sound = _alike(months, ask, float(said), others)
        if not sound:
            how = "the same draws" if others is None else "other draws"
            wrong.append(f"{table}, {row.strip()}, {column}: {said} is told, {found} found by {how}")
    if others is None:
        missing = {r for t, r, _ in mine if t == "classes"} - {r for t, r, _ in claimed if t == "classes"}
        wrong += [f"a class of {r} is not told" for r in missing if nth(mine["classes", r, "people"], 0.9) > 0]
    return count


def _alike(sample: list[float], ask: float | None, said: float, others: int | None) -> tuple[str, bool]:
    """Return what the sample says of a mean (`ask` None) or percentile, and whether what is told agrees."""
    n = len(sample)
    if not n:
        return "nothing", others is not None
    if ask is None:
        mean = sum(sample) / n
        if others is None:
            return f"{mean:g}", abs(mean - said) < 0.006
        # numbers of people vary by about their mean, and of a rare event a sample may have none
        error = math.sqrt(max(np.var(sample), said, 1 / n) * (1 / n + 1 / others))
        return f"{mean:g} ± {4 * error:g}", abs(mean - said) <= 4 * error + 0.006
    if others is None:
        return f"{nth(sample, ask):g}", nth(sample, ask) == said
    reach = 4 * math.sqrt(ask * (1 - ask) * (1 / n + 1 / others))
    # past the ends of the sample nothing is known
    low = nth(sample, ask - reach) if ask - reach > 0 else -math.inf
    high = nth(sample, ask + reach) if ask + reach < 1 else math.inf
    return f"{low:g} to {high:g}", low <= said <= high


# ---- prices


def of_prices(folder: Path, priced: Plan) -> tuple[int, list[str]]:
    """Return how many figures of the prices were recomputed, and what differs."""
    content = json.loads((folder / "prices.json").read_text(encoding="utf-8"))
    count, wrong = 0, []

    def check(key: str, what: str, said: Any, found: Any) -> None:
        nonlocal count
        count += 1
        if said is None and found is None:
            return
        if said is None or found is None or not math.isclose(said, found, rel_tol=1e-6, abs_tol=2e-3):
            wrong.append(f"{key}, {what}: {said} is told, {found} found")

    budget = priced.rules.get("budget")
    for r in content["prices"]:
        a, b = Plan(folder / "plan", False), Plan(folder / r["folder"], False)
        step, key = r["step"], r["key"]
        with_, without = (objective(p, step) for p in (a, b))
        bounds = [p.summary[step]["lower_bound"] for p in (a, b)]
        check(key, "objective with the rule", r["with"], with_)
        check(key, "objective without it", r["without"], without)
        if with_ is None or without is None:
            continue
        check(key, "gain", r["gain"], with_ - without)
        least, most = r["at_least"], None if bounds[1] is None else with_ - bounds[1]
        check(key, "proven at most", r["at_most"], most)
        if bounds[0] is not None:
            raw = bounds[0] - without
            # at least 0 where a rule only forbids plans; else as the two proofs say
            check(key, "proven at least", least, max(0.0, raw) if least >= 0 else raw)
        slack = 1e-6 * max(1.0, abs(with_))
        if least is not None and most is not None and not least - slack <= r["gain"] <= most + slack:
            fewer = r["gain"] < 0 <= least
            # a search that found less without the rule than with it has a gain below what is proven; never above
            if not fewer or most < -slack:
                wrong.append(f"{key}: a gain of {r['gain']:g} lies outside what is proven, {least:g} to {most:g}")
        _counts(check, r, a, b, step, budget)
        _sentence(wrong, r)
    return count, wrong


def objective(p: Plan, step: str) -> float | None:
    """Return a step's objective, summed from the tables."""
    if step == "beats":
        return beats(p, edges_of(p))
    return stations(p) if step == "stations" else officers(p, of_postings(p))


def _counts(check: Callable, r: dict, a: Plan, b: Plan, step: str, budget: dict | None) -> None:
    """Hold what a price stands for against both plans' tables."""
    key = r["key"]
    if step == "officers":
        x, y = of_postings(a), of_postings(b)
        for name in ("vacant_months", "tenure_violations", "language_gaps", "rotations"):
            check(key, name, r[name], y[name] - x[name])
        posts = sum(b.posts.values()) - sum(a.posts.values())
        check(key, "posts", r["posts"], posts)
        if budget is not None:
            one = (budget["officer_salary"] + budget["allowances"]) * (1 + budget["employer_part"])
            check(key, "money of the posts", r["money"], posts * one)
    elif step == "stations":
        x, y = (of_access(p, [p], 1.0) for p in (a, b))
        check(key, "mean walk", r["minutes"], x["mean_walk"] - y["mean_walk"])
        within = [q["within_limit"] * p.people.sum() for p, q in ((a, x), (b, y))]
        check(key, "residents within the limit", r["residents_within"], within[1] - within[0])
        check(key, "cost of stations", r["money"], y["station_cost"] - x["station_cost"])
    else:
        x, y = (of_beats(p, 0.0) | of_changes(p) for p in (a, b))
        hours = a.units["workload"].sum()
        check(key, "metres", r["metres"], None if r["metres"] is None else r["gain"] / hours)
        check(key, "residents who change beat", r["moved_residents"], y["moved_residents"] - x["moved_residents"])
        heavy = [p.units.groupby(p.now)["workload"].sum().max() for p in (a, b)]
        check(key, "hours of the heaviest beat", r["hours"], heavy[1] - heavy[0])


def _sentence(wrong: list[str], r: dict[str, Any]) -> None:
    """Read the numbers of an officers' sentence back."""
    text = r["sentence"]
    if r["step"] != "officers" or not r["feasible"] or "costs nothing" in text:
        return
    points = re.search(r"costs (-?[\d,]+) points", text)
    if points is None or abs(float(points[1].replace(",", "")) - r["gain"]) > 0.51:
        wrong.append(f"{r['key']}: the sentence tells other points than {r['gain']:g}: {text}")
    interval = re.search(r"proven: between (-?[\d,]+) and (-?[\d,]+)", text)
    for k, name in enumerate(("at_least", "at_most")):
        if interval and abs(float(interval[k + 1].replace(",", "")) - r[name]) > 0.51:
            wrong.append(f"{r['key']}: the sentence tells another interval than {r[name]:g}: {text}")
    for name, word in (("vacant_months", "vacant month"), ("rotations", "move"), ("posts", "post")):
        said = re.search(rf"([\d,]+) {word}s? (more|fewer)", text)
        number = 0.0 if said is None else float(said[1].replace(",", "")) * (1 if said[2] == "more" else -1)
        if abs(number - r[name]) > 0.51:
            wrong.append(f"{r['key']}: the sentence tells {number:g} {word}s, the price {r[name]:g}")


def main() -> int:
    """Recompute and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--prices", type=Path)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--attrition", type=float, default=0.06)
    given = parser.parse_args()
    done = [("succession", of_succession(given.plan, given.attrition, given.draws))]
    if given.prices is not None:
        done.append(("prices", of_prices(given.prices, Plan(given.plan, False))))
    bad = 0
    for name, (count, wrong) in done:
        print(f"{name}: {count} figures recomputed, {len(wrong)} differ.")
        bad += len(wrong)
        for text in wrong:
            print(f"  {text}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
