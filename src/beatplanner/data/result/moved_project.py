"""Where the project of a plan lies now: the one place that knows it after the project was moved, renamed or copied with its plan."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath, PureWindowsPath
from typing import TYPE_CHECKING, Any, cast

from beatplanner.data.description.raw import description_hash, stored_description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.content import state_of_input
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.paths import asks_another, leads_to_server, whole_path, whole_path_text

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Lies beside plans that are unpacked out of a project file, and holds the whole path of that.
POINTER = ".beatplanner-project"
# A project is looked for in the plan's folder and so many above it, under so many last parts of its old path.
ABOVE = PARTS = 3
# How a project file may be called.
PROJECT_FILES = (".beatplan", ".gpkg")
# No path has more letters.
LONGEST = 1_000


def point_to(project: Path, folder: Path) -> None:
    """Write down whose plans the result folders in a folder are; OSError where that cannot be written."""
    (folder / POINTER).write_text(str(whole_path(project)), encoding="utf-8")


def as_it_lies(summary: Claims, folder: Path, project: Path | None = None) -> Claims:
    """Return a plan's ``summary.json`` with the paths that its description and inputs have now.

    The project is the one given; else the one that the plan was unpacked from; else a description beside the plan, or a little above it, with the
    content that was planned from, its layers' too; else the one that was written down; and where that is gone, what lies beside the plan under its name.

    Parameters
    ----------
    summary
        As it was written.
    folder
        The plan's.
    project
        The description or project file that the plan is of, where that is known.

    Returns
    -------
    dict
        The same where the project lies where it was, or is not found.
    """
    recorded = summary.get("description_file")
    if not isinstance(recorded, str) or not is_dict(summary.get("rules")):
        return summary
    sources = summary.get("inputs", [])
    if not is_list(sources) or not all(map(is_dict, sources)):
        return summary
    if not 0 < len(recorded) <= LONGEST or "\0" in recorded or not _parts(recorded).name:
        return summary
    now = _given(summary, recorded, project, folder) or _found(summary, recorded, folder)
    if now is None or str(now) == recorded:
        return summary
    return _moved(summary, recorded, now)


def _given(summary: Claims, recorded: str, project: Path | None, folder: Path) -> Path | None:
    """Return the project that the plan is said to be of; None where it cannot be: a plan may have been made of a description before that became a project file."""
    said = project or _pointed_to(folder)
    if said is None or _kinds(str(said)) != _kinds(recorded):
        return None
    if project is None and (_kind_of(said) != stat.S_IFREG or not _has_inputs(_moved(summary, recorded, said), folder)):
        return None
    return said


def _kinds(file: str) -> tuple[str, ...]:
    """Return the endings that a project of this kind may have."""
    return (".toml",) if _parts(file).suffix.lower() == ".toml" else PROJECT_FILES


def _pointed_to(folder: Path) -> Path | None:
    pointer = folder.parent / POINTER
    try:
        # what came with somebody else's plan may be a link, a pipe or without end
        state = pointer.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > LONGEST:
            return None
        said = pointer.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return Path(said) if said and not leads_to_server(said) else None


def _found(summary: Claims, recorded: str, folder: Path) -> Path | None:
    """Return the project of a plan that lies somewhere; None where it is where it was, or is not found."""
    there = not _asks_another(recorded, folder) and _kind_of(Path(recorded)) == stat.S_IFREG
    known = _known_by(summary, recorded)
    named: list[Path] = []
    for file in _named_alike(recorded, folder):
        if str(file) == recorded:
            break
        # a folder of layers has to come with it, else the plan is still that of the old place
        if _kind_of(file) == stat.S_IFREG and _has_inputs(_moved(summary, recorded, file), folder):
            named.append(file)
    for file in named:
        # while the old place has it too, a copy whose layers were edited since is a project of its own
        if _has_content(file, known) and not (there and _has_other_inputs(_moved(summary, recorded, file))):
            return file
    if there:
        return None
    renamed = [file for file in _of_its_kind(recorded, folder) if _has_content(file, known)]
    # of a renamed one that with its layers; the old content under another name is a backup where the project's own lies as near
    whole = [file for file in renamed if _has_inputs(_moved(summary, recorded, file), folder)]
    found = [*named[:1], *(whole or renamed)[:1]]
    return max(found, key=lambda file: len(file.parent.parts), default=None)


def other_beside(summary: Claims, folder: Path) -> Path | None:
    """Return the project that lies where that of a plan would, beside the plan or a little above it, and is not the one that the plan is read with.

    A folder that was copied with its plan and edited since has one, and so has one of another town to which a plan was brought: the plan is still that
    of the old place.

    Parameters
    ----------
    summary
        As `as_it_lies` returned it.
    folder
        The plan's.
    """
    project = summary.get("description_file")
    if not isinstance(project, str) or not project or not is_dict(summary.get("rules")):
        return None
    for file in _named_alike(project, folder):
        if str(file) == project:
            return None
        if _kind_of(file) == stat.S_IFREG and _has_inputs(_moved(summary, project, file), folder):
            return file
    return None


def of_another_project(summary: Claims) -> str:
    """Say of a project beside a plan that it is not the plan's; `summary` as for `other_beside`."""
    return f"this project beside the plan has other rules or data than the plan, which is that of {summary.get('description_file')}"


