"""The line that says how a run goes: what it counts, and what it leaves out where there is little room."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.plan import Plan
from pytest_arc.domain.result import TrialOutcome, TrialResult
from pytest_arc.domain.trajectory import Usage
from pytest_arc.reports.live import Standing, Watch, describe_standing

BUSY = Standing(
    done=120,
    total=300,
    running=8,
    failed=3,
    errored=1,
    tag="fx",
    tagged=3,
    cost_usd=1.2,
    left_s=130.4,
    workers=8,
    place="container",
)


def test_line_of_a_wide_terminal_says_all() -> None:
    assert describe_standing(BUSY, 120) == (
        "arc: 120/300 trials, 8 running, 3 failed, 1 errored, most in fx (3), $1.20 of about $3.00,"
        " 2 min 10 s left, 8 containers"
    )


def test_what_matters_least_goes_first_where_there_is_little_room(snapshot: SnapshotAssertion) -> None:
    assert [describe_standing(BUSY, width) for width in (80, 60, 40, 30, 20, 10, 0)] == snapshot


def test_run_that_has_just_begun_says_little() -> None:
    assert describe_standing(Standing(0, 300, cost_usd=None), 79) == "arc: 0/300 trials"


@pytest.mark.parametrize(
    "tag, encoding, shown",
    [
        ("W\u00e4hrung", "utf-8", "W\u00e4hrung"),
        ("W\u00e4hrung", "ascii", "W\\xe4hrung"),
        ("fx\x1b[2J\n", "utf-8", "fx\u241b[2J"),
        ("\u202egpj", "utf-8", "[U+202E]gpj"),
    ],
)
def test_tag_is_one_of_characters_that_move_no_cursor(tag: str, encoding: str, shown: str) -> None:
    line = describe_standing(Standing(5, 9, failed=2, tag=tag, tagged=2), 79, encoding)
    assert line == f"arc: 5/9 trials, 2 failed, most in {shown} (2)"


def test_characters_of_two_columns_are_counted_as_two() -> None:
    line = Standing(5, 9, failed=2, tag="\u8ca8\u5e63" * 10, tagged=2)
    assert "most in" in describe_standing(line, 79)
    assert "most in" not in describe_standing(line, 60)


def finish(outcome: TrialOutcome = "passed", cost_usd: float | None = 0.1) -> TrialResult:
    usage = Usage(cost_usd=cost_usd)
    return TrialResult("bot/a", 1, 0, outcome, None, "", (), {}, None, usage=usage)


def test_time_that_is_left_follows_the_pace_since_somebody_looked() -> None:
    now_s = 100.0
    finished = [finish()] * 10  # of an earlier run: they took no time
    watch = Watch(Plan(()), finished, clock=lambda: now_s)
    assert watch.stand(running=2, waiting=8).left_s is None
    now_s += 20.0
    finished += [finish()] * 5
    assert watch.stand(running=2, waiting=3).left_s == pytest.approx(20.0)


def test_cost_is_unknown_once_one_trial_does_not_tell() -> None:
    finished = [finish()]
    watch = Watch(Plan(()), finished)
    assert watch.stand(places_usd=0.05).cost_usd == pytest.approx(0.15)
    finished += [finish(cost_usd=None), finish()]
    assert watch.stand().cost_usd is None


def test_each_trial_is_counted_once_however_often_somebody_looks() -> None:
    finished = [finish("failed")]
    watch = Watch(Plan(()), finished)
    assert (watch.stand().failed, watch.stand().failed) == (1, 1)
    finished.append(finish("errored"))
    assert (watch.stand().done, watch.stand().errored) == (2, 1)


def test_one_failure_is_no_pattern() -> None:
    assert Watch(Plan(()), [finish("failed")]).stand().tag == ""
