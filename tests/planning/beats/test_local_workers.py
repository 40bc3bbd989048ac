"""Local workers take nobody in who was not given the certificate of the run."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

import psutil  # comes with distributed
import pytest


def ports_of(*processes: int) -> set[int]:
    """Return the ports that processes listen on."""
    found = [c for p in processes for c in psutil.Process(p).net_connections("tcp")]
    return {c.laddr.port for c in found if c.status == psutil.CONN_LISTEN}


def answer_to_a_browser(port: int) -> bytes:
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
        return s.recv(100)
    return b""


def test_nobody_joins_local_workers_without_the_runs_certificate(tmp_path):
    from distributed import Client, Security

    from beatplanner.planning.beats.parallel import worker_pool

    before = ports_of(os.getpid())
    with worker_pool(1, None, tmp_path / "plan") as pool:
        address = pool.client.scheduler.address
        assert address.startswith("tls://127.0.0.1")
        assert pool.client.submit(sum, (1, 2)).result() == 3
        # Dask's pages are closed: of scheduler, worker and what starts it again, each listens at one port, in TLS
        worker = pool.client.submit(os.getpid).result()
        ports = ports_of(os.getpid(), worker) - before
        assert len(ports) == 3
        assert not any(answer_to_a_browser(port).startswith(b"HTTP") for port in ports)
        for stranger in (Security(), Security.temporary()):
            for kind in ("tcp", "tls"):
                with pytest.raises((OSError, TypeError, ValueError, RuntimeError)):
                    Client(address.replace("tls", kind), security=stranger, timeout=2)
