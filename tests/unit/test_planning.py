from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, derive_trial_seed, list_trials
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError
from pytest_arc.planning import make_plan

PlanAgent = Callable[..., AgentPlan]


def test_every_scenario_of_an_agent_is_a_case_with_the_agents_trials(plan_bot: PlanAgent) -> None:
    agent = plan_bot({"a": "pass", "b": "pass"}, trials=3)
    assert [(case.id, case.trials) for case in agent.cases] == [("bot/a", 3), ("bot/b", 3)]


def test_settings_win_over_the_scenario_and_the_scenario_over_the_profile(plan_bot: PlanAgent) -> None:
    scenarios = {"a": {"user": "pass", "trials": 7}, "b": "pass"}
    assert [case.trials for case in plan_bot(scenarios, trials=5).cases] == [7, 5]
    assert [case.trials for case in plan_bot(scenarios, Settings(trials=2), trials=5).cases] == [2, 2]


def test_limits_of_a_scenario_replace_only_what_they_name(plan_bot: PlanAgent) -> None:
    (case,) = plan_bot({"a": {"user": "pass", "limits": {"max_steps": 3}}}, limits={"timeout_s": 9}).cases
    assert (case.limits.timeout_s, case.limits.max_steps) == (9, 3)


def test_all_problems_are_reported_at_once_with_their_place(plan_bot: PlanAgent) -> None:
    scenarios = {
        "a": {"user": "pass", "trials": 2},
        "b": {"user": "pass", "faults": [{"tool": "printer", "kind": "error"}]},
        "c": {"user": "pass", "expect": [{"max_tokens": 100}]},
    }
    with pytest.raises(LoadError) as caught:
        plan_bot(scenarios, trials=5)
    assert [problem.line for problem in caught.value.problems] == [3, 4, 5]
    text = str(caught.value)
    assert "'trials: 2' is below the 5 trials of the agent" in text
    assert "names the tool 'printer', which the agent does not have" in text
    assert "'max_tokens' needs usage (tokens, cost); target python shows none" in text
    assert "'reports_usage: true' promises that the agent counts it (context.count_usage)" in text


def test_an_agent_with_tools_of_its_own_is_told_what_to_do_about_simulated_ones(plan_bot: PlanAgent) -> None:
    fault = {"user": "pass", "faults": [{"tool": "printer", "kind": "error"}]}
    state = {"user": "pass", "expect": [{"state": "calls.printer", "equals": 1}]}
    with pytest.raises(LoadError) as caught:
        plan_bot({"a": fault, "b": state}, target={"http": {"url": "http://localhost"}})
    expected = """
        scenarios.yaml:3:1: scenario 'a': faults need simulated tools, and target http brings its own
            keep scenarios with faults in a file that this agent does not include
        scenarios.yaml:4:1: scenario 'b': 'state' needs simulated tools, and target http has none
            'if_observed: true' leaves it unmeasured
    """
    assert str(caught.value) == textwrap.dedent(expected).strip()


def test_what_is_not_observed_may_be_left_unmeasured(plan_bot: PlanAgent) -> None:
    check = {"max_tokens": 100, "if_observed": True}
    assert plan_bot({"a": {"user": "pass", "expect": [check]}}).cases


def test_an_agent_that_cannot_be_imported_is_a_problem_of_its_profile(plan_bot: PlanAgent) -> None:
    with pytest.raises(LoadError, match=r"^bot\.yaml: agent 'bot': cannot import 'bots_in_code:agnt'"):
        plan_bot({"a": "pass"}, target={"python": "bots_in_code:agnt"})


def test_two_agents_of_one_id_are_rejected(plan_bot: PlanAgent) -> None:
    one = plan_bot({"a": "pass"})
    other = AgentPlan(one.profile, "other.yaml", one.cases, one.trials, one.max_trials)
    with pytest.raises(LoadError, match=r"other\.yaml: agent 'bot' is described in bot\.yaml already"):
        make_plan([one, other])


