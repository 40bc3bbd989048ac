"""One of a thing is named as one, whatever sentence counts it."""

from __future__ import annotations

import pytest

from beatplanner.data.publish.counts import in_own_counts
from beatplanner.data.publish.sentence_templates import in_language

CASES = {
    "en": [
        ("1 beats within ±4.8%", "1 beat within ±4.8%"),
        ("12 posts, 1 vacant months, 1 language gaps", "12 posts, 1 vacant month, 1 language gap"),
        ("and 1 more rows have no place", "and 1 more row has no place"),
        ("1 of 1 municipalities", "1 of 1 municipality"),
        ("1 people, 1 addresses", "1 person, 1 address"),
        ("All 9 checks passed; 1 claims could not be checked.", "All 9 checks passed; 1 claim could not be checked."),
        ("1 errors stand in the way", "1 error stands in the way"),
        ("History: 1 entries, 1 mobile stops, 1 clashes", "History: 1 entry, 1 mobile stop, 1 clash"),
        # what is no count of one stays
        ("21 beats, 0.1 hours, 1,001 rows, 1.0 minutes", "21 beats, 0.1 hours, 1,001 rows, 1.0 minutes"),
        ("beat 1 rows, A1 beats, −1 hours", "beat 1 rows, A1 beats, −1 hours"),
        # nor do names and paths that hold such words
        ("“Block 1 parts” has 1 beats.", "“Block 1 parts” has 1 beat."),
        ("/maps/1 files/a.toml, my 1 rows.csv", "/maps/1 files/a.toml, my 1 rows.csv"),
        ("C:\\my 1 units\\a", "C:\\my 1 units\\a"),
    ],
    "mk": [
        ("1 реони, 21 реони, 1.031 жители", "1 реон, 21 реон, 1.031 жител"),
        ("„Дел 1 реони“ има 1 реони", "„Дел 1 реони“ има 1 реон"),
        (
            "11 реони, 111 реони, 1.011 реони, 0,1 часа, 12 реони",
            "11 реони, 111 реони, 1.011 реони, 0,1 часа, 12 реони",
        ),
    ],
    "sq": [("1 reone, 21 reone, 11 reone", "1 reon, 21 reone, 11 reone")],
    "ru": [("1 участков", "1 участков")],
}


@pytest.mark.parametrize(("language", "text", "said"), [(c, *pair) for c, pairs in CASES.items() for pair in pairs])
def test_the_noun_follows_the_number(language, text, said):
    assert in_own_counts(text, language) == said


@pytest.mark.parametrize(("language", "said"), [("en", "1 officer"), ("mk", "1 полицаец"), ("sq", "1 polic")])
def test_what_planning_tells_of_one_is_told_of_one(language, said):
    assert in_language("1 officers", language) == said
