"""The window speaks the user's language: menus, actions and rules in all of them, nothing cut, numbers by locale, own words, theme and size."""

from __future__ import annotations

import json
import re
import sys

import pytest
from window_runs import map_has_half

QtCore = pytest.importorskip("PySide6.QtCore")
QtGui = pytest.importorskip("PySide6.QtGui")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from beatplanner.data.description.rules import RULES
from beatplanner.planning.rule_catalog import rule_in_sentence
from beatplanner.ui.desktop.toolkit.banner import BANNERS, Banner
from beatplanner.ui.desktop.toolkit.in_language import CONTEXT, WindowSentences, in_language
from beatplanner.ui.desktop.window import settings, theme
from beatplanner.ui.desktop.window.languages import (
    LANGUAGES,
    InterfaceTranslator,
    install_language,
    sentences_by_english,
    texts_by_english,
)
from beatplanner.ui.desktop.window.main_window import MainWindow
from conftest import ROOT, let_go

sys.path.insert(0, str(ROOT / "docs"))
import interface_catalogues

OTHERS = [language for language in LANGUAGES if language != "en"]
CYRILLIC = re.compile("[А-Яа-яЀ-ӿ]")


@pytest.fixture(scope="module")
def planned(planned_here):
    return planned_here.folder / "plan"


@pytest.fixture
def speak(qtbot, tmp_path, monkeypatch, planned):
    """Make a window in a language with a plan open; English again afterwards."""
    monkeypatch.setattr("beatplanner.ui.desktop.toolkit.recent._file", lambda: tmp_path / "recent.json")
    monkeypatch.setattr(settings, "_file", lambda: tmp_path / "settings" / "settings.json")
    application = QtWidgets.QApplication.instance()

    def window(language, terms=None):
        install_language(application, language, terms)
        made = MainWindow()
        qtbot.addWidget(made, before_close_func=let_go)
        made.resize(1366, 768)
        made.show()
        made.open(planned)
        return made

    yield window
    install_language(application, "en")
    QtCore.QLocale.setDefault(QtCore.QLocale.c())


def _is_dark(application) -> bool:
    """Tell whether text is lighter than what it stands on."""
    palette = application.palette()
    return palette.windowText().color().lightness() > palette.window().color().lightness()


@pytest.mark.parametrize("language", OTHERS)
def test_menus_actions_and_rules_are_translated_with_their_places_for_values(language):
    texts = texts_by_english(language)
    wanted = {*interface_catalogues.menus(), *interface_catalogues.rules()}
    assert len(wanted) > 130
    assert [t for t in wanted if t not in texts] == []
    for english, said in texts.items():
        assert sorted(re.findall(r"\{[^}]*\}", english)) == sorted(re.findall(r"\{[^}]*\}", said)), english
        assert english.endswith("…") == said.endswith("…"), english


def test_catalogues_are_up_to_date_and_flagged_for_review():
    from babel.messages.pofile import read_po

    told_of = ((CONTEXT, text) for text in interface_catalogues.templates())
    both = {*(("", text) for text in interface_catalogues.messages()), *told_of}
    for file in interface_catalogues.FOLDER.glob("*.po"):
        with file.open("rb") as stream:
            found = read_po(stream)
        there = {(m.context or "", str(m.id)) for m in found if m.id}
        assert there == both, f"{file.name}: run python docs/interface_catalogues.py"
        assert all(m.fuzzy for m in found if m.id and m.string)


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_planning_tells_in_the_windows_language_with_its_values(language):
    texts = sentences_by_english(language)
    assert [t for t in interface_catalogues.templates() if t not in texts] == []
    fields = re.compile(r"\{\w+\}")
    for english, said in texts.items():
        assert set(fields.findall(said)) <= set(fields.findall(english)), english


