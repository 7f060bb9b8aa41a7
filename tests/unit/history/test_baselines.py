"""Runs of one state of an agent as one baseline: each observation once, nothing that has changed."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.domain.baseline import Baseline, CaseHashes
from pytest_arc.domain.result import TrialOutcome, TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import UsageError
from pytest_arc.history.baselines import (
    MIXED,
    accept_run,
    dump_baseline,
    make_baseline,
    pool_runs,
    write_baseline,
)
from pytest_arc.history.measured import MeasuredAgent
from pytest_arc.loading.baselines import read_baseline
from pytest_arc.loading.source import Source

HASHES = {"a/b": CaseHashes("s1", "c1"), "a/c": CaseHashes("s2", "c2")}


def _run(
    number: int, outcomes: str, *, scenario: str = "a/b", usage: Usage | None = None, **facts: Any
) -> MeasuredAgent:
    """A run whose seed is its number, of the agent `bot`."""
    words: dict[str, TrialOutcome] = {".": "passed", "F": "failed"}
    told = {
        "id": "bot@v1",
        "identity": "abc",
        "target": "python bots:agent",
        "deterministic": False,
        "repeatable": True,
        "scenarios": {id: [hashes.scenario, hashes.checks] for id, hashes in HASHES.items()},
        **facts,
    }
    trials = [
        TrialResult(
            f"{told['id']}/{scenario}",
            trial,
            1000 * number + trial,
            words[letter],
            None,
            "",
            (),
            {},
            None,
            steps=trial,
            latency_s=0.5,
            usage=usage,
        )
        for trial, letter in enumerate(outcomes, 1)
    ]
    started = f"2026-11-{20 + number}T10:00:00+00:00"
    return MeasuredAgent(
        f"run-{number}",
        f"run-{number}",
        started,
        "a81c07e",
        number,
        told,
        {scenario: trials},
        frozenset(HASHES),
    )


def _counts(baseline: Baseline, scenario: str = "a/b") -> tuple[int, int]:
    case = baseline.cases[scenario]
    return case.passed, case.n


def test_runs_of_one_state_are_summed_and_named_the_oldest_first() -> None:
    pooled = pool_runs([_run(2, "..F"), _run(1, ".....")], HASHES)

    assert _counts(pooled) == (7, 8)
    assert list(pooled.cases) == ["a/b"]
    assert [(run.run_id, run.date, run.seed, run.trials) for run in pooled.runs] == [
        ("run-1", "2026-11-21", 1, 5),
        ("run-2", "2026-11-22", 2, 3),
    ]
    assert (pooled.agent, pooled.simulated) == ("bot", False)


def test_runs_of_another_state_of_the_agent_are_never_pooled() -> None:
    with pytest.raises(ValueError, match="one state"):
        pool_runs([_run(2, ".", identity="def"), _run(1, ".")], HASHES)


def test_only_trials_of_the_scenario_as_it_is_now_count() -> None:
    changed = {"a/b": ["s1", "looser"], "a/c": ["s2", "c2"]}

    assert _counts(pool_runs([_run(2, ".."), _run(1, "FFF", scenarios=changed)], HASHES)) == (2, 2)


def test_newest_runs_are_taken_whole_until_there_is_enough() -> None:
    pooled = pool_runs([_run(3, "....."), _run(2, "....."), _run(1, "FFFFF")], HASHES, enough=8)

    assert _counts(pooled) == (10, 10)
    assert [run.run_id for run in pooled.runs] == ["run-2", "run-3"]


def test_an_equal_seed_on_a_deterministic_agent_counts_once() -> None:
    twice = replace(_run(1, "..F.."), run_id="run-9", key="run-9")

    assert _counts(pool_runs([twice, _run(1, "..F..")], HASHES)) == (8, 10)
    same = [replace(run, facts={**run.facts, "deterministic": True}) for run in (twice, _run(1, "..F.."))]
    assert _counts(pool_runs(same, HASHES)) == (4, 5)


def test_a_recording_counts_once_whatever_the_seed() -> None:
    runs = [_run(number, "..F", repeatable=False) for number in (2, 1)]

    assert _counts(pool_runs(runs, HASHES)) == (2, 3)


def test_what_the_file_holds_of_other_runs_is_added() -> None:
    earlier = make_baseline(_run(1, "....."))

    pooled = pool_runs([_run(2, "..F")], HASHES, earlier)

    assert _counts(pooled) == (7, 8)
    assert [run.run_id for run in pooled.runs] == ["run-1", "run-2"]


def test_a_run_that_is_in_the_file_already_counts_once() -> None:
    earlier = pool_runs([_run(2, "..F"), _run(1, ".....")], HASHES)

    assert _counts(pool_runs([_run(2, "..F")], HASHES, earlier)) == (7, 8)
    assert pool_runs([_run(2, "..F"), _run(1, ".....")], HASHES, earlier) == earlier


def test_a_seed_in_the_file_is_nothing_new_of_a_deterministic_agent() -> None:
    earlier = make_baseline(_run(1, ".....", deterministic=True))
    again = replace(_run(1, ".....", deterministic=True), run_id="run-9", key="run-9")

    pooled = pool_runs([_run(2, "F", deterministic=True), again], HASHES, earlier)

    assert _counts(pooled) == (5, 6)


def test_a_seed_in_the_file_says_something_new_where_a_model_judged() -> None:
    def run(number: int, outcomes: str) -> MeasuredAgent:
        measured = _run(number, outcomes, deterministic=True)
        judged = {"judge": Usage(model_calls=1)}
        trials = {
            id: [replace(trial, harness_usage=judged) for trial in trials]
            for id, trials in measured.trials.items()
        }
        return replace(measured, trials=trials)

    again = replace(run(1, ".."), run_id="run-9", key="run-9")
    assert _counts(pool_runs([again], HASHES, make_baseline(run(1, "..F")))) == (4, 5)


def test_trials_on_which_judges_disagreed_are_kept_in_the_file(tmp_path: Path) -> None:
    split = CheckResult("judge: polite", "response_quality", True, True, 0.8, "", agreement=2 / 3)
    run = _run(1, "..F")
    passed, *others = run.trials["a/b"]
    disputed = replace(run, trials={"a/b": [replace(passed, checks=(split,)), *others]})
    pooled = pool_runs([disputed], HASHES, make_baseline(replace(disputed, run_id="run-9", key="run-9")))

    case = read_baseline(write_baseline(tmp_path, pooled)).cases["a/b"]

    assert (case.passed, case.doubtful_passes, case.doubtful_failures) == (4, 2, 0)
    assert "doubtful" not in dump_baseline(make_baseline(run))


def test_what_the_file_holds_of_another_state_or_of_changed_checks_is_dropped() -> None:
    earlier = make_baseline(_run(1, "....."))
    changed = {**HASHES, "a/b": CaseHashes("s1", "stricter")}

    assert _counts(pool_runs([_run(2, "..", identity="def")], HASHES, earlier)) == (2, 2)
    new = _run(2, "..", scenarios={"a/b": ["s1", "stricter"]})
    assert _counts(pool_runs([new], changed, earlier)) == (2, 2)


def test_metrics_are_geometric_means_over_all_trials() -> None:
    usage = Usage(model_calls=1, input_tokens=90, output_tokens=10, cost_usd=0.002)

    case = make_baseline(_run(1, "...", usage=usage)).cases["a/b"]

    assert case.metrics["tokens"] == pytest.approx(100)
    assert case.metrics["cost"] == pytest.approx(0.002)
    assert case.metrics["latency"] == pytest.approx(0.5)
    assert case.metrics["steps"] == pytest.approx((2 * 3 * 4) ** (1 / 3) - 1)


def test_a_metric_that_some_trials_lack_is_left_out() -> None:
    usage = Usage(input_tokens=90, output_tokens=10)
    pooled = pool_runs([_run(2, "."), _run(1, ".", usage=usage)], HASHES)

    assert set(pooled.cases["a/b"].metrics) == {"steps", "latency"}
    assert set(make_baseline(_run(1, ".", usage=usage)).cases["a/b"].metrics) == {
        "tokens",
        "steps",
        "latency",
    }


def test_seconds_of_different_clocks_are_not_mixed() -> None:
    run = _run(1, "..")
    one, other = run.trials["a/b"]
    mixed = replace(run, trials={"a/b": [one, replace(other, clock="virtual")]})

    assert "latency" not in make_baseline(mixed).cases["a/b"].metrics


def test_a_free_agent_costs_nothing_and_not_almost_nothing() -> None:
    assert make_baseline(_run(1, ".....", usage=Usage(cost_usd=0.0))).cases["a/b"].metrics["cost"] == 0


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=9), st.lists(st.floats(0, 1e6), min_size=1, max_size=9)
)
def test_pooling_with_the_file_gives_the_mean_of_all_trials(then: list[float], now: list[float]) -> None:
    def make(number: int, latencies: list[float]) -> MeasuredAgent:
        run = _run(number, "." * len(latencies))
        trials = [replace(t, latency_s=s) for t, s in zip(run.trials["a/b"], latencies, strict=True)]
        return replace(run, trials={"a/b": trials})

    pooled = pool_runs([make(2, now)], HASHES, make_baseline(make(1, then)))

    logs = [math.log(seconds + 1e-3) for seconds in then + now]
    mean = math.exp(sum(logs) / len(logs)) - 1e-3
    assert pooled.cases["a/b"].metrics["latency"] == pytest.approx(mean, rel=1e-9, abs=1e-9)


def test_accepting_some_scenarios_leaves_the_others() -> None:
    before = pool_runs([_run(1, "....."), _run(1, "..F", scenario="a/c")], HASHES)

    accepted = accept_run(_run(2, "FF."), ["a/b"], before)

    assert _counts(accepted) == (1, 3)
    assert _counts(accepted, "a/c") == (2, 3)
    assert [run.run_id for run in accepted.runs][-1] == "run-2"
    assert accepted.identity == "abc"


def test_scenarios_of_several_states_are_never_pooled_with() -> None:
    accepted = accept_run(_run(2, "FF.", identity="def"), ["a/b"], make_baseline(_run(1, ".....")))

    assert accepted.identity == MIXED
    assert _counts(pool_runs([_run(3, "..", identity="def")], HASHES, accepted)) == (2, 2)


def test_the_file_is_the_same_to_the_byte_and_has_a_line_for_each_scenario(tmp_path: Path) -> None:
    baseline = pool_runs([_run(2, "..F"), _run(1, "....", scenario="a/c")], HASHES)

    path = write_baseline(tmp_path, baseline)
    text = path.read_bytes().decode()

    assert path == tmp_path / "baselines" / "bot.json"
    assert text == dump_baseline(baseline)
    assert text.endswith("}\n")
    assert sum('"a/' in line for line in text.splitlines()) == 2
    assert json.loads(text)["scenarios"]["a/b"]["metrics"]["steps"] == 1.8845
    assert dump_baseline(read_baseline(path)) == text


def test_an_empty_baseline_is_still_a_file() -> None:
    empty = replace(make_baseline(_run(1, ".")), cases={}, runs=())

    assert read_baseline(Source("baselines/bot.json", dump_baseline(empty))).cases == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "baselines").write_text("in the way", encoding="utf-8")

    with pytest.raises(UsageError, match=r"cannot write .*baselines/bot\.json"):
        write_baseline(tmp_path, make_baseline(_run(1, ".")))
