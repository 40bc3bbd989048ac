"""What the sample town's forum pack tells beside the plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_forum(folder: Path) -> None:
    """Write what the forum pack tells beside the plan: consents, minutes of the last forums, partners, opening hours."""
    with pd.ExcelFile(folder / "officers.xlsx") as book:
        officers = book.parse(0)["officer"].tolist()
    _write_portrait(folder / "portrait.png")
    rows = [
        ("", "070 555 100", "Police of Rekagrad, P.O. box 12, 1000 Rekagrad"),
        ("1", "070 555 111", "P.O. box 12, 1000 Rekagrad"),
    ]
    _write_csv(folder / "contacts.csv", ["area", "phone", "post"], rows)
    rows = [
        (officers[0], officers[0], "070 555 101", "portrait.png", "2026-10-02", "2028-10-02"),
        (officers[1], officers[1], "070 555 102", "", "2026-10-02", "2028-10-02"),
        (officers[4], officers[4], "", "", "2026-10-09", ""),
    ]
    _write_csv(folder / "consents.csv", ["officer", "name", "contact", "photo", "agreed_on", "until"], rows)
    rows = [
        (
            "1",
            "2026-09-14",
            "More light between the market and the bus stop",
            "Six lamps repaired",
            "Municipality",
            "2026-10-31",
            "2026-10-20",
            "",
        ),
        (
            "1",
            "2026-09-14",
            "Somebody at the school gate in the morning",
            "An officer stands there from 7:30",
            "Police",
            "",
            "2026-09-21",
            "",
        ),
        (
            "2",
            "2026-09-16",
            "Лекување и совет за млади со дроги",
            "Советувалиште во здравствениот дом",
            "Здравствен дом",
            "2027-02-01",
            "",
            "",
        ),
        (
            "13",
            "2026-09-23",
            "A bus on forum evenings",
            "Asked of the bus company",
            "Municipality",
            "2026-10-15",
            "",
            "No answer yet",
        ),
        (
            "Rekagrad",
            "2026-09-30",
            "One telephone number for all community officers",
            "Number agreed",
            "Police",
            "2027-03-01",
            "",
            "",
        ),
    ]
    _write_csv(
        folder / "minutes.csv",
        ["forum", "asked_on", "asked", "action", "responsible", "due", "done_on", "result"],
        rows,
    )
    rows = [
        ("school", "Primary school Kej", "Rekagrad", "Safe ways to school; a class council speaks in the forum."),
        ("health", "Health centre Rekagrad", "", ""),
        ("social services", "", "", ""),
        (
            "other",
            "Women's centre Luna",
            "Rekagrad",
            "Advice and a room for women who are beaten or threatened, day and night.",
        ),
    ]
    _write_csv(folder / "partners.csv", ["kind", "name", "area", "does"], rows)
    rows = [
        ("Station Stara Čaršija 3", "every day 7–22"),
        ("Station Kej 2", "Monday to Friday 8–18, Saturday 9–13"),
        ("Station Ветроглав 1", "Monday to Friday 8–16"),
    ]
    _write_csv(folder / "hours.csv", ["station", "hours"], rows)


def _write_csv(path: Path, header: list[str], rows: list[tuple[Any, ...]]) -> None:
    pd.DataFrame(rows, columns=header).to_csv(path, index=False, encoding="utf-8")


def _write_portrait(path: Path) -> None:
    """Draw a head and shoulders in place of a photo."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle, Ellipse

    figure = Figure(figsize=(2.0, 2.4))
    figure.set_facecolor("#dfe8f1")
    axes = _whole_sheet(figure)
    axes.add_patch(Ellipse((0.5, 0.0), 0.9, 0.8, color="#08306b"))
    axes.add_patch(Circle((0.5, 0.62), 0.2, color="#d9b99b"))
    axes.add_patch(Ellipse((0.5, 0.77), 0.42, 0.18, color="#08306b"))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.2)
    axes.set_axis_off()
    _save(figure, path)


# what matplotlib annotates leaves further arguments open
def _whole_sheet(figure: Any) -> Axes:
    return figure.add_axes((0, 0, 1, 1))


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=120, metadata={"Software": None})
