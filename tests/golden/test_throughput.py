"""CI fails when this project is slower than tests/perf/baseline.json by more than 15 %, beyond doubt."""

from __future__ import annotations

import statistics
import time
from random import Random

import pytest
from golden import PAIRS, judge_all, judge_ratios, measure, name_environment, open_workloads, read_golden


def test_this_project_has_not_become_slower() -> None:
    golden = read_golden().get(name_environment())
    if golden is None:
        pytest.skip(f"tests/perf/baseline.json has no ratios of {name_environment()}")

    with open_workloads() as workloads:
        found = judge_all(workloads, golden)

    assert [str(judgement) for judgement in found if judgement.word == "fail"] == []


def test_a_run_that_takes_half_as_long_again_is_found() -> None:
    with open_workloads() as workloads:
        run = workloads["trials"]
        for _ in range(3):
            golden = statistics.median(measure(run))
            (found,) = judge_all({"trials": lambda: _waste(0.5, run)}, {"trials": golden})
            assert found.word != "pass", str(found)
            if found.word == "fail":
                return
    pytest.skip(f"the machine is too busy to tell: {found}")


def _waste(share: float, run) -> None:
    """Run, and then compute for a share of the time that took."""
    started = time.process_time()
    run()
    end = time.process_time() + share * (time.process_time() - started)
    while time.process_time() < end:
        pass


@pytest.mark.parametrize("pairs", [PAIRS, 2 * PAIRS])
@pytest.mark.parametrize(
    "growth, words",
    [(0.0, {"pass", "inconclusive"}), (-0.30, {"pass"}), (0.15, {"inconclusive"}), (0.30, {"fail"})],
)
def test_only_growth_beyond_doubt_fails(growth: float, words: set[str], pairs: int) -> None:
    """With the noise and the stalls of a machine that does ten things at once."""
    random = Random(0)
    for _ in range(200):
        ratios = [0.9 * (1 + growth) * random.lognormvariate(0.0, 0.04) for _ in range(pairs)]
        ratios[0] *= 2

        assert judge_ratios("trials", ratios, 0.9).word in words
