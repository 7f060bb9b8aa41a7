"""The comment of a pull request, as text and as the HTML that Markdown makes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hostile import HOSTILE, LONG, read_hostile
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.result import Change, Estimate, Verdict, VerdictPart
from pytest_arc.domain.trajectory import Message, Trajectory
from pytest_arc.domain.view import BaselineView, CountsThen, RunView, Totals
from pytest_arc.reports.comment import MOST_BYTES, write_comment

TOLD = Trajectory(steps=(Message(role="user", text="Hi"), Message(role="assistant", text="no")))
FX = ("order-in-chf", "rounding-jpy")


def write(view: RunView, read_trajectory: Any = lambda trial: TOLD, **more: Any) -> str:
    return "".join(write_comment(view, read_trajectory, **more))


def render(text: str) -> str:
    """As GitHub renders it, before it takes away what it does not allow."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


@pytest.fixture
def regression(make_case: Any, make_agent: Any, make_run: Any) -> RunView:
    parts = (
        VerdictPart("fx", "group", "failed", "2 of 3 scenarios broke"),
        *(VerdictPart(f"fx/{name}", "scenario", "failed", "0/3 now, 10/10 on main") for name in FX),
        VerdictPart("others", "group", "no change", "5/6 now, 20/20 on main"),
    )
    verdicts = (
        Verdict(
            "regression",
            "bot",
            "failed",
            "worse than main 3f2c1a9 in fx (2 of 3 scenarios)",
            True,
            hints=(
                "Could be missed: a drop under 5 points spread evenly over all scenarios.",
                "Intended? arc baseline accept last (uses this run, costs nothing)",
            ),
            change=Change(-0.057, -0.099, -0.014),
            parts=parts,
        ),
        Verdict("reliability", "bot", "inconclusive", "5 of 12 passed; asked: 85 %", False),
        Verdict("performance", "bot", "passed", "cost +2 %, tokens +1 %", False),
    )
    counts = {f"fx/{name}": CountsThen(10, 10) for name in (*FX, "eur")} | {"tax/vat": CountsThen(10, 10)}
    cases = [
        *(make_case(f"fx/{name}", "fffppp", planned=3) for name in FX),
        make_case("fx/eur"),
        make_case("tax/vat", "ppf"),
    ]
    agent = make_agent(
        cases,
        verdicts=verdicts,
        notes=("the ruler in this change: unchanged since main 3f2c1a9",),
        baseline=BaselineView("main 3f2c1a9", 2, Estimate(40, 40, 0.912, 1.0), counts),
    )
    totals = Totals(passed=5, failed=7, fresh=6, cost_usd=3.4, wall_s=291.0)
    git = {"sha": "a81c07e" * 6, "dirty": False}
    return make_run(agent, totals=totals, git=git, settings={"budget": 5.0})


def test_regression_is_told_as_a_reader_of_the_pull_request_needs_it(
    regression: RunView, snapshot: SnapshotAssertion
) -> None:
    assert write(regression) == snapshot


def test_several_agents_are_in_one_comment_the_worst_first(
    make_case: Any, make_agent: Any, make_run: Any, snapshot: SnapshotAssertion
) -> None:
    def judge(id: str, word: Any, letters: str) -> Any:
        verdict = Verdict("reliability", id, word, f"{letters.count('p')} passed", word == "failed")
        return make_agent([make_case("a", letters, agent=id)], id=id, verdicts=(verdict,))

    agents = [
        judge("calm", "passed", "ppp"),
        judge("poor", "failed", "pff"),
        judge("odd", "inconclusive", "ppf"),
    ]

    assert write(make_run(*agents)) == snapshot


@pytest.mark.parametrize("word", ["interrupted", "nothing"])
def test_a_run_without_verdict_says_so(
    word: str, make_case: Any, make_agent: Any, make_run: Any, snapshot: SnapshotAssertion
) -> None:
    agents = [make_agent([make_case("a", "pf")])] if word == "interrupted" else []
    run = make_run(*agents, interrupted="interrupted" if agents else "")

    assert write(run) == snapshot


def make_hostile(make_case: Any, make_agent: Any, make_run: Any, cases: int = 3, agents: int = 1) -> RunView:
    def make(number: int) -> Any:
        id = f"bot{number}"
        hostile = [
            make_case(f"s{n}", "pff", agent=id, title=HOSTILE, tags=(HOSTILE,), path=HOSTILE)
            for n in range(cases)
        ]
        told = [
            replace(
                case,
                scenario=f"{HOSTILE}{n}",
                outcome=replace(case.outcome, reason=HOSTILE + LONG),
                trials=[replace(trial, reason=HOSTILE + LONG) for trial in case.trials],
            )
            for n, case in enumerate(hostile)
        ]
        verdict = Verdict("reliability", id, "failed", HOSTILE, True, hints=(HOSTILE,), parts=())
        then = BaselineView(HOSTILE, 1, Estimate(3, 3, 0.4, 1.0), {})
        return make_agent(
            told, id=id, verdicts=(verdict,), notes=(HOSTILE,), baseline=then, target=HOSTILE, job=HOSTILE
        )

    return make_run(*map(make, range(agents)), interrupted=HOSTILE)


def test_nothing_that_agents_say_is_more_than_text(make_case: Any, make_agent: Any, make_run: Any) -> None:
    text = write(make_hostile(make_case, make_agent, make_run), read_hostile)
    page = render(text)
    outside = re.sub("<code class=.*?</code>", "", page, flags=re.DOTALL)
    tags = set(re.findall(r"<(/?\w+)", page))

    assert "<details>" in page
    assert tags <= {
        f"{slash}{tag}"
        for slash in ("", "/")
        for tag in (
            *("h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "pre"),
            *("details", "summary", "sub"),
        )
    }
    assert "href" not in page.replace("&quot;", "")
    # What GitHub would turn into links after this, outside of code.
    shown = re.sub("<code>.*?</code>", "", outside, flags=re.DOTALL)
    assert not re.search(r"(?<!\w)@\w|#\d|\bGH-\d|://\w|\bwww\.", shown)
    assert page.count("<details>") == page.count("</details>")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066\ud800-\udfff]", text)


def test_rows_of_tables_have_as_many_cells_as_their_head(
    make_case: Any, make_agent: Any, make_run: Any
) -> None:
    page = render(write(make_hostile(make_case, make_agent, make_run), read_hostile))

    for table in re.findall("<table>.*?</table>", page, re.DOTALL):
        rows = [len(re.findall("<t[hd]", row)) for row in table.split("<tr>")[1:]]
        assert len(set(rows)) == 1


@pytest.mark.parametrize("cases, agents", [(1, 1), (600, 1), (30, 12), (1, 400)])
def test_it_stays_within_what_github_takes_and_says_what_is_missing(
    cases: int, agents: int, make_case: Any, make_agent: Any, make_run: Any
) -> None:
    view = make_hostile(make_case, make_agent, make_run, cases, agents)
    text = write(view, read_hostile)

    assert len(text.encode()) <= MOST_BYTES
    assert render(text).count("<details>") == render(text).count("</details>")
    assert cases * agents < 100 or re.search(r"and \d+ more|Left out, to stay within what GitHub takes", text)


def test_what_is_left_out_goes_in_a_planned_order(regression: RunView) -> None:
    whole = len(write(regression).encode())
    short = write(regression, most=whole - 1)
    shortest = write(regression, most=600)

    assert "Left out, to stay within what GitHub takes: " in short
    assert len(short) < whole
    assert "all but the verdicts" in shortest
    assert shortest.startswith("### \u274c bot: regression in")
