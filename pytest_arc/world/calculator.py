"""`kind: calculator`: decimal arithmetic, percentages, and currency conversion with the scenario's rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pytest_arc.world.arithmetic import ArithmeticFault, compute_exactly, evaluate
from pytest_arc.world.behavior import Behavior, ToolFailure
from pytest_arc.world.state import WorldState

__all__ = ["CalculatorBehavior"]

Arguments = Mapping[str, Any]


class CalculatorBehavior(Behavior):
    """Computes with decimals. Nothing is rounded: 1 cent stays 1 cent, and rounding is the agent's."""

    kind: ClassVar[str] = "calculator"

    async def run(self, arguments: Arguments, state: WorldState) -> Any:
        operation = arguments.get("operation")
        try:
            if operation == "convert":
                return _convert(arguments, state.rates)
            compute = _OPERATIONS.get(str(operation))
            if compute is None:
                names = ", ".join([*_OPERATIONS, "convert"])
                raise ToolFailure(f"there is no operation '{operation}'; there are: {names}")
            return {"operation": operation, "value": compute(arguments)}
        except ArithmeticFault as fault:
            raise ToolFailure(str(fault)) from fault


def _evaluate(arguments: Arguments) -> Decimal:
    return evaluate(_get_text(arguments, "evaluate", "expression"))


def _take_percent(arguments: Arguments) -> Decimal:
    percent, whole = (_get_number(arguments, "percent_of", name) for name in ("percent", "of"))
    with compute_exactly():
        return percent * whole / 100


def _compare(arguments: Arguments) -> Decimal:
    """(new - old) / |old|, so that a smaller loss counts as growth."""
    old, new = (_get_number(arguments, "percent_change", name) for name in ("old", "new"))
    if not old:
        raise ToolFailure("there is no change in percent from 0")
    with compute_exactly():
        return (new - old) / abs(old) * 100


_OPERATIONS: dict[str, Callable[[Arguments], Decimal]] = {
    "evaluate": _evaluate,
    "percent_of": _take_percent,
    "percent_change": _compare,
}


def _convert(arguments: Arguments, rates: Mapping[str, Decimal]) -> dict[str, Any]:
    amount = _get_number(arguments, "convert", "amount")
    base, quote = (
        _get_text(arguments, "convert", name).strip().upper() for name in ("from_currency", "to_currency")
    )
    with compute_exactly():
        if base == quote:
            value, rate = amount, Decimal(1)
        elif f"{base}/{quote}" in rates:
            rate = rates[f"{base}/{quote}"]
            value = amount * rate
        elif f"{quote}/{base}" in rates:
            rate = 1 / rates[f"{quote}/{base}"]
            # Not `amount * rate`: the inverse is rounded, the rate that was given is not.
            value = amount / rates[f"{quote}/{base}"]
        else:
            known = f"there are: {', '.join(rates)}" if rates else "there are no rates"
            raise ToolFailure(f"there is no rate from {base} to {quote}; {known}")
    return {"operation": "convert", "value": value, "currency": quote, "rate": rate}


def _get_text(arguments: Arguments, operation: str, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ToolFailure(f"'{operation}' needs the argument '{name}'")
    return value


def _get_number(arguments: Arguments, operation: str, name: str) -> Decimal:
    value = arguments.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ToolFailure(f"'{operation}' needs the argument '{name}', a number")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ToolFailure(f"the argument '{name}' must be a finite number")
    return number
