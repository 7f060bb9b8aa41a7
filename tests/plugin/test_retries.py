"""Plugins that run a test again until it passes: over agents they do nothing, and that is said."""

from __future__ import annotations

import pytest

from .conftest import Project

HEADER = ["arc: switched off for arc items, which have limits of their own:*", "*pytest-rerunfailures"]

pytest.importorskip("pytest_rerunfailures")


@pytest.mark.parametrize(
    "options", ["--reruns 3", "--force-reruns 3", "--reruns 3 --reruns-mode append"], ids=lambda text: text
)
def test_no_option_lets_a_case_pass_by_retrying(project: Project, options: str) -> None:
    project.add_agent({"a": "pass 4", "b": "pass"})

    result = project.run(*options.split(), plugins="pytest_rerunfailures")

    assert result.parseoutcomes() == {"failed": 1, "passed": 1}
    assert result.ret == 1
    result.stdout.fnmatch_lines(HEADER, consecutive=True)
    assert len((project.find_run() / "trials.jsonl").read_bytes().splitlines()) == 10


def test_no_mark_of_a_conftest_lets_a_case_pass_by_retrying(project: Project) -> None:
    project.add_agent({"a": "pass 4"})
    project.write(
        conftest="""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.flaky(reruns=3))
        """
    )

    assert project.run(plugins="pytest_rerunfailures").parseoutcomes() == {"failed": 1}


def test_a_gate_is_decided_once(project: Project) -> None:
    project.add_agent({f"a/{n}": "pass 3" for n in range(10)}, gate=0.9)

    result = project.run("--force-reruns", "3", plugins="pytest_rerunfailures")

    assert result.parseoutcomes() == {"failed": 1, "below": 10}


def test_other_tests_are_retried_as_ever(project: Project) -> None:
    project.add_agent({"a": "pass"})
    project.write(
        test_moody="""
        tries = []

        def test_moody():
            tries.append(1)
            assert len(tries) == 3
        """
    )

    result = project.run("--reruns", "3", plugins="pytest_rerunfailures")

    assert result.parseoutcomes() == {"passed": 2, "rerun": 2}
    assert result.ret == 0
