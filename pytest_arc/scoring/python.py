"""A check that is a function of the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from pydantic import Field

from pytest_arc.domain.score import Check, Evidence, Finding, Observation
from pytest_arc.registry import import_object
from pytest_arc.scoring.sentences import format_value

__all__ = ["PythonCheck"]


class PythonCheck(Check):
    """`python: "pkg.module:function"`, called with the `Evidence` of a trial. It returns one of

    * True or False;
    * a number from 0 to 1, which passes at `threshold` or above;
    * a text: the reason why the trial fails; an empty one passes;
    * a `Finding`, to say everything.

    Whatever it raises, and any other return value, makes the trial errored: a check that breaks says
    nothing about the agent.
    """

    needs: ClassVar[frozenset[Observation]] = frozenset()

    python: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")
    threshold: float = Field(default=0.5, ge=0, le=1)
    """The least number that passes."""

    @cached_property
    def _function(self) -> Callable[[Evidence], object]:
        return import_object(self.python)

    def verify(self) -> str | None:
        """Say why the function cannot be used, importing its module; None when it can."""
        try:
            function: Any = self._function
        except (Exception, SystemExit) as error:  # an import runs the user's code
            return f"cannot import '{self.python}': {type(error).__name__}: {error}"
        if not callable(function):
            return f"'{self.python}' is {type(function).__name__}, not a function"
        if inspect.iscoroutinefunction(function):
            return f"'{self.python}' is an async function; a check is a plain one"
        try:
            inspect.signature(function).bind(None)
        except TypeError:
            return f"'{self.python}' must take one argument, the evidence of a trial"
        except ValueError:
            pass  # some callables written in C have no signature
        return None

    def judge(self, evidence: Evidence) -> Finding:
        return self._read(self._function(evidence))

    def _read(self, answer: object) -> Finding:
        if isinstance(answer, Finding):
            return answer
        if isinstance(answer, bool):
            return Finding(answer, f"{self.python} says {'yes' if answer else 'no'}")
        if isinstance(answer, str):
            return Finding(not answer, answer or f"{self.python} has nothing against it")
        if isinstance(answer, (int, float)):
            return self._read_number(float(answer))
        raise TypeError(
            f"{self.python} returned {format_value(answer)}, which is none of bool, number, text, Finding"
        )

    def _read_number(self, value: float) -> Finding:
        if value >= self.threshold:
            return Finding(True, f"{self.python} gives {value:.3g}", value)
        return Finding(False, f"{self.python} gives {value:.3g}; expected at least {self.threshold:g}", value)
