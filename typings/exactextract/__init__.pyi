"""What this program uses of exactextract, which brings no types."""

from collections.abc import Sequence
from typing import Any

def exact_extract(rast: Any, vec: Any, ops: Sequence[str], *, output: str = ...) -> Any: ...
