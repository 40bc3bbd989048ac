"""What beats are called where the layers name no place."""

from __future__ import annotations

import numpy as np

from beatplanner.data.description.read import read_description
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
