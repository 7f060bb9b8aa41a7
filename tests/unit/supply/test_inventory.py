"""With the real programs, over this environment and what is planted beside it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_arc.domain.result import Verdict
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, MissingExtra, UsageError
from pytest_arc.supply import Inventory
from pytest_arc.supply.inquiry import Inquiry, NoAnswer

from .conftest import Plant

pytest.importorskip("piplicenses", reason="the extra sbom is not installed")


@pytest.fixture
def judge(allow_installed: Path) -> Iterator[object]:
    inventories: list[Inventory] = []

    def judge(ended: str = "") -> Verdict:
        inventory = Inventory(Settings(licenses=str(allow_installed)))
        inventories.append(inventory)
        inventory.start()
        verdict = inventory.judge_licenses("bot", ended)
        assert verdict is not None
        return verdict

    yield judge
    for inventory in inventories:
        inventory.close()


def test_packages_with_licences_of_the_list_pass(plant: Plant, judge) -> None:
    plant("left-pad", "License-Expression: MIT")

    verdict = judge()

    assert (verdict.gate, verdict.agent, verdict.word, verdict.fails) == ("licenses", "bot", "passed", False)


@pytest.mark.parametrize(
    "fields, told",
    [
        (["License-Expression: MIT AND GPL-3.0-only"], "MIT AND GPL-3.0-only"),
        (["License-Expression: GPL-3.0-only"], "GPL-3.0-only"),
        ([], "UNKNOWN"),
        (["License: MIT, more or less"], "MIT, more or less"),
        (
            [
                "Classifier: License :: OSI Approved :: MIT",
                "Classifier: License :: Other/Proprietary License",
            ],
            "MIT; Other/Proprietary License",
        ),
    ],
)
def test_a_package_with_another_licence_fails_the_gate(
    plant: Plant, judge, fields: list[str], told: str
) -> None:
    plant("left-pad", *fields)

    verdict = judge()

    assert (verdict.word, verdict.fails) == ("failed", True)
    assert verdict.hints[0] == f"left-pad 1.0: {told}"


def test_a_package_that_settings_of_the_project_would_hide_is_seen(
    plant: Plant, judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.pip-licenses]\nignore-packages = ["left-pad"]\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    plant("left-pad", "License-Expression: GPL-3.0-only")

    assert judge().word == "failed"


def test_licences_of_a_run_that_ended_early_are_not_evaluated(plant: Plant, judge) -> None:
    verdict = judge("interrupted")

    assert (verdict.word, verdict.fails) == ("not evaluated", True)


def test_sbom_lists_the_packages_and_is_the_same_each_time(plant: Plant) -> None:
    plant("left-pad", "License-Expression: MIT")

    first, second = (_make_sbom() for _ in range(2))

    assert first.sbom is not None
    assert second.sbom == first.sbom
    document = json.loads(first.sbom.text)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert {"left-pad", "pytest-arc"} <= {component["name"] for component in document["components"]}
    digest = hashlib.sha256(first.sbom.text.encode()).hexdigest()
    told = {"sbom": {"sha256": digest, "components": len(document["components"])}}
    assert first.describe() == told


def _make_sbom() -> Inventory:
    inventory = Inventory(Settings(sbom="bom.json"))
    inventory.start()
    try:
        inventory.finish()
    finally:
        inventory.close()
    return inventory


def test_nothing_is_asked_of_an_environment_that_nobody_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    inventory = Inventory(Settings())
    inventory.start()
    inventory.finish()
    inventory.close()

    assert inventory.judge_licenses("bot", "") is None
    assert (inventory.describe(), inventory.trouble) == ({}, "")


def test_a_program_that_fails_leaves_the_gate_not_evaluated_and_the_results_incomplete(
    allow_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SBOM", "LICENSES"):
        monkeypatch.setattr(f"pytest_arc.supply.inventory.{name}", ("json.tool", "--no-such-option"))
    inventory = Inventory(Settings(licenses=str(allow_installed), sbom="bom.json"))
    inventory.start()
    verdict = inventory.judge_licenses("bot", "")
    inventory.finish()
    inventory.close()

    assert verdict is not None
    assert (verdict.word, verdict.fails) == ("not evaluated", True)
    assert "json.tool ended with 2" in verdict.reason
    assert inventory.trouble.startswith("there is no SBOM: json.tool ended with 2: ")


def test_a_program_that_says_nothing_of_use_is_no_proof(
    allow_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SBOM", "LICENSES"):
        monkeypatch.setattr(f"pytest_arc.supply.inventory.{name}", ("this",))
    inventory = Inventory(Settings(licenses=str(allow_installed), sbom="bom.json"))
    inventory.start()
    verdict = inventory.judge_licenses("bot", "")
    inventory.finish()
    inventory.close()

    assert verdict is not None
    assert verdict.word == "not evaluated"
    assert inventory.trouble == "there is no SBOM: cyclonedx_py wrote no list of packages"


def test_what_cannot_be_done_is_said_before_any_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=r"--arc-sbom: .* is a folder; name the file to write"):
        Inventory(Settings(sbom=str(tmp_path))).start()
    with pytest.raises(LoadError, match="cannot be read"):
        Inventory(Settings(licenses=str(tmp_path / "none.txt"))).start()
    monkeypatch.setattr("pytest_arc.supply.inventory.SBOM", ("no_such_program",))
    with pytest.raises(MissingExtra) as raised:
        Inventory(Settings(sbom=str(tmp_path / "bom.json"))).start()
    assert str(raised.value) == "no_such_program is not installed: pip install 'pytest-arc[sbom]'"


def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_arc.supply.inquiry.TIMEOUT_S", 0.0)
    inquiry = Inquiry("http.server", "0", "--bind", "127.0.0.1")
    with pytest.raises(NoAnswer, match=r"http\.server did not end within 0 s"):
        inquiry.read()
    inquiry.close()
    assert inquiry._process.poll() is not None
