"""Checks of the result's files: each is as it was written, none is missing and none was added."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

from beatplanner.data.findings import amount_text
from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.formats.geopackages import opened_database
from beatplanner.data.result.cells import read_rows
from beatplanner.data.result.draft import accepted_sites, draft_reasons
from beatplanner.data.result.folder import PEOPLE, PERSONS, PLAIN, SPATIAL
from beatplanner.data.result.manifest import FILE, files_of, is_dropping, read_manifest
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.strict_json import read_json
from beatplanner.planning.verification.ledger import Ledger, text

# Files whose content is recomputed; of the others only the hash is compared.
RECOMPUTED = ("plan.gpkg", "people.gpkg", "summary.json", "forum/units.csv")
# The layer in which QGIS keeps how layers are drawn.
STYLES = "layer_styles"
# The column of a layer's shapes, and what a GeoPackage consists of beside its layers (OGC 12-128r18).
GEOMETRY = "geom"
SYSTEM = (
    *(f"gpkg_{name}" for name in ("spatial_ref_sys", "contents", "ogr_contents", "geometry_columns", "extensions")),
    *(f"gpkg_{name}" for name in ("tile_matrix_set", "tile_matrix", "metadata", "metadata_reference")),
)
# What a plan may be handed on without.
PERSONAL = ("people.gpkg", "people.gpkg.aux.xml", "officers.xlsx", "handovers.ics", "job_descriptions/")
# What a plan is handed on with: the report, the officers' papers where officers were planned, and the pack where one was made.
PAPERS, OFFICERS_PAPERS = ("report.html",), ("officers.xlsx", "handovers.ics", "job_descriptions/")
PACK = tuple(f"forum/{name}" for name in ("pack.pdf", "map.html", "beats.csv", "units.csv", "run_card.json"))


def check_files(ledger: Ledger, folder: Path, tables: PlanTables) -> None:
    """Check every file of a result folder against ``manifest.json``, and the pack's table of units against the plan."""
    named = read_manifest(folder)
    if named is None:
        there = (folder / FILE).is_file()
        detail = f"{FILE} {'cannot be read' if there else 'is missing'}, so nobody can tell whether files were changed."
        ledger.add("files", False, "a list of the result's files", "none", detail)
        return
    there = files_of(folder)
    gone = [name for name in named if name not in set(there)]
    missing = [f"{name} is missing." for name in gone if not name.startswith(PERSONAL)]
    apart = [name for name in gone if name.startswith(PERSONAL)]
    if apart:
        ledger.unchecked(
            "files.personal",
            f"{len(apart)} files",
            f"What tells of persons is not beside the plan: {', '.join(apart[:5])}.",
        )
    changed = [
        f"{name} was changed after the plan was written."
        for name in named
        if name in set(there) and file_hash(folder / name) != named[name]
    ]
    others = [name for name in there if name not in named]
    added = [f"{name} was added after the plan was written." for name in others if not is_dropping(Path(name).name)]
    ledger.each("files", "every file is as it was written", missing + changed + added, len(named), "files")
    left = [name for name in others if is_dropping(Path(name).name)]
    if left:
        ledger.unchecked(
            "files.others", f"{len(left)} files", f"Left beside the result by other programs: {', '.join(left[:5])}."
        )
    words = sorted(name for name in named if name not in RECOMPUTED and not name.startswith("proof/"))
    if words:
        kinds = sorted({n.split("/")[0] + "/" if "/" in n else n for n in words})
        ledger.unchecked(
            "files.content",
            f"{len(words)} files",
            "Pages, papers and tables made from the plan are compared with the hashes of when they were written; their content is "
            f"not computed anew: {', '.join(kinds)}.",
        )
    _check_unlisted(ledger, named, there, tables)
    _check_layers(ledger, folder / "plan.gpkg", tables)
    _check_units_table(ledger, folder / "forum" / "units.csv", tables)
    _check_draft(ledger, folder / "forum" / "run_card.json", tables)


def _check_unlisted(ledger: Ledger, named: dict[str, str], there: list[str], tables: PlanTables) -> None:
    """Tell which of the usual files are neither there nor in the list: whoever takes a file away can take it from the list, too."""
    usual = [*PAPERS, *(OFFICERS_PAPERS if tables.assignments is not None else ()), *PACK]
    known = [*named, *there]
    lacking = [name for name in usual if not any(k == name or k.startswith(name) for k in known)]
    if lacking:
        ledger.unchecked(
            "files.unlisted",
            f"{len(lacking)} files",
            f"Neither in the folder nor in {FILE}: {', '.join(lacking)}. Whether they were never made, or were taken away with their line in the "
            "list, nobody can tell.",
        )