def test_a_sentence_of_planning_keeps_names_places_and_figures_in_macedonian(speak):
    install_language(QtWidgets.QApplication.instance(), "mk")
    rule = "Beat 1 (Kej 6) has 1,782 hours a year, more than the 1,210 to 1,479 that the rules allow."
    assert (
        in_language(rule)
        == "Реонот 1 (Kej 6) има 1.782 часа годишно, повеќе од 1.210 до 1.479 колку што дозволуваат правилата."
    )
    post = in_language("A post of Kej 6 (beat 10) is empty: July 2029 to December 2031.")
    assert post == "Едно место на Kej 6 (реон 10) е празно: јули 2029 до декември 2031."
    placed = in_language(
        "in.csv, layer “Water and field 2”, field “crs”: 2 rows stand twice, alike in everything, and were counted once."
    )
    assert placed.startswith("in.csv, слој „Water and field 2“, поле „crs“: 2 редови стојат двапати")
    two = in_language(
        "Way 3 has 4 vacant post-months, May 2027 to June 2027. Cheapest way out: one more officer trained by May 2027"
    )
    assert (
        two == "Way 3 има 4 празни месеци, мај 2027 до јуни 2027. Најевтин излез: уште еден полицаец обучен до мај 2027"
    )
    way = "Cheapest way out: one more officer trained by May 2027, so in training from March 2027 (not checked, as no time was left)"
    assert in_language(way) == (
        "Најевтин излез: уште еден полицаец обучен до мај 2027, па на обука од март 2027 (не е проверено, бидејќи немаше време)"
    )
    # a list whose items have brackets, in a field
    lacks = "No officer speaks Albanian in Kej 1 (1,047 speakers, 60 months from May 2027), Kej 2 (9 speakers, 1 month from June 2027)"
    rest = (
        ": 7 speaker-months without an officer in 2 beat-months. 2 beats of 2 beats need it, and 3 officers of the roster speak it in May 2027: "
        "0 beat-months and 0 speaker-months cannot be avoided with the officers there are"
    )
    assert (
        "speakers" not in in_language(lacks + rest) and in_language(lacks + rest).count(" што го зборуваат, ") == 2
    ), in_language(lacks + rest)
    changed = in_language("census.gpkg has changed since the plan was made: plan again, or bring the old file back.")
    assert changed.startswith("census.gpkg е сменето откако")
    # a sentence that is not known stays English as a whole
    unknown = "census.gpkg has grown by a whole lot of new columns since yesterday"
    assert in_language(unknown) == unknown
    # what no template fits stays as it is, and a long text with many stops and lists ends
    assert in_language("A dog, 3 cats and 1,000 mice ran to the sea.") == "A dog, 3 cats and 1,000 mice ran to the sea."
    assert len(in_language("One in two, three by four (five) and more. " * 100)) > 4000


@pytest.mark.parametrize(
    ("language", "dated", "money", "closed"),
    [
        (
            "mk",
            "Mila стапува на 01.05.2027, по почетокот на планот на 01.01.2027, а држи место во реонот 3.",
            "Чинат 12000 EUR, за 3000 EUR повеќе од буџетот 9000 EUR.",
            "дупките и преклопувањата меѓу единиците се затворени: 2 единици",
        ),
        (
            "sq",
            "Mila hyn më 01.05.2027, pas fillimit të planit më 01.01.2027, dhe mban një vend në reonin 3.",
            "Kushtojnë 12000 EUR, 3000 EUR më shumë se buxheti prej 9000 EUR.",
            "boshllëqet dhe mbivendosjet mes njësive u mbyllën: 2 njësi",
        ),
    ],
)
def test_what_readers_say_is_told_with_dates_and_money_as_the_language_writes_them(language, dated, money, closed):
    spoken = WindowSentences(sentences_by_english(language))
    joins = "Mila joins on 2027-05-01, after the plan starts on 2027-01-01, and holds a post in beat 3."
    assert spoken(joins) == dated
    digits = spoken("They cost 12,000 EUR, 3,000 EUR more than the budget of 9,000 EUR.")
    assert re.sub(r"(?<=\d)[.,\s](?=\d{3})", "", digits) == money
    gaps = "gaps and overlaps between units were closed: 2 units changed by 40 m² in all, most of all Kej 6 by 30 m² (0.1%)"
    assert spoken(gaps).startswith(closed)
    # and so is the day of a rule
    start = next(r for r in RULES if r.kind == "date")
    assert rule_in_sentence(start, "2027-03-01", number=spoken) == start.words.replace("{value}", "01.03.2027")
    # a day in the name of a file is a part of the name
    assert "calls-2027-05-01.csv" in spoken("calls-2027-05-01.csv: the file is empty")


