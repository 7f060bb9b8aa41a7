"""What a run leaves for others to read: JUnit, the run folder, the terminal."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys

import pytest

from pytest_arc.reports.style import WIDTH

from .conftest import Project

MIXED = {
    **{f"ok/{number}": "pass" for number in range(20)},
    "below": "pass 4",
    "pay": {"user": "pass 4", "critical": True},
    "broken": "break",
    "later": {"user": "pass", "skip": "until the printer is back"},
}


def _read_properties(case: object) -> dict[str, str]:
    return {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}  # type: ignore[attr-defined]


def test_junit_has_one_testcase_for_each_case_and_gate(project: Project) -> None:
    project.add_agent(MIXED, gate=0.85, file="configs/bot.yaml")
    cases = project.read_junit()
    assert set(cases) == {*MIXED, "gate/reliability"}
    assert {case.attrib["classname"] for case in cases.values()} == {"configs.bot.yaml"}


def test_junit_agrees_with_the_words_on_the_screen(project: Project) -> None:
    project.add_agent(MIXED, gate=0.99)
    cases = project.read_junit()
    assert list(cases["ok/0"].iter("skipped")) == []
    (below,) = cases["below"].iter("skipped")
    assert below.attrib["type"] == "pytest.xfail"
    assert below.attrib["message"] == "4/5 trials passed; counted by gate/reliability"
    (failure,) = cases["pay"].iter("failure")
    assert "this scenario asks for 5/5" in (failure.text or "")
    (error,) = cases["broken"].iter("error")
    assert "OSError: the simulated" in (error.text or "")
    (skipped,) = cases["later"].iter("skipped")
    assert skipped.attrib["message"] == "until the printer is back"
    (gate,) = cases["gate/reliability"].iter("skipped")
    assert gate.attrib["message"].startswith("inconclusive: ")


def test_junit_counts_what_the_terminal_counts(project: Project) -> None:
    project.add_agent(MIXED, gate=0.85)
    project.run("--junitxml=junit.xml")
    text = (project.path / "junit.xml").read_text(encoding="utf-8")
    counts = dict(re.findall(r'(errors|failures|skipped|tests)="(\d+)"', text))
    assert counts == {"errors": "1", "failures": "1", "skipped": "2", "tests": "25"}


def test_junit_properties_tell_rate_interval_dimensions_and_run(project: Project) -> None:
    project.add_agent(MIXED, gate=0.85)
    cases = project.read_junit()
    properties = _read_properties(cases["below"])
    assert properties["arc.outcome"] == "below bar"
    assert (properties["arc.passed"], properties["arc.trials"]) == ("4", "5")
    assert properties["arc.rate"] == "0.8000"
    low, high = map(float, properties["arc.interval"].split())
    assert low < 0.8 < high
    assert properties["arc.response_quality"] == "0.8000"
    assert properties["arc.pass_hat_k"] == "0.0000"
    assert properties["arc.run_id"] == project.find_run().name
    gate = _read_properties(cases["gate/reliability"])
    assert (gate["arc.outcome"], gate["arc.trials"]) == ("passed", "110")


def test_junit_tells_of_cases_that_were_not_run(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "wait 30"}, trials=1)
    project.write(conftest=_STOP_AFTER_FIRST)
    cases = project.read_junit()
    (skipped,) = cases["b"].iter("skipped")
    assert skipped.attrib["message"] == "not run: enough seen"
    assert _read_properties(cases["b"])["arc.outcome"] == "not run"


def test_the_document_carries_the_digest_of_its_results(project: Project) -> None:
    project.add_agent(MIXED, gate=0.85)
    project.run()
    text = (project.find_run() / "run.json").read_text(encoding="utf-8")
    results = text.split('"results":', 1)[1].rsplit(',\n"timings":', 1)[0]
    digest = hashlib.sha256(results.encode()).hexdigest()
    assert project.read_run()["header"]["results_sha256"] == digest


def test_results_are_equal_to_the_byte_whatever_the_concurrency(project: Project) -> None:
    replies = "import random\nfrom pytest_arc.domain.trajectory import Trajectory, Message\n"
    project.write(
        seeded=replies
        + "async def agent(context):\n"
        + "    return 'yes' if random.Random(context.seed).random() < 0.7 else 'no'\n"
    )
    scenarios = {f"case/{number}": "go" for number in range(20)}
    project.add_agent(scenarios, gate=0.85, target={"python": "seeded:agent"})
    digests: set[str] = set()
    for concurrency in ("1", "50", "7"):
        project.run("--arc-concurrency", concurrency, "--arc-dir", f"runs-{concurrency}")
        (run,) = (project.path / f"runs-{concurrency}" / "runs").glob("*/run.json")
        text = run.read_text(encoding="utf-8")
        digests.add(text.split('"results":', 1)[1].rsplit(',\n"timings":', 1)[0])
    assert len(digests) == 1


def test_another_seed_meets_other_trials(project: Project) -> None:
    project.add_agent({"a": "pass"})
    seeds: set[int] = set()
    for seed in ("1", "2"):
        project.run("--arc-seed", seed, "--arc-json", "out.json")
        text = (project.path / "out.json").read_text(encoding="utf-8")
        seeds |= set(map(int, re.findall(r'"seed":(\d+),"outcome"', text)))
    assert len(seeds) == 10


def test_our_lines_keep_within_eighty_columns(project: Project) -> None:
    long = "currency/an-invoice-in-euros-whose-total-is-written-with-a-decimal-comma"
    scenarios = {f"{long}-{number:02}": "pass 4" for number in range(12)} | dict(MIXED)
    name = "corporate-finance-agent-for-the-european-market"
    project.add_agent(scenarios, gate=0.95, name=name, file="bot.yaml", tags=["finance"])
    for arguments in ([], ["-k", "currency"], ["--arc-trial", "5"], ["-v"]):
        lines = project.run("bot.yaml", *arguments).outlines
        long_lines = [line for line in lines if len(line) > WIDTH and not _may_be_long(line)]
        assert long_lines == [], arguments


def _may_be_long(line: str) -> bool:
    """pytest's own lines, and what must stay whole to be pasted: ids and commands."""
    own = ("rootdir:", "platform", "FAILED ", "ERROR ", "bot.yaml", "bot_scenarios", "=", "_")
    return line.startswith(own) or "arc show" in line or "arc debug" in line or "currency/an-invoice" in line


