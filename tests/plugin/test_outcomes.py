"""What becomes of a case and of a gate: each row of the table in the design, in pytest's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Project

FAILING = {f"group/{number:02}": "fail" for number in range(15)}


def test_a_case_at_its_bar_passes(project: Project) -> None:
    project.add_agent({"greet/hello": "pass"})
    result = project.run("bot.yaml")
    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_a_case_below_its_bar_that_no_gate_counts_fails(project: Project) -> None:
    project.add_agent({"greet/hello": "pass 4"})
    result = project.run("bot.yaml")
    result.assert_outcomes(failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["4/5 trials passed; this scenario asks for 5/5 (95 % interval * to * %)"])


def test_a_case_below_its_bar_that_a_gate_counts_is_below_bar_and_fails_nothing(project: Project) -> None:
    scenarios = {f"ok/{number}": "pass" for number in range(20)}
    project.add_agent({**scenarios, "greet/hello": "pass 4"}, gate=0.85)
    result = project.run("bot.yaml", "-rx")
    assert result.parseoutcomes() == {"passed": 21, "below": 1}
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*1 below bar*"])


def test_below_bar_has_a_letter_and_a_word_of_its_own(project: Project) -> None:
    project.add_agent({"a": "pass 4", "b": "pass"}, gate=0.85)
    project.run("bot.yaml").stdout.fnmatch_lines(["bot.yaml b.i*"])
    project.run("bot.yaml", "-v").stdout.fnmatch_lines(["bot.yaml::a BELOW BAR (4/5*)*"])


def test_a_forbidden_call_in_one_trial_fails_its_case_whatever_a_gate_counts(project: Project) -> None:
    scenarios = {f"ok/{number}": "pass" for number in range(20)}
    forbidden = {"user": "call wire_transfer", "expect": [{"never_calls": "wire_transfer"}]}
    project.add_agent({**scenarios, "pay": forbidden}, gate=0.5)
    result = project.run("bot.yaml")
    result.assert_outcomes(passed=21, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["trial 1: it called wire_transfer, which it must never do (one violation is one*"]
    )


def test_a_critical_case_below_its_bar_fails_although_a_gate_counts_it(project: Project) -> None:
    scenarios = {f"ok/{number}": "pass" for number in range(20)}
    project.add_agent({**scenarios, "pay": {"user": "pass 4", "critical": True}}, gate=0.5)
    result = project.run("bot.yaml")
    result.assert_outcomes(passed=21, failed=1)
    assert result.ret == 1


def test_a_case_is_judged_on_its_other_trials_when_some_errored(project: Project) -> None:
    project.add_agent({"print": "break 1"})
    result = project.run("bot.yaml", "-v")
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    (case,) = project.read_run()["results"]["agents"][0]["cases"]
    assert case["reason"] == "4/4 trials passed, 1 errored"


def test_a_case_of_which_no_trial_could_be_scored_is_an_error_and_no_failure(project: Project) -> None:
    project.add_agent({"print": "break"})
    result = project.run("bot.yaml")
    result.assert_outcomes(errors=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["no trial could be scored: agents:break_down raised OSError: *"])


def test_a_gate_that_passes_is_one_more_passed_test(project: Project) -> None:
    project.add_agent({f"ok/{number}": "pass" for number in range(10)}, gate=0.85)
    result = project.run("bot.yaml", "-v")
    result.assert_outcomes(passed=11)
    result.stdout.fnmatch_lines(["bot.yaml::gate/reliability PASSED*"])


def test_a_gate_that_fails_is_one_more_failed_test(project: Project) -> None:
    project.add_agent({f"ok/{number}": "fail" for number in range(3)}, gate=0.85)
    result = project.run("bot.yaml")
    assert result.parseoutcomes() == {"failed": 1, "below": 3}
    assert result.ret == 1


def test_an_inconclusive_gate_is_skipped_and_says_what_would_decide(project: Project) -> None:
    project.add_agent({f"ok/{number}": "pass" for number in range(3)}, gate=0.85)
    result = project.run("bot.yaml", "-v")
    assert result.parseoutcomes() == {"passed": 3, "inconclusive": 1}
    assert result.ret == 0
    result.stdout.fnmatch_lines(["bot.yaml::gate/reliability INCONCLUSIVE*"])


def test_an_inconclusive_gate_fails_where_the_profile_wants_that(project: Project) -> None:
    project.add_agent({"ok": "pass"}, gate={"min": 0.85, "on_inconclusive": "fail"})
    result = project.run("bot.yaml")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1


def test_a_gate_is_not_evaluated_and_fails_when_too_many_trials_errored(project: Project) -> None:
    scenarios = {f"ok/{number}": "pass" for number in range(20)}
    project.add_agent({**scenarios, "x": "break", "y": "break", "z": "break"}, gate=0.5)
    result = project.run("bot.yaml")
    result.assert_outcomes(passed=20, failed=1, errors=3)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["bot: reliability NOT EVALUATED. 15 of 115 trials (13.0 %) errored; the limit is*"]
    )


def test_a_gate_over_a_part_of_the_cases_gives_no_report_but_a_line(project: Project) -> None:
    project.add_agent({"first": "pass", "second": "pass 4"}, gate=0.85)
    result = project.run("bot.yaml", "-k", "second")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["bot: 1 of 2 cases selected:*"])


def test_a_skipped_scenario_says_why_and_is_not_run(project: Project) -> None:
    project.add_agent({"a": {"user": "crash", "skip": "until the printer is back"}, "b": "pass"})
    result = project.run("bot.yaml", "-rs")
    result.assert_outcomes(skipped=1, passed=1)
    result.stdout.fnmatch_lines(["SKIPPED * until the printer is back"])


def test_an_expected_failure_is_xfailed_and_an_unexpected_pass_is_told(project: Project) -> None:
    project.add_agent(
        {"a": {"user": "fail", "xfail": "ticket 12"}, "b": {"user": "pass", "xfail": "ticket 13"}}
    )
    result = project.run("bot.yaml", "-rx")
    result.assert_outcomes(xfailed=1, xpassed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["XFAIL bot.yaml::a - *ticket 12*"])


def test_skipped_and_expected_failures_are_not_counted_by_the_gate(project: Project) -> None:
    scenarios = {f"ok/{number}": "pass" for number in range(10)}
    set_aside = {"a": {"user": "fail", "xfail": "ticket"}, "b": {"user": "fail", "skip": "ticket"}}
    project.add_agent({**scenarios, **set_aside}, gate=0.85)
    result = project.run("bot.yaml")
    result.assert_outcomes(passed=11, xfailed=1, skipped=1)
    verdict = project.read_run()["results"]["agents"][0]["gates"][0]
    assert verdict["estimate"]["n"] == 50


def test_a_bar_below_one_lets_a_case_pass_with_some_failures(project: Project) -> None:
    project.add_agent(
        {"a": {"user": "pass 4", "min_pass_rate": 0.8}, "b": {"user": "pass 3"}}, min_pass_rate=0.7
    )
    result = project.run("bot.yaml")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["3/5 trials passed; this scenario asks for 70 %*"])


def test_a_scenario_may_ask_for_more_trials_than_the_gate_counts(project: Project) -> None:
    scenarios = {f"ok/{number}": "pass" for number in range(10)}
    project.add_agent({**scenarios, "more": {"user": "pass 5", "trials": 8}}, gate=0.85)
    result = project.run("bot.yaml")
    assert result.parseoutcomes() == {"passed": 11, "below": 1}
    verdict = project.read_run()["results"]["agents"][0]["gates"][0]
    assert (verdict["estimate"]["passed"], verdict["estimate"]["n"]) == (55, 55)


@pytest.mark.parametrize(
    "prepare, exit_code",
    [
        (lambda p: p.add_agent({"a": "pass"}), 0),
        (lambda p: p.add_agent({"a": "fail"}), 1),
        (lambda p: p.add_agent({"a": "pass"}, trails=5), 2),
        (lambda p: None, 4),
        (lambda p: p.add_agent({"a": {"user": "pass"}}, tags=["x"]), 0),
    ],
    ids=["passed", "failed", "unreadable", "no such file", "tagged"],
)
def test_exit_codes_are_those_of_pytest(
    project: Project, prepare: Callable[[Project], object], exit_code: int
) -> None:
    prepare(project)
    assert project.run("bot.yaml").ret == exit_code


def test_nothing_selected_is_exit_code_five(project: Project) -> None:
    project.add_agent({"a": "pass"})
    assert project.run("bot.yaml", "-k", "nothing_like_this").ret == 5


def test_a_gate_that_fails_lists_ten_cases_and_counts_the_rest(project: Project) -> None:
    project.add_agent(FAILING, gate=0.85)
    result = project.run("bot.yaml")
    result.stdout.fnmatch_lines(
        [
            "bot: reliability FAILED. 0 of 75 trials passed (0.0 %)*",
            "*0/5  group/00",
            "*arc debug 'last::group/00#1'",
            "*0/5  group/09",
            "  and 5 more (-v shows each in full)",
        ]
    )
    assert "0/5  group/10" not in result.stdout.str()


def test_verbose_shows_every_case_below_its_bar_in_full(project: Project) -> None:
    project.add_agent(FAILING, gate=0.85)
    result = project.run("bot.yaml", "-v")
    result.stdout.fnmatch_lines(
        ["__* below bar: bot/group/14 __*", "0/5 trials passed*", "*transcript of trial 1"]
    )


def test_a_failing_case_shows_a_passing_trial_beside_the_worst(project: Project) -> None:
    project.add_agent({"a": "pass 3"})
    result = project.run("bot.yaml")
    result.stdout.fnmatch_lines(
        [
            "  trial 4 failed (blame: agent): *",
            "*answer_contains: yes: *",
            "  transcript of trial 4",
            "    1 user    pass 3",
            "    2 agent   no",
            "  trial 1 passed: same until step 1, then",
            "    2 agent   yes",
            "  scores  tool_execution *",
            "  repeat  arc debug 'last::a#4'",
            "  look    arc show 'last::a#4'",
        ]
    )
