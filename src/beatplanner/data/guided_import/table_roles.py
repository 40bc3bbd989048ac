"""Tables with columns of fixed meanings in the guided import: which of a description's tables a file is, by its headers and its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beatplanner.data.formats.plain_names import plain
from beatplanner.data.town.columns import TABLES, guessed_columns

# What a person may say that a table is; those that ``check --fix`` writes stand in the description already.
TABLE_ROLES = (
    "service.calls",
    "service.categories",
    "service.servers",
    "service.minutes",
    "officers.posts",
    "officers.published",
    "beats.adjacency",
    "beats.distances",
    "stations.distances",
    "forum.consents",
    "forum.report_back",
    "forum.partners",
    "forum.hours",
    "forum.contacts",
)
TABLE_ROLE_WORDS = {
    "service.calls": "Calls an hour (table)",
    "service.categories": "Minutes on scene by kind (table)",
    "service.servers": "Patrols and where they wait (table)",
    "service.minutes": "Minutes of travel (table)",
    "officers.posts": "Posts that ask for something (table)",
    "officers.published": "Published postings (table)",
    "beats.adjacency": "Neighbouring units (table)",
    "beats.distances": "Distances between units (table)",
    "stations.distances": "Walking distances to sites (table)",
    "forum.consents": "Consents of officers (table)",
    "forum.report_back": "Requests of forums and what came of them (table)",
    "forum.partners": "Partners (table)",
    "forum.hours": "Opening hours (table)",
    "forum.contacts": "How the officers of an area are reached (table)",
}
TABLE_MEANING_WORDS = {
    "per_hour": "Calls an hour",
    "shift": "Shift",
    "minutes_on_scene": "Minutes on scene",
    "speed_kmh": "Speed, km/h",
    "officers": "Officers sent",
    "priority": "Priority",
    "server": "Patrol",
    "unit": "Unit",
    "minutes": "Minutes",
    "posts": "Posts",
    "licence": "Driving licence",
    "not_with": "Not with",
    "prefers": "Prefers",
    "absent_from": "Absent from",
    "absent_until": "Absent until",
    "ordered_on": "Ordered on",
    "grade": "Grade",
    "start": "Start",
    "end": "End",
    "requires": "Asks for",
    "from": "From",
    "to": "To",
    "metres": "Metres",
    "site": "Site",
    "contact": "Contact",
    "photo": "Photo",
    "agreed_on": "Agreed on",
    "until": "Until",
    "forum": "Forum",
    "asked_on": "Asked on",
    "asked": "Asked",
    "action": "Action",
    "responsible": "Responsible",
    "due": "Due",
    "done_on": "Done on",
    "result": "Result",
    "kind": "Kind",
    "area": "Area",
    "does": "What they do",
    "station": "Station",
    "hours": "Opening hours",
    "phone": "Telephone",
    "post": "Post",
}
# Headers that stand in many tables say little: these roles are guessed only where the file's name says so too.
BY_NAME: dict[str, str] = {
    "officers.posts": "posts post mesta vende posturi dolznosti",
    "officers.published": "published postings assignments rasporedi rasporedeni objaveni objavljeni",
    "beats.adjacency": "adjacency neighbours neighbors edges sosedi susedi fqinje vecini",
    "beats.distances": "distances distance dist rastojanija rastojanja distanca distante",
    "stations.distances": "walks walk walking distances distance dist pesacenje",
    "forum.partners": "partners partner partneri partnere parteneri partnery",
    "forum.hours": "hours opening working_hours rabotno_vreme radno_vreme orari orar",
    "forum.contacts": "contacts contact phones telephones kontakti kontakte kontakty contacte telefoni telefonet telefoane telefony",
    "forum.consents": "consents consent soglasnosti saglasnosti pelqime acorduri soglasija",
    "service.servers": "servers patrols patroli patrole patrullat patrule vehicles vozila",
}


def table_columns(headers: Sequence[str], role: str) -> dict[str, str]:
    """Return the header of each meaning of a table role that has one."""
    needed, optional = TABLES[role]
    return guessed_columns(headers, [*needed, *optional], set())


def guess_table_role(headers: Sequence[str], name: str) -> tuple[str, str]:
    """Guess which table of a description a file is, and say why; both empty where it is none.

    Parameters
    ----------
    headers
        Of the table.
    name
        Of the file or sheet, without its ending.
    """
    words = set(plain(name).split("_")) | {plain(name)}
    fits: list[tuple[Any, ...]] = []
    for place, role in enumerate(TABLE_ROLES):
        found, needed = table_columns(headers, role), TABLES[role][0]
        named = bool(words & {*plain(role).split("_")[1:], *BY_NAME.get(role, "").split()})
        if all(m in found for m in needed) and (named or role not in BY_NAME):
            fits.append((named, len(found) / len(headers), -place, role, found))
    if not fits:
        return "", ""
    _, share, _, role, found = max(fits)
    if share < 0.5:
        return "", ""
    return role, f"its columns {', '.join(f'“{c}”' for c in found.values())}"
