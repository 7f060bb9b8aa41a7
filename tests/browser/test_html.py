"""The page of a run, in a real browser: as people, print, screen readers and attackers meet it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Drive = Callable[..., dict[str, Any]]

JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
"""What Jenkins sends with archived pages, unless it is told otherwise."""

SENTENCES = [
    "failed finance-agent@v1 fails the gate reliability: "
    "169 of 250 trials passed (67.6 %, 95 % interval 61.5 to 73.1 %).",
    "passed finance-agent@v2 passes the gate reliability: "
    "236 of 250 trials passed (94.4 %, 95 % interval 90.8 to 96.7 %).",
]


def _assert_quiet(seen: dict[str, Any]) -> None:
    assert (seen["console"], seen["errors"], seen["requests"], seen["dialogs"]) == ([], [], [], [])


def _list_verdicts(seen: dict[str, Any]) -> list[str]:
    return [verdict.replace("\N{NO-BREAK SPACE}", " ") for verdict in seen["verdicts"]]


def test_the_page_opens_quietly_and_asks_nobody_for_anything(drive: Drive, demo_page: Any) -> None:
    seen = drive("look", demo_page)

    _assert_quiet(seen)
    assert seen["title"].startswith("finance-agent@v1: failed, finance-agent@v2: passed (")
    assert _list_verdicts(seen) == SENTENCES
    assert seen["filters"] == 2


def test_without_script_all_is_there_but_the_filters(drive: Drive, demo_page: Any) -> None:
    usual, bare = drive("look", demo_page), drive("look", demo_page, script=False)

    assert _list_verdicts(bare) == SENTENCES
    assert bare["filters"] == 0
    assert (bare["tables"], bare["cases"]) == (usual["tables"], usual["cases"])


def test_under_the_policy_of_jenkins_it_is_whole_without_style_and_script(
    drive: Drive, demo_page: Any
) -> None:
    usual, sandboxed = drive("look", demo_page), drive("look", demo_page, policy=JENKINS)

    assert _list_verdicts(sandboxed) == SENTENCES
    assert sandboxed["requests"] == []
    assert sandboxed["filters"] == 0
    assert (sandboxed["tables"], sandboxed["cases"]) == (usual["tables"], usual["cases"])


@pytest.mark.parametrize("trusting", [False, True], ids=["with its policy", "with its policy ignored"])
def test_nothing_that_others_wrote_becomes_more_than_text(
    drive: Drive, hostile_page: Any, trusting: bool
) -> None:
    seen = drive("inspect", hostile_page, trusting=trusting)

    _assert_quiet(seen)
    assert seen["attacked"] is None
    assert (seen["scripts"], seen["foreign"], seen["handlers"]) == (1, 0, [])
    assert all(link.startswith("#") for link in seen["links"])
    assert "<script>window.attacked='script'</script>" in seen["text"]


def test_what_hides_or_reorders_text_is_shown_as_what_it_is(drive: Drive, hostile_page: Any) -> None:
    text = drive("inspect", hostile_page)["text"]

    assert "\u241b[31mred\u241b[0m NUL \u2400 bell \u2407 CSI [U+009B]0m" in text
    assert "gpj.[U+202E]gnp.exe[U+2066] [U+200B] end" in text
    assert "half [U+D83D] of a pair" in text
    assert not set(text) & {"\x00", "\x1b", "\u202e", "\u2066", "\u200b"}


def test_a_line_of_a_million_characters_is_cut_and_says_so(drive: Drive, hostile_page: Any) -> None:
    text = drive("inspect", hostile_page)["text"]

    assert "[998,000 characters more]" in text
    assert "x" * 2_001 not in text


def test_lists_are_filtered_by_tag_check_dimension_and_text(drive: Drive, demo_page: Any) -> None:
    steps = [
        *[("tags", "fx"), ("checks", "calls"), ("clear", ""), ("text", "LEDGER dollars")],
        *[("clear", ""), ("dims", "completeness")],
    ]
    seen = drive("filter", demo_page, steps=steps)
    every, fx, calls, cleared, found, _, incomplete = seen["lists"]

    _assert_quiet(seen)
    assert len(every) == 21
    assert len(fx) == 15
    assert all(name.startswith("currency/") for name in fx)
    assert 0 < len(calls) < len(fx)
    assert set(calls) < set(fx)
    assert cleared == every
    assert 0 < len(found) < len(every)
    assert 0 < len(incomplete) < len(every)
    assert seen["told"] == f"{len(incomplete)} of 21 shown"


def test_lists_are_sorted_by_id_and_by_time(drive: Drive, demo_page: Any) -> None:
    worst, by_id, slowest, again = drive(
        "filter", demo_page, steps=[("sort", "id"), ("sort", "s"), ("sort", "")]
    )["lists"]

    assert by_id == sorted(worst)
    assert slowest[0] == "currency/bank-balances-after-timeout"
    assert again == worst


def test_a_transcript_is_opened_with_the_keyboard(drive: Drive, demo_page: Any) -> None:
    seen = drive("unfold", demo_page)

    _assert_quiet(seen)
    assert seen["opened"] == [True, True, True]
    assert seen["turns"]


@pytest.mark.parametrize("selector", [".links .below-bar", ".links .passed"])
def test_a_link_to_a_case_shows_it_wherever_it_stands(drive: Drive, demo_page: Any, selector: str) -> None:
    assert drive("follow", demo_page, selector=selector)["shown"]


def test_it_is_light_or_dark_as_the_system_is(drive: Drive, demo_page: Any) -> None:
    light, dark = (drive("colours", demo_page, scheme=scheme) for scheme in ("light", "dark"))

    assert (light["backgroundColor"], light["color"]) == ("rgb(255, 255, 255)", "rgb(28, 33, 39)")
    assert (dark["backgroundColor"], dark["color"]) == ("rgb(21, 24, 27)", "rgb(228, 231, 234)")


def test_on_a_telephone_tables_scroll_and_not_the_page(drive: Drive, demo_page: Any) -> None:
    assert drive("measure", demo_page, width=400)["width"] <= 400


def test_it_is_printed(drive: Drive, demo_page: Any, tmp_path: Any) -> None:
    out = tmp_path / "report.pdf"
    _assert_quiet(drive("print", demo_page, out=str(out)))

    assert out.read_bytes().startswith(b"%PDF-")
    assert out.stat().st_size > 20_000


@pytest.mark.parametrize("scheme, width", [("light", 1200), ("dark", 400)])
def test_axe_finds_nothing(drive: Drive, demo_page: Any, scheme: str, width: int) -> None:
    assert drive("axe", demo_page, scheme=scheme, width=width)["violations"] == []


def test_axe_finds_nothing_in_what_is_hostile(drive: Drive, hostile_page: Any) -> None:
    assert drive("axe", hostile_page)["violations"] == []


def test_ten_thousand_trials_take_less_than_three_megabytes(drive: Drive, large_page: Any) -> None:
    seen = drive("look", large_page)

    _assert_quiet(seen)
    assert large_page.path.stat().st_size < 3_000_000
    assert seen["cases"] == 400
    assert "In full, with transcripts, are here" in seen["text"]


def test_five_hundred_scenarios_take_less_than_a_megabyte(middling_page: Any) -> None:
    assert middling_page.path.stat().st_size < 1_000_000


@pytest.mark.perf
def test_ten_thousand_trials_open_in_a_second(drive: Drive, large_page: Any) -> None:
    seen = drive("time", large_page)
    print(f"{seen['ms']} ms")

    assert seen["ms"] < 1_000
