"""What a project holds: scenarios, plans and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from beatplanner.data.description.merge_patch import merge
from beatplanner.data.narrowing import Table, is_dict, is_list
from beatplanner.data.result.sections import section_of

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


# Under what a project keeps changes that are in no plan yet, and the lists in it whose entries name the scenario that they were made in.
DRAFT, HOLD_SCENARIOS = "draft", ("rules", "apart")
# Under what it keeps which plan is in view, by scenario, and what is done where another comes into view: no work that could be lost.
IN_VIEW, VIEW = "in_view", "view"


@dataclass(frozen=True)
class Event:
    """One line of the history."""

    time: str
    author: str
    kind: str
    what: str
    reason: str = ""
    detail: Table = field(default_factory=Table)


@dataclass(frozen=True)
class StoredPlan:
    """A plan of the project: which scenario's, when and by whom it was made, and its summary."""

    id: int
    name: str
    scenario: str
    made_on: str
    author: str
    summary: Claims


@dataclass(frozen=True)
class StoredScenario:
    """A named set of rules: what differs from the project's own."""

    name: str
    changes: Table
    note: str = ""


@dataclass
class Content:
    """All that a document holds beside the layers."""

    rules: Table
    scenarios: dict[str, StoredScenario] = field(default_factory=dict[str, StoredScenario])
    active: str = ""
    plans: dict[int, StoredPlan] = field(default_factory=dict[int, StoredPlan])
    history: list[Event] = field(default_factory=list[Event])
    state: Table = field(default_factory=Table)

    @property
    def in_view(self) -> Table:
        """Which plan is in view, by scenario."""
        view = self.state.get(IN_VIEW)
        return view if is_dict(view) else {}

    @property
    def plan_in_view(self) -> int:
        """Number of the plan that is in view in the scenario in view, 0 for today's beats: the latest where no other was shown."""
        found = self.in_view.get(self.active)
        return found if isinstance(found, int) and found in (0, *self.plans) else max(self.plans, default=0)

    def with_in_view(self, plan: int, *scenarios: str) -> Table:
        """Return which plan is in view in each scenario, with this one in these."""
        return {**self.in_view, **dict.fromkeys(scenarios, plan)}

    def rules_with(self, later: Sequence[Table]) -> Table:
        """Return the project's own rules with what was changed in them by things done later."""
        rules = self.rules
        for done in later:
            if done["kind"] == "rules" and not done["scenario"]:
                rules = merge(rules, done["changes"])
        return rules

    def copied(self) -> Content:
        """Return a copy that later changes leave alone: what is in it is replaced, never changed in place."""
        return Content(
            self.rules,
            dict(self.scenarios),
            self.active,
            dict(self.plans),
            list(self.history),
            {k: list(v) if is_list(v) else v for k, v in self.state.items()},
        )


def called_now(scenario: str, since: Sequence[Event]) -> str:
    """Return what a scenario is called now that had this name before some lines of the history."""
    for event in since:
        if event.kind == "rename_scenario" and event.detail.get("old") == scenario:
            scenario = str(event.detail["name"])
    return scenario


def short_summary(summary: Mapping[str, object]) -> dict[str, object]:
    """Return what a project keeps of a plan's summary: its rules and inputs stand in the project itself."""
    return {k: v for k, v in summary.items() if k not in ("rules", "project_rules", "inputs", "description_file")}


def plan_figures(summary: Mapping[str, object]) -> dict[str, object]:
    """Return the figures of a plan that a list of plans shows."""
    beats, stations = section_of(summary, "beats"), section_of(summary, "stations")
    return {
        "feasible": bool(summary.get("feasible", False)),
        "beats": beats.get("count"),
        "max_deviation": beats.get("max_deviation"),
        "moved_share": beats.get("moved_share"),
        "stations": stations.get("count"),
    }


def apply_step(content: Content, done: Table) -> None:
    """Change the content by one thing done, now or from a journal."""
    kind = done["kind"]
    if kind == "rules":
        name = done["scenario"]
        if name:
            old = content.scenarios[name]
            content.scenarios[name] = replace(old, changes=_patched(old.changes, done["changes"]))
        else:
            content.rules = merge(content.rules, done["changes"])
    elif kind == "scenario":
        content.scenarios[done["name"]] = StoredScenario(done["name"], done["changes"], done.get("note", ""))
    elif kind == "rename_scenario":
        content.scenarios = {
            (done["name"] if n == done["old"] else n): (replace(s, name=done["name"]) if n == done["old"] else s)
            for n, s in content.scenarios.items()
        }
        content.plans = {
            i: replace(p, scenario=done["name"]) if p.scenario == done["old"] else p for i, p in content.plans.items()
        }
        if content.active == done["old"]:
            content.active = done["name"]
        if view := content.in_view:
            content.state[IN_VIEW] = {(done["name"] if n == done["old"] else n): plan for n, plan in view.items()}
        if DRAFT in content.state:
            content.state[DRAFT] = _of_scenario_called(content.state[DRAFT], done["old"], done["name"])
    elif kind == "remove_scenario":
        content.scenarios.pop(done["name"], None)
        if content.active == done["name"]:
            _activate(content, "")
        if view := content.in_view:
            content.state[IN_VIEW] = {n: plan for n, plan in view.items() if n != done["name"]}
    elif kind == "activate":
        _activate(content, done["name"])
    elif kind == "plan":
        number = int(done["id"])
        content.plans[number] = StoredPlan(
            number, done["name"], done["scenario"], done["made_on"], done["author"], done["summary"]
        )
        content.state["last_plan"] = max(number, int(content.state.get("last_plan", 0)))
        # a new plan comes into view, and so it does where it was asked for
        content.state[IN_VIEW] = content.with_in_view(number, content.active, done["scenario"])
    elif kind == "edit" and "edit" in done:
        content.state["edits"] = [*content.state.get("edits", []), done["edit"]]
    elif kind == "undo":
        content.state["edits"] = content.state.get("edits", [])[: done["count"]]
    elif kind == "rename_plan":
        content.plans[int(done["id"])] = replace(content.plans[int(done["id"])], name=done["name"])
    elif kind == "remove_plan":
        content.plans.pop(int(done["id"]), None)
    for key, value in done.get("state", {}).items():
        if value is None:
            content.state.pop(key, None)
        else:
            content.state[key] = value
    if done.get("what"):
        content.history.append(
            Event(done["time"], done["author"], kind, done["what"], done.get("reason", ""), done.get("detail", {}))
        )


def _activate(content: Content, name: str) -> None:
    """Bring a scenario into view with the plan that was in view in it; where none was yet, that which is in view stays."""
    if name not in content.in_view:
        content.state[IN_VIEW] = content.with_in_view(content.plan_in_view, name)
    content.active = name


def _of_scenario_called(kept: object, old: str, name: str) -> object:
    """Return a kept draft in which what was changed in a scenario knows it by its new name."""
    if is_list(kept):
        return [_of_scenario_called(one, old, name) for one in kept]
    if not is_dict(kept):
        return kept
    found = {
        key: _of_scenario_called(value, old, name)
        for key, value in kept.items()
        if key in HOLD_SCENARIOS or is_dict(value)
    }
    own = {"scenario": name} if kept.get("scenario") == old else {}
    return {**kept, **found, **own}


def _patched(patch: Mapping[str, object], changes: Mapping[str, object]) -> Table:
    """Return the merge patch that does what `patch` and then `changes` do; a null stays one."""
    found = dict(patch)
    for key, value in changes.items():
        under = found.get(key)
        if is_dict(value) and is_dict(under):
            found[key] = _patched(under, value)
        else:
            found[key] = value
    return found
