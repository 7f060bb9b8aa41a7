"""`models.yaml` in the project's root."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.errors import LoadError
from pytest_arc.loading.models import load_catalog, load_own_catalog
from pytest_arc.providers.catalog import Price, load_bundled_catalog

Write = Callable[[str, str], Path]

OWN = """
arc_models: 1
models:
  - model: openai:qwen3
    context_window: 32000
    json_mode: false
    price: {input: 0.1, output: 0.3}
    base_url: http://localhost:8000/v1
  - {model: "openai:gpt-5-mini", context_window: 1000}
"""


def test_models_of_the_project_come_first_and_replace_those_of_the_package(write: Write) -> None:
    write("models.yaml", OWN)
    catalog = load_catalog(Path())
    own = catalog.find("openai:qwen3")
    assert own is not None
    assert (own.price, own.function_calling, own.cost_tier) == (Price(input=0.1, output=0.3), True, "medium")
    replaced = catalog.find("openai:gpt-5-mini")
    assert replaced is not None
    assert replaced.context_window == 1000
    assert len(catalog.models) == len(load_bundled_catalog().models) + 1


def test_a_project_without_a_list_knows_what_the_package_knows(tmp_path: Path) -> None:
    assert load_own_catalog(tmp_path) is None
    assert load_catalog(tmp_path) is load_bundled_catalog()


def test_a_file_of_another_tool_is_left_alone(write: Write) -> None:
    write("models.yaml", "models:\n  - name: stg_orders\n")
    assert load_own_catalog(Path()) is None


@pytest.mark.parametrize(
    "entry",
    [
        "{model: gpt-5-mini, context_window: 1000}",
        '{model: "openai:m"}',
        '{model: "openai:m", context_window: 0}',
        '{model: "openai:m", context_window: 9, cost_teir: low}',
        '{model: "openai:m", context_window: 9, cost_tier: cheap}',
        '{model: "openai:m", context_window: 9, price: {input: -1, output: 2}}',
    ],
)
def test_mistakes_are_told_where_they_stand(write: Write, entry: str, snapshot: SnapshotAssertion) -> None:
    write("models.yaml", f"arc_models: 1\nmodels:\n  - {entry}\n")
    with pytest.raises(LoadError) as raised:
        load_catalog(Path())
    assert str(raised.value) == snapshot
