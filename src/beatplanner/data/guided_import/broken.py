"""All that is broken of a project, in one list: its rules, the files that are gone or damaged, and the layers that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from beatplanner.data.description.checks import files_gone
from beatplanner.data.description.models import Description
from beatplanner.data.description.read import checked_description, described_in_part
from beatplanner.data.description.sections.base import IdLayer, Layer, Section, Table
from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import Findings
from beatplanner.data.formats.damage import damaged, damaged_layers
from beatplanner.data.formats.layers import is_table, read_layer, read_table
from beatplanner.data.narrowing import is_dict, is_tuple
from beatplanner.data.paths import leads_to_server, whole_path
from beatplanner.data.publish.before_planning import check_publishing
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.data.town.read_town import VECTORS, read_town
from beatplanner.data.town.service_tables import read_service_tables
from beatplanner.data.town.town import Town

# What only some readers take, each by a way of its own.
EXTRACTS = {".pbf", ".tif", ".tiff"}


def all_broken(rules: Mapping[str, object], file: Path) -> list[Note]:
    """Return everything for which a project cannot be used, each once; nothing where it can.

    One thing that is broken hides no other: a file that is gone, or a rule that is wrong, is told beside the layers that cannot be read.

    Parameters
    ----------
    rules
        The sections of the description as they stand there, unchecked.
    file
        The description or project file, absolute.
    """
    found = Findings()
    of_files = damaged_layers(file.parent, rules)
    found.add(of_files.values())
    try:
        description = checked_description(rules, file)
    except InputError as error:
        found.add(error.problems)
        description = None
        # where files are gone the others are read all the same, and where a section is wrong what the others name
        with suppress(InputError):
            description = described_in_part(rules, file)
    if description is not None:
        names = {path.name for path in of_files}
        for _, section in description:
            if isinstance(section, Section):
                names |= {path.name for _, path in files_gone("", section, file)}
        found.add(
            note for note in read_all(description)[1] if note.severity == "error" and Path(note.file).name not in names
        )
    return found.problems


def read_all(description: Description) -> tuple[Town | None, list[Note]]:
    """Read all that a description names.

    Returns
    -------
    tuple
        The town, None where anything cannot be used; and what was noted on the way. Errors alone where there are any: those of every reader, and of
        the layers that no reader came to what is wrong with each alone.
    """
    found, known = Findings(), set[Path]()
    try:
        town = read_town(description)
    except InputError as error:
        found.add(error.problems)
        town = None
    else:
        found.add(town.notes)
        known = {whole_path(source.path) for source in town.sources}
        with found.keep():
            # without a section there are only streets and waters to read, which the town has read
            forum = read_forum_tables(town) if description.forum is not None else None
            found.add(() if forum is None else forum.notes)
            check_publishing(town.description, forum)
        if description.service is not None:
            with found.keep():
                found.add(read_service_tables(town).notes)
    if not found.problems:
        return town, found.notes
    names = {Path(note.file).name for note in found.problems}
    for part in (p for _, section in description if isinstance(section, Section) for p in _named(section)):
        path = part if isinstance(part, Path) else part.path
        if path.name in names or leads_to_server(str(path)) or description.path(path) in known:
            continue
        with found.keep():
            _look_into(description.path(path), part)
    return None, found.problems


def _named(section: Section) -> Iterator[Path | Layer | Table]:
    """Yield the layers and tables that a section names, itself one of them or not, and the files of which it says the path alone."""
    whole = isinstance(section, Layer | Table)
    if whole:
        yield section
    for name in type(section).model_fields:
        value = getattr(section, name)
        for part in value.values() if is_dict(value) else value if is_tuple(value) else (value,):
            if isinstance(part, Section):
                yield from _named(part)
            elif isinstance(part, Path) and not (whole and name == "path"):
                yield part


def _look_into(path: Path, rules: Path | Layer | Table) -> None:
    """Raise an `InputError` for a layer that cannot be read, whatever is in it."""
    note = damaged(path)
    if note is not None:
        raise InputError(note)
    if isinstance(rules, Path) or not path.is_file():
        return
    ending = path.suffix.lower()
    if not is_table(path) and (ending not in VECTORS or ending in EXTRACTS):
        return
    if isinstance(rules, Layer):
        read_layer(path, rules.layer, [rules.id] if isinstance(rules, IdLayer) else [], rules.crs)
    else:
        read_table(path, rules.layer, ())
