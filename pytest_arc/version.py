"""Which pytest-arc this is: for the build, and for whoever says so to others."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
