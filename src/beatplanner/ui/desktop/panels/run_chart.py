"""A run as a chart: the best plan and the proven bound over time, and the gap between them, for each step; at its end the gaps of all steps and municipalities."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from beatplanner.data.result.draft_reason import gap_said
from beatplanner.planning.proof import OPTIMAL_GAP
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.gap_text import searched_text

BEST, BOUND = QColor("#d95f0e"), QColor("#2c7fb8")
# Of the chart's height the last gap takes at most this share: what came before may leave it at the top and the bottom.
SHARE = 0.4
STEPS = ("beats", "stations", "officers")
# So many gaps are drawn at the end of a run, those with the least proven first.
MOST_GAPS = 9
# Of the chart's width their names and their bars have so much.
NAMES, BARS = 0.46, 0.26


def seconds_said(seconds: float) -> str:
    """Return the end of the chart's axis: short runs have a tenth of a second."""
    return number(seconds, 0 if seconds >= 10 else 1)


@dataclass(frozen=True)
class Gap:
    """What is proven in the end of a step, or of the beats of a municipality.

    Attributes
    ----------
    name
        The step, and the municipality where there are several.
    gap
        How far it may be from the best possible, as a share; None where nothing is proven of it.
    words
        The same, as short as it can be said.
    """

    name: str
    gap: float | None
    words: str


@dataclass
class Series:
    """What a step told: seconds with its best objective and its bound, whichever came."""

    best: list[tuple[float, float]] = field(default_factory=list)
    bound: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, seconds: float, best: float | None, bound: float | None) -> None:
        """Take what was told."""
        self.seconds = max(self.seconds, seconds)
        # the proven bound of a step never falls, its best plan never gets worse
        if best is not None:
            self.best.append((seconds, best if not self.best else min(best, self.best[-1][1])))
        if bound is not None:
            self.bound.append((seconds, bound if not self.bound else max(bound, self.bound[-1][1])))

    def settle(self, best: float, bound: float) -> None:
        """Take what the plan has in the end: less may be certified than the search told. A series that counts something else is left alone."""
        if self.best and self.bound and math.isclose(self.best[-1][1], best, rel_tol=1e-6):
            self.bound = [(at, min(value, bound)) for at, value in self.bound] + [(self.seconds, bound)]

    @property
    def gap(self) -> float | None:
        """How far the best plan can be above the best possible one, as a share of it."""
        if not self.best or not self.bound or self.best[-1][1] == 0:
            return None
        return max(0.0, 1 - self.bound[-1][1] / self.best[-1][1])

    def limits(self) -> tuple[float, float]:
        """Return the least and the greatest objective that the chart shows."""
        lines = [v for line in (self.best, self.bound) for _, v in line]
        if not lines:
            return 0.0, 1.0
        last = [line[-1][1] for line in (self.best, self.bound) if line]
        middle, apart = sum(last) / len(last), max(last) - min(last)
        around = max(apart / SHARE / 2, 0.01 * abs(middle), 1e-9)
        return max(min(lines), middle - around) - 0.05 * around, min(max(lines), middle + around) + 0.05 * around


