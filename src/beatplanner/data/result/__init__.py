"""The result folder: tables, styles, summary, and where they may be written."""
