"""Makes the setup file for Windows, and the same as a portable folder: ``start.py bundle --platform windows --installer``.

Everything binary comes from the package index when this is built: CPython's embeddable package (see `runtime`) and the wheels, unpacked.
What no file of the folder and no clean Windows has is found by reading the import tables of all of them (`imports`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from delivery.guide import build_guide
from delivery.icon import write_icon
from delivery.sbom import bill_of_materials
from delivery.wheels import BundleError, Wheel, files_of, run_quietly, sha256
from delivery.windows.imports import missing
from delivery.windows.msi import make_msi
from delivery.windows.publishers import write_publishers
from delivery.windows.runtime import fetch_runtime, unpack_signed

HERE = Path(__file__).resolve().parent
LIMIT_MB = 300
# Libraries of the C++ runtime, which only Qt's wheels bring, and which the solvers need beside python.exe.
CPP_RUNTIME = ("msvcp140.dll", "msvcp140_1.dll", "msvcp140_2.dll", "vcruntime140.dll", "vcruntime140_1.dll")


def unpack_wheels(wheels: Sequence[Path], folder: Path) -> None:
    """Unpack wheels into a folder of libraries; their scripts are left out, since the program starts by its own Python.

    Raises
    ------
    BundleError
        Where a wheel would write outside the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith("/"):
                    continue
                parts = name.split("/")
                if parts[0].endswith(".data"):
                    if parts[1] not in ("purelib", "platlib"):
                        continue
                    parts = parts[2:]
                if ".." in parts or name.startswith("/") or ":" in name:
                    raise BundleError(f"{wheel.name} holds the path {name}, which leads elsewhere")
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))


def add_cpp_runtime(content: Path) -> list[str]:
    """Put the C++ runtime beside python.exe, taken from the wheels; return what was put there."""
    there = {p.name.lower() for p in (content / "python").iterdir()}
    found = []
    for name in CPP_RUNTIME:
        source = next((p for p in sorted((content / "libraries").rglob("*.dll")) if p.name.lower() == name), None)
        if source is not None and name not in there:
            shutil.copy(source, content / "python" / name)
            found.append(name)
    return found


def lay_out(content: Path, runtime: Path, wheels: Sequence[Path]) -> None:
    """Write runtime and libraries into a folder as they will lie on a computer.

    Raises
    ------
    BundleError
        Where the runtime is not whole, was changed after it was signed, or a library is missing that no Windows has.
    """
    version, looked = unpack_signed(runtime, content / "python")
    print(
        f"CPython {version}: {looked} files agree with their signatures."
        if looked
        else "osslsigncode is not here: signatures of the runtime were not looked at.",
        flush=True,
    )
    unpack_wheels(wheels, content / "libraries")
    added = add_cpp_runtime(content)
    if added:
        print(f"Beside python.exe: {', '.join(added)}.", flush=True)
    lacking = missing(content)
    if lacking:
        lines = [f"{name}, for {', '.join(files[:3])}" for name, files in sorted(lacking.items())]
        raise BundleError("A clean Windows lacks these libraries:\n" + "\n".join(lines))


def build_id(content: Path, version: str) -> str:
    """Return the name of the folder of a version: the version, and the start of a hash of all its files."""
    found = hashlib.sha256()
    for path in files_of(content):
        found.update(path.relative_to(content).as_posix().encode() + b"\0" + sha256(path).encode())
    return f"{version}-{found.hexdigest()[:8]}"


def make_launcher(content: Path, out: Path, version: str) -> None:
    """Build the small program that opens the window.

    Raises
    ------
    BundleError
        Where ``makensis`` is missing or fails.
    """
    _makensis(
        HERE / "launcher.nsi",
        {"OUT": out, "ICON": content / "beatplanner.ico", "VERSION": version, "VERSION_4": _four(version)},
    )


def make_setup(content: Path, out: Path, version: str, build: str, *, compressor: str = "lzma") -> int:
    """Build the setup file of a folder, and return its size in bytes.

    Parameters
    ----------
    content
        What `lay_out` wrote, with ``beatplanner.ico`` and ``beatplanner.cmd``; beside it ``beatplanner.exe``.
    out
        The file.
    version, build
        Of the program, and the name of this version's folder (`build_id`).
    compressor
        ``"lzma"``; ``"zlib"`` is quicker and larger.

    Raises
    ------
    BundleError
        Where ``makensis`` is missing or fails, or the file would be larger than the limit.
    """
    part = out.with_name(f".{out.name}.part")
    values = {"OUT": part, "CONTENT": content, "VERSION": version, "VERSION_4": _four(version)}
    try:
        _makensis(HERE / "installer.nsi", {**values, "BUILD": build, "COMPRESSOR": compressor})
        size = part.stat().st_size
        if size > LIMIT_MB * 1e6:
            raise BundleError(f"The setup file would have {size / 1e6:,.0f} MB, more than {LIMIT_MB} MB.")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return size


