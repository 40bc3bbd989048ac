"""Days, percents, hours and kinds of incidents stand in one way in a window, whichever page they are on; and every tab is in sight."""

from __future__ import annotations

import pytest

QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from beatplanner.data.description.rules import RULES
from beatplanner.data.result.run_card import card_rows
from beatplanner.planning.rule_catalog import rule_in_sentence
from beatplanner.ui.desktop.toolkit.figures_text import percent
from beatplanner.ui.desktop.toolkit.in_language import in_language, kind_in_language
from beatplanner.ui.desktop.window.languages import LANGUAGES, install_language
from conftest import let_go

SPACE = "\N{NO-BREAK SPACE}"
MADE = {
    "made_on": "2026-11-30",
    "inputs": [{"path": "in/beats.csv", "modified": "2026-11-29T10:00:00", "sha256": "ab"}],
}


@pytest.fixture
def speaks(qapp):
    yield lambda language: install_language(qapp, language)
    install_language(qapp, "en")


@pytest.mark.parametrize(
    ("language", "day"), [("en", "{0} November 2026"), ("mk", "{0}.11.2026"), ("sq", "{0}.11.2026")]
)
def test_days_and_percents_of_sentences_are_those_of_tables_and_cards(speaks, language, day):
    speaks(language)
    start = next(r for r in RULES if r.kind == "date")
    assert rule_in_sentence(start, "2026-11-30", number=in_language) == start.words.replace("{value}", day.format(30))
    rows = dict(card_rows(MADE, who="Ana", when="2026-11-28", day=in_language))
    assert rows["Date"] == day.format(30) and rows["Printed"] == f"Ana, {day.format(28)}"
    assert rows["beats.csv"] == f"{day.format(29)}, ab"
    note = "6.0% of the calls come when no shift is on duty."
    assert percent(0.06, 1) in in_language(note) and f"{SPACE}%" in percent(0.06, 1)


def test_a_day_that_is_a_name_or_is_to_be_written_stays_in_english(speaks):
    speaks("en")
    for text in ("calls-2027-05-01.csv is gone", "row 2: “2027-05-01”", "Write start = 2027-05-01"):
        assert in_language(text) == text
    assert (
        in_language("It was decided on 2027-05-01, and made later.") == "It was decided on 1 May 2027, and made later."
    )


@pytest.mark.parametrize(("language", "theft", "usual"), [("mk", "кражба 0,75", "2,5"), ("sq", "vjedhj", "2,5")])
def test_kinds_of_incidents_and_their_hours_are_told_in_the_language(speaks, language, theft, usual):
    speaks(language)
    hours = next(r for r in RULES if r.key == "workload.hours")
    sentence = kind_in_language(lambda text: text, {"T 1": "Theft"})
    said = rule_in_sentence(hours, {"theft": 0.75, "drugs or youth": 1.0}, sentence, in_language).lower()
    assert theft in said and "theft" not in said and "drugs or youth" in said
    # as the force calls what its records write
    assert (
        rule_in_sentence(hours, {"T 1": 0.75}, sentence, in_language).lower()
        == rule_in_sentence(hours, {"theft": 0.75}, sentence, in_language).lower()
    )
    doubt = (
        "2 of 3 categories of incidents can start from usual hours instead of 1 h each (burglary 2.5 h, noise 1.25 h). "
        "They are assumptions, to be replaced by your own dispatch durations."
    )
    said = in_language(doubt)
    assert f"burglary {usual}{SPACE}h, noise 1,25{SPACE}h" in said
    # a number that measures nothing is a part of a name
    assert in_language("Kej 1.25") == "Kej 1.25"


@pytest.mark.parametrize("language", [*LANGUAGES])
def test_every_tab_is_in_sight_and_named_on_a_small_screen(qtbot, speaks, planned_once, language):
    from beatplanner.ui.desktop.window.main_window import MainWindow

    speaks(language)
    window = MainWindow()
    qtbot.addWidget(window, before_close_func=let_go)
    window.resize(1366, 768)
    window.show()
    window.open(planned_once.folder / "plan")
    results = window.results
    # warnings and cards are counted in a child
    qtbot.waitUntil(lambda: results.book is not None, timeout=120_000)
    results.tabs.name(results.warnings, f"{results.tabs.tabText(3).partition(' (')[0]} (12)")
    results._judged(True)
    for dock in window.findChildren(QtWidgets.QDockWidget):
        dock.show()
        dock.raise_()
        # the names are fitted once the panel is there, and laid out anew with their letters
        for _ in range(5):
            QtWidgets.QApplication.processEvents()
        for bar in window.findChildren(QtWidgets.QTabBar):
            if not bar.isVisible() or not bar.count():
                continue
            assert not bar.usesScrollButtons()
            last = bar.tabRect(bar.count() - 1)
            assert bar.rect().contains(last), (dock.windowTitle(), bar.rect(), last)
            for tab in range(bar.count()):
                long = max(bar.tabRect(tab).width(), bar.tabRect(tab).height())
                assert long >= min(44, bar.fontMetrics().horizontalAdvance(bar.tabText(tab))), bar.tabText(tab)
    # where a word is shortened its number and its mark stay; the checker's own verdict may have come meanwhile
    results._judged(True)
    bar, shown = results.tabs.tabBar(), []
    for tab in range(bar.count()):
        option = QtWidgets.QStyleOptionTab()
        bar.initStyleOption(option, tab)
        shown.append(option.text)
    assert all(len(text.partition("…")[0]) >= 2 for text in shown), shown
    assert shown[3].endswith(" (12)") and shown[4].endswith(" ✔"), shown
    assert [results.tabs.tabToolTip(k) for k in range(5)] == [results.tabs.tabText(k) for k in range(5)]
