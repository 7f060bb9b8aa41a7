"""Values of the domain as JSON, and back to the same values.

JSON's own kinds stand for themselves, but for an object with the key `$`: it is `{"$": kind, "v": value}`.

    model, record    a `Frozen`, or a dataclass: "c" is its class by import path, "v" its fields
    tuple, set       a list
    dict             a list of pairs, for keys that are no text
    decimal, float, written, date, datetime, time    its text
    secret           texts and, in lists of their own, names of environment variables to stand between them
    file             its "name", and its content: zlib, base64
    text             the `repr` of an object that is none of these

A class goes by import path and not by its name in the registry: a check that a `conftest.py` registers is
then found where that file is not loaded.
"""

from __future__ import annotations

import atexit
import base64
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, cast

from pytest_arc.domain.frozen import Frozen
from pytest_arc.errors import InfrastructureError, UsageError
from pytest_arc.loading.scalars import Written
from pytest_arc.redaction.environment import register_secrets
from pytest_arc.registry import find_path, import_object

__all__ = ["Encoder", "decode", "find_class", "find_own_class", "find_secrets"]

OWN = "pytest_arc."
_TEXTS: Mapping[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "float": float,
    "written": Written,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "text": str,
}


def find_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Value -> name of the environment variables whose names look secret, as redaction sees it."""
    return {form: name for form, name in register_secrets(environ).items() if form == environ[name].strip()}


class Encoder:
    """Writes values as JSON values."""

    def __init__(
        self, secrets: Mapping[str, str] | None = None, *, carries_files: bool = False, strict: bool = True
    ) -> None:
        """`secrets` (value -> name of a variable) are written as their names; `carries_files`: files by their
        content; `strict`: an object that is not one of ours is a UsageError, else its `repr` is written.
        """
        self._names = dict(secrets or {})
        longest_first = sorted(self._names, key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._carries_files = carries_files
        self._strict = strict

    def encode(self, value: Any) -> Any:
        """Raises UsageError for a class that another process could not import."""
        kind = cast("type[Any]", type(value))
        if value is None or kind is bool or kind is int:
            return value
        if kind is str:
            return self._encode_text(value)
        if kind is float:
            return value if isfinite(value) else {"$": "float", "v": repr(value)}
        if kind is list:
            return [self.encode(item) for item in value]
        if kind is dict:
            return self._encode_mapping(value)
        if isinstance(value, Frozen):
            return self._encode_model(value)
        if isinstance(value, tuple):
            items = cast("tuple[Any, ...]", value)
            return {"$": "tuple", "v": [self.encode(item) for item in items]}
        if isinstance(value, (frozenset, set)):
            # They have no order of their own, and equal values are to give equal text.
            members = sorted(cast("frozenset[Any]", value), key=repr)
            return {"$": "set", "v": [self.encode(item) for item in members]}
        return self._encode_rest(value)

    def _encode_text(self, text: str) -> Any:
        if not self._names or not self._secret.search(text):
            return text
        parts: list[Any] = []
        end = 0
        for match in self._secret.finditer(text):
            parts += [text[end : match.start()], [self._names[match[0]]]]
            end = match.end()
        return {"$": "secret", "v": [*parts, text[end:]]}

    def _encode_mapping(self, mapping: dict[Any, Any]) -> Any:
        if "$" not in mapping and all(type(key) is str for key in mapping):
            return {key: self.encode(item) for key, item in mapping.items()}
        return {"$": "dict", "v": [[self.encode(key), self.encode(item)] for key, item in mapping.items()]}

    def _encode_model(self, model: Frozen) -> Any:
        kind = type(model)
        written: dict[str, Any] = {}
        for name, info in kind.model_fields.items():
            # What is excluded is about this machine, or is a secret.
            if name in model.model_fields_set and not info.exclude:
                is_file = self._carries_files and name in kind.file_fields
                value = getattr(model, name)
                written[name] = _encode_file(value) if is_file and value else self.encode(value)
        return {"$": "model", "c": name_class(kind), "v": written}

    def _encode_rest(self, value: Any) -> Any:
        if is_dataclass(value) and type(value).__module__.startswith(OWN):
            written = {
                item.name: self.encode(getattr(value, item.name)) for item in fields(value) if item.init
            }
            return {"$": "record", "c": name_class(type(value)), "v": written}
        if isinstance(value, Mapping):
            return self._encode_mapping(dict(cast("Mapping[Any, Any]", value)))
        for mark, kind in (("written", Written), ("decimal", Decimal)):
            if isinstance(value, kind):
                return {"$": mark, "v": str(value)}
        for mark, kind in (("datetime", datetime), ("date", date), ("time", time)):
            if isinstance(value, kind):
                return {"$": mark, "v": value.isoformat()}
        for kind in (str, bool, int, float):  # of a subclass, such as an enumeration
            if isinstance(value, kind):
                return self.encode(kind(value))
        if self._strict:
            raise UsageError(f"a value of type {type(value).__name__} cannot be sent to another process")
        return {"$": "text", "v": repr(value)}


def _encode_file(path: str) -> Any:
    """One that is not there stays a path: the trial says so."""
    if not Path(path).is_file():
        return path
    content = base64.b64encode(zlib.compress(Path(path).read_bytes(), 9)).decode("ascii")
    return {"$": "file", "name": Path(path).name, "v": content}


@lru_cache(maxsize=1024)
def name_class(kind: type) -> str:
    """`package.module:Name`. Raises UsageError where that is not how it is imported."""
    path = find_path(kind)
    if not path:
        where = f"{kind.__module__}.{kind.__qualname__}"
        raise UsageError(f"'{where}' cannot be imported by another process: put it at the top of a module")
    return path


@lru_cache(maxsize=1024)
def find_class(path: str) -> type:
    """The class of a model or record. Raises InfrastructureError when it is none, or is not here."""
    try:
        found: Any = import_object(path)
    except (ImportError, AttributeError) as error:
        raise InfrastructureError(f"cannot import '{path}' here: {type(error).__name__}: {error}") from None
    is_ours = isinstance(found, type) and (issubclass(found, Frozen) or found.__module__.startswith(OWN))
    if not is_ours:
        raise InfrastructureError(f"'{path}' is no class that trials are made of")
    return cast("type", found)


def find_own_class(path: str) -> type:
    """As `find_class`, of this package's domain alone: what comes from where agents ran names no other."""
    if not path.startswith(f"{OWN}domain."):
        raise InfrastructureError(f"'{path}' is no class of results")
    return find_class(path)


