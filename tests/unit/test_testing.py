from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_arc.errors import LoadError, NothingSelected
from pytest_arc.providers import Request
from pytest_arc.registry import PROVIDERS
from pytest_arc.stats import wilson
from pytest_arc.testing import Runner, ScriptedProvider, run_files

PROFILE = """
arc: 1
name: echo
target: {python: "json:dumps"}
scenarios: {include: [scenarios.yaml]}
"""
SCENARIOS = """
arc_scenarios: 1
scenarios:
  - id: greet/hello
    user: hello
    expect:
      - answer_contains: hello
  - id: greet/bye
    user: bye
    expect:
      - answer_contains: hello
"""
FILES = {"agent.yaml": PROFILE, "scenarios.yaml": SCENARIOS}


def test_files_in_and_what_became_of_them_out() -> None:
    run = run_files(FILES, trials=3)
    assert run.exit_code == 1
    assert {case: outcome.word for case, outcome in run.cases.items()} == {
        "echo/greet/hello": "passed",
        "echo/greet/bye": "failed",
    }
    assert (run.reliability.passed, run.reliability.n) == (3, 6)
    assert [trial.outcome for trial in run.trials] == ["passed"] * 3 + ["failed"] * 3


def test_the_interval_counts_trials_on_which_judges_disagreed_either_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def give_verdict(request: Request) -> Any:
        ticket = request.messages[-1].text.rpartition("</trial-")[2].rstrip(">")
        score = 0.0 if request.call == 2 else 1.0
        return {
            "tool": "give_verdict",
            "arguments": {"ticket": ticket, "score": score, "reason": "so"},
        }

    monkeypatch.setattr(PROVIDERS, "_loaded", dict(PROVIDERS._loaded))
    PROVIDERS.register("critic", lambda: ScriptedProvider([give_verdict] * 3))
    judge = "{judge: Says hello, model: critic, votes: 3, gating: true}"
    scenarios = SCENARIOS.replace("answer_contains: hello", judge, 1)
    run = run_files(
        {**FILES, "scenarios.yaml": scenarios.replace("contains: hello", "contains: bye")}, trials=3
    )
    assert (run.reliability.passed, run.reliability.n) == (6, 6)
    assert run.reliability.low == wilson(3, 6).low
    assert run.reliability.high == wilson(6, 6).high


def test_a_runner_works_on_files_that_exist_and_selects_by_pattern(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    run = Runner(tmp_path).run("agent.yaml", scenarios=["*/hello"], trials=2)
    assert run.exit_code == 0
    trajectory = run.read_trajectory(run.trials[0])
    assert trajectory is not None
    assert trajectory.answer == '"hello"'


def test_a_pattern_that_matches_nothing_is_told(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(NothingSelected, match="no scenario matches nothing/\\*"):
        Runner(tmp_path).run("agent.yaml", scenarios=["nothing/*"])


def test_files_that_cannot_be_used_are_load_errors_with_their_place() -> None:
    with pytest.raises(LoadError, match=r"agent\.yaml:6:1: unknown key 'trails'"):
        run_files({**FILES, "agent.yaml": PROFILE + "trails: 3\n"})


def test_a_setting_that_does_not_exist_is_told() -> None:
    with pytest.raises(LoadError, match="trails"):
        run_files(FILES, trails=3)
