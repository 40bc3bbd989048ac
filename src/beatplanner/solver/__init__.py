"""Optimisation: arrays and graphs in, arrays and proven bounds out."""
