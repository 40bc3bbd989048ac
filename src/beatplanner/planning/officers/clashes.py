"""What postings cannot do, in words: rules that are broken, posts that stay vacant, languages that nobody speaks, each with the cheapest way out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.errors import Note
from beatplanner.data.result.names import language_title
from beatplanner.planning.officers.fairness import wish_notes
from beatplanner.planning.officers.languages import language_needs
from beatplanner.planning.officers.roster_problem import PostGroups
from beatplanner.planning.officers.ways_out import Trials, with_officer, with_shorter_tenure, with_speaker, without
from beatplanner.planning.proof import Unproven
from beatplanner.solver.officers.figures import Breach, broken_tenures, gap_months, staffed
from beatplanner.solver.officers.problem import Postings, TenureProblem


def clashes_of(
    town: Any,
    beats: Any,
    places: PostGroups,
    problem_: TenureProblem,
    found: Postings,
    wrong: list[Breach],
    dates: list[dt.date],
    trials: Trials,
    promised: list[Breach],
) -> tuple[str, ...]:
    """Say which rules are broken: officer, beat, month, and the cheapest way out; `Unproven` where it is not proven that they cannot be kept, as it is of those `promised`."""
    names = town.roster["officer"]
    sentences: list[str] = []
    hard = str if found.rules == "impossible" else Unproven

    def where(place: int) -> str:
        return str(beats["name"].iat[places.beat[place]])

    broken = broken_tenures(problem_, found.postings)
    for o, p, t, served in broken[:20]:
        sentences.append(
            f"Minimum tenure: {names.iat[o]} leaves {where(p)} in {dates[t]:%B %Y} after {served} of {problem_.min_tenure} months."
        )
    if broken:
        first, least = min(t for _, _, t, _ in broken), min(served for *_, served in broken)
        which = "this post" if len(broken) == 1 else f"these {len(broken)} posts"
        which = which if all(problem_.home[o] == p for o, p, _, _ in broken) else "the force"
        ways = [
            (
                f"a minimum tenure of {least} instead of {problem_.min_tenure} months for {which}",
                with_shorter_tenure(problem_, broken),
            ),
            (f"one more trained officer by {dates[first]:%B %Y}", with_officer(problem_, first)),
        ]
        sentences[-1] += f" Cheapest way out: {trials.mends(ways, 'tenure')}."
        longest = longest_tenure(problem_)
        if longest is not None and longest < problem_.min_tenure:
            sentences[-1] += (
                f" Above {longest} months no minimum tenure can be kept, since two who must not share a beat do so today."
            )
        sentences = [t if longest is not None and longest < problem_.min_tenure else Unproven(t) for t in sentences]
    said = {
        "couple": "{o} and the officer they must not share a beat with are both in {p} from {t}. Cheapest way out: {w}",
        "moves": "more than {n} officers move in {t}. Cheapest way out: {w}",
        "half": "more than half of the officers of {p} change in the 12 months from {t}. Cheapest way out: accept it for this beat, as in this plan",
        "frozen": "{o} cannot serve in {p} in {t} as published. Cheapest way out: {w}",
        "maximum": "{o} would be in {p} beyond the maximum tenure from {t}. Cheapest way out: {w}",
        "notice": "{o} is moved to {p} in {t}, within the months of notice, since it was published so. Cheapest way out: publish this posting anew, or a "
        "shorter officers.notice_months",
        "capacity": "{p} has more officers than posts in {t}, who were all published or promised there. Cheapest way out: one more post there, or "
        "publish one of these postings anew",
        "handover": "more begin in {p} in {t} than posts are vacant or handed over, as was published. Cheapest way out: publish one of these postings anew",
        "allowed": "{o} serves in {p} from {t}, which was published and which hardship, an upheld appeal, the way from home or an earlier "
        "posting there rules out. Cheapest way out: publish this posting anew",
        "wish": "{o} is moved to {p} in {t}, which is below the wishes that count. Cheapest way out: {w}",
        "often": "{o} is moved to {p} in {t}, which is one move more than an officer may have. Cheapest way out: {w}",
    }
    seen: set[tuple[str, int, int]] = set()
    for breach in wrong:
        key = (breach.rule, breach.officer, breach.month if breach.rule == "moves" else breach.place)
        if key in seen:
            continue
        seen.add(key)
        way = _way(problem_, breach, breach in promised, trials)
        text = said.get(breach.rule, "the rule “" + breach.rule + "” is broken in {p} in {t}")
        said_of_it = text.format(
            o=names.iat[breach.officer] if 0 <= breach.officer < len(names) else "",
            p=where(breach.place) if breach.place >= 0 else "the beat",
            t=f"{dates[breach.month]:%B %Y}",
            n=problem_.moves_a_month,
            w=way,
        )
        certain = breach in promised
        sentences.append((str if certain else hard)(f"Officers: {said_of_it}."))
    sentences += _musts(town, beats, problem_, found, dates)
    if len(wrong) > len(promised) and found.rules == "not found":
        sentences.append(
            Unproven(
                "Officers: no postings that keep these rules were found in the time there was; it is not proven that there are none. Give more time "
                "with --time-limit."
            )
        )
    return tuple(sentences)


def _way(problem_: TenureProblem, breach: Breach, certain: bool, trials: Trials) -> str:
    """Say the cheapest way out of a broken rule, solved with where that can be; "" where the rule's sentence has its own."""
    way = {
        "couple": "lift the rule for them",
        "moves": f"at most {(problem_.moves_a_month or 0) + 1} moves a month",
        "frozen": "publish this officer's postings anew from then on",
        "maximum": "let them stay for longer",
        "wish": "let them be moved there all the same",
        "often": f"officers.most_moves = {(problem_.most_moves or 0) + 1}",
    }.get(breach.rule, "")
    if not way:
        return ""
    if certain:
        return "publish this posting anew"
    changed = without(problem_, breach.rule, breach.officer, breach.month)
    return trials.mends([(way, changed)], breach.rule, breach.officer)


