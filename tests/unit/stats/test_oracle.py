"""Every row of the shared table of independently computed values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_arc import stats

COUNTED_PAIRS = re.compile(r"(\d+) (pass|fail)->(pass|fail)")


def test_every_row_of_the_shared_table_is_matched(shared: Path) -> None:
    table = shared / "oracle" / "stats.json"
    if not table.exists():
        pytest.skip("the folder named by RECORDED_RUNS has no oracle/stats.json")
    rows = json.loads(table.read_text(encoding="utf-8"))["rows"]

    wrong = [
        f"row {row['id']} {row['fn']}: {actual} instead of {row['output']}"
        for row, inputs in _fill_in_notes(rows)
        if not _agrees(actual := _compute(row["fn"], inputs), row["output"], row["fn"])
    ]

    assert len(rows) > 0
    assert wrong == []


def _compute(fn: str, inputs: dict[str, Any]) -> Any:
    if fn == "gate OC":
        rate = inputs.pop("theta")
        return stats.gate_characteristics(stats.gate_bounds(**inputs, confidence=0.95), rate)
    return getattr(stats, fn)(**inputs)


def _fill_in_notes(rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows with a note give single trials in words: "8 pass->fail" are 8 scenarios that passed, now fail."""
    described = ""
    for row in rows:
        inputs = dict(row["inputs"])
        if (note := inputs.pop("note", None)) is not None:
            described = described if note == "same" else note
            inputs |= _read_single_trials(described)
        yield row, inputs


def _read_single_trials(note: str) -> dict[str, list[int]]:
    before: list[int] = []
    after: list[int] = []
    for count, then, now in COUNTED_PAIRS.findall(note):
        before += [int(then == "pass")] * int(count)
        after += [int(now == "pass")] * int(count)
    return {"c0": before, "n0": [1] * len(before), "c1": after, "n1": [1] * len(after)}


def _agrees(actual: Any, expected: Any, fn: str) -> bool:
    if isinstance(expected, dict):
        return all(_agrees(getattr(actual, name), value, fn) for name, value in expected.items())
    if isinstance(expected, list):
        pairs = zip(actual, expected, strict=True)
        return all(_agrees(a, e, fn) for a, e in pairs)
    if isinstance(expected, str):
        return actual == expected
    return actual == pytest.approx(expected, abs=1e-5 if fn == "log_e" else 1e-6, rel=0)
