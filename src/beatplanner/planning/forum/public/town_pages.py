"""The pages after the beats: forums, what people reported, where everybody belongs, what changes, questions, how the pack was made."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from beatplanner.data.findings import decimals_of_share
from beatplanner.data.publish.public.figures import computed, counted, on_map, rule
from beatplanner.data.publish.public.plan import PublicMeeting
from beatplanner.data.result.alphabet import natural, ranges, stem
from beatplanner.data.result.draft_reason import FAULTY, gap_digits
from beatplanner.planning.forum.public.beat_page import action_table
from beatplanner.planning.forum.public.blocks import Block, capital, heading, paragraph, table
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.questions import questions_page
from beatplanner.planning.forum.public.sectors import groups_page, spans_asked
from beatplanner.planning.forum.public.wording import theme_name, use_of

# So many municipalities stand beside each other in a table at most.
SIDE_BY_SIDE = 6


def town_pages(content: PackContent, sheets: Mapping[str, int]) -> list[tuple[str, list[Block]]]:
    """Return the pages after the beats: title and blocks. `sheets` are the sections of the pack where each beat has its sheet, by its name."""
    t = content.speech
    found = [
        (t.text("Forums"), _forums(content)),
        (
            t.text("Sectors and commands") if "command" in content.plan.groups else t.text("Sectors"),
            groups_page(content),
        ),
        (t.text("What people reported"), _concerns(content)),
        (t.text("Where do I belong?"), _indexes(content, sheets)),
        (t.text("What changes"), _old_new(content)),
        (t.text("Questions answered"), questions_page(content)),
        (t.text("How this pack was made"), run_card(content)),
    ]
    return [(title, blocks) for title, blocks in found if blocks]


def area_title(content: PackContent, meeting: PublicMeeting) -> str:
    """Return for whom a forum is."""
    t = content.speech
    if meeting.level == "neighbourhood":
        return t.text("Beat {name}", name=content.names.get(meeting.area, t.given(meeting.area)))
    return t.worded(meeting.title)


def _forums(content: PackContent) -> list[Block]:
    t, money = content.speech, content.speech.given(content.settings.currency)
    meetings = content.meetings_in_order
    rows = [
        [
            content.level_title(m.level),
            area_title(content, m),
            capital(content.when_and_where(m)),
            t.number(rule(m.members)),
            "" if np.isnan(m.walkers) else t.percent(on_map(m.walkers)),
            "" if np.isnan(m.travel_cost) else f"{t.number(on_map(m.travel_cost), 2)} {money}",
            "" if np.isnan(m.year_cost) else f"{t.number(on_map(m.year_cost), 0)} {money}",
        ]
        for m in meetings
    ]
    titles = [
        t.text("Forum"),
        t.text("For"),
        t.text("Where and when"),
        t.text("Members"),
        t.text("Can walk"),
        t.text("Travel, a meeting"),
        t.text("Cost, a year"),
    ]
    widths = [1.7, 1.5, 3.2, 1, 1, 1.2, 1.2]
    # a column that no forum has anything in says nothing
    kept = [k for k in range(len(titles)) if k < 4 or any(r[k] for r in rows)]
    blocks = [
        paragraph(t.text("Police, municipality and residents set priorities together in forums.")),
        table(
            [titles[k] for k in kept],
            [[r[k] for k in kept] for r in rows],
            list(range(3, len(kept))),
            [widths[k] for k in kept],
        ),
        *cost_of_meetings(content),
        heading(t.text("Who is invited")),
    ]
    for level in ("neighbourhood", "municipality", "region"):
        first = next((m for m in meetings if m.level == level), None)
        if first is not None:
            seats = ", ".join(f"{t.given(t.known(role))} ({t.number(rule(n))})" for role, n in first.seats)
            blocks.append(paragraph(f"{content.level_title(level)}: {seats}."))
    wider = [m for m in meetings if m.level != "neighbourhood"]
    rest = content.actions({m.area for m in wider} | {m.title for m in wider} | {"region"})
    if rest:
        blocks += [heading(t.text("What you asked last time, and what was done")), action_table(content, rest)]
    return blocks


def cost_of_meetings(content: PackContent) -> list[Block]:
    """Say what all forums cost; nothing where the places are not known that the costs follow from."""
    t, money = content.speech, content.speech.given(content.settings.currency)
    total, travel = (
        sum(m.year_cost for m in content.meetings),
        sum(m.meetings * m.travel_cost for m in content.meetings),
    )
    if np.isnan(total):
        return []
    paid = {"travel": f"{t.number(on_map(travel))} {money}", "total": f"{t.number(on_map(total))} {money}"}
    said = (
        t.text("Travel that is paid back costs {travel} a year; no other cost of the meetings was given.", **paid)
        if paid["travel"] == paid["total"]
        else t.text("Travel that is paid back costs {travel} a year, all meetings together {total}.", **paid)
    )
    place = t.text(
        "Each place is the public building that costs the members of its forum the least: who lives near walks, the others get {fare} a kilometre.",
        fare=f"{t.number(rule(content.settings.cost_per_km), 2)} {money}",
    )
    alike = t.text("Costs and walkers are estimated as if members came from all places alike.")
    return [paragraph(said), {"kind": "small", "text": f"{place} {alike}"}]


def _concerns(content: PackContent) -> list[Block]:
    """Return every theme by municipality, the sensitive ones too."""
    t, figures = content.speech, content.figures
    if not figures.concerns:
        return []
    names = sorted({m for m in figures.municipality if m}, key=natural)
    names = names if len(names) <= SIDE_BY_SIDE else []
    header = [t.text("Theme"), *(t.given(n) for n in names), t.text("Together")]
    rows = [
        [
            t.given(theme_name(t, theme)),
            *(content.figure(values.get(("municipality", m), 0)) for m in names),
            content.figure(values.get(("town",), 0)),
        ]
        for theme, values in figures.concerns.items()
    ]
    said = t.text("These are reports, not all that happened: where people trust the police, they report more.")
    return [table(header, rows, range(1, len(header))), {"kind": "small", "text": f"{content.period()} {said}"}]


def place_index(content: PackContent) -> list[tuple[str, str]]:
    """Return places and their beats; places that differ only by a number stand together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for u in content.plan.units.itertuples(index=False):
        name, number = stem(str(u.name))
        groups.setdefault((name, str(u.beat)), []).append(number)
    rows = [
        (content.speech.given(f"{name} {ranges(numbers)}".strip()), content.names.get(beat, beat))
        for (name, beat), numbers in groups.items()
    ]
    return sorted(rows, key=lambda r: natural(r[0]))