def test_without_unicode_the_report_is_plain_ascii(project: Project) -> None:
    project.add_agent({"a": "pass 3"})
    command = [sys.executable, "-m", "pytest", "-p", "pytest_arc.plugin", "--arc", "bot.yaml"]
    environ = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=project.path, env=environ, capture_output=True, check=False)
    text = done.stdout.decode("ascii")
    assert done.returncode == 1
    assert re.search(r"response_quality +#+\.+ 0\.60", text)
    assert "    x answer_contains: yes:" in text
    assert "\\u" not in text
    assert "\\x" not in text


def test_the_summary_says_what_was_run_and_how_to_go_on(project: Project) -> None:
    project.add_agent({"fx/eur": {"user": "pass 3", "tags": ["money"]}, "tax/vat": "pass"})
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "=* pytest-arc: bot =*",
            "  no gate evaluated; 8 of 10 trials passed (80 %, 95 % interval * to *)",
            "  response_quality  * 0.80  (weight 25 %, n 10)",
            "  pass_hat_k     0.800 *all k pass",
            "  1 of 2 cases below bar: * 1 of 1*",
            "    3/5  fx/eur  the answer does not contain 'yes'*",
            "  trials  8 passed, 2 failed, 0 errored (2 scenarios x 5)",
            "  cost    unknown (python agents:obey)",
            "  look    arc show 'last::fx/eur#4'",
            "  repeat  arc debug 'last::fx/eur#4'",
            "  run     .arc/runs/*",
        ]
    )


def test_time_is_set_against_one_trial_after_the_other(project: Project) -> None:
    project.add_agent({"a": "wait 0.2"}, trials=10)
    result = project.run()
    result.stdout.re_match_lines([r"  time    0\.\d s \(one by one: 2\.\d s, \d+x\)"])


def test_secrets_of_the_environment_reach_neither_screen_nor_disk(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-very-secret-4711-abcdefghij"
    monkeypatch.setenv("SHOP_API_KEY", secret)
    project.write(
        leaky="""
            import os

            async def agent(text):
                print("using", os.environ["SHOP_API_KEY"])
                return "my key is " + os.environ["SHOP_API_KEY"]
        """
    )
    project.add_agent({"a": "go"}, target={"python": "leaky:agent"})
    result = project.run("--junitxml=junit.xml", "--arc-json=out.json")
    assert secret not in result.stdout.str()
    for path in project.path.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".jsonl", ".xml"):
            assert secret not in path.read_text(encoding="utf-8"), path


_STOP_AFTER_FIRST = """
    import pytest

    class Stop:
        session = None

    def pytest_runtest_logfinish(nodeid):
        if nodeid.endswith("::a"):
            Stop.plugin.session.stop("enough seen")

    def pytest_collection_finish(session):
        Stop.plugin = session.config.pluginmanager.get_plugin("pytest_arc_main")
"""
