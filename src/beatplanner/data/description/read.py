"""A description read from a file or a project, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from beatplanner.data.description.checks import checked_sections, contradictions, missing_files
from beatplanner.data.description.inherit import resolve
from beatplanner.data.description.models import Description
from beatplanner.data.description.raw import read_raw
from beatplanner.data.errors import problem
from beatplanner.data.findings import Findings
from beatplanner.data.paths import whole_path


def read_description(path: Path) -> Description:
    """Read and check a project description.

    Parameters
    ----------
    path
        A TOML description, or a project file made by `beatplanner.data.project.build.build`.

    Returns
    -------
    Description
        Its ``folder`` and ``file`` are absolute.

    Raises
    ------
    InputError
        With every problem found: syntax, unknown or missing keys, wrong types, contradicting rules,
        and files that do not exist.
    """
    file = whole_path(path)
    return checked_description(read_raw(file), file)


def read_rules(path: Path) -> Description:
    """Read a project description as `read_description` does, whether or not the files that it names are still there.

    For what looks at the rules alone, or at some of the files: what a plan was made by can be told where one of its inputs was moved since.
    """
    file = whole_path(path)
    return checked_description(read_raw(file), file, files=False)


def checked_description(raw: Mapping[str, object], file: Path, *, files: bool = True) -> Description:
    """Return the checked description of sections that were read from a file, or changed since.

    Parameters
    ----------
    raw
        Sections, as TOML or JSON gives them.
    file
        The description or project file, absolute; paths are relative to its folder.
    files
        Whether a file that is named and not there is an error.

    Raises
    ------
    InputError
        As for `read_description`.
    """
    if "extends" in raw:
        raw = resolve(file, raw, read_description if files else read_rules)
    findings = Findings()
    sections = checked_sections(raw, file.name, findings)
    for name, section in sections.items():
        if files:
            findings.add(missing_files(name, section, file))
    findings.add(problem(what, mend, file=file.name, field=key) for key, what, mend in contradictions(sections))
    findings.raise_if_any()
    return _description(sections, file)


def described_in_part(raw: Mapping[str, object], file: Path) -> Description | None:
    """Return the description of the sections that can be used, whether or not their files are there; None without units, or where they contradict.

    For what looks for all that is broken: a section that is wrong hides nothing of the others.

    Raises
    ------
    InputError
        Where what the description extends cannot be used.
    """
    if "extends" in raw:
        raw = resolve(file, raw, read_rules)
    sections = checked_sections(raw, file.name, Findings())
    if not {"project", "units"} <= set(sections) or any(True for _ in contradictions(sections)):
        return None
    return _description(sections, file)


def _description(known: Mapping[str, Any], file: Path) -> Description:
    sections = dict(known)
    forum, budget = sections.get("forum"), sections.get("budget")
    if forum is not None and budget is not None and "currency" not in forum.model_fields_set:
        # sums of a project are in the currency of its budget
        sections["forum"] = forum.model_copy(update={"currency": budget.currency})
    return Description(**sections, folder=file.parent, file=file)
