"""The provider of a model that YAML names: for agents, simulated users and judges alike."""

from __future__ import annotations

from pytest_arc.extras import require
from pytest_arc.providers import Provider
from pytest_arc.providers.cassettes.layer import RecordedProvider
from pytest_arc.providers.services import current_services, find_base_url
from pytest_arc.providers.tracing import TracedProvider
from pytest_arc.registry import PROVIDERS

__all__ = ["make_provider"]


def make_provider(model: str, base_url: str | None = None) -> Provider:
    """A provider for `model`: a `provider:model` at its own address or at `base_url`, or what is registered
    under that name, called; with the layers of the run around it. Raises UnknownName, and MissingExtra.

    Tests register a class, or a function that returns their provider.
    """
    provider = _reach(model, base_url) if ":" in model else PROVIDERS.find(model)()
    is_computed = getattr(provider, "deterministic", False)
    services = current_services()
    if services.calling is not None:
        provider = services.calling.guard(provider, model, base_url)
    if not is_computed:  # what is computed needs no recording
        provider = RecordedProvider(provider, {"model": model, "base_url": base_url})
    if services.traced:
        provider = TracedProvider(provider, model)
    if services.calling is not None:
        provider = services.calling.add_fallback(provider, model, make_provider)
    return provider


def _reach(model: str, base_url: str | None) -> Provider:
    require("pydantic_ai", "models")
    from pytest_arc.providers.pydantic_ai import PydanticAIProvider

    return PydanticAIProvider(model, base_url or find_base_url(model))
