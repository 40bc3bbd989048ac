"""Makes the offline bundle: one archive that installs beatplanner with a Python and nothing else.

Run by ``python start.py bundle``. One bundle is for one platform and one Python. Measured for Windows, the wheels of one Python take
about 275 MB, those of 3.11 to 3.13 together about 600 MB, since all but the pure ones and Qt's are compiled for each: only one
fits the limit. Parts of two wheels that nothing here loads are left out (``[tool.beatplanner.bundle]`` in ``pyproject.toml``).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from delivery.guide import build_guide
from delivery.icon import write_icon
from delivery.licences import fits, licence_files
from delivery.sbom import bill_of_materials
from delivery.wheels import (
    PLATFORMS,
    ROOT,
    BundleError,
    Wheel,
    build_project,
    check_record,
    download,
    download_pip,
    files_of,
    left_out_patterns,
    lighten,
    read_wheel,
    resolve,
    sha256,
    unmet,
)

LIMIT_MB = 350
PYTHONS = ("3.11", "3.12", "3.13")
STARTERS = ROOT / "delivery" / "starters"
FILES = {
    "windows": ("install.cmd", "beatplanner.cmd", "uninstall.cmd"),
    "linux": ("install.sh", "beatplanner.sh", "uninstall.sh"),
}
README = {"windows": "READ ME FIRST.txt", "linux": "README.txt"}


def collect_wheels(platform: str, python: str, folder: Path, work: Path) -> list[Wheel]:
    """Put every wheel of a bundle into a folder, checked and lightened.

    Parameters
    ----------
    platform, python
        The target, such as ``"windows"`` and ``"3.13"``.
    folder
        Where the wheels go.
    work
        A folder for what is only needed meanwhile.

    Returns
    -------
    list of Wheel
        All of them, with the project's own and pip's, by name.

    Raises
    ------
    BundleError
        Where they cannot be had, or are not whole.
    """
    patterns = left_out_patterns()
    wheels = []
    for path in download(resolve(platform, python, work / "built"), platform, python, work / "built", folder):
        original, left = sha256(path), lighten(path, patterns.get(read_wheel(path).name, []))
        if left:
            check_record(path)
        wheels.append(read_wheel(path, original, left))
    wheels += [read_wheel(build_project(folder)), read_wheel(download_pip(folder))]
    wheels.sort(key=lambda w: w.name)
    missing = unmet(wheels, platform, python)
    if missing:
        raise BundleError("The wheels do not meet all requirements:\n" + "\n".join(missing))
    forbidden = [f"{w.name} {w.version}: {w.licence or 'no licence stated'}" for w in wheels if not fits(w.licence)]
    if forbidden:
        raise BundleError("These licences are not known to allow handing out together:\n" + "\n".join(forbidden))
    return wheels


def write_bundle(platform: str, python: str, out: Path) -> int:
    """Make a bundle and return its size in bytes.

    Raises
    ------
    BundleError
        Where it cannot be made, or would be larger than the limit.
    """
    out = out.resolve()
    with tempfile.TemporaryDirectory(prefix="beatplanner-bundle-", ignore_cleanup_errors=True) as place:
        content = Path(place) / "content"
        (content / "wheels").mkdir(parents=True)
        guide = build_guide()
        print(f"Collecting the wheels for {platform} and Python {python} …", flush=True)
        wheels = collect_wheels(platform, python, content / "wheels", Path(place))
        version = next(w.version for w in wheels if w.name == "beatplanner")
        print(f"{len(wheels)} wheels. Adding licences, bill of materials, sample town and guide …", flush=True)
        _write_requirements(content / "requirements.txt", wheels)
        write_licences(content / "licences", wheels)
        bill = bill_of_materials(wheels, platform, python)
        (content / "sbom.cdx.json").write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", "utf-8")
        _write_starters(content, platform, python, version)
        _write_sample_town(content / "sample-town")
        shutil.copytree(guide, content / "guide")
        # a plugin for QGIS that runs the installed command; docs/qgis.md says where it goes
        shutil.copytree(ROOT / "delivery" / "qgis", content / "qgis", ignore=shutil.ignore_patterns("__pycache__"))
        about = {
            "name": "beatplanner",
            "version": version,
            "platform": platform,
            "python": python,
            "made": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            "longest_path": max(len(n.filename) for w in wheels for n in _members(w)),
            "installed_bytes": sum(n.file_size for w in wheels for n in _members(w)),
            "files": {p.relative_to(content).as_posix(): sha256(p) for p in files_of(content)},
        }
        (content / "bundle.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")
        sums = "".join(f"{sha256(p)}  {p.relative_to(content).as_posix()}\n" for p in files_of(content))
        (content / "SHA256SUMS").write_text(sums, "utf-8", newline="\n")
        part = out.with_name(f".{out.name}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            _pack(content, part)
            size = part.stat().st_size
            if size > LIMIT_MB * 1e6:
                biggest = sorted(wheels, key=lambda w: -w.path.stat().st_size)[:6]
                raise BundleError(
                    f"The bundle would have {size / 1e6:,.0f} MB, more than {LIMIT_MB} MB. The largest wheels: "
                    + ", ".join(f"{w.name} {w.path.stat().st_size / 1e6:,.0f} MB" for w in biggest)
                )
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    return size


def _write_requirements(path: Path, wheels: Sequence[Wheel]) -> None:
    """Pin every wheel of the bundle to its own hash; pip then takes nothing else."""
    lines = [f"{w.name}=={w.version} --hash=sha256:{sha256(w.path)}\n" for w in wheels if w.name != "pip"]
    path.write_text("".join(lines), "utf-8", newline="\n")


def write_licences(folder: Path, wheels: Sequence[Wheel]) -> None:
    """Write each wheel's licence texts and a table of all."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["name", "version", "licence", "what it is", "home", "files left out"])
    for wheel in wheels:
        for name, text in licence_files(wheel.path):
            target = folder / wheel.name / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
        home = [u.split(",", 1)[-1].strip() for u in wheel.metadata.get_all("Project-URL") or []]
        writer.writerow(
            [
                wheel.name,
                wheel.version,
                wheel.licence,
                wheel.metadata.get("Summary", ""),
                wheel.metadata.get("Home-page") or next(iter(home), ""),
                wheel.left_out,
            ]
        )
    (folder / "licences.csv").write_text(table.getvalue(), "utf-8-sig", newline="")


