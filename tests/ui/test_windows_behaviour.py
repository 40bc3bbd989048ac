"""What the users' Windows laptops do to a program, imitated: code pages, line ends, locked files, names, long paths, spawn."""

from __future__ import annotations

import ctypes
import json
import ntpath
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import SimpleNamespace

import geopandas
import openpyxl
import pytest

from beatplanner.data import output_place, paths, running_programs
from beatplanner.data.errors import InputError
from beatplanner.data.output_place import check_place, own_name, project_name, recover_output, swap_in
from beatplanner.data.paths import long_paths, read_only_uri, relative_or_whole, whole_path
from conftest import write_grid_town

ROOT = Path(__file__).parents[2]


def beatplanner(*arguments: object, encoding: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program as from a console in a code page, its output redirected."""
    environment = {
        **os.environ,
        "PYTHONIOENCODING": encoding,
        "PYTHONUTF8": "0",
        "PYTHONPATH": str(ROOT / "src"),
        **more,
    }
    return subprocess.run(
        [sys.executable, "-m", "beatplanner", *(str(a) for a in arguments)],
        capture_output=True,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251"])
def test_no_letter_ends_the_program_in_an_old_code_page(tmp_path, encoding):
    town = write_grid_town(tmp_path / "Скопје ž ă")
    frame = town.units()
    frame.loc[5, "pop"] = None
    town.write_units(frame)
    done = beatplanner("check", town.project, encoding=encoding)
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr
    assert b"error of its own" not in done.stderr
    assert done.stdout
    done = beatplanner("check", town.folder / "нема.toml", encoding=encoding)
    assert done.returncode == 1
    assert b"error of its own" not in done.stderr
    assert encoding != "cp1251" or "нема.toml".encode("cp1251") in done.stderr + done.stdout


def test_without_any_console_the_program_still_ends_well(town, monkeypatch):
    from beatplanner.ui.commands import app as command_line

    # so it is under pythonw.exe, which the Start menu uses
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "argv", ["beatplanner", "check", str(town.folder / "none.toml")])
    with pytest.raises(SystemExit) as end:
        command_line.run()
    assert end.value.code == 1


def test_windows_line_ends_in_description_and_tables(town, command):
    for name in ("project.toml", "incidents.csv", "sites.csv"):
        path = town.path(name)
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    code, said, error = command("check", town.project)
    assert code == 0, said + error


@pytest.mark.parametrize(
    "name", ["con", "AUX", "nul.txt", "Com1", "lpt9.plan", "plan.", "plan ", "a:b", "what?", "a|b", 'quo"te']
)
def test_no_result_gets_a_name_that_windows_cannot_hold(tmp_path, name):
    # put together as text: on Windows “a:b” beside a folder is a file of drive A
    with pytest.raises(InputError, match="Windows"):
        check_place(Path(f"{tmp_path}{os.sep}{name}"))


@pytest.mark.parametrize(
    "name", ["plan", "console", "Cono 2", "aux-plan", "план (1)", ".plan", "com", "a & b", "100 %"]
)
def test_ordinary_names_are_taken(tmp_path, name):
    check_place(tmp_path / name)


@pytest.mark.parametrize("place", [r"D:\plans\may", r"\\server\share\plans\may", r"\\?\C:\plans\may"])
def test_drives_and_shares_are_taken(place):
    check_place(PureWindowsPath(place), windows=True)


@pytest.mark.parametrize("place", ["D:\\", "\\\\server\\share\\", "D:"])
def test_a_whole_drive_or_share_is_never_replaced(place):
    with pytest.raises(InputError, match="whole drive or share"):
        check_place(PureWindowsPath(place), windows=True)


@pytest.mark.parametrize(
    ("place", "address"),
    [
        (PureWindowsPath(r"C:\towns\град 1.gpkg"), "file:///C:/towns/%D0%B3%D1%80%D0%B0%D0%B4%201.gpkg?mode=ro"),
        (PureWindowsPath(r"\\server\share\a#1.gpkg"), "file:////server/share/a%231.gpkg?mode=ro"),
        (PurePosixPath("/towns/a?.gpkg"), "file:///towns/a%3F.gpkg?mode=ro"),
    ],
)
def test_sqlite_finds_files_on_drives_and_shares(place, address):
    assert read_only_uri(place) == address


def test_sqlite_opens_by_such_an_address(tmp_path):
    file = tmp_path / "a # град 100 %.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE t (x)")
    with closing(sqlite3.connect(read_only_uri(file), uri=True)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchone() == ("t",)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database.execute("INSERT INTO t VALUES (1)")
    # a share's name is a path to SQLite, never a server to be asked
    share = read_only_uri(PureWindowsPath(r"\\server\share\no.gpkg"))
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(share, uri=True)


def test_a_path_on_another_drive_stays_whole(monkeypatch):
    monkeypatch.setattr("beatplanner.data.paths.os.path.relpath", ntpath.relpath)
    monkeypatch.setattr("beatplanner.data.paths.PurePath", PureWindowsPath)
    assert relative_or_whole(PureWindowsPath(r"C:\a\b"), PureWindowsPath(r"C:\a\c")) == "../b"
    assert relative_or_whole(PureWindowsPath(r"D:\b"), PureWindowsPath(r"C:\a")) == "D:/b"
    assert relative_or_whole(PureWindowsPath(r"\\s\x\b"), PureWindowsPath(r"C:\a")) == "//s/x/b"


def test_names_that_differ_only_in_case_or_signs_get_files_of_their_own():
    taken: set[str] = set()
    names = [
        own_name(text, taken)
        for text in ("North (A) post 1", "NORTH (a) post 1", "North/ (A) post 1", "con", "...", "Центар")
    ]
    assert names == ["North (A) post 1", "NORTH (a) post 1 2", "North (A) post 1 3", "con file", "unnamed", "Центар"]
    assert len({n.casefold() for n in names}) == len(names)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Skopje / Čair", "Skopje - Čair"),
        (r"a\b", "a-b"),
        ("../../up", "-..-up"),
        ("<b>2026:2027</b>", "-b-2026-2027--b-"),
        ("aux", "aux file"),
        ("x" * 300, "x" * 80),
    ],
)
def test_what_a_project_is_called_is_one_name_of_a_file(words, name):
    assert project_name(words) == name
    check_place(PureWindowsPath("C:/") / name)


@pytest.mark.usefixtures("without_pack")
def test_beats_that_differ_only_in_case_each_keep_their_job_descriptions(town, command):
    """Beats "A" and "a" are two beats; on Windows the second's files would overwrite the first's."""
    names = {"1": "A", "2": "a"}
    old = geopandas.read_file(town.path("old.gpkg"))
    old["beat"] = [names.get(str(b), str(b)) for b in old["beat"]]
    old.to_file(town.path("old.gpkg"), driver="GPKG")
    roster = openpyxl.load_workbook(town.path("officers.xlsx"))
    column = [c.value for c in roster.active[1]].index("beat") + 1
    for (cell,) in roster.active.iter_rows(min_row=2, min_col=column, max_col=column):
        cell.value = names.get(str(cell.value), cell.value)
    roster.save(town.path("officers.xlsx"))
    out = town.folder / "plan"
    code, _, error = command("plan", town.project, "--out", out)
    assert code == 0, error
    beats = geopandas.read_file(out / "plan.gpkg", layer="beats")
    assert {"A", "a"} <= set(beats["beat"])
    files = [p.name.casefold() for p in (out / "job_descriptions").iterdir()]
    assert len(files) == len(set(files)) == json.loads((out / "summary.json").read_text("utf-8"))["officers"]["posts"]


def test_a_reserved_name_is_refused_before_any_work(town, command, monkeypatch):
    real = Path.resolve
    # as Windows does, and wine
    monkeypatch.setattr(
        Path, "resolve", lambda p, strict=False: Path("/dev/ttyS0") if p.stem in ("aux", "con") else real(p, strict)
    )
    code, _, error = command("plan", town.project, "--out", town.folder / "aux")
    assert code == 1
    assert "keeps for a device" in error
    # the device itself is there on Windows
    assert not (town.folder / "aux").is_dir()
    code, _, error = command("build", town.project, "-o", town.folder / "con.gpkg")
    assert code == 1
    assert "keeps for a device" in error


def test_a_path_too_long_for_windows_is_told_in_letters(monkeypatch):
    monkeypatch.setattr(output_place, "long_paths", lambda: False)
    long = Path("C:/") / ("x" * 120) / ("y" * 120)
    with pytest.raises(InputError, match="too long for Windows by 45 letters"):
        check_place(long, windows=True)
    check_place(long, windows=False)
    check_place(Path("C:/towns/plan"), windows=True)


def test_a_path_that_windows_does_not_open_is_named_with_its_length(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "long_paths", lambda: False)
    long = str(tmp_path / ("y" * 120) / ("z" * 150))
    with pytest.raises(InputError, match=f"has {len(long)} letters, and this Windows opens 259"):
        whole_path(long, windows=True)
    assert whole_path(long, windows=False) == Path(long)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows, whose lengths are tried apart")
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("loop/town", "leads back to itself"),
        ("x" * 300, "the longest name in it 30"),
        ("y" * 200 + "/" + "z/" * 2500 + "a", "more than this system takes"),
    ],
)
def test_a_path_that_no_system_opens_is_told_where_it_is_read_and_written(town, command, monkeypatch, place, said):
    monkeypatch.chdir(town.folder)
    Path("loop").symlink_to("loop")
    for line in (("check", f"{place}.toml"), ("build", town.project, "-o", f"{place}.beatplan")):
        code, out, error = command(*line)
        # on narrow lines
        message = " ".join((out + error).split())
        assert (code, said in message) == (1, True), message
    if "loop" not in place:
        code, _, error = command("verify", place)
        assert (code, "letters cannot be opened" in " ".join(error.split())) == (1, True), error


@pytest.fixture
def silent_disk(monkeypatch):
    """Have a disk that does not say where its paths lead: those in memory, some shares and wine's."""

    def refuse(path, strict=False):
        raise OSError(234, "More data available", str(path))

    monkeypatch.setattr(Path, "resolve", refuse)


def test_a_disk_that_does_not_say_where_its_paths_lead_is_used(tmp_path, town, command, monkeypatch, silent_disk):
    assert command("build", town.project, "-o", tmp_path / "town.beatplan")[0] == 0
    monkeypatch.chdir(tmp_path)
    assert whole_path("a/../b") == tmp_path / "b"
    # nor does what is no place at all end a command before it can say so
    recover_output(Path("x" * 5000))


def test_where_a_link_leads_is_not_guessed(tmp_path, monkeypatch, silent_disk):
    # what must stay in a folder could lie elsewhere
    monkeypatch.chdir(tmp_path)
    if os.name == "nt":
        # a junction, which needs no rights
        import _winapi

        try:
            _winapi.CreateJunction("C:\\", str(tmp_path / "link"))
        except OSError:
            pytest.skip("wine makes no junctions")
    else:
        (tmp_path / "link").symlink_to("/", target_is_directory=True)
    with pytest.raises(InputError, match="a link in the path cannot be followed"):
        whole_path("link/etc")


def test_paths_over_260_letters_with_spaces_and_cyrillic_work_where_the_system_allows(tmp_path, command):
    folder = tmp_path
    while len(str(folder)) < 280:
        folder = folder / "Opština Центар and everything around it"
    try:
        town = write_grid_town(folder)
    except OSError:
        pytest.skip("this system has no long paths")
    code, _, error = command("build", town.project, "-o", town.folder / "град 1.gpkg")
    if os.name == "nt" and not long_paths():
        assert code == 1, error
        assert "letters, and this Windows opens 259" in error
        return
    assert code == 0, error
    assert command("check", town.folder / "град 1.gpkg")[0] == 0


@pytest.fixture
def held(monkeypatch):
    """Files that another program holds open for some tries, as Excel and OneDrive do on Windows."""
    tries = {"left": 0}
    rename, replace = Path.rename, Path.replace

    def refuse(original, path, target):
        # what lies in the place of the result is held; what was written beside is not
        if tries["left"] > 0 and ".part" in path.name and "-new" not in Path(target).name:
            tries["left"] -= 1
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        return original(path, target)

    monkeypatch.setattr(Path, "rename", lambda path, target: refuse(rename, path, target))
    monkeypatch.setattr(Path, "replace", lambda path, target: refuse(replace, path, target))
    # where folders are exchanged in one step nobody is asked
    monkeypatch.setattr(output_place, "_exchange", lambda one, other: False)
    monkeypatch.setattr(output_place, "PAUSE", 0.0)
    return tries


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_file_held_for_a_moment_is_tried_again(tmp_path, held, kind):
    part, out = tmp_path / ".plan.1.part", tmp_path / "plan"
    for path, text in ((part, "new"), (out, "old")):
        if kind == "folder":
            path.mkdir()
            (path / "a.txt").write_text(text)
        else:
            path.write_text(text)
    held["left"] = 5
    swap_in(part, out)
    assert (out / "a.txt" if kind == "folder" else out).read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plan"]


def test_a_file_held_for_good_loses_neither_result(tmp_path, held):
    out = tmp_path / "map.png"
    out.write_text("old")
    for expected in ("map-new.png", "map-new-2.png"):
        held["left"] = 1000
        part = tmp_path / ".map.1.part.png"
        part.write_text(expected)
        with pytest.raises(InputError, match=f"(?s)open in another program.*{expected}"):
            swap_in(part, out)
        assert (tmp_path / expected).read_text() == expected
    assert out.read_text() == "old"


def test_a_project_that_qgis_holds_is_built_into_and_nothing_is_left_beside(town, command, held):
    out = town.folder / "town.beatplan"
    assert command("build", town.project, "-o", out)[0] == 0

    def saved() -> str:
        with closing(sqlite3.connect(out)) as database:
            return database.execute("SELECT value FROM beatplanner_meta WHERE key = 'save_id'").fetchone()[0]

    before, inode = saved(), out.stat().st_ino
    with closing(sqlite3.connect(out)) as reader:
        reader.execute("SELECT count(*) FROM units").fetchone()
        held["left"] = 1000
        assert command("build", town.project, "-o", out)[0] == 0
        assert saved() != before and out.stat().st_ino == inode
        # one that changes it has it for itself
        reader.execute("BEGIN IMMEDIATE")
        held["left"] = 1000
        code, _, error = command("build", town.project, "-o", out)
        assert code == 1
        assert "such as QGIS, has the project open" in error
    assert not [p.name for p in town.folder.iterdir() if "part" in p.name or "-new" in p.name]


def test_a_process_of_another_windows_user_runs(monkeypatch):
    """Windows tells nothing of it but that it is denied; a number that no process has is another answer."""
    denied, unknown = 5, 87
    last = [denied]
    kernel = SimpleNamespace(OpenProcess=lambda *_: 0)
    monkeypatch.setattr(ctypes, "WinDLL", lambda *_, **__: kernel, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: last[0], raising=False)
    monkeypatch.setattr(running_programs, "os", SimpleNamespace(name="nt"))
    assert running_programs.is_running(4711) and running_programs.start_of(4711) == ""
    last[0] = unknown
    assert not running_programs.is_running(4711)


def test_every_process_is_spawned_and_nothing_is_posix_only():
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"os\.fork|[\"']fork(server)?[\"']|^import (fcntl|pwd|grp|resource|termios)\b", text, re.MULTILINE
        ), path
        for method in re.findall(r"get_context\((.*?)\)", text):
            assert method == '"spawn"', path
        assert not re.search(r"\bopen\((?![^)]*(encoding|\"[rwa]b\"))[^)]*\"[rwa]\"", text), (
            f"{path}: text without an encoding"
        )
    code = "import multiprocessing, sys; sys.argv = ['beatplanner', '--help']; import beatplanner.__main__ as m\ntry:\n m.main()\nexcept SystemExit:\n print(multiprocessing.get_start_method())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout.splitlines()[-1] == "spawn"


