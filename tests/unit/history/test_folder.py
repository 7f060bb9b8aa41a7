"""The folder of one run: what is written as trials finish, and what can be read of it whatever happened."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import Message, Step, ToolCall, ToolResult, Trajectory, Usage
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder, find_run, list_runs
from pytest_arc.history.lines import write_chunks
from pytest_arc.history.writer import KEPT_RUNS, RunWriter, _LineFile
from pytest_arc.redaction import Redactor

TALK = Trajectory(
    steps=(Message(role="user", text="Wie viel?"), Message(role="assistant", text="12,50 €")), latency_s=0.5
)


def _make_result(trial: int = 1, case: str = "a/x", trajectory: Trajectory | None = TALK) -> TrialResult:
    check = CheckResult(
        check="answer_contains: 12",
        dimension="response_quality",
        gating=True,
        passed=True,
        value=1.0,
        reason="",
    )
    return TrialResult(
        case=case,
        trial=trial,
        seed=7,
        outcome="passed",
        blame=None,
        reason="",
        checks=(check,),
        dimensions={"response_quality": 1.0},
        score=1.0,
        steps=1,
        latency_s=0.5,
        clock="virtual",
        usage=Usage(model_calls=1, input_tokens=10, output_tokens=4),
        trajectory=trajectory,
        wall_s=0.25,
    )


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    writer = _open(tmp_path)
    yield writer
    writer.finish(["{}"])


def _open(root: Path) -> RunWriter:
    return RunWriter(root / ".arc", Redactor({}, {"word": "s3cret"}))


def test_trial_is_read_as_it_was_written_but_for_its_trajectory(tmp_path: Path, writer: RunWriter) -> None:
    kept = writer.add(_make_result())

    assert kept == _make_result(trajectory=None)
    assert list(find_run(tmp_path / ".arc", "last").read_trials()) == [kept]


def test_trajectory_is_found_by_case_and_trial(tmp_path: Path, writer: RunWriter) -> None:
    other = TALK.model_copy(update={"latency_s": 9.0})
    writer.add(_make_result(1))
    kept = writer.add(_make_result(11, trajectory=other))
    folder = find_run(tmp_path / ".arc", "last")

    assert folder.read_trajectory("a/x", 1) == TALK
    assert folder.read_trajectory("a/x", 11) == writer.read_trajectory(kept) == other
    assert folder.read_trajectory("a/x", 2) is None


def test_every_trial_is_on_disk_before_the_run_ends(writer: RunWriter) -> None:
    writer.add(_make_result(1))
    writer.add(_make_result(2))

    assert (writer.path / "trials.jsonl").read_bytes().count(b"\n") == 2
    assert not RunFolder(writer.path).is_finished


@pytest.mark.parametrize("kept_bytes", [1, 60, -1, -2])
def test_half_written_last_line_is_passed_over(writer: RunWriter, kept_bytes: int) -> None:
    writer.add(_make_result(1, case="a/größe"))
    writer.add(_make_result(2, case="a/größe"))
    path = writer.path / "trials.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second.rstrip()[:kept_bytes])

    assert [trial.trial for trial in RunFolder(writer.path).read_trials()] == [1]


def test_line_cut_within_a_character_spoils_none_before_it(writer: RunWriter) -> None:
    for trial in range(1, 4):
        writer.add(_make_result(trial))
    with (writer.path / "trials.jsonl").open("ab") as file:
        file.write('{"case":"größe'.encode()[:-3])

    assert [trial.trial for trial in RunFolder(writer.path).read_trials()] == [1, 2, 3]


def test_secrets_and_lone_surrogates_do_not_reach_the_disk(writer: RunWriter) -> None:
    said = Trajectory(steps=(Message(role="assistant", text="s3cret \ud800"),))
    writer.add(_make_result(case="a/s3cret", trajectory=said.model_copy(update={"latency_s": 1.0})))

    written = b"".join(path.read_bytes() for path in writer.path.glob("*.jsonl"))
    assert b"s3cret" not in written
    assert written.count(b"[redacted word]") >= 2


@pytest.mark.parametrize(
    "step",
    [
        Message(role="user", text="my key is s3cret"),
        ToolCall(id="call-1", tool="log_in", arguments={"keys": ["s3cret"]}),
        ToolCall(id="call-1", tool="log_in", arguments={"s3cret": 1}),
        ToolResult(id="call-1", tool="log_in", content="s3cret"),
    ],
    ids=lambda step: step.kind,
)
def test_secrets_in_any_step_do_not_reach_the_disk(writer: RunWriter, step: Step) -> None:
    plain = Message(role="assistant", text="done")
    writer.add(_make_result(trajectory=Trajectory(steps=(plain, step, plain))))

    assert b"s3cret" not in (writer.path / "trajectories.jsonl").read_bytes()


@pytest.mark.parametrize("place", ["case", "reason", "check"])
def test_secrets_in_a_result_do_not_reach_the_disk(writer: RunWriter, place: str) -> None:
    result = _make_result()
    said = "it said s3cret"
    if place == "check":
        result = replace(result, checks=(replace(result.checks[0], reason=said),))
    else:
        result = replace(result, **{place: said})
    writer.add(result)

    assert b"s3cret" not in (writer.path / "trials.jsonl").read_bytes()
    assert "s3cret" not in "".join(writer.read_lines([result]))


def test_run_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    def break_off() -> object:
        yield "{"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_chunks(tmp_path / "run.json", break_off())  # type: ignore[arg-type]

    assert list(tmp_path.iterdir()) == []


def test_finished_run_has_its_document(tmp_path: Path, writer: RunWriter) -> None:
    writer.finish(["{", '"format":1', "}"])

    folder = find_run(tmp_path / ".arc", writer.run_id)
    assert folder.is_finished
    assert folder.read_document() == {"format": 1}


def test_interrupted_run_has_no_document_but_a_header(writer: RunWriter) -> None:
    writer.write_header({"seed": 3})
    folder = RunFolder(writer.path)

    assert folder.read_header() == {"format": 1, "seed": 3}
    with pytest.raises(UsageError, match="it was interrupted"):
        folder.read_document()


def test_runs_of_one_second_keep_their_order(tmp_path: Path) -> None:
    started = "20261121-120000"
    names = [started, *(f"{started}-{count}" for count in range(2, 12)), "20261121-120001"]
    for name in reversed(names):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "trials.jsonl").touch()

    assert [run.run_id for run in list_runs(tmp_path)] == names
    assert find_run(tmp_path, "last").run_id == "20261121-120001"


def test_old_runs_are_forgotten_and_git_is_told_to_look_away(tmp_path: Path) -> None:
    writers = [_open(tmp_path) for _ in range(KEPT_RUNS + 3)]
    for writer in writers:
        writer.finish(["{}"])

    kept = [run.run_id for run in list_runs(tmp_path / ".arc")]
    assert kept == [writer.run_id for writer in writers[-KEPT_RUNS:]]
    assert (tmp_path / ".arc/.gitignore").read_text(encoding="utf-8") == "*\n"


@pytest.mark.parametrize("name", ["lst", "20200101-000000", "."])
def test_run_that_is_not_there_names_the_last(tmp_path: Path, writer: RunWriter, name: str) -> None:
    with pytest.raises(UsageError, match=f"there is no run '{name}' in .*; the last is {writer.run_id}"):
        find_run(tmp_path / ".arc", name)


def test_folder_that_cannot_be_made_is_a_misuse(tmp_path: Path) -> None:
    (tmp_path / ".arc").write_text("a file in the way", encoding="utf-8")

    with pytest.raises(UsageError, match=r"cannot write to .*/\.arc/: .* No trial was run\."):
        _open(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk_keeps_results_in_memory(writer: RunWriter) -> None:
    writer.add(_make_result(1))
    writer._trials.close()
    writer._trials = _LineFile(Path("/dev/full"))
    kept = writer.add(_make_result(2))
    after = writer.add(_make_result(3))
    writer.finish(["{}"])

    assert writer.trouble.endswith(": No space left on device")
    assert kept.trajectory == after.trajectory == TALK
    assert writer.read_trajectory(after) == TALK
    assert [trial.trial for trial in RunFolder(writer.path).read_trials()] == [1]
    assert not RunFolder(writer.path).is_finished


def test_copy_that_cannot_be_written_is_trouble(tmp_path: Path, writer: RunWriter) -> None:
    (tmp_path / "taken").touch()

    writer.write_copy(tmp_path / "taken" / "results.json", ["{}"])

    assert writer.trouble.startswith(f"{tmp_path.as_posix()}/taken/results.json: ")


def test_header_is_one_line_of_json(writer: RunWriter) -> None:
    writer.write_header({"token": "s3cret", "name": "größe"})

    text = (writer.path / "header.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"format": 1, "token": "[redacted word]", "name": "größe"}
    assert text.count("\n") == 1


def test_the_newest_run_is_the_last_one_although_the_clock_was_set_back(tmp_path: Path) -> None:
    def begin(ahead: timedelta) -> RunWriter:
        ahead_s = ahead.total_seconds()
        stamp = f"{datetime.fromtimestamp(time.time() + ahead_s):%Y%m%d-%H%M%S}"
        (tmp_path / ".arc/runs" / stamp).mkdir(parents=True)
        (tmp_path / ".arc/runs" / stamp / "trials.jsonl").touch()
        return _open(tmp_path)

    newest = begin(timedelta(hours=1))
    newest.finish(["{}"])
    assert find_run(tmp_path / ".arc", "last").run_id == newest.run_id
    assert newest.run_id.endswith("-2")

    of_a_wrong_clock = begin(timedelta(days=400))
    of_a_wrong_clock.finish(["{}"])
    assert of_a_wrong_clock.run_id[:15] == newest.run_id[:15]
