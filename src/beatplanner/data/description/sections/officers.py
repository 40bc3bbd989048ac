"""[officers]: the roster and the rules of tenure."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import CountOrAuto, NonNegative, Positive, Section, TablePath, Whole


class OfficerWeights(Section):
    """Weights of the officers' objective, in the order of what matters most."""

    vacant_month: NonNegative = 10_000.0
    tenure_violation: NonNegative = 5_000.0
    language_gap: NonNegative = 50.0
    gender_gap: NonNegative = 25.0
    rotation: NonNegative = 20.0
    home_km_month: NonNegative = 0.01
    unpreferred_month: NonNegative = 0.005
    changed_month: NonNegative = 0.0  # a month of the published plan that is not served as published
    speaker_month: NonNegative = 0.01  # a resident of a beat and a month in which nobody there speaks their language
    language_must: NonNegative = 1_000.0  # a month without a language in a beat where `must_language_share` asks for it


class Officers(Section):
    """The roster and the rules of tenure."""

    path: Path
    layer: str | None = None
    columns: dict[str, str] = Field(
        default_factory=dict
    )  # the file's name for each column, where it is not the usual one
    crs: str = "EPSG:4326"
    start: dt.date
    years: Annotated[int, Field(ge=1, le=15, strict=True)] = 5
    min_tenure_months: Whole = 36
    handover_months: Annotated[int, Field(ge=0, le=3, strict=True)] = 1
    training_months: Annotated[int, Field(ge=0, le=24, strict=True)] = 4
    posts_per_beat: CountOrAuto = 1
    posts: TablePath | None = None  # posts that ask for something: beat, posts, languages, licence, gender
    gender_mix: bool = False
    must_language_share: Annotated[float, Field(gt=0, le=1)] | None = (
        None  # a language that so many of a beat speak must be spoken there
    )
    max_tenure_months: Annotated[int, Field(ge=1, strict=True)] | None = None
    moves_a_month: Whole | None = None
    half_a_year: bool = False  # at most half of a beat's officers change in any 12 months
    published: TablePath | None = None  # officer, beat, start, end
    freeze_months: Whole = 0
    job_template: Path | None = None
    supervisor_ranks: list[str] = Field(default_factory=list)  # ranks of the roster that supervise
    span_of_control: Annotated[int, Field(ge=1, strict=True)] | None = (
        None  # officers that one supervisor leads at most
    )
    notice_months: Annotated[int, Field(ge=0, le=24, strict=True)] = 0  # nobody is moved from today's beat earlier
    max_home_km: Positive | None = None  # nobody is moved to a beat farther from home, straight
    class_size: Annotated[int, Field(ge=1, strict=True)] | None = None  # of a course
    drop_out: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of those who start a course and do not end it
    weights: OfficerWeights = OfficerWeights()
