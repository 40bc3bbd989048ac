"""Local workers take nobody in who was not given the certificate of the run."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from types import SimpleNamespace

import psutil  # comes with distributed
import pytest

from beatplanner.planning.beats.parallel import SENDINGS, PartFailedError, WorkerPool


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
        # they end while the run goes on, and are not missed when it ends
        pool.let_go()
        pool.gone()
        assert pool.client.status == "closed"
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


class Losing:
    """A client of Dask's that loses a worker while data are sent, so often."""

    def __init__(self, often: int) -> None:
        self.left, self.sent = often, 0

    def scatter(self, shared, **_):
        self.sent += 1
        if self.left:
            self.left -= 1
            # what Dask's scheduler raises then: the worker's name is gone
            raise KeyError("tls://127.0.0.1:1")
        return shared


def test_a_worker_lost_while_data_are_sent_is_waited_for():
    client = Losing(SENDINGS - 1)
    assert WorkerPool(client, 2, None)._send("data") == "data" and client.sent == SENDINGS
    with pytest.raises(KeyError):
        WorkerPool(Losing(SENDINGS), 2, None)._send("data")


def test_where_no_worker_stays_the_municipalities_are_named(tmp_path, monkeypatch):
    client = Losing(SENDINGS)
    monkeypatch.setattr("distributed.Event", lambda *_, **__: SimpleNamespace(clear=lambda: None))
    pool = WorkerPool(client, 2, tmp_path / "kept")
    common = {"names": ["A", "B"], "sizes": [1, 2], "phase": "beats", "settings": {}}
    with pytest.raises(PartFailedError, match="The beats of A, B could not be planned: the program failed"):
        pool.each(len, "data", [1, 2], [1.0, 1.0], **common)
    # what was kept of others stays for the next run
    assert pool.failed and client.sent == SENDINGS
