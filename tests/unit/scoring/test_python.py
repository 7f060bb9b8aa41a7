"""A check that is a function of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.score import Check, Evidence, Finding

SOURCE = """
from pytest_arc.domain.score import Finding

def greets(evidence):
    return evidence.trajectory.answer.startswith("Hello")

def answer(value):
    return lambda evidence: value

yes, no = answer(True), answer(False)
share, one, nan = answer(0.4), answer(1), answer(float("nan"))
reason, no_reason = answer("the total is missing"), answer("")
finding = answer(Finding(False, "not good", 0.3))
nothing, text = answer(None), "a text"

async def waits(evidence): ...
def greedy(evidence, more): ...
"""


@pytest.fixture
def own(load: Callable[..., Check], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Check]:
    """A check from a function of the module above."""
    (tmp_path / "own_checks_of_a_user.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return lambda name, **options: load(python=f"own_checks_of_a_user:{name}", **options)


def test_function_sees_the_evidence(own: Callable[..., Check], happen: Callable[..., Evidence]) -> None:
    assert own("greets").judge(happen("Hello there")).passed
    assert not own("greets").judge(happen("Good day")).passed


@pytest.mark.parametrize(
    "name, passed, value",
    [
        ("yes", True, None),
        ("no", False, None),
        ("share", False, 0.4),
        ("one", True, 1.0),
        ("reason", False, None),
        ("no_reason", True, None),
        ("finding", False, 0.3),
    ],
)
def test_answer_of_the_function_is_read(
    own: Callable[..., Check], happen: Callable[..., Evidence], name: str, passed: bool, value: float | None
) -> None:
    finding = own(name).judge(happen("Done"))

    assert (finding.passed, finding.value) == (passed, value)


def test_text_is_the_reason(own: Callable[..., Check], happen: Callable[..., Evidence]) -> None:
    assert own("reason").judge(happen()) == Finding(False, "the total is missing")


def test_number_passes_at_the_threshold(own: Callable[..., Check], happen: Callable[..., Evidence]) -> None:
    finding = own("share", threshold=0.4).judge(happen())

    assert finding == Finding(True, "own_checks_of_a_user:share gives 0.4", 0.4)


def test_answer_of_another_type_breaks_the_check(
    own: Callable[..., Check], happen: Callable[..., Evidence]
) -> None:
    with pytest.raises(TypeError, match="nothing returned null, which is none of bool, number"):
        own("nothing").judge(happen())


@pytest.mark.parametrize(
    "name, trouble",
    [
        ("greets", None),
        ("missing", "cannot import 'own_checks_of_a_user:missing': AttributeError"),
        ("text", "'own_checks_of_a_user:text' is str, not a function"),
        ("waits", "is an async function; a check is a plain one"),
        ("greedy", "must take one argument, the evidence of a trial"),
    ],
)
def test_unusable_function_is_found_before_any_trial(
    own: Callable[..., Check], name: str, trouble: str | None
) -> None:
    found = own(name).verify()

    assert found is None if trouble is None else trouble in (found or "")


def test_missing_module_is_found_before_any_trial(load: Callable[..., Check]) -> None:
    assert "ModuleNotFoundError: No module named 'no_such_module'" in (
        load(python="no_such_module:check").verify() or ""
    )


@pytest.mark.parametrize("path", ["checks.finance", "checks/finance.py:total", ":total", "a b:c"])
def test_path_of_another_shape_is_rejected(reject: Callable[..., Any], path: str) -> None:
    assert "pattern" in reject(python=path)
