"""The forum pack: gated, then written in each language as PDF, map, Word pages, picture and tables."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from beatplanner.data.description.listed_ids import keys_as_known
from beatplanner.data.description.read import read_description
from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.output_place import delete_files, make_folder, written_anew
from beatplanner.data.publish.before_planning import check_publishing, decided_too_early
from beatplanner.data.publish.force_language import paper_speech
from beatplanner.data.publish.privacy_report import add_privacy
from beatplanner.data.publish.public.figures import Register, UnregisteredNumberError
from beatplanner.data.publish.public.forum_files import write_json
from beatplanner.data.publish.public.plan import PublicMeeting
from beatplanner.data.publish.report_section import LEVEL_NAMES, ForumBudget, forum_costs, put_section, rules_of_pack
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.draft_reason import Reason, draft_sentences
from beatplanner.data.result.folder import PEOPLE, read_result
from beatplanner.data.result.manifest import renew_manifest
from beatplanner.data.result.moved_project import refuse_other_project
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.qgis_project import GROUND, write_ground, write_qgis_project
from beatplanner.data.result.verdict import CheckerFound
from beatplanner.data.side_work import SideWork, page_progress
from beatplanner.data.town.forum_tables import consented, read_forum_tables
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.beat_facts import forum_tables_of
from beatplanner.planning.forum.forums import LEVELS, Meeting, meetings_of
from beatplanner.planning.forum.no_pack import write_card_alone
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.languages import (
    Language,
    LanguageWritten,
    content_in,
    write_papers_alone,
    write_papers_in,
    write_screens_alone,
    write_sheets_alone,
)
from beatplanner.planning.forum.public.maps import Maps
from beatplanner.planning.forum.public.press import Press
from beatplanner.planning.forum.public.sheet_frames import sheet_frames
from beatplanner.planning.forum.public.small_files import write_records
from beatplanner.planning.forum.public.street_beats import traced_streets
from beatplanner.planning.forum.public_plan import card_of, public_plan, public_tables, settings_of
from beatplanner.planning.forum.public_posts import posted
from beatplanner.planning.progress import MAPS, PACK, amounts_of, only_forward
from beatplanner.planning.proof import Progress, silent

if TYPE_CHECKING:
    # the gate's optimizer is loaded where there is a pack
    from beatplanner.planning.forum.audit import AuditCheck
    from beatplanner.planning.forum.pack_figures import PackFigures

STOPPED = "stopped.json"
# The gate's own record, which stays in the office.
RECORD = "privacy.json"


def write_pack(
    folder: Path,
    tables: PlanTables,
    town: Town,
    *,
    verdict: CheckerFound | None,
    day: dt.date | None = None,
    into: Path | None = None,
    side: SideWork | None = None,
    progress: Progress = silent,
    report: Callable[[], object] = lambda: None,
) -> list[Note]:
    """Write a plan's forum pack into the folder ``forum`` of its result.

    Parameters
    ----------
    folder
        The result folder; what its folder ``forum`` holds is replaced.
    tables, town
        The plan and its town.
    verdict
        ``ok`` and ``checks`` of `verify`.
    day
        On which the pack is made; today where none is given.
    into
        Another folder for the pack, to be swapped in by the caller.
    side, progress
        Other processes, which write some of the languages, and who is told what is written.
    report
        Called before something is added to the result's ``report.html``, which may still be in the making.

    Returns
    -------
    list of Note
        Problems for which the pack was stopped; empty where it was written.

    Raises
    ------
    InputError
        Where a table of the section ``[forum]`` cannot be used.
    """
    forum = into or folder / "forum"
    if tables.beats is None:
        write_card_alone(forum, tables, town, verdict)
        return []
    make_folder(forum)
    delete_files(forum)
    rules = town.description.forum or Forum()
    day = day or dt.datetime.now().astimezone().date()
    from beatplanner.data.rounding import rounded_counts
    from beatplanner.planning.forum.pack_figures import decide
    from beatplanner.planning.forum.published import read_published_pack
    from beatplanner.planning.forum.statement_attack import budget_tells
    from beatplanner.planning.forum.themes import themes_of
    from beatplanner.planning.forum.work_statements import without_narrowing_work

    early = decided_too_early(town.description, _made_on(tables, day))
    if early:
        mend = "Make the pack of the plan that was decided upon (“beatplanner pack FOLDER”), or leave decided_on out until this one is"
        return _stopped(forum, [early], mend)
    extra = forum_tables_of(town, tables)
    earlier = [read_published_pack(town.description.path(p)) for p in rules.published_before]
    plan = public_plan(tables, _accepted(town, tables), verdict)
    figures = decide(tables, town, rules, earlier, plan)
    if figures.leaks:
        return _stopped(forum, figures.leaks)
    plan, limit = without_narrowing_work(plan, tables, town, figures, themes_of(town, rules)[0]), plan.deviation_limit
    register, key = Register(), secrets.token_bytes(32)
    press = Press(forum, register)
    card = card_of(tables, town.description, extra, verdict, key)
    if plan.deviation_limit != limit:
        # a rule that is told to be kept tells the same
        card = card.without_rule("tolerance")
    moved = town.description.beats.max_moved if town.description.beats else None
    if moved is not None and figures.residents.cells:
        people = rounded_counts(tables.units["population"].to_numpy(float))
        if budget_tells(figures.residents.cells, figures.areas, moved, people, figures.threshold):
            card = card.without_rule("max_moved")
    common: dict[str, Any] = {
        "plan": plan,
        "figures": figures.public,
        "meetings": [_public_meeting(m) for m in meetings_of(tables, town, extra)],
        "posted": posted(tables, extra, town, day),
        "tables": (shown := public_tables(extra)),
        "traced": traced_streets(plan, shown),
        "settings": settings_of(rules),
        "card": card,
        "day": day,
        "newest": max((str(d["date"]) for d in card.data if d["date"]), default=None),
        "version": importlib.metadata.version("beatplanner"),
    }
    try:
        write_records(press, *_write_languages(press, common, rules, town, side or SideWork(), only_forward(progress)))
    except UnregisteredNumberError as error:
        return _stopped(forum, [f"a number passed no gate: {error}"])
    _in_qgis(folder, tables, town, extra.waters, common["meetings"], plan.draft)
    record = _record(forum, figures, register, key, day, [p.name for p in earlier])
    write_json(folder / RECORD, record)
    report()
    say = paper_speech(tables.summary)
    put_section(folder / "report.html", "forums", _costs(common["meetings"], tables, town, say))
    put_section(folder / "report.html", "rules of the pack", rules_of_pack(rules.model_dump(mode="json"), say))
    add_privacy(folder / "report.html", record, say)
    faults = [c for c in audit_pack(folder, tables, town, pack=forum) if not c.ok]
    return _stopped(forum, [f"{c.name}: {c.detail}" for c in faults]) if faults else []


def _write_languages(
    press: Press, common: Mapping[str, object], rules: Forum, town: Town, side: SideWork, progress: Progress
) -> tuple[PackContent, list[LanguageWritten]]:
    """Write what is said in languages; return the content in the first one, and what is known of each translation."""
    languages = [
        Language(
            code,
            f".{code}" if number else "",
            rules.terms,
            None if (own := rules.catalogues.get(code)) is None else town.description.path(own),
        )
        for number, code in enumerate(rules.languages)
    ]
    progress(MAPS, None, None, 0.0)
    first = content_in(common, languages[0], press.register)
    maps = Maps(first.plan, first.tables, first.meetings, first.names, first.station_names, sheet_frames(first))
    maps.draw_all(side, amounts_of(progress, MAPS))
    # in parts, so that the last one is small: two processes end one language or three of them together
    papers = [
        side.give(
            write_papers_alone, *(press.folder, common, one, maps), progress=amounts_of(progress, f"{PACK} {one.code}")
        )
        for one in languages[1:]
    ]
    screens = [side.give(write_screens_alone, press.folder, common, language) for language in languages]
    screens.append(side.give(write_sheets_alone, press.folder, common, languages[0]))
    begun = [*papers, *screens]
    try:
        progress(f"{PACK} {languages[0].code}", None, None, 0.0)
        with page_progress(amounts_of(progress, f"{PACK} {languages[0].code}")):
            state, pages = write_papers_in(press.folder, first, maps, languages[0].suffix, side)
        known, begun = [state], [*begun, pages]
        # the last ones are done here while others do those before them
        for task in reversed(screens):
            task.collect()
        for language, task in reversed(list(zip(languages[1:], papers, strict=True))):
            progress(f"{PACK} {language.code}", None, None, 0.0)
            task.collect()
        for register, state in (task.collect() for task in papers):
            press.register.add(register)
            known.append(state)
        for k, (register, state) in enumerate(task.collect() for task in screens):
            press.register.add(register)
            known[k % len(languages)] |= state
        pages.collect()
    except BaseException:
        # where the gate stops one part no other process writes on into the emptied folder
        for task in begun:
            task.drop()
        raise
    return first, [state.as_json() for state in known]


def _public_meeting(meeting: Meeting) -> PublicMeeting:
    fields = asdict(meeting)
    fields.pop("trip_cost")
    return PublicMeeting(**fields)


def _in_qgis(
    folder: Path,
    tables: PlanTables,
    town: Town,
    waters: gpd.GeoSeries | None,
    meetings: Sequence[PublicMeeting],
    reasons: Sequence[Reason],
) -> None:
    """Write the project that QGIS opens, in the force's language, and what it shows beside the plan."""
    rules = town.description.forum or Forum()
    own = rules.catalogues.get(rules.languages[0])
    catalogue = None if own is None else town.description.path(own)
    write_ground(folder / GROUND, tables, waters, _venues(meetings, tables))
    speech = Speech(rules.languages[0], rules.terms, catalogue)
    draft = [speech.text("DRAFT"), " ".join(draft_sentences(reasons, speech))] if reasons else []
    write_qgis_project(folder / "plan.qgs", tables, speech, draft, _accepted(town, tables))


