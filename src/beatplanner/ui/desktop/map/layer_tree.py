"""The tree of layers: what is shown, in which order, how strongly, with the legend beside each; classes of shaded layers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.map.legend import Key, draw_key, legend_lines
from beatplanner.ui.desktop.map.map_layers import METHODS, SHADES, LayerStack
from beatplanner.ui.desktop.map.view import View
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import percent
from beatplanner.ui.desktop.toolkit.number_box import WholeBox
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel

ACTIONS = (
    Action(
        "layer_legend",
        "View",
        "Legend on the map",
        "Show the signs of the map in its corner, or hide them.",
        "Ctrl+Shift+L",
    ),
    Action(
        "layer_patterns", "View", "Patterns for black and white", "Hatch the beats instead of colouring them.", "Ctrl+B"
    ),
)
NAME = Qt.ItemDataRole.UserRole


class LayerTree(QWidget):
    """The layers, the uppermost first."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.map = window.map
        self.stack: LayerStack = window.map.stack
        self._filling = False
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName(self.tr("Layers of the map"))
        self.tree.setIconSize(QSize(22, 14))
        self.tree.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.tree.setIndentation(16)
        self.tree.itemChanged.connect(self._checked)
        self.tree.currentItemChanged.connect(lambda *_: self._show_options())
        # the tree is filled anew only when it has finished with what it does: an item must not vanish under its own click
        self._later, self._drop = QTimer(self), QTimer(self)
        for timer, slot in ((self._later, self.load), (self._drop, self._dropped)):
            timer.setSingleShot(True)
            timer.timeout.connect(slot)
        model = self.tree.model()
        for signal in (model.rowsMoved, model.rowsInserted, model.rowsRemoved):
            signal.connect(lambda *_: None if self._filling else self._drop.start(0))
        column.addWidget(self.tree, 1)
        row = QHBoxLayout()
        self.up, self.down = QPushButton(self.tr("Up")), QPushButton(self.tr("Down"))
        self.up.clicked.connect(lambda: self._move(1))
        self.down.clicked.connect(lambda: self._move(-1))
        self.patterns = QCheckBox(self.tr("Patterns"))
        self.patterns.setToolTip(self.tr("Hatch the beats instead of colouring them, for black and white"))
        self.patterns.toggled.connect(self.set_patterns)
        row.addWidget(self.up)
        row.addWidget(self.down)
        row.addWidget(self.patterns)
        row.addStretch(1)
        column.addLayout(row)
        form = QFormLayout()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(5, 100)
        self.opacity.setAccessibleName(self.tr("Opacity of the layer"))
        self.opacity.valueChanged.connect(lambda v: self._change(opacity=v / 100))
        self.how_opaque = Label()
        self.how_opaque.setMinimumWidth(self.how_opaque.fontMetrics().horizontalAdvance(percent(1.0)))
        self.how_opaque.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.opacity.valueChanged.connect(lambda v: self.how_opaque.setText(percent(v / 100)))
        beside = QHBoxLayout()
        beside.addWidget(self.opacity, 1)
        beside.addWidget(self.how_opaque)
        form.addRow(self.tr("Opacity"), beside)
        self.figure, self.method, self.shades = QComboBox(), QComboBox(), QComboBox()
        self.classes = WholeBox()
        self.classes.setRange(2, 9)
        self.method.addItems([self.tr(m) for m in METHODS])
        self.shades.addItems([self.tr(s) for s in SHADES])
        self.figure.activated.connect(lambda _: self._change(figure=self.figure.currentData()))
        self.method.activated.connect(lambda k: self._change(method=METHODS[k]))
        self.shades.activated.connect(lambda k: self._change(shades=list(SHADES)[k]))
        self.classes.valueChanged.connect(lambda _: self._change(classes=self.classes.value()))
        self.shading = [self.figure, self.classes, self.method, self.shades]
        for text, box in zip(
            (self.tr("Shade by"), self.tr("Classes"), self.tr("Breaks"), self.tr("Colours")), self.shading, strict=True
        ):
            box.setAccessibleName(text)
            form.addRow(text, box)
        self.form = form
        column.addLayout(form)
        window.scenario.listeners.append(self.load)
        self.stack.listeners.append(lambda: self._later.start(0))
        self.map.recoloured.connect(lambda: self._later.start(0))
        self.load()

    def load(self) -> None:
        """Show the layers and the legend as they are."""
        if self._filling:
            return
        self._filling = True
        current = self.tree.currentItem()
        name = current.data(0, NAME) if current is not None else None
        self.tree.clear()
        for layer in reversed(self.stack.layers):
            item = QTreeWidgetItem([self.tr(layer.name)])
            item.setData(0, NAME, layer.name)
            # a sign or the room for one, so that all names begin in one line and all rows are as high
            item.setIcon(0, self._no_icon())
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled
                | Qt.ItemFlag.ItemIsSelectable
                | Qt.ItemFlag.ItemIsUserCheckable
                | Qt.ItemFlag.ItemIsDragEnabled
            )
            item.setCheckState(0, Qt.CheckState.Checked if layer.visible else Qt.CheckState.Unchecked)
            self.tree.addTopLevelItem(item)
            if layer.visible:
                keys = legend_lines(self.map.content, LayerStack([layer]), dark=self.map.dark)
                if len(keys) == 1:
                    item.setIcon(0, self._icon(keys[0]))
                    if keys[0].text != layer.name:
                        item.setToolTip(0, literal(self.tr(keys[0].text)))
                for key in keys if len(keys) > 1 else []:
                    child = QTreeWidgetItem([self.tr(key.text)])
                    child.setFlags(Qt.ItemFlag.ItemIsEnabled)
                    if key.kind != "title":
                        child.setIcon(0, self._icon(key))
                    item.addChild(child)
                item.setExpanded(True)
            if layer.name == name:
                self.tree.setCurrentItem(item)
        self.patterns.setChecked(self.stack.patterns)
        self._filling = False
        self._show_options()

    @staticmethod
    def _no_icon() -> QIcon:
        picture = QPixmap(22, 14)
        picture.fill(QColor(0, 0, 0, 0))
        return QIcon(picture)

    def _icon(self, key: Key) -> QIcon:
        picture = QPixmap(22, 14)
        picture.fill(QColor(0, 0, 0, 0))
        with QPainter(picture) as painter:
            draw_key(painter, key, QRectF(1, 1, 20, 12), View(np.zeros(2), 1.0, 22, 14))
        return QIcon(picture)

    def current(self) -> str:
        """Return the name of the chosen layer, "" for none."""
        item = self.tree.currentItem()
        while item is not None and item.parent() is not None:
            item = item.parent()
        return str(item.data(0, NAME)) if item is not None else ""

    def _show_options(self) -> None:
        if self._filling:
            return
        self._filling = True
        name = self.current()
        layer = self.stack[name] if name else None
        self.opacity.setEnabled(layer is not None)
        self.up.setEnabled(layer is not None)
        self.down.setEnabled(layer is not None)
        shaded = layer is not None and layer.shaded
        for box in self.shading:
            self.form.setRowVisible(box, shaded)
        self.how_opaque.setText("" if layer is None else percent(layer.opacity))
        if layer is not None:
            self.opacity.setValue(round(layer.opacity * 100))
        if layer is not None and shaded:
            self.figure.clear()
            for figure in self.map.content.figures:
                self.figure.addItem(self.tr(figure), figure)
            self.figure.setCurrentIndex(self.figure.findData(layer.figure))
            self.method.setCurrentIndex(METHODS.index(layer.method))
            self.shades.setCurrentIndex(list(SHADES).index(layer.shades))
            self.classes.setValue(layer.classes)
        self._filling = False

    def _change(self, **values: object) -> None:
        if not self._filling and self.current():
            self.stack.change(self.current(), **values)

    def _checked(self, item: QTreeWidgetItem, _column: int) -> None:
        if not self._filling and item.parent() is None:
            self.stack.change(item.data(0, NAME), visible=item.checkState(0) == Qt.CheckState.Checked)

    def _move(self, steps: int) -> None:
        if self.current():
            self.stack.move(self.current(), steps)

    def _dropped(self) -> None:
        items = [self.tree.topLevelItem(i) for i in range(self.tree.topLevelItemCount())]
        names = [str(item.data(0, NAME)) for item in items if item is not None]
        if (
            not self._filling
            and len(names) == len(self.stack.layers)
            and set(names) == {x.name for x in self.stack.layers}
        ):
            self.stack.reorder(names[::-1])

    def set_patterns(self, on: bool) -> None:
        """Hatch the beats, or colour them."""
        if self.stack.patterns != on:
            self.stack.patterns = on
            self.stack.changed()


def install(window: Window) -> LayerTree:
    """Add the tree to the window."""
    tree = LayerTree(window)
    action = add_action(window, ACTIONS[1], tree.set_patterns, checkable=True)

    def show_legend(on: bool) -> None:
        window.map.shows_legend = on
        # names stand where the legend does not
        window.map.redraw()

    add_action(window, ACTIONS[0], show_legend, checkable=True).setChecked(True)
    tree.stack.listeners.append(lambda: action.setChecked(tree.stack.patterns))
    add_panel(window, tree, "layers", "Layers")
    return tree
