"""The setup file for Windows: what it refuses, and, where makensis and wine are, that it installs and removes itself."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.windows_wine import Windows

from delivery import bundle
from delivery.bundle import main
from delivery.wheels import BundleError
from delivery.windows.imports import NotAProgramError, imported, missing, of_windows
from delivery.windows.msi import description, make_msi
from delivery.windows.publishers import NOT_SIGNED, publisher, signed_part, write_publishers
from delivery.windows.runtime import runtime_python, unpack_runtime
from delivery.windows.setup import add_cpp_runtime, build_id, make_launcher, make_setup, unpack_wheels
from delivery.windows.sign import main as sign


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
    content = tmp_path / "content"
    for name, needs in (
        ("python/python3.dll", ["ntdll.dll"]),
        ("libraries/solver/inner/core.pyd", ["MSVCP140.dll", "KERNEL32.dll", "other.dll", "own.dll", "python3.dll"]),
        ("libraries/solver.libs/other.dll", ["own.dll"]),
        ("libraries/solver/own.dll", []),
        ("libraries/PySide6/plugins/window.dll", ["msvcp140.dll", "shiboken.dll"]),
        ("libraries/shiboken6/shiboken.dll", []),
        ("libraries/PySide6/msvcp140.dll", ["ntdll.dll"]),
    ):
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_bytes(program(*needs))
    # what Qt brings helps no solver, until it is put beside python.exe
    assert missing(content) == {"msvcp140.dll": ["libraries/solver/inner/core.pyd"]}
    assert add_cpp_runtime(content) == ["msvcp140.dll"]
    assert missing(content) == {}
    (content / "libraries" / "solver.libs" / "other.dll").unlink()
    assert missing(content) == {"other.dll": ["libraries/solver/inner/core.pyd"]}


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
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "makensis" else None)
    out = tmp_path / "setup.exe"
    assert main(["--platform", "windows", "--installer", "--out", str(out), "--runtime", str(archive)]) == 1
    assert "cannot be looked at without osslsigncode" in capsys.readouterr().err and not out.exists()
    (tmp_path / "text.zip").write_text("no archive", "utf-8")
    with pytest.raises(BundleError, match="cannot be read"):
        runtime_python(tmp_path / "text.zip")
    older = {("python310._pth" if k.endswith("_pth") else k): v for k, v in whole.items()}
    with pytest.raises(BundleError, match=r"holds Python 3\.10"):
        runtime_python(runtime(tmp_path / "older.zip", older))
    # the archives for 32 bits and for ARM are as well signed, and would be found out on the laptop only
    for machine in (b"\x4c\x01", b"\x64\xaa"):
        other = {k: v.replace(b"PE\0\0\x64\x86", b"PE\0\0" + machine) for k, v in whole.items()}
        with pytest.raises(BundleError, match="not for 64-bit Windows"):
            unpack_runtime(runtime(tmp_path / "other.zip", other), tmp_path / f"other {machine.hex()}")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--python", "3.11", "--out", "a.exe"], "brings a Python of its own"),
        (["--out", "a.zip"], "ends with .exe"),
        (["--out", "a.exe", "--msi", "a.msi"], "makensis is missing"),
    ],
)
def test_what_cannot_become_a_setup_file_is_said_before_anything_is_fetched(more, said, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(bundle, "collect_wheels", lambda *_: pytest.fail("it was begun"))
    try:
        code = main(["--platform", "windows", "--installer", *more])
    except SystemExit as refused:
        code = refused.code
    assert code in (1, 2) and said in capsys.readouterr().err


@pytest.mark.skipif(
    shutil.which("osslsigncode") is None or shutil.which("openssl") is None, reason="osslsigncode is not installed"
)
def test_a_file_is_signed_or_stays_as_it_was_and_it_is_said_why(tmp_path, capsys):
    file, text, password, wrong = (tmp_path / n for n in ("a.exe", "text", "password", "wrong"))
    file.write_bytes(program("kernel32.dll").ljust(0x800, b"\0"))
    text.write_text("text", "ascii")
    # as Notepad ends a line
    password.write_bytes(b"secret\r\n")
    wrong.write_text("other", "ascii")
    key, certificate, both = (str(tmp_path / n) for n in ("key.pem", "certificate.pem", "both.pfx"))
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    pack = ["openssl", "pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", both, "-passout", "pass:secret"]
    for command in ([*make, "-days", "9", "-subj", "/CN=Police of Test"], pack):
        subprocess.run(command, check=True, capture_output=True)
    before, names = file.read_bytes(), sorted(p.name for p in tmp_path.iterdir())
    for what, by, secret, said in (
        (file, both, ["--password", str(wrong)], "the password does not open"),
        (file, both, [], "wants a password"),
        (file, text, ["--password", str(password)], "no certificate with its key"),
        (text, both, ["--password", str(password)], "no program and no package"),
        (file, tmp_path / "none.pfx", [], "is no file that is there"),
    ):
        assert sign([str(what), "--certificate", str(by), *secret]) == 1
        assert said in capsys.readouterr().err
        assert file.read_bytes() == before and sorted(p.name for p in tmp_path.iterdir()) == names
    assert sign([str(file), "--certificate", both, "--password", str(password)]) == 0
    assert "signed by Police of Test" in capsys.readouterr().out
    assert signed_part(file)[1] and publisher(file) == "Police of Test"


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
def windows(tmp_path_factory):
    """A Windows of its own, made once, which takes as long as all else that is tried in it."""
    if shutil.which("wine") is None:
        pytest.skip("wine is not installed")
    windows = Windows(tmp_path_factory.mktemp("windows") / "wine")
    windows.run("wineboot", "-i", seconds=None)
    if not (windows.drive / "users").is_dir():
        pytest.skip("wine does not run on this computer")
    yield windows
    windows.kill()


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


# A program that runs until a file "end" lies beside it.
WAITS = r"""
Target amd64-unicode
Unicode true
OutFile "${OUT}"
SilentInstall silent
RequestExecutionLevel user
Section
  FileOpen $0 "$EXEDIR\begun" w
  FileClose $0
  again:
  Sleep 100
  IfFileExists "$EXEDIR\end" 0 again
