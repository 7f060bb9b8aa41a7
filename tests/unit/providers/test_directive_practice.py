"""Sentences from which the reading of directives was learnt: 360 that widened the word lists, 240, rich in
negations and contrasts, from which it learnt when to read nothing, and 240 by an author who saw none of it.

Half of each set was studied first, and the other half only scored; see docs/reference-policy.md. What was
learnt from guards what is read and measures nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.providers.reference import read_directives

DATA = Path(__file__).parent / "data"
SETS = ["directives_practice.json", "directives_contrasts.json", "directives_outsider.json"]


def load_sentences(name: str) -> list[dict[str, Any]]:
    return json.loads((DATA / name).read_text(encoding="utf-8"))["sentences"]


def read(sentence: dict[str, Any]) -> dict[str, str]:
    settled = read_directives(sentence["text"]).settled
    return {slot: directive.value for slot, directive in settled.items()}


def list_keys(sentence: dict[str, Any]) -> list[dict[str, str]]:
    return sentence["expect_any"] if "expect_any" in sentence else [sentence["expect"]]


def is_reversed(sentence: dict[str, Any]) -> bool:
    keys = list_keys(sentence)
    return any(
        any(slot in key for key in keys) and all(key.get(slot) != value for key in keys)
        for slot, value in read(sentence).items()
    )


@pytest.mark.parametrize("name, floor", list(zip(SETS, [331, 220, 173], strict=True)))
def test_practice_sentences_are_read_right(name: str, floor: int) -> None:
    sentences = load_sentences(name)
    right = sum(read(sentence) in list_keys(sentence) for sentence in sentences)
    assert right >= floor


@pytest.mark.parametrize("name, ceiling", list(zip(SETS, [3, 2, 3], strict=True)))
def test_hardly_any_practice_sentence_is_read_as_its_opposite(name: str, ceiling: int) -> None:
    sentences = load_sentences(name)
    turned = sum(is_reversed(sentence) for sentence in sentences)
    assert turned <= ceiling
