"""The pages' templates, and what these may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import jinja2


def template_of(
    name: str, known: Mapping[str, object], filters: Mapping[str, Callable[..., str]] | None = None
) -> jinja2.Template:
    """Return a template of `data/templates`, compiled; it and the templates that it includes know these names and filters."""
    templates = files("beatplanner.data") / "templates"

    def text_of(file: str) -> str:
        return (templates / file).read_text("utf-8")

    environment = jinja2.Environment(autoescape=True, loader=jinja2.FunctionLoader(text_of))
    # Jinja leaves open what these hold
    held: Any = environment
    held.globals.update(known)
    held.filters.update(filters or {})
    return environment.get_template(name)
