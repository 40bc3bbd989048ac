"""The audit of a pack that is written: attacked as somebody would who has it, earlier ones, other scenarios and the map."""

from __future__ import annotations

import csv
import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from beatplanner.data.findings import listed
from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.narrowing import Table, is_dict
from beatplanner.data.publish.public.figures import Register
from beatplanner.data.result.strict_json import read_json
from beatplanner.planning.forum.gate import Cell, atoms_of, overlap_of, title_of
from beatplanner.planning.forum.published import Published, read_published_pack
from beatplanner.planning.forum.read_back import texts_of
from beatplanner.planning.forum.themes import DAYS_OF_A_YEAR, is_sensitive, same_period
from beatplanner.solver.suppression import attack, reach_of_intervals
from beatplanner.solver.suppression_whole import attack_whole, no_more_than_the_mark

# What a pack may hold; anything else in its folder was not made by the gate.
FILES = re.compile(
    r"(pack|map|beat_pages|picture|proposal|beats|units|old_new|municipalities|concerns|streets|forums|invitations|minutes|report_back|questions"
    r"|run_card|public)(\.[a-z]{2}(-[A-Za-z]{4})?)?\.(pdf|html|docx|png|csv|xlsx|json|gpkg)"
)
COORDINATES = {"x", "y", "lon", "lat", "longitude", "latitude", "easting", "northing", "geometry", "wkt", "geojson"}


@dataclass(frozen=True)
class AuditCheck:
    """One check of a pack: what was checked, whether it holds, and where not; `known` is False of what could not be attacked."""

    name: str
    ok: bool
    detail: str = ""
    known: bool = True


def audit(
    path: Path,
    others: Sequence[Path] = (),
    counts: np.ndarray | None = None,
    officers: Sequence[str] = (),
    named: Sequence[str] = (),
    groups: Sequence[str] = (),
    record: Path | None = None,
) -> list[AuditCheck]:
    """Audit a written pack, together with earlier packs and other scenarios, as somebody who has them all would attack it.

    Parameters
    ----------
    path
        A result folder or a pack.
    others
        Other packs that people have.
    counts
        (n,) true residents of the pack's units, where known: areas with few people are then attacked too.
    officers
        Names in the roster, which must not stand in the pack.
    named
        Names of officers who consented.
    groups
        Names of the groups of residents, of which no table may tell a number.
    record
        The gate's record, which stays in the office: hashes of the files, and the register of published numbers.

    Returns
    -------
    list of AuditCheck

    Raises
    ------
    InputError
        Where there is no pack.
    """
    pack = read_published_pack(path)
    rest = [read_published_pack(p) for p in others]
    k = int(pack.privacy.get("threshold", 5))
    checks = [AuditCheck("every figure is a count, hidden, or empty", not pack.faults, "; ".join(pack.faults[:5]))]
    small = [
        f"{c.table}, {c.row}{', ' + theme if theme else ''}: {c.shown}"
        for theme, cells in [("", pack.residents), *pack.concerns.items()]
        for c in cells
        if c.shown is not None and 0 < c.shown < k
    ]
    checks.append(AuditCheck(f"no table shows a count of 1 to {k - 1}", not small, "; ".join(small[:5])))
    checks.append(_attacked("residents", [pack, *rest], [p.residents for p in (pack, *rest)], k, counts))
    for theme in pack.concerns:
        same = [p for p in rest if theme in p.concerns and same_period(p.period, pack.period)]
        checks.append(_attacked(theme, [pack, *same], [p.concerns[theme] for p in (pack, *same)], k, None))
    checks += _themes(pack)
    kept = _kept(record)
    # each file is read back once: a workbook takes as long to read as to write
    said = functools.cache(texts_of)
    checks += _contents(pack, officers, named, groups, kept, said)
    checks += _numbers(pack, kept, said)
    return checks


