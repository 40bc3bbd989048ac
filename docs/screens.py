"""Pictures of every screen of the desktop, in several languages and at the sizes of a small laptop and a 4K screen; needs no screen itself.

    python docs/screens.py [--out FOLDER] [--languages en mk sq] [--sizes 1366x768 3840x2160] [--theme light|dark] [--guide]

`--guide` makes the pictures of README and guide instead, small files in docs/pictures. At 3840 × 2160 the window is drawn at twice the pixels, as a
laptop of that size does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).parent / "pictures"
# What the guide and the README show, by the screen's name.
OF_GUIDE = {
    "start": "desktop-start",
    "beat": "desktop",
    "drawing": "desktop-drawing",
    "gantt": "desktop-postings",
    "stations": "desktop-stations",
    "rules": "desktop-rules",
    "comparison": "desktop-comparison",
}
SIZES = {"1366x768": 1.0, "1920x1080": 1.0, "3840x2160": 2.0}


def let_go(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the window work for a while, or until something holds."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        QApplication.processEvents()
        time.sleep(0.01)


def screens(window: Any, town: Path, plans: list[Path]) -> Iterator[tuple[str, Any]]:
    """Bring up one screen after another; yields its name and the widget to draw."""
    from PySide6.QtWidgets import QDialog, QDockWidget

    from beatplanner.ui.desktop.guided_import.wizard import ImportWizard
    from beatplanner.ui.desktop.map import export_panel
    from beatplanner.ui.desktop.window import palette, settings, tour

    let_go(0.5)
    yield "start", window
    wizard = ImportWizard(
        window, sorted(p for p in town.iterdir() if p.suffix in (".gpkg", ".csv", ".geojson", ".shp"))[:6]
    )
    wizard.resize(1180, 700)
    wizard.show()
    let_go(3)
    yield "import", wizard
    wizard.close()
    window.open(plans[0])
    let_go(1.5)
    window.map.fit()
    window.table.selectRow(2)
    let_go(20, lambda: window.results.proof.verdict is not None)
    for dock in window.findChildren(QDockWidget):
        dock.show()
        dock.raise_()
        let_go(1.0)
        if dock.objectName() == "gantt":
            window.gantt.move_posting(3, 0, -30, "", 0)
            window.gantt.gantt.choose(3)
        elif dock.objectName() == "stations":
            window.stations.use.setChecked(True)
            taken = next(s for s in window.stations.chosen if not window.stations.judge.fixed[s])
            closed = next(s for s in range(len(window.stations.judge.ids)) if s not in window.stations.chosen)
            window.stations.swap(taken, closed)
        elif dock.objectName() == "draw and mend":
            window.drawing_panel.halve()
        let_go(0.5)
        yield str({"draw and mend": "drawing", "results": "beat"}.get(dock.objectName(), dock.objectName())), window
        if dock.objectName() == "results":
            tabs = window.results.tabs
            for k in range(1, tabs.count()):
                tabs.setCurrentIndex(k)
                let_go(1.0)
                yield f"results-{k}", window
            tabs.setCurrentIndex(0)
        elif dock.objectName() == "stations":
            window.stations.use.setChecked(False)
        # each screen shows its own change alone
        window.draft.drop()
        if dock.objectName() == "gantt":
            dock.hide()
            let_go(0.5)
    shown = tour.begin(window)
    for _ in range(4):
        shown.go(1)
    let_go(0.5)
    yield "tour", window
    shown.end()
    dialogs: dict[str, Callable[[], QDialog]] = {
        "palette": lambda: palette.Palette(window),
        "actions": lambda: palette.ActionTable(window),
        "print": lambda: export_panel.PrintDialog(window),
        "export": lambda: export_panel.DataDialog(window),
        "settings": lambda: settings.SettingsDialog(window),
    }
    for name, make in dialogs.items():
        dialog = make()
        dialog.show()
        let_go(0.6)
        yield name, dialog
        dialog.close()
    window.comparing.compare(plans, plans[0].parent / f"comparison-{time.monotonic_ns()}")
    let_go(60, lambda: window.comparing.shown is not None)
    let_go(0.5)
    yield "comparison", window.comparing.shown
    window.comparing.shown.close()


def draw(folder: Path, out: Path, language: str, size: str, theme: str, guide: bool) -> None:
    """Draw all screens in one language and size; in a process of its own, since Qt takes scale and language once."""
    from PySide6.QtWidgets import QApplication

    from beatplanner.ui.desktop.window.main_window import MainWindow

    application = QApplication([])
    prepare(application, language, theme)
    window = MainWindow()
    wide, high = (int(n) for n in size.split("x"))
    window.resize(int(wide / SIZES[size]), int(high / SIZES[size]))
    window.show()
    for name, widget in screens(window, folder / "layers", [folder / "plan", folder / "other"]):
        picture = widget.grab()
        if not guide:
            picture.save(str(out / f"{name}-{language}-{size}-{theme}.png"))
        elif name in OF_GUIDE:
            save_small(picture, out / f"{OF_GUIDE[name]}.png")
    window.saved = True
    window.close()


def prepare(application: Any, language: str, theme: str) -> None:
    """Set the language and the theme as the user's settings do."""
    from beatplanner.ui.desktop.window import languages, settings
    from beatplanner.ui.desktop.window import theme as themes

    # the dialog of the settings gives back the look that is kept
    settings.write_settings(settings.Settings(language, theme))

    languages.install_language(application, language)
    themes.apply_theme(application, theme)


