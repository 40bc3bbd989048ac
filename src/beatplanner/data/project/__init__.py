"""The project file: one GeoPackage that is saved safely and survives a crash."""
