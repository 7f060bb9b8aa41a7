"""`executor: subprocess` does what every executor does, and outlives its children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from executor_contract import PROJECT, WAIT_S, ExecutorContract, Lab
from processes import await_end
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import InfrastructureError
from pytest_arc.executors import children
from pytest_arc.executors.executor import ExecutorOptions
from pytest_arc.executors.local import LocalOptions
from pytest_arc.executors.subprocess import SubprocessOptions


class TestSubprocess(ExecutorContract):
    @pytest.fixture
    def options(self) -> ExecutorOptions:
        return SubprocessOptions(workers=2)


@pytest.fixture(params=["subprocess", "local"])
def options(request: pytest.FixtureRequest) -> ExecutorOptions:
    return SubprocessOptions(workers=1) if request.param == "subprocess" else LocalOptions()


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """One child for all trials."""
    monkeypatch.syspath_prepend(str(PROJECT))
    lab = Lab(SubprocessOptions(workers=1), Settings(attempts=1))
    yield lab
    lab.close()


@pytest.fixture
def alone(lab: Lab, options: ExecutorOptions) -> Lab:
    """Trials of a target with `isolation: process` have fresh children with every executor."""
    lab.options = options
    return lab


def read_answer(result: TrialResult) -> str:
    assert result.trajectory is not None
    return result.trajectory.answer


# A child that dies.


def test_a_child_that_dies_takes_no_other_trial_with_it_than_those_in_it(lab: Lab, tmp_path: Path) -> None:
    lab.concurrency = 2
    never = tmp_path / "never"
    specs = [lab.spec("say before"), lab.spec(f"wait_for {never}"), lab.spec("die"), lab.spec("say after")]
    lab.open(specs).join()
    lost = [(spec, result) for spec, result in lab.ended if isinstance(result, BaseException)]
    assert {id(spec) for spec, _ in lost} == {id(spec) for spec in specs[1:3]}
    assert {type(error) for _, error in lost} == {children.ChildDied}
    told = str(lost[0][1])
    assert "ended with exit code 137: killed, often out of memory, with 1 other trial in it" in told
    outcomes = [result.outcome for _, result in lab.ended if isinstance(result, TrialResult)]
    assert outcomes == ["passed", "passed"]


def test_trials_whose_child_died_are_made_again_alone(lab: Lab, tmp_path: Path) -> None:
    lab.settings = Settings(attempts=2)
    go = tmp_path / "go"
    lab.open([lab.spec(f"wait_for {go}"), lab.spec("say yes"), lab.spec("abort")])
    lab.wait(lambda: len(lab.ended) == 2)
    go.touch()
    assert lab.executor is not None
    lab.executor.join()
    found = {spec.case.scenario.user.says[0].partition(" ")[0]: result for spec, result in lab.ended}
    innocent, guilty = found["wait_for"], found["abort"]
    assert isinstance(innocent, TrialResult)
    assert isinstance(guilty, TrialResult)
    assert (innocent.outcome, innocent.attempts) == ("passed", 2)
    assert (guilty.outcome, guilty.blame) == ("failed", "agent")
    assert "exit code 134: aborted" in guilty.reason


def test_a_child_whose_agent_blocks_every_trial_is_given_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    lab.open([lab.spec("block", timeout_s=0.1)]).join()
    ((_, error),) = lab.ended
    assert isinstance(error, InfrastructureError)
    assert "an async agent has blocked all trials for" in str(error)
    assert "at contract_agents.py:" in str(error)


def test_an_agent_that_swallows_its_cancellation_has_failed(lab: Lab) -> None:
    ((_, error), *_) = lab.open([lab.spec("swallow", timeout_s=0.1)]).join() or lab.ended
    assert "it swallows its cancellation" in str(error)
    assert getattr(error, "blame", "") == "agent"


def test_what_cannot_be_imported_there_is_told_of(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    ghost = types.ModuleType("ghost_agents")
    ghost.answer = lambda text: "yes"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ghost_agents", ghost)
    spec = lab.spec("say yes", python="ghost_agents:answer")
    assert spec.case.profile.target.verify() is None
    lab.open([spec]).join()
    ((_, error),) = lab.ended
    assert isinstance(error, InfrastructureError)
    assert str(error) == snapshot


def test_modules_of_the_user_are_imported_by_the_main_thread(lab: Lab) -> None:
    (result,) = lab.run(lab.spec("anything", python="picky_agents:answer"))
    assert read_answer(result) == "imported"


def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"""
        import sys
        sys.path[:0] = {[str(PROJECT), *sys.path]!r}
        from executor_contract import Lab
        from pytest_arc.executors.subprocess import SubprocessOptions
        lab = Lab(SubprocessOptions(workers=2))
        lab.open([lab.spec("hang {pids}", timeout_s=600, trial=n) for n in (1, 2)]).join()
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    deadline = time.monotonic() + WAIT_S
    while not pids.exists() or len(pids.read_text().split()) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    await_end(map(int, pids.read_text().split()))


# A fresh child for each trial: with `isolation: process`, whatever the executor.


def test_each_isolated_trial_has_a_process_of_its_own(alone: Lab) -> None:
    results = alone.run(*(alone.spec("process", isolation="process", trial=n) for n in (1, 2, 3)))
    processes = {read_answer(result) for result in results}
    assert len(processes) == 3
    assert f"process {os.getpid()}" not in processes


def test_other_trials_of_a_local_run_stay_where_they_are(lab: Lab) -> None:
    lab.options = LocalOptions()
    here, there = lab.run(lab.spec("process"), lab.spec("process", isolation="process"))
    assert read_answer(here) == f"process {os.getpid()}"
    assert read_answer(there) != read_answer(here)


def test_an_isolated_agent_that_crashes_has_failed_and_what_it_printed_is_kept(alone: Lab) -> None:
    (result,) = alone.run(alone.spec("abort", isolation="process"))
    assert (result.outcome, result.blame, result.attempts) == ("failed", "agent", 1)
    assert result.reason.startswith("the process of the trial ended with exit code 134: aborted")
    assert "about to abort" in result.output


def test_an_isolated_trial_that_is_killed_from_outside_is_made_again(alone: Lab, tmp_path: Path) -> None:
    alone.settings = Settings(attempts=2)
    (result,) = alone.run(alone.spec(f"die {tmp_path / 'died'}", isolation="process"))
    assert (result.outcome, result.attempts) == ("passed", 2)


def test_the_standard_input_of_agents_is_empty(alone: Lab) -> None:
    (result,) = alone.run(alone.spec("read", isolation="process"))
    assert read_answer(result) == "read ''"


def test_a_copy_that_an_isolated_agent_makes_of_its_process_answers_nobody(alone: Lab) -> None:
    (result,) = alone.run(alone.spec("fork", isolation="process"))
    assert read_answer(result) == "original"


def test_all_that_an_isolated_agent_prints_is_kept_in_order(alone: Lab) -> None:
    shown, written = alone.run(
        alone.spec("show one", isolation="process"), alone.spec("write two", isolation="process")
    )
    assert (shown.output, written.output) == ("one\none\n", "two\n")
