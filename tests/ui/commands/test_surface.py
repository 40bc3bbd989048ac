"""What people script against stays: commands with their options, and the keys of a description."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pyogrio
import pytest
import typer

RUN = ("--out", "--time-limit", "--seed", "--threads")
COMMANDS: dict[str, tuple[str, ...]] = {
    "desktop": (),
    "demo": ("--out",),
    "check": (),
    "plan": (*RUN, "--workers", "--scheduler"),
    "curve": (*RUN, "--moved"),
    "beats": RUN,
    "stations": (*RUN, "--plan"),
    "officers": (*RUN, "--plan"),
    "build": ("-o",),
    "compare": ("--out",),
    "verify": ("--json",),
    "service": ("--out", "--method"),
    "new": ("-o", "--yes"),
    **dict.fromkeys(
        [
            "stale",
            "replan",
            "order",
            "succession",
            "mend",
            "scenarios",
            "prices",
            "robustness",
            "survey",
            "audit",
            "pack",
        ],
        (),
    ),
    **dict.fromkeys(
        ["proposal", "catalogue", "export", "project", "country", "job-template", "classes", "postings"], ()
    ),
}
KEYS = {
    "project": "name crs",
    "units": "path layer id population population_raster municipality workload groups",
    "incidents": "path x y crs category time",
    "workload": "default_hours community_hours_per_1000 hours",
    "beats": "count tolerance objective distances adjacency current max_moved barriers locked",
    "stations": "count objective walk_minutes walk_kmh candidates existing roads detour distances budget",
    "officers": "path crs start years min_tenure_months handover_months posts_per_beat",
    "service": "shifts speed_kmh minutes calls categories servers minutes_on_scene travel_counts order queue",
}
COLUMNS = {
    "units": "unit beat workload population",
    "beats": "beat name municipality centre_unit workload deviation population officers_required compactness exact_officers covered_share",
    "stations": "station existing residents_within_limit mean_walk_minutes",
    "assignments": "officer beat start end",
}
STEP = "status objective lower_bound gap seconds"
FIGURES = {
    "beats": f"{STEP} count max_deviation contiguous moved_share",
    "stations": f"{STEP} count mean_walk_minutes share_within_limit cost",
    "officers": f"{STEP} posts vacant_months rotations tenure_violations language_gaps weights",
}
FILES = "report.html forum/pack.pdf forum/map.html forum/beats.csv forum/units.csv forum/run_card.json forum/public.gpkg proof"


def test_a_plan_has_its_files_columns_and_figures(planned_once):
    plan = planned_once.folder / "plan"
    for layer, columns in COLUMNS.items():
        assert set(columns.split()) <= set(pyogrio.read_info(plan / "plan.gpkg", layer=layer)["fields"]), layer
    summary = json.loads((plan / "summary.json").read_text("utf-8"))
    assert summary["version"] == 1
    assert {"project", "feasible", "seed", "seconds"} <= set(summary)
    for step, figures in FIGURES.items():
        assert set(figures.split()) <= set(summary[step]), step
    assert not [name for name in FILES.split() if not (plan / name).exists()]


def test_every_command_has_its_options():
    from beatplanner.ui.commands.app import app

    group = typer.main.get_command(app)
    for name, options in COMMANDS.items():
        command = group.get_command(click.Context(click.Command("beatplanner")), name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(options) <= known, name


@pytest.mark.parametrize("section", KEYS)
def test_every_key_of_a_description_is_known(section):
    schema = json.loads((Path(__file__).parents[3] / "docs" / "description.schema.json").read_text("utf-8"))
    inner = schema["properties"][section]
    place = next((one for one in (inner, *inner.get("anyOf", ())) if "$ref" in one or "properties" in one), inner)
    found = schema["$defs"][place["$ref"].split("/")[-1]] if "$ref" in place else place
    assert set(KEYS[section].split()) <= set(found["properties"])
