"""Percent signs in sentences, which each language and the window write in their own way."""

import re

# A percent sign behind a figure, with the space that English texts of the code set before it or not.
PERCENT = re.compile(r"(?<=\d)[ \u00a0\u202f]?%(?!\w)")