def refuse_other_project(summary: Claims, folder: Path) -> None:
    """Refuse to take rules and tables of a plan's project as they are now where another one lies beside it: whose are meant is not known.

    Raises
    ------
    InputError
        Naming both; `summary` and `folder` as for `other_beside`.
    """
    other = other_beside(summary, folder)
    if other is not None:
        mend = "Plan again here, or bring the plan into a folder of its own"
        raise InputError(problem(of_another_project(summary), mend, file=other))


def _asks_another(path: str, folder: Path) -> bool:
    # whether a file is there would be asked of the server that somebody else's plan names; the one on which the plan lies is asked anyway
    return leads_to_server(path) and asks_another(path, whole_path(folder))


def _kind_of(path: Path) -> int:
    """Return of which kind a file is, 0 where it is not there or its name is none that this system takes."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (OSError, ValueError):
        return 0


def _known_by(summary: Claims, recorded: str) -> str | None:
    """Return the hash that the description had, or a project file's layers; None where it is not known."""
    for source in _sources(summary):
        if source.get("path") == recorded:
            return str(source.get("sha256"))
    found = summary.get("description_sha256")
    return None if found is None else str(found)


def _has_content(file: Path, known: str | None) -> bool:
    try:
        return known is not None and known in (fingerprint(file), description_hash(file))
    except OSError:
        return False


def _sources(summary: Claims) -> list[Claims]:
    return cast("list[Claims]", summary.get("inputs", []))


def _has_inputs(summary: Claims, folder: Path) -> bool:
    places = [str(source.get("path", "")) for source in _sources(summary)]
    return all(not _asks_another(p, folder) and _kind_of(Path(p)) for p in places)


def _has_other_inputs(summary: Claims) -> bool:
    return any(state_of_input(source) == "changed" for source in _sources(summary))


def _parts(recorded: str) -> PurePath:
    windows = PureWindowsPath(recorded)
    return windows if windows.is_absolute() else PurePath(recorded)


def _above(folder: Path) -> list[Path]:
    whole = whole_path(folder)
    return [whole, *whole.parents][: ABOVE + 1]


def _named_alike(recorded: str, folder: Path) -> Iterator[Path]:
    parts = _parts(recorded).parts[1:]
    if ".." in parts:
        # no plan of ours has written that, and it leads out of the folders that are looked through
        return
    for above in _above(folder):
        for number in range(1, min(PARTS, len(parts)) + 1):
            yield above.joinpath(*parts[-number:])


def _of_its_kind(recorded: str, folder: Path) -> Iterator[Path]:
    """Give what may be the project under another name."""
    kinds = _kinds(recorded)
    for above in _above(folder):
        try:
            inside = sorted(p for p in above.iterdir() if p.suffix.lower() in kinds and p.is_file())
        except OSError:
            continue
        for file in inside:
            try:
                if kinds != PROJECT_FILES or stored_description(file) is not None:
                    yield file
            except OSError:
                continue


def _moved(summary: Claims, recorded: str, now: Path) -> Claims:
    """Return a summary whose description lies in another place, with the inputs that its rules name from there."""
    old = _parts(recorded).name
    rules = cast("Claims", _called(summary["rules"], old, now.name))
    places: dict[str, str] = {}
    for text in (*_texts(summary["rules"]), old):
        if text and len(text) <= LONGEST and "\n" not in text and not leads_to_server(text):
            try:
                before = _place(text, recorded)
                places[before] = str(now) if text == old else str(whole_path(now.parent / text.replace("\\", "/")))
            except (InputError, OSError, ValueError):
                continue
    inputs = [
        {**source, "path": _now_at(source["path"], places)} if "path" in source else source
        for source in _sources(summary)
    ]
    placed = {**summary, "description_file": str(now), "rules": rules}
    if is_dict(of_project := summary.get("project_rules")):
        placed["project_rules"] = _called(of_project, old, now.name)
    return placed | {"inputs": inputs} if "inputs" in summary else placed


def _place(path: str, beside: str = "") -> str:
    """Return a file's whole path as `whole_path_text` does; where a link in it leads back to itself, as it is written."""
    try:
        return whole_path_text(path, beside)
    except InputError:
        return os.path.abspath(Path(beside).parent / path)  # noqa: PTH100 - links cannot be followed


def _now_at(path: object, places: Mapping[str, str]) -> object:
    if not isinstance(path, str) or not path or len(path) > LONGEST:
        return path
    try:
        return places.get(_place(path), path)
    except (InputError, OSError, ValueError):
        return path


def _called(rules: object, old: str, new: str) -> object:
    """Return rules whose paths name a project file by what it is called now: its layers are named as in the file itself."""
    if isinstance(rules, Mapping):
        inner = cast("Mapping[str, object]", rules)
        return {k: new if k == "path" and v == old else _called(v, old, new) for k, v in inner.items()}
    if isinstance(rules, list | tuple):
        return [_called(v, old, new) for v in cast("list[object]", rules)]
    return rules


def _texts(rules: Any) -> Iterator[str]:
    if isinstance(rules, str):
        yield rules
    elif isinstance(rules, Mapping):
        for inner in cast("Mapping[str, object]", rules).values():
            yield from _texts(inner)
    elif isinstance(rules, list | tuple):
        for inner in cast("list[object]", rules):
            yield from _texts(inner)
