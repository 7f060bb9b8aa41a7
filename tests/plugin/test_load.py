"""Ten runs at once on one machine, some with workers: they share recordings, limits of models and history."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from openai_like import Call, ModelServer
from redis_server import RedisServer, explain_absence

from pytest_arc.history.folder import list_runs

from .conftest import Project

pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")
pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(explain_absence() is not None, reason=explain_absence() or ""),
]

ALLOWED = 3
"""Calls at the same time, by all runs together."""


class _Model:
    """Answers after a moment, and knows how many it was asked at once."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def answer(self, call: Call) -> str:
        with self._count():
            time.sleep(0.02)
        return "yes"

    @contextmanager
    def _count(self) -> Iterator[None]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1


def test_ten_runs_at_once_lose_and_double_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _Model()
    with ExitStack() as stack:
        server = stack.enter_context(ModelServer(model.answer))
        redis = stack.enter_context(RedisServer(project.path))
        monkeypatch.setenv("ARC_REDIS_URL", redis.url)
        (project.path / "pyproject.toml").write_text(
            f'[tool.pytest.ini_options]\n[tool.pytest-arc.models."openai:*"]\nconcurrency = {ALLOWED}\n',
            encoding="utf-8",
        )
        target = {"model": "openai:gpt-4o-mini", "base_url": server.openai_url}
        project.add_agent({f"s{n}": "go" for n in range(5)}, trials=2, gate=0.5, target=target, tools=[])
        alone, distributed = (), ("-p", "xdist", "-n", "2")
        runs = [
            project.start("--arc-record", "new", "-p", "no:cacheprovider", *more)
            for more in [alone] * 8 + [distributed] * 2
        ]
        for process in runs:
            output, _ = process.communicate(timeout=300)
            assert process.returncode == 0, output
        assert 1 <= model.most <= ALLOWED
        asked = len(server.calls)
        assert 10 <= asked <= 100
        project.run("--arc-record", "none").assert_outcomes(passed=6)
        assert len(server.calls) == asked
    folders = list_runs(project.path / ".arc")
    assert len(folders) == 11
    everything = Counter((f"bot/s{n}", trial) for n in range(5) for trial in (1, 2))
    assert len({folder.read_document()["header"]["results_sha256"] for folder in folders}) == 1
    for folder in folders:
        assert Counter((trial.case, trial.trial) for trial in folder.read_trials()) == everything
