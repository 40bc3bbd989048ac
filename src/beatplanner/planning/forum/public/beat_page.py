"""The page of one beat: officers, station, forum, what people reported, who does what, what came of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from beatplanner.data.publish.public.figures import counted, of_force, on_map, rule
from beatplanner.data.publish.public.plan import Posted, Successor
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.result.alphabet import natural
from beatplanner.planning.forum.public.blocks import Block, capital, heading, paragraph, table
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.sectors import where_led
from beatplanner.planning.forum.public.wording import PARTNER_TITLES, theme_name

# Themes, answers and partners on one side of paper; all of them are in the pack's tables.
MOST_THEMES, MOST_ANSWERS, MOST_PARTNERS = 4, 3, 4
# A theme is told as more or less frequent than in the town where its rate differs by this factor.
OFTEN = 1.25


def beat_page(content: PackContent, beat: Any, picture: str | None = None) -> list[Block]:
    """Return the sheet of one beat, a row of the plan: all that a stranger asks, on one side.

    Parameters
    ----------
    content
        The pack.
    beat
        A row of the plan's beats.
    picture
        File of the QR code of the map; None where the map lies nowhere.
    """
    left = [*_officers(content, beat), *where_led(content, beat), *_before(content, beat), *_concerns(content, beat)]
    right = [*_station(content, beat), *_forum(content, beat), *_report_back(content, beat), *_partners(content, beat)]
    right += [heading(content.speech.text("How to object")), paragraph(content.objection())]
    if picture is not None and content.settings.map_url:
        t = content.speech
        right.append(
            {
                "kind": "code",
                "picture": picture,
                "alt": t.text("QR code of the map on screen"),
                "text": f"{t.text('The map on screen, with every street:')} {t.given(content.settings.map_url)}",
            }
        )
    return [{"kind": "sides", "left": left, "right": right}]


def _officers(content: PackContent, beat: Any) -> list[Block]:
    t, facts = content.speech, content.plan.officers
    if facts is None:
        said = [t.text("Officers are not planned here yet."), _contact(content, beat)]
        return [heading(t.text("Your officers")), paragraph(" ".join(s for s in said if s))]
    items: list[Block] = []
    languages: list[str] = []
    posted = content.posted.get(str(beat.beat), ())
    for officer in posted:
        post = t.text("Community officer, post {n}", n=t.number(of_force(officer.post)))
        item: Block = {
            "name": t.given(officer.name) if officer.name else post,
            "lines": _times(content, officer),
        }
        languages += officer.languages
        if officer.contact:
            item["lines"].append(t.given(officer.contact))
        if officer.photo:
            item["photo"] = officer.photo[0]
        items.append(item)
    blocks: list[Block] = [heading(t.text("Your officers")), {"kind": "officers", "items": items}]
    said = [_contact(content, beat)]
    if any(o.held and o.last_day is None for o in posted):
        said.append(t.text("The plan ends on {date}; it says nothing of the time after.", date=t.date(facts.last_day)))
    spoken = sorted({t.given(t.language_name(w)) for w in languages})
    if spoken:
        said.append(t.text("Your officers also speak: {languages}.", languages=", ".join(spoken)))
    text = " ".join(s for s in said if s)
    return [*blocks, paragraph(text)] if text else blocks


def officer_lines(content: PackContent, beat: str) -> list[str]:
    """Return the posts of a beat in a sentence each, without names: the map on screen names no officer."""
    said: list[str] = []
    t = content.speech
    for officer in content.posted.get(beat, ()):
        post = t.text("Community officer, post {n}", n=t.number(of_force(officer.post)))
        said.append(f"{post}: {', '.join(_times(content, officer))}")
    return said


def _times(content: PackContent, officer: Posted) -> list[str]:
    """Say since when and until when an officer holds a post and who comes after, as the postings are."""
    t, after = content.speech, officer.next
    said: list[str] = []
    if not officer.held:
        said.append(t.text("This post is not filled yet."))
        if after is not None:
            said.append(t.text("A new officer begins on {date}.", date=t.date(after.first_day)))
        # whole sentences, which no comma joins as it does the other parts
        return [" ".join(said)]
    assert officer.since is not None
    facts, since = content.plan.officers, t.date(officer.since)
    earlier = facts is not None and (
        officer.since >= facts.first_day if officer.was_here else officer.since < facts.first_day
    )
    if earlier and not officer.name:
        # the day on which an officer came to the beat is told with consent alone, that it lies before the plan is true of everybody
        assert facts is not None
        said.append(t.text("in this beat before {date} already", date=t.date(facts.first_day)))
    elif earlier and officer.was_here:
        said.append(t.text("in this beat before {date} already", date=since))
    else:
        said.append(t.text("from {date}", date=since))
    if officer.last_day is None:
        said.append(t.text("no change is planned"))
        return said
    if officer.name:
        said.append(t.text("last day: {date}", date=t.date(officer.last_day)))
    else:
        said.append(t.text("last month: {month}", month=t.month(officer.last_day)))
    if after is None:
        said.append(t.text("no successor is planned yet"))
    elif officer.name:
        said.append(_after_a_day(t, after))
    else:
        said.append(_after_a_month(t, after, officer.last_day))
    return said


def _after_a_day(t: PublicSpeech, after: Successor) -> str:
    """Return who comes after an officer whose last day is told."""
    day = t.date(after.first_day)
    if after.days_together:
        return t.count(
            "successor from {date}, one day together",
            "successor from {date}, {n} days together",
            of_force(after.days_together),
            date=day,
        )
    if after.days_vacant:
        return t.count(
            "successor from {date}; the post is empty for one day",
            "successor from {date}; the post is empty for {n} days",
            of_force(after.days_vacant),
            date=day,
        )
    return t.text("successor from {date}, without a common day", date=day)


def _after_a_month(t: PublicSpeech, after: Successor, last_day: dt.date) -> str:
    """Return who comes after an officer whose last month alone is told: nothing from which its day follows.

    A successor begins on a day of the plan. What lies between is told only where it is so for each day of that month.
    """
    first = last_day.replace(day=1)
    following = (first + dt.timedelta(days=31)).replace(day=1)
    day = t.date(after.first_day)
    if after.first_day <= first:
        return t.text("successor from {date}, for some time together", date=day)
    if after.first_day > following:
        return t.text("successor from {date}; the post is empty for some time", date=day)
    return t.text("successor from {date}", date=day)


def _contact(content: PackContent, beat: Any) -> str:
    """Return how the officers of a beat are reached, whoever they are; empty where the force gives nothing."""
    t, frame = content.speech, content.tables.contacts
    if not len(frame):
        return ""
    for area in (str(beat.beat), str(beat.name), str(beat.municipality), None):
        rows = frame[[(a is None and area is None) or (a is not None and str(a) == area) for a in frame["area"]]]
        if len(rows):
            phone, post = rows["phone"].iloc[0], rows["post"].iloc[0]
            said = [t.text("Telephone of the officers: {phone}.", phone=t.given(phone))] if phone else []
            if post:
                said.append(t.text("Post to: {post}.", post=t.worded(post)))
            return " ".join(said)
    return ""


def _before(content: PackContent, beat: Any) -> list[Block]:
    """Say which of today's beats the places of this one belong to."""
    t, figures = content.speech, content.figures
    old: Counter[str] = Counter()
    for current, new in zip(figures.current, figures.beat, strict=True):
        if current is not None and new == str(beat.beat):
            old[current] += 1
    title = heading(t.text("Which beat you were in before"))
    if not any(figures.current):
        return [title, paragraph(t.text("Which beats there are today was not declared for this plan."))]
    if not old:
        return []
    names = [t.given(b) for b, _ in sorted(old.items(), key=lambda p: (-p[1], natural(p[0])))]
    if names == [str(beat.beat)]:
        said = t.text("All its areas are in this beat today.")
    else:
        said = t.text("Its areas are in these beats today: {beats}.", beats=", ".join(names))
    return [title, paragraph(said)]


