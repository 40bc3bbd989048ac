"""What a child does for the sample town."""

from __future__ import annotations

from pathlib import Path


def sample_with_plan(folder: Path) -> Path:
    """Return the project of the sample town with a finished plan, made where it is not there yet."""
    from beatplanner.planning.whole.sample_plan import planned_sample

    return planned_sample(folder)


def plain_sample(folder: Path) -> Path:
    """Return the description of the sample town without a plan."""
    from beatplanner.data.sample.sample_town import write_sample_town

    return write_sample_town(folder)
