"""Questions that people ask, each answered with its figure, and why each place is in its beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from beatplanner.data.publish.public.figures import coarse, computed, counted, of_force, on_map, rule
from beatplanner.data.publish.public.plan import Posted
from beatplanner.data.result.alphabet import natural, stem
from beatplanner.data.result.draft_reason import gap_digits
from beatplanner.planning.forum.public.blocks import Block, heading, table
from beatplanner.planning.forum.public.content import PackContent

# Places that are answered on paper; the map on screen answers for all.
MOST_PLACES = 60
# Beats whose work may differ by more than this share from the mean are not said to have about the same.
ALIKE = 0.2
# From so much more work on, a share of it, it is told how many times as much it is: nobody sees what 960 % more are.
MANY_TIMES = 1.0


def questions(content: PackContent) -> list[tuple[str, str]]:
    """Return general questions and their answers, each with its figure."""
    t, plan = content.speech, content.plan
    found = [
        (
            t.text("What is a beat?"),
            t.text(
                "A beat is a part of the town with police officers of its own, so that they and the people who live there get to know each other."
            ),
        )
    ]
    if plan.deviation_limit is not None:
        found.append((t.text("How were the lines drawn?"), _lines(content)))
        # each step was proven by itself: of the plan as a whole only what holds for all of them is so
        gaps = list(content.card.gaps.values())
        gap = max((g for g in gaps if g is not None), default=None) if None not in gaps else None
        proven = (
            t.text(
                "It is proven that no plan under these rules is better by more than {gap}.",
                gap=t.percent(computed(gap), gap_digits(gap)),
            )
            if gap is not None
            else ""
        )
        found.append(
            (
                t.text("Is there a better plan?"),
                proven or t.text("It is not proven that this is the best plan; a better one may exist."),
            )
        )
    if content.moved:
        found.append((t.text("For how many people does the beat change?"), content.moved))
    if plan.stations is not None and plan.walk_minutes is not None:
        minutes: np.ndarray = plan.units["walk_minutes"].to_numpy(float)
        share = content.figures.share(("within_town",), ("town",))
        if np.isfinite(minutes).any() and share is not None:
            found.append(
                (
                    t.text("How far is the station?"),
                    t.count(
                        "A place is one minute on foot from its station on average, each place counted once; {share} of residents walk {limit} minutes or less. The page of each beat has its own figure.",
                        "A place is {n} minutes on foot from its station on average, each place counted once; {share} of residents walk {limit} minutes or less. The page of each beat has its own figure.",
                        on_map(max(1, round(float(np.nanmean(minutes))))),
                        share=t.percent(counted(share)),
                        limit=t.number(rule(plan.walk_minutes)),
                    ),
                )
            )
    posted = [o for b in content.beats for o in content.posted.get(str(b.beat), ()) if o.held]
    if posted:
        said = " ".join(s for s in (were_here(content, posted), content.tenure, content.handover) if s)
        found.append((t.text("Why did my officer change?"), said))
    found.append(
        (
            t.text("Do the police choose where to go by who lives there?"),
            t.text(
                "No. Language, religion and ethnicity count nowhere in the plan, except that an officer who speaks the language of residents is looked for."
            )
            if posted
            else t.text("No. Language, religion and ethnicity count nowhere in the plan."),
        )
    )
    return found


def were_here(content: PackContent, posted: Sequence[Posted]) -> str:
    """Say how many of the officers who begin have worked in their beat before."""
    t, everybody, same = content.speech, len(posted), sum(o.was_here for o in posted)
    if everybody == 1 and same:
        return t.text("The one officer who begins in a beat has worked there before.")
    if everybody == 1:
        return t.text("The one officer who begins in a beat has not worked there before.")
    if same == 1:
        return t.text(
            "Of {all} officers who begin in a beat, one has worked there before.", all=t.number(of_force(everybody))
        )
    return t.text(
        "Of {all} officers who begin in a beat, {same} have worked there before.",
        all=t.number(of_force(everybody)),
        same=t.number(of_force(same)),
    )


def _alike(content: PackContent) -> bool:
    """Return whether beats can be said to have about the same work."""
    limit = content.plan.deviation_limit
    return limit is None or limit <= ALIKE + 1e-9


def _lines(content: PackContent) -> str:
    """Say how the lines were drawn, as the plan was measured."""
    t, limit = content.speech, content.plan.deviation_limit
    assert limit is not None
    most = {"limit": t.percent(coarse(limit))}
    said = [
        t.text(
            "So that beats have about the same work: none differs by more than {limit} from the mean of its municipality.",
            **most,
        )
        if _alike(content)
        else t.text(
            "The work of no beat differs by more than {limit} from the mean of its municipality.",
            **most,
        )
    ]
    spread = content.plan.work_spread
    if spread is not None and spread > 0.1 + 1e-9:
        said.append(
            t.text(
                "Officers do not all have the same: one in the busiest beat has up to {more} more hours of work than one in the quietest.",
                more=t.percent(coarse(spread)),
            )
            if spread < MANY_TIMES
            else t.text(
                "Officers do not all have the same: one in the busiest beat has up to {times} times the hours of work of one in the quietest.",
                times=t.number(coarse(1 + spread), 1),
            )
        )
    if content.plan.contiguous:
        said.append(
            t.text("Each beat is in one piece, but where one of its places lies in several pieces itself.")
            if (shapely.get_num_geometries(content.plan.units.geometry.to_numpy()) > 1).any()
            else t.text("Each beat is in one piece.")
        )
    if content.plan.own_municipality:
        said.append(t.text("No beat crosses a municipal border."))
    return " ".join(said)


def why_here(content: PackContent, places: Sequence[int]) -> list[str]:
    """Say for units (positions) why they are in their beat, with the distance to its middle and to the next one."""
    t, units = content.speech, content.plan.units
    ids = units["unit"].astype(str).to_numpy(object)
    at_unit = dict(zip(ids, units[["x", "y"]].to_numpy(float), strict=True))
    beats = [str(b.beat) for b in content.beats]
    known = [(str(b.beat), at_unit[str(b.centre_unit)]) for b in content.beats if str(b.centre_unit) in at_unit]
    centres = np.array([c for _, c in known]).reshape(-1, 2)
    municipality = {str(b.beat): str(b.municipality) for b in content.beats}
    said: list[str] = []
    where = units[["x", "y"]].to_numpy(float)
    beat_of, area_of = (units[c].astype(str).to_numpy(object) for c in ("beat", "municipality"))
    for i in places:
        at, beat = where[i], beat_of[i]
        km = dict(zip((b for b, _ in known), (np.hypot(*(centres - at).T) / 1000).tolist(), strict=True))
        same = [b for b in beats if municipality[b] == area_of[i] and b != beat]
        other = min((b for b in same if b in km), key=lambda b: km[b], default=None)
        if beat not in km:
            said.append("")
        elif other is None:
            said.append(t.text("Its municipality has one beat only."))
        else:
            said.append(way_sentence(content, km[beat], km[other], content.names[other]))
    return said


def way_sentence(content: PackContent, here: float, there: float, other: str) -> str:
    """Say of two middles how far each is, in km, and which is nearer; of two that are so to the metre that they are."""
    t = content.speech
    # two ways that round to the same are told to ten metres, or to one, so that one is seen to be nearer
    digits = next((d for d in (1, 2, 3) if round(here, d) != round(there, d)), None)
    if digits is None:
        digits = next(d for d in (1, 2, 3) if d == 3 or round(here, d) == round(here, 3))
        return t.text(
            "The middles of this beat and of {other} are equally near: {here} km.",
            here=t.number(on_map(here), digits),
            other=other,
        )
    values: dict[str, object] = {"there": t.number(on_map(there), digits), "other": other}
    if round(here, digits) == 0:
        return t.text("The middle of this beat is here; the next one, {other}, is {there} km away.", **values)
    values["here"] = t.number(on_map(here), digits)
    if here <= there:
        return t.text(
            "The middle of this beat is the nearest: {here} km; the next one, {other}, is {there} km away.", **values
        )
    if _alike(content):
        return t.text(
            "The middle of beat {other} is nearer ({there} km, here {here} km). Not every place can be with the nearest: beats are to have about the same work and to stay in one piece.",
            **values,
        )
    return t.text(
        "The middle of beat {other} is nearer ({there} km, here {here} km). Not every place can be with the nearest: the work of each beat has its limits, and each beat is to stay in one piece.",
        **values,
    )


def questions_page(content: PackContent) -> list[Block]:
    """Return the page of questions."""
    t, units = content.speech, content.plan.units
    blocks: list[Block] = [
        {"kind": "questions", "items": [list(q) for q in questions(content)]},
        heading(t.text("Why is my place in this beat?")),
    ]
    first: dict[tuple[str, str], int] = {}
    for i, (name, beat) in enumerate(zip(units["name"], units["beat"], strict=True)):
        first.setdefault((stem(str(name))[0], str(beat)), i)
    at = list(first.values())[:MOST_PLACES]
    rows = [
        (t.given(units["name"].iloc[i]), content.names.get(str(units["beat"].iloc[i]), ""), answer)
        for i, answer in zip(at, why_here(content, at), strict=True)
    ]
    rows.sort(key=lambda r: natural(r[0]))
    blocks.append(table([t.text("Place"), t.text("Beat"), t.text("Answer")], rows, widths=[1.4, 1.4, 4]))
    if len(first) > len(at):
        blocks.append({"kind": "small", "text": t.text("The map on screen answers this for every place.")})
    return blocks
