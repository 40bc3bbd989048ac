"""The project description: the TOML of a project as checked models, one a section."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import Input, Section
from beatplanner.data.description.sections.beats import Beats
from beatplanner.data.description.sections.budget import Budget
from beatplanner.data.description.sections.country import Country
from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.description.sections.incidents import Incidents
from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.description.sections.service import Service
from beatplanner.data.description.sections.stations import Stations
from beatplanner.data.description.sections.units import Project, Units
from beatplanner.data.description.sections.workload import Workload
from beatplanner.data.paths import whole_path


class ScenarioWords(Section):
    """What a scenario is called, and what it is about."""

    name: Annotated[Annotated[str, Field(min_length=1)] | None, Input("What the scenario is called.")] = None
    about: Annotated[str | None, Input("What it is about, for whoever compares it.")] = None


class Description(Section):
    """A whole project description.

    Attributes
    ----------
    folder
        The folder that paths are relative to.
    file
        The description file itself.
    """

    project: Project
    units: Units
    incidents: Incidents | None = None
    workload: Workload = Workload()
    beats: Beats | None = None
    stations: Stations | None = None
    officers: Officers | None = None
    forum: Forum | None = None
    budget: Budget | None = None
    country: Country | None = None
    service: Service | None = None
    scenario: ScenarioWords | None = None
    folder: Path = Field(default=Path(), exclude=True)
    file: Path = Field(default=Path("project.toml"), exclude=True)

    @property
    def currency(self) -> str:
        """The currency in which money is stated here."""
        if self.budget is not None:
            return self.budget.currency
        return self.forum.currency if self.forum is not None else "EUR"

    def path(self, relative: Path) -> Path:
        """Return where a path of the description leads."""
        return whole_path(self.folder / relative)


SECTIONS: dict[str, type[Section]] = {
    "project": Project,
    "units": Units,
    "incidents": Incidents,
    "workload": Workload,
    "beats": Beats,
    "stations": Stations,
    "officers": Officers,
    "forum": Forum,
    "budget": Budget,
    "country": Country,
    "service": Service,
    "scenario": ScenarioWords,
}
