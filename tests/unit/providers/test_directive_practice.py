"""360 sentences by another author, from which the word lists were widened.

Half of them were read for words first, and the other half only scored; see docs/reference-policy.md. Having
been learnt from, they guard what is read and measure nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_arc.providers.reference import read_directives

PRACTICE = Path(__file__).parent / "data" / "directives_practice.json"
SENTENCES: list[dict[str, Any]] = json.loads(PRACTICE.read_text(encoding="utf-8"))["sentences"]


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


def test_nearly_all_practice_sentences_are_read_right() -> None:
    wrong = [sentence["text"] for sentence in SENTENCES if read(sentence) not in list_keys(sentence)]
    assert len(wrong) <= 0.08 * len(SENTENCES), "\n".join(wrong)


def test_hardly_any_practice_sentence_is_read_as_its_opposite() -> None:
    turned = [sentence["text"] for sentence in SENTENCES if is_reversed(sentence)]
    assert len(turned) <= 0.01 * len(SENTENCES), "\n".join(turned)
