"""One run in the Common Test Report Format (ctrf.io): JSON that tools for test results read.

A case is a test, and so is a gate. `rawStatus` is our word for what became of it. Trials are no retries: one
that passes does not make good for one that failed, so that they are counted in `extra`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_arc.domain.result import Estimate
from pytest_arc.domain.view import CaseView, ReadTrajectory, RunView
from pytest_arc.reports.junit import Testcase, list_testcases
from pytest_arc.reports.visible import make_visible

__all__ = ["write_ctrf"]

SPECIFICATION = "0.0.0"

_STATUSES: Mapping[str, str] = {
    "passed": "passed",
    "xpassed": "passed",
    "failed": "failed",
    "errored": "failed",
    "not evaluated": "failed",
    "skipped": "skipped",
    "xfailed": "skipped",
    "not run": "pending",
    "below bar": "other",
    "inconclusive": "other",
}
"""What became of a case or gate -> the status; of a gate that only advises it is `other`."""


def write_ctrf(view: RunView, read_trajectory: ReadTrajectory) -> Iterator[str]:
    """The text of the file."""
    cases = {(agent.path, case.scenario): case for agent in view.agents for case in agent.cases}
    places = {agent.path.replace("/", "."): agent.path for agent in view.agents}
    tests = [
        _describe(test, places[test.classname], cases.get((places[test.classname], test.name)))
        for test in list_testcases(view, read_trajectory)
    ]
    results = {
        "tool": {"name": "pytest-arc", "version": view.packages.get("pytest-arc", "")},
        "summary": _count(view, tests),
        "tests": tests,
        "environment": _describe_environment(view),
    }
    document = {"reportFormat": "CTRF", "specVersion": SPECIFICATION, "generatedBy": "pytest-arc"}
    if view.finished:
        document["timestamp"] = view.finished
    yield json.dumps({**document, "results": results}, indent=1) + "\n"


def _describe(test: Testcase, path: str, case: CaseView | None) -> dict[str, Any]:
    status = _STATUSES[test.word] if test.tag != "skipped" or test.word != "failed" else "other"
    told: dict[str, Any] = {
        "name": make_visible(test.name),
        "status": status,
        "duration": round(test.seconds * 1000),
        "rawStatus": test.word,
        "suite": [make_visible(path)],
    }
    if test.message:
        told["message"] = make_visible(test.message)
    if test.text and test.tag != "skipped":
        told["trace"] = make_visible(test.text)
    if case is None:
        return told
    told |= {"filePath": make_visible(case.path), "line": case.line, "tags": [*map(make_visible, case.tags)]}
    return told | {"extra": _count_trials(case)}


def _count_trials(case: CaseView) -> dict[str, Any]:
    outcome = case.outcome
    counts = {"passed": outcome.passed, "failed": outcome.failed, "errored": outcome.errored}
    return {"trials": counts, "estimate": _describe_estimate(outcome.estimate), "bar": case.bar}


def _describe_estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    low, high = round(estimate.low, 6), round(estimate.high, 6)
    return {"rate": round(estimate.rate, 6), "low": low, "high": high, "confidence": estimate.confidence}


def _count(view: RunView, tests: list[dict[str, Any]]) -> dict[str, Any]:
    statuses = Counter(test["status"] for test in tests)
    start = _count_milliseconds(view.started)
    return {
        "tests": len(tests),
        **{name: statuses[name] for name in ("passed", "failed", "skipped", "pending", "other")},
        "suites": len(view.agents),
        "start": start,
        "stop": max(start, _count_milliseconds(view.finished)),
    }


def _count_milliseconds(moment: str) -> int:
    """Since 1970; 0 for a moment that is not known."""
    try:
        told = datetime.fromisoformat(moment)
    except ValueError:
        return 0
    return round((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() * 1000)


def _describe_environment(view: RunView) -> dict[str, Any]:
    extra = {"runId": view.run_id, "seed": view.seed, "python": view.python, "executor": view.executor}
    told: dict[str, Any] = {"osPlatform": view.platform, "extra": extra}
    if view.git and view.git.get("sha"):
        told["commit"] = str(view.git["sha"])
    return told
