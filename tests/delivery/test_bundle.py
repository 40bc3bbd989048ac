"""The offline bundles: made, checked, installed without a network, and used.

They need a package index while they are made; where none can be reached these tests skip and say so.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("uv", reason="the bundle's tools are not installed (extra “bundle”)")
pytest.importorskip("mkdocs", reason="the guide's tools are not installed (extra “guide”)")

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from beatplanner.data.sample.sample_town import write_sample_town
from conftest import write_grid_town
from delivery import bundle
from delivery.guide import build_guide
from delivery.wheels import ROOT, BundleError, build_project, check_record, read_wheel, resolve, unmet

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@functools.cache
def guide() -> tuple[Path, tempfile.TemporaryDirectory]:
    """Build the guide's pages, and keep them from a test of another process that builds them anew."""
    place = tempfile.TemporaryDirectory(prefix="guide-")
    return Path(shutil.copytree(build_guide(), Path(place.name) / "guide")), place


@functools.cache
def own_wheel() -> tuple[Path, tempfile.TemporaryDirectory]:
    """Build the project's wheel, which is the same for every platform: making it takes an environment of its own."""
    place = tempfile.TemporaryDirectory(prefix="own-wheel-")
    return build_project(Path(place.name)), place


@functools.cache
def sample_town() -> tuple[Path, tempfile.TemporaryDirectory]:
    """Write the sample town, which is the same for every platform."""
    place = tempfile.TemporaryDirectory(prefix="sample-town-")
    write_sample_town(Path(place.name) / "town")
    return Path(place.name) / "town", place


def make(platform: str, python: str, folder: Path) -> Path:
    """Make a bundle as `start.py bundle` does and unpack it; skips where the index cannot be reached."""
    with pytest.MonkeyPatch.context() as patch:
        # guide, own wheel and sample town are made once for both platforms
        patch.setattr(bundle, "build_guide", lambda: guide()[0])
        patch.setattr(bundle, "build_project", lambda into: Path(shutil.copy(own_wheel()[0], into)))
        patch.setattr(bundle, "_write_sample_town", lambda into: shutil.copytree(sample_town()[0], into))
        return _made(platform, python, folder)


def _made(platform: str, python: str, folder: Path) -> Path:
    try:
        bundle.write_bundle(platform, python, folder / f"{platform}.zip")
    except BundleError as error:
        if re.search(r"connect|resolve host|dns|network|timed? ?out|Could not fetch", str(error), re.IGNORECASE):
            pytest.skip(f"no package index can be reached: {str(error).splitlines()[-1][:200]}")
        raise
    unpacked = folder / f"Пакет {platform}"
    with zipfile.ZipFile(folder / f"{platform}.zip") as archive:
        archive.extractall(unpacked)
    return unpacked


