from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.events import (
    CaseFinished,
    GateDecided,
    RunFinished,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder, WrittenTrial
from pytest_arc.history.resume import Takeover
from pytest_arc.planning import make_plan
from pytest_arc.session import Session, SessionMode, run_session
from pytest_arc.suite import draw_seed

PlanAgent = Callable[..., AgentPlan]
DEFAULTS = Settings()
MIXED = {"a": "pass", "b": "pass 3", "c": "fail"}


@pytest.fixture
def open_session(plan_bot: PlanAgent, tmp_path: Path) -> Callable[..., Session]:
    """A session over scenarios of one agent, ready to be started."""

    def open_session(scenarios: dict[str, Any], settings: Settings = DEFAULTS, **rest: Any) -> Session:
        own = {key: rest.pop(key) for key in ("mode", "listeners", "environ") if key in rest}
        return Session(make_plan([plan_bot(scenarios, **rest)]), settings, root=tmp_path, **own)

    return open_session


def test_a_run_ends_with_an_outcome_for_each_case(open_session: Callable[..., Session]) -> None:
    session = run_session(open_session(MIXED))
    assert [session.outcome_of(case).reason for case in session.plan.cases] == [
        "5/5 trials passed",
        "3/5 trials passed; this scenario asks for 5/5",
        "0/5 trials passed; this scenario asks for 5/5",
    ]


@pytest.mark.parametrize(
    "scenarios, gates, exit_code",
    [
        ({"a": "pass"}, {}, 0),
        ({"a": "fail"}, {}, 1),
        ({"a": "call broken"}, {}, 1),
        ({f"s{n}": "pass" for n in range(10)}, {"reliability": 0.85}, 0),
        ({f"s{n}": "fail" for n in range(10)}, {"reliability": 0.85}, 1),
        ({"a": {"user": "fail", "skip": "later"}}, {}, 0),
    ],
)
def test_the_exit_code_is_pytests(
    open_session: Callable[..., Session], scenarios: Any, gates: Any, exit_code: int
) -> None:
    assert run_session(open_session(scenarios, gates=gates)).exit_code == exit_code


def test_listeners_are_told_in_order_and_in_the_thread_that_waits(
    open_session: Callable[..., Session],
) -> None:
    told: list[tuple[type, str]] = []
    session = open_session(
        {"a": "pass"},
        gates={"reliability": 0.5},
        trials=2,
        listeners=[lambda event: told.append((type(event), threading.current_thread().name))],
    )
    run_session(session)
    kept = (RunStarted, TrialFinished, CaseFinished, GateDecided, RunFinished)
    here = threading.current_thread().name
    assert [event for event in told if event[0] in kept] == [
        (kind, here)
        for kind in (RunStarted, TrialFinished, TrialFinished, CaseFinished, GateDecided, RunFinished)
    ]


def test_inline_and_concurrent_runs_come_to_the_same(open_session: Callable[..., Session]) -> None:
    inline = run_session(open_session(MIXED, mode=SessionMode(inline=True)))
    concurrent = run_session(open_session(MIXED))
    for case in inline.plan.cases:
        assert inline.outcome_of(case) == concurrent.outcome_of(case)


def test_errored_trials_are_tried_again_with_the_same_seed(open_session: Callable[..., Session]) -> None:
    session = run_session(open_session({"a": "call broken"}, Settings(attempts=3), trials=1))
    (trial,) = session.ledger.list_trials("bot/a")
    assert (trial.outcome, trial.attempts) == ("errored", 3)


def test_a_stopped_run_keeps_what_has_finished_and_cancels_the_rest(
    open_session: Callable[..., Session],
) -> None:
    session = open_session({"a": "pass", "b": "hang"}, gates={"reliability": 0.5}, trials=2)
    session.start()
    assert session.wait_for(session.plan.cases[0]).word == "passed"
    session.stop("the budget is used up")
    (verdict,) = session.decide_gates()
    session.finish()
    assert (verdict.word, verdict.fails) == ("not evaluated", True)
    assert verdict.reason.endswith("the budget is used up")
    assert session.wait_for(session.plan.cases[1]).word == "not run"
    assert session.exit_code != 0


def test_a_run_is_written_and_can_be_read(open_session: Callable[..., Session]) -> None:
    session = run_session(open_session(MIXED))
    folder = RunFolder(session.writer.path)
    document = folder.read_document()
    assert document["format"] == 1
    assert [case["id"] for case in document["results"]["agents"][0]["cases"]] == ["bot/a", "bot/b", "bot/c"]
    assert set(document["timings"]) == {"bot/a", "bot/b", "bot/c"}
    assert sum(1 for _ in folder.read_trials()) == 15


def test_a_run_folder_that_cannot_be_made_is_a_usage_error(
    open_session: Callable[..., Session], tmp_path: Path
) -> None:
    (tmp_path / ".arc").write_text("in the way", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot write to .*No trial was run"):
        open_session({"a": "pass"}).start()


def test_seeds_are_given_or_drawn() -> None:
    assert draw_seed(Settings(seed=7)) == 7
    assert draw_seed(Settings(seed="random")) != draw_seed(Settings(seed="random"))


WHERE = """
import threading

def say_where():
    return f"yes, on {threading.current_thread().name}"

def plain(text, context):
    return say_where() + " " + str(context.call_sync("broken").is_error)

async def waiting(text):
    return say_where()

def look():
    return "nothing"
"""


@pytest.mark.parametrize("agent", ["plain", "waiting"])
def test_under_a_debugger_the_agents_own_code_is_on_the_main_thread(
    open_session: Callable[..., Session], tmp_path: Path, agent: str
) -> None:
    (tmp_path / "where.py").write_text(WHERE, encoding="utf-8")
    tool = {"name": "broken", "behavior": {"kind": "python", "function": "where:look"}}
    session = open_session(
        {"a": "hello"},
        mode=SessionMode(inline=True),
        target={"python": f"where:{agent}"},
        tools=[tool],
        trials=2,
    )
    run_session(session)

    (case,) = session.plan.cases
    for result in session.ledger.list_trials(case.id):
        trajectory = session.writer.read_trajectory(result)
        assert trajectory is not None
        assert trajectory.answer.startswith(f"yes, on {threading.current_thread().name}")


def test_rounds_end_when_the_gate_is_decided(open_session: Callable[..., Session]) -> None:
    scenarios = {f"s{n}": "pass" for n in range(10)}
    session = open_session(scenarios, gates={"reliability": 0.5}, trials={"first": 1, "max": 20})
    (verdict,) = run_session(session).verdicts
    assert verdict.reason.endswith("decided after 10 of at most 200 trials")
    assert [session.outcome_of(case).scored for case in session.plan.cases] == [1] * 10


def test_rounds_come_to_the_same_inline_and_at_every_concurrency(
    open_session: Callable[..., Session],
) -> None:
    scenarios = {f"s{n}": "pass 3" if n % 2 else "pass" for n in range(10)}
    rounds: dict[str, Any] = {"gates": {"reliability": 0.7}, "trials": {"first": 1, "max": 8}}
    sessions = [
        open_session(scenarios, Settings(concurrency=1), mode=SessionMode(inline=True), **rounds),
        open_session(scenarios, Settings(concurrency=1), **rounds),
        open_session(scenarios, Settings(concurrency=50), **rounds),
    ]
    inline, *others = [run_session(session).verdicts for session in sessions]
    assert inline[0].estimate is not None
    assert 10 < inline[0].estimate.n < 80
    assert all(verdicts == inline for verdicts in others)


def test_a_critical_case_is_given_a_second_look(open_session: Callable[..., Session]) -> None:
    scenarios = {
        "steady": "pass",
        "broken": {"user": "pass 3", "critical": True},
        "unlucky": {"user": "fail 5", "critical": True},
    }
    session = run_session(open_session(scenarios, gates={"reliability": 0.1}))
    assert [session.outcome_of(case).reason for case in session.plan.cases] == [
        "5/5 trials passed",
        "3/5 trials passed; this scenario asks for 5/5; confirmed: 0/5 fresh trials passed",
        "0/5 trials passed; this scenario asks for 5/5; not confirmed: 5/5 fresh trials passed",
    ]
    assert session.exit_code == 1


def test_fresh_trials_are_in_no_rate(open_session: Callable[..., Session]) -> None:
    session = run_session(open_session({"a": {"user": "pass 3", "critical": True}}))
    (case,) = session.plan.cases
    assert len(session.ledger.list_trials(case.id)) == 10
    assert session.outcome_of(case).scored == 5


def read_results(session: Session) -> Any:
    return RunFolder(session.writer.path).read_document()["results"]


def list_written(session: Session) -> list[WrittenTrial]:
    return list(RunFolder(session.writer.path).read_written())


@pytest.mark.parametrize("trials", [5, {"first": 1, "max": 8}])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_was_made_earlier_is_not_made_again(
    open_session: Callable[..., Session], trials: Any, share: float
) -> None:
    rounds: dict[str, Any] = {"gates": {"reliability": 0.7}, "trials": trials}
    scenarios = {f"s{n}": "pass 3" if n % 2 else "pass" for n in range(10)}
    whole = run_session(open_session(scenarios, **rounds))
    earlier = list_written(whole)[: int(share * len(list_written(whole)))]
    heard: list[Any] = []
    again = run_session(open_session(scenarios, listeners=[heard.append], **rounds), Takeover(earlier))
    assert read_results(again) == read_results(whole)
    made = [event for event in heard if isinstance(event, TrialStarted)]
    assert len(made) == len(list_written(whole)) - len(earlier)
    case = again.plan.cases[0]
    assert again.writer.read_trajectory(again.ledger.list_trials(case.id)[0]) is not None


def test_a_trial_that_was_received_does_not_count_twice(open_session: Callable[..., Session]) -> None:
    earlier = list_written(run_session(open_session({"a": "pass"})))
    with pytest.raises(ValueError, match="counted already"):
        run_session(open_session({"a": "pass"}), Takeover([*earlier, earlier[0]]))


def test_cases_that_are_not_ahead_begin_when_they_are_waited_for(
    open_session: Callable[..., Session],
) -> None:
    mode = SessionMode(ahead=frozenset({"bot/a"}))
    session = run_session(open_session({"a": "pass", "b": "pass 2", "c": "pass"}, mode=mode))
    assert [session.outcome_of(case).scored for case in session.plan.cases] == [5, 5, 5]


def test_what_is_made_elsewhere_is_counted_when_it_is_received(open_session: Callable[..., Session]) -> None:
    scenarios = {f"s{n}": "pass" for n in range(10)}
    there = run_session(open_session(scenarios, gates={"reliability": 0.5}))
    here = open_session(scenarios, gates={"reliability": 0.5}, mode=SessionMode(ahead=frozenset()))
    here.start()
    for trial in list_written(there):
        here.receive(trial)
    assert here.decide_gates() == there.verdicts
    here.finish()
    assert read_results(here) == read_results(there)


def test_what_was_paid_for_earlier_counts_for_the_budget(open_session: Callable[..., Session]) -> None:
    session = open_session({"a": "pass", "b": "pass"}, budget={"tokens": 1})
    earlier = list_written(run_session(open_session({"a": "pass", "b": "pass"})))[:1]
    usage = Usage(model_calls=1, input_tokens=5, output_tokens=5)
    paid = replace(earlier[0], result=replace(earlier[0].result, usage=usage))
    run_session(session, Takeover([paid]))
    assert [session.outcome_of(case).word for case in session.plan.cases] == ["not run", "not run"]
    assert session.cut == {"bot": "the budget of 1 tokens was used up"}


def test_a_part_is_written_inside_the_run_that_it_belongs_to(
    open_session: Callable[..., Session], tmp_path: Path
) -> None:
    part = tmp_path / "whole" / "workers" / "gw0"
    session = run_session(open_session({"a": "pass"}, mode=SessionMode(part=part)))
    assert sorted(path.name for path in part.iterdir()) == [
        "header.json",
        "trajectories.jsonl",
        "trials.jsonl",
    ]
    assert len(list_written(session)) == 5
    assert not (tmp_path / ".arc").exists()


def test_a_case_that_nobody_makes_any_more_is_errored_and_each_of_its_trials_has_one_result(
    open_session: Callable[..., Session],
) -> None:
    earlier = list_written(run_session(open_session({"a": "pass", "b": "pass"})))
    session = open_session({"a": "pass", "b": "pass"}, mode=SessionMode(ahead=frozenset(), workers=2))
    session.start()
    lost, whole = session.plan.cases
    for trial in earlier:
        if trial.result.case == whole.id or trial.result.trial < 3:
            session.receive(trial)
    outcome = session.give_up(lost, "worker gw0 died", begun=[3])
    session.finish()
    assert (outcome.word, outcome.passed, outcome.errored) == ("errored", 2, 3)
    reasons = [trial.reason for trial in session.ledger.list_trials(lost.id) if trial.outcome == "errored"]
    died = "worker gw0 died"
    assert reasons == [f"{died} while it ran", f"{died} before it began", f"{died} before it began"]
    assert session.outcome_of(whole).word == "passed"
    assert session.exit_code == 1


def test_a_part_of_a_run_uses_its_share_of_a_budget_and_says_so(
    open_session: Callable[..., Session], tmp_path: Path
) -> None:
    earlier = list_written(run_session(open_session({"a": "pass", "b": "pass"})))[:1]
    usage = Usage(model_calls=1, input_tokens=5, output_tokens=5)
    paid = replace(earlier[0], result=replace(earlier[0].result, usage=usage))
    for fraction, cut in (
        (0.5, {"bot": "a worker's part of the budget of 20 tokens was used up"}),
        (0.6, {}),
    ):
        mode = SessionMode(part=tmp_path / str(fraction), workers=2, fraction=fraction)
        session = open_session({"a": "pass", "b": "pass"}, mode=mode, budget={"tokens": 20})
        session.start(Takeover([paid]))
        session.finish()
        assert session.cut == cut
