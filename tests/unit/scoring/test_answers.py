"""Checks on what the agent said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arc.domain.score import Evidence, Finding

Find = Callable[..., Finding]
Happen = Callable[..., Evidence]
Reject = Callable[..., str]


def test_text_is_found_whatever_its_case_and_typography(find: Find) -> None:
    assert find("The total is 12\u00a0eur", answer_contains="12 EUR").passed


def test_text_is_found_as_a_whole_word_only(find: Find) -> None:
    finding = find("Sales in Europe rose", answer_contains="EUR")

    assert finding.passed is False
    assert finding.reason == "the answer does not contain 'EUR'; it said 'Sales in Europe rose'"


def test_case_counts_when_the_check_says_so(find: Find) -> None:
    assert not find("total in eur", answer_contains="EUR", ignore_case=False).passed


def test_every_text_of_a_list_must_be_there(find: Find) -> None:
    finding = find("A-02 and A-03", answer_contains=["A-02", "A-03", "A-04"])

    assert finding.passed is False
    assert "'A-04'" in finding.reason
    assert "'A-02'" not in finding.reason


def test_whole_number_is_looked_for_as_text(find: Find) -> None:
    assert find("There are 42 of them", answer_contains=42).passed


def test_decimal_number_must_be_quoted_because_yaml_drops_its_zeros(reject: Reject) -> None:
    assert "answer_number" in reject(answer_contains=998.00)


@pytest.mark.parametrize("text", ["", "  ", []])
def test_looking_for_nothing_is_rejected(reject: Reject, text: object) -> None:
    assert reject(answer_contains=text)


def test_excluded_text_fails_the_check(find: Find) -> None:
    finding = find("It is $5", answer_excludes=["EUR", "$"])

    assert finding == Finding(False, "the answer contains '$', which it must not")


def test_last_message_is_looked_at_unless_any_will_do(find: Find, happen: Happen) -> None:
    said = happen("In EUR then", "Done")

    assert not find(said, answer_contains="EUR").passed
    assert find(said, answer_contains="EUR", in_="any").passed
    assert find(said, answer_excludes="EUR").passed
    assert not find(said, answer_excludes="EUR", in_="any").passed


def test_silent_agent_contains_nothing_and_excludes_everything(find: Find, happen: Happen) -> None:
    assert find(happen(), answer_contains="EUR") == Finding(False, "the agent gave no answer")
    assert find(happen(), answer_excludes="EUR").passed


def test_equal_means_the_whole_answer(find: Find) -> None:
    assert find(" Approved\n", answer_equals="approved").passed
    assert not find("Approved, I think", answer_equals="approved").passed


def test_pattern_is_found_anywhere(find: Find) -> None:
    finding = find("See INV-1042.", answer_matches=r"INV-\d{4}")

    assert finding.reason == "the answer matches 'INV-\\d{4}': 'INV-1042'"
    assert not find("See INV-10.", answer_matches=r"INV-\d{4}").passed


def test_broken_pattern_is_rejected_with_its_place(reject: Reject) -> None:
    message = reject(answer_matches="total (eur")

    assert "not a regular expression: missing ), unterminated subpattern at character 7" in message


def test_pattern_is_searched_in_a_bounded_part_of_a_text_and_the_reason_says_so(find: Find) -> None:
    finding = find("x" * 20_000 + " EUR", answer_matches="EUR")

    assert finding.passed is False
    assert "in its first 20,000 characters" in finding.reason


SCHEMA = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}


@pytest.mark.parametrize(
    "answer",
    [
        '{"total": 12.5}',
        'Here it is:\n\n```json\n{"total": 12.5}\n```\nAnything else?',
        '```\r\n{"total": 12.5}\r\n```',
        '```json\n{"note": 1}\n```\nand\n```json\n{"total": 1}\n```',
    ],
)
def test_json_is_the_answer_or_stands_in_a_fenced_block(find: Find, answer: str) -> None:
    assert find(answer, answer_json=SCHEMA).passed


@pytest.mark.parametrize(
    "answer, reason",
    [
        ('{"total": "12"}', "the JSON in the answer does not fit: total: '12' is not of type 'number'"),
        ('{"sum": 12}', "the JSON in the answer does not fit: 'total' is a required property"),
        ("Twelve", "the answer is not JSON and has no block of JSON; it said 'Twelve'"),
        ('{"total": NaN}', "the answer is not JSON and has no block of JSON; it said '{\"total\": NaN}'"),
    ],
)
def test_answer_that_does_not_fit_says_where(find: Find, answer: str, reason: str) -> None:
    assert find(answer, answer_json=SCHEMA) == Finding(False, reason)


def test_any_json_fits_true(find: Find) -> None:
    assert find("[1, 2]", answer_json=True).passed
    assert not find("one, two", answer_json=True).passed


@pytest.mark.parametrize("answer", ["[" * 100_000, "1e999", '{"total": ' * 400 + "1" + "}" * 400])
def test_no_answer_can_break_the_json_check(find: Find, answer: str) -> None:
    nested = {"properties": {"total": {"$ref": "#"}}, "multipleOf": 0.1}

    assert find(answer, answer_json=nested).passed in (True, False)


@pytest.mark.parametrize(
    "schema, message",
    [
        ({"type": "numbr"}, "not a JSON Schema: type: 'numbr' is not valid"),
        ({"$ref": "https://example.org/total.json"}, "only references inside it"),
        ({"$ref": "#/$defs/total"}, "'#/$defs/total', which is not in it"),
    ],
)
def test_broken_schema_is_rejected(reject: Reject, schema: object, message: str) -> None:
    assert message in reject(answer_json=schema)


def test_reference_inside_the_schema_is_followed(find: Find) -> None:
    schema = {"$ref": "#/$defs/total", "$defs": {"total": {"type": "integer"}}}

    assert find("12", answer_json=schema).passed
    assert not find('"12"', answer_json=schema).passed


def test_question_in_any_message_counts(find: Find, happen: Happen) -> None:
    said = happen("Which currency are the invoices in?", "Thank you. The total is 5 EUR.")

    assert find(said, asks="currency").passed


def test_failed_asks_says_what_was_asked_instead(find: Find, happen: Happen) -> None:
    assert (
        find("The total is 5.", asks="currency").reason == "it did not ask about 'currency'; it asked nothing"
    )
    finding = find("Which quarter do you mean?", asks="currency")
    assert finding.reason == "it did not ask about 'currency'; it asked 'Which quarter do you mean?'"


def test_topic_without_a_word_is_rejected(reject: Reject) -> None:
    assert "no word to look for" in reject(asks="the")
