"""`arc quarantine`: what is flaky by its history, set aside by a person, for a while."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.cli import quarantine as command
from pytest_arc.history.baselines import make_baseline, write_baseline
from pytest_arc.history.folder import find_run
from pytest_arc.history.measured import measure_run

if TYPE_CHECKING:
    from shapes import Arc, Done, Write

AGENT = """
def agent(text, context):
    # Two right answers, one of them accepted.
    return "no" if context.scenario == "match/split[2]" and context.trial in (2, 5) else "yes"
"""

PROFILE = """
arc: 1
name: matcher
target: {python: "matcher:agent"}
trials: 6
scenarios: {include: matches.yaml}
"""

SCENARIOS = """
arc_scenarios: 1
defaults: {expect: [{answer_equals: "yes"}]}
scenarios:
  - id: match/split
    for_each: [{n: 1}, {n: 2}, {n: 3}, {n: 4}, {n: 5}]
    user: Does delivery {{ n }} match its invoice?
  - id: match/plain
    for_each: [{n: 1}, {n: 2}, {n: 3}, {n: 4}, {n: 5}]
    user: Does invoice {{ n }} match its order?
"""

FILE = """\
# Reviewed every Monday.
arc_quarantine: 1
entries:
  # Ask Ada first.
  - scenario: match/plain[1]
    owner: ada
    reason: the supplier's catalogue changes daily
    since: 2026-11-01
    expires: 2026-11-15
