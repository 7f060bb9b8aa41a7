from __future__ import annotations

import hashlib
import math
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.fingerprint import canonicalize, derive_seed, fingerprint, stream

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_canonical_json_is_compact_and_sorted():
    assert canonicalize({"b": [1, 2.5], "a": {"d": None, "c": "é"}}) == (
        '{"a":{"c":"\\u00e9","d":null},"b":[1,2.5]}'
    )


def test_a_fingerprint_is_the_sha256_of_the_canonical_text():
    assert fingerprint({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@given(st.dictionaries(st.text(), JSON))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]):
    assert fingerprint(dict(reversed(value.items()))) == fingerprint(value)


def test_values_of_python_are_written_as_their_text():
    value = {"rate": Decimal("1.10"), "day": date(2026, 1, 3), "pair": ("EUR", "USD"), "tags": {"b", "a"}}

    assert canonicalize(value) == ('{"day":"2026-01-03","pair":["EUR","USD"],"rate":"1.10","tags":["a","b"]}')


def test_what_has_no_canonical_text_is_refused():
    with pytest.raises(TypeError, match="object has no canonical JSON"):
        fingerprint(object())


def test_half_a_surrogate_pair_from_a_model_can_be_hashed():
    assert canonicalize("\ud83d") == '"\\ud83d"'


def test_a_seed_is_the_first_eight_bytes_of_the_hash_of_its_parts():
    digest = hashlib.sha256(b'["trial",1,0,"a/b",3]').digest()

    assert derive_seed("trial", 1, 0, "a/b", 3) == int.from_bytes(digest[:8], "big")


def test_where_one_part_ends_and_the_next_begins_matters():
    assert derive_seed("ab", "c") != derive_seed("a", "bc")


def test_equal_streams_draw_equal_numbers():
    first, again = stream(7, "fault", "x"), stream(7, "fault", "x")

    assert [first.random() for _ in range(5)] == [again.random() for _ in range(5)]


def test_draws_from_one_stream_leave_another_alone():
    alone = stream(7, "latency").random()
    stream(7, "fault").random()

    assert stream(7, "latency").random() == alone
    assert stream(8, "latency").random() != alone


@given(st.integers(0, 2**64 - 1), st.text())
def test_a_draw_lies_in_the_half_open_unit_interval(seed: int, purpose: str):
    assert 0 <= stream(seed, purpose).random() < 1


def test_draws_are_uniform_within_and_across_streams():
    one = stream(0, "u")
    within = [one.random() for _ in range(4000)]
    across = [stream(seed, "u").random() for seed in range(4000)]

    for draws in (within, across):
        counts = [sum(int(u * 10) == tenth for u in draws) for tenth in range(10)]
        chi_squared = sum((count - 400) ** 2 / 400 for count in counts)
        assert chi_squared < 27.9  # the .999 quantile at 9 degrees of freedom


def test_a_choice_can_be_every_option():
    draws = stream(0, "phrase")

    assert {draws.choice("abc") for _ in range(100)} == {"a", "b", "c"}


def test_normal_draws_have_mean_0_and_deviation_1():
    draws = stream(0, "latency")
    values = [draws.normal() for _ in range(4000)]

    mean = sum(values) / len(values)
    deviation = math.sqrt(sum(v * v for v in values) / len(values) - mean**2)
    assert mean == pytest.approx(0, abs=0.06)
    assert deviation == pytest.approx(1, abs=0.05)
