"""What trials on Modal cost here and how they wait together there, on a stand-in for Modal's server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from executor_contract import PROJECT, Lab
from measuring import ARC, Figure, judge, run
from projects import write_agent

from pytest_arc.domain.settings import Settings
from pytest_arc.executors.modal.containers import ModalImage
from pytest_arc.executors.modal.options import ModalOptions

pytest.importorskip("modal", reason="the extra 'modal' is not installed")

from modal_standin import ModalStandin

TRIALS = 1000
WATCH = """\
def pytest_unconfigure():
    with open("/proc/self/status") as status, open("peaks.txt", "a") as file:
        file.writelines(line for line in status if line.startswith("VmHWM"))
"""
"""What the system says of a process that has ended counts in the one it was forked from: here a large one."""


@pytest.fixture
def standin(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModalStandin]:
    with ModalStandin(tmp_path / "modal", inline=request.param == "inline") as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.mark.parametrize("standin", ["containers"], indirect=True)
def test_waiting_trials_wait_together_in_containers_that_are_up(
    standin: ModalStandin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: list[Figure]
) -> None:
    monkeypatch.syspath_prepend(str(PROJECT))
    image = ModalImage(local_source=("contract_agents.py",))
    lab = Lab(ModalOptions(containers=10, inputs=5, image=image), Settings(attempts=1), concurrency=50)
    go = tmp_path / "go"
    executor = lab.open([lab.spec(f"wait_for {go}", timeout_s=600, trial=n) for n in range(1, 51)])
    try:
        lab.wait(lambda: standin.pools[0].count().num_running_inputs == 50)
        go.touch()
        lab.wait(lambda: len(lab.ended) == 50)
        began = time.monotonic()
        executor.add([lab.spec("sleep 1", trial=n) for n in range(51, 101)])
        lab.wait(lambda: len(lab.ended) == 100)
        wall_s = time.monotonic() - began
    finally:
        lab.close()
    assert len(standin.pools[0].started) == 10
    figures.append(judge("Modal: 50 trials of 1 s in 10 containers x 5", [wall_s], 2.0, "s"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc of Linux")
@pytest.mark.parametrize("standin", ["inline"], indirect=True)
def test_a_thousand_tiny_trials_cost_little_here(
    standin: ModalStandin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: list[Figure]
) -> None:
    monkeypatch.chdir(tmp_path)  # what runs in the server is imported from there
    one, many = (write_agent(tmp_path, "answer", 1, 1), write_agent(tmp_path, "answer", 100, TRIALS // 100))
    (tmp_path / "conftest.py").write_text(WATCH, encoding="utf-8")
    few, client, server = [], [], []
    for _ in range(3):
        few.append(run(tmp_path, *ARC, "--arc-executor", "modal", one))
        before = time.process_time()
        client.append(run(tmp_path, *ARC, "--arc-executor", "modal", many))
        server.append(time.process_time() - before)
    cpu_ms = [
        1000 * (here.cpu_s - base.cpu_s + there) / TRIALS
        for base, here, there in zip(few, client, server, strict=True)
    ]
    note = f"{1000 * sorted(server)[1] / TRIALS:.1f} ms of it the server's"
    figures.append(judge("Modal: CPU of one of 1,000 tiny trials, both ends", cpu_ms, 8, "ms", note))
    peaks = (tmp_path / "peaks.txt").read_text(encoding="utf-8").splitlines()
    peaks_mb = [int(line.split()[1]) * 1.024 / 1000 for line in peaks[1::2]]  # of those with many trials
    figures.append(judge("Modal: peak memory here", peaks_mb, 100, "MB"))
