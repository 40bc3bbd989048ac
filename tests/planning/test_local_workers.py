"""Local workers take nobody in who was not given the certificate of the run."""

from __future__ import annotations

import pytest


def test_nobody_joins_local_workers_without_the_runs_certificate(tmp_path):
    from distributed import Client, Security

    from beatplanner.planning.beats.parallel import worker_pool

    with worker_pool(1, None, tmp_path / "plan") as pool:
        address = pool.client.scheduler.address
        assert address.startswith("tls://127.0.0.1")
        assert pool.client.submit(sum, (1, 2)).result(timeout=60) == 3
        for stranger in (Security(), Security.temporary()):
            for kind in ("tcp", "tls"):
                with pytest.raises((OSError, TypeError, ValueError, RuntimeError)):
                    Client(address.replace("tls", kind), security=stranger, timeout=2)
