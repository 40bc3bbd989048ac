"""The privacy gate: what a forum pack may show, with everything that was shown before, and the audit of a pack that is written.

Every figure of a pack counts residents or incidents of some units. All figures of one kind (this pack's tables, the maps, earlier packs and
other scenarios that people have) make one system of sums over the areas into which old and new lines cut the town; `solver.suppression`
decides what is hidden, and tells what cannot be protected any more. Sensitive themes are told for municipalities only, and no theme is told from
less than twelve months of records.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import listed
from beatplanner.data.town.forum_tables import folder_of_pack
from beatplanner.solver.suppression import attack, protect, spans

HIDDEN = "*"
# A year of records, less what a short month costs.
DAYS_OF_A_YEAR = 360
# Parts of words, in the languages of the pack, by which categories about violence in the family, sexual violence, hate and minors are known.
SENSITIVE = (
    "domestic", "sex", "rape", "hate", "minor", "child", "juvenile", "famil", "dhun", "seksual", "urrejt", "mitur", "nasilje", "porod", "maloletn",
    "mržnj", "silovanj", "семеј", "семејно", "домашн", "семейн", "секс", "омраза", "малолет", "несовершеннолет", "ненавист", "насилств", "силува",
    "породи", "мржњ", "силовањ", "изнасил", "viol", "ură", "copii",
)  # fmt: skip
# What a pack may hold; anything else in its folder was not made by the gate.
FILES = re.compile(
    r"(pack|map|beat_pages|picture|proposal|beats|units|old_new|municipalities|concerns|streets|forums|invitations|minutes|report_back|questions"
    r"|run_card|privacy)(\.[a-z]{2}(-[A-Za-z]{4})?)?\.(pdf|html|docx|png|csv|xlsx|json)"
)
COORDINATES = {"x", "y", "lon", "lat", "longitude", "latitude", "easting", "northing", "geometry", "wkt", "geojson"}


@dataclass(frozen=True)
class Cell:
    """One figure.

    Attributes
    ----------
    table, row
        Where it stands, in words.
    key
        By which it is found again.
    members
        Positions of the units that it counts.
    before
        The pack in which people have it already; empty for the pack that is being made.
    shown
        Its value there; None where it was hidden, and in the pack that is being made.
    """

    table: str
    row: str
    key: tuple[str, ...]
    members: np.ndarray
    before: str = ""
    shown: int | None = None


@dataclass(frozen=True)
class Gate:
    """What may be shown.

    Attributes
    ----------
    values
        By key: the figure, or None where it is hidden.
    small, hidden
        Figures of this pack hidden for being small, and hidden in all.
    lost
        Share of the information of this pack's figures that hiding cost: log₂(1 + value) of hidden ones over all.
    leaks
        What cannot be protected any more, in words; the pack must not go out.
    slivers
        Areas between lines with few people that the tables were checked for, in words without counts.
    """

    values: dict[tuple[str, ...], int | None]
    small: int = 0
    hidden: int = 0
    lost: float = 0.0
    leaks: tuple[str, ...] = ()
    slivers: tuple[str, ...] = ()


def whole(counts: np.ndarray) -> np.ndarray:
    """Round counts to whole numbers so that their sum is rounded too: the largest remainders go up."""
    counts = np.nan_to_num(np.asarray(counts, float))
    down = np.floor(counts + 1e-9)
    up = round(float(counts.sum())) - int(down.sum())
    order = np.argsort(-(counts - down), kind="stable")[: max(0, up)]
    down[order] += 1
    return down


def pass_gate(counts: np.ndarray, cells: Sequence[Cell], names: Sequence[str], k: int, what: str = "residents") -> Gate:
    """Decide which figures of a pack are shown.

    Parameters
    ----------
    counts
        (n,) whole counts of the units.
    cells
        The figures of this pack, then those that people have.
    names
        (n,) names of the units, for messages.
    k
        Counts of 1..k−1 are small.
    what
        What is counted, for messages.

    Returns
    -------
    Gate
    """
    cells = [c for c in cells if len(c.members)]
    if not cells:
        return Gate({})
    sums, members = _atoms(cells, len(counts))
    atoms = np.array([counts[m].sum() for m in members])
    values = sums @ atoms
    # what people have from other data does not add up with today's, so it cannot be subtracted from it either
    other = np.array(
        [c.before != "" and c.shown is not None and c.shown != v for c, v in zip(cells, values, strict=True)]
    )
    if other.any():
        cells = [c for c, left_out in zip(cells, other, strict=True) if not left_out]
        return pass_gate(counts, cells, names, k, what)
    fixed = np.array([c.before != "" for c in cells])
    hidden_before = np.array([c.before != "" and c.shown is None for c in cells])
    found = protect(sums, atoms, k, fixed=fixed, hidden_before=hidden_before)
    leaks = [_leak(i, cells, members, atoms, values, names, what) for i in found.leaks]
    slivers = [
        _overlap(j, cells, sums)
        for j in np.flatnonzero((atoms > 0) & (atoms < k))
        if sums[:, [j]].sum() > 1 and len(members[j]) < min(len(c.members) for c in _holding(j, cells, sums))
    ]
    ours = ~fixed
    information = np.log2(1.0 + values[ours])
    return Gate(
        values={
            c.key: None if h else round(float(v))
            for c, h, v, f in zip(cells, found.hidden, values, fixed, strict=True)
            if not f
        },
        small=int((found.primary & ours).sum()),
        hidden=int((found.hidden & ours).sum()),
        lost=float(information[found.hidden[ours]].sum() / information.sum()) if information.sum() > 0 else 0.0,
        leaks=tuple(leaks),
        slivers=tuple(slivers),
    )


def _atoms(cells: Sequence[Cell], n: int) -> tuple[sparse.csr_array, list[np.ndarray]]:
    """Return which atoms each figure adds up, (m, atoms), and the units of each atom."""
    row = np.repeat(np.arange(len(cells)), [len(c.members) for c in cells])
    column = np.concatenate([c.members for c in cells]).astype(int)
    by_unit = sparse.csr_array((np.ones(len(row)), (column, row)), shape=(n, len(cells)))
    by_unit.sort_indices()
    alike: dict[bytes, list[int]] = {}
    for unit in np.unique(column):
        pattern = by_unit.indices[by_unit.indptr[unit] : by_unit.indptr[unit + 1]]
        alike.setdefault(pattern.astype(np.int64).tobytes(), []).append(int(unit))
    members = [np.array(units) for units in alike.values()]
    index = [np.frombuffer(pattern, dtype=np.int64) for pattern in alike]
    rows = np.concatenate(index)
    columns = np.repeat(np.arange(len(index)), [len(i) for i in index])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(cells), len(index))), members


def _holding(atom: int, cells: Sequence[Cell], sums: sparse.csr_array) -> list[Cell]:
    return [cells[i] for i in sums[:, [atom]].nonzero()[0]]


def _overlap(atom: int, cells: Sequence[Cell], sums: sparse.csr_array) -> str:
    """Name an area between lines by the smallest figures that hold it."""
    holding = sorted(_holding(atom, cells, sums), key=lambda c: len(c.members))
    rows = list(dict.fromkeys(_title(c) for c in holding))[:3]
    return " and ".join(rows)


def _title(cell: Cell) -> str:
    return f"{cell.row} ({cell.before + ', ' if cell.before else ''}{cell.table})"


def _leak(index, cells, members, atoms, values, names, what: str) -> str:
    if index < len(cells):
        cell = cells[index]
        return f"{_title(cell)} gives away {values[index]:,.0f} {what}"
    units = members[index - len(cells)]
    holding = sorted((c for c in cells if np.isin(units, c.members).all()), key=lambda c: len(c.members))
    where = " and ".join(dict.fromkeys(_title(c) for c in holding[:2]))
    return (f"subtracting published figures gives away {atoms[index - len(cells)]:,.0f} {what} in "
            f"{listed([names[u] for u in units], 4)}, where {where} overlap")  # fmt: skip


# ---- what a pack shows


@dataclass(frozen=True)
class Areas:
    """The units of a pack, and the areas that its figures are for.

    Attributes
    ----------
    unit, name, municipality
        (n,) text.
    beat, current
        (n,) new and today's beat, text or None.
    within
        (n,) whether a station is within the walking limit; None where there are no stations.
    beat_names
        Name of each new beat.
    """

    unit: list[str]
    name: list[str]
    municipality: list[str]
    beat: list[str | None]
    current: list[str | None]
    within: list[bool] | None
    beat_names: dict[str, str]

    def where(self, column: Sequence[Any]) -> dict[str, np.ndarray]:
        """Return the positions of each value of a column, None aside, in a fixed order."""
        found: dict[str, list[int]] = {}
        for i, value in enumerate(column):
            if value is not None:
                found.setdefault(str(value), []).append(i)
        return {value: np.array(found[value]) for value in sorted(found)}


def resident_cells(areas: Areas) -> list[Cell]:
    """Return the figures of a pack that count residents."""
    everyone = np.arange(len(areas.unit))
    cells = [Cell("municipalities.csv", "everyone", ("town",), everyone)]
    for name, members in areas.where(areas.municipality).items():
        cells.append(Cell("municipalities.csv", name or "everyone", ("municipality", name), members))
    for beat, members in areas.where(areas.beat).items():
        cells.append(Cell("beats.csv", f"beat {areas.beat_names.get(beat, beat)}", ("beat", beat), members))
    pairs = [None if b is None or c is None else f"{c}\0{b}" for b, c in zip(areas.beat, areas.current, strict=True)]
    for pair, members in areas.where(pairs).items():
        old, new = pair.split("\0")
        row = f"from today's beat {old} to beat {areas.beat_names.get(new, new)}"
        cells.append(Cell("old_new.csv", row, ("pair", old, new), members))
    if areas.within is not None:
        inside = [b if w else None for b, w in zip(areas.beat, areas.within, strict=True)]
        for beat, members in areas.where(inside).items():
            row = f"beat {areas.beat_names.get(beat, beat)}, within the walking limit"
            cells.append(Cell("beats.csv", row, ("within", beat), members))
    return cells


def concern_cells(areas: Areas, sensitive: bool) -> list[Cell]:
    """Return the figures of a pack that count the incidents of one theme: sensitive ones not below the municipality."""
    cells = [Cell("concerns.csv", "everyone", ("town",), np.arange(len(areas.unit)))]
    for name, members in areas.where(areas.municipality).items():
        cells.append(Cell("concerns.csv", name or "everyone", ("municipality", name), members))
    if not sensitive:
        for beat, members in areas.where(areas.beat).items():
            cells.append(Cell("concerns.csv", f"beat {areas.beat_names.get(beat, beat)}", ("beat", beat), members))
    return cells


def is_sensitive(category: str, more: Iterable[str] = ()) -> bool:
    """Tell whether a category of incidents must not be told below the municipality."""
    folded = category.casefold()
    return any(part in folded for part in SENSITIVE) or folded in {m.casefold() for m in more}


# ---- reading what is published


@dataclass(frozen=True)
class Published:
    """A pack as people have it.

    Attributes
    ----------
    folder
        The folder ``forum``.
    name
        How it is called in messages.
    areas
        Its units and beats.
    residents
        Its figures of residents, with what is shown.
    concerns
        The figures of each theme.
    faults
        What is wrong with its tables.
    card, privacy
        Its run card and the gate's record; empty where they are missing.
    """

    folder: Path
    name: str
    areas: Areas
    residents: list[Cell]
    concerns: dict[str, list[Cell]]
    faults: tuple[str, ...]
    card: dict[str, Any] = field(default_factory=dict)
    privacy: dict[str, Any] = field(default_factory=dict)


def read_published(path: Path) -> Published:
    """Read the tables of a pack.

    Raises
    ------
    InputError
        Where there is no pack, or a table cannot be read.
    """
    folder = folder_of_pack(path)
    name = folder.parent.name if folder.name == "forum" else folder.name
    units = _rows(folder / "units.csv", ("unit", "old_beat", "new_beat"))
    beats = _rows(folder / "beats.csv", ("beat", "name", "residents"))
    names = {r["beat"]: r["name"] for r in beats}
    muni_of_beat = {r["beat"]: r.get("municipality") or "" for r in beats}
    walks = [r.get("within_walk") or "" for r in units]
    areas = Areas(
        unit=[r["unit"] for r in units],
        name=[r.get("name") or r["unit"] for r in units],
        municipality=[r.get("municipality") or muni_of_beat.get(r["new_beat"], "") for r in units],
        beat=[r["new_beat"] or None for r in units],
        current=[r["old_beat"] or None for r in units],
        within=[w == "yes" for w in walks] if any(walks) else None,
        beat_names=names,
    )
    faults: list[str] = []
    shown: dict[tuple[str, ...], Any] = {}
    for row in beats:
        shown["beat", row["beat"]] = row["residents"]
        if "within_walk" in row:
            shown["within", row["beat"]] = row["within_walk"]
    if (folder / "municipalities.csv").is_file():
        for row in _rows(folder / "municipalities.csv", ("municipality", "residents")):
            key = ("town",) if row["municipality"] == "" else ("municipality", row["municipality"])
            shown[key] = row["residents"]
    if (folder / "old_new.csv").is_file():
        for row in _rows(folder / "old_new.csv", ("old_beat", "new_beat", "residents")):
            shown["pair", row["old_beat"], row["new_beat"]] = row["residents"]
    residents = _filled(resident_cells(areas), shown, name, faults)
    concerns: dict[str, list[Cell]] = {}
    if (folder / "concerns.csv").is_file():
        by_theme: dict[str, dict[tuple[str, ...], Any]] = {}
        for row in _rows(folder / "concerns.csv", ("level", "area", "theme", "incidents")):
            key = ("town",) if row["level"] == "town" else (row["level"], row["area"])
            by_theme.setdefault(row["theme"], {})[key] = row["incidents"]
        for theme, figures in by_theme.items():
            concerns[theme] = _filled(concern_cells(areas, sensitive=False), figures, name, faults)
    extras = {
        file: json.loads((folder / file).read_text("utf-8")) if (folder / file).is_file() else {}
        for file in ("run_card.json", "privacy.json")
    }
    return Published(
        folder, name, areas, residents, concerns, tuple(faults), extras["run_card.json"], extras["privacy.json"]
    )


def _rows(path: Path, wanted: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(problem(f"the table cannot be read ({error})", "Make the pack again", file=path)) from None
    missing = [w for w in wanted if rows and w not in rows[0]]
    if missing:
        raise InputError(
            problem(f"there is no column “{missing[0]}”", "Make the pack again", file=path, field=missing[0])
        )
    # what a spreadsheet must not take for a formula has an apostrophe before it
    return [
        {k: v[1:] if v and v[0] == "'" and v[1:2] in set("=+-@") else v or "" for k, v in r.items() if k} for r in rows
    ]


def _filled(cells: list[Cell], shown: dict[tuple[str, ...], Any], name: str, faults: list[str]) -> list[Cell]:
    """Return the figures with what a pack shows of them; figures that it does not have are left out."""
    found = []
    for cell in cells:
        value = shown.pop(cell.key, None)
        if value is None or value == "":
            continue
        text = str(value).replace(" ", "").replace(",", "")
        if text == HIDDEN or text.startswith("<"):
            found.append(replace(cell, before=name, shown=None))
        elif re.fullmatch(r"\d+", text):
            found.append(replace(cell, before=name, shown=int(text)))
        else:
            faults.append(f"{cell.table}, {cell.row}: “{value}” is no count")
    for key, value in shown.items():
        if value != "":
            faults.append(f"{' '.join(key)} stands in a table, but units.csv has no unit of it")
    return found


# ---- the audit


@dataclass(frozen=True)
class AuditCheck:
    """One check of a pack: what was checked, whether it holds, and where not."""

    name: str
    ok: bool
    detail: str = ""


def audit(path: Path, others: Sequence[Path] = (), counts: np.ndarray | None = None, officers: Sequence[str] = (),
          named: Sequence[str] = (), groups: Sequence[str] = ()) -> list[AuditCheck]:  # fmt: skip
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

    Returns
    -------
    list of AuditCheck

    Raises
    ------
    InputError
        Where there is no pack.
    """
    pack = read_published(path)
    rest = [read_published(p) for p in others]
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
        same = [p for p in rest if theme in p.concerns and p.privacy.get("period") == pack.privacy.get("period")]
        checks.append(_attacked(theme, [pack, *same], [p.concerns[theme] for p in (pack, *same)], k, None))
    checks += _themes(pack)
    checks += _contents(pack, officers, named, groups)
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
        wrong = [f"{_title(c)} shows {c.shown}, is {counts[c.members].sum():,.0f}" for c in cells
                 if c.shown is not None and c.shown != counts[c.members].sum()]  # fmt: skip
        if wrong:
            return AuditCheck(name, False, "; ".join(wrong[:5]))
    sums, members = _atoms(cells, len(first.unit))
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
    except ValueError:
        return AuditCheck(name, False, "the figures do not add up: a table was changed")
    narrow = spans(low, high) < k
    if counts is None:
        # without the true counts only areas that surely hold few people are known to be small
        surely = (np.ceil(low - 1e-6) >= 1) & (np.floor(high + 1e-6) < k)
        narrow &= (index < m) | surely
    found = []
    for i in np.flatnonzero(narrow):
        target = index[i]
        title = _title(cells[target]) if target < m else (
            f"the {what} of {listed([first.name[u] for u in members[target - m]], 4)}, where {_overlap(int(target) - m, cells, sums)} overlap")  # fmt: skip
        found.append(f"{title}: between {np.ceil(low[i] - 1e-6):,.0f} and {np.floor(high[i] + 1e-6):,.0f}")
    return AuditCheck(name, not found, "; ".join(found[:5]) if found else f"{len(index)} counts attacked")