def _write_starters(content: Path, platform: str, python: str, version: str) -> None:
    """Write the starters with the bundle's Python filled in, and line ends as the platform's shells want them."""
    values = {
        "@PYTHON@": python,
        "@PYTHON_COMMA@": python.replace(".", ", "),
        "@PYTHON_DIGITS@": python.replace(".", ""),
        "@VERSION@": version,
    }
    shutil.copy(STARTERS / "install.py", content)
    if platform == "windows":
        shutil.copy(STARTERS / "register.py", content)
    write_icon(content)
    names = {name: name for name in FILES[platform]} | {f"readme-{platform}.txt": README[platform]}
    for source, target in names.items():
        text = (STARTERS / source).read_text("utf-8")
        for key, value in values.items():
            text = text.replace(key, value)
        (content / target).write_text(text, "ascii", newline="\r\n" if platform == "windows" else "\n")
        if target.endswith(".sh"):
            (content / target).chmod(0o755)


def _write_sample_town(folder: Path) -> None:
    from beatplanner.data.sample.sample_town import write_sample_town

    write_sample_town(folder)


def _members(wheel: Wheel) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(wheel.path) as archive:
        return archive.infolist()


def _pack(content: Path, out: Path) -> None:
    """Pack a folder; wheels are compressed already."""
    with zipfile.ZipFile(out, "w") as archive:
        for path in files_of(content):
            method = zipfile.ZIP_STORED if path.suffix == ".whl" else zipfile.ZIP_DEFLATED
            archive.write(path, path.relative_to(content).as_posix(), method)


def _installer(out: Path, runtime: Path | None, portable: Path | None, msi: Path | None) -> int:
    """Make the setup file for Windows, and return the exit code."""
    from delivery.windows.runtime import runtime_python, unpack_signed
    from delivery.windows.setup import write_setup

    # before the minutes that the rest takes
    for tool, what, package in (("makensis", "setup file", "nsis"), *([("wixl", "MSI", "wixl")] if msi else [])):
        if shutil.which(tool) is None:
            raise BundleError(f"{tool} is missing; it makes the {what}. On Debian or Ubuntu: apt install {package}")
    with tempfile.TemporaryDirectory(prefix="beatplanner-wheels-", ignore_cleanup_errors=True) as place:
        python = runtime_python(runtime)
        if runtime is not None:
            # no hash is pinned for it: its signatures are all that tells a changed one
            if shutil.which("osslsigncode") is None:
                raise BundleError(
                    f"The signatures of {runtime} cannot be looked at without osslsigncode. On Debian or Ubuntu: apt install osslsigncode"
                )
            unpack_signed(runtime, Path(place) / "given")
            print(f"{runtime}: SHA-256 {sha256(runtime)}; compare it with the one on python.org", flush=True)
        folder = Path(place) / "wheels"
        folder.mkdir()
        print(f"Collecting the wheels for Windows and Python {python} …", flush=True)
        wheels = collect_wheels("windows", python, folder, Path(place))
        size = write_setup(out, wheels, runtime, portable=portable, msi=msi)
    print(f"{out.resolve()}: {size / 1e6:,.0f} MB, with Python {python}. SHA-256 {sha256(out.resolve())}")
    print("It is not signed: “start.py sign” does that with a certificate of your own.")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a bundle as the command line asks, and return the exit code."""
    parser = argparse.ArgumentParser(prog="start.py bundle", description=__doc__.splitlines()[0])
    parser.add_argument("--platform", choices=sorted(PLATFORMS), required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--python", choices=PYTHONS)
    parser.add_argument("--installer", action="store_true")
    parser.add_argument("--portable", type=Path, metavar="FILE.zip")
    parser.add_argument("--msi", type=Path, metavar="FILE.msi")
    parser.add_argument("--runtime", type=Path, metavar="FILE.zip")
    options = parser.parse_args(arguments)
    if options.installer and options.platform != "windows":
        parser.error("--installer makes a setup file for Windows: give --platform windows")
    if not options.installer and (options.portable or options.msi or options.runtime):
        parser.error("--portable, --msi and --runtime go with --installer")
    if options.installer and options.python:
        parser.error(
            "--python chooses for the archive; the setup file brings a Python of its own, or that of --runtime"
        )
    if options.installer and options.out.suffix.lower() != ".exe":
        parser.error(f"{options.out.name} is no name for a setup file: Windows starts it only where it ends with .exe")
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    # laptops get the newest Python that all wheels exist for; a Linux bundle is mostly for machines like the one that makes it
    python = options.python or (running if options.platform == "linux" and running in PYTHONS else PYTHONS[-1])
    try:
        if options.installer:
            return _installer(options.out, options.runtime, options.portable, options.msi)
        size = write_bundle(options.platform, python, options.out)
    except (BundleError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The bundle cannot be written: {error}", file=sys.stderr)
        return 1
    print(f"{options.out.resolve()}: {size / 1e6:,.0f} MB, for {options.platform} and Python {python}.")
    others = ", ".join(p for p in PYTHONS if p != python)
    print(f"A bundle holds the libraries of one Python; for another give --python ({others}).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