def _accepted(town: Town, tables: PlanTables) -> dict[str, str] | None:
    """Return the made-up places that a person accepted, as the plan writes them, and their names; None where the description has no stations."""
    rules = town.description.stations
    if rules is None or tables.sites is None:
        return None if rules is None else rules.accepted
    return keys_as_known(rules.accepted, tables.sites["station"].astype(str))


def _costs(meetings: Sequence[PublicMeeting], tables: PlanTables, town: Town, say: Speech) -> str:
    """Return the report's section on what forums cost, with what the budget sets aside for them."""
    levels: list[tuple[str, int, int, float]] = []
    for level, name in zip(LEVELS, LEVEL_NAMES, strict=True):
        there = [m for m in meetings if m.level == level]
        if there:
            levels.append((name, len(there), there[0].meetings, sum(m.year_cost for m in there)))
    forum = town.description.forum or Forum()
    return forum_costs(levels, forum.currency, _in_budget(tables, town, forum), say)


def _in_budget(tables: PlanTables, town: Town, forum: Forum) -> ForumBudget | None:
    """Return what the plan's budget counts for forums."""
    money, rules = tables.summary.get("budget"), town.description.budget
    if money is None or rules is None:
        return None
    counted = money.get("forums") or {"rule": "flat price", "flat_price": rules.forum_travel}
    # a rate says how much of the forums' currency is one of the budget's
    exchange = 1.0 if forum.currency == money["currency"] else rules.rates.get(forum.currency, 1.0)
    price = None if counted["rule"] == "ways" else float(counted["flat_price"])
    return ForumBudget(str(money["years"][0]), float(money["lines"]["forums"][0]), money["currency"], exchange, price)