def _musts(town: Any, beats: Any, problem_: TenureProblem, found: Postings, dates: list[dt.date]) -> list[str]:
    """Say where a language is not spoken that so many speak that the force must."""
    if problem_.must is None:
        return []
    sentences: list[str] = []
    share, lacking = town.description.officers.must_language_share, gap_months(problem_, found.postings)
    a, month = problem_.arrays, np.arange(problem_.months)
    able = a.works & (month < a.stop[:, None]) & ((month >= a.first[:, None]) | (a.home >= 0)[:, None])
    for b, k in np.argwhere(problem_.must):
        months = np.flatnonzero(lacking[b, k])
        if len(months):
            # each who speaks it serves in one beat at a time
            too_few = (able[a.has[:, k]].sum(axis=0) < problem_.must[:, k].sum()).any()
            sentences.append(
                (str if too_few else Unproven)(
                    f"Languages: no officer speaks {list(town.groups)[k]} in {beats['name'].iat[b]} in {_many(len(months), 'month')}, the first "
                    f"{dates[months[0]]:%B %Y}, where more than {share:.0%} of residents do. Cheapest way out: recruit who speaks it, or a higher "
                    "officers.must_language_share."
                )
            )
    return sentences


def longest_tenure(problem: TenureProblem) -> int | None:
    """Return the greatest minimum tenure, months, that is not proven to be broken whatever the postings; None where nothing is proven.

    Of two who serve in one beat today and must not share one, one leaves within the months of a handover. Without such couples, or frozen months, everybody
    could stay where they are.
    """
    a, found = problem.arrays, None
    for pair in problem.couples:
        home = a.home[list(pair)]
        if (home < 0).any() or a.beat[home[0]] != a.beat[home[1]] or a.pinned[list(pair)].any():
            continue
        if all(a.stop[o] > a.grace for o in pair):
            kept = max(int(a.served[o]) for o in pair) + a.grace
            found = kept if found is None else min(found, kept)
    return found


