"""[budget]: prices, who pays, and what there is."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from beatplanner.data.description.sections.base import NonNegative, Positive, Section, Whole

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
    years: Annotated[int, Field(ge=1, le=15, strict=True)] = 5
    inflation: Annotated[float, Field(ge=-0.5, le=5, strict=True)] = 0.0
    officer_salary: NonNegative = 0.0
    grades: dict[str, NonNegative] = Field(default_factory=dict)
    allowances: NonNegative = 0.0
    employer_part: NonNegative = 0.0
    station_yearly: NonNegative = 0.0
    vehicles_per_beat: NonNegative = 0.0
    vehicle_price: NonNegative = 0.0
    vehicle_years: Annotated[int, Field(ge=1, le=30, strict=True)] = 8
    vehicle_yearly: NonNegative = 0.0
    forum_travel: NonNegative = 0.0
    training_seat: NonNegative = 0.0
    training_seats: Whole | list[Whole] | None = None
    vehicle_lead_months: Whole | None = None
    station_lead_months: Whole | None = None
    payers: Payers = Payers()
    funds: dict[str, Yearly] = Field(default_factory=dict)
    ends: dict[str, dt.date] = Field(default_factory=dict)
    then: Annotated[str, Field(min_length=1)] = "ministry"
    ceiling: Yearly | None = None
    functions: dict[Literal["salaries", "stations", "vehicles", "forums", "training"], str] = Field(
        default_factory=dict
    )
    pilots: list[str] = Field(default_factory=list)
    start_by: Literal["beat", "municipality"] = "beat"
    start_together: list[list[str]] = Field(default_factory=list)
    rates: dict[str, Positive] = Field(default_factory=dict)
