"""Sectors and commands in the words of the pack: which beats share one, and in which sector and command a beat is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beatplanner.data.publish.public.figures import rule
from beatplanner.data.publish.public.plan import GROUP_COLUMNS
from beatplanner.data.result.alphabet import natural
from beatplanner.planning.forum.public.blocks import Block, paragraph, table
from beatplanner.planning.forum.public.content import PackContent


def sector_and_command(content: PackContent, beat: Any) -> dict[str, str]:
    """Return the sector and the command of a beat, a row of the plan, by their columns; those that the plan has."""
    return {c: content.speech.given(getattr(beat, c)) for c in GROUP_COLUMNS if c in content.plan.groups}


def group_titles(content: PackContent) -> dict[str, str]:
    """Return what the levels are called that the plan has, by their columns."""
    t = content.speech
    said = {"sector": t.text("Sector"), "command": t.text("Command")}
    return {c: said[c] for c in GROUP_COLUMNS if c in content.plan.groups}


def group_name(content: PackContent, level: str, group: str) -> str:
    """Return what a sector or a command is called."""
    t, name = content.speech, content.speech.given(group)
    return t.text("Sector {name}", name=name) if level == "sector" else t.text("Command {name}", name=name)


def beats_in(content: PackContent, level: str, group: str) -> list[str]:
    """Return the names of the beats of a sector or a command, in the order of their pages."""
    return [content.names[str(b.beat)] for b in content.beats if str(getattr(b, level)) == group]


def where_led(content: PackContent, beat: Any) -> list[Block]:
    """Say in which sector a beat is, and in which command; nothing where beats are in none."""
    t, own = content.speech, sector_and_command(content, beat)
    if "sector" not in own:
        return []
    if "command" in own:
        return [paragraph(t.text("This beat is in sector {sector}, which is in command {command}.", **own))]
    return [paragraph(t.text("This beat is in sector {sector}.", **own))]


def group_rows(content: PackContent, beat: Any) -> list[tuple[str, Sequence[str]]]:
    """Return the sector and the command of a beat with the beats of the one and the sectors of the other, as its card tells them."""
    own, titles = sector_and_command(content, beat), group_titles(content)
    members = {"sector": beats_in(content, "sector", own["sector"])} if "sector" in own else {}
    if "command" in own:
        members["command"] = _sectors_in(content, own["command"])
    return [(titles[c], [f"{own[c]}: {', '.join(names)}"]) for c, names in members.items()]


def _sectors_in(content: PackContent, command: str) -> list[str]:
    """Return the names of the sectors of a command."""
    inside = {str(b.sector) for b in content.beats if str(b.command) == command}
    return [group_name(content, "sector", s) for s in map(str, content.plan.groups["sector"]["group"]) if s in inside]


def groups_page(content: PackContent) -> list[Block]:
    """Return the page of sectors and commands: each with its beats; nothing where there are none."""
    t, groups, titles = content.speech, content.plan.groups, group_titles(content)
    if "sector" not in groups:
        return []
    command_of = {str(b.sector): t.given(b.command) for b in content.beats if "command" in groups}
    rows = [
        [*([command_of[s]] if command_of else []), t.given(s), ", ".join(beats_in(content, "sector", s))]
        for s in map(str, groups["sector"]["group"])
    ]
    rows.sort(key=lambda row: [natural(name) for name in row[:-1]])
    header = [titles[c] for c in ("command", "sector") if c in titles]
    of_beats = table([*header, t.text("Beats")], rows, widths=[1.0] * len(header) + [6.0])
    return [paragraph(" ".join(content.grouped)), of_beats]


def spans_asked(content: PackContent) -> list[str]:
    """Return how many beats a sector and how many sectors a command may have, as rules."""
    t, beats = content.speech, content.card.rules.get("beats", {})
    said: list[str] = []
    for key in ("sectors", "commands"):
        span = beats.get(key, {}).get("span")
        if span:
            low, high = (t.number(rule(v)) for v in span)
            said.append(
                t.text("Beats in a sector: {low} to {high}", low=low, high=high)
                if key == "sectors"
                else t.text("Sectors in a command: {low} to {high}", low=low, high=high)
            )
    return said
