"""The command `arc`: a thin face over the session, one module for each of its commands."""

from __future__ import annotations

from pytest_arc.cli.group import main

__all__ = ["main"]
