"""Make the pictures of README and guide from the sample town: python docs/pictures.py (needs no screen)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from beatplanner.data.report import draw_map
from beatplanner.data.results import read_result
from beatplanner.data.sample_town import write_sample_town
from beatplanner.planning.plan import run
from beatplanner.ui.desktop.main_window import MainWindow

PICTURES = Path(__file__).parent / "pictures"


def main() -> None:
    """Plan the sample town and draw it."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        project = write_sample_town(Path(folder) / "layers")
        run(project, Path(folder) / "plan", time_limit=60)
        draw_map(read_result(Path(folder) / "plan"), width=8).savefig(PICTURES / "plan.png", dpi=90)
        application = QApplication.instance() or QApplication([])
        window = MainWindow()
        window.resize(1366, 768)
        window.show()
        window.open(Path(folder) / "plan")
        application.processEvents()
        window.map.fit()
        window.map.select("1")
        application.processEvents()
        window.grab().save(str(PICTURES / "window.png"))


if __name__ == "__main__":
    main()
