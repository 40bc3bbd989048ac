"""Looking at the service of a project's beats of today, or of a plan that was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import make_folder, place_to_write
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.sections import section_of
from beatplanner.data.result.service import ServiceContent
from beatplanner.data.result.service_files import write_service
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.service.picture import Method, read_inputs
from beatplanner.planning.service.step import content, service_of_plan, service_of_today, today_beside


def look_at_service(
    project: Path,
    out: Path,
    *,
    method: Method | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> ServiceContent:
    """Write ``service.json`` into a folder and return its content.

    Parameters
    ----------
    project
        A description or project file: today's beats are looked at; a plan's folder: its beats, with the project's layers read again.
    out
        The folder; made where it does not exist. Other files in it stay.
    method, seed, cancelled
        As for `service_picture`.

    Raises
    ------
    InputError
        Where the input cannot be used; nothing is written then.
    """
    place_to_write(out)
    if out.exists() and not out.is_dir():
        raise InputError(problem("there is a file in this place", "Give a folder", file=out))
    if project.is_dir():
        plan = read_result(project)
        file = Path(str(plan.summary.get("description_file", "")))
        rules = Description.model_validate(plan.summary.get("rules", {}))
        town = read_town(rules.model_copy(update={"folder": file.parent, "file": file}))
        inputs = read_inputs(town)
        picture = service_of_plan(town, plan, inputs, method=method, seed=seed, cancelled=cancelled)
        share = section_of(plan.summary, "workload").get("abstraction")
        today = today_beside(town, inputs, method=method, seed=seed, cancelled=cancelled)
    else:
        town = read_town(read_description(project))
        picture = service_of_today(town, read_inputs(town), method=method, seed=seed, cancelled=cancelled)
        today = share = plan = None
    section, evidence = content(picture, town, today=today, share=share, plan=plan, cancelled=cancelled)
    make_folder(out)
    write_service(out, section, evidence)
    return section
