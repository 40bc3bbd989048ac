"""How many speakers of a language a force needs, from when, and what no assignment can avoid with those it has.

For each language and month, with N beats that need it and S officers at work who speak it, at most S beats can have one::

    unavoidable gaps of a month = max(0, N − S), of the beats with the fewest speakers; their speakers are unavoidable speaker-months

This holds whatever other rules there are, so it is a bound and no forecast. It serves coverage alone: nobody is ranked by it.
"""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import geopandas as gpd
import numpy as np

from beatplanner.data.town.town import Town
from beatplanner.solver.officers.problem import TenureProblem


class Recruited(TypedDict):
    """How many more who speak a language there must be from a day on."""

    by: str
    officers: int


class LanguageNeed(TypedDict):
    """What a language that beats need asks for."""

    language: str
    beats: int
    speakers: float
    officers: int
    unavoidable_beat_months: int
    unavoidable_speaker_months: float
    recruit: list[Recruited]


def language_needs(
    town: Town, beats: gpd.GeoDataFrame, problem: TenureProblem, dates: list[dt.date]
) -> list[LanguageNeed]:
    """Return what each language that a beat needs asks for.

    A row has ``language``, ``beats``, ``speakers`` (residents), ``officers`` (who speak it, at work in the first
    month), ``unavoidable_beat_months``, ``unavoidable_speaker_months`` and ``recruit``, rows of ``by`` (ISO date) and ``officers``, how many more who
    speak it there must be from then on, summed over the rows before.
    """
    found: list[LanguageNeed] = []
    month = np.arange(problem.months)
    able = (problem.first[:, None] <= month) & (month < problem.last[:, None]) & problem.arrays.works
    for k, language in enumerate(town.groups):
        wanted = problem.needs[:, k]
        if not wanted.any():
            continue
        residents = np.zeros(len(beats)) if problem.speakers is None else problem.speakers[:, k]
        fewest = np.concatenate([[0.0], np.cumsum(np.sort(residents[wanted]))])
        speaking = (able & problem.has[:, [k]]).sum(axis=0)
        short = np.maximum(0, int(wanted.sum()) - speaking)
        recruit: list[Recruited] = []
        had = 0
        for t in np.flatnonzero(short):
            if short[t] > had:
                recruit.append({"by": dates[t].isoformat(), "officers": int(short[t]) - had})
                had = int(short[t])
        found.append(
            {
                "language": language,
                "beats": int(wanted.sum()),
                "speakers": float(residents[wanted].sum()),
                "officers": int(
                    (able & problem.has[:, [k]])[: 0 if town.roster is None else len(town.roster), 0].sum()
                ),
                "unavoidable_beat_months": int(short.sum()),
                "unavoidable_speaker_months": float(fewest[short].sum()),
                "recruit": recruit,
            }
        )
    return found
