"""Bad input: one clear message, the right exit code, nothing lost. The snapshots are what a user sees."""

from __future__ import annotations

import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from .conftest import Project

AGENTS = """
    import asyncio, os, sys, time

    async def raises(text):
        raise KeyError("customer")

    async def hangs(text):
        await asyncio.sleep(600)

    def hangs_in_thread(text):
        time.sleep(600)

    async def blocks_the_loop(text):
        time.sleep(4)

    async def swallows_cancellation(text):
        while True:
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                pass

    def loops(text):
        while True:
            pass

    async def says_nothing(text):
        return None

    async def says_a_number(text):
        return 42

    async def floods(text):
        print("x" * 10_000_000)
        return "yes"

    def ends_the_process(text):
        os._exit(3)

    async def ends_the_process_async(text):
        os._exit(3)

    async def exits(text):
        sys.exit("giving up")

    async def exits_in_a_task(text):
        await asyncio.create_task(exits(text))

    async def calls_a_broken_tool(context):
        await context.call("broken")
        return "yes"

    async def calls_with_an_object(context):
        await context.call("wire_transfer", amount=object(), rate=float("nan"))
        return "yes"

    async def speaks_in_surrogates(text):
        return "yes \\ud800"

    async def well_behaved(text):
        return "yes"

    def check_raises(evidence):
        return evidence.trajectory.tool_calls[0].tool

    def check_exits(evidence):
        sys.exit(1)

    def check_gives_nan(evidence):
        return float("nan")
"""


def _normalise(project: Project, text: str) -> str:
    """Without what differs from run to run and from machine to machine."""
    text = text.replace(str(project.path), "PROJECT")
    text = re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", text)
    text = re.sub(r"time    .*", "time    SOME TIME", text)
    text = re.sub(r"trials for \d+ s", "trials for SOME s", text)
    text = re.sub(r"in [\d.]+s\b", "in 0.00s", text)
    text = re.sub(r"=+( .* )=+$", r"===\1===", text, flags=re.MULTILINE)
    text = re.sub(r"^(platform|rootdir|configfile).*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"0x[0-9a-f]+", "0xADDRESS", text)


def _run(project: Project, *arguments: str) -> tuple[str, int]:
    result = project.run(*arguments)
    output = f"{result.stdout.str()}\n{result.stderr.str()}".strip()
    assert "INTERNALERROR" not in output
    assert "Traceback" not in output
    return _normalise(project, output), int(result.ret)


@pytest.mark.parametrize(
    "agent",
    [
        "raises",
        "hangs",
        "hangs_in_thread",
        "loops",
        "says_nothing",
        "says_a_number",
        "floods",
        "ends_the_process",
        "ends_the_process_async",
        "exits",
        "exits_in_a_task",
        "calls_a_broken_tool",
        "calls_with_an_object",
        "speaks_in_surrogates",
    ],
)
def test_an_agent_that_misbehaves(project: Project, agent: str, snapshot: SnapshotAssertion) -> None:
    project.write(bad=AGENTS)
    target = {"python": f"bad:{agent}"}
    project.add_agent({"a": "go"}, target=target, trials=1, limits={"timeout_s": 0.3})
    output, code = _run(project)
    assert (code, output) == snapshot
    cases = project.read_run()["results"]["agents"][0]["cases"]
    assert len(cases[0]["trials"]) == 1


@pytest.mark.parametrize("agent", ["blocks_the_loop", "swallows_cancellation"])
def test_an_agent_that_cannot_be_stopped(
    project: Project, agent: str, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_arc.executors.local.GRACE_S", 0.5)
    project.write(bad=AGENTS)
    project.add_agent({"a": "go"}, target={"python": f"bad:{agent}"}, trials=1, limits={"timeout_s": 0.1})
    output, code = _run(project)
    assert (code, output) == snapshot


def test_what_had_ended_before_an_agent_blocks_the_loop_is_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_arc.executors.local.GRACE_S", 0.5)
    agent = """
        import time

        async def block_on_demand(text):
            if text == "block":
                time.sleep(3)
            return text
        """
    project.write(bad=agent)
    limits = {"timeout_s": 0.1}
    scenarios = {"a": "yes", "b": "block"}
    project.add_agent(scenarios, target={"python": "bad:block_on_demand"}, trials=1, limits=limits)
    output, _ = _run(project)
    assert "an async agent has blocked all trials" in output
    trials = {case["id"]: case["trials"] for case in project.read_run()["results"]["agents"][0]["cases"]}
    assert [trial["outcome"] for trial in trials["bot/a"]] == ["passed"]


@pytest.mark.parametrize("check", ["check_raises", "check_exits", "check_gives_nan"])
def test_a_check_that_breaks(project: Project, check: str, snapshot: SnapshotAssertion) -> None:
    project.write(bad=AGENTS)
    scenario = {"user": "go", "expect": [{"python": f"bad:{check}"}]}
    project.add_agent({"a": scenario}, target={"python": "bad:well_behaved"}, trials=1)
    output, code = _run(project)
    assert (code, output) == snapshot


def _name_two_agents_alike(project: Project) -> None:
    project.add_agent({"x": "pass"}, file="one.yaml")
    project.add_agent({"y": "pass"}, file="two.yaml")


def _put_a_file_in_the_way(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "pass"}, gate=0.85)
    (project.path / ".arc").write_text("in the way", encoding="utf-8")


def _expect(**check: Any) -> Any:
    def prepare(project: Project) -> None:
        project.add_agent({"a": {"user": "pass", "expect": [check]}})

    return prepare


@pytest.mark.parametrize(
    "prepare, arguments",
    [
        pytest.param(lambda p: p.add_agent({"a": "pass"}), ("-k", "nothing"), id="nothing selected"),
        pytest.param(lambda p: p.add_agent({}), (), id="no scenario"),
        pytest.param(lambda p: None, ("missing.yaml",), id="no such file"),
        pytest.param(lambda p: p.add_agent({"a": "pass"}), ("bot.yaml::b",), id="no such case"),
        pytest.param(_put_a_file_in_the_way, (), id="run folder cannot be made"),
        pytest.param(_expect(answer_matches="(unclosed"), (), id="bad pattern"),
        pytest.param(_expect(state="tables.[", equals=1), (), id="bad path"),
        pytest.param(
            lambda p: p.add_agent({"a": "pass"}, target={"python": "agents:obeys"}), (), id="bad function"
        ),
        pytest.param(
            lambda p: p.add_agent({"a": "pass"}, target={"python": "gents:obey"}), (), id="bad module"
        ),
        pytest.param(_expect(python="agents:no_such_check"), (), id="bad check function"),
        pytest.param(_name_two_agents_alike, (), id="two agents of one id"),
        pytest.param(
            lambda p: p.add_agent({"a": {"user": "pass", "faults": [{"tool": "printer", "kind": "error"}]}}),
            (),
            id="fault of an unknown tool",
        ),
        pytest.param(
            lambda p: p.add_agent({"a": {"user": "pass", "trials": 2}}, gate=0.5), (), id="too few trials"
        ),
    ],
)
def test_input_that_cannot_be_run(
    project: Project, prepare: Any, arguments: tuple[str, ...], snapshot: SnapshotAssertion
) -> None:
    prepare(project)
    output, code = _run(project, *arguments)
    assert (code, output) == snapshot
