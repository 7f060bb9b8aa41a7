"""What makes two runs comparable, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.history.identity import describe_agent, hash_checks, hash_scenario
from pytest_arc.targets.replay import ReplayTarget

PlanAgent = Callable[..., AgentPlan]


def _make(plan_bot: PlanAgent, **scenario: Any) -> Case:
    (case,) = plan_bot({"a": {"user": "pass", **scenario}}).cases
    return case


def test_what_the_agent_meets_is_the_scenarios_identity(plan_bot: PlanAgent) -> None:
    plain = hash_scenario(_make(plan_bot))
    assert plain == hash_scenario(_make(plan_bot, title="Another title", tags=["x"]))
    assert plain != hash_scenario(_make(plan_bot, user="pass, please"))
    assert plain != hash_scenario(_make(plan_bot, world={"rates": {"EUR/USD": 1.08}}))


def test_turns_of_the_user_do_not_count_where_recordings_bring_their_own(plan_bot: PlanAgent) -> None:
    def record(case: Case) -> str:
        profile = case.profile.model_copy(update={"target": ReplayTarget(replay="trials.jsonl")})
        return hash_scenario(replace(case, profile=profile))

    plain = record(_make(plan_bot))
    assert plain == record(_make(plan_bot, user="pass, please"))
    assert plain != record(_make(plan_bot, world={"rates": {"EUR/USD": 1.08}}))


def test_files_count_by_content_and_not_by_place(plan_bot: PlanAgent) -> None:
    def read(path: str, digest: str) -> str:
        return hash_scenario(_make(plan_bot, world={"files": {"a.csv": {"path": path, "sha256": digest}}}))

    assert read("/here/a.csv", "1" * 64) == read("/there/b.csv", "1" * 64)
    assert read("/here/a.csv", "1" * 64) != read("/here/a.csv", "2" * 64)


def test_checks_have_an_identity_of_their_own(plan_bot: PlanAgent) -> None:
    strict, loose = ({"answer_number": 10, "tolerance": t} for t in (0.01, 0.05))
    one, other = _make(plan_bot, expect=[strict]), _make(plan_bot, expect=[loose])
    assert hash_checks(one) != hash_checks(other)
    assert hash_scenario(one) == hash_scenario(other)


def test_a_watched_file_is_part_of_the_agents_identity(plan_bot: PlanAgent, tmp_path: Path) -> None:
    (tmp_path / "prompt.md").write_text("one", encoding="utf-8")
    before = describe_agent(plan_bot({"a": "pass"}, watch=["*.md"]))
    assert list(before["watched"]) == ["prompt.md"]
    (tmp_path / "prompt.md").write_text("two", encoding="utf-8")
    after = describe_agent(plan_bot({"a": "pass"}, watch=["*.md"]))
    assert before["identity"] != after["identity"]
    assert before["scenarios"] == after["scenarios"]


def test_the_prompt_is_part_of_the_identity_and_tags_are_not(plan_bot: PlanAgent) -> None:
    def identify(**profile: Any) -> str:
        return describe_agent(plan_bot({"a": "pass"}, **profile))["identity"]

    assert identify() == identify(tags=["x"], trials=9)
    assert identify() != identify(system_prompt="Be careful")
