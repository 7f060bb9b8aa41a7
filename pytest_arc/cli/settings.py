"""`arc settings`: each setting, its value, and where that came from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, print_json
from pytest_arc.cli.options import output_option, setting_options
from pytest_arc.cli.project import open_project
from pytest_arc.domain.settings import Settings
from pytest_arc.history.document import dump_json
from pytest_arc.loading import find_root, load_settings
from pytest_arc.loading.keys import list_keys
from pytest_arc.redaction import Redactor

__all__ = ["settings"]


@click.command()
@output_option
@setting_options
def settings(output: str, **flags: Any) -> int:
    """Show each setting, its value, and where it came from.

    pyproject.toml < pytest.toml < ARC_* in the environment < options < pytest_arc_settings hooks.
    """
    used = open_project(flags, []).settings
    given = load_settings(find_root(Path.cwd()), flags)
    redactor = Redactor(os.environ)
    table: dict[str, dict[str, Any]] = {}
    for key, name in zip(list_keys(Settings), _list_names(), strict=True):
        changed = getattr(used, name) != getattr(given, name)
        source = "a pytest_arc_settings hook" if changed else given.sources.get(key, "default")
        value = redactor.value(used.model_dump(mode="json", include={name}).get(name, getattr(used, name)))
        table[key] = {"value": value, "source": source}
    if output == "json":
        print_json(table)
        return 0
    key_width, source_width = max(map(len, table)), max(len(entry["source"]) for entry in table.values())
    console = Console()
    for key, entry in table.items():
        console.say(f"{key:<{key_width}}  {entry['source']:<{source_width}}  {_show(entry['value'])}")
    return 0


def _list_names() -> list[str]:
    """The fields of `Settings`, in the order of their keys."""
    return [name for name in Settings.model_fields if name != "sources"]


def _show(value: Any) -> str:
    if value is None or value in ((), [], {}):
        return "-"
    return value if isinstance(value, str) else dump_json(value)
