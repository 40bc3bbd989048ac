"""The plan of a town: the results of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from beatplanner.data.town.town import Town
from beatplanner.planning.workload import WorkloadPlan

if TYPE_CHECKING:
    # the steps load their solvers
    from beatplanner.planning.beats.levels import LevelPlan
    from beatplanner.planning.beats.plan import BeatPlan
    from beatplanner.planning.officers.plan import OfficerPlan
    from beatplanner.planning.service.counted import CountedShare
    from beatplanner.planning.stations.plan import StationPlan
    from beatplanner.planning.whole.rollout import RolloutPlan

# Seconds of solving where the user gives no limit.
DEFAULT_TIME_LIMIT = 300.0


@dataclass(frozen=True)
class Stopped:
    """What a user's stop left of a run.

    Attributes
    ----------
    steps
        Those whose search the user ended, as `summary.json` calls them.
    breaking
        Those of them that break rules: a longer search may have kept them.
    seconds
        Of solving, until the first of them ended.
    """

    steps: tuple[str, ...]
    breaking: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Plan:
    """The results of the steps with the town that they plan; a step that was left out is None.

    `levels` are the sectors and commands, where the rules ask for any. `share` is that of the duty away from the beat where it is counted; the town's rules have it.
    `stopped` says which searches the user ended; None where all ended by themselves or by the clock.
    """

    town: Town
    workload: WorkloadPlan
    beats: BeatPlan | None
    stations: StationPlan | None
    officers: OfficerPlan | None
    rollout: RolloutPlan | None = None
    share: CountedShare | None = None
    levels: tuple[LevelPlan, ...] = ()
    stopped: Stopped | None = None

    @property
    def clashes(self) -> tuple[str, ...]:
        """Which rules clash, in words; empty where all are met."""
        steps = (self.beats, self.stations, self.officers)
        own = tuple(c for step in steps if step is not None for c in step.clashes)
        return (*own, *(level.clash for level in self.levels if level.clash))