def _four(version: str) -> str:
    numbers = [p for p in version.split(".") if p.isdigit()]
    return ".".join([*numbers, "0", "0", "0", "0"][:4])


def _makensis(script: Path, values: dict[str, object]) -> None:
    tool = shutil.which("makensis")
    if tool is None:
        raise BundleError("makensis is missing; it makes the setup file. On Debian or Ubuntu: apt install nsis")
    command = [tool, "-V2", "-NOCD", "-INPUTCHARSET", "UTF8", *(f"-D{k}={v}" for k, v in values.items()), str(script)]
    done = run_quietly(command)
    if done.returncode != 0:
        raise BundleError(f"makensis failed:\n{(done.stdout + done.stderr).strip()[-1500:]}")


def write_setup(
    out: Path, wheels: Sequence[Wheel], runtime: Path | None, *, portable: Path | None = None, msi: Path | None = None
) -> int:
    """Make the setup file, and the portable archive where one is asked for; return the setup's size in bytes.

    Parameters
    ----------
    out
        The file ``….exe``.
    wheels
        Of the bundle for Windows, for the Python of the runtime.
    runtime
        An archive of CPython; None downloads the pinned one.
    portable
        Where to write the portable folder as an archive.
    msi
        Where to write a package for group policies (`msi.make_msi`).

    Raises
    ------
    BundleError
        Where it cannot be made, or is larger than the limit.
    """
    out = out.resolve()
    with tempfile.TemporaryDirectory(prefix="beatplanner-setup-", ignore_cleanup_errors=True) as place:
        work = Path(place)
        content = work / "content"
        version = next(w.version for w in wheels if w.name == "beatplanner")
        lay_out(content, runtime or fetch_runtime(work / "runtime"), [w.path for w in wheels if w.name != "pip"])
        write_icon(content)
        make_launcher(content, work / "beatplanner.exe", version)
        add_rest(content, wheels, version)
        out.parent.mkdir(parents=True, exist_ok=True)
        print("Packing the setup file; this takes some minutes …", flush=True)
        build = build_id(content, version)
        size = make_setup(content, out, version, build)
        if portable is not None:
            write_portable(content, work / "beatplanner.exe", portable.resolve(), build)
        if msi is not None:
            print("Packing the MSI …", flush=True)
            of_msi = make_msi(content, msi.resolve(), version, build)
            print(f"{msi.resolve()}: {of_msi / 1e6:,.0f} MB.", flush=True)
    return size


def add_rest(content: Path, wheels: Sequence[Wheel], version: str) -> None:
    """Add command, guide, licences, bill of materials, and the lists of publishers and of all files with their hashes."""
    from delivery.bundle import write_licences

    shutil.copy(HERE / "beatplanner.cmd", content / "beatplanner.cmd")
    shutil.copytree(build_guide(), content / "guide", dirs_exist_ok=True)
    # the plugin for QGIS; docs/qgis.md says where it goes
    shutil.copytree(HERE.parent / "qgis", content / "qgis", ignore=shutil.ignore_patterns("__pycache__"))
    write_licences(content / "licences", wheels)
    shutil.copy(content / "python" / "LICENSE.txt", content / "licences" / "python.txt")
    bill = bill_of_materials(
        wheels, "windows", next((content / "python").glob("python3*._pth")).stem.replace("python3", "3.")
    )
    (content / "sbom.cdx.json").write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_publishers(content)
    about = {
        "name": "beatplanner",
        "version": version,
        "made": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "files": {p.relative_to(content).as_posix(): sha256(p) for p in files_of(content)},
    }
    (content / "files.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def write_portable(content: Path, launcher: Path, out: Path, build: str) -> None:
    """Write the same as an archive: unpacked anywhere, ``beatplanner.exe`` starts it."""
    part = out.with_name(f".{out.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(launcher, "beatplanner/beatplanner.exe")
        archive.write(content / "beatplanner.cmd", "beatplanner/beatplanner.cmd")
        archive.writestr("beatplanner/current.txt", build)
        for path in files_of(content):
            archive.write(path, f"beatplanner/{build}/{path.relative_to(content).as_posix()}")
    part.replace(out)
