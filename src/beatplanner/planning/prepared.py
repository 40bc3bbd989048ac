"""Whether the solvers' kernels were compiled on this machine; where not, that is done before a run's clock starts, once, and told."""

from __future__ import annotations

import compileall
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import platformdirs

import beatplanner
from beatplanner.data.side_work import REPORT
from beatplanner.planning.proof import Progress, silent

MODULE = "beatplanner.planning.prepared"
STEPS = ("beats", "officers", "stations", "service")


def prepare_solvers(steps: Iterable[str], progress: Progress = silent) -> None:
    """Compile the kernels of some steps unless this installation has done so.

    Parameters
    ----------
    steps
        Of `STEPS`.
    progress
        Called with the phase ``"preparing"`` where something is compiled.
    """
    missing = [step for step in steps if not any(m.exists() for m in _marks(step))]
    if not missing:
        return
    # numba is heavy, and where nothing is to be compiled the steps load what they need
    from beatplanner.solver.prepare import prepare

    progress("preparing", None, None, 0.0)
    prepare(missing)
    for step in missing:
        for mark in _marks(step):
            # a read-only home only means that the kernels are looked at again
            with suppress(OSError):
                mark.parent.mkdir(parents=True, exist_ok=True)
                mark.write_text("compiled\n", "utf-8")
                break


def _marks(step: str) -> tuple[Path, ...]:
    """Return the files of which one says that a step's kernels are compiled: another Python, numba or source asks for others.

    One lies beside the sources, for all users of an installation; the other in the user's cache, where the sources cannot be written.
    Where numba is told to keep its copies in a folder of its own, the mark lies there: those of other folders say nothing about it.
    """
    import beatplanner.solver

    sources = sorted(p for folder in beatplanner.solver.__path__ for p in Path(folder).rglob("*.py"))
    stamps = [f"{p}:{p.stat().st_mtime_ns}:{p.stat().st_size}" for p in sources]
    # the window runs by another program of the same Python
    text = "\n".join([sys.prefix, sys.version, version("numba"), *stamps])
    name = f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{step}"
    if own := os.environ.get("NUMBA_CACHE_DIR"):
        return (Path(own) / f"prepared-{name}",)
    cache = Path(platformdirs.user_cache_dir("beatplanner", appauthor=False))
    return Path(beatplanner.solver.__path__[0]) / "__pycache__" / f"prepared-{name}", cache / "kernels" / name


def prepare_all() -> int:
    """Compile the kernels of every step, each in a process of its own; return the first exit code that is not 0.

    An installation calls this: a step that cannot be prepared is told, and no plan waits for a compiler. What no installer of packages has done
    where the sources are used as they lie, the program's own byte code, is written too: a third of what a short command takes is compiling it.
    What writes reports is loaded once: matplotlib looks through the computer's fonts where it has no list of them, a third of a second of the first report.
    """
    # a folder that cannot be written only means that each start compiles
    compileall.compile_dir(Path(beatplanner.__file__).parent, quiet=2)
    # a process a step: the compiler works on one core
    python = [sys.executable, *_isolated()]
    steps = [subprocess.Popen([*python, "-m", MODULE, step]) for step in STEPS]
    # its list of fonts is a convenience: where it cannot be kept a report looks for them itself
    fonts = subprocess.Popen([*python, "-c", f"import {REPORT[0]}"])
    codes = [step.wait() for step in steps]
    fonts.wait()
    return next((code for code in codes if code), 0)


def _isolated() -> list[str]:
    """Return the options of this Python that shut an environment's modules out, for its children."""
    return ["-I"] if sys.flags.isolated else []


if __name__ == "__main__":
    if len(sys.argv) > 1:
        prepare_solvers(sys.argv[1:])
    else:
        sys.exit(prepare_all())
