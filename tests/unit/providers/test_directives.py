"""Sentences that the authors of the tables made up while they wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arc.providers.reference import DEFAULTS, read_directives

WRITTEN = (Path(__file__).parent / "data" / "directives_dev.txt").read_text(encoding="utf-8")
SENTENCES = [line.split(" | ", 1) for line in WRITTEN.splitlines() if line and not line.startswith("#")]


def read(text: str) -> dict[str, str]:
    return {slot: directive.value for slot, directive in read_directives(text).settled.items()}


def agrees(key: str, found: dict[str, str]) -> bool:
    wanted = dict(part.split("=") for part in key.split()) if key != "-" else {}
    return found.keys() == wanted.keys() and all(found[slot] in wanted[slot].split("/") for slot in wanted)


def test_nearly_all_sentences_of_the_development_set_are_read_right() -> None:
    wrong = [text for key, text in SENTENCES if not agrees(key, read(text))]
    assert len(wrong) <= 0.04 * len(SENTENCES), "\n".join(wrong)


def test_the_last_directive_holds() -> None:
    assert read("Assume amounts are in USD. If no currency is stated, assume EUR.") == {
        "unstated_currency": "assume:EUR"
    }


def test_a_wish_does_not_override_a_rule() -> None:
    reading = read_directives("Never round amounts. Preferably, round to two decimals.")
    assert reading.value("rounding") == "exact"
    assert [d.strength for d in reading.found] == ["must", "should"]


def test_contradictions_are_listed_in_pairs() -> None:
    reading = read_directives("Round to two decimals. Be brief. Round to whole numbers.")
    assert [(one.value, held.value) for one, held in reading.contradictions] == [("2", "whole")]


def test_what_the_prompt_leaves_open_is_done_as_an_inattentive_model_does_it() -> None:
    reading = read_directives("You are a finance assistant.")
    assert reading.found == ()
    assert {slot: reading.value(slot) for slot in DEFAULTS} == DEFAULTS


def test_what_to_do_after_a_retry_is_no_second_rule() -> None:
    assert read("If a tool fails, retry twice. If it still fails, tell the user.") == {
        "tool_failure": "retry:2"
    }


def test_a_pronoun_stands_for_what_the_sentence_before_spoke_of() -> None:
    assert read("Some files mix several currencies. Keep them apart.") == {"mixed_currencies": "separate"}


@pytest.mark.parametrize(
    "said",
    [
        "Rounding is a luxury.",
        "We frown on rounding to whole euros.",
        "Asking when a period is missing is a nuisance.",
        "Agents that refuse requests outside finance get switched off.",
        "When two sources conflict, never report only one of them.",
        "It would be rash to assume dollars.",
        "Never tire of citing your sources.",
        "We advise against rounding.",
        "The unit may be left off only in tables.",
        "You may ask for missing details, but you had better not.",
        "Never assume dollars: the header has the answer.",
        "Two decimals look fussy: whole numbers will do.",
    ],
)
def test_a_sentence_that_leaves_doubt_which_value_it_means_is_left_unread(said: str) -> None:
    assert read(said) == {}


@pytest.mark.parametrize(
    "said, value",
    [
        ("Putting the month before the day is a mistake.", {"date_order": "day_first"}),
        ("Spare us converting mixed currencies into euros.", {"mixed_currencies": "separate"}),
        ("You cannot cite your sources too often.", {"source_citing": "cite"}),
        ("Do not fail to cite your sources.", {"source_citing": "cite"}),
        ("On no account ask about missing details.", {"missing_detail": "assume"}),
        ("Report a failed call rather than carry on without it.", {"tool_failure": "report"}),
    ],
)
def test_what_a_sentence_forbids_is_not_read_as_ordered(said: str, value: dict[str, str]) -> None:
    assert read(said) == value


def test_what_the_user_decides_is_not_ordered() -> None:
    assert read("When sources disagree, let the user pick which one to trust.") == {"conflicting_data": "ask"}


def test_a_condition_that_names_a_fault_does_not_turn_the_order_round() -> None:
    assert read("Use your best judgement where instructions are incomplete.") == {"missing_detail": "assume"}


@pytest.mark.parametrize(
    "said, meant",
    [
        ("You should always cite your sources.", "must"),
        ("Where possible, cite your sources.", "should"),
        ("Cite your sources.", "must"),
    ],
)
def test_strength(said: str, meant: str) -> None:
    assert read_directives(said).found[0].strength == meant