def _venues(meetings: Sequence[PublicMeeting], tables: PlanTables) -> gpd.GeoDataFrame | None:
    """Return where the neighbourhood forums meet."""
    there = [m for m in meetings if m.level == "neighbourhood" and m.venue]
    if not there:
        return None
    rows = {
        "beat": [m.area for m in there],
        "venue": [m.venue for m in there],
        "first": [m.first.isoformat() if m.first else "" for m in there],
    }
    return gpd.GeoDataFrame(
        rows, geometry=gpd.points_from_xy(*zip(*(m.at for m in there), strict=True)), crs=tables.units.crs
    )


def _made_on(tables: PlanTables, day: dt.date) -> dt.date:
    """Return the day on which a plan was made; today's for one of an older version, which does not tell."""
    made_on = tables.summary.get("made_on")
    return dt.date.fromisoformat(str(made_on)) if made_on else day


def check_pack_inputs(town: Town) -> None:
    """Read what a pack will need, before anything is planned.

    Raises
    ------
    InputError
        Where a table of the section ``[forum]``, an earlier pack or a catalogue cannot be used.
    """
    check_publishing(town.description, read_forum_tables(town), photos=False)
    for path in (town.description.forum or Forum()).published_before:
        from beatplanner.planning.forum.published import read_published_pack

        read_published_pack(town.description.path(path))


