"""The values of rules that a form cannot bound by two numbers, as they are typed: days, lists and tables, in the way of the window's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import tomlkit
from pydantic_core import to_jsonable_python
from tomlkit.exceptions import TOMLKitError

from beatplanner.data.description.sections.rule import Cell, Rule
from beatplanner.data.formats.number_columns import typed_number
from beatplanner.data.narrowing import is_dict, is_list, is_sequence


def written(rule: Rule, value: Any, decimal: str = ".", day: Callable[[str], str] = str) -> str:
    """Return a date, list or table as it is typed: ``5, 10, 20`` or ``burglary = 2.5, assault = 3``.

    Parameters
    ----------
    rule
        The rule.
    value
        What it has.
    decimal
        The decimal sign of the language; where it is a comma, semicolons part the numbers of a list: ``2,5; 10``.
    day
        Turns a day of ISO into the reader's, as `typed` reads it.
    """
    if value is None:
        return ""
    if rule.kind in ("list", "amounts"):
        parts = [_plain(v) if isinstance(v, int | float) else str(v) for v in (value if is_list(value) else [value])]
        if decimal == "," and _of_numbers(rule):
            return "; ".join(part.replace(".", ",") for part in parts)
        return ", ".join(parts)
    if rule.kind == "groups":
        return "; ".join(", ".join(group) for group in value)
    if rule.kind == "rows":
        # what a row has where nothing is said is not said
        rows = [{k: v for k, v in row.items() if k not in rule.inner or v != rule.inner[k]} for row in value]
        return _BETWEEN[decimal].join("{" + _names_and_values(row, decimal) + "}" for row in rows)
    if rule.kind == "date":
        return day(str(value))
    return _names_and_values(value, decimal) if rule.kind == "table" else str(value)


# What parts names and values, by the decimal sign.
_BETWEEN = {".": ", ", ",": "; "}


def _names_and_values(value: Mapping[str, object], decimal: str = ".") -> str:
    said = {k: v for k, v in value.items() if v is not None and v != []}
    return _BETWEEN[decimal].join(f"{tomlkit.key(k).as_string()} = {_as_toml(v, decimal)}" for k, v in said.items())


def _item(value: Any) -> str:
    # what tomlkit takes is left open, and a value of a rule may be anything
    library: Any = tomlkit
    return str(library.item(_short(value)).as_string())


def _as_toml(value: Any, decimal: str) -> str:
    """Return a value on one line, a number with the language's decimal sign; tomlkit writes a table within a value over several."""
    if is_dict(value):
        return "{" + _names_and_values(value, decimal) + "}"
    return _item(value).replace(".", decimal) if isinstance(value, float) else _item(value)


# “250,000” is one amount where the comma is no decimal sign.
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
# “1.234,56” is one amount in most languages and two numbers in none: where the point is the decimal sign it is not guessed at.
FOREIGN_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
# “1234,56” is one amount in most languages, and could be two where the point is the decimal sign.
OWN_DECIMALS = re.compile(r"[+-]?[\d\s']*\d,\d{1,2}")
# A value in a table that begins as a number, up to what parts it from the next; not one in quotation marks.
OWN_NUMBER = re.compile(r"(?<==)\s*([+-]?\d[^=;{}\[\]\"']*?)(?=\s*(,\s|\}|$))")
# A semicolon that parts names and values, or text in quotation marks, in which it parts nothing.
PARTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|;')
# How such a value is written.
HOW = {
    "date": "write a day such as 2027-01-01",
    "list": "write numbers with commas between them, such as 5, 10, 20",
    "amounts": "write one number for every year, or one of each year with commas between them, such as 50000, 60000",
    "table": "write names and values with commas between them, such as burglary = 2.5, assault = 3",
    "rows": 'write each in braces with commas between them, such as {name = "early", start = "06:00", end = "14:00"}',
}


def typed(rule: Rule, text: str, decimal: str = ".") -> Any:
    """Return a date, list or table that was typed; None where nothing was.

    Parameters
    ----------
    rule
        The rule.
    text
        What was typed.
    decimal
        The decimal sign of the language, by which “1,234” is read in a list.

    Raises
    ------
    ValueError
        Where it cannot be read; the words say how it is written.
    """
    text = text.strip()
    if not text:
        return None
    if rule.kind == "date":
        # pandas, which the window reads with the first town
        from beatplanner.data.formats.cells import read_day

        if (day := read_day(text)) is None:
            raise ValueError(HOW["date"])
        return day.isoformat()
    if rule.kind == "text":
        return text
    if rule.kind == "groups":
        groups = [[p.strip() for p in group.split(",") if p.strip()] for group in text.split(";")]
        return [group for group in groups if group]
    if rule.kind in ("list", "amounts"):
        if not _of_numbers(rule):
            return [p.strip() for p in text.replace(";", ",").split(",") if p.strip()]
        numbers = _numbers(text, money=rule.kind == "amounts", decimal=decimal)
        if not numbers:
            raise ValueError(HOW[rule.kind])
        if rule.kind == "list":
            return numbers
        # one alone counts for every year
        return _short(numbers if len(numbers) > 1 else numbers[0])
    return _from_toml(f"[{text}]", decimal, HOW["rows"]) if rule.kind == "rows" else _table_typed(text, decimal)


