"""`pytest_arc_*` hooks of conftest.py files, called by `arc run` without pytest."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_arc.registry import CHECKS

if TYPE_CHECKING:
    from shapes import Arc, Write

NOTING = """
import json
from dataclasses import replace

NOTES = []

def pytest_arc_settings(settings):
    NOTES.append("settings")
    return settings.model_copy(update={"trials": 2})

def pytest_arc_register(registry):
    NOTES.append("register")

def pytest_arc_modify_plan(plan):
    NOTES.append("modify_plan")
    return replace(plan, selected=frozenset(sorted(plan.selected)[:1]))

def pytest_arc_trial_start(case, trial):
    NOTES.append(f"trial_start {trial.trial}")

def pytest_arc_trial_finish(result):
    NOTES.append("trial_finish")

def pytest_arc_case_finish(outcome):
    NOTES.append(f"case_finish {outcome.word}")

def pytest_arc_run_finish(run):
    NOTES.append("run_finish")
    with open("notes.json", "w") as file:
        json.dump(NOTES, file)
"""
CHECK = """
from pytest_arc import Check, Finding

class Shouts(Check):
    '''The answer is in capitals.'''
    shouts: bool = True

    def judge(self, evidence):
        return Finding(evidence.trajectory.answer.isupper(), "it is about capitals")

def pytest_arc_register(registry):
    registry.CHECKS.register("shouts", Shouts)
"""

SHOUTED = """
arc_scenarios: 1
scenarios:
  - id: shouted
    user: HELLO
    expect:
      - shouts: true
"""


def test_hooks_are_called_in_the_order_of_a_run(project: Path, arc: Arc, write: Write) -> None:
    write({"conftest.py": NOTING})

    done = arc("run", "configs", "--concurrency", "1")

    assert "1 case, 2 trials" in done.out
    notes = json.loads((project / "notes.json").read_text(encoding="utf-8"))
    assert notes[:3] == ["settings", "register", "modify_plan"]
    assert sorted(notes[3:7]) == ["trial_finish", "trial_finish", "trial_start 1", "trial_start 2"]
    assert notes[7:] == ["case_finish passed", "run_finish"]


def test_conftest_beside_a_profile_registers_a_check(
    arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHECKS, "_loaded", dict(CHECKS._loaded))
    write(
        {
            "configs/conftest.py": CHECK,
            "scenarios/greetings.yaml": SHOUTED,
            "demo_agents.py": "def moody(text): return text",
        }
    )

    assert arc("run", "configs").out.endswith("1 passed; gates: 1 inconclusive (exit 0)\n")


def test_conftest_may_import_what_stands_beside_it(arc: Arc, write: Write) -> None:
    write({"configs/fakes.py": "RATE = 1.08", "configs/conftest.py": "import fakes"})

    assert arc("run", "configs", "-k", "feel/like").code == 0


def test_conftest_of_other_folders_is_left_alone(arc: Arc, write: Write) -> None:
    write({"tests/conftest.py": "raise RuntimeError", "scenarios/conftest.py": "raise RuntimeError"})

    assert arc("run", "configs", "-k", "feel/like").code == 0


def test_pytests_own_hooks_are_left_alone(arc: Arc, write: Write) -> None:
    write({"conftest.py": "def pytest_collect_file(file_path, parent): raise RuntimeError"})

    assert arc("run", "configs", "-k", "feel/like").code == 0


@pytest.mark.parametrize(
    "text, code, message",
    [
        pytest.param(
            "\n\nimport nowhere_to_be_found",
            2,
            "conftest.py:3: cannot be imported: ModuleNotFoundError: No module named 'nowhere_to_be_found'\n",
            id="missing module",
        ),
        pytest.param(
            "def pytest_arc_gate(verdict, colour): pass",
            2,
            "conftest.py: Argument(s) {'colour'} are declared in the hookimpl but can not be found",
            id="unknown argument",
        ),
        pytest.param(
            "def pytest_arc_gates(verdict): pass", 2, "unknown hook 'pytest_arc_gates'", id="unknown hook"
        ),
    ],
)
def test_conftest_that_cannot_be_used_is_located(
    arc: Arc, write: Write, text: str, code: int, message: str
) -> None:
    write({"conftest.py": text})

    done = arc("run", "configs")

    assert done.code == code
    assert message in done.err


def test_conftest_that_needs_pytest_says_so_where_pytest_is_absent(
    arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pytest", None)
    write({"conftest.py": "import pytest"})

    done = arc("run", "configs")

    assert done.code == 4
    assert done.err.startswith("arc: conftest.py imports pytest, which is not installed here.\n")
