"""What the window lets a child do loads no widgets, whose import takes a second and a half and a hundred megabytes of each child."""

import importlib
import json
import re
import subprocess
import sys

from conftest import ROOT

DESKTOP = ROOT / "src" / "beatplanner" / "ui" / "desktop"
# work.run(done, failed, function, …) and task.start(function, …): the function crosses to the child by its module and name
GIVEN = re.compile(
    r"\bwork\.run\(\s*(?:lambda[^:]*: [^,]*(?:\([^()]*\))?|[\w.]+),\s*(?:lambda[^:]*: [^,]*|[\w.]+),\s*([\w.]+)|_(?:task|reading)\.start\(([\w.]+)"
)


def test_no_work_of_a_child_loads_a_widget():
    modules: dict[str, str] = {}
    for file in DESKTOP.rglob("*.py"):
        name = "beatplanner." + ".".join(file.relative_to(ROOT / "src" / "beatplanner").with_suffix("").parts)
        for found in GIVEN.findall(file.read_text(encoding="utf-8")):
            given = found[0] or found[1]
            if given == "function":  # of whoever calls that
                continue
            work = importlib.import_module(name)
            for part in given.split("."):
                work = getattr(work, part, None)
            if work is not None and hasattr(work, "__module__"):
                modules[work.__module__] = given
    assert {"beatplanner.ui.desktop.panels.jobs", "beatplanner.ui.desktop.guided_import.jobs"} <= set(modules)
    assert "jobs.count_cards" in GIVEN.findall("self.work.run(done, failed, jobs.count_cards, plan, town)")[0]
    look = "import importlib, json, sys; [importlib.import_module(m) for m in json.loads(sys.argv[1])]; print('PySide6.QtWidgets' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", look, json.dumps(sorted(modules))], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False", sorted(modules)
