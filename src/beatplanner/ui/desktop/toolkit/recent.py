"""Projects opened lately, kept in the user's own settings folder."""

from __future__ import annotations

import json
from pathlib import Path

from platformdirs import user_config_path

from beatplanner.data.paths import whole_path

KEPT = 8


def _file() -> Path:
    return user_config_path("beatplanner", appauthor=False) / "recent.json"


def recent_projects() -> list[Path]:
    """Return the projects that are still there, the latest first."""
    try:
        names = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [Path(n) for n in names if isinstance(n, str) and Path(n).exists()]


def remember(project: Path) -> None:
    """Put a project first; a settings folder that cannot be written is no reason to stop."""
    names = [str(whole_path(project)), *(str(p) for p in recent_projects() if p != whole_path(project))][:KEPT]
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    except OSError:
        return