def decode(value: Any, environ: Mapping[str, str], find: Callable[[str], type] = find_class) -> Any:
    """The value that was encoded. Raises InfrastructureError for a class or a variable that is not here."""
    if isinstance(value, list):
        return [decode(item, environ, find) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    mapping = cast("dict[str, Any]", value)
    mark = mapping.get("$")
    if mark is None:
        return {key: decode(item, environ, find) for key, item in mapping.items()}
    content = mapping["v"]
    if mark in ("model", "record"):
        return _make(
            find(mapping["c"]), {name: decode(item, environ, find) for name, item in content.items()}
        )
    if mark == "secret":
        return "".join(part if isinstance(part, str) else _fill_in(part[0], environ) for part in content)
    if mark == "file":
        return _unpack_file(mapping["name"], content)
    if mark in _TEXTS:
        return _TEXTS[mark](content)
    items = [decode(item, environ, find) for item in content]
    return {"tuple": tuple, "set": frozenset, "dict": dict}[mark](items)


def _make(kind: type, values: dict[str, Any]) -> Any:
    if issubclass(kind, Frozen):
        # They were validated before they were sent.
        return kind.model_construct(set(values), **values)
    return kind(**values)


def _fill_in(name: str, environ: Mapping[str, str]) -> str:
    try:
        return environ[name].strip()
    except KeyError:
        raise InfrastructureError(f"{name} is not set where this trial is made") from None


def _unpack_file(name: str, content: str) -> str:
    data = zlib.decompress(base64.b64decode(content))
    path = _make_folder() / sha256(data).hexdigest() / Path(name).name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return path.as_posix()


@cache
def _make_folder() -> Path:
    """Of files that came with specs, for as long as this process lives."""
    folder = Path(tempfile.mkdtemp(prefix="pytest-arc-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
