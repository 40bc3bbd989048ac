"""What projects are called in lists, so that two of them are told apart."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from beatplanner.data.narrowing import is_dict
from beatplanner.ui.desktop.toolkit.in_language import translated


def project_called(project: Path) -> str:
    """Return what a project is called: a description, whose file is mostly called project.toml, by its title and the folder that it lies in; another of that name by its folder."""
    if project.suffix.lower() != ".toml":
        if project.is_dir():
            return translated("Result: {0}").format(project.name)
        return project.stem if project.stem.casefold() != "project" else f"{project.parent.name}/{project.name}"
    title, where = _title(project), f"{project.parent.name}/{project.name}"
    return f"{title} ({where})" if title else where


def called_apart(projects: Sequence[Path]) -> list[str]:
    """Return what projects are called; those that would be called alike with the folders that they lie in."""
    names = [project_called(project) for project in projects]
    # one project may be in the list twice
    alike = Counter(name for _, name in set(zip(projects, names, strict=True)))
    return [
        f"{name} ({project.parent})" if alike[name] > 1 else name for project, name in zip(projects, names, strict=True)
    ]


def _title(description: Path) -> str:
    """Return the name that a description gives its project; "" where it cannot be read."""
    try:
        found = tomllib.loads(description.read_text(encoding="utf-8-sig")).get("project")
    except (OSError, ValueError):
        return ""
    name = found.get("name") if is_dict(found) else None
    return name.strip() if isinstance(name, str) else ""