def test_trials_are_listed_case_by_case_and_skipped_cases_have_none(plan_bot: PlanAgent) -> None:
    agent = plan_bot({"a": "pass", "b": {"user": "pass", "skip": "later"}, "c": "pass"}, trials=2)
    plan = make_plan([agent])
    assert [(spec.case.scenario.id, spec.trial) for spec in list_trials(plan)] == [
        ("a", 1),
        ("a", 2),
        ("c", 1),
        ("c", 2),
    ]


def test_one_trial_alone_has_the_seed_it_has_among_all(plan_bot: PlanAgent) -> None:
    plan = make_plan([plan_bot({"a": "pass"}, trials=5)], seed=3)
    (alone,) = list_trials(plan, only_trial=4)
    assert alone in list_trials(plan)


def test_only_selected_cases_are_run(plan_bot: PlanAgent) -> None:
    plan = make_plan([plan_bot({"a": "pass", "b": "pass"})], selected=["bot/b"])
    assert [case.id for case in plan.cases] == ["bot/b"]


def test_versions_of_an_agent_meet_the_same_seeds(plan_bot: PlanAgent) -> None:
    def list_seeds(**profile: Any) -> list[int]:
        plan = make_plan([plan_bot({"a": "pass"}, **profile)])
        return [spec.seed for spec in list_trials(plan)]

    assert list_seeds(version="v1") == list_seeds(version="v2", system_prompt="Be careful")


def test_seeds_differ_by_run_scenario_and_trial_and_never_change() -> None:
    seeds = {derive_trial_seed(r, s, t) for r in (0, 1) for s in ("a", "a[1]") for t in (1, 2)}
    assert len(seeds) == 8
    # Recorded: another value would give every user's runs other faults.
    assert derive_trial_seed(0, "currency/eur[Q1]", 1) == 12147103373070717611


def test_rounds_need_a_gate_that_ends_them(plan_bot: PlanAgent) -> None:
    with pytest.raises(LoadError, match="no gate would end the trials before 20 rounds"):
        plan_bot({"a": "pass"}, trials={"first": 2, "max": 20})


def test_rounds_give_each_case_the_first_trials_and_room_for_more(plan_bot: PlanAgent) -> None:
    own = {"user": "pass", "trials": 5}
    agent = plan_bot({"a": "pass", "b": own}, trials={"first": 2, "max": 20}, gates={"reliability": 0.8})
    assert (agent.trials, agent.max_trials, agent.is_sequential) == (2, 20, True)
    assert [(case.trials, case.max_trials) for case in agent.cases] == [(2, 20), (5, 20)]


def test_the_group_of_a_gate_must_have_scenarios(plan_bot: PlanAgent) -> None:
    scenarios = {"fx/a": "pass", "b": {"user": "pass", "tags": ["money"]}}
    with pytest.raises(LoadError) as caught:
        plan_bot(
            scenarios, gates={"groups": {"mony": 0.9, "fx": 0.9, "both": {"tags": ["money"], "min": 0.9}}}
        )
    assert str(caught.value) == (
        "bot.yaml: agent 'bot': no scenario is in the group 'mony' of a gate\n    did you mean 'money'?"
    )


def test_the_other_revision_is_compared_even_where_no_gate_asks(plan_bot: PlanAgent) -> None:
    agent = plan_bot({"a": "pass"}, Settings(against="main"))
    assert agent.profile.gates.names == agent.implied_gates == ("regression",)


def test_a_server_is_the_same_for_both_revisions(plan_bot: PlanAgent) -> None:
    pytest.importorskip("httpx2", reason="needs the extra 'http'")
    server = {"http": "http://127.0.0.1:9/chat"}
    assert plan_bot({"a": "pass"}, target=server, tools=[]).profile.target.kind == "http"
    with pytest.raises(LoadError) as caught:
        plan_bot({"a": "pass"}, Settings(against="main"), target=server, tools=[])
    assert str(caught.value) == (
        "bot.yaml: agent 'bot': --arc-against main would ask the same server twice"
        " (http http://127.0.0.1:9/chat)\n"
        "    run both versions of the server in turn, each with --arc-json FILE: arc compare A B"
    )
