"""Recorded runs of a real agent: what the import makes of them agrees with what was published."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pytest_arc.history.tau_bench import ImportSummary, import_tau_bench
from pytest_arc.stats import pass_hat_k
from pytest_arc.targets.recordings import Recording, open_recordings


def import_results(shared: Path, name: str, out: Path) -> ImportSummary:
    source = shared / "data" / "tau_bench" / name
    if not source.exists():
        pytest.skip(f"{name} is not among the recorded runs")
    return import_tau_bench(source, out)


def read_recordings(summary: ImportSummary) -> dict[str, list[Recording]]:
    recordings = open_recordings(summary.files[2])
    found = {
        scenario: [recordings.find(scenario, trial) for trial in range(1, count + 1)]
        for scenario, count in recordings.counts.items()
    }
    return {scenario: [trial for trial in trials if trial] for scenario, trials in found.items()}


def test_airline_recordings_give_the_published_pass_hat_k(shared: Path, tmp_path: Path) -> None:
    summary = import_results(shared, "gpt-4o-airline.json.gz", tmp_path)
    tasks = read_recordings(summary).values()

    passed = [sum((trial.trajectory.recorded_reward or 0) >= 1 for trial in trials) for trials in tasks]

    assert (summary.scenarios, summary.trials, summary.errored) == (50, 200, 0)
    rates = [sum(pass_hat_k(4, c, k) for c in passed) / len(passed) for k in (1, 2, 3, 4)]
    assert [f"{rate:.3f}" for rate in rates] == ["0.420", "0.273", "0.220", "0.200"]


@pytest.mark.parametrize("name, passed", [("retail-v0.json.gz", 73), ("retail-v1.json.gz", 70)])
def test_retail_recordings_have_one_trial_a_task(
    shared: Path, tmp_path: Path, name: str, passed: int
) -> None:
    summary = import_results(shared, name, tmp_path)
    trials = [trial for task in read_recordings(summary).values() for trial in task]

    assert (summary.scenarios, summary.trials, summary.errored) == (100, 100, 0)
    assert yaml.safe_load(summary.profile.read_text(encoding="utf-8"))["trials"] == 1
    assert sum(trial.trajectory.recorded_reward == 1 for trial in trials) == passed


@pytest.mark.parametrize("name", ["gpt-4o-airline.json.gz", "retail-v0.json.gz", "retail-v1.json.gz"])
def test_every_result_belongs_to_a_call_and_ids_are_unique(shared: Path, tmp_path: Path, name: str) -> None:
    summary = import_results(shared, name, tmp_path)

    for trials in read_recordings(summary).values():
        for trial in trials:
            calls = {call.id: call.tool for call in trial.trajectory.tool_calls}
            results = [step for step in trial.trajectory.steps if step.kind == "tool_result"]
            assert len(calls) == len(trial.trajectory.tool_calls)
            assert all(calls[result.id] == result.tool for result in results)
            assert trial.trajectory.answers
