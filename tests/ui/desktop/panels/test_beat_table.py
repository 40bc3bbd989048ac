"""The table of beats reads each column out of its frame once: a painted stroke asks for thousands of cells."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import ClassVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pandas as pd
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import Qt

from beatplanner.ui.desktop.panels.beat_table import COLUMNS, BeatTable


class Counted(pd.DataFrame):
    """A frame that counts what is taken out of it."""

    taken: ClassVar[list[str]] = []

    def __getitem__(self, key):
        self.taken.append(key)
        return super().__getitem__(key)


def test_all_cells_in_all_roles_take_each_column_once(qapp):
    beats = Counted({column: [7, 8, 9] for _, column, _ in COLUMNS} | {"beat": ["1", "2", "3"], "name": list("abc")})
    table = BeatTable(SimpleNamespace(plan=None, given_names={"2": "Mill"}, as_drawn=None, drawn=None))
    table.take_today(beats)
    table._drawn = drawn = pd.DataFrame(beats).assign(workload=[7, 80, 9])
    Counted.taken.clear()
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.FontRole, Qt.ItemDataRole.ToolTipRole)
    cells = [
        [table.data(table.index(r, c), role) for r in range(3) for c in range(len(COLUMNS))]
        for role in (*roles, *roles)
    ]
    # and the ids once more, for where each is
    assert cells[:3] == cells[3:] and 0 < len(Counted.taken) <= len(COLUMNS) + 1
    at = [column for _, column, _ in COLUMNS].index("workload")
    hours = [table.data(table.index(r, at), Qt.ItemDataRole.ToolTipRole) for r in range(3)]
    assert hours[0] is None and "7" not in str(hours[0]) and "8" in hours[1]
    assert [table.beat(r) for r in range(3)] == list(drawn["beat"])
    assert table.data(table.index(1, 1)) == "Mill"
