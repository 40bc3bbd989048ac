"""Colours belong to the beat: the first plan shows today's beats as they were seen before it, and plans of older versions are still true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beatplanner.data.colours import FILLS, alike, beat_colours, neighbours, older_beat_colours, today_colours
from beatplanner.data.description.read import read_description
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.plan import given_beats
from beatplanner.planning.verification.beat_figures import check_polygons
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.whole.tables import beat_polygons
from beatplanner.planning.workload import plan_workload
from conftest import write_grid_town

# Ids that like the same colour best, so that neighbours decide; each beat is a square of four units.
IDS = {"1": "22", "2": "8", "3": "15", "4": "1"}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    read = read_town(read_description(write_grid_town(tmp_path_factory.mktemp("colours")).project))
    units = read.units.assign(current=[IDS[b] for b in read.units["current"]])
    return replace(read, units=units, beat_names={})


def plan_of(town, beat=None):
    beat = town.units["current"].to_numpy(object) if beat is None else beat
    return beat_polygons(town, given_beats(town, plan_workload(town), beat))


def colours(frame) -> dict[str, str]:
    return dict(zip(frame["beat"], frame["colour"], strict=True))


def seen(town) -> dict[str, str]:
    """Return the colours that the window shows."""
    pytest.importorskip("PySide6.QtGui", reason="Qt's system libraries are missing", exc_type=ImportError)
    from beatplanner.ui.desktop.map.cartography import fills_of_beats
    from beatplanner.ui.desktop.map.map_content import MapContent
    from beatplanner.ui.desktop.session.session import OpenTown

    scenario = OpenTown()
    scenario.town = town
    return fills_of_beats(MapContent(scenario))


def with_own(town, own: dict[str, str]):
    description = town.description
    rules = description.beats.model_copy(update={"colours": own})
    return replace(town, description=description.model_copy(update={"beats": rules}))


def test_the_first_plan_has_the_colours_that_todays_beats_were_shown_with(town):
    assert colours(plan_of(town)) == seen(town)
    # a colour that was chosen stays, and only a neighbour that looks like it has another
    taken = seen(town)["8"]
    chosen = with_own(town, {"15": taken})
    assert colours(plan_of(chosen)) == seen(chosen)
    assert {b for b, c in seen(chosen).items() if c != seen(town)[b]} == {"15", "8"}


def test_beats_that_live_on_keep_their_colour_beside_new_ones(town):
    beat = town.units["current"].to_numpy(object).copy()
    # a unit moves, and another beat is made of two units of a third
    beat[1] = next(b for b in beat if b != beat[1])
    beat[np.flatnonzero(beat == "15")[:2]] = "29"
    frame = plan_of(town, beat)
    today, found = seen(town), colours(frame)
    assert {b: found[b] for b in IDS.values()} == today and found["29"] in FILLS
    for i, near in enumerate(neighbours(frame.geometry.to_numpy())):
        assert not any(alike(frame["colour"].iat[i], frame["colour"].iat[j]) for j in near)
    # whatever the order of the rows
    before = today_colours(town.units["current"].to_numpy(object), town.units.geometry.to_numpy())
    bare = frame.drop(columns="colour")
    for order in (slice(None, None, -1), [2, 0, 4, 1, 3]):
        assert beat_colours(bare.iloc[order], before=before) == found
        assert beat_colours(bare.iloc[order]) == beat_colours(bare)


def test_colours_of_older_plans_are_true_and_forged_ones_are_not(town):
    town = with_own(town, {"1": "#123456"})
    beat = town.units["current"].to_numpy(object).copy()
    beat[np.flatnonzero(beat == "15")[:2]] = "29"
    # the rows of an older plan stood in any order
    frame = plan_of(town, beat).iloc[[4, 2, 0, 3, 1]]
    older = older_beat_colours(frame, {"1": "#123456"})
    assert older != colours(frame)

    def judged(said: dict[str, str]) -> str:
        ledger = Ledger()
        beats = frame.assign(colour=[said[b] for b in frame["beat"]]).set_index("beat", drop=False)
        units = town.units.assign(beat=beat)
        check_polygons(ledger, Evidence(units, beats, town.edges, None, {}, town.description, None))
        return next(c.state for c in ledger.checks if c.name == "beats.colour")

    assert judged(colours(frame)) == judged(older) == "checked"
    for b in frame["beat"]:
        assert judged(colours(frame) | {b: "#010203"}) == judged(older | {b: "#010203"}) == "wrong"
    # a part of one and a part of the other is neither
    apart = [b for b in older if older[b] != colours(frame)[b]]
    assert len(apart) > 1 and judged(older | {apart[0]: colours(frame)[apart[0]]}) == "wrong"
