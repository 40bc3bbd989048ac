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
import shutil
import sqlite3
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.errors import InputError, problem
from beatplanner.data.paths import read_only_uri
from beatplanner.data.project.journal import BASE, Journal, Recovery
from beatplanner.data.project.lock import Owner, ProjectLock, user_name
from beatplanner.data.project.safe_save import clear_leftovers, copy_package, replace_package

if TYPE_CHECKING:
    from beatplanner.data.description.models import Description

SCHEMA = 2
PROJECT, META, SCENARIOS, PLANS = (
    "beatplanner_project",
    "beatplanner_meta",
    "beatplanner_scenarios",
    "beatplanner_plans",
)
ARCHIVES, HISTORY, STATE = "beatplanner_archives", "beatplanner_history", "beatplanner_state"
TABLES = {
    META: "(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    SCENARIOS: "(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, changes TEXT NOT NULL, note TEXT NOT NULL)",
    PLANS: "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, scenario TEXT NOT NULL, made_on TEXT NOT NULL, author TEXT NOT NULL, "
    "feasible INTEGER NOT NULL, beats INTEGER, max_deviation REAL, moved_share REAL, stations INTEGER, summary TEXT NOT NULL)",
    ARCHIVES: "(plan INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    HISTORY: "(id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, "
    "reason TEXT NOT NULL, detail TEXT NOT NULL)",
    STATE: "(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
}
# Those that QGIS lists as tables.
SHOWN = {
    SCENARIOS: "Scenarios: what differs from the project's rules",
    PLANS: "Plans made of this project",
    HISTORY: "History: every edit, solve and override",
}


@dataclass(frozen=True)
class Event:
    """One line of the history."""

    time: str
    author: str
    kind: str
    what: str
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredPlan:
    """A plan of the project: which scenario's, when and by whom it was made, and its summary."""

    id: int
    name: str
    scenario: str
    made_on: str
    author: str
    summary: dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A named set of rules: what differs from the project's own."""

    name: str
    changes: dict[str, Any]
    note: str = ""


@dataclass
class Content:
    """All that a document holds beside the layers."""

    rules: dict[str, Any]
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    active: str = ""
    plans: dict[int, StoredPlan] = field(default_factory=dict)
    history: list[Event] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)

    def copied(self) -> Content:
        """Return a copy that later changes leave alone: what is in it is replaced, never changed in place."""
        return Content(
            self.rules, dict(self.scenarios), self.active, dict(self.plans), list(self.history),
            {k: list(v) if isinstance(v, list) else v for k, v in self.state.items()},
        )  # fmt: skip


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with a JSON merge patch (RFC 7386) applied: null takes a key away, a table is merged, all else replaces."""
    found = dict(base)
    for key, value in changes.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = merged(found[key] if isinstance(found.get(key), dict) else {}, value)
        else:
            found[key] = value
    return found


def difference(base: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the merge patch that turns `base` into `wanted`."""
    changes: dict[str, Any] = {key: None for key in base if key not in wanted}
    for key, value in wanted.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            inner = difference(base[key], value)
            if inner:
                changes[key] = inner
        elif key not in base or base[key] != value:
            changes[key] = value
    return changes


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
        self._journal: Journal | None = None
        self._folders: dict[int, Path] = {}
        self._temporary: Path | None = None

    # ---- opening and closing

    @classmethod
    def open(cls, path: Path, *, editing: bool = True) -> ProjectDocument:
        """Open a project file or a TOML description.

        Parameters
        ----------
        path
            The file.
        editing
            Whether it is to be changed: then it is locked against other windows, and a journal is kept.

        Raises
        ------
        InputError
            Where the file is no project, or one of a newer beatplanner.
        """
        file = Path(path).resolve()
        document = read_document(file)
        if editing:
            document.begin_editing()
        return document

    @property
    def is_file(self) -> bool:
        """Whether the project is one file, and not a TOML description."""
        return self.schema > 0

    def begin_editing(self) -> None:
        """Lock the project and begin its journal; where another window has it, it may only be read."""
        self._lock = ProjectLock(self.file)
        if self.is_file:
            if not self._lock.acquire():
                self.other = self._lock.holder
                self.read_only_because = (
                    f"{self.other} has this project open" if self.other else "the folder may only be read"
                )
            else:
                clear_leftovers(self.file)
        self._begin_journal()

    def _begin_journal(self) -> None:
        with suppress(OSError):
            # without a place for a journal work goes on, only less safely
            self._journal = Journal(self.file, self.save_id)
            if self.is_file:
                # a drive that vanishes takes the layers along: with this copy the project can be saved elsewhere
                with suppress(OSError, sqlite3.Error):
                    copy_package(self.file, self._journal.folder / BASE)

    def close(self, *, keep_journal: bool = False) -> None:
        """Give up the lock, and the journal unless it is to be recovered."""
        if self._journal is not None:
            self._journal.close(keep=keep_journal)
            self._journal = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def touch(self) -> None:
        """Keep the lock fresh and flush the journal; called every few seconds."""
        if self._lock is not None and self._lock.held and not self._lock.touch():
            self.read_only_because = "another window has taken this project over"
        if self._journal is not None:
            with suppress(OSError):
                self._journal.flush()

    # ---- reading

    @property
    def active(self) -> str:
        """Name of the scenario in view; empty for the project's own rules."""
        return self.content.active

    def rules(self, scenario: str | None = None) -> dict[str, Any]:
        """Return the rules of a scenario (that in view for None), as JSON; not to be changed in place."""
        name = self.content.active if scenario is None else scenario
        found = self.content.scenarios.get(name)
        return self.content.rules if found is None else merged(self.content.rules, found.changes)

    def description(self, scenario: str | None = None) -> Description:
        """Return the checked description of a scenario (that in view for None); InputError where its rules contradict."""
        return self._checked(self.rules(scenario))

    def _checked(self, rules: dict[str, Any]) -> Description:
        from beatplanner.data.description.models import checked_description, into_file

        return checked_description(into_file(rules, self.file.name) if self.is_file else rules, self.file)

    def plan_folder(self, plan: int) -> Path:
        """Return the result folder of a plan, unpacked where it can be read.

        Raises
        ------
        InputError
            Where the archive is damaged or gone.
        """
        folder = self._folders.get(plan)
        if folder is not None and folder.is_dir():
            return folder
        root = self._work_folder()
        folder = root / f"plan-{plan}"
        packed = root / f"plan-{plan}.zip"
        try:
            if not packed.exists():
                with _read_only(self._source()) as database:
                    row = database.execute(f"SELECT content FROM {ARCHIVES} WHERE plan = ?", (plan,)).fetchone()  # noqa: S608 - a constant
                if row is None:
                    raise InputError(problem(f"there is no plan {plan} in this project", "Plan again", file=self.file))
                packed.write_bytes(row[0])
            unpack(packed, folder)
        except (OSError, sqlite3.Error, zipfile.BadZipFile) as error:
            raise InputError(problem(f"plan {plan} cannot be read ({error})", "Plan again", file=self.file)) from None
        self._folders[plan] = folder
        return folder

    def _source(self) -> Path:
        """Return where the last saved state can be read: the copy beside the journal, else the file itself."""
        if self._journal is not None and (self._journal.folder / BASE).is_file():
            return self._journal.folder / BASE
        return self.file

    def _work_folder(self) -> Path:
        if self._journal is not None:
            return self._journal.folder
        if self._temporary is None:
            import tempfile

            self._temporary = Path(tempfile.mkdtemp(prefix="beatplanner-"))
        return self._temporary

    # ---- doing

    def do(
        self, kind: str, what: str = "", reason: str = "", *, detail: dict[str, Any] | None = None, **values: Any
    ) -> None:
        """Do one thing: change the content, write it into the journal, tell the listeners.

        Parameters
        ----------
        kind
            ``"rules"``, ``"scenario"``, ``"activate"``, ``"plan"``, ``"state"`` or ``"note"``, and the like; see `_apply`.
        what, reason
            For the history; nothing is added to it where `what` is empty.
        detail
            More for the history, as JSON.
        values
            What the kind needs.
        """
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        done = {
            "kind": kind,
            "what": what,
            "reason": reason,
            "detail": detail or {},
            "time": now,
            "author": self.author,
            **values,
        }
        if self._journal is not None:
            with suppress(OSError):
                self._journal.add(done)
        _apply(self.content, done)
        self.dirty = True
        self._tell()

    def record(self, what: str, reason: str = "", *, kind: str = "note", detail: dict[str, Any] | None = None) -> None:
        """Add a line to the history: an edit, a solve, an override."""
        self.do(kind, what, reason, detail=detail)

    def keep(self, key: str, value: Any, what: str = "", reason: str = "", *, kind: str = "state") -> None:
        """Keep something of one's own in the project, as JSON (None takes it away): hand edits under way, locks, links, the view."""
        self.do(kind, what, reason, state={key: value})

    @property
    def edits(self) -> list[dict[str, Any]]:
        """The edits by hand, as `beatplanner.data.project.edits` describes them."""
        return list(self.content.state.get("edits", []))

    def add_edit(self, edit: dict[str, Any], what: str, reason: str = "") -> None:
        """Add one edit by hand."""
        self.do("edit", what, reason, edit=edit, detail={"edit": edit})

    def cut_edits(self, count: int, what: str = "") -> None:
        """Undo edits by hand until `count` are left; one that is done again is added again."""
        self.do("undo", what, count=count)

    def change_rules(self, changes: dict[str, Any], what: str, reason: str = "") -> None:
        """Change rules of the scenario in view by a merge patch.

        Raises
        ------
        InputError
            Where the rules would be wrong or contradict each other; nothing is changed then.
        """
        self._checked(merged(self.rules(), changes))
        self.do("rules", what, reason, scenario=self.active, changes=changes, detail={"changes": changes})

    def add_scenario(self, name: str, changes: dict[str, Any] | None = None, note: str = "", reason: str = "") -> None:
        """Add a scenario and bring it into view; without `changes` it starts from the one in view."""
        name = name.strip()
        self._check_name(name)
        if changes is None:
            found = self.content.scenarios.get(self.active)
            changes = {} if found is None else found.changes
        self.do("scenario", f"Scenario “{name}” added", reason, name=name, changes=changes, note=note)
        self.activate(name)

    def set_scenario(self, name: str, changes: dict[str, Any], note: str = "", reason: str = "") -> None:
        """Replace what a scenario changes, or add it; InputError where its rules would be wrong."""
        self._checked(merged(self.content.rules, changes))
        verb = "changed" if name in self.content.scenarios else "added"
        self.do("scenario", f"Scenario “{name}” {verb}", reason, name=name, changes=changes, note=note)

    def rename_scenario(self, old: str, new: str) -> None:
        """Rename a scenario; its plans follow."""
        self._check_name(new.strip())
        self.do("rename_scenario", f"Scenario “{old}” is now “{new.strip()}”", old=old, name=new.strip())

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

    def add_plan(self, folder: Path, name: str = "", what: str = "", reason: str = "") -> StoredPlan:
        """Take a result folder into the project, as a plan of the scenario in view.

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
        plan = StoredPlan(number, called, self.active, now, self.author, _short(summary))
        try:
            pack(folder, self._work_folder() / f"plan-{number}.zip")
        except OSError as error:
            raise InputError(
                problem(f"the plan cannot be kept ({error.strerror})", "Free space on this computer")
            ) from None
        self._folders[number] = folder
        self.do("plan", what or f"{called} made", reason, id=number, name=called, made_on=now, summary=plan.summary,
                scenario=self.active, detail={"plan": number} | _figures(plan.summary))  # fmt: skip
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
        saved = self._saved_of(recovery.id)
        missing = recovery.done[saved:]
        for done in missing:
            if done.get("kind") == "plan":
                source, number = recovery.folder / f"plan-{done['id']}.zip", int(done["id"])
                target = self._work_folder() / f"plan-{number}.zip"
                if not source.is_file():
                    continue
                if source != target:
                    shutil.copyfile(source, target)
                self._folders.pop(number, None)
            if self._journal is not None:
                self._journal.add(done)
            _apply(self.content, done)
        if missing:
            self.dirty = True
            self.record(f"Recovered {len(missing)} steps after the program ended unexpectedly", kind="recovery")
        self._tell()
        return len(missing)

    def _saved_of(self, journal: str) -> int:
        if not self.is_file:
            return 0
        with suppress(sqlite3.Error, OSError, ValueError), _read_only(self.file) as database:
            found = dict(database.execute(f"SELECT key, value FROM {META}"))  # noqa: S608 - a constant
            if found.get("journal") == journal:
                return int(found.get("journal_count", 0))
        return 0

    def _tell(self) -> None:
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
        own = target is None or target.resolve() == self.file
        goal = self.file if target is None else target.resolve()
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
            self._check_unchanged()
        elif goal.exists():
            other = ProjectLock(goal)
            if not other.acquire() and other.holder is not None:
                raise InputError(problem(f"{other.holder} has this project open", "Give another name", file=goal))
            other.release()
        work, journal = self._work_folder(), self._journal
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
            base=(self.file if own else self._source()) if self.is_file else None,
            description=None if self.is_file else self.file,
            work=work,
            content=self.content.copied(),
            meta=meta,
            archives={n: work / f"plan-{n}.zip" for n in self.content.plans},
            old_version=self.schema if own and 0 < self.schema < SCHEMA else 0,
        )

    def _check_unchanged(self) -> None:
        if not self.file.is_file():
            if self.file.parent.is_dir():
                raise InputError(
                    problem("the file is gone from its folder", "Save it under another name", file=self.file)
                )
            return
        _, found = version_of(self.file)
        if found != self.save_id:
            raise InputError(
                problem(
                    "the file was saved by another window meanwhile",
                    "Save yours under another name, and compare",
                    file=self.file,
                )
            )

    def finish_save(self, job: SaveJob) -> None:
        """Take note that a save is written: what was done meanwhile stays unsaved, in a new journal."""
        moved, before = job.goal != self.file, self._journal
        later = [] if before is None else before.since(int(job.meta["journal_count"]))
        if not self.is_file:
            # the paths lead into the file from now on
            self.content.rules = job.content.rules
        self.file, self.save_id, self.schema, self.dirty = job.goal, job.meta["save_id"], SCHEMA, bool(later)
        if moved:
            self.read_only_because, self.other = "", None
            if self._lock is not None:
                self._lock.release()
                self._lock = ProjectLock(job.goal)
                if not self._lock.acquire():
                    self.read_only_because = "another window has this project open"
        if before is not None:
            self._journal = None
            self._begin_journal()
            self._carry_over(before, later)
            before.close()
        self._tell()

    def _carry_over(self, before: Journal, later: list[dict[str, Any]]) -> None:
        """Bring what is not saved yet, and plans that are in view, from the old journal to the new."""
        new = self._journal
        if new is None:
            return
        for done in later:
            packed = before.folder / f"plan-{done.get('id')}.zip"
            if done["kind"] == "plan" and packed.is_file():
                shutil.move(packed, new.folder / packed.name)
            new.add(done)
        for number, folder in list(self._folders.items()):
            if folder.is_relative_to(before.folder) and folder.is_dir():
                self._folders[number] = Path(shutil.move(folder, new.folder / folder.name))


@dataclass
class SaveJob:
    """One save on its way: everything that it writes, as it was when it was asked for."""

    goal: Path
    base: Path | None
    description: Path | None
    work: Path
    content: Content
    meta: dict[str, str]
    archives: dict[int, Path]
    old_version: int

    def write(self) -> None:
        """Write it; InputError where that fails, and the last saved state is untouched then."""
        base = self.base
        if self.description is not None:
            from beatplanner.data.project.build import build

            base = self.work / "built.gpkg"
            base.unlink(missing_ok=True)
            build(self.description, base)
            with _read_only(base) as database:
                self.content.rules = json.loads(database.execute(f"SELECT description FROM {PROJECT}").fetchone()[0])  # noqa: S608
        if self.old_version:
            keep_old_version(self.goal, self.old_version)
        replace_package(self.goal, base, lambda part: write_content(part, self.content, self.meta, self.archives))


def _short(summary: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in summary.items() if k not in ("rules", "inputs", "description_file")}


def _figures(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a plan that a list of plans shows."""
    beats, stations = summary.get("beats", {}), summary.get("stations", {})
    return {
        "feasible": bool(summary.get("feasible", False)),
        "beats": beats.get("count"),
        "max_deviation": beats.get("max_deviation"),
        "moved_share": beats.get("moved_share"),
        "stations": stations.get("count"),
    }


