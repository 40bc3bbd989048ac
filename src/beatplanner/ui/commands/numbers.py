"""Numbers of the command line, all read by the one reader of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer


def number_typed(
    text: str, hint: str, *, whole: bool, low: float | None = None, high: float | None = None, besides: str = ""
) -> float:
    """Return the number that was typed.

    Parameters
    ----------
    text
        As typed, such as “0.05”, “0,05” or “1 000”.
    hint
        The option that it stands behind, for the message.
    whole
        Whether it is one of whole things.
    low, high
        The least and the largest that may be; None where there is no such bound.
    besides
        The word that may stand in place of a number.

    Raises
    ------
    typer.BadParameter
        Where it is no number, could mean two, or lies beyond its bounds.
    """
    from beatplanner.data.formats.number_columns import read_number

    try:
        found = read_number(text, whole=whole)
    except ValueError as error:
        raise typer.BadParameter(f"{error}{besides and f' (nor “{besides}”)'}", param_hint=hint) from None
    if low is not None and found < low:
        raise typer.BadParameter(f"“{text}” is less than {low:,}, the least that may be", param_hint=hint)
    if high is not None and found > high:
        raise typer.BadParameter(f"“{text}” is more than {high:,}, the most that may be", param_hint=hint)
    return found


def number_option(
    name: str, *, whole: bool, low: float | None = None, high: float | None = None, **options: Any
) -> Any:
    """Return an option whose value is a number, for `Annotated`; `options` as `typer.Option` takes them."""
    return typer.Option(name, min=low, max=high, parser=_reader(name, whole, low, high), **options)


def number_argument(
    metavar: str, *, whole: bool, low: float | None = None, high: float | None = None, **options: Any
) -> Any:
    """Return an argument that is a number, for `Annotated`; `options` as `typer.Argument` takes them."""
    return typer.Argument(metavar=metavar, min=low, max=high, parser=_reader(metavar, whole, low, high), **options)


def _reader(name: str, whole: bool, low: float | None, high: float | None) -> Callable[[Any], float]:
    def number(text: Any) -> float:
        if not isinstance(text, str):  # a default
            return text
        found = number_typed(text, name, whole=whole, low=low, high=high)
        return int(found) if whole else found

    return number


def pair_of(text: str, hint: str, form: str) -> tuple[str, str]:
    """Return what stands before and behind the first “=” of an option's value, such as `form` shows."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise typer.BadParameter(f"“{text}” is not {form}", param_hint=hint)
    return name, value
