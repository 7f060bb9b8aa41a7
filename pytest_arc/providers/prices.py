"""What a model call costs: by the prices of `models.yaml`, else by the list that genai-prices brings.

The list is part of that package; nothing is fetched. What neither knows has no price: its cost is None.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_arc.domain.trajectory import NOTHING_USED, Usage
from pytest_arc.errors import AgentError, ProviderError, TrialError
from pytest_arc.providers.catalog import Price
from pytest_arc.providers.services import current_catalog

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse

__all__ = ["count_failed", "find_price", "price_response"]

_LISTED_AS = {"xai": "x-ai", "bedrock": "aws", "google-cloud": "google"}
"""Names of providers that differ between pydantic-ai and genai-prices."""


def price_response(response: ModelResponse, model: str) -> float | None:
    """USD for one answer of `model` (`provider:model`); None when that cannot be known.

    A server that tells no tokens leaves nothing to count: that is unknown, and not free.
    """
    usage = response.usage
    if not usage.input_tokens and not usage.output_tokens:
        return None
    entry = current_catalog().find(model)
    if entry is not None and entry.price is not None:
        return entry.price.count(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens)
    if not response.model_name:
        return None
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError):
        return None


def count_failed(error: TrialError) -> Usage:
    """What a model call consumed that ended in `error`: nothing where no model answered. What a refused or
    unreadable answer cost, nobody knows.
    """
    is_answered = isinstance(error, AgentError) or (isinstance(error, ProviderError) and error.is_answered)
    return Usage(model_calls=1) if is_answered else NOTHING_USED


def find_price(model: str) -> Price | None:
    """What a million tokens of `provider:model` cost now; None when that is not known.

    Where long prompts cost more, this is the price of short ones. Needs the extra `models`.
    """
    entry = current_catalog().find(model)
    return entry.price if entry is not None and entry.price is not None else _look_up(model)


@lru_cache(maxsize=1024)
def _look_up(model: str) -> Price | None:
    from genai_prices import Usage, calc_price

    provider, _, name = model.partition(":")
    listed = _LISTED_AS.get(provider, provider.removesuffix("-chat").removesuffix("-responses"))
    try:
        counted = calc_price(Usage(input_tokens=1000, output_tokens=1000), name, provider_id=listed)
        cached = calc_price(Usage(input_tokens=1000, cache_read_tokens=1000), name, provider_id=listed)
    except (LookupError, ValueError):
        return None
    return Price(
        input=round(float(counted.input_price) * 1000, 6),
        output=round(float(counted.output_price) * 1000, 6),
        cached_input=round(float(cached.input_price) * 1000, 6),
    )
