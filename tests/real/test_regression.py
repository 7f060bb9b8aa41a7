"""Recorded runs of a real agent under the regression gate: chance never fails one."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from pytest_arc.cli import main
from pytest_arc.domain.baseline import Baseline, BaselineCase, Ruler
from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.plan import make_trial
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import Ledger
from pytest_arc.gates.comparison import compare
from pytest_arc.gates.regression import judge_regression
from pytest_arc.history.ruler import hash_cases
from pytest_arc.history.tau_bench import import_tau_bench
from pytest_arc.suite import plan_file
from pytest_arc.targets.recordings import open_recordings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _import(shared: Path, file: str, out: str, name: str) -> Path:
    source = shared / "data" / "tau_bench" / f"{file}.json.gz"
    if not source.exists():
        pytest.skip(f"{source.name} is not among the recorded runs")
    return import_tau_bench(source, Path(out), name).profile


def test_the_second_retail_agent_is_no_regression_against_the_first(
    shared: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    v0 = _import(shared, "retail-v0", "v0", "retail")
    v1 = _import(shared, "retail-v1", "v1", "retail")
    v1.write_text(v1.read_text(encoding="utf-8") + "gates: {regression: 0.05}\n", encoding="utf-8")
    main(["run", v0.as_posix()])
    main(["baseline", "accept", "last"])
    capsys.readouterr()

    assert main(["run", v1.as_posix()]) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert "regression INCONCLUSIVE 70.0 % now, 73.0 % in the baseline: -3.0 points" in told
    assert main(["baseline", "check"]) == 0


def test_no_trial_of_the_airline_agent_is_a_regression_against_another(shared: Path, folder: Path) -> None:
    profile = _import(shared, "gpt-4o-airline", "tau", "airline")
    agent = plan_file(profile, Settings(trials=1))
    recordings = open_recordings(profile.with_name("airline.trajectories.jsonl.gz"))
    hashes = hash_cases(agent)
    rewards = [
        {
            case.scenario.id: (recording.trajectory.recorded_reward or 0) >= 1
            for case in agent.cases
            if (recording := recordings.find(case.scenario.id, trial)) is not None
        }
        for trial in (1, 2, 3, 4)
    ]
    words: list[str] = []
    for then, now in permutations(rewards, 2):
        cases = {name: BaselineCase(int(passed), 1, hashes[name]) for name, passed in then.items()}
        baseline = Baseline("airline", "", "replay", False, (), cases)
        ledger = Ledger(
            TrialResult(
                case=case.id,
                trial=1,
                seed=make_trial(case, 1, 0).seed,
                outcome="passed" if now[case.scenario.id] else "failed",
                blame=None,
                reason="",
                checks=(),
                dimensions={},
                score=None,
            )
            for case in agent.cases
        )
        comparison = compare(agent, ledger, Ruler(baseline=baseline, hashes=hashes))
        words.append(judge_regression(RegressionGate(), comparison, ledger).word)
    assert len(words) == 12
    assert "failed" not in words
