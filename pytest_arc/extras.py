"""Optional libraries: imported where they are needed, or named with what installs them."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from types import ModuleType

from pytest_arc.errors import MissingExtra

__all__ = ["explain_missing", "hasten_jsonschema", "require"]


def require(module: str, extra: str) -> ModuleType:
    """Import `module`. Raises MissingExtra, which says how to install it, when it is not there."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] == module.partition(".")[0]:
            raise MissingExtra(_say_missing(error.name.partition(".")[0], extra)) from None
        raise


def explain_missing(module: str, extra: str) -> str | None:
    """How to install `module`, in one sentence; None when it is there. Nothing is imported."""
    package = module.partition(".")[0]
    return None if find_spec(package) else _say_missing(package, extra)


def _say_missing(package: str, extra: str) -> str:
    return f"{package} is not installed: pip install 'pytest-arc[{extra}]'"


def hasten_jsonschema() -> None:
    """Import jsonschema without a part that nearly nobody needs: to be called before it is imported.

    Where the package rfc3987_syntax is installed, as with Jupyter and with the extra `sbom`, jsonschema has
    it compile a grammar when it is imported: most of a second, for the formats `iri` and `iri-reference`. It
    is compiled when one of these is met instead.
    """
    grammar = "rfc3987_syntax"
    if "jsonschema" in sys.modules or grammar in sys.modules or find_spec(grammar) is None:
        return
    stand_in = ModuleType(grammar)
    stand_in.is_valid_syntax = _is_valid_syntax  # type: ignore[attr-defined]
    sys.modules[grammar] = stand_in
    try:
        importlib.import_module("jsonschema")
    finally:
        del sys.modules[grammar]


def _is_valid_syntax(term: str, value: str) -> bool:
    return importlib.import_module("rfc3987_syntax").is_valid_syntax(term, value)
