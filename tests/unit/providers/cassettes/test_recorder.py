"""Record modes, and what makes one call the same as another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers import ChatMessage, Reply, Request
from pytest_arc.providers.cassettes.layer import RecordedProvider
from pytest_arc.providers.cassettes.recorder import Repetition, name_owner
from pytest_arc.providers.cassettes.store import Store
from pytest_arc.scope import enter_purpose

if TYPE_CHECKING:
    from shapes import InTrial, MakeRecorder

SECRET = "correct-horse-battery-staple-9"


class Counting:
    """A provider that never says the same twice."""

    def __init__(self, *troubles: Exception) -> None:
        self.calls = 0
        self._troubles = list(troubles)

    async def complete(self, request: Request) -> Reply:
        self.calls += 1
        if self._troubles:
            raise self._troubles.pop(0)
        return Reply(text=f"answer {self.calls} to {request.messages[-1].text}")


@pytest.fixture
def model() -> Counting:
    return Counting()


@pytest.fixture
def ask(model: Counting) -> Callable[..., Callable[[], list[str]]]:
    """`ask("a", "b")`: work for a trial, which asks the model each, and returns what it said."""

    def make(*texts: str, **settings: Any) -> Callable[[], list[str]]:
        provider = RecordedProvider(model, {"model": "openai:gpt-5-mini"})

        def work() -> list[str]:
            requests = [
                Request(messages=(ChatMessage(role="user", text=t),), settings=settings) for t in texts
            ]
            return [asyncio.run(provider.complete(request)).text for request in requests]

        return work

    return make


Ask = Callable[..., Callable[[], list[str]]]


def test_without_a_mode_every_call_is_live(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, model: Counting
) -> None:
    for calls in (1, 2):
        answers, scope = in_trial(make_recorder(), ask("total"))
        assert answers == [f"answer {calls} to total"]
        assert (scope.live_calls, scope.replayed_calls, scope.is_replayed) == (1, 0, False)


def test_without_a_mode_answers_are_kept_for_their_run_alone(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, model: Counting
) -> None:
    first, second = make_recorder(), make_recorder()
    given, live = in_trial(first, ask("total", "total"))
    in_trial(second, ask("total", "total"))

    repeat = Repetition(name_owner(first.run, "desk@v1/fx/eur"), attempt=1)
    answers, replayed = in_trial(make_recorder("none", repeat=repeat, keep=False), ask("total", "total"))

    assert answers == given == ["answer 1 to total", "answer 2 to total"]
    assert model.calls == 4
    assert replayed.is_replayed
    assert replayed.answers == live.answers


def test_mode_new_replays_what_is_recorded_and_records_the_rest(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, model: Counting
) -> None:
    in_trial(make_recorder("new"), ask("a"))
    answers, scope = in_trial(make_recorder("new"), ask("a", "b"))

    assert answers == ["answer 1 to a", "answer 2 to b"]
    assert not scope.is_replayed
    assert in_trial(make_recorder("none"), ask("a", "b"))[0] == answers
    assert model.calls == 2


def test_mode_all_records_anew(make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask) -> None:
    in_trial(make_recorder("all"), ask("a"))
    in_trial(make_recorder("all"), ask("a"))

    assert in_trial(make_recorder("none"), ask("a"))[0] == ["answer 2 to a"]


def test_mode_once_records_a_trial_that_has_nothing_and_replays_one_that_has(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, model: Counting
) -> None:
    assert in_trial(make_recorder("once"), ask("a", "b"))[0] == ["answer 1 to a", "answer 2 to b"]
    again = make_recorder("once")
    assert in_trial(again, ask("a"))[0] == ["answer 1 to a"]
    with pytest.raises(InfrastructureError, match=r"record mode once"):
        in_trial(again, ask("c"))
    assert in_trial(again, ask("c"), trial=2)[0] == ["answer 3 to c"]
    assert model.calls == 3


def test_mode_none_sends_nothing_and_says_what_is_asked_differently(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, model: Counting, snapshot: SnapshotAssertion
) -> None:
    in_trial(make_recorder("new"), ask("total of the Q1 invoices", temperature=0))
    with pytest.raises(InfrastructureError) as miss:
        in_trial(make_recorder("none"), ask("total of the Q2 invoices", temperature=0))

    assert str(miss.value) == snapshot
    assert model.calls == 1


def test_mode_none_says_so_where_nothing_is_recorded(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, snapshot: SnapshotAssertion
) -> None:
    with pytest.raises(InfrastructureError) as miss:
        in_trial(make_recorder("none"), ask("total"))

    assert str(miss.value) == snapshot


def test_trial_remembers_a_miss_that_its_agent_swallows(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask
) -> None:
    def swallow() -> str:
        with suppress(Exception):
            ask("total")()
        return "never mind"

    _, scope = in_trial(make_recorder("none"), swallow)

    assert isinstance(scope.trouble, InfrastructureError)


def test_trial_attempt_purpose_and_repetition_are_calls_of_their_own(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, model: Counting
) -> None:
    def judge() -> list[str]:
        with enter_purpose("judge 2"):
            return ask("a")()

    recorder = make_recorder("new")
    in_trial(recorder, ask("a", "a"))
    in_trial(recorder, ask("a"), trial=2)
    in_trial(recorder, ask("a"), attempt=2)
    in_trial(recorder, judge)
    assert model.calls == 5

    replay = make_recorder("none")
    assert in_trial(replay, ask("a", "a"))[0] == ["answer 1 to a", "answer 2 to a"]
    assert in_trial(replay, ask("a"), trial=2)[0] == ["answer 3 to a"]
    assert in_trial(replay, ask("a"), attempt=2)[0] == ["answer 4 to a"]
    assert in_trial(replay, judge)[0] == ["answer 5 to a"]
    assert in_trial(replay, ask("a"), agent="desk@v2")[0] == ["answer 1 to a"]


def test_call_that_failed_leaves_its_place_to_the_next(
    make_recorder: MakeRecorder, in_trial: InTrial
) -> None:
    model = Counting(InfrastructureError("HTTP 529"))
    provider = RecordedProvider(model, {"model": "m"})
    request = Request(messages=(ChatMessage(role="user", text="a"),))

    def persist() -> str:
        try:
            return asyncio.run(provider.complete(request)).text
        except InfrastructureError:
            return asyncio.run(provider.complete(request)).text

    assert in_trial(make_recorder("new"), persist)[0] == "answer 2 to a"
    replayed, _ = in_trial(make_recorder("none"), lambda: asyncio.run(provider.complete(request)))
    assert replayed == Reply(text="answer 2 to a", replayed=True)
    assert model.calls == 2


def test_ignored_parts_of_a_request_do_not_count(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, model: Counting
) -> None:
    ignore = ["settings.sent_at"]
    in_trial(make_recorder("new", ignore=ignore), ask("a", sent_at=1))
    in_trial(make_recorder("none", ignore=ignore), ask("a", sent_at=2))

    assert model.calls == 1


def test_secrets_are_in_no_file(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, store: Store
) -> None:
    answers, _ = in_trial(make_recorder("new"), ask(f"the password is {SECRET}"))
    assert SECRET in answers[0]
    assert in_trial(make_recorder("none"), ask(f"the password is {SECRET}"))[0] == [
        "answer 1 to the password is [redacted DESK_PASSWORD]"
    ]
    store.close()

    for file in store.folder.rglob("*"):
        assert file.is_dir() or SECRET.encode() not in file.read_bytes()


def _damage(store: Store) -> None:
    (file,) = (store.folder / "entries").glob("*/*.json")
    file.write_bytes(file.read_bytes()[:-20])


def test_damaged_answer_is_recorded_again_where_that_is_allowed(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, store: Store
) -> None:
    in_trial(make_recorder("new"), ask("a"))
    _damage(store)
    warnings: list[str] = []

    answers, _ = in_trial(make_recorder("once", warn=warnings.append), ask("a"))

    assert answers == ["answer 2 to a"]
    assert warnings[0].endswith("its SHA-256 is another; it was taken out and recorded again")
    assert in_trial(make_recorder("none"), ask("a"))[0] == answers
    assert store.validate() == []


def test_damaged_answer_is_an_error_where_nothing_may_be_sent(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, store: Store, model: Counting
) -> None:
    in_trial(make_recorder("new"), ask("a"))
    _damage(store)

    with pytest.raises(InfrastructureError, match="its SHA-256 is another; nothing was sent"):
        in_trial(make_recorder("none"), ask("a"))
    assert model.calls == 1


def test_folder_that_cannot_be_written_does_not_keep_answers_from_coming(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Ask, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "cassettes")

    assert in_trial(make_recorder("new", store=store), ask("a"))[0] == ["answer 1 to a"]
    store.close()


def test_outside_of_trials_nothing_is_recorded(ask: Ask, store: Store, model: Counting) -> None:
    assert ask("a")() == ["answer 1 to a"]
    assert not store.folder.exists()