SectionEnd
"""


@pytest.mark.skipif(shutil.which("makensis") is None, reason="makensis is not installed")
def test_the_setup_file_installs_upgrades_and_removes_itself(content, tmp_path, request):
    make_launcher(content, content.parent / "beatplanner.exe", "1.2.3")
    first = build_id(content, "1.2.3")
    setup = tmp_path / "setup.exe"
    assert make_setup(content, setup, "1.2.3", first, compressor="zlib") > 50_000
    assert setup.read_bytes()[:2] == b"MZ"
    # without wine it was made and is not run
    windows = request.getfixturevalue("windows")

    def run(*command: str) -> int:
        return windows.run(*command, seconds=None)[0]

    # 3: it is installed, and the empty Python solves nothing
    assert run(str(setup), "/S") == 3
    (place,) = (windows.drive / "users").glob("*/AppData/Local/Programs/beatplanner")
    assert (place / "current.txt").read_text() == first
    assert {p.name for p in place.iterdir()} >= {first, "beatplanner.exe", "beatplanner.cmd", "uninstall.exe"}
    assert not (place / first / "beatplanner-installing").exists()
    key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner"
    assert run("reg", "query", key) == 0

    (content / "newer.txt").write_text("2", "ascii")
    # what an installation that was killed left goes with the next one
    (place / "1.2.2-dead").mkdir()
    (place / "1.2.2-dead" / "beatplanner-installing").write_text("", "ascii")
    # what somebody else put there, and what lies beside it: a Python in the folder above, and one in a folder of a name of their own
    foreign = [
        place / "mine.txt",
        place / "photos" / "installing",
        place / "tools" / "python" / "python.exe",
        place.parent / "python" / "python.exe",
    ]
    for file in foreign:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("somebody else's", "utf-8")
    # an older version that still runs stays: Windows lets nobody write into a program that runs
    older = place / "1.2.1-runs" / "python" / "python.exe"
    shutil.copytree(content, older.parents[1])
    (tmp_path / "waits.nsi").write_text(WAITS, "ascii")
    subprocess.run(["makensis", "-V1", "-NOCD", f"-DOUT={older}", str(tmp_path / "waits.nsi")], check=True)
    running = windows.start(str(older))
    while not (older.parent / "begun").is_file():
        assert running.poll() is None
        time.sleep(0.1)
    # and so does one that came from the bundle, with a Python of the computer
    (place / "env" / "Scripts").mkdir(parents=True)
    for name in ("installed.json", "register.py", "uninstall.cmd", "env/Scripts/python.exe"):
        (place / name).write_text("", "ascii")
    make_setup(content, setup, "1.2.4", build_id(content, "1.2.4"), compressor="zlib")
    assert run(str(setup), "/S") == 3
    second = (place / "current.txt").read_text()
    assert second.startswith("1.2.4-")
    assert {p.name for p in place.iterdir() if p.is_dir()} == {second, "1.2.1-runs", "tools", "photos"}

    assert not any((place / name).exists() for name in ("installed.json", "register.py", "uninstall.cmd"))
    target = "C:\\users\\" + place.parts[-5] + "\\AppData\\Local\\Programs\\beatplanner"
    before = sorted(place.rglob("*"))
    assert run(str(place / "uninstall.exe"), "/S", f"_?={target}") == 2
    assert sorted(place.rglob("*")) == before
    (older.parent / "end").write_text("", "ascii")
    running.communicate()
    assert run(str(place / "uninstall.exe"), "/S", f"_?={target}") == 0
    assert {p.name for p in place.iterdir()} <= {"mine.txt", "tools", "photos", "uninstall.exe"}
    assert all(file.is_file() for file in foreign)
    assert run("reg", "query", key) != 0
    # neither its own kind of file, nor an empty key of those that it offered to open
    kinds = windows.run("reg", "query", r"HKCU\Software\Classes")[1]
    assert not [name for name in ("beatplan", ".gpkg", ".toml") if name in kinds], kinds


# A stand-in for py.exe and python.exe. It is the Python that is wanted where its first words are those in the file "good" beside it; its last
# words are left in the file "ran".
STAND_IN = r"""
Target amd64-unicode
Unicode true
!include "FileFunc.nsh"
!include "LogicLib.nsh"
OutFile "${OUT}"
SilentInstall silent
RequestExecutionLevel user
Section
  ${GetParameters} $0
  FileOpen $2 "$EXEDIR\good" r
  FileRead $2 $3
  FileClose $2
  StrLen $4 $3
  StrCpy $5 $0 $4
  ${If} $5 != $3
    SetErrorLevel 1
    Quit
  ${EndIf}
  FileOpen $2 "$EXEDIR\ran" w
  FileWriteUTF16LE $2 $0
  FileClose $2
