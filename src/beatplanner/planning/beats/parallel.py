"""Municipalities planned in parallel by Dask: local processes, or an existing cluster.

What a municipality's beats need is sent to the workers once; each municipality is then a task of its own, the largest first. A task computes what
the serial run computes, with the same seed and the same length of proof, so that the plan is the same. What is done is kept in a folder beside the
result, from which a run that was killed goes on. A municipality whose task fails is reported, and the others finish.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import pickle
import shutil
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from beatplanner.data.errors import InputError, problem
from beatplanner.data.narrowing import is_dict
from beatplanner.data.output_place import move
from beatplanner.data.paths import whole_path
from beatplanner.planning.beats.kept_parts import as_json, read_part
from beatplanner.planning.beats.municipality import MunicipalityPlan
from beatplanner.planning.proof import Progress, silent
from beatplanner.planning.versions import versions

# How long a scheduler may take to answer, and how long a task may go on unasked after a user stopped the run, in seconds.
ANSWER, ASK = 15.0, 1.0
# How often the data of all tasks are sent where a worker is lost meanwhile.
SENDINGS = 3
# Beside a task's own memory: what the interpreter and the compiled code take. A worker above its limit is started again by Dask.
STOP = "beatplanner-stop"


class PartFailedError(Exception):
    """The program failed in some municipalities: no fault of the rules or of the input.

    Attributes
    ----------
    what_failed
        A sentence for the user.
    """

    def __init__(self, names: Sequence[str], done: int, why: BaseException) -> None:
        kept = (
            f" What {done:,} others came to is kept beside the result; the same command goes on from there."
            if done
            else ""
        )
        self.what_failed = f"The beats of {', '.join(names[:4])}{' and more' if len(names) > 4 else ''} could not be planned: the program failed ({type(why).__name__}).{kept}"
        super().__init__(self.what_failed)


class WorkerPool:
    """Workers for the municipalities of one run; use it as `worker_pool` makes it.

    Parameters
    ----------
    client
        Of Dask.
    workers
        How many tasks run at once.
    kept
        Folder of what is done already; None to keep nothing.
    ends
        What is closed when nobody needs them any more, in this order; others close what is not this run's own.
    """

    def __init__(self, client: Any, workers: int, kept: Path | None, ends: Sequence[Any] = ()) -> None:
        self.client, self.workers, self.kept, self.ends = client, workers, kept, ends
        self.failed = False
        self.ending: threading.Thread | None = None

    def each(
        self,
        what: Callable[..., Any],
        shared: Any,
        parts: Sequence[Any],
        seconds: Sequence[float],
        *,
        names: Sequence[str],
        sizes: Sequence[int],
        phase: str,
        settings: Mapping[str, object],
        progress: Progress = silent,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Any]:
        """Do the same for each municipality.

        Parameters
        ----------
        what
            ``what(shared, part, seconds, cancelled)``, of a module, so that workers find it.
        shared
            What all tasks need; sent once.
        parts, seconds, names, sizes
            One a municipality: its own data, its time, its name and its number of units.
        phase
            For the progress.
        settings
            All else that the result depends on, for what is kept.
        progress, cancelled
            As for `plan_beats`.

        Returns
        -------
        list
            In the order of `parts`.

        Raises
        ------
        PartFailedError
            Where a task failed; the others were finished first, and are kept for the next run.
        """
        from distributed import Event, wait

        begin = time.monotonic()
        stop = Event(STOP, client=self.client)
        stop.clear()
        done: dict[int, Any] = {}
        lost: dict[int, BaseException] = {}
        names_of = [self._file(part, settings) for part in parts]
        for k, file in enumerate(names_of):
            kept = None if file is None else read_part(file)
            if kept is not None:
                done[k] = kept
        resumed = len(done)
        left = sorted((k for k in range(len(parts)) if k not in done), key=lambda k: (-sizes[k], k))
        if left:
            try:
                sent = self._send(shared)
            except (KeyError, OSError) as error:
                self.failed = True
                raise PartFailedError([names[k] or "the town" for k in sorted(left)], len(done), error) from error
            tasks = {
                self.client.submit(
                    _task,
                    what,
                    sent,
                    parts[k],
                    float(seconds[k]),
                    pure=False,
                    retries=1,
                    key=f"{phase}-{k}-{os.getpid()}-{time.monotonic_ns()}",
                ): k
                for k in left
            }
            from_before = f", {resumed} kept from before" if resumed else ""
            waiting = set(tasks)
            while waiting:
                if cancelled():
                    # tasks ask for this and end with the best that they have
                    stop.set()
                try:
                    ready = wait(list(waiting), timeout=0.5, return_when="FIRST_COMPLETED").done
                except TimeoutError:
                    continue
                for task in ready:
                    k = tasks[task]
                    if task.status == "finished":
                        done[k] = task.result()
                        self._keep(names_of[k], done[k], bool(stop.is_set()))
                    else:
                        lost[k] = task.exception() or RuntimeError("the worker was lost")
                    task.release()
                    progress(
                        f"{phase}: {len(done)} of {len(parts)} municipalities{from_before}, last {names[k] or 'the town'}",
                        None,
                        None,
                        time.monotonic() - begin,
                    )
                waiting -= ready
        if lost:
            self.failed = True
            first = min(lost)
            raise PartFailedError([names[k] or "the town" for k in sorted(lost)], len(done), lost[first]) from lost[
                first
            ]
        return [done[k] for k in range(len(parts))]

    def _send(self, shared: Any) -> Any:
        """Send to all workers what their tasks need; where one is lost meanwhile the scheduler trips over its name, and another one comes."""
        for _ in range(SENDINGS - 1):
            with suppress(KeyError, OSError):
                return self.client.scatter(shared, broadcast=True, hash=False)
        return self.client.scatter(shared, broadcast=True, hash=False)

    def _file(self, part: Any, settings: Mapping[str, object]) -> Path | None:
        """Return where a municipality's result is kept: named by all that it depends on."""
        if self.kept is None:
            return None
        content = pickle.dumps((part, sorted(settings.items()), sorted(versions().items())), protocol=5)
        return self.kept / f"{hashlib.sha256(content).hexdigest()[:32]}.json"

    def _keep(self, file: Path | None, result: MunicipalityPlan, stopped: bool) -> None:
        if file is None or stopped:
            return
        self.kept.mkdir(exist_ok=True)  # type: ignore[union-attr]
        part = file.with_suffix(".part")
        part.write_text(json.dumps(as_json(result)), encoding="utf-8")
        move(part, file)

    def let_go(self) -> None:
        """End the workers, which nobody needs any more: a second in which they close, and this process goes on."""

        def end() -> None:
            # who leaves `worker_pool` closes them again, and says what went wrong
            with suppress(Exception):
                for own in self.ends:
                    own.close()

        self.ending = threading.Thread(target=end, daemon=True)
        self.ending.start()

    def gone(self) -> None:
        """Wait for the workers that are ending."""
        if self.ending is not None:
            self.ending.join()

    def finish(self) -> None:
        """Forget what was kept, unless a municipality failed."""
        if self.kept is not None and not self.failed:
            shutil.rmtree(self.kept, ignore_errors=True)


