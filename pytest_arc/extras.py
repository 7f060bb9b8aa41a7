"""Optional libraries: imported where they are needed, or named with what installs them."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from types import ModuleType

from pytest_arc.errors import MissingExtra

__all__ = ["explain_missing", "require"]


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