SectionEnd
"""
PY_AT, PYTHON_AT, HOMES = (
    "py",
    "python",
    ("Python313", "Program Files/Python313", "AppData/Local/Programs/Python/Python313"),
)
# Which of them is chosen where those that are named answer well to these first words, and all others, which are there too, to none.
PYTHONS_THERE = (
    (PY_AT, {PY_AT: "-3.13 ", PYTHON_AT: "-I"}),
    # the first that py knows has 32 bits
    (PY_AT, {PY_AT: "-3.13-64 ", PYTHON_AT: "-I"}),
    (PYTHON_AT, {PYTHON_AT: "-I", HOMES[0]: "-I"}),
    # a 32-bit one in the folder before
    (HOMES[1], {HOMES[1]: "-I"}),
)


def chosen(windows: Windows, starters: Path, good: dict[str, str]) -> str:
    """Put launchers and Pythons there, start install.cmd, and return which of them was told to install."""
    drive = windows.drive
    stand_in, user = drive / "stand-in.exe", next(p for p in (drive / "users").iterdir() if p.name != "Public")
    if not stand_in.is_file():
        (drive / "stand-in.nsi").write_text(STAND_IN, "utf-8")
        subprocess.run(["makensis", "-V1", "-NOCD", f"-DOUT={stand_in}", str(drive / "stand-in.nsi")], check=True)
    places = {n: drive / n for n in (PY_AT, PYTHON_AT, *HOMES[:2])} | {HOMES[2]: user / HOMES[2]}
    for name, place in places.items():
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(stand_in, place / ("py.exe" if name == PY_AT else "python.exe"))
        (place / "good").write_text(good.get(name, "never"), "ascii")
        (place / "ran").unlink(missing_ok=True)
    windows.run("cmd", "/c", f"set PATH=%PATH%;C:\\{PY_AT};C:\\{PYTHON_AT}& install.cmd --check", cwd=starters)
    started = {n: (p / "ran").read_text("utf-16-le") for n, p in places.items() if (p / "ran").is_file()}
    return next((n for n, words in started.items() if "install.py" in words), "")


def test_the_starters_of_the_bundle_run_and_find_a_python_that_fits(windows, tmp_path):
    starters = tmp_path / "с пробелом (1)"
    starters.mkdir()
    bundle._write_starters(starters, "windows", "3.13", "1.2.3")
    for command, said in (
        ("install.cmd --check", ["Unpack the whole archive first"]),
        ("install.cmd --check", ["needs Python 3.13", "https://www.python.org/downloads/windows/"]),
        ("beatplanner.cmd --version", ["not installed yet"]),
        ("uninstall.cmd /quiet", ["not installed in this folder"]),
    ):
        code, out = windows.run("cmd", "/c", command, cwd=starters)
        assert code == 1 and all(s in out for s in said), out
        (starters / "wheels").mkdir(exist_ok=True)
    if shutil.which("makensis") is None:
        pytest.skip("makensis is not installed: no stand-ins for Pythons")
    for wanted, good in PYTHONS_THERE:
        assert chosen(windows, starters, good) == wanted, good


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