"""


@pytest.fixture(autouse=True)
def _fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    class Day(date):
        @classmethod
        def today(cls) -> date:  # type: ignore[override]
            return date(2026, 11, 21)

    monkeypatch.setattr(command, "date", Day)


@pytest.fixture
def flaky(project: Path, write: Write, arc: Arc) -> Path:
    """A project with two runs of an agent that is right in 8 of 12 trials of one of its ten scenarios."""
    write({"matcher.py": AGENT, "matcher.yaml": PROFILE, "matches.yaml": SCENARIOS})
    for _ in range(2):
        assert arc("run", "matcher.yaml").code == 1
    return project


def _hide_width(text: str) -> str:
    """Runs of the same second have longer ids."""
    return re.sub(r"RUN +", "RUN  ", text)


def test_before_the_first_run_nothing_is_set_aside(project: Path, arc: Arc) -> None:
    assert arc("quarantine", "ls").out == "nothing is set aside\n"


def test_what_is_flaky_is_suggested_and_not_added(flaky: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("quarantine", "ls")

    assert done.code == 0
    assert done.text == snapshot
    assert not (flaky / "quarantine.yaml").exists()


def test_the_list_of_runs_says_so_in_a_line(flaky: Path, arc: Arc) -> None:
    assert arc("status").out.endswith(
        "\nunstable on unchanged code: match/split[2], 8 of 12 passed in 2 runs\nmore: arc quarantine ls\n"
    )
    arc("quarantine", "add", "match/split[2]", "--owner", "ada")
    assert "unstable" not in arc("status").out


def test_the_history_of_a_scenario_is_told_run_by_run(
    flaky: Path, write: Write, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    write({"matcher.py": AGENT.replace("(2, 5)", "(2,)")})
    arc("run", "matcher.yaml")

    assert _hide_width(arc("quarantine", "show", "'match/split[2]'").text) == snapshot


def test_an_agent_that_was_changed_starts_anew(flaky: Path, write: Write, arc: Arc) -> None:
    write({"matcher.py": AGENT.replace("(2, 5)", "(2,)")})
    arc("run", "matcher.yaml")

    assert arc("quarantine", "ls").out == "nothing is set aside\n"


def test_a_flaky_scenario_can_be_set_aside(flaky: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("quarantine", "add", "match/split[2]", "--owner", "@ada")

    assert done.code == 0
    assert done.out == snapshot
    assert (flaky / "quarantine.yaml").read_text(encoding="utf-8") == snapshot(name="file")
    assert arc("quarantine", "ls").out == snapshot(name="ls")


def test_a_file_keeps_what_people_wrote_into_it(
    flaky: Path, write: Write, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    write({"quarantine.yaml": FILE})
    path = flaky / "quarantine.yaml"

    arc(*"quarantine add match/split[2] --owner bob --reason two --days 3".split())
    both = path.read_text(encoding="utf-8")
    assert both.startswith(FILE)
    assert both.endswith("    reason: two\n    since: 2026-11-21\n    expires: 2026-11-24\n")

    assert arc("quarantine", "rm", "match/split[2]").out == (
        "match/split[2] is back in the regression gate\n"
    )
    assert path.read_text(encoding="utf-8") == FILE


def test_an_expired_entry_is_loud(flaky: Path, write: Write, arc: Arc, snapshot: SnapshotAssertion) -> None:
    write({"quarantine.yaml": FILE})

    assert arc("quarantine", "ls").text == snapshot


def test_me_is_the_name_that_git_knows(flaky: Path, arc: Arc) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=flaky, check=True)
    subprocess.run(["git", "config", "user.name", "Ada Lovelace"], cwd=flaky, check=True)

    arc("quarantine", "add", "match/split[2]", "--owner", "@me")

    (entry,) = arc("quarantine", "ls", "--output", "json").json["entries"]
    assert entry["owner"] == "Ada Lovelace"


def test_json_has_the_figures(flaky: Path, write: Write, arc: Arc) -> None:
    write({"quarantine.yaml": FILE})

    told = arc("quarantine", "ls", "--output", "json").json

    assert told["path"] == "quarantine.yaml"
    (entry,) = told["entries"]
    assert (entry["scenario"], entry["expires"], entry["active"]) == ("match/plain[1]", "2026-11-15", False)
    (suggestion,) = told["suggestions"]
    assert (suggestion["agent"], suggestion["scenario"]) == ("matcher", "match/split[2]")
    assert (suggestion["passed"], suggestion["n"], suggestion["stability"]) == (8, 12, "flaky")

    told = arc("quarantine", "show", "match/split[2]", "--output", "json").json
    assert [[run["passed"], run["n"]] for run in told["history"][0]["runs"]] == [[4, 6], [4, 6]]


@pytest.mark.parametrize(
    "name, arguments",
    {
        "not-flaky": "add match/split[1] --owner ada",
        "unknown": "add match/splitt[1] --owner ada",
        "no-reason": "add match/split[1] --owner ada --force",
        "there-already": "add match/plain[1] --owner ada",
        "no-owner": "add match/split[2]",
        "empty-owner": "add match/split[2] --owner ''",
        "too-long": "add match/split[2] --owner ada --days 365",
        "no-such-agent": "add match/split[2] --owner ada --agent a/b",
        "not-there": "rm match/plain[2]",
        "no-history": "show match/spilt[2]",
        "no-folder": "ls --history nowhere",
    }.items(),
)
def test_what_makes_no_sense_is_refused(
    flaky: Path, write: Write, arc: Arc, snapshot: SnapshotAssertion, name: str, arguments: str
) -> None:
    write({"quarantine.yaml": FILE})

    done = arc("quarantine", *arguments.split())

    assert done.code == 4
    assert done.err == snapshot(name=name)
    assert (flaky / "quarantine.yaml").read_text(encoding="utf-8") == FILE


def test_more_than_a_tenth_of_the_suite_is_refused_even_by_force(
    flaky: Path, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    arc(*"quarantine add match/plain[1] --owner ada --force --reason why".split())

    done = arc(*"quarantine add match/plain[2] --owner ada --force --reason why".split())

    assert done.code == 4
    assert done.err == snapshot
    assert "It cannot be set aside" in arc("quarantine", "ls").out


def test_a_list_in_brackets_is_left_to_its_author(flaky: Path, write: Write, arc: Arc) -> None:
    entry = "{scenario: a, owner: ada, reason: why, since: 2026-11-01, expires: 2026-11-30}"
    text = f"arc_quarantine: 1\nentries: [{entry}]\n"
    write({"quarantine.yaml": text})

    for done in (arc("quarantine", "rm", "a"), arc(*"quarantine add match/split[2] --owner b".split())):
        assert done.code == 4
        assert "quarantine.yaml is written in a way that this command cannot change" in done.err
    assert (flaky / "quarantine.yaml").read_text(encoding="utf-8") == text


def test_earlier_runs_of_other_places_count_too(flaky: Path, arc: Arc) -> None:
    (flaky / ".arc").rename(flaky / "artefacts")

    assert arc("quarantine", "ls").out == "nothing is set aside\n"
    listed = arc("quarantine", "ls", "--history", "artefacts").out
    assert "match/split[2] is unstable" in listed
    # `arc show` does not know those runs by their ids.
    assert "arc show" not in listed


def test_damaged_folders_are_passed_over_and_that_is_said_once(flaky: Path, arc: Arc) -> None:
    for run in sorted((flaky / ".arc" / "runs").iterdir()):
        (run / "header.json").write_text("{", encoding="utf-8")
        (run / "run.json").write_text("{", encoding="utf-8")

    lines = arc("quarantine", "ls").text.splitlines()

    assert lines[0] == "nothing is set aside"
    assert lines[2:] == ["passed over, damaged or of another origin: .arc/runs/RUN and 1 more"]
    assert arc("status").code == 0


def test_status_lists_runs_whatever_the_quarantine_looks_like(flaky: Path, write: Write, arc: Arc) -> None:
    write({"quarantine.yaml": "arc_quarantine: 1\nentires: []\n"})

    done = arc("status")

    assert done.code == 0
    assert done.out.endswith("\nquarantine.yaml:2:1: unknown key 'entires' in the quarantine\n"
                             "    entires: []\n    ^ did you mean 'entries'?\n")  # fmt: skip
    assert arc("quarantine", "ls").code == 2


def test_validate_holds_the_quarantine_against_the_agents(
    flaky: Path, write: Write, arc: Arc, snapshot: SnapshotAssertion
) -> None:
    entry = "  - {{scenario: '{}', owner: ada, reason: why, since: 2026-11-01, expires: 2999-01-01}}\n"
    names = ("match/plain[1]", "match/plain[2]", "match/plane[3]")
    write({"quarantine.yaml": "arc_quarantine: 1\nentries:\n" + "".join(map(entry.format, names))})

    done = arc("validate", "matcher.yaml")

    assert done.code == 1
    assert done.out == snapshot
    (remark,) = arc("validate", "matcher.yaml", "--output", "json").json["remarks"]
    assert remark["line"] == 5


def test_validate_reports_what_is_wrong_with_the_file(flaky: Path, write: Write, arc: Arc) -> None:
    write({"quarantine.yaml": "arc_quarantine: 1\nentires: []\n"})

    done = arc("validate", "matcher.yaml")

    assert done.code == 1
    assert "quarantine.yaml:2:1: unknown key 'entires' in the quarantine" in done.out


def test_the_file_can_be_named_to_validate_and_not_to_run(flaky: Path, write: Write, arc: Arc) -> None:
    write({"quarantine.yaml": FILE})
    assert arc("validate", "quarantine.yaml").out == "1 file, 0 agents, 0 scenarios: no problems\n"
    assert arc("run", "quarantine.yaml").err == (
        "quarantine.yaml:2:1: this is a quarantine, not a profile\n"
        "    arc_quarantine: 1\n"
        "    ^ arc quarantine ls reads it\n"
    )

    write({"quarantine.yaml": FILE.replace("owner: ada", "owner: ")})
    done = arc("validate", "quarantine.yaml", "matcher.yaml")
    assert done.code == 1
    assert done.out.count("quarantine.yaml:6:11: 'owner' must be text, not empty\n") == 1


@pytest.fixture
def broken(project: Path, write: Write, arc: Arc) -> Path:
    """A project whose baseline is perfect, and whose agent fails in one scenario since."""
    gates = "gates: {regression: 0.05, reliability: 0.5}\n"
    write({"matcher.py": AGENT.replace("(2, 5)", "()"), "matcher.yaml": PROFILE + gates})
    write({"matches.yaml": SCENARIOS})
    assert arc("run", "matcher.yaml", "--trials", "10").code == 0
    (measured,) = measure_run(find_run(project / ".arc", "last"))
    write_baseline(project, make_baseline(measured))
    write({"matcher.py": AGENT.replace(" and context.trial in (2, 5)", "")})
    return project


def _write_entry(write: Write, expires: str) -> None:
    entry = f"{{scenario: 'match/split[2]', owner: ada, reason: why, since: 2020-01-01, expires: {expires}}}"
    write({"quarantine.yaml": f"arc_quarantine: 1\nentries:\n  - {entry}\n"})


def _read_gates(done: Done) -> dict[str, Any]:
    (agent,) = done.json["results"]["agents"]
    return {gate["gate"]: gate for gate in agent["gates"]}


def test_what_is_set_aside_is_out_of_the_regression_gate_alone(broken: Path, write: Write, arc: Arc) -> None:
    assert _read_gates(arc("run", "matcher.yaml", "--output", "json"))["regression"]["word"] == "failed"

    _write_entry(write, expires="2999-01-01")
    done = arc("run", "matcher.yaml", "--output", "json")

    gates = _read_gates(done)
    assert done.code == 0
    assert gates["regression"]["word"] == "passed"
    # It was run, and the threshold gate counts it: ten scenarios of six trials.
    assert (gates["reliability"]["estimate"]["passed"], gates["reliability"]["estimate"]["n"]) == (54, 60)


def test_an_expired_entry_sets_nothing_aside_and_every_report_says_so(
    broken: Path, write: Write, arc: Arc
) -> None:
    _write_entry(write, expires="2020-01-31")

    done = arc("run", "matcher.yaml")

    assert done.code == 1
    words = " ".join(done.out.split())
    assert "the quarantine of match/split[2] (owner ada) expired on 2020-01-31" in words


def test_a_run_does_not_begin_with_a_quarantine_that_cannot_be_read(
    broken: Path, write: Write, arc: Arc
) -> None:
    write({"quarantine.yaml": "arc_quarantine: 1\nentires: []\n"})

    done = arc("run", "matcher.yaml")

    assert done.code == 2
    assert "quarantine.yaml:2:1: unknown key 'entires' in the quarantine" in done.err
