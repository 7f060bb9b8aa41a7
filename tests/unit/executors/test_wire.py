"""Trials as text: what is sent and comes back is what there was."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from pytest_arc import __version__
from pytest_arc.domain.plan import AgentPlan, Case, Origin, TrialSpec, make_trial
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.scenario import FaultKind, Limits, Scenario
from pytest_arc.domain.score import Check, Evidence, Finding
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.trajectory import ToolCall, Trajectory
from pytest_arc.errors import InfrastructureError, UsageError
from pytest_arc.executors.body import BodyOptions, perform_trial
from pytest_arc.executors.codec import Encoder, decode, find_own_class
from pytest_arc.executors.wire import (
    MAX_SPEC_BYTES,
    Envelope,
    Job,
    SpecWriter,
    dump_envelope,
    dump_result,
    load_envelope,
    load_result,
    load_spec,
)
from pytest_arc.executors.worker import run_spec
from pytest_arc.history.document import write_line
from pytest_arc.loading.scalars import Written
from pytest_arc.registry import BEHAVIORS, CHECKS, TARGETS
from pytest_arc.suite import plan_file
from pytest_arc.trial import TrialOptions

SETTINGS = Settings(attempts=3, real_time=True, slip_rate=0.1)
JOB = Job(SETTINGS, "run-1", ".", (".",))

TARGET_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "reference": {"reference": "reference"},
    "model": {"model": "openai:gpt-5-mini", "settings": {"temperature": 0.5}},
    "python": {"python": "package.agents:answer", "isolation": "process"},
    "factory": {"factory": "package.agents:make"},
    "replay": {"replay": "/nowhere/trials.jsonl"},
    "langgraph": {"langgraph": "package.agents:build"},
    "openai_agents": {"openai_agents": "package.agents:build"},
    "pydantic_ai": {"pydantic_ai": "package.agents:build"},
    "http": {"http": {"url": "http://localhost:1/{{ user }}", "reset": "http://localhost:1/reset"}},
    "command": {"command": ["cat", "-u"]},
}
CHECK_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "answer_contains": {"answer_contains": ["42", Written("998.00")], "not": True},
    "answer_excludes": {"answer_excludes": "sorry"},
    "answer_equals": {"answer_equals": "yes"},
    "answer_matches": {"answer_matches": "y(es)?"},
    "answer_json": {"answer_json": {"type": "object", "properties": {"$ref": {"type": "string"}}}},
    "answer_number": {"answer_number": Written("12345.670"), "tolerance": "1%"},
    "asks": {"asks": "currency"},
    "calls": {"calls": [{"tool": "lookup", "args": {"day": {"equals": date(2026, 1, 31)}}}]},
    "never_calls": {"never_calls": "wire_transfer"},
    "state": {"state": "calls.lookup", "equals": Written("1.50")},
    "max_steps": {"max_steps": 3},
    "max_latency_s": {"max_latency_s": 2.5},
    "max_tokens": {"max_tokens": 100},
    "max_cost_usd": {"max_cost_usd": 0.01},
    "python": {"python": "package.checks:polite"},
    "recorded": {"recorded": {"min": 1}},
    "judge": {"judge": "is polite", "votes": 3, "gating": True},
}
BEHAVIOR_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "spreadsheet": {},
    "calculator": {},
    "sql": {},
    "static": {"answers": [{"when": {"sku": "A"}, "returns": {"price": Written("1.50")}}]},
    "python": {"function": "package.tools:look_up", "conditions": "flaky_api"},
}


class Polite(Check):
    """A check of the user's own."""

    polite: str

    def judge(self, evidence: Evidence) -> Finding:
        return Finding(self.polite in evidence.trajectory.answer, "it is")


