"""What the evaluation of certificates has in common."""

from __future__ import annotations


class CannotProveError(Exception):
    """A certificate cannot be evaluated, with the reason for a person."""
