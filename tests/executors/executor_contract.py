"""What every executor does. A subclass of `ExecutorContract` says which one is meant:

class TestSubprocess(ExecutorContract):
    @pytest.fixture
    def options(self) -> ExecutorOptions:
        return SubprocessOptions()
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from processes import is_alive

from pytest_arc.domain.plan import Case, Origin, Plan, TrialSpec
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.scenario import Limits, Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.executors.body import BodyOptions, perform_trial
from pytest_arc.executors.executor import Executor, ExecutorOptions, Stage
from pytest_arc.executors.output import route_output
from pytest_arc.executors.wire import Job
from pytest_arc.history.document import write_line
from pytest_arc.redaction import Redactor
from pytest_arc.trial import TrialOptions

__all__ = ["PROJECT", "WAIT_S", "ExecutorContract", "Lab"]

PROJECT = Path(__file__).parent / "project"
"""The project of a user, with the agent `contract_agents:obey`."""
WAIT_S = 60.0


@dataclass
class Lab:
    """Trials of an agent that does what it is told, and what one executor makes of them."""

    options: ExecutorOptions
    settings: Settings = field(default_factory=Settings)
    concurrency: int = 4
    started: list[TrialSpec] = field(default_factory=list)
    ended: list[tuple[TrialSpec, TrialResult | BaseException]] = field(default_factory=list)
    executor: Executor | None = None
    _news: threading.Condition = field(default_factory=threading.Condition)

    def spec(self, says: str, *, timeout_s: float = 30.0, trial: int = 1, **target: Any) -> TrialSpec:
        """A trial in which the user says one thing."""
        profile = AgentProfile.model_validate(
            {"name": "bot", "target": {"python": "contract_agents:obey", **target}}
        )
        scenario = Scenario.model_validate(
            {"id": f"case/{abs(hash((says, trial)))}", "user": says, "expect": [{"answer_matches": "."}]}
        )
        limits = Limits(timeout_s=timeout_s)
        return TrialSpec(Case(profile, scenario, 1, 1, limits, Origin("s.yaml", 1)), trial, 7 * trial)

    def open(self, specs: Sequence[TrialSpec] = ()) -> Executor:
        """Start one with these trials."""
        redactor = Redactor(os.environ)
        trial = TrialOptions(redact=redactor.text)
        facts: dict[str, Any] = {
            "plan": Plan(()),
            "job": Job(self.settings, "run", PROJECT.as_posix(), (".",)),
            "body": BodyOptions(trial, self.settings.attempts),
            "concurrency": self.concurrency,
            "on_start": self.started.append,
            "on_result": self._receive,
            "on_turn": lambda: None,
            "limit_s": lambda spec: spec.case.longest_s * self.settings.attempts,
        }
        known = inspect.signature(Stage).parameters
        self.executor = self.options.open(Stage(**{k: v for k, v in facts.items() if k in known}))
        self.executor.start(specs)
        return self.executor

    def run(self, *specs: TrialSpec) -> list[TrialResult]:
        """What becomes of these trials, in the order they were given."""
        with route_output():
            self.open(specs).join()
        found = {id(spec): result for spec, result in self.ended}
        assert len(found) == len(self.ended) == len(specs)
        return [self._require(found[id(spec)]) for spec in specs]

    def wait(self, is_over: Callable[[], bool]) -> None:
        """Until it is over; every result is a reason to look."""
        deadline = time.monotonic() + WAIT_S
        with self._news:
            while not is_over():
                assert time.monotonic() < deadline
                self._news.wait(0.05)

    def close(self) -> None:
        if self.executor is not None:
            self.executor.cancel()

    def _receive(self, spec: TrialSpec, result: TrialResult | BaseException) -> None:
        with self._news:
            self.ended.append((spec, result))
            self._news.notify_all()

    @staticmethod
    def _require(result: TrialResult | BaseException) -> TrialResult:
        if isinstance(result, BaseException):
            raise result
        return result


class ExecutorContract:
    """The tests. A subclass has the fixture `options`."""

    many: ClassVar[int] = 1000
    """Trials that come at once."""

    @pytest.fixture
    def lab(self, options: ExecutorOptions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
        monkeypatch.syspath_prepend(str(PROJECT))
        lab = Lab(options, Settings(attempts=1))
        yield lab
        lab.close()

    def test_trials_start_in_order_and_no_more_at_once_than_allowed(self, lab: Lab, tmp_path: Path) -> None:
        lab.concurrency = 3
        go = tmp_path / "go"
        specs = [lab.spec(f"wait_for {go}", trial=number) for number in range(1, 8)]
        executor = lab.open(specs)
        lab.wait(lambda: len(lab.started) == 3)
        assert executor.snapshot().running == 3
        assert executor.snapshot().waiting == 4
        go.touch()
        executor.join()
        assert lab.started == specs

    def test_every_trial_has_exactly_one_result(self, lab: Lab) -> None:
        lab.concurrency = 50
        specs = [lab.spec(f"say {number}", trial=number) for number in range(1, self.many + 1)]
        results = lab.run(*specs)
        assert [result.trial for result in results] == [spec.trial for spec in specs]
        assert {result.outcome for result in results} == {"passed"}
        answers = [result.trajectory.answer for result in results if result.trajectory is not None]
        assert answers == [str(spec.trial) for spec in specs]

    def test_what_goes_wrong_is_a_result_and_no_other_trial_notices(self, lab: Lab) -> None:
        wrong, left, fine = lab.run(lab.spec("fail no such customer"), lab.spec("leave"), lab.spec("say yes"))
        assert (wrong.outcome, wrong.blame) == ("failed", "agent")
        assert "raised LookupError: no such customer" in wrong.reason
        assert "contract_agents.py:" in wrong.reason
        assert (left.outcome, left.blame) == ("failed", "agent")
        assert "called sys.exit(3)" in left.reason
        assert fine.outcome == "passed"

    def test_a_trial_that_takes_too_long_has_failed(self, lab: Lab, tmp_path: Path) -> None:
        late, fine = lab.run(lab.spec(f"wait_for {tmp_path / 'never'}", timeout_s=0.3), lab.spec("say yes"))
        assert (late.outcome, late.blame) == ("failed", "agent")
        assert "no answer within 0.3 s" in late.reason
        assert fine.outcome == "passed"

    def test_what_a_trial_prints_is_its_own(self, lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
        specs = [lab.spec(f"show {number}", trial=number) for number in range(1, 11)]
        results = lab.run(*specs, lab.spec("say nothing"))
        assert [result.output for result in results] == [*(f"{n}\n{n}\n" for n in range(1, 11)), ""]
        assert capfd.readouterr().out == ""

    def test_what_is_written_past_python_disturbs_nothing(self, lab: Lab) -> None:
        specs = [lab.spec("write " + "x" * 5000, trial=number) for number in range(1, 6)]
        assert {result.outcome for result in lab.run(*specs)} == {"passed"}

    def test_context_variables_of_a_trial_are_its_own(self, lab: Lab) -> None:
        lab.concurrency = 1
        results = lab.run(lab.spec("remember one"), lab.spec("remember two"))
        told = [result.trajectory.answer for result in results if result.trajectory is not None]
        assert told == ["nothing, one", "nothing, two"]

    def test_secrets_are_taken_out_where_the_trial_is_made(self, lab: Lab, secret: str) -> None:
        (result,) = lab.run(lab.spec(f"leak {secret}"))
        assert "raised ValueError: refused: [redacted" in result.reason
        assert os.environ[secret] not in result.reason

    @pytest.fixture
    def secret(self, monkeypatch: pytest.MonkeyPatch) -> str:
        """Name of a variable that the agent finds where its trials are made."""
        monkeypatch.setenv("CONTRACT_API_KEY", "kq7f-29ab-contract-55")
        return "CONTRACT_API_KEY"

    def test_results_are_those_of_a_trial_made_here(self, lab: Lab) -> None:
        specs = [lab.spec("say yes"), lab.spec("fail no such customer")]
        made = [asyncio.run(perform_trial(spec, BodyOptions(TrialOptions()))) for spec in specs]
        for here, there in zip(made, lab.run(*specs), strict=True):
            same = {"wall_s": 0.0, "latency_s": 0.0}
            assert write_line(replace(there, **same)) == write_line(replace(here, **same))

    def test_urgent_trials_go_before_those_that_wait(self, lab: Lab, tmp_path: Path) -> None:
        lab.concurrency = 1
        go = tmp_path / "go"
        first, second, third = (lab.spec(f"say {word}") for word in ("first", "second", "third"))
        executor = lab.open([lab.spec(f"wait_for {go}"), first])
        lab.wait(lambda: len(lab.started) == 1)
        executor.add([second])
        executor.add([third], urgent=True)
        go.touch()
        executor.join()
        assert lab.started[1:] == [third, first, second]

    def test_what_is_taken_back_never_runs(self, lab: Lab, tmp_path: Path) -> None:
        lab.concurrency = 1
        go = tmp_path / "go"
        waiting = [lab.spec(f"say {number}") for number in range(3)]
        executor = lab.open([lab.spec(f"wait_for {go}"), *waiting])
        lab.wait(lambda: len(lab.started) == 1)
        assert executor.take_back() == waiting
        executor.add(waiting[2:])
        go.touch()
        executor.join()
        assert [spec for spec, _ in lab.ended][1:] == waiting[2:]

    def test_cancelling_ends_what_runs_and_leaves_nothing_behind(self, lab: Lab, tmp_path: Path) -> None:
        lab.concurrency = 2
        pids = tmp_path / "pids"
        executor = lab.open([lab.spec(f"hang {pids}", timeout_s=600, trial=n) for n in range(1, 5)])
        lab.wait(lambda: pids.exists() and len(pids.read_text().splitlines()) == 2)
        executor.cancel()
        assert [type(result) for _, result in lab.ended] == [asyncio.CancelledError] * 2
        assert len(lab.started) == 2
        executor.cancel()
        processes = [int(pid) for pid in pids.read_text().split() if int(pid) != os.getpid()]
        self.check_processes(lab, processes)

    def check_processes(self, lab: Lab, pids: Sequence[int]) -> None:
        """What became of the processes of trials, and of programs that they had started."""
        lab.wait(lambda: not any(map(is_alive, pids)))

    def test_what_ends_before_it_starts_leaves_nothing_behind(self, lab: Lab) -> None:
        lab.open().cancel()
        assert lab.ended == []
        lab.open().join()
