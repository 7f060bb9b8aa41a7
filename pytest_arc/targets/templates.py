"""Templates in what is sent to an agent: `{{ user }}`, filled in anew for each turn.

What users and agents say is only ever a value in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pytest_arc.registry import find_near_miss
from pytest_arc.templates import evaluate, is_template, open_environment

__all__ = ["fill_in", "verify_templates"]


def fill_in(value: Any, facts: Mapping[str, Any]) -> Any:
    """`value` with every template in it filled in from `facts`.

    A text that is exactly one expression becomes the value of that expression, with its type. Raises
    ValueError where an expression cannot be computed.
    """
    if isinstance(value, str):
        return _fill_in_text(value, facts) if is_template(value) else value
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
    elif isinstance(value, str) and is_template(value):
        _verify_text(value, names)


def _fill_in_text(text: str, facts: Mapping[str, Any]) -> Any:
    try:
        return evaluate(text, facts)
    except Exception as error:  # an expression of the author's may raise anything: 1 / 0
        raise ValueError(f"the template {text!r} cannot be filled in: {error}") from None


def _verify_text(text: str, names: tuple[str, ...]) -> None:
    from jinja2 import TemplateError
    from jinja2.meta import find_undeclared_variables

    try:
        used = find_undeclared_variables(open_environment().parse(text))
    except TemplateError as error:
        raise ValueError(f"the template {text!r} is not valid: {error.message}") from None
    for name in sorted(used.difference(names)):
        near = find_near_miss(name, names)
        hint = f"did you mean '{near}'?" if near else f"there is: {', '.join(names)}"
        raise ValueError(f"in a template, '{name}' is undefined; {hint}")
