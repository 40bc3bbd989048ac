"""A question in parliament, answered on one page from any plan: what changes, what it costs and who pays, what stays without, what if officers leave.

Every figure is that of the comparison of the plan with today, of its budget or of its summary; nothing is counted here in another way. The page speaks
the language of the papers that the force itself holds. Officers are counted and never named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from beatplanner.data.publish.answer_report import AnswerPage
from beatplanner.data.publish.blocked_words import blocked_in_words
from beatplanner.data.publish.comparison_words import ENGLISH, about, beat_said
from beatplanner.data.publish.draft_words import draft_in_words, left_out_of_bound
from beatplanner.data.publish.force_language import paper_speech
from beatplanner.data.publish.moves import NO_MORE
from beatplanner.data.publish.moves import posting_changes as reasons
from beatplanner.data.publish.price_words import price_sentence
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.comparison import amount, known_amount, read_rule_prices
from beatplanner.data.result.draft_reason import STEP_NAMES, gap_said
from beatplanner.data.result.sections import list_of
from beatplanner.planning.compare.answer_officers import cover_of_absences, last_day, leavers, personnel
from beatplanner.planning.compare.columns import PlanColumn, currency, read_compared
from beatplanner.planning.compare.figures import figures_of_column
from beatplanner.planning.compare.sentences import old_new_rows

# What is left out where few residents could be told from it: a question in parliament is public.
OF_RESIDENTS = ("moved_residents", "change_officer", "unreached", "within_limit", "hours_per_officer_max")


def answers(
    folder: Path,
    *,
    leave: int = 20,
    prices: Path | None = None,
    quiet: bool = False,
    few: int = 5,
    today: dt.date | None = None,
) -> AnswerPage:
    """Return what a page tells, in the language of the force's papers: ``language``, ``title``, ``lead``, ``draft_title``, ``draft`` (why it is one), ``draft_more``, ``answers`` (question and sentences) and ``foot``.

    Parameters
    ----------
    folder
        A plan with beats.
    leave
        How many officers leave in the question of what happens then.
    prices
        A folder that ``beatplanner prices`` made.
    quiet
        Whether the plan's forum pack hides figures of residents; then the page counts none.
    few
        Residents from 1 to this less one are few, which the page counts as little.
    today
        The day of the question: what had to be done before it is told as past. The clock's where None.

    Raises
    ------
    InputError
        Where the folder is no plan with beats, or has no prices.
    """
    columns = read_compared([folder])
    for c in columns:
        c.figures = figures_of_column(c, columns)
    now, plan = columns
    day = today or dt.date.today()
    of_few = (amount(plan.figures, name) for name in ("moved_residents", "change_officer", "unreached"))
    quiet = quiet or any(n is not None and 0 < n < few for n in of_few)
    if quiet:
        for column in columns:
            column.figures |= dict.fromkeys(OF_RESIDENTS)
    s = plan.tables.summary
    say = paper_speech(s)
    clashes = [without_keys(in_language(str(x), say.language), say.language) for x in s.get("clashes", [])]
    draft = [*clashes, *draft_in_words(plan.tables, rules=not clashes, say=say)]
    answers_of = [
        (say.text("What changes for residents?"), _residents(plan, now, say)),
        (say.text("Who moves?"), _who_moves(plan, quiet, say)),
        (say.text("What does it cost, and who pays?"), _money(plan, say)),
        (say.text("From when?"), _when(plan, quiet, say)),
        (say.text("What stays without?"), _without(plan, quiet, say)),
        (say.text("Is the work shared fairly?"), _fair(plan, now, say)),
        (say.text("How far is the next station on foot?"), _stations(plan, now, say)),
        (say.count("What if {n} officer leaves?", "What if {n} officers leave?", leave), leavers(plan, leave, say)),
        (say.text("When is the last day to recruit?"), last_day(plan, day, say)),
        (say.text("Which rule is dear?"), _dear(prices, say)),
        (say.text("Who stands in for officers who are away?"), cover_of_absences(s, say)),
        (say.text("Who leads the officers, and who objects to a move?"), personnel(s, say)),
        (say.text("What must be ordered, and what follows when a donor leaves?"), _orders(plan, day, say)),
        (say.text("How sure is it, and how can one object?"), _sure(plan, say)),
        (say.text("Why are residents not counted here?"), [_not_counted(say)] if quiet else []),
    ]
    project = str(s.get("project", ""))
    made = dt.date.fromtimestamp((folder / "summary.json").stat().st_mtime)
    more = len(draft) - 2
    return {
        "language": say.language,
        "title": say.text(
            "{project}: answers on the plan “{name}”", project=say.terms.get(project, project), name=plan.name
        ),
        "lead": say.text(
            "Each figure is that of the plan of {day} and of its comparison with today.", day=say.date(made)
        ),
        "draft_title": say.text("DRAFT"),
        "draft": draft,
        "draft_more": say.text("And {n} more.", n=say.number(more)) if more > 0 else "",
        "answers": [{"question": q, "text": t} for q, t in answers_of if t],
        "foot": say.text(
            "Made by beatplanner {version} from the plan's own tables; officers are counted and not named.",
            version=s.get("versions", {}).get("beatplanner", ""),
        ),
    }


def _not_counted(say: Speech) -> str:
    return say.text(
        "Some figures of residents are so small that they, and those that would give them away, are not shown outside the office; so this page counts none."
    )


def _residents(c: PlanColumn, today: PlanColumn, say: Speech) -> list[str]:
    f, now = c.figures, amount(today.figures, "beats")
    beats, moved = round(known_amount(f, "beats")), amount(f, "moved_residents")
    once = _once(c, say)
    if now:
        text = say.count(
            "There is {n} beat in place of {now}", "There are {n} beats in place of {now}", beats, now=say.number(now)
        )
    else:
        text = say.count("There is {n} beat", "There are {n} beats", beats)
    if moved is not None:
        share = say.percent(known_amount(f, "moved_share"))
        text += "; " + say.count(
            "{n} resident ({share}) changes beat", "{n} residents ({share}) change beat", round(moved), share=share
        )
    strange = amount(f, "change_officer")
    if strange is not None:
        text += "; " + say.count(
            "{n} resident ({share} of those who have officers today) gets officers they do not know",
            "{n} residents ({share} of those who have officers today) get officers they do not know",
            round(strange),
            share=say.percent(known_amount(f, "change_officer_share")),
        )
    return [f"{text}{once}."]


def _once(c: PlanColumn, say: Speech) -> str:
    """Say that a figure is that of the plan when all of it has started, where a roll-out starts it later or never."""
    b = c.tables.summary.get("budget")
    if b is None or not b["limited"] or len(b["beat_starts"]) == b["beats_started"][0]:
        return ""
    if len(b["beat_starts"]) > b["beats_started"][-1]:
        return say.text(", once all of it has started, which the money does not allow")
    return say.text(", once all of it has started")


def _who_moves(c: PlanColumn, quiet: bool, say: Speech) -> list[str]:
    rows = [] if quiet else old_new_rows(c)
    found: list[str] = []
    if rows:
        most = [
            say.text(
                "{n} from beat {was} to {now}",
                n=say.number(r["residents"]),
                was=r["from"],
                now=beat_said(say, r["to_name"]),
            )
            for r in rows[:3]
        ]
        found.append(say.text("Most residents who change beat: {moves}.", moves=", ".join(most)))
    moved = amount(c.figures, "officers_moved")
    if moved is not None and not c.today and c.tables.assignments is not None:
        # an officer whose beat is no more serves on where most of its residents are now
        rules = c.rules.officers
        begin = "" if rules is None else rules.start.isoformat()
        gone = sum(
            m["on"] == begin and m["reason"].startswith(NO_MORE.format(beat=m["from"])) for m in reasons(c.tables)
        )
        since = say.text(" ({n} of them since today's is no more)", n=say.number(gone)) if gone else ""
        since += say.text(", where areas go on as today until their beat starts") if _once(c, say) else ""
        found.append(
            say.count(
                "{n} officer starts in another beat than today's{since}; over the whole period {moves} between beats.",
                "{n} officers start in another beat than today's{since}; over the whole period {moves} between beats.",
                round(moved),
                since=since,
                moves=say.count("{n} move", "{n} moves", round(amount(c.figures, "rotations") or 0)),
            )
        )
    return found


def _money(c: PlanColumn, say: Speech) -> list[str]:
    b = c.tables.summary.get("budget")
    if b is None:
        return [say.text("The plan has no budget, so its cost is not known.")]
    unit, years = currency(c), b["years"]
    span = say.text("{first} to {last}", first=years[0], last=years[-1]) if len(years) > 1 else str(years[0])
    total, now = sum(b["total"]), sum(b["today"])
    change = total - now
    fields = {"sum": about(total, say), "unit": unit, "span": span, "once": about(sum(b["capital"]), say)}
    fields |= {"now": about(now, say), "change": about(abs(change), say)}
    if abs(change) < 0.5:
        text = say.text(
            "{sum} {unit} in {span}, of which {once} once for vehicles and stations; going on as today costs {now}, so it costs as much.",
            **fields,
        )
    elif change > 0:
        text = say.text(
            "{sum} {unit} in {span}, of which {once} once for vehicles and stations; going on as today costs {now}, so it costs about {change} {unit} more.",
            **fields,
        )
    else:
        text = say.text(
            "{sum} {unit} in {span}, of which {once} once for vehicles and stations; going on as today costs {now}, so it costs about {change} {unit} less.",
            **fields,
        )
    found = [text, paid_by({p: sum(v) for p, v in b["payers"].items()}, unit, say)]
    people = b["people"]
    if people is not None:
        spare, paid = (sum(people[k]) / len(years) for k in ("without_post", "paid"))
        if spare >= 0.05:
            found.append(
                say.text(
                    "On average {spare} of {paid} paid officers have no post, at {sum} {unit} in all.",
                    spare=say.number(spare, 1),
                    paid=say.number(paid, 1),
                    sum=about(sum(people["money_without_post"]), say),
                    unit=unit,
                )
            )
    return found


def paid_by(payers: Mapping[str, float], unit: str, say: Speech = ENGLISH) -> str:
    """Say who pays how much, the one who pays most first."""
    first, *others = sorted(payers, key=lambda p: -payers[p])
    more = [
        say.text("the {payer} {sum}", payer=say.known(p), sum=about(payers[p], say)) for p in others if payers[p] >= 0.5
    ]
    if not more:
        return say.text("All of it is paid by the {payer}.", payer=say.known(first))
    return say.text(
        "The {payer} pays {sum} of it, {others} {unit}.",
        payer=say.known(first),
        sum=about(payers[first], say),
        others=", ".join(more),
        unit=unit,
    )


def _when(c: PlanColumn, quiet: bool, say: Speech) -> list[str]:
    b, rules = c.tables.summary.get("budget"), c.rules.officers
    if b is None or not b["limited"]:
        return [] if rules is None else [say.text("All of it from {day}.", day=say.date(rules.start))]
    parts: list[str] = []
    for year, n, r in zip(b["years"], b["beats_started"], b["residents_served"], strict=True):
        beats = say.count("{n} beat", "{n} beats", round(n))
        served = say.count("{n} resident", "{n} residents", round(r))
        parts.append(
            say.text("{beats} by the end of {year}", beats=beats, year=year)
            if quiet
            else say.text("{beats} with {residents} by the end of {year}", beats=beats, residents=served, year=year)
        )
    found = (
        [say.text("Started: {parts}.", parts=", ".join(parts))]
        if b["beats_started"][-1]
        else [say.text("Nothing of it starts by the end of {year}.", year=b["years"][-1])]
    )
    if b["blocked"]:
        found.append(blocked_in_words(b["blocked"], b["currency"], say))
    bound, served = b["resident_years_bound"], b["resident_years"]
    if not quiet and bound is not None and served > 0 and bound > 1.005 * served:
        fields = {"served": say.number(served), "bound": say.number(bound)}
        found.append(
            say.text(
                "Whether another order reaches more is not proven: {served} resident-years are served, and at most {bound} can be.",
                **fields,
            )
            if b.get("certified")
            else say.text(
                "Whether another order reaches more is not proven: {served} resident-years are served, and at most {bound} can be, by the solver's word, which “verify” cannot check.",
                **fields,
            )
        )
    return found


def _without(c: PlanColumn, quiet: bool, say: Speech) -> list[str]:
    s, f = c.tables.summary, c.figures
    found: list[str] = []
    b = s.get("budget")
    if b is not None and b["unfunded"]:
        late: list[str] = []
        for u in b["unfunded"]:
            lacks = f"{about(u['lacks_in_all'], say)} {b['currency']}"
            people = say.count("{n} resident", "{n} residents", round(u["residents"]))
            area = say.known(str(u["area"]))
            late.append(
                say.text("{area} ({sum} lacking)", area=area, sum=lacks)
                if quiet
                else say.text("{area} ({residents}, {sum} lacking)", area=area, residents=people, sum=lacks)
            )
        found.append(say.text("The money does not reach {areas}.", areas=say.listed(late, 3)))
    officers = s.get("officers")
    if officers:
        vacant = say.count("{n} month", "{n} months", round(officers["vacant_months"]))
        years = say.count("{n} year", "{n} years", officers["months"] // 12)
        gaps = officers.get("language_gaps")
        found.append(
            say.text(
                "{vacant} of posts without an officer, {gaps} of beats without a language that a tenth of their residents speak, in {years}.",
                vacant=vacant,
                gaps=say.count("{n} month", "{n} months", round(gaps)),
                years=years,
            )
            if gaps
            else say.text("{vacant} of posts without an officer, in {years}.", vacant=vacant, years=years)
        )
    unreached, kept = amount(f, "unreached"), amount(f, "community_share")
    if unreached:
        found.append(
            say.count(
                "{n} resident reaches no station on foot.",
                "{n} residents reach no station on foot.",
                round(unreached),
            )
        )
    if kept is not None and kept < 0.995:
        found.append(
            say.text("{share} of the hours promised to residents cannot be kept.", share=say.percent(1 - kept))
        )
    return found or [say.text("Nothing that its rules ask for.")]


def _fair(c: PlanColumn, today: PlanColumn, say: Speech) -> list[str]:
    f, was = c.figures, amount(today.figures, "hours_per_officer_max")
    if f.get("hours_per_officer_max") is None:
        return []
    fields = {
        "most": say.number(known_amount(f, "hours_per_officer_max")),
        "capacity": say.number(known_amount(f, "hours_capacity")),
        "least": say.number(known_amount(f, "hours_per_officer_min")),
        "once": _once(c, say),
    }
    if was is None:
        return [
            say.text(
                "The officer with the most work has {most} of {capacity} hours a year, the one with the least {least}{once}.",
                **fields,
            )
        ]
    return [
        say.text(
            "The officer with the most work has {most} of {capacity} hours a year, the one with the least {least}{once}; today the most is {was}.",
            was=say.number(was),
            **fields,
        )
    ]


def _stations(c: PlanColumn, today: PlanColumn, say: Speech) -> list[str]:
    f, was = c.figures, amount(today.figures, "within_limit")
    if f.get("within_limit") is None:
        return []
    minutes = known_amount(f, "walking_limit")
    fields = {
        "share": say.percent(known_amount(f, "within_limit")),
        "minutes": say.number(minutes, 0 if float(minutes).is_integer() else 1),
        "stations": say.count("{n} station", "{n} stations", round(known_amount(f, "stations"))),
        "once": _once(c, say),
    }
    if was is None:
        return [
            say.text("{share} of residents walk at most {minutes} minutes to one of {stations}{once}.", **fields),
        ]
    return [
        say.text(
            "{share} of residents walk at most {minutes} minutes to one of {stations}{once}; today it is {was}.",
            was=say.percent(was),
            **fields,
        )
    ]


def _dear(prices: Path | None, say: Speech) -> list[str]:
    if prices is None:
        return [say.text("The rules of this plan were not priced; “beatplanner prices” does it.")]
    content = read_rule_prices(prices)
    rows = sorted(
        (r for r in content["prices"] if r["feasible"] and r["share"] is not None), key=lambda r: -(r["share"] or 0.0)
    )
    # travel, walks and officers are measured in different things: the dearest rule of each
    dearest = {r["step"]: price_sentence(r, say) for r in reversed(rows)}
    found = [dearest[s] for s in ("beats", "stations", "officers") if s in dearest]
    return found or [say.text("No price could be told.")]


def _orders(c: PlanColumn, today: dt.date, say: Speech) -> list[str]:
    b = c.tables.summary.get("budget")
    if b is None:
        return []
    found: list[str] = []
    rows = list_of(b, "procurement")
    if rows:
        cars = sum(r["number"] for r in rows if r["what"] == "vehicles")
        first = dt.date.fromisoformat(rows[0]["order_by"])
        places = sum(r["what"] != "vehicles" for r in rows)
        things = [say.count("{n} vehicle", "{n} vehicles", cars)] if cars else []
        things += [say.count("{n} station", "{n} stations", places)] if places else []
        late = sum(int(r["number"]) for r in rows if dt.date.fromisoformat(r["order_by"]) < today)
        more = ""
        if late:
            more = say.text(
                "; for {n} of these the day is past, so what is not ordered yet comes late", n=say.number(late)
            )
        elif any(r["before_start"] for r in rows):
            more = say.text(", before the plan starts")
        found.append(
            say.text(
                "To be ordered: {things}, the first by {day}{more}.",
                things=", ".join(things),
                day=say.date(first),
                more=more,
            )
        )
    for row in list_of(b, "donor_ends"):
        falls = sum(row["falls_on"])
        fields = {
            "payer": say.known(row["payer"]),
            "then": say.known(row["then"]),
            "day": say.date(row["on"]),
            "sum": about(falls, say),
            "unit": currency(c),
        }
        found.append(
            say.text(
                "The money of the {payer} ends on {day}; {sum} {unit} of its lines then fall on the {then}.", **fields
            )
            if falls >= 0.5
            else say.text(
                "The money of the {payer} ends on {day}; nothing of its lines then falls on the {then}.",
                **{k: v for k, v in fields.items() if k in ("payer", "day", "then")},
            )
        )
    return found


def _sure(c: PlanColumn, say: Speech) -> list[str]:
    s = c.tables.summary
    found = [
        say.text("All of its rules are kept.")
        if s.get("feasible")
        else say.text("Not all of its rules are kept, see above.")
    ]
    known = {step: amount(c.figures, f"{step}_gap") for step in STEP_NAMES}
    gaps = [
        f"{say.text(STEP_NAMES[step])} {gap_said(gap, say.percent)}" for step, gap in known.items() if gap is not None
    ]
    if gaps:
        found.append(
            say.text(
                "As far as it can be checked, the best possible plan is better by at most so much of this one's objective: {gaps}; “beatplanner verify” checks every figure.",
                gaps=", ".join(gaps),
            )
        )
    found += left_out_of_bound(c.tables, say)
    forum = c.rules.forum
    if forum is not None and forum.contact:
        contact, until = say.own(forum.contact), forum.objections_until
        found.append(
            say.text("Objections go to {contact} until {day}.", contact=contact, day=say.date(until))
            if until
            else say.text("Objections go to {contact}.", contact=contact)
        )
    return found
