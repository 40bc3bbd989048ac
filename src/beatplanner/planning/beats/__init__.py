"""Beats: a town into districts, municipality by municipality; curves, drawing by hand and mending."""