def remake_pack(folder: Path, *, languages: Sequence[str] = (), day: dt.date | None = None) -> list[Note]:
    """Write the pack of a result anew, from its description as it is now: another language, new consents, new report-back.

    Parameters
    ----------
    folder
        A result folder.
    languages
        In place of the description's.
    day
        As for `write_pack`.

    Raises
    ------
    InputError
        Where the folder is no result, or its description is gone.
    """
    from beatplanner.planning.verification import verify

    tables = read_result(folder)
    if tables.beats is None:
        raise InputError(
            problem("this plan has no beats, so there is nothing to show", "Plan beats first", file=folder)
        )
    refuse_other_project(tables.summary, folder)
    if tables.summary.get("stations", {}).get("homes") and tables.homes is None:
        raise InputError(
            problem(
                "the homes that residents walk from are not beside the plan",
                f"Put {PEOPLE} back into this folder, or plan again",
                file=folder / PEOPLE,
            )
        )
    town = town_of(tables, folder)
    if languages:
        forum = Forum.model_validate(
            {**(town.description.forum or Forum()).model_dump(), "languages": tuple(languages)}
        )
        town = replace(town, description=town.description.model_copy(update={"forum": forum}))
    check_pack_inputs(town)
    found = verify(folder)
    forum = folder / "forum"
    outcome: CheckerFound = {
        "ok": found.ok,
        "checks": len(found.checks),
        "unchecked": [{"name": c.name, "detail": c.detail} for c in found.unchecked],
    }
    with written_anew(forum) as part:
        stopped = write_pack(folder, tables, town, verdict=outcome, day=day, into=part)
    renew_manifest(folder, ["forum/", "plan.qgs", GROUND, "report.html", RECORD])
    return stopped


def town_of(tables: PlanTables, folder: Path) -> Town:
    """Read the town of a result from its description.

    Raises
    ------
    InputError
        Where the description is gone or cannot be used.
    """
    file = Path(str(tables.summary.get("description_file", "")))
    if not file.is_file():
        raise InputError(
            problem(
                f"the plan's description {file} is gone",
                "Put it back where it was, or plan again",
                file=folder / "summary.json",
            )
        )
    town = read_town(read_description(file))
    if [str(u) for u in tables.units["unit"]] != list(town.units["unit"]):
        raise InputError(problem("the units have changed since this plan was made", "Plan again", file=file))
    return town


