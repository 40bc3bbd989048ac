"""What the service is without a rule for the lines of beats, beside what it is with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

from beatplanner.data.result.service_files import fates, response_minutes

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


class ServiceChange(TypedDict):
    """Minutes until somebody is there, and shares of the calls; only those that a service tells."""

    until_there: NotRequired[float | None]
    own_share: NotRequired[float | None]
    wait_share: NotRequired[float | None]
    lost_share: NotRequired[float | None]


def change_of_service(ruled: Claims | None, free: Claims | None) -> ServiceChange:
    """Return what the service is without a rule, less what it is with it: minutes until somebody is there, and shares of the calls."""

    def change(before: float | None, after: float | None) -> float | None:
        return None if before is None or after is None else after - before

    if not ruled or not free:
        return {}
    found: ServiceChange = {
        "until_there": change(response_minutes(ruled), response_minutes(free)),
        "own_share": change(ruled["own_share"], free["own_share"]),
    }
    known = fates(free)
    if "wait_share" in known:
        found["wait_share"] = change(ruled["wait_share"], free["wait_share"])
    if "lost_share" in known:
        found["lost_share"] = change(ruled["lost_share"], free["lost_share"])
    return found
