"""examples/kubernetes: what the cluster would refuse, and what its containers would do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAMPLE = Path(__file__).parents[2] / "examples" / "kubernetes"
VERSIONS = ("1.33", "1.37")

AGENT = """
arc: 1
name: echo
target: {python: "echoes:answer"}
trials: 2
scenarios: {include: [echo.scenarios.yaml]}
gates: {reliability: 0.8}
"""
SCENARIOS = "arc_scenarios: 1\nscenarios:\n" + "".join(
    f"  - id: s{n}\n    user: hello {n}\n    expect:\n      - answer_contains: hello\n" for n in range(20)
)


def _read(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((EXAMPLE / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["agents.yaml", "verdict.yaml"])
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="its schemas are not installed")
    for resource in _read(name):
        assert kubernetes_validate.validate(resource, version, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_found() -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="its schemas are not installed")
    _, job = _read("agents.yaml")
    job["spec"]["completionModes"] = "Indexed"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, VERSIONS[0], strict=True)


def test_pods_are_as_many_as_shards_and_mount_one_volume() -> None:
    claim, job = _read("agents.yaml")
    (verdict,) = _read("verdict.yaml")
    spec = job["spec"]
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", 5)
    assert '--arc-shard "$JOB_COMPLETION_INDEX/5"' in _container(job)["args"][0]
    for user in (job, verdict):
        (volume,) = user["spec"]["template"]["spec"]["volumes"]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert _container(job)["env"] == _container(verdict)["env"]
    assert _container(job)["image"] == _container(verdict)["image"]


def _container(job: dict[str, Any]) -> dict[str, Any]:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return container


@pytest.mark.skipif(sys.platform == "win32", reason="containers of the example run /bin/sh")
def test_what_the_pods_do_comes_to_one_verdict(tmp_path: Path) -> None:
    agents = tmp_path / "project" / "agents"
    agents.mkdir(parents=True)
    (agents.parent / "pyproject.toml").write_text("", encoding="utf-8")
    (agents.parent / "echoes.py").write_text("def answer(text):\n    return text\n", encoding="utf-8")
    (agents / "echo.yaml").write_text(AGENT, encoding="utf-8")
    (agents / "echo.scenarios.yaml").write_text(SCENARIOS, encoding="utf-8")
    _, job = _read("agents.yaml")
    (verdict,) = _read("verdict.yaml")
    for index in range(5):
        _run(job, tmp_path, str(index))
    # A pod that was evicted and comes again.
    (killed,) = (tmp_path / "results" / "3" / "runs").iterdir()
    (killed / "run.json").unlink()
    _run(job, tmp_path, "3")
    said = _run(verdict, tmp_path)
    assert "5 shards of 5, 40 trials" in said
    (run,) = (tmp_path / "results" / "verdicts" / "runs").glob("*/run.json")
    (agent,) = json.loads(run.read_text(encoding="utf-8"))["results"]["agents"]
    assert [gate["word"] for gate in agent["gates"]] == ["passed"]
    assert (tmp_path / "results" / "report.html").is_file()


def _run(job: dict[str, Any], folder: Path, index: str = "") -> str:
    """What the container prints; its volume is `results`, and `pytest` and `arc` are this environment's."""
    container = _container(job)
    script = container["args"][0].replace("/results/verdicts", f"{folder}/results/verdicts")
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, module in (("pytest", "pytest"), ("arc", "pytest_arc")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    done = subprocess.run(
        [shutil.which("sh") or "/bin/sh", *container["command"][1:], script],
        cwd=folder / "project",
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "RESULTS": str(folder / "results"),
            "JOB_COMPLETION_INDEX": index,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
