"""The wheels of a bundle: resolved from the project's metadata for another platform and Python, downloaded, lightened."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Container, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from delivery.licences import licence_of_wheel

ROOT = Path(__file__).resolve().parents[1]
# glibc 2.34: Debian 12, Ubuntu 22.04, RHEL 9 and later; the oldest that Qt's current wheels run on
GLIBC = 34
# What the resolver calls a platform, and the tags that pip may take for it, the best first.
PLATFORMS = {
    "windows": ("x86_64-pc-windows-msvc", ["win_amd64"]),
    "linux": (
        f"x86_64-manylinux_2_{GLIBC}",
        [
            *(f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC, 4, -1)),
            "manylinux2014_x86_64",
            "manylinux2010_x86_64",
            "manylinux1_x86_64",
        ],
    ),
}
# The environment markers (PEP 508) in which a platform differs from the machine that makes the bundle.
MARKERS = {
    "windows": {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
    "linux": {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
    },
}
# Compiled files of Windows and Linux that load others.
LIBRARY = re.compile(r"\.(dll|exe|pyd|so(\.\d+)*)$", re.IGNORECASE)


class BundleError(Exception):
    """The bundle cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Wheel:
    """One wheel of the bundle.

    Attributes
    ----------
    path
        The file.
    name, version
        The distribution, its name in normal form.
    metadata
        Its core metadata.
    licence
        As an SPDX expression, or in its own words.
    original_sha256
        Hash of the file as the index gave it; differs from the file's own where parts were left out.
    left_out
        Number of files that were left out.
    """

    path: Path
    name: str
    version: str
    metadata: Message
    licence: str
    original_sha256: str
    left_out: int = 0

    @property
    def requires(self) -> list[Requirement]:
        """What it needs, with markers."""
        return [Requirement(r) for r in self.metadata.get_all("Requires-Dist") or []]


@dataclass(frozen=True)
class PinnedWheel:
    """A wheel as the index offers it; one that was built on this machine has neither place nor hash."""

    name: str
    version: str
    url: str = ""
    sha256: str = ""


def sha256(path: Path) -> str:
    """Return the hash of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_wheel(path: Path, original: str = "", left_out: int = 0) -> Wheel:
    """Read a wheel's metadata."""
    with zipfile.ZipFile(path) as archive:
        inner = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        metadata = Parser().parsestr(archive.read(inner).decode("utf-8"))
    return Wheel(
        path,
        canonicalize_name(metadata["Name"]),
        metadata["Version"],
        metadata,
        licence_of_wheel(path, metadata),
        original or sha256(path),
        left_out,
    )


def marker_environment(platform: str, python: str) -> dict[str, str]:
    """Return the environment in which a target's markers are judged."""
    return {
        **MARKERS[platform],
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "implementation_version": f"{python}.0",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }


def files_of(folder: Path) -> list[Path]:
    """Return every file of a folder, at any depth, in order."""
    return sorted(p for p in folder.rglob("*") if p.is_file())


