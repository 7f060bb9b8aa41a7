"""Markdown that says what a text says, whatever the text looks like."""

from __future__ import annotations

import pytest

from pytest_arc.reports.markdown import escape, write_block, write_details, write_table


@pytest.mark.parametrize(
    "text, escaped",
    [
        ("a | b", r"a \| b"),
        ("`rm -rf`", r"\`rm -rf\`"),
        ("red \x1b[31malert", r"red \[31malert"),
        ("one\n# two\r\n\nthree", r"one \# two three"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("&lt;b>", "&amp;lt;b&gt;"),
        ("[here](http://x)", r"\[here\](http://<!-- -->x)"),
        ("www.x.org, GH-12, a#7", r"www<!-- -->.x.org, GH-<!-- -->12, a\#<!-- -->7"),
        ("gpj.\u202egnp half \ud83d", r"gpj.\[U+202E\]gnp half \[U+D83D\]"),
        (r"a \| b", r"a \\\| b"),
        ("**loud** _and_ ~~gone~~ $x$", r"\*\*loud\*\* \_and\_ \~\~gone\~\~ \$x\$"),
        ("ask @octocat, agent@v1", "ask @<!-- -->octocat, agent@v1"),
    ],
)
def test_text_of_others_stays_text(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_table_has_its_first_column_to_the_left() -> None:
    assert write_table(("what", "n"), [("cash", "3")]) == ["| what | n |", "| --- | ---: |", "| cash | 3 |"]


def test_numbers_stand_to_the_right_of_as_many_columns_as_are_named() -> None:
    assert write_table(("tier", "what", "n"), [], left=2)[1] == "| --- | --- | ---: |"


def test_no_line_ends_the_block_it_stands_in() -> None:
    assert write_block("a\n```\n~~~\n`````b\x1b") == [
        "``````text",
        "a",
        "```",
        "~~~",
        "`````b\u241b",
        "``````",
    ]


def test_markdown_inside_details_has_blank_lines_around_it() -> None:
    assert write_details("more", ["* a"]) == [
        "<details><summary>more</summary>",
        "",
        "* a",
        "",
        "</details>",
    ]
