"""What a process that writes reports makes ready before its first one: importing this loads, compiles and draws what takes half of a report's time."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.plain_figure import bar_chart, plain_figure
from beatplanner.data.publish.report import page_template
from beatplanner.data.publish.report_charts import picture_of

# with what a page takes in, and a locale
page = page_template()
page.environment.get_template("budget.html")
ENGLISH.number(1_000.5)
# fonts are looked for with the first letter that is drawn, formats of pictures with the first picture
figure, _ = bar_chart(np.arange(3.0), np.ones(2), ["#252525"] * 2, (1.0, "#252525", "a"), ("a", "a"))
FigureCanvasAgg(figure).draw()
figure = plain_figure(1.0, 1.0)
axes = figure.subplots()
axes.scatter([0.0], [0.0], label="a")
axes.legend()
picture_of(figure)
