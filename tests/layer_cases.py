"""A grid of squares, and a description beside it: what a case of a layer begins with."""

import geopandas as gpd
import shapely


def grid(side=4, crs=32634):
    x, y = 540_000, 4_650_000
    shapes = [
        shapely.box(
            x + 500 * (i % side), y + 500 * (i // side), x + 500 * (i % side) + 500, y + 500 * (i // side) + 500
        )
        for i in range(side * side)
    ]
    frame = gpd.GeoDataFrame({"unit": [str(i + 1) for i in range(side * side)], "pop": 100}, geometry=shapes, crs=32634)
    return frame.to_crs(crs)


def project(folder, text):
    file = folder / "project.toml"
    file.write_text('[project]\nname = "case"\n' + text, encoding="utf-8")
    return file
