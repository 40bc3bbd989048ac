"""The run card of a plan in short lines, for prints and workbooks: from which files, under which rules, how near to the best, by whom and when."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from beatplanner.data.result.draft import BROKEN, proven_gap, standing_of
from beatplanner.data.result.draft_reason import gap_said
from beatplanner.data.result.ending import SENTENCES, ending, repeatable
from beatplanner.data.result.sections import section_of

# So many letters of a hash tell two files apart at a glance.
SHOWN = 10
STEPS = {"beats": "Beats", "stations": "Stations", "officers": "Officers"}
SEED = "Seed"
PLAN, NEAR = "{project}, seed {seed}", "at most {share} from the best"
STANDINGS = {
    "optimal": "proven best",
    "infeasible": "rules were relaxed",
    "unknown": "no plan found that keeps all rules",
}
NO_BOUND = "no bound"
# Of prints alone: only the window says it in words.
PRINTED = "Printed"
# What stands first where the independent check found the plan wrong; nothing is called proven then.
FAILED = "✘ {failed} of {checks} checks failed. Do not hand this plan out."
OTHER_FILES = "The plan's files were changed after it was written, and not checked since."
PROOF = "Proof"
# What a check came to that found no error, and that nobody has checked it, or not before this was written.
PASSED, NOT_CHECKED = "All {checks} checks passed.", "Not checked yet."
PASSED_IN_PART = "All {checks} checks passed; claims that could not be checked: {left}."
CHECKED_LATER = "Written before the plan was checked; “verification.json” beside it says what was found."
DRAFT, OUT_OF_DATE = "Draft", "Out of date"
# What the catalogues have of it.
WORDS = (
    "Plan",
    "Date",
    "Who",
    "Rules",
    *STEPS.values(),
    "Not kept",
    "Version",
    PLAN,
    NEAR,
    *STANDINGS.values(),
    NO_BOUND,
    PROOF,
    FAILED,
    OTHER_FILES,
    PASSED,
    PASSED_IN_PART,
    NOT_CHECKED,
    CHECKED_LATER,
    DRAFT,
    OUT_OF_DATE,
    SEED,
    *SENTENCES,
)


def english(text: str, **fields: Any) -> str:
    """Say a text of `WORDS` as it stands; without values its fields stay in it."""
    return text.format(**fields) if fields else text


def _percent(share: float, digits: int) -> str:
    return f"{share:.{digits}%}"


def card_rows(
    summary: Mapping[str, Any],
    *,
    who: str = "",
    when: str = "",
    public: bool = False,
    wrong: str = "",
    checked: str = "",
    draft: Iterable[str] = (),
    out_of_date: Iterable[str] = (),
    say: Callable[..., str] = english,
    percent: Callable[[float, int], str] = _percent,
    known: Callable[[str], str] = str,
    day: Callable[[str], str] = str,
) -> list[tuple[str, str]]:
    """Return what each line is about, and what it says.

    Parameters
    ----------
    summary
        The content of ``summary.json``.
    who, when
        Who makes the print, and on which day, in ISO; left out where empty.
    public
        Without the clashes, whose sentences may name hours of a beat.
    wrong
        In words that the plan is not what it claims, `FAILED` say; how near to the best its steps are is left out then.
    checked
        In words what a check that found no error came to, or that there was none; left out where empty.
    draft, out_of_date
        In words why the plan is a draft, and what has changed since it was made.
    say
        Says a text of `WORDS` in a language, as `Speech.text` does; English where it is not given.
    percent
        Writes a share with so many digits, as `Speech.percent` does.
    known
        Says what the force wrote, its own name and that of the project, in the words that it has for the language, as `Speech.known` does.
    day
        Writes a day, given in ISO, as its reader does.
    """
    project = known(str(summary.get("project", "")))
    rows = [(say(PROOF), wrong or checked)] if wrong or checked else []
    rows += [(say(DRAFT), why) for why in draft]
    rows += [(say(OUT_OF_DATE), what) for what in out_of_date]
    rows.append((say("Plan"), say(PLAN, project=project, seed=summary.get("seed", ""))))
    if not repeatable(summary):
        sentence, values = ending(summary)
        rows.append((say(SEED), say(sentence, **values)))
    if summary.get("made_on"):
        rows.append((say("Date"), day(str(summary["made_on"]))))
    author = section_of(section_of(summary, "rules"), "forum").get("made_by")
    if author:
        rows.append((say("Who"), known(str(author))))
    if who or when:
        rows.append((say(PRINTED), ", ".join(p for p in (who, day(when)) if p)))
    rows.append(
        (
            say("Rules"),
            short_hash(json.dumps(summary.get("rules", {}), sort_keys=True, ensure_ascii=False, default=str)),
        )
    )
    for step, name in STEPS.items():
        if step in summary and not wrong:
            rows.append((say(name), _standing(summary[step], say, percent)))
    clashes: list[str] = [] if public else summary.get("clashes", [])[:3]
    for clash in clashes:
        rows.append((say("Not kept"), str(clash)))
    seen: set[tuple[str, str]] = set()
    for entry in summary.get("inputs", []):
        name = re.split(r"[\\/]", str(entry["path"]))[-1]
        digest = str(entry.get("sha256", ""))[:SHOWN]
        if (name, digest) not in seen:
            seen.add((name, digest))
            rows.append((name, f"{day(str(entry.get('modified', ''))[:10])}, {digest}"))
    versions = summary.get("versions", {})
    rows.append((say("Version"), f"beatplanner {versions.get('beatplanner', '')}"))
    return rows


def cards_of(
    out: Path,
    folders: Iterable[str],
    say: Callable[..., str] = english,
    percent: Callable[[float, int], str] = _percent,
) -> list[tuple[str, str]]:
    """Return the run cards of several plans of a folder, each under the name of its own; one whose summary is not there is left out.

    Parameters
    ----------
    out, folders
        Where the plans' folders are, and what they are called.
    say, percent
        As in `card_rows`.
    """
    rows: list[tuple[str, str]] = []
    for folder in folders:
        file = out / folder / "summary.json"
        if file.is_file():
            rows.append((folder, ""))
            rows += card_rows(json.loads(file.read_text(encoding="utf-8")), say=say, percent=percent)
    return rows


def short_hash(text: str) -> str:
    """Return the first letters of the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:SHOWN]


def _standing(step: Mapping[str, Any], say: Callable[..., str], percent: Callable[[float, int], str]) -> str:
    standing, gap = standing_of(step), proven_gap(step)
    if standing == "best" or step.get("status") in BROKEN:
        return say(STANDINGS[step["status"]])
    return say(NO_BOUND) if gap is None else say(NEAR, share=gap_said(gap, percent))
