"""The starters for Windows, as far as they can be judged elsewhere: text, line ends, quoting, labels, grammar.

They run in `test_windows_setup`, where wine is.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from delivery import bundle
from delivery.wheels import BundleError, lighten, read_wheel, unmet


@pytest.fixture(scope="module")
def starters(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("starters") / "с пробелом (1)"
    folder.mkdir()
    bundle._write_starters(folder, "windows", "3.13", "1.2.3")
    return folder


def test_starters_are_ascii_with_windows_line_ends(starters):
    for path in starters.iterdir():
        if path.suffix in {".py", ".png", ".ico"}:
            continue
        content = path.read_bytes()
        content.decode("ascii")
        assert content.count(b"\n") == content.count(b"\r\n"), path.name
        assert b"@PYTHON" not in content, path.name
        assert b"@VERSION" not in content, path.name


def test_cmd_files_quote_paths_and_jump_to_labels_that_exist(starters):
    for path in starters.glob("*.cmd"):
        text = path.read_text("ascii")
        labels = set(re.findall(r"^:(\w+)", text, re.MULTILINE))
        assert set(re.findall(r"goto (\w+)", text)) <= labels, path.name
        for line in text.splitlines():
            # a folder may be called "Т (1) & co": wherever its name is filled in, it stands in quotes
            for found in re.finditer(r"%~dp0|%LOCALAPPDATA%|%ProgramFiles%|%TEMP%|%FOUND%|%HOME_OF_BEATPLANNER%", line):
                assert line[: found.start()].count('"') % 2 == 1, f"{path.name}: {line}"
        assert not re.search(r"^\s*if .*\($", text, re.MULTILINE), "a block ends at a parenthesis in a folder's name"
        assert "exit /b" in text


def test_the_libraries_that_a_linux_window_needs_are_those_that_the_set_up_gets():
    root = Path(__file__).parents[2]
    wanted = runpy.run_path(str(root / "start.py"))
    for file in ("docs/install.md", "delivery/starters/readme-linux.txt"):
        after = (root / file).read_text("utf-8").partition("apt install ")[2].replace("\\\n", " ")
        assert after.partition("\n")[0].split() == wanted["QT_PACKAGES"] + wanted["SCREEN_PACKAGES"], file


def test_the_set_up_compiles_what_is_used_of_the_packages(tmp_path):
    set_up = runpy.run_path(str(Path(__file__).parents[2] / "start.py"))
    # a checkout may lie in a folder called tests itself
    environment = tmp_path / "tests" / ".venv"
    package = environment / "lib" / "site-packages" / "package"
    for room in (package, package / "tests"):
        room.mkdir(parents=True)
        (room / "one.py").write_text("VALUE = 1\n", "utf-8")
    set_up["compile_packages"].__globals__.update(VENV=environment, PYTHON=Path(sys.executable))
    set_up["compile_packages"]()
    assert [p.parents[1] for p in environment.rglob("*.pyc")] == [package]


def test_installing_sets_up_what_the_tests_need_and_runs_nothing(monkeypatch):
    start, asked = runpy.run_path(str(Path(__file__).parents[2] / "start.py")), []
    start["main"].__globals__.update(set_up=lambda extras: asked.append(extras) or True, test=lambda: 7)
    for command, code in (("test", 7), ("install", 0)):
        monkeypatch.setattr(sys, "argv", ["start.py", command])
        assert start["main"]() == code
    assert asked[0] == asked[1] and "test" in asked[0]


def test_no_powershell_is_needed(starters):
    assert not list(starters.glob("*.ps1"))
    for path in starters.iterdir():
        if path.suffix in {".cmd", ".py"}:
            text = path.read_text("utf-8").replace("no PowerShell", "")
            assert "powershell" not in text.lower(), path.name
            assert "HKEY_LOCAL_MACHINE" not in text or path.name == "install.py", path.name


def test_registering_is_for_windows_alone(starters):
    done = subprocess.run(
        [sys.executable, str(starters / "register.py"), "add", "x", "1", "2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == ((1, "This is for Windows.") if os.name != "nt" else (1, ""))


@pytest.mark.skipif(os.name == "nt", reason="a starter of Linux")
def test_an_upgrade_that_was_killed_between_two_steps_leaves_the_older_version_working(tmp_path):
    folder = tmp_path / "с пробелом"
    python = folder / "env.old" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "old $*"\n', "utf-8")
    python.chmod(0o755)
    shutil.copy(bundle.STARTERS / "beatplanner.sh", folder)
    done = subprocess.run(
        ["sh", str(folder / "beatplanner.sh"), "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "old -I -m beatplanner --version\n"
    assert (folder / "env").is_dir() and not (folder / "env.old").exists()


def test_an_installation_that_was_killed_is_gone_on_with(tmp_path, monkeypatch):
    import runpy

    install = runpy.run_path(str(bundle.STARTERS / "install.py"))
    about = {"longest_path": 10, "installed_bytes": 1}
    target = tmp_path / "there"
    target.mkdir()
    (target / "letter.txt").write_text("mine", "utf-8")
    with pytest.raises(install["InstallError"], match="holds something else"):
        install["check_target"](target, about)
    (target / "installing").write_text("", "ascii")
    install["check_target"](target, about)
    fresh = tmp_path / "fresh"
    install["check_target"](fresh, about)
    assert (fresh / "installing").is_file()


def test_a_rename_waits_for_a_scanner_that_looks_at_what_was_written(tmp_path, monkeypatch):
    import ast
    import runpy

    file = bundle.STARTERS / "install.py"
    move = runpy.run_path(str(file))["move"]
    monkeypatch.setitem(move.__globals__, "PAUSE", 0.0)
    real, held = Path.rename, [PermissionError(13, "held")] * 5

    def rename(self, other):
        if held:
            raise held.pop()
        return real(self, other)

    monkeypatch.setattr(Path, "rename", rename)
    (tmp_path / "env.new").mkdir()
    move(tmp_path / "env.new", tmp_path / "env")
    assert (tmp_path / "env").is_dir() and not held
    held += [PermissionError(13, "held")] * move.__globals__["TRIES"]
    with pytest.raises(PermissionError):
        move(tmp_path / "env", tmp_path / "env.old")
    bare = [
        n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Attribute) and n.attr == "rename"
    ]
    assert len(bare) == 1


def test_the_program_lies_apart_from_what_its_user_writes(monkeypatch, tmp_path):
    import runpy

    from platformdirs.windows import Windows

    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    install = runpy.run_path(str(bundle.STARTERS / "install.py"))
    install["default_target"].__globals__["WINDOWS"] = True
    target = install["default_target"]()
    assert target == tmp_path / "Programs" / "beatplanner"
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda _name: str(tmp_path))
    for place in ("user_data_dir", "user_config_dir", "user_cache_dir", "user_state_dir", "user_log_dir"):
        mine = Path(getattr(Windows("beatplanner", appauthor=False), place))
        assert target not in (mine, *mine.parents) and mine not in target.parents


def _wheel(folder: Path, name: str, version: str, needs: list[str], files: dict[str, bytes] | None = None) -> Path:
    import base64
    import hashlib
    import zipfile

    path = folder / f"{name}-{version}-py3-none-any.whl"
    inner = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(
        f"Requires-Dist: {n}\n" for n in needs
    )
    content = {**(files or {}), f"{inner}/METADATA": metadata.encode()}
    rows = []
    with zipfile.ZipFile(path, "w") as archive:
        for file, data in content.items():
            archive.writestr(file, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{file},sha256={digest},{len(data)}")
        archive.writestr(f"{inner}/RECORD", "\n".join([*rows, f"{inner}/RECORD,,"]) + "\n")
    return path


def test_requirements_are_judged_as_the_target_would(tmp_path):
    own = _wheel(tmp_path, "beatplanner", "1.0", ["a>=2", "w; sys_platform == 'win32'", "old; python_version < '3.12'"])
    a = _wheel(tmp_path, "a", "2.1", ["b[extra]"])
    b = _wheel(tmp_path, "b", "1", ["c>1; extra == 'extra'"])
    c = _wheel(tmp_path, "c", "1", [])
    found = unmet([read_wheel(p) for p in (own, a, b, c)], "windows", "3.12")
    assert found == ['beatplanner needs w; sys_platform == "win32"', 'b needs c>1; extra == "extra", but 1 is there']
    assert len(unmet([read_wheel(p) for p in (own, a, b, c)], "linux", "3.11")) == 2


def test_leaving_parts_out_changes_nothing_else_and_refuses_what_is_needed(tmp_path):
    from delivery.wheels import check_record

    files = {"x/a.py": b"1", "x/big.dll": b"MZ", "x/y.pyd": b"MZ other.dll\0"}
    wheel = _wheel(tmp_path, "x", "1", [], files)
    assert lighten(wheel, ["nothing/*"]) == 0
    assert lighten(wheel, ["*/big.dll"]) == 1
    check_record(wheel)
    wheel = _wheel(tmp_path, "x", "2", [], {**files, "x/y.pyd": b"MZ\0big.dll\0"})
    with pytest.raises(BundleError, match=r"x/big.dll by x/y.pyd"):
        lighten(wheel, ["*/big.dll"])


@pytest.mark.skipif(sys.platform != "linux", reason="a desktop of Linux")
def test_a_linux_desktop_knows_projects_while_the_program_is_there(tmp_path, monkeypatch):
    import importlib.util

    spec = importlib.util.spec_from_file_location("starter_install", bundle.STARTERS / "install.py")
    install = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(install)
    data, target = tmp_path / "share", tmp_path / "share" / "beatplanner"
    target.mkdir(parents=True)
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    assert install.add_to_menu(target, {})
    entry, kind = data / "applications" / "beatplanner.desktop", data / "mime" / "packages" / "beatplanner.xml"
    assert f"MimeType={install.KIND};" in entry.read_text("utf-8")
    if shutil.which("update-mime-database"):
        assert f"{install.KIND}:*.beatplan" in (data / "mime" / "globs").read_text("utf-8")
    # another installation's entry and kind stay; the own ones go with the program
    (target / "installed.json").write_text("{}", "ascii")
    shutil.copy(bundle.STARTERS / "uninstall.sh", target / "uninstall.sh")
    mine = entry.read_text("utf-8")
    for text, there in ((mine.replace(str(target), "/opt/other"), True), (mine, False)):
        entry.write_text(text, "utf-8")
        (target / "installed.json").write_text("{}", "ascii")
        shutil.copy(bundle.STARTERS / "uninstall.sh", target / "uninstall.sh")
        subprocess.run(["sh", str(target / "uninstall.sh")], check=True, capture_output=True)
        assert entry.exists() == kind.exists() == there
        target.mkdir(exist_ok=True)
