"""Assignments over months under tenure rules."""
