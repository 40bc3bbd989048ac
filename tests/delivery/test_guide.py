"""The guide: its pages are made, need no network, and every command in it works."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from paper_texts import pages_of

from beatplanner.data.sample.sample_town import write_sample_town
from delivery.wheels import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """Return page and text of each block in a language."""
    return [(p.name, text) for p in PAGES for kind, text in FENCE.findall(p.read_text("utf-8")) if kind == language]


def commands() -> list[str]:
    """Return every command of the guide, in the order of the pages that a reader takes."""
    order = re.findall(r"([\w-]+\.md)", (ROOT / "mkdocs.yml").read_text("utf-8"))
    found = [
        line for name in order for page, text in blocks("console") if page == name for line in text.splitlines() if line
    ]
    return list(dict.fromkeys(found))


# The first page of the sample town's pack behind those of its beats.
AFTER_BEATS = 36


def answers_missing(folder: Path) -> list[str]:
    """Return what docs/questions.md names and the sample town's pages do not have; pages after the maps move with the enlarged parts."""
    pack = [" ".join(p.split()) for p in pages_of(folder / "plan" / "forum" / "pack.pdf")]
    moved = sum("larger –" in text for text in pack) - 2
    missing, rows = [], 0
    for line in (DOCS / "questions.md").read_text("utf-8").splitlines():
        if not re.match(r"\| \d+ \|", line):
            continue
        rows += 1
        for piece in line.rstrip("| ").rsplit("|", 1)[1].split(";"):
            quotes, file = re.findall("“(.+?)”", piece), re.search(r"`(\w+\.html)`", piece)
            if file:
                # no command of the guide compares: then it is the headings that every comparison has
                templates = ROOT / "src" / "beatplanner" / "data" / "templates"
                text = " ".join(p.read_text("utf-8") for p in [*folder.rglob(file[1]), *templates.glob(file[1])])
                missing += [f"{file[1]}: {q}" for q in quotes if q not in text]
                continue
            # the title is that of the last page: 1, and 43, “What changes”
            pages = [int(n) for n in re.findall(r"\b\d+\b", re.sub("“.+?”", "", piece))]
            at = pages[-1] + (moved if pages[-1] > 5 else 0)
            # chapters after the beats flow: by a page where this plan, which ends by its work, has longer lists than the sample town's
            near = pack[at - 1 : at] if pages[-1] < AFTER_BEATS else pack[at - 2 : at + 1]
            missing += [f"page {at}: {q}" for q in quotes if not any(q in text for text in near)]
    assert rows == 30
    return missing


def test_every_command_of_the_guide_works(tmp_path, command, monkeypatch, request, fixed_work):
    project = write_sample_town(tmp_path / "sample town")
    # what a command does is the same in one language, and each of the three costs seconds in every plan
    text = project.read_text(encoding="utf-8")
    spoken = 'languages = ["en", "mk", "sq"]'
    assert spoken in text
    # two years of postings are put together in a moment
    assert text.count("years = 5") == 2
    text = text.replace(spoken, 'languages = ["en"]').replace("years = 5", "years = 2")
    project.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "sample town")
    lines = commands()
    assert "beatplanner plan project.toml --out plan" in lines
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "beatplanner"
        code, said, error = command(*arguments)
        # of a verdict only what is not well is shown: it is long
        wrong = [row for row in said.splitlines() if not re.match(r" +ok | {20,}", row)]
        assert code == 0, "\n".join([line, *wrong, error])
        if arguments[0] == "plan":
            # pack, report and papers are those of the whole plan; the steps alone and the curve's points would write them again
            request.getfixturevalue("bare_plans")
    assert answers_missing(tmp_path / "sample town") == []


def test_other_commands_exist():
    starters = {p.name for p in (ROOT / "delivery" / "starters").iterdir()}
    known = re.findall(r'add_parser\("(\w+)"', (ROOT / "start.py").read_text("utf-8"))
    for page in PAGES:
        for name in re.findall(r"^ {4}(\S+)", page.read_text("utf-8"), re.MULTILINE):
            if name.endswith((".cmd", ".sh")) and "/" not in name:
                assert name in starters, f"{page.name}: {name}"
        for name in re.findall(r"python start\.py (\w+)", page.read_text("utf-8")):
            assert name in known, f"{page.name}: {name}"


def test_descriptions_in_the_guide_are_right(tmp_path):
    from beatplanner.data.description.read import read_description
    from beatplanner.data.errors import InputError

    found = blocks("toml")
    assert found
    for number, (_, text) in enumerate(found):
        # a page that shows one section means it beside the two that every description has
        there = tomllib.loads(text)
        always = {"project": 'name = "My town"', "units": 'path = "areas.shp"\nid = "code"'}
        text += "".join(f"\n[{name}]\n{keys}\n" for name, keys in always.items() if name not in there)
        file = tmp_path / f"{number}.toml"
        file.write_text(text, "utf-8")
        try:
            read_description(file)
        except InputError as error:
            # the layers themselves are the reader's
            assert all("does not exist" in p.what for p in error.problems), error


def test_pages_are_whole_and_fetch_nothing():
    pytest.importorskip("material", reason="the guide's tools are not installed (extra “guide”)")
    from delivery.guide import build_guide

    site = build_guide()
    pages = {p.relative_to(site).as_posix() for p in site.rglob("*.html")}
    assert {f"{p.stem}.html" for p in PAGES} <= pages
    for page in site.glob("*.html"):
        text = page.read_text("utf-8")
        for kind, target in re.findall(r"<(?:script|link|img)[^>]+?(src|href)=\"?([^\" >]+)", text):
            if target.startswith(("data:", "#")) or "canonical" in target:
                continue
            assert not target.startswith(("http:", "https:", "//")), f"{page.name} fetches {target}"
            assert (page.parent / target.split("?")[0].split("#")[0]).exists(), (
                f"{page.name}: {kind} {target} is missing"
            )


def test_the_window_opens_the_guide(monkeypatch):
    main_window = pytest.importorskip("beatplanner.ui.desktop.window.main_window", exc_type=ImportError)
    assert Path(main_window.__file__).parents[2] / "guide" == main_window.GUIDE
    assert main_window.GUIDE.parent == (ROOT / "src" / "beatplanner" / "ui")
    from beatplanner.ui.desktop.toolkit.actions import ACTIONS

    assert next(a.name for a in ACTIONS if a.shortcut == "F1") == "open_guide"