def make_spec(
    *,
    target: Mapping[str, Any] = TARGET_OPTIONS["reference"],
    expect: Mapping[str, Any] = CHECK_OPTIONS["answer_equals"],
    **scenario: Any,
) -> TrialSpec:
    tools = [
        {"name": f"tool_{kind}", "behavior": {"kind": kind, **options}}
        for kind, options in BEHAVIOR_OPTIONS.items()
    ]
    profile = AgentProfile.model_validate(
        {"name": "bot", "version": "1.10", "target": target, "tools": tools}
    )
    entry = {"id": "group/one[r 1]", "user": "hello", "expect": [expect], **scenario}
    case = Case(profile, Scenario.model_validate(entry), 3, 5, Limits(max_steps=7), Origin("a/s.yaml", 12))
    return TrialSpec(case, 2, 2**64 - 1, 2)


def send(spec: TrialSpec, job: Job = JOB, **secrets: str) -> TrialSpec:
    return load_spec(SpecWriter(job, secrets).dump(spec))[0]


@pytest.mark.parametrize("kind", TARGETS.builtin)
def test_targets_of_every_kind_arrive_as_they_were(kind: str) -> None:
    spec = make_spec(target=TARGET_OPTIONS[kind])
    assert send(spec) == spec


@pytest.mark.parametrize("kind", CHECKS.builtin)
def test_checks_of_every_kind_arrive_as_they_were(kind: str) -> None:
    spec = make_spec(expect=CHECK_OPTIONS[kind])
    found = send(spec)
    assert found == spec
    sent, arrived = spec.case.scenario.expect[0], found.case.scenario.expect[0]
    assert (arrived.title, arrived.is_gating) == (sent.title, sent.is_gating)


def test_each_kind_of_behavior_is_sent_in_these_tests() -> None:
    assert BEHAVIOR_OPTIONS.keys() == BEHAVIORS.builtin.keys()


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_faults_of_every_kind_arrive_as_they_were(kind: str) -> None:
    spec = make_spec(
        faults=[{"tool": "tool_sql", "kind": kind, "on_calls": [1, 3], "value": {"n": Written("2.0")}}]
    )
    assert send(spec) == spec


def test_worlds_and_played_users_arrive_as_they_were() -> None:
    world = {
        "files": {"a.csv": {"text": "n\n1\n"}},
        "tables": {"days": [{"day": date(2026, 1, 31), "at": time(9, 30), "price": Written("9.90")}]},
        "rates": {"EUR/USD": "1.08"},
    }
    user = {"persona": "a customer", "known": {"stamp": datetime(2026, 1, 31, 9, 30)}}
    spec = make_spec(world=world, user=user, limits={"timeout_s": 3.5})
    assert send(spec) == spec


def test_the_job_arrives_without_what_is_secret_or_of_this_machine() -> None:
    settings = SETTINGS.model_copy(update={"redis_url": "redis://:password@host", "sources": {"dir": "x"}})
    job = replace(JOB, settings=settings, registered={"check": {"polite": "a:B"}})
    text = SpecWriter(job).dump(make_spec())
    assert "password" not in text
    _, found = load_spec(text)
    assert found == replace(job, settings=SETTINGS)


def test_checks_of_the_users_own_are_found_by_their_module() -> None:
    spec = make_spec()
    scenario = spec.case.scenario.model_copy(update={"expect": (Polite(polite="yes"),)})
    spec = replace(spec, case=replace(spec.case, scenario=scenario))
    assert send(spec) == spec


def test_what_no_other_process_could_import_is_told_of(snapshot: SnapshotAssertion) -> None:
    class Hidden(Polite):
        pass

    spec = make_spec()
    scenario = spec.case.scenario.model_copy(update={"expect": (Hidden(polite="yes"),)})
    with pytest.raises(UsageError) as caught:
        send(replace(spec, case=replace(spec.case, scenario=scenario)))
    assert str(caught.value).replace(__name__, "tests") == snapshot


def test_secrets_are_sent_as_the_names_of_their_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_API_KEY", "kq7f-29ab-55")
    target = {"http": {"url": "http://localhost:1/", "headers": {"Authorization": "Bearer kq7f-29ab-55!"}}}
    spec = make_spec(target=target)
    text = SpecWriter(JOB).dump(spec)
    assert "kq7f-29ab-55" not in text
    assert load_spec(text)[0] == spec


