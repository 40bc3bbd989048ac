"""Adds the provider to QGIS's Processing, and takes it away again."""

from qgis.core import QgsApplication

from .provider import Provider


class Plugin:
    """What QGIS loads."""

    def __init__(self):
        self.provider = None

    def initProcessing(self):  # noqa: N802  (called by qgis_process, too)
        """Add the provider."""
        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):  # noqa: N802
        """Start in the window."""
        self.initProcessing()

    def unload(self):
        """Take the provider away."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
