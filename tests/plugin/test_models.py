"""Agents on models of providers, under pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openai_like import Answer, ModelServer

if TYPE_CHECKING:
    from .conftest import Project

pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")


def test_a_missing_key_ends_pytest_before_any_trial(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    project.add_agent({"a": "Hello", "b": "Hello"}, target={"model": "openai:gpt-4o-mini"})
    result = project.run()
    assert result.ret == 4
    output = result.stdout.str() + result.stderr.str()
    assert output.count("OPENAI_API_KEY, which is not set. No trial was run and nothing was spent.") == 1
    assert "bot.yaml:4:10: model openai:gpt-4o-mini needs" in output
    assert "--arc-record none replays recorded answers" in output
    assert not (project.path / ".arc").exists()


def test_cases_are_collected_without_a_key(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    project.add_agent({"a": "Hello"}, target={"model": "openai:gpt-4o-mini"})
    assert project.run("--collect-only", "-q").ret == 0


def test_a_model_over_the_wire_passes_and_its_cost_is_told(project: Project) -> None:
    with ModelServer(lambda call: Answer("yes", input_tokens=200_000, output_tokens=0)) as server:
        project.add_agent(
            {"a": "Hello"}, target={"model": "openai:gpt-4o-mini", "base_url": server.openai_url}
        )
        result = project.run()
    assert result.ret == 0
    (case,) = project.read_run()["results"]["agents"][0]["cases"]
    assert [trial["usage"]["cost_usd"] for trial in case["trials"]] == pytest.approx([0.03] * 5, rel=0.02)
    result.stdout.fnmatch_lines(["*cost*$0.15*"])


def test_a_cost_that_cannot_be_known_is_not_said_to_be_nothing(project: Project) -> None:
    with ModelServer(lambda call: "yes") as server:
        project.add_agent({"a": "Hello"}, target={"model": "openai:our-own", "base_url": server.openai_url})
        result = project.run()
    assert "$0.00" not in result.stdout.str()
    result.stdout.fnmatch_lines(["*cost*unknown*"])


def test_ids_of_providers_stand_in_the_report_of_a_failed_case_when_asked(project: Project) -> None:
    with ModelServer(lambda call: "no") as server:
        project.add_agent(
            {"a": "Hello"}, trials=1, target={"model": "openai:gpt-4o-mini", "base_url": server.openai_url}
        )
        result = project.run("--arc-trace-ids")
    result.stdout.fnmatch_lines(["*requests of trial 1  chatcmpl-1 (gpt-4o-mini)*"])
