"""What the public is told of posts and their holders: measured from the postings, named only with consent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.formats.frames import day_if_any, day_of, records
from beatplanner.data.publish.photos import clean_photo
from beatplanner.data.publish.public.plan import OfficerFacts, Posted, Successor
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.postings import DAY, changes_of, plan_span, stays_of
from beatplanner.data.town.forum_tables import ForumTables, consented
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.beat_facts import languages_of

if TYPE_CHECKING:
    from beatplanner.data.result.postings import PostChange


def officer_facts(tables: PlanTables) -> OfficerFacts | None:
    """Return what the postings of a plan come to; None without officers."""
    if tables.assignments is None or not tables.summary.get("rules", {}).get("officers"):
        return None
    begin, end = plan_span(tables)
    least = int(tables.summary["rules"]["officers"]["min_tenure_months"])
    ended = [s.months for s in stays_of(tables) if s.ends]
    known = [m for m in ended if m is not None]
    both = [c for c in changes_of(tables) if c.leaves is not None and c.comes is not None]
    return OfficerFacts(
        begin,
        end - DAY,
        least,
        len(ended),
        sum(m >= least for m in known) if len(known) == len(ended) else None,
        len(both),
        sum(c.days_together > 0 for c in both),
    )


def posted(tables: PlanTables, extra: ForumTables, town: Town, day: dt.date) -> dict[str, list[Posted]]:
    """Return the posts of each beat with their holders at the plan's beginning, named only with consent on the day.

    Raises
    ------
    InputError
        Where a photo cannot be used.
    """
    assert tables.beats is not None
    if tables.assignments is None or town.description.officers is None:
        return {}
    photos: dict[str, tuple[str, bytes]] = {}
    allowed = consented(extra, day)
    for shown in allowed.values():
        if shown["photo"] and shown["photo"] not in photos:
            file = f"photo{len(photos)}.jpg"
            photos[shown["photo"]] = (file, clean_photo(Path(shown["photo"]), town.description.path(Path())))
    begin = plan_span(tables)[0].isoformat()
    first: dict[tuple[str, int], dict[str, int | str]] = {}
    for row in records(tables.assignments):
        if str(row["start"]) <= begin < str(row["end"]):
            first[str(row["beat"]), int(row["post"])] = row
    following: dict[tuple[str, int], PostChange] = {}
    for change in changes_of(tables):
        # the first change of a post is the one that its present holder, or nobody, makes way in
        following.setdefault((change.beat, change.post), change)
    found: dict[str, list[Posted]] = {}
    for beat, posts in zip(tables.beats["beat"].astype(str), tables.beats["posts"].astype(int), strict=True):
        found[beat] = []
        for post in range(1, posts + 1):
            row, change = first.get((beat, post)), following.get((beat, post))
            after = None
            if change is not None and change.first_day is not None:
                after = Successor(change.first_day, change.days_together, change.days_vacant)
            if row is None:
                found[beat].append(Posted(post, False, None, None, after))
                continue
            agreed = allowed.get(str(row["officer"])) or {}
            before, since = _before(tables, str(row["officer"]))
            start = day_of(row["start"])
            shown_since = since if agreed and before == beat and since is not None else start
            found[beat].append(
                Posted(
                    post,
                    True,
                    min(shown_since, start),
                    None if change is None else change.last_day,
                    after,
                    tuple(languages_of(tables, str(row["officer"]))),
                    str(agreed["name"]) if agreed.get("name") else None,
                    str(agreed["contact"]) if agreed.get("contact") else None,
                    photos.get(str(agreed.get("photo") or "")),
                    before == beat,
                )
            )
    return found


def _before(tables: PlanTables, officer: str) -> tuple[str | None, dt.date | None]:
    """Return the beat in which an officer is today, and since when."""
    if tables.roster is None:
        return None, None
    own = tables.roster[tables.roster["officer"].astype(str) == officer]
    if not len(own):
        return None, None
    row: Any = own.iloc[0].to_dict()
    beat, since = row.get("beat"), row.get("since")
    return (
        None if beat is None or beat != beat else str(beat),
        day_if_any(since),
    )
