"""The line that says how a run goes: it is there while the run goes on, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import sys

import pytest

from .conftest import Project
from .terminal import Watched, run_on_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")

LINE = re.compile(r"^arc: \d+/\d+ trials.*$", re.MULTILINE)
FACES = {
    "dots": ("-m", "pytest", "-p", "pytest_arc.plugin", "--arc", "bot.yaml"),
    "verbose": ("-m", "pytest", "-p", "pytest_arc.plugin", "--arc", "-v", "bot.yaml"),
    "quiet": ("-m", "pytest", "-p", "pytest_arc.plugin", "--arc", "-q", "bot.yaml"),
    "arc run": ("-m", "pytest_arc", "run", "bot.yaml"),
}
SLOW = """
    import asyncio

    async def answer(text):
        print("an agent that prints")
        await asyncio.sleep(0.25)
        return text
"""


@pytest.fixture
def slow(project: Project) -> Project:
    """Five cases, one after the other: a second and a bit."""
    project.write(slow=SLOW)
    scenarios = {f"case-{number}": "yes" if number % 3 else "no" for number in range(5)}
    project.add_agent(scenarios, gate=0.1, trials=2, target={"python": "slow:answer"})
    (project.path / "pyproject.toml").write_text("[tool.pytest-arc]\nconcurrency = 2\n")
    return project


def _watch(project: Project, face: str, *more: str, columns: int = 80, rows: int = 24, **env: str) -> Watched:
    command = [sys.executable, *FACES[face], *more]
    return run_on_terminal(command, project.path, columns, rows, env)


def _settle(watched: Watched) -> str:
    """What stays, without times and colours."""
    text = re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", watched.text)
    text = re.sub(r"\d+\.\d+ ?s( \(one by one.*\))?", "TIME", text)
    return re.sub(r"=+ (.*) =+", r"= \1 =", text)


@pytest.mark.parametrize(
    "face, columns, rows",
    [("dots", 80, 24), ("verbose", 40, 8), ("quiet", 80, 4), ("arc run", 40, 8)],
)
def test_what_stays_on_the_screen_is_what_would_be_there_without(
    slow: Project, face: str, columns: int, rows: int
) -> None:
    with_line = _watch(slow, face, columns=columns, rows=rows)
    without = _watch(slow, face, columns=columns, rows=rows, TERM="dumb")

    drawn = [line for text in with_line.seen for line in LINE.findall(text)]
    assert drawn
    assert max(map(len, drawn)) < columns
    assert not LINE.search(with_line.text)
    assert not LINE.search("\n".join(without.seen))
    assert _settle(with_line) == _settle(without)
    assert with_line.code == without.code == 0


def test_line_counts_trials_and_failures(slow: Project) -> None:
    watched = _watch(slow, "arc run")

    drawn = [line for text in watched.seen for line in LINE.findall(text)]
    counts = [int(line.split("/")[0].removeprefix("arc: ")) for line in drawn]
    assert counts == sorted(counts)
    assert len(set(counts)) > 1
    assert re.search(r"arc: \d+/10 trials, 2 running, 2 failed, \d s left", "\n".join(drawn))


@pytest.mark.parametrize(
    "arguments", [("-s",), ("--arc-log-json", "-")], ids=["agents print there", "our log is there"]
)
def test_nothing_is_drawn_where_others_write(slow: Project, arguments: tuple[str, ...]) -> None:
    assert "\x1b8" not in _watch(slow, "dots", *arguments).raw


def test_controller_of_xdist_counts_what_its_workers_bring(slow: Project) -> None:
    pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")
    watched = _watch(slow, "dots", "-p", "xdist", "-n", "2")

    drawn = [line for text in watched.seen for line in LINE.findall(text)]
    assert re.search(r"arc: [2468]/10 trials", "\n".join(drawn))
    assert not LINE.search(watched.text)
    assert re.search(r"^arc: 1 agent, 5 cases, 1 gate$", watched.text, re.MULTILINE)
    assert watched.code == 0


def test_log_of_what_happens_is_written_by_pytest_too(slow: Project) -> None:
    slow.run("--arc-log-json", "log.jsonl", "bot.yaml")

    events = [json.loads(line)["event"] for line in (slow.path / "log.jsonl").read_text().splitlines()]
    assert (events[0], events[-1], events.count("trial_finished")) == ("run_started", "run_finished", 10)


def test_nothing_is_drawn_into_a_file(slow: Project) -> None:
    text = slow.start("bot.yaml").communicate()[0]
    assert "\x1b" not in text
    assert not LINE.search(text)
