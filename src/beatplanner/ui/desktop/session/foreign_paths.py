"""Paths in somebody's project that lead out of it: they are shown and asked about before anything touches them.

Even a look whether such a file is there can tell a server on the network who looks (a UNC path on Windows).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from beatplanner.data.paths import leads_to_server

# C:\ and /; what GDAL or a browser would fetch; the home folder
ABSOLUTE = re.compile(r"^(/|\\|[A-Za-z]:|~|[a-z][a-z0-9+.-]+://|file:)", re.IGNORECASE)
# a text with line breaks is none, and neither is a sentence
LONGEST = 1_000
# Addresses that are printed for readers of the pack, and what a project is called: nothing here follows them.
PRINTED = {("forum", "map_url"), ("project", "name")}


def _texts(value: Any, at: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if (*at, key) not in PRINTED:
                yield from _texts(inner, (*at, key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, at)


def foreign_paths(rules: Mapping[str, object], *, whole: bool) -> list[str]:
    """Return the paths of a project's rules that lead elsewhere, in order and each once.

    Parameters
    ----------
    rules
        As JSON.
    whole
        Whether the project is one file, which needs no other: then every absolute path counts, and a way out of its folder; else only
        paths of other computers do.
    """
    found = []
    for text in _texts(rules):
        text = text.strip()
        if not text or "\n" in text or len(text) > LONGEST:
            continue
        out = whole and (bool(ABSOLUTE.match(text)) or ".." in re.split(r"[\\/]", text))
        if leads_to_server(text) or out:
            found.append(text)
    return list(dict.fromkeys(found))
