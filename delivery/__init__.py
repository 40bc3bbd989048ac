"""Delivery: the offline bundle, the licences of what is in it, and the guide; run by `start.py`, no part of the package."""
