"""120 sentences by somebody who had not seen the tables, written before the tables were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_arc.providers.reference import read_directives

EXAM = Path(__file__).parent / "data" / "directives_exam.json"
SENTENCES: list[dict[str, Any]] = json.loads(EXAM.read_text(encoding="utf-8"))["sentences"]


def read(sentence: dict[str, Any]) -> dict[str, str]:
    settled = read_directives(sentence["text"]).settled
    return {slot: directive.value for slot, directive in settled.items()}


def list_keys(sentence: dict[str, Any]) -> list[dict[str, str]]:
    return sentence["expect_any"] if "expect_any" in sentence else [sentence["expect"]]


def is_right(sentence: dict[str, Any]) -> bool:
    return read(sentence) in list_keys(sentence)


def is_reversed(sentence: dict[str, Any]) -> bool:
    """A matter that the sentence settles is read, with a value that no key allows."""
    keys = list_keys(sentence)
    return any(
        any(slot in key for key in keys) and all(key.get(slot) != value for key in keys)
        for slot, value in read(sentence).items()
    )


def test_the_exam_has_120_sentences() -> None:
    assert len(SENTENCES) == 120


def test_at_least_85_percent_are_read_right() -> None:
    wrong = [sentence["id"] for sentence in SENTENCES if not is_right(sentence)]
    assert len(wrong) <= 0.15 * len(SENTENCES), wrong


def test_at_most_2_percent_are_read_as_their_opposite() -> None:
    reversed_ = [sentence["id"] for sentence in SENTENCES if is_reversed(sentence)]
    assert len(reversed_) <= 0.02 * len(SENTENCES), reversed_
