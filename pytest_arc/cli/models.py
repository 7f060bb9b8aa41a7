"""`arc models`: which models can be reached, what they can do, and what they cost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, print_json
from pytest_arc.cli.options import debug_option, output_option
from pytest_arc.extras import explain_missing
from pytest_arc.loading import find_root
from pytest_arc.loading.models import load_catalog
from pytest_arc.providers.catalog import ModelEntry, Price
from pytest_arc.providers.keys import find_missing_key
from pytest_arc.providers.services import Services, use_services
from pytest_arc.reports.style import wrap

__all__ = ["models"]


@click.command(short_help="List models: keys, abilities and prices.")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@output_option
@debug_option
def models(words: tuple[str, ...], output: str) -> int:
    """List models, whether their key is set, what they can do and what they cost.

    With words, only models whose name has one of them. Prices are the list prices of the installed
    genai-prices, USD per million tokens; nothing is fetched.
    """
    catalog = load_catalog(find_root(Path.cwd()))
    with use_services(Services(catalog=catalog)):
        found = [
            _describe(entry, os.environ)
            for entry in catalog.models
            if not words or any(word in entry.model for word in words)
        ]
    if output == "json":
        print_json(found)
        return 0
    console = Console()
    console.say_all(_write_table(found) if found else ["no model of that name is listed"])
    if wanted := {told["missing_key"]: None for told in found if told["missing_key"]}:
        console.say_all(["", *wrap("keys that are not set: ", "; ".join(wanted), 2)])
    if missing := explain_missing("pydantic_ai", "models"):
        console.say_all(["", missing])
    return 0


def _describe(entry: ModelEntry, environ: Mapping[str, str]) -> dict[str, Any]:
    missing = find_missing_key(entry.model, entry.base_url, environ)
    price = _find_price(entry)
    return {
        "model": entry.model,
        "reachable": missing is None,
        "missing_key": missing,
        "context_window": entry.context_window,
        "json_mode": entry.json_mode,
        "function_calling": entry.function_calling,
        "cost_tier": entry.cost_tier,
        "price": None if price is None else price.model_dump(),
        "base_url": entry.base_url,
    }


def _find_price(entry: ModelEntry) -> Price | None:
    if entry.price is not None or explain_missing("genai_prices", "models"):
        return entry.price
    from pytest_arc.providers.prices import find_price

    return find_price(entry.model)


def _write_table(found: Iterable[dict[str, Any]]) -> list[str]:
    head = ("model", "context", "json", "tools", "tier", "$ in", "$ out", "key")
    rows = [head, *map(_write_row, found)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    numbers = {1, 5, 6}
    return [
        "  ".join(
            cell.rjust(width) if n in numbers else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _write_row(told: Mapping[str, Any]) -> tuple[str, ...]:
    price = told["price"]
    cost = (f"{price['input']:.2f}", f"{price['output']:.2f}") if price else ("unknown", "unknown")
    missing = told["missing_key"]
    return (
        told["model"],
        f"{told['context_window']:,}",
        "yes" if told["json_mode"] else "no",
        "yes" if told["function_calling"] else "no",
        told["cost_tier"],
        *cost,
        "no" if missing else "yes" if not told["base_url"] else "-",
    )
