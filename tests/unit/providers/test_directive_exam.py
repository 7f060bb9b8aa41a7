"""120 sentences by somebody who had not seen the tables, written before the tables were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
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


def count(judge: Callable[[dict[str, Any]], bool]) -> Counter[str]:
    """How many sentences of each kind. The sentences themselves stay out of a failure's text: whoever
    mends the tables must not learn them."""
    return Counter(sentence["kind"] for sentence in SENTENCES if judge(sentence))


def test_the_exam_has_120_sentences() -> None:
    number = len(SENTENCES)
    assert number == 120


def test_at_least_85_percent_are_read_right() -> None:
    right = count(is_right)
    assert right.total() >= 102


def test_at_most_2_percent_are_read_as_their_opposite() -> None:
    turned = count(is_reversed)
    assert turned.total() <= 2
