"""When two calls are the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.domain.expressions import read_path
from pytest_arc.providers.cassettes.requests import canonicalize_http, list_differences, remove_ignored

URL = "http://127.0.0.1/v1/chat"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


def test_order_of_keys_and_charset_do_not_count() -> None:
    one = canonicalize_http("post", URL, "application/json", b'{"a": 1, "b": 2}')
    other = canonicalize_http("POST", URL, "Application/JSON; charset=utf-8", b'{"b":2,"a":1}')
    assert one == other


def test_boundary_of_a_form_does_not_count() -> None:
    def send(boundary: str) -> Any:
        body = f"--{boundary}\r\n\r\ninvoice\r\n--{boundary}--".encode()
        return canonicalize_http("POST", URL, f'multipart/form-data; boundary="{boundary}"', body)

    assert send("f00d") == send("beef")


def test_bytes_that_are_no_text_count_by_their_hash() -> None:
    def send(body: bytes) -> Any:
        return canonicalize_http("POST", URL, "image/png", body)

    assert send(b"\xff\x00") == send(b"\xff\x00") != send(b"\xff\x01")


@pytest.mark.parametrize(
    "path, left",
    [
        ("body.sent_at", {"body": {"items": [{"id": 1, "n": {"id": 2}}, {"n": {}}]}}),
        ("body.items[*].id", {"body": {"sent_at": 1, "items": [{"n": {"id": 2}}, {"n": {}}]}}),
        ("body.items[0].n.id", {"body": {"sent_at": 1, "items": [{"id": 1, "n": {}}, {"n": {}}]}}),
        ("body.items[-1]", {"body": {"sent_at": 1, "items": [{"id": 1, "n": {"id": 2}}, None]}}),
        ("body.items[*]", {"body": {"sent_at": 1, "items": [None, None]}}),
        ("body.items[*].*.id", {"body": {"sent_at": 1, "items": [{"id": 1, "n": {}}, {"n": {}}]}}),
        ("body.*", {"body": {}}),
        ("nothing.here[3]", None),
    ],
)
def test_what_is_ignored_is_taken_out(path: str, left: Any) -> None:
    request = {"body": {"sent_at": 1, "items": [{"id": 1, "n": {"id": 2}}, {"n": {}}]}}
    expected = copy.deepcopy(request) if left is None else left
    assert remove_ignored(request, [read_path(path)]) == expected


@pytest.mark.parametrize("path", ["length(@)", "a[?b]", "a || b", "a[0:2]"])
def test_expression_that_names_no_place_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path: keys, indices and"):
        read_path(path)


@given(JSON, JSON)
def test_there_are_differences_just_where_values_differ(one: Any, other: Any) -> None:
    assert bool(list(list_differences(one, other))) == (one != other)


def test_long_texts_are_shown_where_they_part() -> None:
    recorded = {"body": {"messages": [{"content": "x" * 100 + "Q1" + "y" * 100}]}}
    asked = {"body": {"messages": [{"content": "x" * 100 + "Q2" + "y" * 100}], "top": 1}}
    first, second = list_differences(recorded, asked)
    assert first.startswith("body.messages[0].content: '... xxxxxxxxxxxxxx")
    assert "Q1" in first
    assert "Q2" in first
    assert second == "body.top: nothing is recorded, 1 is asked"
