"""What import-linter cannot hold: planning writes nothing itself, for only the result's writers (`data/result`, `data/publish`) do.

And no module takes a name with an underscore from another.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping

from parsed import nodes_of, tree_of, trees_are_forgotten  # noqa: F401 (a fixture of every test)

from conftest import ROOT

# Methods and functions that write, wherever their name stands: `map(Path.unlink, files)` calls none by itself.
WRITERS = {
    *("write_text", "write_bytes", "writelines", "to_file", "to_csv", "to_excel", "to_parquet", "to_pickle", "to_json"),
    *("savez", "savez_compressed", "savetxt", "savefig", "tofile", "dump", "mkdir", "makedirs", "mkdtemp", "mkstemp"),
    *("copy2", "copyfile", "copyfileobj", "copytree", "rmtree", "unlink", "rmdir", "removedirs", "symlink_to", "chmod"),
    *("hardlink_to", "extractall", "make_archive", "TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile"),
    *("truncate", "write_dataframe", "write_arrow", "to_feather", "to_sql", "to_hdf", "memmap", "urlretrieve"),
    *("FileIO", "FileHandler", "ExcelWriter", "HDFStore", "open_memmap", "write_array", "basicConfig", "saveas"),
    *("to_html", "to_xml", "to_latex", "to_markdown", "to_stata", "to_orc", "unpack_archive", "mkfifo", "mknod"),
}
# By their whole names, whatever they are imported as; what other things have too.
OF_MODULES = {
    *("os.replace", "os.rename", "os.renames", "os.remove", "os.link", "os.symlink", "os.utime", "os.system"),
    *("shutil.copy", "shutil.move", "numpy.save", "pathlib.Path.touch", "pathlib.Path.rename", "pathlib.Path.replace"),
    # a database is opened by `opened_database`, for reading
    *("sqlite3.connect", "sqlite3.Connection", "shelve.open", "dbm.open"),
}
# What a program started from here writes, nobody sees.
PROGRAMS = ("subprocess.", "os.exec", "os.spawn", "os.popen")
# Packages that make files of what they are given, whatever is called.
WRITING = ("xlsxwriter.", "docx.", "reportlab.")
# Methods of a path that other things have too: by what they are called with.
OF_PATHS = {"replace", "rename"}
TWO_ARGUMENTS = {"pathlib.Path.open", "io.open", "builtins.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open"}
OPEN = {"open", "fdopen", "ZipFile", "GzipFile", "BZ2File", "LZMAFile", "TarFile"}
PLANNING = ROOT / "src" / "beatplanner" / "planning"
MAY = {
    "prepared.py": "a mark in the user's cache, that the solvers are compiled",
    "beats/parallel.py": "a municipality that is planned, so that a run that broke off goes on",
}


def _imported(text: str) -> dict[str, str]:
    """Return what each imported name stands for, whole: ``{"np": "numpy", "move": "shutil.move"}``."""
    found: dict[str, str] = {}
    for node in nodes_of(text):
        if isinstance(node, ast.Import):
            found |= {a.asname: a.name for a in node.names if a.asname}
            found |= {a.name.split(".")[0]: a.name.split(".")[0] for a in node.names if not a.asname}
        elif isinstance(node, ast.ImportFrom):
            found |= {a.asname or a.name: f"{'.' * node.level}{node.module or ''}.{a.name}" for a in node.names}
    return found


def _whole_name(node: ast.AST, imported: Mapping[str, str]) -> str:
    """Return what a name, or an attribute of one, stands for; empty for anything else."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        of = _whole_name(node.value, imported)
        return f"{of}.{node.attr}" if of else ""
    return ""


