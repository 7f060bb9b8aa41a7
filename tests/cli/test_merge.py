"""Shards of a suite, and the run that joins them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.shard import Shard
from pytest_arc.history.folder import RunFolder, list_runs

if TYPE_CHECKING:
    from shapes import Arc, Write

MANY = "arc_scenarios: 1\nscenarios:\n" + "".join(
    f"  - id: greet/{n}\n    user: hello {n}\n    expect:\n      - answer_contains: hello\n"
    for n in range(20)
)


@pytest.fixture
def suite(write: Write) -> None:
    write({"scenarios/greetings.yaml": MANY})


def _last(project: Path) -> RunFolder:
    return list_runs(project / ".arc")[-1]


def _read(folder: RunFolder) -> Any:
    return json.loads((folder.path / "run.json").read_text(encoding="utf-8"))


def _run_shards(arc: Arc, project: Path, of: int, *more: str) -> list[RunFolder]:
    folders: list[RunFolder] = []
    for number in range(1, of + 1):
        assert arc("run", "configs", f"--shard={number}/{of}", *more).code == 0
        folders.append(_last(project))
    return folders


def test_shards_are_a_partition_that_new_cases_do_not_move() -> None:
    ids = [f"bot/s{n}" for n in range(200)]
    shards = [Shard(number=n, of=5).choose(ids) for n in range(1, 6)]
    assert sorted(id for shard in shards for id in shard) == sorted(ids)
    assert all(20 <= len(shard) <= 60 for shard in shards)
    assert Shard(number=2, of=5).choose(ids[:50]) == shards[1] & set(ids[:50])


@pytest.mark.usefixtures("suite")
def test_merged_shards_are_the_whole_run(arc: Arc, project: Path) -> None:
    arc("run", "configs")
    whole = _last(project)
    shards = _run_shards(arc, project, 3)
    done = arc("merge", *(shard.run_id for shard in shards))
    assert done.code == 1
    assert "60 trials" not in done.out
    assert _read(_last(project))["results"] == _read(whole)["results"]


@pytest.mark.usefixtures("suite")
def test_a_shard_says_that_its_gates_are_decided_elsewhere(
    arc: Arc, project: Path, snapshot: SnapshotAssertion
) -> None:
    done = arc("run", "configs", "--shard", "1/2")
    assert done.code == 0
    assert done.out.splitlines()[:3] == snapshot
    assert _read(_last(project))["results"]["agents"][0]["gates"] == []


@pytest.mark.usefixtures("suite")
def test_jobs_that_count_from_nought_name_the_last_shard_so(arc: Arc, project: Path) -> None:
    arc("run", "configs", "--shard", "0/3")
    assert _read(_last(project))["header"]["settings"]["shard"] == "3/3"


def test_a_shard_without_a_case_is_a_run_all_the_same(arc: Arc, project: Path) -> None:
    shards = _run_shards(arc, project, 12)
    assert any(not _read(shard)["results"]["agents"][0]["cases"] for shard in shards)
    assert arc("merge", *(shard.run_id for shard in shards)).code == 1
    assert len(_read(_last(project))["results"]["agents"][0]["cases"]) == 4


@pytest.mark.usefixtures("suite")
def test_a_missing_shard_leaves_the_gates_not_evaluated(
    arc: Arc, project: Path, snapshot: SnapshotAssertion
) -> None:
    shards = _run_shards(arc, project, 3)
    done = arc("merge", shards[0].run_id, shards[2].run_id)
    assert done.code == 1
    assert done.text == snapshot


@pytest.mark.usefixtures("suite")
def test_a_shard_that_was_killed_is_not_whole(arc: Arc, project: Path) -> None:
    first, second = _run_shards(arc, project, 2)
    (second.path / "run.json").unlink()
    trials = second.path / "trials.jsonl"
    trials.write_bytes(b"".join(trials.read_bytes().splitlines(keepends=True)[:-1]))
    done = arc("merge", first.run_id, second.run_id)
    assert done.code == 1
    flat = " ".join(done.out.split())
    assert f"shard 2/2 is not whole: run {second.run_id} did not come to its end" in flat


@pytest.mark.usefixtures("suite")
def test_a_shard_that_was_gone_on_with_takes_the_place_of_the_one_before(arc: Arc, project: Path) -> None:
    _, killed = _run_shards(arc, project, 2)
    (killed.path / "run.json").unlink()
    trials = killed.path / "trials.jsonl"
    trials.write_bytes(b"".join(trials.read_bytes().splitlines(keepends=True)[:5]))
    assert arc("run", "configs", "--shard=2/2", "--resume").code == 0
    done = arc("merge", ".arc")
    assert "2 shards of 2, 80 trials" in done.out
    assert "not run" not in done.out


@pytest.mark.usefixtures("suite")
def test_shards_are_found_below_the_folder_that_ci_brings_them_together_in(arc: Arc, project: Path) -> None:
    for number, shard in enumerate(_run_shards(arc, project, 2), 1):
        target = project / "artifacts" / f"shard-{number}" / "runs" / shard.run_id
        target.parent.mkdir(parents=True)
        shard.path.rename(target)
    assert arc("merge", "artifacts").code == 1
    assert len(_read(_last(project))["results"]["agents"][0]["cases"]) == 20


@pytest.mark.usefixtures("suite")
def test_rounds_are_one_number_of_trials_in_a_shard(arc: Arc, project: Path) -> None:
    done = arc("run", "configs", "--shard", "1/2", "--trials", "2:8")
    said = "trials come in rounds only where one process makes them all: 2 of each case here"
    assert said in " ".join(done.out.split())
    other = arc("run", "configs", "--shard", "2/2", "--trials", "2:8")
    assert other.code == 0
    first, second = list_runs(project / ".arc")
    assert "40 trials" in arc("merge", first.run_id, second.run_id).out


def _spoil(case: str, arc: Arc, project: Path, write: Write) -> list[str]:
    """What is to be merged."""
    match case:
        case "no shard":
            arc("run", "configs")
            return ["last"]
        case "no run":
            (project / "empty").mkdir()
            return ["empty"]
        case "twice":
            arc("run", "configs", "--shard", "1/2")
            arc("run", "configs", "--shard", "1/2")
            return [run.run_id for run in list_runs(project / ".arc")]
        case "other number":
            arc("run", "configs", "--shard", "1/2")
            arc("run", "configs", "--shard", "2/3", "--seed", "7")
            return [run.run_id for run in list_runs(project / ".arc")]
        case "other suite":
            arc("run", "configs", "--shard", "1/2")
            write({"scenarios/greetings.yaml": MANY.replace("user: hello 3", "user: hello there")})
            arc("run", "configs", "--shard", "2/2")
            return [run.run_id for run in list_runs(project / ".arc")]
        case "changed since":
            _run_shards(arc, project, 2)
            write({"scenarios/greetings.yaml": MANY.replace("user: hello 3", "user: hello there")})
            return [run.run_id for run in list_runs(project / ".arc")]
        case _:
            raise AssertionError(case)


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize(
    "case", ["no shard", "no run", "twice", "other number", "other suite", "changed since"]
)
def test_what_cannot_be_merged(
    case: str, arc: Arc, project: Path, write: Write, snapshot: SnapshotAssertion
) -> None:
    done = arc("merge", *_spoil(case, arc, project, write))
    assert (done.code, done.out) == (4, "")
    assert re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", done.err) == snapshot


@pytest.mark.parametrize("shard", ["6/5", "two", "1/0", "-1/3"])
def test_a_shard_that_there_is_not(arc: Arc, shard: str, snapshot: SnapshotAssertion) -> None:
    done = arc("run", "configs", f"--shard={shard}")
    assert (done.code, done.out) == (4, "")
    assert done.err == snapshot
