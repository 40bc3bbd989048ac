"""What is told of one key: it stands beside the key's type, limits and default in `data.description.sections`.

A key is a `Rule`, which a planner sets, or an `Input` (in `sections.base`), which says where data lie or what is known. Description, catalogue of rules, the
window's editor, the tables of `docs/rules.md` and the published JSON schema are made of them.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import UnionType
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from beatplanner.data.description.sections.base import Section
from beatplanner.data.narrowing import Table

Kind = Literal[
    "share", "whole", "number", "choice", "switch", "text", "date", "list", "amounts", "groups", "table", "rows"
]
# What one value of a table or a row is: `amounts` are a number or one of each year, `words` a text or one of each language.
Cell = Literal["number", "numbers", "amounts", "text", "texts", "words", "date"]
# What a form cannot bound by two numbers: written as in the description.
WRITTEN = ("text", "date", "list", "amounts", "groups", "table", "rows")


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    label
        What it is called.
    words
        The rule as a sentence, with ``{value}`` for the number that is shown; for a switch or a choice one sentence each in `choices`.
    why, source
        Why there is such a rule, and where its default comes from.
    unit
        Of the number that is shown; shares are shown in "%".
    low, high, step
        Of the number that is shown, as a planner would use it; the description's own limits may be wider.
    off
        The sentence where an optional rule is off; "" where it is not optional.
    auto
        What ``"auto"`` says; "" where that is no value.
    choices
        The sentence of each value of a choice or a switch.
    common
        Whether it is shown before "More rules" is opened.
    plain
        Whether its number is told without signs between thousands, as a year is.
    money
        The key that says the currency of its number; "" where that is no money.
    solver
        The argument that it becomes, by its dotted name in `beatplanner.solver`; "" where no solver hears of it.
    check
        The claim that the checker recomputes for it; "" where no claim hangs on it alone.
    least, most
        The description's own limits; None where it has none.
    open_ends
        Whether the least and the most themselves are too little and too much.
    key, kind, default, inner
        Section and field such as ``"beats.tolerance"``, and what follows from the field's type, `inner` the defaults of a table's or a row's own names;
        and `names` all of them; `cells` tells by name what each value of a table or of its rows is, under "" where its names are free; empty where one
        of them is no cell. `rules_of_section` fills them in.
    """

    label: str
    words: str
    why: str
    source: str
    unit: str = ""
    low: float = 0.0
    high: float = 100.0
    step: float = 1.0
    off: str = ""
    auto: str = ""
    choices: dict[Any, str] = field(default_factory=dict[Any, str])
    common: bool = False
    plain: bool = False
    money: str = ""
    solver: str = ""
    check: str = ""
    least: float | None = None
    most: float | None = None
    open_ends: tuple[bool, bool] = (False, False)
    key: str = ""
    kind: Kind = "number"
    default: Any = None
    inner: Table = field(default_factory=Table)
    names: tuple[str, ...] = ()
    cells: dict[str, Cell] = field(default_factory=dict[str, Cell])

    @property
    def section(self) -> str:
        """The section of the description."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The field in its section."""
        return self.key.partition(".")[2]

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Add the words to the published schema."""
        made = handler(schema)
        return {**made, "title": self.label, "description": f"{self.why} {self.source}"}


def rules_of_section(section: str, model: type[Section]) -> Iterator[Rule]:
    """Yield the rules of a section, in the order of its keys."""
    for name, info in model.model_fields.items():
        for meta in info.metadata:
            if isinstance(meta, Rule):
                models = _sections(info) or [t for t in _held(info) if _is_section(t)]
                inner = {k: _default(i) for m in models for k, i in m.model_fields.items() if not i.is_required()}
                names = tuple(dict.fromkeys(k for m in models for k in m.model_fields))
                kind, default = _kind(meta, info), _default(info)
                filled = replace(meta, key=f"{section}.{name}", kind=kind, default=default, inner=inner, names=names)
                ends = limits(info)
                least, most = ends.get("≥", ends.get(">")), ends.get("≤", ends.get("<"))
                open_ends = ">" in ends, "<" in ends
                yield replace(filled, cells=_cells(info), least=least, most=most, open_ends=open_ends)


def limits(info: FieldInfo) -> dict[str, float]:
    """Return the limits of a key: the signs ``≥``, ``>``, ``≤``, ``<`` and their numbers."""
    signs = {Ge: ("≥", "ge"), Gt: (">", "gt"), Le: ("≤", "le"), Lt: ("<", "lt")}
    return {signs[type(m)][0]: getattr(m, signs[type(m)][1]) for m in _metadata(info) if type(m) in signs}


def _metadata(info: FieldInfo) -> list[Any]:
    """Return what limits a key, be it said of all its values or of those that are not None."""
    found = list(info.metadata)
    for part in typing.get_args(info.annotation):
        for said in getattr(part, "__metadata__", ()):
            found += said.metadata if isinstance(said, FieldInfo) else [said]
    return found


def _kind(rule: Rule, info: FieldInfo) -> Kind:
    """Return how a rule is shown, from its key's type."""
    types = {_bare(t) for t in _parts(info.annotation)}
    if _sections(info) or dict in types:
        return "table"
    names = {getattr(t, "__name__", str(t)) for t in types}
    if names & {"list", "tuple"}:
        return "amounts" if types & {int, float} else _kind_of_list(info)
    if "date" in names:
        return "date"
    if bool in types:
        return "switch"
    if int in types:
        return "whole"
    if Literal in types:
        return "choice"
    if str in types:
        return "text"
    return "share" if rule.unit == "%" else "number"


