"""Rules are changed in the window as in the description."""

from __future__ import annotations

from typing import Any

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from rule_host import RuleHost

from beatplanner.planning.rule_catalog import PRESETS


@pytest.fixture
def window(planned_window):
    return planned_window


def field(window, key):
    return next(f for f in window.rule_panel.fields if f.rule.key == key)


def rules(window):
    return window.scenario.document.rules()


def test_a_value_that_is_typed_is_a_rule_a_sentence_and_a_line_of_history(window, qtbot):
    window.actions_by_name["change_rules"].trigger()
    entry = field(window, "beats.tolerance")
    assert entry.number.value() == 25
    entry.number.setValue(30)
    # the sentence follows at once, the rule once typing rests
    assert "±30 %" in entry.sentence.text() and "hours a year" in entry.sentence.text()
    qtbot.waitUntil(lambda: rules(window)["beats"]["tolerance"] == 0.3, timeout=120_000)
    assert "±30 %" in window.rules.text()
    assert window.scenario.document.content.history[-1].what.startswith("Balance: each beat within ±30 %")
    assert not window.saved
    assert "±25 % of its municipality's mean work → each beat within ±30 %" in window.rule_panel.stale.text()
    window.draft.undo()
    assert rules(window)["beats"]["tolerance"] == 0.25
    assert entry.number.value() == 25
    assert not window.rule_panel.stale.isVisibleTo(window.rule_panel)


def test_what_was_typed_is_not_lost_when_another_field_changes_or_the_plan_begins(window):
    tolerance, least = field(window, "beats.tolerance"), field(window, "officers.min_tenure_months")
    tolerance.number.setValue(31)
    field(window, "officers.half_a_year").on.click()
    assert tolerance.number.value() == 31
    tolerance.timer.timeout.emit()
    least.number.setValue(14)
    window.run_plan()
    assert (rules(window)["beats"]["tolerance"], rules(window)["officers"]["min_tenure_months"]) == (0.31, 14)
    # and while the plan is made nobody changes what it is made of
    assert not any(f.isEnabled() for f in window.rule_panel.fields)
    window.drop_run()
    assert all(f.isEnabled() for f in window.rule_panel.fields)


def test_optional_rules_switches_and_choices(window):
    moved = field(window, "beats.max_moved")
    assert not moved.number.isEnabled()
    moved.on.click()
    assert rules(window)["beats"]["max_moved"] == 0.1
    moved.on.click()
    assert rules(window)["beats"].get("max_moved") is None
    count = field(window, "beats.count")
    count.on.click()
    assert rules(window)["beats"]["count"] == "auto"
    count.on.click()
    assert rules(window)["beats"]["count"] == 4
    half = field(window, "officers.half_a_year")
    half.on.click()
    assert rules(window)["officers"]["half_a_year"] is True
    half.back.click()
    assert "half_a_year" not in rules(window)["officers"]
    # one of a thing is named as one
    entry = field(window, "officers.min_tenure_months")
    for value, suffix in ((1, " month"), (12, " months")):
        entry.number.setValue(value)
        assert entry.number.suffix() == suffix


def test_lists_are_written_in_a_line(window):
    bands = field(window, "stations.bands")
    bands.text.setText("5, 15")
    bands.text.editingFinished.emit()
    assert rules(window)["stations"]["bands"] == [5.0, 15.0]
    bands.text.setText("soon")
    bands.text.editingFinished.emit()
    assert "such as 5, 10, 20" in bands.wrong.text() and rules(window)["stations"]["bands"] == [5.0, 15.0]


def cells(grid):
    return [tuple(grid.table.item(r, c).text() for c in (0, 1)) for r in range(grid.table.rowCount())]


