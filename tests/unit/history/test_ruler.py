"""What agents are held against, in real projects with and without git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.baseline import Baseline, BaselineCase, Ruler
from pytest_arc.domain.plan import Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.history.baselines import dump_baseline
from pytest_arc.history.ruler import hash_cases, read_rulers
from pytest_arc.suite import plan_files

PROFILE = """
arc: 1
extends: base.yaml
name: bot
target: {python: "ruled_bots:agent"}
scenarios: {include: ["../scenarios/**/*.yaml"]}
trials: 4
"""

BASE = """
gates:
  reliability: 0.9
  regression: {max_drop: 0.05}
"""

FX = """
arc_scenarios: 1
scenarios:
  - id: fx/chf
    user: In francs, please
    world: {tables: {ledger: data/ledger.csv}}
    expect:
      - python: "ruled_checks:is_right"
  - id: fx/jpy
    for_each: [{month: Q1}, {month: Q2}]
    user: "In yen for {{ month }}, please"
    expect: [{answer_contains: JPY}]
"""

FILES = {
    "pyproject.toml": "",
    "ruled_bots.py": "def agent(text):\n    return text\n",
    "ruled_checks.py": "def is_right(evidence):\n    return True\n",
    "configs/bot.yaml": PROFILE,
    "configs/base.yaml": BASE,
    "scenarios/fx.yaml": FX,
    "scenarios/data/ledger.csv": "amount\n1\n",
    "README.md": "A project",
}

Write = Callable[[str, str], None]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    for name, text in FILES.items():
        _write(folder, name, text)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    return folder


@pytest.fixture
def versioned(project: Path) -> Path:
    """The project on a branch that has just left main, where its baseline is committed."""
    _write(project, "baselines/bot.json", _make_baseline(passed=5))
    _git(project, "init", "-q", "-b", "main")
    _commit(project)
    _git(project, "checkout", "-q", "-b", "change")
    return project


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "a commit")


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def _plan() -> Plan:
    return plan_files([Path("configs/bot.yaml")], Settings())


def _make_baseline(passed: int, agent: str = "bot") -> str:
    hashes = hash_cases(_plan().agents[0])
    cases = {id: BaselineCase(passed, 5, pair) for id, pair in hashes.items()}
    return dump_baseline(Baseline(agent, "abc", "python ruled_bots:agent", False, (), cases))


def _read(folder: Path, base: str | None = None) -> Ruler:
    return read_rulers(_plan(), folder, base)["bot"]


def _hide(text: str, folder: Path) -> str:
    return text.replace(_git(folder, "rev-parse", "main")[:7], "SHA")


def _tell(folder: Path) -> str:
    (note,) = _read(folder).notes
    return _hide(note, folder)


def test_baseline_of_the_merge_base_is_the_ruler_whatever_the_change_does_to_it(versioned: Path) -> None:
    _write(versioned, "baselines/bot.json", _make_baseline(passed=1))

    ruler = _read(versioned)

    assert ruler.baseline is not None
    assert {case.passed for case in ruler.baseline.cases.values()} == {5}
    assert _hide(ruler.baseline.label, versioned) == "main SHA"
    assert _tell(versioned) == "the ruler in this change: moved since main SHA: baseline"


def test_baseline_that_a_change_deletes_still_holds(versioned: Path) -> None:
    (versioned / "baselines" / "bot.json").unlink()

    ruler = _read(versioned)

    assert ruler.baseline is not None
    assert ruler.baseline.cases["fx/chf"].passed == 5
    assert _tell(versioned).endswith("baseline (removed)")


def test_unchanged_ruler_is_said_to_be(versioned: Path, snapshot: SnapshotAssertion) -> None:
    _write(versioned, "README.md", "Another text")
    _write(versioned, "ruled_bots.py", "def agent(text):\n    return 'JPY'\n")

    ruler = _read(versioned)

    assert ruler.baseline is not None
    assert _hide(ruler.baseline.label, versioned) == "main SHA"
    assert ruler.trouble == ""
    assert ruler.hashes == hash_cases(_plan().agents[0])
    assert _tell(versioned) == snapshot


MOVED = {
    "a threshold": {"configs/base.yaml": BASE.replace("0.9", "0.85")},
    "a threshold in what another profile overrides": {
        "configs/bot.yaml": PROFILE + "gates: {reliability: {min: 0.8, confidence: 0.9}}\n"
    },
    "fewer trials": {"configs/bot.yaml": PROFILE.replace("trials: 4", "trials: {first: 1, max: 2}")},
    "a lower bar": {"configs/bot.yaml": PROFILE + "min_pass_rate: 0.5\n"},
    "a gate less": {"configs/base.yaml": "gates: {reliability: 0.9, performance: 0.15}\n"},
    "other scenarios": {"configs/bot.yaml": PROFILE.replace("**/*", "fx")},
    "a prompt, which is no ruler": {"configs/bot.yaml": PROFILE + "system_prompt: Be brief\n"},
    "scenarios": {"scenarios/fx.yaml": FX.replace("In francs", "In Swiss francs")},
    "a new scenario file": {
        "scenarios/more/tax.yaml": FX.replace("fx/", "tax/").replace("data/", "../data/")
    },
    "a data file": {"scenarios/data/ledger.csv": "amount\n2\n"},
    "a check in Python": {"ruled_checks.py": "def is_right(evidence):\n    return False\n"},
    "quarantine": {"quarantine.yaml": "arc_quarantine: 1\nentries: []\n"},
    "much at once": {
        "configs/base.yaml": BASE.replace("0.9", "0.85"),
        "scenarios/fx.yaml": FX.replace("In francs", "In Swiss francs"),
        "baselines/bot.json": "{}",
        "quarantine.yaml": "arc_quarantine: 1\nentries: []\n",
    },
}


@pytest.mark.parametrize("what", MOVED)
def test_what_moved_is_named(versioned: Path, what: str, snapshot: SnapshotAssertion) -> None:
    for name, text in MOVED[what].items():
        _write(versioned, name, text)

    told = _tell(versioned)
    _commit(versioned)

    assert told == _tell(versioned) == snapshot


def test_removed_scenario_file_is_named(versioned: Path) -> None:
    _git(versioned, "checkout", "-q", "main")
    _write(versioned, "scenarios/tax.yaml", FX.replace("fx/", "tax/"))
    _commit(versioned)
    _git(versioned, "checkout", "-q", "-b", "removal")
    (versioned / "scenarios" / "tax.yaml").unlink()

    assert _tell(versioned) == "the ruler in this change: moved since main SHA: scenarios/tax.yaml (removed)"


def test_new_profile_is_said_to_be_new(versioned: Path) -> None:
    _git(versioned, "checkout", "-q", "main")
    (versioned / "configs" / "bot.yaml").unlink()
    _commit(versioned)
    _git(versioned, "checkout", "-q", "-b", "addition")
    _write(versioned, "configs/bot.yaml", PROFILE)

    assert _tell(versioned) == "the ruler in this change: moved since main SHA: configs/bot.yaml (new)"


def test_baseline_that_is_new_in_this_change_is_used_and_said_to_be(project: Path) -> None:
    _git(project, "init", "-q", "-b", "main")
    _commit(project)
    _write(project, "baselines/bot.json", _make_baseline(passed=3))

    ruler = _read(project)

    assert ruler.baseline is not None
    assert ruler.baseline.label == "the baseline of this change"
    assert ruler.baseline.cases["fx/chf"].passed == 3
    assert _tell(project) == "the ruler in this change: moved since main SHA: baseline"


def test_outside_git_the_baseline_is_the_one_in_the_folder(project: Path) -> None:
    _write(project, "baselines/bot.json", _make_baseline(passed=3))

    ruler = _read(project)

    assert ruler.baseline is not None
    assert ruler.baseline.label == "the baseline"
    assert ruler.notes == (
        "the ruler in this change: not compared with the main line: this is no git repository",
    )


def test_shallow_clone_uses_the_baseline_in_the_folder_and_says_what_to_fetch(
    versioned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    _write(versioned, "README.md", "Another text")
    _commit(versioned)
    clone = tmp_path / "clone"
    url = f"file://{versioned.as_posix()}"
    _git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "change", url, str(clone))
    monkeypatch.chdir(clone)
    monkeypatch.setenv("GITHUB_BASE_REF", "main")

    ruler = _read(clone)

    assert ruler.baseline is not None
    assert ruler.baseline.label == "the baseline"
    assert ruler.notes == snapshot


def test_without_a_baseline_the_trouble_says_how_to_make_one(
    project: Path, snapshot: SnapshotAssertion
) -> None:
    ruler = _read(project)

    assert ruler.baseline is None
    assert ruler.trouble == snapshot


TROUBLE = {
    "another agent": lambda text: text.replace('"agent": "bot"', '"agent": "other-bot"'),
    "a newer format": lambda text: text.replace('"arc_baseline": 1', '"arc_baseline": 9'),
    "a merge conflict": lambda text: text.replace('  "runs"', '<<<<<<< HEAD\n  "runs"'),
    "more passed than tried": lambda text: text.replace('"passed": 5', '"passed": 7', 1),
}


@pytest.mark.parametrize("what", TROUBLE)
def test_baseline_that_cannot_be_used_is_damage_and_no_crash(
    project: Path, what: str, snapshot: SnapshotAssertion
) -> None:
    _write(project, "baselines/bot.json", TROUBLE[what](_make_baseline(passed=5)))

    ruler = _read(project)

    assert ruler.baseline is None
    hashes = {part for pair in ruler.hashes.values() for part in (pair.scenario, pair.checks)}
    told = ruler.damage
    for part in hashes:
        told = told.replace(part, "HASH")
    assert told == snapshot


def test_damage_at_the_merge_base_names_the_commit(versioned: Path) -> None:
    _git(versioned, "checkout", "-q", "main")
    _write(versioned, "baselines/bot.json", "{")
    _commit(versioned)
    _git(versioned, "checkout", "-q", "-b", "repair")
    _write(versioned, "baselines/bot.json", _make_baseline(passed=5))

    damage = _hide(_read(versioned).damage, versioned)

    assert damage.startswith("main@SHA:baselines/bot.json:1:2: the baseline is not JSON: ")


def test_set_aside_scenarios_are_handed_on(project: Path) -> None:
    aside = frozenset({"fx/chf"})

    assert read_rulers(_plan(), project, quarantined={"bot": aside})["bot"].quarantined == aside


def test_without_a_gate_that_compares_and_without_git_nothing_is_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(project, "configs/base.yaml", "gates: {reliability: 0.9}\n")
    _write(project, "baselines/bot.json", "no baseline at all")
    monkeypatch.setenv("PATH", "")

    assert read_rulers(_plan(), project) == {"bot": Ruler()}


def test_without_a_gate_that_compares_git_still_says_whether_the_ruler_moved(versioned: Path) -> None:
    _write(versioned, "configs/base.yaml", "gates: {reliability: 0.8}\n")

    ruler = _read(versioned)

    assert (ruler.baseline, ruler.trouble, ruler.hashes) == (None, "", {})
    assert _hide(ruler.notes[0], versioned) == (
        "the ruler in this change: moved since main SHA: "
        "gate regression removed, threshold reliability 0.9 -> 0.8"
    )
