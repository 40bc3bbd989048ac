"""The sample town, generated."""
