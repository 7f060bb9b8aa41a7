"""The one sentence that a page and a comment begin with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.result import Verdict
from pytest_arc.reports.headline import say_headline


def _gate(name: str, word: Any, fails: bool | None = None) -> Verdict:
    return Verdict(name, "bot", word, "", word == "failed" if fails is None else fails)


FAILED, OPEN = _gate("reliability", "failed"), _gate("group/fx", "inconclusive")
PASSED = _gate("regression", "passed")
UNKNOWN = _gate("performance", "not evaluated", True)


@pytest.mark.parametrize(
    "letters, verdicts, run",
    [
        pytest.param("ppf", (FAILED, OPEN, PASSED), {}, id="one gate fails"),
        pytest.param("ppf", (FAILED, OPEN, PASSED), {"interrupted": "Ctrl-C"}, id="failed, then interrupted"),
        pytest.param("ppf", (FAILED, _gate("regression", "failed")), {}, id="two gates fail"),
        pytest.param("ppf", (FAILED,) * 3, {}, id="three gates fail"),
        pytest.param("ppp", (OPEN, PASSED), {}, id="a gate is undecided"),
        pytest.param("ppp", (_gate("group/fx", "inconclusive", True),), {}, id="undecided and that fails"),
        pytest.param("ppp", (UNKNOWN, PASSED), {}, id="a gate was not evaluated"),
        pytest.param("ppp", (PASSED,), {}, id="the gate passes"),
        pytest.param("ppp", (PASSED,), {"interrupted": "Ctrl-C"}, id="interrupted"),
        pytest.param("ppp", (), {}, id="no gate"),
        pytest.param("e", (), {}, id="no gate and only errors"),
    ],
)
def test_the_headline_says_what_matters_most(
    letters: str,
    verdicts: Any,
    run: Any,
    make_case: Any,
    make_agent: Any,
    make_run: Any,
    snapshot: SnapshotAssertion,
) -> None:
    agent = make_agent([make_case("a", letters)], verdicts=verdicts)
    headline = say_headline(make_run(agent, **run), agent)

    assert f"{headline.word}: {headline.sentence}" == snapshot


def test_cases_that_stand_for_themselves_fail_the_agent(
    make_case: Any, make_agent: Any, make_run: Any
) -> None:
    case = make_case("a", "pff")
    failed = replace(case, outcome=replace(case.outcome, word="failed"))
    agent = make_agent([failed, make_case("b")])

    assert say_headline(make_run(agent), agent).sentence.startswith("bot fails 1 of 2 cases: 4 of 6 trials")


@pytest.mark.parametrize("changes", [{"bar": 0.0}, {"trials": ()}])
def test_where_nothing_is_asked_or_nothing_ran_there_is_no_verdict(
    make_case: Any, make_agent: Any, make_run: Any, changes: Any
) -> None:
    case = make_case("a", "fff" if "bar" in changes else "", **changes)
    word = "passed" if "bar" in changes else "skipped"
    agent = make_agent([replace(case, outcome=replace(case.outcome, word=word))])

    assert say_headline(make_run(agent), agent).word == "no verdict"
