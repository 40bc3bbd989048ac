"""Numbers, months and what is measured, inside of sentences, are written as the language writes them; names of the data stay."""

from __future__ import annotations

import pytest

from beatplanner.data.publish.sentence_templates import in_language


@pytest.mark.parametrize(
    ("text", "mk", "sq"),
    [
        (
            "Beat 7 has too much of residents: 1,412.2, and the rules allow 412.2 – 557.8.",
            "Реонот 7 има премногу од жители: 1.412,2, а правилата дозволуваат 412,2 – 557,8.",
            "Reoni 7 ka tepër nga banorë: 1.412,2, ndërsa rregullat lejojnë 412,2 – 557,8.",
        ),
        (
            "In Rekagrad: 9 beats with residents ±25.0%, calls ±7.5% were not found, though that is not proven impossible.",
            "Во Rekagrad: 9 реони со жители ±25,0\N{NO-BREAK SPACE}%, повици ±7,5\N{NO-BREAK SPACE}% не се најдени, иако не е докажано дека е невозможно.",
            "Në Rekagrad: 9 reone me banorë ±25,0%, thirrje ±7,5% nuk u gjetën, ndonëse nuk është provuar se është e pamundur.",
        ),
    ],
)
def test_ranges_and_shares_are_told_as_the_language_writes_them(text, mk, sq):
    def plain(said: str) -> str:
        # what stands between thousands, and before a percent sign, is the language's own
        return said.replace("\N{NO-BREAK SPACE}", "").replace(" %", "%")

    assert plain(in_language(text, "mk")) == plain(mk)
    assert plain(in_language(text, "sq")).replace("1.412", "1412") == plain(sq).replace("1.412", "1412")


@pytest.mark.parametrize(
    ("value", "mk"),
    [
        ("412.2 – 557.8", "412,2 – 557,8"),
        ("12.5 ± 0.3", "12,5 ± 0,3"),
        # neither a house nor a span of years is a number
        ("12-14", "12-14"),
        ("12/14", "12/14"),
        ("2027 – 2028", "2027 – 2028"),
        ("Lipova 12 – 14", "Lipova 12 – 14"),
        # a kind of incidents is one name
        ("drugs or youth 1.5 h", "drugs or youth 1,5\N{NO-BREAK SPACE}h"),
        ("October, November", "октомври, ноември"),
    ],
)
def test_a_value_in_a_sentence_is_told_by_what_it_is(value, mk):
    sentence = f"Beat 7 has too much of residents: 9, and the rules allow {value}."
    assert in_language(sentence, "mk") == f"Реонот 7 има премногу од жители: 9, а правилата дозволуваат {mk}."


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_ids_of_units_and_sites_are_told_digit_for_digit(language):
    said = in_language("4 units have no residents: 295156304, 090091401, 017 and 00.", language)
    assert all(f" {unit}" in said for unit in ("295156304", "090091401", "017", "00"))
    assert in_language("3 units have no residents: 12,345, 17 and 0.", "mk").endswith(": 12.345, 17 и 0.")


@pytest.mark.parametrize("folder", ["/srv/plans of 2026/res9", r"C:\Users\Ана\res9"])
def test_what_is_told_of_a_folder_is_told_in_the_language(folder):
    assert in_language(f"{folder}: it is not there.", "mk") == f"{folder}: ја нема таму."
    assert (
        in_language(f"{folder}: there is no plan.gpkg in this folder.", "mk")
        == f"{folder}: во оваа папка нема plan.gpkg."
    )
