"""Opens the desktop."""

from __future__ import annotations

import sys
from pathlib import Path


def open_desktop(project: Path | None) -> int:
    """Show the window until it is closed.

    Parameters
    ----------
    project
        A description, project file or result folder to open; None for the start page.

    Returns
    -------
    int
        Exit code.
    """
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from beatplanner.ui.desktop.map.background_action import use_remembered
    from beatplanner.ui.desktop.session.child_process import keep_child_ready
    from beatplanner.ui.desktop.session.collector import Collector
    from beatplanner.ui.desktop.window.languages import install_language
    from beatplanner.ui.desktop.window.main_window import MainWindow
    from beatplanner.ui.desktop.window.place import use_place
    from beatplanner.ui.desktop.window.settings import look, read_settings

    if sys.platform == "win32":
        import ctypes

        # so that the task bar shows the program and not the Python that runs it
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID("beatplanner.desktop")
    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("beatplanner")
    settings = read_settings()
    install_language(application, settings.language, settings.terms)
    look(settings)
    Collector(application)
    window = MainWindow()
    window.report_errors()
    window.remembers = True
    use_place(window)
    use_remembered(window)
    window.show()
    if project is not None:
        window.open(project)
    else:
        # while somebody chooses what to open, a child gets ready to read it
        QTimer.singleShot(800, keep_child_ready)
    return application.exec()
