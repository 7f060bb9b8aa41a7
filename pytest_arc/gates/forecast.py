"""Before a run: can its gates be decided, and with what chance? After an undecided one: what would decide it?

Exact where a gate counts passes: the chance of each verdict at a known rate comes from the gate's own bounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from pytest_arc.domain.baseline import Baseline
from pytest_arc.domain.forecast import Chance, Forecast, GateForecast, Pace
from pytest_arc.domain.gates import RegressionGate, ReliabilityGate, ThresholdGate
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import Estimate, TrialResult
from pytest_arc.domain.score import Dimension
from pytest_arc.gates.selection import list_counted
from pytest_arc.stats import (
    Bounds,
    detectable_drop,
    gate_characteristics,
    gate_looks,
    gs_bounds,
    least_passing_scenarios,
    least_passing_trials,
)

__all__ = ["chance_of_verdict", "forecast_gates", "hint_decision", "measure_pace", "propose_trials"]

_LADDER = (3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100)
_LIKELY = 0.8
_MARGIN = 0.05
_LEAST_FOR_DIMENSION = 10
_LEAST_FOR_PERFORMANCE = 5


def chance_of_verdict(
    minimum: float, confidence: float, scenarios: int, trials: int, max_trials: int, rate: float
) -> float:
    """Chance that a threshold gate passes or fails when the true rate is `rate`, in [0, 1]; exact.

    Each scenario gets `trials` trials, decided in one look, or where `max_trials` is above that, up to so
    many in rounds, with the first look after `trials` rounds. Raises `ValueError` for a gate or a plan that
    cannot be.
    """
    bounds = _find_bounds(minimum, confidence, scenarios, trials, max_trials)
    p_pass, p_fail, _ = gate_characteristics(bounds, rate, first_look=scenarios * trials)
    return min(1.0, p_pass + p_fail)


def propose_trials(
    minimum: float, confidence: float, scenarios: int, trials: int, max_trials: int, rate: float
) -> int | None:
    """The fewest trials of each scenario, above those planned, that give a verdict with a chance of 80 %.

    If the true rate is `rate`; from a ladder of round numbers up to 100. With rounds it is their maximum
    that is raised. None when no number on the ladder does.
    """
    in_rounds = max_trials > trials
    for most in _LADDER:
        if most <= max_trials:
            continue
        chance = chance_of_verdict(minimum, confidence, scenarios, most, most, rate)
        # Looks on the way only cost power: what is far from enough at once is not computed look by look.
        if in_rounds and chance >= _LIKELY - 0.05:
            chance = chance_of_verdict(minimum, confidence, scenarios, trials, most, rate)
        if chance >= _LIKELY:
            return most
    return None


def hint_decision(
    gate: ThresholdGate,
    estimate: Estimate,
    scenarios: int,
    trials: int,
    max_trials: int,
    cost_usd: float | None = None,
    time_s: float | None = None,
) -> tuple[str, ...]:
    """What would decide an inconclusive gate over so many scenarios with so many trials each, in sentences.

    `cost_usd` is of one trial, `time_s` what one adds to the run's wall time; None leaves that part out.
    """
    rate, in_rounds = estimate.rate, max_trials > trials
    most = propose_trials(gate.min, gate.confidence, scenarios, trials, max_trials, rate)
    if most is None:
        return (_say_too_near(gate, rate, scenarios, max_trials, cost_usd, time_s),)
    first = trials if in_rounds else most
    chance = chance_of_verdict(gate.min, gate.confidence, scenarios, first, most, rate)
    asked, at_most = (f"{trials}:{most}", "at most ") if in_rounds else (f"{most}", "")
    more = _say_more(scenarios * (most - max_trials), cost_usd, time_s)
    return (
        f"Decide: --arc-trials {asked} ({at_most}{more}). If it keeps passing {_say_percent(rate)},"
        f" the chance of a verdict is then {_say_chance(chance)}.",
    )


def measure_pace(trials: Sequence[TrialResult], wall_s: float) -> Pace:
    """What one more trial would take, after these took `wall_s` together.

    Unknown when all were replayed: one more would be live.
    """
    trials = [trial for trial in trials if not trial.replayed]
    known = [cost for trial in trials if (cost := trial.price_usd) is not None]
    is_real = any(trial.clock == "wall" for trial in trials)
    return Pace(
        cost_usd=sum(known) / len(known) if any(known) else None,
        time_s=wall_s / len(trials) if is_real else None,
    )


def forecast_gates(
    agent: AgentPlan,
    cost_usd: float | None = None,
    time_s: float | None = None,
    baseline: Baseline | None = None,
) -> Forecast:
    """What one agent's part of a run can be expected to cost and decide.

    `cost_usd` is of one trial, `time_s` what one adds to the run's wall time; None when unknown.
    """
    cases = [case for case in agent.cases if not case.scenario.skip]
    return Forecast(
        agent=agent.profile.id,
        cases=len(cases),
        trials=sum(case.trials for case in cases),
        max_trials=sum(case.max_trials for case in cases),
        cost_usd=cost_usd,
        time_s=time_s,
        gates=tuple(_forecast(agent, baseline)),
    )


def _forecast(agent: AgentPlan, baseline: Baseline | None) -> Iterator[GateForecast]:
    gates = agent.profile.gates
    if gates.reliability:
        yield _forecast_threshold(agent, "reliability", gates.reliability)
    for name, gate in gates.groups.items():
        yield _forecast_threshold(agent, f"group/{name}", gate)
    for dimension in gates.dimensions:
        yield _forecast_dimension(agent, dimension)
    if gates.regression:
        yield _forecast_regression(agent, gates.regression, baseline)
    if gates.performance:
        yield _forecast_by_scenarios("performance", len(list_counted(agent)), _LEAST_FOR_PERFORMANCE)


def _forecast_threshold(agent: AgentPlan, name: str, gate: ThresholdGate) -> GateForecast:
    scenarios = len(list_counted(agent, name))
    if not scenarios:
        return GateForecast(name, False, False, "no scenario counts for it", gate.min)
    if isinstance(gate, ReliabilityGate) and gate.over == "population":
        return _forecast_population(name, gate, scenarios)
    numbers = gate.min, gate.confidence, scenarios, agent.trials, agent.max_trials
    bounds = _find_bounds(*numbers)
    made = [look for look, n in enumerate(bounds.looks) if n >= scenarios * agent.trials]
    can_pass = any(bounds.pass_at[look] <= bounds.looks[look] for look in made)
    can_fail = any(bounds.fail_at[look] >= 0 for look in made)
    note = ""
    if not can_pass:
        least = least_passing_trials(gate.min, gate.confidence)
        note = f"cannot pass with {bounds.looks[-1]} trials: {least} all-passing are the least"
    # Near 0 and 1 there is no room for the whole margin: go half the way.
    rates = min(gate.min + _MARGIN, (gate.min + 1.0) / 2.0), max(gate.min - _MARGIN, gate.min / 2.0)
    chances = tuple(Chance(rate, chance_of_verdict(*numbers, rate)) for rate in rates)
    return GateForecast(name, can_pass, can_fail, note, gate.min, chances)


def _forecast_population(name: str, gate: ReliabilityGate, scenarios: int) -> GateForecast:
    least = least_passing_scenarios(gate.min, gate.confidence)
    can_pass = scenarios >= least
    note = (
        "over the population: its chance depends on how much scenarios differ"
        if can_pass
        else f"cannot pass with {scenarios} scenarios: {least} all-passing are the least"
    )
    return GateForecast(name, can_pass, True, note, gate.min)


def _forecast_dimension(agent: AgentPlan, dimension: Dimension) -> GateForecast:
    measuring = sum(
        any(check.choose_dimension(bool(case.scenario.faults)) == dimension for check in case.scenario.expect)
        for case in list_counted(agent)
    )
    return _forecast_by_scenarios(f"dimension/{dimension}", measuring, _LEAST_FOR_DIMENSION)


def _forecast_by_scenarios(name: str, scenarios: int, least: int) -> GateForecast:
    enough = scenarios >= least
    word = "scenario measures" if scenarios == 1 else "scenarios measure"
    return GateForecast(name, enough, enough, f"{scenarios} {word} it; {least} are the least")


def _forecast_regression(agent: AgentPlan, gate: RegressionGate, baseline: Baseline | None) -> GateForecast:
    if baseline is None:
        return GateForecast("regression", False, False, "no baseline to compare with")
    # The baseline knows scenarios by the ids they have in this agent's own files.
    recorded = [baseline.cases.get(case.scenario.id) for case in list_counted(agent)]
    known = [case for case in recorded if case is not None and case.n > 0]
    if not known:
        return GateForecast("regression", False, False, f"{baseline.label} has none of these scenarios")
    c0, n0 = [case.passed for case in known], [case.n for case in known]
    drop = detectable_drop(c0, n0, [agent.trials] * len(known), _LIKELY, 1.0 - gate.confidence)
    against = f"{baseline.label}, {sum(n0):,} trials"
    note = f"against {against}" if drop is not None else f"even a drop to 0 % would be missed ({against})"
    return GateForecast("regression", True, drop is not None, note, detectable_drop=drop)


def _find_bounds(minimum: float, confidence: float, scenarios: int, trials: int, max_trials: int) -> Bounds:
    first = scenarios * trials
    looks = {first} if max_trials == trials else {first, *gate_looks(scenarios, max_trials)}
    return gs_bounds(minimum, 1.0 - confidence, sorted(looks))


def _say_too_near(
    gate: ThresholdGate,
    rate: float,
    scenarios: int,
    max_trials: int,
    cost_usd: float | None,
    time_s: float | None,
) -> str:
    near = f"{_say_percent(rate)} is too near the minimum of {_say_percent(gate.min)}"
    most = _LADDER[-1]
    if most <= max_trials:
        return f"{near} for trials to decide: write more scenarios, or move the minimum."
    chance = chance_of_verdict(gate.min, gate.confidence, scenarios, most, most, rate)
    more = _say_more(scenarios * (most - max_trials), cost_usd, time_s)
    return (
        f"{near}: even {most} trials of each scenario ({more}) would give a verdict with a chance of only"
        f" {_say_chance(chance)}."
    )


def _say_more(trials: int, cost_usd: float | None, time_s: float | None) -> str:
    parts = [f"{trials:,} more {'trial' if trials == 1 else 'trials'}"]
    if cost_usd:
        cost = trials * cost_usd
        parts.append(f"about ${cost:,.2f}" if cost >= 0.01 else "less than $0.01")
    if time_s is not None:
        parts.append(_say_minutes(trials * time_s))
    return ", ".join(parts)


def _say_minutes(seconds: float) -> str:
    if seconds < 60.0:
        return f"{max(1, math.ceil(seconds))} s"
    minutes = math.ceil(seconds / 60.0)
    return f"{minutes} min" if minutes < 120 else f"{math.ceil(minutes / 60.0)} h"


def _say_percent(rate: float) -> str:
    return f"{round(rate * 100.0, 1):g} %"


def _say_chance(chance: float) -> str:
    if 0.99 < chance < 1.0:
        return "over 99 %"
    return "under 1 %" if chance < 0.01 else f"{math.floor(chance * 100.0)} %"