def _table_typed(text: str, decimal: str) -> Any:
    bare = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    return _from_toml("{" + bare + "}", decimal, HOW["table"])


def _from_toml(inner: str, decimal: str, how: str) -> Any:
    """Return a value that was written as in the description, its numbers in the language's way; ValueError saying `how` it is written."""
    # “2,5” and “1 000” are no numbers of TOML; what is a number is told as everywhere by the one reader of what is typed
    own = PARTED.sub(lambda found: ", " if found[0] == ";" else found[0], inner)

    def as_toml(found: re.Match[str]) -> str:
        number = typed_number(found[1], whole=False, own=decimal)
        return found[0] if number is None else f" {_plain(number)}"

    for said in (OWN_NUMBER.sub(as_toml, own), inner):
        try:
            return to_jsonable_python(tomlkit.parse(f"value = {said}")["value"].unwrap())
        except TOMLKitError:
            continue
    raise ValueError(how)


def cell_written(cell: Cell, value: Any, decimal: str = ".", day: Callable[[str], str] = str) -> str:
    """Return one value of a table as it is typed into a cell; `decimal` and `day` as for `written`. Numbers and texts of a list are parted by semicolons."""
    if value is None:
        return ""
    if cell == "date":
        return day(str(value))
    if is_dict(value):
        return _names_and_values(value, decimal)
    return "; ".join(
        _plain(v).replace(".", decimal) if isinstance(v, int | float) else str(v)
        for v in (value if is_sequence(value) else [value])
    )


def cell_typed(cell: Cell, text: str, decimal: str = ".") -> Any:
    """Return the value that was typed into a cell of a table; `decimal` as for `typed`.

    Raises
    ------
    ValueError
        Where it cannot be read; the words say how it is written, or what is no number.
    """
    text = text.strip()
    if cell == "date":
        from beatplanner.data.formats.cells import read_day

        if (found := read_day(text)) is None:
            raise ValueError(HOW["date"])
        return found.isoformat()
    if cell == "text" or (cell == "words" and "=" not in text):
        return text
    if cell == "words":
        return _table_typed(text, decimal)
    if cell == "texts":
        return [p.strip() for p in re.split("[;,]", text) if p.strip()]
    numbers = _numbers(text, money=cell == "amounts", decimal=decimal)
    if not numbers:
        raise ValueError(HOW["amounts" if cell == "amounts" else "list"])
    return _short(numbers[0] if cell == "amounts" and len(numbers) == 1 else numbers)


def _of_numbers(rule: Rule) -> bool:
    """Return whether a list is one of numbers."""
    return rule.kind == "amounts" or bool(rule.default and all(isinstance(v, int | float) for v in rule.default))


def _plain(number: float) -> str:
    """Return a number as short as it can be told."""
    return str(_short(number)) if abs(number) < 1e15 else f"{number:g}"


def _numbers(text: str, *, money: bool, decimal: str) -> list[float]:
    """Return the numbers of a list; none where one cannot be read.

    Semicolons, or commas with a blank behind them, part numbers; so does a comma alone where it is neither a decimal sign nor parts thousands.
    """
    found: list[float] = []
    for part in re.split(r";|,(?=\s)|,$", text):
        bare = part.strip()
        if not bare:
            continue
        if decimal == "." and FOREIGN_THOUSANDS.fullmatch(bare):
            return []
        if decimal == "." and ";" not in text:
            _check_one_way(bare, money=money)
        # “5,10” has a decimal comma where the language has one, or semicolons part the numbers
        is_list = "," in bare and decimal == "." and ";" not in text and not (money and THOUSANDS.fullmatch(bare))
        number = None if is_list else typed_number(bare, whole=money, own=decimal)
        numbers = (
            [number] if number is not None else [typed_number(p, whole=money, own=decimal) for p in bare.split(",")]
        )
        if None in numbers:
            return []
        found += [n for n in numbers if n is not None]
    return found


def _check_one_way(text: str, *, money: bool) -> None:
    """Raise ValueError where a text can be one number, and several that its commas part, where the point is the decimal sign.

    “1234,56” is an amount with a decimal comma, or two, and “1,234.50” has thousands, or is two numbers of a list.
    """
    if money:
        one = typed_number(text, whole=True, own=".") if OWN_DECIMALS.fullmatch(text) else None
    else:
        one = typed_number(text, whole=False, own=".") if "." in text and THOUSANDS.fullmatch(text) else None
    if one is not None:
        point, joined = ", ".join(text.split(",")), _plain(one)
        raise ValueError(f"“{text}” could be {point} or {joined}: write it in one of these ways")


def _short(value: Any) -> Any:
    """Return whole numbers without “.0”, also inside of lists."""
    if is_sequence(value):
        return [_short(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
