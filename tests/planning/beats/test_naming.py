"""What beats are called where the layers name no place."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.alphabet import natural, places_listed
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.naming import beat_table
from beatplanner.planning.workload import plan_workload


def test_beats_of_no_named_place_are_called_by_their_number(town):
    town.swap('name = "place"\n', "")
    town.swap('municipality = "muni"\n', "")
    read = read_town(read_description(town.project))
    ids = ["1", "12"]
    beat = np.array(ids, dtype=object)[np.arange(len(read.units)) % 2]
    names = beat_table(read, plan_workload(read), beat, ids, np.array([0, 1]))["name"]
    assert names.tolist() == ["Beat 1", "Beat 12"]


@pytest.mark.parametrize(
    "names",
    [
        ["Бутел 2", "Бутел 10", "Гази Баба", "Дуќанџик", "Ѓорче Петров", "Енгелес", "Злокуќани", "Ѕвегор", "Илинден"],
        ["Инџиково", "Јане Сандански", "Карпош", "Лисиче", "Љубанци", "Маџари", "Нерези", "Његош", "Орман", "Тетово"],
        ["Тетово", "Ќојлија", "Усје", "Центар", "Чаир", "Џепчиште", "Шуто Оризари"],
        [
            "Butel",
            "Centar",
            "Čair",
            "Dekon",
            "Đorče",
            "Gazi Baba",
            "Saraj",
            "Šuto Orizari",
            "Tetovo",
            "Zelenikovo",
            "Žab",
        ],
        ["Elbasan", "Ëndrra", "Fier", "Ілля", "Їжа", "Йосип", "Київ"],
    ],
)
def test_names_stand_in_the_order_of_the_alphabets_that_have_their_letters(names):
    assert sorted(set(names), key=natural) == names
    decomposed = [unicodedata.normalize("NFD", n) for n in names]
    assert sorted(set(decomposed), key=natural) == decomposed


def test_a_raised_digit_is_a_letter_and_numbers_stand_before_words():
    assert sorted(["Kej", "²", "10", "9", "5²", "B 10", "B 9"], key=natural) == [
        "5²",
        "9",
        "10",
        "B 9",
        "B 10",
        "Kej",
        "²",
    ]


def test_places_are_listed_whole_in_the_order_of_the_alphabet():
    many = [f"Kej {n}" for n in range(60, 0, -1)]
    assert places_listed([*many, "Ѓорче", "Центар 2", "Ѓорче", "Центар", "Доброво 7", "Kej 60"]) == (
        "Kej 1–60; Доброво 7; Ѓорче; Центар; Центар 2"
    )
