"""What the window shows, without any Qt: a project, its town, and the plan in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from beatplanner.data.errors import InputError, Note, StoppedError, problem
from beatplanner.data.findings import listed
from beatplanner.data.formats.damage import damaged, damaged_layers
from beatplanner.data.paths import leads_to_server, whole_path
from beatplanner.data.project.content import IN_VIEW, VIEW, called_now
from beatplanner.data.result.sections import names_by_hand, ruled_hours
from beatplanner.ui.desktop.session.damage import in_plain_words, refuse_what_is_no_project
from beatplanner.ui.desktop.session.foreign_paths import foreign_paths
from beatplanner.ui.desktop.toolkit.in_language import in_counts, with_counts

if TYPE_CHECKING:
    # what reads and holds layers is loaded with the first project: the window itself stands at once
    import geopandas as gpd

    from beatplanner.data.description.models import Description
    from beatplanner.data.narrowing import Table
    from beatplanner.data.project.document import ProjectDocument
    from beatplanner.data.project.journal import Recovery
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.town.street_names import NamedStreets
    from beatplanner.data.town.town import Town
    from beatplanner.planning.beats.drawing import Drawing


@dataclass(frozen=True)
class Asked:
    """Whose plan a child was asked for.

    Attributes
    ----------
    scenario
        What the scenario was called then.
    after
        How many lines the history had: it may be renamed before the plan is there.
    """

    scenario: str
    after: int


class OpenTown:
    """A project or a result that is open.

    Attributes
    ----------
    project
        The description or project file; None where only a result is there.
    result
        Folder of the plan in force, None before the first.
    town
        The town, None where the inputs of a result are gone.
    streets
        Streets of the town that have a name, for the map; None where no layer names any.
    plan
        Tables of the plan in force.
    opened
        How often something was opened: what was chosen or typed before belongs to another project.
    taken
        How many plans were made since.
    listeners
        Called after every change.
    document
        The project that is open, with its scenarios, plans and history; None for a result folder.
    drawn
        What is drawn by hand on what is shown; None where nothing is.
    as_drawn
        Tables of the plan as it is changed by hand, of all kinds; None where nothing is, and before there is a plan.
    plan_shown
        Number of the document's plan in force; 0 where it is none of them.
    before_reading
        Called with a document before it is read: unsaved work is restored there. What it returns is let go once the document is open, and not before.
    follows
        Asked whether paths that lead out of a project are followed; nothing touches them before.
    reading
        Calls a function of a module with arguments and returns its result: reading layers takes long, and the window does it in a child.
    """

    def __init__(self) -> None:
        self.project: Path | None = None
        self.result: Path | None = None
        self.town: Town | None = None
        self.streets: NamedStreets | None = None
        self.plan: PlanTables | None = None
        self.listeners: list[Callable[[], None]] = []
        self.opened = self.taken = 0
        self.document: ProjectDocument | None = None
        self.plan_shown = 0
        self.drawn: Drawing | None = None
        self.as_drawn: PlanTables | None = None
        self.before_reading: Callable[[ProjectDocument], list[Recovery]] = lambda _: []
        self.follows: Callable[[list[str]], bool] = lambda _: False
        self.reading: Callable[..., Any] = lambda function, *arguments: function(*arguments)

    def open(self, path: Path, leaves: Callable[[], bool] = lambda: True) -> bool:
        """Open a description, a project file, or a result folder (or its ``plan.gpkg``); return whether it is open now.

        Parameters
        ----------
        path
            What is opened.
        leaves
            Asked whether what is open may be left, once it is known that the new can be used: nobody is asked to save for a file that is damaged.

        Raises
        ------
        InputError
            Where it cannot be used; what was open stays open.
        """
        from beatplanner.data.project.document import ProjectDocument

        document, again, shown = None, None, 0
        restored: list[Recovery] = []
        folder = path.parent if path.name == "plan.gpkg" else path
        if folder.is_dir():
            self._refuse_damaged_result(folder)
            plan, town, streets, project = self.reading(_read_folder, folder)
            if not leaves():
                return False
            self.project, self.result = (project if town is not None else None), folder
        else:
            refuse_what_is_no_project(path)
            if self._has_open(path) and not leaves():
                # what is saved on leaving is what is read
                return False
            again = self.document if self._has_open(path) else None
            try:
                document = ProjectDocument.open(path, again=again)
            except InputError as error:
                raise in_plain_words(path, error) from error
            try:
                restored = self.before_reading(document)
                out = foreign_paths(document.rules(), whole=document.is_file)
                if out and not self.follows(out):
                    what = f"it names files elsewhere, which were not followed: {listed(out, 5)}"
                    raise InputError(problem(what, "Bring these files into the project's folder", file=path))
                shown = document.content.plan_in_view
                result = document.plan_folder(shown) if shown else None
                town, plan, streets = self._read(document, result)
                if again is None and not leaves():
                    document.close()
                    return False
            except BaseException:
                # what was restored in it still lies where it was restored from
                document.close(keep_lock=again is not None)
                raise
            self.project, self.result = path, result
        self.close_document(keep_lock=again is not None)
        self.document, self.plan_shown = document, shown
        for recovery in restored:
            recovery.forget()
        self.town, self.plan, self.streets = town, plan, streets
        self.opened, self.taken = self.opened + 1, 0
        self.changed()
        return True

    def _has_open(self, path: Path) -> bool:
        return self.document is not None and self.document.file == whole_path(path)

    def _read(
        self, document: ProjectDocument, result: Path | None
    ) -> tuple[Town, PlanTables | None, NamedStreets | None]:
        """Return what `_read_project` does; where a project cannot be used, all that is broken of it is told at once, as `beatplanner check` does."""
        try:
            # what is damaged is seen before a reader tries it
            damage = {} if document.is_file else damaged_layers(document.file.parent, document.rules())
            if damage:
                raise InputError(*damage.values())
            return self.reading(_read_project, document.description(), result)
        except StoppedError:
            raise
        except InputError as error:
            broken = self.reading(_broken, document.lying_here(document.rules()), document.file)
            raise InputError(*(broken or error.problems)) from error

    def _refuse_damaged_result(self, folder: Path) -> None:
        found = [damaged(folder / name) for name in ("plan.gpkg", "people.gpkg", "summary.json")]
        if any(found):
            raise InputError(*(note for note in found if note is not None))

    def close_document(self, *, keep_lock: bool = False) -> None:
        """Give up the project that is open, its journal, and its lock unless the project is open again already."""
        if self.document is not None:
            self.document.close(keep_lock=keep_lock)
        self.document, self.plan_shown = None, 0

    def reread(self) -> None:
        """Read the town anew by the rules of the scenario in view, with the plan that is in view in it; InputError where they cannot be used."""
        if self.document is not None:
            shown = self.document.content.plan_in_view
            other = shown and shown != self.plan_shown
            folder = self.document.plan_folder(shown) if other else None
            self.town, plan, self.streets = self.reading(_read_project, self.document.description(), folder)
            if other:
                self.plan, self.result, self.plan_shown = plan, folder, shown
            elif not shown:
                self.plan, self.result, self.plan_shown = None, None, 0
            self.changed()

    def take_rules(self) -> None:
        """Show the project with the rules that are in force now; its layers are read again when it is planned."""
        if self.document is not None and self.town is not None:
            self.town = replace(self.town, description=self.document.description())
            self.changed()

    def take_names(self) -> None:
        """Take the names and colours of beats that are in force now; what is drawn and shown stays."""
        if self.document is not None and self.town is not None:
            self.town = replace(self.town, description=self.document.description())

    def show_plan(self, plan: int) -> None:
        """Show a plan of the project."""
        assert self.document is not None
        folder = self.document.plan_folder(plan)
        self.plan, self.result, self.plan_shown = self.reading(_read_result, folder), folder, plan
        self._keep_in_view()
        self.changed()

    def show_no_plan(self) -> None:
        """Show today's beats: the plan in view is gone, and there is no other."""
        self.plan, self.result, self.plan_shown = None, None, 0
        self._keep_in_view()
        self.changed()

    def _keep_in_view(self) -> None:
        """Let the plan that is shown come into view again with the project, in this scenario; who only looks at it has nothing to save."""
        document, plan = self.document, self.plan_shown
        if document is not None and plan != document.content.plan_in_view:
            view = document.content.with_in_view(plan, document.active)
            document.do(VIEW, id=plan, state={IN_VIEW: view})

    def to_plan(self) -> Path | Description | None:
        """Return what is planned: the project file, or the description of the scenario in view where that differs from it."""
        if self.document is None:
            return self.project
        from beatplanner.data.description.raw import read_as_json

        document = self.document
        if (
            not document.is_file
            and not document.active
            and not any(e.kind == "rules" for e in document.content.history)
        ):
            # a description that somebody edits meanwhile counts as it stands now
            return document.file
        same = not document.active and document.file.is_file() and read_as_json(document.file) == document.rules()
        return document.file if same else document.description()

    def asked(self, *, of_plan: bool = False) -> Asked | None:
        """Return whose plan is asked for now: that of the scenario in view, or of the one that the plan in view is of; None without a project."""
        if self.document is None:
            return None
        content = self.document.content
        plan = content.plans.get(self.plan_shown) if of_plan else None
        return Asked(content.active if plan is None else plan.scenario, len(content.history))

    def take(self, folder: Path, asked: Asked | None = None) -> None:
        """Show a result that was just planned, of the scenario it was asked for (that in view for None); InputError where it cannot be read or kept."""
        plan, shown = self.reading(_read_result, folder), 0
        if self.document is not None:
            history = self.document.content.history
            scenario = None if asked is None else called_now(asked.scenario, history[asked.after :])
            shown = self.document.add_plan(folder, scenario=scenario).id
        self.plan, self.result, self.plan_shown = plan, folder, shown
        self.taken += 1
        if self.document is not None and self.document.edits:
            # what was drawn was drawn on the plan before; where it was kept it is part of the new one
            self.document.keep("edits", [])
        self.changed()

    def changed(self) -> None:
        """Tell the listeners; what was drawn was drawn on what was shown before."""
        self.drawn = self.as_drawn = None
        for listener in self.listeners:
            listener()

    @property
    def is_open(self) -> bool:
        """Whether there is anything to show."""
        return self.town is not None or self.plan is not None

    @property
    def name(self) -> str:
        """The project's name."""
        if self.town is not None:
            return self.town.name
        return str(self.plan.summary["project"]) if self.plan is not None else ""

    @property
    def units(self) -> gpd.GeoDataFrame:
        """The plan's units, or the town's before there is a plan."""
        if self.plan is not None:
            return self.plan.units
        assert self.town is not None
        return self.town.units

    def beat_of_unit(self) -> np.ndarray:
        """Return the beat that each unit is shown in: the plan's, else today's; None where there is none."""
        units = self.units
        column = "beat" if "beat" in units else "current"
        return units[column].astype(object).where(units[column].notna(), None).to_numpy(object)

    def shown_beat_of_unit(self) -> np.ndarray:
        """Return the beat of each unit as it is drawn by hand, else as `beat_of_unit`."""
        if self.drawn is not None and len(self.drawn.label) == len(self.units):
            return self.drawn.beat
        return self.beat_of_unit()

    @property
    def shown(self) -> PlanTables | None:
        """The plan as it is changed by hand, else the plan in force."""
        return self.plan if self.as_drawn is None else self.as_drawn

    @property
    def given_names(self) -> dict[str, str]:
        """Names that a planner gave to beats, by id."""
        rules = None if self.town is None else self.town.description.beats
        return {} if rules is None else dict(rules.names)

    @property
    def beat_names(self) -> dict[str, str]:
        """What beats are called where nothing is drawn, by id: as a planner says by hand, else as the plan does, else as today.

        A name by hand that the plan was made with and the project no longer gives is in force no more: its beat is called as today, else after the places in it.
        """
        town, plan, given = self.town, self.plan, self.given_names
        today = {} if town is None else {b: n for b, n in town.beat_names.items() if n}
        if plan is None or plan.beats is None:
            return today | given
        names = dict(zip(plan.beats["beat"].astype(str), plan.beats["name"].astype(str), strict=True))
        by_hand = names_by_hand(plan.summary)
        # a result in a folder is called as it was planned, whatever its description says since
        lost = [b for b in names if b in by_hand and b not in given] if self.document is not None else []
        names = {b: n for b, n in names.items() if b not in lost} | given
        if lost:
            from beatplanner.planning.beats.naming import distinct, proposed_name

            units = plan.units
            people = units["population" if np.isfinite(units["population"]).any() else "workload"].to_numpy(float)
            for beat in lost:
                here = (units["beat"].astype(str) == beat).to_numpy()
                wanted = today.get(beat)
                names[beat] = (
                    distinct(wanted, beat, names.values())
                    if wanted
                    else proposed_name(beat, units[here], np.nan_to_num(people[here]), names)
                )
        return names

    @property
    def shown_names(self) -> dict[str, str]:
        """What beats are called as they are shown, by id: those that are drawn by their names as drawn."""
        return self.beat_names | ({} if self.drawn is None else {b: n for b, n in self.drawn.names.items() if n})

    @property
    def given_colours(self) -> dict[str, str]:
        """Colours that a planner gave to beats, by id."""
        rules = None if self.town is None else self.town.description.beats
        return {} if rules is None else dict(rules.colours)

    def _dissolved(self, beat: np.ndarray) -> dict[str, shapely.Geometry]:
        shapes = self.units.geometry.to_numpy()
        known = np.array([isinstance(b, str) for b in beat])
        return {b: shapely.union_all(shapes[known & (beat == b)]) for b in sorted(set(beat[known]))}

    def unit_text(
        self, unit: int, translated: Callable[[str], str] = str, written: Callable[[float], str] = "{:,.0f}".format
    ) -> str:
        """Describe a unit for the status bar; `translated` gives words in the reader's language, `written` numbers."""
        shown = self.shown
        row = (self.units if shown is None else shown.units).iloc[unit]
        name = str(row["name"])
        parts = [f"{name} ({row['unit']})" if name != str(row["unit"]) else translated("Unit {0}").format(row["unit"])]
        if np.isfinite(row["population"]):
            parts.append(with_counts(translated("{0} residents"), written(row["population"])))
        if shown is not None:
            parts.append(with_counts(translated("{0} hours a year"), written(row["workload"])))
            if row.get("station"):
                words = translated("{0} minutes on foot to {1}")
                parts.append(with_counts(words, written(row["walk_minutes"]), row["station"]))
        beat, planned = self.shown_beat_of_unit()[unit], self.beat_of_unit()[unit]
        if beat is not None:
            parts.append(translated("Beat {0}").format(beat))
        if beat != planned and planned is not None:
            parts.append(translated("in the plan: beat {0}").format(planned))
        return "  ·  ".join(parts)

    def rules_in_words(self, translated: Callable[[str], str] = str, number: Callable[[str], str] = str) -> list[str]:
        """Return the rules of the project in words and units: the most used ones, and all that differ from their defaults."""
        if self.town is None:
            return []
        from beatplanner.planning.rule_catalog import currency_of_rule, rule_in_sentence, settable_rules, value_of

        rules = self.town.description.model_dump(mode="json")
        lines = [
            in_counts(rule_in_sentence(rule, value_of(rules, rule), translated, number, currency_of_rule(rule, rules)))
            for rule in settable_rules(rules)
            if value_of(rules, rule) != rule.default or (rule.common and rule.section != "workload")
        ]
        beats = self.town.description.beats
        if beats is not None and beats.barriers is not None:
            lines.append(translated("barriers separate beats, except at crossings"))
        stations = self.town.description.stations
        if stations is not None and stations.held_open:
            lines.append(
                translated("{value} stations are held open by hand").replace("{value}", str(len(stations.held_open)))
            )
        return lines

    @property
    def kinds(self) -> Mapping[str, str]:
        """What the force calls its kinds of incidents in the pack, by what its records say."""
        forum = None if self.town is None else self.town.description.forum
        return {} if forum is None else forum.themes

    def hours_of_beats(self) -> list[tuple[str, int, float, float]]:
        """Return municipality, number of beats, and the hours a year that each may have, by the plan in force; none where its rules had to be relaxed."""
        found = [] if self.plan is None else ruled_hours(self.plan.summary)
        return [(m["municipality"], m["beats"], m["lower"], m["upper"]) for m in found]


