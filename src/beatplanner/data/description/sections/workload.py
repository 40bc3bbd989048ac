"""[workload]: from incidents to officer hours."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import NonNegative, Positive, Section, ShareBelowOne


class Workload(Section):
    """From incidents to officer hours a year; defaults and their sources are in ``planning.workload``."""

    default_hours: NonNegative = 1.0
    community_hours_per_1000: NonNegative = 120.0
    hours: dict[str, NonNegative] = Field(default_factory=dict)
    fixed_hours_per_beat: NonNegative = 0.0
    annual_hours: Positive = 2080.0
    absence: ShareBelowOne = 0.184
    abstraction: ShareBelowOne = 0.20
    community_share: ShareBelowOne = 0.40
    admin_share: ShareBelowOne = 0.05
    min_officers_per_beat: Annotated[int, Field(ge=1, strict=True)] = 2
