"""Runs the installed beatplanner; knows nothing of QGIS."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

# Exit codes of the command that leave a result: done, rules that cannot all be met, and no plan found that keeps them all.
DONE, CLASH, NOT_FOUND = 0, 3, 5
# Of `check` and `verify`: something is wrong, and standard output says what; of the others: the input cannot be used.
BAD = 1
# A run that is cancelled has so many seconds to end by itself.
PATIENCE = 10.0


class CommandError(Exception):
    """The command could not be run, or says that its input cannot be used."""


def program(setting=""):
    """Return how beatplanner is started: as the setting says, as the variable BEATPLANNER says, or as it lies on the path."""
    wanted = setting or os.environ.get("BEATPLANNER", "")
    found = shutil.which(wanted or "beatplanner")
    if found:
        return [found]
    if wanted:
        # another one that happens to lie on the path is not what was asked for
        raise CommandError(
            f"There is no command “{wanted}”, to which the variable BEATPLANNER is set. Correct it, or take it away where beatplanner is on the path."
        )
    raise CommandError(
        "beatplanner is not found. Install it, or set the variable BEATPLANNER (Settings, Options, System, Environment) to the command."
    )


def environment():
    """Return the environment without what QGIS sets for its own Python and libraries, which would break another one."""
    kept = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "GDAL_DATA", "PROJ_LIB", "PROJ_DATA", "GDAL_DRIVER_PATH"):
        kept.pop(name, None)
    own = os.environ.get("BEATPLANNER_PYTHONPATH")
    if own:
        kept["PYTHONPATH"] = own
    kept["PYTHONIOENCODING"] = "utf-8"
    return kept


# How a line of progress begins: seconds, and the phase.
PROGRESS = re.compile(r"\s*(\d+(?:\.\d+)?) s  (\w+)")
# How the lines begin with which the command explains its own options: the dialog has others.
USAGE = ("Usage: ", "Try '")


def reason(errors, said=()):
    """Return why a run ended without a result: what the command says, without its progress and without how it is called."""
    lines = [line for line in errors if line.strip() and not PROGRESS.match(line) and not line.startswith(USAGE)]
    return "\n".join(lines or said)


# How far a run is where a phase begins, in percent: reading, then what is solved, which takes the time limit at most, then what is written.
READING, PREPARING, SOLVING, WRITING, LAST = 2.0, 6.0, 12.0, 85.0, 99.0


class Progress:
    """How far a run is, in percent, by the lines that the command tells.

    Parameters
    ----------
    limit
        Seconds of solving at most; without them, half of the way takes half a minute.
    """

    def __init__(self, limit=None):
        self.limit, self.share, self.began = limit, 0.0, None

    def after(self, line):
        """Take a line such as ``  12.3 s  beats: best …`` and return how far the run is; it never goes back."""
        found = PROGRESS.match(line)
        if found:
            self.share = max(self.share, self._share(float(found[1]), found[2]))
        return self.share

    def _share(self, seconds, phase):
        if phase in ("reading", "preparing"):
            return READING if phase == "reading" else PREPARING
        if phase == "writing":
            # each line of writing is a piece of it
            return min(LAST, max(self.share, WRITING) + 2.0)
        if self.share >= WRITING:
            return self.share
        self.began = seconds if self.began is None else self.began
        past = seconds - self.began
        part = min(1.0, past / self.limit) if self.limit else past / (past + 30.0)
        return SOLVING + (WRITING - SOLVING) * part


def end(process):
    """End a run with all its children: softly, then at once."""
    if sys.platform == "win32":
        hidden = {"creationflags": 0x08000000, "capture_output": True, "check": False}
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], **hidden)
        process.wait()
        return
    for strength in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, strength)
            process.wait(PATIENCE)
            return
        except ProcessLookupError:
            process.wait()
            return
        except subprocess.TimeoutExpired:
            continue


def with_parent():
    """Have the system end this process when the one that started it is gone, as where a run of ``qgis_process`` is stopped on a terminal."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)


def run(arguments, progress=lambda line: None, cancelled=lambda: False, allowed=(DONE, CLASH, NOT_FOUND), setting=""):
    """Run the command and return its exit code and what it says on standard output.

    Parameters
    ----------
    arguments
        Texts after the name of the command.
    progress
        Called with each line of progress.
    cancelled
        Asked every quarter of a second; the command is then asked to end, and ended.
    allowed
        Exit codes that leave a result; `BAD` does so only where something stands on standard output.
    setting
        The command, where it is not on the path.

    Raises
    ------
    CommandError
        Where it cannot be run, was cancelled, or ends with another code.
    """
    # a group of its own, so that its children end with it
    hidden = {"creationflags": 0x08000000} if sys.platform == "win32" else {"start_new_session": True}
    if sys.platform.startswith("linux"):
        hidden["preexec_fn"] = with_parent
    process = subprocess.Popen(
        [*program(setting), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment(),
        encoding="utf-8",
        errors="replace",
        **hidden,
    )
    said, errors = [], []

    def read(stream, into):
        with stream:
            for line in stream:
                into.append(line.rstrip("\n"))

    readers = [
        threading.Thread(target=read, args=(process.stdout, said), daemon=True),
        threading.Thread(target=read, args=(process.stderr, errors), daemon=True),
    ]
    for reader in readers:
        reader.start()
    shown = 0
    while process.poll() is None:
        time.sleep(0.25)
        # lines are passed on in this thread, which may talk to the window
        while shown < len(errors):
            progress(errors[shown])
            shown += 1
        if cancelled():
            end(process)
            raise CommandError("Cancelled.")
    for reader in readers:
        reader.join()
    for line in errors[shown:]:
        progress(line)
    code = process.returncode
    if code not in allowed or (code == BAD and not any(said)):
        raise CommandError(reason(errors, said) or f"beatplanner ended with code {code}")
    return code, "\n".join(said)
