"""The block of proof of a comparison: objectives summed again from the tables, gaps to the bounds that are told, and whether every rule is kept.

The bounds themselves are what a certificate proves, or what a solver reports; `beatplanner verify` evaluates the certificates, and nothing here does it again.
A plan whose rules or objective are of another kind than those below has its figure named as left out, in place of one that is half worked out.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

TERMS = {
    "vacant_months": "vacant_month",
    "tenure_violations": "tenure_violation",
    "language_gaps": "language_gap",
    "speaker_months": "speaker_month",
    "must_months": "language_must",
    "rotations": "rotation",
    "home_km_months": "home_km_month",
}


def of_proof(p: Any, found: dict[str, Any], edges: pd.DataFrame) -> dict[str, Any]:
    """Return objectives, gaps, and whether the rules are kept; `found` are the plan's other figures."""
    if p.today:
        return {}
    objectives = {"beats": beats(p, edges), "stations": stations(p), "officers": officers(p, found)}
    claimed: dict[str, Any] = {"beats_objective": objectives["beats"], "rules_met": rules_met(p, found)}
    for step, objective in objectives.items():
        claims = p.summary.get(step, {})
        # a bound that nobody can check counts as none
        bound = claims.get("lower_bound" if claims.get("certified") is not False else "certified_bound")
        if objective is not None and bound is not None:
            claimed[f"{step}_gap"] = max(0.0, (objective - bound) / objective) if objective else 0.0
    return {k: v for k, v in claimed.items() if v is not None}


def beats(p: Any, edges: pd.DataFrame) -> float | None:
    """Return Σ hours × metres to the centre unit, or the metres of border between beats."""
    rules = p.rules.get("beats")
    if rules is None or rules["distances"] or rules["roads"] or rules["adjacency"]:
        return None
    if rules["objective"] == "cut":
        of = dict(zip(p.units["unit"], p.now, strict=True))
        apart = edges["unit_a"].map(of) != edges["unit_b"].map(of)
        return float(edges.loc[apart & edges["unit_a"].isin(of) & edges["unit_b"].isin(of), "metres"].sum())
    at = p.units.set_index("unit")[["x", "y"]]
    centre = dict(zip(p.beats["beat"].astype(str), p.beats["centre_unit"].astype(str), strict=True))
    middle = at.reindex(p.now.map(centre)).reset_index(drop=True)
    way = ((p.units["x"] - middle["x"]) ** 2 + (p.units["y"] - middle["y"]) ** 2) ** 0.5
    return float((p.units["workload"] * way).sum())


def stations(p: Any) -> float | None:
    """Return Σ residents × metres to the nearest station; twice the longest walk where a home reaches others alone."""
    rules = p.rules.get("stations")
    if rules is None or rules["objective"] != "p-median" or p.walks is None or rules["group_excess"] or rules["mobile"]:
        return None
    if p.homes is None:
        people = pd.Series(p.people.to_numpy(), index=p.units["home"])
    else:
        people = p.homes.set_index("home")["residents"]
    near = p.walks[p.walks["station"].astype(str).isin(p.open)].groupby("home")["metres"].min().reindex(people.index)
    able = people.index.isin(set(p.walks["home"]))
    return float((people * near.fillna(2 * p.walks["metres"].max()))[able].sum())


def officers(p: Any, found: dict[str, Any]) -> float | None:
    """Return the weighted sum of what the postings cost; None where the force has wishes that are not worked out here."""
    rules = p.rules.get("officers")
    if (
        rules is None
        or p.roster is None
        or p.moves is None
        or rules["gender_mix"]
        or rules["published"]
        or rules["posts"]
    ):
        return None
    if "prefers" in p.roster and p.roster["prefers"].fillna("").astype(str).str.strip().any():
        return None
    keys = [
        k for k in TERMS if p.rules["units"]["groups"] or k not in ("language_gaps", "speaker_months", "must_months")
    ]
    if any(found.get(k) is None for k in keys):
        return None
    weights = p.summary["officers"]["weights"]
    return float(sum(weights[TERMS[k]] * found[k] for k in keys))


def rules_met(p: Any, found: dict[str, Any]) -> bool | None:
    """Tell whether the rules are kept; None where the plan has one that is not looked at here."""
    b, s, o = (p.rules.get(k) for k in ("beats", "stations", "officers"))
    if b is None or b["locked"] or b["links"] or b["closed"] or b["held"]:
        return None
    kept = found["beats_outside"] == 0 and found["beats_in_pieces"] == 0 and found["beats_across"] == 0
    if b["count"] != "auto":
        kept &= found["beats"] == b["count"]
    if b["max_moved"] is not None:
        kept &= found["moved_share"] <= b["max_moved"] + 1e-9
    if s is not None:
        if (
            s["budget"]
            or s["min_distance"]
            or s["one_per_municipality"]
            or s["group_excess"]
            or s["phases"]
            or s["mobile"]
        ):
            return None
        if s["objective"] != "fewest":
            kept &= found["stations"] == s["count"]
        kept &= s["existing"] is None or s["existing"]["may_close"] or not found["closed_stations"]
    if o is not None:
        if any(o[k] for k in ("posts", "max_tenure_months", "half_a_year", "published")):
            return None
        # a tenure that is cut short is allowed, at a price, and yet a rule that is not met
        kept &= postings_allowed(p, o) and not found.get("tenure_violations")
    return bool(kept)


