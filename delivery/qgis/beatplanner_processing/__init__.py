"""A QGIS plugin: beatplanner's commands as Processing algorithms. It runs the installed command and needs nothing else."""


def classFactory(iface):  # noqa: N802  (the name that QGIS calls)
    """Return the plugin."""
    from .plugin import Plugin

    return Plugin()