def test_of_two_templates_the_one_that_says_more_is_taken():
    spoken = WindowSentences({"{a} has {b}": "weak {a} {b}", "{a} has {b} posts": "{b} of {a}", "posts": "wrong"})
    assert spoken("Kej has 3 posts") == "3 of Kej"
    assert spoken("Kej has none") == "weak Kej none"


@pytest.mark.parametrize("language", ["sq", "sr-Cyrl", "mk", "ro", "ru"])
def test_no_button_is_cut_on_a_small_screen_and_the_map_has_half_of_it(speak, language):
    window = speak(language)
    window.session.dock.show()
    for dock in window.findChildren(QtWidgets.QDockWidget):
        dock.show()
        dock.raise_()
        # panels get their width once the window has laid them out
        QtWidgets.QApplication.processEvents()
        QtWidgets.QApplication.processEvents()
        for button in dock.findChildren(QtWidgets.QAbstractButton):
            if button.isVisible() and button.text() and not button.visibleRegion().isEmpty():
                wide = button.fontMetrics().horizontalAdvance(button.text().replace("&", ""))
                assert button.width() >= wide, f"{dock.windowTitle()}: {button.text()}"
                edge = button.mapTo(window, QtCore.QPoint(button.width(), 0)).x()
                assert edge <= window.width(), f"{dock.windowTitle()}: {button.text()}"
        if window.dockWidgetArea(dock) == QtCore.Qt.DockWidgetArea.BottomDockWidgetArea:
            dock.hide()
        else:
            assert map_has_half(window), dock.windowTitle()
    bar = window.toolbar
    assert not bar.findChild(QtWidgets.QToolButton, "qt_toolbar_ext_button").isVisible(), "the toolbar is too wide"


def test_the_window_speaks_macedonian_with_its_numbers(speak):
    window = speak("mk")
    menus = [a.text() for a in window.menuBar().actions()]
    assert all(CYRILLIC.search(m) for m in menus), menus
    assert window.plan_button.text() == "Планирај"
    assert "Докажано најдобро." in window.figures.text()
    assert "реони" in window.rules.text()
    header = [window.table_model.headerData(c, QtCore.Qt.Orientation.Horizontal) for c in range(5)]
    assert all(CYRILLIC.search(h) for h in header)
    cells = [window.table_model.data(window.table_model.index(0, c)) for c in range(5)]
    assert re.search(r"\d,\d", cells[4]), cells
    box = QtWidgets.QMessageBox(QtWidgets.QMessageBox.Icon.Question, "", "", QtWidgets.QMessageBox.StandardButton.Yes)
    assert box.button(QtWidgets.QMessageBox.StandardButton.Yes).text() == "&Да"


def test_a_text_that_is_missing_stands_in_english(speak):
    window = speak("sq")
    assert window.tr("No such text in any catalogue") == "No such text in any catalogue"
    assert window.tr("Undo") == "Zhbëj"


def test_a_force_has_its_own_words(speak):
    window = speak("en", {"beat": "sector", "station": "outpost"})
    assert window.table_model.headerData(0, QtCore.Qt.Orientation.Horizontal) == "Sector"
    assert window.actions_by_name["next_beat"].text() == "Next sector"
    assert window.findChild(QtWidgets.QDockWidget, "rules") is not None
    assert "sectors in all" in window.rules.text()


