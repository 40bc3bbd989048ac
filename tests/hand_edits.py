"""What a planner changes by hand in a window, for tests of the draft."""

from __future__ import annotations


def move_station(window) -> list[int]:
    """Open the first site that is closed; return the sites that are open then."""
    panel = window.stations
    if panel.judge is None:
        panel._begin()
    assert panel.judge is not None
    closed = [k for k in range(len(panel.judge.ids)) if k not in panel.chosen]
    panel.toggle(closed[0])
    return panel.chosen


def move_posting(window) -> None:
    """Drag a posting of some months."""
    panel = window.gantt
    if panel.judge is None:
        panel._begin(window.scenario.plan)
    at = next(n for n, p in enumerate(panel.postings) if p.end - p.start > 2)
    panel.move_posting(at, 0, -1, "", 0)


def paint(window) -> tuple[int, str]:
    """Paint one unit into a neighbouring beat of its municipality; return its position and its beat before."""
    panel = window.drawing_panel
    drawing = panel.begin()
    for a, b in drawing.edges[["a", "b"]].to_numpy(int).tolist():
        if drawing.label[a] != drawing.label[b] and drawing.municipality[a] == drawing.municipality[b]:
            before, to = str(drawing.beat[a]), str(drawing.beat[b])
            panel.edit(lambda d, unit=a, beat=to: d.paint([unit], beat))
            return a, before
    raise AssertionError("no border")
