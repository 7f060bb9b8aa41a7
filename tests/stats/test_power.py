"""The drop that the regression test is said to find, tried out: it is found as often as promised."""

from __future__ import annotations

from random import Random

import pytest

from pytest_arc.stats import detectable_drop, regression_p

SUITES = {
    "pooled, with flaky ones": ([50] * 30 + [49] * 10 + [45] * 12 + [30] * 6 + [10] * 2, 50, 5),
    "all at .9": ([9] * 50, 10, 3),
    "half at 1, half at .6": ([10] * 25 + [6] * 25, 10, 3),
    "few scenarios": ([45] * 10, 50, 5),
    "all passing": ([10] * 20, 10, 5),
}


@pytest.mark.parametrize("suite", SUITES)
def test_the_detectable_drop_is_found_with_the_power_asked_for(suite: str) -> None:
    # In 4,000 runs each, found in .792 to .807. The bound leaves .02 for the method and 3 sd for chance.
    c0, before, now = SUITES[suite]
    n0, n1 = [before] * len(c0), [now] * len(c0)
    drop = detectable_drop(c0, n0, n1)
    assert drop is not None

    random, found, runs = Random(7), 0, 1000
    for _ in range(runs):
        rates = [max(0.0, passed / before - drop) for passed in c0]
        c1 = [sum(random.random() < rate for _ in range(now)) for rate in rates]
        found += regression_p(c0, n0, c1, n1) <= 0.05

    assert found / runs == pytest.approx(0.8, abs=0.058)
