"""Sentences that planning makes, as templates with named fields: what the window's catalogues hold of them, read from the code itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from beatplanner.data.formats.damage import KINDS
from beatplanner.ui.desktop.session.damage import LAYERS, OTHERS

SOURCE = Path(__file__).resolve().parents[1] / "src" / "beatplanner"
# The modules whose sentences a window shows: why rules clash, what a plan warns of, what a draft breaks.
MODULES = (
    "planning/beats/alone.py",
    "planning/beats/levels.py",
    "planning/beats/conflicts.py",
    "planning/beats/drawing.py",
    "planning/beats/drawn_figures.py",
    "planning/beats/drawn_plan.py",
    "planning/beats/drawn_rules.py",
    "planning/beats/problems.py",
    "planning/officers/clashes.py",
    "planning/officers/fairness.py",
    "planning/officers/personnel.py",
    "planning/officers/roster_problem.py",
    "planning/officers/ways_out.py",
    "planning/stations/choice.py",
    "planning/stations/phases.py",
    "planning/stations/rules.py",
    "planning/stations/site_edits.py",
    "planning/service/abstraction.py",
    "planning/service/demand.py",
    "planning/service/least_minutes.py",
    "planning/service/lines.py",
    "planning/service/pattern.py",
    "planning/service/picture.py",
    "planning/service/redrawing.py",
    "planning/service/proposal.py",
    "planning/service/step.py",
    "planning/service/vacancies.py",
    "planning/changes/repair.py",
    "planning/changes/roster_edits.py",
    "planning/whole/stopped.py",
    "planning/whole/unfunded.py",
    "planning/workload.py",
    "ui/words.py",
    "ui/desktop/session/child_process.py",
    "ui/desktop/session/damage.py",
    "ui/desktop/session/drawing_process.py",
    "ui/desktop/session/edit_words.py",
    "ui/desktop/session/solving.py",
    "planning/verification/coverage.py",
    "data/causes.py",
    "data/result/ending.py",
    "data/description/checks.py",
    "data/description/inherit.py",
    "data/description/raw.py",
    "data/description/scenarios.py",
    "data/description/sections/base.py",
    "data/description/sections/forum.py",
    "data/description/sections/service.py",
    "data/description/version.py",
    "data/findings.py",
    "data/formats/archives.py",
    "data/formats/cells.py",
    "data/formats/damage.py",
    "data/formats/declared_encodings.py",
    "data/formats/extracts.py",
    "data/formats/geopackages.py",
    "data/formats/ids.py",
    "data/formats/layers.py",
    "data/formats/number_columns.py",
    "data/formats/points.py",
    "data/formats/polygons.py",
    "data/formats/rasters.py",
    "data/formats/text_tables.py",
    "data/formats/tiles.py",
    "data/formats/time_columns.py",
    "data/formats/vector_files.py",
    "data/formats/workbooks.py",
    "data/result/strict_json.py",
    "data/project/build.py",
    "data/project/document.py",
    "data/guided_import/doubts.py",
    "data/guided_import/draft.py",
    "data/guided_import/guessing.py",
    "data/guided_import/checks.py",
    "data/guided_import/mends.py",
    "data/guided_import/table_roles.py",
    "data/formats/datums.py",
    "data/town/borders.py",
    "data/town/categories.py",
    "data/town/columns.py",
    "data/town/coverage.py",
    "data/town/distances.py",
    "data/town/exchanged.py",
    "data/town/forum_tables.py",
    "data/town/homes.py",
    "data/town/incidents.py",
    "data/town/personnel.py",
    "data/town/population.py",
    "data/town/read_town.py",
    "data/town/reading.py",
    "data/town/recorded.py",
    "data/town/residents.py",
    "data/town/roads.py",
    "data/town/roster.py",
    "data/town/roster_dates.py",
    "data/town/service_tables.py",
    "data/town/sites.py",
    "data/town/today.py",
    "data/town/units.py",
    "data/town/walkable.py",
    "data/town/walks.py",
    "data/town/where.py",
)
# Modules of which a window shows only why something cannot be done: what their problems and notes say.
PROBLEMS_OF = (
    "data/output_place.py",
    "data/paths.py",
    "data/project/edits.py",
    "data/project/layers.py",
    "data/project/plan_archives.py",
    "data/project/safe_save.py",
    "data/project/save_job.py",
    "data/project/store.py",
    "data/publish/photos.py",
    "data/publish/public/pack_pdf.py",
    "data/publish/survey_report.py",
    "data/publish/templates.py",
    "data/publish/translation.py",
    "data/result/folder.py",
    "data/result/map_files.py",
    "planning/changes/mending.py",
    "planning/changes/replanning.py",
    "planning/compare/columns.py",
    "planning/compare/comparison.py",
    "planning/compare/surveys.py",
    "planning/forum/counter_proposal.py",
    "planning/forum/forum_pack.py",
    "planning/forum/map_export.py",
    "planning/forum/older_texts.py",
    "planning/forum/published.py",
    "planning/forum/read_back.py",
    "planning/service/duty.py",
    "planning/whole/budget_frame.py",
    "planning/whole/country.py",
    "planning/whole/rollout.py",
    "planning/whole/run.py",
    "ui/desktop/map/headless.py",
    "ui/desktop/map/printing.py",
    "ui/desktop/session/session.py",
)
# Rooms of which a window shows whole sentences only: what the checker says of a claim that is wrong, or that it could not check.
SENTENCES_OF = ("planning/verification",)
# Modules whose tables hold words of columns and files: only what their functions say are sentences.
IN_FUNCTIONS = (
    "data/description/sections/base.py",
    "data/description/sections/forum.py",
    "data/description/sections/service.py",
    "data/guided_import/guessing.py",
    "data/guided_import/table_roles.py",
    "data/town/categories.py",
    "data/town/forum_tables.py",
    "data/town/personnel.py",
)
# Single words that stand in fields or between parts.
WORDS = (
    # what beats balance beside their hours; calls are told elsewhere
    "residents",
    "area",
    # what a search counts
    "hours × metres",
    "residents × metres",
    "{n} hours × metres",
    "{n} residents × metres",
    # who lacks a language, in brackets behind a place
    "{n} speakers",
    "{n} speaker",
    "{n} months from {dates}",
    "{n} month from {dates}",
    # what the history keeps of names, stations, postings and rules
    "Taken back: {words}",
    "Beat {beat} is called “{name}”",
    "Beat {beat} has no name of its own",
    "Beat {beat} has the colour {colour}",
    "Beat {beat} has no colour of its own",
    "Postings moved by hand: {words}",
    "Stations by hand: {words}",
    "No station is held by hand",
    "Rules as before",
    # what was found in place of what a key of the description asks for, and what a settings file has wrong
    "a table",
    "a list",
    "before or in column {place}, {fault}",
    "lists or tables are nested hundreds of times",
    "it has a mistake",
    # what readers say themselves of a file that is not theirs
    "it leads back to itself",
    "it has far too many pixels",
    "it is far too large when it is unpacked",
    "layer",
    "row",
    "field",
    "and",
    "or",
    "less",
    "more",
    "do",
    "does",
    "Albanian",
    "Romani",
    "Serbian",
    "Turkish",
    "Bosnian",
    "Macedonian",
    "{n} station",
    "has",
    "one more officer trained",
    # the phases of a repair, as the panel shows them
    "repair",
    "repair of {place}",
    "calls",
    "most of it in {place}",
    "a place near {area}, still to be chosen",
    "{path} has changed since the plan was made: plan again, or bring the old file back",
    "How the calls are spread over the week is smoothed when the incidents are read; the rates are taken as they stand beside the plan",
)
# Keys of the description and texts of no sentence.
KEY = re.compile(
    r"no data|nema podatka|"
    # what of a doubt's sentence says which mend it has
    r".*\w\|\w.*|no id of their own|pairs of units overlap|same polygon|no place on the map|no number of 0 or more|are no time|have no municipality|"
    r"stand there twice|New project|\(coord_.*|"
    r"Expected newline|Invalid (?:date|value)|at line \(.*|end of document|this is not valid TOML:|(?:[a-z]+\.)+\{\w+\}|"
    r"[\w.]+ = \{\w+\}(?: m)?:?|tuple\[.*|looking on|beats of .*|[a-z_]+[._]\{\w+\}(?:\.\w+)?|, crs = .*|Bound CRS|Inverse of|Best transformation .*|"
    r"Geocentric translations|Position Vector|Coordinate Frame|\+towgs84=.*|EPSG:.*|(?:latitude|longitude|scale factor) (?:at|of) .*|false \w+|SELECT .*|DROP .*|DELETE FROM .*|create virtual table|\{table\}table-row|\[A-Za-z\].*|not recognized as|cp\{digits\}|highway IS NOT NULL|\{key\}\.columns\.\{m\}|\{path\}-wal|\{as_uri\}.*|PRAGMA .*|unable to open|beatplanner-.*|\{\w+\}[.\w]+"
)
# Calls whose texts nobody reads in a sentence.
UNREAD = ("compile", "progress", "get", "setdefault", "getLogger", "filename", "join_path")
WORD = re.compile(r"[A-Za-z]{2,}")
FIELD = re.compile(r"\{\w+\}")


def templates() -> list[str]:
    """Return the sentences and parts of sentences of all modules, each once, without a final full stop."""
    found: dict[str, None] = {}
    for name in MODULES:
        tree = ast.parse((SOURCE / name).read_text("utf-8"))
        if name in IN_FUNCTIONS:
            tree.body = [
                *(
                    node
                    for part in (tree, *tree.body)
                    if isinstance(part, ast.Module | ast.ClassDef)
                    for node in part.body
                    if isinstance(node, ast.FunctionDef)
                )
            ]
        _Sentences(found).visit(tree)
    for name in PROBLEMS_OF:
        _of_problems(ast.parse((SOURCE / name).read_text("utf-8")), _Sentences(found))
    for room in SENTENCES_OF:
        for file in sorted((SOURCE / room).glob("*.py")):
            _Sentences(found, whole=True).visit(ast.parse(file.read_text("utf-8")))
    return [
        t
        for t in dict.fromkeys(
            (*WORDS, *amounts_of_checks(), *KINDS.values(), *LAYERS.values(), *OTHERS.values(), *found)
        )
        if not KEY.fullmatch(t)
    ]


def names_of_checks() -> list[str]:
    """Return the words that the names of the checker's claims are made of, such as “max deviation” of beats.max_deviation."""
    found: dict[str, None] = {}
    for file in sorted((SOURCE / SENTENCES_OF[0]).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            if node.func.attr in ("add", "number", "each", "pairs", "unchecked"):
                for part in re.split(r"[.:]|\{\w+\}", _template(node.args[0])):
                    words = part.replace("_", " ").strip(" ,")
                    if re.fullmatch(r"[a-z][a-z ]+[a-z]", words):
                        found[words] = None
    return list(found)


def amounts_of_checks() -> list[str]:
    """Return what the amounts look like that the checker holds against claims, such as “{n} residents”."""
    found: dict[str, None] = {}
    for file in sorted((SOURCE / SENTENCES_OF[0]).glob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        named = {
            node.targets[0].id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            place = {"number": 3, "pairs": 4}.get(getattr(getattr(node, "func", None), "attr", ""))
            if not isinstance(node, ast.Call) or place is None:
                continue
            for unit in [*node.args[place : place + 1], *(k.value for k in node.keywords if k.arg == "unit")]:
                of_name = named.get(unit.id, unit) if isinstance(unit, ast.Name) else unit
                found |= dict.fromkeys(f"{{n}} {text}" for text in _spellings(of_name) if re.search("[a-z]", text))
    return list(found)


def _spellings(node: ast.AST) -> list[str]:
    """Return the texts that an expression may be, of those that stand in it."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return [*_spellings(node.body), *_spellings(node.orelse)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [a + b for a in _spellings(node.left) for b in _spellings(node.right)]
    return []


def names_of_keys() -> list[str]:
    """Return the words that keys and columns of a result are made of, such as “time limit” of time_limit."""
    from beatplanner.planning.verification import coverage

    tables = (coverage.KEYS, coverage.NOT_CHECKED_KEYS, coverage.COLUMNS, coverage.NOT_CHECKED_COLUMNS)
    parts = (part for table in tables for key in table for part in key.replace("[]", "").split("."))
    words = dict.fromkeys(part.replace("_", " ").strip() for part in parts)
    return [w for w in words if re.fullmatch(r"[a-z][a-z ]+", w)]


def _of_problems(tree: ast.AST, sentences: _Sentences) -> None:
    """Collect what the problems of a module say, be it written in the call or given a name before it."""
    for function in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]:
        calls = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Call)
            and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
            in ("problem", "Note", "tell", "_refuse", "refused")
        ]
        named = {
            a.id for call in calls for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, ast.Name)
        }
        for call in calls:
            for part in (*call.args[:3], *(k.value for k in call.keywords if k.arg in ("what", "mend"))):
                sentences.visit(part)
        for node in ast.walk(function):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if {t.id for target in targets for t in ast.walk(target) if isinstance(t, ast.Name)} & named:
                sentences.visit(node.value)


class _Sentences(ast.NodeVisitor):
    """Collects templates; of `whole` ones those that end with a full stop."""

    def __init__(self, found: dict[str, None], *, whole: bool = False) -> None:
        self.found, self.whole = found, whole

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in UNREAD:
            return
        if name.endswith("many") and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            word = str(node.args[1].value)
            self.found |= {f"{{n}} {word}": None, f"{{n}} {word}s": None}
            self.visit(node.args[0])
            return
        self.generic_visit(node)

    def _skip_docstring(self, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> None:
        body = node.body
        first = body[0] if body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            body = body[1:]
        for part in body:
            self.visit(part)

    visit_Module = visit_ClassDef = visit_FunctionDef = _skip_docstring  # noqa: N815 - names of ast

    def visit_Expr(self, node: ast.Expr) -> None:
        # the docstring of an attribute
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._add(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._add(_template(node))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        text = _template(node)
        if isinstance(node.op, ast.Add) and _is_text(node):
            self._add(text)
            self._visit_values(node)
            return
        self.generic_visit(node)

    def _visit_values(self, node: ast.AST) -> None:
        """Visit what stands in the fields of a sum of texts."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            self._visit_values(node.left)
            self._visit_values(node.right)
        elif isinstance(node, ast.JoinedStr):
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    self.visit(part.value)
        elif not isinstance(node, ast.Constant):
            self.visit(node)

    def _add(self, text: str) -> None:
        if self.whole and not text.endswith("."):
            return
        text = text.strip().removesuffix(".")
        bare = FIELD.sub("", text)
        words = len(WORD.findall(bare))
        sentence = (words >= 2 and " " in bare.strip()) or (words and FIELD.search(text))
        # a table as TOML writes it, “{ path = … }”, is no page
        if sentence and not set("{<%") & set(bare.replace("{ ", "")):
            self.found[text] = None


def _is_text(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _template(node: ast.AST) -> str:
    """Return a text with a name in place of each value."""
    names: dict[str, int] = {}

    def named(value: ast.AST) -> str:
        name = _name(value)
        names[name] = names.get(name, 0) + 1
        return f"{{{name}{names[name] if names[name] > 1 else ''}}}"

    def as_template(part: ast.AST) -> str:
        if isinstance(part, ast.Constant):
            return str(part.value)
        if isinstance(part, ast.JoinedStr):
            return "".join(
                as_template(v) if isinstance(v, ast.Constant) else named(getattr(v, "value", v)) for v in part.values
            )
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
            return as_template(part.left) + as_template(part.right)
        return named(part)

    return as_template(node)


def _name(value: ast.AST) -> str:
    """Return the last word by which the code names a value."""
    if isinstance(value, ast.Name):
        return value.id.strip("_")
    if isinstance(value, ast.Attribute):
        return _name(value.value) if value.attr in ("iat", "max", "min", "sum", "name") else value.attr.strip("_")
    if isinstance(value, ast.Subscript):
        if isinstance(value.slice, ast.Constant) and isinstance(value.slice.value, str):
            return re.sub(r"\W", "_", value.slice.value)
        return _name(value.value)
    if isinstance(value, ast.Call):
        if value.args:
            return _name(
                value.args[-1] if isinstance(value.func, ast.Attribute) and value.func.attr == "join" else value.args[0]
            )
        return _name(value.func)
    if isinstance(value, ast.BinOp):
        return _name(value.left)
    return "value"
