"""What the map shows, taken from a scenario or a drawing once and kept as arrays that are quick to draw and to search."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from beatplanner.data.colours import FILLS, colours_of, neighbours, numbers_of, today_shapes
from beatplanner.data.formats import geometry
from beatplanner.ui.desktop.map.map_layers import LEVELS
from beatplanner.ui.desktop.map.rings import Rings
from beatplanner.ui.desktop.session.session import OpenTown
from beatplanner.ui.desktop.toolkit.called import called
from beatplanner.ui.desktop.toolkit.in_language import in_language

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.town.street_names import NamedStreets
    from beatplanner.planning.beats.drawing import Drawing
    from beatplanner.ui.desktop.map.background_map import BackgroundMap

# Corners of units that lie in the same square of this size, in metres, are one corner.
TOUCH = 1.0


# What a layer can be shaded by; the legend and the tree of layers say it in the window's language.
FIGURES = (
    "Residents",
    "Residents per km²",
    "Hours a year",
    "Hours a year per km²",
    "Incidents recorded",
    "Minutes on foot to a station",
)


@dataclass(frozen=True)
class NamedPlace:
    """Something with a name that can be found: where it is, and what it is."""

    name: str
    kind: str
    box: tuple[float, float, float, float]


class MapContent:
    """The things on the map.

    Attributes
    ----------
    polygons, rings, tree
        Units: polygons (n,), their outlines, and the index by which one is picked.
    label, ids
        Number of each unit's beat, (n,), −1 for none; and what each number is called.
    shapes, colour
        By beat number: polygon (None where empty) and number of its fill.
    current
        (n,) today's beat of each unit, text or None.
    figures
        By name: (n,) numbers by which units can be shaded.
    points
        By layer: (p, 2) metres.
    lines
        By layer: outlines of roads, barriers, links, catchments, sectors, commands and today's beats.
    names, own_colours
        By beat id: what the map calls it, and the colour that a planner gave it.
    found, found_colours
        (n,) number of each unit's beat in a run that is under way, −1 for none yet, and the colour of each number; None where none is.
    levels_of_plan
        Whether sectors and commands are the plan's groups of beats that were drawn by hand since.
    station_names
        Names of the stations' points.
    streets
        Streets that have a name; None where no layer names any.
    background
        The background map that is laid under everything; None where the user has chosen none.
    """

    def __init__(self, scenario: OpenTown | None = None, known: dict[str, str] | None = None) -> None:
        none = np.array([], dtype=object)
        self.polygons, self.rings, self.tree = none, Rings.of(none), shapely.STRtree([])
        self.label, self.ids = np.array([], int), []
        self.current = none
        self.shapes: list[shapely.Geometry | None] = []
        self.beat_rings = Rings.of(none)
        self.colour = np.array([], int)
        self.figures: dict[str, np.ndarray] = {}
        self.points: dict[str, np.ndarray] = {}
        self.lines: dict[str, Rings] = {}
        self.names: dict[str, str] = {}
        self.own_colours: dict[str, str] = {}
        self.levels_of_plan = False
        self.station_names: list[str] = []
        self.unit_names: list[str] = []
        self.unit_ids: list[str] = []
        self.municipality = none
        self.middle = np.empty((0, 2))
        self.bounds = (0.0, 0.0, 1.0, 1.0)
        self._pairs = np.empty((0, 2), int)
        self._start: dict[str, str] = {}
        self._near: list[set[int]] = []
        self.found: np.ndarray | None = None
        self.found_colours: list[str] = []
        self._found_near: list[set[int]] = []
        # colours that beats of this project were seen with: those that no plan has yet keep them
        self._known = known or {}
        self.streets: NamedStreets | None = None
        self.background: BackgroundMap | None = None
        self._anchors: dict[int, tuple[float, float]] = {}
        if scenario is not None and scenario.is_open:
            self._load(scenario)

    def _load(self, scenario: OpenTown) -> None:
        units, town, plan = scenario.units, scenario.town, scenario.plan
        self.polygons = np.asarray(units.geometry.array, dtype=object)
        self.rings = Rings.of(self.polygons)
        self.tree = shapely.STRtree(self.polygons)
        west, south, east, north = (float(v) for v in units.total_bounds)
        self.bounds = (west, south, east, north)
        self.middle = units[["x", "y"]].to_numpy(float)
        self.unit_names = [str(n) for n in units["name"]]
        self.unit_ids = [str(u) for u in units["unit"]]
        self.municipality = (
            units["municipality"].to_numpy(object) if "municipality" in units else np.full(len(units), "", object)
        )
        self._pairs = self._neighbours(scenario)
        self.streets = scenario.streets
        area = np.maximum(shapely.area(self.polygons) / 1e6, 1e-9)
        people = units["population"].to_numpy(float)
        if np.isfinite(people).any():
            self.figures["Residents"], self.figures["Residents per km²"] = people, people / area
        hours = units["workload"].to_numpy(float)
        if np.isfinite(hours).any():
            self.figures["Hours a year"], self.figures["Hours a year per km²"] = hours, hours / area
        beat = scenario.beat_of_unit()
        self.current = units["current"].to_numpy(object) if "current" in units else np.full(len(units), None, object)
        self.names = scenario.beat_names
        self.own_colours = scenario.given_colours
        ids = sorted(
            {b for b in beat if isinstance(b, str)},
            key=lambda b: (not b.isdecimal(), int(b) if b.isdecimal() else 0, b),
        )
        place = {b: k for k, b in enumerate(ids)}
        today = today_shapes(self.current, self.polygons)
        # the colours of the plan, which are those of the paper too; without one those of today's beats, which a plan keeps
        planned = plan is not None and plan.beats is not None
        self._start = {} if planned else colours_of(today[0], neighbours(today[1]))
        if plan is not None and plan.beats is not None and "colour" in plan.beats:
            given = zip(plan.beats["beat"].astype(str), plan.beats["colour"].astype(str), strict=True)
            self._start = {b: c for b, c in given if c in FILLS}
        self.take_beats(ids, np.array([place.get(b, -1) if isinstance(b, str) else -1 for b in beat]))
        self._load_points(scenario)
        self.take_stations(plan)
        self.take_levels(plan)
        self._load_lines(scenario, today[1])
        if town is not None and town.incidents is not None:
            inside = town.incidents["unit"].to_numpy(int)
            count = np.bincount(inside[inside >= 0], minlength=len(units))
            self.figures["Incidents recorded"] = count.astype(float)

    def _neighbours(self, scenario: OpenTown) -> np.ndarray:
        """Return the pairs of units that touch on the map, also where a barrier parts them: they must not look alike.

        Those that share a corner, and those that the plan counts as neighbours; both are known without cutting polygons with each other.
        """
        unit = np.repeat(self.rings.feature, np.diff(self.rings.start))
        x, y = np.round(self.rings.xy / TOUCH).astype(np.int64).T
        place = (x << np.int64(32)) ^ (y & np.int64(0xFFFFFFFF))
        order = np.lexsort((unit, place))
        a, b = order[:-1], order[1:]
        same = (place[a] == place[b]) & (unit[a] != unit[b])
        pairs = np.column_stack([unit[a[same]], unit[b[same]]])
        if scenario.town is not None:
            pairs = np.concatenate([pairs, scenario.town.edges[["a", "b"]].to_numpy(int)])
        pairs = np.sort(pairs, axis=1)
        n = len(self.polygons)
        return np.column_stack(np.divmod(np.unique(pairs[:, 0] * n + pairs[:, 1]), n))

    def _load_points(self, scenario: OpenTown) -> None:
        town = scenario.town
        if town is not None and town.incidents is not None:
            self.points["Incidents"] = town.incidents[["x", "y"]].dropna().to_numpy(float)
        if town is not None and town.sites is not None:
            existing = town.sites["existing"].to_numpy(bool)
            self.points["Candidate sites"] = town.sites.loc[~existing, ["x", "y"]].to_numpy(float)
            self.points["Stations"] = town.sites.loc[existing, ["x", "y"]].to_numpy(float)
            self.station_names = town.sites.loc[existing, "name"].astype(str).tolist()

    def take_sites(self, places: np.ndarray, names: list[str]) -> bool:
        """Show stations, (k, 2) metres, that belong to no plan yet; return whether they are others than before."""
        if self.station_names == names and np.array_equal(self.points.get("Stations", np.empty((0, 2))), places):
            return False
        self.points["Stations"], self.station_names = places, names
        return True

    def take_stations(self, plan: PlanTables | None) -> None:
        """Show the stations of a plan, what residents walk to them, and their catchments where they are known."""
        if plan is None or plan.stations is None:
            return
        self.points["Stations"] = np.column_stack([plan.stations.geometry.x, plan.stations.geometry.y])
        from beatplanner.data.result.station_names import own_names, station_names

        # a made-up place that nobody has accepted has no name yet, here as in the pack; a name is no sentence, and one of digits no amount
        own, called = own_names(plan), station_names(plan)
        self.station_names = [own[s] or in_language(called[s]) for s in plan.stations["station"].astype(str)]
        if "walk_minutes" in plan.units:
            self.figures["Minutes on foot to a station"] = plan.units["walk_minutes"].to_numpy(float)
        self.lines.pop("Catchments", None)
        if plan.catchments is not None and len(plan.catchments):
            self.lines["Catchments"] = Rings.of(np.asarray(plan.catchments.geometry.array, dtype=object))

    def take_levels(self, plan: PlanTables | None, *, of_plan: bool = False) -> None:
        """Show the outlines of a plan's sectors and commands, where it has any; `of_plan` where the beats were drawn by hand since it grouped them."""
        self.levels_of_plan = of_plan
        for name, layer in LEVELS.items():
            self.lines.pop(name, None)
            groups = None if plan is None else getattr(plan, layer)
            if groups is not None and len(groups):
                self.lines[name] = Rings.of(np.asarray(groups.geometry.array, dtype=object))

    def _load_lines(self, scenario: OpenTown, today: np.ndarray) -> None:
        town = scenario.town
        if "current" in scenario.units:
            self.lines["Today's beats"] = Rings.of(today)
        municipalities = np.array([str(m) for m in self.municipality])
        if len(set(municipalities.tolist())) > 1:
            parts = [
                geometry.dissolve(self.polygons[municipalities == m]) for m in sorted(set(municipalities.tolist()))
            ]
            self.lines["Municipality borders"] = Rings.of(np.array(parts, dtype=object))
        if town is None:
            return
        if town.network is not None:
            self.lines["Roads"] = Rings.of(np.asarray(town.network.roads, dtype=object))
        rules = town.description.beats
        barriers: list[shapely.Geometry] = []
        if rules is not None and rules.barriers is not None:
            from beatplanner.data.formats.layers import read_layer

            layer = rules.barriers
            frame, _ = read_layer(town.description.path(layer.path), layer.layer, [])
            barriers += [g for g in frame.geometry.to_crs(town.crs) if g is not None and not g.is_empty]
        if rules is not None:
            barriers += [shapely.LineString(d.line) for d in rules.closed if len(d.line) > 1]
        self.take_barriers(barriers)
        kinds = town.edges["kind"].to_numpy(object)
        self.take_links(town.edges.loc[kinds == "link", ["a", "b"]].to_numpy(int))

    def take_barriers(self, lines: list[shapely.Geometry]) -> None:
        """Show these barriers."""
        self._barriers = lines
        self.lines["Barriers"] = Rings.of(np.array(lines, dtype=object))

    def take_links(self, pairs: np.ndarray) -> None:
        """Show links between these units."""
        pairs = np.asarray(pairs, int).reshape(-1, 2)
        self.lines["Links"] = Rings.of(np.asarray(shapely.linestrings(self.middle[pairs]), object).reshape(-1))

    # ---- beats

    def take_beats(self, ids: list[str], label: np.ndarray) -> None:
        """Show these beats; shapes are made anew only for beats whose units changed."""
        before = self.label if len(self.label) == len(label) and self.ids == ids[: len(self.ids)] else None
        shapes, stale = self._shapes(ids, label)
        for k in stale.tolist():
            self._anchors.pop(k, None)
        if before is None:
            self._anchors.clear()
        # a stroke of the brush must not recolour the map
        painted = self._known | (self._painted() if before is not None else {})
        self.ids, self.label, self.shapes = list(ids), label.copy(), shapes
        outlines = np.array(shapes, dtype=object)
        self.beat_rings = Rings.of(outlines)
        self._near = neighbours(outlines, None if before is None else stale, self._near)
        self._colour(painted)

    def take_colours(self, own: dict[str, str]) -> None:
        """Show the colours that a planner gave, by id; of the others only neighbours that look alike change."""
        self.own_colours = own
        self._colour(self._painted())

    def _painted(self) -> dict[str, str]:
        return {b: FILLS[n] for b, n in zip(self.ids, self.colour.tolist(), strict=True)}

    def colours(self) -> dict[str, str]:
        """Return the colours that beats without one of their own are seen with, and were seen with before, by id."""
        return self._known | self._painted()

    def _colour(self, painted: dict[str, str]) -> None:
        """Colour the beats as a plan's are: a planner's colours, those at the start, those that were painted since."""
        colours = colours_of(self.ids, self._near, self.own_colours, painted | self._start)
        numbers = numbers_of(self.ids, self._near, colours)
        self.colour = np.array([numbers[b] for b in self.ids], int)

    def shapes_of(self, ids: list[str], label: np.ndarray) -> list[shapely.Geometry | None]:
        """Return the polygons of beats (None where empty) without showing them."""
        return self._shapes(ids, label)[0]

    def _shapes(self, ids: list[str], label: np.ndarray) -> tuple[list[shapely.Geometry | None], np.ndarray]:
        """Return the polygons of beats, and the numbers of those that are not as shown."""
        shapes: list[shapely.Geometry | None] = [None] * len(ids)
        stale = np.ones(len(ids), bool)
        if len(self.label) == len(label) and self.ids == ids[: len(self.ids)]:
            before, changed = self.label, self.label != label
            changed = np.unique(np.concatenate([before[changed], label[changed]]))
            stale[: len(self.ids)] = False
            stale[changed[changed >= 0]] = True
            shapes[: len(self.shapes)] = self.shapes
        for k in np.flatnonzero(stale):
            members = np.flatnonzero(label == k)
            shapes[k] = geometry.dissolve(self.polygons[members]) if len(members) else None
        return shapes, np.flatnonzero(stale)

    def take_found(self, units: np.ndarray, district: np.ndarray) -> None:
        """Show beats that a run has found so far for some units, by position; until `forget_found` they lie over those of the plan."""
        if self.found is None:
            self.found = np.full(len(self.polygons), -1)
        if len(units) and units.max() < len(self.found):
            self.found[units] = -1
            self.found[units] = district + self.found.max(initial=-1) + 1
        count = int(self.found.max(initial=-1)) + 1
        ends = self.found[self._pairs]
        near: list[set[int]] = [set() for _ in range(count)]
        for a, b in np.unique(ends[(ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])], axis=0).tolist():
            near[a].add(b)
            near[b].add(a)
        going_on = self._going_on()
        ids = [going_on.get(k, f"found {k}") for k in range(count)]
        colours = colours_of(ids, near, self.own_colours, self._painted())
        self.found_colours, self._found_near = [colours[i] for i in ids], near

    def found_numbers(self) -> list[int]:
        """Return the number of the fill of each beat that a run has found, for patterns that are told apart without colour."""
        ids = [str(k) for k in range(len(self.found_colours))]
        numbers = numbers_of(ids, self._found_near, dict(zip(ids, self.found_colours, strict=True)))
        return [numbers[i] for i in ids]

    def _going_on(self) -> dict[int, str]:
        """Return which beat that is shown each found one goes on from, and so keeps its colour: that with most of its units, each once."""
        assert self.found is not None, "a run has found beats"
        both = (self.found >= 0) & (self.label >= 0)
        pairs, units = np.unique(np.stack([self.found[both], self.label[both]]), axis=1, return_counts=True)
        of: dict[int, str] = {}
        taken: set[int] = set()
        for found, shown in pairs.T[np.argsort(-units, kind="stable")].tolist():
            if found not in of and shown not in taken:
                of[found] = self.ids[shown]
                taken.add(shown)
        return of

    def forget_found(self) -> None:
        """Show the beats of the plan again."""
        self.found = None

    def take_drawing(self, drawing: Drawing) -> None:
        """Show what is drawn."""
        self.names = {b: n for b, n in drawing.names.items() if n}
        self.take_beats(drawing.ids, drawing.label)
        drawn = {id(d): d for d in drawing.closed.values()}
        town = drawing.town
        known = {d.line for d in (town.description.beats.closed if town.description.beats else ())}
        if not hasattr(self, "_given"):
            self._given = [
                b
                for b in getattr(self, "_barriers", [])
                if tuple(b.coords if b.geom_type == "LineString" else ()) not in known
            ]
        self.take_barriers([*self._given, *(shapely.LineString(d.line) for d in drawn.values() if len(d.line) > 1)])
        kinds = drawing.edges["kind"].to_numpy(object)
        self.take_links(drawing.edges.loc[kinds == "link", ["a", "b"]].to_numpy(int))

    @property
    def moved(self) -> np.ndarray:
        """Whether each unit is in another beat than today, (n,) bool."""
        known = np.array([isinstance(c, str) for c in self.current], bool)
        place = {b: k for k, b in enumerate(self.ids)}
        today = np.array([place.get(c, -2) if isinstance(c, str) else -1 for c in self.current])
        return known & (today != self.label) & (self.label >= 0) if len(known) else known

    def has_no_name(self, k: int) -> bool:
        """Return whether a beat is called by its id alone."""
        return self.beat_name(k) in (self.ids[k], called(self.ids[k], ""))

    def beat_name(self, number: int) -> str:
        """Return what the map calls a beat."""
        beat = self.ids[number]
        return called(beat, self.names.get(beat, ""))

    def anchor(self, number: int) -> tuple[float, float] | None:
        """Return where a beat's name stands, metres; None where it has no units."""
        shape = self.shapes[number]
        if shape is None:
            return None
        if number not in self._anchors:
            largest = max(shapely.get_parts(shape), key=lambda g: g.area)
            centre = largest.centroid
            point = centre if largest.contains(centre) else shapely.point_on_surface(largest)
            self._anchors[number] = (float(point.x), float(point.y))
        return self._anchors[number]

    # ---- finding

    def unit_at(self, x: float, y: float) -> int:
        """Return the position of the unit at a point, −1 for none."""
        found = self.tree.query(shapely.Point(x, y), predicate="intersects")
        return int(found.min()) if len(found) else -1

    def units_in(self, area: shapely.Geometry) -> np.ndarray:
        """Return the units whose middle lies in an area."""
        shapely.prepare(area)
        near = self.tree.query(area)
        inside = shapely.intersects_xy(area, self.middle[near, 0], self.middle[near, 1])
        return np.sort(near[inside])

    def units_near(self, x: float, y: float, metres: float) -> np.ndarray:
        """Return the units that a round brush of this radius touches at their middle, and the one under its own middle."""
        near = self.tree.query(shapely.Point(x, y), predicate="dwithin", distance=max(metres, 1e-6))
        touched = near[np.hypot(self.middle[near, 0] - x, self.middle[near, 1] - y) <= metres]
        under = self.unit_at(x, y)
        return np.unique(np.r_[touched, under]) if under >= 0 else np.sort(touched)

    def places(self) -> list[NamedPlace]:
        """Return everything that has a name: beats, stations, municipalities and units."""
        found = []
        for k in range(len(self.ids)):
            shape = self.shapes[k]
            if shape is not None:
                name = self.beat_name(k)
                text = name if self.has_no_name(k) else f"{name} ({self.ids[k]})"
                found.append(NamedPlace(text, "beat", tuple(shapely.bounds(shape))))
        for name, (x, y) in zip(self.station_names, self.points.get("Stations", ()), strict=False):
            found.append(NamedPlace(name, "station", (x - 300, y - 300, x + 300, y + 300)))
        found += self._street_places()
        boxes = shapely.bounds(self.polygons).reshape(-1, 4)
        for name in sorted({str(m) for m in self.municipality if m}):
            inside = boxes[self.municipality == name]
            found.append(NamedPlace(name, "municipality", (*inside[:, :2].min(axis=0), *inside[:, 2:].max(axis=0))))
        for name, unit, box in zip(self.unit_names, self.unit_ids, boxes, strict=True):
            found.append(NamedPlace(name if name == unit else f"{name} ({unit})", "unit", tuple(box)))
        return found

    def _street_places(self) -> list[NamedPlace]:
        """Return the streets, each name once: its longest piece."""
        if self.streets is None:
            return []
        first: dict[str, int] = {}
        for k, name in enumerate(self.streets.names):
            first.setdefault(name, k)
        return [NamedPlace(name, "street", tuple(self.streets.boxes[k].tolist())) for name, k in first.items()]


def folded(text: str) -> str:
    """Return a text without case and accents, for searching: "Čair" is found by "cair"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def search_places(places: list[NamedPlace], wanted: str, most: int = 12) -> list[NamedPlace]:
    """Return the places whose name holds the words of `wanted`, those that begin with it first."""
    words = folded(wanted).split()
    if not words:
        return []
    order = {"beat": 0, "municipality": 1, "station": 2, "street": 3, "unit": 4}
    found = []
    for place in places:
        name = folded(place.name)
        if all(word in name for word in words):
            found.append((not name.startswith(words[0]), order[place.kind], len(name), name, place))
    return [entry[-1] for entry in sorted(found, key=lambda e: e[:-1])[:most]]
