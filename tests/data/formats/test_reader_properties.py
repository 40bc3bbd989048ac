"""Whatever an office writes and however it writes it, what comes out of the readers is what went in, or is told."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.data.formats.cells import read_numbers, read_times
from beatplanner.data.formats.ids import match_ids
from beatplanner.data.formats.points import read_coordinates
from beatplanner.data.formats.text_tables import decode, fits_better

FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y. %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%d %B %Y",
    "%B %d, %Y %H:%M",
    "%Y %b %d %I:%M %p",
)
MOMENTS = st.datetimes(dt.datetime(1995, 1, 1), dt.datetime(2035, 12, 31)).map(
    lambda t: t.replace(second=0, microsecond=0)
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMATS), st.lists(MOMENTS, min_size=2, max_size=8), st.data())
def test_a_column_of_times_is_read_as_it_was_written(form, moments, data):
    # a day above the twelfth tells days from months, as it does in any column of real dates
    moments = [*moments, dt.datetime(2024, 3, 31, 22, 15)]
    written = [m.strftime(form) for m in moments]
    holes = data.draw(st.lists(st.sampled_from(["", "n/a", None]), max_size=2))
    found = read_times(pd.Series([*written, *holes], dtype=object))
    wanted = [m if "%H" in form or "%I" in form else m.replace(hour=0, minute=0) for m in moments]
    assert found.values.iloc[: len(wanted)].tolist() == [pd.Timestamp(w) for w in wanted]
    assert found.values.iloc[len(wanted) :].isna().all() and not len(found.failed)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_any_text_is_a_time_empty_or_told(texts):
    found = read_times(pd.Series(texts, dtype=object))
    assert len(found.values) == len(texts)
    known = found.values.notna().to_numpy()
    assert not set(np.flatnonzero(known)) & set(found.failed)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-179, 179), st.floats(-84, 84)), min_size=1, max_size=6),
    st.sampled_from(["number", "comma", "dms", "pair"]),
)
def test_coordinates_are_read_as_they_were_written(places, kind):
    # 0, 0 stands for an unknown place
    places = [(round(x, 6), round(y, 6)) for x, y in places if abs(x) > 1e-3 and abs(y) > 1e-3] or [(21.4, 42.0)]
    if kind == "pair":
        frame = pd.DataFrame({"p": [f"{y:.6f}, {x:.6f}" for x, y in places]}, dtype=object)
        found = read_coordinates(frame, "p", "p")
        # two numbers that both could be latitudes are still latitude first
        exact = 1e-6
    else:
        write = {
            "number": lambda v, _: f"{v:.6f}",
            "comma": lambda v, _: f"{v:.6f}".replace(".", ","),
            "dms": _dms,
        }[kind]
        frame = pd.DataFrame(
            {"x": [write(x, "EW") for x, _ in places], "y": [write(y, "NS") for _, y in places]}, dtype=object
        )
        found = read_coordinates(frame, "x", "y")
        exact = 1e-6
    assert found is not None and not found.wrong
    assert np.allclose(found.east, [x for x, _ in places], atol=exact)
    assert np.allclose(found.north, [y for _, y in places], atol=exact)


def _dms(value: float, side: str) -> str:
    parts = round(abs(value) * 36_000_000)
    minutes, rest = divmod(parts, 600_000)
    return f"{minutes // 60}°{minutes % 60:02d}'{rest / 10_000:07.4f}\"{side[value < 0]}"


IDS = st.lists(st.from_regex(r"[A-Z]{0,2}[1-9][0-9]{0,3}", fullmatch=True), min_size=1, max_size=8, unique=True)


@settings(max_examples=80, deadline=None)
@given(IDS, st.sampled_from(["same", "decimals", "zeros", "blanks"]), st.randoms(use_true_random=False))
def test_ids_that_a_spreadsheet_changed_find_their_own_or_none(ids, change, random):
    spoil = {
        "same": lambda t: t,
        "decimals": lambda t: f"{t}.0" if t.isdigit() else t,
        "zeros": lambda t: t.zfill(6) if t.isdigit() else t,
        "blanks": lambda t: f" {t} ",
    }[change]
    order = random.sample(range(len(ids)), len(ids))
    found = match_ids([spoil(ids[i]) for i in order], ids)
    assert found.positions == order


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=6), max_size=6), st.lists(st.text(max_size=6), max_size=6))
def test_ids_never_join_two_to_one_that_are_written_apart(wanted, known):
    found = match_ids(wanted, known)
    assert len(found.positions) == len(wanted)
    exact = {k.strip(): i for i, k in reversed(list(enumerate(known)))}
    if len({k.strip() for k in known}) == len(known) and all(w.strip() in exact for w in wanted):
        assert found.positions == [exact[w.strip()] for w in wanted]


PLACES = {
    "cp1251": ["Скопје Центар", "Кисела Вода", "Ѓорче Петров", "Гостивар", "Велес", "Чаир", "Карпош", "Сарај"],
    "cp1250": ["Čačak", "Niš", "Požarevac", "Šabac", "Užice", "Žabalj", "Ćuprija", "Inđija"],
    "cp1252": ["Besançon", "Orléans", "Évry", "Nîmes", "Angoulême", "Créteil", "Béziers", "Saint-Étienne"],
}
PLACES |= {
    "iso8859-2": PLACES["cp1250"],
    "cp852": PLACES["cp1250"],
    "cp855": PLACES["cp1251"],
    "mac-cyrillic": PLACES["cp1251"],
}


@pytest.mark.parametrize("page", PLACES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_letters_tell_their_code_page(page, data):
    names = data.draw(st.lists(st.sampled_from(PLACES[page]), min_size=6, max_size=8, unique=True))
    text = "name;population\r\n" + "".join(f"{n};{100 + i}\r\n" for i, n in enumerate(names))
    assert decode(text.encode("utf-8"))[0] == decode(text.encode("utf-8-sig"))[0] == text
    assert decode(text.encode("utf-16"))[0].lstrip("\ufeff") == text
    # without a word about it, ê is the ę of the region
    if page != "cp1252":
        assert decode(text.encode(page)) == (text, page)
    for declared in ("cp1252", "iso8859-1"):
        assert text.encode(page).decode(fits_better(text.encode(page), declared)) == text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3_000_000), min_size=2, max_size=8),
    st.sampled_from(["plain", "dots", "commas", "blanks", "decimals"]),
)
def test_counts_are_conserved_whatever_their_signs(counts, form):
    counts = [*counts, 1_234_567]
    write = {
        "plain": str,
        "dots": lambda n: f"{n:,}".replace(",", "."),
        "commas": lambda n: f"{n:,}",
        "blanks": lambda n: f"{n:,}".replace(",", "\u00a0"),
        "decimals": lambda n: f"{n}.0",
    }[form]
    found = read_numbers(pd.Series([write(n) for n in counts], dtype=object), whole=True)
    assert found.values.tolist() == counts