def _themes(pack: Published) -> list[AuditCheck]:
    checks = []
    sensitive = set(pack.privacy.get("sensitive", []))
    below = [
        f"{theme} in {c.row}"
        for theme, cells in pack.concerns.items()
        if theme in sensitive or is_sensitive(theme)
        for c in cells
        if c.key[0] == "beat"
    ]
    checks.append(AuditCheck("sensitive themes are told for municipalities only", not below, "; ".join(below[:5])))
    days = (pack.privacy.get("period") or {}).get("days")
    if pack.concerns:
        long_enough = isinstance(days, int | float) and days >= DAYS_OF_A_YEAR
        said = f"they cover {days:,.0f} days" if isinstance(days, int | float) else "no period is recorded"
        checks.append(
            AuditCheck(
                "themes are told from at least twelve months of records", long_enough, "" if long_enough else said
            )
        )
    return checks


def _contents(
    pack: Published, officers: Sequence[str], named: Sequence[str], groups: Sequence[str]
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
    told = [f"{n}: {c}" for n, found in columns.items() for c in found if c in about]
    checks.append(AuditCheck("no table counts a group of residents", not told, listed(told, 5)))
    allowed = {n.casefold() for n in named}
    secret = {o for o in officers if len(o) > 3 and not o.isdigit() and o.casefold() not in allowed}
    seen: list[str] = []
    for file in files:
        text = _text_of(file)
        seen += [f"{o} in {file.name}" for o in secret if o in text]
    checks.append(AuditCheck("no officer is named without consent", not seen, listed(seen, 5)))
    hashes: dict[str, str] = pack.privacy.get("files", {})
    changed = [n for n, h in hashes.items() if not (pack.folder / n).is_file() or hash_of(pack.folder / n) != h]
    added = [p.name for p in files if p.name not in hashes and p.name != "privacy.json" and p.name not in strange]
    detail = f"changed: {listed(changed, 5)}" if changed else f"not recorded: {listed(added, 5)}" if added else ""
    checks.append(AuditCheck("every file is as it passed the gate", bool(hashes) and not changed and not added,
                             detail or ("" if hashes else "there is no privacy.json")))  # fmt: skip
    shown = {c.key[1]: c.shown for c in pack.residents if c.key[0] == "beat"}
    for file in (p for p in files if p.name.startswith("map") and p.suffix == ".html"):
        found = re.search(
            r'<script type="application/json" id="figures">(.*?)</script>', file.read_text("utf-8"), re.DOTALL
        )
        figures = json.loads(found[1]) if found else None
        other = None if figures is None else [b for b, v in figures.items() if v != shown.get(b)]
        detail = "its figures are missing" if other is None else f"beat {listed(other, 5)}" if other else ""
        checks.append(AuditCheck(f"{file.name} shows the figures of the tables", not detail, detail))
    return checks


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


def _text_of(path: Path) -> str:
    """Return the text of a file in which a name could stand; a PDF's and a picture's are made from the same texts as the beat pages."""
    if path.suffix in {".csv", ".html", ".json"}:
        return path.read_text("utf-8", errors="replace")
    if path.suffix == ".docx":
        from zipfile import ZipFile

        with ZipFile(path) as archive:
            return re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode("utf-8"))
    return ""


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
