"""One run of `golden`, by the code that PYTHONPATH names: PROJECT OUT. It ends by its work and no clock.

Searches and proofs get a small fixed part of what a plan usually has, so that it ends in a minute or two of one core. The names of these measures are
those of the code since it has rooms; one that the code does not have is told, since its work is whole then.
"""

from __future__ import annotations

import importlib
import resource
import sys
import time
from pathlib import Path

# Measures of work by module: moves of a search, nodes of a proof, masters of a column generation.
SMALL = {
    "districts.search": {"MOVES_PER_UNIT": 2_000},
    "districts.solve": {"PROOF_NODES": 20},
    "officers.assign": {"MASTERS": 5, "MOVES_AN_OFFICER": 100, "LEAST_MOVES": 2_000, "WHOLE_SHARE": 0, "EXACT_SIZE": 0},
}
# The five minutes that a run has at most last for days.
SLOWER = 1_000


def main() -> int:
    """Plan a project with one thread and by small work."""
    from beatplanner.planning.whole.run import run
    from beatplanner.solver.clock import Watch

    for room, measures in SMALL.items():
        module = importlib.import_module(f"beatplanner.solver.{room}")
        for name, value in measures.items():
            if not hasattr(module, name):
                print(f"{module.__name__} has no {name}", file=sys.stderr)
            setattr(module, name, value)
    reached: list[str] = []

    def progress(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
        if not reached or reached[-1] != phase:
            reached.append(phase)
            used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
            print(f"{used:8.1f} s of the processor: {phase}", file=sys.stderr, flush=True)

    slow = Watch(clock=lambda: time.monotonic() / SLOWER)
    run(Path(sys.argv[1]), Path(sys.argv[2]), seed=1, threads=1, progress=progress, cancelled=slow)
    return 0


if __name__ == "__main__":
    sys.exit(main())
