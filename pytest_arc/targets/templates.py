"""Templates in what is sent to an agent: `{{ user }}`, filled in anew for each turn.

They are rendered in a sandbox, and what users and agents say is only ever a value in them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, cast

from pytest_arc.registry import find_near_miss

__all__ = ["fill_in", "verify_templates"]

_WHOLE_EXPRESSION = re.compile(r"\s*\{\{((?:(?!\{\{|\}\}|\{%).)+)\}\}\s*", re.DOTALL)


def fill_in(value: Any, facts: Mapping[str, Any]) -> Any:
    """`value` with every template in it filled in from `facts`.

    A text that is exactly one expression becomes the value of that expression, with its type. Raises
    ValueError where an expression cannot be computed.
    """
    if isinstance(value, str):
        return _fill_in_text(value, facts) if _has_template(value) else value
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: fill_in(item, facts) for key, item in mapping.items()}
    if isinstance(value, (list, tuple)):
        return [fill_in(item, facts) for item in cast("list[Any]", value)]
    return value


def verify_templates(value: Any, names: tuple[str, ...]) -> None:
    """Raise ValueError, with a sentence, where a template is none, or uses other names than `names`."""
    if isinstance(value, Mapping):
        for item in cast("Mapping[str, Any]", value).values():
            verify_templates(item, names)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            verify_templates(item, names)
    elif isinstance(value, str) and _has_template(value):
        _verify_text(value, names)


def _has_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def _fill_in_text(text: str, facts: Mapping[str, Any]) -> Any:
    whole = _WHOLE_EXPRESSION.fullmatch(text)
    try:
        return _compile_expression(whole[1])(facts) if whole else _compile(text).render(facts)
    except Exception as error:  # an expression of the author's may raise anything: 1 / 0
        raise ValueError(f"the template {text!r} cannot be filled in: {error}") from None


def _verify_text(text: str, names: tuple[str, ...]) -> None:
    from jinja2 import TemplateError
    from jinja2.meta import find_undeclared_variables

    try:
        used = find_undeclared_variables(_open_environment().parse(text))
    except TemplateError as error:
        raise ValueError(f"the template {text!r} is not valid: {error.message}") from None
    for name in sorted(used.difference(names)):
        near = find_near_miss(name, names)
        hint = f"did you mean '{near}'?" if near else f"there is: {', '.join(names)}"
        raise ValueError(f"in a template, '{name}' is undefined; {hint}")


@functools.cache
def _open_environment() -> Any:
    # Slow to import, and needed by few.
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )


@functools.lru_cache(maxsize=1024)
def _compile(text: str) -> Any:
    return _open_environment().from_string(text)


@functools.lru_cache(maxsize=1024)
def _compile_expression(text: str) -> Any:
    return _open_environment().compile_expression(text, undefined_to_none=False)
