"""[beats]: how many, and the rules that they keep."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beatplanner.data.description.sections.base import CountOrAuto, IdLayer, Layer, Section, Share, Table, TablePath


class LockTable(Table):
    """Units that must stay in a beat."""

    unit: str = "unit"
    beat: str = "beat"


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Drawn(Section):
    """What a planner drew on the map: links or closed borders, kept with their reason."""

    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)  # units that are joined, or parted
    what: str = ""  # "bridge", "ferry", "railway", …
    reason: str = ""
    line: tuple[tuple[float, float], ...] = ()  # as it was drawn, in the planning CRS


class Beats(Section):
    """How many beats, and the rules that they keep."""

    count: CountOrAuto
    tolerance: Annotated[float, Field(gt=0, le=1, strict=True)] = 0.10
    objective: Literal["travel", "cut"] = "travel"
    distances: TablePath | None = None
    roads: Layer | None = None  # distances between units along these roads
    adjacency: TablePath | None = None
    current: IdLayer | None = None
    max_moved: Share | None = None
    barriers: Layer | None = None
    crossings: Layer | None = None  # points or lines (bridges) at which a barrier may be crossed
    # from, to, accept (yes or no), reason: which proposed links of islands hold, and more
    decided_links: TablePath | None = None
    locked: LockTable | None = None
    links: tuple[Drawn, ...] = ()  # drawn by hand: units that officers can go between, though they do not touch
    closed: tuple[Drawn, ...] = ()  # drawn by hand: borders that nobody crosses
    held: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # drawn by hand: beat and its units that must stay
    names: dict[str, str] = Field(
        default_factory=dict
    )  # given by a planner: beat and its name, in every plan that has the beat
    colours: dict[str, Colour] = Field(default_factory=dict)  # likewise its colour, such as "#80b1d3"
