"""Every table with columns of fixed meanings is understood in the words of an office, kept in the description, and told."""

from __future__ import annotations

import re

import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.guided_import.checks import check
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.guided_import.guessing import NEEDED, guess_columns, guess_role
from beatplanner.data.guided_import.looks import look_at
from beatplanner.data.guided_import.repairs import fix
from beatplanner.data.guided_import.staging import write_project
from beatplanner.data.project.build import build
from beatplanner.data.publish.public.forum_files import HEADINGS
from beatplanner.data.publish.translation import LOCALES, Speech
from beatplanner.data.town.column_words import WORDS
from beatplanner.data.town.columns import TABLES, guessed_columns
from beatplanner.data.town.forum_tables import kind_of_partner, read_forum_tables
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.service_tables import read_service_tables

HEADERS = {
    "service.calls": [
        "Единица;Повици на час;Смена;Категорија",
        "Јединица;Позива на сат;Смена;Врста",
        "Njësia;Thirrje në orë;Turni;Lloji",
        "Unitate;Apeluri pe oră;Tura;Categorie",
        "ID единица;Вызовов в час;Смена;Вид",
    ],
    "service.servers": [
        "Патрола;Реон;Единица;Смена",
        "Vozilo;Rejon;Jedinica;Smena",
        "Patrulla;Zona;Njësia;Turni",
        "Echipaj;Sector;Unitate;Schimb",
        "Экипаж;Участок;Единица;Смена",
    ],
    "service.categories": [
        "Категорија;Минути на место;Полицајци;Приоритет",
        "Vrsta;Minuta na mestu;Policajci;Hitnost",
        "Kategoria;Minuta në vend;Policë;Prioriteti",
        "Categorie;Durata;Polițiști;Prioritate",
        "Категория;Минут на месте;Сотрудники;Срочность",
    ],
    "service.minutes": ["Од;До;Минути", "Od;Do;Minuta", "Nga;Deri;Koha", "De la;Până la;Timp", "От;До;Минуты"],
    "forum.report_back": [
        "Средба;Датум;Барање;Мерка;Одговорен;Рок;Завршено;Резултат",
        "Zbor;Datum;Zahtev;Mera;Odgovoran;Rok;Završeno;Rezultat",
        "Takimi;Data;Kërkesa;Masa;Përgjegjës;Afati;Përfunduar;Rezultati",
        "Ședința;Data cererii;Cerere;Acțiune;Responsabil;Termen;Finalizat;Rezultatul",
        "Встреча;Дата запроса;Запрос;Мера;Ответственный;Срок;Выполнено;Итог",
    ],
    "forum.partners": [
        "Вид;Име;Реон;Опис",
        "Vrsta;Naziv;Područje;Opis",
        "Lloji;Emri;Zona;Përshkrimi",
        "Tip;Denumire;Zona;Descriere",
        "Вид;Название;Район;Описание",
    ],
    "forum.hours": [
        "Станица;Работно време",
        "Stanica;Radno vreme",
        "Stacioni;Orari",
        "Stație;Program",
        "Станция;График",
    ],
    "forum.consents": [
        "Полицаец;Име и презиме;Контакт;Слика;Согласност;Важи до",
        "Službenik;Ime;Telefon;Slika;Saglasnost;Važi do",
        "Oficeri;Emri;Kontakt;Foto;Pëlqimi;Vlen deri",
        "Polițist;Nume;Telefon;Fotografie;Acord;Valabil până",
        "Сотрудник;Имя;Телефон;Фото;Согласие;Действительно до",
    ],
    "beats.decided_links": [
        "Од;До;Прифатено;Причина;Метри",
        "Od;Do;Prihvaćeno;Razlog;Metri",
        "De la;Până la;Acceptat;Motiv;Distanța",
    ],
    "stations.distances": ["Единица;Станица;Растојание", "Njësia;Stacioni;Largësia", "Единица;Станция;Метры"],
    "incidents.categories": ["Вид;Стандард", "Lloji;Standardi"],
}


def cells(headers):
    return [(key, line) for key, lines in headers.items() for line in lines]