class RunChart(QWidget):
    """Draws the series of the step that is solved, or of the one that `step` says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series: dict[str, Series] = {}
        self.step = ""
        self.gaps: list[Gap] = []
        # what the plan has of its only step once the run has ended
        self.final: Gap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Chart of the run"))

    def clear(self) -> None:
        """Begin anew."""
        self.series, self.step, self.gaps, self.final = {}, "", [], None
        self.setToolTip("")
        self.updateGeometry()
        self.hide()

    def add(self, phase: str, seconds: float, best: float | None, bound: float | None) -> None:
        """Take what the run told; `phase` begins with the step's name."""
        # each municipality's beats are a search of their own
        step = phase.partition(":")[0].partition(" [")[0]
        if not step.startswith(STEPS):
            return
        self.series.setdefault(step, Series()).add(seconds, best, bound)
        self.step = step
        self.show()
        self.setAccessibleDescription(self.in_words(step))
        self.update()

    def settle(self, step: str, best: float | None, bound: float | None) -> None:
        """Take what the plan has of a whole step in the end, so that the chart says what the plan does."""
        if step in self.series and best is not None and bound is not None:
            self.series[step].settle(best, bound)
            self.setAccessibleDescription(self.in_words(self.step))
            self.update()

    def end(self, gaps: list[Gap]) -> None:
        """Show what is proven of each step and municipality once the run has ended; the line of time says it where there is one alone."""
        self.gaps = sorted(gaps, key=lambda g: math.inf if g.gap is None else g.gap, reverse=True)
        self.final = None
        if len(self.gaps) < 2:
            self.final, self.gaps = next(iter(self.gaps), None), []
            self.setAccessibleDescription(self.in_words(self.step))
        else:
            lines = [f"{g.name}: {g.words}" for g in self.gaps]
            self.setAccessibleDescription("; ".join(lines))
            self.setToolTip(literal("\n".join(lines)))
            self.show()
        self.updateGeometry()
        self.update()

    def title(self) -> str:
        """Return what the chart is of: the step, and the municipality where there are several."""
        words, _, place = self.step.partition(" of ")
        names = {"beats": self.tr("Beats"), "stations": self.tr("Stations"), "officers": self.tr("Officers")}
        name = names.get(words.split(",")[0].split(" ")[0], words) if words else ""
        return f"{name}: {place}" if place else name

    def in_words(self, step: str) -> str:
        """Return what the chart says of a step."""
        if self.final is not None:
            return f"{self.final.name}: {self.final.words}"
        series = self.series.get(step)
        if series is None or not series.best:
            return self.tr("No plan yet.")
        gap = series.gap
        if gap is None:
            return self.tr("A plan is found; nothing is proven yet.")
        words = searched_text(gap)
        return words[:1].upper() + words[1:]

    def _below(self, series: Series) -> str:
        """Return what stands below the lines: the plan's own figure once the run has ended, what the search has proven until then."""
        if self.final is not None:
            plain = self.final.gap is None or self.final.gap <= OPTIMAL_GAP
            return self.final.words if plain else self.tr("gap {0}").format(self.final.words)
        if series.gap is None:
            return ""
        said = (
            self.tr("proven best")
            if series.gap <= OPTIMAL_GAP
            else self.tr("gap {0}").format(gap_said(series.gap, percent))
        )
        return self.tr("{0}, not checked yet").format(said)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a height that grows with the font."""
        line = QFontMetrics(self.font()).height()
        rows = min(len(self.gaps), MOST_GAPS) + (len(self.gaps) > MOST_GAPS) + 1
        return QSize(220, rows * (line + 2) + 8 if self.gaps else 9 * line)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw both lines, what is between them, and their names."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            text, line = self.palette().text().color(), QFontMetrics(self.font()).height()
            if self.gaps:
                self._draw_gaps(painter, line + 2)
                return
            series = self.series.get(self.step)
            painter.setPen(text)
            title = QFontMetrics(self.font()).elidedText(self.title(), Qt.TextElideMode.ElideRight, self.width() - 8)
            painter.drawText(QRectF(4, 0, self.width() - 8, line), Qt.AlignmentFlag.AlignLeft, title)
            area = QRectF(4, 2 * line + 4, self.width() - 8, self.height() - 3 * line - 8)
            faint = QColor(text)
            faint.setAlpha(60)
            painter.setPen(QPen(faint, 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
            painter.setPen(text)
            if series is None or not (series.best or series.bound):
                painter.drawText(
                    self.rect(),
                    int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                    self.tr("Best plan and proven bound are drawn here."),
                )
                return
            low, high = series.limits()
            end = max(series.seconds, 1e-3)

            def steps(points: list[tuple[float, float]]) -> QPolygonF:
                found, last = QPolygonF(), None
                for seconds, value in [*points, (end, points[-1][1])]:
                    x = area.left() + area.width() * min(1.0, seconds / end)
                    y = area.bottom() - area.height() * (min(max(value, low), high) - low) / (high - low)
                    if last is not None:
                        found.append(QPointF(x, last))
                    found.append(QPointF(x, y))
                    last = y
                return found

            best, bound = (steps(p) if p else None for p in (series.best, series.bound))
            if best is not None and bound is not None:
                between = QColor(BOUND)
                between.setAlpha(35)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(between)
                # there is no gap before both are there
                begin = max(best.first().x(), bound.first().x())
                painter.setClipRect(QRectF(begin, 0, self.width(), self.height()))
                painter.drawPolygon(QPolygonF([*best.toList(), *reversed(bound.toList())]))
                painter.setClipping(False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for points, colour, style in ((best, BEST, Qt.PenStyle.SolidLine), (bound, BOUND, Qt.PenStyle.DashLine)):
                if points is not None:
                    painter.setPen(QPen(colour, 2, style))
                    painter.drawPolyline(points)
            painter.translate(0, line)
            self._legend(painter, line, best is not None, bound is not None)
            painter.translate(0, -line)
            painter.setPen(text)
            below = QRectF(area.left(), area.bottom() + 2, area.width(), line + 2)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
            if words := self._below(series):
                painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, words)
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, self.tr("{0} s").format(seconds_said(end)))

    def _draw_gaps(self, painter: QPainter, line: float) -> None:
        """Draw a bar for each gap, with its name before it and its figure behind it."""
        ink, metrics = self.palette().text().color(), QFontMetrics(self.font())
        names, bars = NAMES * self.width(), BARS * self.width()
        greatest = max((g.gap for g in self.gaps if g.gap is not None), default=0.0)
        painter.setPen(ink)
        head = self.tr("Farthest from the best possible plan")
        wide = int(self.width() - 8)
        painter.drawText(QPointF(4, metrics.ascent()), metrics.elidedText(head, Qt.TextElideMode.ElideRight, wide))
        for k, g in enumerate(self.gaps[:MOST_GAPS]):
            top = (k + 1) * line + 2
            painter.setPen(ink)
            name = metrics.elidedText(g.name, Qt.TextElideMode.ElideMiddle, int(names) - 8)
            painter.drawText(QPointF(4, top + metrics.ascent()), name)
            # what is proven best has no bar, and room for its words
            barred = g.gap is not None and g.gap > OPTIMAL_GAP
            if g.gap is not None and barred:
                painter.fillRect(QRectF(names, top + 3, max(2.0, bars * g.gap / (greatest or 1.0)), line - 6), BOUND)
            left = names + (bars if barred else 0) + 6
            said = metrics.elidedText(g.words, Qt.TextElideMode.ElideRight, int(self.width() - left - 2))
            painter.drawText(QPointF(left, top + metrics.ascent()), said)
        if len(self.gaps) > MOST_GAPS:
            more = self.tr("and {0} more").format(len(self.gaps) - MOST_GAPS)
            painter.drawText(QPointF(4, (MOST_GAPS + 1) * line + 2 + metrics.ascent()), more)

    def _legend(self, painter: QPainter, line: int, best: bool, bound: bool) -> None:
        x, metrics = 4.0, QFontMetrics(self.font())
        for there, colour, style, words in (
            (best, BEST, Qt.PenStyle.SolidLine, self.tr("best plan")),
            (bound, BOUND, Qt.PenStyle.DashLine, self.tr("proven bound")),
        ):
            if there:
                painter.setPen(QPen(colour, 2, style))
                painter.drawLine(QPointF(x, line / 2 + 1), QPointF(x + 18, line / 2 + 1))
                painter.setPen(self.palette().text().color())
                painter.drawText(QPointF(x + 22, line - metrics.descent() + 1), words)
                x += 22 + metrics.horizontalAdvance(words) + 14


def install(window: Window) -> RunChart:
    """Put the chart into the window's run box, above its buttons."""
    chart = RunChart()
    window.run_box.addWidget(chart)
    chart.hide()
    return chart
