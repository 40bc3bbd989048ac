"""The entry point: where the command line is wired to the planning and, on demand, to the desktop."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings


def main() -> None:
    """Run the command line; the console script and ``python -m beatplanner`` both come here."""
    if sys.argv[1:] == ["--version"]:
        # what is asked most, and by scripts: no command line has to be built for it
        from beatplanner.planning.versions import installed_versions

        sys.stdout.write("".join(f"{name} {number}\n" for name, number in installed_versions().items()))
        return
    if sys.argv[1:2] != ["desktop"]:
        # a command makes a million objects while it loads and few circles: looking through them all again and again takes a tenth of a short run
        gc.set_threshold(50_000, 10, 10)
        # at its end the interpreter looks through all of them thrice, a sixth of a short run, before the system takes the memory back anyway
        atexit.register(gc.freeze)
    import multiprocessing

    multiprocessing.freeze_support()
    if not sys.warnoptions:
        # what a library would tell its programmer is no business of a planner; child processes take it over
        warnings.simplefilter("ignore")
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
    # what else is installed changes nothing in what is checked, and is not looked for
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # as on Windows everywhere, so that what works here works there
    multiprocessing.set_start_method("spawn", force=True)
    from beatplanner.data.late_modules import load_late

    load_late("numpy.f2py")
    from beatplanner.ui.commands.app import run

    run()


if __name__ == "__main__":
    main()
