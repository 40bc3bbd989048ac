"""Make the pictures of docs/forum.md from the sample town: `python docs/forum_pictures.py` (needs pdftoppm and Chromium)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pypdf
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
PICTURES = ROOT / "docs" / "pictures"

from browser import Page  # the tests' driver of a headless browser

from beatplanner.data.sample.sample_town import write_sample_town
from beatplanner.planning.whole.run import run


def beside(pictures: list[Image.Image], height: int) -> Image.Image:
    """Set pictures beside each other at one height, with a thin frame."""
    scaled = [p.resize((round(p.width * height / p.height), height), Image.Resampling.LANCZOS) for p in pictures]
    sheet = Image.new("RGB", (sum(p.width for p in scaled) + 16 * (len(scaled) + 1), height + 32), "#d9d9d9")
    left = 16
    for p in scaled:
        sheet.paste(p, (left, 16))
        left += p.width + 16
    return sheet


def few_colours(picture: Image.Image) -> Image.Image:
    """Return a picture of fewer colours, in which a small sign keeps its own: the default would mix it with what there is more of."""
    return picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def pages(pdf: Path, numbers: list[int], folder: Path, grey: bool = False) -> list[Image.Image]:
    """Turn pages of a PDF into pictures."""
    found = []
    for n in numbers:
        subprocess.run(
            [
                "pdftoppm",
                "-r",
                "90",
                "-f",
                str(n),
                "-l",
                str(n),
                "-png",
                *(["-gray"] if grey else []),
                str(pdf),
                str(folder / f"{pdf.stem}{n}"),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        found.append(Image.open(next(folder.glob(f"{pdf.stem}{n}-*.png"))).convert("RGB"))
    return found


def main() -> None:
    """Make them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(write_sample_town(folder / "layers"), folder / "plan", time_limit=60)
        forum = folder / "plan" / "forum"
        texts = [p.extract_text() for p in pypdf.PdfReader(forum / "pack.pdf").pages]
        answer = next(i for i, text in enumerate(texts, 1) if "Six lamps repaired" in text)
        shown = beside(pages(forum / "pack.pdf", [1, answer, answer + 1], folder), 900)
        few_colours(shown).save(PICTURES / "pack.png", optimize=True)
        beside(pages(forum / "pack.mk.pdf", [2, 3], folder, grey=True), 560).quantize(64).save(
            PICTURES / "pack_grey.png", optimize=True
        )
        shots = []
        for width, height in ((360, 740), (1100, 740)):
            with Page(forum / "map.html", width, height, folder / str(width)) as page:
                page.run(
                    "var s = document.getElementById('search'); s.value = 'Kej 1'; s.dispatchEvent(new Event('change'))"
                )
                time.sleep(1.0)  # the map glides to the place
                page.picture(folder / f"{width}.png")
            shots.append(Image.open(folder / f"{width}.png").convert("RGB"))
        beside(shots, 740).save(PICTURES / "forum_map.png", optimize=True)


if __name__ == "__main__":
    main()
