"""What the service is without a rule for the lines of beats, beside what it is with it."""

from __future__ import annotations

from typing import Any

from beatplanner.data.result.service_files import fates, response_minutes


def change_of_service(ruled: dict[str, Any] | None, free: dict[str, Any] | None) -> dict[str, float | None]:
    """Return what the service is without a rule, less what it is with it: minutes until somebody is there, and shares of the calls."""
    if not ruled or not free:
        return {}
    pairs = {"until_there": (response_minutes(ruled), response_minutes(free))}
    pairs |= {key: (ruled[key], free[key]) for key in ("own_share", *fates(free))}
    return {key: None if a is None or b is None else b - a for key, (a, b) in pairs.items()}
