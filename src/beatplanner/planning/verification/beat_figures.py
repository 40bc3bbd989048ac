"""What the table of beats says of each: hours, officers, people, languages and its polygon, recomputed from the units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours, older_beat_colours, today_colours, with_shown
from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import records
from beatplanner.data.result.sections import section_of
from beatplanner.planning.verification.country import posts_by_share
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, missing

if TYPE_CHECKING:
    import geopandas as gpd

# Polygons of beats are unions of units: their areas may differ only by the hair that the union mends.
AREA_SHARE = 1e-5


LANGUAGE_SHARE = 0.10


def check_beat_figures(ledger: Ledger, evidence: Evidence) -> None:
    """Check hours, officers, residents, languages and posts of each beat."""
    beats, units = evidence.beats, evidence.units
    assert beats is not None
    names = [evidence.beat_name(b) for b in beats.index]
    hours = evidence.total(units["workload"].to_numpy(float))
    ledger.pairs(
        "beats.workload",
        "the sum of its units",
        zip(names, beats["workload"], hours, strict=True),
        "beats",
        "hours a year",
    )
    ledger.pairs(
        "beats.population",
        "the sum of its units",
        zip(names, beats["population"], evidence.total(units["population"].to_numpy(float)), strict=True),
        "beats",
        "residents",
    )
    mean = (
        pd.Series(hours, index=beats.index)
        .groupby(beats["municipality"].fillna("").astype(str))
        .transform("mean")
        .to_numpy()
    )
    deviation = np.where(mean > 0, hours / np.where(mean > 0, mean, 1) - 1, 0.0)
    ledger.pairs(
        "beats.deviation",
        "the share above or below its municipality's mean",
        zip(names, beats["deviation"], deviation, strict=True),
        "beats",
    )
    ledger.pairs(
        "beats.officers_required",
        "by the formula",
        zip(names, beats["officers_required"], officers_of(evidence), strict=True),
        "beats",
        "officers",
    )
    claims = evidence.summary["beats"]
    if "officers_required" in claims:
        ledger.number(
            "beats.officers_required_total",
            claims["officers_required"],
            float(officers_of(evidence).sum()),
            "officers",
        )
    exact, committed, covered = _use_of_officers(evidence)
    for column, found in (("exact_officers", exact), ("committed_share", committed), ("covered_share", covered)):
        if column in beats.columns:
            ledger.pairs(
                f"beats.{column}", "by the formula", zip(names, beats[column], found, strict=True), "beats", ""
            )
    if "exact_officers" in claims:
        ledger.number("beats.exact_officers_total", claims["exact_officers"], float(exact.sum()), "officers")
    if "covered_share" in claims:
        ledger.number("beats.covered_share_mean", claims["covered_share"], float(covered.mean()))
    has = evidence.rules.country
    if "posts" in beats.columns and has is not None and has.set_posts and has.officers is not None:
        shared = posts_by_share(records(beats), has)
        ledger.pairs(
            "beats.posts",
            "as the officers are shared out",
            [(n, p, shared[str(b)]) for n, b, p in zip(names, beats["beat"], beats["posts"], strict=True)],
            "beats",
            "posts",
        )
    elif "posts" in beats.columns:
        # without officers in the rules the beats have what they need
        wish = "auto" if evidence.rules.officers is None else evidence.rules.officers.posts_per_beat
        posts = beats["officers_required"] if wish == "auto" else [wish] * len(beats)
        ledger.pairs(
            "beats.posts",
            "as the rules have it",
            zip(names, beats["posts"], posts, strict=True),
            "beats",
            "posts",
        )


def _answering_hours(evidence: Evidence) -> np.ndarray:
    """Return the hours a year that incidents and fixed tasks take in each beat, (K,)."""
    rules, units = evidence.rules.workload, evidence.units
    fixed = units["fixed_hours"].to_numpy(float) if "fixed_hours" in units.columns else np.zeros(len(units))
    return evidence.total(units["reactive_hours"].to_numpy(float) + fixed) + rules.fixed_hours_per_beat


def _use_of_officers(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return officers before rounding and minimum, the share of the hours of those needed that calls take, and of 8,760 hours covered."""
    beats, rules = evidence.beats, evidence.rules.workload
    assert beats is not None
    on_the_beat = rules.annual_hours * (1 - rules.absence) * (1 - rules.abstraction)
    answering, promised = _answering_hours(evidence), evidence.total(evidence.units["community_hours"].to_numpy(float))
    by_share = answering / (1 - rules.community_share - rules.admin_share)
    exact = np.maximum(by_share, (answering + promised) / (1 - rules.admin_share)) / on_the_beat
    needed = officers_of(evidence)
    # the posts themselves are checked apart
    posts = beats["posts"].to_numpy(float) if "posts" in beats.columns else needed
    return exact, answering / (needed * on_the_beat), np.minimum(1.0, posts * on_the_beat / (365 * 24))


