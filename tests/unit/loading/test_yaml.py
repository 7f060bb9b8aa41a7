from __future__ import annotations

import contextlib
import json
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.errors import LoadError
from pytest_arc.loading.places import read_places
from pytest_arc.loading.source import Source
from pytest_arc.loading.yaml import Parsed, parse_yaml


def _parse(text: str, name: str = "a.yaml") -> Parsed:
    return parse_yaml(Source(name, dedent(text).lstrip("\n")))


def _complain(text: str, name: str = "a.yaml") -> str:
    """Everything that is wrong, one message a line, without source lines."""
    try:
        problems = _parse(text, name).problems
    except LoadError as error:
        problems = list(error.problems)
    return "\n".join(
        f"{p.line}:{p.column} {p.message}" + (f" -> {p.hint}" if p.hint else "") for p in sorted(problems)
    )


def test_data_is_plain_and_typed() -> None:
    parsed = _parse("""
        arc: 1
        name: a
        gates: {reliability: 0.85}
        tags: [x, "no", 'yes']
        empty:
        text: |
          two
          lines
        """)

    assert parsed.problems == []
    assert parsed.data == {
        "arc": 1,
        "name": "a",
        "gates": {"reliability": 0.85},
        "tags": ["x", "no", "yes"],
        "empty": None,
        "text": "two\nlines\n",
    }


def test_keys_are_texts() -> None:
    assert _parse("no: 1\n5: 2\ntrue: 3\n").data == {"no": 1, "5": 2, "true": 3}


def test_anchors_and_merge_keys_work() -> None:
    parsed = _parse("""
        base: &base {a: 1, b: 2}
        one:
          <<: *base
          b: 3
        two: {<<: [*base, {c: 4}], a: 0}
        """)

    assert parsed.data["one"] == {"a": 1, "b": 3}
    assert parsed.data["two"] == {"a": 0, "b": 2, "c": 4}


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("", "1:1 the file is empty", ""),
        ("# nothing\n", "1:1 the file is empty", ""),
        ("~\n", "1:1 the file is empty", ""),
        ("a:\n\tb: 1\n", "2:1 a tab is used to indent this line", "YAML is indented with spaces"),
        ("a: 1\n\tb: 2\n", "2:1 a tab is used to indent this line", "YAML is indented with spaces"),
        ("a: [1, 2\nb: 3\n", "2:2 '[' is not closed before this", "it is in line 1"),
        ("a: [\n", "2:1 a value is missing here, or a bracket is not closed", ""),
        ("a: 'x\n", "1:4 this quote is never closed", ""),
        ("a: 'it's'\n", "1:8 text after a closed quote", "put the whole text in one pair of quotes"),
        (
            "a:\n  - b\n c: d\n",
            "3:2 the indentation of this line fits no line above it",
            "line it up with its siblings",
        ),
        (
            "a: 1\n b: 2\n",
            "2:3 this key is indented deeper than the line above allows",
            "line it up with its siblings",
        ),
        (
            "foo bar\nbaz: 1\n",
            "2:4 the text before this key is neither 'key: value' nor an item of a list",
            "",
        ),
        (
            "a: - b\n",
            "1:4 '- ' cannot stand here",
            "begin the list on a line of its own, or put the text in quotes",
        ),
        ("a: 1\n---\nb: 2\n", "2:1 a second document begins here", "write one document in a file"),
        ("a: !x y\n", "1:4 unknown tag '!x'", "put a text that begins with ! in quotes"),
        ("a: !!python/name:os.system x\n", "1:4 tag 'os.system' is not allowed", ""),
        ("a: *b\n", "1:4 no '&b' stands before this '*b'", "put a text that begins with * in quotes"),
        ("a: &a [*a]\n", "1:8 '*a' stands inside of what it repeats", ""),
        ("<<: 5\n", "1:1 '<<' can only take over the keys of a mapping", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str, hint: str) -> None:
    assert _complain(text) == message + (f" -> {hint}" if hint else "")