def _apply(content: Content, done: dict[str, Any]) -> None:
    """Change the content by one thing done, now or from a journal."""
    kind = done["kind"]
    if kind == "rules":
        name = done["scenario"]
        if name:
            old = content.scenarios[name]
            content.scenarios[name] = replace(old, changes=_patched(old.changes, done["changes"]))
        else:
            content.rules = merged(content.rules, done["changes"])
    elif kind == "scenario":
        content.scenarios[done["name"]] = Scenario(done["name"], done["changes"], done.get("note", ""))
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
    elif kind == "remove_scenario":
        content.scenarios.pop(done["name"], None)
        if content.active == done["name"]:
            content.active = ""
    elif kind == "activate":
        content.active = done["name"]
    elif kind == "plan":
        number = int(done["id"])
        content.plans[number] = StoredPlan(
            number, done["name"], done["scenario"], done["made_on"], done["author"], done["summary"]
        )
        content.state["last_plan"] = max(number, int(content.state.get("last_plan", 0)))
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


def _patched(patch: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the merge patch that does what `patch` and then `changes` do; a null stays one."""
    found = dict(patch)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = _patched(found[key], value)
        else:
            found[key] = value
    return found


# ---- the file


def _read_only(path: Path) -> Any:
    """Open a database for reading only; closed at the end of a with block."""
    return closing(sqlite3.connect(read_only_uri(path.resolve()), uri=True))


def version_of(path: Path) -> tuple[int, str]:
    """Return the schema version of a project file, and which save it is; version 0 where it is no project file.

    Raises
    ------
    InputError
        Where a newer beatplanner wrote it.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(16) != b"SQLite format 3\x00":
                return 0, ""
        with _read_only(path) as database:
            names = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
            if PROJECT not in names:
                return 0, ""
            meta = dict(database.execute(f"SELECT key, value FROM {META}")) if META in names else {}  # noqa: S608
    except (sqlite3.Error, OSError):
        return 0, ""
    number = meta.get("schema", "1")
    schema = int(number) if number.isdigit() else SCHEMA + 1
    if schema > SCHEMA:
        raise InputError(
            problem(f"this project was saved by a newer beatplanner (its format is {number}; this program knows formats 1 to {SCHEMA})",
                    "Update beatplanner, or ask for the project in the older format", file=path.name)
        )  # fmt: skip
    return schema, meta.get("save_id", "")


def read_document(file: Path) -> ProjectDocument:
    """Read a project file of this or an older version, or a TOML description."""
    from beatplanner.data.description.models import read_raw

    raw = read_raw(file)
    schema, save_id = version_of(file)
    content = Content(rules=raw)
    if schema >= 2:
        try:
            _read_content(file, content)
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise InputError(
                problem(
                    f"the project file is damaged ({error})", "Open a copy or the last version kept", file=file.name
                )
            ) from None
    return ProjectDocument(file, content, schema, save_id)


def _read_content(file: Path, content: Content) -> None:
    with _read_only(file) as database:
        meta = dict(database.execute(f"SELECT key, value FROM {META}"))  # noqa: S608
        for name, changes, note in database.execute(f"SELECT name, changes, note FROM {SCENARIOS} ORDER BY id"):  # noqa: S608
            content.scenarios[name] = Scenario(name, json.loads(changes), note)
        rows = database.execute(f"SELECT id, name, scenario, made_on, author, summary FROM {PLANS} ORDER BY id")  # noqa: S608
        for number, name, scenario, made_on, author, summary in rows:
            content.plans[number] = StoredPlan(number, name, scenario, made_on, author, json.loads(summary))
        rows = database.execute(f"SELECT time, author, kind, what, reason, detail FROM {HISTORY} ORDER BY id")  # noqa: S608
        content.history = [Event(*row[:5], json.loads(row[5])) for row in rows]
        content.state = {k: json.loads(v) for k, v in database.execute(f"SELECT key, value FROM {STATE}")}  # noqa: S608
        active = meta.get("active", "")
        content.active = active if active in content.scenarios else ""


def write_content(part: Path, content: Content, meta: dict[str, str], archives: dict[int, Path]) -> None:
    """Write all but the layers into a GeoPackage that nobody else has open."""
    with closing(sqlite3.connect(part)) as database:
        # the file is private until it is swapped in, so it needs no journal of its own
        database.execute("PRAGMA journal_mode=MEMORY")
        database.execute("PRAGMA synchronous=OFF")
        with database:
            for table, columns in TABLES.items():
                database.execute(f"CREATE TABLE IF NOT EXISTS {table} {columns}")
                if table != ARCHIVES:
                    database.execute(f"DELETE FROM {table}")  # noqa: S608
            database.execute(f"CREATE TABLE IF NOT EXISTS {PROJECT} (description TEXT NOT NULL)")
            database.execute(f"DELETE FROM {PROJECT}")  # noqa: S608
            database.execute(f"INSERT INTO {PROJECT} VALUES (?)", (_json(content.rules),))  # noqa: S608
            for table, rows in _rows(content, meta).items():
                for row in rows:
                    database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
            stored = {row[0] for row in database.execute(f"SELECT plan FROM {ARCHIVES}")}  # noqa: S608
            for gone in stored - set(content.plans):
                database.execute(f"DELETE FROM {ARCHIVES} WHERE plan = ?", (gone,))  # noqa: S608
            new = [n for n in content.plans if n not in stored and n in archives and archives[n].is_file()]
            for number in new:
                database.execute(f"INSERT INTO {ARCHIVES} VALUES (?, ?)", (number, archives[number].read_bytes()))  # noqa: S608
            _list_tables(database)
    if new or stored - set(content.plans):
        from beatplanner.data.project.plan_layers import drop_plan_layers, write_plan_layers

        drop_plan_layers(part, stored - set(content.plans))
        for number in new:
            write_plan_layers(part, number, archives[number], content.plans[number].name)


def _rows(content: Content, meta: dict[str, str]) -> dict[str, Iterator[tuple[Any, ...]]]:
    return {
        META: ((k, v) for k, v in meta.items()),
        SCENARIOS: ((i + 1, s.name, _json(s.changes), s.note) for i, s in enumerate(content.scenarios.values())),
        PLANS: (
            (p.id, p.name, p.scenario, p.made_on, p.author, *_figures(p.summary).values(), _json(p.summary))
            for p in content.plans.values()
        ),
        HISTORY: (
            (i + 1, e.time, e.author, e.kind, e.what, e.reason, _json(e.detail)) for i, e in enumerate(content.history)
        ),
        STATE: ((k, _json(v)) for k, v in content.state.items()),
    }


def _list_tables(database: sqlite3.Connection) -> None:
    """Enter the tables that QGIS shows into the GeoPackage's list of contents."""
    names = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    if "gpkg_contents" not in names:
        return
    for table, text in SHOWN.items():
        database.execute(
            "INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES (?, 'attributes', ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", (table, table, text),
        )  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def keep_old_version(file: Path, schema: int) -> Path:
    """Copy a project of an older version beside it, before it is saved in the new one; return the copy."""
    copy = file.with_name(f"{file.stem} (format {schema}){file.suffix}")
    number = 1
    while copy.exists():
        number += 1
        copy = file.with_name(f"{file.stem} (format {schema}, {number}){file.suffix}")
    try:
        copy_package(file, copy)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            copy.unlink(missing_ok=True)
        raise InputError(
            problem(f"the project is of an older format, and no copy of it can be kept here ({error})",
                    "Save it under another name in a folder of your own", file=file)
        ) from None  # fmt: skip
    return copy


def pack(folder: Path, target: Path) -> None:
    """Zip a result folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())


def unpack(packed: Path, folder: Path) -> None:
    """Unzip a result folder; what would lie outside it is refused."""
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise zipfile.BadZipFile(f"“{name}” leads out of the archive")
        archive.extractall(folder)
