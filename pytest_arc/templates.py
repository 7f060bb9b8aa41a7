"""Templates in YAML, `{{ ... }}`: rendered in a sandbox, and nothing is escaped.

What is filled in is only ever a value: a template in it stays text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["evaluate", "is_template", "open_environment"]

_WHOLE_EXPRESSION = re.compile(r"\s*\{\{((?:(?!\{\{|\}\}|\{%).)+)\}\}\s*", re.DOTALL)


def is_template(text: str) -> bool:
    """Whether there is anything in it to fill in."""
    return "{{" in text or "{%" in text


def evaluate(text: str, facts: Mapping[str, Any]) -> Any:
    """`text` filled in from `facts`; where it is exactly one expression, its value, with its type.

    Raises jinja2.TemplateError where it is no template or uses what is undefined, and whatever an expression
    of its author may raise.
    """
    whole = _WHOLE_EXPRESSION.fullmatch(text)
    if not whole:
        return _compile(text).render(facts)
    value = _compile_expression(whole[1])(facts)
    return _refuse_undefined(value)


@functools.cache
def open_environment() -> Any:
    """The `jinja2.Environment` that all templates share."""
    # Slow to import, and needed by few.
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )


@functools.lru_cache(maxsize=1024)
def _compile(text: str) -> Any:
    return open_environment().from_string(text)


@functools.lru_cache(maxsize=1024)
def _compile_expression(text: str) -> Any:
    return open_environment().compile_expression(text, undefined_to_none=False)


def _refuse_undefined(value: Any) -> Any:
    # An expression may come to something undefined, which complains only once it is made a text.
    if isinstance(value, open_environment().undefined):
        str(value)
    return value
