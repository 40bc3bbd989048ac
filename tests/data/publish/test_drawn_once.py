"""What the maps of a pack share is made once, and looked for together, with the same result as one by one."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.publish.public.map_labels import box_of, free_places, is_free
from beatplanner.data.publish.public.map_sheet import PaperSheet
from beatplanner.data.publish.public.pack_maps import draw_beat
from beatplanner.data.publish.public.plan import PublicPlan


def counted(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> list[object]:
    """Return a list that grows with each call of a function."""
    calls: list[object] = []
    real = getattr(place, name)

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(place, name, call)
    return calls


@pytest.mark.parametrize("bold", [False, True])
def test_places_looked_at_together_are_those_looked_at_one_by_one(bold: bool):
    random = np.random.default_rng(3)
    corners = random.uniform(0, 90, (60, 2))
    taken = np.hstack([corners, corners + random.uniform(0.5, 12, (60, 2))])
    places = random.uniform(-5, 105, (500, 2))
    boxes = [box_of("Ohrid", x, y, 2.6, bold=bold) for x, y in places.tolist()]
    one_by_one = [k for k, box in enumerate(boxes) if is_free(box, [tuple(t) for t in taken.tolist()], 100, 100)]
    assert 20 < len(one_by_one) < 480
    assert list(free_places("Ohrid", places, 2.6, taken, 100, 100, bold=bold)) == one_by_one


def test_nothing_taken_leaves_all_that_is_in_the_frame():
    places = np.array([[50.0, 50.0], [0.0, 50.0]])
    assert list(free_places("A", places, 2.6, np.empty((0, 4)), 100, 100)) == [0]


def test_a_shape_that_is_filled_and_outlined_has_its_path_made_once(monkeypatch: pytest.MonkeyPatch):
    sheet, shape = PaperSheet(0.0, 100.0, 1.0, 100.0, 100.0), shapely.box(10, 10, 60, 40)
    made = counted(monkeypatch, shapely, "simplify")
    sheet.draw(shape, fill="#fff")
    sheet.draw(shape, line="#000", dash="1 1")
    assert len(made) == 1
    assert len({part.split('"')[1] for part in sheet.parts[-2:]}) == 1
    # another shape, also one that is gone at once, has its own
    sheet.draw(shapely.box(10, 10, 60, 50), fill="#fff")
    assert len(made) == 2
    assert sheet.parts[-1].split('"')[1] != sheet.parts[-2].split('"')[1]


def test_the_town_is_put_together_once_for_the_maps_of_all_beats(monkeypatch: pytest.MonkeyPatch):
    squares = [shapely.box(1000 * k, 0, 1000 * (k + 1), 1000) for k in range(6)]
    units = gpd.GeoDataFrame(
        {"unit": [f"u{k}" for k in range(6)], "name": [f"Place {k}" for k in range(6)], "beat": list("112233")},
        geometry=squares,
        crs="EPSG:32634",
    )
    beats = units[["beat", "geometry"]].dissolve("beat").reset_index()
    plan = PublicPlan("Town", True, units, gpd.GeoDataFrame(beats), None)
    put_together = counted(monkeypatch, geometry, "dissolve")
    drawn = [
        draw_beat(plan, b, width=182, height=104, streets=None, waters=None, names={k: f"Beat {k}" for k in "123"})
        for b in "123"
    ]
    assert len(put_together) == 1
    assert all("Place" in d.svg for d in drawn)
