"""Make the picture of a plan for README and guide from the sample town: python docs/pictures.py; those of the window are made by docs/screens.py."""

from __future__ import annotations

import tempfile
from pathlib import Path

from beatplanner.data.publish.report_charts import draw_map
from beatplanner.data.result.folder import read_result
from beatplanner.data.sample.sample_town import write_sample_town
from beatplanner.planning.whole.run import run

PICTURES = Path(__file__).parent / "pictures"


def main() -> None:
    """Plan the sample town and draw it."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        project = write_sample_town(Path(folder) / "layers")
        run(project, Path(folder) / "plan", time_limit=60)
        draw_map(read_result(Path(folder) / "plan"), width=8).savefig(PICTURES / "plan.png", dpi=90)


if __name__ == "__main__":
    main()