def test_settings_are_kept_and_what_is_broken_is_as_it_comes(speak, monkeypatch):
    window = speak("en")
    application = QtWidgets.QApplication.instance()
    before = application.font().pointSizeF()
    assert "open_settings" in window.actions_by_name
    dialog = settings.SettingsDialog(window)
    dialog.language.setCurrentIndex(dialog.language.findData("mk"))
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.text_size.setValue(150)
    dialog.terms["beat"].setText("сектор")
    assert application.font().pointSizeF() == pytest.approx(1.5 * before)
    assert _is_dark(application)
    dialog.accept()
    found = settings.read_settings()
    assert (found.language, found.theme, found.text_size, found.terms) == ("mk", "dark", 150, {"beat": "сектор"})
    monkeypatch.setenv("BEATPLANNER_LANGUAGE", "ro")
    assert settings.read_settings().language == "ro"
    monkeypatch.delenv("BEATPLANNER_LANGUAGE")
    settings._file().write_text(json.dumps({"language": 7, "text_size": 9000, "terms": {"beat": 3}}), "utf-8")
    broken = settings.read_settings()
    assert (broken.language, broken.text_size, broken.terms) == ("", settings.LARGEST, {})
    settings._file().write_text("{", "utf-8")
    assert settings.read_settings() == settings.Settings()
    settings.look(settings.Settings(theme="light"))
    assert not _is_dark(application)
    assert application.font().pointSizeF() == pytest.approx(before)


def test_cancelling_the_settings_leaves_the_look(speak):
    window = speak("en")
    application = QtWidgets.QApplication.instance()
    before = application.font().pointSizeF()
    dialog = settings.SettingsDialog(window)
    dialog.text_size.setValue(200)
    dialog.reject()
    assert application.font().pointSizeF() == pytest.approx(before)
    assert not settings._file().exists()


def test_text_can_be_read_in_both_themes():
    def light(colour):
        channels = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
            for c in (colour.redF(), colour.greenF(), colour.blueF())
        ]
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]

    pairs = (
        ("WindowText", "Window"),
        ("Text", "Base"),
        ("ButtonText", "Button"),
        ("HighlightedText", "Highlight"),
        ("ToolTipText", "ToolTipBase"),
        ("Link", "Base"),
    )

    def stands_out(front, back):
        one, other = sorted((light(front), light(back)), reverse=True)
        # WCAG 2.2, 1.4.3
        return (one + 0.05) / (other + 0.05) >= 4.5

    for colours in (theme.LIGHT, theme.DARK):
        palette = theme.palette_of(colours)
        for front, back in pairs:
            assert stands_out(*(palette.color(type(palette).ColorRole[r]) for r in (front, back))), (front, back)
    for kind, (day, night) in BANNERS.items():
        for ground, text in (day, night):
            assert stands_out(QtGui.QColor(text), QtGui.QColor(ground)), kind
        # no banner shines in a dark window
        assert light(QtGui.QColor(night[0])) < 0.1 < light(QtGui.QColor(day[0])), kind


def test_a_banner_follows_the_theme(qtbot):
    banner, application = Banner("wrong"), QtWidgets.QApplication.instance()
    qtbot.addWidget(banner)
    banner.show()
    for name, dark in (("dark", True), ("light", False)):
        theme.apply_theme(application, name)
        QtWidgets.QApplication.processEvents()
        assert BANNERS["wrong"][dark][0] in banner.styleSheet()


