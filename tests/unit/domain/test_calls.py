"""Limits of models, where several processes call the same ones."""

from __future__ import annotations

from pytest_arc.domain.calls import CallOptions, divide_limits

MODELS = {
    "test:fast": CallOptions(concurrency=10, tokens_per_minute=9_000, retries=4),
    "test:*": CallOptions(requests_per_minute=2),
}


def test_each_of_several_processes_has_an_equal_part_of_every_limit() -> None:
    own = divide_limits(MODELS, 3)

    assert own["test:fast"] == CallOptions(concurrency=3, tokens_per_minute=3_000, retries=4)
    assert dict(own["test:fast"].limits) == {"concurrency": 3, "tokens_per_minute": 3_000}


def test_nobody_is_left_without_a_call() -> None:
    assert divide_limits(MODELS, 3)["test:*"] == CallOptions(requests_per_minute=1)


def test_one_process_has_the_limits_as_they_are() -> None:
    assert divide_limits(MODELS, 1) == MODELS
