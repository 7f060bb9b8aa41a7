"""Recorded trials, replayed."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from pytest_arc.domain.scenario import Limits, User
from pytest_arc.domain.trajectory import Message, ToolCall, Trajectory, Usage
from pytest_arc.errors import InfrastructureError
from pytest_arc.targets import AgentContext
from pytest_arc.targets.context import Clock
from pytest_arc.targets.recordings import HEADER, Recording, write_recordings
from pytest_arc.targets.replay import ReplayTarget
from pytest_arc.users.scripted import ScriptedUser

from .conftest import echo_tool


def make_recording(scenario: str, trial: int, text: str = "Hello", **options: object) -> Recording:
    steps = (
        Message(role="user", text="Hi"),
        ToolCall(id="c1", tool="search", arguments={"q": "größe"}),
        Message(role="assistant", text=text),
    )
    trajectory = Trajectory.model_validate({"steps": steps, "recorded_reward": 1.0, **options})
    return Recording(scenario=scenario, trial=trial, trajectory=trajectory)


def make_target(folder: Path, *recordings: Recording, name: str = "recorded.jsonl") -> ReplayTarget:
    write_recordings(folder / name, recordings)
    return ReplayTarget(replay=(folder / name).as_posix())


def replay(target: ReplayTarget, scenario: str, trial: int = 1) -> Trajectory:
    context = AgentContext(
        system_prompt="",
        tools=(),
        seed=0,
        trial=trial,
        scenario=scenario,
        limits=Limits(max_steps=1),
        clock=Clock("virtual"),
        call_tool=echo_tool,
    )
    asyncio.run(target.run(context, ScriptedUser(User(says=("Hi",)))))
    return context.finish()


@pytest.mark.parametrize("name", ["recorded.jsonl", "recorded.jsonl.gz"])
def test_trial_of_a_scenario_is_its_recording_of_that_number(tmp_path: Path, name: str) -> None:
    recordings = [make_recording("a", 2, "second"), make_recording("b", 1), make_recording("a", 1, "first")]
    target = make_target(tmp_path, *recordings, name=name)

    assert target.verify() is None
    assert replay(target, "a", 1) == recordings[2].trajectory
    assert replay(target, "a", 2) == recordings[0].trajectory
    assert target.count_recorded("a") == 2


def test_file_is_plain_json_under_a_header(tmp_path: Path) -> None:
    make_target(tmp_path, make_recording("a", 1), name="recorded.jsonl.gz")

    with gzip.open(tmp_path / "recorded.jsonl.gz", "rt", encoding="utf-8") as file:
        header, line = map(json.loads, file)

    assert header == {"arc_trajectories": 1}
    assert (line["scenario"], line["trial"]) == ("a", 1)
    assert line["trajectory"]["steps"][1]["arguments"] == {"q": "größe"}


def test_equal_recordings_make_equal_bytes(tmp_path: Path) -> None:
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        make_target(tmp_path, make_recording("a", 1), name=name)

    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()


def test_recorded_error_is_not_the_agents_fault(tmp_path: Path) -> None:
    target = make_target(tmp_path, Recording(scenario="a", trial=1, error="HTTP 529"))

    with pytest.raises(InfrastructureError, match="recorded as not finished: HTTP 529"):
        replay(target, "a")


def test_scenario_without_a_recording_is_errored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target = make_target(tmp_path, make_recording("a", 1))

    with pytest.raises(InfrastructureError, match=r"^no recording of 'b' in recorded.jsonl$"):
        replay(target, "b")
    with pytest.raises(InfrastructureError, match=r"no recording of trial 2 of 'a', only of the first 1"):
        replay(target, "a", 2)


def test_more_trials_than_recorded_are_refused_before_any_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = make_target(tmp_path, make_recording("a", 1), make_recording("a", 2))

    assert target.verify_case("a", 2) is None
    assert target.verify_case("a", 3) == "3 trials are asked for; 2 are recorded in recorded.jsonl"


def test_usage_and_latency_are_observed_when_every_recording_has_them(tmp_path: Path) -> None:
    full = make_recording("a", 1, usage=Usage(model_calls=1), latency_s=2.5)
    broken = Recording(scenario="a", trial=2, error="HTTP 529")

    assert make_target(tmp_path, full, broken).observes == {"answer", "tool_calls", "usage", "latency"}
    bare = make_target(tmp_path, full, make_recording("a", 2), name="bare.jsonl")
    assert bare.observes == {"answer", "tool_calls"}


GOOD = b'{"scenario": "a", "trial": 1, "error": "HTTP 529"}\n'


@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"", "recorded.jsonl:1: Invalid JSON"),
        (b'{"arc_trajectories": 2}\n', "recorded.jsonl:1: arc_trajectories: Input should be less"),
        (HEADER + b"\n" + GOOD + b"{broken\n", "recorded.jsonl:3: Invalid JSON"),
        (HEADER + b"\n" + GOOD + GOOD, "recorded.jsonl:3: trial 1 of 'a' is recorded twice"),
        (
            HEADER + b"\n" + GOOD.replace(b"1", b"2"),
            "the trials of 'a' do not count from 1 without a gap",
        ),
        (HEADER + b'\n{"scenario": "a", "trial": 0}\n', "recorded.jsonl:2: trial: Input should be greater"),
        (gzip.compress(HEADER + b"\n" + GOOD)[:-9], "recorded.jsonl: cannot be unpacked"),
        (b"\xff\xfe", "recorded.jsonl:1: Invalid JSON"),
    ],
    # A packed file holds the time at which it was packed; as an id it would differ between processes.
    ids=["empty", "version", "broken", "twice", "gap", "zero", "cut off", "binary"],
)
def test_broken_file_is_found_before_any_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recorded.jsonl").write_bytes(content)
    target = ReplayTarget(replay=(tmp_path / "recorded.jsonl").as_posix())

    trouble = target.verify()

    assert trouble is not None
    assert trouble.startswith("cannot replay 'recorded.jsonl': ")
    assert complaint in trouble
    assert target.observes == {"answer", "tool_calls"}


def test_missing_file_is_named_as_the_user_would_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    target = ReplayTarget(replay=(tmp_path / "recordings" / "x.jsonl").as_posix())

    assert target.verify() == "there is no file 'recordings/x.jsonl' to replay"


def test_empty_lines_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "recorded.jsonl").write_bytes(HEADER + b"\n\n" + GOOD + b"\n")

    assert ReplayTarget(replay=(tmp_path / "recorded.jsonl").as_posix()).count_recorded("a") == 1
