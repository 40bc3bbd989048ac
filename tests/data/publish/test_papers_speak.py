"""The papers that a force itself holds speak its language, the first of its forums: report, job descriptions, workbook; and tell a gap alike."""

import json
import re
import shutil
import subprocess
import sys
from html import unescape

import browser
import docx
import openpyxl
import pypdf
import pytest
from babel.messages.pofile import read_po

from beatplanner.data.publish.answer_report import LARGEST, SMALLEST, print_size, write_answer
from beatplanner.data.publish.blocked_words import blocked_in_words
from beatplanner.data.publish.comparison_words import in_words, label_said
from beatplanner.data.publish.force_language import content_speech, own_words, paper_speech
from beatplanner.data.publish.job_descriptions import default_template, template_texts, write_jobs
from beatplanner.data.publish.officers_pack import _figures_sheet, names
from beatplanner.data.publish.report import proof_in_words, write_report
from beatplanner.data.publish.sentence_templates import in_language
from beatplanner.data.publish.templates import check_job_template
from beatplanner.data.publish.translation import IN_PAPERS, LOCALES, Speech
from beatplanner.data.result.draft_reason import gap_said, gap_words
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.run_card import card_rows
from beatplanner.data.result.supervision import AS_ONE, FORCE, missing_supervisors, supervision_rows
from beatplanner.planning.compare.answer import answers
from beatplanner.ui.desktop.panels.run_chart import Series
from beatplanner.ui.words import progress_line
from beatplanner.ui.words import proof_in_few_words as at_the_console
from conftest import ROOT, write_grid_town

sys.path.insert(0, str(ROOT / "docs"))
import catalogues

OTHERS = [code for code in IN_PAPERS if code != "en"]
ENGLISH = re.compile(
    r"\b(?:the|of|and|is|are|with|which|from|by|beat|beats|officer|officers|hours|residents|missing|year)\b"
)


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_a_paper_is_translated_with_the_same_values(language):
    with (catalogues.PAPERS / f"{language}.po").open("rb") as stream:
        found = read_po(stream, locale=language)
    wanted = catalogues.paper_messages()
    assert {m.id for m in found if m.id} == set(wanted)
    for message in wanted:
        known = found.get(message[0] if isinstance(message, tuple) else message)
        said = known.string if isinstance(known.string, tuple | list) else [known.string]
        english = message[-1] if isinstance(message, tuple) else message
        assert all(said) and holes(said[-1]) == holes(english), message
        assert len(said) == (found.num_plurals if isinstance(message, tuple) else 1)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    from beatplanner.planning.whole.run import run

    town = write_grid_town(tmp_path_factory.mktemp("papers"))
    more = (
        '\n[forum]\nlanguages = ["mk"]\n[forum.terms]\n"Grid" = { mk = "Град на мрежа" }\n"Beat" = { mk = "Рејонче" }\n'
    )
    town.project.write_text(town.project.read_text("utf-8") + more, encoding="utf-8")
    run(town.project, town.folder / "plan", pack=False)
    return town.folder / "plan"


