"""pytest's own options over agents, and ours."""

from __future__ import annotations

import json
import re
import sys

import pytest

from pytest_arc.domain.settings import Settings
from pytest_arc.plugin.main import SETTING_OPTIONS

from .conftest import Project

MANY = {f"ok/{number}": "pass" for number in range(20)}


def _list_run(project: Project, *arguments: str) -> list[str]:
    """Names of the cases that were reported."""
    lines = project.run("-v", *arguments).outlines
    return [match[1] for line in lines if (match := re.match(r"\S+::(\S+) [A-Z]", line))]


def test_k_chooses_cases_by_name(project: Project) -> None:
    project.add_agent({"fx/eur": "pass", "fx/jpy": "pass", "tax/vat": "pass"})
    assert _list_run(project, "-k", "fx and not jpy") == ["fx/eur"]


def test_deselect_leaves_one_case_out(project: Project) -> None:
    project.add_agent({"fx/eur": "pass", "fx/jpy": "pass"})
    assert _list_run(project, "--deselect", "bot.yaml::fx/jpy") == ["fx/eur"]


def test_lf_runs_what_failed_and_what_was_below_its_bar(project: Project) -> None:
    project.add_agent({**MANY, "below": "pass 4", "pay": {"user": "pass 4", "critical": True}}, gate=0.85)
    assert project.run().parseoutcomes() == {"passed": 21, "below": 1, "failed": 1}
    assert _list_run(project, "--lf") == ["below", "pay"]


def test_ff_runs_first_what_was_below_its_bar(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "pass", "below": "pass 4", **MANY}, gate=0.85)
    project.run()
    assert _list_run(project, "--ff")[:2] == ["below", "a"]


def test_a_case_that_passes_again_is_forgotten_by_lf(project: Project) -> None:
    project.add_agent({**MANY, "a": "pass 4"}, gate=0.85)
    project.run()
    project.add_agent({**MANY, "a": "pass"}, gate=0.85)
    project.run()
    project.run("--lf", "--lfnf=none").assert_outcomes(deselected=22)


def test_sw_goes_on_where_the_last_run_stopped(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "fail", "c": "pass"})
    assert _list_run(project, "--sw", "-p", "stepwise") == ["a", "b"]
    project.add_agent({"a": "pass", "b": "pass", "c": "pass"})
    assert _list_run(project, "--sw") == ["b", "c"]


def test_x_stops_at_the_first_failure_and_launches_no_more_than_the_window(project: Project) -> None:
    project.add_agent({"bad": "fail", **{f"slow/{n}": "wait 30" for n in range(30)}}, trials=1)
    project.write(conftest=_COUNT_STARTS)
    result = project.run("-x")
    result.assert_outcomes(failed=1)
    assert len((project.path / "started.txt").read_text(encoding="utf-8").split()) <= 9


def test_the_gate_of_a_stopped_run_is_not_evaluated(project: Project) -> None:
    # What else there is takes longer than what stops the run.
    others = {f"ok/{number}": "wait 0.1" for number in range(20)}
    project.add_agent({"bad": {"user": "fail", "critical": True}, **others}, gate=0.85)
    result = project.run("-x")
    result.stdout.fnmatch_lines(["bot: reliability NOT EVALUATED. * trials were not run: stopping after*"])
    assert result.ret == 1


def test_maxfail_stops_after_so_many(project: Project) -> None:
    project.add_agent({f"bad/{n}": "fail" for n in range(5)}, trials=1)
    project.run("--maxfail=2").assert_outcomes(failed=2)


def test_durations_are_those_of_the_trials_and_not_the_waiting(project: Project) -> None:
    project.add_agent({"slow": "wait 0.3", "quick": "pass"}, trials=2)
    lines = project.run("--durations=1", "-vv").outlines
    (line,) = [line for line in lines if line.endswith("bot.yaml::slow")]
    assert 0.55 < float(line.split("s call")[0]) < 0.9


def test_s_lets_agents_print_straight_through(project: Project) -> None:
    project.add_agent({"a": "pass"}, target={"python": "chatty:agent"}, trials=1)
    project.write(chatty="async def agent(text):\n    print('out loud')\n    return 'yes'\n")
    result = project.run("-s")
    result.stdout.fnmatch_lines(["*out loud*"])


def test_runxfail_means_that_no_case_is_excused_by_a_gate(project: Project) -> None:
    project.add_agent({**MANY, "a": "pass 4"}, gate=0.85)
    project.run("--runxfail").assert_outcomes(passed=20, failed=1)


def test_strict_lets_each_case_stand_for_itself(project: Project) -> None:
    project.add_agent({**MANY, "a": "pass 4"}, gate=0.85)
    result = project.run("--arc-strict")
    result.assert_outcomes(passed=20, failed=1)
    assert result.ret == 1


