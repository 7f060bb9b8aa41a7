"""Hooks for conftest.py and other plugins. `arc run` calls them too.

Only pluggy and typing are imported here: pytest reads this module in every project that has the plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pytest_arc.domain.plan import Case, Plan, TrialSpec
    from pytest_arc.domain.result import CaseOutcome, TrialResult, Verdict
    from pytest_arc.domain.settings import Settings

hookspec = pluggy.HookspecMarker("pytest")


@hookspec(firstresult=True)
def pytest_arc_settings(settings: Settings) -> Settings | None:
    """Return other settings to use instead. Called once, before any file is read."""


@hookspec
def pytest_arc_register(registry: Any) -> None:
    """Register checks, targets, tools and behaviours under names for YAML.

    `registry` has `CHECKS`, `TARGETS`, `TOOLS`, `BEHAVIORS` and `PROVIDERS`, each with
    `register(name, implementation)`.
    """


@hookspec(firstresult=True)
def pytest_arc_modify_plan(plan: Plan) -> Plan | None:
    """Return another plan to run instead. Called once, after selection and before the first trial."""


@hookspec
def pytest_arc_trial_start(case: Case, trial: TrialSpec) -> None:
    """A trial begins. Called in the thread that runs trials: be quick and do not block."""


@hookspec
def pytest_arc_trial_finish(result: TrialResult) -> None:
    """A trial has ended."""


@hookspec
def pytest_arc_case_finish(case: Case, outcome: CaseOutcome) -> None:
    """All trials of a case have ended."""


@hookspec
def pytest_arc_gate(verdict: Verdict) -> None:
    """A gate has been evaluated."""


@hookspec
def pytest_arc_run_finish(run: Any) -> None:
    """The run is over; `run` is what `run.json` holds, as plain data."""
