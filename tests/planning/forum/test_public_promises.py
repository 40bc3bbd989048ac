"""What the pack promises is what was measured: each broken promise is planted and must not be printed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import docx
import geopandas as gpd
import pandas as pd
import pytest
from paper_texts import pages_of

from beatplanner.data.errors import InputError
from beatplanner.data.publish.before_planning import date_problems, decided_too_early
from beatplanner.data.publish.everything import write_papers
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.draft import draft_reasons, unsolved_steps
from beatplanner.data.result.draft_reason import Reason, draft_sentences
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.postings import changes_of, stays_of
from beatplanner.data.result.station_names import station_names
from beatplanner.data.result.styles import layer_styles
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.planning.forum.forum_pack import town_of, write_pack
from beatplanner.planning.forum.public_plan import public_plan
from beatplanner.planning.forum.public_posts import officer_facts
from beatplanner.planning.verification import verify
from conftest import write_grid_town

TODAY = dt.datetime.now().astimezone().date()


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    from beatplanner.planning.whole.run import run

    town = write_grid_town(tmp_path_factory.mktemp("promised"))
    town.path("contacts.csv").write_text("area,phone,post\n,070 100,P.O. box 1\n", encoding="utf-8")
    text = town.project.read_text(encoding="utf-8")
    forum = '\n[forum]\ncontacts = "contacts.csv"\nmap_url = "https://town.example/map.html"\nsources = { units = { name = "Census", as_of = 1990 } }\n'
    town.project.write_text(text + forum, encoding="utf-8")
    run(town.project, town.folder / "plan")
    return town


def planted(tables, rows):
    """Return a plan whose postings are these: officer, beat, post, start, end."""
    frame = pd.DataFrame(rows, columns=["officer", "beat", "post", "start", "end"]).assign(requires="")
    beats = tables.beats.assign(posts=2)
    summary = {**tables.summary, "rules": {**tables.summary["rules"]}}
    summary["rules"]["officers"] = {
        **summary["rules"]["officers"],
        "start": "2027-01-01",
        "years": 5,
        "min_tenure_months": 36,
    }
    roster = tables.roster.assign(beat=None, since=None)
    return replace(tables, assignments=frame, beats=beats, summary=summary, roster=roster)


def rows_of(tables):
    """Return postings: a beat with a change without a common day, one with 31 days together, one with a gap, one without a successor."""
    a, b, c, d = (str(x) for x in tables.beats["beat"])
    end = "2032-01-01"
    return [
        ("P1", a, 1, "2027-01-01", "2027-09-01"),
        ("P2", a, 1, "2027-09-01", end),
        ("P3", a, 2, "2027-01-01", end),
        ("P4", b, 1, "2027-01-01", "2030-09-01"),
        ("P5", b, 1, "2030-08-01", end),
        ("P6", c, 1, "2027-01-01", "2028-01-01"),
        ("P7", c, 1, "2028-02-01", end),
        ("P8", d, 1, "2027-01-01", "2031-01-01"),
        ("P9", d, 2, "2027-03-01", end),
    ]


def test_changes_and_stays_are_counted_from_the_postings(planned):
    tables = read_result(planned.folder / "plan")
    tables = planted(tables, rows_of(tables))
    found = {(c.leaves, c.comes): (c.days_together, c.days_vacant) for c in changes_of(tables)}
    assert found == {
        ("P1", "P2"): (0, 0),
        ("P4", "P5"): (31, 0),
        ("P6", "P7"): (0, 31),
        ("P8", None): (0, 365),
        (None, "P9"): (0, 59),
    }
    assert {s.officer: s.months for s in stays_of(tables) if s.ends} == {"P1": 8, "P4": 44, "P6": 12, "P8": 48}
    facts = officer_facts(tables)
    assert (facts.handovers, facts.together, facts.leaving, facts.served) == (3, 1, 4, 2)


def test_no_broken_promise_is_printed(planned):
    folder = planned.folder / "plan"
    tables = read_result(folder)
    town = town_of(tables, folder)
    tables = planted(tables, rows_of(tables))
    # one beat has one and a half times the work of another for each officer
    hours = tables.beats["workload"].to_numpy(float).copy()
    hours[:] = 1044.0
    hours[0] = 1560.0
    uneven = tables.beats["deviation"].to_numpy(float).copy()
    uneven[0] = 0.42
    # and nobody walks from its places to a station
    first = tables.units["beat"].astype(str) == str(tables.beats["beat"].iloc[0])
    assert tables.homes is None and first.any()
    units = tables.units.assign(
        station=tables.units["station"].astype(object).mask(first, None),
        walk_minutes=tables.units["walk_minutes"].mask(first),
    )
    tables = replace(tables, beats=tables.beats.assign(workload=hours, deviation=uneven), units=units)
    assert write_pack(folder, tables, town, verdict=None) == []
    document = docx.Document(str(folder / "forum" / "beat_pages.docx"))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    pages = "\n".join([*(p.text for p in document.paragraphs), *cells])
    for said in (
        # nobody of them consented: the month is told, and of a change what holds whatever the day was
        "last month: August 2027, successor from 1 September 2027",
        "last month: August 2030, successor from 1 August 2030, for some time together",
        "last month: December 2027, successor from 1 February 2028; the post is empty for some time",
        "last month: December 2030, no successor is planned yet",
        "This post is not filled yet. A new officer begins on 1 March 2027.",
        "no change is planned",
        "Telephone of the officers: 070 100. Post to: P.O. box 1.",
        "No station can be reached on foot from here.",
    ):
        assert said in pages, said
    assert "last day" not in pages and "days together" not in pages
    page = re.sub(r"<[^>]*>", " ", (folder / "forum" / "map.html").read_text(encoding="utf-8"))
    paper = " ".join(pages_of(folder / "forum" / "pack.pdf"))
    everything = pages + (folder / "forum" / "questions.csv").read_text(encoding="utf-8-sig") + page
    everything += " ".join(paper.split())
    for rule in (
        "work together for one month",
        "at least until",
        "always has the same",
        "stays in a beat for at least",
    ):
        assert rule not in everything, rule
    assert "until 1 January 2032" not in everything
    assert "up to 50% more hours of work" in everything
    # the measure in wide steps, and not the rule
    assert "differs by more than 45% from the mean" in everything and "more than 25% from" not in everything
    assert (
        "Of 4 officers who leave a beat in the time of the plan, 2 have then served there for at least 36 months."
        in everything
    )
    assert "In 1 of 3 changes the old and the new officer work together" in everything


def test_only_maps_and_indexes_of_the_pack_are_promised(planned):
    folder = planned.folder / "plan"
    tables = read_result(folder)
    town = town_of(tables, folder)
    without = replace(tables, units=tables.units.assign(current=None))
    assert write_pack(folder, without, town, verdict=None) == []
    cover = " ".join(pages_of(folder / "forum" / "pack.pdf")[0].split())
    assert "today and as planned" not in cover and "What changes" not in cover and "each street" not in cover
    assert "A map of the town as planned" in cover
    # as the force declares it, and never the day on which the file was written
    assert "1990" not in cover
    said = " ".join(" ".join(pages_of(folder / "forum" / "pack.pdf")).split())
    assert "Census 1990" in said
    assert "units.gpkg" not in said
    # a source that was declared is told beside each map, and what the plan lacks is said on the sheet of a beat
    # and with what it is as of, never with the newest day of records that have another source
    assert "Source: Census. Newest data of 1990." in said and "Newest data of 2" not in said
    assert "sources of the data are not declared" not in said
    assert "Which beats there are today was not declared for this plan." in said
    bare = replace(without, assignments=None)
    forum = town.description.forum.model_copy(update={"sources": {}})
    silent = replace(town, description=town.description.model_copy(update={"forum": forum}))
    assert write_pack(folder, bare, silent, verdict=None) == []
    said = " ".join(" ".join(pages_of(folder / "forum" / "pack.pdf")).split())
    assert "Officers are not planned here yet." in said and "The sources of the data are not declared." in said


def test_why_a_plan_is_a_draft_stands_once():
    """One threshold, of bounds that somebody can check; broken rules leave a step unsolved; the same sentences on every page."""
    claimed = {"status": "feasible", "objective": 100.0, "gap": 0.01, "certified": False, "certified_bound": 80.0}
    summary = {
        "beats": claimed,
        "stations": {**claimed, "certified_bound": 95.0},
        "officers": {"status": "infeasible", "objective": 1.0, "gap": 0.0},
    }
    unsolved = unsolved_steps(summary)
    # the search claims 1 % and what can be checked of it is 20 %
    assert unsolved == [Reason("unchecked", "beats", 0.2), Reason("unsolved", "officers")]
    summary["beats"] = {**claimed, "gap": 0.2}
    unsolved = unsolved_steps(summary)
    assert unsolved == [Reason("gap", "beats", 0.2), Reason("unsolved", "officers")]
    assert unsolved_steps({"beats": {**claimed, "planned": False}}) == []
    assert draft_sentences([*unsolved, Reason("sites", value=2)], Speech("en")) == [
        "Beats: a plan that is better by up to 20.0% may exist.",
        "Officers: it is not known how far this is from the best plan.",
        "The places of 2 stations are still to be chosen.",
    ]
    assert "Реони" in draft_sentences(unsolved, Speech("mk"))[0]


def test_a_draft_says_so_and_the_checker_knows(planned):
    import json

    folder = planned.folder / "plan"
    tables = read_result(folder)
    town = town_of(tables, folder)
    bad = {**tables.summary, "officers": {**tables.summary["officers"], "gap": 0.2, "certified": True}}
    assert Reason("gap", "officers", 0.2) in draft_reasons(replace(tables, summary=bad))
    unsolved = {**bad, "officers": {**bad["officers"], "gap": None}}
    assert Reason("unsolved", "officers") in draft_reasons(replace(tables, summary=unsolved))
    made_up = replace(tables, sites=tables.sites.assign(state="generated"))
    count = len(tables.stations)
    assert Reason("sites", value=count) in draft_reasons(made_up)
    chosen = [str(s) for s in tables.stations["station"]]
    assert not [r for r in draft_reasons(made_up, dict.fromkeys(chosen, "Library")) if r.kind == "sites"]
    plan = public_plan(made_up, {chosen[0]: "Old library"})
    assert plan.stations["name"].iloc[0] == "Old library" and list(plan.stations["name"].iloc[1:]) == [None] * (
        count - 1
    )
    assert write_pack(folder, made_up, town, verdict=None) == []
    forum = folder / "forum"
    assert "DRAFT" in (forum / "map.html").read_text(encoding="utf-8")
    head = docx.Document(str(forum / "beat_pages.docx")).sections[0].header.paragraphs[0].text
    assert head.startswith("DRAFT") and "still to be chosen" in head
    pages = pages_of(forum / "pack.pdf")
    assert all("DRAFT" in p for p in pages)
    assert "still to be chosen" in " ".join(" ".join(pages).split())
    # what stays inside says it too
    write_papers(folder, made_up)
    stated = station_names(made_up)
    assert all(n.startswith("a place near ") and n.endswith(", still to be chosen") for n in stated.values())
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert all(n in report for n in stated.values())
    # QGIS names the place as the pack does, in its language
    assert all(n in layer_styles(made_up)["stations"] for n in stated.values())
    assert all(
        n in layer_styles(made_up, Speech("mk"))["stations"] for n in station_names(made_up, Speech("mk")).values()
    )
    given = layer_styles(made_up, accepted=dict.fromkeys(chosen, "Jo's library"))["stations"]
    assert "Jo''s library" in given and "still to be chosen" not in given
    assert "DRAFT</b>" in (folder / "report.html").read_text(encoding="utf-8")
    for job in (folder / "job_descriptions").glob("*.docx"):
        assert docx.Document(str(job)).sections[0].header.paragraphs[0].text.startswith("DRAFT. ")
    assert not {str(s) for s in made_up.stations["station"]} & {
        str(s) for s in gpd.read_file(forum / "public.gpkg", layer="stations")["station"]
    }
    # a pack that keeps silent about it is told by the checker
    card = json.loads((forum / "run_card.json").read_text(encoding="utf-8"))
    (forum / "run_card.json").write_text(json.dumps({**card, "draft": []}), encoding="utf-8")
    stated = next(c for c in verify(folder).checks if c.name == "forum.draft")
    real = {(r.kind, r.step) for r in draft_reasons(tables)}
    assert stated.ok == (not real)
    (forum / "run_card.json").write_text(
        json.dumps({**card, "draft": [{"kind": "gap", "step": "stations", "value": 0.4}]}), encoding="utf-8"
    )
    assert not next(c for c in verify(folder).checks if c.name == "forum.draft").ok


def test_dates_that_cannot_be_are_told(planned, command):
    tables = read_result(planned.folder / "plan")
    town = town_of(tables, planned.folder / "plan")
    d = town.description
    extra = read_forum_tables(town)

    def answer(**keys):
        forum = d.forum.model_copy(update=keys)
        found = date_problems(d.model_copy(update={"forum": forum}), extra, TODAY)
        return " ".join(str(n) for n in found)

    first = d.forum.neighbourhood.model_copy(update={"first": dt.date(2027, 2, 1)})
    assert "before the first forum on 2027-02-01" in answer(objections_until=dt.date(2027, 1, 31), neighbourhood=first)
    assert answer(objections_until=dt.date(2027, 2, 1), neighbourhood=first) == ""
    assert "nobody who decided" in answer(decided_on=TODAY)
    future = type(next(iter(d.forum.sources.values())))(as_of=TODAY.year + 1)
    assert "lie in the future" in answer(sources={"units": future})
    known = type(future)(as_of=1990)
    assert "no section “unit”. Did you mean “units”?" in answer(sources={"unit": known})
    assert "no key “curent” in [beats]. Did you mean “current”?" in answer(sources={"beats.curent": known})
    assert answer(sources={"beats.current": known}) == ""
    early = d.model_copy(update={"forum": d.forum.model_copy(update={"decided_on": TODAY - dt.timedelta(days=3)})})
    assert "the plan was made later" in decided_too_early(early, TODAY)
    assert decided_too_early(early, TODAY - dt.timedelta(days=3)) == ""
    kept = planned.project.read_text(encoding="utf-8")
    try:
        day = TODAY - dt.timedelta(days=3)
        planned.project.write_text(kept + f'decided_by = "the council"\ndecided_on = {day}\n', encoding="utf-8")
        code, _, error = command("pack", planned.folder / "plan")
        assert code == 1 and "was made later" in error
        _, answer, error = command("check", planned.project)
        assert f"is not the one that was decided on {day}, so its pack will be stopped" in " ".join(
            (answer + error).split()
        )
    finally:
        planned.project.write_text(kept, encoding="utf-8")
    with pytest.raises(InputError, match="before the first forum"):
        raise InputError(
            *date_problems(
                d.model_copy(
                    update={
                        "forum": d.forum.model_copy(
                            update={"objections_until": dt.date(2027, 1, 1), "neighbourhood": first}
                        )
                    }
                ),
                extra,
                TODAY,
            )
        )


def test_a_beat_and_a_last_day_are_the_same_in_every_file(planned):
    """A beat is called alike in the pack, the workbook, the calendar and the job descriptions, and a last day is the last one everywhere."""
    import csv

    import icalendar
    import openpyxl

    from beatplanner.data.result.names import beat_title

    folder = planned.folder / "plan"
    tables = read_result(folder)
    town = town_of(tables, folder)
    assert town.description.forum is not None
    # a rule of the pack that came after the plan: the report tells those that the pack was made by, once
    rules = town.description.forum.model_copy(update={"contact": "later@town.example"})
    town = replace(town, description=town.description.model_copy(update={"forum": rules}))
    assert write_pack(folder, tables, town, verdict=None) == []
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert report.count("Rules of the forum pack") == report.count("forum.contact<") == 1
    assert "forum.contact</th><td>later@town.example" in report
    titles = {
        str(b): beat_title(str(b), str(n)) for b, n in zip(tables.beats["beat"], tables.beats["name"], strict=True)
    }
    book = openpyxl.load_workbook(folder / "officers.xlsx")
    last = {}
    for officer, beat, name, _post, first, until, *_ in book["Postings"].iter_rows(min_row=2, values_only=True):
        assert isinstance(beat, int) and name == titles[str(beat)]
        last[officer, str(beat), first.date().isoformat()] = until.date()
    for row in tables.assignments.itertuples(index=False):
        end = dt.date.fromisoformat(str(row.end))
        assert last[str(row.officer), str(row.beat), str(row.start)] == end - dt.timedelta(days=1)
    for name, *_ in book["Handovers"].iter_rows(min_row=2, values_only=True):
        assert name in titles.values()
    for event in icalendar.Calendar.from_ical((folder / "handovers.ics").read_bytes()).walk("VEVENT"):
        assert any(t in str(event["summary"]) for t in titles.values())
        assert str(event["transp"]) == "TRANSPARENT" and str(event["description"])
        assert event["dtstamp"].dt <= dt.datetime.now(dt.UTC)
    forum = folder / "forum"
    rows = list(csv.DictReader((forum / "forums.csv").open(encoding="utf-8-sig")))
    assert {r["name"] for r in rows if r["level"] == "neighbourhood"} == {f"Beat {t}" for t in titles.values()}
    page = (forum / "map.html").read_text(encoding="utf-8")
    heads = [p.text for p in docx.Document(str(forum / "beat_pages.docx")).paragraphs if p.style.name == "Heading 1"]
    for title in titles.values():
        assert f'<th scope="row" role="rowheader">{title}</th>' in page
        assert any(h.startswith(f"Beat {title}") for h in heads)
        assert list((folder / "job_descriptions").glob(f"{title} post *.docx"))
    # how often a forum meets is one number, too
    (meets,) = {int(r["meetings_a_year"]) for r in rows if r["level"] == "neighbourhood"}
    job = docx.Document(str(next((folder / "job_descriptions").glob("*.docx"))))
    assert any(f"{meets} meetings a year" in p.text for p in job.paragraphs)