@contextmanager
def worker_pool(workers: int | None, scheduler: str | None, out: Path) -> Generator[WorkerPool | None]:
    """Start local workers, or join a cluster; None where neither is asked for.

    Parameters
    ----------
    workers
        Local processes.
    scheduler
        Address of a cluster's scheduler, such as ``tcp://10.0.0.5:8786``.
    out
        Folder of the result; what is done is kept beside it.

    Raises
    ------
    InputError
        Where the scheduler does not answer, has no workers, or its workers have another version of beatplanner.
    """
    if workers is None and scheduler is None:
        yield None
        return
    # a second that only such a run needs
    import dask
    from distributed import Client, LocalCluster, Security

    out = whole_path(out)
    kept = out.parent / f".{out.name}.municipalities"
    quiet = {
        "distributed.worker.multiprocessing-method": "spawn",
        "distributed.logging.distributed": "critical",
        "distributed.scheduler.allowed-failures": 1,
        "distributed.admin.log-format": "%(message)s",
        # pages of what workers do are not shown: neither samples of their stacks a hundred times a second nor of this process twice
        "distributed.worker.profile.enabled": False,
        "distributed.admin.system-monitor.interval": "10s",
    }
    # Dask's pages of what runs ask for no certificate; a cluster's are its owner's affair
    no_pages: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
    with dask.config.set(quiet):  # type: ignore[attr-defined]
        if workers is not None:
            # with a certificate made for this run, which both sides must show: nobody else on this computer can join and run code or read data
            with (
                dask.config.set(no_pages),  # type: ignore[attr-defined]
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    host="127.0.0.1",
                    silence_logs=50,
                    security=Security.temporary(),
                ) as cluster,
                Client(cluster) as client,
            ):
                _stop_listening_for_browsers(client)
                warm_up_workers(client)
                pool = WorkerPool(client, workers, kept, (client, cluster))
                yield pool
                pool.gone()
            return
        try:
            client = Client(scheduler, timeout=ANSWER)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(
                problem(
                    f"the scheduler {scheduler} does not answer ({error})".replace("\n", " "),
                    "Start one with “dask scheduler”, and workers with “dask worker ADDRESS --nthreads 1”",
                    field="--scheduler",
                )
            ) from None
        with client:
            there = client.scheduler_info(n_workers=-1)["workers"]
            if not there:
                raise InputError(
                    problem(
                        f"the scheduler {scheduler} has no workers",
                        f"Start some with “dask worker {scheduler} --nthreads 1”",
                        field="--scheduler",
                    )
                )
            _check_versions(client)
            warm_up_workers(client)
            yield WorkerPool(client, sum(int(w["nthreads"]) for w in there.values()), kept)


