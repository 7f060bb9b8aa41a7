from __future__ import annotations

import pytest

from pytest_arc.providers.catalog import Catalog, ModelEntry, Price, load_bundled_catalog
from pytest_arc.providers.keys import KEY_VARIABLES

BUNDLED = load_bundled_catalog().models


def test_what_is_ones_own_comes_first_and_replaces_what_has_its_name() -> None:
    first, second, own = (ModelEntry(model=f"openai:{n}", context_window=n) for n in (1, 2, 3))
    changed = second.model_copy(update={"context_window": 99})
    listed = Catalog(arc_models=1, models=(first, second))
    assert listed.extend(Catalog(arc_models=1, models=(own, changed))).models == (own, changed, first)


def test_every_model_is_listed_once_with_a_known_key() -> None:
    names = [entry.model for entry in BUNDLED]
    assert len(set(names)) == len(names)
    assert {name.partition(":")[0] for name in names} <= set(KEY_VARIABLES)


def test_a_price_counts_cached_input_apart() -> None:
    price = Price(input=1.0, output=10.0, cached_input=0.1)
    assert price.count(1_000_000, 100_000, 400_000) == pytest.approx(0.6 + 0.04 + 1.0)
    assert Price(input=1.0, output=10.0).count(1_000_000, 0, 400_000) == pytest.approx(1.0)


@pytest.mark.parametrize("entry", BUNDLED, ids=lambda entry: entry.model)
def test_the_list_agrees_with_what_genai_prices_knows(entry: ModelEntry) -> None:
    pytest.importorskip("genai_prices", reason="the extra 'models' is not installed")
    from genai_prices.data_snapshot import get_snapshot

    from pytest_arc.providers.prices import find_price

    provider, _, name = entry.model.partition(":")
    _, known = get_snapshot().find_provider_model(name, None, {"xai": "x-ai"}.get(provider, provider), None)
    assert known.context_window in (None, entry.context_window)
    price = find_price(entry.model)
    assert price is not None
    # Some are cheaper by night: a tier says what they cost by day.
    if provider in ("openai", "anthropic"):
        total = price.input + price.output
        assert entry.cost_tier == ("low" if total < 3 else "medium" if total < 15 else "high")
