"""`quarantine.yaml`, with every message as the user reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.quarantine import Quarantine
from pytest_arc.errors import LoadError
from pytest_arc.loading.quarantine import (
    apply_quarantine,
    explain_expired,
    find_overfull,
    find_strangers,
    load_quarantine,
)

Write = Callable[[str, str], Path]
PlanAgent = Callable[..., AgentPlan]

TODAY = date(2026, 11, 30)
SUITE = {"bot": [f"s/{n}" for n in range(20)]}


def _write_entries(write: Write, *scenarios: str, **keys: str) -> Quarantine:
    options = {"owner": "ada", "reason": "unstable", "since": "2026-11-21", "expires": "2026-12-05", **keys}
    written = "".join(f"    {key}: {value}\n" for key, value in options.items())
    entries = "".join(f"  - scenario: {scenario}\n{written}" for scenario in scenarios)
    write("quarantine.yaml", f"arc_quarantine: 1\nentries:\n{entries}")
    return load_quarantine(Path())


def _complain(write: Write, text: str) -> str:
    write("quarantine.yaml", text)
    with pytest.raises(LoadError) as caught:
        load_quarantine(Path())
    return str(caught.value)


def test_without_a_file_nothing_is_set_aside(folder: Path) -> None:
    assert load_quarantine(folder) == Quarantine(arc_quarantine=1)


def test_an_entry_holds_through_its_last_day(write: Write) -> None:
    quarantine = _write_entries(write, "s/1", expires="2026-11-30")

    assert quarantine.active("bot", TODAY) == {"s/1"}
    assert quarantine.expired("bot", TODAY) == ()
    assert quarantine.active("bot", date(2026, 12, 1)) == frozenset()
    assert quarantine.expired("bot", date(2026, 12, 1)) == quarantine.entries


def test_an_entry_with_an_agent_concerns_no_other(write: Write) -> None:
    quarantine = _write_entries(write, "s/1", agent="bot", expires="2026-11-30")

    assert quarantine.active("bot", TODAY)
    assert not quarantine.active("other", TODAY)
    assert not quarantine.expired("other", date(2026, 12, 1))


def test_every_problem_is_reported_at_once_with_its_place(write: Write) -> None:
    complaint = _complain(
        write,
        """
        arc_quarantine: 2
        entires: []
        entries:
          - scenario: a
            reason: " "
            since: 2026-11-21
            expires: 2026-11-20
          - scenario: b
            ownr: ada
            owner: ada
            reason: two right answers
            since: today
            expires: 20261205
        """,
    )

    assert (
        complaint
        == """\
quarantine.yaml:1:17: 'arc_quarantine' must be 1, not 2
    arc_quarantine: 2
quarantine.yaml:2:1: unknown key 'entires' in the quarantine
    entires: []
    ^ did you mean 'entries'?
quarantine.yaml:4:5: 'owner' is missing in entry 1 of 'entries'
    - scenario: a
      ^ say who sees to it that the scenario comes back
quarantine.yaml:5:13: 'reason' must be some text, not the text ' '
    reason: " "
quarantine.yaml:7:14: 'expires: 2026-11-20' is before 'since: 2026-11-21' ('expires' in entries)
    expires: 2026-11-20
quarantine.yaml:9:5: unknown key 'ownr' in entries
    ownr: ada
    ^ did you mean 'owner'?
quarantine.yaml:12:12: 'since' must be a date such as 2026-12-05, not the text 'today'
    since: today
