"""Files of others do nothing: they read no other file, change nothing, connect nowhere, and end in a sentence."""

from __future__ import annotations

import os
import signal
import socket

import pytest
from benchmarks import hostile_files

from beatplanner.data.formats.drivers import VECTOR_DRIVERS

# Needed by the libraries themselves; these read no file.
INNER_DRIVERS = {"MEM", "Memory", "DERIVED"}
linux = pytest.mark.skipif(
    hostile_files.guarded_system() is None,
    reason="this system has no guard that a process can put over its own sockets",
)


@linux
def test_the_guard_ends_what_asks_for_a_connection():
    child = os.fork()
    if child == 0:
        hostile_files.guard()
        with socket.socket() as s:
            s.settimeout(0.1)
            s.connect_ex(("127.0.0.1", 9))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGSYS


@linux
@pytest.mark.filterwarnings("ignore:Duplicate name", "ignore:.*fork")
@pytest.mark.parametrize("part", range(2))
def test_hostile_files_do_nothing(tmp_path, part):
    # a part of the set on each machine's worker; `python -m benchmarks.hostile_files` reads all of it
    names = list(hostile_files.every_file())
    assert len(names) >= 200
    chosen = names[part::14]
    bad = {name: found for name, found in hostile_files.run_all(tmp_path, chosen) if found}
    assert bad == {}


def test_gdal_has_no_other_driver_than_those_of_the_guide():
    import subprocess
    import sys

    code = "import beatplanner.data, pyogrio; print('|'.join(pyogrio.list_drivers()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(found.stdout.strip().split("|")) - INNER_DRIVERS == VECTOR_DRIVERS
    assert found.stderr == ""
    code = (
        "from beatplanner.data.formats.drivers import restrict_rasters; restrict_rasters(); import rasterio\n"
        "with rasterio.Env() as e: print('|'.join(e.drivers()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # the vector drivers of this GDAL are never asked: a raster is opened by GeoTIFF's driver alone
    assert set(found.stdout.strip().split("|")) - INNER_DRIVERS - VECTOR_DRIVERS == {"GTiff"}
    assert found.stderr == ""
