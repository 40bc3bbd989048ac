"""Scenarios side by side: figures, prices of rules, robustness and surveys."""
