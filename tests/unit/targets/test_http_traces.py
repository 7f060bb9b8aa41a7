"""Agents behind an endpoint whose servers send spans: what becomes of them, and of trials without."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from syrupy.assertion import SnapshotAssertion
from traced_agent import serve_traced_agent

from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult, Trajectory
from pytest_arc.errors import AgentError, InfrastructureError, UsageError
from pytest_arc.providers.cassettes.opening import start_recording
from pytest_arc.providers.services import Services, use_services
from pytest_arc.scope import TrialScope, enter_scope
from pytest_arc.targets.http import HttpTarget

from .conftest import Trial

pytest.importorskip("httpx2", reason="the extra 'http' is not installed")
pytest.importorskip("opentelemetry.proto", reason="the extra 'otel' is not installed")
pytest.importorskip("opentelemetry.sdk", reason="the extra 'otel' is not installed")


def find_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass(frozen=True)
class Served:
    """An agent's server, and the port that it sends spans to."""

    url: str
    port: int

    def make_target(self, **options: Any) -> HttpTarget:
        traces = {"port": self.port, "wait_s": 30, **options}
        return HttpTarget.model_validate({"http": {"url": self.url, "traces": traces}})

    def ask(self, *says: str, **options: Any) -> Trajectory:
        return Trial(says).run(self.make_target(**options))

    def complain(self, says: str, **options: Any) -> str:
        """What is said of a trial that cannot be judged."""
        with pytest.raises(InfrastructureError) as caught:
            self.ask(says, **options)
        return str(caught.value).replace(str(self.port), "PORT")


@contextmanager
def serve(**environ: str) -> Generator[Served]:
    port = find_port()
    with serve_traced_agent(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}", **environ) as url:
        yield Served(url, port)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve() as served:
        yield served


def list_calls(trajectory: Trajectory) -> list[Any]:
    return [step.arguments["what"] for step in trajectory.steps if isinstance(step, ToolCall)]


def test_spans_of_the_server_become_steps_and_usage_of_their_turn(served: Served) -> None:
    trajectory = served.ask("look a", "look b")

    user, call, result, answer = trajectory.steps[:4]
    assert (type(user), type(call), type(result), type(answer)) == (Message, ToolCall, ToolResult, Message)
    assert call == ToolCall(id="call-a", tool="look", arguments={"what": "a"}, at_s=call.at_s)
    assert isinstance(result, ToolResult)
    assert result.content == "a is here"
    assert [step.at_s for step in trajectory.steps] == sorted(step.at_s for step in trajectory.steps)
    assert list_calls(trajectory) == ["a", "b"]
    assert trajectory.usage is not None
    assert (trajectory.usage.model_calls, trajectory.usage.input_tokens) == (2, 200)


def test_a_target_with_traces_shows_tool_calls_and_usage(served: Served) -> None:
    assert served.make_target().observes == {"answer", "latency", "tool_calls", "usage"}


def test_trials_at_once_each_see_their_own_spans(served: Served) -> None:
    names = [f"thing-{number}" for number in range(24)]

    async def run_one(name: str) -> Trajectory:
        enter_scope(TrialScope("agent/a", "a", 1, 1, 0))
        trial = Trial((f"look {name}", f"look {name}-again"))
        await trial.converse(served.make_target())
        return trial.context.finish()

    async def run_all() -> list[Trajectory]:
        return await asyncio.gather(*(asyncio.create_task(run_one(name)) for name in names))

    seen = [list_calls(trajectory) for trajectory in asyncio.run(run_all())]
    assert seen == [[name, f"{name}-again"] for name in names]


def test_spans_packed_by_the_exporter_are_read() -> None:
    with serve(OTEL_EXPORTER_OTLP_COMPRESSION="gzip") as served:
        assert list_calls(served.ask("look a")) == ["a"]


