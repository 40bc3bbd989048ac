"""Texts that are put together in the window are in its language: tables of rules, the history, names of checks, tips."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

pytest.importorskip("PySide6")
from benchmarks import window_words
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import QLabel

from beatplanner.data.description.models import SECTIONS
from beatplanner.data.description.rules import RULES
from beatplanner.data.publish.sentence_templates import CONTEXT, Sentences, keys_in_words, texts_of_window
from beatplanner.planning.rule_catalog import PRESETS, in_words_again, rule_in_sentence, value_of
from beatplanner.ui.desktop.panels.proof_page import GROUP, KEYS, ProofPage
from beatplanner.ui.desktop.session.child_process import Work
from beatplanner.ui.desktop.session.edit_words import history_words
from beatplanner.ui.desktop.toolkit.in_language import in_counts, in_language, translated
from beatplanner.ui.desktop.window.languages import InterfaceTranslator, install_language
from beatplanner.ui.desktop.window.project_dock import changes_in_words
from conftest import ROOT

# signs of units are the same in every script
LATIN = re.compile(r"\b(?!km\b)[A-Za-z]{2,}")


def mk(text: str) -> str:
    return texts_of_window("mk").get(None, {}).get(text, text)


def comma(text: str) -> str:
    return text.replace(",", ";").replace(".", ",").replace(";", ".")


@pytest.mark.parametrize("rule", [r for r in RULES if r.kind in ("table", "rows", "text")], ids=lambda r: r.key)
def test_tables_of_rules_are_told_by_the_names_of_the_language(rule):
    value = value_of({}, rule)
    if value and not str(value).isupper():
        said = rule_in_sentence(rule, value, mk, comma)
        assert not LATIN.search(said.replace("EUR", "")), said


def test_numbers_in_a_table_are_written_as_the_language_does():
    weights = next(r for r in RULES if r.key == "officers.weights")
    said = rule_in_sentence(weights, value_of({}, weights), mk, comma)
    assert "празен месец 10.000" in said and "km од дома месечно 0,01" in said


def test_hours_on_duty_are_told_as_a_roster_writes_them():
    shifts = next(r for r in RULES if r.key == "service.shifts")
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    day = {"name": "day", "start": "07:00", "end": "15:00", "days": week}
    night = {"name": "night", "start": "23:00", "end": "24:00", "days": ["fri", "mon", "tue", "wed", "sun"]}
    assert (
        rule_in_sentence(shifts, [day, night])
        == "hours on duty: day 07:00–15:00; night 23:00–24:00 (mon–wed, fri, sun)"
    )
    # days that are not said are all of them, and their names are those of the language
    said = rule_in_sentence(
        shifts, [{"start": "7:00", "end": "15:00"}, {**day, "name": "А", "days": week[5:]}], mk, comma
    )
    assert said.endswith("7:00–15:00; А 07:00–15:00 (саб., нед.)")


def test_the_history_tells_rules_in_the_language_in_force():
    balance, moved = (next(r for r in RULES if r.key == k) for k in ("beats.tolerance", "beats.max_moved"))
    kept = "; ".join(f"{r.label}: {rule_in_sentence(r, v)}" for r, v in ((balance, 0.055), (moved, None)))
    said = in_words_again(kept, mk, comma)
    assert (
        said
        == f"{mk(balance.label)}: {rule_in_sentence(balance, 0.055, mk, comma)}; {mk(moved.label)}: {mk(moved.off)}"
    )
    assert not LATIN.search(said) and "5,5" in said
    # all that can be kept is told again as it was
    for rule in RULES:
        for sentence in filter(None, (rule.off, rule.auto, *rule.choices.values())):
            assert in_words_again(f"{rule.label}: {sentence}", str, str) == f"{rule.label}: {sentence}"
    for preset in PRESETS:
        assert not LATIN.search(str(in_words_again(f"Preset: {preset.name}", mk, comma)).replace("beatplanner", "")), (
            preset.name
        )
    assert in_words_again("Painted: unit 9 in beat 16", mk, comma) is None


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("Taken back: Locked: units Kej 1, Kej 2 and 3 more", "Вратено: Заклучено: единици Kej 1, Kej 2 и уште 3"),
        ("Kej 6 (beat 10)", "Kej 6 (реон 10)"),
        ("Plan 12 made", "„План 12“ е направен"),
        # as the dialog has it, a line each
        (
            "The smallest tolerance found that would do in all of them is ±121.3%; less than ±121.28% is proven impossible.",
            "Најмалото најдено отстапување што би било доволно",
        ),
        ("Beat 4 is called “Kej”", "Реонот 4 се вика „Kej“"),
        ("No station is held by hand", "Ниту една станица не е рачно задржана"),
        (
            "No officer speaks Romani in Kej 39 (1,379 speakers, 23 months from May 2027): 7 speaker-months without an officer in 2 beat-months. "
            "2 beats of 15 beats need it, and 3 officers of the roster speak it in May 2027: 0 beat-months and 0 speaker-months cannot be avoided "
            "with the officers there are",
            "во Kej 39 (1,379 говорители, 23 месеци од 5 2027): 7",
        ),
    ],
)
def test_what_is_kept_in_english_is_told(kept, told):
    say = Sentences(texts_of_window("mk")[CONTEXT], lambda v, digits: f"{v:,.{digits}f}", str)
    assert told in say(kept)


def test_names_of_checks_and_their_tip(qapp):
    unchecked = [
        {
            "name": "inputs.beats.barriers",
            "detail": "river.gpkg is not there any more; what depends on it cannot be checked.",
        },
        {
            "name": "summary: officers.cover",
            "detail": "Whether a rule that is broken could be kept has no certificate.",
        },
        {"name": "summary: seed and 2 more", "detail": "It cannot be told. (seed, beats.seconds, inputs[].role)"},
    ]
    install_language(qapp, "mk")
    try:
        page = ProofPage(Work())
        page._take({"ok": True, "checks": 12, "unchecked": unchecked})
        said, tip = page.banner.text(), page.banner.toolTip()
        assert page._words("beats.max_deviation") == "Реони, најголемо отстапување"
        assert page._words("curve, 5 %: the plan itself").endswith("самиот план")
    finally:
        install_language(qapp, "en")
    assert "Влезни податоци, реони, пречки" in said
    # a tip says which figures are meant, in words, and is no sentence
    assert tip.split("\n")[-1] == "Почетен број; Реони, секунди; Влезни податоци" and "certificate" not in tip
    assert GROUP.fullmatch("summary: seed and 2 more") and not KEYS.search("It was so (as before).")


def test_no_sentence_tells_a_key_of_the_settings_file():
    """Whatever planning tells, in English or as a catalogue has it, calls a rule by its name and a layer or table by its words."""
    keys = {f"{section}.{name}" for section, model in SECTIONS.items() for name in model.model_fields}
    key = re.compile(rf"(?<![\"\w./])(?:{'|'.join(map(re.escape, keys))})(?![\w/\"])(?!\.\w)")
    for language in ("en", "mk", "sq"):
        window = InterfaceTranslator(language)
        english = texts_of_window("mk")[CONTEXT]
        texts = english if language == "en" else texts_of_window(language)[CONTEXT].values()
        with_keys = [text for text in texts if key.search(text)]
        assert len(with_keys) > 30, "there is nothing to be told in words"
        told = [keys_in_words(text, language, window.texts) for text in with_keys]
        assert [t for t in told if key.search(t)] == []
        # and so does what the window's own texts say of rules
        shown = [window.translate("", text) or text for text in texts_of_window("mk")[None]]
        assert [t for t in shown if key.search(t) or "`" in t] == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Where officers can cross there, draw a link (“Links”)"),
        ("mk", "Каде што полицајците можат да минат, нацртајте врска („Врски“)"),
    ],
)
def test_a_key_within_a_sentence_is_the_name_of_its_rule(language, told):
    assert (
        InterfaceTranslator(language).in_sentences("Where officers can cross there, draw a link (beats.links)") == told
    )
    assert "“Candidates, cost”" in keys_in_words("Name the column as stations.candidates.cost", "en", {})
    # a key in quotation marks has them once; files, paths and lines of TOML stay as they are
    for text in (
        "census.gpkg, units.csv and beats.geojson",
        'Such as remove = ["beats.max_moved"]',
        "/tmp/officers.posts/a",
    ):
        assert keys_in_words(text, "en", {}) == text
    assert keys_in_words("field “beats.decided_links”: it is empty", "en", {}) == "field “Decided links”: it is empty"


@pytest.mark.parametrize("language", ["en", "mk", "sq"])
def test_one_of_a_thing_is_told_as_one_by_every_rule_and_line_of_the_history(language, qapp):
    """“1 beats in all” stood in lists and in the history, wherever no panel put it right."""
    plural = {
        "en": re.compile(
            r"(?<![\d.,])1 (?:\w+ )?(?:beats|stations|months|years|hours|minutes|posts|officers|people)\b"
        ),
        "mk": re.compile(r"(?<![\d.,])1 (?:реони|станици|месеци|години|часа|часови|минути|полицајци|места|метри)\b"),
        "sq": re.compile(r"(?<![\d.,])1 (?:reone|stacione|vjet|minuta|policë|vende|metra)\b"),
    }[language]
    numbers = [r for r in RULES if r.kind in ("whole", "number") and r.unit != "%"]
    install_language(qapp, language)
    try:
        told = [in_counts(rule_in_sentence(r, 1, translated, in_language)) for r in numbers]
        kept = [f"{r.label}: {r.words.replace('{value}', '1')}" for r in numbers]
        told += [history_words(line) for line in kept] + [history_words(f"Taken back: {line}") for line in kept]
        count = next(r for r in RULES if r.key == "beats.count")
        seen = [
            changes_in_words({"beats": {"count": 1}}, translated),
            in_counts(rule_in_sentence(count, 1, translated)),
        ]
    finally:
        install_language(qapp, "en")
    assert [t for t in told if plural.search(t)] == []
    assert seen == [{"en": "1 beat in all", "mk": "вкупно 1 реон", "sq": "gjithsej 1 reon"}[language]] * 2
    # and no sentence of a rule is shown that was not looked through so
    for file in sorted((ROOT / "src" / "beatplanner" / "ui" / "desktop").rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        inside = {
            id(inner)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and _name(call) == "in_counts"
            for inner in ast.walk(call)
        }
        bare = [
            call.lineno
            for call in ast.walk(tree)
            # what the history keeps is put right as it is told
            if isinstance(call, ast.Call)
            and _name(call) == "rule_in_sentence"
            and id(call) not in inside
            and len(call.args) > 2
        ]
        assert bare == [], file.name


# What shows a text that a person reads.
SHOWING = {
    *[
        "setText",
        "setToolTip",
        "setStatusTip",
        "setWhatsThis",
        "setWindowTitle",
        "setTitle",
        "setPlaceholderText",
        "setAccessibleName",
        "setAccessibleDescription",
    ],
    *[
        "addItem",
        "insertItem",
        "setItemText",
        "addTab",
        "setTabText",
        "setTabToolTip",
        "setInformativeText",
        "setDetailedText",
        "setLabelText",
        "setSuffix",
        "setPrefix",
    ],
    *[
        "setSpecialValueText",
        "showMessage",
        "addAction",
        "addMenu",
        "addRow",
        "setHeaderLabels",
        "setHorizontalHeaderLabels",
        "setFormat",
        "setPlainText",
        "setHtml",
    ],
    *[
        "QLabel",
        "QPushButton",
        "QCheckBox",
        "QRadioButton",
        "QGroupBox",
        "QAction",
        "QMessageBox",
        "QDockWidget",
        "QListWidgetItem",
        "QTreeWidgetItem",
        "Label",
    ],
    *["question", "information", "warning", "critical", "drawText", "say", "_say", "_show_banner", "show_lines"],
}
TRANSLATING = {"tr", "translated", "in_language"}
PUTTING_TOGETHER = {"format", "join", "replace", "literal", "breakable", "str"}


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def untranslated(node: ast.AST) -> Iterator[str]:
    """Yield the words that reach a person without being translated."""
    if isinstance(node, ast.Call):
        name = _name(node)
        inner = [node.func.value] if isinstance(node.func, ast.Attribute) and name in PUTTING_TOGETHER else []
        parts = [*inner, *(node.args if name in PUTTING_TOGETHER else [])]
        for part in parts if name not in TRANSLATING else []:
            yield from untranslated(part)
    elif isinstance(node, ast.Constant):
        said = str(node.value).replace("beatplanner", "").replace("&nbsp;", "")
        if isinstance(node.value, str) and re.search("[A-Za-z]{3,}", said):
            yield node.value
    elif isinstance(
        node, ast.JoinedStr | ast.FormattedValue | ast.BinOp | ast.IfExp | ast.List | ast.Tuple | ast.BoolOp
    ):
        for field in ("values", "value", "left", "right", "body", "orelse", "elts"):
            found = getattr(node, field, [])
            for part in found if isinstance(found, list) else [found]:
                yield from untranslated(part)


def test_no_text_is_shown_that_is_not_translated():
    left = []
    for file in sorted((ROOT / "src" / "beatplanner" / "ui" / "desktop").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and _name(call) in SHOWING:
                shown = [*call.args, *(k.value for k in call.keywords)]
                left += [f"{file.name}:{call.lineno}: {said}" for part in shown for said in untranslated(part)]
    assert not left
    assert list(untranslated(ast.parse('f"{n} beats of " + self.tr("Plan")', mode="eval").body)) == [" beats of "]


def test_the_sweep_tells_english_from_names_and_keys():
    seen = {
        "Реони: 4 beats": "a",
        "Kej 6": "b",
        "поле „beats.current“, units.gpkg": "c",
        "Зачувај како PDF, EPSG:32634": "d",
        "Ruaj": "e",
        "Save": "f",
    }
    reader, english = SimpleNamespace(seen=seen), SimpleNamespace(seen={"Save": "", "Kej 6": ""})
    assert [t for t, _ in window_words.left_in_english("mk", reader, english, {"kej"})] == [
        "Реони: 4 beats",
        "Ruaj",
        "Save",
    ]
    assert [t for t, _ in window_words.left_in_english("sq", reader, english, {"kej"})] == ["Save"]


def test_broken_files_of_an_import_are_told_in_the_windows_language(qapp, qtbot, tmp_path):
    """They are found in a child, which has no language; the window tells them."""
    from beatplanner.ui.desktop.guided_import.jobs import bare, take_in
    from beatplanner.ui.desktop.guided_import.wizard import ImportWizard

    (tmp_path / "broken.geojson").write_text('{"type": "FeatureCollection"\n,,', "utf-8")
    install_language(qapp, "mk")
    try:
        wizard = ImportWizard(None, [])
        qtbot.addWidget(wizard)
        draft, problems = take_in(bare(wizard.draft), [tmp_path / "broken.geojson"])
        assert problems == [
            "broken.geojson: the file cannot be read as a map layer (it breaks off or has a mistake in line 2, column 2). Export it again."
        ]
        wizard.work.run = lambda done, failed, work, *_: done((draft, problems) if work is take_in else [])
        wizard.add_files([tmp_path / "broken.geojson"])
        assert wizard.message.text().startswith(
            "broken.geojson: датотеката не може да се прочита како слој на карта (се прекинува"
        )
        assert wizard.steps[0]._reason("lines") == "линии"
    finally:
        install_language(qapp, "en")


def test_what_a_search_of_a_drawing_has_found_and_postings_are_told_in_the_windows_language(qapp):
    from beatplanner.ui.desktop.panels.drawing_solving import DrawingSolving
    from beatplanner.ui.desktop.panels.postings_to_plan import _served

    said: list[str] = []
    panel = SimpleNamespace(
        tr=lambda text: QCoreApplication.translate("", text),
        say=said.append,
        at_work=QLabel(),
        process=SimpleNamespace(job="improve"),
        _job_name=lambda job: job,
    )
    install_language(qapp, "mk")
    try:
        for phase in ("beats of Kej [hours × metres]", "beats, again [hours × metres]", "reading", "repair of Kej"):
            DrawingSolving._show_progress(panel, phase, 12_345.0, 11_000.0, 3.0)
        series = _served("Kej 2027-05 to 2029-01, Pole 2029-01 to 2031-12")
    finally:
        install_language(qapp, "en")
        QLocale.setDefault(QLocale.c())
    assert said[0].startswith("Реони на Kej: најдобро 12.345 часови × метри, докажано најмалку 11.000"), said
    assert said[1].startswith("Реони, ") and said[2].startswith("Читање") and said[3].startswith("Поправка на Kej")
    # what is seen of it where the panel is hidden
    assert (
        panel.at_work.text().startswith("improve · Поправка на Kej: најдобро 12.345") and "3 s" in panel.at_work.text()
    )
    assert series == "Kej 05.2027 до 01.2029, Pole 01.2029 до 12.2031"


def test_what_a_scenario_changes_is_told_without_keys():
    changes = {
        "beats": {"names": {"14": "Nova"}, "barriers": {"path": "river.gpkg"}, "max_moved": "?"},
        "stations": None,
    }
    assert changes_in_words(changes) == (
        "Beat 14 is called “Nova”; Beats, barriers: river.gpkg; Change at most: ?; Stations: not planned"
    )
