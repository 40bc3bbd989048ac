"""How long the window takes to stand and a command to end, what is loaded for it, and the memory that it holds while nobody touches it.

    python benchmarks/start.py [--town PROJECT_OR_RESULT]

Cold: a new process after the environment's files were taken out of the system's cache (Linux; elsewhere the first start counts).
Warm: the same again, the median of five. Memory: resident in the idle window, first empty, then with a town open.
Targets: 4 s cold, 1.5 s warm, 250 MB idle.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAVY = (
    "numpy",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "scipy",
    "networkx",
    "numba",
    "pulp",
    "highspy",
    "matplotlib",
    "folium",
    "rasterio",
    "exactextract",
    "openpyxl",
    "pydantic",
    "jinja2",
    "rich",
    "typer",
    "distributed",
    "docx",
)
CHILD = """
import json, sys, time
from pathlib import Path
started = float(sys.argv[1])
from PySide6.QtWidgets import QApplication
application = QApplication([])
from beatplanner.ui.desktop.window.main_window import MainWindow
window = MainWindow()
window.show()
application.processEvents()
stands = time.time() - started
loaded = [m for m in sys.argv[3].split(",") if m in sys.modules]
def memory():
    end = time.time() + 1.0
    while time.time() < end:
        application.processEvents()
        time.sleep(0.05)
    try:
        text = Path("/proc/self/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) / 1024
    except OSError:
        return None
empty = memory()
opened = None
if sys.argv[2]:
    window.open(Path(sys.argv[2]))
    opened = memory()
print(json.dumps({"stands": stands, "loaded": loaded, "empty": empty, "opened": opened}))
sys.stdout.flush()
import os
os._exit(0)
"""


def forget(folders: list[Path]) -> bool:
    """Take every file of some folders out of the system's cache; False where that cannot be asked for."""
    if not hasattr(os, "posix_fadvise"):
        return False
    os.sync()
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                handle = os.open(path, os.O_RDONLY)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(handle)
    return True


def start(town: str) -> dict:
    """Open the window in a new process, as a user's double click would."""
    with tempfile.TemporaryDirectory() as settings:
        environment = {**os.environ, "XDG_CONFIG_HOME": settings}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(time.time()), town, ",".join(HEAVY)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
            check=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


def imports(statement: str, rows: int = 8) -> list[tuple[float, str]]:
    """Return the slowest imports of a statement, milliseconds of each with all that it loads."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    found = []
    for line in done.stderr.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if len(parts) == 3 and parts[1].strip().isdigit() and not parts[2].startswith("    "):
            found.append((int(parts[1]) / 1000, parts[2].strip()))
    return sorted(found, reverse=True)[:rows]


COMMAND = """
import json, sys, warnings
warnings.simplefilter("ignore")
sys.argv = ["beatplanner", *json.loads(sys.argv[1])]
from beatplanner.__main__ import main
try:
    main()
except SystemExit:
    pass
import os
spent = os.times()
print(json.dumps([spent.user + spent.system, sorted({m.split(".")[0] for m in sys.modules})]), file=sys.stderr)
"""


def commands(folder: Path) -> list[tuple[str, float, float, list[str]]]:
    """Return each command with its seconds, its processor's seconds (both the least of three) and the heavy libraries that it loads."""
    from beatplanner.data.sample.sample_town import write_sample_town

    project = str(write_sample_town(folder / "town"))
    out = str(folder / "out")
    found = []
    for words in (["--version"], ["check", project], ["stations", project, "--out", out], ["stale", out]):
        walls, spent, loaded = [], [], []
        for _ in range(3):
            begin = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", COMMAND, json.dumps(words)], capture_output=True, text=True, encoding="utf-8"
            )
            walls.append(time.perf_counter() - begin)
            seconds, loaded = json.loads(done.stderr.splitlines()[-1])
            spent.append(seconds)
        found.append((words[0], min(walls), min(spent), [m for m in HEAVY if m in loaded]))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--town", default="", help="project or result to open for the second figure of memory")
    town = parser.parse_args().town
    import beatplanner

    start("")  # byte code is compiled by the installer, so it is no part of a start
    package = Path(beatplanner.__file__).parent
    cold = start(town) if forget([Path(sys.prefix), Path(sys.base_prefix) / "lib", package]) else None
    warm = [start(town) for _ in range(5)]
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"window stands, cold   {cold['stands']:6.2f} s   (target 4)" if cold else "cold start: not measurable here")
    print(f"window stands, warm   {statistics.median(r['stands'] for r in warm):6.2f} s   (target 1.5)")
    if warm[0]["empty"] is not None:
        print(f"idle memory, empty    {max(r['empty'] for r in warm):6.0f} MB  (target 250)")
    if town and warm[0]["opened"] is not None:
        print(f"idle memory, town     {max(r['opened'] for r in warm):6.0f} MB  (target 250)")
    print(f"loaded for the window: {', '.join(warm[0]['loaded'])}")
    with tempfile.TemporaryDirectory() as folder:
        for name, wall, spent, loaded in commands(Path(folder)):
            print(f"{name:12} {wall:6.2f} s, {spent:6.2f} s of one core; loads {', '.join(loaded) or 'nothing heavy'}")
    for what, statement in (
        ("the window", "import beatplanner.ui.desktop.window.main_window"),
        ("a plan", "import beatplanner.planning.whole.run"),
    ):
        print(f"slowest imports for {what}, ms:")
        for milliseconds, name in imports(statement):
            print(f"  {milliseconds:7.0f}  {name}")


if __name__ == "__main__":
    main()