def _writes(text: str) -> list[str]:
    """Return what writes a file: calls, and writers that are handed on to be called elsewhere."""
    found, nodes = [], nodes_of(text)
    imported = _imported(text)
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            whole = _whole_name(node, imported)
            last = node.attr if isinstance(node, ast.Attribute) else whole.rpartition(".")[2] if "." in whole else ""
            if last in WRITERS or whole in OF_MODULES or whole.startswith((*PROGRAMS, *WRITING)):
                found.append(f"{node.lineno}: {last}")
            elif whole in ("open", "io.open", "builtins.open") and id(node) not in called:
                # what it is called with elsewhere is not seen
                found.append(f"{node.lineno}: open")
        elif isinstance(node, ast.Call):
            of = _whole_name(node.func, imported)
            name = getattr(node.func, "attr", "") or of.rpartition(".")[2]
            words = [*node.args, *(k.value for k in node.keywords if k.arg == "mode")]
            modes = [w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)]
            # a mode that is not written there may be any; what a class of ours opens is a thing of its own
            by_class = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
            by_class = by_class and ast.unparse(node.func)[0].isupper() and of != "pathlib.Path.open"
            if name in OPEN and not by_class:
                at = 0 if isinstance(node.func, ast.Attribute) and of not in TWO_ARGUMENTS and name == "open" else 1
                given = [*node.args[at : at + 1], *(k.value for k in node.keywords if k.arg in ("mode", None))]
                modes += ["w" for w in given if not isinstance(w, ast.Constant)]
            opened = name in OPEN and any(set(m) & set("wax+") and len(m) < 4 for m in modes)
            # `a.replace(b)` moves a file, where text is replaced by two arguments and fields by names
            to = [k.arg for k in node.keywords]
            moved = (
                name in OF_PATHS and isinstance(node.func, ast.Attribute) and len(node.args) + len(to) == 1
            ) and to in ([], ["target"])
            made = name == "touch" and not node.args
            # a method that is asked for by its name, and what a book or a picture is saved to
            asked = name in {"getattr", "attrgetter", "methodcaller"} and any(m in WRITERS for m in modes)
            saved = name == "save" and bool(node.args)
            if made or opened or moved or asked or saved:
                found.append(f"{node.lineno}: {name}")
    return found


def test_planning_writes_nothing():
    wrong = {
        str(p.relative_to(PLANNING).as_posix()): w
        for p in PLANNING.rglob("*.py")
        if (w := _writes(p.read_text("utf-8")))
    }
    assert set(wrong) == set(MAY), f"let a writer of data/result write it: {wrong}"


def test_a_write_is_found():
    writes = """
        p.write_text('x')
        open(p, 'w')
        p.open(mode='ab')
        frame.to_csv(p)
        json.dump(a, f)
        p.mkdir()
        shutil.copyfile(a, b)
        shutil.rmtree(p)
        p.unlink(missing_ok=True)
        part.replace(p)
        os.replace(a, b)
        tempfile.mkdtemp()
        p.rename(q)
        zipfile.ZipFile(p, 'w')
        os.makedirs(p)
        open(p, mode)
        p.open("w" if new else "r")
        p.open(mode=mode)
        p.touch()
        pyogrio.write_dataframe(frame, p)
        from shutil import move; move(a, b)
        from os import remove as away; away(a)
        import os as o; o.rename(a, b)
        import numpy; numpy.save(p, a)
        list(map(Path.unlink, files))
        stack.callback(shutil.rmtree, p)
        write = p.write_text
        getattr(p, "write_text")("x")
        p.replace(target=q)
        from pathlib import Path; Path.touch(p)
        from pathlib import Path; Path.open(p, "w")
        book.save(p)
        numpy.savetxt(p, a)
        a.tofile(p)
        gzip.GzipFile(p, "wb")
        io.FileIO(p, "w")
        import sqlite3; sqlite3.connect(p)
        import subprocess; subprocess.run(["touch", p])
        Path(p).open(mode)
        from io import open as o; o(p, "w")
        frame.to_html(p)
        pd.ExcelWriter(p)
        import xlsxwriter; xlsxwriter.Workbook(p)
        import sqlite3; sqlite3.Connection(p)
        partial(open, p, "w")()
        opener = open; opener(p, "w")
        open(p, **how)
        zipfile.ZipFile(p, mode)
    """
    lines = [line.strip() for line in writes.strip().splitlines()]
    assert [line for line in lines if not _writes(line)] == []
    assert not _writes(
        "p.read_text(); open(p); p.open('rb'); s.replace('a', 'b'); replace(x, a=1); t.rename(columns={}); document.save()"
    )


