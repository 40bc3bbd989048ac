"""What the field of a rule asks of what is around it: the panel, and the catalogue of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from beatplanner.data.narrowing import is_dict, is_sequence

if TYPE_CHECKING:
    from beatplanner.data.description.sections.rule import Rule
    from beatplanner.ui.desktop.panels.cell_rows import Standing


def catalog():
    """Return the catalogue of rules; it is loaded with the first project, so that the window itself stands at once.

    Its type is the module, so that what is asked of it is checked.
    """
    from beatplanner.planning import rule_catalog

    return rule_catalog


def by_key() -> dict[str, Rule]:
    """Return the rules by key."""
    from beatplanner.data.description.rules import BY_KEY

    return BY_KEY


class RuleHost(Protocol):
    """What a field asks of the panel that it stands in."""

    explained: str

    def hours(self, tolerance: float) -> list[str]:
        """Return what a tolerance means in hours."""
        ...

    def count(self, section: str) -> int:
        """Return how many beats or stations the plan that is shown has."""
        ...

    def kinds(self) -> Mapping[str, str]:
        """Return what the force calls its kinds of incidents in the pack."""
        ...

    def set(self, values: Mapping[str, object]) -> str:
        """Change rules; return what is wrong."""
        ...

    def typed(self, key: str, change: str, shows: tuple[Standing, Standing]) -> None:
        """Take what was typed into cells and is not in force as a step that is undone."""
        ...


def words_within(rules: object) -> Iterator[str]:
    """Give the names and texts within rules."""
    if isinstance(rules, str):
        yield rules
    elif is_dict(rules):
        for name, inner in rules.items():
            yield name
            yield from words_within(inner)
    elif is_sequence(rules):
        for inner in rules:
            yield from words_within(inner)
