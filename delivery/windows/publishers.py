"""Whose signature each program and library of a folder has, and its hash as AppLocker takes it: ``publishers.csv`` for an administrator's rules.

AppLocker's rules by hash do not go by the hash of the whole file but by that which a signature covers: without the checksum in the header,
the entry of the signature in the table of directories, and the signature itself (Microsoft, "Windows Authenticode Portable Executable
Signature Format", "Calculating the PE Image Hash").
"""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import struct
from pathlib import Path

from delivery.wheels import run_quietly
from delivery.windows.imports import NotAProgramError

ENDINGS = (".exe", ".dll", ".pyd")
NOT_SIGNED, NOT_LOOKED_AT = "not signed", "signed; osslsigncode, which reads by whom, was not there"


def signed_part(file: Path) -> tuple[str, bool]:
    """Return the SHA-256 of what a signature of a program file covers, in small letters, and whether the file is signed.

    Raises
    ------
    NotAProgramError
        Where the file has another format.
    """
    data = file.read_bytes()
    try:
        (at,) = struct.unpack_from("<I", data, 0x3C)
        if data[:2] != b"MZ" or data[at : at + 4] != b"PE\0\0":
            raise NotAProgramError(f"{file} is no Windows program")
        optional = at + 24
        (magic,) = struct.unpack_from("<H", data, optional)
        # the table of directories lies 16 bytes further where addresses have 64 bits; the signature is its fifth entry
        entry = optional + (112 if magic == 0x20B else 96) + 8 * 4
        start, size = struct.unpack_from("<II", data, entry)
    except struct.error as error:
        raise NotAProgramError(f"{file} is damaged: {error}") from None
    end = start if size else len(data)
    if end > len(data) or end < entry + 8:
        raise NotAProgramError(f"{file} has a signature outside itself")
    found = hashlib.sha256(data[: optional + 64])
    found.update(data[optional + 68 : entry])
    found.update(data[entry + 8 : end])
    found.update(data[start + size :] if size else b"")
    if not size:
        # a file that is signed later is filled up to eight bytes first
        found.update(bytes(-len(data) % 8))
    return found.hexdigest(), bool(size)


def publisher(file: Path) -> str:
    """Return who signed a signed program file: the name in the signer's certificate."""
    tool = shutil.which("osslsigncode")
    if tool is None:
        return NOT_LOOKED_AT
    said = run_quietly([tool, "verify", "-in", file])
    signer = re.search(r"Signer's certificate:.*?Subject: ([^\n]*)", said.stdout + said.stderr, re.DOTALL)
    name = re.search(r"CN ?= ?(\"[^\"]+\"|[^,/\n]+)", signer[1]) if signer else None
    return name[1].strip().strip('"') if name else "signed; its signer could not be read"


def write_publishers(content: Path) -> dict[str, int]:
    """Write ``publishers.csv`` into a folder; return how many programs and libraries each publisher signed.

    The launcher, ``beatplanner.exe``, lies one folder higher, and is listed where it was made already.
    """
    rows, count = [], {}
    launcher = content.parent / "beatplanner.exe"
    above = [launcher] if launcher.is_file() else []
    for file in above + sorted(p for p in content.rglob("*") if p.suffix.lower() in ENDINGS):
        try:
            digest, signed = signed_part(file)
        except NotAProgramError:
            continue
        by = publisher(file) if signed else NOT_SIGNED
        count[by] = count.get(by, 0) + 1
        rows.append((f"../{file.name}" if file in above else file.relative_to(content).as_posix(), by, digest.upper()))
    with (content / "publishers.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "publisher", "authenticode_sha256"))
        writer.writerows(rows)
    return count
