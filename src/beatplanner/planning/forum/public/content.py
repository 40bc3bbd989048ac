"""One language's pack: its cover, and what all its pages ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from beatplanner.data.formats.frames import each_row, records
from beatplanner.data.publish.public.figures import computed, counted, of_force, on_map, rule
from beatplanner.data.publish.public.plan import (
    Card,
    PackSettings,
    Posted,
    PublicFigures,
    PublicMeeting,
    PublicPlan,
    PublicTables,
)
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.result.alphabet import natural
from beatplanner.data.result.cells import HIDDEN
from beatplanner.data.result.draft_reason import STEP_NAMES, draft_sentences
from beatplanner.data.result.names import beat_title
from beatplanner.data.result.qgis_words import UNNAMED
from beatplanner.planning.forum.public.blocks import Block, heading, paragraph
from beatplanner.planning.forum.public.street_beats import Street, TracedStreets, streets_of
from beatplanner.planning.forum.public.wording import LEVEL_TITLES


@dataclass(frozen=True)
class PackContent:
    """One language's pack. All that it can reach has passed the gate or tells nothing of people.

    Attributes
    ----------
    plan, figures, meetings, posted, tables, settings, card
        See `data.publish.public.plan`; `posted` by beat.
    speech
        The language.
    day
        The day on which the pack is made.
    newest
        What the newest data are as of, an ISO day or a year; None where nobody knows.
    version
        Of the program.
    traced
        Which beats the named streets run through.
    """

    plan: PublicPlan
    figures: PublicFigures
    meetings: Sequence[PublicMeeting]
    posted: Mapping[str, Sequence[Posted]]
    tables: PublicTables
    settings: PackSettings
    card: Card
    speech: PublicSpeech
    day: dt.date
    newest: str | None
    version: str
    traced: TracedStreets

    @cached_property
    def beats(self) -> list[Any]:
        """The beats' rows, by municipality and name."""
        rows = list(each_row(self.plan.beats))
        return sorted(rows, key=lambda b: (natural(str(b.municipality)), natural(str(b.name))))

    @cached_property
    def names(self) -> dict[str, str]:
        """What each beat is called everywhere: its name with its number, or the number alone where it has no name of its own."""
        found = {str(b.beat): beat_title(str(b.beat), str(b.name)) for b in self.beats}
        for name in found.values():
            self.speech.given(name)
        return found

    @cached_property
    def station_names(self) -> dict[str, str]:
        """What each station is called: its name, or near what its site is still to be chosen."""
        found: dict[str, str] = {}
        t, stations = self.speech, self.plan.stations
        for s in () if stations is None else each_row(stations):
            found[str(s.station)] = t.given(s.name) if s.name else t.text(UNNAMED, area=t.given(s.near))
        return found

    def closing(self, stations: Sequence[str]) -> str:
        """Return which of today's stations the plan closes; empty where none is."""
        if not stations:
            return ""
        return self.speech.count(
            "This station of today closes in this plan: {stations}.",
            "These stations of today close in this plan: {stations}.",
            on_map(len(stations)),
            stations=", ".join(self.speech.given(name) for name in stations),
        )

    def hours_of(self, station: str) -> str | None:
        """Return a station's opening hours, under its id or its name."""
        hours = self.tables.hours
        found = hours.get(station) or hours.get(self.station_names.get(station, station))
        return self.speech.worded(found) if found else None

    @cached_property
    def partners(self) -> list[tuple[str | None, str, str | None, str | None]]:
        """The partners that the force names: the area (None for the whole town), what they are, their name and what they do."""
        return [
            (None if p["area"] is None else str(p["area"]), str(p["kind"]).casefold(), p["name"], p["does"])
            for p in records(self.tables.partners)
        ]

    @cached_property
    def streets(self) -> list[Street]:
        """Named streets with their beats and lines."""
        return streets_of(self.traced, self.names, self.speech)

    def figure(self, value: int | None) -> str:
        """Return a count in the locale; ``*`` where it is hidden."""
        return HIDDEN if value is None else self.speech.number(counted(value))

    def residents(self, *key: str) -> str:
        """Return a figure of residents in the locale; empty where they are unknown."""
        return self.figure(self.figures.value(*key)) if key in self.figures.residents else ""

    def level_title(self, level: str) -> str:
        """Return the local name of a level of forums."""
        own = self.speech.own(self.settings.level_names.get(level))
        return self.speech.given(own) if own else self.speech.text(LEVEL_TITLES[level])

    def meeting_of(self, beat: str) -> PublicMeeting | None:
        """Return the forum of a beat."""
        return next((m for m in self.meetings if m.level == "neighbourhood" and m.area == beat), None)

    @property
    def title(self) -> str:
        """The pack's title."""
        return self.speech.text("Neighbourhood police beats")

    @property
    def project(self) -> str:
        """The project's name."""
        return self.speech.worded(self.plan.project)

    @property
    def decision(self) -> str:
        """Who decided, or that nobody did yet."""
        t, who = self.speech, self.speech.own(self.settings.decided_by)
        if who is None:
            return t.text("Nothing is decided yet: this is a proposal.")
        if self.settings.decided_on is None:
            return t.text("Decided by {who}.", who=t.given(who))
        if self.settings.decided_on > self.day:
            return t.text(
                "{who} is to decide on {date}; until then this is a proposal.",
                who=t.given(who),
                date=t.date(self.settings.decided_on),
            )
        return t.text("Decided by {who} on {date}.", who=t.given(who), date=t.date(self.settings.decided_on))

    @property
    def source(self) -> str:
        """Where the data come from, as the force says it, and what their newest records are as of; never the name or the date of a file."""
        t, named = self.speech, self.speech.own(self.settings.source)
        declared = dict.fromkeys(own for d in self.card.data if (own := self.speech.own(d["name"])))
        newest = self.newest
        if declared and not named:
            # a day of records that nobody named a source of is no day of the census beside it
            named = ", ".join(declared)
            newest = max((d["date"] for d in self.card.data if self.speech.own(d["name"])), default="")
        said = [
            t.text("Source: {source}.", source=t.given(named))
            if named
            else t.text("The sources of the data are not declared.")
        ]
        if newest:
            said.append(t.text("Newest data of {date}.", date=self.day_or_year(newest)))
        return " ".join(said)

    def day_or_year(self, date: str) -> str:
        """Return an ISO day as the locale writes it, and a year as it is."""
        return self.speech.date(date) if "-" in date else self.speech.register.enter("force", date)

    @property
    def made(self) -> str:
        """When and with what the pack was made."""
        version = self.speech.register.enter("computed", self.version)
        return self.speech.text(
            "Made on {date} with beatplanner {version}.", date=self.speech.date(self.day), version=version
        )

    @property
    def moved(self) -> str:
        """For how many residents the beat changes; empty where that may not be told."""
        share = self.figures.share(("moved",), ("town",)) if any(self.figures.current) else None
        if share is None:
            return ""
        return self.speech.text("For {share} of residents the beat changes.", share=self.speech.percent(counted(share)))

    @property
    def grouped(self) -> list[str]:
        """How many sectors and commands there are, in sentences; empty where beats are in none."""
        t, groups = self.speech, self.plan.groups
        said: list[str] = []
        if "sector" in groups:
            n = on_map(len(groups["sector"]))
            said.append(t.count("The beats are in one sector.", "The beats are in {n} sectors.", n))
        if "command" in groups:
            n = on_map(len(groups["command"]))
            said.append(t.count("The sectors are in one command.", "The sectors are in {n} commands.", n))
        return said

    @property
    def tenure(self) -> str:
        """How long officers who leave have been in their beats, as the postings come to; empty where nobody can tell."""
        t, facts = self.speech, self.plan.officers
        if facts is None or facts.served is None:
            return ""
        if not facts.leaving:
            return t.text("No officer leaves a beat in the time of the plan.")
        months = t.number(rule(facts.tenure_months))
        if facts.leaving == 1 and facts.served:
            return t.text(
                "The one officer who leaves a beat in the time of the plan has then served there for at least {months} months.",
                months=months,
            )
        if facts.leaving == 1:
            return t.text(
                "The one officer who leaves a beat in the time of the plan has then served there for less than {months} months.",
                months=months,
            )
        if facts.served == 1:
            return t.text(
                "Of {all} officers who leave a beat in the time of the plan, one has then served there for at least {months} months.",
                all=t.number(of_force(facts.leaving)),
                months=months,
            )
        return t.text(
            "Of {all} officers who leave a beat in the time of the plan, {n} have then served there for at least {months} months.",
            all=t.number(of_force(facts.leaving)),
            n=t.number(of_force(facts.served)),
            months=months,
        )

    @property
    def handover(self) -> str:
        """How many officers work beside their predecessors; empty where there is no change."""
        t, facts = self.speech, self.plan.officers
        if facts is None or not facts.handovers:
            return ""
        if facts.handovers == 1 and facts.together:
            return t.text("In the one change the old and the new officer work together for some time.")
        if facts.handovers == 1:
            return t.text("In the one change the old and the new officer do not work together.")
        return t.text(
            "In {n} of {all} changes the old and the new officer work together for some time.",
            n=t.number(of_force(facts.together)),
            all=t.number(of_force(facts.handovers)),
        )

    @property
    def draft(self) -> list[str]:
        """Why this is a draft, in sentences; empty where it is none."""
        return draft_sentences(self.plan.draft, self.speech, computed)

    @property
    def draft_word(self) -> str:
        """The word that stands across every page of a draft; empty where this is none."""
        return self.speech.text("DRAFT") if self.plan.draft else ""

    @property
    def steps(self) -> dict[str, str]:
        """What the steps of a plan are called."""
        return {step: self.speech.text(name) for step, name in STEP_NAMES.items()}

    # ---- the cover

    def cover(self, contents: Sequence[tuple[str, int]]) -> list[Block]:
        """Return the cover in plain words; `contents` is what the pack has and in which section, counted when its pages were made."""
        t = self.speech
        lines = [
            t.text(
                "A beat is a part of the town with police officers of its own, so that they and the people who live there get to know each other."
            ),
            t.count("The plan has one beat.", "The plan has {n} beats.", on_map(len(self.beats))),
            *self.grouped,
            self.tenure,
            self.handover,
        ]
        # a place that is still to be chosen is no station yet: the banner of the draft tells how many there are
        stations = 0 if self.plan.stations is None else sum(isinstance(n, str) for n in self.plan.stations["name"])
        if stations:
            lines.append(t.count("There is one police station.", "There are {n} police stations.", on_map(stations)))
        lines += [self.closing([name for names in self.plan.closed.values() for name in names]), self.moved]
        blocks = [paragraph(line) for line in lines if line]
        if self.draft:
            blocks.insert(0, {"kind": "note", "text": " ".join(self.draft)})
        listed: Block = {"kind": "contents", "rows": [text for text, _ in contents], "to": [at for _, at in contents]}
        blocks += [heading(t.text("In this pack")), listed]
        blocks += [heading(t.text("Who decides")), paragraph(self.decision), paragraph(self.objection())]
        blocks.append({"kind": "small", "text": self.hidden_note()})
        waiting = self.review_note()
        if waiting:
            blocks.append({"kind": "note", "text": waiting})
        return blocks

    def hidden_note(self) -> str:
        """Say which figures are not shown."""
        t = self.speech
        return t.text(
            "Figures from 1 to {most}, and those that would give them away, are not shown; {mark} stands in their place.",
            most=t.number(rule(self.figures.threshold - 1)),
            mark=HIDDEN,
        )

    def review_note(self) -> str:
        """Say that a translation waits for its reviewer; empty in English and where it was reviewed."""
        t = self.speech
        if not (t.missing or t.unreviewed):
            return ""
        if t.complete and not t.missing:
            return t.text("This translation was not yet reviewed by a native speaker.")
        return t.text(
            "This translation was not yet reviewed by a native speaker. Texts between ⟦ and ⟧ are not translated."
        )

    def objection(self) -> str:
        """Say how to object."""
        t, contact, until = self.speech, self.settings.contact, self.settings.objections_until
        if until and until < self.day:
            return t.text("The time for objections ended on {date}.", date=t.date(until))
        if contact and until:
            return t.text(
                "If you disagree, write to {contact} until {date}, or tell your forum. You need not give a reason.",
                contact=t.given(contact),
                date=t.date(until),
            )
        if contact:
            return t.text(
                "If you disagree, write to {contact} or tell your forum. You need not give a reason.",
                contact=t.given(contact),
            )
        if not any(o.held for posts in self.posted.values() for o in posts):
            return t.text(
                "If you disagree, tell your forum or write to the police station. You need not give a reason."
            )
        return t.text(
            "If you disagree, tell your officers or your forum, or write to the police station. You need not give a reason."
        )

    # ---- what several pages say

    @cached_property
    def meetings_in_order(self) -> list[PublicMeeting]:
        """The forums as tables list them: those of beats as their pages stand, then those of municipalities by the alphabet, then the rest."""
        levels = list(dict.fromkeys(m.level for m in self.meetings))
        page = {str(b.beat): k for k, b in enumerate(self.beats)}

        def place(m: PublicMeeting) -> tuple[int, int, tuple[Any, ...]]:
            return levels.index(m.level), page.get(m.area, len(page)), natural(str(m.area))

        return sorted(self.meetings, key=place)

    def when_and_where(self, meeting: PublicMeeting) -> str:
        """Say where and when a forum meets."""
        t = self.speech
        place = t.given(meeting.venue) if meeting.venue else t.text("the place will be announced")
        if meeting.first is None or meeting.first < self.day:
            return t.text("{place}; the date will be announced.", place=place)
        return t.text(
            "{place}, {date} at {time}.", place=place, date=t.date(meeting.first, "full"), time=t.given(meeting.time)
        )

    def period(self) -> str:
        """Say which months the reports are from."""
        t, period = self.speech, self.figures.period
        first, last = (None, None) if period is None else (period["from"], period["to"])
        if first and last:
            return t.text("Reports from {first} to {last}.", first=t.date(first), last=t.date(last))
        return t.text("Reports of {n} days.", n=t.number(rule(0 if period is None else period["days"] or 0)))

    def actions(self, area: set[str]) -> list[list[str]]:
        """Return what was asked and done in an area, newest first, as rows."""
        t, frame = self.speech, self.tables.report_back
        rows: list[list[str]] = []
        own = frame[np.array([str(f) in area for f in frame["forum"]], dtype=bool)]
        for a in each_row(own.sort_values("asked_on", ascending=False, key=lambda c: c.astype(str), kind="stable")):
            if a.done_on is not None:
                state = t.text("done on {date}", date=t.date(a.done_on, "medium"))
            elif a.due is not None:
                late = a.due < self.day
                state = (
                    t.text("late: was due on {date}", date=t.date(a.due, "medium"))
                    if late
                    else t.text("due on {date}", date=t.date(a.due, "medium"))
                )
            else:
                state = t.text("open")
            answer = "; ".join(t.worded(v) for v in (a.action, a.result) if v)
            asked_on = t.date(a.asked_on, "medium") if a.asked_on else ""
            rows.append([asked_on, t.worded(a.asked or ""), answer, t.worded(a.responsible or ""), state])
        return rows