# What rooms of `data` beside the results' writers have that writes, and planning calls: places of results are made, tried, swapped and emptied by
# `output_place` alone, and a database of ours is opened by `geopackages`.
LENT = {
    "make_folder": "the folder of a result",
    "scratch_folder": "a folder of this process for a moment",
    "delete_files": "the folder of a pack is emptied",
    "written_anew": "a result that is written beside and swapped in",
    "move": "a mark of the user's cache",
    "plain_geopackage": "a copy for a moment, that GDAL may open",
    "opened_database": "a database that is read",
    "build": "the project of the sample town",
    "write_sample_town": "the layers of the sample town",
}


def _writing_functions() -> dict[str, str]:
    """Return the functions of `data`, beside those of results and pages, that write by themselves: by name, where they stand."""
    found: dict[str, str] = {}
    room = ROOT / "src" / "beatplanner" / "data"
    for file in room.rglob("*.py"):
        if file.relative_to(room).parts[0] in ("result", "publish"):
            continue
        text = file.read_text("utf-8")
        lines = {int(w.split(":")[0]) for w in _writes(text)}
        for node in tree_of(text).body:
            if isinstance(node, ast.FunctionDef) and not _is_private(node.name):
                if lines & set(range(node.lineno, (node.end_lineno or 0) + 1)):
                    found[node.name] = file.relative_to(room).as_posix()
    return found


def test_planning_has_nothing_written_for_it_but_places_of_results():
    writing = _writing_functions()
    # the measure itself
    assert {"append_layer", "swap_in", "move"} <= set(writing)
    taken: dict[str, set[str]] = {}
    for file in PLANNING.rglob("*.py"):
        for node in nodes_of(file.read_text("utf-8")):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("beatplanner.data."):
                for name in node.names:
                    where = (node.module or "").removeprefix("beatplanner.data.").replace(".", "/") + ".py"
                    if writing.get(name.name) == where:
                        taken.setdefault(name.name, set()).add(file.relative_to(PLANNING).as_posix())
    assert set(taken) == set(LENT), f"let a writer of data/result write it: {taken}"


