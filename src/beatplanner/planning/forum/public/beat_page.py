"""The page of one beat: officers, station, forum, what people reported, who does what, what came of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from beatplanner.data.publish.public.figures import counted, of_force, on_map, rule
from beatplanner.planning.forum.public.blocks import Block, heading, paragraph, table
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.wording import PARTNER_TITLES, WHO_DOES_WHAT

# A theme is told as more or less frequent than in the town where its rate differs by this factor.
OFTEN = 1.25


def beat_page(content: PackContent, beat: Any) -> list[Block]:
    """Return the page of one beat, a row of the plan."""
    return [
        *_officers(content, beat),
        *_station(content, beat),
        *_forum(content, beat),
        *_concerns(content, beat),
        *_partners(content, beat),
        *_report_back(content, beat),
        heading(content.speech.text("How to object")),
        paragraph(content.objection()),
    ]


def _officers(content: PackContent, beat: Any) -> list[Block]:
    t, plan = content.speech, content.plan
    if plan.tenure_months is None:
        return []
    items: list[dict[str, Any]] = []
    languages: list[str] = []
    posted = content.posted.get(str(beat.beat), ())
    for officer in posted:
        name = (
            t.given(officer.name)
            if officer.name
            else t.text("Community officer, post {n}", n=t.number(of_force(officer.post)))
        )
        until = t.date(officer.until)
        item: dict[str, Any] = {
            "name": name,
            "lines": [
                t.text("at least until {date}", date=until) if officer.at_least else t.text("until {date}", date=until)
            ],
        }
        languages += officer.languages
        if officer.contact:
            item["lines"].append(t.given(officer.contact))
        if officer.photo:
            item["photo"] = officer.photo[0]
        items.append(item)
    vacant = max(0, int(beat.posts) - len(posted))
    items += [{"name": t.text("Community officer"), "lines": [t.text("This post is not filled yet.")]}] * vacant
    blocks: list[Block] = [heading(t.text("Your officers")), {"kind": "officers", "items": items}]
    said = [content.tenure]
    if plan.handover_months:
        said.append(
            t.count(
                "Before a change the old and the new officer work together for one month.",
                "Before a change the old and the new officer work together for {n} months.",
                rule(plan.handover_months),
            )
        )
    spoken = sorted({t.given(t.language_name(w)) for w in languages})
    if spoken:
        said.append(t.text("Your officers also speak: {languages}.", languages=", ".join(spoken)))
    text = " ".join(s for s in said if s)
    return [*blocks, paragraph(text)] if text else blocks


def walk(content: PackContent, beat: str) -> tuple[str, float, float | None] | None:
    """Return the station nearest to most places of a beat, the mean minutes to it and the share of residents within the limit (None: hidden)."""
    if content.plan.stations is None:
        return None
    units = content.plan.units
    own = units[units["beat"].astype(str) == beat]
    minutes = own["walk_minutes"].to_numpy(float)
    reached = np.isfinite(minutes)
    if not reached.any():
        return None
    stations = Counter(str(s) for s in own["station"].to_numpy(object)[reached])
    nearest = min(stations, key=lambda s: (-stations[s], s))
    return nearest, float(minutes[reached].mean()), content.figures.share(("within", beat), ("beat", beat))


def _station(content: PackContent, beat: Any) -> list[Block]:
    t, found, limit = content.speech, walk(content, str(beat.beat)), content.plan.walk_minutes
    if content.plan.stations is None or limit is None:
        return []
    block = heading(t.text("Your station"))
    if found is None:
        return [block, paragraph(t.text("No station can be reached on foot from here; your officers come to you."))]
    station, minutes, share = found
    hours = content.tables.hours.get(station)
    said = [
        f"{t.given(station)}.",
        t.text("Open: {hours}.", hours=t.given(hours)) if hours else t.text("Opening hours are not fixed yet."),
        t.count(
            "On average it is one minute on foot.", "On average it is {n} minutes on foot.", on_map(round(minutes))
        ),
    ]
    if share is not None:
        said.append(
            t.text(
                "{share} of the beat's residents walk {limit} minutes or less.",
                share=t.percent(counted(share)),
                limit=t.number(rule(limit)),
            )
        )
    return [block, paragraph(" ".join(said))]


def _forum(content: PackContent, beat: Any) -> list[Block]:
    t, meeting = content.speech, content.meeting_of(str(beat.beat))
    if meeting is None:
        return []
    fares = t.text("Everybody who lives here may come. The fare of members who cannot walk is paid back.")
    said = " ".join([content.level_title("neighbourhood") + ":", content.when_and_where(meeting), fares])
    return [heading(t.text("Your next forum")), paragraph(said)]


def _concerns(content: PackContent, beat: Any) -> list[Block]:
    t, figures = content.speech, content.figures
    if figures.period is None:
        return []
    block = heading(t.text("What people reported"))
    if not figures.concerns:
        return [block, paragraph(t.text("The records do not cover twelve months, so no figures are shown."))]
    rows, few = [], []
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
        blocks.append(
            table(
                [t.text("Theme"), t.text("Reports"), t.text("For the number of residents")],
                [(t.given(t.known(n)), t.number(counted(c)), s) for c, n, s in rows],
                [1],
                [2, 1, 3],
            )
        )
    said = [content.period()]
    if few:
        themes = ", ".join(sorted(t.given(t.known(n)) for n in few))
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
    t, partners = content.speech, content.tables.partners
    rows = [(t.text(PARTNER_TITLES["police"]), t.text(WHO_DOES_WHAT["police"]))]
    area = {str(beat.beat), str(beat.name), str(beat.municipality)}
    here = partners[np.array([a is None or str(a) in area for a in partners["area"]], dtype=bool)]
    for kind in ("school", "health", "social services", "municipality", "other"):
        own = here[here["kind"].astype(str).str.casefold() == kind]
        usual = t.text(WHO_DOES_WHAT.get(kind, WHO_DOES_WHAT["municipality"]))
        for p in own.itertuples(index=False):
            rows.append((t.given(p.name or t.text(PARTNER_TITLES[kind])), t.given(p.does) if p.does else usual))
        if own.empty and kind != "other":
            rows.append((t.text(PARTNER_TITLES[kind]), usual))
    return [heading(t.text("Who does what")), table([t.text("Who"), t.text("What they do")], rows, widths=[1, 3])]


def _report_back(content: PackContent, beat: Any) -> list[Block]:
    t = content.speech
    rows = content.actions({str(beat.beat), str(beat.name)})
    block = heading(t.text("What you asked last time, and what was done"))
    if not rows:
        return [block, paragraph(t.text("Nothing is recorded yet: your next forum begins the list."))]
    return [block, action_table(content, rows[:6])]


def action_table(content: PackContent, rows: list[list[str]]) -> Block:
    """Return what was asked and done as a table."""
    t = content.speech
    return table(
        [t.text("Asked on"), t.text("What was asked"), t.text("What was done"), t.text("Who"), t.text("State")],
        rows,
        widths=[1.2, 2.4, 2.6, 1.3, 1.3],
    )
