"""Every number of the command line is read by the one reader of numbers."""

from __future__ import annotations

import types
import typing

import pytest
import typer

from beatplanner.data.formats.number_columns import read_number
from beatplanner.ui.commands.app import app
from beatplanner.ui.commands.compare import _rate
from beatplanner.ui.commands.planning import _budget


def _callbacks(group: typer.Typer):
    for one in group.registered_commands:
        yield one.callback
    for inner in group.registered_groups:
        yield from _callbacks(inner.typer_instance)


def _options():
    """Yield each option and argument of the command line: its name, the types it may have, and what typer knows of it."""
    for callback in _callbacks(app):
        for name, hint in typing.get_type_hints(callback, include_extras=True).items():
            if typing.get_origin(hint) is not typing.Annotated:
                continue
            kind, known, *_ = typing.get_args(hint)
            parts = (
                typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType, list) else (kind,)
            )
            yield f"{callback.__name__} {name}", set(parts) - {type(None)}, known


NUMBERS = {name: (kinds, known) for name, kinds, known in _options() if kinds & {int, float}}


def test_every_option_that_is_a_number_is_read_by_the_one_reader():
    assert len(NUMBERS) > 30
    assert [name for name, (_, known) in NUMBERS.items() if known.parser is None] == []
    for name, ((kind,), known) in NUMBERS.items():
        low, high = known.min, known.max
        read = known.parser
        for text in ("", "x", "nan", "inf", "1e999", "1.2.3", "--"):
            with pytest.raises(typer.BadParameter, match="is no number") as error:
                read(text)
            assert error.value.param_hint in (known.default, known.metavar), name
        usual = low + 1 if high is None or low + 1 <= high else high
        for text in {str(usual), f" {usual} ", str(usual).replace(".", ",")}:
            assert read(text) == usual, name
            assert type(read(text)) is kind, name
        assert read(low) == low, name
        with pytest.raises(typer.BadParameter, match="is less than"):
            read(str(low - 1))
        if high is not None:
            with pytest.raises(typer.BadParameter, match="is more than"):
                read(str(high + 1))
        if kind is int and high is None:
            assert read("1 234") == read("1.234") == read("1,234") == read("1’234") == 1234, name
            with pytest.raises(typer.BadParameter, match="is no whole number"):
                read("12,5")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.05", 0.05), ("0,05", 0.05), ("61.125", 61.125), ("1.234,5", 1234.5), ("−3", -3.0), ("1e3", 1000.0)],
)
def test_a_number_alone(text, number):
    assert read_number(text, whole=False) == number


@pytest.mark.parametrize(
    ("text", "whole", "why"),
    [
        ("1,234", False, "could be 1.234 or 1234"),
        ("2,5", True, "is no whole number"),
        ("9007199254740993", True, "is too large"),
        ("", False, "is no number"),
    ],
)
def test_a_number_alone_that_cannot_be_read(text, whole, why):
    with pytest.raises(ValueError, match=why):
        read_number(text, whole=whole)


def test_numbers_within_a_text():
    assert _rate("MKD=61,5") == _rate(" MKD = 61.5 ") == ("MKD", 61.5)
    assert _budget("free") == "free"
    assert _budget("0.1") == _budget("0,1") == 0.1
    for text, why in {
        "MKD": "a rate such as",
        "=2": "a rate",
        "MKD=0": "a rate",
        "MKD=1,234": "could be",
        "MKD=inf": "no number",
    }.items():
        with pytest.raises(typer.BadParameter, match=why):
            _rate(text)
    for text in ("-0.1", "1.01", "nan", "all"):
        with pytest.raises(typer.BadParameter):
            _budget(text)
