"""The provider of a model that YAML names: for agents, simulated users and judges alike."""

from __future__ import annotations

from pytest_arc.providers import Provider
from pytest_arc.registry import PROVIDERS

__all__ = ["make_provider"]


def make_provider(model: str) -> Provider:
    """A provider for `model`: what is registered under that name, called. Raises UnknownName.

    Tests register a class, or a function that returns their provider.
    """
    return PROVIDERS.find(model)()
