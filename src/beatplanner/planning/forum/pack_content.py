"""What a forum pack says, as plain blocks of text, lists and tables in one language; the PDF, the Word pages and the map show the same."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from beatplanner.data.description.models import Forum, ForumLevel
from beatplanner.data.formats import geometry
from beatplanner.data.publish.forum_files import public_rules
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.forum_tables import ForumTables, consented, lines_by_street
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.beat_cards import languages_of, partners_of, postings_at_start, walk_of
from beatplanner.planning.forum.forums import Meeting
from beatplanner.planning.forum.pack_figures import PackFigures

Block = dict[str, Any]
HIDDEN = "*"
# A theme is told as more or less frequent than in the town where its rate differs by this factor.
OFTEN = 1.25
# So many municipalities stand beside each other in a table at most.
SIDE_BY_SIDE = 6
# Shares of an area's residents are told in so many steps, and not where a step is fewer than the threshold.
SHARE_STEPS = 20
WHO_DOES_WHAT = {
    "police": "Community officers walk the beat, know people by name and bring what they hear to the forum.",
    "school": "Schools teach children about safety and tell the forum what worries pupils and parents.",
    "health": "The health centre looks after people who were hurt and sends those in need to the right help.",
    "social services": "Social services help families, older people and people in trouble.",
    "municipality": "The municipality repairs lights, roads and public places that make people feel unsafe.",
}
PARTNER_TITLES = {
    "police": "Police", "school": "School", "health": "Health centre", "social services": "Social services",
    "municipality": "Municipality", "other": "Others",
}  # fmt: skip
# Themes that many forces know; a force's own ones stand as it wrote them, or as its catalogue translates them.
THEMES = (
    "Theft", "Theft from and damage to vehicles", "Burglary", "Robbery", "Assault", "Vandalism", "Drugs", "Noise and neighbour disputes",
    "Traffic accidents", "Violence in the family", "People who need help",
)  # fmt: skip
LEVEL_TITLES = {"neighbourhood": "Neighbourhood forum", "municipality": "Municipal forum", "region": "Regional forum"}


def heading(text: str) -> Block:
    """Make a heading."""
    return {"kind": "heading", "text": text}


def paragraph(text: str) -> Block:
    """Make a paragraph."""
    return {"kind": "text", "text": text}


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), widths: Sequence[float] = ()
) -> Block:
    """Make a table; `numbers` are columns set to the right."""
    block: Block = {"kind": "table", "header": list(header), "rows": [list(r) for r in rows], "numbers": list(numbers)}
    return block | ({"widths": list(widths)} if widths else {})


@dataclass(frozen=True)
class PackContent:
    """One language's pack, from one plan.

    Attributes
    ----------
    tables, town, rules, extra
        The plan, its town, the section ``[forum]`` and its tables.
    figures
        What may be shown.
    meetings
        The forums.
    speech
        The language.
    day
        The day on which the pack is made; who is named is asked for this day.
    verdict
        Whether `verify` passed, and how many checks; None where it was not asked.
    version
        Of the program.
    """

    tables: PlanTables
    town: Town
    rules: Forum
    extra: ForumTables
    figures: PackFigures
    meetings: list[Meeting]
    speech: Speech
    day: dt.date
    verdict: dict[str, Any] | None
    version: str

    # ---- small things

    @cached_property
    def beats(self) -> list[Any]:
        """The beats' rows, by municipality and name."""
        assert self.tables.beats is not None
        rows = list(self.tables.beats.itertuples(index=False))
        return sorted(rows, key=lambda b: (str(b.municipality), _natural(str(b.name))))

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each beat; its number where it has no name of its own."""
        return {str(b.beat): str(b.beat) if str(b.name) == f"Beat {b.beat}" else str(b.name) for b in self.beats}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The plan's summary."""
        return self.tables.summary

    def titled(self, beat: str) -> str:
        """Return a beat's name with its number."""
        name = self.names.get(beat, beat)
        return name if name == beat else f"{name} ({beat})"

    def figure(self, value: int | None) -> str:
        """Return a figure in the locale; ``*`` where it is hidden."""
        return HIDDEN if value is None else self.speech.number(value)

    def residents(self, *key: str) -> str:
        """Return a figure of residents in the locale; empty where they are unknown."""
        return self.figure(self.figures.value(*key)) if key in self.figures.residents.values else ""

    def level_title(self, level: str) -> str:
        """Return the local name of a level of forums."""
        rule: ForumLevel = getattr(self.rules, level)
        return self.speech.own(rule.name) or self.speech.text(LEVEL_TITLES[level])

    def meeting_of(self, beat: str) -> Meeting | None:
        """Return the forum of a beat."""
        return next((m for m in self.meetings if m.level == "neighbourhood" and m.area == beat), None)

    @property
    def title(self) -> str:
        """The pack's title."""
        return self.speech.text("Neighbourhood police beats")

    @property
    def decided_by(self) -> str | None:
        """Who decided, in this language."""
        return self.speech.own(self.rules.decided_by)

    @property
    def decision(self) -> str:
        """Who decided, or that nobody did yet."""
        t = self.speech
        if self.decided_by is None:
            return t.text("Nothing is decided yet: this is a proposal.")
        if self.rules.decided_on is None:
            return t.text("Decided by {who}.", who=self.decided_by)
        return t.text("Decided by {who} on {date}.", who=self.decided_by, date=t.date(self.rules.decided_on))

    @property
    def source(self) -> str:
        """Where the data come from, and their date."""
        inputs = self.summary.get("inputs", [])
        named = self.speech.own(self.rules.source) or ", ".join(
            dict.fromkeys(re.split(r"[\\/]", i["path"])[-1] for i in inputs if i["role"] in ("units", "incidents"))
        )
        dates = sorted(str(i["modified"])[:10] for i in inputs)
        return self.speech.text(
            "Source: {source}. Newest data of {date}.",
            source=named,
            date=self.speech.date(dates[-1] if dates else self.day),
        )

    @property
    def made(self) -> str:
        """When and with what the pack was made."""
        return self.speech.text(
            "Made on {date} with beatplanner {version}.", date=self.speech.date(self.day), version=self.version
        )

    # ---- the cover

    def cover(self) -> list[Block]:
        """Return the cover in plain words."""
        t, summary = self.speech, self.summary
        officers = self.town.description.officers
        lines = [
            t.text(
                "A beat is a part of the town that always has the same police officers, so that they and the people who live there get to know each other."
            ),
            t.count("The plan has one beat.", "The plan has {n} beats.", len(self.beats)),
        ]
        if officers is not None:
            lines.append(
                t.count(
                    "An officer stays in a beat for at least one month.",
                    "An officer stays in a beat for at least {n} months.",
                    officers.min_tenure_months,
                )
            )
        if "stations" in summary:
            lines.append(
                t.count(
                    "There is one police station that people can reach on foot.",
                    "There are {n} police stations for people to reach on foot.",
                    summary["stations"]["count"],
                )
            )
        moved = summary.get("beats", {}).get("moved_share")
        if moved is not None:
            lines.append(t.text("For {share} of residents the beat changes.", share=t.percent(moved)))
        blocks = [paragraph(line) for line in lines]
        blocks += [heading(t.text("In this pack")), {"kind": "list", "items": [
            t.text("Maps of the town, today and as planned, at the same scale"),
            t.text("A map and a page for each beat: officers, station, forum, who does what, how to object"),
            t.text("Which beat each place and street belongs to, and what changes"),
            t.text("Answers to questions"),
        ]}]  # fmt: skip
        blocks += [heading(t.text("Who decides")), paragraph(self.decision), paragraph(self.objection())]
        if not summary["feasible"]:
            blocks.append({"kind": "note", "text": t.text("This draft does not keep every rule that was asked for.")})
        blocks.append(
            {
                "kind": "small",
                "text": t.text(
                    "Figures from 1 to {most}, and those that would give them away, are not shown; {mark} stands in their place.",
                    most=self.figures.threshold - 1,
                    mark=HIDDEN,
                ),
            }
        )
        waiting = self.review_note()
        if waiting:
            blocks.append({"kind": "note", "text": waiting})
        return blocks

    def review_note(self) -> str:
        """Say that a translation waits for its reviewer; empty in English and where it was reviewed."""
        t = self.speech
        if t.language == "en" and not t.missing and not t.unreviewed:
            return ""
        if not (t.missing or t.unreviewed):
            return ""
        return t.text(
            "This translation was not yet reviewed by a native speaker. Texts between ⟦ and ⟧ are not translated."
        )

    def objection(self) -> str:
        """Say how to object."""
        t, contact, until = self.speech, self.rules.contact, self.rules.objections_until
        if contact and until:
            return t.text(
                "If you disagree, write to {contact} until {date}, or tell your forum. You need not give a reason.",
                contact=contact,
                date=t.date(until),
            )
        if contact:
            return t.text(
                "If you disagree, write to {contact} or tell your forum. You need not give a reason.", contact=contact
            )
        return t.text(
            "If you disagree, tell your officers or your forum, or write to the police station. You need not give a reason."
        )

    # ---- a page a beat

    def beat_page(self, beat: Any, photos: dict[str, str] | None = None) -> list[Block]:
        """Return the page of one beat.

        Parameters
        ----------
        beat
            Its row.
        photos
            Names of pictures by path, for officers who agreed to be shown.
        """
        return [
            *self._officers(beat, photos or {}),
            *self._station(beat),
            *self._forum(beat),
            *self._concerns(beat),
            *self._partners(beat),
            *self._report_back(beat),
            heading(self.speech.text("How to object")),
            paragraph(self.objection()),
        ]

    def postings(self, beat: str) -> list[tuple[Any, dt.date]]:
        """Return who holds a post of a beat when the plan begins, each with the day on which the posting ends."""
        return postings_at_start(self.tables, beat)

    def _officers(self, beat: Any, photos: dict[str, str]) -> list[Block]:
        t, rules = self.speech, self.town.description.officers
        if self.tables.assignments is None or rules is None:
            return []
        horizon = max(str(e) for e in self.tables.assignments["end"]) if len(self.tables.assignments) else ""
        allowed = consented(self.extra, self.day)
        items, languages = [], []
        for row, end in self.postings(str(beat.beat)):
            agreed = allowed.get(str(row.officer))
            name = (agreed or {}).get("name") or t.text("Community officer, post {n}", n=row.post)
            lines = (
                [t.text("at least until {date}", date=t.date(end))]
                if end.isoformat() == horizon
                else [t.text("until {date}", date=t.date(end))]
            )
            spoken = languages_of(self.tables, str(row.officer))
            languages += spoken
            item = {"name": name, "lines": lines}
            if agreed is not None and agreed["contact"]:
                item["lines"].append(str(agreed["contact"]))
            if agreed is not None and agreed["photo"] in photos:
                item["photo"] = photos[agreed["photo"]]
            items.append(item)
        vacant = max(0, int(beat.posts) - len(items))
        items += [{"name": t.text("Community officer"), "lines": [t.text("This post is not filled yet.")]}] * vacant
        blocks = [heading(t.text("Your officers")), {"kind": "officers", "items": items}]
        said = [
            t.count(
                "An officer stays in a beat for at least one month.",
                "An officer stays in a beat for at least {n} months.",
                rules.min_tenure_months,
            )
        ]
        if rules.handover_months:
            said.append(
                t.count(
                    "Before a change the old and the new officer work together for one month.",
                    "Before a change the old and the new officer work together for {n} months.",
                    rules.handover_months,
                )
            )
        spoken = sorted({t.language_name(w) for w in languages})
        if spoken:
            said.append(t.text("Your officers also speak: {languages}.", languages=", ".join(spoken)))
        return [*blocks, paragraph(" ".join(said))]

    def walk(self, beat: Any) -> tuple[str, float, float | None] | None:
        """Return the station nearest to most residents of a beat, the mean minutes to it and the share within the limit (None: hidden)."""
        found = walk_of(self.tables, str(beat.beat))
        if found is None:
            return None
        inside, total = self.figures.value("within", str(beat.beat)), self.figures.value("beat", str(beat.beat))
        if ("within", str(beat.beat)) not in self.figures.residents.values and total is not None:
            inside = 0
        # a share gives away both its parts
        share = None if inside is None or not total or 0 < total - inside < self.figures.threshold else inside / total
        return *found, share

    def _station(self, beat: Any) -> list[Block]:
        t, found = self.speech, self.walk(beat)
        if self.tables.stations is None:
            return []
        block = heading(t.text("Your station"))
        if found is None:
            return [block, paragraph(t.text("No station can be reached on foot from here; your officers come to you."))]
        station, minutes, share = found
        limit = self.summary["stations"]["walk_minutes"]
        hours = self.extra.hours.get(station)
        said = [f"{station}.", t.text("Open: {hours}.", hours=hours) if hours else t.text("Opening hours are not fixed yet."),
                t.count("On average it is one minute on foot.", "On average it is {n} minutes on foot.", round(minutes))]  # fmt: skip
        if share is not None:
            said.append(
                t.text(
                    "{share} of the beat's residents walk {limit} minutes or less.",
                    share=t.percent(share),
                    limit=t.number(limit),
                )
            )
        return [block, paragraph(" ".join(said))]

    def _forum(self, beat: Any) -> list[Block]:
        t, meeting = self.speech, self.meeting_of(str(beat.beat))
        if meeting is None:
            return []
        return [
            heading(t.text("Your next forum")),
            paragraph(
                " ".join([self.level_title("neighbourhood") + ":", self.when_and_where(meeting), self._fares(meeting)])
            ),
        ]

    def when_and_where(self, meeting: Meeting) -> str:
        """Say where and when a forum meets."""
        t = self.speech
        place = meeting.venue or t.text("the place will be announced")
        if meeting.first is None:
            return t.text("{place}; the date will be announced.", place=place)
        return t.text("{place}, {date} at {time}.", place=place, date=t.date(meeting.first, "full"), time=meeting.time)

    def _fares(self, meeting: Meeting) -> str:
        return self.speech.text("Everybody who lives here may come. The fare of members who cannot walk is paid back.")

    def _concerns(self, beat: Any) -> list[Block]:
        t, figures = self.speech, self.figures
        if figures.period is None:
            return []
        block = heading(t.text("What people reported"))
        if not figures.concerns:
            return [block, paragraph(t.text("The records do not cover twelve months, so no figures are shown."))]
        rows, few = [], []
        total, here = figures.value("town"), figures.value("beat", str(beat.beat))
        for theme, gate in figures.concerns.items():
            if theme in figures.sensitive:
                continue
            count, everywhere = gate.values.get(("beat", str(beat.beat)), 0), gate.values.get(("town",))
            if count is None:
                few.append(theme)
                continue
            said = ""
            if everywhere and total and here:
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
                    [(t.known(n), t.number(c), s) for c, n, s in rows],
                    [1],
                    [2, 1, 3],
                )
            )
        said = [self.period()]
        if few:
            said.append(
                t.text(
                    "Not shown, since they are few or would give away few: {themes}.",
                    themes=", ".join(sorted(t.known(n) for n in few)),
                )
            )
        if figures.sensitive:
            said.append(
                t.text(
                    "Violence in the family, sexual violence, hate and harm to minors are told for the municipality only."
                )
            )
        said.append(
            t.text("These are reports, not all that happened: where people trust the police, they report more.")
        )
        return [*blocks, {"kind": "small", "text": " ".join(said)}]

    def period(self) -> str:
        """Say which days the reports are from."""
        t, period = self.speech, self.figures.period or {}
        if period.get("from"):
            return t.text("Reports from {first} to {last}.", first=t.date(period["from"]), last=t.date(period["to"]))
        return t.text("Reports of {n} days.", n=t.number(period.get("days") or 0))

    def _partners(self, beat: Any) -> list[Block]:
        t = self.speech
        kind = "police"
        rows = [(t.text(PARTNER_TITLES[kind]), t.text(WHO_DOES_WHAT[kind]))]
        here = partners_of(self.extra, str(beat.beat), str(beat.name), str(beat.municipality))
        for kind in ("school", "health", "social services", "municipality", "other"):
            own = here[here["kind"].astype(str).str.casefold() == kind]
            for p in own.itertuples(index=False):
                rows.append(
                    (
                        str(p.name or t.text(PARTNER_TITLES[kind])),
                        str(p.does) if p.does else t.text(WHO_DOES_WHAT.get(kind, WHO_DOES_WHAT["municipality"])),
                    )
                )
            if own.empty and kind != "other":
                rows.append((t.text(PARTNER_TITLES[kind]), t.text(WHO_DOES_WHAT[kind])))
        return [heading(t.text("Who does what")), table([t.text("Who"), t.text("What they do")], rows, widths=[1, 3])]

    def actions(self, area: set[str]) -> list[list[str]]:
        """Return what was asked and done in an area, newest first, as rows."""
        t, frame = self.speech, self.extra.report_back
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
            answer = "; ".join(str(v) for v in (a.action, a.result) if v)
            rows.append(
                [
                    t.date(a.asked_on, "medium") if a.asked_on else "",
                    str(a.asked or ""),
                    answer,
                    str(a.responsible or ""),
                    state,
                ]
            )
        return rows

    def _report_back(self, beat: Any) -> list[Block]:
        t = self.speech
        rows = self.actions({str(beat.beat), str(beat.name)})
        block = heading(t.text("What you asked last time, and what was done"))
        if not rows:
            return [block, paragraph(t.text("Nothing is recorded yet: your next forum begins the list."))]
        return [block, self._action_table(rows[:6])]

    def _action_table(self, rows: list[list[str]]) -> Block:
        t = self.speech
        return table(
            [t.text("Asked on"), t.text("What was asked"), t.text("What was done"), t.text("Who"), t.text("State")],
            rows,
            widths=[1.2, 2.4, 2.6, 1.3, 1.3],
        )

    # ---- the other pages

    def pages(self) -> list[tuple[str, list[Block]]]:
        """Return the pages after the beats: title and blocks."""
        t = self.speech
        found = [(t.text("Forums"), self._forum_page()), (t.text("What people reported"), self._municipal_concerns())]
        found += [(t.text("Where do I belong?"), self._indexes()), (t.text("What changes"), self._old_new()), (t.text("Questions answered"), self._questions()),
                  (t.text("How this pack was made"), self.run_card())]  # fmt: skip
        return [(title, blocks) for title, blocks in found if blocks]

    def walkers(self, meeting: Meeting) -> float | None:
        """Return the share of members who can walk, in steps of 5 %; None where it would tell of few residents."""
        key = {
            "neighbourhood": ("beat", meeting.area),
            "municipality": ("municipality", meeting.area),
            "region": ("town",),
        }
        around = self.figures.value(*key[meeting.level])
        if np.isnan(meeting.walkers) or around is None or around < SHARE_STEPS * self.figures.threshold:
            return None
        return round(meeting.walkers * SHARE_STEPS) / SHARE_STEPS

    def forum_rows(self) -> list[list[str]]:
        """Return the forums as rows: level, area, place and time, members, walkers, travel a meeting, cost a year."""
        t = self.speech
        money = self.rules.currency
        return [
            [
                self.level_title(m.level),
                t.text("Beat {name}", name=m.area) if m.title == f"Beat {m.area}" else m.title,
                self.when_and_where(m),
                t.number(m.members),
                "" if (share := self.walkers(m)) is None else t.percent(share),
                f"{t.number(m.travel_cost, 2)} {money}",
                f"{t.number(m.year_cost, 0)} {money}",
            ]
            for m in self.meetings
        ]

    def _forum_page(self) -> list[Block]:
        t = self.speech
        total, travel = sum(m.year_cost for m in self.meetings), sum(m.meetings * m.travel_cost for m in self.meetings)
        blocks = [
            paragraph(t.text("Police, municipality and residents set priorities together at three levels. What a forum asks and what was done about it is written down and told in the next pack.")),
            table([t.text("Forum"), t.text("For"), t.text("Where and when"), t.text("Members"), t.text("Can walk"), t.text("Travel, a meeting"), t.text("Cost, a year")],
                  self.forum_rows(), [3, 4, 5, 6], [1.7, 1.5, 3.2, 1, 1, 1.2, 1.2]),
            paragraph(t.text("Travel that is paid back costs {travel} a year, all meetings together {total}.", travel=f"{t.number(travel)} {self.rules.currency}", total=f"{t.number(total)} {self.rules.currency}")),
            {"kind": "small", "text": t.text("Each place is the public building that costs the members of its forum the least: who lives near walks, the others get {fare} a kilometre.", fare=f"{t.number(self.rules.cost_per_km, 2)} {self.rules.currency}")},
            heading(t.text("Who is invited")),
        ]  # fmt: skip
        for level in ("neighbourhood", "municipality", "region"):
            first = next((m for m in self.meetings if m.level == level), None)
            if first is not None:
                seats = ", ".join(f"{t.known(role)} ({n})" for role, n in first.seats)
                blocks.append(paragraph(f"{self.level_title(level)}: {seats}."))
        rest = self.actions(
            {m.area for m in self.meetings if m.level != "neighbourhood"}
            | {m.title for m in self.meetings if m.level != "neighbourhood"}
            | {"region"}
        )
        if rest:
            blocks += [heading(t.text("What you asked last time, and what was done")), self._action_table(rest)]
        return blocks

    def _municipal_concerns(self) -> list[Block]:
        """Return every theme by municipality, the sensitive ones too."""
        t, figures = self.speech, self.figures
        if not figures.concerns:
            return []
        names = sorted({m for m in figures.areas.municipality if m})
        header = [t.text("Theme"), *(names if len(names) <= SIDE_BY_SIDE else []), t.text("Together")]
        rows = []
        for theme, gate in figures.concerns.items():
            cells = (
                [self.figure(gate.values.get(("municipality", m), 0)) for m in names]
                if len(names) <= SIDE_BY_SIDE
                else []
            )
            rows.append([t.known(theme), *cells, self.figure(gate.values.get(("town",), 0))])
        said = t.text("These are reports, not all that happened: where people trust the police, they report more.")
        return [table(header, rows, range(1, len(header))), {"kind": "small", "text": f"{self.period()} {said}"}]

    def place_index(self) -> list[tuple[str, str]]:
        """Return places and their beats; places that differ only by a number stand together."""
        groups: dict[tuple[str, str], list[str]] = {}
        for u in self.tables.units.itertuples(index=False):
            stem, number = _stem(str(u.name))
            groups.setdefault((stem, str(u.beat)), []).append(number)
        rows = [
            (f"{stem} {_ranges(numbers)}".strip(), self.names.get(beat, beat))
            for (stem, beat), numbers in groups.items()
        ]
        return sorted(rows, key=lambda r: _natural(r[0]))

    def street_index(self) -> list[tuple[str, str]]:
        """Return streets and the beats that they run through."""
        assert self.tables.beats is not None
        shapes = self.tables.beats.geometry
        ids = self.tables.beats["beat"].astype(str)
        rows = []
        for name, lines in lines_by_street(self.extra.streets).items():
            length = shapely.length(geometry.intersection(shapes.to_numpy(), lines))
            # a street along a border belongs to both sides, one that merely touches a beat does not
            inside = [
                self.names[b] for b, metres in zip(ids, length, strict=True) if metres > max(10.0, 0.02 * lines.length)
            ]
            if inside:
                rows.append((name, ", ".join(sorted(inside))))
        return sorted(rows, key=lambda r: _natural(r[0]))

    def _indexes(self) -> list[Block]:
        t = self.speech
        blocks = [
            heading(t.text("Places and their beats")),
            {"kind": "columns", "count": 2, "rows": [list(r) for r in self.place_index()]},
        ]
        streets = self.street_index()
        if streets:
            blocks += [
                heading(t.text("Streets and their beats")),
                {"kind": "columns", "count": 2, "rows": [list(r) for r in streets]},
            ]
        return blocks

    def old_new_rows(self) -> list[tuple[str, str, str]]:
        """Return today's beat, new beat and residents of each area between old and new lines; ids, and figures as tables show them."""
        pairs = sorted({(c, b) for c, b in zip(self.figures.areas.current, self.figures.areas.beat, strict=True) if c is not None and b is not None},
                       key=lambda p: (_natural(p[0]), _natural(p[1])))  # fmt: skip
        return [(old, new, self.figures.cell("pair", old, new)) for old, new in pairs]

    def _old_new(self) -> list[Block]:
        t, rows = self.speech, self.old_new_rows()
        if not rows:
            return []
        shown = [
            (
                old,
                self.titled(new),
                self.residents("pair", old, new),
                t.text("stays") if old == new else t.text("changes"),
            )
            for old, new, _ in rows
        ]
        return [
            paragraph(
                t.text("A new beat carries on the number of today's beat with which it shares the most residents.")
            ),
            table([t.text("Today's beat"), t.text("New beat"), t.text("Residents"), ""], shown, [2], [1.2, 3, 1.2, 1]),
        ]

    # ---- questions

    def questions(self) -> list[tuple[str, str]]:
        """Return general questions and their answers, each with its figure."""
        t, summary = self.speech, self.summary
        beats = summary.get("beats", {})
        found = [
            (
                t.text("What is a beat?"),
                t.text(
                    "A beat is a part of the town that always has the same police officers, so that they and the people who live there get to know each other."
                ),
            )
        ]
        limits = beats.get("municipalities", [])
        if limits:
            found.append((
                t.text("How were the lines drawn?"),
                t.text("So that every beat has about the same work for its officers: no beat differs by more than {limit} from the mean of its municipality (the largest difference is {found}), each is in one piece, and none crosses a municipal border.",
                       limit=t.percent(max(m["tolerance"] for m in limits)), found=t.percent(beats["max_deviation"])),
            ))  # fmt: skip
            gap = beats.get("gap")
            found.append((
                t.text("Is there a better plan?"),
                t.text("It is proven that no plan under these rules is better by more than {gap}.", gap=f"{t.number(100 * gap, 1)} %") if gap is not None else t.text("It is not proven that this is the best plan; a better one may exist."),
            ))  # fmt: skip
        if beats.get("moved_share") is not None:
            found.append(
                (
                    t.text("For how many people does the beat change?"),
                    t.text("For {share} of residents the beat changes.", share=t.percent(beats["moved_share"])),
                )
            )
        if "stations" in summary:
            s = summary["stations"]
            if s.get("mean_walk_minutes") is not None:
                found.append((t.text("How far is the station?"), t.text("On average {minutes} minutes on foot; {share} of residents walk {limit} minutes or less. The page of each beat has its own figure.",
                              minutes=t.number(s["mean_walk_minutes"]), share=t.percent(s["share_within_limit"]), limit=t.number(s["walk_minutes"]))))  # fmt: skip
        if "officers" in summary and self.tables.roster is not None:
            same, all_of_them = self._officers_who_stay()
            rules = self.town.description.officers
            assert rules is not None
            found.append((t.text("Why did my officer change?"), t.text("Of {all} officers who begin in a beat, {same} have worked there before. An officer leaves a beat when leaving the service, after at least {months} months, or where new lines need it.",
                          all=t.number(all_of_them), same=t.number(same), months=t.number(rules.min_tenure_months))))  # fmt: skip
        found.append(
            (
                t.text("Do the police choose where to go by who lives there?"),
                t.text(
                    "No. Language, religion and ethnicity count nowhere in the plan, except that an officer who speaks the language of residents is looked for."
                ),
            )
        )
        return found

    def _officers_who_stay(self) -> tuple[int, int]:
        roster = self.tables.roster
        assert roster is not None
        before = dict(zip(roster["officer"].astype(str), roster["beat"], strict=True))
        now = [(str(row.officer), str(b.beat)) for b in self.beats for row, _ in self.postings(str(b.beat))]
        return sum(str(before.get(o)) == b for o, b in now), len(now)

    def why_here(self, places: Sequence[int]) -> list[str]:
        """Say for units (positions) why they are in their beat, with the distance to its middle and to the next one."""
        t, units = self.speech, self.tables.units
        centres = {str(b.beat): self._place_of(b.centre_unit) for b in self.beats}
        said = []
        for i in places:
            u = units.iloc[i]
            at, beat = np.array([u["x"], u["y"]], float), str(u["beat"])
            km = {b: float(np.hypot(*(c - at))) / 1000 for b, c in centres.items() if c is not None}
            same = [b.beat for b in self.beats if str(b.municipality) == str(u["municipality"]) and str(b.beat) != beat]
            other = min((str(b) for b in same if str(b) in km), key=lambda b: km[b], default=None)
            if beat not in km:
                said.append("")
            elif other is None:
                said.append(t.text("Its municipality has one beat only."))
            elif km[beat] <= km[other]:
                said.append(
                    t.text(
                        "The middle of this beat is the nearest: {here} km, the next one ({other}) {there} km.",
                        here=t.number(km[beat], 1),
                        there=t.number(km[other], 1),
                        other=self.names[other],
                    )
                )
            else:
                said.append(
                    t.text(
                        "The middle of beat {other} is nearer ({there} km, here {here} km), but its officers have as much work as the rules allow, or the lines would not stay in one piece.",
                        here=t.number(km[beat], 1),
                        there=t.number(km[other], 1),
                        other=self.names[other],
                    )
                )
        return said

    def _place_of(self, unit: Any) -> np.ndarray | None:
        found = self.tables.units[self.tables.units["unit"].astype(str) == str(unit)]
        return None if found.empty else found[["x", "y"]].to_numpy(float)[0]

    def _questions(self) -> list[Block]:
        t = self.speech
        blocks: list[Block] = [
            {"kind": "questions", "items": [list(q) for q in self.questions()]},
            heading(t.text("Why is my village in this beat?")),
        ]
        units = self.tables.units
        first: dict[tuple[str, str], int] = {}
        for i, (name, beat) in enumerate(zip(units["name"], units["beat"], strict=True)):
            first.setdefault((_stem(str(name))[0], str(beat)), i)
        at = list(first.values())[:60]
        rows = [
            (str(units["name"].iloc[i]), self.names.get(str(units["beat"].iloc[i]), ""), answer)
            for i, answer in zip(at, self.why_here(at), strict=True)
        ]
        rows.sort(key=lambda r: _natural(r[0]))
        blocks.append(table([t.text("Place"), t.text("Beat"), t.text("Answer")], rows, widths=[1.4, 1.4, 4]))
        if len(first) > len(at):
            blocks.append({"kind": "small", "text": t.text("The map on screen answers this for every place.")})
        return blocks

    # ---- how it was made

    def run_card(self) -> list[Block]:
        """Return how the pack was made: by whom, when, from which data, under which rules, how far from the best, checked how."""
        t, summary = self.speech, self.summary
        said = [self.made, self.source, self.decision]
        if self.rules.made_by:
            said.insert(1, t.text("Prepared by {who}.", who=self.rules.made_by))
        if self.verdict is not None:
            said.append(
                t.text("An independent check of {n} claims of the plan passed.", n=t.number(self.verdict["checks"]))
                if self.verdict["ok"]
                else t.text("An independent check of the plan found errors; do not use this pack.")
            )
        files = [
            (i["role"], re.split(r"[\\/]", i["path"])[-1], t.date(str(i["modified"]), "medium"), str(i["sha256"])[:16])
            for i in summary.get("inputs", [])
        ]
        gaps = [
            (step, "" if summary[step].get("gap") is None else f"{t.number(100 * summary[step]['gap'], 2)} %")
            for step in ("beats", "stations", "officers")
            if step in summary
        ]
        steps = {"beats": t.text("Beats"), "stations": t.text("Stations"), "officers": t.text("Officers")}
        privacy = t.text("Privacy: {hidden} of {all} figures are hidden, {small} for being small; this cost {share} of what the tables tell.",
                         hidden=t.number(sum(g.hidden for g in self.figures.gates.values())), all=t.number(sum(len(g.values) for g in self.figures.gates.values())),
                         small=t.number(sum(g.small for g in self.figures.gates.values())), share=t.percent(self._lost()))  # fmt: skip
        blocks = [
            paragraph(" ".join(said)),
            paragraph(privacy),
            heading(t.text("Data")),
            table([t.text("Used for"), t.text("File"), t.text("Date"), "SHA-256"], files, widths=[1.6, 2, 1.2, 1.6]),
        ]
        if gaps:
            blocks += [
                heading(t.text("Proof")),
                table(
                    [t.text("Step"), t.text("At most so far from the best plan")],
                    [(steps[s], g or t.text("no bound was computed")) for s, g in gaps],
                ),
            ]
        rules = [(k, v) for k, v in _flat(public_rules(summary.get("rules", {}))) if not k.startswith("forum.")]
        blocks += [heading(t.text("Rules")), {"kind": "small", "text": "; ".join(f"{k} = {v}" for k, v in rules) + "."}]
        versions = ", ".join(f"{n} {v}" for n, v in summary.get("versions", {}).items())
        said = t.text("Versions: {versions}. Seed: {seed}.", versions=versions, seed=summary.get("seed"))
        blocks.append({"kind": "small", "text": said})
        return blocks

    def _lost(self) -> float:
        gates = [g for g in self.figures.gates.values() if g.values]
        return float(np.mean([g.lost for g in gates])) if gates else 0.0


def _flat(rules: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Return rules as keys of the description and values; those without one are left out."""
    if isinstance(rules, dict):
        return [row for k, v in rules.items() for row in _flat(v, f"{prefix}.{k}" if prefix else str(k))]
    return [] if rules is None or rules == [] else [(prefix, str(rules))]


def _natural(text: str) -> tuple[Any, ...]:
    """Return a key by which “Kej 9” comes before “Kej 10”."""
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in re.split(r"(\d+)", text) if p)


def _stem(name: str) -> tuple[str, str]:
    """Return a name without the number at its end, and the number."""
    found = re.fullmatch(r"(.*?)\s+(\d{1,4})", name)
    return (found[1], found[2]) if found else (name, "")


def _ranges(numbers: Sequence[str]) -> str:
    """Return numbers as “1–4, 7”."""
    values = sorted(int(n) for n in numbers if n)
    spans: list[list[int]] = []
    for v in values:
        if spans and v == spans[-1][1] + 1:
            spans[-1][1] = v
        else:
            spans.append([v, v])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans)