def _read_result(folder: Path) -> PlanTables:
    from beatplanner.data.result.folder import read_result

    return read_result(folder)


def _read_folder(folder: Path) -> tuple[PlanTables, Town | None, NamedStreets | None, Path]:
    """Return a result, its town and streets where its inputs are still there (a result can be looked at without them, but not planned again), and its project."""
    from beatplanner.data.description.read import read_description
    from beatplanner.data.town.read_town import read_town

    plan = _read_result(folder)
    named = str(plan.summary.get("description_file", ""))
    project = Path(named)
    # a result of another person may name a server; whether a file is there would be asked of it
    there = not leads_to_server(named) and project.is_file()
    town = read_town(read_description(project)) if there else None
    return plan, town, _streets(town), project


def _read_project(description: Description, folder: Path | None) -> tuple[Town, PlanTables | None, NamedStreets | None]:
    """Return the town of a description, the plan in a folder where there is one, and the streets that have a name."""
    from beatplanner.data.town.read_town import read_town

    town = read_town(description)
    return town, None if folder is None else _read_result(folder), _streets(town)


def _broken(rules: Table, file: Path) -> list[Note]:
    """Return all that is broken of a project; what reads layers is loaded by it."""
    from beatplanner.data.guided_import.broken import all_broken

    return all_broken(rules, file)


def _streets(town: Town | None) -> NamedStreets | None:
    from beatplanner.data.town.street_names import street_names

    return None if town is None else street_names(town)
