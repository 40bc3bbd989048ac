"""Which claim is covered by which check: every key of the summary and every column of every layer is recomputed, or listed as not checked and why.

A key is named as ``beats.municipalities[].lower``; a column as ``units.workload``. The longest name that a key begins with decides. A key or column
that is not known here is listed as not checked, so that nothing that is added later is taken for checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.result.ending import ending_said
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.columns import PERSONNEL_COLUMNS, ROSTER_COLUMNS
from beatplanner.planning.verification.known_keys import unknown_keys
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.summary import ending_fits

HOW_LONG = "How long it took, and with what settings, cannot be told from a plan."
WORDS = "Sentences for people; the figures that they tell of are checked where they stand."
OF_ONE = "What the search proved of one municipality alone has no certificate of its own; the gap of all together has one where it is certified."
UNKNOWN = "Unknown: this checker does not know it."
HISTORY = "What was done before this plan, and by whom, cannot be told from the plan."

# Checks that recompute a key, or that cover it with others; a tuple: any of them.
KEYS: dict[str, tuple[str, ...]] = {
    "version": ("summary.version",),
    "project": ("summary.project",),
    "feasible": ("summary.feasible",),
    "clashes": ("summary.feasible",),
    "unproven_clashes": ("summary.unproven_clashes",),
    "population": ("summary.population",),
    "crs": ("summary.crs",),
    "rules": ("rules",),
    "inputs": ("inputs.listed",),
    "workload.hours": ("workload.hours",),
    "workload.reactive_hours": ("workload.reactive_hours",),
    "workload.community_hours": ("workload.community_hours",),
    "workload.fixed_hours": ("workload.fixed_hours",),
    "workload.incidents_read": ("workload.incidents_read",),
    "workload.incidents_outside": ("workload.incidents_outside",),
    "workload.incidents_a_year": ("workload.incidents_a_year",),
    "workload.abstraction": ("service.abstraction", "rules"),
    "workload.hours_on_the_beat_per_officer": ("workload.hours_on_the_beat_per_officer",),
    **{
        f"{step}.{key}": (f"{step}.{check}",)
        for step in ("beats", "sectors", "commands", "stations", "officers")
        for key, check in (
            ("status", "status"),
            ("objective", "objective"),
            ("lower_bound", "proof"),
            ("gap", "gap"),
            ("certified", "certified"),
            ("certified_bound", "proof"),
        )
    },
    **{
        f"{level}.{key}": (f"{level}.{check}",)
        for level in ("sectors", "commands")
        for key, check in (
            ("count", "count"),
            ("span", "rules"),
            ("tolerance", "rules"),
            ("max_deviation", "max_deviation"),
            ("contiguous", "contiguous"),
        )
    },
    "beats.count": ("beats.count",),
    "beats.max_deviation": ("beats.max_deviation",),
    "beats.contiguous": ("beats.contiguous",),
    "beats.planned": ("beats.planned",),
    "beats.smallest_tolerance": ("beats.smallest_tolerance",),
    "beats.smallest_tolerance.impossible_below": ("beats.impossible_below",),
    "beats.relaxed_bound": ("beats.relaxed_bound",),
    "beats.relaxed_gap": ("beats.relaxed_gap",),
    "beats.smallest_budget": ("beats.smallest_budget",),
    "beats.smallest_budget.impossible_below": ("beats.least_moved",),
    "beats.objective_unit": ("beats.objective_unit",),
    "beats.municipalities": ("beats.municipalities",),
    "beats.balances": ("beats.balances_told", "beats.balances"),
    "beats.officers_required": ("beats.officers_required_total",),
    "beats.exact_officers": ("beats.exact_officers_total",),
    "beats.covered_share": ("beats.covered_share_mean",),
    "beats.moved_share": ("beats.moved_share",),
    "beats.relationship_years_today": ("beats.relationship_years_today",),
    "beats.relationship_years_kept": ("beats.relationship_years_kept",),
    "beats.relationship_years_lost_by_lines": ("beats.relationship_years_lost_by_lines",),
    "stations.count": ("stations.count",),
    "stations.mean_walk_minutes": ("stations.mean_walk_minutes",),
    "stations.share_within_limit": ("stations.share_within_limit",),
    "stations.cost": ("stations.cost",),
    "stations.objective_kind": ("stations.objective_kind",),
    "stations.walk_minutes": ("stations.walk_minutes",),
    "stations.walk_kmh": ("stations.walk_kmh",),
    "stations.unreachable_residents": ("stations.unreachable_residents",),
    "stations.unreached_metres": ("stations.unreached_metres",),
    "stations.homes": ("stations.homes",),
    "stations.sites": ("stations.sites_considered",),
    "stations.generated_sites": ("stations.generated_sites",),
    "stations.closed": ("stations.closed",),
    "stations.groups": ("stations.groups",),
    "stations.group_excess": ("stations.group_excess",),
    "stations.share_by_minutes": ("stations.share_by_minutes",),
    "stations.phases.years": ("phases.rows", "phases.spent"),
    "stations.phases.objective": ("phases.objective",),
    "stations.phases.lower_bound": ("phases.lower_bound",),
    "stations.mobile.stops": ("mobile.stops",),
    "stations.mobile.least_stops": ("mobile.least_stops",),
    "stations.mobile.residents": ("mobile.residents",),
    "stations.mobile.hours_a_year": ("mobile.hours_a_year",),
    "stations.mobile.km_a_year": ("mobile.km_a_year",),
    "officers.posts": ("officers.posts",),
    "officers.weights": ("officers.weights",),
    "officers.officers": ("officers.officers",),
    "officers.months": ("officers.months",),
    **{
        f"officers.{k}": (f"officers.{k}",)
        for k in (
            "vacant_months",
            "rotations",
            "tenure_violations",
            "language_gaps",
            "gender_gaps",
            "home_km_months",
            "unpreferred_months",
            "changed_months",
            "speaker_months",
            "must_months",
            "relationship_years_today",
            "relationship_years_kept",
            "relationship_years_lost_by_lines",
            "relationship_years_lost_by_moves",
        )
    },
    "officers.longest_tenure": ("officers.longest_tenure",),
    "officers.longest_tenure.impossible_above": ("officers.longest_tenure_above",),
    "officers.broken_rules": ("officers.broken_rules",),
    "officers.special_posts": ("officers.special_posts_listed",),
    "officers.cover": ("officers.cover.covered_months",),
    "officers.ranks": ("officers.ranks",),
    "officers.supervision": ("officers.supervision",),
    "officers.part_time": ("officers.part_time",),
    "officers.appeals": ("officers.appeals",),
    "budget.lines": ("budget.lines",),
    "budget.functional": ("budget.functional",),
    "budget.donor_ends": ("budget.donor_ends",),
    "budget.procurement": ("budget.procurement",),
    "budget.payers": ("budget.payers",),
    "budget.total": ("budget.total",),
    "budget.all_at_once": ("budget.all_at_once",),
    "budget.starts": ("budget.starts",),
    "budget.resident_years": ("budget.resident_years",),
    "budget.resident_years_bound": ("budget.resident_years_bound",),
    "budget.certified": ("budget.certified",),
    "budget.certified_bound": ("budget.resident_years_bound",),
    "budget.unfunded": ("budget.unfunded",),
    "budget.currency": ("budget.labels",),
    "budget.years": ("budget.labels",),
    "budget.today": ("budget.today",),
    "budget.today_lines": ("budget.today_lines",),
    "budget.forums": ("budget.forums",),
    "budget.forums.rule": ("budget.forum_rule",),
    "budget.forums.flat_price": ("budget.forum_rule",),
    "forums": ("forums.ways",),
    "budget.people": ("budget.people", "budget.areas"),
    "budget.beat_starts": ("budget.beat_starts",),
    **{f"budget.{k}": ("budget.by_year",) for k in ("residents_served", "beats_started", "stations_open", "capital")},
    "budget.prices_of": ("budget.labels",),
    "budget.rise": ("budget.prices",),
    "budget.economic": ("budget.economic",),
    "budget.function": ("budget.function",),
    "budget.one_officer": ("budget.prices",),
    "budget.limited": ("budget.limits",),
    "budget.blocked": ("budget.lacks",),
    "budget.idle": ("budget.idle",),
    "budget.unfunded.lacks": ("budget.lacks",),
    "budget.seats_short": ("budget.people",),
    "country": ("country",),
    "country.shares": ("country.shares",),
    "country.empty_beats": ("country.empty",),
    "service": ("service.week",),
    "service.calls_a_week": ("service.calls_a_week",),
    "service.nobody_share": ("service.nobody_share",),
    "service.vacancies": ("service.vacancies", "service.vacancies.held", "service.vacancies.figures"),
    "service.vacancies.years": ("service.vacancies.years",),
    "service.servers_from_posts": ("service.servers_from_posts",),
    "service.method": ("service.method",),
    **{f"service.{k}": ("service.rules",) for k in ("queue", "travel_counts", "backup_minutes")},
    "service.abstraction": ("service.abstraction",),
    "service.proposal": ("service.proposal",),
    "service.pattern": ("service.pattern",),
    "service.shifts[].relief_factor": ("service.relief",),
    "service.periods[].relief_factor": ("service.relief",),
    "beats.least_minutes": ("service.least_minutes",),
    "beats.lines": ("service.lines",),
}

# Keys that are not recomputed, and why.
NOT_CHECKED_KEYS: dict[str, str] = {
    **dict.fromkeys(("seed", "solving_limit", "ended_by_person"), HOW_LONG),
    "seconds": HOW_LONG,
    "threads": HOW_LONG,
    "made_on": HOW_LONG,
    "time_limit": HOW_LONG,
    "stopped": HOW_LONG,
    **dict.fromkeys(("beats.municipalities[].gap", "beats.municipalities[].certified"), OF_ONE),
    "beats.proof_cut_short": HOW_LONG,
    "beats.lines.cut_short": HOW_LONG,
    "beats.least_minutes.cut_short": HOW_LONG,
    "beats.least_minutes.by_time": HOW_LONG,
    "beats.seconds": HOW_LONG,
    "stations.seconds": HOW_LONG,
    "officers.seconds": HOW_LONG,
    "sectors.seconds": HOW_LONG,
    "commands.seconds": HOW_LONG,
    "versions": HOW_LONG,
    "clashes_of_officers": WORDS,
    "clashes_of_beats": WORDS,
    "clashes_of_stations": WORDS,
    "notes": WORDS,
    "service.notes": WORDS,
    **dict.fromkeys(
        ("service.outside_share", "service.week"),
        "How the calls are spread over the week is smoothed when the incidents are read; the rates of each shift are kept, the hours' are not.",
    ),
    "service.seed": HOW_LONG,
    "service.today": "The flows of today's beats are not kept; how they are counted is the same as for the plan's.",
    **dict.fromkeys(
        ("service.shifts[].half_width", "service.periods[].half_width"),
        "How far a simulation may be off is what it reports; its figures are held against another seed within it.",
    ),
    **dict.fromkeys(
        ("service.shifts[].mean_wait_minutes_by_priority", "service.periods[].mean_wait_minutes_by_priority"),
        "How many calls there are of each priority is not kept beside the plan.",
    ),
    "description_file": "Where the description lay is used to find it; what it says is compared with the rules.",
    "description_sha256": "The hash by which the description is known again; it decides whether the rules can be compared with it.",
    "project_rules": "Which rules the project had when the plan was made tells whether they changed since; the plan is checked by its own.",
    "officers.rules_kept": "Whether a rule that is broken could be kept has no certificate; which are broken is checked.",
    "workload.years_covered": "The years that the incidents cover are taken from their times when they are read; the hours by them are checked in each unit.",
    "workload.months": "The histogram of the incidents' months is taken from their times when they are read.",
    "workload.days_covered": "The days that the incidents cover are taken from their times when they are read; the hours by them are checked in each unit.",
    "budget.blocked.sentence": WORDS,
    "officers.languages": "How many speakers to recruit follows from the roster and the beats' languages; it is advice and no figure of the plan.",
    "country.money": "Money is checked in the budget.",
    "replanned": HISTORY,
    "shared_out_from": HISTORY,
    "drawn": HISTORY,
    "edited_postings": HISTORY,
}

# Columns by layer.
COLUMNS: dict[str, tuple[str, ...]] = {
    "units.unit": ("units.once",),
    "units.beat": ("units.beat",),
    "units.workload": ("units.workload_parts",),
    "units.population": ("units.population",),
    "units.name": ("units.name",),
    "units.municipality": ("units.municipality",),
    "units.current": ("units.current",),
    "units.group_": ("units.{column}",),
    "units.amount_": ("units.{column}",),
    "units.x": ("units.xy",),
    "units.y": ("units.xy",),
    "units.geometry": ("units.polygon",),
    "units.reactive_hours": ("units.reactive_hours",),
    "units.community_hours": ("units.community_hours",),
    "units.fixed_hours": ("units.fixed_hours",),
    "units.incidents": ("units.incidents",),
    "units.station": ("stations.nearest",),
    "units.walk_minutes": ("stations.walk_minutes",),
    "beats.beat": ("beats.count",),
    "beats.municipality": ("beats.nested",),
    "beats.centre_unit": ("beats.centre_unit",),
    "beats.workload": ("beats.workload",),
    "beats.deviation": ("beats.deviation",),
    "beats.population": ("beats.population",),
    "beats.officers_required": ("beats.officers_required",),
    "beats.exact_officers": ("beats.exact_officers",),
    "beats.committed_share": ("beats.committed_share",),
    "beats.covered_share": ("beats.covered_share",),
    "beats.compactness": ("beats.compactness",),
    "beats.colour": ("beats.colour",),
    "beats.posts": ("beats.posts",),
    "beats.languages": ("beats.languages",),
    "beats.moved_in": ("beats.moved_in",),
    "beats.geometry": ("beats.polygon",),
    "beats.starts": ("budget.dates",),
    "beats.sector": ("sectors.count",),
    "beats.command": ("commands.count",),
    "sectors.sector": ("sectors.count",),
    "sectors.command": ("commands.count",),
    "commands.command": ("commands.count",),
    "sectors.beats": ("sectors.beats",),
    "commands.sectors": ("commands.sectors",),
    "sectors.centre_beat": ("sectors.centre",),
    "commands.centre_sector": ("commands.centre",),
    **{
        f"{level}.{column}": (f"{level}.{check}",)
        for level in ("sectors", "commands")
        for column, check in (("workload", "workload"), ("deviation", "deviation"), ("geometry", "polygon"))
    },
    "stations.station": ("stations.sites",),
    "stations.existing": ("stations.of_sites",),
    "stations.name": ("stations.of_sites",),
    "stations.geometry": ("stations.of_sites",),
    "stations.cost": ("stations.prices",),
    "stations.residents": ("stations.residents",),
    "stations.residents_within_limit": ("stations.residents_within_limit",),
    "stations.mean_walk_minutes": ("stations.mean_walk_minutes",),
    "stations.opens": ("phases.years", "budget.dates"),
    **{
        f"sites.{c}": (f"sites.{c}",)
        for c in ("name", "cost", "yearly_cost", "closing_cost", "existing", "state", "unit")
    },
    "sites.station": ("sites.rows",),
    "sites.geometry": ("sites.x",),
    "sites.chosen": ("stations.sites",),
    "sites.change_within_limit": ("sites.effects",),
    "sites.change_minutes": ("sites.effects",),
    "sites.change_reached": ("sites.effects",),
    "sites.residents_affected": ("sites.effects",),
    "catchments.station": ("catchments",),
    "catchments.minutes": ("catchments",),
    "assignments.officer": ("assignments.rows",),
    "assignments.beat": ("assignments.rows",),
    "assignments.start": ("assignments.rows",),
    "assignments.end": ("assignments.rows",),
    "assignments.post": ("assignments.post",),
    "assignments.requires": ("officers.special_posts",),
    **{f"cover.{c}": ("cover.rows",) for c in ("officer", "for_officer", "beat", "start", "end")},
    "edges": ("edges.inputs",),
    "walks": ("walks.inputs",),
    "roster.officer": ("roster.rows",),
    **{
        f"roster.{c}": (f"roster.{c}",)
        for c in (
            *ROSTER_COLUMNS,
            *PERSONNEL_COLUMNS,
        )
    },
    "access": ("access.shares",),
    "homes.home": ("homes.residents",),
    "homes.unit": ("homes.residents",),
    "homes.residents": ("homes.residents",),
    "homes.station": ("stations.nearest",),
    "homes.walk_minutes": ("homes.walk_minutes",),
    "homes.geometry": ("homes.place",),
    "stops.unit": ("mobile.reach",),
    "stops.hours": ("mobile.hours",),
    "stops.km": ("mobile.km",),
    "stops.geometry": ("mobile.reach",),
}

NOT_CHECKED_COLUMNS: dict[str, str] = {
    "beats.name": "Names are given, and kept from plan to plan; they are only told apart.",
    "catchments.geometry": "How far one walks along roads to any point is not computed anew; areas are held against a straight walk.",
    "assignments.requires": "No post asks for anything, so nothing hangs on it.",
    "stops.stop": "Names and the residents counted at each stop are not computed anew; that everybody cut off has a stop is.",
    "stops.residents": "Names and the residents counted at each stop are not computed anew; that everybody cut off has a stop is.",
    "stops.units": "Names and the residents counted at each stop are not computed anew; that everybody cut off has a stop is.",
    "stops.station": "Names and the residents counted at each stop are not computed anew; that everybody cut off has a stop is.",
    "stops.visits": "Names and the residents counted at each stop are not computed anew; that everybody cut off has a stop is.",
}

LAYERS = (
    "units",
    "beats",
    "stations",
    "assignments",
    "cover",
    "edges",
    "sites",
    "walks",
    "roster",
    "homes",
    "access",
    "catchments",
    "stops",
    "sectors",
    "commands",
)


# Names under which others have names of their own.
_ABOVE = {
    ".".join(parts[:n]) for k in (*KEYS, *NOT_CHECKED_KEYS) for parts in [k.split(".")] for n in range(1, len(parts))
}


def keys_of(content: Any, name: str = "") -> Iterator[str]:
    """Yield the name of every key of a summary; the elements of a list share one, ``name[]``."""
    if is_dict(content):
        for key, value in content.items():
            inner = f"{name}.{key}".lstrip(".")
            yield inner
            yield from keys_of(value, inner)
    elif is_list(content):
        for value in content:
            yield from keys_of(value, f"{name}[]")


def check_coverage(ledger: Ledger, tables: PlanTables) -> None:
    """List what no check has recomputed, with the reason; keys and columns that share a reason stand together."""
    left: dict[str, list[str]] = {}
    unknown = set(unknown_keys(tables.summary))
    for key in dict.fromkeys(keys_of(tables.summary)):
        # what stands under a name that has names of its own below is told by those
        if key in _ABOVE:
            continue
        why = UNKNOWN if key in unknown else _why(ledger, key, KEYS, NOT_CHECKED_KEYS)
        if why:
            left.setdefault(why, []).append(key)
    if HOW_LONG in left and ending_fits(tables.summary):
        left = {f"{why} {ending_said(tables.summary)}" if why == HOW_LONG else why: keys for why, keys in left.items()}
    _list(ledger, "summary", left)
    left = {}
    for layer in LAYERS:
        table = getattr(tables, layer)
        for column in () if table is None else map(str, table.columns):
            why = _why(ledger, f"{layer}.{column}", COLUMNS, NOT_CHECKED_COLUMNS)
            if why:
                left.setdefault(why, []).append(f"{layer}.{column}")
    _list(ledger, "plan", left)


def _longest(name: str, known: Mapping[str, object]) -> str | None:
    """Return the longest of the known names that a name begins with: up to a dot or a bracket, or with an underscore at its own end."""
    if name in known:
        return name
    for at in range(len(name) - 1, 0, -1):
        begin = name[:at] if name[at] in ".[" else name[: at + 1] if name[at] == "_" else ""
        if begin in known:
            return begin
    return None


def listed_under(key: str) -> str:
    """Return the key or column under which one is told that is not checked: “versions” for versions.numpy."""
    for known in (NOT_CHECKED_KEYS, KEYS, NOT_CHECKED_COLUMNS, COLUMNS):
        found = _longest(key, known)
        if found is not None:
            return found
    return key


def _why(ledger: Ledger, name: str, covered: dict[str, tuple[str, ...]], reasons: dict[str, str]) -> str:
    """Return why a claim is not checked; "" where it is."""
    match, reason = _longest(name, covered), _longest(name, reasons)
    if match is not None and (reason is None or len(match) >= len(reason)):
        column = name.rpartition(".")[2]
        checks = [c.format(column=column) for c in covered[match]]
        if any(ledger.state(c) in ("checked", "wrong") for c in checks):
            return ""
        if any(ledger.state(c) == "not checked" for c in checks):
            return " "  # told by that check itself
        return reasons[reason] if reason is not None else f"{checks[0]} could not be checked here."
    return reasons[reason] if reason is not None else UNKNOWN


def _list(ledger: Ledger, where: str, left: dict[str, list[str]]) -> None:
    for why, names in left.items():
        if not why.strip():
            continue
        label = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        ledger.unchecked(
            f"{where}: {label}", ", ".join(names), f"{why} ({', '.join(names)})" if len(names) > 1 else why
        )
