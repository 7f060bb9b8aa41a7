"""Every message about a wrong key or value, as the user reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arc.errors import LoadError
from pytest_arc.loading import load_profile

Complain = Callable[..., str]


def test_every_problem_of_a_profile_is_reported_at_once(complain_of_profile: Complain) -> None:
    complaint = complain_of_profile("""
        arc: 1
        name: finance-agent
        target: {pyton: "x:y"}
        trails: 5
        trials: five
        prompt: hello
        min_pass_rate: 2
        tools:
          - spreadsheet_analyser
          - name: a b
            behavior: {kind: sqll}
          - name: q
            behavior: {kind: sql, conditionz: x}
        gates:
          reliability: {min: 1.5, on_inconclusive: ignore, confidance: 1}
        assumptions:
          - {id: a}
        """)

    assert complaint == (
        """\
agent.yaml:3:10: unknown target 'pyton' in profile 'finance-agent'
    target: {pyton: "x:y"}
             ^ did you mean 'python'?
agent.yaml:4:1: unknown key 'trails' in profile 'finance-agent'
    trails: 5
    ^ did you mean 'trials'?
agent.yaml:5:9: 'trials' must be a whole number, not the text 'five'
    trials: five
agent.yaml:6:1: unknown key 'prompt' in profile 'finance-agent'
    prompt: hello
    ^ did you mean 'system_prompt'?
agent.yaml:7:16: 'min_pass_rate' must be at most 1, not 2
    min_pass_rate: 2
agent.yaml:9:5: unknown tool 'spreadsheet_analyser' in profile 'finance-agent'
    - spreadsheet_analyser
      ^ did you mean 'spreadsheet_analyzer'?
agent.yaml:10:11: 'name' must be at most 64 letters, digits, '_' and '-', not the text 'a b'
    - name: a b
agent.yaml:11:22: unknown behavior 'sqll' in tools
    behavior: {kind: sqll}
                     ^ did you mean 'sql'?
agent.yaml:13:27: unknown key 'conditionz' in behavior
    behavior: {kind: sql, conditionz: x}
                          ^ did you mean 'conditions'?
agent.yaml:15:22: 'min' must be below 1, not 1.5
    reliability: {min: 1.5, on_inconclusive: ignore, confidance: 1}
agent.yaml:15:44: 'on_inconclusive' must be 'warn' or 'fail', not the text 'ignore'
    reliability: {min: 1.5, on_inconclusive: ignore, confidance: 1}
agent.yaml:15:52: unknown key 'confidance' in reliability
    reliability: {min: 1.5, on_inconclusive: ignore, confidance: 1}
                                                     ^ did you mean 'confidence'?
agent.yaml:17:5: 'text' is missing in entry 1 of 'assumptions'
    - {id: a}"""
    )


def test_every_problem_of_a_scenario_is_reported_at_once(complain: Complain) -> None:
    complaint = complain("""
        arc_scenarios: 1
        scenarios:
          - id: c/e
            user: x
            expect:
              - answer_contians: EUR
              - tolerance: 1
                answer_number: 3
              - calls: x
                gating: maybe
                match: atleast
              - answer_contains
              - answer_number: 3
                tolerence: 0.1
            faults:
              - tool: x
                kind: timeot
              - {tool: x, kind: error, on_call: 1, probability: 0.3}
        """)

    assert complaint == (
        """\
scenarios.yaml:6:9: unknown check 'answer_contians' in scenario 'c/e'
    - answer_contians: EUR
      ^ did you mean 'answer_contains'?
scenarios.yaml:7:9: unknown check 'tolerance' in scenario 'c/e'
    - tolerance: 1
      ^ the first key names the check: write 'answer_number' first
scenarios.yaml:10:17: 'gating' must be true or false, not the text 'maybe'
    gating: maybe
scenarios.yaml:11:16: 'match' must be 'at_least', 'exactly', 'at_most' or 'in_order', not the text 'atleast'
    match: atleast
           ^ did you mean 'at_least'?
scenarios.yaml:12:9: entry 4 of 'expect' must be a mapping, not the text 'answer_contains'
    - answer_contains
      ^ write 'answer_contains: ...' with what is expected
scenarios.yaml:14:9: unknown key 'tolerence' in check 'answer_number' of scenario 'c/e'
    tolerence: 0.1
    ^ did you mean 'tolerance'?
scenarios.yaml:17:15: 'kind' must be 'timeout', 'error', 'empty', 'malformed', 'slow', 'rate_limit',"""
        """ 'wrong_value' or 'prompt_injection', not the text 'timeot'
    kind: timeot
          ^ did you mean 'timeout'?
