"""What runs in a container: one trial, text in and text out."""

from __future__ import annotations

from pytest_arc.executors.worker import run_spec

__all__ = ["run_trial"]


async def run_trial(spec: str) -> str:
    """Make the trial of a spec, and answer with an envelope (`pytest_arc.executors.wire`)."""
    return await run_spec(spec)
