"""The typed shape of ``verification.json``: the checker's verdict as it lies beside a plan."""

from __future__ import annotations

from typing import TypedDict


class CheckedClaim(TypedDict):
    """A claim that failed, or that could not be checked, and why."""

    name: str
    detail: str


class CheckerFound(TypedDict):
    """What pages say of a verdict: whether every check passed, how many there were, and those that could not be made."""

    ok: bool
    checks: int
    unchecked: list[CheckedClaim]


class WrittenVerdict(CheckerFound):
    """Whether every check passed, how many there were, which failed or were left out, when (ISO, UTC), and the hashes of the files that were checked."""

    failed: list[CheckedClaim]
    checked_on: str
    files: dict[str, str]