def test_one_of_a_thing_edits_and_notes_of_a_project_file_are_told_in_macedonian():
    from beatplanner.data.description.rules import RULES
    from beatplanner.planning.rule_catalog import rule_in_sentence
    from beatplanner.ui.desktop.session.edit_words import edit_in_words

    texts, say = texts_by_english("mk"), WindowSentences(sentences_by_english("mk"))
    posts = next(rule for rule in RULES if rule.key == "officers.posts_per_beat")
    translated = lambda text: texts.get(text, text)  # noqa: E731 - as Qt's tr
    assert rule_in_sentence(posts, 1, translated) == "1 место во секој реон"
    assert rule_in_sentence(posts, 2, translated) == "2 места во секој реон"
    # a language that has no sentence for one keeps that for many
    assert rule_in_sentence(posts, 1, lambda text: {posts.words: "{value} вакт"}.get(text, text)) == "1 вакт"
    # an amount of millions has all its digits, written as in the reader's language
    salary = next(rule for rule in RULES if rule.key == "budget.officer_salary")
    assert "1,234,567.5" in rule_in_sentence(salary, 1_234_567.5)
    assert "1.234.567" in rule_in_sentence(salary, 1_234_567, translated, lambda n: n.replace(",", "."))
    assert "само има 2" in say("5 alone has 2,402 hours, and a unit is never split.")
    split = edit_in_words({"kind": "split", "units": [str(k) for k in range(9)], "beat": "16"})
    assert say(split) == "Одвоено: единици 0, 1, 2, 3, 4 и уште 4 како реон 16"
    assert say(edit_in_words({"kind": "paint", "units": ["9"], "beat": "16"})) == "Насликано: единица 9 во реон 16"
    assert say(edit_in_words({"kind": "repair", "moves": {"9": "16"}})) == "Поправено: преместена 1 единица"
    assert (say("1 station"), say("6 stations")) == ("1 станица", "6 станици")
    guess = say("it fits the units best, 60% likely; nearly as likely EPSG:31277, 300 m elsewhere")
    assert "речиси исто толку веројатен е EPSG:31277" in guess and "nearly" not in guess
    # the ending of a project is longer than that of a layer
    note = "Sample town.beatplan, layer “beats.current”, row 7: the file is damaged and cannot be read as a raster: it is plain text"
    said = say(note)
    assert said.startswith("Sample town.beatplan, слој “beats.current”, ред 7: датотеката е оштетена"), said
    # what begins with a layer's name is known with it and without
    said = say("incidents.csv: 20 of 6,020 incidents (0.3%) lie outside every unit. They are not planned with.")
    assert said.startswith("incidents.csv: 20 од ") and "надвор од сите единици. Со нив не се планира" in said, said


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_what_a_repair_moved_is_told_in_the_windows_language(language):
    said = WindowSentences(sentences_by_english(language))(
        "Kej 1, Kej 3: from beat 7 (Kej 7) to 4 (Kej 4), 1,033 residents."
    )
    assert "from beat" not in said and "residents" not in said
    assert "Kej 1, Kej 3" in said and "7 (Kej 7)" in said
    phase = WindowSentences(sentences_by_english(language))("repair of Rekagrad")
    assert "Rekagrad" in phase and "repair" not in phase


def test_a_rule_that_is_off_says_what_is_then():
    known = {r.key: rule_in_sentence(r, None) for r in RULES if r.key in ("service.speeds", "service.pattern")}
    assert len(known) == 2 and "not said" not in known.values()


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_a_button_that_a_text_names_is_called_as_it_is(language):
    own = texts_by_english(language)
    named = 0
    for english, told in {**own, **sentences_by_english(language)}.items():
        for button in re.findall(r"[“\"]([A-Z][^”“\"{]{3,})[”\"]", english):
            called = own.get(button) or own.get(button + "…")
            if called and told:
                named += 1
                assert called.rstrip("…").casefold() in told.casefold(), english
    assert named


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_qts_own_dialog_of_files_and_menu_of_a_field_speak_the_language(qapp, tmp_path, language, request):
    """Qt has no texts in these languages."""
    asked: dict[str, str | None] = {}

    class Heard(InterfaceTranslator):
        def translate(self, context, text, comment=None, number=-1):
            found = super().translate(context, text, comment, number)
            if context.startswith("Q") and context not in ("QShortcut", "QMimeType"):
                asked[text] = found
            return found

    heard = Heard(language)
    qapp.installTranslator(heard)
    request.addfinalizer(lambda: qapp.removeTranslator(heard))
    kinds, ways = QtWidgets.QFileDialog.FileMode, QtWidgets.QFileDialog.AcceptMode
    for kind, way in (
        (kinds.ExistingFile, ways.AcceptOpen),
        (kinds.AnyFile, ways.AcceptSave),
        (kinds.Directory, ways.AcceptOpen),
    ):
        dialog = QtWidgets.QFileDialog(None, "", str(tmp_path), "GeoPackage (*.gpkg)")
        dialog.setOption(QtWidgets.QFileDialog.Option.DontUseNativeDialog)
        dialog.setFileMode(kind)
        dialog.setAcceptMode(way)
        dialog.show()
        QtWidgets.QApplication.processEvents()
        dialog.close()
    QtWidgets.QLineEdit().createStandardContextMenu()
    assert len(asked) > 30
    # keys, and what says in which direction a language is written
    kept = {t for t in asked if t.startswith(("Alt+", "QT_", "Ctrl+"))}
    assert {text for text, said in asked.items() if said is None} <= kept
