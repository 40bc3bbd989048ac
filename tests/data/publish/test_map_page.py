"""The map on screen, driven as a resident's telephone does: its parts are named, a touch tells, and no name lies on a sign."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import browser
import pytest

from beatplanner.data.result.folder import read_result
from beatplanner.planning.forum.forum_pack import town_of, write_pack

pytestmark = pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")

NAMELESS = """JSON.stringify([...document.querySelectorAll('main section, [role=region], [role=search]')].filter(e => {
  var by = e.getAttribute('aria-labelledby'), label = e.getAttribute('aria-label') || (by && document.getElementById(by).textContent);
  return !label || !label.trim(); }).map(e => e.outerHTML.slice(0, 80)))"""
STOPS = """JSON.stringify([...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')].filter(e => e.tabIndex >= 0)
  .filter(e => !(e.getAttribute('aria-label') || e.textContent || (e.labels && e.labels.length)).toString().trim()).map(e => e.outerHTML.slice(0, 80)))"""
ON_ANOTHER = """(function () {
  function boxes(q) { return [...document.querySelectorAll(q)].filter(e => e.style.visibility !== 'hidden').map(e => [e.textContent, e.getBoundingClientRect()]); }
  var names = boxes('.beat-name'), signs = boxes('.sign'), hit = [];
  names.forEach(function (n, i) { signs.concat(names.slice(i + 1)).forEach(function (o) {
    if (n[1].left < o[1].right - 1 && n[1].right > o[1].left + 1 && n[1].top < o[1].bottom - 1 && n[1].bottom > o[1].top + 1) { hit.push([n[0], o[0]]); } }); });
  return JSON.stringify({ hit: hit, names: names.length });
})()"""


def touch(page: browser.Page, where: str) -> None:
    """Press where a script says, and let the page answer."""
    x, y = page.run(where)
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def heard(page: browser.Page) -> list[tuple[str, str]]:
    """Return what can have the focus: its role and its name."""
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    return [
        (n["role"]["value"], n.get("name", {}).get("value", ""))
        for n in nodes
        if any(q["name"] == "focusable" and q["value"].get("value") for q in n.get("properties", ()))
    ]


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1366, 768)])
def test_a_resident_finds_officers_station_and_forum(planned_once, tmp_path, width, height):
    page = planned_once.folder / "plan" / "forum" / "map.html"
    with browser.Page(page, width, height, tmp_path) as p:
        assert p.run("document.querySelectorAll('main').length") == 1
        assert p.run("document.querySelector('main').contains(document.querySelector('section:last-of-type'))")
        assert json.loads(p.run(NAMELESS)) == [] and json.loads(p.run(STOPS)) == []
        # as a screen reader has it: a browser makes stops of its own of what listens for the keyboard
        assert [stop for stop in heard(p) if not stop[1]] == []
        p.run(
            "document.querySelector('path.leaflet-interactive').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))"
        )
        said = p.run("document.querySelector('path.leaflet-interactive').getAttribute('aria-label')").split(",")[0]
        assert said and said in p.run("document.getElementById('card').innerText")
        p.run("document.getElementById('card').hidden = true")
        assert p.run("document.querySelector('.folium-map').clientHeight >= innerHeight / 2")
        p.wait("document.querySelector('.beat-name').style.visibility !== ''")
        laid = json.loads(p.run(ON_ANOTHER))
        assert laid["names"] and laid["hit"] == []
        # a station's sign tells when it is open, and for whom it is the first
        touch(
            p,
            "(function(){var r=document.querySelector('.sign').getBoundingClientRect();return [r.x+r.width/2,r.y+r.height/2]})()",
        )
        p.wait("!document.getElementById('card').hidden")
        card = p.run("document.getElementById('card').innerText")
        assert card.startswith("Old station") and "Opening hours are not fixed yet." in card
        # a beat tells its posts, its station and its forum
        touch(
            p,
            "(function(){window.scrollTo(0,0);var m=document.querySelector('.folium-map').getBoundingClientRect();return [m.x+m.width/2+m.height/8,m.y+m.height/2-m.height/8]})()",
        )
        p.wait("document.getElementById('card').innerText.includes('Your officers')")
        card = p.run("document.getElementById('card').innerText")
        assert all(said in card for said in ("Beat ", "Your officers", "post 1", "Your station", "Your next forum"))
        p.run("var s=document.getElementById('search'); s.value='ulica 7'; s.dispatchEvent(new Event('change'))")
        assert p.run("document.getElementById('answer').textContent").startswith("Улица 7 is in beat")
        # đ is ѓ to some: what has the letter d or g in its place is found where nothing else is
        p.run("s.value='olg stat'; s.dispatchEvent(new Event('change'))")
        assert p.run("document.getElementById('answer').textContent") == "Station there today: Old station"
        p.run("s.value='old stat'; s.dispatchEvent(new Event('change'))")
        assert p.run("document.getElementById('answer').textContent") == "Station there today: Old station"
        assert p.complaints() == []


def test_beats_without_room_for_a_number_are_found_in_a_sign_that_opens(planned_once, tmp_path):
    text = (planned_once.folder / "plan" / "forum" / "map.html").read_text(encoding="utf-8")
    inside = re.search(r'id="words">(.*?)</script>', text, re.DOTALL)
    assert inside is not None
    words = json.loads(inside[1])
    # a station at each place where a number could stand, of all beats but one
    words["signs"] = [
        {"kind": "new", "at": at, "name": "Post", "said": "Station", "rows": [], "beats": []}
        for n in words["labels"][1:]
        for at in n["at"]
    ]
    page = tmp_path / "map.html"
    page.write_text(text.replace(inside[1], json.dumps(words).replace("<", "\\u003c")), encoding="utf-8", newline="\n")
    shown = "[...document.querySelectorAll('.beat-name:not(.sign-name)')].filter(e => e.style.visibility === 'visible').map(e => e.textContent)"
    piles = "[...document.querySelectorAll('.pile')].map(e => [e.textContent, e.getAttribute('aria-label')])"
    with browser.Page(page, 360, 740, tmp_path) as p:
        p.wait(f"{shown}.length > 0")
        names = {n["text"] for n in words["labels"]}
        seen, signs = p.run(shown), p.run(piles)
        assert signs and len(seen) < len(names)
        for n in words["labels"]:
            is_found = n["text"] in seen or n["beat"] in seen or any(n["text"] in said for _, said in signs)
            assert is_found, f"{n['text']} is not found at the first zoom: {seen}, {signs}"
        for text, said in signs:
            several = sum(n["text"] in said for n in words["labels"])
            assert text == f"+{several}" or (several == 1 and text in {n["beat"] for n in words["labels"]})
        assert json.loads(p.run(ON_ANOTHER.replace("'.sign'", "'.pile'")))["hit"] == []
        wide = p.run("document.querySelector('.leaflet-control-scale-line').textContent")
        p.run("document.querySelector('.pile').click()")
        p.wait(f"document.querySelector('.leaflet-control-scale-line').textContent !== {wide!r}")
        assert p.run("document.getElementById('answer').textContent") == signs[0][1]
        assert p.complaints() == []


def test_names_side_by_side_on_the_map_are_apart(planned_once, tmp_path):
    text = (planned_once.folder / "plan" / "forum" / "map.html").read_text(encoding="utf-8")
    inside = re.search(r'id="words">(.*?)</script>', text, re.DOTALL)
    assert inside is not None
    words = json.loads(inside[1])
    at = [place for label in words["labels"] for place in label["at"]]
    (south, north), (west, east) = ([f(a[k] for a in at) for f in (min, max)] for k in (0, 1))
    # pairs of numbers, each pair so many parts of the map's width farther apart
    words["labels"] = [
        {"text": "88", "beat": "88", "at": [[south + (north - south) * row / 23, west + (east - west) * (0.4 + apart)]]}
        for row in range(24)
        for apart in (0.0, 0.02 + 0.0025 * row)
    ]
    words["signs"] = []
    page = tmp_path / "map.html"
    page.write_text(text.replace(inside[1], json.dumps(words).replace("<", "\\u003c")), encoding="utf-8", newline="\n")
    boxes = "[...document.querySelectorAll('.beat-name')].filter(e => e.style.visibility === 'visible').map(e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })"
    with browser.Page(page, 1366, 900, tmp_path) as p:
        p.wait(f"{boxes}.length > 0")
        shown = p.run(boxes)
    beside = [b[0] - a[2] for a in shown for b in shown if a is not b and a[1] < b[3] and b[1] < a[3] and b[0] >= a[0]]
    assert len(beside) > 3 and min(beside) >= 3.5, sorted(beside)


SIGNS_SHOWN = (
    "[...document.querySelectorAll('.sign')].filter(e => e.style.visibility !== 'hidden').map(e => e.innerHTML)"
)
KEY_SHOWN = "[...document.querySelectorAll('.key .item')].filter(e => e.offsetWidth).map(e => e.textContent)"


def test_the_map_of_today_has_todays_stations_and_nothing_of_the_plan(planned_once, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(planned_once.folder / "plan", folder)
    tables = read_result(folder)
    assert tables.sites is not None and tables.stations is not None
    spare = tables.sites.index[~tables.sites["chosen"].astype(bool)][:1]
    gone = str(tables.sites.loc[spare[0], "name"])
    tables = replace(tables, sites=tables.sites.assign(existing=tables.sites.index.isin(spare)))
    assert write_pack(folder, tables, town_of(tables, planned_once.folder / "plan"), verdict=None) == []
    with browser.Page(folder / "forum" / "map.html", 1366, 768, tmp_path) as p:
        plan = set(p.run(KEY_SHOWN))
        assert {"Station there today", "New station", "Where the forum meets"} <= plan and len(plan) < len(
            p.run("[...document.querySelectorAll('.key .item')]")
        )
        p.run("document.getElementById('show-old').click()")
        there = int(tables.stations["existing"].sum())
        assert len(p.run(SIGNS_SHOWN)) == there + 1
        assert set(p.run(KEY_SHOWN)) == {"Station there today", "Station of today that closes"}
        # what is searched for and is not here stands on the other map, which is shown
        new = str(tables.stations["name"][~tables.stations["existing"].astype(bool)].iloc[0])
        p.run(f"var s = document.getElementById('search'); s.value = {new!r}; s.dispatchEvent(new Event('change'))")
        assert p.run("document.getElementById('show-new').getAttribute('aria-pressed')") == "true"
        assert set(p.run(KEY_SHOWN)) == plan
        p.run(f"s.value = {gone!r}; s.dispatchEvent(new Event('change'))")
        assert p.run("document.getElementById('answer').textContent") == f"Station of today that closes: {gone}"
        assert p.run("document.getElementById('show-old').getAttribute('aria-pressed')") == "true"
        # the answer to a place has its beat of today too
        p.run("s.value = 'ulica 7'; s.dispatchEvent(new Event('change'))")
        place = next(
            q for q in p.run("JSON.parse(document.getElementById('places').textContent)") if q["name"] == "Улица 7"
        )
        assert f"Today's beat: {place['old']}." in p.run("document.getElementById('answer').textContent")
        assert p.complaints() == []
