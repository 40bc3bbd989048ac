"""Officer hours per incident to start from, until a force has its own dispatch durations.

All are assumptions but burglary and theft; they are proposed for categories whose name holds one of the words, in the region's languages.
"""

from __future__ import annotations

from beatplanner.data.guided_import.guessing import plain

HOURS: tuple[tuple[float, str], ...] = (
    (4.5, "domestic family porod familj semej dhun_ne_famil nasilje_u_porod violenta_domest famil"),
    (3.0, "missing welfare nestal zhduk disparut propav ischezn"),
    (2.5, "burglar provalna vjedhje_me_thyer spargere krazha_so_vzlom teska_krad krazha"),
    (3.0, "assault injur attack napad telesn sulm plag vatamare poboi robber razbojni grabez rremuj jafuri"),
    (2.0, "collision crash traffic accident saobracaj soobrak aksident trafik rutier dtp"),
    (1.5, "drug narkot drog youth juvenile mladi"),
    (1.25, "noise neighbour neighbor breach peace disturb buka javni_red zhurm zgomot galagi shum disorder"),
    (0.75, "theft stolen larceny kradj krazb vjedhj furt ostecen vandal graffiti damage vehicle vozil automjet"),
)


def starting_hours(categories: list[str]) -> dict[str, float]:
    """Return hours for those categories whose name says enough."""
    found: dict[str, float] = {}
    for category in categories:
        name = plain(category)
        for hours, words in HOURS:
            if any(word in name for word in words.split()):
                found[category] = hours
                break
    return found