def postings_allowed(p: Any, o: dict[str, Any]) -> bool:
    """Tell whether postings lie in their officers' service, one at a time, apart from whom they must not share a beat with, within the moves of a month."""
    moves = p.moves.assign(officer=p.moves["officer"].astype(str), beat=p.moves["beat"].astype(str)).sort_values(
        ["officer", "start"]
    )
    row = {str(r["officer"]): r for r in p.roster.to_dict("records")}
    after = moves.groupby("officer")["start"].shift(-1)
    kept = not (after.notna() & (after < moves["end"])).any()
    start = str(o["start"])
    for r in moves.to_dict("records"):
        who = row[r["officer"]]
        left, joins, trained = (
            None if pd.isna(who.get(k)) else str(who[k])[:10] for k in ("leaves_on", "joins_on", "trained_on")
        )
        # who serves today stays at the post, whatever the other dates say
        kept &= left is None or r["end"] <= left
        stays = r["start"] == start and who["beat"] is not None and not pd.isna(who["beat"])
        kept &= stays or all(d is None or d <= r["start"] for d in (joins, trained))
    for r in row.values():
        for other in str(r["not_with"]).split(";") if isinstance(r.get("not_with"), str) else []:
            mine, theirs = moves[moves["officer"] == str(r["officer"])], moves[moves["officer"] == other.strip()]
            both = mine.merge(theirs, on="beat")
            kept &= not ((both["start_x"] < both["end_y"]) & (both["start_y"] < both["end_x"])).any()
    if o["max_home_km"] is not None:
        at = p.units.assign(unit=p.units["unit"].astype(str)).set_index("unit")[["x", "y"]]
        centre = dict(zip(p.beats["beat"].astype(str), p.beats["centre_unit"].astype(str), strict=True))
        for r in moves.to_dict("records"):
            who, place = row[r["officer"]], at.loc[centre[r["beat"]]]
            stays = r["start"] == start and not pd.isna(who["beat"]) and carried(p, str(who["beat"])) == r["beat"]
            if not stays and not pd.isna(who["x"]) and not pd.isna(who["y"]):
                far = ((who["x"] - place["x"]) ** 2 + (who["y"] - place["y"]) ** 2) ** 0.5
                kept &= far <= 1000 * o["max_home_km"] + 1e-6
    if o["moves_a_month"] is not None:
        home = {str(r["officer"]): None if pd.isna(r["beat"]) else str(r["beat"]) for r in p.roster.to_dict("records")}
        begins = moves[~((moves["start"] == start) & (moves["beat"] == moves["officer"].map(home)))]
        first = begins["officer"].map(home).isna() & ~begins["officer"].duplicated()
        kept &= bool((begins[~first].groupby("start").size() <= o["moves_a_month"]).all())
    if o.get("worst_wish") is not None or o.get("most_moves") is not None:
        kept &= fair(p, o, moves, row)
    return bool(kept)


def fair(p: Any, o: dict[str, Any], moves: Any, row: dict[str, Any]) -> bool:
    """Tell whether nobody is moved below the last wish that counts, or more often than may be."""
    start, count = str(o["start"]), dict.fromkeys(row, 0)
    for r in moves.to_dict("records"):
        who = row[r["officer"]]
        serves = who["beat"] is not None and not pd.isna(who["beat"])
        if serves and r["start"] == start and carried(p, str(who["beat"])) == r["beat"]:
            continue
        wishes = [w for w in str(who["prefers"]).split(";") if w] if isinstance(who.get("prefers"), str) else []
        if o["worst_wish"] is not None and wishes and r["beat"] not in wishes[: o["worst_wish"]]:
            return False
        count[r["officer"]] += serves or r["start"] > moves[moves["officer"] == r["officer"]]["start"].min()
    return o["most_moves"] is None or max(count.values(), default=0) <= o["most_moves"]


def carried(p: Any, beat: str) -> str:
    """Return the plan's beat of an officer of today's beat: the same, or where most of its residents are now."""
    if beat in set(p.beats["beat"].astype(str)):
        return beat
    inside = p.units["current"].astype(str) == beat
    people = p.units["population"].fillna(1.0)[inside]
    return str(people.groupby(p.units["beat"][inside].astype(str)).sum().idxmax())
