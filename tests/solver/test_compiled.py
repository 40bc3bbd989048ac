"""One installation for all users: what an administrator compiled is used by users who may not write beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import beatplanner

# Calls a kernel and says how often a compiled copy of it was loaded, and how often it was compiled. A test may run as root, who may write
# everywhere: for a user, what numba tries beside the sources is refused.
RUN = """
import sys, tempfile
real = tempfile.TemporaryFile
def refused(*given, dir=None, **more):
    if sys.argv[1] == "user" and str(dir).endswith("__pycache__"):
        raise PermissionError(13, "denied")
    return real(*given, dir=dir, **more)
tempfile.TemporaryFile = refused
import numpy as np
from beatplanner.solver.location.p_median_kernels import reduced_costs
reduced_costs = reduced_costs.compiled()
reduced_costs(np.ones((2, 2)), np.zeros((2, 2), np.int64), np.full(2, 3.0), np.zeros(2, np.int64), rho := np.zeros(2))
assert rho[0] == -8.0
print(sum(reduced_costs.stats.cache_hits.values()), sum(reduced_costs.stats.cache_misses.values()))
"""


def test_users_who_may_not_write_load_what_the_administrator_compiled(tmp_path):
    source = Path(beatplanner.__file__).parent
    parts = ("__init__.py", "solver/__init__.py", "solver/compiled.py", "solver/looped.py")
    for name in (*parts, "solver/location/p_median_kernels.py"):
        (tmp_path / "beatplanner" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, tmp_path / "beatplanner" / name)
    places = {n: str(tmp_path / "user") for n in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE")}

    def loaded_and_compiled(who: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", RUN, who],
            env={**os.environ, **places, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert loaded_and_compiled("administrator") == "0 1"
    assert not (tmp_path / "user").exists()
    assert loaded_and_compiled("user") == "1 0"
    # what the installation has no copy of is compiled, and the user keeps that
    shutil.rmtree(tmp_path / "beatplanner" / "solver" / "location" / "__pycache__")
    shutil.rmtree(tmp_path / "user")
    assert loaded_and_compiled("user") == "0 1"
    assert list((tmp_path / "user").rglob("*.nbi"))
