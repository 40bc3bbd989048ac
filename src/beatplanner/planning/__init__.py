"""The planning itself: turns a town into solver input and solver output into something with names."""
