"""The sample town as a project with a finished plan, made once on the computer where it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from beatplanner.data.output_place import scratch_folder
from beatplanner.data.project.build import build
from beatplanner.data.project.content import Content
from beatplanner.data.project.document import ProjectDocument
from beatplanner.data.project.store import read_content
from beatplanner.data.sample.sample_town import write_sample_town
from beatplanner.planning.whole.run import run

# The second is what older versions called it.
NAME, OLDER = "Sample town.beatplan", "Sample town.gpkg"
SECONDS = 30.0


def planned_sample(folder: Path, seconds: float = SECONDS) -> Path:
    """Return the sample town's project file in a folder, with its layers beside it and a plan in it; what is there already is kept.

    Parameters
    ----------
    folder
        Made where it is not there.
    seconds
        Limit of the solving.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    project = folder / NAME
    for made in (project, folder / OLDER):
        if made.is_file() and not _stopped(made):
            return made
    # in its place from the beginning: a plan names the file that it was made of
    build(write_sample_town(folder), project)
    with scratch_folder() as work:
        plan = work / "plan"
        run(project, plan, time_limit=seconds, pack=False)
        document = ProjectDocument.open(project)
        try:
            document.add_plan(plan)
            document.save()
        finally:
            document.close()
    return project


def _stopped(made: Path) -> bool:
    """Tell whether the sample town was stopped before it had its plan, and nobody did anything with it since."""
    content = Content({})
    try:
        read_content(made, content)
    except (sqlite3.Error, OSError, ValueError):
        # what is wrong with it is told where it is opened
        return False
    return not content.plans and all(event.kind == "build" for event in content.history)
