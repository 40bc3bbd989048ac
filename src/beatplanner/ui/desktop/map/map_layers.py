"""The layers of the map, without any Qt: what they are called, their order, opacity and class breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

# Sequential shades that stay apart for colour-blind readers and on a grey printer (after ColorBrewer's YlGnBu and Oranges).
SHADES = {
    "blue": ("#f7fcf0", "#ccebc5", "#7bccc4", "#2b8cbe", "#084081"),
    "orange": ("#fff5eb", "#fdd0a2", "#fd8d3c", "#d94801", "#7f2704"),
}
# Layers of the groups of beats, and what they are called in a plan's tables.
LEVELS = {"Sectors": "sectors", "Commands": "commands"}
METHODS = ("quantiles", "equal steps")


@dataclass
class MapLayer:
    """One layer.

    Attributes
    ----------
    name
        By which the program knows it, and what the tree shows.
    visible
        Whether it is drawn.
    opacity
        0 (nothing) to 1.
    shaded
        Whether units are shaded by a figure in classes.
    figure, method, classes, shades
        For a shaded layer: which figure, how the breaks are found, how many classes, and the key of `SHADES`.
    public
        Whether it may leave the office in an export: points of incidents never do.
    """

    name: str
    visible: bool = False
    opacity: float = 1.0
    shaded: bool = False
    figure: str = ""
    method: str = "quantiles"
    classes: int = 5
    shades: str = "blue"
    public: bool = True


def first_layers() -> list[MapLayer]:
    """Return the layers as they are at first, from the bottom to the top."""
    return [
        MapLayer("Background map", False),
        MapLayer("Beats", True),
        MapLayer("Population", False, 0.85, True, "Residents per km²", shades="blue"),
        MapLayer("Workload", False, 0.85, True, "Hours a year per km²", shades="orange"),
        MapLayer("Service", False, 0.85, True, "", public=False),
        MapLayer("Units", True),
        MapLayer("Change since today", False, 0.8),
        MapLayer("Catchments", False, 0.6),
        MapLayer("Roads", False),
        MapLayer("Incident density", False, 0.75, public=False),
        MapLayer("Incidents", False, 0.6, public=False),
        MapLayer("Municipality borders", True),
        MapLayer("Beat borders", True),
        MapLayer("Sectors", True),
        MapLayer("Commands", True),
        MapLayer("Today's beats", True),
        MapLayer("Barriers", True),
        MapLayer("Links", True),
        MapLayer("Candidate sites", False),
        MapLayer("Stations", True),
        MapLayer("Names", True),
        MapLayer("Street names", True),
        MapLayer("Names of units", False),
    ]


@dataclass
class LayerStack:
    """The layers from the bottom to the top; `listeners` are called after every change."""

    layers: list[MapLayer] = field(default_factory=first_layers)
    patterns: bool = False  # hatched beats for black and white
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def __getitem__(self, name: str) -> MapLayer:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def change(self, name: str, **values: object) -> None:
        """Set attributes of a layer."""
        layer = self[name]
        for key, value in values.items():
            if not hasattr(layer, key):
                raise AttributeError(key)
            setattr(layer, key, value)
        self.changed()

    def move(self, name: str, steps: int) -> None:
        """Move a layer up (positive) or down in the order, as far as it goes."""
        at = self.layers.index(self[name])
        to = max(0, min(len(self.layers) - 1, at + steps))
        self.layers.insert(to, self.layers.pop(at))
        self.changed()

    def reorder(self, names: list[str]) -> None:
        """Put the layers into this order, from the bottom to the top."""
        self.layers = [self[name] for name in names]
        self.changed()

    def changed(self) -> None:
        """Tell the listeners."""
        for listener in self.listeners:
            listener()


def class_breaks(values: np.ndarray, classes: int, method: str) -> np.ndarray:
    """Return the upper limits of classes, ascending, fewer where values are alike.

    Parameters
    ----------
    values
        (n,) numbers; those that are not finite are left out.
    classes
        How many classes, at least 1.
    method
        ``"quantiles"``: as many units in each; ``"equal steps"``: each as wide.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return np.array([])
    if method == "equal steps":
        found = np.linspace(known.min(), known.max(), classes + 1)[1:]
    else:
        found = np.quantile(known, np.linspace(0, 1, classes + 1)[1:])
    return np.unique(found)


def classified(values: np.ndarray, breaks: np.ndarray) -> np.ndarray:
    """Return the class of each value, (n,), 0 the lowest; −1 where it is not finite."""
    found = np.searchsorted(breaks, values, side="left")
    return np.where(np.isfinite(values), np.minimum(found, max(0, len(breaks) - 1)), -1)


def nice_length(metres: float) -> float:
    """Return the greatest of 1, 2 and 5 times a power of ten that is not longer, metres."""
    power = 10.0 ** np.floor(np.log10(max(metres, 1e-9)))
    return float(max(f * power for f in (1, 2, 5) if f * power <= metres * (1 + 1e-12)))
