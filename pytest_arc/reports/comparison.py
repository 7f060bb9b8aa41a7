"""A comparison of two agents as text, 80 columns wide, and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_arc.domain.comparison import (
    AgentRecord,
    Comparison,
    MeanChange,
    RateChange,
    ScenarioChange,
    Share,
)
from pytest_arc.domain.result import Change
from pytest_arc.reports.markdown import escape, write_table
from pytest_arc.reports.style import WIDTH, format_money, format_percent, shorten, wrap

__all__ = ["format_comparison", "list_notes", "summarize_comparison", "write_markdown"]

_Towards = Literal["down", "nearest", "up"]

MOST_SCENARIOS = 10
MOST_NAMES = 5
TOO_FEW = "too few"
HEAD = ("", "n", "A", "B", "change", "95 % bounds", "proved")


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table."""

    name: str
    cells: tuple[str, ...]
    """n, A, B, change, bounds, proved."""


def summarize_comparison(comparison: Comparison) -> str:
    """What is proved of reliability, with its numbers."""
    rates = comparison.reliability
    if rates is None:
        return "Nothing could be compared."
    if rates.proof == "nothing":
        head = f"No regression proved (p {_format_p(rates.p)}, two-sided)."
    else:
        p = min(rates.p_worse, rates.p_better)
        head = f"{rates.proof.upper()} (p {_format_p(p)}, one-sided)."
    a, b = (f"{share.count} of {share.n}" for share in (rates.a, rates.b))
    low, high = _format_points(rates.change.low, "down"), _format_points(rates.change.high, "up")
    return (
        f"{head} {b} trials passed in B ({format_percent(rates.b.rate)}), {a} in A"
        f" ({format_percent(rates.a.rate)}): {_format_points(rates.change.value)} points, at least {low} and"
        f" at most {high} (each with 95 % confidence){_say_doubt(rates)}."
    )


def _say_doubt(rates: RateChange) -> str:
    doubtful = [share.doubtful_passes + share.doubtful_failures for share in (rates.a, rates.b)]
    if not any(doubtful):
        return ""
    return f"; judges disagreed on {doubtful[0]} trials of A and {doubtful[1]} of B, which count either way"


def list_notes(comparison: Comparison) -> list[str]:
    """What a reader must know beside the numbers, a sentence each."""
    pairing = [*_describe_pairing(comparison)]
    if comparison.reliability is None:
        return pairing
    return [*pairing, *_list_warnings(comparison), *_list_limits(comparison)]


def _describe_pairing(comparison: Comparison) -> Iterator[str]:
    if comparison.compared:
        yield f"{_count(comparison.compared)} compared: the same in A and B, with a scored trial in both."
    for ids, what in (
        (comparison.unscored, "not compared, without a scored trial in A or in B"),
        (comparison.only_a, "only in A"),
        (comparison.only_b, "only in B"),
    ):
        if ids:
            yield f"{_count(ids)} {what}: {_list_names(ids)}."
    if comparison.changed:
        told = [f"{id} ({what})" for id, what in comparison.changed.items()]
        yield f"{_count(told)} not compared, changed between A and B: {_list_names(told)}."


def _list_warnings(comparison: Comparison) -> Iterator[str]:
    a, b, rates = comparison.a, comparison.b, comparison.reliability
    means = [*comparison.dimensions, *comparison.metrics]
    for letter, record in (("A", a), ("B", b)):
        if record.interrupted:
            yield f"{letter} was interrupted ({record.interrupted}): what had finished is compared."
    simulated = [letter for letter, record in (("A", a), ("B", b)) if record.simulated]
    if simulated:
        who = " and ".join(simulated)
        verb = "is" if len(simulated) == 1 else "are"
        yield f"Simulated: {who} {verb} the reference policy, and no LLM; this proves nothing about one."
    if a.target != b.target:
        yield f"Different targets: A is {a.target}, B is {b.target}."
    if a.seed != b.seed and None not in (a.seed, b.seed):
        yield f"Different seeds ({a.seed} and {b.seed}): A and B met different faults and latencies."
    if rates and not _is_balanced(rates):
        yield "Scenarios have different numbers of trials: a change weighs them as its test does."
    if any(abs(mean.change.value) < 1e-9 and not math.isclose(mean.a, mean.b) for mean in means):
        yield (
            "The change of a dimension or of a metric is that of a typical scenario: 0 where most of them"
            " did not change, whatever the means say."
        )
    by_reason: dict[str, list[str]] = {}
    for name, why in comparison.unmeasured.items():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        yield f"Not compared: {', '.join(names)} ({why})."