def _cells(info: FieldInfo) -> dict[str, Cell]:
    """Return what each value of a table or of its rows is, by its name; under "" where the names are free, and nothing where one of them is no cell."""
    models = _sections(info) or [t for t in _held(info) if _is_section(t)]
    found: dict[str, Cell | None] = {k: _cell(i.annotation) for m in models for k, i in m.model_fields.items()}
    for part in _parts(info.annotation):
        if _bare(part) is dict:
            name, held = typing.get_args(_plain(part))
            names = typing.get_args(name) if typing.get_origin(name) is Literal else ("",)
            found |= dict.fromkeys(map(str, names), _cell(held))
    cells: dict[str, Cell] = {name: cell for name, cell in found.items() if cell is not None}
    return cells if len(cells) == len(found) else {}


def _cell(annotation: Any) -> Cell | None:
    """Return what a value is that is written into one cell; None for what takes more."""
    # a union may have a union in it, of which something is said
    types = {_bare(t) for part in _parts(_plain(annotation)) for t in _parts(_plain(part))} - {type(None)}
    lists = types & {list, tuple}
    if types and types <= {int, float}:
        return "number"
    if types in ({str}, {Literal}):
        return "text"
    if types == {str, dict}:
        return "words"
    if {getattr(t, "__name__", "") for t in types} == {"date"}:
        return "date"
    if not lists or not types <= {int, float, list, tuple}:
        return None
    held = {_bare(t) for part in _parts(_plain(annotation)) for t in typing.get_args(_plain(part))} - {Ellipsis}
    if types - lists:
        return "amounts"
    return "numbers" if held <= {int, float} else "texts" if held <= {str, Literal} else None


def _kind_of_list(info: FieldInfo) -> Kind:
    """Return how a list is shown: of groups, of rows whose values have names, or of single values."""
    held = _held(info)
    if held & {list, tuple}:
        return "groups"
    return "rows" if any(_is_section(t) for t in held) else "list"


def _held(info: FieldInfo) -> set[Any]:
    """Return the types that a list is made of."""
    return {_bare(t) for part in _parts(info.annotation) for t in typing.get_args(_plain(part))}


def _sections(info: FieldInfo) -> list[type[Section]]:
    """Return the model of a key that is a table of named values; none where it is no such table."""
    return [t for t in map(_bare, _parts(info.annotation)) if _is_section(t)]


def _is_section(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, Section)


def _parts(annotation: Any) -> tuple[Any, ...]:
    """Return the types that a union is made of; a type alone is one."""
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _bare(annotation: Any) -> Any:
    """Return a type without what is said of it: ``list`` of ``Annotated[list[float], …]``."""
    annotation = _plain(annotation)
    return typing.get_origin(annotation) or annotation


def _plain(annotation: Any) -> Any:
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation


def _default(info: FieldInfo) -> Any:
    """Return a key's default as JSON has it; None where the description must say it, or where it is off."""
    found = info.get_default(call_default_factory=True)
    return None if found is PydanticUndefined else to_jsonable_python(found)
