"""Templates of others: what they may say, checked before anything is planned, so that filling one in can do nothing but name fields.

A template names fields, goes through the lists that there are, and asks simple questions; it calls nothing, reaches into nothing, and makes
no text wide. Whatever else it holds is refused with the words that stand there. Filling in runs in Jinja's sandbox besides.
"""

from __future__ import annotations

import io
import re
import string
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean

# What a job description may name: plain fields, lists of plain things, and lists of tables with their columns; docs/officers.md explains them.
FIELDS = (
    "project",
    "beat",
    "beat_name",
    "municipality",
    "post",
    "posts",
    "residents",
    "places",
    "languages",
    "requires",
    "stand_ins",
    "workload",
    "community_share",
    "community_hours",
    "hours_on_beat",
    "stations",
    "min_tenure",
    "handover_months",
)
LISTS: Mapping[str, tuple[str, ...]] = {
    "forums": (),
    "partners": (),
    "holders": ("officer", "start", "end", "last_day"),
    "changes": ("leaves", "last_day", "comes", "first_day", "days_together", "days_vacant"),
}
LOOP = ("index", "index0", "first", "last", "length")
FILTERS = (
    "join",
    "upper",
    "lower",
    "title",
    "capitalize",
    "length",
    "count",
    "first",
    "last",
    "default",
    "d",
    "trim",
    "sort",
    "e",
    "escape",
)
TESTS = ("defined", "undefined", "none")
# Kinds of statement that only name, compare and repeat.
HARMLESS = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.List,
    nodes.Tuple,
)
# Loops inside loops, and bytes of a template unpacked.
DEEPEST, LARGEST = 2, 40 << 20
# Parts of documents that are kept compiled; a document has about seven.
KNOWN = 64
# Fields of a word processor that fetch or start something when the document is opened.
FETCHING = re.compile(rb"DDE|INCLUDEPICTURE|INCLUDETEXT|MACROBUTTON|\bRD\s|\bLINK\s")


class _RefusedError(TemplateError):
    """A template holds something that no template may."""


class FieldEnvironment(SandboxedEnvironment):
    """A sandbox in which a template can name fields and nothing else."""

    def __init__(self) -> None:
        super().__init__(autoescape=True)
        # Jinja leaves open what these hold
        held: Any = self
        held.globals.clear()
        held.filters = {name: held.filters[name] for name in FILTERS}
        held.tests = {name: held.tests[name] for name in held.tests if name in TESTS}
        self.known: dict[str, Any] = {}

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Any:  # noqa: A002 - Jinja's own name
        """Return a template after a look at all that it holds; the parts of one document are looked at once for all posts."""
        found = self.known.get(source)
        if found is None:
            tree = self.parse(source)
            _look_at(tree, {}, 0)
            if len(self.known) >= KNOWN:
                self.known.clear()
            found = self.known[source] = super().from_string(source, globals, template_class)
        return found

    def is_safe_callable(self, obj: Any) -> bool:
        """Let nothing be called."""
        return False


@cache
def _environment() -> FieldEnvironment:
    return FieldEnvironment()


def _look_at(node: nodes.Node, variables: Mapping[str, tuple[str, ...]], depth: int) -> None:
    """Raise `_RefusedError` where a part of a template is more than a field, a loop or a question; `variables` are those of the loops."""
    if isinstance(node, nodes.Name):
        if node.name not in variables and node.name not in FIELDS and node.name not in LISTS:
            known = (*FIELDS, *LISTS, *variables)
            raise _RefusedError(
                f"there is no field “{node.name}”. {did_you_mean(node.name, known) or 'The fields stand in the guide'}"
            )
        return
    if isinstance(node, nodes.For):
        if node.recursive or depth >= DEEPEST or not isinstance(node.iter, nodes.Name) or node.iter.name not in LISTS:
            raise _RefusedError(f"only {', '.join(LISTS)} can be gone through, at most {DEEPEST} inside each other")
        if not isinstance(node.target, nodes.Name):
            raise _RefusedError("a loop gives one name to what it goes through")
        inner = {**variables, node.target.name: LISTS[node.iter.name], "loop": LOOP}
        for part in (*node.body, *node.else_, *([node.test] if node.test is not None else [])):
            _look_at(part, inner, depth + 1)
        return
    if isinstance(node, nodes.Getattr):
        owner = node.node.name if isinstance(node.node, nodes.Name) else ""
        if node.attr not in variables.get(owner, ()):
            raise _RefusedError(f"there is no field “{owner}.{node.attr}”")
        return
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise _RefusedError(f"“{node.name}” cannot be used after a field")
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        raise _RefusedError(f"“is {node.name}” cannot be asked")
    if not isinstance(node, (*HARMLESS, nodes.Filter, nodes.Test)):
        raise _RefusedError(f"a template names fields, lists and conditions; “{type(node).__name__}” is more than that")
    for part in node.iter_child_nodes():
        _look_at(part, variables, depth)


