"""What this program uses of docxtpl, which brings no types."""

from io import BytesIO
from pathlib import Path
from typing import Any

class DocxTemplate:
    def __init__(self, template_file: BytesIO | Path | str) -> None: ...
    def render(self, context: dict[str, Any], jinja_env: Any = ..., autoescape: bool = ...) -> None: ...
    def save(self, filename: BytesIO | Path | str) -> None: ...
