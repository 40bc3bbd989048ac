"""Places of incidents that have an address only: matched to a gazetteer the user has, exactly, then by likeness with a score.

An exact match is one after spelling is evened out (case, accents, script, “str.”, “бр.”). A match by likeness is proposed with its score and
used only where a person wrote yes beside it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Below this likeness a proposal is noise.
LEAST_SCORE = 0.75
# Words of addresses that say nothing: street, number, boulevard, in the languages of the region.
EMPTY_WORDS = {
    "ul",
    "ulica",
    "улица",
    "ул",
    "str",
    "street",
    "st",
    "rr",
    "rruga",
    "strada",
    "bul",
    "bulevar",
    "bulevard",
    "bulevardi",
    "бул",
    "булевар",
    "br",
    "бр",
    "no",
    "nr",
    "nr.",
    "broj",
    "број",
    "bb",
    "бб",
    "улицата",
    "вул",
    "дом",
    "д",
}
_CYRILLIC = dict(
    pair.split("=")
    for pair in [
        "а=a",
        "б=b",
        "в=v",
        "г=g",
        "д=d",
        "ђ=dj",
        "е=e",
        "ж=z",
        "з=z",
        "и=i",
        "ј=j",
        "к=k",
        "л=l",
        "љ=lj",
        "м=m",
        "н=n",
        "њ=nj",
        "о=o",
        "п=p",
        "р=r",
        "с=s",
        "т=t",
        "ћ=c",
        "у=u",
        "ф=f",
        "х=h",
        "ц=c",
        "ч=c",
        "џ=dz",
        "ш=s",
        "ѓ=gj",
        "ѕ=dz",
        "ќ=kj",
        "й=j",
        "щ=st",
        "ъ=",
        "ы=i",
        "ь=",
        "э=e",
        "ю=ju",
        "я=ja",
        "ё=e",
    ]
)


@dataclass(frozen=True)
class Match:
    """An address and what it was matched to: position in the gazetteer (-1 where nothing is like it) and score (1 exact)."""

    address: str
    at: int
    score: float


def evened(address: str) -> str:
    """Return an address with its spelling evened out: Latin, small, without accents and empty words.

    Examples
    --------
    >>> evened("ул. „Маршал Тито“ бр. 5"), evened("Maršal Tito 5")
    ('marsal tito 5', 'marsal tito 5')
    """
    text = address.casefold().replace("đ", "dj")
    text = "".join(_CYRILLIC.get(c, c) for c in text)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    empty = {"".join(_CYRILLIC.get(c, c) for c in w) for w in EMPTY_WORDS}
    words = [w for w in re.findall(r"[^\W_]+", re.sub(r"(\d+)\s*([a-z])\b", r"\1\2", text)) if w not in empty]
    return " ".join(words)


def match_addresses(addresses: Sequence[str], gazetteer: Sequence[str]) -> list[Match]:
    """Match each address to the gazetteer.

    Parameters
    ----------
    addresses
        Each once.
    gazetteer
        Addresses with places; of two that are even, the first is taken.
    """
    even: dict[str, int] = {}
    for i, text in enumerate(gazetteer):
        even.setdefault(evened(text), i)
    # addresses are compared with those only that share most pairs of letters: comparing all would take minutes
    grams: dict[str, set[str]] = defaultdict(set)
    for text in even:
        for gram in _grams(text):
            grams[gram].add(text)
    found: list[Match] = []
    for address in addresses:
        text = evened(address)
        if text in even:
            found.append(Match(address, even[text], 1.0))
            continue
        counts: dict[str, int] = defaultdict(int)
        for gram in _grams(text):
            near = grams.get(gram, ())
            if len(near) <= 5_000:
                for other in near:
                    counts[other] += 1
        best, score = -1, 0.0
        number = re.findall(r"\d+[a-z]?", text)
        for other in sorted(counts, key=lambda o: (-counts[o], o))[:25]:
            likeness = difflib.SequenceMatcher(None, text, other).ratio()
            # another house number is another house, however alike the street is
            if number != re.findall(r"\d+[a-z]?", other):
                likeness *= 0.85
            if likeness > score:
                best, score = even[other], likeness
        found.append(Match(address, best, score) if score >= LEAST_SCORE else Match(address, -1, 0.0))
    return found


def _grams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def street_only(match: Match, gazetteer: Sequence[str]) -> bool:
    """Tell whether a match differs in the house number only."""
    if match.at < 0:
        return False
    ours, theirs = (re.sub(r"\d+[a-z]?", "", evened(t)).strip() for t in (match.address, gazetteer[match.at]))
    return ours == theirs


def accepted_places(
    addresses: Sequence[str | None],
    matches: Sequence[Match],
    accepted: dict[str, str],
    gazetteer: Sequence[str],
    places: np.ndarray,
) -> np.ndarray:
    """Return the places of addresses, (m, 2), NaN where none holds.

    Parameters
    ----------
    addresses
        (m,) of the incidents.
    matches
        One for each different address.
    accepted
        Address: gazetteer's address, out of the user's table.
    gazetteer, places
        Addresses and their coordinates, (g,) and (g, 2).
    """
    position = {text: i for i, text in reversed(list(enumerate(gazetteer)))}
    at = {m.address: m.at if m.score == 1.0 else -1 for m in matches}
    at |= {a: position[g] for a, g in accepted.items() if g in position}
    found = np.full((len(addresses), 2), np.nan)
    for i, address in enumerate(addresses):
        j = at.get(address, -1) if address is not None else -1
        if j >= 0:
            found[i] = places[j]
    return found