def check_document(content: bytes) -> None:
    """Refuse a DOCX that fetches something when it is opened, or is none.

    Raises
    ------
    ValueError
        Saying what it holds.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(m.file_size for m in archive.infolist()) > LARGEST:
                raise ValueError("it is far too large for a template")
            for name in archive.namelist():
                data = archive.read(name)
                if (
                    "vbaproject" in name.casefold()
                    or "/embeddings/" in name.casefold()
                    or "/activex/" in name.casefold()
                ):
                    raise ValueError(f"it holds a program or an embedded file ({name})")
                if name.endswith(".rels"):
                    for link in re.findall(rb"<[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", data):
                        if b"/hyperlink" not in link:
                            raise ValueError("it fetches a part of itself from elsewhere when it is opened")
                elif name.endswith(".xml") and b"<!DOCTYPE" in data:
                    raise ValueError("it declares entities of its own")
                elif name.endswith(".xml") and any(FETCHING.search(text) for text in _field_codes(data)):
                    raise ValueError("it has a field that fetches or starts something when it is opened")
    except zipfile.BadZipFile:
        raise ValueError("it is no DOCX file") from None


def _field_codes(data: bytes) -> list[bytes]:
    """Return the field codes of a part of a document, put together from the pieces in which a word processor keeps them."""
    pieces = b"".join(re.findall(rb"<w:instrText[^>]*>([^<]*)</w:instrText>", data))
    return [pieces, *re.findall(rb"w:instr=\"([^\"]*)\"", data)]


def fill_in(content: bytes, fields: Mapping[str, object], *, file: str | Path) -> Any:
    """Return a job description: a template with the fields filled in.

    Parameters
    ----------
    content
        The template, a DOCX.
    fields
        `FIELDS` and `LISTS`.
    file
        Its name, for messages.

    Raises
    ------
    InputError
        Where the template holds anything but fields, loops and conditions.
    """
    from docxtpl import DocxTemplate

    try:
        check_document(content)
        document = DocxTemplate(io.BytesIO(content))
        document.render(dict(fields), jinja_env=_environment(), autoescape=True)
    except (TemplateError, ValueError, KeyError, OSError, SyntaxError, AttributeError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        mend = "Make a new one with “beatplanner job-template”, and use its fields in double braces"
        raise InputError(
            problem(f"the template cannot be used: {said}", mend, file=file, field="officers.job_template")
        ) from None
    return document


def check_job_template(file: Path) -> None:
    """Fill a template in with made-up fields, before anything is planned.

    Raises
    ------
    InputError
        Where it does not exist or cannot be filled in.
    """
    if not file.is_file():
        raise InputError(
            problem(
                f"the template “{file.name}” does not exist",
                "Give a DOCX file",
                file=file,
                field="officers.job_template",
            )
        )
    if file.stat().st_size > LARGEST:
        raise InputError(
            problem(
                "the template is far too large",
                "Give a DOCX file without large pictures",
                file=file,
                field="officers.job_template",
            )
        )
    sample: dict[str, object] = dict.fromkeys(FIELDS, "–")
    sample |= {name: [dict.fromkeys(columns, "–") if columns else "–"] for name, columns in LISTS.items()}
    fill_in(file.read_bytes(), sample, file=file)


# ---- texts with {fields}


def fields_of(text: str) -> set[str]:
    """Return the names in braces of a text of a catalogue.

    Raises
    ------
    ValueError
        Where a brace holds anything but a name: a width, an attribute, a conversion, a position.
    """
    found: set[str] = set()
    try:
        for _, name, form, conversion in string.Formatter().parse(text):
            if name is None:
                continue
            if form or conversion or not name.isidentifier():
                whole = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
                raise ValueError(f"“{{{whole[:40]}}}” is no plain field")
            found.add(name)
    except ValueError as error:
        if str(error).startswith("“"):
            raise
        raise ValueError("a brace is opened or closed alone") from None
    return found


def wrong_fields(text: str, allowed: Iterable[str]) -> str:
    """Say what is wrong with the fields of a text that stands for another one; empty where nothing is."""
    try:
        found = fields_of(text)
    except ValueError as error:
        return str(error)
    known = sorted(set(allowed))
    strange = sorted(found - set(known))
    if not strange:
        return ""
    return f"there is no field “{{{strange[0]}}}” here; " + (
        f"there is {', '.join(f'“{{{k}}}”' for k in known)}" if known else "there is none"
    )


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return a text with values in place of its fields; a field without a value stays as it stands, and nothing else is looked at.

    A value that ends in a full stop (“2028 г.”) is that of its sentence too where the field stands before one.
    """
    braces = {"{{": "{", "}}": "}"}

    def said(m: re.Match[str]) -> str:
        if m[0] in braces:
            return braces[m[0]]
        value = str(values[m[1]]) if m[1] in values else m[0]
        stopped = value.endswith(".") and re.match(r"\.(?!\.)", text[m.end() :])
        return value[:-1] if stopped else value

    return re.sub(r"\{\{|\}\}|\{(\w+)\}", said, text)
