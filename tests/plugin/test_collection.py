"""Which files are claimed, what is collected from them, and in which order it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from .conftest import Project


def test_cases_and_gates_are_listed_under_ids_that_can_be_pasted(project: Project) -> None:
    project.add_agent({"fx/eur": "pass", "fx/jpy": "pass"}, gate=0.85, file="configs/bot.yaml")
    result = project.run("--co", "-q")
    listed = [line for line in result.outlines if "::" in line]
    assert listed == [
        "configs/bot.yaml::fx/eur",
        "configs/bot.yaml::fx/jpy",
        "configs/bot.yaml::gate/reliability",
    ]
    for node in listed:
        assert project.run("-q", node).parseoutcomes().get("passed", 0) >= 1, node


def test_collecting_alone_runs_nothing_and_leaves_nothing_behind(project: Project) -> None:
    project.add_agent({"a": "crash"}, gate=0.85)
    project.run("--co")
    assert not (project.path / ".arc").exists()


def test_a_row_of_for_each_has_its_label_in_the_node_id(project: Project) -> None:
    rows = [{"month": "Q1", "word": "yes"}, {"month": "Q2", "word": "never said"}]
    expect = [{"answer_contains": "{{ word }}"}]
    project.add_agent({"fx/sum": {"user": "pass", "for_each": rows, "expect": expect}})
    project.run("bot.yaml").assert_outcomes(passed=1, failed=1)
    project.run("bot.yaml::fx/sum[Q1]").assert_outcomes(passed=1)
    project.run("bot.yaml::fx/sum[Q2]").assert_outcomes(failed=1)


def test_a_walk_claims_agents_and_passes_over_other_yaml(project: Project) -> None:
    project.add_agent({"a": "pass"}, file="configs/bot.yaml")
    (project.path / "docker-compose.yaml").write_text("services: {}\n", encoding="utf-8")
    # Nobody wonders about this one, or about the scenarios.
    (project.path / "quarantine.yaml").write_text("arc_quarantine: 1\n", encoding="utf-8")
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["arc: 1 agent, 1 case, 0 gates (1 other YAML file passed over)"])


def test_a_named_file_is_claimed_whatever_is_in_it(project: Project) -> None:
    (project.path / "docker-compose.yaml").write_text("services: {}\n", encoding="utf-8")
    result = project.run("docker-compose.yaml")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*docker-compose.yaml*services*"])


def test_json_profiles_are_collected_as_well(project: Project) -> None:
    path = project.add_agent({"a": "pass"})
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.unlink()
    (project.path / "bot.json").write_text(json.dumps(document), encoding="utf-8")
    project.run().assert_outcomes(passed=1)


def test_python_tests_run_first_and_arc_items_together_after(project: Project) -> None:
    project.add_agent({"x": "pass"}, file="a_bot.yaml")
    project.add_agent({"y": "pass"}, file="c_bot.yaml", name="other")
    project.write(test_b="def test_one(): pass", test_d="def test_two(): pass")
    result = project.run("-v")
    order = [line.split(" ")[0] for line in result.outlines if " PASSED" in line]
    assert order == ["test_b.py::test_one", "test_d.py::test_two", "a_bot.yaml::x", "c_bot.yaml::y"]


def test_two_profiles_of_one_id_are_a_collection_error_that_names_both(project: Project) -> None:
    project.add_agent({"x": "pass"}, file="one.yaml")
    project.add_agent({"y": "pass"}, file="two.yaml")
    result = project.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*two.yaml: agent 'bot' is described in one.yaml already*"])


def test_versions_tell_agents_of_one_name_apart(project: Project) -> None:
    project.add_agent({"x": "pass"}, file="one.yaml", version="v1")
    project.add_agent({"x": "pass"}, file="two.yaml", version="v2")
    project.run().assert_outcomes(passed=2)


def test_tags_are_marks(project: Project) -> None:
    project.add_agent({"a": {"user": "pass", "tags": ["fx"]}, "b": "pass"}, tags=["finance"])
    project.run("-m", "fx").assert_outcomes(passed=1, deselected=1)
    project.run("-m", "finance and not fx").assert_outcomes(passed=1, deselected=1)
    project.run("--markers").stdout.fnmatch_lines(["@pytest.mark.*"])


def test_tags_are_registered_so_that_strict_marks_hold(project: Project) -> None:
    project.add_agent({"a": {"user": "pass", "tags": ["multi-currency"]}})
    project.run("--strict-markers", "-m", "multi-currency", "-W", "error").assert_outcomes(passed=1)


def test_a_tag_that_is_a_mark_with_a_meaning_is_rejected(project: Project) -> None:
    project.add_agent({"a": {"user": "fail", "tags": ["skip"]}})
    result = project.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*tag 'skip' is a mark*"])


def test_a_gate_named_alone_brings_its_cases(project: Project) -> None:
    project.add_agent({f"ok/{n}": "pass" for n in range(20)}, gate=0.85)
    result = project.run("bot.yaml::gate/reliability")
    result.assert_outcomes(passed=21)


def test_a_gate_left_out_is_not_evaluated_and_each_case_stands_for_itself(project: Project) -> None:
    project.add_agent({"a": "pass 4", **{f"ok/{n}": "pass" for n in range(20)}}, gate=0.85)
    result = project.run("--deselect", "bot.yaml::gate/reliability")
    result.assert_outcomes(passed=20, failed=1, deselected=1)
    result.stdout.fnmatch_lines(["bot: *gate/reliability is deselected*"])


def test_tags_of_the_agent_select_its_gate_as_well(project: Project) -> None:
    project.add_agent({f"ok/{n}": "pass" for n in range(20)}, gate=0.85, tags=["finance"])
    project.run("-m", "finance").assert_outcomes(passed=21)


def test_a_gate_that_can_not_pass_with_so_few_trials_is_told_before_the_run(project: Project) -> None:
    project.add_agent({"a": "pass"}, gate=0.85, trials=3)
    result = project.run("--co")
    flat = " ".join(" ".join(result.outlines).split())
    assert "bot: gate/reliability cannot pass with 3 trials; 19 all-passing are the least at min 0.85" in flat


def test_naming_a_scenario_file_says_what_it_is(project: Project) -> None:
    project.add_agent({"a": "pass"})
    result = project.run("bot_scenarios.yaml")
    assert result.ret == 2
    result.stdout.fnmatch_lines(
        ["*: this is a scenario file, not a profile", "*name the profile that includes it*"]
    )


@pytest.mark.parametrize("typed", [["bot.yaml"], ["."], []])
def test_without_arc_a_hint_names_the_option(project: Project, typed: list[str]) -> None:
    project.add_agent({"a": "pass"})
    result = project.pytester.runpytest_inprocess("-p", "pytest_arc.plugin", *typed)
    assert result.ret in (4, 5)
    result.stdout.fnmatch_lines([" ".join(["hint: agent files run with --arc: pytest --arc", *typed])])


def test_without_arc_and_agents_nothing_is_said(project: Project) -> None:
    (project.path / "docker-compose.yaml").write_text("services: {}\n", encoding="utf-8")
    result = project.pytester.runpytest_inprocess("-p", "pytest_arc.plugin", ".")
    assert result.ret == 5
    result.stdout.no_fnmatch_line("*--arc*")


def test_an_ini_option_stands_for_arc(project: Project) -> None:
    project.add_agent({"a": "pass"})
    project.pytester.makepyprojecttoml("[tool.pytest.ini_options]\narc = true\n")
    project.pytester.runpytest_inprocess("-p", "pytest_arc.plugin").assert_outcomes(passed=1)


def test_agents_are_found_in_testpaths(project: Project) -> None:
    project.add_agent({"a": "pass"}, file="agents/bot.yaml")
    project.add_agent({"b": "fail"}, file="elsewhere/other.yaml", name="other")
    project.pytester.makepyprojecttoml("[tool.pytest.ini_options]\ntestpaths = ['agents']\n")
    project.run().assert_outcomes(passed=1)


def test_entry_points_are_found_from_the_projects_root(project: Project) -> None:
    project.add_agent({"a": "pass"}, file="configs/bot.yaml")
    done = project.pytester.run(
        "env", "-u", "PYTHONPATH", _find_pytest(), "-p", "pytest_arc.plugin", "--arc", "configs"
    )
    done.assert_outcomes(passed=1)


def _find_pytest() -> str:
    return str(Path(sys.executable).with_name("pytest"))
