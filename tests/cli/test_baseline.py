"""`arc baseline`: made of runs, taken from one, looked at, held against one."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.history.folder import list_runs

if TYPE_CHECKING:
    from shapes import Arc, Write

BASELINE = "baselines/echo.json"

SIMULATED = """
arc: 1
name: echo
version: v1
target: reference
tools: [financial_calculator]
trials: 2
scenarios: {include: ["../scenarios/*.yaml"]}
"""

CONVERSION = """
arc_scenarios: 1
scenarios:
  - id: greet/convert
    user: Convert 250 EUR to USD.
    world: {rates: {EUR/USD: 1.08}}
    expect:
      - answer_contains: "270"
"""

SCENARIO = """
arc_scenarios: 1
scenarios:
  - id: greet/hello
    user: USER
    expect:
      - answer_contains: hello
"""

STEADY = """
def echo(text):
    return f"You said {text}"

moody = echo
"""

BROKEN = """
def moody(text):
    return "I do not feel like it" if "good" in text else f"You said {text}"
"""


def _read(project: Path) -> Any:
    return json.loads((project / BASELINE).read_text(encoding="utf-8"))


def _count(project: Path) -> dict[str, tuple[int, int]]:
    return {id: (case["passed"], case["n"]) for id, case in _read(project)["scenarios"].items()}


def _count_greetings(project: Path) -> set[tuple[int, int]]:
    """Of the scenarios in which the agent is right every second time."""
    return {counts for id, counts in _count(project).items() if id.startswith("greet/")}


def _hide(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", text))


def test_a_run_never_writes_a_baseline(project: Path, arc: Arc) -> None:
    arc("run", "configs")

    assert not (project / "baselines").exists()


def test_runs_of_the_agent_as_it_is_are_pooled(
    project: Path, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    arc("run", "configs", "--trials", "2")
    arc("run", "configs", "--trials", "3", "--seed", "1")

    done = arc("baseline", "update", "configs/echo.yaml")

    assert done.code == 0
    assert _hide(done.out) == snapshot
    assert _count_greetings(project) == {(3, 5)}
    assert [run["trials"] for run in _read(project)["runs"]] == [8, 12]


def test_updating_again_changes_nothing(project: Path, arc: Arc) -> None:
    arc("run", "configs")
    arc("baseline", "update", "configs")
    before = (project / BASELINE).read_bytes()

    done = arc("baseline", "update", "configs")

    assert "says so already" in done.out
    assert (project / BASELINE).read_bytes() == before


def test_runs_of_the_agent_as_it_was_are_left_out(project: Path, arc: Arc, write: Write) -> None:
    arc("run", "configs")
    profile = (project / "configs/echo.yaml").read_text(encoding="utf-8")
    write({"configs/echo.yaml": profile + "system_prompt: Be kind\n"})

    done = arc("baseline", "update", "configs")

    assert done.code == 5
    assert _hide(done.out) == (
        "echo: no baseline was written; there is no finished run of it as it is now. Make\n"
        "    one: arc baseline update configs/echo.yaml --trials 10\n"
    )


def test_interrupted_runs_are_not_pooled(project: Path, arc: Arc) -> None:
    arc("run", "configs")
    (run,) = list_runs(project / ".arc")
    (run.path / "run.json").unlink()

    assert arc("baseline", "update", "configs").code == 5
    refused = arc("baseline", "accept", "last")
    assert refused.code == 4
    assert _hide(refused.err) == (
        "arc: run RUN was interrupted, or is still going on; run the agent to the end (arc run), "
        "or name another run (arc status lists them)\n"
    )


def test_trials_are_run_when_asked_for(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("baseline", "update", "configs", "--trials", "2")

    assert done.code == 0
    assert _hide(done.out) == snapshot
    assert _count_greetings(project) == {(1, 2)}


def test_each_time_trials_are_run_the_seed_is_a_new_one(project: Path, arc: Arc) -> None:
    arc("run", "configs", "--trials", "1", "--seed", "1")
    for _ in range(3):
        arc("baseline", "update", "configs", "--trials", "2")

    assert sorted(run["seed"] for run in _read(project)["runs"]) == [0, 1, 2, 3]
    assert _count_greetings(project) == {(4, 7)}


def test_a_new_seed_gives_new_observations_of_a_deterministic_agent(
    project: Path, arc: Arc, write: Write
) -> None:
    write({"configs/echo.yaml": SIMULATED, "scenarios/greetings.yaml": CONVERSION})
    arc("run", "configs")
    arc("run", "configs")
    arc("baseline", "update", "configs")
    once = {n for _, n in _count(project).values()}

    arc("baseline", "update", "configs", "--trials", "2")

    assert _read(project)["simulated"] is True
    assert "the reference policy, not an LLM" in " ".join(arc("baseline", "show").out.split())
    assert (once, {n for _, n in _count(project).values()}) == ({2}, {4})


def test_what_the_file_holds_counts_where_the_runs_are_gone(project: Path, arc: Arc) -> None:
    arc("baseline", "update", "configs", "--trials", "2")
    (run,) = list_runs(project / ".arc")
    for file in run.path.iterdir():
        file.unlink()

    arc("baseline", "update", "configs", "--trials", "3")

    assert _count_greetings(project) == {(3, 5)}
    assert sorted(run["seed"] for run in _read(project)["runs"]) == [0, 1]


def test_runs_of_other_machines_are_pooled_and_copies_count_once(project: Path, arc: Arc) -> None:
    arc("run", "configs", "--trials", "2")
    (project / "artifacts").mkdir()
    (project / ".arc" / "runs").rename(project / "artifacts" / "runs")
    arc("run", "configs", "--trials", "2")

    arc("baseline", "update", "configs", "--history", "artifacts", "--history", "artifacts")

    assert _count_greetings(project) == {(2, 4)}
    assert arc("baseline", "update", "configs", "--history", "nowhere").code == 4


def test_scenarios_without_a_trial_are_named(project: Path, arc: Arc) -> None:
    arc("run", "configs", "-k", "greet/hello")

    done = arc("baseline", "update", "configs")

    assert "no trial of the agent as it is now: greet/month[Q1], greet/month[Q2]," in done.out


def test_cost_of_new_trials_is_said(project: Path, arc: Arc, write: Write) -> None:
    write({"configs/echo.yaml": SIMULATED, "scenarios/greetings.yaml": CONVERSION})

    assert "    ran 3 trials for $0.00\n" in arc("baseline", "update", "configs", "--trials", "3").out
    (told,) = arc("baseline", "update", "configs", "--trials", "3", "--output", "json").json
    assert (told["ran"], told["cost_usd"], told["written"]) == (3, 0, True)
    assert told["baseline"]["trials"] == 6


def test_recordings_are_pooled_and_never_asked_for_more(project: Path, arc: Arc, write: Write) -> None:
    trajectory = {"steps": [{"kind": "message", "role": "assistant", "text": "You said hello"}]}
    line = json.dumps({"scenario": "greet/hello", "trial": 1, "trajectory": trajectory})
    scenario = SCENARIO.replace("USER", "hello")
    replay = SIMULATED.replace("reference", "{replay: ../recorded.jsonl}").replace("trials: 2", "trials: 1")
    write(
        {
            "recorded.jsonl": f'{{"arc_trajectories": 1}}\n{line}\n',
            "configs/echo.yaml": replay,
            "scenarios/greetings.yaml": scenario,
        }
    )
    assert "Make one: arc run configs/echo.yaml" in " ".join(arc("baseline", "update").out.split())
    arc("run", "configs")
    arc("run", "configs", "--seed", "1")

    done = arc("baseline", "update")

    assert (done.code, done.out) == (
        0,
        "echo: 1 of 1 trial passed (100 %), 1 scenario, 1 trial each, from 1 run\n"
        "    wrote baselines/echo.json; commit it\n",
    )
    refused = arc("baseline", "update", "--trials", "5")
    assert (refused.code, refused.err) == (
        4,
        "arc: configs/echo.yaml replays recordings, of which no more trials can be made: "
        "leave --trials out\n",
    )


def test_two_versions_of_an_agent_have_one_baseline(project: Path, arc: Arc, write: Write) -> None:
    profile = (project / "configs/echo.yaml").read_text(encoding="utf-8")
    write({"configs/new.yaml": profile.replace("v1", "v2")})

    done = arc("baseline", "update")

    assert done.code == 4
    assert done.err == (
        "arc: configs/echo.yaml and configs/new.yaml are both agent 'echo', which has one baseline: "
        "name the one that changes are to be compared with\n"
    )


def test_results_of_the_reference_policy_never_replace_those_of_the_agent(
    project: Path, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    real = SIMULATED.replace("reference", '{python: "demo_agents:moody"}')
    write({"configs/echo.yaml": real, "scenarios/greetings.yaml": CONVERSION})
    arc("baseline", "update", "configs", "--trials", "2")
    before = (project / BASELINE).read_bytes()

    updated = arc("baseline", "update", "configs", "--trials", "1", "--target", "reference")
    arc("run", "configs", "--target", "reference")
    accepted = arc("baseline", "accept", "last")

    assert (updated.code, accepted.code) == (2, 2)
    assert accepted.err == updated.err == snapshot
    assert (project / BASELINE).read_bytes() == before


def test_a_run_is_accepted_as_it_is(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    arc("run", "configs")

    done = arc("baseline", "accept", "last")

    assert done.code == 0
    assert _hide(done.out) == snapshot
    assert _count_greetings(project) == {(2, 4)}


@pytest.mark.parametrize("only", ["greet/", "greet/*"])
def test_some_scenarios_are_accepted_and_the_others_stay(project: Path, arc: Arc, only: str) -> None:
    arc("run", "configs")
    arc("baseline", "accept", "last")
    arc("run", "configs", "--trials", "2")

    done = arc("baseline", "accept", "last", "--only", only)

    assert done.code == 0
    assert "took 3 scenarios of run" in done.out
    assert _count(project) == {
        "feel/like": (4, 4),
        "greet/hello": (1, 2),
        "greet/month[Q1]": (1, 2),
        "greet/month[Q2]": (1, 2),
    }


def test_part_of_a_suite_does_not_silently_replace_the_whole(project: Path, arc: Arc) -> None:
    arc("run", "configs")
    arc("baseline", "accept", "last")
    arc("run", "configs", "-k", "feel/like")

    refused = arc("baseline", "accept", "last")

    assert refused.code == 4
    assert "is about 1 of 4 scenarios of echo; take these and keep the others: --only '*'" in refused.err
    assert arc("baseline", "accept", "last", "--only", "*").code == 0
    assert len(_count(project)) == 4


def test_a_pattern_that_meets_nothing_has_a_hint(project: Path, arc: Arc) -> None:
    arc("run", "configs")

    done = arc("baseline", "accept", "last", "--only", "greet/helo")

    assert done.code == 4
    assert "has no scored scenario like greet/helo; did you mean 'greet/hello'?" in done.err


def test_baseline_is_shown(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    assert "no baseline has been made yet" in arc("baseline", "show").out
    arc("run", "configs")
    arc("baseline", "accept", "last")

    whole = re.sub(r" +[\de.-]+$", " LATENCY", _hide(arc("baseline", "show", "echo").out), flags=re.M)

    assert whole == snapshot(name="one agent")
    assert arc("baseline", "show").out == snapshot(name="every agent")
    assert arc("baseline", "show", "--output", "json").json[0]["trials"] == 16
    assert arc("baseline", "show", "echo", "--output", "json").json == _read(project)


def test_a_name_that_is_not_there_has_a_hint(project: Path, arc: Arc) -> None:
    arc("baseline", "update", "configs", "--trials", "1")

    done = arc("baseline", "show", "ecko")

    assert done.code == 4
    assert done.err == "arc: there is no baseline baselines/ecko.json; did you mean 'echo'?\n"


def test_unchanged_agent_shows_no_regression(project: Path, arc: Arc) -> None:
    arc("baseline", "update", "configs", "--trials", "4")
    arc("run", "configs")

    done = arc("baseline", "check")

    assert done.code == 0
    assert "regression" in done.out
    assert "FAILED" not in done.out


def test_broken_agent_fails_the_check(
    project: Path, arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    write({"demo_agents.py": STEADY})
    arc("baseline", "update", "configs", "--trials", "20")
    write({"demo_agents.py": BROKEN})
    arc("run", "configs")

    done = arc("baseline", "check", "last")

    assert done.code == 1
    assert _hide(done.out) == snapshot
    (told,) = arc("baseline", "check", "--output", "json").json
    assert [verdict["word"] for verdict in told["verdicts"]] == ["failed"]


def test_check_needs_a_baseline(project: Path, arc: Arc) -> None:
    arc("run", "configs")

    done = arc("baseline", "check")

    assert done.code == 4
    assert "there is no baseline baselines/echo.json; make one: arc baseline update" in done.err


def test_check_holds_a_run_against_the_baseline_of_the_merge_base(project: Path, arc: Arc) -> None:
    arc("baseline", "update", "configs", "--trials", "4")
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "a"]):
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *command], cwd=project, check=True)
    arc("run", "configs")
    arc("baseline", "accept", "last", "--only", "feel/")

    done = arc("baseline", "check")

    assert re.search(r"run \d{8}-\d{6}(-\d+)? beside main [0-9a-f]{7}", done.out)
    assert re.search(r"moved since main [0-9a-f]{7}: baseline", " ".join(done.out.split()))


def test_check_tells_a_profile_that_has_another_version_now(project: Path, arc: Arc, write: Write) -> None:
    arc("baseline", "update", "configs", "--trials", "2")
    profile = (project / "configs/echo.yaml").read_text(encoding="utf-8")
    write({"configs/echo.yaml": profile.replace("v1", "v2")})

    done = arc("baseline", "check")

    assert done.code == 4
    assert "is of echo@v1, and configs/echo.yaml is echo@v2 now; compare two runs with" in done.err


def test_clearing_needs_no_readable_file(project: Path, arc: Arc, write: Write) -> None:
    write({BASELINE: "<<<<<<< HEAD\n"})
    assert arc("baseline", "update", "configs").code == 2

    done = arc("baseline", "clear", "echo")

    assert (done.code, done.out) == (
        0,
        "deleted baselines/echo.json; with git it can be had back until that is committed\n",
    )
    assert not (project / BASELINE).exists()
    assert arc("baseline", "clear", "echo").code == 4


def test_a_name_never_leads_out_of_the_folder(project: Path, arc: Arc, write: Write) -> None:
    write({"package.json": "{}", "baselines/other.json": "{}"})

    assert arc("baseline", "clear", "../package").code == 4
    assert (project / "package.json").exists()


@pytest.mark.parametrize("damage", ["<<<<<<< HEAD\n", "{", ""])
def test_a_damaged_baseline_is_never_green(project: Path, arc: Arc, damage: str) -> None:
    arc("baseline", "update", "configs", "--trials", "4")
    profile = project / "configs/echo.yaml"
    text = profile.read_text(encoding="utf-8").replace("{reliability: 0.85}", "{regression: 0.05}")
    profile.write_text(text, encoding="utf-8")
    assert arc("run", "configs").code == 0
    file = project / "baselines/echo.json"
    file.write_text(damage + file.read_text(encoding="utf-8")[: 100 if damage else 0], encoding="utf-8")

    done = arc("run", "configs")

    assert done.code == 1
    assert "regression NOT EVALUATED  baselines/echo.json" in done.text
