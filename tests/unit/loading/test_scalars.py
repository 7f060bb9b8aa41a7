from __future__ import annotations

import copy
import json
import pickle

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.loading.scalars import Written, explain_ambiguity, read_plain


@pytest.mark.parametrize(
    "text, value",
    [
        ("", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("17", 17),
        ("-17", -17),
        ("0", 0),
        ("2.5", 2.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("word", "word"),
        ("2026-01-31", "2026-01-31"),
        ("+4915112345678", "+4915112345678"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        (".inf", ".inf"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
    ],
)
def test_unquoted_text_means_what_json_would_mean(text: str, value: object) -> None:
    read = read_plain(text)

    assert read == value
    assert type(read) in (type(value), Written)


@pytest.mark.parametrize("text", ["998.00", "1.10", "1e3", "0.0100"])
def test_number_remembers_its_spelling(text: str) -> None:
    number = read_plain(text)

    assert str(number) == text
    assert number == float(text)
    assert json.dumps(number) == json.dumps(float(text))


def test_spelling_survives_copies_and_processes() -> None:
    number = Written("998.00")

    assert str(copy.deepcopy(number)) == "998.00"
    assert str(pickle.loads(pickle.dumps(number))) == "998.00"


@pytest.mark.parametrize("text", "yes no on off Yes NO On OFF 0123 -010 00 12:30:45 190:20 1:30.5".split())
def test_text_that_yaml_readers_take_differently_is_ambiguous(text: str) -> None:
    assert explain_ambiguity(text) is not None


@pytest.mark.parametrize(
    "text", ["true", "0", "10", "0.5", "north", "y", "12:75", "a:1", "2026-01-31", "089"]
)
def test_text_that_can_be_told_is_not_ambiguous(text: str) -> None:
    assert explain_ambiguity(text) is None


@given(st.from_regex(r"[-+0-9:.a-zA-Z]{1,8}", fullmatch=True))
def test_whatever_yaml_1_1_takes_for_a_bool_or_a_number_is_read_so_or_ambiguous_or_text(text: str) -> None:
    """Never another number, never another truth value."""
    try:
        theirs = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return
    ours = read_plain(text)
    if isinstance(ours, str) or explain_ambiguity(text):
        return

    assert ours == theirs or (isinstance(theirs, str) and "e" in text.lower())
