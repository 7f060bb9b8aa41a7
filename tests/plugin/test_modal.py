"""`pytest --arc --arc-executor modal`: the same face, containers behind it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from .conftest import Project

pytest.importorskip("modal", reason="needs the extra 'modal'")

from modal_standin import ModalStandin

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="containers speak on Unix sockets")


@pytest.fixture
def modal(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModalStandin]:
    with ModalStandin(tmp_path_factory.mktemp("modal")) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server


EXECUTOR = ("--arc-executor", '{"kind": "modal", "containers": 2}')


def test_results_are_those_of_a_run_here_to_the_byte(modal: ModalStandin, project: Project) -> None:
    project.add_agent({"a/yes": "pass", "a/some": "pass 3", "b/no": "fail"}, gate=0.85)
    here = project.run("--arc-json", "local.json")
    there = project.run("--arc-json", "modal.json", *EXECUTOR)
    assert (here.ret, there.ret) == (1, 1)
    assert _read_results(project, "modal") == _read_results(project, "local")
    there.stdout.fnmatch_lines(["  modal   15 trials in * container* took *"])


def test_whatever_is_computed_replayed_or_recorded_comes_out_the_same_everywhere(
    modal: ModalStandin, project: Project
) -> None:
    pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")
    project.add_agent({"a/yes": "pass", "a/some": "pass 3", "b/no": "fail"}, gate=0.85)
    (project.path / "recorded.jsonl").write_text(RECORDED, encoding="utf-8")
    project.add_agent({"a/yes": "pass"}, name="replayed", target={"replay": "recorded.jsonl"}, trials=2)
    project.add_agent({"a/sum": "What is 2 + 3?"}, name="policy", target="reference")
    ways = {"local": (), "workers": ("-n", "2"), "modal": EXECUTOR}
    for way, options in ways.items():
        project.run("--arc-json", f"{way}.json", *options, plugins="xdist")
    local, workers, containers = (_read_results(project, way) for way in ways)
    assert local == workers == containers
    assert local.count('"trial":') == 15 + 2 + 5


RECORDED = """\
{"arc_trajectories": 1}
{"scenario": "a/yes", "trial": 1, "trajectory": {"steps":\
 [{"kind": "message", "role": "assistant", "text": "yes"}]}}
{"scenario": "a/yes", "trial": 2, "error": "the harness broke"}
"""


def _read_results(project: Project, name: str) -> str:
    text = (project.path / f"{name}.json").read_text(encoding="utf-8")
    return text[text.index('"results"') : text.index('"timings"')]


def test_stopping_at_the_first_failure_leaves_no_container(modal: ModalStandin, project: Project) -> None:
    project.add_agent({"a/no": "fail", "b/slow": "wait 600", "c/slow": "wait 600"}, trials=2)
    result = project.run("-x", *EXECUTOR)  # would take ten minutes
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    deadline = time.monotonic() + 30
    while modal.containers and time.monotonic() < deadline:
        time.sleep(0.05)
    assert modal.containers == []
    assert "running" not in modal.apps.values()


def test_xdist_and_modal_exclude_each_other(project: Project) -> None:
    pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")
    project.add_agent({"a/yes": "pass"})
    result = project.run("-n", "2", *EXECUTOR, plugins="xdist")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*-n and executor modal (--arc-executor): both spread trials over processes; leave out -n*"]
    )


def test_what_keeps_a_run_from_starting_is_one_message(
    modal: ModalStandin, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.add_agent({"a/yes": "pass"})
    monkeypatch.setenv("MODAL_TOKEN_ID", "ak-wrong1234")
    result = project.run(*EXECUTOR)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    printed = result.stdout.str() + result.stderr.str()
    assert "executor modal: Modal refused the token ending ...1234" in printed
    assert "Traceback" not in printed