def _attacked(
    what: str, packs: list[Published], tables: list[list[Cell]], k: int, counts: np.ndarray | None
) -> AuditCheck:
    """Attack the figures of one kind by linear programming and report what is found too closely."""
    name = f"{what}: nothing hidden, and no small area between lines, can be worked out"
    first = packs[0].areas
    place = {u: i for i, u in enumerate(first.unit)}
    cells: list[Cell] = []
    for number, (pack, table) in enumerate(zip(packs, tables, strict=True)):
        if pack.areas.unit == first.unit:
            moved = table
        elif set(pack.areas.unit) == set(first.unit):
            at = np.array([place[u] for u in pack.areas.unit])
            moved = [replace(c, members=np.sort(at[c.members])) for c in table]
        else:
            return AuditCheck(name, False, f"{pack.name} has other units, so the two cannot be compared")
        # a count of another census does not add up with this one, so it says nothing about it
        if number and counts is not None:
            moved = [c for c in moved if c.shown is None or c.shown == counts[c.members].sum()]
        cells += moved
    if not cells:
        return AuditCheck(name, True, "no figures")
    if counts is not None:
        wrong = [
            f"{title_of(c)} shows {c.shown}, is {counts[c.members].sum():,.0f}"
            for c in cells
            if c.shown is not None and c.shown != counts[c.members].sum()
        ]
        if wrong:
            return AuditCheck(name, False, "; ".join(wrong[:5]))
    sums, members = atoms_of(cells, len(first.unit))
    hidden = np.array([c.shown is None for c in cells])
    values = np.array([c.shown or 0 for c in cells], float)
    most = float(values.sum() + 10 * k)
    targets = sparse.vstack([sums, sparse.eye_array(len(members), format="csr")], format="csr")
    m = len(cells)
    wanted = [*np.flatnonzero(hidden)]
    if counts is not None:
        atoms = np.array([counts[u].sum() for u in members])
        wanted += [*(m + np.flatnonzero((atoms > 0) & (atoms < k)))]
    else:
        wanted += [*(m + np.arange(len(members)))]
    if not wanted:
        return AuditCheck(name, True)
    index = np.array(wanted, int)
    try:
        low, high = attack(sums, values, hidden, targets[index], most=most)
        least, greatest, known = attack_whole(sums, values, hidden, targets[index], k=k, most=most)
        low, high = np.where(known, np.maximum(low, least), low), np.where(known, np.minimum(high, greatest), high)
    except ValueError:
        return AuditCheck(name, False, "the figures do not add up: a table was changed")
    narrow = reach_of_intervals(low, high) < k
    # of a count that stands alone the mark itself says that it is one of 1..k−1
    some = np.flatnonzero(narrow & known)
    if len(some):
        ends = np.ceil(low[some] - 1e-6), np.floor(high[some] + 1e-6)
        narrow[some] = ~no_more_than_the_mark(sums, values, hidden, targets[index[some]], *ends, k=k, most=most)
    if counts is None:
        # without the true counts only areas that surely hold few people are known to be small
        surely = (np.ceil(low - 1e-6) >= 1) & (np.floor(high + 1e-6) < k)
        narrow &= (index < m) | surely
    found: list[str] = []
    for i in np.flatnonzero(narrow):
        target = index[i]
        title = (
            title_of(cells[int(target)])
            if target < m
            else (
                f"the {what} of {listed([first.name[int(u)] for u in members[int(target) - m]], 4)}, where {overlap_of(int(target) - m, cells, sums)} overlap"
            )
        )
        found.append(f"{title}: between {np.ceil(low[i] - 1e-6):,.0f} and {np.floor(high[i] + 1e-6):,.0f}")
    return AuditCheck(
        name,
        not found,
        "; ".join(found[:5]) if found else f"{len(index)} counts attacked, {int(known.sum())} of them in whole numbers",
    )


def _themes(pack: Published) -> list[AuditCheck]:
    checks: list[AuditCheck] = []
    sensitive = set(pack.privacy.get("sensitive", []))
    below = [
        f"{theme} in {c.row}"
        for theme, cells in pack.concerns.items()
        if theme in sensitive or is_sensitive(theme)
        for c in cells
        if c.key[0] == "beat"
    ]
    checks.append(AuditCheck("sensitive themes are told for municipalities only", not below, "; ".join(below[:5])))
    if pack.concerns:
        period = pack.period or {}
        days = period.get("days")
        long_enough = bool(period.get("year")) or (isinstance(days, int | float) and days >= DAYS_OF_A_YEAR)
        said = f"they cover {days:,.0f} days" if isinstance(days, int | float) else "no period of a year is recorded"
        name = "themes are told from at least twelve months of records"
        checks.append(AuditCheck(name, long_enough, "" if long_enough else said))
    return checks


