"""How near a plan is to the best is one figure with one claim: what somebody can check, wherever it is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from beatplanner.data.publish.report import proof_in_words
from beatplanner.data.result.draft import reported_gap
from beatplanner.data.result.run_card import card_rows
from beatplanner.planning.whole.step_proofs import step_proofs
from beatplanner.ui.desktop.window.plan_figures import PlanFigures
from beatplanner.ui.words import proof_in_few_words

STEP = {"objective": 1000.0, "seconds": 2.0, "weights": {}}
# what the search says, what others can check, and what is told: of what is proven, and of what is only said
CASES = {
    "less is proven": (
        {"status": "feasible", "gap": 0.001, "lower_bound": 999.0, "certified": False, "certified_bound": 994.0},
        "0.6",
        "0.1",
    ),
    "best by the search alone": (
        {"status": "optimal", "gap": 0.0, "lower_bound": 1000.0, "certified": False, "certified_bound": 994.0},
        "0.6",
        "0.00",
    ),
    "proven as it is": ({"status": "feasible", "gap": 0.006, "lower_bound": 994.0, "certified": True}, "0.6", None),
    "nothing can be checked": (
        {"status": "feasible", "gap": 0.001, "lower_bound": 999.0, "certified": False, "certified_bound": None},
        None,
        "0.1",
    ),
    "alike as told": (
        {"status": "feasible", "gap": 0.0059, "lower_bound": 994.1, "certified": False, "certified_bound": 994.0},
        "0.6",
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_output_tells_the_same_of_a_step(case):
    claims, proven, reported = CASES[case]
    step = STEP | claims
    window = SimpleNamespace(failed_checks=str, tr=str)
    (proof,) = step_proofs({"officers": step})
    said = {
        "card": dict(card_rows({"officers": step}))["Officers"],
        "report": proof_in_words(step),
        "command": proof_in_few_words(step),
        "window": PlanFigures._proof(window, step).replace("\N{NO-BREAK SPACE}", ""),
    }
    for where, text in said.items():
        shares = [word.strip(";.,()%") for word in text.split() if "%" in word]
        # prints and packs are handed on, and say nothing that nobody can check
        wanted = [proven, None if where == "card" else reported]
        assert shares == [w for w in wanted if w is not None], (where, text)
        assert "best." not in text.split("from")[0] or where == "report", text
    assert (proof.gap is None) == (proven is None) and proof.reported == reported_gap(step)
    assert proof.standing == ("no bound" if proven is None else "within")
