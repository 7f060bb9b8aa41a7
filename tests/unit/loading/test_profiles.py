from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from pytest_arc.domain.profile import TargetSpec
from pytest_arc.errors import UsageError
from pytest_arc.loading import load_profile
from pytest_arc.registry import TARGETS

Complain = Callable[..., str]
Write = Callable[[str, str], Path]

SCENARIO = "arc_scenarios: 1\nscenarios:\n  - {id: ID, user: x, expect: [{answer_contains: x}]}\n"


def test_profile_of_another_tool_loads_when_a_target_is_given(write: Write) -> None:
    path = write(
        "Finance Agent.yaml",
        """
        job: Process financial data
        assumptions:
          - All amounts are in USD
        system_prompt: |
          You are a finance assistant.
        """,
    )
    loaded = load_profile(path, target="reference")

    assert loaded.profile.id == "Finance-Agent"
    assert loaded.profile.assumptions[0].text == "All amounts are in USD"
    assert loaded.profile.target.describe() == "reference policy, not an LLM"
    assert loaded.scenarios == ()


def test_short_forms_become_long_ones(write: Write) -> None:
    loaded = load_profile(
        write(
            "agent.yaml",
            """
            arc: 1
            name: agent
            version: 1.10
            target: reference
            tools: [spreadsheet_analyzer]
            assumptions: {usd: Amounts are in USD}
            gates: {reliability: 0.85, errors: {max: 0.2}}
            tags: finance
            """,
        )
    )
    profile = loaded.profile

    assert profile.id == "agent@1.10"
    assert profile.tools[0].name == "spreadsheet_analyzer"
    assert profile.assumptions[0].id == "usd"
    assert profile.gates.reliability is not None
    assert (profile.gates.reliability.min, profile.gates.errors) == (0.85, 0.2)
    assert profile.tags == ("finance",)


def test_json_profile_loads_alike(write: Write) -> None:
    path = write("agent.json", '{\n\t"$schema": "x",\n\t"arc": 1,\n\t"name": "a \\ud83d\\ude00".\n}')
    with pytest.raises(Exception, match=r"agent\.json:4:"):
        load_profile(path)

    path = write(
        "agent.json", '{\n\t"$schema": "x",\n\t"arc": 1,\n\t"name": "a",\n\t"target": "reference"\n}'
    )
    assert load_profile(path).profile.id == "a"


