"""Recorded runs of a real agent, compared: chance is not taken for a regression."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.cli import main
from pytest_arc.history.tau_bench import import_tau_bench


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_recorded(shared: Path, name: str) -> str:
    """Import and run recorded results; the run as a file."""
    source = shared / "data" / "tau_bench" / f"{name}.json.gz"
    if not source.exists():
        pytest.skip(f"{source.name} is not among the recorded runs")
    profile = import_tau_bench(source, Path(name)).profile
    assert main(["run", profile.as_posix(), "--json", f"{name}.json"]) == 0
    return f"{name}.json"


def compare(a: str, b: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["compare", a, b, "--output", "json"]) == 0
    (comparison,) = json.loads(capsys.readouterr().out)["comparisons"]
    return comparison


def take_trial(source: str, trial: int) -> str:
    """The run as it had been, had it made this trial alone: under a run id and a trial number of its own."""
    document = json.loads(Path(source).read_text(encoding="utf-8"))
    document["header"]["run_id"] = f"trial-{trial}"
    for agent in document["results"]["agents"]:
        for case in agent["cases"]:
            case["trials"] = [case["trials"][trial - 1] | {"trial": 1}]
    document["timings"] = {case: [own[trial - 1] | {"trial": 1}] for case, own in document["timings"].items()}
    path = Path(f"trial-{trial}.json")
    path.write_text(json.dumps(document), encoding="utf-8")
    return path.name


def test_two_versions_of_the_retail_agent_show_no_regression(
    shared: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = run_recorded(shared, "retail-v0"), run_recorded(shared, "retail-v1")

    comparison = compare(a, b, capsys)

    reliability = comparison["reliability"]
    assert (len(comparison["compared"]), comparison["changed"]) == (100, {})
    assert (reliability["a"]["count"], reliability["b"]["count"]) == (73, 70)
    # McNemar's exact test: 14 tasks were lost and 11 won.
    assert f"{reliability['p']:.2f}" == "0.69"
    assert comparison["summary"].startswith("No regression proved (p = .69, two-sided). 70 of 100 trials")


def test_no_two_trials_of_the_airline_agent_show_a_regression(
    shared: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = run_recorded(shared, "gpt-4o-airline")
    trials = [take_trial(source, trial) for trial in (1, 2, 3, 4)]

    # Each of the six pairs both ways round, so that neither order hides what the other would show.
    proofs = [compare(a, b, capsys)["reliability"]["proof"] for a, b in permutations(trials, 2)]

    assert proofs == ["nothing"] * 12