@pytest.mark.parametrize(("key", "line"), cells(HEADERS))
def test_the_columns_of_every_table_are_found_in_the_words_of_an_office(key, line):
    headers = line.split(";")
    needed, optional = TABLES[key]
    found = guessed_columns(headers, [*needed, *optional], set())
    # the headers above stand in the order of the meanings, all of them or the first ones
    wanted = dict(zip([*needed, *optional], headers, strict=False))
    assert {m: found.get(m) for m in wanted} == wanted


def test_each_meaning_of_each_table_has_words():
    asked = {m for needed, optional in TABLES.values() for m in (*needed, *optional)}
    assert asked <= set(WORDS)
    assert {"proposed_beat", "question", "wave", "n", "yes", "mean", "sd", "design_effect", "walked", "factor"} <= set(
        WORDS
    )


def test_what_a_forum_fills_in_is_headed_in_its_language_and_read_back():
    for language in LOCALES:
        speech = Speech(language)
        for meanings in ([*HEADINGS][:8], [*HEADINGS][8:]):
            headers = [m if language == "en" else speech.text(HEADINGS[m]) for m in meanings]
            assert guessed_columns(headers, meanings, set()) == dict(zip(meanings, headers, strict=True)), language


def test_kinds_of_partners_in_the_words_of_an_office():
    said = [
        "School",
        "Училиште",
        "Škola",
        "shkollë",
        "școală",
        "Здравство",
        "Social services",
        "Општина",
        "друго",
        "x",
        None,
    ]
    assert [kind_of_partner(w) for w in said] == [
        *["school"] * 5,
        "health",
        "social services",
        "municipality",
        "other",
        None,
        None,
    ]


SECTIONS = """
[service]
calls = "calls.csv"
servers = { path = "servers.csv" }
[forum]
partners = "partners.csv"
"""


@pytest.fixture
def office(town):
    """The grid town with tables of the service picture and the forum in the words of an office."""
    town.path("calls.csv").write_text("Единица;Повици на час;Белешка\n1;0,5;x\n2;0,25;y\n", encoding="utf-8")
    town.path("servers.csv").write_text("Патрола;Реон;Единица\nA;1;1\n", encoding="utf-8")
    town.path("partners.csv").write_text("Вид;Име;Опис;Број\nучилиште;Гоце;часови;7\n", encoding="utf-8")
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write(SECTIONS)
    return town


def test_they_are_told_with_what_is_not_used_and_kept_by_fix(office):
    notes = check(office.project)
    assert not [n for n in notes if n.severity == "error"]
    said = {str(n.file): n for n in notes if "is taken for" in n.what}
    assert (
        "“Повици на час” is taken for per_hour" in said["calls.csv"].what
        and "in service.calls" in said["calls.csv"].mend
    )
    assert (
        "“Патрола” is taken for server" in said["servers.csv"].what
        and "“Опис” is taken for does" in said["partners.csv"].what
    )
    unused = {str(n.file): n for n in notes if "not used" in n.what and n.file in said}
    assert "Белешка" in unused["calls.csv"].what and unused["calls.csv"].severity == "warning"
    assert "Број" in unused["partners.csv"].what
    mended = fix(office.project, check, lambda note: True).description
    found = read_description(mended)
    assert found.service.calls.columns == {"unit": "Единица", "per_hour": "Повици на час"}
    assert found.service.servers.columns["server"] == "Патрола" and found.forum.partners.columns["kind"] == "Вид"
    assert not [n for n in check(mended) if "is taken for" in n.what and n.file in said]


def test_a_project_file_holds_them_by_their_usual_names(office, tmp_path):
    town = read_town(read_description(office.project))
    out = tmp_path / "elsewhere" / "town.gpkg"
    out.parent.mkdir()
    build(office.project, out)
    after = read_town(read_description(out))
    for one, other in ((town, after),):
        a, b = read_service_tables(one), read_service_tables(other)
        assert a.calls.equals(b.calls) and a.servers.equals(b.servers) and a.calls["per_hour"].tolist() == [0.5, 0.25]
        assert read_forum_tables(one).partners.equals(read_forum_tables(other).partners)
    assert read_forum_tables(after).partners["kind"].tolist() == ["school"]


def test_a_table_without_a_needed_column_says_how_to_name_it(office):
    office.path("calls.csv").write_text("Единица;Многу\n1;0,5\n", encoding="utf-8")
    (note,) = [n for n in check(office.project) if n.severity == "error"]
    assert "Многу" in note.mend and "columns = { per_hour = “…” } in service.calls" in note.mend


