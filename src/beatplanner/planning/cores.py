"""How many threads a plan may use on this computer."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Return the processors that this process may use; a container or a job may be given fewer than there are."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # pragma: no cover  # Windows and macOS know no affinity of this kind
        return max(1, os.cpu_count() or 1)
