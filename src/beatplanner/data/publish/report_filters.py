"""How the internal report writes numbers, shares, days and files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import jinja2
import numpy as np


def number(value: Any, digits: int = 0) -> str:
    """Return a number with commas; a dash where there is none."""
    return (
        "–"
        if value is None or isinstance(value, jinja2.Undefined) or (isinstance(value, float) and not np.isfinite(value))
        else f"{value:,.{digits}f}"
    )


def signed(value: float, digits: int = 0) -> str:
    """Return a difference with its sign, the minus as long as the plus; what rounds to nothing has none."""
    said = f"{abs(value):,.{digits}f}"
    return said if not any(c in said for c in "123456789") else f"{'+' if value > 0 else '−'}{said}"


def _day(iso: Any, before: int = 0) -> str:
    try:
        on = dt.date.fromisoformat(str(iso)[:10]) - dt.timedelta(days=before)
    except ValueError:
        return str(iso)
    return f"{on.day} {on:%B %Y}"


def _last_day(end: Any) -> str:
    return _day(end, 1)


def _file_name(path: Any) -> str:
    return str(path).replace("\\", "/").rsplit("/", 1)[-1]


# Of files the name, since a path breaks a table; a posting's end is the first day after it, its last day the one that people know.
DAYS: dict[str, Callable[..., str]] = {"day": _day, "last_day": _last_day, "file_name": _file_name}


def share(value: Any, digits: int = 1) -> str:
    """Return a share in per cent; a dash where there is none."""
    return "–" if value is None or isinstance(value, jinja2.Undefined) else f"{value:.{digits}%}"
