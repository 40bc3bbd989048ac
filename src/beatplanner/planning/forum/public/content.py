"""One language's pack: its cover, and what all its pages ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from beatplanner.data.publish.public.figures import PublicSpeech, counted, on_map, rule
from beatplanner.data.publish.public.plan import (
    Card,
    Meeting,
    Posted,
    PublicFigures,
    PublicPlan,
    PublicTables,
    Settings,
)
from beatplanner.planning.forum.public.blocks import HIDDEN, Block, heading, natural, paragraph
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
        Date of the newest data, ISO; None where nobody knows.
    version
        Of the program.
    """

    plan: PublicPlan
    figures: PublicFigures
    meetings: Sequence[Meeting]
    posted: Mapping[str, Sequence[Posted]]
    tables: PublicTables
    settings: Settings
    card: Card
    speech: PublicSpeech
    day: dt.date
    newest: str | None
    version: str

    @cached_property
    def beats(self) -> list[Any]:
        """The beats' rows, by municipality and name."""
        rows = list(self.plan.beats.itertuples(index=False))
        return sorted(rows, key=lambda b: (str(b.municipality), natural(str(b.name))))

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each beat; its number where it has no name of its own."""
        found = {str(b.beat): str(b.beat) if str(b.name) == f"Beat {b.beat}" else str(b.name) for b in self.beats}
        for beat, name in found.items():
            self.speech.given(beat)
            self.speech.given(name)
        return found

    def titled(self, beat: str) -> str:
        """Return a beat's name with its number."""
        name = self.names.get(beat, beat)
        return name if name == beat else f"{name} ({beat})"

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

    def meeting_of(self, beat: str) -> Meeting | None:
        """Return the forum of a beat."""
        return next((m for m in self.meetings if m.level == "neighbourhood" and m.area == beat), None)

    @property
    def title(self) -> str:
        """The pack's title."""
        return self.speech.text("Neighbourhood police beats")

    @property
    def project(self) -> str:
        """The project's name."""
        return self.speech.given(self.plan.project)

    @property
    def decision(self) -> str:
        """Who decided, or that nobody did yet."""
        t, who = self.speech, self.speech.own(self.settings.decided_by)
        if who is None:
            return t.text("Nothing is decided yet: this is a proposal.")
        if self.settings.decided_on is None:
            return t.text("Decided by {who}.", who=t.given(who))
        return t.text("Decided by {who} on {date}.", who=t.given(who), date=t.date(self.settings.decided_on))

    @property
    def source(self) -> str:
        """Where the data come from, as the force says it, and their date; never the name of a file."""
        t, named = self.speech, self.speech.own(self.settings.source)
        date = t.date(self.newest or self.day)
        if not named:
            return t.text("Newest data of {date}.", date=date)
        return t.text("Source: {source}. Newest data of {date}.", source=t.given(named), date=date)

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
    def tenure(self) -> str:
        """How long an officer stays; empty where the plan does not keep it."""
        months = self.plan.tenure_months
        if months is None or not self.plan.tenure_kept:
            return ""
        return self.speech.count(
            "An officer stays in a beat for at least one month.",
            "An officer stays in a beat for at least {n} months.",
            rule(months),
        )

    # ---- the cover

    def cover(self) -> list[Block]:
        """Return the cover in plain words."""
        t = self.speech
        lines = [
            t.text(
                "A beat is a part of the town that always has the same police officers, so that they and the people who live there get to know each other."
            ),
            t.count("The plan has one beat.", "The plan has {n} beats.", on_map(len(self.beats))),
            self.tenure,
        ]
        if self.plan.stations is not None:
            lines.append(
                t.count(
                    "There is one police station that people can reach on foot.",
                    "There are {n} police stations for people to reach on foot.",
                    on_map(len(self.plan.stations)),
                )
            )
        lines.append(self.moved)
        blocks = [paragraph(line) for line in lines if line]
        blocks += [
            heading(t.text("In this pack")),
            {
                "kind": "list",
                "items": [
                    t.text("Maps of the town, today and as planned, at the same scale"),
                    t.text("A map and a page for each beat: officers, station, forum, who does what, how to object"),
                    t.text("Which beat each place and street belongs to, and what changes"),
                    t.text("Answers to questions"),
                ],
            },
        ]
        blocks += [heading(t.text("Who decides")), paragraph(self.decision), paragraph(self.objection())]
        if not self.plan.feasible:
            blocks.append({"kind": "note", "text": t.text("This draft does not keep every rule that was asked for.")})
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
        return t.text(
            "This translation was not yet reviewed by a native speaker. Texts between ⟦ and ⟧ are not translated."
        )

    def objection(self) -> str:
        """Say how to object."""
        t, contact, until = self.speech, self.settings.contact, self.settings.objections_until
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
        return t.text(
            "If you disagree, tell your officers or your forum, or write to the police station. You need not give a reason."
        )

    # ---- what several pages say

    def when_and_where(self, meeting: Meeting) -> str:
        """Say where and when a forum meets."""
        t = self.speech
        place = t.given(meeting.venue) if meeting.venue else t.text("the place will be announced")
        if meeting.first is None:
            return t.text("{place}; the date will be announced.", place=place)
        return t.text(
            "{place}, {date} at {time}.", place=place, date=t.date(meeting.first, "full"), time=t.given(meeting.time)
        )

    def period(self) -> str:
        """Say which months the reports are from."""
        t, period = self.speech, self.figures.period or {}
        if period.get("from"):
            return t.text("Reports from {first} to {last}.", first=t.date(period["from"]), last=t.date(period["to"]))
        return t.text("Reports of {n} days.", n=t.number(rule(period.get("days") or 0)))

    def actions(self, area: set[str]) -> list[list[str]]:
        """Return what was asked and done in an area, newest first, as rows."""
        t, frame = self.speech, self.tables.report_back
        rows = []
        own = frame[np.array([str(f) in area for f in frame["forum"]], dtype=bool)]
        for a in own.sort_values("asked_on", ascending=False, key=lambda c: c.astype(str), kind="stable").itertuples(
            index=False
        ):
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
            answer = t.given("; ".join(str(v) for v in (a.action, a.result) if v))
            asked_on = t.date(a.asked_on, "medium") if a.asked_on else ""
            rows.append([asked_on, t.given(a.asked or ""), answer, t.given(a.responsible or ""), state])
        return rows