def test_tables_of_numbers_are_typed_cell_by_cell(window):
    hours = field(window, "workload.hours")
    grid = hours.grid
    lines = hours.findChildren(QtWidgets.QLineEdit, options=QtCore.Qt.FindChildOption.FindDirectChildrenOnly)
    assert cells(grid) == [("theft", "0.75")] and not lines
    assert "(hours)" in grid.table.horizontalHeaderItem(1).text()
    grid.table.item(0, 1).setText("1,5")
    assert rules(window)["workload"]["hours"] == {"theft": 1.5}
    # a row is none before both its parts are there
    grid.add.click()
    grid.table.item(1, 0).setText("assault")
    assert rules(window)["workload"]["hours"] == {"theft": 1.5} and not hours.wrong.isVisibleTo(hours)
    grid.table.item(1, 1).setText("3")
    assert rules(window)["workload"]["hours"] == {"theft": 1.5, "assault": 3}
    assert "assault 3" in hours.sentence.text()
    # what is no number stays there, with the reason
    grid.table.item(1, 1).setText("soon")
    assert "“soon” is no number" in hours.wrong.text() and cells(grid)[1] == ("assault", "soon")
    grid.table.setCurrentCell(1, 0)
    grid.remove.click()
    assert rules(window)["workload"]["hours"] == {"theft": 1.5} and not hours.wrong.isVisibleTo(hours)
    grid.table.item(0, 0).setText("noise")
    hours.commit()
    assert rules(window)["workload"]["hours"] == {"noise": 1.5}
    window.draft.undo()
    assert cells(grid) == [("theft", "1.5")]


def test_shares_and_given_names_of_a_table_are_told_as_the_window_tells_them(window):
    balances, weights = field(window, "beats.balances"), field(window, "officers.weights")
    assert balances.grid.table.horizontalHeaderItem(1).text().endswith("(%)")
    assert weights.grid.add.parent() is None and cells(weights.grid)[0] == ("vacant month", "10000")
    weights.grid.table.item(0, 1).setText("2 000")
    assert rules(window)["officers"]["weights"]["vacant_month"] == 2000
    assert weights.grid.values()["tenure_violation"] == 5000


def test_tables_of_lists_are_grids_too(window):
    sectors, phases = field(window, "beats.sectors"), field(window, "stations.phases")
    # what a table needs is asked for at the field, and what it has by itself stands there
    assert cells(sectors.grid)[0] == ("span", "") and cells(sectors.grid)[1][0] == "tolerance (%)"
    sectors.grid.table.item(0, 1).setText("1; 3")
    assert rules(window)["beats"]["sectors"]["span"] == [1, 3]
    assert cells(sectors.grid)[1] == ("tolerance (%)", "25")
    sectors.grid.table.item(0, 1).setText("many")
    assert "such as 5, 10, 20" in sectors.wrong.text() and rules(window)["beats"]["sectors"]["span"] == [1, 3]
    phases.grid.table.item(0, 1).setText("60 000; 40 000,5")
    assert rules(window)["stations"]["phases"]["budgets"] == [60000, 40000.5]


def test_every_table_of_rules_is_a_grid_and_rows_are_rows(qtbot):
    from beatplanner.data.description.rules import BY_KEY
    from beatplanner.ui.desktop.panels.cell_rows import CellError
    from beatplanner.ui.desktop.panels.figure_grid import FigureGrid
    from beatplanner.ui.desktop.toolkit.in_language import in_language

    assert [r.key for r in BY_KEY.values() if r.kind in ("table", "rows") and not r.cells] == []

    def grid_of(key) -> Any:
        grid = FigureGrid(BY_KEY[key], key)
        qtbot.addWidget(grid)
        return grid

    shifts, days = grid_of("service.shifts"), ["mon", "tue"]
    assert [shifts.table.horizontalHeaderItem(c).text() for c in range(4)] == ["name", "start", "end", "days"]
    day = {"name": "day", "start": "07:00", "end": "19:00", "days": days}
    shifts.show_values([day])
    assert shifts.values() == [day] == shifts.without_empty([{**day, "days": tuple(days)}])
    # a row needs what has no default, and is none before
    shifts.add_row()
    shifts.table.item(1, 0).setText("night")
    shifts.table.item(1, 1).setText("19:00")
    with pytest.raises(CellError, match="Row 2, “end”") as unfinished:
        shifts.values()
    assert unfinished.value.place == (1, 2) and unfinished.value.missing
    shifts.table.item(1, 2).setText("07:00")
    assert shifts.values()[1] == {"name": "night", "start": "19:00", "end": "07:00"}
    shifts.table.item(1, 3).setText("fri, sat")
    assert shifts.values()[1]["days"] == ["fri", "sat"]
    shifts.show_values([])
    assert shifts.values() is None and shifts.table.rowCount() == 0
    for key, value, shown in (
        ("budget.ends", {"UNDP": "2029-06-30"}, [("UNDP", in_language("2029-06-30"))]),
        ("budget.funds", {"UNDP": [50000, 0.5], "ministry": 7}, [("UNDP", "50000; 0.5"), ("ministry", "7")]),
        (
            "budget.functions",
            {"training": "09.5"},
            [*[(n, "") for n in ("salaries", "stations", "vehicles", "forums")]],
        ),
        ("forum.themes", {"B01": "burglary"}, [("B01", "burglary")]),
        (
            "forum.region",
            {"name": {"mk": "Совет, исток", "sq": "Këshilli"}},
            [("name", 'mk = "Совет, исток", sq = "Këshilli"')],
        ),
    ):
        grid = grid_of(key)
        grid.show_values(value)
        assert cells(grid)[: len(shown)] == shown
        # names stand at the left, whatever their values are
        assert not grid.table.item(0, 0).textAlignment() & QtCore.Qt.AlignmentFlag.AlignRight
        assert grid.values() == value == grid.without_empty(value)
    ends = grid_of("budget.ends")
    ends.show_values({"UNDP": "2029-06-30"})
    ends.table.item(0, 1).setText("soon")
    with pytest.raises(ValueError, match="write a day"):
        ends.values()


