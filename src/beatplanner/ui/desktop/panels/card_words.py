"""A beat's card in words: its parts, each with a title and sentences; what may leave the office says less."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from beatplanner.data.result.names import language_title, municipality_beside
from beatplanner.data.rounding import rounded_counts
from beatplanner.ui.desktop.toolkit.amount_words import amount_line
from beatplanner.ui.desktop.toolkit.called import called as called_beat
from beatplanner.ui.desktop.toolkit.figures_text import NONE, date, month, number, percent, weekday
from beatplanner.ui.desktop.toolkit.in_language import in_language, kind_in_language, with_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from beatplanner.planning.forum.beat_cards import BeatBook, BeatCard, BeatIncidents, ShownPosting

# So many kinds of incidents, neighbours and beats of today are named; the rest are summed up.
KINDS, NEIGHBOURS, ORIGINS = 8, 8, 5
# Balanced amounts that count people or what happened to them.
COUNTED = ("residents", "calls")


@dataclass(frozen=True)
class CardSection:
    """A part of a card: a key, its title and sentences; `links` are the beats that it names, by what is said."""

    key: str
    title: str
    lines: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()


class CardWords(QObject):
    """Puts a card in words.

    With `outside` it is text that may leave the office by the clipboard: no officer is named, and counts below the threshold of the forum's pack are
    not told.
    """

    def sections(self, card: BeatCard, book: BeatBook, *, outside: bool = False) -> list[CardSection]:
        """Return the parts of a card that have something to say."""
        parts = [
            self.work_section(card, threshold_of(book) if outside else 0),
            self._officers(card, outside),
            self._languages(card),
            self._station(card),
            self._problems(card, book, outside),
            self._service(card),
            self._forum(card, book),
            self._partners(card),
            self._neighbours(card, book),
            self._moved(card, book, outside),
        ]
        return [p for p in parts if p.lines or p.links]

    def title(self, card: BeatCard) -> str:
        """Return name and number."""
        return called_beat(card.beat, card.name)

    def under(self, card: BeatCard) -> str:
        """Return what stands below the name."""
        parts = [] if self.title(card) != card.name else [self.tr("Beat {0}").format(card.beat)]
        if card.name == f"Beat {card.beat}":
            parts = []
        area = municipality_beside(self.title(card), card.municipality)
        parts += [area] if area else []
        parts += [self.tr("Sector {0}").format(card.sector)] if card.sector else []
        parts += [self.tr("Command {0}").format(card.command)] if card.command else []
        parts.append(with_counts(self.tr("{0} units"), number(card.units)))
        return " · ".join(parts)

    def text(self, card: BeatCard, book: BeatBook) -> str:
        """Return the card as text for the clipboard."""
        lines = [self.title(card), self.under(card)]
        if book.drawn:
            lines.append(self.tr("As drawn by hand, not in the plan yet."))
        lines.append(
            self.tr(
                "From the planning office, not for publication; figures below {0} and officers' names are left out."
            ).format(threshold_of(book))
        )
        lines += ["", "; ".join(f"{what}: {value}" for value, what in self.tiles(card))]
        for section in self.sections(card, book, outside=True):
            names = [text for text, _ in section.links]
            lines += ["", section.title, *(f"- {line}" for line in [*section.lines, *names])]
        return "\n".join(lines) + "\n"

    def tiles(self, card: BeatCard) -> list[tuple[str, str]]:
        """Return the figures that stand first: value and what it is."""
        share = percent(card.share_within) if card.share_within is not None else NONE
        limit = number(card.limit) if card.limit is not None else "20"
        return [
            (number(card.residents), self.tr("residents")),
            (number(card.hours), self.tr("hours a year")),
            (f"{card.posts} / {card.officers_required}", self.tr("posts / officers needed")),
            (self.tr("{0} km²").format(number(card.area_km2, 1 if card.area_km2 >= 1 else 2)), self.tr("area")),
            (percent(card.deviation, 1, sign=True), self.tr("from the mean")),
            (share, self.tr("within {0} min walk").format(limit)),
        ]

    def as_drawn(self, card: BeatCard, planned: BeatCard | None) -> str:
        """Say what of a card is drawn and not in the plan."""
        if planned is None:
            return self.tr("As drawn; the plan has no such beat.")
        pairs = zip(self.tiles(planned), self.tiles(card), strict=True)
        changed = [f"{what} {was} → {now}" for (was, what), (now, _) in pairs if was != now]
        if not changed:
            return self.tr("As drawn; the figures of this beat are those of the plan.")
        return self.tr("As drawn, not in the plan yet: {0}").format("; ".join(changed))

    # ---- the parts

    def work_section(self, card: BeatCard, least: int = 0) -> CardSection:
        """Return what the card says of the work of a beat."""
        whose = (
            self.tr("{0}'s mean").format(card.municipality) if card.municipality else self.tr("the mean of all beats")
        )
        off = card.hours - card.mean
        if abs(off) < 0.5:
            said = with_counts(self.tr("{0} officer hours a year, as much as {1}."), number(card.hours), whose)
        else:
            form = (
                self.tr("{0} officer hours a year: {1} hours ({2}) above {3} of {4}.")
                if off > 0
                else self.tr("{0} officer hours a year: {1} hours ({2}) below {3} of {4}.")
            )
            said = form.format(
                number(card.hours), number(abs(off)), percent(abs(card.deviation), 1), whose, number(card.mean)
            )
        lines = [said]
        if card.lower is not None and card.upper is not None:
            allowed = with_counts(self.tr("The rules allow {0} to {1} hours"), number(card.lower), number(card.upper))
            slack = 1e-6 * card.upper
            inside = card.lower - slack <= card.hours <= card.upper + slack
            lines.append(f"{allowed}{self.tr(': kept.') if inside else self.tr(': NOT kept.')}")
        parts = [
            text.format(number(value))
            for value, text in zip(
                rounded_counts([card.reactive, card.community, card.fixed]),
                (
                    self.tr("{0} for incidents"),
                    self.tr("{0} for people, not calls"),
                    self.tr("{0} for mobile outreach"),
                ),
                strict=True,
            )
            if value > 0
        ]
        if len(parts) > 1:
            lines.append(self.tr("Of these hours {0}.").format(", ".join(parts)))
        # few incidents are not told outside, and neither is what would give them away
        lines += [amount_line(b) for b in card.balances if b.name not in COUNTED or b.held >= least]
        return CardSection("work", self.tr("Work"), tuple(lines))

    def _officers(self, card: BeatCard, outside: bool) -> CardSection:
        title = self.tr("Officers")
        needed = with_counts(self.tr("The work needs {0}; the plan has {1} posts."), card.officers_required, card.posts)
        if card.holders is None:
            return CardSection("officers", title, (needed, self.tr("No officers were planned.")))
        lines = [needed]
        for post, postings in enumerate(card.holders, start=1):
            said = "; ".join(self._posting(p, outside) for p in postings[:3])
            if len(postings) > 3:
                said += self.tr(" and {0} more").format(len(postings) - 3)
            lines.append(self.tr("Post {0}: {1}").format(post, said or self.tr("never filled in the plan's time")))
        return CardSection("officers", title, tuple(lines))

    def _posting(self, posting: ShownPosting, outside: bool) -> str:
        who = self.tr("an officer") if outside else posting.officer
        last = posting.end - dt.timedelta(days=1)
        if posting.to_the_end:
            until = self.tr("from {0} to the end of the plan ({1})").format(month(posting.start), month(last))
        else:
            until = self.tr("from {0} until {1}").format(month(posting.start), month(last))
        speaks = (
            self.tr(", speaks {0}").format(
                ", ".join(in_language(language_title(spoken)) for spoken in posting.languages)
            )
            if posting.languages and not outside
            else ""
        )
        return f"{who}{speaks}, {until}"

    def _languages(self, card: BeatCard) -> CardSection:
        lines = []
        for spoken in card.languages:
            said = with_counts(
                self.tr("{0}: {1} residents ({2})"),
                in_language(language_title(spoken.language)),
                number(spoken.residents),
                percent(spoken.share),
            )
            if card.holders is not None:
                said += (
                    self.tr("; spoken by {0} of its first officers").format(spoken.officers)
                    if spoken.officers
                    else self.tr("; spoken by none of its first officers")
                )
            lines.append(said)
        return CardSection("languages", self.tr("Languages"), tuple(lines))

    def _station(self, card: BeatCard) -> CardSection:
        title = self.tr("Station")
        if card.limit is None:
            return CardSection("station", title, ())
        if card.station is None or card.minutes is None:
            return CardSection("station", title, (self.tr("No station can be reached on foot from here."),))
        lines = [
            with_counts(
                self.tr("The nearest for most is {0}; {1} minutes on foot on average."),
                in_language(card.station),
                number(card.minutes),
            )
        ]
        if card.share_within is not None:
            lines.append(
                with_counts(
                    self.tr("{0} of residents walk {1} minutes or less."),
                    percent(card.share_within),
                    number(card.limit),
                )
            )
        if card.share_cut_off:
            lines.append(self.tr("{0} reach no station on foot.").format(percent(card.share_cut_off, 1)))
        return CardSection("station", title, tuple(lines))

    def _service(self, card: BeatCard) -> CardSection:
        """Say what the service picture finds for the beat over the whole week."""
        title, found = self.tr("When people call"), card.service
        if found is None:
            return CardSection("service", title, ())
        lines = []
        if (
            found["response_minutes"] is not None
            and found["mean_minutes"] is not None
            and found["p90_minutes"] is not None
        ):
            lines.append(
                with_counts(
                    self.tr(
                        "Somebody is there after {0} minutes on average, {1} of them travel; to nine of ten calls travel takes {2} at most."
                    ),
                    number(found["response_minutes"], 1),
                    number(found["mean_minutes"], 1),
                    number(found["p90_minutes"], 1),
                )
            )
        if found["own_share"] is not None:
            lines.append(
                self.tr("{0} of the calls are answered by an officer of the beat.").format(percent(found["own_share"]))
            )
        if found.get("wait_share") is not None:
            lines.append(
                self.tr("{0} of the calls wait because all officers are busy.").format(percent(found["wait_share"]))
            )
        if found.get("lost_share") is not None:
            lines.append(
                self.tr("{0} of the calls are lost to the officers: all are busy, or nobody is on duty.").format(
                    percent(found["lost_share"])
                )
            )
        if found["nobody_share"] is not None:
            lines.append(
                self.tr("In {0} of the week no officer of the beat is on duty.").format(percent(found["nobody_share"]))
            )
        if found["away_share"] is not None and found["people_share"] is not None:
            lines.append(
                self.tr("Of their time on duty, {0} goes to calls of other beats and {1} is left for people.").format(
                    percent(found["away_share"]), percent(found["people_share"])
                )
            )
        return CardSection("service", title, tuple(lines))

    def _problems(self, card: BeatCard, book: BeatBook, outside: bool) -> CardSection:
        problems = card.problems
        if problems is None:
            return CardSection("problems", self.tr("Recorded problems"), (book.problem,) if book.problem else ())
        lines, called = [self.period(problems)], self.kinds(book)
        if outside:
            least = threshold_of(book)
            kinds = [f"{called(kind)} {number(n)}" for kind, n in problems.by_category if n >= least]
            few = sum(n < least for _, n in problems.by_category)
            if kinds:
                lines.append(", ".join(kinds))
            if few:
                lines.append(with_counts(self.tr("{0} more kinds, each fewer than {1}"), few, least))
        peak = self.busiest(problems)
        if peak:
            lines.append(peak)
        if problems.sensitive:
            kinds = ", ".join(
                f"{called(kind)} {number(n)}"
                for kind, n in problems.sensitive
                if not outside or n >= threshold_of(book)
            )
            where = card.municipality or self.tr("the whole area")
            lines.append(self.tr("Told for {0} as a whole only: {1}.").format(where, kinds or self.tr("few")))
        lines.append(
            self.tr("These are reports, not all that happened: where people trust the police, they report more.")
        )
        return CardSection("problems", self.tr("Recorded problems"), tuple(lines))

    def kinds(self, book: BeatBook) -> Callable[[str], str]:
        """Return what says a kind of incident in the window's language, one that the force names in the pack by that name."""
        forum = None if book.town is None else book.town.description.forum
        return kind_in_language(self.tr, {} if forum is None else forum.themes)

    def period(self, problems: BeatIncidents) -> str:
        """Say which time the records cover."""
        total = sum(n for _, n in problems.by_category)
        first, last, days = (problems.period.get(k) for k in ("from", "to", "days"))
        if first and last:
            return self.tr("{0} from {1} to {2}.").format(
                number(total), date(dt.date.fromisoformat(first)), date(dt.date.fromisoformat(last))
            )
        if days:
            return with_counts(self.tr("{0} in {1} days."), number(total), number(days))
        return self.tr("{0}; the records have no dates.").format(number(total))

    def busiest(self, problems: BeatIncidents) -> str:
        """Say when most is recorded; "" where the records do not tell."""
        said = []
        if problems.by_hour is not None and sum(problems.by_hour):
            hours = np.array(problems.by_hour)
            # the four hours in a row with the most, over midnight too
            runs = np.sum([np.roll(hours, -k) for k in range(4)], axis=0)
            start = int(np.argmax(runs))
            said.append(
                self.tr("between {0}:00 and {1}:00 ({2})").format(
                    start, (start + 4) % 24, percent(runs[start] / hours.sum())
                )
            )
        if problems.by_weekday is not None and sum(problems.by_weekday):
            days = np.array(problems.by_weekday)
            said.append(self.tr("on {0} ({1})").format(weekday(int(days.argmax())), percent(days.max() / days.sum())))
        return self.tr("Most are recorded {0}.").format(self.tr(" and ").join(said)) if said else ""

    def _forum(self, card: BeatCard, book: BeatBook) -> CardSection:
        meeting = card.meeting
        title = self.tr("Forum")
        if book.drawn:
            return CardSection("forum", title, (self.tr("Planned again once this is the plan."),))
        if meeting is None:
            return CardSection("forum", title, ())
        # a building is named apart from the beat: many are called after the same place
        place = (
            self.tr("Meets in: {0}").format(meeting.venue) if meeting.venue else self.tr("the place is not fixed yet")
        )
        when = (
            self.tr("{0} at {1}").format(date(meeting.first), meeting.time)
            if meeting.first
            else self.tr("date not fixed yet")
        )
        lines = [f"{place}; {when}."]
        lines.append(with_counts(self.tr("{0} meetings a year, {1} members."), meeting.meetings, meeting.members))
        if np.isfinite(meeting.walkers):
            lines.append(with_counts(self.tr("{0} of residents can walk there."), percent(meeting.walkers)))
        return CardSection("forum", title, tuple(lines))

    def _partners(self, card: BeatCard) -> CardSection:
        kinds = {
            "school": self.tr("School"),
            "health": self.tr("Health centre"),
            "social services": self.tr("Social services"),
            "municipality": self.tr("Municipality"),
            "other": self.tr("Other"),
        }
        lines = []
        for kind, name, does in card.partners:
            known = kinds.get(kind.casefold(), kind)
            said = f"{known}: {name}" if name else known
            lines.append(f"{said} – {does}" if does else said)
        return CardSection("partners", self.tr("Partners"), tuple(lines))

    def _neighbours(self, card: BeatCard, book: BeatBook) -> CardSection:
        links = []
        for beat, metres in card.neighbours[:NEIGHBOURS]:
            way = self.tr("{0} km of border").format(number(metres / 1000, 1)) if metres > 0 else self.tr("by a link")
            links.append((f"{self.named(beat, book)} ({way})", beat))
        more = len(card.neighbours) - NEIGHBOURS
        return CardSection(
            "neighbours",
            self.tr("Neighbours"),
            (self.tr("And {0} more.").format(more),) if more > 0 else (),
            tuple(links),
        )

    def named(self, beat: str, book: BeatBook) -> str:
        """Return a beat's name with its number."""
        name = book.names.get(beat, beat)
        title = called_beat(beat, name)
        return f"{name} ({beat})" if title == name else title

    def _moved(self, card: BeatCard, book: BeatBook, outside: bool) -> CardSection:
        title = self.tr("Against today's beats")
        if not card.from_today:
            return CardSection("moved", title, ())
        least = threshold_of(book) if outside else 0
        lines = []
        if card.moved_in is not None:
            share = card.moved_in / card.residents if card.residents else None
            lines.append(
                with_counts(
                    self.tr("{0} residents come from another beat ({1} of all here)."),
                    _few(card.moved_in, least),
                    percent(share),
                )
                if card.moved_in > 0
                else self.tr("Nobody comes from another beat.")
            )
        if card.moved_out is not None:
            lines.append(
                self.tr("{0} leave today's beat {1}.").format(_few(card.moved_out, least), card.beat)
                if card.moved_out > 0
                else self.tr("Nobody leaves today's beat {0}.").format(card.beat)
            )
        # what leaves the office is held against the threshold before it is rounded
        people = [n for _, n in card.from_today] if outside else rounded_counts([n for _, n in card.from_today])
        shown = [
            self.tr("beat {0}: {1}").format(b, _few(n, least))
            for (b, _), n in zip(card.from_today[:ORIGINS], people, strict=False)
        ]
        if len(card.from_today) > ORIGINS:
            shown.append(self.tr("{0} more").format(len(card.from_today) - ORIGINS))
        unit = (
            self.tr("Residents by today's beat: {0}.")
            if card.residents is not None
            else self.tr("Units by today's beat: {0}.")
        )
        lines.append(unit.format(", ".join(shown)))
        return CardSection("moved", title, tuple(lines))


def _few(value: float, least: int) -> str:
    return f"< {least}" if 0 < value < least else number(value)


def threshold_of(book: BeatBook) -> int:
    """Return the count below which figures are not told outside."""
    from beatplanner.data.description.sections.forum import Forum

    rules = None if book.town is None else book.town.description.forum
    return (rules or Forum()).threshold
