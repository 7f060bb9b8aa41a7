"""One trial, judged by its checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from pytest_arc.domain.frozen import record
from pytest_arc.domain.score import DIMENSIONS, Check, CheckResult, Dimension, Evidence, Finding, Observation
from pytest_arc.errors import JudgeError
from pytest_arc.scoring.sentences import shorten

__all__ = ["Judgement", "judge", "passes"]


@record
class Judgement:
    """What all checks of one trial found."""

    results: tuple[CheckResult, ...]
    """One for each check, in the order of the scenario."""
    dimensions: Mapping[Dimension, float]
    """Only those that a check spoke for: the mean of the checks' values, in [0, 1]."""
    score: float | None
    """Weighted mean of the measured dimensions, their weights renormalised. Explains; never decides."""


def judge(checks: Iterable[Check], evidence: Evidence, observed: frozenset[Observation]) -> Judgement:
    """Judge one trial. `observed` is what its target shows.

    `not`, `gating` and `if_observed` are handled here, for every check alike. A check whose evidence is
    missing is not measured: never passed, never failed.

    Raises JudgeError, naming the check, when a check breaks; when the evidence of a gating check is
    missing without `if_observed`; and when no gating check could be measured, because a trial that
    nothing has judged must not pass.
    """
    return _conclude(tuple([_apply(check, evidence, observed) for check in checks]))


def passes(results: Iterable[CheckResult]) -> bool:
    """Tell whether a trial passes: every gating check that was measured passed. The score has no say."""
    return False not in [result.passed for result in results if result.gating]


_Facts: TypeAlias = tuple[str, Dimension, bool, bool | None, float | None, str, bool, float | None]
"""The fields of a `CheckResult`."""


def _apply(check: Check, evidence: Evidence, observed: frozenset[Observation]) -> _Facts:
    gating = check.is_gating
    finding = _find(check, evidence, observed)
    passed, value, reason = finding.passed, finding.value, finding.reason
    if passed is None:
        value = None
        if gating and not check.if_observed:
            raise JudgeError(
                f"check '{check.title}' cannot be measured: {reason} ('if_observed: true' leaves it out)"
            )
        reason = f"not measured: {reason}"
    else:
        # Checks of users' own may answer with 1 or a truth of numpy's, which equal others and are written
        # differently.
        passed = bool(passed)
        value = float(passed if value is None else value)
        if check.negate:
            passed, value = not passed, 1.0 - value
            reason = reason if passed else f"not wanted: {reason}"
    # "Not, in any trial" has no opposite: only the check as it is usually meant has zero tolerance.
    zero_tolerance = check.zero_tolerance and gating and not check.negate
    dimension = check.choose_dimension(evidence.faulted)
    return check.title, dimension, gating, passed, value, shorten(reason), zero_tolerance, finding.agreement


def _find(check: Check, evidence: Evidence, observed: frozenset[Observation]) -> Finding:
    if not check.needs <= observed:
        missing = sorted(check.needs - observed)[0].replace("_", " ")
        return Finding(None, f"the target does not show {missing}")
    if check.needs_world and not evidence.state:
        return Finding(None, "the target has no simulated world")
    try:
        finding = check.judge(evidence)
        _require_sense(finding)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also sys.exit() and pytest.fail() in a check of the user's own
        raise JudgeError(f"check '{check.title}' broke: {type(error).__name__}: {error}") from error
    return finding


def _require_sense(finding: Finding) -> None:
    """Plugins bring their own checks: hold them to the contract."""
    if type(finding) is not Finding:
        raise TypeError(f"judge() returned {type(finding).__name__}, not a Finding")
    if finding.value is not None and not 0.0 <= finding.value <= 1.0:
        raise ValueError(f"judge() returned the value {finding.value}, which is outside 0 to 1")


@lru_cache(maxsize=1024)
def _conclude(facts: tuple[_Facts, ...]) -> Judgement:
    """One judgement for all trials in which the checks found the same: most trials of a case."""
    results = tuple([CheckResult(*fact) for fact in facts])
    _require_verdict(results)
    dimensions = _average(results)
    return Judgement(results, dimensions, _weigh(dimensions))


def _require_verdict(results: tuple[CheckResult, ...]) -> None:
    gating = [result for result in results if result.gating]
    if gating and not [result for result in gating if result.passed is not None]:
        first = gating[0]
        raise JudgeError(f"no gating check could be measured; '{first.check}': {first.reason}")


def _average(results: tuple[CheckResult, ...]) -> Mapping[Dimension, float]:
    values: dict[Dimension, list[float]] = {}
    for result in results:
        if result.value is not None:
            values.setdefault(result.dimension, []).append(result.value)
    return {name: sum(values[name]) / len(values[name]) for name in DIMENSIONS if name in values}


def _weigh(dimensions: Mapping[Dimension, float]) -> float | None:
    total = weights = 0.0
    for name, value in dimensions.items():
        total += DIMENSIONS[name] * value
        weights += DIMENSIONS[name]
    return total / weights if weights else None
