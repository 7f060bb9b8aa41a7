"""Hooks in a conftest.py of the project, and the `arc` fixture."""

from __future__ import annotations

from .conftest import Project


def test_a_hook_changes_the_settings_before_any_file_is_read(project: Project) -> None:
    project.add_agent({"a": "pass"})
    project.write(
        conftest="""
            def pytest_arc_settings(settings):
                return settings.model_copy(update={"trials": 3})
        """
    )
    project.run()
    assert len(project.read_run()["results"]["agents"][0]["cases"][0]["trials"]) == 3


def test_a_hook_registers_a_check_of_the_projects_own(project: Project) -> None:
    project.write(
        conftest="""
            from pytest_arc.domain.score import Check, Finding

            class Polite(Check):
                polite: str

                def judge(self, evidence):
                    return Finding(self.polite in evidence.trajectory.answer, "manners")

            def pytest_arc_register(registry):
                registry.CHECKS.register("polite", Polite)
        """
    )
    project.add_agent({"a": {"user": "pass", "expect": [{"polite": "please"}]}})
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*polite: please: manners"])


def test_the_registry_offers_what_its_documentation_promises(project: Project) -> None:
    project.write(
        conftest="""
            def pytest_arc_register(registry):
                for kind in ("CHECKS", "TARGETS", "TOOLS", "BEHAVIORS", "PROVIDERS"):
                    assert callable(getattr(registry, kind).register), kind
        """
    )
    project.add_agent({"a": "pass"})
    project.run().assert_outcomes(passed=1)


def test_a_hook_takes_cases_out_of_the_plan(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "fail"})
    project.write(
        conftest="""
            from dataclasses import replace

            def pytest_arc_modify_plan(plan):
                return replace(plan, selected=frozenset(id for id in plan.selected if id.endswith("/a")))
        """
    )
    project.run().assert_outcomes(passed=1, deselected=1)


def test_a_hook_gives_a_case_other_limits(project: Project) -> None:
    project.add_agent({"a": "wait 5"}, trials=1)
    project.write(
        conftest="""
            from dataclasses import replace

            def pytest_arc_modify_plan(plan):
                return replace(plan, agents=tuple(map(hurry, plan.agents)))

            def hurry(agent):
                limits = agent.cases[0].limits.model_copy(update={"timeout_s": 0.1})
                return replace(agent, cases=tuple(replace(case, limits=limits) for case in agent.cases))
        """
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no answer within 0.1 s from the agent*"])


def test_hooks_are_told_what_happens_in_order(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "fail"}, gate=0.5, trials=2)
    project.write(
        conftest="""
            def note(*words):
                with open("events.txt", "a", encoding="utf-8") as file:
                    print(*words, file=file)

            def pytest_arc_trial_start(case, trial):
                note("start", case.id, trial.trial)

            def pytest_arc_trial_finish(result):
                note("end", result.case, result.trial, result.outcome)

            def pytest_arc_case_finish(case, outcome):
                note("case", case.id, outcome.word)

            def pytest_arc_gate(verdict):
                note("gate", verdict.gate, verdict.word)

            def pytest_arc_run_finish(run):
                note("run", run["format"], len(run["results"]["agents"]))
        """
    )
    project.run("--arc-concurrency=1")
    told = (project.path / "events.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in told if line.startswith("start")] == [
        "start bot/a 1",
        "start bot/a 2",
        "start bot/b 1",
        "start bot/b 2",
    ]
    assert [line for line in told if not line.startswith("start")] == [
        "end bot/a 1 passed",
        "end bot/a 2 passed",
        "case bot/a passed",
        "end bot/b 1 failed",
        "end bot/b 2 failed",
        "case bot/b below bar",
        "gate reliability inconclusive",
        "run 1 1",
    ]


def test_a_hook_that_breaks_in_the_trials_thread_does_not_hang_the_run(project: Project) -> None:
    project.add_agent({"a": "pass"}, trials=2)
    project.write(
        conftest="""
            def pytest_arc_trial_start(case, trial):
                raise RuntimeError("no metrics server")
        """
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["no trial could be scored: a pytest_arc_trial_start hook raised RuntimeError: no*"]
    )


def test_hooks_of_a_conftest_do_no_harm_without_arc(project: Project) -> None:
    project.write(
        conftest="def pytest_arc_gate(verdict): pass\n",
        test_plain="def test_plain(): pass\n",
    )
    project.pytester.runpytest_inprocess("-p", "pytest_arc.plugin").assert_outcomes(passed=1)


def test_the_fixture_runs_agents_from_a_python_test(project: Project) -> None:
    project.add_agent({"fx/eur": "pass", "fx/jpy": "pass", "tax": "fail"})
    project.write(
        test_bot="""
            def test_currency(arc):
                result = arc.run("bot.yaml", scenarios=["fx/*"], trials=20)
                assert result.exit_code == 0
                assert result.reliability.low >= 0.8
                assert set(result.cases) == {"bot/fx/eur", "bot/fx/jpy"}

            def test_tax(arc):
                assert arc.run("bot.yaml", scenarios=["tax"]).exit_code == 1
        """
    )
    # The fixture needs no --arc.
    project.pytester.runpytest_inprocess("-p", "pytest_arc.plugin", "test_bot.py").assert_outcomes(passed=2)


def test_the_fixture_calls_the_hooks_as_well(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "pass"})
    project.write(
        conftest="""
            from dataclasses import replace

            def pytest_arc_settings(settings):
                return settings.model_copy(update={"trials": 2})

            def pytest_arc_modify_plan(plan):
                return replace(plan, selected=frozenset({"bot/a"}))
        """,
        test_bot="""
            def test_bot(arc):
                assert len(arc.run("bot.yaml").trials) == 2
        """,
    )
    project.pytester.runpytest_inprocess("-p", "pytest_arc.plugin", "test_bot.py").assert_outcomes(passed=1)


def test_what_the_fixture_cannot_load_fails_the_test_with_the_located_message(project: Project) -> None:
    project.add_agent({"a": "pass"}, trails=3)
    project.write(test_bot="def test_bot(arc):\n    arc.run('bot.yaml')\n")
    result = project.pytester.runpytest_inprocess("-p", "pytest_arc.plugin", "test_bot.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *bot.yaml:*unknown key 'trails'*"])