def walk(content: PackContent, beat: str) -> tuple[str, float, float | None] | None:
    """Return the station that most places of a beat reach first, the mean minutes to it, each place counted once, and the share of residents within the limit of any (None: hidden)."""
    ways = content.plan.ways.get(beat, ())
    if not ways or not ways[0].share:
        return None
    return ways[0].station, ways[0].minutes, content.figures.share(("within", beat), ("beat", beat))


def _station(content: PackContent, beat: Any) -> list[Block]:
    t, limit = content.speech, content.plan.walk_minutes
    if content.plan.stations is None or limit is None:
        return []
    ways = content.plan.ways.get(str(beat.beat), ())
    block = heading(t.text("Your station"))
    said: list[str] = []
    names: list[str] = []
    for way in ways:
        hours = content.hours_of(way.station)
        name = content.station_names[way.station]
        names.append(name)
        lines = [f"{capital(name)}."]
        if way.share:
            minutes = on_map(max(1, round(way.minutes)))
            # shares are of residents; a mean of residents would tell of hidden counts, so it is one of places and says so
            lines.append(
                t.count(
                    "One minute on foot on average, each place counted once.",
                    "{n} minutes on foot on average, each place counted once.",
                    minutes,
                )
            )
        lines.append(t.text("Open: {hours}.", hours=hours) if hours else t.text("Opening hours are not fixed yet."))
        said.append(" ".join(lines))
    if not walk(content, str(beat.beat)):
        said.insert(0, t.text("No station can be reached on foot from here."))
        names.insert(0, "")
    blocks = [block, paragraph(said[0])]
    if said[1:]:
        # two with all that is known of them; where there are more, the others by name: the page has one side
        items = said[1:3] + ([capital(f"{', '.join(names[3:])}.")] if names[3:] else [])
        blocks += [paragraph(t.text("Other stations of this beat:")), {"kind": "list", "items": items}]
    closed = content.closing(content.plan.closed.get(str(beat.beat), ()))
    if closed:
        blocks.append(paragraph(closed))
    share = content.figures.share(("within", str(beat.beat)), ("beat", str(beat.beat)))
    if share is not None:
        blocks.append(
            paragraph(
                t.text(
                    "{share} of the beat's residents walk {limit} minutes or less.",
                    share=t.percent(counted(share)),
                    limit=t.number(rule(limit)),
                )
            )
        )
    return blocks