def test_the_guided_import_finds_asks_and_keeps_them(office):
    names = ["units.gpkg", "calls.csv", "servers.csv", "partners.csv"]
    draft = ImportDraft()
    draft.add([office.path(n) for n in names])
    assert [s.role for s in draft.sources] == ["units", "service.calls", "service.servers", "forum.partners"]
    calls = draft.first("service.calls")
    assert "Повици на час" in calls.reason and calls.columns["per_hour"] == "Повици на час"
    assert {"unit", "per_hour"} <= set(NEEDED[calls.role])
    draft.set_column(calls, "per_hour", "")
    assert any("Calls an hour" in m for m in draft.missing())
    draft.set_column(calls, "per_hour", "Повици на час")
    out = office.folder / "made.gpkg"
    write_project(draft, out)
    town = read_town(read_description(out))
    assert read_service_tables(town).calls["per_hour"].tolist() == [0.5, 0.25]
    assert read_forum_tables(town).partners["kind"].tolist() == ["school"]


def test_the_guided_import_finds_how_officers_are_reached(tmp_path):
    for name, text in {
        "contacts.csv": "area;phone\nA;02 1\n",
        "kontakti.csv": "Реон;Телефон;Работно место\nA;02 1;1\n",
        "telefonet.csv": "Zona;Numri i telefonit\nA;02 1\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (look,) = look_at(tmp_path / name)
        assert guess_role(look)[0] == "forum.contacts", name
        assert {"area", "phone"} <= set(guess_columns(look, "forum.contacts"))


def test_a_table_of_common_headers_is_no_partner_without_its_name(tmp_path):
    for name, text in {
        "list.csv": "Type;Name\na;b\n",
        "times.csv": "Station;Hours\na;b\n",
        "things.csv": "from;to\na;b\n",
        "calls_log.csv": "unit;beat;vehicle;a;b;c;d;e\n1;2;3;4;5;6;7;8\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (look,) = look_at(tmp_path / name)
        assert not guess_role(look)[0]


def test_all_that_a_roster_tells_comes_through_the_guided_import(town):
    header = "Службеник;Реон;Јазици;Возачка дозвола;Отсутен од;Отсутен до;Платен разред;Сака"
    town.path("kadar.csv").write_text(f"{header}\nАна;1;mk;да;2027-02-01;2027-03-01;B;2\n", encoding="utf-8")
    draft = ImportDraft()
    draft.add([town.path("units.gpkg"), town.path("kadar.csv")])
    assert draft.first("roster").columns == {
        "officer": "Службеник",
        "beat": "Реон",
        "languages": "Јазици",
        "licence": "Возачка дозвола",
        "absent_from": "Отсутен од",
        "absent_until": "Отсутен до",
        "grade": "Платен разред",
        "prefers": "Сака",
    }


def test_the_numbers_of_printed_pages_are_words_of_no_language():
    from openpyxl import Workbook

    from beatplanner.data.result.cells import fit_pages

    book = Workbook()
    fit_pages(book)
    footer = book.worksheets[0].oddFooter.center.text
    assert "&P" in footer and "&N" in footer and not re.search(r"[a-z]", re.sub(r"&[APN]", "", footer))


def test_a_proposal_prints_whole_and_its_ids_stand_apart_from_the_names(tmp_path):
    from openpyxl import load_workbook

    from beatplanner.data.publish.public.forum_files import PROPOSAL, write_proposal

    sheets = {"proposal": "Proposal", "beats": "Beats", "help": "How to fill it in", "run card": "Run card"}
    guide = "Write another beat beside each area that should change, and leave the others empty. " * 2
    columns = {c: c for c in PROPOSAL}
    write_proposal(tmp_path / "p.xlsx", columns, [(1929382156, "Мичурин", "2")], [("2", "A")], guide, [["x"]], sheets)
    book = load_workbook(tmp_path / "p.xlsx")
    assert book["Proposal"]["A2"].value == 1929382156 and book["Proposal"]["A2"].alignment.horizontal == "left"
    sheet = book["How to fill it in"]
    # a letter of the sheet takes up to 2.4 mm in wide fonts; A4 has 174 mm between the margins
    assert sheet.column_dimensions["A"].width * 2.4 < 174 and sheet["A1"].alignment.wrap_text
