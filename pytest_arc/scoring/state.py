"""The check on what the simulated tools hold after the trial."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, cast

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from pydantic import Field, field_validator, model_validator

from pytest_arc.domain.expressions import explain_failure, verify_expression
from pytest_arc.domain.score import Check, Evidence, Finding, Observation
from pytest_arc.scoring.matchers import MATCHER_KEYS, describe_operators, fits_operators, require_operators
from pytest_arc.scoring.sentences import format_value, quote

__all__ = ["State"]


Operand = Annotated[Any, Field(exclude_if=lambda value: value is None)]


class State(Check):
    """Something about the state: a JMESPath expression, and what it must give.

    The state is `{"tables": {name: [rows]}, "files": [names], "rates": {...}, "calls": {tool: count}}`.
    The operators are those of `matchers`; several are all applied. Without one the expression itself
    must be true in the sense of JMESPath: not false, not null, not empty. A path that is not there
    gives null, and a function that is given such a null makes the check fail and not break.
    """

    needs: ClassVar[frozenset[Observation]] = frozenset()
    needs_world: ClassVar[bool] = True

    state: str = Field(min_length=1)
    equals: Operand = None
    not_equals: Operand = None
    gt: Operand = None
    ge: Operand = None
    lt: Operand = None
    le: Operand = None
    contains: Operand = None
    matches: Operand = None
    one_of: Operand = None
    approx: Operand = None
    tolerance: Operand = None
    exists: Operand = None

    @model_validator(mode="before")
    @classmethod
    def _names_no_null(cls, value: Any) -> Any:
        """`equals:` with nothing behind it would otherwise be no operator at all."""
        for name in MATCHER_KEYS:
            if isinstance(value, Mapping) and name in value and value[name] is None:
                raise ValueError(f"'{name}' has no value; 'exists: false' expects null, or nothing at all")
        return cast("Any", value)

    @field_validator("state")
    @classmethod
    def _is_expression(cls, expression: str) -> str:
        return verify_expression(expression)

    @model_validator(mode="after")
    def _can_match(self) -> State:
        require_operators(self.operators)
        return self

    @cached_property
    def operators(self) -> dict[str, Any]:
        """The operators that were given, with their operands."""
        given = {name: getattr(self, name, None) for name in MATCHER_KEYS}
        return {name: operand for name, operand in given.items() if operand is not None}

    @cached_property
    def _expression(self) -> ParsedResult:
        return jmespath.compile(self.state)

    def describe(self) -> str:
        wanted = self._describe_wanted()
        return f"{self.state} -> {wanted}" if wanted else self.state

    def judge(self, evidence: Evidence) -> Finding:
        try:
            found = self._expression.search(evidence.state)
        except JMESPathError as error:
            return Finding(False, f"{self._name()} cannot be computed: {explain_failure(error)}")
        passed = fits_operators(found, self.operators) if self.operators else _is_true(found)
        seen = "is not there (or null)" if found is None else f"is {format_value(found)}"
        if passed:
            return Finding(True, f"{self._name()} {seen}")
        return Finding(False, f"{self._name()} {seen}; expected {self._describe_wanted() or 'it to be true'}")

    def _describe_wanted(self) -> str:
        return describe_operators(self.operators)

    def _name(self) -> str:
        return quote(self.state, 70)


def _is_true(value: Any) -> bool:
    """JMESPath's own rule of truth, by which the number 0 is true."""
    return value is not None and value is not False and value not in ("", [], {})
