"""The page that draws the rooms: on one screen, whole, and with no place that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src" / "beatplanner"
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SCREEN = PAGE[: PAGE.index("More exactly:")].rstrip().splitlines()


def test_the_rooms_and_where_to_look_fit_one_screen():
    assert len(SCREEN) <= 50
    assert [line for line in SCREEN if len(line) > 78] == []


def test_every_room_is_drawn():
    drawn = set(re.findall(r"\w+", "\n".join(SCREEN)))
    rooms = {p.parent.name for p in SOURCES.glob("*/*/__init__.py")} | {
        p.parent.name for p in SOURCES.glob("*/__init__.py")
    }
    assert len(rooms) > 20
    assert rooms - drawn == set()


def test_every_place_that_is_named_is_there():
    # a name that follows another's place stands in the same folder
    found, folder = [], SOURCES
    for line in SCREEN[SCREEN.index(next(x for x in SCREEN if "looking for" in x)) :]:
        for word in re.findall(r"[\w/]+(?:\.py|/(?=[\s,]|$))", line):
            place = next(
                (p / word for p in (SOURCES, ROOT, folder, SOURCES / "ui/desktop") if (p / word).exists()), None
            )
            found.append((word, place is not None))
            if place is not None:
                folder = place if place.is_dir() else place.parent
    assert len(found) > 20
    assert [word for word, there in found if not there] == []
