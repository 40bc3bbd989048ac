"""What this program uses of rasterio, which brings no types."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

def open(fp: Path, driver: str | None = ...) -> AbstractContextManager[Any]: ...
