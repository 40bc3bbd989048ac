"""What is published with texts, templates and photos of others, looked at before anything is planned."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pydantic import BaseModel

from beatplanner.data.description.models import Description
from beatplanner.data.errors import Note, problem
from beatplanner.data.findings import Findings, did_you_mean
from beatplanner.data.formats.frames import records
from beatplanner.data.publish.photos import clean_photo
from beatplanner.data.publish.templates import check_job_template
from beatplanner.data.publish.translation import Speech
from beatplanner.data.town.forum_tables import ForumTables


def check_publishing(description: Description, extra: ForumTables | None, *, photos: bool = True) -> None:
    """Check the job template, the catalogues, the own terms, the dates and the photos of a project.

    Parameters
    ----------
    description
        The rules.
    extra
        The tables of the section ``[forum]``; None where there is none.
    photos
        Whether each photo is opened; a plan is not held up by one, only its pack.

    Raises
    ------
    InputError
        With every problem.
    """
    findings = Findings()
    if description.officers is not None and description.officers.job_template is not None:
        with findings.keep():
            check_job_template(description.path(description.officers.job_template))
    if description.forum is not None and extra is not None:
        for language in description.forum.languages:
            catalogue = description.forum.catalogues.get(language)
            with findings.keep():
                Speech(language, description.forum.terms, None if catalogue is None else description.path(catalogue))
        findings.add(date_problems(description, extra, dt.datetime.now().astimezone().date()))
        for photo in list(extra.consents["photo"]) if photos and "photo" in extra.consents else []:
            if photo is not None:
                with findings.keep():
                    clean_photo(Path(photo), description.path(Path()))
    findings.raise_if_any()


def date_problems(description: Description, extra: ForumTables, day: dt.date) -> list[Note]:
    """Return what of the dates that a pack tells cannot be, whatever the plan.

    Parameters
    ----------
    description
        The rules.
    extra
        The tables of the section ``[forum]``.
    day
        On which the pack is made.
    """
    rules, file = description.forum, description.file.name
    if rules is None:
        return []
    found: list[Note] = []

    def wrong(key: str, what: str, mend: str) -> None:
        found.append(problem(what, mend, file=file, field=f"forum.{key}"))

    until, decided = rules.objections_until, rules.decided_on
    if decided is not None and rules.decided_by is None:
        wrong("decided_on", f"there is a decision of {decided} but nobody who decided", 'Add decided_by = "…"')
    first = [r.first for r in (rules.neighbourhood, rules.municipality, rules.region) if r.first is not None]
    if until is not None and first and until < min(first):
        what = f"objections end on {until}, before the first forum on {min(first)}"
        wrong("objections_until", what, "Give a day after it, so that people can object when they have seen the plan")
    for role, source in rules.sources.items():
        unknown = _unknown_role(description, role)
        if unknown is not None:
            wrong(f"sources.{role}", *unknown)
        known = source.as_of
        if known is not None and (known > day if isinstance(known, dt.date) else known > day.year):
            wrong(f"sources.{role}.as_of", f"data as of {known} lie in the future", f"Give a day or year up to {day}")
    for i, row in enumerate(records(extra.report_back)):
        asked, done = row.get("asked_on"), row.get("done_on")
        if asked is not None and done is not None and done < asked:
            wrong(
                "report_back", f"entry {i + 1} was done on {done}, before it was asked on {asked}", "Correct the days"
            )
    return found


def _unknown_role(description: Description, role: str) -> tuple[str, str] | None:
    """Return what is wrong with the name of a source, and what to do: it is a section, or one of its keys; None where it is."""
    section, _, key = role.partition(".")
    if section not in Description.model_fields:
        names = Description.model_fields
        mend = did_you_mean(section, names) or "Name a section, such as “units”, or a key, such as “beats.current”"
        return f"there is no section “{section}”", mend
    found = getattr(description, section)
    if key and isinstance(found, BaseModel) and key.split(".")[0] not in type(found).model_fields:
        return f"there is no key “{key}” in [{section}]", did_you_mean(
            key, type(found).model_fields
        ) or "Name one that is"
    return None


def decided_too_early(description: Description, made_on: dt.date) -> str:
    """Return why a plan cannot be the one that was decided upon: the decision is older; empty where it can.

    Parameters
    ----------
    description
        The rules.
    made_on
        The day on which the plan was made.
    """
    decided = None if description.forum is None else description.forum.decided_on
    if decided is None or decided >= made_on:
        return ""
    return f"it says that the plan was decided on {decided}, and the plan was made later, on {made_on}"
