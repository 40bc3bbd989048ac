"""The one way to a public file: what is to be written is read through, and a number without an entry in the register stops the pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd

from beatplanner.data.publish.public.beat_pages import pictures_in, write_beat_pages
from beatplanner.data.publish.public.figures import LAYOUT, Register
from beatplanner.data.publish.public.forum_files import write_json, write_minutes, write_proposal, write_tables
from beatplanner.data.publish.public.forum_map import write_forum_map
from beatplanner.data.publish.public.forum_picture import write_picture
from beatplanner.data.publish.public.map_words import Ground, MapWords
from beatplanner.data.publish.public.pack_pdf import write_pack_pdf
from beatplanner.data.publish.public.plan import PublicPlan
from beatplanner.data.publish.public.public_layers import write_public_layers
from beatplanner.data.side_work import PageProgress, SideWork, Task


class Press:
    """Writes public files into a folder.

    Parameters
    ----------
    folder
        The folder ``forum``.
    register
        Of the published numbers.

    Raises
    ------
    UnregisteredNumberError
        By every method, where a number has no entry.
    """

    def __init__(self, folder: Path, register: Register) -> None:
        self.folder, self.register = folder, register

    def pdf(self, name: str, content: Mapping[str, object], pictures: Mapping[str, bytes]) -> None:
        """Write the pack."""
        self.register.check(name, content, layout=LAYOUT)
        write_pack_pdf(self.folder / name, content, pictures)

    def beat_pages(
        self,
        name: str,
        pages: Sequence[tuple[str, Sequence[Mapping[str, object]]]],
        *,
        title: str,
        language: str,
        pictures: Mapping[str, bytes],
        draft: str = "",
        side: SideWork,
        progress: PageProgress | None = None,
    ) -> Task:
        """Have the pages for a word processor written, by another process where `side` has one that is free; collect the task to have them.

        `progress` is called with the pages that are written and those that there are.
        """
        self.register.check(name, [title, pages, draft], layout=LAYOUT)
        shown = {file: pictures[file] for file in pictures_in(pages, pictures)}
        said = {"title": title, "language": language, "pictures": shown, "draft": draft}
        return side.give(partial(write_beat_pages, self.folder / name, pages, **said), progress=progress)

    def map(self, name: str, plan: PublicPlan, words: MapWords, ground: Ground) -> None:
        """Write the map on screen; names and ids of its places are entered as such."""
        self._enter_names(plan)
        said: list[Any] = [[street, list(beats), line] for street, beats, line, _ in ground.streets]
        said += [[s.name, s.said, s.rows, list(s.beats)] for s in ground.signs]
        self.register.check(name, [asdict(words), said], layout=LAYOUT)
        write_forum_map(self.folder / name, plan, words, ground)

    def picture(
        self,
        name: str,
        plan: PublicPlan,
        *,
        title: str,
        subtitle: str,
        lines: list[str],
        names: Mapping[str, str],
        draft: str = "",
    ) -> None:
        """Write the picture."""
        self._enter_names(plan)
        self.register.check(name, [title, subtitle, lines, list(names.values()), draft])
        write_picture(self.folder / name, plan, title=title, subtitle=subtitle, lines=lines, names=names, draft=draft)

    def tables(
        self,
        tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]],
        heads: Mapping[str, str],
        cells: Mapping[str, Mapping[str, str]],
        card: Sequence[Sequence[str]],
        sheets: Mapping[str, str],
    ) -> None:
        """Write tables as CSV, and as workbooks with headings and codes in words, and the run card."""
        lines = [list(line) for line in card]
        self.register.check("tables", [[list(said.values()) for said in cells.values()], list(sheets.values())])
        for name, (header, rows) in tables.items():
            self.register.check(name, [list(header), [heads.get(h, h) for h in header], [list(r) for r in rows], lines])
        write_tables(self.folder, tables, heads, cells, card, sheets)

    def json(self, name: str, content: Any) -> None:
        """Write a record."""
        self.register.check(name, content)
        write_json(self.folder / name, content)

    def minutes(
        self,
        name: str,
        columns: Sequence[str],
        forums: Sequence[tuple[str, str]],
        guide: str,
        card: Sequence[Sequence[str]],
        sheets: Mapping[str, str],
    ) -> None:
        """Write the sheet of minutes."""
        self.register.check(name, [list(columns), list(forums), guide, [list(line) for line in card]])
        write_minutes(self.folder / name, columns, forums, guide, card, sheets)

    def proposal(
        self,
        name: str,
        columns: Mapping[str, str],
        units: Sequence[tuple[Any, str, str]],
        beats: Sequence[tuple[str, str]],
        guide: str,
        card: Sequence[Sequence[str]],
        sheets: Mapping[str, str],
    ) -> None:
        """Write the sheet of a counter-proposal."""
        lines = [list(line) for line in card]
        self.register.check(name, [list(columns.values()), list(units), list(beats), guide, lines])
        write_proposal(self.folder / name, columns, units, beats, guide, card, sheets)

    def layers(self, name: str, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
        """Write map layers; every column but the shape is read through."""
        for layer, frame in layers.items():
            table = frame.drop(columns="geometry")
            content = table.astype(object).where(table.notna(), None).to_numpy().tolist()
            self.register.check(f"{name}, {layer}", [[_plain(v) for v in row] for row in content])
        write_public_layers(self.folder / name, layers)

    def _enter_names(self, plan: PublicPlan) -> None:
        for frame, columns in (
            (plan.units, ("unit", "name", "municipality", "current", "beat")),
            (plan.beats, ("beat", "name", "municipality")),
            (plan.stations, ("station", "name", "near")),
        ):
            for column in columns:
                if frame is not None and column in frame:
                    for value in frame[column].dropna().unique():
                        self.register.enter("given", value)
        for posts in plan.beats["posts"]:
            self.register.enter("force", int(posts))
        self.register.enter("given", plan.project)


def _plain(value: Any) -> Any:
    """Return a cell as it is read: whole numbers without a decimal point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
