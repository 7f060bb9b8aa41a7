"""Projects to measure: agents whose work is as little as can be, and the same number of plain tests."""

from __future__ import annotations

from pathlib import Path

AGENTS = """\
import asyncio

async def answer(text):
    return text

def answer_in_thread(text):
    return text

async def wait_a_fifth(text):
    await asyncio.sleep(0.2)
    return text

async def wait_a_second(text):
    await asyncio.sleep(1)
    return text
"""

PLAIN_ITEMS = """\
import pytest

class Item(pytest.Item):
    def runtest(self):
        pass

class File(pytest.File):
    def collect(self):
        for number in range(int(self.path.read_text(encoding="utf-8"))):
            yield Item.from_parent(self, name=f"case-{number}")

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".items":
        return File.from_parent(parent, path=file_path)
"""


def write_agent(folder: Path, function: str, cases: int, trials: int = 1) -> str:
    """A profile whose agent is one of `AGENTS`, with `cases` scenarios of one check; its file's name."""
    (folder / "agents.py").write_text(AGENTS, encoding="utf-8")
    name = f"{function}-{cases}-{trials}"
    scenarios = (
        f"  - id: group-{number % 10}/case-{number}\n"
        f"    user: hello {number}\n"
        "    expect: [{answer_contains: hello}]\n"
        for number in range(cases)
    )
    (folder / f"{name}.scenarios.yaml").write_text(
        "arc_scenarios: 1\nscenarios:\n" + "".join(scenarios), encoding="utf-8"
    )
    (folder / f"{name}.yaml").write_text(
        f"arc: 1\nname: {function}\ntrials: {trials}\ntarget: {{python: 'agents:{function}'}}\n"
        f"scenarios: {{include: [{name}.scenarios.yaml]}}\n",
        encoding="utf-8",
    )
    return f"{name}.yaml"


def write_model_agent(folder: Path, base_url: str, cases: int, trials: int) -> str:
    """A profile whose agent is a model that says "hello"; its file's name."""
    name = write_agent(folder, "answer", cases, trials)
    path = folder / name
    target = f"{{model: 'openai:gpt-4o-mini', base_url: '{base_url}'}}"
    path.write_text(path.read_text(encoding="utf-8").replace("{python: 'agents:answer'}", target), "utf-8")
    return name


def write_plain_items(folder: Path, count: int) -> str:
    """`count` items of a custom kind that do nothing; their file's name."""
    (folder / "conftest.py").write_text(PLAIN_ITEMS, encoding="utf-8")
    (folder / f"plain-{count}.items").write_text(str(count), encoding="utf-8")
    return f"plain-{count}.items"


def write_empty_test(folder: Path) -> str:
    (folder / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
    return "test_empty.py"
