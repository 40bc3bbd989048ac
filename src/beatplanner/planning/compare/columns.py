"""One column of a comparison: a plan, or today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.cells import texts
from beatplanner.data.paths import whole_path
from beatplanner.data.result.comparison import Figures, FigureValue
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.stale import data_changed, rules_changed
from beatplanner.data.result.summary import Claims
from beatplanner.planning.changed_rules import differences_in_sentences
from beatplanner.planning.versions import versions
from beatplanner.planning.workload import officers_required

TODAY = "Today"
# How forums are counted: as each plan tells, all at the flat price where places are known in some plans only, or not at all where a plan has none.
AS_REPORTED, FLAT, LEFT_OUT = "as told", "flat price", "left out"

# An officer has too much to do where the beat's hours per officer are so much above the mean of all officers.
OVERLOAD = 0.10


@dataclass
class PlanColumn:
    """A plan, or today's, as the comparison sees it.

    Attributes
    ----------
    name, about
        What people call it, and what it is about.
    tables
        Of the plan; for today's those of the first plan.
    rules
        The plan's rules.
    beat
        (n,) beat of each unit, None where none, in the order of the first plan's units.
    posts
        Officers' posts of each beat.
    open
        Its stations; None where none are known.
    today
        Whether this is today's plan.
    folder
        Of the plan; None for today's.
    band
        The loosest balance that any of the compared plans was asked for, by which all are measured.
    priced
        The budget that today's column is told from, that of the first plan that has one.
    exchange
        What one of the plan's currency is in that of the comparison.
    money_years
        Years that all budgets have.
    forums
        How forums are counted in all columns, so that like is compared with like: `AS_REPORTED`, `FLAT` or `LEFT_OUT`.
    figures
        By key.
    """

    name: str
    about: str
    tables: PlanTables
    rules: Description
    beat: np.ndarray
    posts: dict[str, float]
    open: tuple[str, ...] | None
    today: bool = False
    folder: Path | None = None
    band: float = 0.0
    stale: tuple[str, ...] = ()
    out_of_date: tuple[str, ...] = ()
    priced: Claims | None = None
    exchange: float = 1.0
    money_years: tuple[str, ...] = ()
    forums: str = AS_REPORTED
    figures: Figures = field(default_factory=dict[str, FigureValue])

    @property
    def units(self) -> pd.DataFrame:
        """The plan's units."""
        return self.tables.units


def read_compared(folders: Sequence[Path], rates: Mapping[str, float] | None = None) -> list[PlanColumn]:
    """Read plans and put today's before them.

    Parameters
    ----------
    folders
        Result folders of plans for the same units.
    rates
        Of another currency, how much is one of the comparison's; before those of the first budget.

    Returns
    -------
    list of Column
        Today's first, then one a folder; without figures.

    Raises
    ------
    InputError
        Where a folder is no result, has no beats, or has other units than the first.
    """
    now = versions()
    columns: list[PlanColumn] = []
    for folder in folders:
        tables = read_result(folder)
        tables.units["unit"] = texts(tables.units["unit"])
        if columns:
            tables = _aligned(tables, columns[0].units, folder)
        if tables.beats is None:
            raise InputError(
                problem("this plan has no beats to compare", "Plan the beats too, or give today's", file=folder)
            )
        rules = Description.model_validate(tables.summary.get("rules", {}))
        declared = rules.scenario
        names = [c.name for c in columns]
        name = declared.name if declared is not None and declared.name else whole_path(folder).name
        if name in names or name == TODAY:
            name = f"{name} ({whole_path(folder).name})"
        of_data = data_changed(tables.summary, now, folder)
        columns.append(
            PlanColumn(
                name=name,
                about=declared.about if declared is not None and declared.about else "",
                tables=tables,
                rules=rules,
                beat=np.array(texts(tables.units["beat"]), dtype=object),
                posts={str(b): float(p) for b, p in zip(tables.beats["beat"], tables.beats["posts"], strict=True)},
                open=None if tables.stations is None else tuple(tables.stations["station"].astype(str)),
                folder=whole_path(folder),
                stale=_warnings([*rules_changed(tables.summary), *of_data]),
                out_of_date=_warnings([*rules_changed(tables.summary, differences_in_sentences), *of_data]),
            )
        )
    columns = [_today(columns), *columns]
    _price(columns, rates or {})
    asked = [c.rules.beats.tolerance for c in columns if c.rules.beats is not None]
    for column in columns:
        column.band = max(asked, default=0.0)
    return columns


def _warnings(notes: Iterable[Note]) -> tuple[str, ...]:
    return tuple(str(n) for n in notes if n.severity == "warning")


def _price(columns: Sequence[PlanColumn], rates: Mapping[str, float]) -> None:
    """Fill in by which budget today is told, and the rates and years by which all money is comparable.

    Raises
    ------
    InputError
        Where plans are in different currencies and no rate is stated, or their budgets have no year in common.
    """
    with_money = [c for c in columns if not c.today and c.rules.budget is not None and c.tables.summary.get("budget")]
    if not with_money:
        return
    base = with_money[0]
    assert base.rules.budget is not None
    stated = {**base.rules.budget.rates, **rates}
    years = [
        y
        for y in base.tables.summary["budget"]["years"]
        if all(y in c.tables.summary["budget"]["years"] for c in with_money)
    ]
    for c in with_money:
        assert c.rules.budget is not None
        other, own = c.rules.budget.currency, base.rules.budget.currency
        if other != own and other not in stated:
            what = f"{base.name} is in {own} and {c.name} in {other}, which cannot be compared without a rate"
            raise InputError(
                problem(
                    what,
                    f"Say how much {other} is one {own}: --rate {other}=…, or rates = {{ {other} = … }} in [budget]",
                    file=c.folder or "",
                    field="budget.currency",
                )
            )
        if not years:
            what = f"the budgets of {base.name} and {c.name} have no year in common"
            raise InputError(
                problem(what, "Give both the same first_year and years", file=c.folder or "", field="budget.first_year")
            )
        c.exchange = 1.0 if other == own else 1.0 / stated[other]
    for c in columns:
        c.money_years = tuple(years)
        c.forums = _forums_of([c.tables.summary["budget"] for c in with_money], [c.rules for c in with_money])
    columns[0].priced = base.tables.summary["budget"]