def _private(text: str, package: str = "beatplanner") -> list[str]:
    """Return the names with an underscore that a module of a package takes from another of ours."""
    imported = _imported(text)
    taken = []
    for node in nodes_of(text):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == package):
            taken += [f"{node.lineno}: {a.name}" for a in node.names if _is_private(a.name)]
        elif isinstance(node, ast.Attribute) and _is_private(node.attr) and (of := _whole_name(node.value, imported)):
            # an object of a name of our own is not a module, nor is a class within its own file
            if of.startswith((f"{package}.", ".")):
                taken.append(f"{node.lineno}: {of.rpartition('.')[2]}.{node.attr}")
        elif isinstance(node, ast.Attribute) and _is_private(node.attr) and _is_module(node.value, imported, package):
            taken.append(f"{node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.Subscript) and _is_private(str(getattr(name := node.slice, "value", ""))):
            # the names of a module as a table
            of = next(
                (w for n in ast.walk(node.value) if (w := _whole_name(n, imported)).startswith(f"{package}.")), ""
            )
            if of and isinstance(name, ast.Constant) and isinstance(node.value, ast.Call | ast.Attribute):
                taken.append(f"{node.lineno}: {of.rpartition('.')[2]}.{name.value}")
        elif isinstance(node, ast.Call) and _whole_name(node.func, imported) == "operator.attrgetter":
            taken += [
                f"{node.lineno}: {a.value}"
                for a in node.args
                if isinstance(a, ast.Constant) and _is_private(str(a.value))
            ]
        elif isinstance(node, ast.Call) and _whole_name(node.func, imported) == "getattr" and len(node.args) > 1:
            of, name = _whole_name(node.args[0], imported), node.args[1]
            if of.startswith((f"{package}.", ".")) and isinstance(name, ast.Constant) and _is_private(str(name.value)):
                taken.append(f"{node.lineno}: {of.rpartition('.')[2]}.{name.value}")
    return taken


def _is_module(node: ast.AST, imported: Mapping[str, str], package: str) -> bool:
    """Tell whether an expression loads a module of a package by its name in a text."""
    loads = isinstance(node, ast.Call) and _whole_name(node.func, imported) in ("importlib.import_module", "__import__")
    loads = loads or (isinstance(node, ast.Subscript) and _whole_name(node.value, imported) == "sys.modules")
    return loads and any(isinstance(n, ast.Constant) and str(n.value).split(".")[0] == package for n in ast.walk(node))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_what_is_private_stays_in_its_module():
    """Held for all that ships; a test may look inside of what it tests."""
    taken = {
        p.relative_to(ROOT).as_posix(): w for p in (ROOT / "src").rglob("*.py") if (w := _private(p.read_text("utf-8")))
    }
    assert not taken, f"give the name that another module takes no underscore, and say what it does: {taken}"


def test_a_private_name_is_found():
    assert _private("from beatplanner.a import _b") and _private("from beatplanner import a\na._b()")
    for taken in (
        "import beatplanner.a\nbeatplanner.a._b()",
        "import beatplanner.a as c\nc._b()",
        "from beatplanner import a\ngetattr(a, '_b')()",
        "from .a import _b",
        "from . import a\na._b()",
        "from beatplanner.a import C\nC._b()",
        "import importlib\nimportlib.import_module('beatplanner.a')._b()",
        "import sys\nsys.modules['beatplanner.a']._b()",
        "from beatplanner import a\nvars(a)['_b']()",
        "from beatplanner import a\na.__dict__['_b']()",
        "from operator import attrgetter\nattrgetter('_b')(a)",
    ):
        assert _private(taken), taken
    assert not _private("from beatplanner.a import b, C\nb.c(); C(1); d._e(); self._f; import numpy as n; n._g")


# Names with an underscore that libraries give to all who use them.
OF_LIBRARIES = {"_asdict", "_replace", "_children", "_id", "_element", "_inline", "_p", "_style"}


def _private_of_others(text: str) -> list[str]:
    """Return the names with an underscore that a file takes from objects, and that nothing in it has made."""
    nodes = nodes_of(text)
    own = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)} | OF_LIBRARIES
    attributes = [n for n in nodes if isinstance(n, ast.Attribute) and _is_private(n.attr)]
    of_itself = [n for n in attributes if isinstance(n.value, ast.Name) and n.value.id in ("self", "cls")]
    own |= {n.attr for n in of_itself if isinstance(n.ctx, ast.Store)}
    own |= {n.target.id for n in nodes if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    others = [n for n in attributes if n not in of_itself and not ast.unparse(n.value).startswith("super(")]
    return [f"{n.lineno}: {ast.unparse(n)}" for n in others if n.attr not in own]


def test_what_is_private_of_an_object_stays_in_its_file():
    """As of modules: the window's parts took each other's."""
    taken = {
        p.relative_to(ROOT).as_posix(): w
        for p in (ROOT / "src").rglob("*.py")
        if (w := _private_of_others(p.read_text("utf-8")))
    }
    assert not taken, f"give what another file uses no underscore, and say what it does: {taken}"


def test_a_private_name_of_an_object_is_found():
    assert _private_of_others("def f(window):\n    window._tell()") == ["2: window._tell"]
    assert _private_of_others("class C:\n    def f(self):\n        self.map._path()") == ["3: self.map._path"]
    own = "class C:\n    def __init__(self):\n        self._a = 1\n    def _b(self, other):\n        return other._a, other._b, self._c, super()._d"
    assert _private_of_others(own) == []


def test_tests_stand_in_the_rooms_of_what_they_test():
    sources = ROOT / "src" / "beatplanner"
    own = {"benchmarks", "delivery"}
    rooms = {p.parent.relative_to(ROOT / "tests") for p in (ROOT / "tests").rglob("test_*.py")}
    strange = sorted(str(r) for r in rooms if r.parts and r.parts[0] not in own and not (sources / r).is_dir())
    assert not strange, f"no room of the program has these names: {strange}"


# ---- modules that are named in a text and loaded by it, which import-linter does not see


def _modules_named(text: str) -> set[str]:
    """Return what the texts of a file could be as names of modules; one that is put together cannot be read, and is given as its beginning."""
    found: set[str] = set()
    for node in nodes_of(text):
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            found |= {str(node.values[0].value)} if str(node.values[0].value).startswith("beatplanner.") else set()
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", node.value):
                found.add(node.value)
    return found


def _is_within(module: str, packages: Iterable[str]) -> bool:
    return any(f"{module}.".startswith(f"{p}.") for p in packages)


def _against(module: str, text: str, layers: list[list[str]], forbidden: list[Mapping[str, list[str]]]) -> list[str]:
    """Return the modules that a module names against the import contracts of ``pyproject.toml``."""

    def level(of: str) -> int | None:
        return next((i for i, names in enumerate(layers) if _is_within(of, names)), None)

    wrong: list[str] = []
    for named in sorted(_modules_named(text)):
        above, below = level(named), level(module)
        # a name alone, such as “pandas”, may be any word; one with a point is a module
        if "." in named and above is not None and below is not None:
            beside = above == below and not any(
                _is_within(named, [n]) and _is_within(module, [n]) for n in layers[above]
            )
            wrong += [named] if above < below or beside else []
        allowed = {(module, named)}
        for contract in forbidden:
            ignored = {tuple(line.split(" -> ")) for line in contract.get("ignore_imports", [])}
            holds = _is_within(module, contract["source_modules"]) and not allowed & ignored
            wrong += [named] if "." in named and holds and _is_within(named, contract["forbidden_modules"]) else []
    return list(dict.fromkeys(wrong))


def _contracts() -> tuple[list[list[str]], list[Mapping[str, list[str]]]]:
    every = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in every if c["type"] == "layers")
    return [[n.strip() for n in names.split("|")] for names in layers], [c for c in every if c["type"] == "forbidden"]


