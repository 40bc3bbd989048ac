"""The service picture of a plan that is written: counted with the plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.result.cells import read_frame
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of
from beatplanner.data.result.service_files import FOLDER, LINES, NAMES
from beatplanner.data.town.town import Town
from beatplanner.planning.whole.inputs import put_inputs

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims, ShareOfPlan
    from beatplanner.planning.service.picture import ServiceInputs


def service_inputs(town: Town) -> ServiceInputs | None:
    """Read what the service is counted from, before anything is planned: what is wrong with it must not come to light at the end.

    None where the description has no section [service], or no beats.

    Raises
    ------
    InputError
        As `planning.service.picture.read_inputs`.
    """
    if town.description.service is None or town.description.beats is None:
        return None
    from beatplanner.planning.service.picture import read_inputs

    return read_inputs(town)


def counted_share(summary: Claims) -> ShareOfPlan | None:
    """Return the share of duty away from the beat that a plan was made with, where it was counted."""
    return section_of(summary, "workload").get("abstraction")


def service_of(town: Town, inputs: ServiceInputs | None, plan: PlanTables, *, seed: int) -> tuple[Any, ...] | None:
    """Return the service of a plan, as `write_service` takes it, and put it into the plan's summary; None where there is none."""
    if inputs is None or plan.beats is None:
        plan.summary.pop("service", None)
        return None
    from beatplanner.planning.service.step import content, service_of_plan, today_beside

    today = today_beside(town, inputs, seed=seed)
    found = content(
        service_of_plan(town, plan, inputs, seed=seed),
        town,
        today=today,
        share=counted_share(plan.summary),
        plan=plan,
    )
    plan.summary["service"] = found[0]
    put_inputs(plan.summary, inputs.tables.sources, town.description)
    return found


def put_lines_beside(before: Path, plan: PlanTables, service: tuple[Any, ...] | None) -> None:
    """Put what the lines of kept beats can be computed from again beside the service of a plan with the same beats."""
    if service is not None and section_of(plan.summary, "beats").get("lines") and (before / FOLDER / LINES).is_file():
        service[1][LINES] = read_frame(before / FOLDER / LINES, NAMES)
