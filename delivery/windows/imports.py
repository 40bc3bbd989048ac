"""Which libraries a Windows program file loads, read from its import tables, and whether a folder holds them all.

Format: Microsoft, "PE Format" (import directory and delay-load import directory). What a clean Windows 10 has is listed in `WINDOWS`.
"""

from __future__ import annotations

import struct
from pathlib import Path

# Libraries of a Windows 10 without anything installed; sets of functions (api-ms-win-…) and the C runtime among them.
WINDOWS = frozenset(
    line
    for line in (Path(__file__).with_name("windows-libraries.txt")).read_text("ascii").splitlines()
    if not line.startswith("#")
)

# Packages that load libraries out of the folders of others.
BORROWED = {"pyside6": ("shiboken6",)}


class NotAProgramError(ValueError):
    """A file is no 64-bit Windows program or library."""


def imported(file: Path) -> set[str]:
    """Return the names of the libraries that a program file loads, in small letters with their suffix.

    Raises
    ------
    NotAProgramError
        Where the file has another format.
    """
    data = file.read_bytes()
    try:
        if data[:2] != b"MZ":
            raise NotAProgramError(f"{file} is no Windows program")
        (at,) = struct.unpack_from("<I", data, 0x3C)
        if data[at : at + 4] != b"PE\0\0":
            raise NotAProgramError(f"{file} is no Windows program")
        machine, sections = struct.unpack_from("<HH", data, at + 4)
        (optional_size,) = struct.unpack_from("<H", data, at + 20)
        (magic,) = struct.unpack_from("<H", data, at + 24)
        if machine != 0x8664 or magic != 0x20B:
            raise NotAProgramError(f"{file} is not for 64-bit Windows")
        directories = at + 24 + 112
        (count,) = struct.unpack_from("<I", data, at + 24 + 108)
        table = [struct.unpack_from("<IIII", data, at + 24 + optional_size + 40 * k + 8) for k in range(sections)]

        def offset(address: int) -> int:
            for virtual_size, virtual, raw_size, raw in table:
                if virtual <= address < virtual + max(virtual_size, raw_size):
                    return address - virtual + raw
            raise NotAProgramError(f"{file} has an import table outside itself")

        def text(address: int) -> str:
            start = offset(address)
            return data[start : data.index(b"\0", start)].decode("ascii").lower()

        found: set[str] = set()
        # directory 1: imports, 20 bytes each, name at 12; directory 13: delayed imports, 32 bytes each, name at 4
        for number, size, place in ((1, 20, 12), (13, 32, 4)):
            if number >= count:
                continue
            (address, _) = struct.unpack_from("<II", data, directories + 8 * number)
            if not address:
                continue
            entry = offset(address)
            while (name := struct.unpack_from("<I", data, entry + place)[0]) != 0:
                found.add(text(name))
                entry += size
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise NotAProgramError(f"{file} is damaged: {error}") from None
    return found


def of_windows(name: str) -> bool:
    """Tell whether a library is part of every Windows 10."""
    stem = name.removesuffix(".dll")
    return stem in WINDOWS or stem.startswith(("api-ms-win-", "ext-ms-win-"))


def missing(folder: Path) -> dict[str, list[str]]:
    """Return the libraries that files of a folder load and neither the folder nor Windows has, with the files that load them.

    Windows looks beside the program, which is Python, and beside the file; a package adds its own folders and those that `BORROWED` names.
    What only another package brings is missing: the solvers would find Qt's C++ runtime where the window has started, and not without it.
    """
    files = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in (".dll", ".pyd", ".exe")]
    there: dict[str, set[str]] = {}
    for file in files:
        there.setdefault(_package(file, folder), set()).add(file.name.lower())
    found: dict[str, list[str]] = {}
    for file in files:
        try:
            needed = imported(file)
        except NotAProgramError:
            continue
        package = _package(file, folder)
        near = there.get("python", set()).union(*(there.get(p, ()) for p in (package, *BORROWED.get(package, ()))))
        for name in needed - near:
            if not of_windows(name):
                found.setdefault(name, []).append(file.relative_to(folder).as_posix())
    return found


def _package(file: Path, folder: Path) -> str:
    """Return whose a file is: "python", or a package of the libraries, whose folder ``….libs`` is its own too."""
    parts = file.relative_to(folder).parts
    if parts[0] != "libraries":
        return parts[0] if len(parts) > 1 else ""
    return parts[1].lower().removesuffix(".libs") if len(parts) > 2 else "libraries"
