"""The setup file for Windows: what it refuses, and, where makensis and wine are, that it installs and removes itself."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.windows import Windows

from delivery.bundle import main
from delivery.wheels import BundleError
from delivery.windows.imports import NotAProgramError, imported, missing, of_windows
from delivery.windows.msi import description, make_msi
from delivery.windows.publishers import NOT_SIGNED, signed_part, write_publishers
from delivery.windows.runtime import runtime_python, unpack_runtime
from delivery.windows.setup import add_cpp_runtime, build_id, make_launcher, make_setup, unpack_wheels


def program(*libraries: str, delayed: tuple[str, ...] = ()) -> bytes:
    """Return a 64-bit Windows library that loads others: headers, one section at 0x1000, import tables in it."""
    base, raw = 0x1000, 0x400
    directory, late = base, base + 20 * (len(libraries) + 1)
    names_at = late + 32 * (len(delayed) + 1)
    entries, delays, names = b"", b"", b""
    for name in libraries:
        entries += struct.pack("<IIIII", 1, 0, 0, names_at + len(names), 1)
        names += name.encode() + b"\0"
    for name in delayed:
        delays += struct.pack("<IIIIIIII", 1, names_at + len(names), 0, 0, 0, 0, 0, 0)
        names += name.encode() + b"\0"
    section = entries + bytes(20) + delays + bytes(32) + names
    directories = [(0, 0)] * 16
    directories[1] = (directory, 1)
    directories[13] = (late if delayed else 0, 1)
    optional = struct.pack("<H", 0x20B) + bytes(106) + struct.pack("<I", 16)
    optional += b"".join(struct.pack("<II", *d) for d in directories)
    header = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0) + optional
    header += b".rdata\0\0" + struct.pack("<IIII", len(section), base, len(section), raw) + bytes(16)
    start = b"MZ" + bytes(58) + struct.pack("<I", 64)
    return (start + header).ljust(raw, b"\0") + section


def test_what_a_program_loads_is_read_from_its_tables(tmp_path):
    file = tmp_path / "a.dll"
    file.write_bytes(program("KERNEL32.dll", "msvcp140.dll", delayed=("late.dll",)))
    assert imported(file) == {"kernel32.dll", "msvcp140.dll", "late.dll"}
    for damaged in (b"", b"MZ", b"text", program("x.dll")[:500], program("x.dll").replace(b"\x64\x86", b"\x4c\x01")):
        file.write_bytes(damaged)
        with pytest.raises(NotAProgramError):
            imported(file)
    assert of_windows("api-ms-win-crt-heap-l1-1-0.dll") and of_windows("kernel32.dll")
    assert not of_windows("msvcp140.dll") and not of_windows("vcruntime140.dll")


def test_a_library_that_a_clean_windows_lacks_is_named_with_who_needs_it(tmp_path):
    (tmp_path / "solver").mkdir()
    (tmp_path / "solver" / "core.pyd").write_bytes(program("MSVCP140.dll", "KERNEL32.dll", "other.dll"))
    (tmp_path / "other.dll").write_bytes(program("ntdll.dll"))
    assert missing(tmp_path) == {"msvcp140.dll": ["solver/core.pyd"]}
    # the runtime of C++ that Qt brings is put beside python.exe
    content = tmp_path / "content"
    (content / "python").mkdir(parents=True)
    (content / "libraries" / "PySide6").mkdir(parents=True)
    (content / "libraries" / "PySide6" / "msvcp140.dll").write_bytes(program("ntdll.dll"))
    assert add_cpp_runtime(content) == ["msvcp140.dll"]
    assert (content / "python" / "msvcp140.dll").is_file()


def test_the_hash_for_applocker_covers_what_a_signature_covers(tmp_path):
    plain, file = program("kernel32.dll").ljust(0x800, b"\0"), tmp_path / "a.dll"
    file.write_bytes(plain)
    digest, signed = signed_part(file)
    assert not signed
    optional = 64 + 24
    entry = optional + 112 + 8 * 4

    def changed(at: int, data: bytes, tail: bytes = b"") -> tuple[str, bool]:
        file.write_bytes(plain[:at] + data + plain[at + len(data) :] + tail)
        return signed_part(file)

    # neither the checksum nor the signature and its place change it; every other letter does
    assert changed(optional + 64, b"abcd") == (digest, False)
    assert changed(entry, struct.pack("<II", len(plain), 16), b"signature 16 let") == (digest, True)
    assert changed(optional + 60, b"x")[0] != digest and changed(0x7FF, b"x")[0] != digest
    for place in (len(plain) + 1, 8):
        with pytest.raises(NotAProgramError, match="outside"):
            changed(entry, struct.pack("<II", place, 16))
    file.write_bytes(plain)
    (tmp_path / "text.exe").write_text("no program", "ascii")
    assert write_publishers(tmp_path) == {NOT_SIGNED: 1}
    lines = (tmp_path / "publishers.csv").read_text("utf-8-sig").splitlines()
    assert lines == ["file,publisher,authenticode_sha256", f"a.dll,not signed,{digest.upper()}"]


def runtime(file: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return file


def test_only_an_embeddable_python_is_taken_and_nothing_sends_it_elsewhere(tmp_path, monkeypatch, capsys):
    whole = {
        "python.exe": program(),
        "pythonw.exe": program(),
        "python314._pth": b"python314.zip\n",
        "python314.zip": b"",
    }
    archive = runtime(tmp_path / "good.zip", whole)
    assert runtime_python(archive) == "3.14"
    assert unpack_runtime(archive, tmp_path / "python") == "3.14"
    lines = (tmp_path / "python" / "python314._pth").read_text("ascii").split()
    assert lines == ["python314.zip", ".", "..\\libraries"]
    cases = (
        {k: v for k, v in whole.items() if k != "python.exe"},
        {k: v for k, v in whole.items() if not k.endswith("_pth")},
        {**whole, "../evil.dll": b""},
        {**whole, "Scripts/pip.exe": b""},
    )
    for number, names in enumerate(cases):
        with pytest.raises(BundleError, match="embeddable"):
            unpack_runtime(runtime(tmp_path / "bad.zip", names), tmp_path / f"bad {number}")
    assert not (tmp_path / "evil.dll").exists()
    # no hash is pinned for an administrator's own: without its signatures nothing would tell a changed one
    monkeypatch.setattr(shutil, "which", lambda name: None)
    out = tmp_path / "setup.exe"
    assert main(["--platform", "windows", "--installer", "--out", str(out), "--runtime", str(archive)]) == 1
    assert "cannot be looked at without osslsigncode" in capsys.readouterr().err and not out.exists()
    (tmp_path / "text.zip").write_text("no archive", "utf-8")
    with pytest.raises(BundleError, match="cannot be read"):
        runtime_python(tmp_path / "text.zip")


def test_wheels_are_unpacked_without_their_scripts_and_write_nowhere_else(tmp_path):
    wheel = runtime(
        tmp_path / "a-1-py3-none-any.whl",
        {"a/__init__.py": b"1", "a-1.data/scripts/a.exe": b"MZ", "a-1.data/purelib/b.py": b"2"},
    )
    unpack_wheels([wheel], tmp_path / "libraries")
    found = {
        p.relative_to(tmp_path / "libraries").as_posix() for p in (tmp_path / "libraries").rglob("*") if p.is_file()
    }
    assert found == {"a/__init__.py", "b.py"}
    with pytest.raises(BundleError, match="leads elsewhere"):
        unpack_wheels([runtime(tmp_path / "e.whl", {"../evil.py": b""})], tmp_path / "libraries")


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """A folder as it will lie on a computer, with empty programs in place of Python."""
    folder = tmp_path_factory.mktemp("setup") / "content"
    (folder / "python").mkdir(parents=True)
    for name in ("python.exe", "pythonw.exe"):
        (folder / "python" / name).write_bytes(program())
    from delivery.icon import write_icon

    write_icon(folder)
    shutil.copy(Path(__file__).parents[2] / "delivery" / "windows" / "beatplanner.cmd", folder / "beatplanner.cmd")
    return folder


@pytest.mark.skipif(shutil.which("makensis") is None, reason="makensis is not installed")
def test_the_setup_file_installs_upgrades_and_removes_itself(content, tmp_path):
    make_launcher(content, content.parent / "beatplanner.exe", "1.2.3")
    first = build_id(content, "1.2.3")
    setup = tmp_path / "setup.exe"
    assert make_setup(content, setup, "1.2.3", first, compressor="zlib") > 50_000
    assert setup.read_bytes()[:2] == b"MZ"
    if shutil.which("wine") is None:
        pytest.skip("wine is not installed: the setup file was made and not run")
    windows = Windows(tmp_path / "wine")
    try:
        windows.run("wineboot", "-i", seconds=300)
    except subprocess.TimeoutExpired:
        windows.kill()
    if not (windows.drive / "users").is_dir():
        pytest.skip("wine does not run on this computer: the setup file was made and not run")

    def run(*command: str) -> int:
        return windows.run(*command, seconds=900)[0]

    # 3: it is installed, and the empty Python solves nothing
    assert run(str(setup), "/S") == 3
    (place,) = (windows.drive / "users").glob("*/AppData/Local/Programs/beatplanner")
    assert (place / "current.txt").read_text() == first
    assert {p.name for p in place.iterdir()} >= {first, "beatplanner.exe", "beatplanner.cmd", "uninstall.exe"}
    assert not (place / first / "installing").exists()
    key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner"
    assert run("reg", "query", key) == 0

    (content / "newer.txt").write_text("2", "ascii")
    # what an installation that was killed left goes with the next one
    (place / "1.2.2-dead").mkdir()
    (place / "1.2.2-dead" / "installing").write_text("", "ascii")
    (place / "mine.txt").write_text("somebody else's", "utf-8")
    # and so does one that came from the bundle, with a Python of the computer
    (place / "env" / "Scripts").mkdir(parents=True)
    for name in ("installed.json", "register.py", "uninstall.cmd", "env/Scripts/python.exe"):
        (place / name).write_text("", "ascii")
    make_setup(content, setup, "1.2.4", build_id(content, "1.2.4"), compressor="zlib")
    assert run(str(setup), "/S") == 3
    second = (place / "current.txt").read_text()
    assert second.startswith("1.2.4-") and [p.name for p in place.iterdir() if p.is_dir()] == [second]

    assert not any((place / name).exists() for name in ("installed.json", "register.py", "uninstall.cmd"))
    target = "C:\\users\\" + place.parts[-5] + "\\AppData\\Local\\Programs\\beatplanner"
    run(str(place / "uninstall.exe"), "/S", f"_?={target}")
    assert {p.name for p in place.iterdir()} <= {"mine.txt", "uninstall.exe"}
    assert run("reg", "query", key) != 0
    assert run("reg", "query", r"HKCU\Software\Classes\.beatplan") != 0


def test_the_package_for_group_policies_holds_every_file_once_and_replaces_an_older_one(content, tmp_path):
    (content / "libraries" / "a").mkdir(parents=True, exist_ok=True)
    (content / "libraries" / "a" / "Кирилица & <name>.py").write_text("1", "utf-8")
    build = build_id(content, "1.2.3")
    spaces = {"w": "http://schemas.microsoft.com/wix/2006/wi"}

    def read(version: str, name: str):
        file = tmp_path / "package.wxs"
        description(content, version, name).write(file, "utf-8", xml_declaration=True)
        return ElementTree.parse(file).getroot()

    root = read("1.2.3", build)
    files = [f.get("Source") for f in root.iterfind(".//w:File", spaces)]
    inside = {f"content/{p.relative_to(content).as_posix()}" for p in content.rglob("*") if p.is_file()}
    assert inside | {"beatplanner.exe", "current.txt"} == set(files)
    ids = [e.get("Id") for e in root.iter() if e.tag.endswith(("Directory", "Component", "File"))]
    guids = [c.get("Guid") for c in root.iterfind(".//w:Component", spaces)]
    assert len(ids) == len(set(ids)) and len(guids) == len(set(guids))
    named = {r.get("Id") for r in root.iterfind(".//w:ComponentRef", spaces)}
    assert named == {c.get("Id") for c in root.iterfind(".//w:Component", spaces)}
    # the same family, so that it replaces an older one; another product, so that Windows sees that it is another
    older, newer = (read(v, b)[0] for v, b in (("1.2.3", build), ("1.2.4", "1.2.4-x")))
    assert older.get("UpgradeCode") == newer.get("UpgradeCode") and older.get("Id") != newer.get("Id")
    # another build of one version is no other product: Windows refuses it until the first is removed, and never mixes the two
    assert read("1.2.3", "1.2.3-x")[0].get("Id") == older.get("Id")
    if shutil.which("wixl") is None or shutil.which("makensis") is None:
        pytest.skip("wixl is not installed: the package was described and not made")
    make_launcher(content, content.parent / "beatplanner.exe", "1.2.3")
    package = tmp_path / "beatplanner.msi"
    assert make_msi(content, package, "1.2.3", build) == package.stat().st_size > 50_000
    assert package.read_bytes()[:8] == bytes.fromhex("d0cf11e0a1b11ae1")
