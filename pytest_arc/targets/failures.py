"""An exception that came out of somebody's code, in one line."""

from __future__ import annotations

import asyncio
import site
import sysconfig
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import NoReturn

from pytest_arc.errors import AgentError, TrialError
from pytest_arc.scope import redact
from pytest_arc.targets.context import AgentContext
from pytest_arc.targets.exits import ProcessExit
from pytest_arc.targets.outages import find_outage

__all__ = ["describe_exception", "name_path", "raise_for_agent"]

MAX_TEXT = 300
"""Characters of an exception's own text."""


def raise_for_agent(error: BaseException, context: AgentContext, who: str = "the agent") -> NoReturn:
    """Raise what an exception out of the agent's code means for the trial.

    Trouble met earlier in a tool call comes first, whatever the agent made of it; then that of a model's
    provider. A cancellation from outside and Ctrl-C go on as they are.
    """
    if isinstance(error, KeyboardInterrupt | GeneratorExit) or _is_cancelled(error):
        raise error
    context.raise_trouble()
    if isinstance(error, TrialError):
        raise error
    if outage := find_outage(error):
        raise outage from error
    raise AgentError(f"{who} {describe_exception(error)}") from error


def describe_exception(error: BaseException) -> str:
    """Say what was raised, and where in the user's code: `raised ValueError: no rate (agents/fx.py:41)`."""
    place = _find_place(error)
    where = f" ({place})" if place else ""
    if isinstance(error, ProcessExit):
        return f"called os._exit({error.status}){where}"
    if isinstance(error, SystemExit):
        return f"called sys.exit({'' if error.code is None else repr(error.code)}){where}"
    text = _shorten(_read_text(error))
    return f"raised {type(error).__name__}{': ' if text else ''}{text}{where}"


def name_path(path: Path) -> str:
    """`path` as the user would type it: from the current folder if it is inside."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _is_cancelled(error: BaseException) -> bool:
    """Whether the trial is cancelled from outside; what an agent cancels itself is a failure like others."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _read_text(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and _find_mistake(error):
        return error.msg  # its own text repeats the place, without the folder
    try:
        return str(error)
    except Exception:  # `__str__` of an exception of anybody's: that it was raised is what counts
        return "(its text cannot be read)"


def _shorten(text: str) -> str:
    line = " ".join(redact(text[: 50 * MAX_TEXT])[: 4 * MAX_TEXT].split())
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 4] + " ..."


def _find_place(error: BaseException) -> str:
    """The last frame of the user's own code, else the last frame at all, as `path:line`. A mistake in the
    syntax of a file is where it is written."""
    if isinstance(error, SyntaxError) and (mistake := _find_mistake(error)):
        return mistake
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    others = [(file, line) for file, line in frames if Path(__file__).parents[1] not in Path(file).parents]
    own = [place for place in others if not _is_installed(place[0])]
    if not others:
        return ""
    file, line = (own or others)[-1]
    return f"{name_path(Path(file))}:{line}"


def _find_mistake(error: SyntaxError) -> str:
    """`path:line` of what Python could not read; empty when that is not in a file."""
    if not error.filename or error.filename.startswith("<"):
        return ""
    return f"{name_path(Path(error.filename))}:{error.lineno}"


def _is_installed(file: str) -> bool:
    return file.startswith("<") or any(folder in Path(file).parents for folder in _list_installed())


@cache
def _list_installed() -> frozenset[Path]:
    """Folders of the standard library and of installed packages."""
    paths = sysconfig.get_paths()
    named = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return frozenset(Path(folder) for folder in (*named, site.getusersitepackages()))
