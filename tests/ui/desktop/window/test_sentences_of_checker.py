"""What the checker holds against a claim is told with numbers and units as the window's language writes them."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QLocale

from beatplanner.planning.verification.ledger import Ledger
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.window.languages import install_language
from conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
from sentence_templates import amounts_of_checks


@pytest.fixture(params=["mk", "sq"])
def speaks(request, qapp):
    install_language(qapp, request.param)
    yield request.param
    install_language(qapp, "en")
    QLocale.setDefault(QLocale.c())


def test_no_unit_of_a_claim_is_english(speaks):
    units = [amount.removeprefix("{n} ") for amount in amounts_of_checks()]
    assert {"residents", "hours a year", "hours × metres in a straight line"} <= set(units)
    for unit in units:
        ledger = Ledger()
        ledger.number("x", 18_032.5, 3.0, unit)
        ledger.pairs("y", "", [("Kej", 18_032.5, 3.0)], "units", unit)
        for check in ledger.checks:
            said = in_language(check.detail)
            assert "18,032" not in said and QLocale().toString(18_032.5, "f", 1) in said, said
            assert unit in ("km", "m") or unit not in said, said


def test_stations_by_hand_are_told_in_the_language_of_who_reads_the_history(speaks):
    from beatplanner.ui.desktop.session.edit_words import history_words

    said = history_words("Stations by hand: Kej, Pole")
    assert said.endswith(": Kej, Pole") and "Stations" not in said