def _stop_listening_for_browsers(client: Any) -> None:
    """Close the ports of Dask's pages, also of workers that are started again: what listens asks for the certificate."""
    from distributed import WorkerPlugin

    class NoPages(WorkerPlugin):
        def setup(self, worker: Any) -> None:
            worker.http_server.stop()

    def stop(dask_scheduler: Any) -> None:
        dask_scheduler.http_server.stop()

    client.run_on_scheduler(stop)
    client.register_plugin(NoPages())


def warm_up_workers(client: Any) -> None:
    """Have each worker load the solvers while this process reads the layers; nobody waits for it."""
    from distributed import fire_and_forget

    for worker in client.scheduler_info(n_workers=-1)["workers"]:
        fire_and_forget(
            client.submit(
                _warm_up, workers=[worker], pure=False, key=f"warm-up-{worker}-{os.getpid()}-{time.monotonic_ns()}"
            )
        )


def _warm_up() -> None:
    """Load the solvers and their compiled code by drawing four districts in a grid of twenty units."""
    # the module of the tasks brings what they import
    importlib.import_module("beatplanner.planning.beats.alone")
    from beatplanner.solver.districts.solve import DistrictingProblem, solve_districts

    units = np.arange(20).reshape(4, 5)
    edges = np.concatenate(
        [
            np.column_stack([units[:, :-1].ravel(), units[:, 1:].ravel()]),
            np.column_stack([units[:-1].ravel(), units[1:].ravel()]),
        ]
    )
    solve_districts(
        DistrictingProblem(
            weight=1.0 + np.arange(20) % 3,
            xy=np.column_stack([units.ravel() % 5, units.ravel() // 5]) * 100.0,
            edges=edges,
            border=np.full(len(edges), 100.0),
            count=4,
            lower=6.0,
            upper=14.0,
        ),
        seconds=2.0,
    )


def _check_versions(client: Any) -> None:
    """Raise InputError where a worker computes with other versions than this computer: plans could differ."""
    here = versions()
    for address, there in client.run(_versions_there).items():
        if not is_dict(there):
            what = f"the worker {address} has no beatplanner"
        else:
            other = [
                f"{k} {there.get(k)} in place of {v}" for k, v in here.items() if k != "python" and there.get(k) != v
            ]
            if not other:
                continue
            what = f"the worker {address} computes with other versions: {', '.join(other[:3])}"
        raise InputError(
            problem(
                what, "Install the same version of beatplanner on every computer of the cluster", field="--scheduler"
            )
        )


def _versions_there() -> dict[str, str] | None:
    try:
        return versions()
    except ImportError:
        return None


class _Stopped:
    """Asks the scheduler now and then whether the user stopped the run; any thread of the task may ask."""

    def __init__(self, event: Any) -> None:
        self.asked, self.answer, self.event = time.monotonic(), False, event
        self.lock = threading.Lock()

    def __call__(self) -> bool:
        if not self.answer and time.monotonic() - self.asked > ASK and self.lock.acquire(blocking=False):
            try:
                self.answer, self.asked = bool(self.event.is_set()), time.monotonic()
            finally:
                self.lock.release()
        return self.answer


def _task(what: Callable[..., Any], shared: Any, part: Any, seconds: float) -> Any:
    from distributed import Event, get_client

    # threads of the solver have no worker of their own to ask by
    return what(shared, part, seconds, _Stopped(Event(STOP, client=get_client())))
