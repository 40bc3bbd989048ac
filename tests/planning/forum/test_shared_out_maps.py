"""The maps of a pack are drawn by several processes in small shares; what comes of it is the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pytest
import shapely

from beatplanner.data.publish.public.plan import PublicPlan
from beatplanner.data.side_work import SideWork, Task
from beatplanner.planning.forum.public import maps as of_maps
from beatplanner.planning.forum.public.maps import Maps


class Beside(SideWork):
    """A second process that begins nothing, and what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Task] = []

    def give(self, what: Any, *arguments: Any, progress: Any = None) -> Task:
        """Note the task."""
        task = super().give(what, *arguments, progress=progress)
        self.given.append(task)
        return task


def maps_of(beats: int) -> Maps:
    squares = [shapely.box(1000 * k, 0, 1000 * (k + 1), 1000) for k in range(beats)]
    ids = [str(k + 1) for k in range(beats)]
    units = gpd.GeoDataFrame(
        {"unit": ids, "name": [f"Place {k}" for k in ids], "beat": ids}, geometry=squares, crs="EPSG:32634"
    )
    plan = PublicPlan("Town", True, units, gpd.GeoDataFrame(units[["beat", "geometry"]]), None)
    tables: Any = SimpleNamespace(streets=None, waters=None)
    return Maps(plan, tables, [], {k: f"Beat {k}" for k in ids}, {})


def test_shares_are_small_and_all_beats_are_drawn_once(monkeypatch: pytest.MonkeyPatch):
    drawn: list[str] = []
    draw = of_maps.draw_beat

    def noted(plan: PublicPlan, beat: str, **how: Any) -> Any:
        drawn.append(beat)
        return draw(plan, beat, **how)

    monkeypatch.setattr(of_maps, "draw_beat", noted)
    alone, together = maps_of(9), maps_of(9)
    alone.draw_all(SideWork())
    frames = len(alone.beats)
    assert sorted(set(drawn)) == [str(k) for k in range(1, 10)] and len(drawn) == frames
    side = Beside()
    side.threads.append(None)  # type: ignore[arg-type]  # a process that is there and busy
    together.draw_all(side)
    # two processes: eight shares at least, so that the last one is short
    assert [len(task.arguments[1]) for task in side.given] == [2, 2, 2, 2, 1]
    assert together.beats == alone.beats and together.pixels == alone.pixels
    assert list(together.pixels) == [str(k) for k in range(1, 10)]
