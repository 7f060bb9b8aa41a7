"""For tests of your own: agents and scenarios in, what became of them out. Needs no pytest.

    from pytest_arc.testing import run_files

    run = run_files({"agent.yaml": PROFILE, "scenarios.yaml": SCENARIOS}, trials=3)
    assert run.exit_code == 0
    assert run.reliability.low >= 0.8

`Runner` does the same with files that exist; the pytest fixture `arc` is a `Runner`. `ScriptedProvider` is
a model whose answers are written in the test.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_arc import registry
from pytest_arc.domain.plan import Plan
from pytest_arc.domain.result import CaseOutcome, Estimate, TrialResult, Verdict, count_disputed
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.loading import load_settings
from pytest_arc.providers.scripted import ScriptedProvider
from pytest_arc.session import Session, run_session
from pytest_arc.stats import wilson
from pytest_arc.suite import plan_files

__all__ = ["FinishedRun", "Runner", "ScriptedProvider", "run_files"]


@dataclass(frozen=True)
class FinishedRun:
    """What a run came to."""

    session: Session
    exit_code: int
    """0 passed, 1 a case or a gate failed or errored, 5 nothing was selected."""

    @property
    def plan(self) -> Plan:
        return self.session.plan

    @property
    def cases(self) -> Mapping[str, CaseOutcome]:
        """Case id -> what became of it."""
        return {case.id: self.session.outcome_of(case) for case in self.plan.cases}

    @property
    def verdicts(self) -> Sequence[Verdict]:
        return self.session.verdicts

    @property
    def trials(self) -> Sequence[TrialResult]:
        """All trials, in plan order."""
        return [trial for case in self.plan.cases for trial in self.session.ledger.list_trials(case.id)]

    @property
    def reliability(self) -> Estimate:
        """The share of scored trials that passed, with Wilson's 95 % interval, which counts trials on which
        judges disagreed either way; raises ValueError for none.
        """
        passed = sum(trial.outcome == "passed" for trial in self.trials)
        scored = sum(trial.is_scored for trial in self.trials)
        doubtful_passes, doubtful_failures = count_disputed(self.trials)
        low = wilson(passed - doubtful_passes, scored).low
        return Estimate(passed, scored, low, wilson(passed + doubtful_failures, scored).high)

    def read_trajectory(self, trial: TrialResult) -> Trajectory | None:
        """What was said and done in a trial."""
        return self.session.writer.read_trajectory(trial)


class Runner:
    """Runs agents and returns what became of them. Paths are relative to `root`."""

    def __init__(self, root: Path, hooks: Any = None) -> None:
        self.root = root
        self.hooks = hooks

    def run(self, *profiles: str | Path, scenarios: Sequence[str] = (), **settings: Any) -> FinishedRun:
        """Run profiles; `scenarios` are glob patterns of scenario ids, none means all.

        `settings` are those of the command line: `trials=5`, `target="reference"`, `seed=3`. Raises
        LoadError when a file cannot be used and UsageError when nothing is selected.
        """
        chosen = load_settings(self.root, settings)
        if self.hooks is not None:
            chosen = self.hooks.pytest_arc_settings(settings=chosen) or chosen
            self.hooks.pytest_arc_register(registry=registry)
        plan = plan_files([self.root / profile for profile in profiles], chosen, scenarios)
        if self.hooks is not None:
            plan = self.hooks.pytest_arc_modify_plan(plan=plan) or plan
        session = run_session(Session(plan, chosen, root=self.root, hooks=self.hooks))
        return FinishedRun(session, session.exit_code)


def run_files(files: Mapping[str, str], **settings: Any) -> FinishedRun:
    """Write files into a fresh folder and run the profiles among them: those with a top-level `arc:` key.

    Modules of Python targets are not looked up in that folder; put them where Python finds them.
    """
    with tempfile.TemporaryDirectory(prefix="pytest-arc-") as folder:
        root = Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        profiles = [name for name, text in files.items() if text.startswith("arc:") or "\narc:" in text]
        run = Runner(root).run(*profiles, **settings)
        return run