def broken_rules(
    town: Any, beats: Any, places: PostGroups, wrong: list[Breach], dates: list[dt.date]
) -> list[dict[str, str | None]]:
    """Return the hard rules that the postings break as ``rule``, ``officer``, ``beat`` and ``month``, which `verify` counts again."""
    return [
        {
            "rule": b.rule,
            "officer": town.roster["officer"].iat[b.officer] if 0 <= b.officer < len(town.roster) else None,
            "beat": str(beats["beat"].iat[places.beat[b.place]]) if b.place >= 0 else None,
            "month": dates[b.month].isoformat(),
        }
        for b in wrong
    ]


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return the spans of True in a row of flags, half-open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def notes_of(
    town: Any,
    beats: Any,
    places: PostGroups,
    problem_: TenureProblem,
    found: Postings,
    dates: list[dt.date],
    trials: Trials,
) -> tuple[Note, ...]:
    """Say where posts stay vacant and languages unspoken, why, and the cheapest way out."""
    notes: list[Note] = []
    rules = town.description.officers
    ahead = rules.training_months + rules.handover_months
    vacant = np.maximum(0, problem_.posts[:, None] - staffed(problem_, found.postings))
    month = np.arange(problem_.months)
    able = ((problem_.first[:, None] <= month) & (month < problem_.last[:, None]) & problem_.arrays.works).sum(axis=0)
    short = np.maximum(0, problem_.posts.sum() - able)
    if short.any():
        worst = int(np.argmax(short))
        notes.append(
            Note(
                "warning",
                f"There are {problem_.posts.sum()} posts, but too few trained officers in {int((short > 0).sum())} of "
                f"{problem_.months} months; {short[worst]} {'is' if short[worst] == 1 else 'are'} missing in {dates[worst]:%B %Y}",
                f"Recruit {short.max()} more who {'is' if short.max() == 1 else 'are'} trained by {dates[int(np.flatnonzero(short)[0])]:%B %Y}, or plan fewer posts",
            )
        )
    checked = ""
    if vacant.any():
        first = int(np.flatnonzero(vacant.sum(axis=0))[0])
        checked = (
            trials.lessens(with_officer(problem_, first), "vacant_months", "vacant post-months in all")
            or "which lessens little"
        )
    for p in np.flatnonzero(vacant.sum(axis=1)):
        spans = _runs(vacant[p] > 0)
        begin, end = spans[0]
        name = f"{beats['name'].iat[places.beat[p]]}" + (
            f" (post for {places.requires[p]})" if places.requires[p] else ""
        )
        when = (pd.Timestamp(dates[begin]) - pd.DateOffset(months=ahead)).date()
        way = f"one more officer trained by {dates[begin]:%B %Y}" + (
            f", so in training from {when:%B %Y}" if when > dates[0] else ""
        )
        if begin == int(np.flatnonzero(vacant.sum(axis=0))[0]):
            way += f" ({checked})"
        notes.append(
            Note(
                "warning",
                f"{name} has {_many(int(vacant[p].sum()), 'vacant post-month')}, {_span(dates[begin], dates[end - 1], len(spans))}",
                f"Cheapest way out: {way}",
            )
        )
    notes += _surplus(town, problem_, found, dates)
    notes += wish_notes(town, beats, places, problem_, found, dates)
    if problem_.min_tenure > problem_.months:
        what = f"A minimum tenure of {problem_.min_tenure} months is longer than the plan of {problem_.months} months, so no posting that begins in it can be seen to keep it"
        notes.append(Note("warning", what, "Plan more years, or ask for a shorter tenure"))
    return (*notes, *_language_notes(town, beats, places, problem_, found, dates, trials))


def _surplus(town: Any, problem_: TenureProblem, found: Postings, dates: list[dt.date]) -> list[Note]:
    """Say how many officers there are beyond the posts, and how many of them never hold one."""
    roster, month = len(town.roster), np.arange(problem_.months)
    able = (problem_.first[:roster, None] <= month) & (month < problem_.last[:roster, None])
    held = np.zeros((len(problem_.first), problem_.months), bool)
    for p in found.postings:
        held[p.officer, p.begin : p.end] = True
    idle = (able & ~held[:roster]).sum(axis=0)
    never = int((able.any(axis=1) & ~held[:roster].any(axis=1)).sum())
    if int(able[:, 0].sum()) <= int(problem_.posts.sum()):
        return []
    worst = int(np.argmax(idle))
    idle_always = f", and never for {_many(never, 'officer')}" if never else ""
    what = (
        f"There are {_many(able[:, 0].sum(), 'officer')} for {_many(problem_.posts.sum(), 'post')} in {dates[0]:%B %Y}: no post for "
        f"{_many(idle[worst], 'officer')} in {dates[worst]:%B %Y}{idle_always}. They are the reserve for leavers, sickness and handovers"
    )
    return [
        Note(
            "info" if never <= 0.25 * problem_.posts.sum() else "warning",
            what,
            "Plan more posts where the work asks for them, or count the reserve as such" if never else "",
        )
    ]


