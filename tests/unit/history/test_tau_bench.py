"""A result file of tau-bench becomes a profile, scenarios and recordings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arc.errors import LoadError, UsageError
from pytest_arc.history.tau_bench import import_tau_bench
from pytest_arc.loading.profiles import load_profile
from pytest_arc.targets.recordings import Recording, open_recordings

CHAT = [
    {"role": "system", "content": "Be a good airline agent"},
    {"role": "user", "content": "Cancel my flight"},
    {"role": "assistant", "content": "Which one?"},
    {"role": "user", "content": "HAT001"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "function": {"name": "cancel", "arguments": '{"flight": "HAT001"}'}}],
    },
    {"role": "tool", "tool_call_id": "call_1", "name": "cancel", "content": "Error: too late"},
    {"role": "assistant", "content": "It is too late"},
    {"role": "user", "content": "###STOP###"},
]


def make_record(task: Any = 0, reward: float = 1.0, traj: Any = CHAT, **more: Any) -> dict[str, Any]:
    return {"task_id": task, "trial": 0, "reward": reward, "info": {"source": "user"}, "traj": traj} | more


def write_results(folder: Path, records: Any, name: str = "airline.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def import_records(folder: Path, *records: dict[str, Any]) -> Path:
    import_tau_bench(write_results(folder, records), folder / "out")
    return folder / "out"


def read_recording(out: Path, scenario: str = "task/0", trial: int = 1) -> Recording:
    recording = open_recordings(out / "airline.trajectories.jsonl.gz").find(scenario, trial)
    assert recording is not None
    return recording


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_profile_replays_the_recordings_and_has_no_gate(tmp_path: Path) -> None:
    out = import_records(tmp_path, make_record(), make_record(reward=0.0))

    assert read_yaml(out / "airline.yaml") == {
        "arc": 1,
        "name": "airline",
        "target": {"replay": "airline.trajectories.jsonl.gz"},
        "scenarios": {"include": "airline.scenarios.yaml"},
        "trials": 2,
        "min_pass_rate": 0,
    }


def test_each_task_is_a_scenario_judged_by_its_recorded_reward(tmp_path: Path) -> None:
    out = import_records(tmp_path, make_record(0), make_record(7))

    assert read_yaml(out / "airline.scenarios.yaml") == {
        "arc_scenarios": 1,
        "defaults": {"expect": [{"recorded": {"min": 1}}]},
        "scenarios": [
            {"id": "task/0", "user": "Cancel my flight"},
            {"id": "task/7", "user": "Cancel my flight"},
        ],
    }


def test_messages_become_steps_without_instructions_and_stop_sign(tmp_path: Path) -> None:
    recording = read_recording(import_records(tmp_path, make_record(reward=0.5)))

    steps = [
        step.model_dump(exclude={"at_s", "fault", "kind"}, exclude_defaults=True)
        for step in recording.trajectory.steps
    ]
    assert recording.trajectory.recorded_reward == 0.5
    assert steps == [
        {"role": "user", "text": "Cancel my flight"},
        {"role": "assistant", "text": "Which one?"},
        {"role": "user", "text": "HAT001"},
        {"id": "call_1", "tool": "cancel", "arguments": {"flight": "HAT001"}},
        {"id": "call_1", "tool": "cancel", "content": "Error: too late", "is_error": True},
        {"role": "assistant", "text": "It is too late"},
    ]


def test_last_words_of_the_user_stay_when_they_end_with_the_stop_sign(tmp_path: Path) -> None:
    chat = [*CHAT[:-1], {"role": "user", "content": "Thank you! ###STOP###"}]

    recording = read_recording(import_records(tmp_path, make_record(traj=chat)))

    assert recording.trajectory.steps[-1].model_dump()["text"] == "Thank you!"


def test_ids_of_calls_that_occur_again_are_numbered_and_results_follow_them(tmp_path: Path) -> None:
    chat = [CHAT[1], CHAT[4], CHAT[5], CHAT[4], CHAT[5], CHAT[6]]

    steps = read_recording(import_records(tmp_path, make_record(traj=chat))).trajectory.steps

    ids = [step.id for step in steps if step.kind != "message"]
    assert ids == ["call_1", "call_1", "call_1-2", "call_1-2"]


@pytest.mark.parametrize(
    "arguments, read",
    [
        ({"flight": "HAT001"}, {"flight": "HAT001"}),
        ("", {"unparsed": ""}),
        ('{"flight": ', {"unparsed": '{"flight": '}),
        ("[1, 2]", {"unparsed": "[1, 2]"}),
    ],
)
def test_arguments_are_read_as_json_or_kept_as_they_are(
    tmp_path: Path, arguments: Any, read: dict[str, Any]
) -> None:
    call = {"id": "c", "function": {"name": "cancel", "arguments": arguments}}
    chat = [CHAT[1], {"role": "assistant", "content": "I cancel it", "tool_calls": [call]}]

    trajectory = read_recording(import_records(tmp_path, make_record(traj=chat))).trajectory

    assert trajectory.tool_calls[0].arguments == read
    assert trajectory.answer == "I cancel it"


def test_trials_are_numbered_in_the_order_of_the_file_whatever_their_numbers(tmp_path: Path) -> None:
    rewards = [0.0, 1.0, 0.5]
    records = [make_record(reward=reward, trial=99 - n) for n, reward in enumerate(rewards)]

    out = import_records(tmp_path, *records)

    assert [read_recording(out, trial=n).trajectory.recorded_reward for n in (1, 2, 3)] == rewards


def test_task_with_more_trials_than_others_keeps_them(tmp_path: Path) -> None:
    out = import_records(tmp_path, make_record(0), make_record(1), make_record(1))

    assert read_yaml(out / "airline.yaml")["trials"] == 1
    assert [task.get("trials") for task in read_yaml(out / "airline.scenarios.yaml")["scenarios"]] == [
        None,
        2,
    ]


@pytest.mark.parametrize(
    "broken, error",
    [
        (
            {"info": {"error": "RateLimitError:\n  429", "traceback": "..."}, "traj": []},
            "RateLimitError: 429",
        ),
        ({"info": {"error": "Timeout"}}, "Timeout"),
        ({"traj": []}, "no messages were recorded"),
        ({"traj": None, "reward": None}, "no messages were recorded"),
    ],
)
def test_exception_of_the_harness_is_no_failure_of_the_agent(
    tmp_path: Path, broken: dict[str, Any], error: str
) -> None:
    source = write_results(tmp_path, [make_record(), make_record() | broken])

    summary = import_tau_bench(source, tmp_path / "out")

    assert (summary.scenarios, summary.trials, summary.errored) == (1, 2, 1)
    recording = read_recording(tmp_path / "out", trial=2)
    assert recording.error == error
    assert recording.trajectory.recorded_reward is None


@pytest.mark.parametrize(
    "line",
    [
        "- Refund order: A-17 # twice",
        "no",
        "0123",
        "@alice: 'quoted' \"twice\"",
        "two\nlines\n\n and a blank ",
        "Größe \u2028 \x85 \x07 \U0001f642",
    ],
)
def test_lines_of_users_come_through_yaml_unchanged(tmp_path: Path, line: str) -> None:
    out = import_records(tmp_path, make_record(traj=[{"role": "user", "content": line}]))

    assert read_yaml(out / "airline.scenarios.yaml")["scenarios"][0]["user"] == line


def test_what_is_written_loads_and_says_the_users_lines_unchanged(tmp_path: Path) -> None:
    lines = ["- Refund order: A-17 # twice", "no", "{{ not a template }}", "{% if %} {# and this #}"]
    chats = [[{"role": "user", "content": line}, CHAT[2]] for line in lines]
    out = import_records(tmp_path, *(make_record(task, traj=chat) for task, chat in enumerate(chats)))

    loaded = load_profile(out / "airline.yaml")

    assert loaded.profile.target.verify() is None
    says = [entry.scenario.user.says[0] for entry in loaded.scenarios]
    assert says == [*lines[:2], "{ { not a template }}", "{ % if %} { # and this #}"]


def test_what_looks_like_a_template_is_broken_up(tmp_path: Path) -> None:
    out = import_records(tmp_path, make_record(traj=[{"role": "user", "content": "{{ x }} {% y %} {z}"}]))

    assert read_yaml(out / "airline.scenarios.yaml")["scenarios"][0]["user"] == "{ { x }} { % y %} {z}"


def test_half_a_surrogate_pair_is_replaced(tmp_path: Path) -> None:
    out = import_records(tmp_path, make_record(traj=[{"role": "user", "content": "\ud83d oh"}]))

    assert read_yaml(out / "airline.scenarios.yaml")["scenarios"][0]["user"] == "? oh"


def test_gzipped_file_gives_what_the_plain_one_gives(tmp_path: Path) -> None:
    plain = write_results(tmp_path, [make_record()])
    (tmp_path / "packed").mkdir()
    packed = tmp_path / "packed" / "airline.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    one, two = (import_tau_bench(path, tmp_path / path.suffix[1:]) for path in (plain, packed))

    assert [file.name for file in one.files] == [file.name for file in two.files]
    assert one.files[2].read_bytes() == two.files[2].read_bytes()


def test_import_again_gives_equal_bytes(tmp_path: Path) -> None:
    source = write_results(tmp_path, [make_record()])

    before = [file.read_bytes() for file in import_tau_bench(source, tmp_path / "out").files]
    after = [file.read_bytes() for file in import_tau_bench(source, tmp_path / "out").files]

    assert before == after


@pytest.mark.parametrize(
    "name, profile",
    [("my run (2).json", "my-run-2"), ("gpt-4o.v1.json.gz", "gpt-4o.v1"), ("....json", "tau-bench")],
)
def test_name_comes_from_the_file(tmp_path: Path, name: str, profile: str) -> None:
    summary = import_tau_bench(write_results(tmp_path, [make_record()], name), tmp_path / "out")

    assert summary.profile.name == f"{profile}.yaml"
    assert read_yaml(summary.profile)["name"] == profile


@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"", "airline.json:1:1: this is not JSON: Expecting value"),
        (b'[{"task_id":\n}]', "airline.json:2:1: this is not JSON: Expecting value"),
        (b"\xff\xfe", "airline.json: this is not UTF-8: byte 0"),
        (b"\x1f\x8bbroken", "airline.json: this cannot be unpacked: "),
        (b"[]", "this is no result of tau-bench: a list of at least one trial is expected"),
        (b'{"simulations": []}', "this is no result of tau-bench: a list of at least one trial is expected"),
        (b"[1]", "record 1: 'task_id' and 'reward' are expected"),
        (b'[{"question": "?"}]', "record 1: 'task_id' and 'reward' are expected"),
        (b'[{"task_id": 0, "reward": "1", "traj": [{"role": "user"}]}]', "record 1: the reward is '1'"),
        (b'[{"task_id": 0, "reward": 1, "traj": "hi"}]', "record 1: 'traj' is no list of messages"),
        (b'[{"task_id": 0, "reward": 1, "traj": ["hi"]}]', "record 1: message 1 is no mapping with a 'role'"),
        (
            b'[{"task_id": 0, "reward": 1, "traj": [{"role": "critic"}]}]',
            "record 1: message 1 has the unknown role 'critic'",
        ),
        (
            b'[{"task_id": 0, "reward": 1, "traj": [{"role": "assistant", "tool_calls": [{}]}]}]',
            "record 1: a tool call has no 'function'",
        ),
    ],
)
def test_file_of_another_form_is_refused_with_one_message(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    source = tmp_path / "airline.json"
    source.write_bytes(content)

    with pytest.raises(LoadError) as caught:
        import_tau_bench(source, tmp_path / "out")

    assert complaint in str(caught.value)
    assert len(caught.value.problems) == 1
    assert not (tmp_path / "out").exists()


def test_tasks_whose_ids_become_equal_are_refused(tmp_path: Path) -> None:
    source = write_results(tmp_path, [make_record("a b"), make_record("a:b")])

    with pytest.raises(LoadError, match="the tasks 'a b' and 'a:b' get the same id"):
        import_tau_bench(source, tmp_path / "out")


def test_missing_file_and_blocked_folder_are_errors_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*nothing.json: No such file"):
        import_tau_bench(tmp_path / "nothing.json", tmp_path / "out")

    source = write_results(tmp_path, [make_record()])
    with pytest.raises(UsageError, match=r"cannot write into .*airline.json: "):
        import_tau_bench(source, source)
