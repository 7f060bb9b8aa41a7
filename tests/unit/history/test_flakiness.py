"""What earlier runs say of a scenario: pooled where nothing had changed, each observation once."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.quarantine import Quarantine, QuarantineEntry
from pytest_arc.domain.result import TrialOutcome, TrialResult
from pytest_arc.errors import UsageError
from pytest_arc.history.flakiness import History, ScenarioHistory, read_history, read_run, suggest_quarantine
from pytest_arc.history.writer import RunWriter
from pytest_arc.redaction import Redactor

EMPTY = Quarantine(arc_quarantine=1)


def _header(started: str = "2026-11-21T10:00:00+00:00", **agent: Any) -> dict[str, Any]:
    facts = {
        "id": "bot@v1",
        "identity": "abc",
        "deterministic": False,
        "repeatable": True,
        "scenarios": {"a/b": ["s1", "c1"], "a/c": ["s2", "c2"]},
        **agent,
    }
    return {"started": started, "agents": [facts], "git": {"sha": "a81c07e", "dirty": False}}


def _trials(outcomes: str, scenario: str = "bot@v1/a/b", first: int = 1) -> list[TrialResult]:
    words: dict[str, TrialOutcome] = {".": "passed", "F": "failed", "E": "errored", "c": "cancelled"}
    return [
        TrialResult(scenario, number, 70 + number, words[letter], None, "", (), {}, None)
        for number, letter in enumerate(outcomes, first)
    ]


def _pool(*runs: tuple[dict[str, Any], Iterable[TrialResult]]) -> History:
    read = [read_run(f"run-{n}", header, trials, f"run-{n}") for n, (header, trials) in enumerate(runs)]
    return History([run for run in read if run])


def _find(history: History, scenario: str = "a/b") -> ScenarioHistory:
    (found,) = [h for h in history.list_scenarios() if h.scenario == scenario and h.is_current]
    return found


def test_runs_of_the_same_agent_and_scenario_are_pooled() -> None:
    history = _find(_pool((_header("1"), _trials("..F.F")), (_header("2"), _trials("F..F."))))

    assert (history.agent, history.passed, history.n) == ("bot", 6, 10)
    assert history.stability == "flaky"
    assert history.is_flaky
    assert [(run.passed, run.n, run.commit) for run in history.runs] == [(3, 5, "a81c07e"), (3, 5, "a81c07e")]


@pytest.mark.parametrize(
    "change",
    [{"identity": "def"}, {"scenarios": {"a/b": ["s9", "c1"]}}, {"scenarios": {"a/b": ["s1", "c9"]}}],
)
def test_a_bug_that_was_fixed_is_no_flakiness(change: dict[str, Any]) -> None:
    histories = _pool(
        (_header("1"), _trials("F" * 40)), (_header("2", **change), _trials("." * 40))
    ).list_scenarios()

    assert [(h.stability, h.is_current) for h in histories] == [("stable-fail", False), ("stable-pass", True)]


def test_a_new_version_label_on_the_same_agent_changes_nothing() -> None:
    history = _find(
        _pool(
            (_header("1"), _trials("F....")),
            (_header("2", id="bot@v2"), _trials("..F.F", scenario="bot@v2/a/b")),
        )
    )

    assert (history.passed, history.n) == (7, 10)


def test_ten_trials_of_one_run_do_not_make_a_scenario_flaky() -> None:
    assert not _find(_pool((_header(), _trials("F.F.F.F.F.")))).is_flaky


def test_nine_trials_of_two_runs_do_not_make_a_scenario_flaky() -> None:
    assert not _find(_pool((_header("1"), _trials("F.F.F")), (_header("2"), _trials(".F.F")))).is_flaky


def test_equal_seeds_on_a_deterministic_agent_are_one_run() -> None:
    header = _header(deterministic=True)
    history = _find(_pool((header, _trials("F.F.F.")), (header, _trials("F.F.F."))))

    assert (history.passed, history.n, history.contributing) == (3, 6, 1)
    assert [run.repeated for run in history.runs] == [0, 6]


def test_trials_that_confirmed_an_alarm_are_observations_too() -> None:
    trials = [*_trials(".F"), *_trials("F.F", first=3)]
    assert _find(_pool((_header(), trials))).n == 5


def test_errored_and_cancelled_trials_say_nothing() -> None:
    history = _find(_pool((_header(), _trials(".EcF"))))
    assert (history.passed, history.n) == (1, 2)


def test_a_run_without_a_scenario_leaves_what_was_known_of_it() -> None:
    history = _pool((_header("1"), _trials("F.")), (_header("2", identity="x"), _trials("..", "bot@v1/a/c")))
    assert _find(history, "a/b").passed == 1


def test_uncommitted_changes_have_no_commit() -> None:
    header = _header() | {"git": {"sha": "a81c07e", "dirty": True}}
    assert _find(_pool((header, _trials(".")))).runs[0].commit is None


def _entry(**keys: Any) -> Quarantine:
    days = {"since": date(2026, 1, 1), "expires": date(2026, 1, 15)}
    entry = QuarantineEntry(**{"scenario": "a/b", "owner": "ada", "reason": "unstable", **days, **keys})
    return Quarantine(arc_quarantine=1, entries=(entry,))


def test_what_is_flaky_and_in_no_entry_is_suggested() -> None:
    history = _pool((_header("1"), _trials("F.F.F")), (_header("2"), _trials(".F.F.")))

    assert [h.scenario for h in suggest_quarantine(history, EMPTY)] == ["a/b"]
    assert suggest_quarantine(history, _entry()) == []
    assert suggest_quarantine(history, _entry(agent="bot")) == []
    assert [h.scenario for h in suggest_quarantine(history, _entry(agent="other"))] == ["a/b"]


def test_what_was_flaky_before_a_change_is_not_suggested() -> None:
    flaky = [(_header(str(n)), _trials("F.F.F.")) for n in range(2)]
    history = _pool(*flaky, (_header("9", identity="def"), _trials("...")))

    assert suggest_quarantine(history, EMPTY) == []


def _write_run(root: Path, header: dict[str, Any], trials: Iterable[TrialResult]) -> Path:
    writer = RunWriter(root, Redactor({}))
    writer.write_header(header)
    for trial in trials:
        writer.add(trial)
    writer.finish([])
    return writer.path


def test_folders_are_read_wherever_they_are_and_copies_count_once(tmp_path: Path) -> None:
    here, artefacts = tmp_path / ".arc", tmp_path / "artefacts"
    own = _write_run(here, _header("1"), _trials("F.F.F"))
    _write_run(artefacts / "job-1" / ".arc", _header("2"), _trials(".F.F."))
    shutil.copytree(own, artefacts / "job-2" / own.name)

    assert (_find(read_history(here)).n, _find(read_history(here, artefacts)).n) == (5, 10)


def test_damaged_and_foreign_folders_are_passed_over(tmp_path: Path) -> None:
    _write_run(tmp_path, _header(), _trials("F."))
    damaged = _write_run(tmp_path, _header(), _trials("FF"))
    (damaged / "header.json").write_text('{"agents": [', encoding="utf-8")
    (damaged / "run.json").unlink()
    other = _write_run(tmp_path, _header(), _trials("FF", scenario="stranger/a"))
    foreign = tmp_path / "runs" / "foreign"
    foreign.mkdir()
    (foreign / "trials.jsonl").write_text('{"loss": 0.1}\n', encoding="utf-8")
    (foreign / "header.json").write_text("[]", encoding="utf-8")

    history = read_history(tmp_path)

    assert _find(history).n == 2
    assert set(history.passed_over) == {damaged, other, foreign}


def test_a_history_that_is_not_there_is_a_wrong_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no folder .*/nowhere with earlier runs"):
        read_history(tmp_path, tmp_path / "nowhere")


def test_the_size_of_a_suite_is_that_of_the_newest_run() -> None:
    history = _pool((_header("2", scenarios={"a/b": ["s", "c"]}), []), (_header("1"), []))
    assert history.suites == {"bot": frozenset({"a/b"})}
