"""What is proven of each municipality is told at the end of a run, of many by their kinds."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets")

from beatplanner.planning.progress import Unmet


def test_what_is_proven_of_each_municipality_is_told_where_nothing_is_of_all(planned_window, monkeypatch):
    window = planned_window
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    window.begin_run("town.toml")
    found = {"A": (100.0, 100.0), "B": (100.0, 90.0), "C": (100.0, None), "D": (100.0, 99.0), "E": (100.0, 95.0)}
    for place, (best, bound) in found.items():
        window.solving.progressed.emit(f"beats of {place} [hours × metres]: bound", best, bound, 1.0)
    window.solving.unmet.emit("E", Unmet(deviation=0.2, tolerance=0.1))

    def told(gap=None):
        return window._by_municipality("beats", {"gap": gap}).replace("\xa0", " ")

    best = "at most {} % from its best".format
    # the plan has no figure of each: who has told these is said
    assert (
        told()
        == f"by the search, not checked: E with wider rules, C without a bound, B {best(10.0)}, D {best(1.0)}, A proven best"
    )
    assert told(0.01) == ""
    # the seconds stand below what is done from the first moment
    window.begin_run("town.toml")
    lines = window.phase.text().split("\n")
    assert lines[0] == "Reading the layers…" and lines[1].endswith(" s") and len(lines) == 2
    window.step_running = "reading"
    window._say_run()
    assert window.phase.text().split("\n")[0] == "Reading the layers…" and len(window.phase.text().split("\n")) == 2
    for place in "AB":
        window.solving.progressed.emit(f"beats of {place} [hours × metres]: search", 100.0, None, 1.0)
    assert told() == "nor has any municipality one of its own"
    window.solving.unmet.emit("B", Unmet(deviation=0.2, tolerance=0.1))
    assert told() == "B with wider rules, A without a bound"
    window.begin_run("town.toml")
    for place, (best, bound) in found.items():
        window.solving.progressed.emit(f"beats of {place} [hours × metres]: bound", best, bound, 1.0)
    window.solving.unmet.emit("E", Unmet(deviation=0.2, tolerance=0.1))
    for k in range(70):
        window.solving.progressed.emit(f"beats of M{k} [hours × metres]: bound", 100.0, 100.0, 1.0)
    # of eighty nobody reads all in a sentence: those with the least are first
    assert told().startswith(
        "by the search, not checked: E with wider rules, C without a bound, B "
    ) and told().endswith("A proven best, 70 more proven best")
    for k in range(4):
        window.solving.unmet.emit(f"M{k}", Unmet(deviation=0.2, tolerance=0.1))
        window.solving.progressed.emit(f"beats of N{k} [hours × metres]: bound", 100.0, None, 1.0)
        window.solving.progressed.emit(f"beats of M{k + 20} [hours × metres]: bound", 100.0, 99.0, 1.0)
    assert told() == "by the search, not checked: " + ", ".join(
        (
            *(f"{place} with wider rules" for place in ("E", "M0", "M1", "M2", "M3")),
            "5 more without a bound",
            "6 more with a bound",
            "63 more proven best",
        )
    )
