"""How files are called: projects ``.beatplan``, the program's own kind of file, a GeoPackage inside (``.gpkg`` goes on working); others as was typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PROJECT_ENDING = ".beatplan"
# What may hold a project; all of them are GeoPackages.
PACKAGES = (PROJECT_ENDING, ".gpkg")


def project_ending(file: Path) -> str:
    """Return the ending that a copy of a project gets: its own, or the program's where it is none of a project file."""
    return file.suffix if file.suffix.lower() in PACKAGES else PROJECT_ENDING


def as_project_name(typed: Path) -> Path:
    """Return the file that a name stands for which somebody typed: without an ending of a project it gets the program's own."""
    return typed if typed.suffix.lower() in PACKAGES else typed.with_name(typed.name + PROJECT_ENDING)


def free_name(path: Path) -> Path:
    """Return a path that is not taken: the one given, or with a number behind its name."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem} {number}{path.suffix}")
    return found


def with_ending(typed: str, endings: Sequence[str]) -> Path:
    """Return the file that a name stands for which somebody typed where a file is saved.

    A name without any of these endings gets the first, and a number where such a file is there: whoever typed it was asked about no other.
    """
    path = Path(typed)
    return path if path.suffix.lower() in endings else free_name(path.with_name(path.name + endings[0]))
