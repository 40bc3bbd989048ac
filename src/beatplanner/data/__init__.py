"""The outside world: description, layers, town, project file, result files and exports."""
