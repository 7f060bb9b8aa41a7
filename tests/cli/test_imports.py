"""`arc import` and `arc schema`: files from elsewhere, and descriptions of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_import_says_what_there_is_and_what_to_do_next(arc: Arc, snapshot: SnapshotAssertion) -> None:
    rewards = {0: [1.0, 1.0], 1: [1.0, 0.0], 2: [0.0, 0.0]}
    records = [_record(task, reward) for task, each in rewards.items() for reward in each]
    Path("results.json").write_text(json.dumps(records), encoding="utf-8")

    done = arc("import", "tau-bench", "results.json", "-o", "tau")

    assert done.code == 0
    assert done.out == snapshot


def test_imported_run_reports_the_same_figures_and_exits_with_zero(arc: Arc) -> None:
    records = [_record(task, reward) for task, reward in ((0, 1.0), (0, 0.0), (1, 1.0), (1, 1.0))]
    Path("results.json").write_text(json.dumps(records), encoding="utf-8")

    imported = arc("import", "tau-bench", "results.json", "-o", "tau")
    done = arc("run", "tau")

    assert done.code == 0
    assert "  pass^1  0.750\n  pass^2  0.500\n" in imported.out
    assert "  pass_hat_k     0.750  0.500   all k pass\n" in done.out


@pytest.mark.parametrize(
    "text, code", [(None, 4), ("{", 2), ("[]", 2)], ids=["no file", "no JSON", "no records"]
)
def test_file_that_is_no_result_ends_in_one_message(arc: Arc, text: str | None, code: int) -> None:
    if text is not None:
        Path("results.json").write_text(text, encoding="utf-8")

    done = arc("import", "tau-bench", "results.json", "-o", "tau")

    assert (done.code, done.out) == (code, "")
    assert "results.json" in done.err
    assert not Path("tau").exists()


def test_schemas_are_printed_by_file_name(arc: Arc) -> None:
    assert sorted(arc("schema").json) == [
        "baseline.schema.json",
        "log.schema.json",
        "models.schema.json",
        "profile.schema.json",
        "quarantine.schema.json",
        "run.schema.json",
        "scenarios.schema.json",
        "settings.schema.json",
    ]


def test_schemas_are_written_where_asked_for(arc: Arc) -> None:
    done = arc("schema", "-o", "build/schema")

    assert done.code == 0
    written = done.out.splitlines()
    assert sorted(written) == [path.as_posix() for path in sorted(Path("build/schema").iterdir())]
    printed = arc("schema").json
    assert all(json.loads(Path(name).read_text("utf-8")) == printed[Path(name).name] for name in written)


def _record(task: int, reward: float) -> dict[str, Any]:
    messages = [
        {"role": "system", "content": "You book flights."},
        {"role": "user", "content": f"Please change flight {task}."},
        {"role": "assistant", "content": "Done."},
    ]
    return {"task_id": task, "reward": reward, "info": {}, "traj": messages, "trial": 0}
