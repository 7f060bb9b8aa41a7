"""Decimal arithmetic on what someone typed, without `eval`.

sum     = product (("+" | "-") product)*
product = sign (("*" | "/") sign)*
sign    = "-"* power
power   = percent ("**" sign)?          so 2 ** -1 is a half, and -2 ** 2 is -4
percent = atom "%"*                     5% is 0.05
atom    = number | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import (
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)

__all__ = ["ArithmeticFault", "compute_exactly", "evaluate"]

_DIGITS = 34
_MAX_LENGTH = 1000
_MAX_DEPTH = 50
_MAX_EXPONENT = 1000
_CONTEXT = Context(prec=_DIGITS, Emax=999, Emin=-999, traps=[InvalidOperation, DivisionByZero, Overflow])
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<mark>\*\*|[-+*/()%]))")


class ArithmeticFault(Exception):
    """What cannot be computed; the text says why, in one sentence without a full stop."""


@contextmanager
def compute_exactly() -> Generator[None]:
    """Decimals of 34 digits and at most 10^999 inside this block. Raises ArithmeticFault."""
    try:
        with localcontext(_CONTEXT):
            yield
    except DivisionByZero:
        raise ArithmeticFault("division by zero") from None
    except Overflow:
        raise ArithmeticFault("the result is too large") from None
    except DecimalException:
        # 0 / 0 and the square root of -1 are both invalid operations.
        raise ArithmeticFault("this has no value, such as 0 / 0 or a root of a negative number") from None


def evaluate(expression: str) -> Decimal:
    """The value of `expression`, to 34 digits. Raises ArithmeticFault."""
    if len(expression) > _MAX_LENGTH:
        raise ArithmeticFault(f"the expression is longer than {_MAX_LENGTH} characters")
    with compute_exactly():
        return _Parser(_split(expression)).parse()


def _split(expression: str) -> list[str]:
    tokens: list[str] = []
    position, end = 0, len(expression.rstrip())
    while position < end:
        match = _TOKEN.match(expression, position)
        if match is None:
            wrong = expression[position:].lstrip()[0]
            raise ArithmeticFault(
                f"cannot read '{wrong}' in '{expression}'; write numbers with a decimal point and no other "
                "separators, and + - * / ** % ( )"
            )
        tokens.append(match["number"] or match["mark"])
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent; computes as it reads."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def parse(self) -> Decimal:
        value = self._sum()
        if self._next < len(self._tokens):
            raise ArithmeticFault(f"'{self._tokens[self._next]}' is not expected here")
        # Rounds what was only written down and not yet computed with.
        return +value

    def _sum(self) -> Decimal:
        value = self._product()
        while mark := self._take("+", "-"):
            other = self._product()
            value = value + other if mark == "+" else value - other
        return value

    def _product(self) -> Decimal:
        value = self._sign()
        while mark := self._take("*", "/"):
            other = self._sign()
            value = value * other if mark == "*" else value / other
        return value

    def _sign(self) -> Decimal:
        if self._take("-"):
            return self._go_deeper(lambda: -self._sign())
        return self._power()

    def _power(self) -> Decimal:
        base = self._percent()
        if not self._take("**"):
            return base
        exponent = self._go_deeper(self._sign)
        if abs(exponent) > _MAX_EXPONENT:
            raise ArithmeticFault(f"an exponent is at most {_MAX_EXPONENT}")
        return base**exponent

    def _percent(self) -> Decimal:
        value = self._atom()
        while self._take("%"):
            value /= 100
        return value

    def _atom(self) -> Decimal:
        if self._take("("):
            value = self._go_deeper(self._sum)
            if not self._take(")"):
                raise ArithmeticFault("a ')' is missing")
            return value
        token = self._tokens[self._next] if self._next < len(self._tokens) else ""
        if not token or not (token[0].isdigit() or token[0] == "."):
            raise ArithmeticFault(
                f"a number is expected before '{token}'" if token else "a number is missing at the end"
            )
        self._next += 1
        return Decimal(token)

    def _take(self, *marks: str) -> str:
        """Step over the next token when it is one of `marks`."""
        if self._next < len(self._tokens) and self._tokens[self._next] in marks:
            self._next += 1
            return self._tokens[self._next - 1]
        return ""

    def _go_deeper(self, parse: Callable[[], Decimal]) -> Decimal:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ArithmeticFault(f"brackets and signs are nested deeper than {_MAX_DEPTH}")
        value = parse()
        self._depth -= 1
        return value