def _check_layers(ledger: Ledger, package: Path, tables: PlanTables) -> None:
    """List the layers of the plan's files that no check reads: how others draw it, and what somebody added."""
    try:
        there, strange = _tables_of(package)
        people = package.with_name(PEOPLE)
        apart, more = _tables_of(people) if people.is_file() else ({}, [])
        with opened_database(package) as database:
            officers = (
                [text(row[0]) for row in database.execute("SELECT officer FROM roster")] if "roster" in there else None
            )
    except sqlite3.Error:
        return  # what cannot be read is told where it is read
    if officers is not None and tables.roster is not None:
        claimed = [text(o) for o in tables.roster["officer"]]
        wrong = [f"{o} is not in both rosters." for o in sorted({str(x) for x in {*officers} ^ {*claimed}})]
        ledger.each("roster.both", "the plan's officers are those beside it", wrong, len(claimed), "officers")
    if STYLES in there:
        ledger.unchecked("plan.styles", STYLES, "How other programs draw the layers is no figure of the plan.")
    added = [f"The layer {name} of plan.gpkg belongs to no plan." for name in strange]
    added += [f"The layer {name} of {PEOPLE} belongs to no plan." for name in more]
    # the roster of the plan has the ids of the officers alone
    twice = {n for n in there.keys() & apart.keys() & {*PERSONS} if n != "roster" or len(there[n]) > 2}
    added += [
        f"The layer {name} stands in plan.gpkg and in {PEOPLE}, and only the latter is read." for name in sorted(twice)
    ]
    ledger.each("plan.layers", "only layers of a plan", added, len(there) + len(apart), "layers")


def _tables_of(package: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Return the columns of each layer that a file of a plan may have, and the names of its other tables and views.

    Raises
    ------
    sqlite3.Error
        Where the file is broken.
    """
    known = {*(PERSONS if package.name == PEOPLE else (*SPATIAL, *PLAIN, *PERSONS)), STYLES}
    with opened_database(package) as database:
        names = [
            str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        ]
        listed = [str(row[0]) for row in database.execute("SELECT table_name FROM gpkg_contents")]
        names = list(dict.fromkeys([*names, *listed]))
        of = {name: list[str]() for name in names if name in known}
        for name in of:
            rows = database.execute("SELECT name FROM pragma_table_info(?)", (name,))
            of[name] = [str(row[0]) for row in rows]
    index = {f"rtree_{name}_{GEOMETRY}{part}" for name in of for part in ("", "_node", "_parent", "_rowid")}
    return of, sorted(n for n in names if n not in of and n not in (*SYSTEM, *index) and not n.startswith("sqlite_"))


def _check_units_table(ledger: Ledger, file: Path, tables: PlanTables) -> None:
    """Check that the pack's table of units tells of the beats that the plan has."""
    if not file.is_file():
        return
    try:
        rows = read_rows(file)
    except (OSError, ValueError, csv.Error):
        ledger.add("forum.units", False, "a table", "not readable", "forum/units.csv cannot be read.")
        return
    plan = {text(u): text(b) for u, b in zip(tables.units["unit"], tables.units["beat"], strict=True)}
    wrong: list[str] = []
    seen: set[str] = set()
    for row in rows:
        unit, new = row.get("unit", ""), row.get("new_beat", "")
        seen.add(unit)
        if unit not in plan:
            wrong.append(f"Unit {unit} is not in the plan.")
        elif (new or None) != plan[unit]:
            wrong.append(f"Unit {unit} is in beat {new} in the pack, and in {plan[unit]} in the plan.")
    wrong += [f"Unit {u} is missing in the pack." for u in plan if u not in seen]
    ledger.each("forum.units", "the pack's units and beats are the plan's", wrong, len(plan), "units")


def _check_draft(ledger: Ledger, file: Path, tables: PlanTables) -> None:
    """Check that the pack says that it is a draft where rules are not kept, a step is not solved or a site is made up."""
    if not file.is_file():
        return
    try:
        card = read_json(file.read_text(encoding="utf-8"))
        claimed = {(r["kind"], r["step"]): float(r["value"]) for r in card.get("draft", [])}
        accepted = dict.fromkeys(card.get("accepted_sites", []), "") | accepted_sites(tables)
        verdict = dict(card.get("verified") or {})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        ledger.add("forum.draft", False, "a run card", "not readable", "forum/run_card.json cannot be read.")
        return
    found = {(r.kind, r.step): r.value for r in draft_reasons(tables, accepted, verdict)}
    wrong = [f"The pack does not say that it is a draft: {' '.join(k).strip()}." for k in found if k not in claimed]
    wrong += [
        f"The pack says that it is a draft, and it is not: {' '.join(k).strip()}." for k in claimed if k not in found
    ]
    wrong += [
        f"The pack says {amount_text(claimed[k], 6)} of {' '.join(k).strip()}, and it is {amount_text(found[k], 6)}."
        for k in found
        if k in claimed and abs(claimed[k] - found[k]) > 1e-4
    ]
    ledger.each("forum.draft", "the pack says why it is a draft, and only that", wrong, len(found | claimed), "reasons")
