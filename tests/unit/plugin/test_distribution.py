"""Who makes which cases, and what the processes of a run tell each other by files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.domain.calls import CallOptions
from pytest_arc.domain.events import TrialStarted
from pytest_arc.domain.plan import AgentPlan, make_trial
from pytest_arc.domain.settings import Settings
from pytest_arc.plugin.distribution.parts import Collected, Journal, Parts, ShareReader
from pytest_arc.plugin.distribution.shares import divide_cases, divide_settings, find_indivisible

LIMITS = {"openai:*": CallOptions(requests_per_minute=100, tokens_per_minute=9, concurrency=3)}


class _Case:
    """As much of a case as dividing looks at."""

    def __init__(self, name: int, trials: int) -> None:
        self.name = name
        self.trials = trials


@given(st.lists(st.integers(1, 30), max_size=60), st.integers(1, 8))
def test_shares_hold_every_case_once_and_are_balanced_by_trials(trials: list[int], workers: int) -> None:
    cases = [_Case(name, count) for name, count in enumerate(trials)]
    shares: list[list[Any]] = [*divide_cases(cast("Any", cases), workers)]
    assert len(shares) == workers
    assert sorted(case.name for share in shares for case in share) == list(range(len(cases)))
    sums = [sum(case.trials for case in share) for share in shares]
    assert max(sums) - min(sums) <= max(trials, default=0)
    assert [[case.name for case in share] for share in shares] == [
        [case.name for case in share] for share in cast("Any", divide_cases(cast("Any", cases), workers))
    ]


def test_limits_of_models_are_divided_but_where_redis_shares_them() -> None:
    divided = divide_settings(Settings(models=LIMITS), 2).models["openai:*"]
    assert (divided.requests_per_minute, divided.tokens_per_minute, divided.concurrency) == (50, 4, 1)
    shared = Settings(models=LIMITS, redis_url="redis://nowhere")
    assert divide_settings(shared, 2) is shared


def test_a_limit_that_leaves_nothing_for_some_worker_is_found() -> None:
    assert not find_indivisible(LIMITS, 3)
    assert find_indivisible(LIMITS, 4) == "concurrency: 3 of openai:*"


def test_what_a_worker_has_collected_is_read_as_it_was(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    collected = Collected({"bot": ("bot.yaml", "/x/bot.yaml")}, ["bot/ä", "bot/b"], ["bot/ä"], ["gate"], 3)
    parts.write_collected("gw0", collected)
    assert parts.read_collected("gw0") == collected
    assert parts.read_collected("gw1") is None


def test_a_worker_reads_each_share_once(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    reader = ShareReader(parts.make("gw0"))
    assert not reader.read().cases
    parts.hand_over("gw0", ["bot/ä", "bot/b"], [])
    assert reader.read().cases == {"bot/ä", "bot/b"}
    assert not reader.read().cases
    parts.hand_over("gw0", ["bot/c"], ["gw1", "gw2"])
    share = reader.read()
    assert (share.cases, share.dead) == ({"bot/c"}, ("gw1", "gw2"))


@pytest.fixture
def plan(plan_bot: Callable[..., AgentPlan]) -> AgentPlan:
    return plan_bot({"a": "pass"}, trials=3)


def test_trials_that_began_and_did_not_end_are_known(tmp_path: Path, plan: AgentPlan) -> None:
    parts = Parts(tmp_path)
    journal = Journal(parts.make("gw0"))
    for trial in (1, 2):
        journal(TrialStarted(make_trial(plan.cases[0], trial, 0)))
    journal.close()
    line = (tmp_path / "workers" / "gw0" / "started.jsonl").open("a", encoding="utf-8")
    line.write('["bot/a",')  # it died while it wrote
    line.close()
    assert parts.find_begun("gw0") == {"bot/a": {1, 2}}
    assert parts.find_begun("gw1") == {}


def test_a_case_is_given_up_by_its_whole_name(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    parts.make("gw0")
    assert not parts.is_given_up("bot/a")
    parts.give_up("bot/ab")
    assert not parts.is_given_up("bot/a")
    assert parts.is_given_up("bot/ab")