def page_text(page: str) -> str:
    page = re.sub(r"(?s)<(script|style|code|details)\b.*?</\1>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_report_and_job_descriptions_speak_the_forces_language(planned, tmp_path):
    tables = read_result(planned)
    report = (planned / "report.html").read_text("utf-8")
    said = page_text(report)
    assert '<html lang="mk">' in report and "⟦" not in report
    assert "Сите правила се исполнети." in said and "Рејонче" in said and "Што е докажано" in said
    # names of files and of the town's own columns stay as they are
    plain = re.sub(r"\S+\.(?:csv|gpkg|md)\S*|“[^”]*”|„[^“]*“|[A-Z][\w.-]*", " ", said.partition("Сомнежи")[0])
    assert not ENGLISH.search(plain), plain
    jobs = sorted((planned / "job_descriptions").glob("*.docx"))
    assert jobs and all(" место " in p.stem for p in jobs)
    text = "\n".join(p.text for p in docx.Document(str(jobs[0])).paragraphs)
    assert text.startswith("Полицаец во заедницата, ") and "{" not in text and "Задача" in text
    assert not ENGLISH.search(re.sub(r"[A-Z]\w*", "", text)), text
    # where a language lacks the texts of papers, all of a paper is English
    tables.summary["rules"]["forum"]["languages"] = ["ro"]
    write_report(tmp_path / "report.html", tables)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert '<html lang="en">' in page and "All rules are met." in page and "⟦" not in page


def test_what_the_program_calls_beats_and_places_by_is_in_the_language_too(planned, tmp_path):
    tables = read_result(planned)
    tables.beats["name"] = "Beat " + tables.beats["beat"].astype(str)
    tables.sites["state"] = "generated"
    write_report(tmp_path / "report.html", tables)
    page = page_text((tmp_path / "report.html").read_text("utf-8"))
    assert "Рејонче 1 " in page and "Beat 1" not in page and "still to be chosen" not in page
    write_jobs(tmp_path / "jobs", tables, names(tables))
    first = docx.Document(str(sorted((tmp_path / "jobs").glob("*.docx"))[0]))
    assert not [p.text for p in first.paragraphs if "still to be chosen" in p.text]


@pytest.mark.parametrize("language", ["en", "mk", "sq", "ro"])
def test_an_answer_in_parliament_speaks_the_forces_language(language, planned, tmp_path):
    """A page is in one language, its draft, prices and lists too; where a language lacks the texts of papers it is English."""
    folder = shutil.copytree(planned, tmp_path / "plan")
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    summary["rules"]["forum"]["languages"] = [language]
    summary["rules"]["forum"] |= {"contact": "a@b.example", "objections_until": "2027-05-31"}
    summary["officers"]["appeals"] = {"upheld": 1, "rejected": 2, "open": 0}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    words = {"rule": ["Balance within ±{share}", {"share": 0.05}], "how": ["without it", {}]}
    row = {"feasible": True, "share": 0.1, "step": "beats", "key": "beats.tolerance", "words": words}
    row |= {"at_least": 1.0, "at_most": 2.0, "without": 10.0, "metres": None, "minutes": None, "sentence": "Rules."}
    (tmp_path / "prices.json").write_text(json.dumps({"prices": [row]}), encoding="utf-8")
    content = answers(folder, leave=21, prices=tmp_path)
    write_answer(tmp_path / "answer.html", content)
    page = (tmp_path / "answer.html").read_text("utf-8")
    text = re.sub(r"a@b.example|beatplanner|[„“][^“”]*[“”]", " ", page_text(page))
    assert "⟦" not in page and "{" not in text
    if language in OTHERS:
        assert f'<html lang="{language}">' in page and not ENGLISH.search(text), text
        assert (
            Speech(language).with_papers().count("What if {n} officer leaves?", "What if {n} officers leave?", 21)
            in page
        )
        assert Speech(language).date("2027-05-31").rstrip(".") in page
    else:
        assert '<html lang="en">' in page and "Objections go to a@b.example until 31 May 2027." in page
        assert "Balance within ±5% costs 10.0% more travel" in page


@pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")
def test_an_answer_in_parliament_is_one_sheet_of_paper(tmp_path):
    """It took two sheets in every language."""
    text = "Од тоа плаќаат: министерство 41,0 милиони, општина 5,03 милиони, донатор 120.000 MKD. " * 3
    content = {
        "language": "mk",
        "title": "Град: одговори",
        "lead": "Секоја бројка е од планот.",
        "draft_title": "НАЦРТ",
    }
    content |= {"draft": ["Не се знае."] * 3, "draft_more": "И уште 1.", "foot": "Изработено со beatplanner."}
    write_answer(tmp_path / "a.html", content | {"answers": [{"question": "Колку чини?", "text": [text]}] * 14})
    command = [browser.CHROMIUM, "--headless=new", "--no-sandbox", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={tmp_path / 'user'}", f"--print-to-pdf={tmp_path / 'a.pdf'}"]
    subprocess.run([*command, (tmp_path / "a.html").as_uri()], check=True, capture_output=True)
    assert len(pypdf.PdfReader(tmp_path / "a.pdf").pages) == 1
    # little is told in the largest letters, and nothing makes them smaller than can be read
    assert print_size(["short"], 3) == LARGEST and print_size([text * 99], 14) == SMALLEST


def test_a_run_card_calls_the_force_and_its_town_by_their_own_words():
    """The workbook of officers named the office in English, where the pack had the force's own word for it."""
    summary = {"project": "Grid", "seed": 1, "rules": {"forum": {"made_by": "Office"}}}
    say = Speech("mk", {"Office": {"mk": "Одделение"}, "Grid": {"mk": "Град"}})
    rows = dict(card_rows(summary, say=say.text, percent=say.percent, known=say.known))
    assert "Одделение" in rows.values() and "Град" in rows[say.text("Plan")]
    assert "Office" in dict(card_rows(summary)).values()


def test_a_list_that_is_cut_short_says_so_in_its_language():
    assert Speech("mk").listed("abcde", 3) == "a, b, c и уште 2"
    assert Speech("en").listed("abc", 3) == "a, b, c" and Speech("en").listed("abcd", 3) == "a, b, c and 1 more"
    blocked = {
        "pilots": list("abcdef"),
        "proven": True,
        "start": "2027",
        "lacks": [],
        "waiting": 0,
        "prices_of": "2027",
    }
    assert "a, b, c, d и уште 2" in blocked_in_words(blocked, "EUR", Speech("mk"))


def test_a_forces_own_template_stays_and_the_programs_is_written_in_a_language(tmp_path, planned):
    for language in IN_PAPERS:
        file = tmp_path / f"{language}.docx"
        file.write_bytes(default_template(paper_speech({"rules": {"forum": {"languages": [language]}}})))
        check_job_template(file)
    assert len(template_texts()) > 20
    own = docx.Document(str(tmp_path / "en.docx"))
    own.paragraphs[0].text = "Our own head, {{ beat_name }}: {{ stations }}"
    own.save(str(tmp_path / "own.docx"))
    tables = read_result(planned)
    tables.summary["rules"]["officers"]["job_template"] = "own.docx"
    tables.summary["description_file"] = str(tmp_path / "project.toml")
    write_jobs(tmp_path / "jobs", tables, names(tables))
    first = sorted((tmp_path / "jobs").glob("*.docx"))[0]
    assert docx.Document(str(first)).paragraphs[0].text.startswith("Our own head, ")


@pytest.mark.parametrize(
    ("gap", "english", "macedonian"),
    [
        (0.0, "0.00%", "0,00 %"),
        (6e-8, "0.01%", "0,01 %"),
        (4.9e-5, "0.01%", "0,01 %"),
        (1.2e-4, "0.1%", "0,1 %"),
        (0.0123, "1.3%", "1,3 %"),
    ],
)
def test_a_gap_is_told_alike_everywhere_and_never_rounded_down(gap, english, macedonian, planned, tmp_path):
    """The pack says “0.01 %” of a gap that the report called “0.00 %”."""
    assert gap_words(gap) == english and gap_said(gap, Speech("mk").percent).replace("\xa0", " ") == macedonian
    step = {"status": "optimal" if gap <= 1e-4 else "feasible", "gap": gap, "objective": 1000.0}
    step["lower_bound"] = 1000.0 * (1 - gap)
    assert english in proof_in_words(step) and in_words(gap, "gap") == english
    if gap > 1e-4:
        assert english in at_the_console(step) and english in progress_line("beats", 1000.0, 1000.0 * (1 - gap))
    tables = read_result(planned)
    for name in ("beats", "stations", "officers"):
        tables.summary[name] |= step
    for language, said in (("en", english), ("mk", macedonian)):
        tables.summary["rules"]["forum"]["languages"] = [language]
        write_report(tmp_path / "report.html", tables)
        page = (tmp_path / "report.html").read_text("utf-8").replace("\xa0", " ")
        cells = re.findall(
            r'<td class="n">(-?\d+[.,]\d+ ?%)</td><td class="n">[\d.,]+</td><td>', page.partition("SHA-256")[0]
        )
        assert cells[-3:] == [said] * 3
    sheet = openpyxl.Workbook().active

    def written(title, header, rows, widths):
        for row in (header, *rows):
            sheet.append(row)
        return sheet

    _figures_sheet(written, {"gap": gap, "status": step["status"], "weights": {}}, Speech("en"))
    cell = sheet["B2"]
    digits = len(cell.number_format.partition(".")[2].rstrip("%"))
    assert f"{cell.value:.{digits}%}" == english


def test_the_officers_workbook_calls_nothing_proven_that_nobody_can_check():
    step = {"status": "optimal", "objective": 100.0, "gap": 0.0, "certified": False, "certified_bound": 96.0}
    page = openpyxl.Workbook().active

    def written(_title, header, rows, _widths):
        for row in (header, *rows):
            page.append(row)
        return page

    _figures_sheet(written, step | {"weights": {}}, Speech("en"))
    figures = dict(page.iter_rows(min_row=2, values_only=True))
    assert figures["Result of the search"] == "not proven best"
    assert figures["At most so far above the best possible"] == pytest.approx(0.04)
    # what the search alone says stands beside it as that
    assert figures["At most so far above the best possible, by the search alone, not checked"] == 0.0


def test_the_chart_of_a_run_tells_the_gap_alike():
    series = Series()
    series.add(1.0, 1000.0, 1000.0 * (1 - 4.9e-5))
    assert gap_said(series.gap, lambda share, digits: f"{100 * share:.{digits}f}") == "0.01"


def test_missing_supervisors_are_summed_by_area_and_the_force_as_one_is_told_too():
    areas = [
        {"area": "North", "officers": 12, "supervisors": 1, "needed": 2, "missing": 1},
        {"area": "South", "officers": 8, "supervisors": 2, "needed": 1, "missing": 0},
    ]
    every = [{"area": "", "officers": 20, "supervisors": 3, "needed": 2, "missing": 0}, *areas]
    assert supervision_rows(every) == [
        {"area": FORCE, "officers": 20, "supervisors": 3, "needed": 3, "missing": 1},
        {**every[0], "area": AS_ONE},
        *areas,
    ]
    assert missing_supervisors(every) == 1 and missing_supervisors([]) == 0
    alone = [{"area": "", "officers": 4, "supervisors": 1, "needed": 2, "missing": 1}]
    assert supervision_rows(alone) == [{**alone[0], "area": FORCE}]


@pytest.mark.parametrize("language", LOCALES)
def test_percent_signs_of_all_texts_stand_as_the_language_sets_them(language):
    speech = Speech(language)
    usual = speech.percent(0.2)
    assert usual in speech.text("Other weeks, and ±20 % work in each category.")
    percent = re.compile(r"\d([ \u00a0\u202f]?)%")
    space = percent.search(usual)[1]
    for message in catalogues.messages():
        said = speech.plural(*message, 5) if isinstance(message, tuple) else speech.text(message)
        assert all(found == space for found in percent.findall(said)), message
    row = {"label": "over 10 % more", "words": "Languages of at least 10 % of residents", "fields": {}}
    assert set(percent.findall(label_said(speech, row))) == {space}
    if language in OTHERS:
        sentence = in_language("At most 2.0% of the residents may change beat; 20 % do", language)
        assert set(percent.findall(sentence)) <= {space}


def test_a_comparison_says_the_project_in_the_forces_words():
    terms = {"Grid": {"mk": "Град"}, "Station": "Пункт", "Beat": {"sq": "Rajon"}}
    words = own_words(terms, "mk")
    assert words == {"Grid": "Град", "Station": "Пункт"}
    speech = content_speech({"language": "mk", "terms": words})
    assert speech.text("Station") == "Пункт" and speech.terms.get("Grid") == "Град"


def test_the_parts_of_the_hours_sum_to_the_total_that_is_shown(planned, tmp_path):
    tables = read_result(planned)
    hours = {"hours": 985.5, "reactive_hours": 144.7, "community_hours": 800.6, "fixed_hours": 40.2}
    tables.summary["workload"] |= hours
    tables.summary["rules"]["forum"]["languages"] = ["en"]
    write_report(tmp_path / "report.html", tables)
    page = page_text((tmp_path / "report.html").read_text("utf-8"))
    assert "a year: 145 for incidents, 801 for people, 40 for mobile outreach" in page and "986 h" in page