def run_quietly(command: Sequence[object], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed."""
    return subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def pip_command() -> list[str]:
    """Return the beginning of a command for this Python's pip."""
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def resolve(platform: str, python: str, built: Path, pyproject: Path = ROOT / "pyproject.toml") -> list[PinnedWheel]:
    """Return the wheel of each library that the project needs on a platform and Python.

    Parameters
    ----------
    platform
        ``"windows"`` or ``"linux"``.
    python
        Such as ``"3.13"``.
    built
        Folder for wheels of pure Python that the index offers as source only; they are built and put there.
    pyproject
        The project's metadata.

    Returns
    -------
    list of PinnedWheel
        With places and hashes of the index, by name.

    Raises
    ------
    BundleError
        Where no set of wheels meets the metadata.
    """
    built.mkdir(parents=True, exist_ok=True)
    target = ["--python-version", python, "--python-platform", PLATFORMS[platform][0], "--only-binary", ":all:"]
    written = ["--quiet", "--format", "pylock.toml", "--find-links", built]
    command = [sys.executable, "-m", "uv", "pip", "compile", pyproject, *target, *written]
    tried: set[str] = set()
    while True:
        done = run_quietly(command)
        if done.returncode == 0:
            here = {canonicalize_name(w.name.split("-")[0]) for w in built.glob("*.whl")}
            return [_pinned(entry, here, platform, python) for entry in tomllib.loads(done.stdout)["packages"]]
        source_only = re.search(r"Wheels are required for `([A-Za-z0-9._-]+)`", done.stderr)
        if source_only is None or source_only[1] in tried:
            raise BundleError(
                f"The dependencies of beatplanner for {platform} and Python {python} could not be resolved; making a "
                f"bundle needs a connection to a package index.\n{done.stderr.strip()}"
            )
        tried.add(source_only[1])
        _build_pure(source_only[1], pyproject, built)


def _pinned(entry: dict[str, Any], here: Container[str], platform: str, python: str) -> PinnedWheel:
    """Return the wheel of an entry of a lock file (PEP 751) that fits a platform and Python best, as pip would choose."""
    name = canonicalize_name(entry["name"])
    if name in here:
        return PinnedWheel(name, entry["version"])
    version = [int(part) for part in python.split(".")]
    abi, platforms = f"cp{python.replace('.', '')}", PLATFORMS[platform][1]
    best_first = [*cpython_tags(version, [abi], platforms), *compatible_tags(version, abi, platforms)]
    rank = {tag: place for place, tag in enumerate(best_first)}
    fitting = []
    for wheel in entry.get("wheels", []):
        _, _, build, tags = parse_wheel_filename(unquote(PurePosixPath(urlsplit(wheel["url"]).path).name))
        places = [rank[tag] for tag in tags if tag in rank]
        if places:
            fitting.append((min(places), [-number for number in build[:1]] or [0], wheel))
    if not fitting:
        raise BundleError(f"{name} {entry['version']} has no wheel for {platform} and Python {python}.")
    best = min(fitting, key=lambda offer: offer[:2])[2]
    return PinnedWheel(name, entry["version"], best["url"], best["hashes"]["sha256"])


def _build_pure(name: str, pyproject: Path, built: Path) -> None:
    """Build the wheel of a dependency that is published as source only; one with compiled parts would fit this machine alone."""
    wanted = [
        str(r)
        for r in map(Requirement, tomllib.loads(pyproject.read_text("utf-8"))["project"]["dependencies"])
        if canonicalize_name(r.name) == canonicalize_name(name)
    ]
    with tempfile.TemporaryDirectory() as folder:
        done = run_quietly([*pip_command(), "wheel", "--no-deps", "--wheel-dir", folder, *(wanted or [name])])
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            raise BundleError(
                f"{name} is published as source only, and its wheel could not be built.\n{done.stderr.strip()}"
            )
        if not wheels[0].name.endswith("-none-any.whl"):
            raise BundleError(f"{name} is published as source only and has compiled parts; depend on something else.")
        shutil.copy(wheels[0], built)


def download(pinned: Sequence[PinnedWheel], platform: str, python: str, built: Path, folder: Path) -> list[Path]:
    """Download wheels, each checked against the index's hash.

    pip is told where each lies: it would go through all versions of every library, four fifths of its work.

    Raises
    ------
    BundleError
        Where one cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{wheel.url} --hash=sha256:{wheel.sha256}" for wheel in pinned if wheel.url]
    names = {wheel.name for wheel in pinned if not wheel.url}
    for path in built.glob("*.whl"):
        if canonicalize_name(path.name.split("-")[0]) in names:
            shutil.copy(path, folder)
    tags = [a for tag in PLATFORMS[platform][1] for a in ("--platform", tag)]
    with tempfile.TemporaryDirectory() as place:
        lock = Path(place) / "requirements.txt"
        lock.write_text("\n".join(lines) + "\n", "utf-8")
        done = run_quietly(
            [
                *pip_command(),
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--requirement",
                lock,
                "--python-version",
                python,
                "--implementation",
                "cp",
                "--abi",
                f"cp{python.replace('.', '')}",
                "--abi",
                "abi3",
                "--abi",
                "none",
                *tags,
                "--dest",
                folder,
            ]
        )
    if done.returncode != 0:
        raise BundleError(f"The wheels for {platform} could not be downloaded.\n{done.stderr.strip()}")
    return sorted(folder.glob("*.whl"))


def download_pip(folder: Path) -> Path:
    """Download pip itself: an environment made by a Python without `ensurepip` (Debian's) has none."""
    with tempfile.TemporaryDirectory() as place:
        done = run_quietly(
            [*pip_command(), "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", place, "pip"]
        )
        found = list(Path(place).glob("pip-*.whl"))
        if done.returncode != 0 or not found:
            raise BundleError(f"pip could not be downloaded.\n{done.stderr.strip()}")
        return Path(shutil.copy(found[0], folder))


def build_project(folder: Path) -> Path:
    """Build the project's own wheel from a clean copy, so that nothing left over from earlier builds gets in."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "project"
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / "src", copy / "src", ignore=ignored)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        done = run_quietly(
            [*pip_command(), "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, copy], cwd=Path(place)
        )
    found = list(folder.glob("beatplanner-*.whl"))
    if done.returncode != 0 or not found:
        raise BundleError(f"The project's wheel could not be built.\n{done.stderr.strip()}")
    return found[0]


def left_out_patterns() -> dict[str, list[str]]:
    """Return which parts of which wheels are left out, from the project's metadata."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    return {canonicalize_name(k): v for k, v in tools["beatplanner"]["bundle"]["leave-out"].items()}


def lighten(path: Path, patterns: Iterable[str]) -> int:
    """Leave parts of a wheel out that nothing here loads; every other file stays as it is, byte for byte.

    Parameters
    ----------
    path
        The wheel; replaced by the lighter one of the same name.
    patterns
        Shell patterns of names inside the wheel.

    Returns
    -------
    int
        Number of files that were left out; 0 leaves the wheel untouched.
    """
    patterns = list(patterns)

    def unwanted(name: str) -> bool:
        kept = ".dist-info/" in name or name.endswith("/")
        return not kept and any(fnmatch.fnmatchcase(name, p) for p in patterns)

    with zipfile.ZipFile(path) as archive:
        gone = [n for n in archive.namelist() if unwanted(n)]
        if not gone:
            return 0
        part = path.with_suffix(".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as lighter:
            record = next(n for n in archive.namelist() if n.endswith(".dist-info/RECORD"))
            for member in archive.infolist():
                if member.filename in gone or member.filename == record or member.is_dir():
                    continue
                _copy_member(archive, member, lighter)
            rows = archive.read(record).decode("utf-8").splitlines()
            left = set(gone)
            kept = [r for r in rows if r.rsplit(",", 2)[0].strip('"') not in left]
            lighter.writestr(archive.getinfo(record), "\n".join(kept) + "\n", zipfile.ZIP_DEFLATED)
    part.replace(path)
    lost = _needed_and_left_out(path, gone)
    if lost:
        raise BundleError(f"{path.name}: parts that were left out are still needed: {'; '.join(lost)}.")
    return len(gone)


def _copy_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: zipfile.ZipFile) -> None:
    """Copy a member as it is compressed: to compress hundreds of megabytes anew takes half a minute a bundle.

    The standard library has no such method; the parts of `zipfile` that this uses are the same in 3.11 to 3.14.
    """
    source, target = cast(BinaryIO, archive.fp), cast(BinaryIO, into.fp)
    source.seek(member.header_offset)
    head = source.read(30)
    name, extra = struct.unpack("<HH", head[26:30])
    source.seek(member.header_offset + 30 + name + extra)
    copied = copy(member)
    # sizes and checksum stand in the header itself, not behind the content
    copied.flag_bits &= ~0x08
    target.seek(into.start_dir)
    copied.header_offset = target.tell()
    target.write(copied.FileHeader(zip64=False))
    left = member.compress_size
    while left:
        block = source.read(min(left, 1 << 20))
        if not block:
            raise zipfile.BadZipFile(f"{member.filename} ends too early")
        target.write(block)
        left -= len(block)
    into.start_dir = target.tell()
    into.filelist.append(copied)
    into.NameToInfo[copied.filename] = copied
    cast(Any, into)._didModify = True


def _needed_and_left_out(path: Path, gone: Sequence[str]) -> list[str]:
    """Name the libraries that were left out although a compiled file that stayed mentions them; they could not be loaded."""
    libraries = {PurePosixPath(n).name.encode("utf-8"): n for n in gone if LIBRARY.search(n)}
    if not libraries:
        return []
    # names stand in the tables of needed libraries as plain text, ended by a zero byte
    named = re.compile(rb"[\w.+-]+$")
    found = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not LIBRARY.search(name):
                continue
            content = archive.read(name)
            for end in re.finditer(rb"(?:\.dll|\.pyd|\.so(?:\.\d+)*)\0", content):
                word = named.search(content, max(0, end.start() - 120), end.end() - 1)
                if word and word[0] in libraries:
                    found.add(f"{libraries[word[0]]} by {name}")
    return sorted(found)


def check_record(path: Path) -> None:
    """Check a wheel's files against its own list of hashes.

    Raises
    ------
    BundleError
        Where a file is missing or differs.
    """
    with zipfile.ZipFile(path) as archive:
        record = next(n for n in archive.namelist() if n.endswith(".dist-info/RECORD"))
        names = set(archive.namelist())
        for row in archive.read(record).decode("utf-8").splitlines():
            name, digest, _ = row.rsplit(",", 2)
            name = name.strip('"')
            if not digest:
                continue
            method, value = digest.split("=", 1)
            found = base64.urlsafe_b64encode(hashlib.new(method, archive.read(name)).digest()) if name in names else b""
            if found.rstrip(b"=").decode() != value:
                raise BundleError(f"{path.name}: {PurePosixPath(name)} is missing or was changed.")


def unmet(wheels: Sequence[Wheel], platform: str, python: str) -> list[str]:
    """Tell what the wheels need and the set lacks, judged with the target's markers.

    Parameters
    ----------
    wheels
        The set, with the project's own wheel.
    platform, python
        The target.

    Returns
    -------
    list of str
        A sentence for each requirement that is not met; empty for a set that is whole.
    """
    have = {w.name: w for w in wheels}
    environment = marker_environment(platform, python)
    missing = []
    waiting: list[tuple[str, str]] = [("beatplanner", "")]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        wheel = have[name]
        supported = wheel.metadata.get("Requires-Python")
        if supported and not Requirement(f"python{supported}").specifier.contains(f"{python}.0"):
            missing.append(f"{wheel.name} {wheel.version} needs Python {supported}")
        for need in wheel.requires:
            if need.marker is not None and not need.marker.evaluate({**environment, "extra": extra}):
                continue
            other = canonicalize_name(need.name)
            if other not in have:
                missing.append(f"{name} needs {need}")
                continue
            if not need.specifier.contains(have[other].version, prereleases=True):
                missing.append(f"{name} needs {need}, but {have[other].version} is there")
            for step in [(other, ""), *((other, e) for e in need.extras)]:
                if step not in seen:
                    seen.add(step)
                    waiting.append(step)
    return missing