quarantine.yaml:13:14: 'expires' must be a date such as 2026-12-05, not 20261205
    expires: 20261205"""
    )


def test_a_day_that_no_calendar_has_is_no_date(write: Write) -> None:
    with pytest.raises(LoadError, match=r"'expires' must be a date .* not the text '2026-11-31'"):
        _write_entries(write, "a", expires="2026-11-31")


def test_an_owner_that_begins_with_an_at_sign_needs_quotes(write: Write) -> None:
    with pytest.raises(LoadError) as caught:
        _write_entries(write, "a", owner="@ada")

    assert str(caught.value) == (
        "quarantine.yaml:4:12: '@' cannot begin an unquoted text\n"
        "    owner: @ada\n"
        "           ^ put the text in quotes"
    )


def test_a_scenario_is_set_aside_once(write: Write) -> None:
    with pytest.raises(LoadError) as caught:
        _write_entries(write, "a", "b", "a")

    assert str(caught.value) == (
        "quarantine.yaml:13:15: scenario 'a' is set aside twice\n"
        "    - scenario: a\n"
        "                ^ also in line 3"
    )


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "1:1: the file is empty"),
        ("- scenario: a\n", "1:1: a quarantine must be a mapping of keys, not a list"),
        ("entries: []\n", "1:1: 'arc_quarantine' is missing in the quarantine"),
        ("arc_quarantine: 1\nentries:\n", "2:9: 'entries' must be a list, not empty"),
    ],
)
def test_a_file_of_another_form_is_told_so(write: Write, text: str, message: str) -> None:
    assert _complain(write, text).splitlines()[0] == f"quarantine.yaml:{message}"


def test_a_tenth_of_a_suite_may_be_set_aside(write: Write) -> None:
    quarantine = _write_entries(write, "s/1", "s/2")

    assert find_overfull(Path(), quarantine, SUITE, TODAY) == []


def test_more_than_a_tenth_of_a_suite_is_a_problem(write: Write) -> None:
    quarantine = _write_entries(write, "s/1", "s/2", "s/3", "s/4")

    (problem,) = find_overfull(Path(), quarantine, SUITE, TODAY)
    assert str(problem) == (
        "quarantine.yaml:13:15: 4 of 20 scenarios of agent 'bot' are set aside\n"
        "    - scenario: s/3\n"
        "                ^ at most 10 % may be, here 2: a gate over the rest would mean little"
    )


def test_what_has_expired_or_is_in_no_suite_takes_no_room(write: Write) -> None:
    quarantine = _write_entries(write, "s/1", "s/2", "s/3")

    assert find_overfull(Path(), quarantine, SUITE, date(2027, 1, 1)) == []
    assert find_overfull(Path(), quarantine, {"bot": SUITE["bot"][3:]}, TODAY) == []


def test_in_a_suite_below_ten_nothing_may_be_set_aside(write: Write) -> None:
    quarantine = _write_entries(write, "s/1")

    (problem,) = find_overfull(Path(), quarantine, {"bot": SUITE["bot"][:9]}, TODAY)
    assert problem.hint == "at most 10 % may be, here none: a gate over the rest would mean little"


@pytest.mark.parametrize(
    "scenario, keys, remark",
    [
        ("s/1", {}, ""),
        ("s/1", {"agent": "bot"}, ""),
        ("s/111", {}, "no agent here has a scenario 's/111'; did you mean 's/11'?"),
        ("x", {"agent": "bot"}, "agent 'bot' has no scenario 'x'; "),
        ("s/1", {"agent": "bott"}, "no agent here is named 'bott'; did you mean 'bot'?"),
        ("x", {"agent": "other"}, ""),
    ],
)
def test_an_entry_that_sets_nothing_aside_is_remarked_on(
    write: Write, scenario: str, keys: dict[str, str], remark: str
) -> None:
    quarantine = _write_entries(write, scenario, **keys)

    remarks = find_strangers(Path(), quarantine, SUITE)

    assert [f"{r.message}; {r.hint}" for r in remarks] == ([remark] if remark else [])
    assert all(r.path == "quarantine.yaml" and r.line >= 3 for r in remarks)


def test_an_expired_entry_says_who_and_what_to_do(write: Write) -> None:
    (entry,) = _write_entries(write, "s/1").entries

    assert explain_expired(entry) == (
        "the quarantine of s/1 (owner ada) expired on 2026-12-05: the regression gate counts it again."
        " Take the entry out: arc quarantine rm s/1"
    )


def test_an_agent_hears_of_its_own_scenarios_only(write: Write, plan_bot: PlanAgent) -> None:
    _write_entries(write, "s/1", "strange")
    agent = plan_bot(dict.fromkeys(SUITE["bot"], "pass"), version="v2")

    (applied,) = apply_quarantine(Path(), [agent], TODAY).items()
    assert (applied[0], applied[1].scenarios, applied[1].notes) == ("bot@v2", {"s/1"}, ())

    (later,) = apply_quarantine(Path(), [agent], date(2027, 1, 1)).values()
    assert later.scenarios == frozenset()
    assert [note.partition(" expired on ")[0] for note in later.notes] == [
        "the quarantine of s/1 (owner ada)"
    ]


def test_a_run_with_too_much_set_aside_is_not_begun(write: Write, plan_bot: PlanAgent) -> None:
    _write_entries(write, "s/1", "s/2", "s/3")

    with pytest.raises(LoadError, match="3 of 20 scenarios of agent 'bot' are set aside"):
        apply_quarantine(Path(), [plan_bot(dict.fromkeys(SUITE["bot"], "pass"))], TODAY)
