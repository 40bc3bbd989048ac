"""[beats]: how many, and the rules that they keep."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from beatplanner.data.description.sections.base import (
    CountOrAuto,
    IdLayer,
    Input,
    Layer,
    Section,
    Share,
    Table,
    TablePath,
)
from beatplanner.data.description.sections.rule import Rule
from beatplanner.data.narrowing import is_list


class LockTable(Table):
    """Units that must stay in a beat."""

    unit: str = "unit"
    beat: str = "beat"


SPAN = "give the fewest and then the most, such as [4, 8]"
COLOUR = r"^#[0-9a-fA-F]{6}$"
Colour = Annotated[str, Field(pattern=COLOUR)]


class Drawn(Section):
    """What a planner drew on the map: links or closed borders, kept with their reason."""

    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)  # units that are joined, or parted
    what: str = ""  # "bridge", "ferry", "railway", …
    reason: str = ""
    line: tuple[tuple[float, float], ...] = ()  # as it was drawn, in the planning CRS


class Grouping(Section):
    """How many members a group may have, and how far its hours may be from the mean of all groups."""

    span: tuple[Annotated[int, Field(ge=1, strict=True)], Annotated[int, Field(ge=1, strict=True)]]
    tolerance: Annotated[float, Field(gt=0, le=1, strict=True)] = 0.25

    @field_validator("span", mode="before")
    @classmethod
    def _of_two(cls, span: object) -> object:
        if is_list(span) and len(span) != 2:
            raise ValueError(SPAN)
        return span

    @field_validator("span")
    @classmethod
    def _rises(cls, span: tuple[int, int]) -> tuple[int, int]:
        if span[0] > span[1]:
            raise ValueError(SPAN)
        return span


class Beats(Section):
    """How many beats, and the rules that they keep."""

    count: Annotated[
        CountOrAuto,
        Rule(
            "Number of beats",
            "{value} beats in all",
            low=1,
            high=5000,
            auto="as many beats as the workload needs",
            common=True,
            why="A beat should be small enough for its officers to be known in it, and large enough to keep two of them busy. Municipalities share the beats by workload.",
            source="No default: the force decides, or the workload does.",
            solver="districts.problem.DistrictingProblem.count",
            check="beats.wished_count",
        ),
    ]
    tolerance: Annotated[
        float,
        Field(gt=0, le=1, strict=True),
        Rule(
            "Balance",
            "each beat within ±{value} % of its municipality's mean work",
            unit="%",
            low=1,
            common=True,
            why="Officers of two beats should have alike much to do. A tighter balance gives odder borders and longer ways; a looser one is unfair to whoever has the full beat.",
            source="10 % is usual in police districting studies; an assumption to be set by the force.",
            solver="districts.problem.DistrictingProblem.upper",
            check="beats.tolerance",
        ),
    ] = 0.10
    balances: Annotated[
        dict[str, Annotated[float, Field(gt=0, le=1, strict=True)]],
        Rule(
            "Further balances",
            "balanced beside the hours: {value}",
            unit="%",
            off="hours alone are balanced",
            why="Beats with alike work may still differ in the people to know or the ground to cover. Each of these amounts is held within its share of the municipality's mean: `residents`, `area`, `calls` (incidents a year), or a name of `units.amounts`.",
            source="None: hours alone are balanced. Several at once are usual in commercial districting, at 5 to 20 %.",
            solver="districts.problem.DistrictingProblem.balances",
            check="beats.balances",
        ),
    ] = Field(default_factory=dict)
    sectors: Annotated[
        Grouping | None,
        Rule(
            "Sectors",
            "beats in sectors: {value}",
            off="beats are not grouped",
            why="One person can lead so many beats. Sectors are connected, near in work (`tolerance` of their mean hours), and the least travel from the beats to the sector's centre; `span` is the fewest and the most beats of one, and as few sectors are made as it allows.",
            source="Off. A span of control of 4 to 8 is usual in uniformed services; the force decides. ±25 %: an assumption.",
            solver="districts.problem.DistrictingProblem.balances",
            check="sectors.rules",
        ),
    ] = None
    commands: Annotated[
        Grouping | None,
        Rule(
            "Commands",
            "sectors in commands: {value}",
            off="sectors are not grouped",
            why="The same a level higher: connected sectors in a command, `span` the fewest and the most sectors of one.",
            source="Off: the force decides.",
            solver="districts.problem.DistrictingProblem.balances",
            check="commands.rules",
        ),
    ] = None
    objective: Annotated[
        Literal["travel", "cut"],
        Rule(
            "Beats are drawn for",
            "",
            choices={
                "travel": "short ways: least travel from a beat's centre to its work",
                "cut": "short borders between beats",
            },
            why="Short ways leave more time for people. Short borders make round beats that are easy to tell.",
            source="Short ways: the usual goal of districting (Hess's model).",
            solver="districts.problem.DistrictingProblem.goal",
            check="beats.objective",
        ),
    ] = "travel"
    distances: Annotated[
        TablePath | None,
        Input(
            "Table of metres between units: columns `from`, `to` and `metres`; else along roads, else the straight line."
        ),
    ] = None
    roads: Annotated[Layer | None, Input("Layer of roads that distances between units are measured along.")] = None
    adjacency: Annotated[TablePath | None, Input("Table of which units touch; else their borders say it.")] = None
    current: Annotated[IdLayer | None, Input("Layer of today's beats, named by the column `id`.")] = None
    max_moved: Annotated[
        Share | None,
        Rule(
            "Change at most",
            "at most {value} % of residents change beat",
            unit="%",
            off="any number of residents may change beat",
            common=True,
            why="Every resident who changes beat loses an officer whom they know. A change budget keeps today's lines where they do no harm.",
            source="Off: set it where people know their beats.",
            solver="districts.problem.DistrictingProblem.budget",
            check="beats.max_moved",
        ),
    ] = None
    barriers: Annotated[Layer | None, Input("Layer of rivers, railways and the like, which separate units.")] = None
    crossings: Annotated[
        Layer | None, Input("Layer of points or lines, such as bridges, at which a barrier may be crossed.")
    ] = None
    decided_links: Annotated[
        TablePath | None,
        Input("Table of which proposed links of islands hold: columns `from`, `to`, `accept` (yes or no), `reason`."),
    ] = None
    locked: Annotated[LockTable | None, Input("Table of units that must stay in a beat.")] = None
    links: Annotated[
        tuple[Drawn, ...], Input("Drawn by hand: units that officers can go between, though they do not touch.")
    ] = ()
    closed: Annotated[tuple[Drawn, ...], Input("Drawn by hand: borders that nobody crosses.")] = ()
    held: Annotated[dict[str, tuple[str, ...]], Input("Drawn by hand: a beat and its units that must stay in it.")] = (
        Field(default_factory=dict)
    )
    names: Annotated[
        dict[str, str], Input("Given by a planner: a beat and its name, in every plan that has the beat.")
    ] = Field(default_factory=dict)
    colours: Annotated[dict[str, Colour], Input("Given by a planner: a beat and its colour, such as `#80b1d3`.")] = (
        Field(default_factory=dict)
    )