def _language_notes(
    town: Any,
    beats: Any,
    places: PostGroups,
    problem_: TenureProblem,
    found: Postings,
    dates: list[dt.date],
    trials: Trials,
) -> list[Note]:
    """Say in which beats nobody speaks a language, how many people that concerns, what of it no assignment can avoid, and whom to recruit by when."""
    notes: list[Note] = []
    lacking = gap_months(problem_, found.postings)
    rules = town.description.officers
    for need in language_needs(town, beats, problem_, dates):
        language = need["language"]
        spoken = language_title(language)
        k = list(town.groups).index(language)
        months = lacking[:, k].sum(axis=1)
        people = np.zeros(len(beats)) if problem_.speakers is None else problem_.speakers[:, k]
        worst = [int(b) for b in np.lexsort((-months, -months * people)) if months[b]]
        if not worst:
            continue
        gaps = [
            f"{beats['name'].iat[b]} ({people[b]:,.0f} speakers, {_many(months[b], 'month')} from {dates[int(np.argmax(lacking[b, k]))]:%B %Y})"
            for b in worst
        ]
        more = f" and {_many(len(gaps) - 5, 'more beat')}" if len(gaps) > 5 else ""
        text = (
            f"No officer speaks {spoken} in {', '.join(gaps[:5])}{more}: {months @ people:,.0f} speaker-months without an officer in "
            f"{_many(months.sum(), 'beat-month')}. {_many(need['beats'], 'beat')} of {_many(len(beats), 'beat')} need it, and "
            f"{_many(need['officers'], 'officer')} of the roster speak it in {dates[0]:%B %Y}: {_many(need['unavoidable_beat_months'], 'beat-month')} and "
            f"{need['unavoidable_speaker_months']:,.0f} speaker-months cannot be avoided with the officers there are"
        )
        if need["recruit"]:
            rows: list[str] = []
            for row in need["recruit"][:4]:
                day = dt.date.fromisoformat(row["by"])
                # who follows somebody overlaps with them, as for vacant posts and classes; before the first month there is nobody to follow
                ahead = rules.training_months + (rules.handover_months if day > dates[0] else 0)
                start = (pd.Timestamp(day) - pd.DateOffset(months=ahead)).date()
                late = f"training to begin by {start:%B %Y}"
                rows.append(f"{row['officers']} by {day:%B %Y} ({late})")
            text += f". Speakers of {spoken} to recruit: {', '.join(rows)}"
        notes.append(Note("warning", text, _language_way(town, beats, places, found, worst, lacking, k, dates, trials)))
    return notes


def _span(first: dt.date, last: dt.date, spans: int) -> str:
    """Say when posts are empty: one month, or from one to another; of several spans the first."""
    said = f"{first:%B %Y}" if first == last else f"{first:%B %Y} to {last:%B %Y}"
    return said if spans == 1 else f"first {said}"


def _many(number: float, word: str) -> str:
    return f"{number:,.0f} {word}" + ("" if number == 1 else "s")


def _language_way(
    town: Any,
    beats: Any,
    places: PostGroups,
    found: Postings,
    worst: Sequence[int],
    lacking: np.ndarray,
    k: int,
    dates: list[dt.date],
    trials: Trials,
) -> str:
    """Say who should learn a language: of the beats that lack it the longest, the holder who serves the most of that time."""
    ways: list[tuple[str, int, int]] = []
    language = list(town.groups)[k]
    for b in worst[:2]:
        served: dict[int, int] = {}
        for p in found.postings:
            if places.beat[p.place] == b and p.officer < len(town.roster):
                served[p.officer] = served.get(p.officer, 0) + int(lacking[b, k, p.begin : p.end].sum())
        if served:
            o = max(served, key=lambda o: (served[o], -o))
            ways.append(
                (f"{town.roster['officer'].iat[o]} in {beats['name'].iat[b]} learns {language_title(language)}", o, b)
            )
    for text, o, b in ways:
        first = f"{dates[int(np.argmax(lacking[b, k]))]:%B %Y}"
        checked = trials.lessens(
            with_speaker(trials.problem, o, k), "language_gaps", "months without a language in all"
        )
        if checked is not None:
            return f"Cheapest way out: {text} by {first} ({checked})"
    return f"Train more speakers of {language}; no single one of those who serve there would mend it"
