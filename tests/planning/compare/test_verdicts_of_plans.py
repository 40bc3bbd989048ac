"""What the check of each plan found stands beside its figures: in the comparison's page and in its workbook."""

from __future__ import annotations

import html
import json
import shutil

import openpyxl
import pytest

from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.run_card import FAILED, NOT_CHECKED, OTHER_FILES, OUT_OF_DATE, PASSED_IN_PART, PROOF
from beatplanner.planning.compare.comparison import compare
from beatplanner.planning.whole.verdict import hashes


@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_comparison_says_what_the_check_of_each_plan_found(planned_once, tmp_path, language):
    say = Speech(language).text
    # the checker counts among its checks the claims that it could not check
    unknown = [{"name": "officers.bound", "detail": "no proof"}, {"name": "service", "detail": "no calls"}]
    verdicts = {
        "right": {"ok": True, "unchecked": unknown},
        "wrong": {"ok": False, "failed": [1]},
        "bare": None,
        "changed": None,
    }
    for name, verdict in verdicts.items():
        folder = tmp_path / name
        shutil.copytree(
            planned_once.folder / "plan", folder, ignore=shutil.ignore_patterns("forum", "verification.json")
        )
        if name == "bare":
            continue
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        summary["rules"]["forum"] = {"languages": [language]}
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        if verdict is not None:
            content = {"checks": 7, "failed": [], "files": hashes(folder), **verdict}
            (folder / "verification.json").write_text(json.dumps(content), encoding="utf-8")
    compare([tmp_path / name for name in verdicts], tmp_path / "cmp", draws=2)
    book = openpyxl.load_workbook(tmp_path / "cmp" / "comparison.xlsx")
    cards = {}
    for plan, what, says in book.worksheets[-1].iter_rows(min_row=2, values_only=True):
        cards.setdefault(plan, {})[what] = says
    said = {
        "right": say(PASSED_IN_PART, checks=5, left=2),
        "wrong": say(FAILED, failed=1, checks=7),
        "bare": say(NOT_CHECKED),
        "changed": say(OTHER_FILES),
    }
    assert {name: card[say(PROOF)] for name, card in cards.items()} == said
    # how near to the best its steps are is told of those alone of which nothing is wrong
    assert [name for name, card in cards.items() if say("Beats") in card] == ["right", "bare"]
    page = html.unescape((tmp_path / "cmp" / "comparison.html").read_text(encoding="utf-8"))
    assert all(words in page for words in said.values())
    # what has changed since is told in the reader's language
    assert language == "en" or all("has changed" not in str(card.get(say(OUT_OF_DATE), "")) for card in cards.values())
