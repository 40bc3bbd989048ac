"""What is published of public instances: the one register that every table of the benchmarks reads, each value with its source.

A value is an optimum unless it has a gap: that is what its authors had left after their longest run.
"""

from __future__ import annotations

from dataclasses import dataclass

BEASLEY = "Beasley (1990), OR-Library: the optima stand beside the instances"
CENTERS = "Daskin (1995); Pullan (2008); proven by Elloumi, Labbé and Pochet (2004)"
AVELLA = "Avella, Sassano and Vasil'ev (2007); Duran-Mateluna, Ales and Elloumi (2023), table 2"
HESS = "Validi, Buchanan and Lykhovyd (2022), Operations Research 70:2; at most an hour"
CUT_EDGES = "Validi and Buchanan (2022), Mathematical Programming Computation 14:4; at most an hour"


@dataclass(frozen=True)
class Published:
    """A published value, the gap that was left (0 where it is proven), and where it stands."""

    value: float
    gap: float
    source: str

    def said(self) -> str:
        """Return value and gap for a column of a table."""
        return f"{self.value:,.10g}" + (f" ({self.gap:.1%} left)" if self.gap else "")


# fmt: off
# pmed1 … pmed40: the p-medians and, of the same files, the farthest ways of the p-centers.
_PMED_MEDIANS = (
    5819, 4093, 4250, 3034, 1355, 7824, 5631, 4445, 2734, 1255,
    7696, 6634, 4374, 2968, 1729, 8162, 6999, 4809, 2845, 1789,
    9138, 8579, 4619, 2961, 1828, 9917, 8307, 4498, 3033, 1989,
    10086, 9297, 4700, 3013, 10400, 9934, 5057, 11060, 9423, 5128,
)
_PMED_CENTERS = (
    127, 98, 93, 74, 48, 84, 64, 55, 37, 20,
    59, 51, 36, 26, 18, 47, 39, 28, 18, 13,
    40, 38, 22, 15, 11, 38, 32, 18, 13, 9,
    30, 29, 15, 11, 30, 27, 15, 29, 23, 13,
)
# p-medians of rl1304, by sites to open; straight lines cut off to whole numbers.
_RL1304 = {
    5: 3099073, 10: 2134295, 20: 1412108, 50: 795012, 100: 491639, 200: 268573, 300: 177326, 400: 128332, 500: 97024,
}
# Census tracts of states: Σ population × km², in millions, and the gap that was left.
_TRACTS_TRAVEL = {
    "ID": (53916.36, 0.0), "NH": (2688.28, 0.0), "ME": (7716.04, 0.0), "NM": (31603.15, 0.0), "NE": (21983.42, 0.0), "UT": (22037.00, 0.0),
    "MS": (16305.45, 0.0), "AR": (15569.97, 0.0), "OK": (19107.87, 0.0), "KS": (22786.69, 0.0), "WV": (11834.84, 0.066), "NV": (12497.05, 0.0901),
}
# The same: cut edges and their bound.
_TRACTS_CUT = {
    "ID": (17, 17), "NH": (26, 26), "ME": (20, 20), "NM": (43, 43), "NE": (44, 44), "UT": (79, 66), "MS": (63, 47), "AR": (70, 40), "WV": (43, 43),
    "NV": (77, 55),
}
# Counties: cut edges, all proven within 20 minutes.
_COUNTIES_CUT = {
    "ME": 16, "NM": 17, "ID": 10, "WV": 23, "LA": 49, "AL": 55, "AR": 33, "OK": 40, "MS": 34, "NE": 19, "IA": 33, "KS": 32,
}
# fmt: on

# What is published, by work and instance.
REGISTER: dict[tuple[str, str], Published] = {
    **{("p-median", f"pmed{k}"): Published(v, 0.0, BEASLEY) for k, v in enumerate(_PMED_MEDIANS, start=1)},
    **{("p-center", f"pmed{k}"): Published(v, 0.0, CENTERS) for k, v in enumerate(_PMED_CENTERS, start=1)},
    **{("p-median", f"rl1304, {p} sites"): Published(v, 0.0, AVELLA) for p, v in _RL1304.items()},
    **{("travel", f"{s}, tracts"): Published(v, gap, HESS) for s, (v, gap) in _TRACTS_TRAVEL.items()},
    **{("cut", f"{s}, tracts"): Published(v, 1 - low / v, CUT_EDGES) for s, (v, low) in _TRACTS_CUT.items()},
    **{("cut", f"{s}, counties"): Published(v, 0.0, CUT_EDGES) for s, v in _COUNTIES_CUT.items()},
}


def known(work: str, instance: str) -> Published | None:
    """Return what is published of an instance, None where nothing is."""
    return REGISTER.get((work, instance))


def instances_of(work: str, begins: str) -> list[str]:
    """Return the instances of a work whose name begins so, in the register's order."""
    return [name for w, name in REGISTER if w == work and name.startswith(begins)]


def sites_in(instance: str) -> int:
    """Return the sites to open that an instance's name tells."""
    return int(instance.split(", ")[1].removesuffix(" sites"))
