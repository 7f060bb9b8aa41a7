"""The page as text. What it is in a browser is in tests/browser."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from pytest_arc.domain.result import Change, Estimate, Verdict, VerdictPart
from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult, Trajectory
from pytest_arc.domain.view import BaselineView, CountsThen, RunView
from pytest_arc.reports.html import write_html
from pytest_arc.reports.page import MOST_CASES, MOST_TURNS

SAID = Trajectory(steps=(Message(role="user", text="Hi"), Message(role="assistant", text="yes <b>&amp;</b>")))
VOID = {"meta", "br", "input"}


class _Outline(HTMLParser):
    """Fails for tags that are not closed in the order they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        assert "style" not in facts, "the policy lets no style of an element through"
        if tag not in VOID:
            self.open.append(tag)
        if facts.get("id"):
            self.ids.append(str(facts["id"]))
        if tag == "a":
            self.links.append(str(facts["href"]))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _read(text: str) -> _Outline:
    outline = _Outline()
    outline.feed(text)
    outline.close()
    assert outline.open == []
    return outline


def _write(view: RunView, trajectory: Trajectory | None = SAID) -> str:
    return "".join(write_html(view, lambda trial: trajectory))


def _text(page: str) -> str:
    """What a reader sees, without markup."""
    body = page[page.index("<body>") : page.index("<script>")]
    return " ".join(unescape(re.sub("<[^>]*>", " ", body)).split())


@pytest.fixture
def view(make_case: Any, make_agent: Any, make_run: Any) -> RunView:
    change = Change(0.02, -0.01, 0.05)
    verdicts = (
        Verdict("reliability", "bot", "failed", "8 of 12", True, minimum=0.85, hints=("look there",)),
        Verdict(
            "performance",
            "bot",
            "passed",
            "cost +2 %",
            False,
            parts=(VerdictPart("cost", "metric", "passed", "+2 %", change),),
        ),
    )
    counts = {"fx/eur": CountsThen(9, 10, {"cost": 0.005, "latency": 1.5}), "fx/chf": CountsThen(10, 10)}
    cases = [
        make_case("fx/eur", "pff", title="Says euros", challenges="usd", tags=("money",)),
        make_case("fx/chf", challenges="usd"),
        make_case("tax/vat", "ppe"),
        make_case("home"),
    ]
    agent = make_agent(
        cases,
        id="bot@v2",
        assumptions={"usd": "Amounts are in dollars", "calm": "Nobody hurries"},
        capabilities=("money", "flying"),
        verdicts=verdicts,
        notes=("the ruler in this change: unchanged",),
        baseline=BaselineView("main 3f2c1a9", 2, Estimate(19, 20, 0.76, 0.99), counts),
        pass_hat_k=(0.7, 0.5),
        pass_at_k=(0.7, 0.9),
    )
    return make_run(agent, settings={"trials": {"first": 3, "max": 20}, "strict": True, "html": "out.html"})


def test_the_markup_is_well_formed_and_every_link_leads_somewhere(view: RunView) -> None:
    outline = _read(_write(view))

    assert len(outline.ids) == len(set(outline.ids))
    assert outline.links
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert outline.headings[0] == 1
    assert all(
        after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False)
    )


def test_the_policy_names_what_the_page_brings_and_nothing_else(view: RunView) -> None:
    page = _write(view)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{directive} &#39;sha256-{digest}&#39;" in policy[1]
    assert policy[1].startswith("default-src &#39;none&#39;")
    assert not re.search(r"https?://|//[a-z]|@import|url\(", page.replace("href", ""))


def test_all_that_is_known_stands_there(view: RunView) -> None:
    text = _text(_write(view))

    for told in (
        "bot@v2 fails the gate reliability: 9 of 11 trials passed (81.8 %, 95 % interval 52.3 to 94.9 %).",
        "diamond: main 3f2c1a9, 19 of 20",
        "The ruler in this change: unchanged.",
        "look there",
        "usd Amounts are in dollars 4 of 6 trials passed (66.7 %, 95 % interval 29.9 to 90.4 %); 1 of 2",
        "calm Nobody hurries no scenario challenges it",
        "flying 0 no scenario has this tag or group",
        "yes <b>&amp;</b>",
        "+100 %, 1 scenario",
        "pytest --arc bot@v2.yaml --arc-seed 7 --arc-trials 3:20 --arc-strict",
        "arc debug '20261121-005100::fx/eur#2'",
    ):
        assert told in text


def test_several_agents_stand_below_one_another(make_case: Any, make_agent: Any, make_run: Any) -> None:
    agents = [make_agent([make_case("a", "pf", agent=id)], id=id) for id in ("bot@v1", "bot@v2")]
    page = _write(make_run(*agents))
    outline = _read(page)

    assert outline.links[:2] == ["#a1", "#a2"]
    assert outline.headings[:2] == [1, 2]
    assert "arc debug '20261121-005100::bot@v2/a#2'" in _text(page)


def test_a_run_without_cases_or_agents_says_so(make_agent: Any, make_run: Any) -> None:
    assert "Nothing was run" in _text(_write(make_run()))
    empty = _text(_write(make_run(make_agent())))
    assert "Nothing is asked of bot: no trial was scored." in empty
    assert "No case was run." in empty
    _read(_write(make_run()))
    _read(_write(make_run(make_agent())))


def test_an_interrupted_run_says_so_first(view: RunView) -> None:
    text = _text(_write(replace(view, interrupted="the machine went to sleep")))

    assert "This run did not come to its end: the machine went to sleep" in text


def test_trials_without_a_transcript_are_shown_with_what_was_found(view: RunView) -> None:
    text = _text(_write(view, trajectory=None))

    assert "Its transcript was not kept." in text
    assert "not held answer_contains: yes said f" in text


def test_long_transcripts_have_a_gap_and_say_how_large_it_is(view: RunView) -> None:
    steps = [Message(role="assistant", text=f"line {n}") for n in range(MOST_TURNS + 5)]
    text = _text(_write(view, Trajectory(steps=tuple(steps))))

    assert "5 turns left out: arc show '20261121-005100::fx/eur#2'" in text
    assert f"line {MOST_TURNS + 4} " in text


def test_faults_and_errors_are_marked_and_open(view: RunView) -> None:
    steps = (
        ToolCall(id="1", tool="query", arguments={"table": "a", "rows": ["x" * 300]}),
        ToolResult(id="1", tool="query", content="took too long", is_error=True, fault="timeout"),
        ToolCall(id="2", tool="query"),
    )
    page = _write(view, Trajectory(steps=steps))

    assert "<details open><summary><b>tool</b> <code>query</code>" in page
    assert "fault put in: timeout error" in _text(page)
    assert "query no result" in _text(page)


def test_a_suite_too_large_to_be_listed_is_counted(make_case: Any, make_agent: Any, make_run: Any) -> None:
    cases = [make_case(f"s{n}", "p") for n in range(MOST_CASES)] + [make_case("bad", "f")]
    page = _write(make_run(make_agent(cases)))

    assert page.count('<li class="case"') == MOST_CASES
    assert "1 case not listed here, but in the figures above" in _text(page)
    assert 'class="id">bad<' in page


def test_equal_runs_give_equal_pages(view: RunView) -> None:
    assert _write(view) == _write(view)
