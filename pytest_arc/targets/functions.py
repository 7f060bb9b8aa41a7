"""Functions of the user: how they are found, and what they are given."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from pytest_arc.registry import find_near_miss
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.failures import describe_exception

__all__ = ["EntryPoint", "Signature", "find_import_trouble", "hash_sources", "read_signature"]

EntryPoint = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")]
"""`package.module:name`"""

_CONTEXT_NAMES = ("context", "ctx")
_CONTEXT_TYPE = re.compile(r"\bAgentContext\b")
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function is given. True stands for the context, False for the user's text."""

    positions: tuple[bool, ...] = ()
    names: tuple[tuple[str, bool], ...] = ()

    def call(self, function: Callable[..., Any], context: AgentContext) -> Any:
        """Call `function` with the latest user turn, the context, both, or nothing."""
        given = context.user, context
        named = {name: given[wants_context] for name, wants_context in self.names}
        if not self.positions:  # nearly always
            return function(**named)
        return function(*[given[wants_context] for wants_context in self.positions], **named)


def read_signature(function: Callable[..., Any], takes_text: bool) -> Signature:
    """Decide what `function` is given.

    A parameter is for the context when it is annotated `AgentContext`, or is named `context` or `ctx` and
    not annotated. The first other parameter gets the user's text, when `takes_text`. What is left needs a
    default.

    Raises TypeError, with a sentence, for a parameter that would get nothing, and for a function that takes
    neither text nor context although `takes_text`.
    """
    positions: list[bool] = []
    names: list[tuple[str, bool]] = []
    needs_text = takes_text
    for parameter in _list_parameters(function):
        wants_context = _wants_context(parameter)
        if wants_context or (needs_text and _can_take_text(parameter, is_first=not (positions or names))):
            needs_text = needs_text and wants_context
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
                positions.append(wants_context)
            else:
                names.append((parameter.name, wants_context))
        elif parameter.default is parameter.empty and parameter.kind not in _VARIADIC:
            raise TypeError(f"its parameter '{parameter.name}' would get no value")
    if takes_text and not positions and not names:
        raise TypeError("it takes neither the user's text nor a context")
    return Signature(tuple(positions), tuple(names))


def find_import_trouble(path: str) -> str | None:
    """Import `package.module:name` and say why that is not possible; None when it is."""
    module, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        return f"cannot import '{path}': {_explain_missing(module, error)}"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may also call sys.exit
        return f"cannot import '{path}': the module {describe_exception(error)}"
    for part in name.split("."):
        if not hasattr(found, part):
            return f"cannot import '{path}': {module} has no '{part}'{_hint(part, dir(found))}"
        found = getattr(found, part)
    return None if callable(found) else f"'{path}' is of type {type(found).__name__} and cannot be called"


def hash_sources(path: str) -> str:
    """SHA-256 of the Python files of the package (or the lone module) that `package.module:name` is in."""
    try:
        spec = importlib.util.find_spec(path.partition(":")[0].partition(".")[0])
    except ValueError:  # a module that was made up while the process ran
        spec = None
    if spec is None:
        return ""
    folders = [Path(place) for place in spec.submodule_search_locations or ()]
    files = [(file.relative_to(folder), file) for folder in folders for file in folder.rglob("*.py")]
    if not folders and spec.origin is not None and Path(spec.origin).is_file():
        files = [(Path(Path(spec.origin).name), Path(spec.origin))]
    digest = hashlib.sha256()
    for name, file in sorted(files):
        digest.update(f"{name.as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _list_parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:  # some functions written in C do not tell
        return [inspect.Parameter("text", inspect.Parameter.POSITIONAL_ONLY)]


def _wants_context(parameter: inspect.Parameter) -> bool:
    if parameter.kind in _VARIADIC:
        return False
    if parameter.annotation is parameter.empty:
        return parameter.name in _CONTEXT_NAMES
    return bool(_CONTEXT_TYPE.search(str(parameter.annotation)))


def _can_take_text(parameter: inspect.Parameter, is_first: bool) -> bool:
    """`*args` only where it is all there is: in a decorator's wrapper."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return is_first
    return parameter.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)


def _explain_missing(module: str, error: ModuleNotFoundError) -> str:
    missing = error.name or module
    if f"{module}.".startswith(f"{missing}."):
        return f"there is no module '{missing}' under the project's root, on PYTHONPATH or installed"
    return f"{module} imports '{missing}', which is not installed"


def _hint(name: str, allowed: list[str]) -> str:
    near = find_near_miss(name, [other for other in allowed if not other.startswith("_")])
    return f"; did you mean '{near}'?" if near else ""
