"""Tables whose headers are in the office's language: found, told, kept in the description; what is not used is named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.project.build import build
from beatplanner.data.town.columns import guessed_columns
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.reading import Reading
from beatplanner.data.town.roster import ROSTER_COLUMNS, gender_of, read_roster

HEADERS = {
    "mk": "Полициски службеник;Реон;Распореден од;Јазици;Пол;Вработен;Пензионирање",
    "sr": "Policijski službenik;Rejon;Raspoređen od;Jezici;Pol;Zaposlen;Odlazak",
    "sr-Cyrl": "Полицијски службеник;Рејон;Распоређен од;Језици;Пол;Запослен;Одлазак",
    "sq": "Emri dhe mbiemri;Zona;Që nga;Gjuhët;Gjinia;Punësuar;Largohet",
    "ro": "Nume și prenume;Sector;De la;Limbi;Sex;Angajat;Pensionare",
    "ru": "ФИО;Участок;Назначен;Языки;Пол;Принят;Пенсия",
    "en": "Name;Sector;Assigned on;Languages spoken;Sex;Hired;Retirement date",
}
ROWS = ["Ана;1;27.01.2019;sq,mk;ж;01.02.2015;", "Бојан;2;03.11.2021;mk;м;15.08.2018;31.12.2028"]


def roster(town, header, rows=ROWS, extra=""):
    town.path("office.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    town.swap('path = "officers.xlsx"', f'path = "office.csv"\n{extra}')
    return read_town(read_description(town.project))


@pytest.mark.parametrize("language", HEADERS)
def test_a_roster_in_the_words_of_an_office_is_understood_and_said(town, language):
    read = roster(town, HEADERS[language])
    first, second = read.roster.to_dict("records")
    assert (first["officer"], first["beat"], first["since"]) == ("Ана", "1", dt.date(2019, 1, 27))
    assert first["languages"] == ("sq", "mk") and first["gender"] == "f" and second["gender"] == "m"
    assert first["joins_on"] == dt.date(2015, 2, 1) and second["leaves_on"] == dt.date(2028, 12, 31)
    (note,) = [n for n in read.notes if "is taken for beat" in n.what]
    assert "columns = {" in note.mend and note.mend.endswith("in officers")


# as personnel offices write them, in the order of MEANT
MEANT = [
    "officer",
    "beat",
    "since",
    "languages",
    "gender",
    "joins_on",
    "leaves_on",
    "trained_on",
    "absent_from",
    "absent_until",
]
LONG_HEADERS = (
    "Презиме и име;Позорнички реон;Датум на распоредување;Владее јазици;Пол (м/ж);Во МВР од;Престанок на работен однос;Датум на обука;Боледување од;"
    "Боледување до",
    "Prezime i ime;Bezbednosni sektor;Na sektoru od;Znanje jezika;Pol (m/ž);Datum zasnivanja radnog odnosa;Datum prestanka radnog odnosa;"
    "Datum završetka obuke;Bolovanje od;Bolovanje do",
    "Emri dhe Mbiemri;Zona e punës;Data e caktimit;Gjuhët që flet;Gjinia;Data e fillimit të punës;Data e daljes në pension;Trajnuar më;"
    "Pushim mjekësor nga;Pushim mjekësor deri",
    "Polițist;Sector de poliție;Repartizat la data;Limbi cunoscute;Sexul;Încadrat din;Data încetării activității;Data absolvirii cursului;"
    "Concediu medical din;Concediu medical până la",
    "Участковый;Номер участка;Закреплён с;Владение языками;Пол (м/ж);Поступил на службу;Дата увольнения;Прошёл обучение;Больничный с;Больничный по",
)


@pytest.mark.parametrize("written", LONG_HEADERS)
def test_the_long_headers_of_personnel_offices_are_understood(written):
    headers = written.split(";")
    found = guessed_columns(["№", *headers, "Белешка"], ["officer", *ROSTER_COLUMNS], set())
    assert found == dict(zip(MEANT, headers, strict=True))


def test_brackets_that_tell_two_headers_apart_are_read():
    found = guessed_columns(["Datum (od)", "Datum (do)"], ["start", "end"], set())
    assert found == {"start": "Datum (od)", "end": "Datum (do)"}


def test_what_was_guessed_can_be_kept_or_changed_in_the_description(town):
    header = "Кој;Каде;Кога;Забелешка"
    extra = 'columns = { officer = "Кој", beat = "Каде", since = "Кога" }'
    read = roster(town, header, ["Ана;1;27.01.2019;добра", "Бојан;2;03.11.2021;"], extra)
    assert list(read.roster["since"]) == [dt.date(2019, 1, 27), dt.date(2021, 11, 3)]
    assert any("1 column is not used: Забелешка" in n.what for n in read.notes if n.severity == "warning")


def test_a_roster_that_is_not_understood_is_never_silent(town):
    read = roster(town, "officer;колона а;колона б", ["Ана;1;27.01.2019"])
    said = [n.what for n in read.notes if n.severity == "warning"]
    assert any("only officer is understood of this table" in w and "колона а, колона б" in w for w in said)
    assert any("does not say in which beat" in w for w in said)


def test_a_roster_without_officers_names_its_columns_and_the_way_to_say(town):
    with pytest.raises(InputError) as raised:
        roster(town, "alpha;beta", ["Ана;1"])
    assert "alpha, beta" in str(raised.value) and "columns = { officer = “…” } in officers" in str(raised.value)


@pytest.mark.parametrize(
    ("columns", "said"),
    [('{ ofcer = "Кој" }', "“ofcer” is no column of this table"), ('{ officer = "Koj" }', "there is no column “Koj”")],
)
def test_a_mapping_that_names_nothing_is_an_error(town, columns, said):
    with pytest.raises(InputError, match=said):
        roster(town, "Кој;Реон", ["Ана;1"], f"columns = {columns}")


def test_every_unused_column_and_file_is_named(town):
    town.path("nobody_reads_me.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    read = read_town(read_description(town.project))
    assert any("nobody_reads_me.csv" in n.what and "not used" in n.what for n in read.notes)
    frame = town.units().assign(unasked=1)
    town.write_units(frame)
    read = read_town(read_description(town.project))
    assert any("not used" in n.what and "unasked" in n.what for n in read.notes)


def test_a_column_that_another_layer_uses_is_used(town):
    frame = town.units().assign(now=1)
    town.write_units(frame)
    town.swap('current = { path = "old.gpkg", id = "beat" }', 'current = { path = "units.gpkg", id = "now" }')
    read = read_town(read_description(town.project))
    assert not any("not used" in n.what and "units.gpkg" in str(n.file) for n in read.notes)


def test_a_project_file_keeps_what_the_columns_of_an_office_say(town):
    town.path("edges.csv").write_text("од,до,метри\n1,2,120\n2,3,80\n", encoding="utf-8")
    town.swap("tolerance = 0.25", 'tolerance = 0.25\nadjacency = "edges.csv"')
    town.swap('time = "when"', 'time = "when"\nfirst = 2025-01-01\nlast = 2025-12-31\nseasonal = ["noise"]')
    extra = 'columns = { officer = "Кој" }'
    before = roster(town, "Кој;Реон;Распореден од", ["Ана;1;27.01.2019", "Бојан;2;03.11.2021"], extra)
    build(town.project, town.folder / "town.gpkg")
    after = read_town(read_description(town.folder / "town.gpkg"))
    for table in ("roster", "edges"):
        a, b = getattr(before, table), getattr(after, table)
        assert a.astype(str).to_numpy().tolist() == b.astype(str).to_numpy().tolist()
    assert after.recorded.years == before.recorded.years == 1.0 and after.description.incidents.seasonal == ["noise"]


def test_words_for_women_and_men():
    assert [gender_of(v) for v in ("Ж", "жена", "Femër", "F", "muški", "Bărbat", "М", None, "divers")] == [
        "f",
        "f",
        "f",
        "f",
        "m",
        "m",
        "m",
        None,
        "divers",
    ]


def test_each_meaning_of_the_roster_has_words():
    from beatplanner.data.town.columns import WORDS

    assert set(ROSTER_COLUMNS) | {"officer"} <= set(WORDS)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([*HEADERS["mk"].split(";"), *ROSTER_COLUMNS, "officer", "Name", "?", "Датум"]),
        min_size=1,
        max_size=6,
        unique=True,
    ),
    st.lists(
        st.lists(
            st.sampled_from(["", "Ана", "1", "27.01.2019", "2019-13-45", "-999", "да", "nan", "42.5", "x;y", "ж"]),
            min_size=1,
            max_size=7,
        ),
        max_size=4,
    ),
)
def test_any_roster_is_read_or_refused_in_words(town, header, rows):
    description = read_description(town.project)
    units = gpd.GeoDataFrame(
        {"x": [540_000.0], "y": [4_650_000.0]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:32634"
    )
    town.path("any.csv").write_text("\n".join("|".join(r) for r in [header, *rows]) + "\n", encoding="utf-8")
    description = description.model_copy(
        update={"officers": description.officers.model_copy(update={"path": Path("any.csv")})}
    )
    reading = Reading(description)
    try:
        found = read_roster(reading, units)
    except InputError as error:
        assert all(note.what for note in error.problems)
        return
    assert found["officer"].is_unique and list(found.columns) == ["officer", *ROSTER_COLUMNS]


@given(st.lists(st.text(max_size=12), max_size=8, unique=True))
def test_no_header_is_taken_for_two_meanings(headers):
    found = guessed_columns(headers, ["officer", *ROSTER_COLUMNS], set())
    assert set(found.values()) <= set(headers) and len(set(found.values())) == len(found)
