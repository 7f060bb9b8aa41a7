"""Calls as they are compared: in one canonical form, so that equal calls have equal keys."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, cast

from pytest_arc.domain.expressions import Path, Step

__all__ = ["canonicalize_http", "list_differences", "remove_ignored"]

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_SNIPPET = 30
"""Characters shown of a text where it differs."""


def canonicalize_http(method: str, url: str, content_type: str, body: bytes) -> dict[str, Any]:
    """An HTTP request as plain data: JSON bodies parsed, of the headers the content type alone."""
    kind, _, parameters = content_type.partition(";")
    if boundary := _BOUNDARY.search(parameters):
        # Drawn anew for every multipart request.
        body = body.replace(boundary[1].encode(), b"boundary")
    return {
        "method": method.upper(),
        "url": url,
        "content_type": kind.strip().lower(),
        "body": _read_body(body),
    }


def _read_body(body: bytes) -> Any:
    if not body:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"sha256": hashlib.sha256(body).hexdigest()}
    try:
        return json.loads(text)
    except ValueError:
        return text


def remove_ignored(value: Any, ignored: Sequence[Path]) -> Any:
    """Take out of `value`, in place, everything that `ignored` names; return it."""
    for path in ignored:
        _remove(value, path)
    return value


def _remove(value: Any, path: Path) -> None:
    step, *rest = path
    for place in _find_places(value, step):
        if rest:
            _remove(value[place], tuple(rest))
        elif isinstance(value, dict):
            del value[place]
        else:
            value[place] = None  # later indices go on to name what they named


def _find_places(value: Any, step: Step) -> list[Any]:
    """The keys or indices of `value` that a step leads to."""
    if isinstance(value, dict):
        keys = list(cast("dict[str, Any]", value))
        return keys if step is None else [key for key in keys if key == step]
    if isinstance(value, list):
        count = len(cast("list[Any]", value))
        return [n for n in range(count) if step is None or step in (n, n - count)]
    return []


def list_differences(recorded: Any, asked: Any, path: str = "") -> Iterator[str]:
    """Where two calls differ, one sentence for each place: `body.model: 'a' is recorded, 'b' is asked`."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        old, new = cast("dict[str, Any]", recorded), cast("dict[str, Any]", asked)
        for key in sorted(old.keys() | new.keys()):
            place = f"{path}.{key}" if path else key
            yield from list_differences(old.get(key, _ABSENT), new.get(key, _ABSENT), place)
    elif isinstance(recorded, list) and isinstance(asked, list):
        pairs = zip_longest(cast("list[Any]", recorded), cast("list[Any]", asked), fillvalue=_ABSENT)
        for number, (one, other) in enumerate(pairs):
            yield from list_differences(one, other, f"{path}[{number}]")
    elif recorded != asked:
        one, other = _show(recorded, asked)
        yield f"{path}: {one} is recorded, {other} is asked"


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


_ABSENT = _Absent()


def _show(one: Any, other: Any) -> tuple[str, str]:
    """Two values, long texts from shortly before the place where they part."""
    start = 0
    if isinstance(one, str) and isinstance(other, str):
        parting = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
        start = max((min(len(one), len(other)) if parting is None else parting) - _SNIPPET // 2, 0)
    return _shorten(one, start), _shorten(other, start)


def _shorten(value: object, start: int) -> str:
    if not isinstance(value, str):
        text = repr(value) if value is _ABSENT else json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 2 * _SNIPPET else text[: 2 * _SNIPPET - 4] + " ..."
    end = start + 2 * _SNIPPET
    return f"'{'... ' if start else ''}{value[start:end]}{' ...' if len(value) > end else ''}'"