def test_target_of_the_command_line_wins(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    path = write("agent.yaml", 'arc: 1\nname: a\ntarget: {replay: "${NOT_SET}"}\n')

    assert load_profile(path, target="python:json:dumps").profile.target.kind == "python"


def test_the_keys_of_a_target_stand_in_any_order(write: Write) -> None:
    first = write("first.yaml", 'arc: 1\nname: a\ntarget: {python: "json:dumps", setup: "json:loads"}\n')
    last = write("last.yaml", 'arc: 1\nname: a\ntarget: {setup: "json:loads", python: "json:dumps"}\n')

    assert load_profile(first).profile.target == load_profile(last).profile.target


def test_an_option_may_be_called_like_another_target(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gateway(TargetSpec):
        kind: ClassVar[str] = "gateway"
        gateway: str
        model: str

        def describe(self) -> str:
            return "gateway"

    monkeypatch.setitem(TARGETS._loaded, "gateway", Gateway)
    path = write("agent.yaml", 'arc: 1\nname: a\ntarget: {model: small, gateway: "a:b"}\n')

    assert load_profile(path).profile.target.kind == "gateway"


@pytest.mark.parametrize(
    "target, complaint",
    [
        ("refrence", "--arc-target: unknown target 'refrence'\n    did you mean 'reference'?"),
        ("python:nothing", "--arc-target: "),
        ("http:localhost", "--arc-target: "),
        ("model:openai", "--arc-target: unknown model 'openai'"),
    ],
)
def test_wrong_target_of_the_command_line_is_told_apart(
    complain_of_profile: Complain, target: str, complaint: str
) -> None:
    assert complain_of_profile("arc: 1\nname: a\n", target=target).startswith(complaint)


def test_name_or_job_is_needed(complain_of_profile: Complain) -> None:
    assert "agent.yaml:1:1: a profile needs 'name' or 'job'" in complain_of_profile(
        "arc: 1\ntarget: reference\n"
    )


def test_environment_is_read_in_the_target_and_nowhere_else(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECORDED", "runs/today")
    path = write(
        "configs/agent.yaml",
        'arc: 1\nname: a\njob: "${RECORDED}"\ntarget: {replay: "../${RECORDED}/t.jsonl"}\n',
    )
    profile = load_profile(path).profile

    assert profile.job == "${RECORDED}"
    assert dict(profile.target)["replay"] == (Path.cwd() / "runs/today/t.jsonl").resolve().as_posix()


def test_missing_variable_is_reported(complain_of_profile: Complain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENT", raising=False)

    assert complain_of_profile('arc: 1\nname: a\ntarget: {replay: "${AGENT}.jsonl"}\n').startswith(
        "agent.yaml:3:18: the environment variable AGENT is not set"
    )


def test_prompt_is_read_from_a_file_beside_the_profile(write: Write) -> None:
    prompt = write("prompts/finance.md", "You are careful.\r\n")
    path = write(
        "configs/a.yaml", "arc: 1\nname: a\ntarget: reference\nsystem_prompt: {file: ../prompts/finance.md}\n"
    )
    profile = load_profile(path).profile

    assert profile.system_prompt == "You are careful.\n"
    assert profile.prompt_file == prompt.resolve().as_posix()


def test_missing_prompt_file_is_reported(write: Write, complain_of_profile: Complain) -> None:
    write("finance.md", "x")
    text = "arc: 1\nname: a\ntarget: reference\nsystem_prompt: {file: finanse.md}\n"

    assert complain_of_profile(text) == (
        "agent.yaml:4:23: there is no file 'finanse.md'\n"
        "    system_prompt: {file: finanse.md}\n"
        "                          ^ did you mean 'finance.md'?"
    )


# What a profile extends.


def test_profile_extends_another_key_by_key_and_lists_are_replaced(write: Write) -> None:
    write("base/s.yaml", SCENARIO)
    write(
        "base/base.yaml",
        """
        arc: 1
        name: base
        target: reference
        tags: [a, b]
        limits: {timeout_s: 5, max_steps: 7}
        scenarios: {include: s.yaml}
        """,
    )
    path = write("agent.yaml", "extends: base/base.yaml\nname: agent\ntags: [c]\nlimits: {max_steps: 3}\n")
    loaded = load_profile(path)

    assert loaded.profile.id == "agent"
    assert loaded.profile.tags == ("c",)
    assert (loaded.profile.limits.timeout_s, loaded.profile.limits.max_steps) == (5, 3)
    assert [entry.origin.path for entry in loaded.scenarios] == ["base/s.yaml"]


def test_a_target_of_another_kind_takes_the_place_of_the_one_below(write: Write) -> None:
    write("base.yaml", "arc: 1\nname: base\ntarget: {model: reference, settings: {slip_rate: 0}}\n")
    other = write("other.yaml", 'extends: base.yaml\nname: other\ntarget: {python: "json:dumps"}\n')
    same = write("same.yaml", "extends: base.yaml\nname: same\ntarget: {settings: {slip_rate: 1}}\n")

    assert load_profile(other).profile.target.kind == "python"
    assert dict(load_profile(same).profile.target)["settings"] == {"slip_rate": 1}


def test_problems_point_into_the_file_they_stand_in(write: Write, complain_of_profile: Complain) -> None:
    write("base.yaml", "arc: 1\ntarget: reference\nlimits:\n  max_steps: 0\n  timeout_s: soon\n")

    assert complain_of_profile("extends: base.yaml\nname: a\nlimits:\n  max_steps: none\n") == (
        "agent.yaml:4:14: 'max_steps' must be a whole number, not the text 'none'\n"
        "    max_steps: none\n"
        "base.yaml:5:14: 'timeout_s' must be a number, not the text 'soon'\n"
        "    timeout_s: soon"
    )


def test_circle_of_profiles_is_reported(write: Write, complain_of_profile: Complain) -> None:
    write("base.yaml", "extends: agent.yaml\n")

    assert complain_of_profile("arc: 1\nextends: base.yaml\n").startswith(
        "base.yaml:1:10: 'agent.yaml' extends this profile: one of them has to be the first"
    )


def test_missing_base_is_reported_and_the_profile_itself_not_suggested(complain_of_profile: Complain) -> None:
    assert complain_of_profile("arc: 1\nextends: agnet.yaml\n") == (
        "agent.yaml:2:10: there is no file 'agnet.yaml'\n    extends: agnet.yaml\n             ^ looked in ."
    )


# What a profile includes.


def test_scenario_files_come_in_the_order_of_patterns_and_then_of_names(write: Write) -> None:
    for name in ("s/b.yaml", "s/a.yaml", "s/deep/c.yaml", "first.json"):
        write(name, SCENARIO.replace("ID", name))
    patterns = '["../first.json", "../s/**/*.yaml", "../s/a.yaml"]'
    text = f"arc: 1\nname: a\ntarget: reference\nscenarios: {{include: {patterns}}}\n"
    loaded = load_profile(write("configs/agent.yaml", text))

    assert [entry.scenario.id for entry in loaded.scenarios] == [
        "first.json",
        "s/a.yaml",
        "s/b.yaml",
        "s/deep/c.yaml",
    ]
    assert loaded.scenarios[1].origin.path == "s/a.yaml"


def test_patterns_that_match_nothing_are_reported(write: Write, complain_of_profile: Complain) -> None:
    write("one.yaml", SCENARIO)
    write("notes.txt", "x")
    text = """
        arc: 1
        name: a
        target: reference
        scenarios:
          include:
            - nothing/*.yaml
            - oen.yaml
            - notes.txt
        """

    assert complain_of_profile(text) == (
        "agent.yaml:6:7: no file matches 'nothing/*.yaml'\n"
        "    - nothing/*.yaml\n"
        "      ^ looked in .\n"
        "agent.yaml:7:7: there is no file 'oen.yaml'\n"
        "    - oen.yaml\n"
        "      ^ did you mean 'one.yaml'?\n"
        "agent.yaml:8:7: 'notes.txt' includes notes.txt, which is no scenario file\n"
        "    - notes.txt\n"
        "      ^ scenarios are read from .yaml, .json, .csv and .jsonl"
    )


def test_scenario_that_is_there_twice_is_reported_with_both_places(
    write: Write, complain_of_profile: Complain
) -> None:
    write("a.yaml", SCENARIO)
    write("b.yaml", SCENARIO)

    assert complain_of_profile(
        "arc: 1\nname: a\ntarget: reference\nscenarios: {include: [a.yaml, b.yaml]}\n"
    ) == (
        "b.yaml:3:5: scenario 'ID' is there twice\n"
        "    - {id: ID, user: x, expect: [{answer_contains: x}]}\n"
        "      ^ also in a.yaml:3"
    )


def test_problems_of_profile_and_scenario_files_come_together(
    write: Write, complain_of_profile: Complain
) -> None:
    write("a.yaml", SCENARIO.replace("answer_contains", "answer_contians"))
    write("b.yaml", SCENARIO.replace("user: x", "user: x, titel: y"))
    text = "arc: 1\nname: a\ntarget: reference\ntrails: 3\nscenarios: {include: [a.yaml, b.yaml]}\n"

    assert [line for line in complain_of_profile(text).splitlines() if ".yaml:" in line] == [
        "a.yaml:3:33: unknown check 'answer_contians' in scenario 'ID'",
        "agent.yaml:4:1: unknown key 'trails' in profile 'a'",
        "b.yaml:3:23: unknown key 'titel' in scenario 'ID'",
    ]


# What is no profile.


def test_scenario_file_named_as_profile_says_what_to_name(complain_of_profile: Complain) -> None:
    assert complain_of_profile(SCENARIO) == (
        "agent.yaml:1:1: this is a scenario file, not a profile\n"
        "    arc_scenarios: 1\n"
        "    ^ name the profile that includes it, with -k for one scenario"
    )


def test_list_is_no_profile(complain_of_profile: Complain) -> None:
    assert complain_of_profile("- a\n").startswith(
        "agent.yaml:1:1: a profile must be a mapping of keys, not a list"
    )


def test_path_that_is_not_there_is_a_wrong_command_line(write: Write) -> None:
    write("agent.yaml", "arc: 1\n")

    with pytest.raises(UsageError, match=r"there is no file agnet\.yaml; did you mean 'agent\.yaml'\?"):
        load_profile(Path("agnet.yaml"))


def test_profile_tag_that_is_a_mark_is_rejected(complain_of_profile: Complain) -> None:
    text = "arc: 1\nname: a\ntarget: reference\ntags: [timeout]\n"

    assert complain_of_profile(text).startswith("agent.yaml:4:8: tag 'timeout' is a mark of pytest")