scenarios.yaml:18:9: give only one of on_call, on_calls, probability (entry 2 of 'faults' in scenario 'c/e')
    - {tool: x, kind: error, on_call: 1, probability: 0.3}"""
    )


def test_a_target_has_one_kind(complain_of_profile: Complain) -> None:
    assert complain_of_profile("""
        arc: 1
        name: a
        target:
          model: "openai:gpt-5-mini"
          base_url: http://127.0.0.1:9/v1
          http: http://127.0.0.1:9/chat
        """) == (
        "agent.yaml:6:3: a target is 'model' or 'http', not both (profile 'a')\n"
        "    http: http://127.0.0.1:9/chat\n"
        "    ^ leave out 'http' or 'model'"
    )
    assert complain_of_profile("arc: 1\nname: a\ntarget: {base_url: http://a/v1, settings: {}}\n") == (
        "agent.yaml:3:10: unknown target 'base_url' in profile 'a'\n"
        "    target: {base_url: http://a/v1, settings: {}}\n"
        "             ^ allowed: command, factory, http, langgraph, model, openai_agents, pydantic_ai,"
        " python, reference, replay"
    )
    assert complain_of_profile("arc: 1\nname: a\ntarget: {settings: {}, modell: x}\n") == (
        "agent.yaml:3:24: unknown target 'modell' in profile 'a'\n"
        "    target: {settings: {}, modell: x}\n"
        "                           ^ did you mean 'model'?"
    )
    assert complain_of_profile("arc: 1\nname: a\ntarget: {setings: {}, model: reference}\n") == (
        "agent.yaml:3:10: unknown key 'setings' in target\n"
        "    target: {setings: {}, model: reference}\n"
        "             ^ did you mean 'settings'?"
    )


def test_what_a_check_finds_wrong_in_its_options_is_one_located_sentence(complain: Complain) -> None:
    complaint = complain("""
        arc_scenarios: 1
        scenarios:
          - id: a
            user: x
            expect:
              - answer_matches: "["
              - state: "a[?"
                equals: 1
              - python: no_colon
        """)
    lines = [line for line in complaint.splitlines() if line.startswith("scenarios.yaml")]

    assert [line.split(": ")[0] for line in lines] == [
        "scenarios.yaml:6:25",
        "scenarios.yaml:7:16",
        "scenarios.yaml:9:17",
    ]
    assert lines[0].endswith("(check 'answer_matches' of scenario 'a')")
    assert lines[1].endswith("(check 'state' of scenario 'a')")


def test_unknown_key_without_a_near_miss_shows_what_is_allowed(complain: Complain) -> None:
    assert complain("""
        arc_scenarios: 1
        scenarios:
          - id: a
            user: x
            expect: [{answer_contains: x}]
            limits: {zzz: 1}
        """) == (
        "scenarios.yaml:6:14: unknown key 'zzz' in limits\n"
        "    limits: {zzz: 1}\n"
        "             ^ allowed: timeout_s, max_steps, agent_timeout_s, tool_timeout_s, user_timeout_s,"
        " judge_timeout_s"
    )


@pytest.mark.parametrize(
    "theirs, ours",
    [
        ("repeat", "trials"),
        ("epochs", "trials"),
        ("runs", "trials"),
        ("instructions", "system_prompt"),
        ("model", "target"),
        ("tests", "scenarios"),
        ("labels", "tags"),
        ("prompt_file", "system_prompt: {file: PATH}"),
    ],
)
def test_the_words_of_other_tools_are_known(complain_of_profile: Complain, theirs: str, ours: str) -> None:
    complaint = complain_of_profile(f"arc: 1\nname: a\ntarget: reference\n{theirs}: x\n")

    assert f"unknown key '{theirs}'" in complaint
    assert f"'{ours}'" in complaint


def test_missing_keys_are_named_with_an_example(complain: Complain, complain_of_profile: Complain) -> None:
    assert complain("arc_scenarios: 1\nscenarios:\n  - title: x\n").splitlines() == [
        "scenarios.yaml:3:5: 'expect' is missing in the scenario",
        "    - title: x",
        "      ^ say what must hold, for instance '- answer_contains: EUR'",
        "scenarios.yaml:3:5: 'id' is missing in the scenario",
        "    - title: x",
        "      ^ name the scenario, for instance 'id: currency/eur-invoices'",
        "scenarios.yaml:3:5: 'user' is missing in the scenario",
        "    - title: x",
        "      ^ say what the user says, for instance 'user: Total the invoices'",
    ]
    assert complain_of_profile("arc: 1\nname: a\n").splitlines()[0] == (
        "agent.yaml:1:1: 'target' is missing in profile 'a'"
    )


def test_prose_that_became_a_mapping_is_told_to_be_quoted(complain: Complain) -> None:
    assert complain("""
        arc_scenarios: 1
        scenarios:
          - id: a
            user:
              says:
                - Refund order: A-17
            expect: [{answer_contains: x}]
        """) == (
        "scenarios.yaml:6:11: entry 1 of 'says' must be text, not a mapping\n"
        "    - Refund order: A-17\n"
        "      ^ ': ' made a mapping of this: put the whole text in quotes"
    )


def test_empty_list_and_wrong_list_are_told_apart(complain: Complain) -> None:
    assert complain("""
        arc_scenarios: 1
        scenarios:
          - {id: a, user: x, expect: []}
          - {id: b, user: x, expect: 5}
        """) == (
        "scenarios.yaml:3:30: 'expect' must be a list with at least 1 entry, not an empty list\n"
        "    - {id: a, user: x, expect: []}\n"
        "scenarios.yaml:4:30: 'expect' must be a list, not 5\n"
        "    - {id: b, user: x, expect: 5}"
    )


def test_what_comes_later_is_said_and_never_ignored(folder: Path) -> None:
    Path("agent.yaml").write_text(
        "arc: 1\nname: a\ntarget: reference\nscenarios: {generate: {count: 5}}\n",
        encoding="utf-8",
    )
    with pytest.raises(LoadError) as caught:
        load_profile(Path("agent.yaml"))

    assert [problem.message for problem in caught.value.problems] == [
        "'generate' in scenarios is not supported yet",
    ]
    assert all(problem.unsupported for problem in caught.value.problems)


def test_what_comes_later_is_reported_beside_mistakes(complain: Complain) -> None:
    complaint = complain("""
        arc_scenarios: 1
        scenarios:
          - id: a
            user: Total it
            titel: x
            expect: [{answer_contains: x}]
            goals: [{id: read, calls: x}]
        """)

    assert "5:5: unknown key 'titel'" in complaint
    assert "7:5: 'goals' in scenario 'a' is not supported yet" in complaint
