"""`arc validate`: everything that is wrong, and what would happen, without a trial."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

WRONG_PROFILE = """
arc: 1
name: wrong
target: {python: "demo_agents:missing"}
trails: 5
scenarios: {include: ["../scenarios/wrong.yaml", "../scenarios/none/*.yaml"]}
"""
WRONG_SCENARIOS = """
arc_scenarios: 1
scenarios:
  - id: a
    user: hello
    expect:
      - answer_contain: hello
  - id: b
    user: hello
    world: {files: {x.csv: data/x.csv}}
    expect:
      - answer_contains: hello
"""
REFERENCE = """
arc: 1
name: bookkeeper
target: reference
system_prompt: |
  Assume that amounts are in USD unless stated otherwise.
  Never assume a currency; ask which one it is.
tools: [spreadsheet_analyzer]
scenarios: {include: ["../scenarios/*.yaml"]}
"""


def test_good_files_are_counted(project: Path, arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("validate", "configs")

    assert done.code == 0
    assert done.out == snapshot


def test_every_problem_of_every_file_is_reported(arc: Arc, write: Write, snapshot: SnapshotAssertion) -> None:
    write({"configs/wrong.yaml": WRONG_PROFILE, "scenarios/wrong.yaml": WRONG_SCENARIOS})

    done = arc("validate", "configs", "scenarios")

    assert done.code == 1
    assert done.out == snapshot


def test_problems_can_be_read_by_programs(arc: Arc, write: Write) -> None:
    write({"scenarios/wrong.yaml": WRONG_SCENARIOS})

    done = arc("validate", "scenarios/wrong.yaml", "--output", "json")

    assert done.code == 1
    places = [(problem["path"], problem["line"]) for problem in done.json["problems"]]
    assert places == [("scenarios/wrong.yaml", 7), ("scenarios/wrong.yaml", 10)]


def test_function_that_cannot_be_found_is_a_problem(arc: Arc, write: Write, project: Path) -> None:
    profile = (project / "configs/echo.yaml").read_text(encoding="utf-8")
    write({"configs/echo.yaml": profile.replace("moody", "mody")})

    done = arc("validate", "configs")

    assert done.code == 1
    assert "demo_agents:mody" in done.out


def test_agent_described_twice_is_a_problem(arc: Arc, write: Write, project: Path) -> None:
    write({"configs/again.yaml": (project / "configs/echo.yaml").read_text(encoding="utf-8")})

    done = arc("validate", "configs")

    assert done.code == 1
    assert "agent 'echo@v1' is described in configs/again.yaml already" in done.out


def test_reading_of_the_prompt_is_laid_open(arc: Arc, write: Write) -> None:
    write({"configs/reference.yaml": REFERENCE})

    (agent,) = arc("validate", "configs/reference.yaml", "--output", "json").json["agents"]

    policy = agent["reference_policy"]
    directives = [(d["slot"], d["value"], d["sentence"]) for d in policy["directives"]]
    later = "Never assume a currency; ask which one it is."
    assert directives == [("unstated_currency", "ask", later)]
    assert policy["contradictions"] == [["Assume that amounts are in USD unless stated otherwise.", later]]
    assert policy["covered"] + len(policy["uncovered"]) == 4


def test_text_output_names_directives_contradictions_and_cover(arc: Arc, write: Write) -> None:
    write({"configs/reference.yaml": REFERENCE})

    done = arc("validate", "configs/reference.yaml")

    assert done.code == 0
    assert '    unstated_currency: ask (must)  "Never assume a currency;' in done.out
    assert '  contradiction: "Assume that amounts are in USD unless stated otherwise."' in done.out
    assert " of 4 scenarios\n" in done.out


def test_canonical_form_is_long_and_means_the_same(arc: Arc, write: Write) -> None:
    text = arc("validate", "configs", "--canonical").out
    profile, scenarios = text.split("---\n")

    assert "reliability:\n    min: 0.85\n" in profile
    write({"long/configs/echo.yaml": profile, "long/scenarios/all.yaml": scenarios})
    assert arc("validate", "long", "--canonical").out.replace("long/", "") == text


def test_profile_without_a_target_is_looked_at_with_one(arc: Arc, write: Write) -> None:
    write({"configs/short.yaml": "job: Greet people\nassumptions: [People are friendly]"})

    assert arc("validate", "configs/short.yaml").code == 1
    done = arc("validate", "configs/short.yaml", "--target", "reference")
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 file, 1 agent, 0 scenarios: no problems")


LOST = """
arc_scenarios: 1
scenarios:
  - id: nobody/asks
    user: hello
    expect:
      - answer_contains: hello
"""


def test_scenarios_that_no_agent_includes_are_named(arc: Arc, write: Write, project: Path) -> None:
    write({"elsewhere/lost.yaml": LOST})

    done = arc("validate", "configs", "elsewhere")

    assert done.code == 0
    assert "note: no agent here includes elsewhere/lost.yaml: its scenarios are never run" in done.out