def test_words_of_the_records_are_shown_in_the_windows_language_and_kept_as_they_are(qtbot):
    from beatplanner.data.description.rules import BY_KEY
    from beatplanner.ui.desktop.panels.figure_grid import FigureGrid

    said = {"theft": "кражба", "day": "ден", "night": "ноќ"}
    meant = {shown: word for word, shown in said.items()}

    def words(text: str) -> str:
        return said.get(text, text)

    def word(text: str) -> str:
        return meant.get(text, text)

    for key, value, shown in (
        ("workload.hours", {"theft": 2, "шверц": 3}, [("кражба", "2"), ("шверц", "3")]),
        ("forum.themes", {"B01": "theft"}, [("B01", "кражба")]),
    ):
        grid = FigureGrid(BY_KEY[key], key, (words, word))
        qtbot.addWidget(grid)
        grid.show_values(value)
        assert cells(grid) == shown and grid.values() == value
    shifts: Any = FigureGrid(BY_KEY["service.shifts"], "shifts", (words, word))
    qtbot.addWidget(shifts)
    shifts.show_values([{"name": "day", "start": "07:00", "end": "19:00"}])
    name = shifts.table.item(0, 0)
    assert name.text() == "ден" and shifts.values()[0]["name"] == "day"
    for typed, kept in (("дење", "дење"), ("ноќ", "night")):
        name.setText(typed)
        assert shifts.values()[0]["name"] == kept


def test_a_payer_is_the_same_in_whatever_table_it_is_typed(qtbot, monkeypatch):
    from beatplanner.data.description.rules import BY_KEY
    from beatplanner.ui.desktop.panels import rule_field

    class Host(RuleHost):
        taken: dict[str, object]

        def set(self, values: Any) -> str:
            self.taken = dict(values)
            return ""

    said = {"donor": "донатор", "ministry": "министерство", "municipality": "општина"}
    monkeypatch.setattr(rule_field, "kind_in_language", lambda *_: lambda text: said.get(text, text))
    host: Any = Host()
    host.taken = {}
    then, funds = (rule_field.RuleField(host, BY_KEY[key]) for key in ("budget.then", "budget.funds"))
    for entry in (then, funds):
        qtbot.addWidget(entry)
        entry.load({"budget": {"then": "ministry", "payers": {"forums": "donor"}, "funds": {"donor": 5}}})
    assert then.text.text() == "министерство"
    then.commit()
    assert host.taken == {}
    # the word of the window means the one that the rules have, and another is a payer of its own
    for typed, kept in (("донатор", "donor"), ("општина", "општина")):
        then.text.setText(typed)
        then.commit()
        assert host.taken == {"budget.then": kept}
    grid: Any = funds.grid
    assert cells(grid) == [("донатор", "5")]
    grid.add_row()
    grid.table.item(1, 0).setText("министерство")
    grid.table.item(1, 1).setText("7")
    assert host.taken == {"budget.funds": {"donor": 5, "ministry": 7}}


@pytest.mark.parametrize("language", ["en", "mk", "sq"])
def test_no_rule_is_wider_than_the_narrowest_panel(window, language):
    from beatplanner.ui.desktop.window.languages import install_language

    application = QtWidgets.QApplication.instance()
    install_language(application, language)
    try:
        window.rule_panel._build([f.rule for f in window.rule_panel.fields])
        wide = {f.rule.key: f.minimumSizeHint().width() for f in window.rule_panel.fields}
        assert {key: w for key, w in wide.items() if w > 260} == {}
    finally:
        install_language(application, "en")


