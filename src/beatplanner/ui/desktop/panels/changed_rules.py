"""Rules that are typed or chosen in their panel, as a part of the draft.

Like names of beats they are in force with the project as soon as they are given; until a plan is made of them they are changes that the plan in view
has not, and are taken back like any other, each with a jump to its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beatplanner.data.result.sections import section_of
from beatplanner.ui.desktop.panels.rule_host import catalog
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.session.draft import Draft
from beatplanner.ui.desktop.session.edit_words import history_words
from beatplanner.ui.desktop.session.session import OpenTown

if TYPE_CHECKING:
    from beatplanner.data.narrowing import Table


@dataclass(frozen=True)
class Ruling:
    """One change of rules.

    Attributes
    ----------
    scenario
        Whose rules they are.
    before, after
        What the rules said, and say since, by key; None for nothing, which is the default.
    words
        What was changed as the history keeps it, in English.
    """

    scenario: str
    before: Table
    after: Table
    words: str


class ChangedRules:
    """The changes of rules; what is in force is the project's.

    Parameters
    ----------
    draft, scenario
        What it is a part of, and whose rules are changed.
    show
        Shows the panel, and of it the field of a key.
    """

    kind, begins, stays = "rules", 0, True

    def __init__(self, draft: Draft, scenario: OpenTown, show: Callable[[str], None]) -> None:
        self.draft, self.scenario, self.show = draft, scenario, show
        self.done: list[Ruling] = []
        self.undone: list[Ruling] = []
        draft.parts[self.kind] = self

    def change(self, values: Table, words: str) -> None:
        """Change rules, None for the default; InputError, and nothing is changed, where they would be wrong."""
        document = self.scenario.document
        assert document is not None, "only a project's rules are changed"
        self.draft.settle()
        before = self._said(values)
        self._set(values, words)
        # a change is what came of it: of a table the names that are gone are gone
        ruling = Ruling(document.active, before, self._said(values), words)
        self.done.append(ruling)
        self.undone.clear()
        self.draft.add(self._change(ruling))

    def _set(self, values: Table, words: str) -> None:
        document = self.scenario.document
        assert document is not None, "only a project's rules are changed"
        document.change_rules(catalog().change(values, document.rules()), words, drafted=True)

    def _said(self, keys: Iterable[str]) -> Table:
        """Return what the rules in force say, by key; None where they say nothing."""
        document = self.scenario.document
        rules = {} if document is None else document.rules()
        return {key: section_of(rules, key.partition(".")[0]).get(key.partition(".")[2]) for key in keys}

    def _change(self, ruling: Ruling) -> Change:
        return Change(self.kind, history_words(ruling.words), field=next(iter(ruling.after), ""))

    # ---- as a part of the draft

    def take_back(self) -> None:
        """Let the rules be again what they were before the last change."""
        self._set(self.done[-1].before, f"Taken back: {self.done[-1].words}")
        self.undone.append(self.done.pop())

    def make_again(self) -> None:
        """Make the change again that was taken back last."""
        self._set(self.undone[-1].after, self.undone[-1].words)
        self.done.append(self.undone.pop())

    def changes(self) -> list[Change]:
        """Return the changes in force."""
        return [self._change(ruling) for ruling in self.done]

    def as_json(self) -> Any:
        """Return them as plain values; those that are not left out are of the scenario in view, which may have got another name since."""
        document = self.scenario.document
        active = "" if document is None else document.active
        return [{"scenario": active, "before": r.before, "after": r.after, "words": r.words} for r in self.done]

    def lay_down(self, kept: Any) -> None:
        """Take up what was kept: the rules are in force with the project; those of another scenario, and those that were changed again since, are left out."""
        document = self.scenario.document
        active = None if document is None else document.active
        found = [Ruling(str(k["scenario"]), k["before"], k["after"], str(k["words"])) for k in kept]
        found = [ruling for ruling in found if ruling.scenario == active]
        last: Table = {}
        for ruling in found:
            last |= ruling.after
        now = self._said(last)
        self.done = [r for r in found if all(now[key] == last[key] for key in r.after)]
        self.undone = []

    def broken(self) -> list[str]:
        """Return the rules that are broken by it: none is in force that cannot be."""
        return []

    def bring_up(self, field: str = "") -> None:
        """Show the panel, and the field of a rule."""
        self.show(field)