def _forum(content: PackContent, beat: Any) -> list[Block]:
    t, meeting = content.speech, content.meeting_of(str(beat.beat))
    if meeting is None:
        return []
    said = [content.level_title("neighbourhood") + ":", content.when_and_where(meeting)]
    said.append(t.count("It meets once a year.", "It meets {n} times a year.", rule(meeting.meetings)))
    if content.settings.cost_per_km and meeting.venue:
        fare = f"{t.number(rule(content.settings.cost_per_km), 2)} {t.given(content.settings.currency)}"
        said.append(t.text("Members who cannot walk there get {fare} a kilometre.", fare=fare))
    return [heading(t.text("Your next forum")), paragraph(" ".join(said))]


def _concerns(content: PackContent, beat: Any) -> list[Block]:
    t, figures = content.speech, content.figures
    if figures.period is None:
        return []
    block = heading(t.text("What people reported"))
    if not figures.concerns:
        return [block, paragraph(t.text("The records do not cover twelve months, so no figures are shown."))]
    rows: list[tuple[int, str, str]] = []
    few: list[str] = []
    total, here = figures.value("town"), figures.value("beat", str(beat.beat))
    for theme, values in figures.concerns.items():
        if theme in figures.sensitive:
            continue
        count, everywhere = values.get(("beat", str(beat.beat)), 0), values.get(("town",))
        if count is None:
            few.append(theme)
            continue
        said = ""
        if everywhere and total and here:
            # of shown figures only
            ratio = (count / here) / (everywhere / total)
            said = (
                t.text("more often than in the whole area")
                if ratio > OFTEN
                else t.text("less often than in the whole area")
                if ratio < 1 / OFTEN
                else t.text("about as often as in the whole area")
            )
        rows.append((count, theme, said))
    rows.sort(key=lambda r: (-r[0], r[1]))
    blocks = [block]
    if rows:
        lines = [
            f"{t.given(theme_name(t, n))}: {t.number(counted(c))}{' – ' + s if s else ''}"
            for c, n, s in rows[:MOST_THEMES]
        ]
        blocks.append({"kind": "list", "items": lines})
    said = [content.period()]
    if few:
        themes = ", ".join(sorted(t.given(theme_name(t, n)) for n in few))
        said.append(t.text("Not shown, since they are few or would give away few: {themes}.", themes=themes))
    if figures.sensitive:
        said.append(
            t.text(
                "Violence in the family, sexual violence, hate and harm to minors are told for the municipality only."
            )
        )
    said.append(t.text("These are reports, not all that happened: where people trust the police, they report more."))
    return [*blocks, {"kind": "small", "text": " ".join(said)}]


def _partners(content: PackContent, beat: Any) -> list[Block]:
    """Return the partners that the force names for a beat, with what it says that they do."""
    t = content.speech
    area = {str(beat.beat), str(beat.name), str(beat.municipality)}
    here = [(kind, name, does) for of, kind, name, does in content.partners if of is None or of in area]
    rows = [
        (t.worded(name or t.text(PARTNER_TITLES[kind])), t.worded(does or ""))
        for wanted in ("school", "health", "social services", "municipality", "other")
        for kind, name, does in here
        if kind == wanted
    ]
    if not rows:
        return []
    items = [f"{who}: {does}" if does else who for who, does in rows[:MOST_PARTNERS]]
    return [heading(t.text("Who does what")), {"kind": "list", "items": items}]


def _report_back(content: PackContent, beat: Any) -> list[Block]:
    t = content.speech
    rows = content.actions({str(beat.beat), str(beat.name)})
    block = heading(t.text("What you asked last time, and what was done"))
    if not rows:
        return [block, paragraph(t.text("Nothing is recorded yet."))]
    items = [" – ".join(cell for cell in (asked, answer, who, state) if cell) for _, asked, answer, who, state in rows]
    return [block, {"kind": "list", "items": items[:MOST_ANSWERS]}]


def action_table(content: PackContent, rows: list[list[str]]) -> Block:
    """Return what was asked and done as a table."""
    t = content.speech
    return table(
        [t.text("Asked on"), t.text("What was asked"), t.text("What was done"), t.text("Who"), t.text("State")],
        rows,
        widths=[1.2, 2.4, 2.6, 1.3, 1.3],
    )
