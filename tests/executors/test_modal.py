"""`executor: modal` does what every executor does, in containers that are processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from executor_contract import ExecutorContract

from pytest_arc.executors.executor import ExecutorOptions
from pytest_arc.executors.modal.containers import ModalImage
from pytest_arc.executors.modal.options import ModalOptions

pytest.importorskip("modal", reason="needs the extra 'modal'")

from modal_standin import ModalStandin


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModalStandin]:
    """A workspace that this process is signed in to."""
    with ModalStandin(tmp_path / "modal") as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.mark.skipif(sys.platform == "win32", reason="containers speak on Unix sockets")
@pytest.mark.usefixtures("standin")
class TestModal(ExecutorContract):
    @pytest.fixture
    def options(self, secret: str) -> ExecutorOptions:
        image = ModalImage(local_source=("contract_agents.py",))
        return ModalOptions(containers=2, inputs=5, env=(secret,), image=image)