def test_a_secret_that_is_not_there_is_told_of_by_its_name(snapshot: SnapshotAssertion) -> None:
    spec = make_spec(user="the key is kq7f-29ab-55")
    text = SpecWriter(JOB, {"kq7f-29ab-55": "MISSING_API_KEY"}).dump(spec)
    with pytest.raises(InfrastructureError) as caught:
        load_spec(text)
    assert str(caught.value) == snapshot


def test_files_go_along_by_their_content_where_they_are_not(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_bytes(b"\xef\xbb\xbfa;b\r\n1,5;\xff\r\n")
    spec = make_spec(world={"files": {"rates.csv": file.as_posix(), "gone": (tmp_path / "gone").as_posix()}})
    text = SpecWriter(replace(JOB, carries_files=True)).dump(spec)
    content = file.read_bytes()
    file.unlink()
    files = load_spec(text)[0].case.scenario.world.files
    path = files["rates.csv"].path
    assert path is not None
    assert Path(path).read_bytes() == content
    assert Path(path).suffix == ".csv"
    assert files["gone"] == spec.case.scenario.world.files["gone"]


def test_files_stay_paths_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_bytes(b"x" * MAX_SPEC_BYTES)
    spec = make_spec(world={"files": {"rates.csv": (tmp_path / "rates.csv").as_posix()}})
    assert send(spec) == spec


@pytest.mark.parametrize("part", ["file", "prompt"])
def test_a_spec_that_is_too_large_is_told_of_with_what_is_large(
    part: str, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    large = "".join(f"{number * number}," for number in range(400_000))
    spec = make_spec(world={"files": {"ledger.csv": {"text": large if part == "file" else "a"}}})
    if part == "prompt":
        profile = spec.case.profile.model_copy(update={"system_prompt": large})
        spec = replace(spec, case=replace(spec.case, profile=profile))
    with pytest.raises(UsageError) as caught:
        send(spec)
    assert str(caught.value) == snapshot


def test_what_trials_share_is_read_once() -> None:
    writer = SpecWriter(JOB)
    spec = make_spec()
    first, first_job = load_spec(writer.dump(spec))
    second, second_job = load_spec(writer.dump(replace(spec, trial=4)))
    assert first.case is second.case
    assert first_job is second_job


def test_a_spec_of_another_version_is_refused(snapshot: SnapshotAssertion) -> None:
    text = SpecWriter(JOB).dump(make_spec())
    head, rest = text.split("\n", 1)
    other = json.dumps(json.loads(head) | {"arc": "99.0"})
    with pytest.raises(InfrastructureError) as caught:
        load_spec(f"{other}\n{rest}")
    assert str(caught.value).replace(__version__, "here") == snapshot


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.datetimes().map(lambda at: at.replace(fold=0))
    | st.times().map(lambda at: at.replace(fold=0))
    | st.just(Written("998.00")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.just("$"), inner, max_size=3)
        | st.dictionaries(st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(plain)
def test_values_come_back_with_their_types(value: Any) -> None:
    written = json.loads(json.dumps(Encoder().encode(value)))
    found = decode(written, {})
    assert found == value
    assert repr(found) == repr(value)
    assert str(found) == str(value)


def test_numbers_that_json_does_not_know_come_back() -> None:
    values = (float("inf"), float("-inf"), Decimal("Infinity"), frozenset({"a", "b"}))
    assert decode(json.loads(json.dumps(Encoder().encode(values))), {}) == values


def test_classes_that_are_not_of_trials_are_refused() -> None:
    told = {"$": "record", "c": "subprocess:Popen", "v": {"args": ["true"]}}
    with pytest.raises(InfrastructureError, match="'subprocess:Popen' is no class that trials are made of"):
        decode(told, {})
    foreign = {"$": "model", "c": f"{__name__}:Polite", "v": {"polite": "yes"}}
    with pytest.raises(InfrastructureError, match="is no class of results"):
        decode(foreign, {}, find_own_class)


# What comes back.


def test_what_an_agent_has_put_into_its_trajectory_comes_back_as_far_as_it_is_data() -> None:
    arguments = {"when": date(2026, 1, 31), "odd": object(), "half": "\ud800"}
    trajectory = Trajectory(steps=(ToolCall.model_construct(id="1", tool="t", arguments=arguments),))
    result = TrialResult("bot/a", 1, 2, "passed", None, "", (), {}, 1.0, trajectory=trajectory)
    found = load_result(dump_result(result))
    assert found.trajectory is not None
    told = found.trajectory.tool_calls[0].arguments
    assert told["when"] == date(2026, 1, 31)
    assert told["odd"].startswith("<object object at")
    assert told["half"] == "\ud800"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', '{"version": 1, "result": 5}', "null"])
def test_an_answer_that_is_none_is_told_of(text: str) -> None:
    with pytest.raises(InfrastructureError, match="the answer of a worker"):
        load_envelope(text)


def test_an_envelope_comes_back_with_all_that_it_tells() -> None:
    result = TrialResult("bot/a", 1, 2, "failed", "agent", "no", (), {"completeness": 0.5}, 0.5, wall_s=1.5)
    envelope = Envelope(
        result=result,
        worker="here:1",
        started_s=1.0,
        ended_s=2.0,
        scope={"trace_id": "ab"},
        counts={"retries": 2},
        warnings=("careful",),
        recordings=({"key": "k"},),
    )
    assert load_envelope(dump_envelope(envelope)) == envelope


# Trials made from text.


@pytest.fixture(params=["finance_agent_v1", "finance_agent_v2", "audit_agent"])
def shipped(request: pytest.FixtureRequest, root: Path, monkeypatch: pytest.MonkeyPatch) -> AgentPlan:
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(str(root))
    return plan_file(Path(f"configs/{request.param}.yaml"), Settings())


@pytest.mark.parametrize("carries_files", [False, True])
def test_results_of_the_shipped_agents_are_the_same_to_the_byte(
    shipped: AgentPlan, carries_files: bool
) -> None:
    writer = SpecWriter(Job(Settings(), "run", ".", (".",), carries_files=carries_files))

    async def make(spec: TrialSpec) -> tuple[TrialResult, TrialResult]:
        here = await asyncio.create_task(perform_trial(spec, BodyOptions(TrialOptions(), route_output=False)))
        there = load_envelope(await run_spec(writer.dump(spec))).result
        assert there is not None
        return here, there

    for case in shipped.cases:
        here, there = asyncio.run(make(make_trial(case, 1, 0)))
        same = {"wall_s": 0.0}
        assert write_line(replace(there, **same)) == write_line(replace(here, **same))
        assert there.trajectory == here.trajectory


@pytest.fixture
def answer(plan_bot: Callable[..., AgentPlan], tmp_path: Path) -> Callable[..., Envelope]:
    """What a worker answers when the user says this."""

    def answer(says: str, settings: Settings = SETTINGS, **profile: Any) -> Envelope:
        agent = plan_bot({"a": says}, **profile)
        job = Job(settings.model_copy(update={"real_time": False}), "run", tmp_path.as_posix(), (".",))
        return load_envelope(asyncio.run(run_spec(SpecWriter(job).dump(make_trial(agent.cases[0], 1, 0)))))

    return answer


def test_a_worker_says_who_and_when_it_was(answer: Callable[..., Envelope]) -> None:
    envelope = answer("pass")
    assert envelope.result is not None
    assert envelope.worker.endswith(f":{os.getpid()}")
    assert 0 < envelope.started_s <= envelope.ended_s


def test_a_worker_tries_again_what_errors(answer: Callable[..., Envelope]) -> None:
    result = answer("call broken").result
    assert result is not None
    assert (result.outcome, result.blame, result.attempts) == ("errored", "tool", 3)
