"""The job description of each post, from a template that a force can edit."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.formats.frames import records
from beatplanner.data.output_place import own_name
from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.draft_words import draft_in_words
from beatplanner.data.publish.force_language import paper_speech
from beatplanner.data.publish.templates import check_job_template, fill_in
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.alphabet import places_listed
from beatplanner.data.result.names import beat_title
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.postings import DAY, PostChange, changes_of, plan_span, served_until
from beatplanner.data.result.sections import section_of
from beatplanner.data.result.station_names import station_names

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

TEMPLATE = "job_description.docx"
# The pieces of text of a document, and the conditions and loops of a template in them.
TEXT, CODE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t", re.compile(r"(\{%.*?%\})")
# What stands in the fields.
FILE, OFFICIAL, TO_BE_NAMED = "{beat} post {post}", "the official language", "to be named"
MEETINGS, NOT_PLANNED = "{n} meetings a year", "not planned yet"
STANDS_IN = "{officer} for {other} from {first} to {last} (last day)"
STAYS = "no change is planned; the plan ends on {date}"
PARTNERS = (
    "schools",
    "health centre",
    "social services",
    "municipality",
    "residents’ associations and faith communities",
)
WORDS = (FILE, OFFICIAL, TO_BE_NAMED, MEETINGS, NOT_PLANNED, STANDS_IN, STAYS, *PARTNERS, "not known", "DRAFT")


def write_jobs(folder: Path, tables: PlanTables, called: dict[str, str]) -> None:
    """Write a description for each post of a plan with officers, from the force's own template where it has one; `called` are the beats' names."""
    assert tables.beats is not None and tables.assignments is not None
    own, say = tables.summary["rules"]["officers"].get("job_template"), paper_speech(tables.summary)
    if own:
        base = Path(tables.summary["description_file"]).parent
        check_job_template(base / own)
        content = (base / own).read_bytes()
    else:
        content = default_template(say)
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    draft = " ".join([f"{say.text('DRAFT')}.", *why]) if (why := draft_in_words(tables, say=say)) else ""
    of_post: dict[tuple[str, int], list[PostChange]] = {}
    for change in changes_of(tables):
        of_post.setdefault((change.beat, change.post), []).append(change)
    for row in records(tables.beats):
        for post in range(1, int(row["posts"]) + 1):
            job = _job(tables, row, post, of_post.get((str(row["beat"]), post), []), say)
            document = fill_in(content, job, file=own or TEMPLATE)
            if draft:
                _put_at_the_head(document, draft)
            name = own_name(say.text(FILE, beat=called[str(row["beat"])], post=post), taken)
            document.save(folder / f"{name}.docx")


def _put_at_the_head(document: Any, line: str) -> None:
    """Write a line in bold at the head of every page; a section that shares the head of the one before has it already."""
    for number, section in enumerate(document.sections):
        if number == 0 or not section.header.is_linked_to_previous:
            section.header.paragraphs[0].insert_paragraph_before().add_run(line).bold = True


def _job(tables: PlanTables, beat: Row, post: int, changes: Sequence[PostChange], say: Speech) -> dict[str, object]:
    """Return what a job description may name; docs/officers.md lists the fields."""
    assert tables.assignments is not None
    rules, summary = tables.summary["rules"], tables.summary
    mine = tables.assignments[
        (tables.assignments["beat"].astype(str) == str(beat["beat"])) & (tables.assignments["post"] == post)
    ]
    served, over = served_until(tables), plan_span(tables)[1]
    holders = [
        {
            "officer": r["officer"],
            "start": say.date(r["start"]),
            "end": r["end"],
            # the end of the plan is nobody's last day: nothing is planned for the time after
            "last_day": say.date(served[i] - DAY) if served[i] < over else say.text(STAYS, date=say.date(over - DAY)),
        }
        for i, r in mine.sort_values("start").to_dict("index").items()
    ]
    units = tables.units[tables.units["beat"].astype(str) == str(beat["beat"])]
    work = rules.get("workload", {})
    share = float(work.get("community_share", 0.4))
    hours = float(summary.get("workload", {}).get("hours_on_the_beat_per_officer", 0.0))
    called = station_names(tables, say)
    stations = [called.get(str(s), str(s)) for s in units["station"].dropna().unique()] if "station" in units else []
    people = beat["population"]
    forum = section_of(rules, "forum")
    meet = section_of(forum, "neighbourhood").get("meetings_a_year") if forum else None
    edits = [
        {
            "leaves": c.leaves or "–",
            "last_day": say.date(c.last_day) if c.last_day else "–",
            "comes": c.comes or "–",
            "first_day": say.date(c.first_day) if c.first_day else "–",
            "days_together": c.days_together,
            "days_vacant": c.days_vacant,
        }
        for c in changes
    ]
    known = people is not None and people == people
    requires = sorted({str(r) for r in mine["requires"] if r} if "requires" in mine else set())
    return {
        "project": say.terms.get(str(summary["project"]), summary["project"]),
        "beat": beat["beat"],
        "beat_name": beat_title(str(beat["beat"]), str(beat["name"])),
        "municipality": beat["municipality"] or "–",
        "post": post,
        "posts": int(beat["posts"]),
        "residents": say.number(float(people or 0)) if known else say.text("not known"),
        "places": places_listed(units["name"].astype(str)),
        "languages": ", ".join(
            say.language_name(w.strip()) for w in str(beat["languages"] or "").split(";") if w.strip()
        )
        or say.text(OFFICIAL),
        "requires": ", ".join(requires) or "–",
        "workload": say.number(beat["workload"]),
        "community_share": say.percent(share),
        "community_hours": say.number(hours * share),
        "hours_on_beat": say.number(hours),
        "stations": ", ".join(stations) or say.text(TO_BE_NAMED),
        "forums": [say.text(MEETINGS, n=meet)] if meet else [say.text(NOT_PLANNED)],
        "changes": edits,
        "holders": holders,
        "stand_ins": stand_ins(tables, beat, holders, say),
        "min_tenure": rules["officers"]["min_tenure_months"],
        "handover_months": rules["officers"]["handover_months"],
        "partners": [say.text(partner) for partner in PARTNERS],
    }


def stand_ins(tables: PlanTables, beat: Mapping[str, object], holders: list[Row], say: Speech = ENGLISH) -> str:
    """Return who stands in for the holders of a post, and when; "" where nobody does."""
    if tables.cover is None:
        return ""
    who = {str(h["officer"]) for h in holders}
    rows = [
        say.text(
            STANDS_IN,
            officer=r["officer"],
            other=r["for_officer"],
            first=say.date(r["start"]),
            last=say.date(dt.date.fromisoformat(str(r["end"])) - DAY),
        )
        for r in records(tables.cover)
        if str(r["beat"]) == str(beat["beat"]) and str(r["for_officer"]) in who
    ]
    return "; ".join(rows)


def default_template(say: Speech = ENGLISH) -> bytes:
    """Return the template that is filled in where a force has none of its own, in a language, to be edited."""
    content = (files("beatplanner.data") / "templates").joinpath(TEMPLATE).read_bytes()
    if say.language == "en" and not say.terms:
        return content
    import docx

    document = docx.Document(io.BytesIO(content))
    for piece in document.element.body.iter(TEXT):
        piece.text = "".join(part if _is_code(part) else _said(part, say) for part in CODE.split(piece.text or ""))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def template_texts() -> list[str]:
    """Return the texts of the template, for the catalogues: fields in single braces, by the last of their names."""
    import docx

    document = docx.Document(io.BytesIO(default_template()))
    parts = [part for piece in document.element.body.iter(TEXT) for part in CODE.split(piece.text or "")]
    found = [_english(part.strip())[0] for part in parts if not _is_code(part)]
    return [text for text in dict.fromkeys(found) if re.sub(r"\{\w+\}", "", text).strip(" .,;:·")]


def _is_code(part: str) -> bool:
    return bool(CODE.fullmatch(part))


def _english(text: str) -> tuple[str, dict[str, str]]:
    """Return a text of the template as the catalogues have it, and what stands in the template for each field."""
    fields: dict[str, str] = {}

    def field(found: re.Match[str]) -> str:
        name = found[1].split("|")[0].strip().rpartition(".")[2]
        fields[name] = found[0]
        return f"{{{name}}}"

    return re.sub(r"\{\{(.+?)\}\}", field, text), fields


def _said(text: str, say: Speech) -> str:
    english, fields = _english(text.strip())
    if not re.sub(r"\{\w+\}", "", english).strip(" .,;:·"):
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return before + say.text(english, **fields) + after