def test_without_a_span_of_the_request_all_of_the_time_is_waited(served: Served) -> None:
    assert list_calls(served.ask("bare a", wait_s=0.2)) == ["a"]


def test_waiting_for_spans_takes_no_time_of_the_agent() -> None:
    with serve(OTEL_BSP_SCHEDULE_DELAY="2500") as served:
        trial = Trial(("look a",), Limits(agent_timeout_s=2))
        trajectory = trial.run(served.make_target())

    assert list_calls(trajectory) == ["a"]
    assert trajectory.latency_s < 2


def test_what_an_agent_did_before_it_crashed_is_seen(served: Served) -> None:
    trial = Trial(("crash a",))
    with pytest.raises(AgentError, match="500"):
        trial.run(served.make_target())

    assert list_calls(trial.context.finish()) == ["a"]


def test_an_answer_without_models_is_well_where_another_had_some(served: Served) -> None:
    assert list_calls(served.ask("bare a", "plain b", wait_s=0.2)) == ["a"]


@pytest.mark.parametrize("says", ["dark a", "plain a"])
def test_a_trial_without_spans_cannot_be_judged(
    served: Served, says: str, snapshot: SnapshotAssertion
) -> None:
    assert served.complain(says, wait_s=0.5) == snapshot


def test_a_server_that_starts_traces_of_its_own_is_told_so(snapshot: SnapshotAssertion) -> None:
    with serve() as served:
        said = served.complain("apart a", wait_s=0.2)

    assert re.sub(r"but \d+ of", "but N of", said) == snapshot


def test_a_port_in_use_is_said_before_the_first_trial(snapshot: SnapshotAssertion) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        target = Served("http://127.0.0.1:1", port).make_target()
        with pytest.raises(UsageError) as caught, target.open_run():
            pass

    said = re.sub(r"(?<=PORT: ).*?(?=\. Another)", "REASON", str(caught.value).replace(str(port), "PORT"))
    assert said == snapshot


def test_two_runs_of_one_process_share_a_port_and_leave_it_free() -> None:
    target = Served("http://127.0.0.1:1", find_port()).make_target()
    with target.open_run(), target.open_run():
        pass
    with target.open_run():
        pass


@pytest.mark.parametrize(
    "written, port",
    [(True, 4318), (4319, 4319), ("4319", 4319), ({"port": 4320}, 4320), (False, None), (None, None)],
)
def test_traces_are_written_as_true_a_port_or_options(written: Any, port: int | None) -> None:
    target = HttpTarget.model_validate({"http": {"url": "http://agent", "traces": written}})
    assert (target.http.traces.port if target.http.traces else None) == port


def test_another_port_makes_no_other_agent() -> None:
    url = {"url": "http://agent"}
    plain, traced = (HttpTarget.model_validate({"http": {**url, **t}}) for t in ({}, {"traces": 4319}))
    assert plain.identify() == traced.identify()


def test_spans_and_the_answer_do_not_both_tell_of_tool_calls() -> None:
    options = {"url": "http://agent", "traces": True, "response": {"tool_calls": "steps"}}
    with pytest.raises(ValidationError, match="with 'traces', spans tell the tool_calls: leave it out"):
        HttpTarget.model_validate({"http": options})


def test_a_replayed_answer_has_no_spans_and_says_so_at_once(served: Served, tmp_path: Path) -> None:
    async def hold(mode: str) -> str:
        services, trial = Services(), Trial(("look a",))
        enter_scope(TrialScope("agent/a", "a", 1, 1, 0))
        with use_services(services):
            settings = Settings.model_validate({"record": mode})
            start_recording(services, settings, folder=tmp_path, run=mode, redact=lambda value: value)
            try:
                await trial.converse(served.make_target(wait_s=600))
            finally:
                services.close()
        return trial.context.finish().answer

    assert asyncio.run(hold("new"))
    with pytest.raises(InfrastructureError, match="spans are not recorded: with 'traces', run without a"):
        asyncio.run(hold("none"))
