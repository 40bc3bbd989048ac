"""What is asked for while a project is saved, and what was changed before and during its first save; a question is asked once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from conftest import write_grid_town

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from beatplanner.data.errors import InputError, problem
from beatplanner.data.project import journal
from beatplanner.data.project.build import build
from beatplanner.data.project.document import ProjectDocument, read_document
from beatplanner.ui.desktop.guided_import.wizard import ImportWizard
from beatplanner.ui.desktop.toolkit import recent
from beatplanner.ui.desktop.window import main_window, tour
from beatplanner.ui.desktop.window.main_window import MainWindow
from beatplanner.ui.desktop.window.start_page import StartPage


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    town = write_grid_town(folder / "layers")
    build(town.project, folder / "town.gpkg")
    return folder


@pytest.fixture
def project(built, tmp_path):
    return Path(shutil.copyfile(built / "town.gpkg", tmp_path / "town.gpkg"))


@pytest.fixture
def window(make_window, tmp_path, monkeypatch):
    monkeypatch.setattr(recent, "_file", lambda: tmp_path / "recent.json")
    monkeypatch.setattr(MainWindow, "show_lines", lambda self, title, lines: pytest.fail(f"{title}: {lines}"))
    return make_window((1200, 700))


def beats_of(document):
    """Return the rules of beats that a document has in force."""
    rules = document.description().beats
    assert rules is not None
    return rules


def test_who_saves_again_during_a_save_is_told_and_has_it_saved(window, project, qtbot):
    window.open(project)
    document = window.scenario.document
    document.record("First")
    window.save_project()
    assert window.session.work.busy
    document.record("Second")
    window.save_project()
    assert "right after" in window.statusBar().currentMessage()
    qtbot.waitUntil(lambda: not window.session.work.busy and not document.dirty, timeout=120_000)
    assert read_document(project).content.history[-1].what == "Second" and window.saved
    # nothing was changed meanwhile: there is nothing more to save
    document.record("Third")
    window.save_project()
    window.save_project()
    window.session.work.wait_until_done()
    assert not document.dirty and window.statusBar().currentMessage().startswith("Saved in")


def test_who_saves_again_during_the_first_save_is_asked_for_no_second_name(window, built, tmp_path, qtbot, monkeypatch):
    layers = tmp_path / "layers"
    shutil.copytree(built / "layers", layers)
    window.open(next(layers.glob("*.toml")))
    document, target = window.scenario.document, tmp_path / "town.beatplan"
    asked: list[str] = []

    def name(*_):
        asked.append("name")
        return str(target), ""

    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", staticmethod(name))
    assert window.rule_panel.set({"beats.tolerance": 0.4}) == ""
    window.save_project()
    assert window.session.work.busy
    assert window.rule_panel.set({"beats.tolerance": 0.3}) == ""
    window.save_project()
    qtbot.waitUntil(lambda: not window.session.work.busy and not document.dirty, timeout=120_000)
    assert asked == ["name"] and document.file == target
    assert beats_of(read_document(target)).tolerance == 0.3 == beats_of(document).tolerance


def test_the_first_save_keeps_rules_changed_before_it_and_a_crash_those_changed_in_it(town, tmp_path, monkeypatch):
    document = ProjectDocument.open(town.project)
    document.change_rules({"beats": {"tolerance": 0.4}}, "Tolerance 40 %")
    job = document.prepare_save(tmp_path / "town.beatplan")
    document.change_rules({"beats": {"count": 3}}, "3 beats")
    job.write()
    document.finish_save(job)
    saved = read_document(document.file)
    assert beats_of(saved).tolerance == 0.4 == beats_of(document).tolerance
    assert beats_of(saved).count != 3 == beats_of(document).count and document.dirty
    monkeypatch.setattr(journal, "is_running", lambda _: False)
    assert document._journal is not None
    left = [r for r in journal.recoveries(document.file) if r.id == document._journal.id]
    for recovery in left:
        saved.recover(recovery)
    assert saved.description() == document.description()
    document.close()


def test_the_sample_town_and_a_recovery_ask_once_about_unsaved_work(window, project, tmp_path, monkeypatch):
    from beatplanner.planning.whole import sample_plan

    buttons, asked = QtWidgets.QMessageBox.StandardButton, []

    def question(_parent, _title, text, *_):
        asked.append(text)
        return buttons.Discard

    monkeypatch.setattr(QtWidgets.QMessageBox, "question", question)
    monkeypatch.setattr(main_window, "user_documents_path", lambda: tmp_path)
    monkeypatch.setattr(tour, "begin_once", lambda _: None)
    there = tmp_path / "beatplanner sample town" / sample_plan.NAME
    there.parent.mkdir()
    shutil.copyfile(project, there)
    # one that nobody worked in is planned anew, the whole sample town
    worked_in = ProjectDocument.open(there)
    worked_in.record("Work")
    worked_in.save()
    worked_in.close()
    window.open(project)
    window.scenario.document.record("Work")
    window.saved = False
    window.open_sample_town()
    assert window.scenario.project == there and len(asked) == 1
    # work that another program left behind
    crashed = ProjectDocument.open(project)
    crashed.record("Left behind")
    crashed.close(keep_journal=True)
    monkeypatch.setattr(journal, "is_running", lambda _: False)
    recovery = next(r for r in journal.recoveries(project))
    window.scenario.document.record("Work")
    window.saved = False
    window.session.restore(recovery)
    assert window.scenario.document.content.history[-2].what == "Left behind" and len(asked) == 2


@pytest.mark.parametrize("offered", [True, False])
def test_what_cannot_be_restored_now_stays_once_and_goes_once_it_is_restored(window, project, monkeypatch, offered):
    crashed = ProjectDocument.open(project)
    crashed.record("Left behind")
    crashed.close(keep_journal=True)
    monkeypatch.setattr(journal, "is_running", lambda _: False)
    yes = QtWidgets.QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *_: yes)
    monkeypatch.setattr(window, "show_lines", lambda *_: None)
    (recovery,) = journal.recoveries(project)
    files = {file.name for file in project.parent.iterdir()}

    def restore() -> None:
        if offered:
            window.open(project)
        else:
            window.session.restore(recovery)

    def read(*_: object) -> None:
        raise InputError(problem("the units are missing"))

    with monkeypatch.context() as broken:
        broken.setattr(window.scenario, "_read", read)
        restore()
    assert window.scenario.document is None and [r.id for r in journal.recoveries(project)] == [recovery.id]
    assert {file.name for file in project.parent.iterdir()} == files
    restore()
    assert window.scenario.document.content.history[-2].what == "Left behind"
    assert [r.id for r in journal.recoveries(project)] == [window.scenario.document._journal.id]


def test_a_save_says_which_rules_that_were_typed_it_does_not_hold(window, project):
    window.open(project)
    document = window.scenario.document
    bands = next(entry for entry in window.rule_panel.fields if entry.rule.key == "stations.bands")
    bands.text.setText("theft = 3, assault")
    document.record("Work")
    window.save_project()
    window.session.work.wait_until_done()
    said = window.statusBar().currentMessage()
    assert (
        not document.dirty and said.startswith("Saved in") and bands.label.text() in said and bands.wrong.text() in said
    )
    bands.back.click()
    document.record("More")
    window.save_project()
    window.session.work.wait_until_done()
    assert window.statusBar().currentMessage() == f"Saved in {project}"


def test_a_crash_right_after_a_save_asks_nothing(window, project, monkeypatch):
    """The file is in its place, and the journal of what is in it is not ended yet."""
    crashed = ProjectDocument.open(project)
    crashed.record("Saved")
    crashed.prepare_save().write(built=False)
    assert crashed._journal is not None
    left = crashed._journal.folder
    crashed.close(keep_journal=True)
    monkeypatch.setattr(journal, "is_running", lambda _: False)
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a, **_: pytest.fail(str(a[2])))
    window.open(project)
    assert window.scenario.document.content.history[-1].what == "Saved"
    assert not window.scenario.document.dirty and not left.exists()


def test_the_start_page_counts_what_no_save_has(window, project, monkeypatch):
    """It counted what a save had put into the file, and offered to restore where that was all."""
    page = StartPage([])
    crashed = ProjectDocument.open(project)
    crashed.record("Saved")
    crashed.prepare_save().write(built=False)
    monkeypatch.setattr(journal, "is_running", lambda _: False)
    page.refresh()
    assert not page.recover_buttons
    crashed.record("Not saved")
    page.refresh()
    assert len(page.recover_buttons) == 1
    assert any("(changes: 1)" in label.text() for label in page.findChildren(QtWidgets.QLabel))
    crashed.close()


def test_an_import_that_fails_says_why_on_the_page_that_it_goes_back_to(qtbot):
    wizard = ImportWizard()
    qtbot.addWidget(wizard)
    wizard.show()
    wizard.go(1)
    wizard.failed(InputError(problem("the file cannot be read", file="units.gpkg")))
    assert "units.gpkg" in wizard.message.text()


def test_the_journal_of_another_computer_is_not_taken_for_left_over(project, monkeypatch):
    """Computers that share a home: a program on one of them has saved just now, so that its journal is empty."""
    import platform

    document = ProjectDocument.open(project)
    assert document._journal is not None
    with monkeypatch.context() as m:
        m.setattr(platform, "node", lambda: "another computer")
        assert journal.recoveries(project) == []
    assert document._journal.folder.is_dir()
    document.close()