def test_rules_that_contradict_are_told_at_the_field_and_change_nothing(window):
    window.rule_panel.set({"officers.min_tenure_months": 36})
    before = rules(window)
    longest = field(window, "officers.max_tenure_months")
    longest.on.click()
    longest.number.setValue(24)
    longest.timer.timeout.emit()
    assert "24 months is below the minimum of 36" in longest.wrong.text()
    assert longest.wrong.isVisibleTo(longest)
    assert rules(window)["officers"]["max_tenure_months"] == 60
    longest.number.setValue(48)
    longest.timer.timeout.emit()
    assert not longest.wrong.isVisibleTo(longest)
    assert rules(window)["officers"]["max_tenure_months"] == 48
    assert before["officers"].get("max_tenure_months") is None


def test_why_tells_reason_default_and_source(window):
    entry = field(window, "officers.min_tenure_months")
    entry.why.click()
    assert all(words in window.rule_panel.explained for words in ("trust", "36 months", "Patten"))
    QtWidgets.QWhatsThis.hideText()


def test_a_preset_says_what_it_would_set_and_is_undone_in_one_step(window, monkeypatch):
    asked, answer = [], QtWidgets.QMessageBox.StandardButton
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a: asked.append(a[2]) or answer.No)
    before = rules(window)
    window.rule_panel.offer(PRESETS[1])
    assert "±20 %" in asked[0] and "at most 10 % of residents" in asked[0]
    assert rules(window) == before
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a: answer.Yes)
    window.rule_panel.offer(PRESETS[1])
    assert (rules(window)["beats"]["tolerance"], rules(window)["beats"]["max_moved"]) == (0.2, 0.1)
    window.draft.undo()
    assert rules(window)["beats"] == before["beats"]


def test_a_result_without_its_project_open_shows_rules_that_cannot_be_changed(window, planned_here):
    window.saved = True
    window.open(planned_here.folder / "plan")
    assert not any(f.isEnabled() for f in window.rule_panel.fields)
    assert field(window, "beats.tolerance").number.value() == 25


def test_every_field_has_a_name_and_fits_the_panel(window):
    window.actions_by_name["change_rules"].trigger()
    window.rule_panel.more.setChecked(True)
    QtWidgets.QApplication.processEvents()
    for entry in window.rule_panel.fields:
        for widget in (entry.number, entry.choice, entry.on, entry.why, entry.back):
            if widget.isVisible():
                assert widget.accessibleName()
                right = widget.mapTo(window.rule_panel, QtCore.QPoint(widget.width(), 0)).x()
                assert right <= window.rule_panel.width(), entry.rule.key


def test_what_was_changed_in_one_scenario_is_taken_back_in_no_other(window, monkeypatch):
    document, panel, draft = window.scenario.document, window.rule_panel, window.draft
    panel.set({"beats.tolerance": 0.3})
    document.add_scenario("other")
    window.scenario.take_rules()
    draft.undo()
    assert rules(window)["beats"]["tolerance"] == 0.3 and not draft.can_undo
    # nor is a value that was typed just before another scenario is used
    field(window, "beats.tolerance").number.setValue(45)
    assert field(window, "beats.tolerance").timer.isActive()
    monkeypatch.setattr(window.scenario, "reread", window.scenario.take_rules)
    window.session.dock._activate("")
    assert rules(window)["beats"]["tolerance"] == 0.3
    assert document.rules("other")["beats"]["tolerance"] == 0.45
    # what no longer goes with other rules is said, and can be undone once it goes again
    panel.set({"stations.count": 3})
    document.change_rules({"stations": {"existing": None, "candidates": None, "count": 2}}, "by another panel")
    panel.changed.done[-1].before["stations.count"] = -1
    assert not draft.undo()
    assert [title for title, _ in window.told] == ["This cannot be done"] and rules(window)["stations"]["count"] == 2
    assert draft.done[-1].kind == "rules" and draft.can_undo


