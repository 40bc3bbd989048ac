"""The starters for Windows, as far as they can be judged elsewhere: text, line ends, quoting, labels, grammar."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
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


def test_powershell_follows_its_grammar(starters):
    grammar = pytest.importorskip("tree_sitter_powershell", reason="tree-sitter-powershell is not installed")
    sitter = pytest.importorskip("tree_sitter")
    parser = sitter.Parser(sitter.Language(grammar.language()))
    for path in starters.glob("*.ps1"):
        tree = parser.parse(path.read_bytes())
        assert not tree.root_node.has_error, path.name
    assert parser.parse(b"if ($x { 1 }").root_node.has_error, "the grammar finds errors"


def test_powershell_asks_for_no_administrator(starters):
    for path in starters.glob("*.ps1"):
        text = path.read_text("ascii")
        assert "HKLM" not in text
        assert "RunAs" not in text
        assert "HKCU:" in text


def test_cmd_files_run_where_wine_is(starters, tmp_path):
    wine = shutil.which("wine") or shutil.which("wine64")
    if wine is None:
        pytest.skip("wine is not installed")
    environment = {**os.environ, "WINEPREFIX": str(tmp_path / "wine"), "WINEDEBUG": "-all", "DISPLAY": ""}

    def cmd(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [wine, "cmd", "/c", line],
            cwd=starters,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=120,
        )

    done = cmd("install.cmd --check")
    assert done.returncode == 1
    assert "Unpack the whole archive first" in done.stdout
    (starters / "wheels").mkdir()
    done = cmd("install.cmd --check")
    assert done.returncode == 1
    assert "needs Python 3.13" in done.stdout
    assert "https://www.python.org/downloads/windows/" in done.stdout
    done = cmd("beatplanner.cmd --version")
    assert done.returncode == 1
    assert "not installed yet" in done.stdout
    done = cmd("uninstall.cmd /quiet")
    assert done.returncode == 1
    assert "not installed in this folder" in done.stdout


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
