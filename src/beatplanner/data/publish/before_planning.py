"""What is published with texts, templates and photos of others, looked at before anything is planned."""

from __future__ import annotations

from pathlib import Path

from beatplanner.data.description.models import Description
from beatplanner.data.findings import Findings
from beatplanner.data.publish.photos import clean_photo
from beatplanner.data.publish.templates import check_job_template
from beatplanner.data.publish.translation import Speech
from beatplanner.data.town.forum_tables import ForumTables


def check_publishing(description: Description, extra: ForumTables, *, photos: bool = True) -> None:
    """Check the job template, the catalogues, the own terms and the photos of a project.

    Parameters
    ----------
    description
        The rules.
    extra
        The tables of the section ``[forum]``.
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
    if description.forum is not None:
        for language in description.forum.languages:
            catalogue = description.forum.catalogues.get(language)
            with findings.keep():
                Speech(language, description.forum.terms, None if catalogue is None else description.path(catalogue))
        for photo in list(extra.consents["photo"]) if photos and "photo" in extra.consents else []:
            if photo is not None:
                with findings.keep():
                    clean_photo(Path(photo), description.path(Path()))
    findings.raise_if_any()