def test_a_crash_report_stays_here_and_holds_no_data(town, command, monkeypatch, tmp_path):
    import platformdirs

    import beatplanner.data.guided_import.checks

    monkeypatch.setattr(platformdirs, "user_log_path", lambda *a, **k: tmp_path / "logs")
    (tmp_path / "logs").mkdir()
    secret = "Ana Petrovska, 070 123 456"

    def break_down(project):
        # in a file of the user's own, below a folder of a name that programs have
        own = tmp_path / "src" / secret / "own.py"
        exec(
            compile("raise RuntimeError(f'{officer} in {project}')", own, "exec"),
            {"officer": secret, "project": project},
        )

    monkeypatch.setattr(beatplanner.data.guided_import.checks, "check", break_down)
    code, _, error = command("check", town.project)
    assert code == 70
    assert "error of its own" in error
    assert "Traceback" not in error
    report = next((tmp_path / "logs").glob("crash-*.txt"))
    assert str(report) in error.replace("\n", "")
    text = report.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert "beatplanner/ui/commands/app.py, line" in text
    assert "  own.py, line 1" in text
    assert "beatplanner 0" in text
    for private in ("Petrovska", "070", str(town.folder), str(Path.home()), "Град"):
        assert private not in text


def test_settings_and_logs_are_where_the_system_keeps_them():
    sources = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.py"))
    assert "user_config_path" in sources
    assert "user_log_path" in sources
    assert not re.search(r"Path\.home\(\)|expanduser\(|APPDATA|\.config/", sources)


def test_versions_name_everything_that_computes(command):
    from beatplanner.planning.versions import versions

    code, said, _ = command("--version")
    assert code == 0
    # the command line loads nothing for it; what a plan was made with, and a crash report, name the compiled libraries too
    for name in ("python", "beatplanner", "highspy", "numpy", "scipy", "numba", "shapely", "pyproj", "pyogrio"):
        assert re.search(rf"^{name} \d", said, re.MULTILINE), name
        assert name in versions()
    assert {"GEOS", "PROJ", "GDAL"} <= versions().keys()
    assert json.dumps(versions())
