"""Bring the catalogues of the forum pack up to date: `python docs/catalogues.py`.

New texts come in empty, texts that are gone are dropped, Serbian in Latin letters is written from Serbian in Cyrillic. A translation that no
native speaker has reviewed carries the flag "fuzzy"; the reviewer takes it away.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
FOLDER = ROOT / "src" / "beatplanner" / "data" / "catalogues"
SOURCES = tuple(
    f"planning/forum/public/{name}.py"
    for name in (
        "content",
        "beat_page",
        "town_pages",
        "questions",
        "maps",
        "screen_map",
        "map_margins",
        "sectors",
        "street_beats",
        "small_files",
    )
)
# Of the papers that a force itself holds.
PAPERS, IN_PAPERS = FOLDER / "papers", ("mk", "sq")
LOCALES = ("sq", "sr_Cyrl", "mk", "ro", "ru")
LETTERS = {
    "а": "a",
    "б": "b",
    "в": "v",
    "г": "g",
    "д": "d",
    "ђ": "đ",
    "е": "e",
    "ж": "ž",
    "з": "z",
    "и": "i",
    "ј": "j",
    "к": "k",
    "л": "l",
    "љ": "lj",
    "м": "m",
    "н": "n",
    "њ": "nj",
    "о": "o",
    "п": "p",
    "р": "r",
    "с": "s",
    "т": "t",
    "ћ": "ć",
    "у": "u",
    "ф": "f",
    "х": "h",
    "ц": "c",
    "ч": "č",
    "џ": "dž",
    "ш": "š",
}


def said_in(file: Path) -> list[str | tuple[str, str]]:
    """Return the texts that a module says, in the order of its code; read as Python does, since Babel sees no text inside an f-string."""
    tree = ast.parse(file.read_text("utf-8"))
    calls = [(n, n.func) for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    found: list[str | tuple[str, str]] = []
    for call, function in sorted(calls, key=lambda c: (c[0].lineno, c[0].col_offset)):
        count = {"text": 1, "count": 2}.get(function.attr, 0)
        said = [a.value for a in call.args[:count] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if count and len(said) == count and all(said):
            found.append(said[0] if count == 1 else (said[0], said[1]))
    return found


def messages() -> list[str | tuple[str, str]]:
    """Return every text of the pack and of the workbooks, in the order of the code; those in tables of the code come last."""
    from beatplanner.data.publish import (
        blocked_words,
        comparison_files,
        comparison_words,
        comparison_workbook,
        country_report,
        curve_report,
        moves,
        officers_pack,
        price_report,
    )
    from beatplanner.data.publish.public import forum_files
    from beatplanner.data.result import draft_reason, qgis_words, run_card
    from beatplanner.planning.compare import comparison, sentences
    from beatplanner.planning.compare.figure_rows import BLOCKS
    from beatplanner.planning.forum import forums, themes
    from beatplanner.planning.forum.public import small_files, street_beats, wording

    found: dict[str | tuple[str, str], None] = {}
    for name in SOURCES:
        found |= dict.fromkeys(said_in(ROOT / "src" / "beatplanner" / name))
    for table in (draft_reason.SENTENCES, draft_reason.COUNTED, draft_reason.STEP_NAMES):
        found |= dict.fromkeys(table.values())
    for table in (wording.PARTNER_TITLES, wording.LEVEL_TITLES, wording.USES, forums.RESIDENTS):
        found |= dict.fromkeys(table.values())
    for roles in forums.ROLES.values():
        found |= dict.fromkeys(roles)
    found |= dict.fromkeys((*wording.THEMES, *street_beats.SIDES))
    found[themes.OTHERS] = None
    found |= dict.fromkeys(
        (*officers_pack.WORDS, *officers_pack.CELLS, *comparison_workbook.WORDS, *comparison.titles_and_labels())
    )
    found |= dict.fromkeys((*officers_pack.CALENDAR, *moves.REASONS))
    figures = (*officers_pack.FIGURES.values(), officers_pack.POINTS, *officers_pack.VALUES.values())
    found |= dict.fromkeys(
        (
            *figures,
            *run_card.WORDS,
            *forum_files.TWIN_HEADINGS.values(),
            *forum_files.SHEETS.values(),
            *qgis_words.WORDS,
        )
    )
    found |= dict.fromkeys(said for codes in small_files.CODES.values() for said in codes.values())
    found |= dict.fromkeys((*curve_report.WORDS, *price_report.WORDS))
    found |= dict.fromkeys(
        (
            *comparison_words.WORDS,
            *comparison_files.WORDS,
            *sentences.WORDS,
            *blocked_words.WORDS,
            *country_report.WORDS,
        )
    )
    templates = ROOT / "src" / "beatplanner" / "data" / "templates"
    page = "".join((templates / name).read_text("utf-8") for name in ("comparison.html", "budget.html"))
    calls = re.findall(r"\bt\(((?:\"[^\"]*\"|[^()\"])*)", page)
    found |= dict.fromkeys(re.findall(r'people\("([^"]*)"', page))
    # the first text of a call, and the other one where a condition chooses between two
    found |= dict.fromkeys(m for call in calls for m in re.findall(r'(?:^|else )"([^"]*)"', call))
    found |= dict.fromkeys(f.help for _, figures_ in BLOCKS for f in figures_ if f.help)
    return list(found)


def paper_messages() -> list[str | tuple[str, str]]:
    """Return the texts of the papers that a force itself holds, the report and the job descriptions, but those that the pack has."""
    from beatplanner.data.publish import (
        draft_words,
        job_descriptions,
        officer_charts,
        privacy_report,
        report,
        report_charts,
        report_section,
        service_report,
    )

    page = (ROOT / "src" / "beatplanner" / "data" / "templates" / "report.html").read_text("utf-8")
    found: dict[str | tuple[str, str], None] = dict.fromkeys(re.findall(r'\bt\("([^"]*)"', page))
    found |= dict.fromkeys(re.findall(r'\bmany\("([^"]*)", "([^"]*)"', page))
    for module in (report_charts, officer_charts, service_report):
        found |= dict.fromkeys(re.findall(r'say\.text\(\s*"([^"]*)"', Path(str(module.__file__)).read_text("utf-8")))
    found |= dict.fromkeys(head for _, head, *_ in service_report.FIGURES)
    for words in (report, report_section, privacy_report, draft_words, job_descriptions):
        found |= dict.fromkeys(words.WORDS)
    found |= dict.fromkeys(job_descriptions.template_texts())
    for name in ("answer", "answer_officers"):
        found |= dict.fromkeys(said_in(ROOT / "src" / "beatplanner" / "planning" / "compare" / f"{name}.py"))
    known = set(messages())
    return [text for text in found if text not in known]


def latin(text: str) -> str:
    """Write Serbian Cyrillic in Latin letters."""
    return "".join(
        LETTERS.get(c) or (LETTERS[c.lower()].capitalize() if c.lower() in LETTERS else c) for c in text or ""
    )


def updated(locale: str, wanted: list[str | tuple[str, str]], folder: Path = FOLDER) -> Catalog:
    """Return a catalogue with just the texts that are wanted, translated as far as the old one was."""
    path = folder / f"{locale}.po"
    old = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as stream:
            old = read_po(stream, locale=locale)
    new = Catalog(
        locale=locale, project="beatplanner", version="1", fuzzy=False, copyright_holder="the beatplanner project"
    )
    new.header_comment = old.header_comment if path.exists() else HEADER
    for message in wanted:
        known = old.get(message[0] if isinstance(message, tuple) else message)
        new.add(message, known.string if known else None, flags={"fuzzy"} if known is None or known.fuzzy else ())
    return new


HEADER = "# The forum pack of beatplanner.\n# Written by a machine; texts flagged fuzzy wait for a native speaker."


def save(catalogue: Catalog, locale: str, folder: Path = FOLDER) -> None:
    """Write a catalogue, without the date, so that it changes only where a text does."""
    path = folder / f"{locale}.po"
    with path.open("wb") as stream:
        write_po(stream, catalogue, width=120, omit_header=False, ignore_obsolete=True)
    lines = [
        line
        for line in path.read_text("utf-8").splitlines()
        if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date'))
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Update every catalogue and say what is missing."""
    wanted = messages()
    for locale in LOCALES:
        catalogue = updated(locale, wanted)
        save(catalogue, locale)
        empty = sum(not (all(m.string) if isinstance(m.string, tuple | list) else m.string) for m in catalogue if m.id)
        print(
            f"{locale}: {len(wanted)} texts, {empty} not translated, {sum(m.fuzzy for m in catalogue if m.id)} to review"
        )
        if locale == "sr_Cyrl":
            other = Catalog(locale="sr_Latn", project="beatplanner", version="1", fuzzy=False)
            other.header_comment = catalogue.header_comment
            for m in catalogue:
                if m.id:
                    text = tuple(latin(s) for s in m.string) if isinstance(m.string, tuple | list) else latin(m.string)
                    other.add(m.id, text, flags=m.flags)
            save(other, "sr_Latn")
    papers = paper_messages()
    for locale in IN_PAPERS:
        catalogue = updated(locale, papers, PAPERS)
        save(catalogue, locale, PAPERS)
        empty = sum(not (all(m.string) if isinstance(m.string, tuple | list) else m.string) for m in catalogue if m.id)
        print(f"papers, {locale}: {len(papers)} texts, {empty} not translated")


if __name__ == "__main__":
    main()
