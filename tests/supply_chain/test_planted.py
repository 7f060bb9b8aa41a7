"""`make supply-chain` over environments in which something bad was planted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytest.importorskip("piplicenses", reason="the extra sbom is not installed")

SCRIPT = Path(__file__).parents[2] / ".github" / "supply_chain.py"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Of an environment in which nothing is installed."""
    venv.create(tmp_path / "environment")
    return tmp_path / "environment" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _plant(python: Path, name: str, *fields: str) -> None:
    site = next(python.parents[1].rglob("site-packages"))
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *fields]
    (folder / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _check(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        env={**os.environ, "CI": "", **environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_an_environment_of_allowed_licences_passes(python: Path) -> None:
    _plant(python, "good", "License-Expression: MIT")
    _plant(python, "old", "Classifier: License :: OSI Approved :: MIT License")

    done = _check("licenses", python)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"the licences of 2 packages of {python} are allowed" in done.stdout


@pytest.mark.parametrize(
    "fields",
    [
        # Would pass with --partial-match, since it holds MIT.
        ["License-Expression: MIT AND GPL-3.0-only"],
        ["License-Expression: MIT OR GPL-3.0-only"],
        ["License-Expression: GPL-3.0-only"],
        ["License-Expression: AGPL-3.0-or-later"],
        ["License-Expression: MITNFA"],
        ["Classifier: License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"],
        # Would pass for pip-licenses, to which one good classifier is enough.
        [
            "Classifier: License :: OSI Approved :: MIT License",
            "Classifier: License :: Other/Proprietary License",
        ],
        # Would pass as MIT, if parts were split at the semicolon.
        ["License: MIT; GPL-3.0-only"],
        ["License: Proprietary"],
        ["License-Expression: UNKNOWN"],
        [],
    ],
    ids=lambda fields: " + ".join(field.rpartition(": ")[2] for field in fields) or "nothing",
)
def test_a_planted_licence_is_refused(python: Path, fields: list[str]) -> None:
    _plant(python, "good", "License-Expression: MIT")
    _plant(python, "planted", *fields)

    done = _check("licenses", python)

    assert done.returncode == 1
    assert "planted 1.0: " in done.stderr
    assert "good" not in done.stderr


def test_a_copyleft_licence_is_refused_even_where_the_list_allows_it(python: Path, tmp_path: Path) -> None:
    _plant(python, "planted", "License-Expression: MIT AND GPL-3.0-only")
    listed = tmp_path / "checkout" / ".github"
    listed.mkdir(parents=True)
    (listed / "licenses.txt").write_text("MIT AND GPL-3.0-only\n", encoding="utf-8")
    (listed / SCRIPT.name).write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(listed / SCRIPT.name), "licenses", str(python)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 1
    assert "fail-on license MIT AND GPL-3.0-only was found for package planted:1.0" in done.stderr


def test_an_environment_without_packages_proves_nothing(python: Path, tmp_path: Path) -> None:
    licenses, sbom = _check("licenses", python), _check("sbom", python, tmp_path / "bom.json")

    assert (licenses.returncode, sbom.returncode) == (1, 1)
    assert "has no package whose licence could be checked" in licenses.stderr
    assert "lists no package" in sbom.stderr


def test_the_sbom_names_the_packages_of_the_environment(python: Path, tmp_path: Path) -> None:
    _plant(python, "left-pad", "License-Expression: MIT")

    done = _check("sbom", python, tmp_path / "bom.json")

    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "bom.json").read_text(encoding="utf-8"))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert [component["name"] for component in document["components"]] == ["left-pad"]


def test_an_environment_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = _check("sbom", tmp_path / "nowhere", tmp_path / "bom.json")

    assert done.returncode == 1
    assert "supply chain: cyclonedx_py ended with" in done.stderr


# pip-audit as it answers: what it says of a registry that knows nothing is from a run without one.
ANSWERS = {
    "clean": {"dependencies": [{"name": "click", "version": "8.0", "vulns": []}]},
    "vulnerable": {"dependencies": [{"name": "click", "version": "8.0", "vulns": [{"id": "PYSEC-1"}]}]},
    "unknown": {"dependencies": [{"name": "click", "skip_reason": "Dependency not found"}]},
    "unreachable": None,
}


@pytest.mark.parametrize(
    "answer, ci, code, told",
    [
        ("clean", "true", 0, "no known vulnerability in 1 locked packages"),
        ("vulnerable", "", 1, "click 8.0: PYSEC-1"),
        ("unknown", "", 0, "NOT AUDITED here"),
        ("unknown", "true", 1, "not audited: 1 of 1 packages: Dependency not found"),
        ("unreachable", "", 0, "NOT AUDITED here"),
        ("unreachable", "true", 1, "not audited: requests.exceptions.ConnectionError: no such host"),
    ],
)
def test_only_an_answer_about_every_package_is_an_audit(
    tmp_path: Path, answer: str, ci: str, code: int, told: str
) -> None:
    content = ANSWERS[answer]
    says = (
        f"print({json.dumps(content)!r}); raise SystemExit({int(answer == 'vulnerable')})"
        if content is not None
        else "raise SystemExit('requests.exceptions.ConnectionError: no such host')"
    )
    (tmp_path / "pip_audit.py").write_text(says + "\n", encoding="utf-8")

    done = _check("audit", CI=ci, PYTHONPATH=str(tmp_path))

    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr
