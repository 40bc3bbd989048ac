"""Draws the program's icon: beats as cells of a map, one of them with its station."""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

FILLS = ("#6baed6", "#fdae6b", "#74c476", "#9e9ac8", "#fc9272", "#ffd94d", "#a6bddb")


def write_icon(folder: Path) -> None:
    """Write ``beatplanner.png`` (256 × 256) and ``beatplanner.ico`` (Windows' sizes)."""
    size = 1024
    picture = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(picture)
    radius = size / 5.4
    centres = [(size / 2, size / 2)]
    centres += [
        (size / 2 + math.sqrt(3) * radius * math.cos(a), size / 2 + math.sqrt(3) * radius * math.sin(a))
        for a in (math.pi / 6 + k * math.pi / 3 for k in range(6))
    ]
    for (x, y), fill in zip(centres, FILLS, strict=True):
        corners = [(x + radius * math.cos(k * math.pi / 3), y + radius * math.sin(k * math.pi / 3)) for k in range(6)]
        draw.polygon(corners, fill=fill)
        draw.line([*corners, corners[0], corners[1]], fill="#1b2a41", width=26, joint="curve")
    x, y = centres[0]
    draw.rectangle((x - 70, y - 70, x + 70, y + 70), fill="#1b2a41")
    picture = picture.resize((256, 256), Image.Resampling.LANCZOS)
    picture.save(folder / "beatplanner.png")
    picture.save(folder / "beatplanner.ico", sizes=[(s, s) for s in (16, 24, 32, 48, 64, 128, 256)])
