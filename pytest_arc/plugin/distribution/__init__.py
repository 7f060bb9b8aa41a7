"""`pytest -n`: workers of pytest-xdist make the trials, the controller counts them and decides the gates."""

from __future__ import annotations

import pytest

from pytest_arc.plugin.main import ArcPlugin

__all__ = ["choose_plugin"]


def choose_plugin(config: pytest.Config) -> ArcPlugin:
    """What this process does in its session: all, or the part of a controller or of a worker.

    Raises pytest.UsageError for a way of distributing that would give wrong counts.
    """
    if hasattr(config, "workerinput"):
        from pytest_arc.plugin.distribution.worker import WorkerPlugin

        return WorkerPlugin(config)
    if config.option.arc_plan:
        # Nothing is made: there is nothing to distribute.
        config.option.dist, config.option.tx = "no", []
    option = config.option
    is_distributed = getattr(option, "dist", "no") != "no" and getattr(option, "tx", None)
    if not is_distributed or option.collectonly:
        return ArcPlugin(config)
    from pytest_arc.plugin.distribution.controller import ControllerPlugin

    return ControllerPlugin(config)
