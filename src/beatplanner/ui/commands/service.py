"""The command that looks at the service of beats, hour by hour."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from beatplanner.data.findings import amount_text
from beatplanner.data.result.service import ServiceContent
from beatplanner.data.result.service_files import fates, response_minutes
from beatplanner.ui.commands.console import OutOption, SeedOption, interruptible, out_console

commands = typer.Typer()


@commands.command()
def service(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT|DIR", help="A project: today's beats; a plan's folder: its beats.")
    ],
    out: OutOption,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            metavar="exact|approximate|simulate",
            help="Exact up to twelve officers on duty, unless one is named.",
        ),
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Count minutes to the caller, own officers and time left for people, by shift and beat."""
    from beatplanner.planning.prepared import prepare_solvers
    from beatplanner.planning.service.command import look_at_service

    if method not in (None, "exact", "approximate", "simulate"):
        raise typer.BadParameter("give exact, approximate or simulate", param_hint="--method")
    prepare_solvers(["service"])
    with interruptible() as cancelled:
        found = look_at_service(project, out, method=method, seed=seed, cancelled=cancelled)  # type: ignore[arg-type]
    print_service(found)
    out_console.print(f"Written: {out / 'service.json'}", markup=False)


def print_service(found: ServiceContent) -> None:
    """Print the figures of each shift."""
    what = {"wait_share": "wait", "lost_share": "lost"}
    shown = fates(found)
    # hours in which several shifts are on duty count once
    hours = sum(s["hours_a_week"] for s in found.get("periods", found["shifts"]))
    # eighty columns hold every figure whole: a narrow gap, and numbers without their units
    table = Table(Column("shift", overflow="fold"), box=None, padding=(0, 1, 0, 0))
    for head in (
        "hours a week",
        "on duty",
        "own officer",
        "minutes until there",
        "of them travel",
        "90 % travel within",
        *(what[key] for key in shown),
        "busy",
        "time for people",
    ):
        table.add_column(head, justify="right")

    def cell(value: float | None, form: str) -> str:
        return "–" if value is None else form.format(value)

    for s in [
        *found["shifts"],
        {
            "name": "all",
            "hours_a_week": hours,
            "servers_on_duty": None,
            **found,
        },
    ]:
        duty = "" if s["servers_on_duty"] is None else amount_text(s["servers_on_duty"], 3)
        table.add_row(
            s["name"],
            f"{s['hours_a_week']:,.0f}",
            duty,
            cell(s["own_share"], "{:.0%}"),
            cell(response_minutes(s), "{:.1f}"),
            cell(s["mean_minutes"], "{:.1f}"),
            cell(s["p90_minutes"], "{:.1f}"),
            *(cell(s[key], "{:.1%}") for key in shown),
            cell(s["busy_share"], "{:.0%}"),
            cell(s["people_share"], "{:.0%}"),
        )
    out_console.print(table)
    for note in found["notes"]:
        out_console.print(note, markup=False)
