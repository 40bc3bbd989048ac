"""Licences of what is shipped: read from each distribution's metadata, written as SPDX, and judged."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

# SPDX licences under which a library may be part of a program that is handed out under GPL-3.0-or-later.
# Source: the GNU project's list of licences compatible with the GPL 3.
FIT = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "HPND",
    "ISC",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "OFL-1.1",
    "PSF-2.0",
    "Python-2.0",
    "Python-2.0.1",
    "Unlicense",
    "Zlib",
    "zlib-acknowledgement",
    "curl",
    "libtiff",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "bzip2-1.0.6",
    "FTL",
    "IJG",
    "ZPL-2.1",
}
# Known licences that do not allow it; anything else is unknown, which is judged the same.
UNFIT = {"GPL-2.0-only", "AGPL-3.0-only", "AGPL-3.0-or-later", "SSPL-1.0", "BUSL-1.1", "LGPL-2.0-only", "CC-BY-NC-4.0"}
# An exception only adds permissions, so the licence before it decides.
EXCEPTION = re.compile(r"\s+WITH\s+[\w.-]+", re.IGNORECASE)
# How older metadata says what SPDX has an identifier for; classifiers without their "License :: " and free text in small letters.
SPDX = {
    "osi approved :: apache software license": "Apache-2.0",
    "osi approved :: bsd license": "BSD",
    "osi approved :: gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "osi approved :: gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "osi approved :: historical permission notice and disclaimer (hpnd)": "HPND",
    "osi approved :: isc license (iscl)": "ISC",
    "osi approved :: mit license": "MIT",
    "osi approved :: mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "osi approved :: python software foundation license": "PSF-2.0",
    "osi approved :: the unlicense (unlicense)": "Unlicense",
    "public domain": "CC0-1.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd license": "BSD",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "dual license": "",
    "isc license": "ISC",
    "lgpl": "LGPL-3.0-or-later",
    "mit license": "MIT",
    "the mit license": "MIT",
    "psf": "PSF-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
}


def licence(metadata: Message) -> str:
    """Return a distribution's licence as an SPDX expression where its metadata allow one, else their own words, else ""."""
    stated = metadata.get("License-Expression")
    if stated:
        return stated.strip()
    classifiers = [
        c.removeprefix("License :: ") for c in metadata.get_all("Classifier") or [] if c.startswith("License :: ")
    ]
    text = " ".join((metadata.get("License") or "").split())
    # a line of text says more than a classifier (which BSD licence it is), and so does a whole licence
    known = SPDX.get(text.lower()) or (text if _expression_fits(text) is not None else "") or _recognised(text)
    if known and known != "BSD":
        return known
    # several classifiers are several licences to choose from
    found = [s for s in (SPDX.get(c.lower(), "") for c in classifiers) if s]
    return " OR ".join(found) or known or ("" if text.upper() == "UNKNOWN" else text[:60])


def licence_of_wheel(wheel: Path, metadata: Message) -> str:
    """Return a wheel's licence as `licence` does, or where its metadata say nothing, as its licence texts do."""
    stated = licence(metadata)
    if stated:
        return stated
    texts = (" ".join(content.decode("utf-8", "replace").split()) for _, content in licence_files(wheel))
    return " AND ".join(sorted({known for text in texts if (known := _recognised(text))}))


def _recognised(text: str) -> str:
    """Return the licence whose text this is, by phrases that are in no other."""
    # what is quoted further down belongs to something that is carried along
    text = text[:1500]
    if "matplotlib versions 1.3.0 and later" in text:
        return "PSF-2.0"
    if "Apache License Version 2.0" in text:
        return "Apache-2.0"
    if "Redistribution and use in source and binary forms" in text:
        return "BSD-3-Clause" if re.search("neither the name", text, re.IGNORECASE) else "BSD-2-Clause"
    return "MIT" if "Permission is hereby granted, free of charge, to any person" in text else ""


def fits(expression: str) -> bool:
    """Tell whether what is under a licence may be handed out with beatplanner; an unknown licence does not fit."""
    return bool(_expression_fits(expression))


def _expression_fits(expression: str) -> bool | None:
    """Judge an SPDX expression; None where it is none."""
    tokens = re.findall(r"[()]|[^\s()]+", EXCEPTION.sub("", expression))
    place = 0

    def any_of() -> bool:
        nonlocal place
        good = all_of()
        while place < len(tokens) and tokens[place].upper() == "OR":
            place += 1
            good = all_of() or good
        return good

    def all_of() -> bool:
        nonlocal place
        good = one()
        while place < len(tokens) and tokens[place].upper() == "AND":
            place += 1
            good = one() and good
        return good

    def one() -> bool:
        nonlocal place
        if place >= len(tokens) or tokens[place] == ")" or tokens[place].upper() in {"AND", "OR"}:
            raise ValueError(expression)
        place += 1
        if tokens[place - 1] == "(":
            good = any_of()
            if place >= len(tokens) or tokens[place] != ")":
                raise ValueError(expression)
            place += 1
            return good
        if tokens[place - 1] not in FIT and tokens[place - 1] not in UNFIT:
            raise ValueError(expression)
        return tokens[place - 1] in FIT

    try:
        good = any_of()
    except ValueError:
        return None
    return good if place == len(tokens) else None


def licence_files(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each licence text in a wheel; a name is relative and has no folder of the wheel's own."""
    named = re.compile(r"(licen[cs]e|copying|notice|authors|copyright)", re.IGNORECASE)
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            inner = re.match(r"[^/]+\.dist-info/(?:licenses/|license_files/)?(.+)$", name)
            if inner and not name.endswith("/") and ("/licenses/" in name or named.search(inner[1])):
                yield inner[1].replace("/", "_"), archive.read(name)
