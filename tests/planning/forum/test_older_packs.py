"""What packs of older versions say in sentences is read back in every language, and attacked."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from contextlib import closing
from importlib.resources import files
from types import SimpleNamespace

import docx
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from babel.messages.pofile import read_po

from beatplanner.data.errors import InputError
from beatplanner.planning.forum.forum_pack import audit_pack
from beatplanner.planning.forum.older_texts import read_texts
from beatplanner.planning.forum.published import read_published_pack
from beatplanner.planning.forum.statement_attack import budget_tells, check_texts

# Three people change beat, and three can walk; both figures are hidden in the tables.
PEOPLE = np.array([60, 17, 3, 20])
BEAT, TODAY, WALK = "AABB", "AAAB", ["", "", "yes", ""]
PHRASES = {
    "en": (
        "For {share} of residents the beat changes.",
        "On average {minutes} minutes on foot; {share} of residents walk {limit} minutes or less. The page of each beat has its own figure.",
        "On average it is {n} minutes on foot.",
    ),
    "mk": (
        "За {share} од жителите се менува реонот.",
        "Во просек {minutes} минути пешки; {share} од жителите пешачат {limit} минути или помалку. На страницата на секој реон е неговата бројка.",
        "Во просек се {n} минути пешки.",
    ),
}


def pack(
    folder, language="en", *, texts=(), minutes=None, beat_minutes=None, card=None, ways=(31, 30, 9, 40), hidden="*"
):
    """A pack of an older version with its tables, its map and the page of beat B."""
    folder.mkdir()

    def write(file, header, rows):
        with (folder / file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])

    units = zip("1234", TODAY, BEAT, WALK, strict=True)
    write("units.csv", ["unit", "old_beat", "new_beat", "within_walk"], units)
    write("beats.csv", ["beat", "name", "residents", "posts"], [("A", "Hill", hidden, 1), ("B", "Mill", hidden, 1)])
    write("municipalities.csv", ["municipality", "residents", "moved"], [("", 100, hidden)])
    walk = [{"unit": str(i + 1), "walk": f"{m} minutes on foot to the post."} for i, m in enumerate(ways)]
    said = "".join(f"<p>{t}</p>" for t in texts)
    page = f'<script type="application/json" id="places">{json.dumps(walk)}</script>{said}'
    (folder / "map.html").write_text(f"<html><body>{page}</body></html>", encoding="utf-8")
    document = docx.Document()
    document.add_heading("Beat Mill", 1)
    if beat_minutes is not None:
        document.add_paragraph(f"Post. {PHRASES[language][2].format(n=beat_minutes)} Open.")
    document.save(str(folder / "beat_pages.docx"))
    (folder / "run_card.json").write_text(json.dumps(card or {}), encoding="utf-8")
    return read_published_pack(folder)


def outcome(checks, start):
    return next(c for c in checks if c.name.startswith(start))


@pytest.mark.parametrize("language", ["en", "mk"])
def test_shares_and_minutes_by_residents_are_read_and_give_hidden_counts_away(tmp_path, language):
    moved, walk, _ = (p.replace("{share}", "3\u00a0%") for p in PHRASES[language])
    mean = round(float(PEOPLE @ np.array([31, 30, 9, 40]) / 100))
    own = pack(tmp_path / "old", language, texts=[moved, walk.format(minutes=mean, limit=20)], beat_minutes=36)
    found = read_texts(own)
    assert found.values("moved", "share") == [3] and found.values("within", "minutes") == [mean]
    assert found.of_beat == {"B": 36} and found.way == {"1": 31, "2": 30, "3": 9, "4": 40}
    assert found.unknown == []
    attacked = outcome(check_texts([own], own.areas, None, PEOPLE), "sentences")
    assert not attacked.ok
    # three of a hundred change: 3 % is 2.5 to 3.5 people
    assert "everyone whose beat changes (old, municipalities.csv): between 3 and 3" in attacked.detail
    # an outsider who has the folder alone finds the same
    assert not outcome(audit_pack(tmp_path / "old"), "sentences").ok
    # the same sentences say nothing where the figures are of other people
    assert outcome(check_texts([own], own.areas, None, PEOPLE[::-1]), "sentences").ok


def test_a_pack_of_which_no_sentence_tells_more_than_its_tables_passes(tmp_path):
    own = pack(tmp_path / "old", texts=["It is proven that no plan under these rules is better by more than 3.2 %."])
    assert [c for c in check_texts([own], own.areas, None, PEOPLE) if not c.ok or not c.known] == []


def test_the_greatest_difference_of_work_is_attacked(tmp_path):
    sentence = "So that every beat has about the same work for its officers: no beat differs by more than 60% from the mean of its municipality (the largest difference is 54%), each is in one piece, and none crosses a municipal border."
    people = np.array([60, 17, 3, 20])
    units = pd.DataFrame({"workload": 0.1 * people, "population": people, "community_hours": 0.1 * people})
    tables = SimpleNamespace(units=units, beats=gpd.GeoDataFrame({"beat": ["A", "B"]}))
    own = pack(tmp_path / "old", texts=[sentence])
    attacked = outcome(check_texts([own], own.areas, tables, people), "sentences")
    # half of a hundred, and 54 % of it more and less: 23 in beat B, 77 in beat A
    assert "beat Mill (old, beats.csv): between 23 and 23" in attacked.detail
    # without the plan nobody knows the work of units, and that is said
    unknown = outcome(check_texts([own], own.areas, None, people), "numbers in sentences")
    assert not unknown.known and "of work" in unknown.detail


@pytest.mark.parametrize(
    "said", ["has up to 240% more hours of work than one", "has up to 3.4 times the hours of work of one"]
)
def test_how_much_more_work_an_officer_has_is_attacked_however_it_is_told(tmp_path, said):
    sentence = f"Officers do not all have the same: one in the busiest beat {said} in the quietest."
    people = np.array([60, 17, 3, 20])
    units = pd.DataFrame({"workload": 0.1 * people, "population": people, "community_hours": 0.1 * people})
    tables = SimpleNamespace(units=units, beats=gpd.GeoDataFrame({"beat": ["A", "B"]}))
    own = pack(tmp_path / "old", texts=[sentence])
    attacked = outcome(check_texts([own], own.areas, tables, people), "sentences")
    # 77 people in beat A and 23 in beat B: 3.35 times as much
    assert "beat Mill (old, beats.csv): between 23 and 23" in attacked.detail


def test_a_limit_on_who_changes_beat_that_is_kept_is_attacked(tmp_path):
    rules = {"privacy": {"threshold": 5}, "feasible": True, "rules": {"beats": {"max_moved": 0.03}}}
    own = pack(tmp_path / "new", card=rules)
    attacked = outcome(check_texts([own], own.areas, None, PEOPLE), "sentences")
    assert "everyone whose beat changes (new, municipalities.csv): between 1 and 3" in attacked.detail
    # so a pack does not tell the limit where it does
    assert budget_tells(own.residents, own.areas, 0.03, PEOPLE, 5)
    assert not budget_tells(own.residents, own.areas, 0.3, PEOPLE, 5)


def test_what_cannot_be_understood_is_named(tmp_path):
    own = pack(tmp_path / "old", texts=["Among them 17 families with many children live here."])
    attacked = outcome(check_texts([own], own.areas, None, PEOPLE), "numbers in sentences")
    assert attacked.ok and not attacked.known and "17 families" in attacked.detail
    # a pack whose texts passed the gate has a register in its office, and is not searched for unknown sentences
    gated = pack(tmp_path / "new", texts=["Among them 17 families live here now."], card={"privacy": {"threshold": 5}})
    assert [c for c in check_texts([gated], gated.areas, None, PEOPLE) if not c.known] == []


def test_the_record_of_the_gate_in_an_older_pack_is_named(tmp_path):
    pack(tmp_path / "old")
    (tmp_path / "old" / "privacy.json").write_text(
        '{"threshold": 5, "tables": {"residents": {"small": 2, "information_lost": 0.31}}}', encoding="utf-8"
    )
    own = read_published_pack(tmp_path / "old")
    assert not outcome(check_texts([own], own.areas, None, PEOPLE), "no pack holds").ok


def test_an_older_pack_that_is_hostile_ends_in_a_sentence(tmp_path):
    pack(tmp_path / "old", texts=["1" * 300_000, "{share}" * 5000, "On average " * 20_000])
    assert audit_pack(tmp_path / "old")
    (tmp_path / "old" / "beat_pages.docx").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match=r"beat_pages\.docx.*cannot be read"):
        audit_pack(tmp_path / "old")
    (tmp_path / "old" / "beat_pages.docx").unlink()
    # a view that never ends
    with closing(sqlite3.connect(tmp_path / "old" / "public.gpkg")) as database:
        database.execute("CREATE TABLE gpkg_contents (table_name, data_type, identifier)")
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        database.execute(f"CREATE VIEW endless AS {endless}")
        database.execute("INSERT INTO gpkg_contents VALUES ('endless', 'attributes', 'endless')")
        database.commit()
    with pytest.raises(InputError, match=r"public\.gpkg"):
        audit_pack(tmp_path / "old")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("run_card.json", "[" * 200_000),
        ("run_card.json", '{"privacy": "x"}'),
        ("run_card.json", '{"privacy": {"threshold": 1e400}}'),
        ("run_card.json", '{"privacy": {"threshold": 5, "sensitive": [[1]]}}'),
        ("map.html", '<script type="application/json" id="figures">{</script>'),
        ("units.csv", ""),
    ],
)
def test_what_no_program_of_ours_wrote_ends_in_a_sentence(tmp_path, file, content):
    pack(tmp_path / "old")
    (tmp_path / "old" / file).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=file):
        audit_pack(tmp_path / "old")


def test_what_is_odd_but_readable_is_a_fault_of_the_pack_and_no_error(tmp_path):
    card = {"privacy": {"threshold": 5}, "feasible": True, "rules": {"beats": {"max_moved": 1e300, "tolerance": "x"}}}
    pack(tmp_path / "old", card=card, hidden="9" * 5000)
    (tmp_path / "old" / "map.html").write_text('<script type="application/json" id="figures">[1]</script>', "utf-8")
    wrong = {c.name for c in audit_pack(tmp_path / "old") if not c.ok}
    assert {"every figure is a count, hidden, or empty", "map.html shows the figures of the tables"} <= wrong


def test_links_and_pipes_of_a_pack_are_not_read(tmp_path):
    pack(tmp_path / "old")
    secret = tmp_path / "private.csv"
    secret.write_text("PIN 1234 of the office", encoding="utf-8")
    odd = tmp_path / "old" / "questions.csv"
    if hasattr(os, "mkfifo"):
        os.mkfifo(odd)
        with pytest.raises(InputError, match="no plain file"):
            audit_pack(tmp_path / "old")
        odd.unlink()
    try:
        odd.symlink_to(secret)
    except OSError:
        pytest.skip("this computer makes no links")
    with pytest.raises(InputError, match="outside the pack"):
        audit_pack(tmp_path / "old")


def test_every_sentence_of_today_with_a_share_or_a_measure_is_known():
    from beatplanner.planning.compare import sentences

    known = json.loads((files("beatplanner.data") / "catalogues" / "older_sentences.json").read_text("utf-8"))
    every = {" ".join(t.split()) for texts in known.values() for t in texts}
    wanted = ("the beat changes", "of residents walk", "differs by more than", "more hours of work", "better by more")
    seen = 0
    for name in ("mk", "sq", "ro", "ru", "sr_Cyrl", "sr_Latn"):
        with (files("beatplanner.data") / "catalogues" / f"{name}.po").open("rb") as stream:
            for message in read_po(stream):
                if message.id in sentences.WORDS:
                    continue  # the comparison says it, and is no part of a pack
                if isinstance(message.id, str) and any(w in message.id for w in wanted) and "{" in message.id:
                    seen += 1
                    assert message.id in every and " ".join(str(message.string).split()) in every, message.id
    assert seen >= 30
