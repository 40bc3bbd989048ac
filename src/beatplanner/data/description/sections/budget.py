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
    """Prices of the first year, what rises, who pays, and what there is; ``docs/scenarios.md`` explains the rules."""

    currency: Annotated[
        str,
        Field(min_length=1),
        Rule(
            "Currency",
            "all sums are in {value}",
            why="A sum without its currency is no sum, and plans in two currencies are compared by rates that somebody stated.",
            source="EUR: an assumption.",
            check="budget.labels",
        ),
    ] = "EUR"
    first_year: Annotated[
        Annotated[int, Field(ge=1900, le=2200, strict=True)] | None,
        Rule(
            "First year of the budget",
            "the first year of the budget is {value}",
            low=2000,
            high=2100,
            plain=True,
            off="the first year of the budget is the one in which the officers' plan starts",
            why="A budget law knows years by their number, and two plans are compared year by year.",
            source="Off: the year of the officers' first day; without officers years are counted from 1.",
            check="budget.labels",
        ),
    ] = None
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
            money="budget.currency",
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
            money="budget.currency",
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
            money="budget.currency",
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
            money="budget.currency",
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
            money="budget.currency",
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
            money="budget.currency",
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
            "a member's way to a meeting costs {value} where no places are planned",
            money="budget.currency",
            high=10000,
            step=0.5,
            why="Who pays for the way to a meeting gets members who could not. Where the pack plans the places, ways are counted instead.",
            source="0: no price is usual; set what your budget office says.",
            check="budget.lines",
        ),
    ] = 0.0
    training_seat: Annotated[
        NonNegative,
        Rule(
            "Price of a seat",
            "a seat of a course costs {value}",
            money="budget.currency",
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
            money="budget.currency",
            off="nobody's money is limited",
            why="What one payer has does not pay another's lines.",
            source="Off: the payers know.",
            check="budget.limits",
        ),
    ] = Field(default_factory=dict)
    ends: Annotated[
        dict[str, dt.date],
        Rule(
            "Last day of a payer's money",
            "a payer's money ends: {value}",
            off="nobody's money ends",
            why="A donor's money ends; what it paid does not, and falls on somebody.",
            source="Off: the agreement with the donor says it.",
            check="budget.donor_ends",
        ),
    ] = Field(default_factory=dict)
    then: Annotated[
        str,
        Field(min_length=1),
        Rule(
            "Who pays after it",
            "after a payer's last day its lines are paid by {value}",
            why="A plan that says it early gives the next payer years to find the money.",
            source="The ministry, where nobody else is named.",
            check="budget.donor_ends",
        ),
    ] = "ministry"
    ceiling: Annotated[
        Yearly | None,
        Rule(
            "Money in all",
            "at most so much is spent a year: {value}",
            money="budget.currency",
            off="there is no limit of money",
            why="What cannot be paid starts later; the plan says what, and how much is missing.",
            source="Off: the budget law says it.",
            check="budget.limits",
        ),
    ] = None
    functions: Annotated[
        dict[Literal["salaries", "stations", "vehicles", "forums", "training"], str],
        Rule(
            "Function of a line",
            "functions in the budget: {value}",
            off="all lines are police services (COFOG 03.1)",
            why="A ministry of finance sums up by function, and a training centre may be education there.",
            source="03.1: police services in the United Nations' classification of functions (COFOG).",
            check="budget.functional",
        ),
    ] = Field(default_factory=dict[Literal["salaries", "stations", "vehicles", "forums", "training"], str])
    pilots: Annotated[
        list[str],
        Rule(
            "What starts first",
            "before all others start {value}",
            off="no beat or municipality starts before all others",
            why="A pilot shows what the rest of the plan needs before all is spent.",
            source="None: a pilot is a political choice.",
            check="budget.limits",
        ),
    ] = Field(default_factory=list)
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
    start_together: Annotated[
        list[list[str]],
        Rule(
            "Beats that start together",
            "start together: {value}",
            off="no beats must start together",
            why="Beats that share a station or a commander start at once or not at all.",
            source="None: the force knows what belongs together.",
            check="budget.limits",
        ),
    ] = Field(default_factory=list[list[str]])
    rates: Annotated[
        dict[str, Positive],
        Rule(
            "Rates of other currencies",
            "so much of the other currency is one of this one: {value}",
            off="plans in other currencies are not compared by money",
            why="A plan of a neighbouring country is compared by a rate that somebody stated, never by one that the program guessed.",
            source="None: state your central bank's.",
        ),
    ] = Field(default_factory=dict)