def _forums_of(budgets: Sequence[Claims], rules: Sequence[Description]) -> str:
    """Return how forums are counted: by one rule for all, and in no column where a plan has none."""
    if any("forums" not in b for b in budgets):
        # of an older version
        return AS_REPORTED
    if len({r.forum is None for r in rules}) > 1:
        return LEFT_OUT
    return AS_REPORTED if len({b["forums"]["rule"] for b in budgets}) == 1 else FLAT


def forums_more(budget: Claims, which: str, how: str) -> list[float]:
    """Return what a budget's sum by year (``total``, ``all_at_once`` or ``today``) is more where forums are counted so."""
    if how == FLAT:
        return budget["forums"]["more_at_flat_price"][which]
    if how == LEFT_OUT:
        lines = {"total": budget["lines"]["forums"], "today": budget["today_lines"]["forums"]}
        return [-v for v in lines.get(which, budget["forums"]["all_at_once"])]
    return [0.0] * len(budget["years"])


def money_base(columns: Sequence[PlanColumn]) -> PlanColumn | None:
    """Return the plan in whose currency and by whose prices the comparison tells money; None where no plan has a budget."""
    return next((c for c in columns if not c.today and c.money_years and c.tables.summary.get("budget")), None)


def _today(columns: Sequence[PlanColumn]) -> PlanColumn:
    """Return today's plan: its beats, the roster's officers in them, and the stations that stand."""
    first = columns[0]
    beat = np.array(texts(first.units["current"]), dtype=object)
    roster = first.tables.roster
    posts: dict[str, float] = {}
    ids = sorted({b for b in beat if b is not None})
    if roster is not None:
        start = first.rules.officers.start.isoformat() if first.rules.officers is not None else "9999"
        here = [str(b) for b, j in zip(roster["beat"], roster["joins_on"], strict=True) if b and (not j or j <= start)]
        posts = {b: float(here.count(b)) for b in ids}
    elif ids:
        units = first.units
        group = [beat == b for b in ids]
        reactive = units["reactive_hours"].to_numpy(float) + units["fixed_hours"].to_numpy(float)
        needed = officers_required(
            np.array([reactive[g].sum() for g in group]),
            np.array([units["community_hours"].to_numpy(float)[g].sum() for g in group]),
            first.rules.workload,
        )
        posts = {b: float(n) for b, n in zip(ids, needed, strict=True)}
    sites = first.tables.sites
    standing = None if sites is None else tuple(sites.loc[sites["existing"], "station"].astype(str))
    return PlanColumn(
        TODAY,
        "The beats, stations and officers of today.",
        first.tables,
        first.rules,
        beat,
        posts,
        standing,
        today=True,
    )


def _aligned(tables: PlanTables, reference: pd.DataFrame, folder: Path) -> PlanTables:
    units = tables.units.set_index("unit", drop=False)
    absent = [u for u in reference["unit"] if u not in units.index]
    more = [u for u in units.index if u not in set(reference["unit"])]
    if absent or more:
        what = f"it lacks unit {absent[0]}" if absent else f"it has unit {more[0]} besides"
        raise InputError(
            problem(
                f"this plan is not for the same units as the first: {what}",
                "Compare plans of one project",
                file=folder / "plan.gpkg",
                layer="units",
                field="unit",
            )
        )
    walks = tables.walks
    if walks is not None and tables.homes is None:
        # homes are then rows of the units, whose order changes
        row = pd.Index(reference["unit"]).get_indexer(pd.Index(tables.units["unit"]))
        walks = walks.assign(home=row[walks["home"].to_numpy(int) - 1] + 1)
    return replace(tables, units=units.loc[list(reference["unit"])].reset_index(drop=True), walks=walks)


def people(units: pd.DataFrame) -> np.ndarray:
    """Return residents, (n,); workload where residents are unknown."""
    residents = units["population"].to_numpy(float)
    return units["workload"].to_numpy(float) if np.isnan(residents).any() else residents


def municipality_of(names: np.ndarray, at: np.ndarray, hours: np.ndarray, count: int) -> np.ndarray:
    """Return the municipality with most of each beat's work, (count,)."""
    shared: Any = pd.Series(hours + 1e-9).groupby([at, names]).sum()
    return np.array([shared[k].idxmax() for k in range(count)], dtype=object)


def beat_name(c: PlanColumn, beat: str) -> str:
    """Name a beat for people."""
    beats = c.tables.beats
    if not c.today and beats is not None:
        name = dict(zip(beats["beat"].astype(str), beats["name"], strict=True)).get(beat)
        # a beat without a name of its own is told by its number once
        if name and str(name) not in (beat, f"Beat {beat}"):
            return f"{name} ({beat})" if f"({beat})" not in str(name) else str(name)
    return f"beat {beat}"


def currency(c: PlanColumn) -> str:
    """Return the currency of the project's money."""
    return currency_of(c.rules)


def currency_of(rules: Description) -> str:
    """Return the currency in which a description states money."""
    return rules.currency