def save_small(picture: Any, path: Path) -> None:
    """Save a picture of a screen in few colours, so that the repository stays light."""
    from PIL import Image
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice

    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    import io

    image = Image.open(io.BytesIO(bytes(content.data()))).convert("RGB")
    image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


def make_plans(folder: Path) -> None:
    """Plan the sample town twice, so that there is something to compare."""
    from beatplanner.data.sample.sample_town import write_sample_town
    from beatplanner.planning.whole.run import run

    project = write_sample_town(folder / "layers")
    run(project, folder / "plan", time_limit=60)
    scenario = next((folder / "layers" / "scenarios").glob("*least*.toml"), project)
    run(scenario, folder / "other", time_limit=30, pack=False)


def main() -> None:
    """Make the plans once and draw them in each language and size."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=Path("screens"))
    options.add_argument("--languages", nargs="+", default=["en", "mk", "sq"])
    options.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    options.add_argument("--theme", default="light", choices=["light", "dark"])
    options.add_argument("--guide", action="store_true")
    options.add_argument("--plans", type=Path, help="folder of plans that were made before")
    options.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.guide:
        given.out, given.languages, given.sizes = PICTURES, ["en"], ["1366x768"]
    given.out.mkdir(parents=True, exist_ok=True)
    if given.one:
        draw(given.plans, given.out, given.languages[0], given.sizes[0], given.theme, given.guide)
        return
    with tempfile.TemporaryDirectory() as temporary:
        plans = given.plans or Path(temporary)
        if not (plans / "plan").is_dir():
            make_plans(plans)
        for language in given.languages:
            for size in given.sizes:
                more = ["--guide"] if given.guide else []
                subprocess.run(
                    [
                        sys.executable,
                        __file__,
                        "--one",
                        "--plans",
                        plans,
                        "--out",
                        given.out,
                        "--languages",
                        language,
                        "--sizes",
                        size,
                        "--theme",
                        given.theme,
                        *more,
                    ],
                    env={
                        **os.environ,
                        "QT_QPA_PLATFORM": "offscreen",
                        "QT_SCALE_FACTOR": str(SIZES[size]),
                        "XDG_CONFIG_HOME": temporary,
                        "XDG_DATA_HOME": temporary,
                        # neither what this user opened nor what a crash left
                        "XDG_STATE_HOME": temporary,
                    },
                    check=True,
                )


if __name__ == "__main__":
    main()
