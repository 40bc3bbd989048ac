"""Fixed neighbourhood beats, outreach stations and officers who stay: planned with proof."""

import os

__version__ = "0.1.0"


def _load_cpp_runtime() -> None:
    """Load the runtime of C++ that the solvers need and a clean Windows lacks; only Qt's libraries bring it."""
    import ctypes
    import sys
    from contextlib import suppress
    from pathlib import Path

    with suppress(OSError):
        ctypes.WinDLL("msvcp140.dll")  # type: ignore[attr-defined]
        return
    for folder in sys.path:
        for name in ("msvcp140.dll", "msvcp140_1.dll", "msvcp140_2.dll"):
            with suppress(OSError):
                # a library that is loaded is found by its name from then on
                ctypes.WinDLL(str(Path(folder or ".") / "PySide6" / name))  # type: ignore[attr-defined]


if os.name == "nt":
    _load_cpp_runtime()
