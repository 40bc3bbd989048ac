"""The service, hour by hour, in the internal report: the week's clock, and today beside the plan by shift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.sections import number_of
from beatplanner.data.result.service import ServiceContent
from beatplanner.data.result.service_files import fates, response_minutes

# Figures of the table: key, heading, and how it is written with how many digits.
FIGURES = (
    ("servers_on_duty", "On duty", "few", 2),
    ("response_minutes", "Minutes until somebody is there", "number", 1),
    ("mean_minutes", "Of them travel", "number", 1),
    ("p90_minutes", "Travel to 9 of 10 within, minutes", "number", 1),
    ("own_share", "Own officer", "percent", 0),
    ("wait_share", "Calls that wait", "percent", 1),
    ("lost_share", "Calls lost, as nobody is free", "percent", 1),
    ("away_share", "Time on calls of other beats", "percent", 0),
    ("people_share", "Time left for people", "percent", 0),
)


class ServiceRow(TypedDict):
    """A row of the table: a shift or the whole week, of the plan or of today."""

    shift: str
    whose: str
    cells: list[str]


def service_heads(service: ServiceContent | None, say: Speech = ENGLISH) -> list[str]:
    """Return the headings of the table: calls that wait, that are lost, or both, as the queue of the service has it."""
    return [say.text(head) for _, head, *_ in _figures(service)]


def _figures(service: ServiceContent | None) -> list[tuple[str, str, str, int]]:
    hidden = {"wait_share", "lost_share"} - set(fates(service or {}))
    return [row for row in FIGURES if row[0] not in hidden]


def service_rows(service: ServiceContent | None, say: Speech = ENGLISH) -> list[ServiceRow]:
    """Return the rows of the table: each shift and the whole week, of the plan and of today's beats where those are known.

    Parameters
    ----------
    service
        The key ``service`` of the summary; None where there is none.
    say
        The language.

    Returns
    -------
    list of ServiceRow
        Cells in the order of `service_heads`.
    """
    if service is None:
        return []
    of_today = service.get("today")
    today = {s["name"]: s for s in of_today["shifts"]} if of_today else {}
    rows = _figures(service)
    found: list[ServiceRow] = []
    for shift in service["shifts"]:
        found.append({"shift": say.known(shift["name"]), "whose": say.text("plan"), "cells": _cells(shift, rows, say)})
        if shift["name"] in today:
            found.append(
                {
                    "shift": say.known(shift["name"]),
                    "whose": say.text("today"),
                    "cells": _cells(today[shift["name"]], rows, say),
                }
            )
    if len(service["shifts"]) > 1:
        found.append({"shift": say.text("whole week"), "whose": say.text("plan"), "cells": _cells(service, rows, say)})
        if of_today:
            found.append(
                {
                    "shift": say.text("whole week"),
                    "whose": say.text("today"),
                    "cells": _cells(of_today, rows, say),
                }
            )
    return found


def _cells(figures: Mapping[str, object], rows: list[tuple[str, str, str, int]], say: Speech) -> list[str]:
    def cell(value: float | None, form: str, digits: int) -> str:
        if value is None:
            return "–"
        if form == "percent":
            return say.percent(value, digits)
        return say.number(value, 0 if form == "few" and float(value).is_integer() else digits)

    figures = {**figures, "response_minutes": response_minutes(figures)}
    return [cell(number_of(figures, key), form, digits) for key, _, form, digits in rows]


def draw_week(week: list[float], say: Speech = ENGLISH) -> Any:
    """Draw the clock of the week, calls by hour, as a matplotlib figure.

    Parameters
    ----------
    week
        (168,) calls a week in each hour, from Monday 00:00.
    """
    figure = plain_figure(9, 2.6)
    days = say.locale.days["stand-alone"]["abbreviated"]
    axes = figure.subplots()
    image = axes.imshow(np.asarray(week, float).reshape(7, 24), aspect="auto", cmap="Blues", vmin=0)
    axes.set_yticks(range(7), [days[k] for k in range(7)], fontsize=8)
    axes.set_xticks(np.arange(0, 24, 3) - 0.5, [f"{h:02d}:00" for h in range(0, 24, 3)], fontsize=8)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label=say.text("calls in this hour, each week"), shrink=0.9)
    return figure