@pytest.fixture(scope="module")
def windows(tmp_path_factory) -> Path:
    return make("windows", "3.13", tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def linux(tmp_path_factory) -> Path:
    if sys.platform != "linux" or RUNNING not in bundle.PYTHONS:
        pytest.skip("this bundle is installed on Linux with a Python that it is made for")
    return make("linux", RUNNING, tmp_path_factory.mktemp("bundle"))


def test_every_requirement_resolves_inside_the_windows_bundle(windows):
    wheels = [read_wheel(p) for p in (windows / "wheels").glob("*.whl")]
    assert unmet(wheels, "windows", "3.13") == []
    direct = {
        canonicalize_name(r.name)
        for r in next(w for w in wheels if w.name == "beatplanner").requires
        if "extra" not in str(r.marker)
    }
    assert direct <= {w.name for w in wheels}
    # Windows needs more than the machine that makes the bundle: its markers were judged as Windows would
    assert "colorama" in {w.name for w in wheels}
    for wheel in wheels:
        assert wheel.path.name.endswith(("-win_amd64.whl", "-none-any.whl"))
        assert re.search(r"-(cp313-cp313|cp3\d+-abi3|py\d[.\w]*-none)-", wheel.path.name), wheel.path.name
    # pip, asked for this very platform and nothing but the bundle's wheels, agrees
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-index",
            "--no-deps",
            "--require-hashes",
            "--dest",
            windows.parent / "resolved",
            "--find-links",
            windows / "wheels",
            "--requirement",
            windows / "requirements.txt",
            "--platform",
            "win_amd64",
            "--python-version",
            "3.13",
            "--implementation",
            "cp",
            "--only-binary",
            ":all:",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_other_pythons_have_windows_wheels_for_everything(python, tmp_path):
    try:
        pinned = resolve("windows", python, tmp_path)
    except BundleError as error:
        if "connect" in str(error):
            pytest.skip("no package index can be reached")
        raise
    names = {wheel.name for wheel in pinned}
    assert all(re.search(rf"-(cp{python.replace('.', '')}-cp|cp3\d+-abi3-|py)", wheel.url) for wheel in pinned)
    assert {"numpy", "pyside6-essentials", "colorama", "highspy"} <= names


def test_what_the_bundle_says_about_itself_is_true(windows):
    about = json.loads((windows / "bundle.json").read_text("utf-8"))
    for name, expected in about["files"].items():
        assert hashlib.sha256((windows / name).read_bytes()).hexdigest() == expected, name
    listed = {line.split("  ", 1)[1] for line in (windows / "SHA256SUMS").read_text("utf-8").splitlines()}
    there = {p.relative_to(windows).as_posix() for p in windows.rglob("*") if p.is_file()}
    assert there - listed == {"SHA256SUMS"}
    assert (windows.parent / "windows.zip").stat().st_size < 350e6
    pinned = [
        Requirement(line.split(" --hash")[0]) for line in (windows / "requirements.txt").read_text("utf-8").splitlines()
    ]
    assert len(pinned) == len(list((windows / "wheels").glob("*.whl"))) - 1
    with (windows / "licences" / "licences.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert all(row["licence"] for row in rows)
    for row in rows:
        texts = (
            list((windows / "licences" / row["name"]).glob("*"))
            if (windows / "licences" / row["name"]).is_dir()
            else []
        )
        assert texts or row["name"] in WITHOUT_TEXT, row["name"]
    assert (windows / "sample-town" / "project.toml").exists()
    page = (ROOT / "docs" / "administrators.md").read_text("utf-8").partition("## What is in the bundle")[2]
    table = page.partition("\n## ")[0]
    assert not [p.name for p in windows.iterdir() if f"`{p.name}`" not in table.replace("/`", "`")]
    page = (windows / "guide" / "index.html").read_text("utf-8")
    assert not re.search(r'(src|href)="https?://[^"]+\.(js|css|woff2?|png)"', page)


# These wheels bring no licence text of their own; their licence stands in the table.
WITHOUT_TEXT = {
    "docxtpl",
    "et-xmlfile",
    "pyside6-essentials",
    "shiboken6",
    "exactextract",
    "rasterio",
    "openpyxl",
    "tzdata",
}


def test_lightened_wheels_are_whole_and_hold_what_the_window_loads(windows):
    about = {c["name"]: c for c in json.loads((windows / "sbom.cdx.json").read_text("utf-8"))["components"]}
    lighter = [
        n
        for n, c in about.items()
        if {p["name"]: p["value"] for p in c["properties"]}["beatplanner:files-left-out"] != "0"
    ]
    assert sorted(lighter) == [
        "babel",
        "dask",
        "geopandas",
        "matplotlib",
        "networkx",
        "numba",
        "pandas",
        "pulp",
        "pyside6-essentials",
        "scipy",
    ]
    for path in (windows / "wheels").glob("*.whl"):
        if canonicalize_name(path.name.split("-")[0]) in lighter:
            check_record(path)
    used = set()
    for source in (ROOT / "src").rglob("*.py"):
        used |= set(re.findall(r"(?:from|import) PySide6\.(Qt\w+)", source.read_text("utf-8")))
    with zipfile.ZipFile(next((windows / "wheels").glob("pyside6*"))) as archive:
        assert {f"PySide6/{m}.pyd" for m in used} <= set(archive.namelist())


def test_bill_of_materials_follows_its_schema(windows):
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    text = (windows / "sbom.cdx.json").read_text("utf-8")
    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    assert bill["metadata"]["component"]["name"] == "beatplanner"
    assert {c["name"] for c in bill["components"]} >= {"numpy", "highspy", "pip"}
    assert all(c["licenses"] for c in bill["components"])


def offline() -> list[str]:
    """Return the command that runs another one without a network, or skip."""
    tool = shutil.which("unshare")
    for more in (["-n"], ["-rn"]):
        if tool and subprocess.run([tool, *more, "true"], capture_output=True, check=False).returncode == 0:
            return [tool, *more]
    pytest.skip("this machine lets nobody switch the network off (unshare -n)")


def copies_of_kernels(installed: Path, folder: Path) -> Path:
    """Fill a folder of numba's with what the sources' own kernels were compiled to, as if compiled where the bundle will be installed.

    The compiler needs a minute and a half for what this machine has done already. numba looks at the source's content, its own version, the
    Python and the processor: where any of them differs, or nothing is there, the installation compiles.
    """
    from numba.core.caching import _CacheLocator

    for room in (ROOT / "src" / "beatplanner" / "solver").iterdir():
        if (room / "__pycache__").is_dir():
            place = _CacheLocator.get_suitable_cache_subpath(str(installed / room.name / "any.py"))
            shutil.copytree(
                room / "__pycache__", folder / place, ignore=lambda _, names: [n for n in names if ".nb" not in n]
            )
    return folder


def test_linux_bundle_installs_without_a_network_and_plans(linux, tmp_path):
    without_network = offline()
    home = tmp_path / "Дом of Ана"
    home.mkdir()
    path = f"{Path(sys.executable).resolve().parent}:/usr/bin:/bin"
    target = home / ".local" / "share" / "beatplanner"
    solver = target / "env" / "lib" / f"python{RUNNING}" / "site-packages" / "beatplanner" / "solver"
    kernels = copies_of_kernels(solver, tmp_path / "kernels")
    environment = {
        "HOME": str(home),
        "PATH": path,
        "LANG": "C",
        "QT_QPA_PLATFORM": "offscreen",
        "NUMBA_CACHE_DIR": str(kernels),
    }

    def run(*command: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*without_network, *(str(c) for c in command)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    done = run("sh", linux / "install.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    starter = target / "beatplanner.sh"
    assert f'Exec="{starter}" desktop %f' in (home / ".local/share/applications/beatplanner.desktop").read_text("utf-8")
    # its sites are proven in a moment; a whole plan of the sample town would end by a clock, and the grid town's is proven to its end
    done = run("sh", starter, "check", linux / "sample-town" / "project.toml")
    assert done.returncode == 0, done.stderr
    # without beats nothing is handed out: 40 maps in three languages would take longer than all else, and the grid town has them
    sample = Path(shutil.copytree(linux / "sample-town", tmp_path / "sample"))
    before, _, after = (sample / "project.toml").read_text("utf-8").partition("\n[beats]\n")
    alone = before + "\n[stations]\n" + after.partition("\n[stations]\n")[2].partition("\n[")[0] + "\n"
    (sample / "project.toml").write_text(alone, "utf-8")
    done = run("sh", starter, "stations", sample / "project.toml", "--out", tmp_path / "станици")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "станици" / "summary.json").read_text("utf-8"))["stations"]["status"] == "optimal"
    town = write_grid_town(tmp_path / "Град one")
    done = run("sh", starter, "plan", town.project, "--out", tmp_path / "план")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "план" / "summary.json").read_text("utf-8"))
    assert summary["feasible"] is True and summary["beats"]["status"] == "optimal"
    assert (tmp_path / "план" / "forum" / "pack.pdf").read_bytes().startswith(b"%PDF")
    done = run("sh", starter, "verify", tmp_path / "план")
    assert done.returncode == 0, done.stdout
    window = "from PySide6.QtWidgets import QApplication; a = QApplication([]); import beatplanner.ui.desktop.window.main_window as m; w = m.MainWindow(); w.show(); a.processEvents(); print(w.isVisible())"
    done = run(target / "env" / "bin" / "python", "-c", window)
    assert "True" in done.stdout, done.stderr
    # removing leaves nothing behind
    done = run("sh", target / "uninstall.sh")
    assert done.returncode == 0, done.stderr
    assert not target.exists()
    assert not (home / ".local/share/applications/beatplanner.desktop").exists()


def test_a_damaged_or_wrong_bundle_is_refused_in_words(linux, tmp_path):
    def install(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, folder / "install.py", "--to", tmp_path / "there", "--no-menu"]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    copy = tmp_path / "copy"
    shutil.copytree(linux, copy, ignore=lambda folder, names: [n for n in names if n.endswith(".whl")])
    done = install(copy)
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert "missing" in done.stderr
    about = json.loads((copy / "bundle.json").read_text("utf-8"))
    (copy / "bundle.json").write_text(json.dumps({**about, "files": {}, "python": "3.99"}), "utf-8")
    assert "needs Python 3.99" in install(copy).stderr
    (copy / "bundle.json").write_text(json.dumps({**about, "files": {}, "platform": "windows"}), "utf-8")
    assert "is for Windows" in install(copy).stderr
    (copy / "bundle.json").write_text(json.dumps({**about, "files": {}}), "utf-8")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "letter.txt").write_text("mine", "utf-8")
    assert "holds something else" in install(copy).stderr
    (copy / "bundle.json").unlink()
    assert "Unpack the archive again" in install(copy).stderr
    assert (tmp_path / "there" / "letter.txt").read_text("utf-8") == "mine"
