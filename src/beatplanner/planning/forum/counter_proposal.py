"""A forum's counter-proposal beside the plan: its figures, the rules that it breaks, and the nearest proposal that keeps them.

The nearest proposal is the one in which the fewest residents live in another beat than the forum proposed, among all beats that keep the rules.
An exact model finds it (`solver.nearest`), or proves how far it is at least; where the time does not reach, a walk from the plan, which keeps the
rules, towards the proposal, one area at a time, gives one that is near.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import Findings, did_you_mean, listed, share_beside, share_text
from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.frames import records
from beatplanner.data.formats.ids import id_advice, match_ids
from beatplanner.data.publish.proposal_report import write_proposal_report
from beatplanner.data.publish.public.forum_files import PROPOSAL
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.columns import mapped_table
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.plan import BeatPlan, given_beats
from beatplanner.planning.forum.forum_pack import town_of
from beatplanner.planning.workload import WorkloadPlan, plan_workload
from beatplanner.solver.districts.nearest import NearestProblem, nearest_districts

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

PASSES = 20


@dataclass(frozen=True)
class ProposalJudgement:
    """A counter-proposal, judged.

    Attributes
    ----------
    plan, proposal, nearest
        Figures of the plan, of the proposal, and of the nearest one that keeps the rules (None where none was found).
    changes
        Units of which the proposal changes the beat: ``unit``, ``name``, ``beat``, ``proposed_beat``, ``nearest_beat``, ``residents``.
    broken
        Rules that the proposal breaks, in words with names; empty where it keeps all.
    apart
        Residents who live in another beat in the nearest one than the forum proposed.
    bound
        Proven least number of them; None where none was proven.
    notes
        Doubts about the file.
    """

    plan: BeatPlan
    proposal: BeatPlan
    nearest: BeatPlan | None
    changes: pd.DataFrame
    broken: tuple[str, ...]
    apart: float | None
    bound: float | None
    notes: tuple[Note, ...]


def judge_proposal(
    folder: Path, file: Path, out: Path, *, seconds: float = 30.0, seed: int = 0, threads: int = 1
) -> ProposalJudgement:
    """Read a forum's counter-proposal, compare it with the plan, and write what came of it.

    Parameters
    ----------
    folder
        The result folder of the plan.
    file
        ``proposal.csv`` of the map, or the filled-in sheet: columns ``unit`` and ``proposed_beat`` (a beat's id or name; empty: as planned).
    out
        Folder for ``proposal.html``, ``proposal.json`` and ``nearest.csv``.
    seconds
        Limit of the search for the nearest proposal.
    seed, threads
        As for `run`.

    Returns
    -------
    Judgement

    Raises
    ------
    InputError
        Where the plan or the file cannot be used.
    """
    tables = read_result(folder)
    if tables.beats is None:
        raise InputError(problem("this plan has no beats", "Give the folder of a plan with beats", file=folder))
    town = town_of(tables, folder)
    workload = plan_workload(town)
    before = np.array([str(b) for b in tables.units["beat"]], dtype=object)
    names = {str(b): str(n) for b, n in zip(tables.beats["beat"], tables.beats["name"], strict=True)}
    wanted, notes = _read_proposal(file, town, before, names)
    judge = _Judge(town, workload, before, wanted, names, tables.summary)
    nearest, bound = judge.nearest(seconds, seed, threads)
    moved = np.flatnonzero((wanted != before) | (False if nearest is None else nearest != before))
    changes = pd.DataFrame(
        {
            "unit": town.units["unit"].to_numpy(object)[moved],
            "name": town.units["name"].to_numpy(object)[moved],
            "beat": before[moved],
            "proposed_beat": wanted[moved],
            "nearest_beat": wanted[moved] if nearest is None else nearest[moved],
            "residents": judge.people[moved],
        }
    )
    found = ProposalJudgement(
        plan=given_beats(town, workload, before),
        proposal=given_beats(town, workload, wanted),
        nearest=None if nearest is None else given_beats(town, workload, nearest),
        changes=changes,
        broken=judge.broken(wanted),
        apart=None if nearest is None else float(judge.people[nearest != wanted].sum()),
        bound=bound,
        notes=notes,
    )
    write_proposal_report(out, tables.summary["project"], _report(found, names, town))
    return found


def _read_proposal(
    file: Path, town: Town, before: np.ndarray, names: dict[str, str]
) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Return the proposed beat of every unit, and doubts about the file."""
    if not file.is_file():
        raise InputError(
            problem("there is no such file", "Give the proposal.csv or the sheet that the forum sent", file=file)
        )
    frame, where, of_columns = mapped_table(file, None, ["unit", "proposed_beat"], ["beat"], beside=PROPOSAL)
    ids = town.units["unit"].tolist()
    stale: list[str] = []
    wanted, findings = before.copy(), Findings()
    units, beats = texts(frame["unit"]), texts(frame["proposed_beat"])
    match = match_ids(units, ids)
    proposed, reading = _beats_of(beats, names)
    beats_before = texts(frame["beat"]) if "beat" in frame else [None] * len(frame)
    # a beat that the plan no longer has is another one too
    planned = [found or w for found, w in zip(_beats_of(beats_before, names)[0], beats_before, strict=True)]
    for column, how in (("unit", match.note), ("proposed_beat", reading)):
        if how:
            findings.add([where.fact(how, "warning", field=column)])
    seen: dict[int, int] = {}
    for i, (unit, beat, was) in enumerate(zip(units, beats, planned, strict=True)):
        if beat is None:
            continue
        at, to = match.positions[i], proposed[i]
        if at is None:
            mend = id_advice(unit or "", ids, [u for u in units if u]) or "Use the ids of the plan's units"
            findings.add([where.problem(f"there is no unit “{unit}”", mend, row=where.rows[i], field="unit")])
        elif to is None:
            mend = did_you_mean(beat, [*names, *names.values()]) or f"The beats are: {listed(names.values())}"
            findings.add([where.problem(f"there is no beat “{beat}”", mend, row=where.rows[i], field="proposed_beat")])
        elif at in seen and to != wanted[at]:
            what = f"unit {unit} stands in row {where.rows[seen[at]]} too, with another beat"
            findings.add([where.problem(what, "Keep one", row=where.rows[i], field="unit")])
        else:
            seen[at] = i
            wanted[at] = to
            if was is not None and was != before[at]:
                stale.append(str(town.units["name"].iat[at]))
    findings.raise_if_any()
    if (wanted == before).all():
        raise InputError(
            where.problem("the proposal changes nothing", "Write another beat beside a unit", field="proposed_beat")
        )
    if stale:
        what = (
            f"the forum had another plan before it: {len(stale):,} areas were in other beats then, such as {stale[0]}"
        )
        findings.note("warning", what, "Ask whether the proposal still stands", file=file.name)
    return wanted, (*of_columns, *findings.notes)


def _beats_of(written: Sequence[str | None], names: dict[str, str]) -> tuple[list[str | None], str]:
    """Return the ids of beats written as an id or a name, None where neither is known, and how ids had to be compared."""
    ids = list(names)
    known = {**{n.casefold(): b for b, n in names.items()}, **{b.casefold(): b for b in ids}}
    plainly = [None if w is None else known.get(w.casefold()) for w in written]
    match = match_ids([w if p is None else None for w, p in zip(written, plainly, strict=True)], ids)
    found = [p if at is None else ids[at] for p, at in zip(plainly, match.positions, strict=True)]
    return found, match.note


class _Judge:
    """The rules of a plan, and beats measured against them."""

    def __init__(
        self,
        town: Town,
        workload: WorkloadPlan,
        before: np.ndarray,
        wanted: np.ndarray,
        names: dict[str, str],
        summary: Claims,
    ) -> None:
        self.town, self.workload, self.before, self.wanted, self.names = town, workload, before, wanted, names
        self.people = town.units["population"].to_numpy(float) if town.has_population else workload.hours
        self.municipality = town.units["municipality"].to_numpy(object).astype(str)
        self.edges = town.edges[["a", "b"]].to_numpy(int)
        self.graph: nx.Graph[int] = nx.Graph()
        self.graph.add_nodes_from(range(len(before)))
        self.graph.add_edges_from((int(a), int(b)) for a, b in self.edges)
        self.home = {str(b): self.municipality[np.flatnonzero(before == b)[0]] for b in dict.fromkeys(before)}
        self.limits: dict[str, tuple[float, float]] = {
            m["municipality"]: (m["lower"], m["upper"]) for m in summary.get("beats", {}).get("municipalities", [])
        }
        rules = town.description.beats
        self.budget = None if rules is None else rules.max_moved
        self.current = town.units["current"].to_numpy(object)
        self.locked = town.units["locked"].to_numpy(object)

    def hours(self, beat: np.ndarray, of: str) -> float:
        """Return the officer hours a year of a beat."""
        return float(self.workload.hours[beat == of].sum())

    def share_moved(self, beat: np.ndarray) -> float:
        """Return the share of residents who have another beat than today."""
        known = np.array([isinstance(c, str) for c in self.current])
        total = self.people[known].sum()
        return float(self.people[known & (self.current != beat)].sum() / total) if total > 0 else 0.0

    def broken(self, beat: np.ndarray) -> tuple[str, ...]:
        """Return the rules that beats break, in words."""
        found: list[str] = []
        for b in self.names:
            members = np.flatnonzero(beat == b)
            if not len(members):
                found.append(f"Beat {self.names[b]} has no area left; every beat of the plan has one.")
                continue
            foreign = [m for m in dict.fromkeys(self.municipality[members]) if m != self.home.get(b)]
            if foreign:
                found.append(
                    f"Beat {self.names[b]} crosses the border of {self.home.get(b)} to {listed(foreign)}; beats never cross municipalities."
                )
            pieces = sorted(nx.connected_components(self.graph.subgraph(members.tolist())), key=len, reverse=True)
            if len(pieces) > 1:
                lost = [self.town.units["name"].iat[min(p)] for p in pieces[1:]]
                found.append(
                    f"Beat {self.names[b]} falls into {len(pieces)} pieces; {listed(lost, 4)} cannot be reached inside it."
                )
            limits = self.limits.get(self.home.get(b, ""))
            hours = self.hours(beat, b)
            if limits and not limits[0] - 1e-6 <= hours <= limits[1] + 1e-6:
                side = "more" if hours > limits[1] else "less"
                found.append(
                    f"Beat {self.names[b]} has {hours:,.0f} hours of work a year, {side} than the {limits[0]:,.0f} to {limits[1]:,.0f} that the rules allow."
                )
        wrong = [
            i for i, lock in enumerate(self.locked) if isinstance(lock, str) and lock in self.names and lock != beat[i]
        ]
        if wrong:
            found.append(
                f"{listed([self.town.units['name'].iat[i] for i in wrong], 4)} must stay in the beat that the rules lock it to."
            )
        if self.budget is not None and self.share_moved(beat) > self.budget + 1e-9:
            found.append(
                f"{share_beside(self.share_moved(beat), self.budget)} of residents would change beat, more than the "
                f"{share_text(self.budget)} that the rules allow."
            )
        return tuple(found)

    def nearest(self, seconds: float, seed: int, threads: int) -> tuple[np.ndarray | None, float | None]:
        """Return the nearest beats that keep the rules (None where none was found) and a proven bound on their distance."""
        if not self.broken(self.wanted):
            return self.wanted, 0.0
        searched, bound = self._searched(seconds, seed, threads)
        tried = [b for b in (searched, self._walked(self.before)) if b is not None]
        kept = [b for b in tried if not self.broken(b)]
        if not kept:
            return None, bound
        return min(kept, key=lambda b: float(self.people[b != self.wanted].sum())), bound

    def _searched(self, seconds: float, seed: int, threads: int) -> tuple[np.ndarray | None, float | None]:
        """Solve the model of the municipalities that the proposal touches; the others stay as they are."""
        touched = {m for m, a, b in zip(self.municipality, self.wanted, self.before, strict=True) if a != b}
        units = np.flatnonzero(np.isin(self.municipality, list(touched)))
        own = [b for b in self.names if self.home.get(b) in touched]
        place = {b: k for k, b in enumerate(own)}
        position = np.full(len(self.before), -1)
        position[units] = np.arange(len(units))
        inside = (position[self.edges] >= 0).all(axis=1)
        allowed = np.array([[self.home[b] == self.municipality[i] for b in own] for i in units])
        wish = np.array([place.get(b, -1) for b in self.wanted[units]])
        # where the proposal crosses a municipal border it cannot be followed, whatever else is done
        wish = np.where((wish >= 0) & allowed[np.arange(len(units)), wish], wish, -1)
        limits = [self.limits.get(self.home[b], (0.0, np.inf)) for b in own]
        known = np.array([isinstance(c, str) for c in self.current])
        budget = None
        if self.budget is not None and known.any():
            elsewhere = np.setdiff1d(np.flatnonzero(known), units)
            moved = self.people[elsewhere][self.current[elsewhere] != self.before[elsewhere]].sum()
            budget = float(self.budget * self.people[known].sum() - moved)
        problem_ = NearestProblem(
            wish=wish,
            allowed=allowed,
            weight=self.workload.hours[units],
            lower=np.array([low for low, _ in limits]),
            upper=np.array([high for _, high in limits]),
            residents=self.people[units],
            edges=position[self.edges[inside]],
            locked=np.array([place.get(b, -1) if isinstance(b, str) else -1 for b in self.locked[units]]),
            current=np.array([place.get(c, -2) if isinstance(c, str) else -1 for c in self.current[units]]),
            budget=budget,
        )
        found, bound = nearest_districts(problem_, seconds=seconds, threads=threads, seed=seed)
        if found is None:
            return None, bound
        beat = self.before.copy()
        beat[units] = np.array(own, dtype=object)[found]
        return beat, bound

    def _walked(self, start: np.ndarray) -> np.ndarray | None:
        """Walk from beats that keep the rules towards the proposal, one area at a time, as far as they are kept."""
        beat = start.copy()
        if self.broken(beat):
            return None
        for _ in range(PASSES):
            moved = False
            for i in sorted(np.flatnonzero(beat != self.wanted), key=lambda i: -self.people[i]):
                was = beat[i]
                beat[i] = self.wanted[i]
                if self.broken(beat):
                    beat[i] = was
                else:
                    moved = True
            if not moved:
                break
        return beat


def _report(found: ProposalJudgement, names: dict[str, str], town: Town) -> dict[str, object]:
    """Return what the report shows, as plain values."""
    columns = [("plan", found.plan), ("proposal", found.proposal), ("nearest", found.nearest)]
    given = [(n, p) for n, p in columns if p is not None]
    figures: list[list[str]] = []
    values: tuple[tuple[str, Callable[[Any], str]], ...] = (
        ("Greatest difference from the mean workload", lambda p: f"±{p.max_deviation:.1%}"),
        ("Every beat in one piece", lambda p: "yes" if p.contiguous else "no"),
        (
            "Residents who change beat, against today",
            lambda p: "–" if p.moved_share is None else f"{p.moved_share:.1%}",
        ),
        ("Travel (hours × metres to the middle of the beat)", lambda p: f"{p.proof.objective:,.0f}"),
        ("Officers that are needed", lambda p: f"{int(p.table['officers_required'].sum())}"),
    )
    figures += [[title, *(value(p) for _, p in given)] for title, value in values]
    tables = [p.table.set_index("beat") for _, p in given]
    beats: list[list[str]] = []
    for b, name in names.items():
        row: list[Any] = [name, b]
        for t in tables:
            row += [f"{t.at[b, 'workload']:,.0f}", f"{t.at[b, 'deviation']:+.1%}"] if b in t.index else ["–", "–"]
        if any(r != row[2] for r in row[4::2]):
            beats.append(row)
    return {
        "columns": [n for n, _ in given],
        "figures": figures,
        "beats": beats,
        "broken": list(found.broken),
        "changes": records(found.changes),
        "apart": found.apart,
        "bound": found.bound,
        "residents": town.has_population,
        "notes": [str(n) for n in found.notes],
        "numbers": {
            n: {
                "max_deviation": p.max_deviation,
                "contiguous": p.contiguous,
                "moved_share": p.moved_share,
                "travel": p.proof.objective,
                "officers_required": int(p.table["officers_required"].sum()),
            }
            for n, p in given
        },
    }
