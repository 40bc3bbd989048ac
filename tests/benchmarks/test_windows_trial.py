"""The trial of the setup file for Windows goes on where it stopped, and its older version differs in nothing but the number."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmarks import windows, windows_wine


class NoWindows:
    """Stands in for a Windows."""

    without_kernels = nullcontext

    def kill(self) -> None:
        """Do nothing."""


def test_a_trial_goes_on_with_the_parts_that_did_not_end_or_failed(tmp_path, monkeypatch, capsys):
    run: list[str] = []

    def part(name: str, good: list[bool]):
        def trial(trials, _windows, _setups, _place):
            run.append(name)
            if not good:
                raise KeyboardInterrupt
            trials.check(f"what {name} tries", good.pop(0))

        return trial

    monkeypatch.setattr(
        windows,
        "PARTS",
        {"at_home": part("at_home", [True, True]), "killed": part("killed", [False, True]), "tests": part("tests", [])},
    )
    monkeypatch.setattr(windows, "made_ready", lambda *_: (NoWindows(), None, None))
    setup, kept = tmp_path / "setup.exe", tmp_path / "kept"
    setup.write_bytes(b"MZ")

    def call(*only: str) -> int:
        run.clear()
        monkeypatch.setattr(sys, "argv", ["windows", str(setup), "--keep", str(kept), "--only", *only])
        return windows.main()

    with pytest.raises(KeyboardInterrupt):
        call("at_home", "killed", "tests")
    assert run == ["at_home", "killed", "tests"]
    # what was good is told again and not tried again; what failed is
    capsys.readouterr()
    assert call("at_home", "killed") == 0 and run == ["killed"]
    assert "ok   what at_home tries (earlier)" in capsys.readouterr().out
    assert call("at_home", "killed") == 0 and run == []
    # of another setup file nothing was tried
    setup.write_bytes(b"MZ2")
    assert call("at_home") == 0 and run == ["at_home"]


def test_a_second_setup_is_tried_beside_one_that_has_begun_however_long_that_takes(tmp_path, monkeypatch):
    class Setup:
        """Begins to write when it is asked for the third time whether it ended."""

        asked, returncode = 0, 3
        mark = tmp_path / "0.0.9-a" / windows.MARK

        def poll(self) -> None:
            self.asked += 1
            if self.asked == 3:
                self.mark.parent.mkdir()
                self.mark.touch()

        def communicate(self) -> None:
            return

    class Upgraded(NoWindows):
        def start(self, *_: str) -> Setup:
            return Setup()

        def run(self, program: str, *_: str) -> tuple[int, str]:
            if Setup.mark.exists():
                return 2, ""
            (tmp_path / "current.txt").write_text("0.0.9-a" if program == "older" else "0.1.0-b")
            return 0, ""

        def line(self, _: str, line: str) -> tuple[int, str]:
            version = (tmp_path / "current.txt").read_text().partition("-")[0]
            return (2, "") if "uninstall" in line else (0, f"beatplanner {version}")

    monkeypatch.setattr(windows, "time", SimpleNamespace(sleep=lambda _: None))
    trials, setups = windows_wine.Trials(), SimpleNamespace(setup="newer", older="older", portable=None)
    windows.upgraded(trials, Upgraded(), setups, windows_wine.Place("python", "C:", tmp_path))
    assert trials.failed == 0 and any("a second setup beside the first" in line for line in trials.lines)


def test_the_older_version_of_a_trial_is_the_same_by_another_number(tmp_path, monkeypatch):
    portable, made = tmp_path / "portable.zip", {}
    files = {
        "beatplanner.exe": "launcher",
        "current.txt": "1.2.3-abc",
        "1.2.3-abc/libraries/beatplanner/__init__.py": '"""A."""\n\n__version__ = "1.2.3"\n',
        "1.2.3-abc/libraries/beatplanner-1.2.3.dist-info/METADATA": "Name: beatplanner\nVersion: 1.2.3\nRequires: a==1.2.3\n",
        "1.2.3-abc/python/python.exe": "python",
    }
    with zipfile.ZipFile(portable, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"beatplanner/{name}", text)

    def make(content: Path, out: Path, version: str, build: str, **_: str) -> int:
        assert (content.parent / "beatplanner.exe").is_file() and build.startswith("0.0.9-")
        made.update({p.relative_to(content).as_posix(): p.read_text() for p in content.rglob("*") if p.is_file()})
        return out.write_text(version)

    monkeypatch.setattr(windows_wine, "make_setup", make)
    assert windows_wine.older_setup(tmp_path, portable).read_text() == "0.0.9"
    assert made == {
        "libraries/beatplanner/__init__.py": '"""A."""\n\n__version__ = "0.0.9"\n',
        "libraries/beatplanner-0.0.9.dist-info/METADATA": "Name: beatplanner\nVersion: 0.0.9\nRequires: a==1.2.3\n",
        "python/python.exe": "python",
    }


def test_kernels_are_not_compiled_in_the_windows_that_is_tried_and_are_elsewhere(tmp_path):
    code, module = "import time; time.sleep(86_400)", ("-m", "beatplanner.planning.prepared", "beats")
    tried, other = windows_wine.Windows(tmp_path / "tried"), windows_wine.Windows(tmp_path / "tried too")
    compiles, elsewhere = (
        subprocess.Popen([sys.executable, "-S", "-c", code, *module], env=w.environment) for w in (tried, other)
    )
    works = subprocess.Popen([sys.executable, "-S", "-c", code, "-m", "beatplanner"], env=tried.environment)
    try:
        with tried.without_kernels():
            assert compiles.wait() == -9
        assert (elsewhere.poll(), works.poll()) == (None, None)
    finally:
        for process in (compiles, elsewhere, works):
            process.kill()
            process.wait()
