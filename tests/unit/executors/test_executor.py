"""What an executor is given, and what it makes of an answer from elsewhere."""

from __future__ import annotations

import inspect
from contextvars import copy_context
from dataclasses import asdict
from typing import Any

import pytest

from pytest_arc.domain.plan import Plan
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import AgentError, InfrastructureError
from pytest_arc.executors.body import BodyOptions
from pytest_arc.executors.executor import Stage, Trouble, choose_executor
from pytest_arc.executors.local import LocalOptions
from pytest_arc.executors.subprocess import SubprocessOptions
from pytest_arc.executors.wire import Envelope, Job, dump_envelope
from pytest_arc.scope import ModelCall, current_scope
from pytest_arc.targets.python import PythonTarget
from pytest_arc.trial import TrialOptions

RESULT = TrialResult("bot@1/a/b[r]", 2, 99, "passed", None, "", (), {}, 1.0, attempts=2)


@pytest.fixture
def stage() -> Stage:
    facts: dict[str, Any] = {
        "plan": Plan(()),
        "job": Job(Settings()),
        "body": BodyOptions(TrialOptions()),
        "concurrency": 1,
        "on_start": lambda spec: None,
        "on_result": lambda spec, result: None,
        "on_turn": lambda: None,
        "limit_s": lambda spec: 1.0,
    }
    return Stage(**{name: facts[name] for name in inspect.signature(Stage).parameters})


def test_what_a_worker_has_counted_and_wants_to_be_said_becomes_the_runs(stage: Stage) -> None:
    envelope = Envelope(result=RESULT, counts={"retries": 2}, warnings=("careful",))
    for _ in range(2):
        result, _ = stage.read_answer(dump_envelope(envelope))
        assert result == RESULT
    assert stage.body.services.counts["retries"] == 4
    assert stage.body.services.warnings == ["careful"]


def test_listeners_find_the_trial_as_if_it_had_been_made_here(stage: Stage) -> None:
    call = ModelCall("agent", "openai:m", "m-1", 1.0, 2.0, 10, 20, 0.5)
    scope = {
        "trace_id": "ab" * 16,
        "live_calls": 1,
        "replayed_calls": 3,
        "model_calls": [asdict(call)],
    }
    text = dump_envelope(Envelope(result=RESULT, scope=scope))

    def read() -> None:
        stage.read_answer(text)
        found = current_scope()
        assert found is not None
        assert (found.case, found.scenario, found.trial, found.attempt) == ("bot@1/a/b[r]", "a/b[r]", 2, 2)
        assert (found.trace_id, found.live_calls, found.replayed_calls) == ("ab" * 16, 1, 3)
        assert found.model_calls == [call]

    copy_context().run(read)
    assert current_scope() is None


@pytest.mark.parametrize("text", ['{"version": 1}', dump_envelope(Envelope(error="no such module"))])
def test_an_answer_without_a_result_is_nobodys_failure(stage: Stage, text: str) -> None:
    with pytest.raises(InfrastructureError):
        stage.read_answer(text)


def test_an_answer_may_blame_the_agent(stage: Stage) -> None:
    with pytest.raises(AgentError, match="it swallows its cancellation"):
        stage.read_answer(dump_envelope(Envelope(error="it swallows its cancellation", blame="agent")))


def test_an_executor_is_chosen_by_name_or_by_a_table() -> None:
    chosen = [
        choose_executor(Settings.model_validate({"executor": given}).executor)
        for given in (None, "local", "subprocess", {"kind": "subprocess", "workers": 3}, '{"kind": "local"}')
    ]
    assert chosen == [
        LocalOptions(),
        LocalOptions(),
        SubprocessOptions(),
        SubprocessOptions(workers=3),
        LocalOptions(),
    ]


def test_an_executor_is_written_down_with_its_kind() -> None:
    settings = Settings.model_validate({"executor": {"kind": "subprocess", "workers": 3}})
    told = settings.model_dump(mode="json")["executor"]
    assert told == {"kind": "subprocess", "workers": 3}
    assert Settings.model_validate({"executor": told}) == settings


def test_the_text_of_a_trouble_ends_with_what_to_do() -> None:
    assert str(Trouble("died", "it died", "start it again")) == "it died\n    start it again"
    assert str(Trouble("died", "it died")) == "it died"


def test_isolated_agents_start_no_more_processes_than_there_are_processors_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert PythonTarget(python="a:b", isolation="process").default_concurrency == 8
    assert PythonTarget(python="a:b").default_concurrency == 50


def test_isolation_is_no_part_of_an_agents_identity_where_it_is_not_asked_for() -> None:
    assert "isolation" not in PythonTarget(python="os:getpid").model_dump(mode="json")
