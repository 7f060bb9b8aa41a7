"""Checks of arguments shared by the modules of `stats`: a wrong number is named, never computed with."""

from __future__ import annotations

from collections.abc import Sequence


def check_rate(name: str, value: float) -> None:
    """Raise `ValueError` unless `value` lies strictly between 0 and 1 (at 0 and 1 nothing can be tested)."""
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must lie strictly between 0 and 1, not {value!r}")


def check_gate_level(alpha: float) -> None:
    """Raise `ValueError` unless the error rate of each side is above 0 and below one half.

    From one half on, the same count could prove both "good enough" and "not good enough".
    """
    if not 0.0 < alpha < 0.5:
        raise ValueError(f"confidence must lie strictly between 0.5 and 1, not {1.0 - alpha:g}")


def check_counts(passed: float, trials: float) -> None:
    """Raise `ValueError` unless there is a trial and 0 <= passed <= trials."""
    if trials <= 0:
        raise ValueError(f"at least one trial is needed, not {trials!r}")
    if not 0 <= passed <= trials:
        raise ValueError(f"{passed!r} of {trials!r} trials cannot have passed")


def check_scenarios(c: Sequence[float], n: Sequence[float]) -> None:
    """Raise `ValueError` unless `c` and `n` pair up, are not empty, and each pair holds valid counts."""
    if len(c) != len(n):
        raise ValueError(f"{len(c)} numbers of passes, but {len(n)} numbers of trials")
    if not n:
        raise ValueError("at least one scenario is needed")
    for passed, trials in zip(c, n, strict=True):
        check_counts(passed, trials)


def check_two_runs(c0: Sequence[int], n0: Sequence[int], c1: Sequence[int], n1: Sequence[int]) -> None:
    """Raise `ValueError` unless both runs hold valid counts of the same scenarios."""
    check_scenarios(c0, n0)
    check_scenarios(c1, n1)
    if len(n0) != len(n1):
        raise ValueError(f"the baseline has {len(n0)} scenarios, the candidate {len(n1)}")


def tail_level(conf: float, sided: int) -> float:
    """Error rate of each bound: 1 - conf for one-sided bounds (`sided=1`), half of it for `sided=2`."""
    check_rate("conf", conf)
    if sided not in (1, 2):
        raise ValueError(f"sided must be 1 or 2, not {sided!r}")
    return (1.0 - conf) / sided
