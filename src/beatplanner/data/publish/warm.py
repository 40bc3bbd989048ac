"""What a process that writes reports makes ready before its first one: importing this loads, compiles and draws what takes half of a report's time."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg

from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.publish.report import page_template

page_template()
# fonts are looked for with the first letter that is drawn
figure = plain_figure(1.0, 1.0)
figure.subplots().set_title("a")
FigureCanvasAgg(figure).draw()
