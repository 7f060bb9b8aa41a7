"""`--arc-plan`, `--arc-advisory`, rounds and second looks, as a user of pytest meets them."""

from __future__ import annotations

from .conftest import Project

STEADY = {f"s{n}": "pass" for n in range(20)}


def test_a_plan_is_shown_and_nothing_runs(project: Project) -> None:
    project.add_agent(STEADY, gate=0.85)
    result = project.run("--arc-plan")
    result.stdout.fnmatch_lines(
        [
            "bot: 20 cases, 100 trials",
            "  cost  unknown",
            "  gate            min  can           chance of a verdict at",
            "  reliability    85 %  pass or fail  90 %: * %  80 %: * %",
        ]
    )
    assert result.ret == 0
    assert not (project.path / ".arc" / "runs").exists()


def test_the_plan_of_a_part_has_no_gate(project: Project) -> None:
    project.add_agent(STEADY, gate=0.85)
    result = project.run("--arc-plan", "-k", "s1")
    result.stdout.fnmatch_lines(["bot: 11 cases, 55 trials", "  no gate: each case stands for itself"])


def test_a_gate_that_only_advises_is_shown_and_fails_nothing(project: Project) -> None:
    project.add_agent({f"s{n}": "fail" for n in range(5)}, gate=0.85)
    result = project.run("--arc-advisory")
    result.stdout.fnmatch_lines(
        ["    advisory: this would have failed the run; nothing is blocked", "*5 below bar, 1 would fail in*"]
    )
    assert result.ret == 0


def test_advisory_keeps_a_critical_case_and_a_broken_world_from_failing(project: Project) -> None:
    scenarios = {**STEADY, "key": {"user": "fail", "critical": True}, "broken": "call broken"}
    project.add_agent(scenarios, gate=0.85)
    result = project.run("--arc-advisory", "-v")
    result.stdout.fnmatch_lines(["*would be failed: 0/5 trials passed*"])
    result.stdout.fnmatch_lines(["*would be errored: *"])
    assert result.ret == 0


def test_rounds_end_early_and_the_gate_says_so(project: Project) -> None:
    project.add_agent(STEADY, gate=0.5)
    result = project.run("--arc-trials", "1:20")
    result.stdout.fnmatch_lines(["*decided after 20 of at most 400 trials*"])
    result.assert_outcomes(passed=21)


def test_a_critical_case_is_tried_again_before_it_fails(project: Project) -> None:
    project.add_agent({**STEADY, "key": {"user": "pass 4", "critical": True}}, gate=0.85)
    result = project.run()
    result.stdout.fnmatch_lines(
        ["FAILED bot.yaml::key - 4/5 trials passed; this scenario asks for 5/5; conf*"]
    )
    result.stdout.fnmatch_lines(["*(21 scenarios x 5 + 5 to confirm)"])
    assert result.ret == 1
