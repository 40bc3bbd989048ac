"""Stations: sites, walks and rules."""
