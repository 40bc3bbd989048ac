"""The independent checker: every claim of a result recomputed from its tables and inputs, without solver or step."""

from __future__ import annotations

from pathlib import Path

from beatplanner.data.description.models import Description
from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.verification.beats import check_beats
from beatplanner.planning.verification.budget import check_budget
from beatplanner.planning.verification.country import check_country
from beatplanner.planning.verification.coverage import check_coverage
from beatplanner.planning.verification.details import check_details
from beatplanner.planning.verification.evidence import Evidence, check_columns, with_text_ids
from beatplanner.planning.verification.files import check_files
from beatplanner.planning.verification.ledger import Check, Ledger, Verdict
from beatplanner.planning.verification.officers import check_officers
from beatplanner.planning.verification.proofs import check_proofs
from beatplanner.planning.verification.service import check_service
from beatplanner.planning.verification.stations import check_stations
from beatplanner.planning.verification.summary import check_inputs, check_summary
from beatplanner.planning.verification.units import check_units

__all__ = ["Check", "Verdict", "verify"]


def verify(folder: Path, *, finished: bool = True) -> Verdict:
    """Check a result folder.

    Parameters
    ----------
    folder
        A folder that ``beatplanner plan``, ``beatplanner compare`` or ``beatplanner prices`` made.
    finished
        Whether all files are written; else the list of files is not looked at.

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
    check_tables(ledger, tables, folder)
    if finished:
        check_files(ledger, folder, tables)
    return ledger.verdict()


def check_tables(ledger: Ledger, tables: PlanTables, folder: Path | None = None) -> None:
    """Check a plan in memory: all but its files.

    Parameters
    ----------
    ledger
        Takes the checks.
    tables
        The plan as it was read; ids as text or numbers.
    folder
        Where it lies, for what is computed from files beside it; None where it lies nowhere.
    """
    check_summary(ledger, tables.summary)
    unchanged = check_inputs(ledger, tables.summary)
    if not check_columns(ledger, tables):
        return
    try:
        rules = Description.model_validate(tables.summary.get("rules", {}))
    except ValueError as error:
        ledger.add("rules", False, "rules that can be read", "none", str(error).splitlines()[0])
        return
    units, beats, edges = with_text_ids(tables)
    town = _inputs(ledger, Path(str(tables.summary.get("description_file", ""))), rules) if unchanged else None
    evidence = Evidence(units, beats, edges, tables, tables.summary, rules, town)
    for check in (check_units, check_beats, check_stations, check_officers, check_details, check_proofs):
        check(ledger, evidence)
    check_budget(ledger, tables, rules)
    check_country(ledger, tables, rules)
    if folder is not None:
        check_service(ledger, folder, tables)
    check_coverage(ledger, tables)


def _inputs(ledger: Ledger, file: Path, rules: Description) -> Town | None:
    """Read the inputs again, by the rules that the plan was made by."""
    try:
        return read_town(rules.model_copy(update={"folder": file.parent, "file": file}))
    except InputError as error:
        ledger.unchecked("inputs.read", "the inputs can be read", str(error.problems[0]))
        return None
