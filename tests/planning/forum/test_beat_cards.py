"""Cards of beats, counted by hand on the grid town."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.forum.beat_cards import BeatBook
from beatplanner.planning.forum.beat_figures import beat_figures
from beatplanner.planning.whole.run import run
from conftest import write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def grid(planned_once):
    tables = read_result(planned_once.folder / "plan")
    return tables, read_town(read_description(planned_once.project))


@pytest.fixture(scope="module")
def book(grid):
    return BeatBook(*grid).read()


def test_sums_are_those_of_the_units(book):
    units = book.tables.units
    for beat in book.ids:
        card, own = book.card(beat), units[units["beat"].astype(str) == beat]
        assert card.residents == pytest.approx(own["population"].sum())
        assert card.hours == pytest.approx(own["workload"].sum())
        assert card.reactive + card.community + card.fixed == pytest.approx(card.hours)
        assert card.units == len(own)
        assert card.area_km2 == pytest.approx(0.25 * len(own))
    mean = book.tables.beats.groupby("municipality")["workload"].mean()
    for beat in book.ids:
        card = book.card(beat)
        assert card.mean == pytest.approx(mean[card.municipality])
        assert card.deviation == pytest.approx(card.hours / card.mean - 1)
        assert card.lower <= card.hours <= card.upper


def test_hours_of_a_relaxed_tolerance_are_not_said_to_be_allowed(grid):
    tables, town = grid
    beats = {**tables.summary["beats"], "smallest_tolerance": {"impossible_below": None, "found": 0.126}}
    book = BeatBook(replace(tables, summary={**tables.summary, "beats": beats}), town).read()
    card = book.card(book.ids[0])
    assert card.lower is None and card.upper is None and card.mean > 0


def test_a_made_up_station_is_called_on_the_card_as_on_the_maps(grid):
    tables, town = grid
    sites = pd.DataFrame({"station": tables.stations["station"].astype(str), "state": "generated"})
    made_up = BeatBook(replace(tables, sites=sites), town).read()
    said = {made_up.card(beat).station for beat in made_up.ids}
    assert said and all(s.startswith("a place near ") and s.endswith(", still to be chosen") for s in said)


def test_problems_are_counted_by_kind_hour_and_weekday(book, grid):
    incidents = grid[1].incidents
    beat_of = dict(enumerate(book.tables.units["beat"].astype(str)))
    inside = incidents[incidents["unit"] >= 0]
    for beat in book.ids:
        own = inside[[beat_of[u] == beat for u in inside["unit"]]]
        problems = book.card(beat).problems
        assert dict(problems.by_category) == own["category"].value_counts().to_dict()
        assert problems.by_hour == tuple(int((own["time"].dt.hour == h).sum()) for h in range(24))
        assert problems.by_weekday == tuple(int((own["time"].dt.weekday == d).sum()) for d in range(7))
        assert problems.sensitive == ()


def test_sensitive_kinds_are_told_for_the_municipality_only(grid):
    tables, town = grid
    harm = np.where(np.arange(len(town.incidents)) % 4 == 0, "Domestic violence", town.incidents["category"])
    changed = replace(town, incidents=town.incidents.assign(category=harm))
    found = BeatBook(tables, changed)
    beats = tables.beats.set_index("beat")
    for beat in found.ids:
        problems = found.card(beat).problems
        assert "Domestic violence" not in dict(problems.by_category)
        same = [b for b in found.ids if beats.loc[b, "municipality"] == beats.loc[beat, "municipality"]]
        inside = tables.units["beat"].astype(str).isin(same).to_numpy()
        at = changed.incidents["unit"].to_numpy()
        wanted = int(((harm == "Domestic violence") & (at >= 0) & inside[np.maximum(at, 0)]).sum())
        assert dict(problems.sensitive) == ({"Domestic violence": wanted} if wanted else {})
        # neither the hours nor the days give the beat's number away
        assert sum(problems.by_hour) == sum(problems.by_weekday) == sum(n for _, n in problems.by_category)


def test_dates_without_a_time_of_day_have_no_hours(grid):
    tables, town = grid
    changed = replace(town, incidents=town.incidents.assign(time=town.incidents["time"].dt.normalize()))
    problems = BeatBook(tables, changed).card("1").problems
    assert problems.by_hour is None
    assert sum(problems.by_weekday) > 0
    never = replace(town, incidents=town.incidents.assign(time=pd.NaT))
    never.incidents["time"] = pd.to_datetime(never.incidents["time"])
    problems = BeatBook(tables, never).card("1").problems
    assert problems.by_hour is None and problems.by_weekday is None


def test_officers_posts_and_languages(book):
    frame = book.tables.assignments
    for beat in book.ids:
        card = book.card(beat)
        own = frame[frame["beat"].astype(str) == beat]
        assert sum(len(p) for p in card.holders) == len(own)
        for post in card.holders:
            assert [p.start for p in post] == sorted(p.start for p in post)
            assert all(p.to_the_end == (p.end.isoformat() == max(frame["end"])) for p in post)
        first = [p[0] for p in card.holders if p]
        for spoken in card.languages:
            assert spoken.share >= 0.1
            assert spoken.officers == sum(spoken.language in p.languages for p in first)


def test_neighbours_are_mutual_and_touch(book):
    shapes = dict(zip(book.ids, book.tables.beats.geometry, strict=True))
    for beat in book.ids:
        near = dict(book.card(beat).neighbours)
        for other, metres in near.items():
            assert dict(book.card(other).neighbours)[beat] == metres
            assert metres == pytest.approx(shapes[beat].intersection(shapes[other]).length, rel=0.05)


def test_moved_residents_balance(book):
    units = book.tables.units
    moved = units["population"][units["current"].astype(str) != units["beat"].astype(str)].sum()
    cards = [book.card(b) for b in book.ids]
    assert sum(c.moved_in for c in cards) == pytest.approx(moved)
    assert sum(c.moved_out or 0.0 for c in cards) <= moved + 1e-9
    for card in cards:
        assert sum(n for _, n in card.from_today) == pytest.approx(card.residents)
        assert dict(card.from_today).get(card.beat, 0.0) == pytest.approx(card.residents - card.moved_in)


def test_walking_share_is_that_of_the_access_table(book):
    tables = book.tables
    limit = tables.summary["stations"]["walk_minutes"]
    rows = tables.access[(tables.access["kind"] == "beat") & np.isclose(tables.access["minutes"], limit)]
    wanted = dict(zip(rows["name"].astype(str), rows["share"], strict=True))
    for beat in book.ids:
        assert book.card(beat).share_within == pytest.approx(wanted[beat])
    # without the table the units tell nearly the same
    from_units = beat_figures(replace(tables, access=None)).set_index("beat")
    for beat in book.ids:
        own = tables.units[tables.units["beat"].astype(str) == beat]
        inside = own["population"][own["walk_minutes"] <= limit].sum() / own["population"].sum()
        assert from_units.loc[beat, "share_within"] == pytest.approx(inside)


@pytest.mark.papers
def test_forum_and_partners_come_from_the_description(tmp_path):
    town = write_grid_town(tmp_path)
    (tmp_path / "partners.csv").write_text(
        "kind,name,area,does\nschool,Little School,West,Walks to school\nhealth,Clinic,,\n", "utf-8"
    )
    (tmp_path / "halls.csv").write_text(
        "hall,x,y\n" + "\n".join(f"Hall {i},{540_250 + 500 * i},4650250" for i in range(4)), "utf-8"
    )
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write(
            '[forum]\npartners = "partners.csv"\nvenues = { path = "halls.csv", x = "x", y = "y", crs = "EPSG:32634", id = "hall" }\n'
        )
        stream.write("neighbourhood = { first = 2027-02-01 }\n")
        stream.write('[service]\nshifts = [{ name = "day", start = "08:00", end = "20:00" }]\n')
    run(town.project, tmp_path / "plan", pack=False)
    book = BeatBook(read_result(tmp_path / "plan"), read_town(read_description(town.project)))
    for beat in book.ids:
        card = book.card(beat)
        assert card.meeting.venue.startswith("Hall")
        assert card.meeting.first.year == 2027
        claims = book.tables.summary["service"]
        assert card.service["mean_minutes"] == claims["beats"][beat]["mean_minutes"] > 0
        assert card.service["nobody_share"] == claims["nobody_share"][beat]
        names = [name for _, name, _ in card.partners]
        assert "Clinic" in names
        assert ("Little School" in names) == (card.municipality == "West")


def test_without_a_town_the_card_says_what_the_plan_knows(grid):
    card = BeatBook(grid[0], None).card("1")
    assert card.problems is None and card.meeting is None and card.service is None
    assert card.residents > 0


def test_a_town_whose_units_changed_is_not_counted(grid):
    tables, town = grid
    other = replace(town, units=town.units.assign(unit=[f"x{u}" for u in town.units["unit"]]))
    book = BeatBook(tables, other)
    assert book.card("1").problems is None
    assert "changed" in book.problem
