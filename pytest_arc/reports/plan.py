"""What a run would cost and decide, for a terminal 80 columns wide: `--arc-plan`."""

from __future__ import annotations

import math

from pytest_arc.domain.forecast import Chance, Forecast, GateForecast
from pytest_arc.reports.style import WIDTH, format_duration, format_money, format_percent, shorten, wrap

__all__ = ["describe_plan"]

LONGEST_NAME = len("dimension/response_quality")


def describe_plan(forecast: Forecast) -> list[str]:
    """The plan of one agent: what it takes in the first three lines, then a line and a note for each gate."""
    numbers = f": {_count(forecast.cases, 'case')}, {_say_trials(forecast)}"
    lines = [
        shorten(forecast.agent, WIDTH - len(numbers)) + numbers,
        f"  cost  {_say_cost(forecast)}",
        f"  time  {_say_time(forecast)}",
    ]
    if not forecast.gates:
        return [*lines, "", "  no gate: each case stands for itself"]
    width = min(LONGEST_NAME, max(len(gate.gate) for gate in forecast.gates))
    head = f"  {'gate':<{width}}  {'min':>6}  {'can':<12}  chance of a verdict at"
    return [*lines, "", head, *(line for gate in forecast.gates for line in _describe_gate(gate, width))]


def _describe_gate(gate: GateForecast, width: int) -> list[str]:
    minimum = "" if gate.minimum is None else format_percent(gate.minimum)
    chances = "  ".join(_say_chance(chance) for chance in gate.chances)
    name = shorten(gate.gate, width)
    line = f"  {name:<{width}}  {minimum:>6}  {_say_verdicts(gate):<12}  {chances}".rstrip()
    notes = [gate.note] if gate.note else []
    if gate.detectable_drop is not None:
        points = f"{math.ceil(gate.detectable_drop * 1000) / 10:g}"
        notes.insert(0, f"finds an even drop of {points} points in 80 % of runs")
    return [line, *(wrap("    ", "; ".join(notes), 4) if notes else [])]


def _say_verdicts(gate: GateForecast) -> str:
    if gate.can_pass and gate.can_fail:
        return "pass or fail"
    if gate.can_pass or gate.can_fail:
        return "only pass" if gate.can_pass else "only fail"
    return "not decide"


def _say_chance(chance: Chance) -> str:
    # Rounded down: a chance that is promised must be there.
    percent = math.floor(chance.verdict * 100 + 1e-9)
    return f"{format_percent(chance.rate)}: {percent} %"


def _say_trials(forecast: Forecast) -> str:
    if forecast.max_trials > forecast.trials:
        return f"{forecast.trials:,} trials at first, at most {forecast.max_trials:,}"
    return _count(forecast.trials, "trial")


def _say_cost(forecast: Forecast) -> str:
    if forecast.cost_usd is None:
        return "unknown"
    if forecast.cost_usd == 0.0:
        return "$0.00"
    first = f"about {format_money(forecast.trials * forecast.cost_usd)}"
    if forecast.max_trials > forecast.trials:
        return f"{first} at first, at most {format_money(forecast.max_trials * forecast.cost_usd)}"
    return first


def _say_time(forecast: Forecast) -> str:
    if forecast.time_s is None:
        return "unknown"
    first = f"about {format_duration(forecast.trials * forecast.time_s)}"
    if forecast.max_trials > forecast.trials:
        return f"{first} at first, at most {format_duration(forecast.max_trials * forecast.time_s)}"
    return first


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