@pytest.mark.parametrize(
    "line, message, hint",
    [
        (
            "- {say: in euros, not dollars}",
            "1:19 key 'not dollars' has no value",
            "inside {...} a comma ends a text: put the whole text in quotes",
        ),
        (
            "say: Refund order: A-17",
            "1:18 ': ' cannot stand inside an unquoted text",
            "put the whole text in quotes",
        ),
        (
            "- Refund the order # twice",
            "1:20 the text ends here: ' #' begins a comment",
            "put the text in quotes; or, for a comment, two spaces before the #",
        ),
        (
            "- order #17",
            "1:9 the text ends here: ' #' begins a comment",
            "put the text in quotes; or, for a comment, two spaces before the #",
        ),
        ("- @alice", "1:3 '@' cannot begin an unquoted text", "put the text in quotes"),
        ("- `x`", "1:3 '`' cannot begin an unquoted text", "put the text in quotes"),
        ("- %x", "1:3 '%' cannot begin an unquoted text", "put the text in quotes"),
        ("- *bold* text", "1:3 '*' cannot begin an unquoted text", "put the text in quotes"),
        ("- {{ total }}", "1:4 a key must be a text", "put a text that begins with { or [ in quotes"),
        (
            "- no",
            "1:3 unquoted, no means false to some YAML readers and a word to others",
            'write "no" in quotes, or false',
        ),
        ("- 0123", "1:3 unquoted, 0123 is the number 83 in YAML", 'write "0123" in quotes, or 83'),
        (
            "- 12:30:45",
            "1:3 unquoted, 12:30:45 is a number to the base of 60 in YAML",
            'write "12:30:45" in quotes',
        ),
    ],
)
def test_prose_in_a_trap_is_told_to_be_quoted(line: str, message: str, hint: str) -> None:
    assert _complain(line + "\n") == f"{message} -> {hint}"


@pytest.mark.parametrize(
    "line", ["trials: 5 # enough", "target: reference # short", "text: two words  # a comment", "a: 1"]
)
def test_comments_are_comments(line: str) -> None:
    assert _complain(line + "\n") == ""


def test_message_shows_the_line_and_points_into_it() -> None:
    parsed = _parse("user:\n  answers:\n    vat: no\n")

    assert str(parsed.problems[0]) == (
        "a.yaml:3:10: unquoted, no means false to some YAML readers and a word to others\n"
        "    vat: no\n"
        '         ^ write "no" in quotes, or false'
    )


def test_alias_bomb_is_defused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]

    assert _complain("\n".join(lines)) == "5:45 aliases repeat more than 100,000 values"


def test_depth_is_bounded() -> None:
    assert _complain("[" * 5000) == "1:62 more than 60 mappings and lists inside each other"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz", max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_json_is_read_as_json(value: Any, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps({"value": value}, ensure_ascii=ascii_only, indent=indent)

    assert parse_yaml(Source("a.json", text)).data == {"value": value}


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    source = Source("a.yaml", "".join(c for c in text if c.isprintable() or c == "\n"))
    with contextlib.suppress(LoadError):
        read_places(parse_yaml(source))


def test_places_of_keys_and_values_are_known() -> None:
    root = read_places(_parse("a: 1\nlist:\n  - x\n  - {k: v}\n"))
    entry = root.find("list")

    assert entry is not None
    assert (entry.key_line, entry.key_column, entry.line, entry.column) == (2, 1, 3, 3)
    second = entry.find(1)
    value = second and second.find("k")
    assert value is not None
    assert (value.key_line, value.key_column, value.line, value.column) == (4, 6, 4, 9)


def test_lines_of_list_items_are_known_without_all_places() -> None:
    parsed = _parse("a: 1\nscenarios:\n  - x: 1\n    y: 2\n\n  - x: 2\n")

    assert parsed.item_lines == {"scenarios": [3, 6]}
    assert parsed.places is None
