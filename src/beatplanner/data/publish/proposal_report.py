"""What came of a forum's counter-proposal: a page, the numbers, and the nearest proposal as a table."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from beatplanner.data.publish.public.forum_files import write_json
from beatplanner.data.result.cells import write_csv


def write_proposal_report(out: Path, project: str, content: Mapping[str, Any]) -> None:
    """Write ``proposal.html``, ``proposal.json`` and ``nearest.csv`` into a folder.

    Parameters
    ----------
    out
        The folder; made where it does not exist.
    project
        The project's name.
    content
        ``columns``, ``figures``, ``beats``, ``broken``, ``changes``, ``apart``, ``bound``, ``residents``, ``notes``, ``numbers``.
    """
    out.mkdir(parents=True, exist_ok=True)
    template = (files("beatplanner.data") / "templates" / "proposal.html").read_text("utf-8")
    page = jinja2.Environment(autoescape=True).from_string(template).render(project=project, **content)
    (out / "proposal.html").write_text(page, encoding="utf-8")
    keys = ("broken", "apart", "bound", "numbers", "changes", "notes")
    write_json(
        out / "proposal.json",
        {"project": project, "keeps_the_rules": not content["broken"], **{k: content[k] for k in keys}},
    )
    rows = [(c["unit"], c["name"], c["beat"], c["proposed_beat"], c["nearest_beat"]) for c in content["changes"]]
    write_csv(out / "nearest.csv", ["unit", "name", "beat", "asked_beat", "proposed_beat"], rows)
