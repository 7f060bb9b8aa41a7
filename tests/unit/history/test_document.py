from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import Usage
from pytest_arc.history.document import (
    describe_timing,
    describe_trial,
    dump_json,
    feed_digest,
    join_chunks,
    read_trial,
    split_line,
    write_line,
)


def _make(**changes: Any) -> TrialResult:
    check = CheckResult("answer_contains: yes", "response_quality", True, False, 0.0, "it said no")
    fields: dict[str, Any] = {
        "case": "bot/a",
        "trial": 2,
        "seed": 7,
        "outcome": "failed",
        "blame": "agent",
        "reason": "it said no",
        "checks": (check,),
        "dimensions": {"response_quality": 1 / 3, "completeness": 1.0},
        "score": 2 / 3,
        "latency_s": 1.23456789,
        "clock": "virtual",
        "usage": Usage(model_calls=1, input_tokens=10, output_tokens=5, cost_usd=0.1),
        "wall_s": 0.5,
    }
    return TrialResult(**fields | changes)


def test_a_trial_is_read_back_as_it_was_written_but_for_rounding() -> None:
    result = _make(dimensions={"completeness": 1.0}, score=0.5, latency_s=1.25)
    assert read_trial(json.loads(write_line(result))) == result


def test_a_line_holds_the_texts_of_result_and_timing() -> None:
    result = _make(case='bot/,"trial":1', reason=',"timing":{')
    assert split_line(write_line(result)) == (
        dump_json(describe_trial(result)),
        dump_json(describe_timing(result)),
    )


def test_numbers_are_rounded_and_dimensions_sorted() -> None:
    described = describe_trial(_make())
    assert described["score"] == 0.666667
    assert list(described["dimensions"]) == ["completeness", "response_quality"]


def test_what_a_real_clock_said_is_no_part_of_the_results() -> None:
    slow, quick = (
        _make(clock="wall", latency_s=9.0, wall_s=9.0),
        _make(clock="wall", latency_s=0.1, wall_s=0.1),
    )
    assert describe_trial(slow) == describe_trial(quick)
    assert describe_timing(slow) != describe_timing(quick)


def test_simulated_latency_is_part_of_the_results() -> None:
    assert describe_trial(_make())["latency_s"] == 1.234568


def test_json_is_strict() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump_json({"value": float("nan")})


def test_chunks_make_one_document() -> None:
    text = "".join(join_chunks('{"cases":[', ['{"id":1}', '{"id":2}'], "]}"))
    assert json.loads(text) == {"cases": [{"id": 1}, {"id": 2}]}
    assert json.loads("".join(join_chunks("[", [], "]"))) == []


def test_the_hash_does_not_depend_on_how_the_text_was_cut() -> None:
    assert digest_of(["ab", "c"]) == digest_of(["abc"])
    assert digest_of(["lone \ud800"]) != digest_of(["lone "])


def digest_of(chunks: list[str]) -> str:
    digest = hashlib.sha256()
    assert list(feed_digest(digest, chunks)) == chunks
    return digest.hexdigest()


def test_lone_surrogates_and_infinite_numbers_do_not_keep_a_trial_from_being_written() -> None:
    for changes in ({"reason": "\ud800"}, {"latency_s": float("inf")}):
        json.loads(write_line(_make(**changes)))
