"""JMESPath expressions in files: what is wrong with one is found when the file is loaded, not in a trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError, ParseError
from jmespath.functions import Functions

__all__ = ["Path", "Step", "explain_failure", "read_path", "verify_expression"]

Step: TypeAlias = str | int | None
"""A key, an index, or None for each of them."""
Path: TypeAlias = tuple[Step, ...]
"""Where something stands in a JSON value."""


def verify_expression(expression: str) -> str:
    """Return `expression`. Raises ValueError, with a sentence, when it is no JMESPath expression."""
    try:
        _require_functions(jmespath.compile(expression).parsed)
    except ParseError as error:
        what = "it ends too early" if not error.token_value else f"unexpected {error.token_value!r}"
        place = f" at character {error.lex_position + 1}" if error.lex_position >= 0 else ""
        raise ValueError(f"not a JMESPath expression: {what}{place} of '{expression}'") from None
    except JMESPathError as error:
        raise ValueError(f"not a JMESPath expression: {error}") from None
    return expression


def read_path(expression: str) -> Path:
    """The places that an expression such as `body.items[*].id` names.

    Raises ValueError, with a sentence, when it is none, or does more than to name places.
    """

    def read(node: Mapping[str, Any]) -> Iterator[Step]:
        match node["type"], node["children"]:
            case (("field" | "index"), _):
                yield node["value"]
            case (("subexpression" | "index_expression"), children):
                for child in children:
                    yield from read(child)
            case (("projection" | "value_projection"), [left, right]):
                yield from read(left)
                yield None
                yield from read(right)
            case "identity", _:
                pass
            case _:
                raise ValueError(f"'{expression}' is no path: keys, indices and [*] make one")

    return tuple(read(jmespath.compile(verify_expression(expression)).parsed))


def explain_failure(error: JMESPathError) -> str:
    """Why an expression could not be computed."""
    if isinstance(error, JMESPathTypeError):
        missing = " (a path is not there)" if error.actual_type == "null" else ""
        return f"{error.function_name}() was given {error.actual_type}{missing}"
    return str(error)


def _require_functions(node: Mapping[str, Any]) -> None:
    """JMESPath finds an unknown function, or a wrong number of arguments, only when it gets there."""
    if node["type"] == "function_expression":
        name, given = cast("str", node["value"]), len(node["children"])
        known: Mapping[str, Any] = Functions().FUNCTION_TABLE
        if name not in known:
            raise ValueError(f"JMESPath has no function '{name}'; it has: {', '.join(sorted(known))}")
        signature = known[name]["signature"]
        variadic = bool(signature) and signature[-1].get("variadic", False)
        if given < len(signature) or (given > len(signature) and not variadic):
            least = "at least " if variadic else ""
            raise ValueError(f"the function '{name}' takes {least}{len(signature)} arguments, not {given}")
    for child in node.get("children", ()):
        if isinstance(child, Mapping):
            _require_functions(cast("Mapping[str, Any]", child))
