"""What the service is without a rule for the lines of beats, beside what it is with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beatplanner.data.result.service_files import fates

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row


def change_of_service(ruled: dict[str, Any] | None, free: dict[str, Any] | None) -> dict[str, float | None]:
    """Return what the service is without a rule, less what it is with it: minutes until somebody is there, and shares of the calls."""

    def there(told: dict[str, Any]) -> float | None:
        return None if told["mean_minutes"] is None else told["mean_minutes"] + (told["mean_wait_minutes"] or 0.0)

    if not ruled or not free:
        return {}
    pairs = {"until_there": (there(ruled), there(free))}
    pairs |= {key: (ruled[key], free[key]) for key in ("own_share", *fates(free))}
    return {key: None if a is None or b is None else b - a for key, (a, b) in pairs.items()}


def change_in_words(row: Row) -> list[str]:
    """Return what of the service is better or worse without a rule."""
    words = {"own_share": "answered by the own officer", "wait_share": "wait", "lost_share": "are lost"}
    minutes = row.get("until_there") or 0.0
    said = (
        [f"{abs(minutes):.2f} minutes {'longer' if minutes > 0 else 'less'} until somebody is there"]
        if abs(minutes) >= 0.005
        else []
    )
    for key, what in words.items():
        change = row.get(key) or 0.0
        if abs(change) >= 5e-4:
            said.append(f"{abs(change):.1%} {'more' if change > 0 else 'fewer'} of the calls {what}")
    return said
