"""`pytest --arc -n 2`: the same results, reports and exit codes as one process gives."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.history.folder import list_runs

from .conftest import Project

pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")

SUITE = {
    "talks": {"user": "say 4711", "critical": True},
    "good": "pass",
    "shaky": "pass 3",
    "bad": "fail",
    "broken": "break",
    "half": "break 2",
    "later": {"user": "pass", "skip": "not yet"},
    "known": {"user": "fail", "xfail": "known"},
    "sharp": {"user": "fail", "critical": True},
}
"""One of each word that a case may end with."""

TALKING = """
    from agents import obey as listen

    async def obey(context):
        if context.user.startswith("say"):
            print("heard", context.user)
            return "no"
        return await listen(context)
"""
PLAIN = "import pytest\n\n@pytest.mark.parametrize('n', range(5))\ndef test_plain(n):\n    assert n != 3\n"


def _run(project: Project, *arguments: str) -> pytest.RunResult:
    return project.run(*arguments, plugins="xdist")


def _take_run(project: Project) -> Path:
    """The folder of the only run, out of the way of the next."""
    taken = project.path / "taken"
    shutil.rmtree(taken, ignore_errors=True)
    return Path(shutil.move(project.find_run(), taken))


def _read_results(folder: Path) -> str:
    text = (folder / "run.json").read_text(encoding="utf-8")
    return text[: text.index('"timings":')]


def _read_junit(path: Path) -> dict[str, object]:
    """All that a report says of each test but how long it took, and in which run."""

    def describe(element: ElementTree.Element) -> object:
        # Lines of a failure are as long as they are: nothing of it differs.
        told = {key: text for key, text in element.attrib.items() if key != "time"}
        if element.get("name") == "arc.run_id":
            told["value"] = "RUN"
        return element.tag, told, (element.text or "").strip(), [describe(child) for child in element]

    root = ElementTree.parse(path).getroot()
    return {f"{case.get('classname')}::{case.get('name')}": describe(case) for case in root.iter("testcase")}


def _say(done: pytest.RunResult) -> str:
    text = "\n".join(line for line in done.errlines if line)
    return re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", re.sub(r"in /.*/\.arc", "in PROJECT/.arc", text))


def test_workers_give_the_results_that_one_process_gives(project: Project) -> None:
    project.write(talking=TALKING, test_plain=PLAIN)
    target = {"python": "talking:obey"}
    project.add_agent(SUITE, gate=0.5, target=target)
    project.add_agent({"a": "pass", "b": "fail"}, name="other", trials=3)
    say = "Add up 12.50 EUR and 7.50 EUR."
    project.add_agent({f"sum{n}": say for n in range(3)}, name="simulated", target="reference", tools=[])
    alone = project.run("--junitxml=alone.xml", "-v")
    results = _read_results(_take_run(project))
    counts = alone.parseoutcomes()
    junit = _read_junit(project.path / "alone.xml")
    summary = _find_summary(alone)
    for mode in ("load", "worksteal", "loadfile"):
        done = _run(project, "-n", "2", "--dist", mode, f"--junitxml={mode}.xml", "-v")
        assert done.ret == alone.ret, mode
        assert done.parseoutcomes() == counts, mode
        assert _find_summary(done) == summary, mode
        assert _read_junit(project.path / f"{mode}.xml") == junit, mode
        run = _take_run(project)
        assert _read_results(run) == results, mode
        assert not (run / "workers").exists()
        headings = re.split(r"(?m)^_+ (.*) _+$", done.stdout.str())
        told = dict(zip(headings[1::2], headings[2::2], strict=False))
        assert [name for name, text in told.items() if "heard say 4711" in text] == ["talks"]


def _find_summary(done: pytest.RunResult) -> list[str]:
    """What is said of the agents after the tests, but for what a clock says."""
    lines = done.outlines
    first = next(n for n, line in enumerate(lines) if "pytest-arc: " in line)
    kept = [line for line in lines[first:] if not re.match(r"  (time|run) ", line)]
    return kept[: next(n for n, line in enumerate(kept) if "short test summary" in line)]


def test_what_is_selected_and_what_failed_last_is_the_same(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "fail", "c": "pass"}, gate=0.3, trials=3)
    assert _run(project, "-n", "2").parseoutcomes()["below"] == 1
    lines = _run(project, "-n", "2", "--lf", "-v").outlines
    assert any("FAILED bot.yaml::b" in line for line in lines)
    assert not any("bot.yaml::a" in line for line in lines)
    done = _run(project, "-n", "2", "bot.yaml::a", "bot.yaml::b")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*2 of 3 cases selected: no gate is evaluated*"])


def test_hooks_shards_rounds_and_drawn_seeds_hold_in_all_processes(project: Project) -> None:
    cases = {f"s{n}": "pass" for n in range(6)}
    project.add_agent({**cases, "gone": "fail"}, gate=0.5, trials={"first": 2, "max": 8})
    project.write(
        conftest="""
            from dataclasses import replace

            def pytest_arc_settings(settings):
                return settings.model_copy(update={"seed": "random"})

            def pytest_arc_modify_plan(plan):
                return replace(plan, selected=frozenset(id for id in plan.selected if "gone" not in id))

            def pytest_arc_run_finish(run):
                print("told of", len(run["results"]["agents"][0]["cases"]), "cases")
        """
    )
    done = _run(project, "-n", "2", "--arc-shard", "1/2", "-s")
    shard = project.read_run()
    made = Counter(len(case["trials"]) for case in shard["results"]["agents"][0]["cases"])
    assert set(made) == {2}
    done.stdout.fnmatch_lines(
        [
            f"arc: the run's seed is {shard['header']['seed']}: --arc-seed*",
            "bot: trials come in rounds only where one process makes them all: 2 of each case",
            "  here",
            f"bot: shard 1/2, {made[2]} of 7 cases: arc merge decides the gates of all shards",
            f"*told of {made[2]} cases",
        ]
    )
    assert sorted(shard["header"]["selected"]) == sorted(
        f"bot/{case['id'].removeprefix('bot/')}" for case in shard["results"]["agents"][0]["cases"]
    )


def test_limits_of_what_one_may_use_hold_for_all_workers_together(project: Project) -> None:
    project.write(
        counting="""
            import asyncio, os, time

            from pytest_arc.domain.trajectory import Usage

            async def note(context):
                begun = time.time()
                await asyncio.sleep(0.05)
                with open("made.txt", "a", encoding="utf-8") as file:
                    print(os.getpid(), begun, time.time(), file=file)
                context.count_usage(Usage(model_calls=1, input_tokens=10, output_tokens=0))
                return "yes"
        """
    )
    target = {"python": "counting:note"}
    project.add_agent(
        {f"s{n}": "pass" for n in range(20)}, trials=2, target=target, budget={"tokens": 200}, gate=0.5
    )
    done = _run(project, "-n", "2", "--arc-concurrency", "4")
    assert "a worker's part of the budget of 200 tokens was used up" in " ".join(done.stdout.str().split())
    assert done.ret == 1
    lines = [line.split() for line in (project.path / "made.txt").read_text().splitlines()]
    # Each of the two stops when it has used its 100, and ends what is under way.
    assert 20 <= len(lines) <= 20 + 4
    spans = [(float(begun), float(ended)) for _, begun, ended in lines]
    assert max(sum(b <= begun < e for b, e in spans) for begun, _ in spans) <= 4


def test_files_that_cannot_be_read_end_the_run_before_the_first_trial(project: Project) -> None:
    project.add_agent({"a": "pass"})
    (project.path / "wrong.yaml").write_text("arc: 1\nname: wrong\n", encoding="utf-8")
    alone = project.run()
    done = _run(project, "-n", "2")
    assert done.ret == alone.ret == 2
    done.stdout.fnmatch_lines(["*Interrupted: 1 error during collection*"])
    assert done.stdout.str().count("ERROR collecting wrong.yaml") == 1
    assert not list_runs(project.path / ".arc")
    assert not list((project.path / ".arc" / "runs").iterdir())


def test_what_makes_no_trials_is_done_by_one_process(project: Project) -> None:
    project.add_agent({"a": "pass", "b": "pass"}, gate=0.5)
    assert "gate/reliability" in _run(project, "--co", "-q", "-n", "2").stdout.str()
    planned = _run(project, "--arc-plan", "-n", "2")
    assert planned.ret == 0
    planned.stdout.fnmatch_lines(["bot: 2 cases, 10 trials"])
    _run(project, "-n", "0").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-n", "2", "--dist", "each"),
        ("-n", "2", "--arc-executor", "subprocess"),
        ("--dist", "load", "--tx", "popen//chdir=elsewhere"),
        ("-n", "3"),
    ],
    ids=["each", "executor", "elsewhere", "limits"],
)
def test_ways_that_would_give_wrong_counts_are_refused(
    project: Project, arguments: tuple[str, ...], snapshot: SnapshotAssertion
) -> None:
    project.add_agent({"a": "pass"})
    models = '[tool.pytest-arc.models."openai:*"]\nrequests_per_minute = 2\n' if "3" in arguments else ""
    (project.path / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{models}", encoding="utf-8")
    done = _run(project, *arguments)
    assert done.ret == 4
    assert _say(done) == snapshot


def test_a_worker_that_cannot_begin_is_told_of_once(
    project: Project, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # this test may itself be run by one
    project.add_agent({f"s{n}": "pass" for n in range(6)})
    project.write(
        conftest="""
            import os

            def pytest_arc_settings(settings):
                if "PYTEST_XDIST_WORKER" in os.environ:
                    return settings.model_copy(update={"resume": "nowhere"})
        """
    )
    done = _run(project, "-n", "2")
    assert done.ret == 4
    assert _say(done) == snapshot
    assert not list_runs(project.path / ".arc")


def test_an_agent_whose_spans_come_to_one_port_is_refused(
    project: Project, snapshot: SnapshotAssertion
) -> None:
    pytest.importorskip("opentelemetry.proto", reason="the extra 'otel' is not installed")
    pytest.importorskip("httpx2", reason="the extra 'http' is not installed")
    target = {"http": {"url": "http://127.0.0.1:9", "traces": True}}
    project.add_agent({"a": "pass"}, target=target, tools=[])
    done = _run(project, "-n", "2")
    assert done.ret == 4
    assert _say(done) == snapshot


def test_a_run_that_was_cut_off_is_gone_on_with_by_workers(project: Project) -> None:
    project.add_agent({f"s{n}": "pass" if n % 2 else "pass 3" for n in range(6)}, gate=0.5)
    project.run()
    first = project.find_run()
    results = _read_results(first)
    (first / "run.json").unlink()
    lines = (first / "trials.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (first / "trials.jsonl").write_text("".join(lines[:17]), encoding="utf-8")
    done = _run(project, "-n", "2", "--arc-resume", "last")
    done.stdout.fnmatch_lines([f"*17 trials are taken over from run {first.name}*"])
    again = list_runs(project.path / ".arc")[-1]
    assert _read_results(again.path) == results
    kept = json.loads(lines[0])
    assert kept in [json.loads(trial.line) for trial in again.read_written()]
