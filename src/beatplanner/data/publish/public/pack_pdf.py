"""Sets the forum pack as a PDF: exact millimetres, embedded fonts, tagged for screen readers (PDF/UA-1); made by Typst, without Qt."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import cannot_write, scratch_folder

if TYPE_CHECKING:
    import typst

# typst's names of the languages' scripts
SCRIPTS = {"sr-Cyrl": ("sr", "cyrl"), "sr-Latn": ("sr", "latn"), "mk": ("mk", "cyrl"), "ru": ("ru", "cyrl")}


def script_of(language: str) -> tuple[str, str]:
    """Return the language and the script by which a PDF names them."""
    return SCRIPTS.get(language, (language, "latn"))


def font_folder() -> Path:
    """Return the folder of DejaVu, which comes with matplotlib and has Latin, Cyrillic, Georgian and Armenian letters."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def fonts() -> typst.Fonts:
    """Return the fonts of all pages, looked for once in a process."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(font_folder())])


def write_pack_pdf(path: Path, content: Mapping[str, object], pictures: Mapping[str, bytes]) -> None:
    """Set a pack.

    Parameters
    ----------
    path
        The PDF.
    content
        What the template shows: ``lang``, ``script``, ``title``, ``subtitle``, ``project``, ``author``, ``footer``, ``cover`` (blocks) and
        ``sections`` (maps, and pages of blocks).
    pictures
        By the names that the content uses.

    Raises
    ------
    InputError
        Where a picture cannot be read.
    """
    import typst

    with scratch_folder() as folder:
        try:
            shutil.copyfile(str(files("beatplanner.data") / "templates" / "pack.typ"), folder / "pack.typ")
            (folder / "data.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
            for file, data in pictures.items():
                (folder / file).write_bytes(data)
        except OSError as error:
            raise InputError(cannot_write(error, folder)) from None
        try:
            typst.compile(
                str(folder / "pack.typ"),
                output=str(path),
                root=str(folder),
                font_paths=fonts(),
                format="pdf",
                pdf_standards=["ua-1"],
            )
        except typst.TypstError as error:
            mend = "Save the photos anew as JPEG or PNG; where there are none, tell who looks after the program"
            raise InputError(problem(f"the pack cannot be set ({cause(error)})", mend, file=path.name)) from None
