"""`{{ ... }}` in scenarios, filled in from one row of `for_each`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from pytest_arc.loading.places import Path
from pytest_arc.registry import find_near_miss
from pytest_arc.templates import evaluate, is_template

__all__ = ["TemplateProblem", "has_template", "render"]


class TemplateProblem(Exception):
    """A template that cannot be filled in, and the path of the text it stands in."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        self.path, self.message, self.hint = path, message, hint
        super().__init__(message)


def has_template(value: Any) -> bool:
    """Whether a template stands anywhere in `value`."""
    if isinstance(value, str):
        return is_template(value)
    if isinstance(value, dict):
        return any(has_template(item) for item in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(has_template(item) for item in cast("list[Any]", value))
    return False


def render(value: Any, row: Mapping[str, Any], path: Path = ()) -> Any:
    """Fill in every template of `value`; raise TemplateProblem.

    A text that is exactly one expression becomes the value of that expression, with its type. Parts without
    a template are the same objects in the result.
    """
    if isinstance(value, str):
        return _render_text(value, row, path) if has_template(value) else value
    if isinstance(value, dict):
        mapping = cast("Mapping[str, Any]", value)
        rendered: Any = {key: render(item, row, (*path, key)) for key, item in mapping.items()}
        return rendered if any(rendered[key] is not item for key, item in mapping.items()) else mapping
    if isinstance(value, list):
        items = cast("list[Any]", value)
        rendered = [render(item, row, (*path, index)) for index, item in enumerate(items)]
        return rendered if any(new is not old for new, old in zip(rendered, items, strict=True)) else items
    return value


def _render_text(text: str, row: Mapping[str, Any], path: Path) -> Any:
    import jinja2

    try:
        return evaluate(text, row)
    except jinja2.UndefinedError as error:
        raise TemplateProblem(
            path, f"in a template, {error.message}", _suggest_variable(str(error), row)
        ) from None
    except jinja2.TemplateError as error:
        raise TemplateProblem(path, f"this template is not valid: {error.message}") from None
    except Exception as error:  # an expression of the author's may raise anything: 1 / 0
        raise TemplateProblem(path, f"this template cannot be filled in: {error}") from None


def _suggest_variable(message: str, row: Mapping[str, Any]) -> str:
    if not row:
        return "this scenario has no 'for_each' with values"
    name = re.search(r"'([^']*)' is undefined", message)
    near = find_near_miss(name[1], row) if name else None
    return f"did you mean '{near}'?" if near else f"the row has: {', '.join(row)}"
