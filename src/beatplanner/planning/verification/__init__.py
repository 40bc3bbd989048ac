"""The independent checker: every claim of a result recomputed from its tables and inputs, without solver or step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from beatplanner.data.description.models import Description
from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.manifest import VERSION, written_version
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service_files import FILE as SERVICE
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.verification.beats import check_beats
from beatplanner.planning.verification.claimed_bounds import check_claimed_bounds
from beatplanner.planning.verification.country import check_country
from beatplanner.planning.verification.coverage import check_coverage
from beatplanner.planning.verification.details import check_details, check_rules
from beatplanner.planning.verification.evidence import Evidence, check_columns, with_text_ids
from beatplanner.planning.verification.files import check_files
from beatplanner.planning.verification.forums import check_forums
from beatplanner.planning.verification.known_keys import check_rows
from beatplanner.planning.verification.ledger import Check, Ledger, Verdict
from beatplanner.planning.verification.levels import check_levels
from beatplanner.planning.verification.proofs import check_proofs
from beatplanner.planning.verification.stations import check_stations
from beatplanner.planning.verification.summary import check_inputs, check_summary
from beatplanner.planning.verification.units import check_units

__all__ = ["Check", "Verdict", "verify"]


def check_officers(ledger: Ledger, evidence: Evidence) -> None:
    """Check the postings, where the summary tells of officers; what has no such step, such as stations alone, loads nothing for it."""
    if evidence.summary.get("officers") is not None:
        from beatplanner.planning.verification.officers import check_officers as check

        check(ledger, evidence)


def check_budget(ledger: Ledger, tables: PlanTables, rules: Description) -> None:
    """Check the money, where the summary or the rules tell of any."""
    if tables.summary.get("budget") is not None or rules.budget is not None:
        from beatplanner.planning.verification.budget import check_budget as check

        check(ledger, tables, rules)


def check_service(ledger: Ledger, folder: Path, tables: PlanTables, evidence: Evidence | None = None) -> None:
    """Check the service, where the summary or a file beside it tells of any."""
    if tables.summary.get("service") is not None or (folder / SERVICE).is_file():
        from beatplanner.planning.verification.service import check_service as check

        check(ledger, folder, tables, evidence)


# By what they are about.
CHECKS: dict[str, Callable[[Ledger, Evidence], None]] = {
    "units": check_units,
    "beats": check_beats,
    "levels": check_levels,
    "stations": check_stations,
    "officers": check_officers,
    "details": check_details,
    "bounds": lambda ledger, evidence: check_claimed_bounds(ledger, evidence.summary),
    "proofs": check_proofs,
}


def verify(folder: Path, *, finished: bool = True, town: Town | None = None) -> Verdict:
    """Check a result folder.

    Parameters
    ----------
    folder
        A folder that ``beatplanner plan``, ``beatplanner compare`` or ``beatplanner prices`` made.
    finished
        Whether all files are written; else the list of files is not looked at.
    town
        The inputs where the caller has just read them for this very plan; else they are read.

    Returns
    -------
    Verdict
        Every claim with what was found.

    Raises
    ------
    InputError
        Where the folder is no result.
    """
    if (folder / "comparison.json").is_file():
        from beatplanner.planning.verification.comparison import verify_comparison

        return verify_comparison(folder, verify)
    if (folder / "prices.json").is_file():
        from beatplanner.planning.verification.prices import verify_prices

        return verify_prices(folder, verify)
    tables = read_result(folder)
    ledger = Ledger()
    check_tables(ledger, tables, folder, town)
    if finished:
        check_files(ledger, folder, tables)
    return ledger.verdict()


def check_tables(ledger: Ledger, tables: PlanTables, folder: Path | None = None, read: Town | None = None) -> None:
    """Check a plan in memory: all but its files.

    Parameters
    ----------
    ledger
        Takes the checks.
    tables
        The plan as it was read; ids as text or numbers.
    folder
        Where it lies, for what is computed from files beside it; None where it lies nowhere.
    read
        The inputs, where they have just been read.
    """
    written = VERSION if folder is None else written_version(folder)
    check_summary(ledger, tables.summary, written)
    check_rows(ledger, tables.summary, written)
    unchanged = check_inputs(ledger, tables.summary)
    if not check_columns(ledger, tables):
        return
    try:
        rules = Description.model_validate(tables.summary.get("rules", {}))
    except ValueError as error:
        ledger.add("rules", False, "rules that can be read", "none", str(error).splitlines()[0])
        return
    units, beats, edges = with_text_ids(tables)
    file = Path(str(tables.summary.get("description_file", "")))
    # inputs are read by the rules only where nobody changed these
    true_rules = _tried(ledger, "rules", lambda: check_rules(ledger, tables.summary, rules))
    town = (read or _inputs(ledger, file, rules)) if unchanged and true_rules else None
    if town is not None and beats is not None:
        town = town.in_beats_of(map(str, beats.index))
    evidence = Evidence(units, beats, edges, tables, tables.summary, rules, town, written)
    for name, check in CHECKS.items():
        _tried(ledger, name, lambda check=check: check(ledger, evidence))
    _tried(ledger, "forums", lambda: check_forums(ledger, evidence))
    _tried(ledger, "budget", lambda: check_budget(ledger, tables, rules))
    _tried(ledger, "country", lambda: check_country(ledger, tables, rules))
    if folder is not None:
        _tried(ledger, "service", lambda: check_service(ledger, folder, tables, evidence))
    check_coverage(ledger, tables)


def _tried(ledger: Ledger, name: str, check: Callable[[], Any]) -> bool:
    """Make a check; what cannot be read as it stands is wrong. Returns whether the check did not say otherwise."""
    try:
        return check() is not False
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, AssertionError, OverflowError) as error:
        ledger.add(
            name,
            False,
            "as the program writes it",
            "not so",
            f"What is told of {name} cannot be read as it stands ({type(error).__name__}: {error}).",
        )
        return False


def _inputs(ledger: Ledger, file: Path, rules: Description) -> Town | None:
    """Read the inputs again, by the rules that the plan was made by."""
    try:
        return read_town(rules.model_copy(update={"folder": file.parent, "file": file}))
    except (InputError, OSError) as error:
        why = str(error.problems[0]) if isinstance(error, InputError) else str(error)
        ledger.unchecked("inputs.read", "the inputs can be read", why)
        return None
