"""`arc compare`: two runs side by side, whatever became of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc, Write

HOSTILE = """
def moody(text, context):
    return f"You said {text}" if context.trial % 2 else "| <b>`no`</b>\\n# @octocat [x](y)"
"""


@pytest.fixture(autouse=True)
def _two_versions(project: Path, arc: Arc, write: Write) -> None:
    """`a.json`: v1, right in every second trial; `b.json`: v2, always right."""
    profile = (project / "configs/echo.yaml").read_text(encoding="utf-8")
    write({"configs/two.yaml": profile.replace("v1", "v2").replace("moody", "echo")})
    arc("run", "configs/echo.yaml", "--json", "a.json")
    arc("run", "configs/two.yaml", "--json", "b.json")


def hide_times(text: str) -> str:
    """Without the line that real clocks have filled."""
    return "".join(line for line in text.splitlines(keepends=True) if "latency" not in line)


def test_text_says_what_is_proved_and_what_is_not(arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("compare", "a.json", "b.json")

    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert hide_times(done.text) == snapshot


def test_the_other_way_round_it_is_worse_and_the_exit_code_is_still_0(arc: Arc) -> None:
    done = arc("compare", "b.json", "a.json")

    assert done.code == 0
    assert "\n  WORSE (p = .0049, one-sided). 10 of 16 trials passed in B" in done.out
    assert "What the data do not show" not in done.out


def test_markdown_takes_nothing_an_agent_says_for_markup(
    arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    write({"demo_agents.py": HOSTILE})
    arc("run", "configs/echo.yaml")

    done = arc("compare", "b.json", "last", "--output", "markdown")

    assert done.code == 0
    assert hide_times(done.text) == snapshot


def test_json_has_every_number(arc: Arc) -> None:
    document = arc("compare", "a.json", "b.json", "--output", "json").json
    (told,) = document["comparisons"]

    assert document["format"] == 1
    assert (told["a"]["agent"], told["b"]["agent"]) == ("echo@v1", "echo@v2")
    assert told["reliability"]["a"] == {
        "count": 10,
        "n": 16,
        "doubtful_passes": 0,
        "doubtful_failures": 0,
    }
    assert told["reliability"]["b"] == {
        "count": 16,
        "n": 16,
        "doubtful_passes": 0,
        "doubtful_failures": 0,
    }
    assert told["reliability"]["change"]["value"] == 0.375
    assert told["reliability"]["proof"] == "better"
    assert 0 < told["reliability"]["p_mid"] < told["reliability"]["p"]
    assert told["errors"] is None
    assert [group["name"] for group in told["groups"]] == ["feel", "greet"]
    assert {metric["name"] for metric in told["metrics"]} == {"steps", "latency"}
    # Four scenarios set no bound; infinity is no JSON.
    assert [metric["change"]["low"] for metric in told["metrics"]] == [None, None]
    assert [change["scenario"] for change in told["scenarios"]] == told["compared"][:3]
    assert told["unmeasured"]["cost"] == "not measured in both"


def test_agents_of_one_run_are_told_apart_by_their_addresses(arc: Arc) -> None:
    arc("run", "configs")

    done = arc("compare", "last::echo@v1", "last::echo@v2")

    assert done.code == 0
    assert "16 of 16 trials passed in B (100 %), 10 of 16 in A" in " ".join(done.out.split())


def test_agents_of_two_runs_are_matched_by_id_or_all_named(arc: Arc) -> None:
    arc("run", "configs", "--json", "both.json")
    arc("run", "configs", "--json", "again.json")

    pairs = arc("compare", "both.json", "again.json", "--output", "json").json["comparisons"]
    one = arc("compare", "both.json", "again.json", "--agent", "echo@v2", "--output", "json").json

    assert [(pair["a"]["agent"], pair["b"]["agent"]) for pair in pairs] == [
        ("echo@v1", "echo@v1"),
        ("echo@v2", "echo@v2"),
    ]
    assert [pair["a"]["agent"] for pair in one["comparisons"]] == ["echo@v2"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["a.json", "a.json"], id="one run twice"),
        pytest.param(["both.json", "both.json"], id="one run of two agents twice"),
        pytest.param(["both.json::echo", "third.json"], id="two agents against one"),
        pytest.param(["a.json::ehco", "b.json"], id="agent not in the run"),
        pytest.param(["a.json", "b.json", "--agent", "bot"], id="agent in neither run"),
        pytest.param(["a.json", "other.json"], id="no scenario in common"),
        pytest.param(["nope", "b.json"], id="no such run"),
        pytest.param(["configs/echo.yaml", "b.json"], id="a profile and a run"),
        pytest.param(["a.json", "b.json", "--trials", "9"], id="trials of runs that are over"),
    ],
)
def test_what_cannot_be_compared_is_a_usage_error(
    project: Path, arc: Arc, write: Write, snapshot: SnapshotAssertion, arguments: list[str]
) -> None:
    arc("run", "configs", "--json", "both.json")
    text = (project / "configs/echo.yaml").read_text(encoding="utf-8")
    write({"configs/echo.yaml": text.replace("v1", "v3")})
    arc("run", "configs/echo.yaml", "--json", "third.json")
    text = (project / "scenarios/greetings.yaml").read_text(encoding="utf-8")
    write({"scenarios/greetings.yaml": text.replace("greet/", "meet/").replace("I feel", "I do feel")})
    arc("run", "configs/two.yaml", "--json", "other.json")

    done = arc("compare", *arguments)

    assert (done.code, done.out) == (4, "")
    assert _hide(done.err, project) == snapshot


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"format": 1, "hea', id="cut off"),
        pytest.param(b"\xff\xfe\x00", id="not UTF-8"),
        pytest.param(b"[1, 2]", id="another form"),
        pytest.param(b'{"format": 9, "header": {}, "results": {}, "timings": {}}', id="newer format"),
        pytest.param(b'{"format": 1, "header": {}, "results": {}, "timings": {}}', id="parts missing"),
    ],
)
def test_file_that_cannot_be_read_ends_with_2(
    project: Path, arc: Arc, snapshot: SnapshotAssertion, content: bytes
) -> None:
    (project / "bad.json").write_bytes(content)

    done = arc("compare", "a.json", "bad.json")

    assert (done.code, done.out) == (2, "")
    assert done.err == snapshot


def test_interrupted_run_is_compared_over_what_had_finished(project: Path, arc: Arc) -> None:
    folder = max(project.glob(".arc/runs/*"))
    (folder / "run.json").write_text('{"format": 1, "hea', encoding="utf-8")
    lines = (folder / "trials.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "trials.jsonl").write_bytes(b"".join(lines[:6]) + lines[6][:30])

    done = arc("compare", "a.json", str(folder))

    assert done.code == 0
    assert "6 of 6 trials passed in B" in done.out
    assert "    B was interrupted (no end was recorded): what had finished is compared." in done.out
    assert "without a scored trial in A or in B" in done.out


def test_run_that_does_not_say_what_was_run_cannot_be_read(project: Path, arc: Arc) -> None:
    folder = max(project.glob(".arc/runs/*"))
    (folder / "run.json").unlink()
    (folder / "header.json").write_bytes(b"")

    done = arc("compare", "a.json", str(folder))

    assert done.code == 2
    assert "header.json: this is damaged: it does not say what was run" in done.err


def test_run_of_a_newer_version_is_not_taken_for_an_interrupted_one(project: Path, arc: Arc) -> None:
    folder = max(project.glob(".arc/runs/*"))
    text = (folder / "run.json").read_text(encoding="utf-8")
    (folder / "run.json").write_text(text.replace('"format":1', '"format":2', 1), encoding="utf-8")

    done = arc("compare", "a.json", str(folder))

    assert done.code == 2
    assert "run.json: its format is 2; this version reads 1" in done.err


def test_changed_and_missing_scenarios_are_listed_and_left_out(project: Path, arc: Arc, write: Write) -> None:
    text = (project / "scenarios/greetings.yaml").read_text(encoding="utf-8")
    text = text.replace("user: I feel fine", "user: I feel well").replace("greet/hello", "greet/hi")
    write({"scenarios/greetings.yaml": text})
    arc("run", "configs/two.yaml")

    done = arc("compare", "a.json", "last")

    assert "    2 scenarios compared: the same in A and B" in done.out
    assert "    1 scenario only in A: greet/hello.\n    1 scenario only in B: greet/hi.\n" in done.out
    assert "changed between A and B: feel/like (scenario)." in " ".join(done.out.split())


def test_reference_policy_against_another_target_is_called_simulated(arc: Arc) -> None:
    arc("init", "billing")
    arc("run", "billing/agent.yaml", "--json", "reference.json")
    arc("run", "billing/agent.yaml", "--target", "python:demo_agents:echo", "--seed", "7")

    done = arc("compare", "last", "reference.json")

    text = " ".join(done.out.split())
    assert done.code == 0
    assert "Simulated: B is the reference policy, and no LLM; this proves nothing about one." in text
    assert "Different targets: A is python demo_agents:echo, B is reference policy, not an LLM." in text
    assert "Different seeds (7 and 0): A and B met different faults and latencies." in text
    assert "latency (simulated in one, real in the other)" in text


def test_trials_that_confirm_an_alarm_are_not_counted(project: Path, arc: Arc) -> None:
    document: dict[str, Any] = json.loads((project / "b.json").read_text(encoding="utf-8"))
    for case in document["results"]["agents"][0]["cases"]:
        case["planned"] = 3
    (project / "b.json").write_text(json.dumps(document), encoding="utf-8")

    (told,) = arc("compare", "a.json", "b.json", "--output", "json").json["comparisons"]

    assert told["reliability"]["b"] == {
        "count": 12,
        "n": 12,
        "doubtful_passes": 0,
        "doubtful_failures": 0,
    }


def test_two_profiles_are_run_with_one_seed_and_compared(project: Path, arc: Arc) -> None:
    done = arc("compare", "configs/echo.yaml", "configs/two.yaml", "--trials", "2", "--seed", "random")

    assert done.code == 0
    seeds = {json.loads(file.read_text())["header"]["seed"] for file in project.glob(".arc/runs/*/run.json")}
    assert len(seeds - {0}) == 1
    assert len(list(project.glob(".arc/runs/*"))) == 4
    assert "5 of 8 in A" in " ".join(done.out.split())
    assert done.out.startswith("running configs/echo.yaml: 4 cases, 8 trials; seed ")


def test_json_of_two_profiles_is_json_alone(arc: Arc) -> None:
    done = arc("compare", "configs/echo.yaml", "configs/two.yaml", "--output", "json")

    assert len(done.json["comparisons"]) == 1


def _hide(text: str, project: Path) -> str:
    runs = sorted(path.name for path in project.glob(".arc/runs/*"))
    for run in reversed(runs):
        text = text.replace(run, "RUN")
    return text.replace(project.as_posix(), "ROOT")