def street_index(content: PackContent) -> list[tuple[str, str]]:
    """Return streets and the beats that they run through, with the sides and house numbers of each."""
    return [(street.name, street.said) for street in content.streets]


def _indexes(content: PackContent, sheets: Mapping[str, int]) -> list[Block]:
    t = content.speech
    pages: Block = {"kind": "pages", "rows": list(sheets), "to": list(sheets.values())}
    blocks: list[Block] = [heading(t.text("Beats and their sheets")), pages]
    for title, rows in (
        (t.text("Places and their beats"), place_index(content)),
        (t.text("Streets and their beats"), street_index(content)),
    ):
        if rows:
            blocks += [heading(title), {"kind": "columns", "count": 2, "rows": [list(r) for r in rows]}]
    return blocks


def old_new_pairs(content: PackContent) -> list[tuple[str, str]]:
    """Return today's and the new beat of each area between old and new lines."""
    figures = content.figures
    pairs = {(c, b) for c, b in zip(figures.current, figures.beat, strict=True) if c is not None and b is not None}
    return sorted(pairs, key=lambda p: (natural(p[0]), natural(p[1])))


def _old_new(content: PackContent) -> list[Block]:
    t, pairs = content.speech, old_new_pairs(content)
    if not pairs:
        return []
    shown = [
        (
            t.given(old),
            content.names.get(new, t.given(new)),
            content.residents("pair", old, new),
            t.text("stays") if old == new else t.text("changes"),
        )
        for old, new in pairs
        if content.figures.value("pair", old, new) != 0
    ]
    header = [t.text("Today's beat"), t.text("New beat"), t.text("Residents"), ""]
    blocks = [table(header, shown, [2], [1.2, 3, 1.2, 1])] if shown else []
    # where nobody lives a line changes and nobody's beat does
    empty = [
        f"{t.given(old)} → {content.names.get(new, t.given(new))}"
        for old, new in pairs
        if old != new and content.figures.value("pair", old, new) == 0
    ]
    if empty:
        said = t.text("Areas without residents that change: {areas}.", areas="; ".join(empty))
        blocks.append({"kind": "small", "text": said})
    return blocks


