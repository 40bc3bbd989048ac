"""The layers of New Haven as a description names them, for measurements and tests where its data are present."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "newhaven"
# `data` is the folder; the units are in feet.
LAYERS = """[project]
name = "New Haven"
[units]
path = "{data}/units.gpkg"
id = "unit"
population = "population"
[incidents]
path = "{data}/incidents.csv"
x = "x_ft"
y = "y_ft"
crs = "EPSG:26756"
"""
