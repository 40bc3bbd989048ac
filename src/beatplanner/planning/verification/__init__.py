"""The independent checker: every claim of a result recomputed from its tables and inputs, without solver or step."""

from __future__ import annotations

from pathlib import Path

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.verification.beats import check_beats
from beatplanner.planning.verification.budget import check_budget
from beatplanner.planning.verification.country import check_country
from beatplanner.planning.verification.evidence import Evidence, check_columns, with_text_ids
from beatplanner.planning.verification.ledger import Check, Ledger, Verdict
from beatplanner.planning.verification.officers import check_officers
from beatplanner.planning.verification.stations import check_stations
from beatplanner.planning.verification.summary import check_inputs, check_summary
from beatplanner.planning.verification.units import check_units

__all__ = ["Check", "Verdict", "verify"]


def verify(folder: Path) -> Verdict:
    """Check a result folder.

    Parameters
    ----------
    folder
        A folder that ``beatplanner plan``, ``beatplanner compare`` or ``beatplanner prices`` made.

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
    check_summary(ledger, tables.summary)
    unchanged = check_inputs(ledger, tables.summary)
    if not check_columns(ledger, tables):
        return ledger.verdict()
    rules = Description.model_validate(tables.summary.get("rules", {}))
    units, beats, edges = with_text_ids(tables)
    town = _inputs(ledger, Path(str(tables.summary.get("description_file", ""))), rules) if unchanged else None
    evidence = Evidence(units, beats, edges, tables, tables.summary, rules, town)
    check_units(ledger, evidence)
    check_beats(ledger, evidence)
    check_stations(ledger, evidence)
    check_officers(ledger, evidence)
    check_budget(ledger, tables, rules)
    check_country(ledger, tables, rules)
    return ledger.verdict()


def _inputs(ledger: Ledger, file: Path, rules: Description) -> Town | None:
    """Read the inputs again, by the rules that the plan was made by."""
    try:
        if not file.is_file() or read_description(file).model_dump(mode="json") != rules.model_dump(mode="json"):
            ledger.unchecked(
                "rules",
                "the description file",
                "The description is gone or was changed since; the plan is checked by its own rules.",
            )
        return read_town(rules.model_copy(update={"folder": file.parent, "file": file}))
    except InputError as error:
        ledger.unchecked("inputs.read", "the inputs can be read", str(error.problems[0]))
        return None