def _contents(
    pack: Published,
    officers: Sequence[str],
    named: Sequence[str],
    groups: Sequence[str],
    kept: Mapping[str, Any],
    said: Callable[[Path], list[str]],
) -> list[AuditCheck]:
    """Check the files: their names, columns, hashes and texts, and that the map shows what the tables show."""
    files = sorted(p for p in pack.folder.rglob("*") if p.is_file())
    strange = [
        p.relative_to(pack.folder).as_posix()
        for p in files
        if not FILES.fullmatch(p.relative_to(pack.folder).as_posix())
    ]
    checks = [AuditCheck("the folder holds nothing but the pack", not strange, listed(strange, 5))]
    columns = {p.name: [c.strip().casefold() for c in _header(p)] for p in files if p.suffix == ".csv"}
    points = [f"{n}: {c}" for n, found in columns.items() for c in found if c in COORDINATES]
    checks.append(AuditCheck("no table has coordinates", not points, listed(points, 5)))
    about = (
        {g.casefold() for g in groups}
        | {f"group_{g}".casefold() for g in groups}
        | {"ethnicity", "religion", "nationality"}
    )
    counted = [f"{n}: {c}" for n, found in columns.items() for c in found if c in about]
    checks.append(AuditCheck("no table counts a group of residents", not counted, listed(counted, 5)))
    allowed = {n.casefold() for n in named}
    secret = {o for o in officers if len(o) > 3 and not o.isdigit() and o.casefold() not in allowed}
    seen: list[str] = []
    for file in files:
        text = "\n".join(said(file))
        seen += [f"{o} in {file.name}" for o in secret if o in text]
    checks.append(AuditCheck("no officer is named without consent", not seen, listed(seen, 5)))
    hashes: dict[str, str] = kept.get("files", {})
    changed = [n for n, h in hashes.items() if not (pack.folder / n).is_file() or file_hash(pack.folder / n) != h]
    added = [p.name for p in files if p.name not in hashes and p.name not in strange]
    if kept:
        detail = f"changed: {listed(changed, 5)}" if changed else f"not recorded: {listed(added, 5)}" if added else ""
        checks.append(AuditCheck("every file is as it passed the gate", not changed and not added, detail))
    shown = {c.key[1]: c.shown for c in pack.residents if c.key[0] == "beat"}
    for file in (p for p in files if p.name.startswith("map") and p.suffix == ".html"):
        found = re.search(
            r'<script type="application/json" id="figures">(.*?)</script>', file.read_text("utf-8"), re.DOTALL
        )
        figures = json.loads(found[1]) if found else None
        other = None if not is_dict(figures) else [b for b, v in figures.items() if v != shown.get(b)]
        detail = "its figures are missing" if other is None else f"beat {listed(other, 5)}" if other else ""
        checks.append(AuditCheck(f"{file.name} shows the figures of the tables", not detail, detail))
    return checks


def _kept(record: Path | None) -> Table:
    """Return the gate's record; empty where an outsider audits."""
    if record is None or not record.is_file():
        return {}
    try:
        found = read_json(record.read_text("utf-8"))
    except ValueError:
        return {}
    return found if is_dict(found) else {}


def _numbers(pack: Published, kept: Mapping[str, Any], said: Callable[[Path], list[str]]) -> list[AuditCheck]:
    """Read every file back, and find the numbers that have no entry in the register."""
    if "register" not in kept:
        return []
    strange: list[str] = []
    register = Register.from_json(kept["register"])
    for file in sorted(p for p in pack.folder.iterdir() if p.is_file()):
        strange += [f"{file.name}: {found}" for found in register.missing(said(file))]
    return [AuditCheck("every number has an entry in the register", not strange, "; ".join(strange[:5]))]


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), list[str]())
