"""What the demonstration promises to show, and that it shows it for the reason it names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_arc.domain.result import TrialResult
from pytest_arc.testing import FinishedRun, Runner

from .conftest import AUDIT, FIRST, FIXED, Demonstration, load

SEEDS = range(10)


def test_there_are_50_finance_scenarios_and_15_of_them_are_about_currencies(shipped: Demonstration) -> None:
    scenarios = shipped.list_scenarios("finance")
    currency = [scenario for scenario in scenarios if scenario["id"].startswith("currency/")]
    files = load(shipped.root / "scenarios/finance/currency.yaml")

    assert (len(scenarios), len(currency)) == (50, 15)
    assert len({scenario["id"] for scenario in scenarios}) == 50
    assert files["defaults"]["challenges"] == "usd"
    assert currency == files["scenarios"]


def test_there_are_20_audit_scenarios(shipped: Demonstration) -> None:
    assert len({scenario["id"] for scenario in shipped.list_scenarios("audit")}) == 20


def test_every_scenario_says_in_a_sentence_of_its_own_what_it_tests(shipped: Demonstration) -> None:
    scenarios = shipped.list_scenarios("finance") + shipped.list_scenarios("audit")
    titles = [scenario["title"] for scenario in scenarios]

    assert len(set(titles)) == len(titles)
    assert all(title[0].isupper() and not title.endswith(".") for title in titles)


def test_every_data_file_is_used_and_small(root: Path) -> None:
    for folder in ("finance", "audit"):
        texts = [path.read_text(encoding="utf-8") for path in (root / "scenarios" / folder).glob("*.yaml")]
        for data in (root / "scenarios" / folder / "data").iterdir():
            assert any(f"data/{data.name}" in text for text in texts), data.name
            assert data.stat().st_size < 20_000, data.name


def test_every_file_names_its_schema(root: Path) -> None:
    for path in [*(root / "configs").glob("*.yaml"), *(root / "scenarios").glob("*/*.yaml")]:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")

        assert (path.parent / schema).is_file(), f"{path.name}: {first}"


@pytest.mark.parametrize("seed", SEEDS)
def test_first_version_fails_its_gate_near_70_percent(shipped: Demonstration, seed: int) -> None:
    run = shipped.run(FIRST, seed=seed)

    assert [verdict.word for verdict in run.verdicts] == ["failed"]
    assert run.exit_code == 1
    assert 0.62 <= run.reliability.rate <= 0.76


@pytest.mark.parametrize("seed", SEEDS)
def test_fixed_version_passes_its_gate_at_91_percent_or_better(shipped: Demonstration, seed: int) -> None:
    run = shipped.run(FIXED, seed=seed)

    assert [verdict.word for verdict in run.verdicts] == ["passed"]
    assert run.exit_code == 0
    assert run.reliability.rate >= 0.91


@pytest.mark.parametrize("seed", SEEDS)
def test_audit_agent_passes_its_gate(shipped: Demonstration, seed: int) -> None:
    assert [verdict.word for verdict in shipped.run(AUDIT, seed=seed).verdicts] == ["passed"]


def test_no_trial_of_the_demonstration_is_outside_what_the_policy_covers(shipped: Demonstration) -> None:
    for profile in (FIRST, FIXED, AUDIT):
        assert all(trial.is_scored for trial in shipped.run(profile).trials)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_currency_is_wrong_in_all_15_scenarios_with_v1_and_in_none_with_v2(
    shipped: Demonstration, seed: int
) -> None:
    assert len(list(list_wrong_currencies(shipped.run(FIRST, "currency/*", seed=seed)))) == 15
    assert not list(list_wrong_currencies(shipped.run(FIXED, "currency/*", seed=seed)))


def list_wrong_currencies(run: FinishedRun) -> Iterator[str]:
    """The cases in which the figure is not in the currency asked for in at least half of the trials."""
    for case in run.plan.cases:
        trials = [trial for trial in run.trials if trial.case == case.id]
        if 2 * sum(map(has_wrong_currency, trials)) >= len(trials):
            yield case.id


def has_wrong_currency(trial: TrialResult) -> bool:
    """Whether a figure with a unit is missing: every currency scenario expects at least one."""
    figures = [check for check in trial.checks if check.check.startswith("answer_number")]
    assert figures
    return any(check.passed is False for check in figures)


def test_every_currency_scenario_expects_a_figure_with_its_currency(shipped: Demonstration) -> None:
    for scenario in shipped.list_scenarios("finance"):
        if scenario["id"].startswith("currency/"):
            assert any("answer_number" in check and "unit" in check for check in scenario["expect"])


@pytest.mark.slow
def test_the_demo_script_explains_both_verdicts_and_measures_the_difference(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "examples/demo.py"], cwd=root, capture_output=True, encoding="utf-8", timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout[done.stdout.index("What you saw") :]
    assert "finance_agent_v1: the gate FAILED." in told
    assert "finance_agent_v2: the gate PASSED." in told
    assert told.rstrip().split("\n\n")[-1].startswith("What made the difference, for without it 15 fail: ")
    assert all(len(line) <= 80 for line in told.splitlines())


def test_most_of_the_travel_scenarios_pass_though_their_author_knew_none_of_the_code(
    root: Path, tmp_path: Path
) -> None:
    """Ten scenarios of another job. Nine pass in most of their trials; seven are required."""
    profile = root / "tests/unit/providers/data/travel/travel_agent.yaml"

    run = Runner(tmp_path).run(profile)

    assert len(run.cases) == 10
    assert sum(case.passed > case.failed + case.errored for case in run.cases.values()) >= 7
