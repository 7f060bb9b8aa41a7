"""The pictures of docs/statistics.md, drawn by the functions that decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb

from chart import Axis, Chart, percent

from pytest_arc.stats import clopper_pearson, one_look_gate

__all__ = ["CURVES"]

MINIMUM = 0.85


def draw_intervals() -> str:
    """96 % of few trials, and of many."""
    trials = (25, 50, 100, 200, 400)
    names = {float(row): f"{n * 24 // 25} of {n}" for row, n in enumerate(reversed(trials), 1)}
    ticks = Axis("", (0, 1, 2, 3, 4, 5, 6), lambda row: names.get(row, ""))
    chart = Chart(
        Axis("true rates that would be no surprise (95 %)", (0.75, 0.8, 0.85, 0.9, 0.95, 1), percent), ticks
    )
    for row, n in enumerate(reversed(trials), 1):
        passed = n * 24 // 25
        bounds = clopper_pearson(passed, n)
        chart.add_line([(bounds.low, row), (bounds.high, row)], "a")
        chart.add_dot(passed / n, row, "a")
    chart.add_line([(MINIMUM, 0), (MINIMUM, 6)], "b", dashed=True)
    chart.add_text(MINIMUM + 0.003, 5.75, "asked: 85 %")
    return chart.draw()


def draw_luck() -> str:
    """What an agent at the limit comes to in 25 trials."""
    chart = Chart(
        Axis("passed of 25 trials, by an agent of 85 %", tuple(range(13, 27))),
        Axis("", (0, 0.05, 0.1, 0.15, 0.2, 0.25), percent),
    )
    for passed in range(14, 26):
        chart.add_bar(passed, _chance(passed, 25, MINIMUM), 0.8, "b" if passed >= 24 else "a")
    share = sum(_chance(passed, 25, MINIMUM) for passed in (24, 25))
    chart.add_text(24.5, 0.1, percent(share), "middle")
    return chart.draw()


def draw_zones() -> str:
    """Which results pass, fail, or say too little."""
    counts = range(10, 401)
    passing = [(n, bound) for n in counts if (bound := _find_bound(n, "pass")) is not None]
    failing = [(n, bound) for n in counts if (bound := _find_bound(n, "fail")) is not None]
    chart = Chart(
        Axis("trials", (10, 50, 100, 150, 200, 250, 300, 350, 400)),
        Axis("", (0.5, 0.6, 0.7, 0.8, 0.9, 1), percent),
    )
    chart.add_area([*passing, (400, 1), (passing[0][0], 1)], "c")
    chart.add_area([*failing, (400, 0.5), (10, 0.5)], "b")
    chart.add_line(passing, "c")
    chart.add_line(failing, "b")
    chart.add_line([(10, MINIMUM), (400, MINIMUM)], "a", dashed=True)
    chart.add_text(300, 0.95, "passed")
    chart.add_text(300, 0.7, "failed")
    chart.add_text(90, 0.83, "inconclusive")
    chart.add_dot(25, 24 / 25, "a")
    chart.add_dot(250, 240 / 250, "a")
    return chart.draw()


def draw_chances() -> str:
    """How probably a gate passes, by how good the agent is."""
    rates = [0.7 + step / 400 for step in range(121)]
    chart = Chart(
        Axis("true rate of the agent", (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1), percent),
        Axis("chance that the gate passes", (0, 0.2, 0.4, 0.6, 0.8, 1), percent),
    )
    labels = ((25, "b", 0.962, 0.45, "end"), (100, "a", 0.924, 0.6, "start"), (250, "c", 0.892, 0.7, "end"))
    for n, colour, x, y, anchor in labels:
        needed = _find_least(n)
        curve = [(rate, sum(_chance(k, n, rate) for k in range(needed, n + 1))) for rate in rates]
        chart.add_line(curve, colour)
        chart.add_text(x, y, f"{n} trials", anchor)
    chart.add_line([(MINIMUM, 0), (MINIMUM, 1)], "b", dashed=True)
    return chart.draw()


def draw_pass_k() -> str:
    """All of k, and one of k, for an agent that is right nine times in ten."""
    chart = Chart(Axis("k", tuple(range(1, 11))), Axis("", (0, 0.2, 0.4, 0.6, 0.8, 1)))
    for colour, values in (
        ("b", [(k, 0.9**k) for k in range(1, 11)]),
        ("c", [(k, 1 - 0.1**k) for k in range(1, 11)]),
    ):
        chart.add_line(values, colour)
        for k, value in values:
            chart.add_dot(k, value, colour)
    chart.add_text(6.2, 0.6, "pass_hat_k: all k pass")
    chart.add_text(6.2, 0.93, "pass_at_k: one of k passes")
    return chart.draw()


def _chance(passed: int, trials: int, rate: float) -> float:
    return comb(trials, passed) * rate**passed * (1 - rate) ** (trials - passed)


def _find_least(trials: int) -> int:
    """The fewest passes that pass the gate; more than there are trials where none do."""
    for passed in range(int(trials * MINIMUM), trials + 1):
        if one_look_gate(passed, trials, MINIMUM).verdict == "pass":
            return passed
    return trials + 1


def _find_bound(trials: int, verdict: str) -> float | None:
    """The rate from which on, or down from which, the gate has this verdict."""
    if verdict == "pass":
        least = _find_least(trials)
        return least / trials if least <= trials else None
    for passed in range(int(trials * MINIMUM), -1, -1):
        if one_look_gate(passed, trials, MINIMUM).verdict == "fail":
            return passed / trials
    return None


CURVES: Mapping[str, Callable[[], str]] = {
    "intervals": draw_intervals,
    "luck": draw_luck,
    "zones": draw_zones,
    "chances": draw_chances,
    "pass-k": draw_pass_k,
}
"""File name without its ending -> what draws it."""