def test_modules_that_are_loaded_by_their_names_keep_the_directions():
    sources, (layers, forbidden) = ROOT / "src", _contracts()
    roots = {m.partition(".")[0] for c in forbidden for m in c["forbidden_modules"]}
    some = re.compile(rf"""["'](?:{"|".join(sorted(roots))})\.""")
    wrong: dict[str, list[str]] = {}
    for file in sources.rglob("*.py"):
        module = ".".join(file.relative_to(sources).with_suffix("").parts).removesuffix(".__init__")
        text = file.read_text("utf-8")
        if some.search(text) and (found := _against(module, text, layers, forbidden)):
            wrong[module] = found
    assert not wrong


def test_a_module_that_is_named_against_a_direction_is_found():
    layers, forbidden = _contracts()
    for module, text in {
        "beatplanner.data.side_work": 'W = ("beatplanner.planning.whole.run",)',
        "beatplanner.solver.clock": 'import_module("beatplanner.data.errors")',
        "beatplanner.planning.versions": 'load(f"beatplanner.ui.{room}")',
        "beatplanner.planning.verification.ledger": 'x = "beatplanner.solver.clock"',
        "beatplanner.data.colours": '__import__("PySide6.QtGui")',
    }.items():
        assert _against(module, text, layers, forbidden), module
    assert not _against("beatplanner.ui.words", 'import_module("beatplanner.data.errors"); "pandas"', layers, forbidden)


# ---- what the solver may load: whatever else it imports is told, not only the five libraries that import-linter knows

SOLVER = {
    *("numpy", "scipy", "numba", "highspy", "pulp", "networkx", "beatplanner"),
    *("__future__", "collections", "concurrent", "contextlib", "dataclasses", "functools", "heapq", "itertools"),
    *("math", "threading", "time", "typing"),
}
SOLVER_ALONE = {"compiled.py": ({"os", "pathlib", "shutil"}, "where numba keeps what it compiled")}


def _loaded(text: str) -> set[str]:
    """Return the packages that a module imports, in a function or at its head."""
    found: set[str] = set()
    for node in nodes_of(text):
        if isinstance(node, ast.Import):
            found |= {a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def test_the_solver_loads_what_computes_and_no_more():
    room = ROOT / "src" / "beatplanner" / "solver"
    more = {name: also for name, (also, _) in SOLVER_ALONE.items()}
    loaded = {f.relative_to(room).as_posix(): _loaded(f.read_text("utf-8")) for f in room.rglob("*.py")}
    strange = {name: found for name, of in loaded.items() if (found := of - SOLVER - more.get(name, set()))}
    assert not strange
    # nor does a list grow beyond what is there
    assert set().union(*loaded.values()) == SOLVER.union(*more.values())
    assert all(also <= loaded[name] for name, also in more.items())


def test_a_library_that_reads_files_is_found():
    text = "import numpy.linalg, openpyxl\nfrom . import clock\ndef f():\n    from pathlib import Path\n"
    assert _loaded(text) - SOLVER == {"openpyxl", "pathlib"}
