"""The roster and the published postings that a plan of officers goes on from, as files beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from beatplanner.data.paths import whole_path

ROSTER, PUBLISHED = "roster.csv", "published.csv"


@contextmanager
def roster_files(out: Path | None, roster: pd.DataFrame, published: pd.DataFrame) -> Generator[Path]:
    """Write both tables and give their folder.

    Parameters
    ----------
    out
        The result that they stay beside, as ``NAME-inputs``; None where nothing is to be kept: they hold names and homes, and are gone when the
        body ends.
    roster, published
        The tables.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="beatplanner-") as scratch:
            yield _written(Path(scratch), roster, published)
        return
    place = whole_path(out)
    folder = place.parent / f"{place.name}-inputs"
    folder.mkdir(parents=True, exist_ok=True)
    yield _written(folder, roster, published)


def _written(folder: Path, roster: pd.DataFrame, published: pd.DataFrame) -> Path:
    roster.to_csv(folder / ROSTER, index=False, encoding="utf-8")
    published.to_csv(folder / PUBLISHED, index=False, encoding="utf-8")
    return folder