# ---- how it was made


def checked_in_words(content: PackContent) -> str:
    """Say what the checker found."""
    t, verdict = content.speech, content.card.verdict or {}
    if not verdict["ok"]:
        return t.text(FAULTY)
    n, unknown = t.number(computed(verdict["checks"])), verdict["not_checked"]
    if not unknown:
        return t.text("An independent check of all {n} claims of the plan passed.", n=n)
    if unknown == 1:
        return t.text("An independent check of {n} claims of the plan passed; one more could not be checked.", n=n)
    return t.text(
        "An independent check of {n} claims of the plan passed; {unknown} more could not be checked.",
        n=n,
        unknown=t.number(computed(unknown)),
    )


def run_card(content: PackContent) -> list[Block]:
    """Return how the pack was made: by whom, when, from which data, under which rules, how far from the best, checked how."""
    t, card = content.speech, content.card
    said = [content.made, content.source, content.decision]
    if content.settings.made_by:
        said.insert(1, t.text("Prepared by {who}.", who=t.worded(content.settings.made_by)))
    if card.verdict is not None:
        said.append(checked_in_words(content))
    hidden, every = content.figures.hidden
    figures = t.number(counted(every))
    privacy = (
        t.text("Privacy: one of {all} figures is not shown.", all=figures)
        if hidden == 1
        else t.text("Privacy: {hidden} of {all} figures are not shown.", hidden=t.number(counted(hidden)), all=figures)
    )
    blocks = [paragraph(" ".join(said)), paragraph(privacy)]
    files = [
        (
            t.given(t.own(d["name"]) or t.text(use_of(str(d["role"])))),
            content.day_or_year(str(d["date"])) if d["date"] else t.text("not stated"),
            t.register.enter("computed", d["seal"][:16]),
        )
        for d in card.data
    ]
    # one file may have several uses, each seen once: a river is a barrier and has crossings
    files = list(dict.fromkeys(files))
    if files:
        blocks += [
            heading(t.text("Data")),
            table([t.text("Data"), t.text("As of"), t.text("Seal")], files, widths=[2, 1.2, 1.6]),
        ]
    if card.gaps:
        steps = content.steps
        gaps = [
            (steps[s], t.text("no bound was computed") if g is None else t.percent(computed(g), gap_digits(g)))
            for s, g in card.gaps.items()
        ]
        blocks += [heading(t.text("Proof")), table([t.text("Step"), t.text("At most so far from the best plan")], gaps)]
    asked = rules_asked(content)
    if asked:
        blocks += [heading(t.text("What was asked of the plan")), {"kind": "list", "items": asked}]
    versions = t.register.enter("computed", ", ".join(f"{n} {v}" for n, v in card.versions.items()))
    seed = t.register.enter("computed", card.seed)
    blocks.append(
        {"kind": "small", "text": t.text("Versions: {versions}. Seed: {seed}.", versions=versions, seed=seed)}
    )
    return blocks


def rules_asked(content: PackContent) -> list[str]:
    """Return the rules that were set, as rules; whether they are kept is told where it was measured."""
    t, rules = content.speech, content.card.rules
    beats, stations, officers = (rules.get(name, {}) for name in ("beats", "stations", "officers"))
    said: list[str] = []
    if "tolerance" in beats:
        share = t.percent(rule(beats["tolerance"]), decimals_of_share(beats["tolerance"]))
        said.append(
            t.text("Work of each beat: at most {share} above or below the mean of its municipality", share=share)
        )
    said += spans_asked(content)
    if "max_moved" in beats:
        share = t.percent(rule(beats["max_moved"]), decimals_of_share(beats["max_moved"]))
        said.append(t.text("Residents who change beat: at most {share}", share=share))
    if "walk_minutes" in stations:
        said.append(t.text("Way to a station: within {n} minutes on foot", n=t.number(rule(stations["walk_minutes"]))))
    if "min_tenure_months" in officers:
        said.append(t.text("Time in a beat: at least {n} months", n=t.number(rule(officers["min_tenure_months"]))))
    if "handover_months" in officers:
        said.append(t.text("Months together at a change: {n}", n=t.number(rule(officers["handover_months"]))))
    return said