def test_what_is_refused_stays_until_it_is_taken_or_given_up(window, monkeypatch):
    bands, least = field(window, "stations.bands"), field(window, "officers.min_tenure_months")
    before = rules(window)
    in_force = bands.text.text()
    bands.text.setText("theft = 3, assault")
    bands.text.editingFinished.emit()
    # another rule that changes writes nothing over it
    least.number.setValue(14)
    least.timer.timeout.emit()
    assert (bands.text.text(), bands.wrong.isVisibleTo(bands)) == ("theft = 3, assault", True)
    # nor is planned with what is in force while another value is in view
    told, began = [], []
    monkeypatch.setattr(window, "show_lines", lambda title, lines: told.extend(lines))
    monkeypatch.setattr(window.solving, "start", lambda project, **options: began.append(project))
    window.run_plan()
    assert not began and [bands.label.text() in line for line in told] == [True]
    bands.back.click()
    assert (bands.text.text(), bands.wrong.isVisibleTo(bands)) == (in_force, False)
    assert rules(window)["stations"] == before["stations"]
    # a number that goes with the other rules now is taken
    longest = field(window, "officers.max_tenure_months")
    longest.on.click()
    longest.number.setValue(12)
    longest.timer.timeout.emit()
    assert longest.wrong.isVisibleTo(longest) and longest.number.value() == 12
    least.number.setValue(6)
    least.timer.timeout.emit()
    assert longest.number.value() == 12
    longest.commit()
    assert rules(window)["officers"]["max_tenure_months"] == 12 and not longest.wrong.isVisibleTo(longest)


def test_a_switch_that_is_refused_shows_what_is_in_force(window):
    window.rule_panel.set({"officers.min_tenure_months": 120})
    longest = field(window, "officers.max_tenure_months")
    longest.on.click()
    assert longest.wrong.isVisibleTo(longest) and rules(window)["officers"].get("max_tenure_months") is None
    assert not longest.on.isChecked() and not longest.number.isEnabled()


def test_a_draft_is_made_the_plan_with_the_rule_that_was_just_typed(window, monkeypatch):
    drawing = window.drawing_panel.begin()
    a, b = next(
        (a, b)
        for a, b in drawing.edges[["a", "b"]].to_numpy(int).tolist()
        if drawing.label[a] != drawing.label[b] and drawing.municipality[a] == drawing.municipality[b]
    )
    assert window.drawing_panel.edit(lambda d: d.paint([a], str(d.beat[b])))
    began = []
    monkeypatch.setattr(window, "may_keep", lambda: True)
    monkeypatch.setattr(window, "begin_run", lambda project, **options: began.append(rules(window)))
    field(window, "officers.min_tenure_months").number.setValue(7)
    assert window.make_draft_the_plan()
    assert began[0]["officers"]["min_tenure_months"] == 7
    assert [c.kind for c in window.draft.done] == ["beats", "rules"]


def test_what_is_refused_is_asked_for_before_a_scenario_or_the_project_is_left(window, monkeypatch):
    from beatplanner.ui.desktop.window import run_actions

    bands = field(window, "stations.bands")
    bands.text.setText("theft = 3, assault")
    asked, answers = [], [QtWidgets.QMessageBox.StandardButton.No] * 2

    def question(parent, title, words, *_):
        asked.append(words)
        return answers.pop(0)

    monkeypatch.setattr(run_actions, "question", question)
    document, dock = window.scenario.document, window.session.dock
    dock._try(lambda document: document.add_scenario("Other"))
    assert "Other" not in document.content.scenarios
    assert not window.may_leave()
    assert bands.text.text() == "theft = 3, assault"
    assert len(asked) == 2 and all(bands.label.text() in words for words in asked)
    answers.append(QtWidgets.QMessageBox.StandardButton.Yes)
    dock._try(lambda document: document.add_scenario("Other"))
    assert "Other" in document.content.scenarios


@pytest.mark.parametrize("job", ["repair", "improve"])
def test_repair_and_improve_begin_with_the_rule_that_was_just_typed(window, monkeypatch, job):
    panel, began = window.drawing_panel, []
    monkeypatch.setattr(panel.process, "start", lambda *_: began.append(rules(window)))
    field(window, "officers.min_tenure_months").number.setValue(7)
    getattr(panel, job)()
    assert [known["officers"]["min_tenure_months"] for known in began] == [7]
    # and not with others than those in view
    bands = field(window, "stations.bands")
    bands.text.setText("theft = 3, assault")
    getattr(panel, job)()
    assert len(began) == 1 and window.told[-1][0] == "These rules cannot be planned"
