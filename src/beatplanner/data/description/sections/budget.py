"""[budget]: prices, who pays, and what there is."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from beatplanner.data.description.sections.base import NonNegative, Positive, Section, Whole
from beatplanner.data.description.sections.rule import Rule

BUDGET_LINES = ("salaries", "stations", "vehicles", "forums", "training")


# A sum of every year alike, or one of each year.
Yearly = NonNegative | list[NonNegative]


class Payers(Section):
    """Who pays each line."""

    salaries: Annotated[str, Field(min_length=1)] = "ministry"
    stations: Annotated[str, Field(min_length=1)] = "ministry"
    vehicles: Annotated[str, Field(min_length=1)] = "ministry"
    forums: Annotated[str, Field(min_length=1)] = "ministry"
    training: Annotated[str, Field(min_length=1)] = "ministry"


class Budget(Section):
    """Prices of the first year, what rises, who pays, and what there is; ``docs/scenarios.md`` explains the rules.

    Attributes
    ----------
    currency, first_year, years, inflation
        Of all sums; the first year is that of the officers' start where none is given.
    officer_salary, grades, allowances, employer_part
        Of an officer in a year of full time; by the roster's column ``grade`` where one is given; added to each; and the employer's share on top of both.
    station_yearly
        Rent and running of each station, beside its own yearly cost.
    vehicles_per_beat, vehicle_price, vehicle_years, vehicle_yearly
        How many, what one costs, after how many years it is replaced, and its running a year.
    forum_travel
        A member and meeting of the neighbourhood forums.
    training_seat, training_seats
        Price of a seat, and seats in a year, one number or one of each year.
    vehicle_lead_months, station_lead_months
        How long it takes from order to delivery, and from the decision to the opening.
    payers, funds, ceiling
        Who pays each line (the ministry where none is named), what each payer has a year, and what may be spent a year in all.
    ends, then
        Last day of a payer's money, and who pays its lines after it.
    functions
        COFOG code of a line where it is not 03.1, police services.
    pilots
        Municipalities or beats that start before all others.
    start_by
        What starts at once: a beat, or all beats of a municipality.
    start_together
        Groups of beats that start at once.
    rates
        For a comparison: of another currency, how much is one of this one.
    """

    currency: Annotated[str, Field(min_length=1)] = "EUR"
    first_year: Annotated[int, Field(ge=1900, le=2200, strict=True)] | None = None
    years: Annotated[
        Annotated[int, Field(ge=1, le=15, strict=True)],
        Rule(
            "Years of the budget",
            "costs are summed up for {value} years",
            unit="years",
            low=1,
            high=15,
            why="A plan that is cheap in its first year may be dear in its fifth.",
            source="5 years: an assumption.",
            check="budget.labels",
        ),
    ] = 5
    inflation: Annotated[
        Annotated[float, Field(ge=-0.5, le=5, strict=True)],
        Rule(
            "Rise of prices",
            "prices and pay rise by {value} % a year",
            unit="%",
            low=-10,
            high=100,
            step=0.5,
            why="A sum of five years in prices of the first is too small.",
            source="0 %: set what your ministry of finance plans with.",
            check="budget.prices",
        ),
    ] = 0.0
    officer_salary: Annotated[
        NonNegative,
        Rule(
            "Pay of an officer",
            "an officer is paid {value} a year, full time",
            unit="a year",
            high=1000000,
            step=100,
            why="Pay is most of what police work costs.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    grades: Annotated[
        dict[str, NonNegative],
        Rule(
            "Pay by grade",
            "pay a year by grade: {value}",
            off="all officers are paid alike",
            why="Officers of a higher grade cost more, and the roster says who has which.",
            source="None: grades are those of the roster's column “grade”.",
            check="budget.lines",
        ),
    ] = Field(default_factory=dict)
    allowances: Annotated[
        NonNegative,
        Rule(
            "Allowances",
            "each officer has allowances of {value} a year",
            unit="a year",
            high=1000000,
            step=100,
            why="Pay is more than the salary: meals, uniform, nights.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    employer_part: Annotated[
        NonNegative,
        Rule(
            "Employer's part",
            "social contributions add {value} % to pay",
            unit="%",
            high=100,
            step=0.5,
            why="Who pays a salary pays contributions on top of it.",
            source="0 %: set what your law says.",
            check="budget.lines",
        ),
    ] = 0.0
    station_yearly: Annotated[
        NonNegative,
        Rule(
            "A station's year",
            "a station costs {value} a year, beside its own running costs",
            unit="a year",
            high=10000000,
            step=100,
            why="Rent, heating and cleaning are paid every year.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    vehicles_per_beat: Annotated[
        NonNegative,
        Rule(
            "Vehicles of a beat",
            "{value} vehicles for each beat",
            unit="vehicles",
            high=20,
            step=0.5,
            why="More beats need more vehicles.",
            source="0: set what your force gives a beat; half a vehicle is one that two beats share.",
            check="budget.lines",
        ),
    ] = 0.0
    vehicle_price: Annotated[
        NonNegative,
        Rule(
            "Price of a vehicle",
            "a vehicle costs {value}",
            high=10000000,
            step=100,
            why="Vehicles are bought when a beat starts, and again when they are old.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    vehicle_years: Annotated[
        Annotated[int, Field(ge=1, le=30, strict=True)],
        Rule(
            "Years of a vehicle",
            "a vehicle is replaced after {value} years",
            unit="years",
            low=1,
            high=30,
            why="What is not replaced is missing one day.",
            source="8 years: an assumption.",
            check="budget.lines",
        ),
    ] = 8
    vehicle_yearly: Annotated[
        NonNegative,
        Rule(
            "A vehicle's year",
            "a vehicle costs {value} a year to run",
            unit="a year",
            high=1000000,
            step=100,
            why="Fuel, insurance and repairs are paid every year.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    forum_travel: Annotated[
        NonNegative,
        Rule(
            "Travel of a forum's member",
            "a member's way to a meeting costs {value}",
            high=10000,
            step=0.5,
            why="Who pays for the way to a meeting gets members who could not.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    training_seat: Annotated[
        NonNegative,
        Rule(
            "Price of a seat",
            "a seat of a course costs {value}",
            high=1000000,
            step=100,
            why="Everyone who joins or has to be trained needs a seat.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    training_seats: Annotated[
        Whole | list[Whole] | None,
        Rule(
            "Seats of the school in a year",
            "the school has so many seats a year: {value}",
            off="the school has seats enough",
            why="Who finds no seat is trained a year later, and the post stays empty.",
            source="Off: the school knows.",
            check="budget.people",
        ),
    ] = None
    vehicle_lead_months: Annotated[
        Whole | None,
        Rule(
            "Months until a vehicle comes",
            "a vehicle comes {value} months after its order",
            unit="months",
            high=120,
            off="no day of order is told",
            why="An order that is late leaves a beat without a vehicle.",
            source="Off: set what your last tender took.",
            check="budget.procurement",
        ),
    ] = None
    station_lead_months: Annotated[
        Whole | None,
        Rule(
            "Months until a station opens",
            "a station opens {value} months after the decision",
            unit="months",
            high=120,
            off="no day of decision is told",
            why="Permits and building take longer than a budget year.",
            source="Off: set what your last station took.",
            check="budget.procurement",
        ),
    ] = None
    payers: Annotated[
        Payers,
        Rule(
            "Who pays",
            "who pays: {value}",
            why="A municipality or a donor pays other things than the ministry, and each wants its own sum.",
            source="The ministry pays each line that nobody else is named for.",
            check="budget.payers",
        ),
    ] = Payers()
    funds: Annotated[
        dict[str, Yearly],
        Rule(
            "Money of each payer",
            "money a year: {value}",
            off="nobody's money is limited",
            why="What one payer has does not pay another's lines.",
            source="Off: the payers know.",
            check="budget.limits",
        ),
    ] = Field(default_factory=dict)
    ends: dict[str, dt.date] = Field(default_factory=dict)
    then: Annotated[str, Field(min_length=1)] = "ministry"
    ceiling: Annotated[
        Yearly | None,
        Rule(
            "Money in all",
            "at most so much is spent a year: {value}",
            off="there is no limit of money",
            why="What cannot be paid starts later; the plan says what, and how much is missing.",
            source="Off: the budget law says it.",
            check="budget.limits",
        ),
    ] = None
    functions: dict[Literal["salaries", "stations", "vehicles", "forums", "training"], str] = Field(
        default_factory=dict
    )
    pilots: list[str] = Field(default_factory=list)
    start_by: Annotated[
        Literal["beat", "municipality"],
        Rule(
            "What starts at once",
            "",
            choices={
                "beat": "under a limit of money beats start one by one",
                "municipality": "under a limit of money all beats of a municipality start together",
            },
            why="A municipality is simpler to tell people about; single beats leave less money idle.",
            source="Beat by beat: more residents are served for the same money.",
            check="budget.starts",
        ),
    ] = "beat"
    start_together: list[list[str]] = Field(default_factory=list)
    rates: dict[str, Positive] = Field(default_factory=dict)
