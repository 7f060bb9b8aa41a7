"""The gates that compare with a baseline, over a run that was made before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pytest_arc.domain.baseline import Ruler
from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.result import Verdict
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import UsageError
from pytest_arc.gates import Ledger
from pytest_arc.gates.comparison import compare
from pytest_arc.gates.missing import explain_missing, list_first
from pytest_arc.gates.performance import judge_performance
from pytest_arc.gates.regression import judge_regression, request_confirmation
from pytest_arc.gates.selection import list_counted
from pytest_arc.history.folder import RunFolder
from pytest_arc.history.measured import MeasuredAgent
from pytest_arc.history.ruler import read_rulers
from pytest_arc.loading import load_quarantine
from pytest_arc.suite import plan_file

__all__ = ["PastVerdicts", "judge_past_run"]


@dataclass(frozen=True, slots=True)
class PastVerdicts:
    """What the gates say of one agent in one run."""

    agent: str
    """Agent id."""
    label: str
    """What it was compared with."""
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]


def judge_past_run(
    measured: MeasuredAgent, folder: RunFolder, root: Path, settings: Settings, today: date
) -> PastVerdicts:
    """Hold one agent of a finished run against its baseline, whatever gates its profile has.

    `settings.base` names the main line. Scenarios and checks are those of the run, thresholds and groups
    those of the profile as it is now. Raises UsageError when there is no baseline or the profile is of
    another version now, and LoadError.
    """
    agent = _plan_as_then(measured, folder, settings)
    aside = load_quarantine(root).active(agent.profile.name, today)
    id = agent.profile.id
    ruler = read_rulers(Plan((agent,)), root, settings.base, {id: aside}, always=True)[id]
    if ruler.baseline is None:
        raise UsageError(ruler.damage or ruler.trouble)
    as_then = replace(ruler, hashes=measured.hashes)
    verdicts = tuple(_judge(agent, measured, Ledger(folder.read_trials()), as_then))
    return PastVerdicts(id, ruler.baseline.label, verdicts, ruler.notes)


def _judge(agent: AgentPlan, measured: MeasuredAgent, ledger: Ledger, ruler: Ruler) -> Iterator[Verdict]:
    gates = agent.profile.gates
    made = [case for case in list_counted(agent) if case.scenario.id in measured.selected]
    reason = explain_missing(agent, list_first(agent, made), ledger) if made else "no scenario of it was run"
    if reason:
        yield Verdict("regression", agent.profile.id, "not evaluated", reason, fails=True)
        return
    comparison = compare(agent, ledger, ruler)
    regression = gates.regression or RegressionGate()
    if request_confirmation(regression, comparison, ledger):
        # No fresh trials can be had of a run that is over: its first alarm stands, and says so.
        comparison = replace(comparison, repeatable=False)
    yield judge_regression(regression, comparison, ledger)
    if gates.performance is not None:
        yield judge_performance(gates.performance, comparison, ledger)


def _plan_as_then(measured: MeasuredAgent, folder: RunFolder, settings: Settings) -> AgentPlan:
    """The agent with the trials and the target of the run."""
    path = Path(str(measured.facts["path"]))
    if not path.is_file():
        message = f"the profile of run {folder.run_id} is not here: {path.as_posix()}"
        raise UsageError(f"{message}; stand where the run was made")
    told: Mapping[str, Any] = folder.read_document()["header"].get("settings", {})
    chosen = {key: told[key] for key in ("target", "trials", "slip_rate") if key in told}
    agent = plan_file(path, settings.model_copy(update=chosen))
    if agent.profile.id != measured.facts["id"]:
        then, now = measured.facts["id"], agent.profile.id
        message = f"run {folder.run_id} is of {then}, and {path.as_posix()} is {now} now"
        raise UsageError(f"{message}; compare two runs with: arc compare")
    return agent
