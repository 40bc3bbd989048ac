"""The map: items, layers, tools, printing."""
