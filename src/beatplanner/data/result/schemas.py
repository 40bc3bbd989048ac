"""What is written beside a plan is held against its typed shape, of which ``docs/`` publishes the JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from beatplanner.data.result.comparison import Comparison, RulePrices, StressTest
from beatplanner.data.result.summary import Summary

Written = Literal["summary", "comparison", "prices", "robustness"]
_SHAPES: dict[Written, Any] = {
    "summary": Summary,
    "comparison": Comparison,
    "prices": RulePrices,
    "robustness": StressTest,
}


@cache
def _shape(name: Written) -> TypeAdapter[Any]:
    return TypeAdapter(_SHAPES[name])


def hold(name: Written, content: Mapping[str, object]) -> Any:
    """Hold the content of a file against its shape, and return it as that has it: without keys that it does not know.

    Raises
    ------
    pydantic.ValidationError
        Where a key is missing or of another kind: a fault of the program.
    """
    return _shape(name).validate_python(content)


def schema(name: Written) -> str:
    """Return the JSON schema of a file as it is published in ``docs/``."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_shape(name).json_schema()}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