def _list_limits(comparison: Comparison) -> Iterator[str]:
    rates = comparison.reliability
    if rates is None or rates.change.high < 0:
        return
    if rates.change.low < 0:
        low = _format_points(-rates.change.low, "up").removeprefix("+")
        yield f"What the data do not show: that nothing became worse. A drop of {low} points is not excluded."
    if comparison.detectable_drop is None:
        yield "So few trials would have missed any drop, spread evenly, in more than 1 of 5 cases."
    else:
        drop = _format_points(comparison.detectable_drop, "up").removeprefix("+")
        yield (
            f"An even drop of {drop} points in all scenarios would have been found in 4 of 5 cases; a smaller"
            " one, or one of few scenarios, is more easily missed."
        )


def _is_balanced(rates: RateChange) -> bool:
    """Whether the change is what a reader gets from the two rates shown."""
    return abs(rates.b.rate - rates.a.rate - rates.change.value) < 0.0005


def _count(ids: Sequence[str]) -> str:
    return f"{len(ids)} scenario{'s' * (len(ids) != 1)}"


def _list_names(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def format_comparison(comparison: Comparison) -> list[str]:
    """Lines for a terminal."""
    lines = [
        *_name_side("A", comparison.a),
        *_name_side("B", comparison.b),
        "",
        *wrap("  ", summarize_comparison(comparison), 2),
        "",
        _line_up(_Row("", HEAD[1:])),
    ]
    for title, rows in _list_sections(comparison):
        indent = "  " if title else ""
        lines += [f"  {title}"] if title else []
        lines += [_line_up(row, indent) for row in rows]
    if comparison.scenarios:
        lines += ["", *_list_changed(comparison.scenarios)]
    return [*lines, "", *(line for note in list_notes(comparison) for line in wrap("  ", note, 4))]


def _name_side(letter: str, record: AgentRecord) -> list[str]:
    return wrap(f"{letter}  ", f"{record.agent}, run {record.run} ({record.target})", 3)


def _line_up(row: _Row, indent: str = "") -> str:
    n, a, b, change, bounds, proof = row.cells
    name = f"  {indent}{shorten(row.name, 18 - len(indent)):<{18 - len(indent)}}"
    return f"{name}{n:>4}{a:>11}{b:>11}{change:>8}{bounds:>18}  {proof}".rstrip()


def _list_changed(changes: Sequence[ScenarioChange]) -> list[str]:
    told = changes[:MOST_SCENARIOS]
    width = max(12, min(44, max(len(change.scenario) for change in told)))
    lines = [f"  {'changed most':<{width + 2}}{'A':>7}{'B':>7}"]
    for change in told:
        left = f"    {shorten(change.scenario, width):<{width}}{_show(change.a):>7}{_show(change.b):>7}"
        lines.append(f"{left}  {shorten(change.reason, WIDTH - len(left) - 2)}".rstrip())
    if len(changes) > MOST_SCENARIOS:
        lines.append(f"    and {len(changes) - MOST_SCENARIOS} more (--output json has all)")
    return lines


def write_markdown(comparison: Comparison) -> str:
    """Tables and sentences as GitHub renders them; what agents and files say is escaped."""
    a, b = comparison.a, comparison.b
    lines = [f"### A: {escape(a.agent)}, B: {escape(b.agent)}", "", f"**{_escape_summary(comparison)}**", ""]
    rows = [
        [escape(f"{title}: {row.name}" if title else row.name), *map(escape, row.cells)]
        for title, rows in _list_sections(comparison)
        for row in rows
    ]
    lines += write_table(HEAD, rows)
    if comparison.scenarios:
        changes = comparison.scenarios[:MOST_SCENARIOS]
        told = [[escape(c.scenario), _show(c.a), _show(c.b), escape(c.reason)] for c in changes]
        lines += ["", *write_table(("changed most", "A", "B", "why"), told)]
        if len(comparison.scenarios) > len(changes):
            lines += ["", f"and {len(comparison.scenarios) - len(changes)} more"]
    sides = [f"{letter}: run {r.run}, {r.target}." for letter, r in (("A", a), ("B", b))]
    return "\n".join([*lines, "", *(f"* {escape(note)}" for note in [*sides, *list_notes(comparison)]), ""])


def _escape_summary(comparison: Comparison) -> str:
    return escape(summarize_comparison(comparison))


def _list_sections(comparison: Comparison) -> Iterator[tuple[str, list[_Row]]]:
    """Title and rows of each part of the table that has rows."""
    rates = [change for change in (comparison.reliability, comparison.errors) if change]
    sections = [
        ("", [_describe_rate(change) for change in rates]),
        ("groups", [_describe_rate(change) for change in comparison.groups]),
        ("dimensions", [_describe_dimension(change) for change in comparison.dimensions]),
        ("per trial", [_describe_metric(change) for change in comparison.metrics]),
    ]
    return ((title, rows) for title, rows in sections if rows)


def _describe_rate(rates: RateChange) -> _Row:
    change = rates.change
    cells = (str(rates.scenarios), _show(rates.a), _show(rates.b), _format_points(change.value))
    return _Row(rates.name, (*cells, _format_bounds(change, _format_points), _say_proof(rates)))


def _describe_dimension(mean: MeanChange) -> _Row:
    change = mean.change
    cells = (str(mean.scenarios), f"{mean.a:.2f}", f"{mean.b:.2f}", _format_score(change.value))
    return _Row(mean.name, (*cells, _format_bounds(change, _format_score), _say_proof(mean)))


def _describe_metric(mean: MeanChange) -> _Row:
    show = _METRIC_FORMATS[mean.name]
    change = mean.change
    cells = (str(mean.scenarios), show(mean.a), show(mean.b), f"{_format_growth(change.value)} %")
    bounds = _format_bounds(change, _format_growth)
    return _Row(mean.name, (*cells, bounds if bounds == TOO_FEW else f"{bounds} %", _say_proof(mean)))


def _say_proof(change: RateChange | MeanChange) -> str:
    return "-" if change.proof == "nothing" else change.proof


def _show(share: Share) -> str:
    return f"{share.count}/{share.n}"


def _format_bounds(change: Change, show: Callable[[float, Literal["down", "up"]], str]) -> str:
    """Rounded away from the value, so that what is shown holds too."""
    if not math.isfinite(change.low):
        return TOO_FEW
    return f"{show(change.low, 'down')} to {show(change.high, 'up')}"


def _format_points(change: float, towards: _Towards = "nearest") -> str:
    """A change of rates in points: `-5.7`."""
    return _sign(change * 100, 1, towards)


def _format_score(change: float, towards: _Towards = "nearest") -> str:
    return _sign(change, 2, towards)


def _format_growth(change: float, towards: _Towards = "nearest") -> str:
    """A change of logarithms in percent: `+2.1`, `+210`."""
    percent = math.expm1(change) * 100
    return _sign(percent, 1 if percent < 100 else 0, towards)


def _sign(value: float, digits: int, towards: _Towards) -> str:
    scaled = value * 10.0**digits
    # As in format_bound: 1e-9 keeps an exact number from being moved by its representation.
    rounded = {"down": math.floor(scaled + 1e-9), "nearest": round(scaled), "up": math.ceil(scaled - 1e-9)}
    whole = rounded[towards]
    return f"{whole / 10.0**digits:+.{digits}f}".removesuffix(".0") if whole else "0"


def _format_p(p: float) -> str:
    """`= .69`, `= .034`, `< .001`."""
    if p < 0.001:
        return "< .001"
    return "= " + (f"{p:.2f}" if p >= 0.0995 else f"{p:.2g}").removeprefix("0")


_METRIC_FORMATS: dict[str, Callable[[float], str]] = {
    "cost": format_money,
    "tokens": lambda value: f"{value:,.0f}",
    "steps": lambda value: f"{value:.1f}",
    "latency": lambda value: f"{value:,.{int(value < 100)}f} s" if value >= 1 else f"{value * 1000:.3g} ms",
}
