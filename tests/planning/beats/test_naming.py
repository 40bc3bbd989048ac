"""What beats are called where the layers name no place."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.alphabet import natural, places_listed
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.carried_names import names_carried_on
from beatplanner.planning.beats.naming import beat_table
from beatplanner.planning.whole.run import make_plan, start_of_plan
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


def carried(beat, before, names, settled=(), proposed="ABCD", people=None):
    ids = sorted(set(beat))
    table = pd.DataFrame({"beat": ids, "name": list(proposed[: len(ids)])})
    people = np.ones(len(beat)) if people is None else np.array(people)
    called = names_carried_on(
        table, np.array(beat, dtype=object), people, np.array(before, dtype=object), names, set(settled)
    )
    return dict(zip(called["beat"], called["name"], strict=True))


def test_a_beat_that_is_mostly_an_earlier_one_is_called_as_that_whatever_its_number():
    earlier = {"1": "River", "2": "Hill", "3": "Market"}
    # 1 and 2 lie the other way round, 3 is drawn anew from all of them
    assert carried(list("2221113113"), list("1112223333"), earlier) == {"1": "Hill", "2": "River", "3": "C"}
    # half is not most, and a unit that the earlier plan has not counts in the new beat
    assert carried(list("1111"), [*"11", None, None], earlier) == {"1": "A"}
    # residents count, not units; where nobody lives units do
    assert carried(list("1122"), list("1222"), earlier, people=[9, 1, 1, 1]) == {"1": "River", "2": "Hill"}
    assert carried(list("111"), list("112"), earlier, people=[0, 0, 0]) == {"1": "River"}


def test_names_that_a_planner_or_today_gives_come_first_and_none_stands_twice():
    earlier = {"1": "River", "2": "Hill (2)"}
    assert carried(list("1122"), list("2211"), earlier, settled=["1"]) == {"1": "A", "2": "River"}
    assert carried(list("1122"), list("2211"), {"1": "River", "2": "River"}) == {"1": "River", "2": "River (2)"}
    # what told two of one place apart was the number of the beat
    assert carried(list("1122"), list("2211"), earlier) == {"1": "A", "2": "River"}
    assert carried(list("2222"), list("2222"), earlier) == {"2": "Hill (2)"}
    # a name that is kept is not proposed for another
    assert carried(list("1122"), list("1133"), {"1": "B"}) == {"1": "B", "2": "B (2)"}


def test_a_plan_that_starts_from_another_keeps_the_names_of_its_beats(planned_once):
    read = read_town(read_description(planned_once.project))
    read = replace(read, units=read.units.assign(current=None), beat_names={})
    before = read_result(planned_once.folder / "plan")
    before.beats["name"] = [f"Called {b}" for b in before.beats["beat"]]
    start = start_of_plan(before, read)
    made = make_plan(read, steps=("beats",), start=start, before=before).beats
    assert set(made.table["name"]) == set(before.beats["name"])
    # as each lies, whatever its number is
    called = dict(zip(made.table["beat"], made.table["name"], strict=True))
    assert [called[b] for b in made.beat] == [f"Called {b}" for b in start]
