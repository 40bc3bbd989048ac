"""How the internal report writes numbers, shares, days, files and what planning told, in the language that its page has as ``say``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import jinja2
import numpy as np
from jinja2.runtime import Context

from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.officers_pack import VALUES
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.draft_reason import gap_said

NONE = "–"


def _say(page: Context) -> Speech:
    said = page.get("say")
    return said if isinstance(said, Speech) else ENGLISH


def _lacks(value: Any) -> bool:
    return value is None or isinstance(value, jinja2.Undefined) or (isinstance(value, float) and not np.isfinite(value))


def number(value: Any, digits: int = 0, say: Speech = ENGLISH) -> str:
    """Return a number as the language writes it; a dash where there is none."""
    return NONE if _lacks(value) else say.number(value, digits)


def signed(value: float, digits: int = 0, say: Speech = ENGLISH) -> str:
    """Return a difference with its sign, the minus as long as the plus; what rounds to nothing has none."""
    return _with_sign(value, say.number(abs(value), digits))


def _with_sign(value: float, said: str) -> str:
    return said if not any(c in said for c in "123456789") else f"{'+' if value > 0 else '−'}{said}"


def day(iso: Any, say: Speech = ENGLISH, before: int = 0) -> str:
    """Return a day in words, or the one before it; what is no day stays."""
    try:
        on = dt.date.fromisoformat(str(iso)[:10]) - dt.timedelta(days=before)
    except ValueError:
        return str(iso)
    return say.date(on)


@jinja2.pass_context
def _number(page: Context, value: Any, digits: int = 0) -> str:
    return number(value, digits, _say(page))


@jinja2.pass_context
def _signed(page: Context, value: float, digits: int = 0) -> str:
    return signed(value, digits, _say(page))


@jinja2.pass_context
def _signed_share(page: Context, value: float) -> str:
    return _with_sign(value, _say(page).percent(abs(value), 1))


@jinja2.pass_context
def _share(page: Context, value: Any, digits: int = 1) -> str:
    return NONE if _lacks(value) else _say(page).percent(value, digits)


@jinja2.pass_context
def _gap(page: Context, value: Any) -> str:
    return NONE if _lacks(value) else gap_said(float(value), _say(page).percent)


@jinja2.pass_context
def _day(page: Context, iso: Any) -> str:
    return day(iso, _say(page))


@jinja2.pass_context
def _last_day(page: Context, end: Any) -> str:
    """Return a posting's last day, the one that people know: its end is the first day after it."""
    return day(end, _say(page), 1)


@jinja2.pass_context
def _language(page: Context, name: str) -> str:
    return _say(page).language_name(name)


@jinja2.pass_context
def _sentence(page: Context, text: Any) -> str:
    language = _say(page).language
    return str(text) if language == "en" else without_keys(in_language(str(text), language), language)


@jinja2.pass_context
def _status(page: Context, step: Any) -> str:
    status = str(step["status"])
    return _say(page).text(VALUES.get(status, status))


def _file_name(path: Any) -> str:
    """Return a file's name, since a path breaks a table."""
    return str(path).replace("\\", "/").rsplit("/", 1)[-1]


FILTERS: dict[str, Callable[..., str]] = {
    "number": _number,
    "share": _share,
    "signed": _signed,
    "signed_share": _signed_share,
    "gap": _gap,
    "day": _day,
    "last_day": _last_day,
    "language": _language,
    "in_language": _sentence,
    "status": _status,
    "file_name": _file_name,
}
