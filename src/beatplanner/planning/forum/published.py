"""Reading the tables of a pack as people have them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict, cast

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.paths import leads_elsewhere, whole_path
from beatplanner.data.result.cells import HIDDEN, read_rows
from beatplanner.data.result.strict_json import read_json
from beatplanner.data.town.forum_tables import folder_of_pack
from beatplanner.planning.forum.areas import PackAreas, concern_cells, resident_cells
from beatplanner.planning.forum.gate import Cell

# Of small counts at most.
MOST_THRESHOLD = 1_000_000


class StatedGate(TypedDict, total=False):
    """What a pack's run card says of its privacy gate, as far as an older pack says it; checked when it is read."""

    threshold: int
    sensitive: list[str]
    period: Mapping[str, object] | None


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
    posts
        Posts of each beat, where it tells them.
    card, privacy
        Its run card, and what that says of threshold, period and sensitive themes; empty where they are missing.
    """

    folder: Path
    name: str
    areas: PackAreas
    residents: list[Cell]
    concerns: dict[str, list[Cell]]
    faults: tuple[str, ...]
    card: Mapping[str, object] = field(default_factory=dict[str, object])
    privacy: StatedGate = field(default_factory=lambda: StatedGate())
    posts: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def period(self) -> Mapping[str, object] | None:
        """The months that its themes are from; None where it tells none."""
        return self.privacy.get("period")


def read_published_pack(path: Path) -> Published:
    """Read the tables of a pack.

    Raises
    ------
    InputError
        Where there is no pack, or a table cannot be read.
    """
    folder = folder_of_pack(path)
    name = folder.parent.name if folder.name == "forum" else folder.name
    _without_links(folder)
    units = _rows(folder / "units.csv", ("unit", "old_beat", "new_beat"))
    if not units:
        raise InputError(problem("the table has no rows", "Make the pack again", file=folder / "units.csv"))
    beats = _rows(folder / "beats.csv", ("beat", "name", "residents"))
    names = {r["beat"]: r["name"] for r in beats}
    muni_of_beat = {r["beat"]: r.get("municipality") or "" for r in beats}
    walks = [r.get("within_walk") or "" for r in units]
    areas = PackAreas(
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
            if row["municipality"] == "":
                shown["within_town",] = row.get("within_walk") or ""
                shown["moved",] = row.get("moved") or ""
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
    card = _record(folder / "run_card.json")
    # packs of older versions told their period in a record of the gate
    older = _record(folder / "privacy.json")
    posts = {r["beat"]: float(r["posts"]) for r in beats if re.fullmatch(r"\d{1,6}", r.get("posts") or "")}
    privacy = _gate_of(card.get("privacy") or older, folder)
    return Published(folder, name, areas, residents, concerns, tuple(faults), card, privacy, posts)


def _without_links(folder: Path) -> None:
    """Raise InputError where a pack has a link that leads out of it, which would be read as if it were the pack's, or a pipe, which is never read through."""
    for path in folder.rglob("*"):
        if leads_elsewhere(path) and whole_path(folder) not in whole_path(path).parents:
            what = "the file is a link to a place outside the pack"
            raise InputError(problem(what, "Copy the pack without links", file=path))
        if not path.is_file() and not path.is_dir():
            raise InputError(problem("this is no plain file", "Copy the pack without it", file=path))


def _gate_of(privacy: object, folder: Path) -> StatedGate:
    """Return what a pack says of its gate; InputError where no program of ours wrote it."""
    found = privacy if is_dict(privacy) else {}
    k, sensitive, period = found.get("threshold", 5), found.get("sensitive", []), found.get("period")
    right = isinstance(k, int) and not isinstance(k, bool) and 1 <= k <= MOST_THRESHOLD
    right = right and is_list(sensitive) and all(isinstance(s, str) for s in sensitive)
    if found is not privacy or not right or not (period is None or isinstance(period, dict)):
        what = "what the pack says of its privacy gate is not what this program writes"
        raise InputError(problem(what, "Make the pack again", file=folder / "run_card.json", field="privacy"))
    return cast(StatedGate, found)


def _record(path: Path) -> Mapping[str, object]:
    if not path.is_file():
        return {}
    try:
        found = read_json(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            problem(f"the record cannot be read ({cause(error)})", "Make the pack again", file=path)
        ) from None
    return found if is_dict(found) else {}


def _rows(path: Path, wanted: Sequence[str]) -> list[dict[str, str]]:
    try:
        rows = read_rows(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            problem(f"the table cannot be read ({cause(error)})", "Make the pack again", file=path)
        ) from None
    missing = [w for w in wanted if rows and w not in rows[0]]
    if missing:
        raise InputError(
            problem(f"there is no column “{missing[0]}”", "Make the pack again", file=path, field=missing[0])
        )
    return rows


def _filled(cells: list[Cell], shown: dict[tuple[str, ...], Any], name: str, faults: list[str]) -> list[Cell]:
    """Return the figures with what a pack shows of them; figures that it does not have are left out."""
    found: list[Cell] = []
    for cell in cells:
        value = shown.pop(cell.key, None)
        if value is None or value == "":
            continue
        text = str(value).replace(" ", "").replace(",", "")
        if text == HIDDEN or text.startswith("<"):
            found.append(replace(cell, before=name, shown=None))
        elif re.fullmatch(r"\d{1,12}", text):
            found.append(replace(cell, before=name, shown=int(text)))
        else:
            faults.append(f"{cell.table}, {cell.row}: “{value}” is no count")
    for key, value in shown.items():
        if value != "":
            faults.append(f"{' '.join(key)} stands in a table, but units.csv has no unit of it")
    return found
