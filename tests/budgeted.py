"""A town with a budget, planned whole."""

from beatplanner.data.result.folder import read_result
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run

ROLLOUT = """
[budget]
years = 2
officer_salary = 1000
vehicles_per_beat = 1
vehicle_price = 500
vehicle_yearly = 100
station_yearly = 50
training_seat = 30
"""


def whole_plan(town, more="", **options):
    town.project.write_text(town.project.read_text(encoding="utf-8") + ROLLOUT + more, encoding="utf-8")
    run(town.project, town.path("out"), pack=False, **options)
    verdict = verify(town.path("out"))
    assert verdict.ok, [str(c) for c in verdict.failed]
    return read_result(town.path("out"))
