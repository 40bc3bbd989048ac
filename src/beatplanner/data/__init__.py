"""The outside world: description, layers, town, project file, result files and exports."""

from beatplanner.data.formats.drivers import restrict_gdal

restrict_gdal()
