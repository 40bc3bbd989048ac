"""How the table of the field is printed: the methods that work on one instance, beside what is published of it.

Ours comes first and has its limit; then each peer has as long as ours took, at least `PEER_LEAST` seconds or, where ours has fewer, as many.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import peers

HEADER = (
    "| work | instance | method | value | bound | gap | rules | published | asked | CPU s | GB |\n"
    "|---|---|---|--:|--:|--:|---|--:|---|--:|--:|"
)
OURS = "**beatplanner**"
PEER_LEAST = 10.0


@dataclass(frozen=True)
class Answer:
    """What a method gave: value, bound and whether all rules are kept; None where it gave none, and in words why it was not tried."""

    value: float | None
    bound: float | None = None
    kept: bool = True
    untried: str | None = None


# Name: the package that it needs, and what it does in so many seconds.
Methods = dict[str, tuple[str | None, Callable[[float], Answer]]]


@dataclass(frozen=True)
class Line:
    """What a method gave, and the seconds of the processor and the greatest memory of the process until then, in GB."""

    method: str
    answer: Answer | None
    spent: float
    memory: float


def answers_of(methods: Methods, seconds: float) -> list[Line]:
    """Let each method work, ours first; a package that is not installed and a method that fails are told."""
    lines: list[Line] = []
    peer_seconds = least = min(PEER_LEAST, seconds)
    for method, (package, run) in sorted(methods.items(), key=lambda item: item[0] != OURS):
        begin, answer = time.process_time(), None
        if not peers.installed(package):
            answer = Answer(None, untried="not installed")
        else:
            try:
                answer = run(seconds if method == OURS else peer_seconds)
            except Exception as error:  # a peer that fails is a row of the table
                print(f"({method}: {type(error).__name__}: {error})")
        spent = time.process_time() - begin
        if method == OURS:
            peer_seconds = max(least, spent)
        lines.append(Line(method, answer, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))
    return lines


def best_bound(lines: list[Line]) -> float | None:
    """Return the best bound that anybody has."""
    return max((x.answer.bound for x in lines if x.answer is not None and x.answer.bound is not None), default=None)


def gap(answer: Answer, bound: float) -> float:
    """Return the share of a value that is above a bound; what a bound is above by rounding is no gap."""
    assert answer.value is not None
    return max(0.0, answer.value - bound) / max(1e-12, abs(answer.value))


def rows_of(work: str, name: str, published: str, asked: str, methods: Methods, seconds: float) -> None:
    """Let each method work on an instance, and print their rows."""
    lines = answers_of(methods, seconds)
    best = best_bound(lines)
    for k, line in enumerate(lines):
        answer = line.answer
        value = bound = share = kept = "–"
        if answer is not None and answer.untried is not None:
            value = answer.untried
        if answer is not None and answer.bound is not None:
            bound = f"{answer.bound:,.8g}"
        if answer is not None and answer.value is not None:
            value, kept = f"{answer.value:,.8g}", "kept" if answer.kept else "broken"
            if best is not None and answer.kept:
                share = f"{gap(answer, best):.3%}"
        said = (published, asked) if k == 0 else ("", "")
        print(
            f"| {work} | {name} | {line.method} | {value} | {bound} | {share} | {kept} | {said[0]} | {said[1]} | {line.spent:.1f} | {line.memory:.2f} |",
            flush=True,
        )


@dataclass
class Together:
    """Many instances of a kind in one row a method: how many are at the published value, how many proven, the worst gap, all seconds."""

    tried: int = 0
    found: int = 0
    proven: int = 0
    worst: float = 0.0
    spent: float = 0.0
    memory: float = 0.0
    untried: int = 0

    def add(self, line: Line, published: float, bound: float | None) -> None:
        """Count what a method gave for one of the instances, with the best bound that anybody has of it."""
        self.spent, self.memory = self.spent + line.spent, max(self.memory, line.memory)
        answer = line.answer
        if answer is not None and answer.untried is not None:
            self.untried += 1
            return
        self.tried += 1
        if answer is None or answer.value is None or not answer.kept:
            self.worst = 1.0
            return
        self.found += answer.value <= published * (1 + 1e-9)
        self.proven += answer.bound is not None and answer.bound >= answer.value * (1 - 1e-4)
        self.worst = max(self.worst, gap(answer, published if bound is None else bound))


def together(work: str, name: str, asked: str, each: list[tuple[float, Callable[[], Methods]]], seconds: float) -> None:
    """Let each method work on many instances, each with its published value, and print a row a method."""
    counts: dict[str, Together] = {}
    for published, methods in each:
        lines = answers_of(methods(), seconds)
        for line in lines:
            counts.setdefault(line.method, Together()).add(line, published, best_bound(lines))
    for k, (method, count) in enumerate(counts.items()):
        found = f"{count.found} of {count.tried} at the published value"
        found += f", {count.untried} not tried" if count.untried else ""
        said = (f"{len(each)} values", asked) if k == 0 else ("", "")
        worst = "–" if not count.tried else "no plan for one" if count.worst == 1.0 else f"{count.worst:.3%} at most"
        print(
            f"| {work} | {name} | {method} | {found} | {count.proven} proven | {worst} | | {said[0]} | {said[1]} | {count.spent:.1f} | "
            f"{count.memory:.2f} |",
            flush=True,
        )
