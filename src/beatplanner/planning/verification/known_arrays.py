"""Which arrays a certificate may hold: one that no checker reads proves nothing, and is told."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from beatplanner.planning.verification import (
    balance_prices,
    beats_proof,
    cut_cone_proof,
    cut_cycle_proof,
    stations_proof,
    travel_bound,
)
from beatplanner.planning.verification.beats_proof import inner
from beatplanner.planning.verification.officers_proof import PRICES
from beatplanner.planning.verification.rollout_proof import LEAVES, NODES

Arrays = Mapping[str, np.ndarray]
# Of a municipality, or of a level, for the travel or the border.
PART = {*travel_bound.FORMS, *balance_prices.FORMS, *cut_cone_proof.FORMS, *cut_cycle_proof.FORMS}
STATIONS = {*stations_proof.FORMS}
BEATS = {*beats_proof.FORMS, "proves", "least"}
# By the certificate's name: its own arrays, but for the bound that each tells; and by the letter that the names of its parts begin with (``p0.``) the
# array that has a row for each of them.
OWN: dict[str, set[str]] = {
    "beats": BEATS,
    "budget": BEATS,
    "tolerance": {*PART, "name", "labels"},
    "sectors": {"kind"},
    "commands": {"kind"},
    "stations": STATIONS,
    "stops": STATIONS,
    "officers": {*PRICES},
    "rollout": {*NODES, *LEAVES, "leaf"},
}
PARTS: dict[str, dict[str, str]] = {
    **{kind: {"p": "names", "l": "limit_part", "h": "home"} for kind in ("beats", "budget")},
    **{kind: {"p": "kind"} for kind in ("sectors", "commands")},
}


def strange_arrays(kind: str, arrays: Arrays, parts: int = 0) -> list[str]:
    """Return the names of arrays that no certificate of a kind has; in a choice of hosts `parts` municipalities are those of all."""
    own, letters = OWN[kind] | {"bound"}, PARTS.get(kind, {})
    parts = max(parts, len(arrays.get("names", ())))
    found: list[str] = []
    for name in arrays:
        head, dot, rest = name.partition(".")
        if not dot:
            found += [name] * (name not in own)
            continue
        of, number = letters.get(head[:1], ""), head[1:]
        rows = parts if of == "names" else len(arrays.get(of, ()))
        if not (number.isdecimal() and number == str(int(number)) and int(number) < rows):
            found.append(name)
        elif of == "home":
            found += [name] * bool(strange_arrays(kind, {rest: arrays[name], **_counts(arrays, f"{head}.")}, parts))
        else:
            found += [name] * (rest not in PART)
    return found


def _counts(arrays: Arrays, head: str) -> dict[str, np.ndarray]:
    """Return what says how many parts a choice of hosts has."""
    own = inner({k: v for k, v in arrays.items() if k.startswith(head)}, head)
    return {k: own[k] for k in ("limit_part",) if k in own}
