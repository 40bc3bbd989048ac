"""What stands around the maps of a pack: titles, signs of the legend, the coordinate system, names that had no room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from beatplanner.data.publish.public.figures import on_map
from beatplanner.data.publish.public.map_margin import system_names
from beatplanner.data.publish.public.map_sheet import ACCENT, DARK, OPENED, WATER, SheetDrawing
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.planning.forum.public.content import PackContent

# Frames of the town's maps on paper, in mm, and the paper of each; the one in which a map is largest is taken.
TOWN_FRAMES = {(392.0, 236.0): "a3", (269.0, 354.0): "a3 standing"}
# The signs of the legend as SVG, 9 × 5 mm each, in the order in which they stand there.
SIGNS = {
    "border": f'<path d="M0 2.5H9" stroke="{DARK}" stroke-width="1"/>',
    "sector": f'<path d="M0 2.5H9" stroke="{DARK}" stroke-width="1.6"/>',
    "command": f'<path d="M0 2.5H9" stroke="{DARK}" stroke-width="2.6"/><path d="M0 2.5H9" stroke="#fff" stroke-width="1"/>',
    "line": f'<path d="M0 2.5H9" stroke="{DARK}" stroke-width=".5" stroke-dasharray="1.6 1.2"/>',
    "fill": '<rect x="0" y=".5" width="4.2" height="4" fill="#a9c0e8"/><rect x="4.8" y=".5" width="4.2" height="4" fill="#fbe3bb"/>'
    '<path d="M4.8 4.5L8.8 .5M4.8 2.5L6.8 .5M6.8 4.5L9 2.3" stroke="#4d4d4d" stroke-width=".16"/>',
    "area": '<path d="M0 2.5H9" stroke="#7a7a7a" stroke-width=".25" stroke-dasharray=".6 .6"/>',
    "today": f'<rect x="3" y="1" width="3" height="3" fill="{ACCENT}"/>',
    "closes": f'<rect x="3" y="1" width="3" height="3" fill="{ACCENT}"/><path d="M3.6 1.6l1.8 1.8m0 -1.8l-1.8 1.8" fill="none" stroke="#fff" stroke-width=".45"/>',
    "new": f'<path d="M4.5 .5L6.5 2.5L4.5 4.5L2.5 2.5Z" fill="{OPENED}"/>',
    "venue": f'<circle cx="4.5" cy="2.5" r="2" fill="#fff" stroke="{DARK}" stroke-width=".5"/><circle cx="4.5" cy="2.5" r=".8" fill="{DARK}"/>',
    "street": '<path d="M0 2.5H9" stroke="#8c8c8c" stroke-width=".4"/>',
    "water": f'<path d="M0 2.5H9" stroke="{WATER}" stroke-width="1"/>',
    "river_border": f'<path d="M0 2.5H9" stroke="{WATER}" stroke-width="2"/><path d="M0 2.5H9" stroke="{DARK}" stroke-width="1"/>',
    "larger": f'<rect x="2" y=".5" width="5" height="4" fill="none" stroke="{OPENED}" stroke-width=".5"/>',
}


def sign_labels(t: PublicSpeech) -> dict[str, str]:
    """Return what the signs mean."""
    return {
        "today": t.text("Station there today"),
        "closes": t.text("Station of today that closes"),
        "new": t.text("New station"),
        "line": t.text("Today's lines"),
        "water": t.text("River or other barrier"),
        "river_border": t.text("Border along a river"),
        "border": t.text("Border of the beat"),
        "sector": t.text("Border of a sector"),
        "command": t.text("Border of a command"),
        "street": t.text("Street or road"),
        "venue": t.text("Where the forum meets"),
        "fill": t.text("Fill and pattern only tell neighbouring beats apart"),
        "area": t.text("Border of an area"),
        "larger": t.text("Larger on a sheet of its own, under this letter"),
    }


def town_maps(
    content: PackContent,
    drawn: Sequence[tuple[SheetDrawing | None, SheetDrawing]],
    today: int,
) -> Iterator[tuple[str, SheetDrawing, str, str, str]]:
    """Yield the maps of the town and of its dense parts: file, drawing, title, alternative text, size of paper.

    Parameters
    ----------
    content
        What the pack tells.
    drawn
        The town, then its dense parts: before (None where the beats of today are not known) and after.
    today
        How many beats there are today.
    """
    t = content.speech
    now, then = t.text("Before: today's beats"), t.text("After: the new beats")
    (town_before, town_after), *larger = drawn
    paper = TOWN_FRAMES[town_after.width, town_after.height]
    if town_before is not None:
        alt = t.count(
            "Map of the town with its one beat of today.",
            "Map of the town with its {n} beats of today.",
            on_map(today),
        )
        yield "before.svg", town_before, now, alt, paper
    alt = t.count(
        "Map of the town with its one new beat.", "Map of the town with its {n} new beats.", on_map(len(content.beats))
    )
    yield "after.svg", town_after, then, alt, paper
    for number, (before, after) in enumerate(larger):
        letter = chr(ord("A") + number)
        part = t.text("Part {letter}, larger", letter=letter)
        paper = TOWN_FRAMES[after.width, after.height]
        for file, drawing, title in (("before", before, now), ("after", after, then)):
            if drawing is not None:
                yield f"{file}{letter}.svg", drawing, f"{part} – {title}", f"{part}. {title}.", paper


def names_on_map(content: PackContent, drawing: SheetDrawing) -> str:
    """Name what a map shows by numbers or without a name."""
    said: list[str] = []
    t = content.speech
    if drawing.listed:
        said.append(f"{t.text('Beats with their numbers')}: {', '.join(drawing.listed)}.")
    if drawing.places:
        places = ", ".join(f"{t.number(on_map(k))} {t.given(name)}" for k, name in drawing.places)
        said.append(f"{t.text('Places with their numbers on this map')}: {places}.")
    if drawing.unnamed:
        said.append(f"{t.text('Stations without room for their name')}: {', '.join(drawing.unnamed)}.")
    return " ".join(said)


def digits(step: float) -> int:
    """Return how many digits after the point a step of the scale bar needs."""
    return next(d for d in range(4) if abs(step * 10**d - round(step * 10**d)) < 1e-9 or d == 3)


def coordinate_system(content: PackContent, drawing: SheetDrawing) -> str:
    """Name the coordinate system, its datum and the grid of a map."""
    t = content.speech
    name, datum = system_names(content.plan.units.crs)
    if not name:
        return ""
    step = drawing.step
    unit, each = (t.text("km"), 1000) if step >= 1000 else (t.text("m"), 1)
    said = f"{t.number(on_map(step / each), digits(step / each))} {unit}"
    return t.text(
        "Coordinates: {crs}; datum: {datum}; grid lines every {step}.",
        crs=t.given(name),
        datum=t.given(datum),
        step=said,
    )
