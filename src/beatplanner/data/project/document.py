"""A project as a document: layers, rules, scenarios, plans and history in one GeoPackage.

Beside the layers the file holds, all readable with SQLite and most of them with QGIS:

=========================  =====================================================================================
``beatplanner_project``    the description (JSON): the rules of the project, its paths leading into the file itself
``beatplanner_meta``       key, value: schema version, which save this is, the scenario in view
``beatplanner_scenarios``  name, changes: what differs from the description (a JSON merge patch, RFC 7386), note
``beatplanner_plans``      one row a plan: scenario, time, author, figures; its layers stand as ``plan_<number>_beats`` …
``beatplanner_archives``   each plan's whole result folder, zipped: what `beatplanner verify` and the desktop open
``beatplanner_history``    time, author, what kind, what, reason, detail of every edit, solve and override
``beatplanner_state``      key, value (JSON): hand edits under way, locks, drawn links, the view
=========================  =====================================================================================

A document is changed by small things done (dicts), which go into the journal at once and into the file with the next save.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.causes import cause
from beatplanner.data.description.merge_patch import merge, patch_between
from beatplanner.data.description.raw import into_file, read_as_json
from beatplanner.data.description.version import SCHEMA, version_of
from beatplanner.data.errors import InputError, problem
from beatplanner.data.narrowing import Table
from beatplanner.data.paths import whole_path
from beatplanner.data.project.content import VIEW, Content, StoredPlan, apply_step, plan_figures, short_summary
from beatplanner.data.project.journal import Journal, Recovery, changed_by
from beatplanner.data.project.lock import Owner, ProjectLock, user_name
from beatplanner.data.project.plan_archives import PlanArchives
from beatplanner.data.project.safe_save import clear_leftovers
from beatplanner.data.project.safekeeping import Safekeeping
from beatplanner.data.project.save_job import SaveJob, check_unchanged
from beatplanner.data.project.store import read_content, steps_saved

if TYPE_CHECKING:
    from beatplanner.data.description.models import Description


class ProjectDocument:
    """A project that is open: what it holds, what was done since the last save, and who else has it open.

    Attributes
    ----------
    file
        The project file, or the TOML description of a project that was not saved as one file yet.
    content
        Rules, scenarios, plans, history and state.
    schema
        Version of the file; 0 for a TOML description.
    read_only_because
        In words, why the project cannot be saved in its place; empty where it can.
    other
        Who else has it open, or None.
    dirty
        Whether something was done since the last save.
    author
        Who does what is done, for the history.
    kept
        What keeps the work until it is saved, and says where it cannot.
    """

    def __init__(self, file: Path, content: Content, schema: int, save_id: str) -> None:
        self.file = file
        self.content = content
        self.schema = schema
        self.save_id = save_id
        self.read_only_because = ""
        self.other: Owner | None = None
        self.dirty = False
        self.author = user_name()
        self.listeners: list[Callable[[], None]] = []
        self._lock: ProjectLock | None = None
        self._plans = PlanArchives(file)
        self.kept = Safekeeping(self._plans)
        # of a description: what is changed from here on is laid on what its first save builds of it
        self._as_read = content.rules

    # ---- opening and closing

    @classmethod
    def open(cls, path: Path, *, editing: bool = True, again: ProjectDocument | None = None) -> ProjectDocument:
        """Open a project file or a TOML description.

        Parameters
        ----------
        path
            The file.
        editing
            Whether it is to be changed: then it is locked against other windows, and a journal is kept.
        again
            The same project as this window has it open already, whose lock is shared: a window does not lock itself out.

        Raises
        ------
        InputError
            Where the file is no project, or one of a newer beatplanner.
        """
        file = whole_path(path)
        document = read_document(file)
        if editing:
            document.begin_editing(None if again is None else again._lock)
        return document

    @property
    def _journal(self) -> Journal | None:
        return self.kept.journal

    @property
    def is_file(self) -> bool:
        """Whether the project is one file, and not a TOML description."""
        return self.schema > 0

    def begin_editing(self, lock: ProjectLock | None = None) -> None:
        """Lock the project, unless a lock is given that is held, and begin its journal; where another window has it, it may only be read."""
        shared = lock is not None and lock.held
        self._lock = own = lock if lock is not None and shared else ProjectLock(self.file)
        if self.is_file and not shared:
            if not own.acquire():
                self.other = own.holder
                self.read_only_because = (
                    f"{self.other} has this project open" if self.other else "the folder may only be read"
                )
            else:
                clear_leftovers(self.file)
        self._begin_journal()

    def _begin_journal(self) -> None:
        self.kept.begin(self.file, self.save_id, self.file if self.is_file else None)

    def close(self, *, keep_journal: bool = False, keep_lock: bool = False) -> None:
        """Give up the lock, unless another document of this window shares it, and the journal unless it is to be recovered."""
        if self._journal is not None:
            self._journal.close(keep=keep_journal)
            self.kept.journal = None
        if self._lock is not None:
            if not keep_lock:
                self._lock.release()
            self._lock = None
        self._plans.close()

    def touch(self) -> None:
        """Keep the lock fresh and flush the journal; called every few seconds."""
        if self._lock is not None and self._lock.held and not self._lock.touch():
            self.read_only_because = "another window has taken this project over"
        self.kept.flush()

    # ---- reading

    @property
    def active(self) -> str:
        """Name of the scenario in view; empty for the project's own rules."""
        return self.content.active

    def rules(self, scenario: str | None = None) -> Table:
        """Return the rules of a scenario (that in view for None), as JSON; not to be changed in place."""
        name = self.content.active if scenario is None else scenario
        found = self.content.scenarios.get(name)
        return self.content.rules if found is None else merge(self.content.rules, found.changes)

    def description(self, scenario: str | None = None) -> Description:
        """Return the checked description of a scenario (that in view for None); InputError where its rules contradict."""
        return self._checked(self.rules(scenario))

    def _checked(self, rules: Table) -> Description:
        from beatplanner.data.description.read import checked_description

        return checked_description(self.lying_here(rules), self.file)

    def lying_here(self, rules: Table) -> Table:
        """Return rules with the layers of the project where it lies now, as `read_raw` does."""
        return into_file(rules, self.file.name) if self.is_file else rules

    def plan_folder(self, plan: int) -> Path:
        """Return the result folder of a plan, unpacked where it can be read; InputError where its archive is damaged or gone."""
        return self._plans.folder(plan)

    def saved_steps(self, journal: str) -> int:
        """Return how many things of a journal were saved into this file already."""
        return steps_saved(self.file, journal) if self.is_file else 0

    # ---- doing

    def do(
        self, kind: str, what: str = "", reason: str = "", *, detail: Mapping[str, object] | None = None, **values: Any
    ) -> None:
        """Do one thing: change the content, write it into the journal, tell the listeners.

        Parameters
        ----------
        kind
            ``"rules"``, ``"scenario"``, ``"activate"``, ``"plan"``, ``"state"`` or ``"note"``, and the like; see `apply_step`.
        what, reason
            For the history; nothing is added to it where `what` is empty.
        detail
            More for the history, as JSON.
        values
            What the kind needs.
        """
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        about = {"time": now, "author": self.author, **values}
        done = {"kind": kind, "what": what, "reason": reason, "detail": detail or {}, **about}
        self.kept.write_down(done)
        apply_step(self.content, done)
        self.dirty = self.dirty or kind != VIEW
        self._notify()

    def record(
        self, what: str, reason: str = "", *, kind: str = "note", detail: Mapping[str, object] | None = None
    ) -> None:
        """Add a line to the history: an edit, a solve, an override."""
        self.do(kind, what, reason, detail=detail)

    def keep(self, key: str, value: Any, what: str = "", reason: str = "", *, kind: str = "state") -> None:
        """Keep something of one's own in the project, as JSON (None takes it away): hand edits under way, locks, links, the view."""
        self.do(kind, what, reason, state={key: value})

    @property
    def edits(self) -> list[Table]:
        """The edits by hand, as `beatplanner.data.project.edits` describes them."""
        return list(self.content.state.get("edits", []))

    def add_edit(self, edit: Mapping[str, object], what: str, reason: str = "") -> None:
        """Add one edit by hand."""
        self.do("edit", what, reason, edit=edit, detail={"edit": edit})

    def cut_edits(self, count: int, what: str = "") -> None:
        """Undo edits by hand until `count` are left; one that is done again is added again."""
        self.do("undo", what, count=count)

    def change_rules(
        self, changes: Mapping[str, object], what: str, reason: str = "", *, drafted: bool = False
    ) -> None:
        """Change rules of the scenario in view by a merge patch; `drafted` where the draft counts it as a change of its own.

        Raises
        ------
        InputError
            Where the rules would be wrong or contradict each other; nothing is changed then.
        """
        self._checked(merge(self.rules(), changes))
        more = {"drafted": True} if drafted else {}
        self.do("rules", what, reason, scenario=self.active, changes=changes, detail={"changes": changes}, **more)

    def name_beat(self, beat: str, name: str, colour: str, what: str) -> None:
        """Give a beat name and colour, "" for none: in the project's own rules and wherever a scenario says otherwise, for both belong to the beat.

        Raises
        ------
        InputError
            As `change_rules`.
        """
        changes = {"beats": {"names": {beat: name or None}, "colours": {beat: colour or None}}}
        self._checked(merge(self.rules(), changes))
        for scenario in ("", *self.content.scenarios):
            rules = self.rules(scenario)
            # a project may have beats in its scenarios only
            if rules.get("beats") is not None and merge(rules, changes) != rules:
                self.do("rules", what, scenario=scenario, changes=changes, detail={"changes": changes})
                # the history tells it once
                what = ""

    def add_scenario(
        self, name: str, changes: Mapping[str, object] | None = None, note: str = "", reason: str = ""
    ) -> None:
        """Add a scenario and bring it into view; without `changes` it starts from the one in view."""
        name = name.strip()
        self._check_name(name)
        if changes is None:
            found = self.content.scenarios.get(self.active)
            changes = {} if found is None else found.changes
        self.do("scenario", f"Scenario “{name}” added", reason, name=name, changes=changes, note=note)
        self.activate(name)

    def set_scenario(self, name: str, changes: Mapping[str, object], note: str = "", reason: str = "") -> None:
        """Replace what a scenario changes, or add it; InputError where its rules would be wrong."""
        self._checked(merge(self.content.rules, changes))
        verb = "changed" if name in self.content.scenarios else "added"
        self.do("scenario", f"Scenario “{name}” {verb}", reason, name=name, changes=changes, note=note)

    def rename_scenario(self, old: str, new: str) -> None:
        """Rename a scenario; its plans follow."""
        self._check_name(new := new.strip())
        names = {"old": old, "name": new}
        self.do("rename_scenario", f"Scenario “{old}” is now “{new}”", detail=names, **names)

    def remove_scenario(self, name: str, reason: str = "") -> None:
        """Remove a scenario; its plans stay, with its name."""
        self.do("remove_scenario", f"Scenario “{name}” removed", reason, name=name)

    def activate(self, name: str) -> None:
        """Bring a scenario into view; empty for the project's own rules."""
        if name and name not in self.content.scenarios:
            raise InputError(problem(f"there is no scenario “{name}”", file=self.file))
        if name != self.active:
            self.do("activate", name=name)

    def _check_name(self, name: str) -> None:
        if not name:
            raise InputError(problem("a scenario needs a name", "Give one", file=self.file))
        if name in self.content.scenarios:
            raise InputError(problem(f"there is a scenario “{name}” already", "Give another name", file=self.file))

    def add_plan(
        self, folder: Path, name: str = "", what: str = "", reason: str = "", *, scenario: str | None = None
    ) -> StoredPlan:
        """Take a result folder into the project, as a plan of a scenario (that in view for None).

        Raises
        ------
        InputError
            Where the folder is no result.
        """
        try:
            summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InputError(problem("this folder holds no result", "Plan again", file=folder)) from None
        number = max([*self.content.plans, int(self.content.state.get("last_plan", 0))], default=0) + 1
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        called = name or f"Plan {number}"
        # the rules stand in the project; the paths in the summary lead out of it
        of = self.active if scenario is None else scenario
        plan = StoredPlan(number, called, of, now, self.author, short_summary(summary))
        self._plans.keep(number, folder)
        self.do(
            "plan",
            what or f"{called} made",
            reason,
            id=number,
            name=called,
            made_on=now,
            summary=plan.summary,
            scenario=of,
            detail={"plan": number} | plan_figures(plan.summary),
        )
        return self.content.plans[number]

    def rename_plan(self, plan: int, name: str) -> None:
        """Rename a plan."""
        self.do("rename_plan", f"{self.content.plans[plan].name} is now “{name}”", id=plan, name=name)

    def remove_plan(self, plan: int, reason: str = "") -> None:
        """Remove a plan; the history keeps that it was made."""
        self.do("remove_plan", f"{self.content.plans[plan].name} removed", reason, id=plan)

    def recover(self, recovery: Recovery) -> int:
        """Do again what a crash left unsaved; return how many things were done.

        What the file holds already, because the crash came right after a save, is not done twice.
        """
        missing = recovery.done[self.saved_steps(recovery.id) :]
        for done in missing:
            if done.get("kind") == "plan" and not self._plans.recover(int(done["id"]), recovery.folder):
                continue
            self.kept.write_down(done)
            apply_step(self.content, done)
        if missing:
            self.dirty = True
            changes = recovery.changes
            many = f"Recovered {changes} changes after the program ended unexpectedly"
            self.record(
                "Recovered 1 change after the program ended unexpectedly" if changes == 1 else many, kind="recovery"
            )
        self._notify()
        return len(missing)

    def _notify(self) -> None:
        for listener in self.listeners:
            listener()

    # ---- saving

    def save(self, target: Path | None = None) -> Path:
        """Save the project, at once as a whole or not at all.

        Parameters
        ----------
        target
            Another file, which the document then is; None for its own.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        InputError
            Where it cannot be saved: the last saved state is untouched, and the document still holds everything.
        """
        job = self.prepare_save(target)
        job.write()
        self.finish_save(job)
        return job.goal

    def prepare_save(self, target: Path | None = None) -> SaveJob:
        """Return a save that can be written in a thread while the document goes on; InputError as for `save`."""
        own = target is None or whole_path(target) == self.file
        goal = self.file if target is None else whole_path(target)
        if own and not self.is_file:
            raise InputError(
                problem("this project is a description with layers of its own", "Save it as one file", file=goal)
            )
        if own and self.read_only_because:
            raise InputError(
                problem(
                    f"the project cannot be saved here: {self.read_only_because}",
                    "Save it under another name",
                    file=goal,
                )
            )
        if own:
            check_unchanged(goal, self.save_id)
        elif goal.exists():
            other = ProjectLock(goal)
            if not other.acquire() and other.holder is not None:
                raise InputError(problem(f"{other.holder} has this project open", "Give another name", file=goal))
            other.release()
        # plans that lay beside a journal that has gone come back before they are looked for
        self.kept.flush()
        journal = self._journal
        meta = {
            "schema": str(SCHEMA),
            "save_id": uuid.uuid4().hex,
            "active": self.content.active,
            "saved_on": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "saved_by": self.author,
            "journal": journal.id if journal else "",
            "journal_count": str(journal.count if journal else 0),
        }
        return SaveJob(
            goal=goal,
            base=(self.file if own else self._plans.source) if self.is_file else None,
            description=None if self.is_file else self.file,
            work=self._plans.place,
            content=self.content.copied(),
            changes=patch_between(self._as_read, self.content.rules),
            meta=meta,
            archives={n: self._plans.archive(n) for n in self.content.plans},
            old_version=self.schema if own and 0 < self.schema < SCHEMA else 0,
            ready=journal.wait_for_base if journal else lambda _: None,
        )

    def finish_save(self, job: SaveJob) -> None:
        """Take note that a save is written: what was done meanwhile stays unsaved, in a new journal."""
        moved, before = job.goal != self.file, self._journal
        later = [] if before is None else before.since(int(job.meta["journal_count"]))
        if not self.is_file:
            # the paths lead into the file from now on
            self.content.rules = job.content.rules_with(later)
        self._plans.belong_to(job.goal)
        self.file, self.save_id, self.schema, self.dirty = job.goal, job.meta["save_id"], SCHEMA, changed_by(later)
        if moved:
            self.read_only_because, self.other = "", None
            if self._lock is not None:
                self._lock.release()
                self._lock = ProjectLock(job.goal)
                if not self._lock.acquire():
                    self.read_only_because = "another window has this project open"
        if before is not None:
            self.kept.journal = None
            self._plans.lie_in(None)
            self._begin_journal()
            if self._journal is not None:
                self._plans.carry_over(before.folder, [int(done["id"]) for done in later if done["kind"] == "plan"])
                for done in later:
                    self.kept.write_down(done)
            before.close()
        self._notify()


# ---- the file


def read_document(file: Path) -> ProjectDocument:
    """Read a project file of this or an older version, or a TOML description; InputError where it is neither."""
    raw = read_as_json(file)
    schema, save_id = version_of(file)
    content = Content(rules=raw)
    if schema >= 2:
        try:
            read_content(file, content)
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise InputError(
                problem(
                    f"the project file is damaged ({cause(error)})",
                    "Open a copy or the last version kept",
                    file=file.name,
                )
            ) from None
    return ProjectDocument(file, content, schema, save_id)