def officers_of(evidence: Evidence) -> np.ndarray:
    """Return the officers that each beat needs, (K,), by the formula of the domain."""
    rules, units = evidence.rules.workload, evidence.units
    reactive = _answering_hours(evidence)
    community = evidence.total(units["community_hours"].to_numpy(float))
    on_the_beat = rules.annual_hours * (1 - rules.absence) * (1 - rules.abstraction)
    needed: list[int] = []
    for answering, promised in zip(reactive, community, strict=True):
        on_duty = answering / (1 - rules.community_share - rules.admin_share)
        # what residents were promised may be more than the community share leaves for them
        on_duty = max(on_duty, (answering + promised) / (1 - rules.admin_share))
        officers = on_duty / on_the_beat
        whole = round(officers) if abs(officers - round(officers)) < 1e-9 else np.ceil(officers)
        needed.append(max(int(whole), rules.min_officers_per_beat))
    return np.array(needed)


def check_people(ledger: Ledger, evidence: Evidence) -> None:
    """Check what follows from residents: languages of each beat."""
    beats, units = evidence.beats, evidence.units
    assert beats is not None
    groups = list(evidence.rules.units.groups)
    if "languages" not in beats.columns:
        return
    residents = evidence.total(units["population"].to_numpy(float))
    spoken: list[set[str]] = [set() for _ in range(len(beats))]
    for group in groups:
        speakers = evidence.total(units[f"group_{group}"].to_numpy(float))
        for k in np.flatnonzero((residents > 0) & (speakers >= LANGUAGE_SHARE * residents)):
            spoken[k].add(group)
    wrong = [
        f"{evidence.beat_name(b)}: “{said}” is claimed, “{';'.join(sorted(was))}” was found."
        for b, said, was in zip(beats.index, beats["languages"], spoken, strict=True)
        if {s for s in ("" if missing(said) else str(said)).split(";") if s} != was
    ]
    ledger.each("beats.languages", "those of at least 10 % of its residents", wrong, len(beats), "beats")


def check_polygons(ledger: Ledger, evidence: Evidence) -> None:
    """Check that each beat's polygon is that of its units."""
    beats, district = evidence.beats, evidence.district
    assert beats is not None
    polygons = evidence.units.geometry.to_numpy()
    shapes = beats.geometry.to_numpy()
    wrong: list[str] = []
    for k, beat in enumerate(beats.index):
        union = geometry.union(polygons[district == k])
        drawn: shapely.Geometry = shapes[k]
        apart = geometry.symmetric_difference(union, drawn)
        differing = shapely.area(apart)
        if not differing <= AREA_SHARE * max(shapely.area(union), 1.0):
            wrong.append(
                f"The polygon of {evidence.beat_name(beat)} differs from that of its units by {differing:,.0f} m²."
            )
    ledger.each("beats.polygon", "each beat is the union of its units", wrong, len(beats), "beats")
    around = shapely.length(shapes)
    compactness = np.divide(4 * np.pi * shapely.area(shapes), around**2, out=np.zeros(len(shapes)), where=around > 0)
    names = [evidence.beat_name(b) for b in beats.index]
    ledger.pairs(
        "beats.compactness",
        "Polsby–Popper, 4π × area / perimeter²",
        zip(names, beats["compactness"], compactness, strict=True),
        "beats",
    )
    if "colour" in beats.columns:
        _check_colours(ledger, evidence, beats)


def _check_colours(ledger: Ledger, evidence: Evidence, beats: gpd.GeoDataFrame) -> None:
    """Check the colours: all as they are given now, or all as plans had them before their beats kept those of today's.

    Which of the two no version tells: postings that are changed by hand are written anew with the beats of an older plan.
    """
    rules, units = evidence.rules.beats, evidence.units
    own = None if rules is None else rules.colours
    bare = beats.drop(columns=["colour"]).assign(beat=list(beats.index))
    current = units["current"].to_numpy(object) if "current" in units.columns else np.full(len(units), None, object)
    today = today_colours(current, units.geometry.to_numpy())

    def wrong(colours: dict[str, str]) -> list[str]:
        return [
            f"{evidence.beat_name(b)} has the colour {said}, and should have {colours[str(b)]}."
            for b, said in zip(beats.index, beats["colour"], strict=True)
            if said != colours[str(b)]
        ]

    shown = section_of(section_of(evidence.summary, "drawn"), "colours")
    found = wrong(beat_colours(bare, own, with_shown(today, shown)))
    if found and not wrong(older_beat_colours(bare, own)):
        found = []
    ledger.each(
        "beats.colour",
        "its own, else that of today or of its drawing, else one that no neighbour has",
        found,
        len(beats),
        "beats",
    )
