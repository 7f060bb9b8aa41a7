"""`baselines/<agent>.json`, with every message as the user reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.baseline import CaseHashes
from pytest_arc.errors import LoadError
from pytest_arc.loading.baselines import locate_baseline, read_baseline
from pytest_arc.loading.source import Source

TEXT = """\
{
  "arc_baseline": 1,
  "agent": "bot",
  "identity": "abc",
  "target": "python bots:agent",
  "simulated": false,
  "runs": [
    {"run_id": "20261121-005100", "date": "2026-11-21", "commit": null, "seed": 0, "trials": 10}
  ],
  "scenarios": {
    "fx/chf": {"passed": 4, "n": 5, "scenario": "s1", "checks": "c1", "metrics": {"cost": 0.002, "steps": 3}},
    "fx/jpy[Q1]": {"passed": 5, "n": 5, "scenario": "s2", "checks": "c2", "metrics": {}}
  }
}
"""
TWICE = '    "fx/chf": {"passed": 5, "n": 5, "scenario": "s1", "checks": "c1"},\n'

BROKEN = {
    "written by a newer version": TEXT.replace('"arc_baseline": 1', '"arc_baseline": 2'),
    "with a merge conflict inside": TEXT.replace("    {", "<<<<<<< HEAD\n    {", 1),
    "cut off": TEXT[:200],
    "empty": "",
    "no object": "[1, 2]",
    "more passed than were tried": TEXT.replace('"passed": 4', '"passed": 6'),
    "more disputed than failed": TEXT.replace('"passed": 4', '"doubtful_failures": 2, "passed": 4'),
    "a negative count": TEXT.replace('"passed": 4', '"passed": -1'),
    "no trial at all": TEXT.replace('"passed": 5, "n": 5', '"passed": 0, "n": 0'),
    "a metric that is no number": TEXT.replace("0.002", "NaN"),
    "unknown keys": TEXT.replace('"agent"', '"agnt"').replace('"steps"', '"stepps"'),
    "a scenario twice after a merge": TEXT.replace('  "scenarios": {\n', '  "scenarios": {\n' + TWICE),
    "without a format": TEXT.replace('  "arc_baseline": 1,\n', ""),
}


def _complain(text: str, **held_against: Any) -> str:
    with pytest.raises(LoadError) as caught:
        read_baseline(Source("baselines/bot.json", text), **held_against)
    return str(caught.value)


def test_a_baseline_is_read(tmp_path: Path) -> None:
    path = locate_baseline(tmp_path, "bot")
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")

    baseline = read_baseline(path, agent="bot", target="python bots:agent", simulated=False)

    assert (baseline.agent, baseline.identity, baseline.label) == ("bot", "abc", "the baseline")
    assert [run.trials for run in baseline.runs] == [10]
    case = baseline.cases["fx/chf"]
    assert (case.passed, case.n, case.hashes) == (4, 5, CaseHashes("s1", "c1"))
    assert case.metrics == {"cost": 0.002, "steps": 3.0}
    assert baseline.cases["fx/jpy[Q1]"].metrics == {}


@pytest.mark.parametrize("trouble", BROKEN)
def test_what_is_wrong_is_said_with_its_place(trouble: str, snapshot: SnapshotAssertion) -> None:
    assert _complain(BROKEN[trouble]) == snapshot


def test_a_baseline_of_another_agent_is_refused(snapshot: SnapshotAssertion) -> None:
    assert _complain(TEXT, agent="other-bot") == snapshot


def test_a_baseline_of_a_real_agent_says_nothing_of_the_reference_policy(snapshot: SnapshotAssertion) -> None:
    told = _complain(TEXT, agent="bot", target="reference policy, not an LLM", simulated=True)

    assert told == snapshot


def test_results_of_the_reference_policy_are_no_baseline_of_another_target(
    snapshot: SnapshotAssertion,
) -> None:
    simulated = TEXT.replace("python bots:agent", "reference policy, not an LLM").replace("false", "true")

    assert _complain(simulated, agent="bot", target="python bots:agent", simulated=False) == snapshot


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(LoadError, match=r"baselines/bot\.json: cannot be read: No such file"):
        read_baseline(locate_baseline(tmp_path, "bot"))


def test_a_schema_may_be_named_for_editors() -> None:
    text = TEXT.replace("{\n", '{\n  "$schema": "baseline.schema.json",\n', 1)

    assert read_baseline(Source("baselines/bot.json", text)).agent == "bot"
