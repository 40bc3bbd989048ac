"""Makes the guide's pages from docs/: plain files that open without a server or a network, with search."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# inside the package, so that the wheel carries the guide and F1 finds it
SITE = ROOT / "src" / "beatplanner" / "ui" / "guide"


def build_guide() -> Path:
    """Build the guide and return its folder.

    Raises
    ------
    RuntimeError
        Where a page is wrong: a broken link, a page that the contents lack.
    """
    # two builds at once do not write into each other
    part = SITE.with_name(f"guide.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(part)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise RuntimeError(f"The guide could not be made.\n{done.stderr.strip()}\n{done.stdout.strip()}")
    for unneeded in ("404.html", "sitemap.xml", "sitemap.xml.gz"):
        (part / unneeded).unlink(missing_ok=True)
    # the theme would fetch this script from the network
    shutil.copy(ROOT / "delivery" / "search_worker.js", part / "assets" / "javascripts")
    for page in part.glob("*.html"):
        text = page.read_text("utf-8")
        page.write_text(
            re.sub(r"https://unpkg\.com/iframe-worker[^\"\s>]*", "assets/javascripts/search_worker.js", text), "utf-8"
        )
    shutil.rmtree(SITE, ignore_errors=True)
    part.rename(SITE)
    return SITE


if __name__ == "__main__":
    try:
        print(build_guide() / "index.html")
    except RuntimeError as error:
        sys.exit(str(error))