def audit_pack(
    folder: Path,
    tables: PlanTables | None = None,
    town: Town | None = None,
    others: Sequence[Path] = (),
    pack: Path | None = None,
) -> list[AuditCheck]:
    """Audit a pack with all that its result folder tells; a folder ``forum`` alone is audited as an outsider would.

    Parameters
    ----------
    folder
        A result folder or a pack.
    tables, town
        Read from the folder where they are not given.
    others
        More packs that people have.
    pack
        The pack, where it does not lie in the result folder yet.
    """
    from beatplanner.data.rounding import rounded_counts
    from beatplanner.planning.forum.audit import audit
    from beatplanner.planning.forum.forum_costs import check_costs, cost_rows
    from beatplanner.planning.forum.published import read_published_pack
    from beatplanner.planning.forum.statement_attack import check_texts

    if tables is None and (folder / "plan.gpkg").is_file() and (folder / "summary.json").is_file():
        tables = read_result(folder)
    if tables is None:
        packs = [read_published_pack(p) for p in (folder, *others)]
        return [*audit(folder, others), *check_texts(packs, packs[0].areas)]
    if town is None:
        try:
            town = town_of(tables, folder)
        except InputError:
            town = None
    counts = None
    if tables.units["population"].notna().all():
        counts = rounded_counts(tables.units["population"].to_numpy(float))
    officers = [] if tables.roster is None else [str(o) for o in tables.roster["officer"]]
    groups = [c.removeprefix("group_") for c in tables.units.columns if c.startswith("group_")]
    named: list[str] = []
    if town is not None:
        rules = town.description.forum or Forum()
        others = [*others, *(town.description.path(p) for p in rules.published_before)]
        day = dt.datetime.now().astimezone().date()
        for officer, shown in consented(read_forum_tables(town), day).items():
            named += [str(officer), str(shown["name"] or officer)]
    checks = audit(pack or folder, others, counts, officers, named, groups, folder / RECORD)
    packs = [read_published_pack(p) for p in (pack or folder, *others)]
    # what is being written passed the gate a moment ago
    if pack is None or others:
        rows: list[Any] = []
        if town is not None and counts is not None and tables.beats is not None:
            what = (packs, packs[0].areas, tables, town, read_forum_tables(town), counts)
            checks.append(check_costs(*what))
            rows = cost_rows(*what)
        checks += check_texts(packs, packs[0].areas, tables, counts, rows)
    return checks


LEAK = "Leave the earlier pack or scenario out where nobody has it, merge the small area into a neighbour, or draw the line elsewhere"


def _stopped(forum: Path, leaks: Sequence[str], mend: str = LEAK) -> list[Note]:
    """Leave no file of the pack, and say why."""
    delete_files(forum)
    notes = [problem(f"the forum pack was stopped: {leak}", mend, field="forum") for leak in leaks]
    write_json(
        forum / STOPPED,
        {"stopped": True, "reason": "the privacy gate failed; the plan's run says where" if mend == LEAK else leaks[0]},
    )
    return notes


def _record(
    forum: Path, figures: PackFigures, register: Register, key: bytes, day: dt.date, earlier: list[str]
) -> dict[str, object]:
    """Return what the gate decided, the register of published numbers, and the hash of every file: for the office."""
    return {
        "version": 2,
        "made_on": day.isoformat(),
        "threshold": figures.threshold,
        "period": figures.period,
        "themes_left_out": figures.left_out,
        "sensitive": sorted(figures.sensitive),
        "published_before": earlier,
        "tables": {
            what: {
                "figures": len(g.values),
                "hidden": g.hidden,
                "small": g.small,
                "information_lost": round(g.lost, 4),
                "small_areas_between_lines": list(g.slivers),
            }
            for what, g in figures.gates.items()
        },
        "seal_key": key.hex(),
        "files": {p.name: file_hash(p) for p in sorted(forum.iterdir()) if p.is_file()},
        "register": register.as_json(),
    }
