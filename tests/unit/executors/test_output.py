from __future__ import annotations

import asyncio
import io
import sys
import threading
from contextvars import copy_context

import pytest

from pytest_arc.executors.output import HEAD, TAIL, TrialOutput, capture_trial, route_output


def test_short_output_is_kept_whole() -> None:
    output = TrialOutput()
    for part in ("one ", "two", "\n"):
        output.write(part)
    assert output.read() == "one two\n"


@pytest.mark.parametrize("piece", [1, 999, HEAD, 10 * HEAD])
def test_of_long_output_the_beginning_and_the_end_are_kept(piece: int) -> None:
    text = "".join(chr(97 + number % 26) for number in range(400_000))
    output = TrialOutput()
    for start in range(0, len(text), piece):
        output.write(text[start : start + piece])
    kept = output.read()
    assert kept.startswith(text[:HEAD])
    assert kept.endswith(text[-TAIL:])
    assert f"... {len(text) - HEAD - TAIL} characters left out ..." in kept


def test_each_trial_gets_what_is_printed_in_its_own_context() -> None:
    outputs: dict[int, TrialOutput] = {}

    async def trial(number: int) -> None:
        outputs[number] = capture_trial()
        for _ in range(10):
            print(number)
            await asyncio.sleep(0)

    async def run_all() -> None:
        await asyncio.gather(*map(trial, range(5)))

    with route_output():
        asyncio.run(run_all())
    assert {number: output.read() for number, output in outputs.items()} == {
        number: f"{number}\n" * 10 for number in range(5)
    }


def test_a_thread_in_a_copied_context_prints_into_its_trial() -> None:
    def run_trial() -> str:
        output = capture_trial()
        context = copy_context()
        thread = threading.Thread(target=lambda: context.run(print, "from a thread"))
        thread.start()
        thread.join()
        return output.read()

    with route_output():
        assert copy_context().run(run_trial) == "from a thread\n"


def test_what_no_trial_prints_goes_where_it_would_have_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = io.StringIO()
    monkeypatch.setattr(sys, "stdout", outside)
    with route_output():
        print("outside of trials")
    assert outside.getvalue() == "outside of trials\n"
    assert sys.stdout is outside


def test_standard_error_is_routed_too_and_both_are_put_back() -> None:
    before = sys.stdout, sys.stderr

    def run_trial() -> str:
        output = capture_trial()
        print("trouble", file=sys.stderr)
        return output.read()

    with route_output():
        assert copy_context().run(run_trial) == "trouble\n"
    assert (sys.stdout, sys.stderr) == before


def test_router_can_be_closed_after_the_stream_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    with route_output():
        router = sys.stdout
        print("hello")
    assert stream.getvalue() == "hello\n"
    stream.close()

    router.close()  # as Python does when it collects the router
