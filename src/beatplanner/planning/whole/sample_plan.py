"""The sample town as a project with a finished plan, made once on the computer where it is opened."""

from __future__ import annotations

from pathlib import Path

from beatplanner.data.output_place import scratch_folder, write_file
from beatplanner.data.project.build import build
from beatplanner.data.project.document import ProjectDocument
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
        if made.is_file():
            return made
    description = write_sample_town(folder)
    with scratch_folder() as work:
        part, plan = work / NAME, work / "plan"
        build(description, part)
        run(part, plan, time_limit=seconds, pack=False)
        document = ProjectDocument.open(part)
        try:
            document.add_plan(plan)
            document.save()
        finally:
            document.close()
        write_file(project, part.read_bytes())
    return project
