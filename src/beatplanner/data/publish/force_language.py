"""The language of a force, in which papers speak that its own people hold: the first of its forums, with its own words and translations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from beatplanner.data.publish.translation import IN_PAPERS, Speech
from beatplanner.data.result.sections import section_of


def force_speech(summary: Mapping[str, Any]) -> Speech:
    """Return the language in which a plan speaks to its force.

    Parameters
    ----------
    summary
        Of the plan, with its rules. A translation of the force's own is read where it still lies where the description named it; the program's else.
    """
    forum = section_of(section_of(summary, "rules"), "forum")
    language = (forum.get("languages") or ["en"])[0]
    own, there = section_of(forum, "catalogues").get(language), summary.get("description_file")
    file = Path(str(there)).parent / str(own) if own and there else None
    return _speech(
        language, json.dumps(section_of(forum, "terms")), file if file is not None and file.is_file() else None
    )


def paper_speech(summary: Mapping[str, Any]) -> Speech:
    """Return the language of the papers that a force itself holds, the report and the job descriptions: its own where these have it, else English.

    A page is in one language: where a language lacks their texts, all of it is English.
    """
    forum = section_of(section_of(summary, "rules"), "forum")
    language = (forum.get("languages") or ["en"])[0]
    if language not in IN_PAPERS:
        return Speech("en", section_of(forum, "terms"))
    own = force_speech(summary)
    return _papers(language, json.dumps(own.terms), own.catalogue)


@lru_cache(maxsize=4)
def _papers(language: str, terms: str, catalogue: Path | None) -> Speech:
    return Speech(language, json.loads(terms), catalogue).with_papers()


@lru_cache(maxsize=8)
def _speech(language: str, terms: str, catalogue: Path | None) -> Speech:
    return Speech(language, json.loads(terms), catalogue)


def content_speech(content: Mapping[str, Any]) -> Speech:
    """Return the language in which a comparison speaks, with the force's own words as its file carries them."""
    return _speech(content.get("language") or "en", json.dumps(section_of(content, "terms")), None)


def own_words(terms: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return a force's own words in one language."""
    return {
        k: v if isinstance(v, str) else v[language] for k, v in terms.items() if isinstance(v, str) or language in v
    }
