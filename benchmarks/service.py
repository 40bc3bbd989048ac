"""How long the service picture takes, and how far its approximation is from long simulations.

    python benchmarks/service.py [--calls 400000]

Grid towns of square beats with one to three officers each, calls that differ threefold between units, travel at 30 km/h. Prints, for
40 beats × 3 shifts and 800 beats, the seconds of processor of all shifts and the largest difference to the simulation in own share, busy share and
minutes; for uneven towns (dense quarters, beats with several officers and beats with none) of 13 and 14 officers, to the exact hypercube, and
of 20 to 60 officers, to the simulation, with the busy share of each officer; and the same system in a plain SimPy model (`pip install simpy`), a peer that
shares no line with ours, with its seconds.

    python benchmarks/service.py --hypercubeq FOLDER

stands a public hypercube code beside the exact model: `hypercubeq.py` of github.com/meowoodie/Hypercube-Queueing-Model (which needs
`pip install arrow`) in FOLDER. It has no licence, and is not part of this repository. It knows as many places as officers, one call an
hour in all and an hour a call; within these, shares of the calls by officer and place are held against ours.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from beatplanner.solver.service.approximate import approximate
from beatplanner.solver.service.hypercube import hypercube
from beatplanner.solver.service.simulation import simulate
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, preference


def town(beats: int, busy: float, seed: int) -> tuple[ServiceSystem, np.ndarray]:
    """Return a system of so many beats of nine units each, one or two officers a beat, busy for a share of their time."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(beats)))
    corner = np.array([(b % side, b // side) for b in range(beats)], float) * 3
    cell = np.array([(x, y) for x in range(3) for y in range(3)], float)
    points = (corner[:, None] + cell[None]).reshape(-1, 2) * 0.5
    beat = np.repeat(np.arange(beats), 9)
    of = np.repeat(np.arange(beats), rng.integers(1, 3, beats))
    places = (corner[of] + 1) * 0.5
    minutes = np.hypot(places[:, None, 0] - points[None, :, 0], places[:, None, 1] - points[None, :, 1]) * 1.3 / 0.5
    own = of[:, None] == beat[None, :]
    calls = rng.uniform(1, 3, len(points))
    calls *= busy * len(of) * 2 / calls.sum()
    return ServiceSystem(calls, preference(minutes, own), minutes, 30.0), own


def uneven(servers: int, busy: float, seed: int, waits: bool) -> tuple[ServiceSystem, np.ndarray]:
    """Return a system of scattered units, half of the towns with dense quarters, whose beats have several officers, one or none on duty."""
    rng = np.random.default_rng(seed)
    units = max(40, 2 * servers)
    points = rng.uniform(0, 10, (units, 2))
    dense = seed % 2 == 1
    if dense:
        points = np.vstack([rng.normal(rng.uniform(0, 10, 2), 0.7, (units // 4 + 1, 2)) for _ in range(4)])[:units]
    centres = rng.uniform(0, 10, (max(2, servers - int(rng.integers(0, 5))), 2))
    beat = np.argmin(((points[:, None] - centres[None]) ** 2).sum(axis=-1), axis=1)
    of = rng.integers(0, len(centres), servers)
    minutes = np.hypot(*(centres[of][:, None] - points[None]).transpose(2, 0, 1)) * 1.3 * 2
    own = of[:, None] == beat[None, :]
    calls = rng.gamma(0.5 if dense else 2.0, 1.0, units)
    calls *= busy * servers * 2 / calls.sum()
    return ServiceSystem(calls, preference(minutes, own), minutes, 30.0, waits=waits), own


def in_uneven_towns(calls: int) -> None:
    """Print how far the approximation is from the exact model and from simulations in uneven towns."""
    for sizes, known in (((13, 14), "exact"), ((20, 30, 40, 60), f"{5 * calls:,} simulated calls")):
        worst, drawn, count = np.zeros(4), 0, 0
        for size in sizes:
            for k in range(40 // len(sizes)):
                system, own = uneven(size, (0.15, 0.25, 0.35, 0.5, 0.7)[k % 5], k, k // 2 % 2 == 0)
                exact = hypercube(system) if known == "exact" else simulate(system, own, calls=5 * calls, seed=k).flows
                near = approximate(system)
                with np.errstate(invalid="ignore"):
                    apart = np.abs(figures(system, own, near) / figures(system, own, exact) - 1)
                worst = np.fmax(worst, [*apart, np.abs(near.busy - exact.busy).max()])
                drawn, count = drawn + near.drawn, count + 1
        print(
            f"uneven towns of {sizes[0]} to {sizes[-1]} officers, {count} systems, busy 15 to 70 %, from {known}: own {worst[0]:.2%}, busy {worst[1]:.2%},"
            f" minutes {worst[2]:.2%}; an officer's busy share {worst[3]:.3f}; states drawn in {drawn}",
            flush=True,
        )


def figures(system: ServiceSystem, own: np.ndarray, flows: ServiceFlows) -> np.ndarray:
    """Return own share, busy share and mean minutes."""
    total = flows.flow.sum()
    return np.array([flows.flow[own].sum() / total, flows.busy.mean(), (flows.flow * system.minutes).sum() / total])


def in_simpy(system: ServiceSystem, own: np.ndarray, calls: int, seed: int) -> np.ndarray:
    """Return own share, busy share and mean minutes of a plain SimPy model; calls wait in one line."""
    import simpy

    rng, env = np.random.default_rng(seed), simpy.Environment()
    free, line = set(range(system.servers)), []
    own_calls, minutes, busy = 0, 0.0, 0.0

    def serve(server: int, atom: int):
        nonlocal own_calls, minutes, busy
        while True:
            way = system.minutes[server, atom]
            hours = rng.exponential(system.scene_minutes / 60) + (way / 60 if system.travel_counts else 0.0)
            own_calls, minutes, busy = own_calls + own[server, atom], minutes + way, busy + hours
            yield env.timeout(hours)
            if not line:
                break
            atom = line.pop(0)
        free.add(server)

    def arrive():
        for atom in rng.choice(len(system.calls), size=calls, p=system.calls / system.total):
            yield env.timeout(rng.exponential(1 / system.total))
            server = next((int(s) for s in system.order[atom] if int(s) in free), None)
            if server is None:
                line.append(atom)
            else:
                free.remove(server)
                env.process(serve(server, atom))

    env.process(arrive())
    env.run()
    return np.array([own_calls / calls, busy / env.now / system.servers, minutes / calls])


def beside_hypercubeq(folder: Path, servers: int = 6, rounds: int = 200) -> None:
    """Print how far the shares of the calls by officer and place are from those of the public code in a folder, and the seconds of both."""
    sys.path.insert(0, str(folder))
    hypercube(town(3, 0.3, 0)[0])  # compiled before it is timed
    from hypercubeq import HypercubeQ

    for waits in (False, True):
        apart, theirs, ours = 0.0, 0.0, 0.0
        for seed in range(3):
            rng = np.random.default_rng(seed)
            calls, minutes = rng.dirichlet(np.ones(servers)), rng.uniform(1, 15, (servers, servers))
            order = np.argsort(minutes, axis=0).T.copy()
            begin = time.process_time()
            peer = HypercubeQ(
                servers, Lam=calls, T=minutes, P=order, cap="inf" if waits else "zero", max_iter=rounds, q_len=200
            )
            theirs += time.process_time() - begin
            begin = time.process_time()
            flow = hypercube(ServiceSystem(calls, order, minutes, 60.0, waits=waits)).flow
            ours += time.process_time() - begin
            apart = max(apart, float(np.abs(peer.Rho_1 + peer.Rho_2 - flow / flow.sum()).max()))
        print(
            f"hypercubeq, 3 systems of {servers} officers, calls {'wait' if waits else 'are lost'}: {theirs:.2f} s, ours {ours:.3f} s; "
            f"shares of calls {apart:.1e} apart"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=400_000)
    parser.add_argument("--hypercubeq", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    if asked.hypercubeq is not None:
        beside_hypercubeq(asked.hypercubeq)
        return
    calls = asked.calls
    in_uneven_towns(calls)
    for beats, loads in ((40, (0.2, 0.35, 0.5)), (40, (0.65, 0.8, 0.9)), (800, (0.2, 0.35, 0.5))):
        spent, apart = 0.0, np.zeros(3)
        for shift, load in enumerate(loads):
            system, own = town(beats, load, shift)
            begin = time.process_time()
            found = figures(system, own, approximate(system))
            spent += time.process_time() - begin
            simulated = figures(system, own, simulate(system, own, calls=calls, seed=shift).flows)
            apart = np.maximum(apart, np.abs(found / simulated - 1))
        print(
            f"{beats} beats × {len(loads)} shifts, busy {loads[0]:.0%} to {loads[-1]:.0%}: {spent:.1f} s; from {calls:,} simulated calls a shift: "
            f"own {apart[0]:.2%}, busy {apart[1]:.2%}, minutes {apart[2]:.2%}",
            flush=True,
        )
    try:
        import simpy  # noqa: F401
    except ImportError:
        print("SimPy is not installed: the peer's row is left out.")
        return
    system, own = town(40, 0.35, 1)
    begin = time.process_time()
    peer = in_simpy(system, own, calls // 4, 1)
    spent = time.process_time() - begin
    begin = time.process_time()
    ours = figures(system, own, simulate(system, own, calls=calls, seed=2).flows)
    apart = np.abs(ours / peer - 1)
    print(
        f"SimPy, 40 beats: {calls // 4:,} calls in {spent:.1f} s; ours: {calls:,} in {time.process_time() - begin:.1f} s; "
        f"own {apart[0]:.2%}, busy {apart[1]:.2%}, minutes {apart[2]:.2%} apart"
    )


if __name__ == "__main__":
    main()
