"""What reports are told of a run, read from the folder of one that was really made."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.baseline import Baseline, BaselineCase, CaseHashes, Ruler
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import Change, Estimate, Verdict, VerdictPart
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.view import AgentView, CaseView, CountsThen, RunView
from pytest_arc.errors import UsageError
from pytest_arc.history.document import describe_ruler, describe_verdict, read_verdict
from pytest_arc.history.folder import RunFolder
from pytest_arc.history.view import Trajectories, read_view
from pytest_arc.planning import make_plan
from pytest_arc.session import Session, run_session

PlanAgent = Callable[..., AgentPlan]

SCENARIOS = {
    "fx/a": {"user": "pass", "title": "Says yes", "challenges": "usd", "tags": ["money"]},
    "fx/b": {"user": "pass 3", "min_pass_rate": 0.5},
    "c": "fail",
}
PROFILE = {
    "version": "v2",
    "job": "Says yes",
    "assumptions": {"usd": "Amounts are in US dollars"},
    "capabilities": ["money"],
    "gates": {"reliability": 0.85},
}


@pytest.fixture
def run_bot(plan_bot: PlanAgent, tmp_path: Path) -> Callable[..., Session]:
    def run(scenarios: dict[str, Any] = SCENARIOS, **profile: Any) -> Session:
        plan = make_plan([plan_bot(scenarios, **{**PROFILE, **profile})])
        return run_session(Session(plan, Settings(), root=tmp_path))

    return run


def _view(session: Session) -> RunView:
    return read_view(RunFolder(session.writer.path))


def test_a_view_says_what_the_run_knew(run_bot: Callable[..., Session]) -> None:
    session = run_bot()
    view = _view(session)
    (agent,) = view.agents

    assert (view.run_id, view.seed, view.interrupted) == (session.writer.run_id, 0, "")
    assert (agent.id, agent.name, agent.version, agent.path) == ("bot@v2", "bot", "v2", "bot.yaml")
    assert agent.job == "Says yes"
    assert agent.assumptions == {"usd": "Amounts are in US dollars"}
    assert (agent.capabilities, agent.suite) == (("money",), 3)
    assert agent.notes == session.report(session.plan.agents[0]).notes
    assert [(v.gate, v.word, v.reason) for v in agent.verdicts] == [
        (v.gate, v.word, v.reason) for v in session.verdicts
    ]
    assert agent.reliability is not None
    assert (agent.reliability.passed, agent.reliability.n) == (8, 15)
    assert agent.pass_hat_k[0] == agent.pass_at_k[0] == pytest.approx(8 / 15, abs=1e-6)


def test_a_case_has_its_scenario_its_outcome_and_its_trials(run_bot: Callable[..., Session]) -> None:
    session = run_bot()
    cases = {case.scenario: case for case in _view(session).agents[0].cases}
    first = cases["fx/a"]

    assert (first.id, first.title, first.challenges) == ("bot@v2/fx/a", "Says yes", "usd")
    assert (first.group, first.tags, first.path, first.line) == ("fx", ("money",), "scenarios.yaml", 3)
    assert [case.bar for case in cases.values()] == [1.0, 1.0, 0.5]
    assert (cases["c"].group, cases["c"].challenges) == ("", None)
    for case in session.plan.cases:
        view = cases[case.scenario.id]
        outcome = session.outcome_of(case)
        assert (view.outcome.word, view.outcome.reason) == (outcome.word, outcome.reason)
        assert [trial.seed for trial in view.planned_trials] == [
            trial.seed for trial in session.ledger.list_planned(case)
        ]


def test_totals_are_of_all_agents_and_know_no_cost_that_nobody_told(run_bot: Callable[..., Session]) -> None:
    view = _view(run_bot())

    assert (view.totals.passed, view.totals.failed, view.totals.errored) == (8, 7, 0)
    assert view.totals == view.agents[0].totals
    assert view.totals.made == 15
    assert view.totals.cost_usd is None


def test_trials_are_addressed_as_commands_name_them(run_bot: Callable[..., Session]) -> None:
    view = _view(run_bot())
    agent, case = view.agents[0], view.agents[0].cases[1]

    assert view.address(agent, case) == f"{view.run_id}::fx/a"
    assert view.address(agent, case, case.trials[2]) == f"{view.run_id}::fx/a#3"


def test_trajectories_are_those_that_were_written(run_bot: Callable[..., Session]) -> None:
    session = run_bot()
    read = Trajectories(RunFolder(session.writer.path))

    for trial in _list_trials(_view(session)):
        assert read(trial) == session.writer.read_trajectory(trial) is not None


def test_a_trajectory_that_is_damaged_or_too_deep_is_none(run_bot: Callable[..., Session]) -> None:
    session = run_bot()
    path = session.writer.path / "trajectories.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    head = lines[0][: lines[0].index(b'"trajectory":') + len('"trajectory":')]
    path.write_bytes(
        head + b"[" * 100_000 + b"]" * 100_000 + b"}\n" + lines[1][:-9] + b"\n" + b"".join(lines[2:])
    )
    read = Trajectories(RunFolder(session.writer.path))

    assert sum(read(trial) is None for trial in _list_trials(_view(session))) == 2


def test_a_killed_run_is_told_by_what_had_finished(run_bot: Callable[..., Session]) -> None:
    session = run_bot()
    path = session.writer.path
    (path / "run.json").unlink()
    for name in ("trials.jsonl", "trajectories.jsonl"):
        lines = (path / name).read_bytes().splitlines(keepends=True)
        (path / name).write_bytes(b"".join(lines[:6]) + lines[6][:40])
    view = _view(session)
    read = Trajectories(RunFolder(path))

    assert view.interrupted == "the run was killed before it could say what became of it"
    assert view.agents[0].verdicts == ()
    assert view.agents[0].job == "Says yes"
    assert view.totals.scored == 6
    assert {case.outcome.word for case in view.agents[0].cases} == {"not run"}
    assert all(read(trial) for trial in _list_trials(view))


def test_a_run_that_was_killed_at_once_has_nothing(run_bot: Callable[..., Session]) -> None:
    path = run_bot().writer.path
    for name in ("run.json", "header.json"):
        (path / name).unlink()
    (path / "trials.jsonl").write_bytes(b"")
    (path / "trajectories.jsonl").unlink()
    view = read_view(RunFolder(path))

    assert (view.agents, view.totals.made, view.started) == ((), 0, "")


def test_trials_without_a_header_are_told_by_their_ids(run_bot: Callable[..., Session]) -> None:
    path = run_bot().writer.path
    for name in ("run.json", "header.json"):
        (path / name).unlink()
    (agent,) = read_view(RunFolder(path)).agents

    assert (agent.id, agent.name, agent.version, len(agent.cases)) == ("bot@v2", "bot", "v2", 3)


def test_a_run_of_before_is_read_with_defaults(run_bot: Callable[..., Session]) -> None:
    path = run_bot().writer.path / "run.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    for agent in document["header"]["agents"]:
        for key in ("name", "version", "job", "assumptions", "capabilities", "notes", "baseline"):
            del agent[key]
    for agent in document["results"]["agents"]:
        for case in agent["cases"]:
            for key in ("title", "challenges", "bar"):
                del case[key]
        for gate in agent["gates"]:
            for key in ("hints", "advisory", "change", "parts"):
                del gate[key]
    path.write_text(json.dumps(document), encoding="utf-8")
    (agent,) = read_view(RunFolder(path.parent)).agents

    assert (agent.name, agent.version, agent.job, agent.assumptions) == ("bot", "v2", "", {})
    assert [(case.title, case.bar) for case in agent.cases] == [("", 1.0)] * 3
    assert [verdict.word for verdict in agent.verdicts] == ["failed"]


def test_files_that_are_those_of_no_run_are_a_usage_error(run_bot: Callable[..., Session]) -> None:
    path = run_bot().writer.path
    (path / "run.json").write_text('{"header": {"agents": [{}]}, "results": {"agents": []}}', "utf-8")

    with pytest.raises(UsageError, match=r"the files of run [\d-]+ are damaged \(KeyError: 'id'\)"):
        read_view(RunFolder(path))


def test_a_verdict_is_read_as_it_was_written() -> None:
    change = Change(-0.25, -math.inf, math.inf, 0.975)
    verdict = Verdict(
        gate="regression",
        agent="bot",
        word="failed",
        reason="worse",
        fails=True,
        estimate=Estimate(3, 4, 0.25, 1.0),
        minimum=0.5,
        hints=("look",),
        change=change,
        parts=(
            VerdictPart("fx", "group", "failed", "3/4 now", change),
            VerdictPart("a", "scenario", "passed", "1/1"),
        ),
    )

    assert read_verdict(json.loads(json.dumps(describe_verdict(verdict)))) == verdict


def test_the_baseline_has_only_scenarios_that_are_the_same_now() -> None:
    same, changed = CaseHashes("s", "c"), CaseHashes("s", "other")
    cases = {
        "fx/a": BaselineCase(9, 10, same, {"steps": 2.5}),
        "fx/b": BaselineCase(1, 10, changed),
        "gone": BaselineCase(1, 10, same),
    }
    baseline = Baseline("bot", "abc", "python", False, (), cases, "main 3f2c1a9")
    told = describe_ruler(Ruler(baseline, hashes={"fx/a": same, "fx/b": same}), ("unchanged",))

    assert told == {
        "notes": ["unchanged"],
        "baseline": {
            "label": "main 3f2c1a9",
            "runs": 0,
            "scenarios": {"fx/a": {"passed": 9, "n": 10, "metrics": {"steps": 2.5}}},
        },
    }


def test_the_baseline_is_read_with_its_rate(run_bot: Callable[..., Session]) -> None:
    path = run_bot().writer.path / "run.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    counts = {"passed": 9, "n": 10, "metrics": {"steps": 2.5}}
    scenarios = {"fx/a": counts, "fx/b": counts | {"passed": 3}}
    document["header"]["agents"][0]["baseline"] = {"label": "main", "runs": 2, "scenarios": scenarios}
    path.write_text(json.dumps(document), encoding="utf-8")
    baseline = read_view(RunFolder(path.parent)).agents[0].baseline

    assert baseline is not None
    assert baseline.scenarios["fx/a"] == CountsThen(9, 10, {"steps": 2.5})
    assert baseline.reliability is not None
    assert (baseline.reliability.passed, baseline.reliability.n) == (12, 20)


def _list_trials(view: RunView) -> Iterator[Any]:
    agent: AgentView
    case: CaseView
    for agent in view.agents:
        for case in agent.cases:
            yield from case.trials