def test_one_trial_can_be_repeated_alone(project: Project) -> None:
    project.add_agent({**MANY, "a": "pass 4"}, gate=0.85)
    result = project.run("--arc-trial", "5", "-k", "a and not ok")
    result.assert_outcomes(failed=1, deselected=20)
    (case,) = project.read_run()["results"]["agents"][0]["cases"]
    assert [trial["trial"] for trial in case["trials"]] == [5]


def test_a_single_trial_of_every_case_evaluates_no_gate(project: Project) -> None:
    project.add_agent({**MANY, "a": "pass 4"}, gate=0.85)
    result = project.run("--arc-trial", "5")
    result.assert_outcomes(passed=20, failed=1)
    result.stdout.fnmatch_lines(["bot: *no gate is evaluated*"])


def test_trials_from_the_command_line_win_over_profile_and_scenario(project: Project) -> None:
    project.add_agent({"a": {"user": "pass", "trials": 7}, "b": "pass"}, trials=5)
    project.run("--arc-trials", "2")
    cases = project.read_run()["results"]["agents"][0]["cases"]
    assert [len(case["trials"]) for case in cases] == [2, 2]


def test_json_is_written_where_asked_and_is_the_runs_own_document(project: Project) -> None:
    project.add_agent({"a": "pass"})
    project.run("--arc-json", "out/results.json")
    written = json.loads((project.path / "out" / "results.json").read_text(encoding="utf-8"))
    assert written["results"] == project.read_run()["results"]


def test_a_drawn_seed_is_printed_so_that_it_can_be_repeated(project: Project) -> None:
    project.add_agent({"a": "pass"})
    result = project.run("--arc-seed", "random")
    (line,) = [line for line in result.outlines if "--arc-seed" in line]
    seed = line.split("--arc-seed ")[1].split()[0]
    assert project.read_run()["header"]["seed"] == int(seed)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--arc-trials", "many"), "*--arc-trials: 'trials' must be*"),
        (("--arc-trials", "0"), "*--arc-trials: 'trials' must be*"),
        (("--arc-concurrency", "-1"), "*--arc-concurrency*"),
        (("--arc-seed", "x"), "*--arc-seed*"),
    ],
)
def test_a_wrong_setting_is_a_usage_error_in_one_line(
    project: Project, arguments: tuple[str, str], message: str
) -> None:
    project.add_agent({"a": "pass"})
    result = project.run(*arguments)
    assert result.ret == 4
    result.stderr.fnmatch_lines([message])
    assert "Traceback" not in result.stderr.str()


def test_zero_workers_of_xdist_are_fine(project: Project) -> None:
    pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")
    project.add_agent({"a": "pass"})
    project.run("-n", "0", plugins="xdist").assert_outcomes(passed=1)


def test_pytest_timeout_leaves_agents_alone(project: Project) -> None:
    project.add_agent({"a": "wait 1.2"}, trials=1)
    result = project.run("--timeout=1", plugins="pytest_timeout")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["arc: *pytest-timeout*"])


def test_no_mark_of_a_conftest_lets_pytest_timeout_end_a_case(project: Project) -> None:
    project.add_agent({"a": "wait 1.2"}, trials=1)
    project.write(
        conftest="""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.timeout(1))
        """
    )
    project.run(plugins="pytest_timeout").assert_outcomes(passed=1)


def test_pdb_stops_where_the_agent_raised(project: Project) -> None:
    project.add_agent({"a": "crash"})
    done = project.pytester.run(
        *_pytest_command(), "--pdb", "bot.yaml", stdin=b"p 'trial', context.trial\nq\n"
    )
    done.stdout.fnmatch_lines(
        ["*RuntimeError: no such customer*", "*entering PDB*", "*('trial', 1)*"], consecutive=False
    )


def test_without_cache_and_without_junit_all_goes_on(project: Project) -> None:
    project.add_agent({**MANY, "a": "pass 4"}, gate=0.85)
    result = project.run("-p", "no:cacheprovider", "-p", "no:junitxml")
    assert result.parseoutcomes() == {"passed": 21, "below": 1}


def _pytest_command() -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", "-p", "pytest_arc.plugin", "--arc")


_COUNT_STARTS = """
    def pytest_arc_trial_start(case, trial):
        with open("started.txt", "a", encoding="utf-8") as file:
            file.write(f"{case.id}#{trial.trial}\\n")
"""


def test_no_option_that_names_a_setting_is_left_without_effect(
    project: Project, pytestconfig: pytest.Config
) -> None:
    offered = {name for name in Settings.model_fields if hasattr(pytestconfig.option, f"arc_{name}")}
    assert offered == set(SETTING_OPTIONS) & set(Settings.model_fields)
    assert {"record", "inject", "trials"} <= offered
