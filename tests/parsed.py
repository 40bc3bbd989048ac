"""What a text of Python says: each is parsed once for all tests of a file that look through many of them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

import pytest


@functools.cache
def tree_of(text: str) -> ast.Module:
    """Return the tree of a text, which nobody changes."""
    return ast.parse(text)


@functools.cache
def nodes_of(text: str) -> tuple[ast.AST, ...]:
    """Return all nodes of a text's tree, as `ast.walk` gives them."""
    return tuple(ast.walk(tree_of(text)))


@pytest.fixture(autouse=True, scope="module")
def trees_are_forgotten() -> Iterator[None]:
    """Keep trees, a quarter of a gigabyte for all of the program, no longer than a file of tests takes; a file imports this with the two above."""
    yield
    nodes_of.cache_clear()
    tree_of.cache_clear()
