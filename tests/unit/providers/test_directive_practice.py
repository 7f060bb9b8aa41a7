"""Sentences from which the reading of directives was learnt: 360 that widened the word lists, and 240, rich
in negations and contrasts, from which it learnt when to read nothing.

Half of each set was studied first, and the other half only scored; see docs/reference-policy.md. Having been
learnt from, they guard what is read and measure nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.providers.reference import read_directives

DATA = Path(__file__).parent / "data"
both_sets = pytest.mark.parametrize("name", ["directives_practice.json", "directives_contrasts.json"])


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


@both_sets
def test_nearly_all_practice_sentences_are_read_right(name: str) -> None:
    sentences = load_sentences(name)
    wrong = [sentence["text"] for sentence in sentences if read(sentence) not in list_keys(sentence)]
    assert len(wrong) <= 0.08 * len(sentences), "\n".join(wrong)


@both_sets
def test_hardly_any_practice_sentence_is_read_as_its_opposite(name: str) -> None:
    sentences = load_sentences(name)
    turned = [sentence["text"] for sentence in sentences if is_reversed(sentence)]
    assert len(turned) <= 0.01 * len(sentences), "\n".join(turned)
