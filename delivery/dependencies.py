"""Writes and checks docs/dependencies.md: every library that is shipped, with its licence and the reason for it.

    python -m delivery.dependencies          says what the page lacks
    python -m delivery.dependencies --write  writes it anew; needs a package index

Reasons are the comments beside the dependencies in ``pyproject.toml``; licences come from the libraries' own metadata.
"""

from __future__ import annotations

import re
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from delivery.licences import fits
from delivery.wheels import PLATFORMS, ROOT, Wheel, download, read_wheel, resolve

PAGE = ROOT / "docs" / "dependencies.md"
PYTHONS = ("3.11", "3.12", "3.13")


@dataclass
class Dependency:
    """A direct dependency as the project's metadata have it."""

    name: str
    bounds: list[str] = field(default_factory=list)
    reason: str = ""


def direct_dependencies(pyproject: Path = ROOT / "pyproject.toml") -> dict[str, Dependency]:
    """Return the direct dependencies by normal name, each with the comment that stands beside it."""
    text = pyproject.read_text("utf-8")
    found: dict[str, Dependency] = {}
    for wanted in tomllib.loads(text)["project"]["dependencies"]:
        need = Requirement(wanted)
        entry = found.setdefault(canonicalize_name(need.name), Dependency(need.name))
        entry.bounds.append(str(need.specifier) + (f" ({need.marker})" if need.marker else ""))
        comment = re.search(re.escape(f'"{wanted}"') + r",?[ \t]*#[ \t]*(.+)", text)
        if comment:
            entry.reason = f"{entry.reason}; {comment[1].strip()}".removeprefix("; ")
    return found


def doubts(dependencies: Iterable[Dependency]) -> list[str]:
    """Say which direct dependencies lack a reason or a bound on either side."""
    found = []
    for d in dependencies:
        if not d.reason:
            found.append(f"{d.name} has no reason: write a comment beside it in pyproject.toml")
        bounds = ",".join(d.bounds)
        if ">" not in bounds or "<" not in bounds:
            found.append(f"{d.name} is not bounded on both sides: what worked must work next year")
    return found


def rows_of_page(text: str) -> dict[str, list[str]]:
    """Return the rows of the page's tables by normal name."""
    rows = [
        [c.strip() for c in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("| [")
    ]
    return {canonicalize_name(re.sub(r"\[(.+?)\].*", r"\1", r[0])): r for r in rows}


def shipped() -> dict[str, Wheel]:
    """Return every library of every bundle, by name; downloads what is not on this machine."""
    found: dict[str, Wheel] = {}
    with tempfile.TemporaryDirectory() as place:
        for platform in PLATFORMS:
            for python in PYTHONS:
                built = Path(place) / f"built-{platform}-{python}"
                new = [pinned for pinned in resolve(platform, python, built) if pinned.name not in found]
                if not new:
                    continue
                folder = Path(place) / f"{platform}-{python}"
                for wheel in map(read_wheel, download(new, platform, python, built, folder)):
                    found.setdefault(wheel.name, wheel)
    return found


def write_page(wheels: dict[str, Wheel]) -> str:
    """Return the page's text."""
    direct = direct_dependencies()
    lines = [
        "# What beatplanner is built on",
        "",
        "beatplanner is GPL-3.0-or-later. Each library here may be handed out with it under that licence; making a bundle checks this again",
        "and stops at a licence that does not fit or is not known. Versions are bounded on both sides, so that what worked works next year.",
        "This page is written by `python -m delivery.dependencies --write`; a test fails where a library lacks its line.",
        "",
        "| library | versions | licence | what it is for |",
        "|---|---|---|---|",
    ]
    for name, d in sorted(direct.items()):
        wheel = wheels[name]
        lines.append(f"| {_link(wheel)} | {', '.join(d.bounds)} | {wheel.licence} | {d.reason} |")
    needed_by: dict[str, set[str]] = {}
    for wheel in wheels.values():
        for need in wheel.requires:
            if need.marker is None or "extra" not in str(need.marker):
                needed_by.setdefault(canonicalize_name(need.name), set()).add(wheel.name)
    lines += [
        "",
        "## What those need in turn",
        "",
        "Not every platform and Python needs each of them.",
        "",
        "| library | licence | needed by | what it is |",
        "|---|---|---|---|",
    ]
    for name in sorted(set(wheels) - set(direct)):
        wheel = wheels[name]
        by = ", ".join(sorted(needed_by.get(name, set()))) or "–"
        what = " ".join((wheel.metadata.get("Summary") or "").split()).replace("|", "/")
        lines.append(f"| {_link(wheel)} | {wheel.licence} | {by} | {what} |")
    return "\n".join(lines) + "\n" + TAIL


TAIL = """
Compiled into these libraries: GDAL (MIT), GEOS (LGPL-2.1-or-later), PROJ (MIT), OpenBLAS (BSD-3-Clause), HiGHS (MIT), LLVM (Apache-2.0 with
LLVM exception), Qt (LGPL-3.0). Their texts lie in `licences/` of a bundle. The forum map carries Leaflet (BSD-2-Clause). Tools for
testing, making bundles and this guide are not shipped; they stand in `pyproject.toml` under `optional-dependencies`.

## Auditing

A bundle has `sbom.cdx.json` (CycloneDX 1.6) with name, version, package URL, SHA-256 and licence of every library, and the hash of the file as the
package index published it where parts were left out.

**Known weaknesses** change daily, so they are looked up where there is a network; nothing on the laptop asks for them. On a connected
computer, with the bundle unpacked:

    python -m pip install pip-audit
    pip-audit --require-hashes --disable-pip -r requirements.txt

or give `sbom.cdx.json` to the scanner that your office has (Dependency-Track, Trivy, Grype and others read CycloneDX). Audit before a
bundle is handed out, and each quarter while it is in use. What is found matters most in what reads files of others: pyogrio and rasterio
(GDAL), pillow, openpyxl, lxml where it is there. The remedy is a new bundle: libraries are taken at their newest version within the bounds.

**Integrity**: `sha256sum -c SHA256SUMS` (Windows: `certutil -hashfile FILE SHA256`) checks a copy; `install.cmd --check` does the same for all files. The
installer takes only wheels whose hashes stand in `requirements.txt`. Publish the hash of the archive itself on another way than the archive.
"""


def _link(wheel: Wheel) -> str:
    urls = [u.partition(",") for u in wheel.metadata.get_all("Project-URL") or []]
    by_label = {label.strip().lower(): url.strip() for label, _, url in urls}
    home = next(
        (by_label[k] for k in ("homepage", "home", "documentation", "source", "repository") if k in by_label), ""
    )
    home = home or wheel.metadata.get("Home-page") or next(iter(by_label.values()), "")
    return f"[{wheel.metadata['Name']}]({home})" if home.startswith("http") else f"[{wheel.metadata['Name']}]"


def main() -> int:
    """Check or write the page, and return the exit code."""
    found = doubts(direct_dependencies().values())
    if "--write" in sys.argv[1:]:
        wheels = shipped()
        found += [
            f"{w.name}: {w.licence or 'no licence'} is not known to fit" for w in wheels.values() if not fits(w.licence)
        ]
        PAGE.write_text(write_page(wheels), "utf-8", newline="\n")
    rows = rows_of_page(PAGE.read_text("utf-8"))
    found += [f"{d.name} has no line in {PAGE.name}" for n, d in direct_dependencies().items() if n not in rows]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
