"""The tables of docs/reference, made from what they describe: models, options, commands, hooks.

A line there that ends with `<!-- table: settings -->` gives way to that table of `TABLES`. So
nothing is missing in the reference because nobody wrote it down, and no line of it is older than the code.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, cast, get_args

import click
import file_keys
from file_keys import describe_parts, describe_type, show_default
from tables import escape_cell, join_parts, make_table, read_doc, say_meaning

import pytest_arc
from pytest_arc import hookspec, plugin, registry, testing
from pytest_arc.cli.group import _COMMANDS, ExitCode, _arc
from pytest_arc.cli.options import setting_options
from pytest_arc.domain.result import GateWord
from pytest_arc.loading.schema import export_schemas

__all__ = ["TABLES", "fill_in"]

MARK = re.compile(r"^.*<!-- table: (?P<name>[\w-]+) -->$", re.M)


def fill_in(text: str) -> str:
    """The page with each table in place of the line that names it. Raises KeyError for an unknown one."""
    return MARK.sub(lambda mark: TABLES[mark["name"]](), text)


# Settings and commands.


def describe_settings() -> str:
    """Each setting with its four spellings."""
    schema = export_schemas(plugins=False)["settings.schema.json"]
    flags = {param.name: param for param in _list_setting_options()}
    rows: list[tuple[str, ...]] = []
    for key, value in schema["properties"].items():
        spellings = "<br>".join(_spell_setting(key, flags.get(key)))
        told = (describe_type(value), show_default(key, value, set()), say_meaning(value))
        rows.append((f"`{key}`", spellings, *told))
    parts = [make_table(("key", "option, variable", "value", "default", "meaning"), rows)]
    return join_parts([*parts, *describe_parts(schema, ("Shard", "Executor"))])


def _spell_setting(key: str, option: click.Parameter | None) -> Iterator[str]:
    """As pytest has it, as `arc` has it, as the environment has it; not every setting is an option."""
    for name in reversed(option.opts if option else []):
        yield f"`{name}`"
    yield f"`ARC_{key.upper()}`"


def _list_setting_options() -> list[click.Parameter]:
    @click.command()
    @setting_options
    def command() -> None: ...

    return command.params


def describe_pytest_options() -> str:
    """What `pytest --help` says of this plugin."""
    found = _OptionGroup()
    plugin.pytest_addoption(cast("Any", found))
    return make_table(("option", "meaning"), found.rows)


class _OptionGroup:
    """Stands in for pytest's parser, and for its one group of options."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def getgroup(self, name: str, description: str) -> _OptionGroup:
        return self

    def addoption(self, name: str, *, help: str, **rest: Any) -> None:
        value = rest.get("metavar", "")
        told = f"[{value}]" if rest.get("nargs") == "?" else value
        self.rows.append((f"`{name} {told}`".replace(" `", "`"), escape_cell(help)))

    def addini(self, name: str, help: str, **rest: Any) -> None:
        self.rows.append((f"`{name}` in pytest's configuration", escape_cell(help)))


def describe_commands() -> str:
    """Each command of `arc` with its arguments and options, those of settings left out."""
    shared = {param.name for param in _list_setting_options()}
    context = click.Context(_arc, info_name="arc")
    parts: list[str] = []
    for name in _COMMANDS:
        command = _arc.get_command(context, name)
        assert command is not None
        for words, one in _list_commands(f"arc {name}", command):
            parts += _describe_command(words, one, shared)
    return join_parts(parts)


def _list_commands(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    for name, one in command.commands.items():
        yield from _list_commands(f"{words} {name}", one)


def _describe_command(words: str, command: click.Command, shared: Collection[str | None]) -> list[str]:
    context = click.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    options = [param for param in command.params if isinstance(param, click.Option)]
    takes_settings = set(shared) <= {option.name for option in options}
    own = [option for option in options if not (takes_settings and option.name in shared)]
    rows = [(_spell(option), escape_cell(option.help or "")) for option in own]
    told = inspect.cleandoc(command.help or "").replace("\b\n", "").replace("\f", "")
    rest = ["All [settings](settings.md) are options, too."] if takes_settings else []
    return [f"### `{words}`", f"`{usage}`", escape_cell(told), make_table(("option", "meaning"), rows), *rest]


def _spell(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.name or ''}"
    if isinstance(option.type, click.Choice):
        value = f" {' | '.join(map(str, cast('Iterable[Any]', option.type.choices)))}"
    return ", ".join(f"`{name}{value}`" for name in option.opts).replace("|", "\\|")


# What Python code meets.


def describe_hooks() -> str:
    parts: list[str] = []
    for name, hook in inspect.getmembers(hookspec, inspect.isfunction):
        if name.startswith("pytest_arc_"):
            parts += [f"### `{name}`", f"`{name}{inspect.signature(hook)}`".replace("'", ""), read_doc(hook)]
    return join_parts(parts)


def describe_python() -> str:
    """Public names of `pytest_arc` and `pytest_arc.testing`."""
    rows: list[tuple[str, ...]] = []
    for module in (pytest_arc, testing):
        for name in module.__all__:
            if not name.startswith("__"):
                first = read_doc(getattr(module, name)).partition("\n\n")[0]
                rows.append((f"`{module.__name__}.{name}`", escape_cell(" ".join(first.split()))))
    return make_table(("name", "what it is"), rows)


def describe_groups() -> str:
    """Entry points that other packages may have."""
    kinds = (registry.CHECKS, registry.TARGETS, registry.BEHAVIORS, registry.TOOLS)
    kinds += (registry.PROVIDERS, registry.EXECUTORS)
    rows = [
        (f"`pytest_arc.{kind.kind}s`", ", ".join(f"`{name}`" for name in sorted(kind.builtin)))
        for kind in kinds
    ]
    return make_table(("group", "built in"), rows)


def describe_exit_codes() -> str:
    told = {
        ExitCode.PASSED: "nothing failed; a gate may be *inconclusive*",
        ExitCode.FAILED: "a case or a gate failed, errored, was not evaluated; `arc validate` found problems",
        ExitCode.INTERRUPTED: "interrupted by Ctrl-C, or a file could not be loaded",
        ExitCode.INTERNAL: "an internal error",
        ExitCode.USAGE: "a wrong option, path or setting",
        ExitCode.NOTHING: "no case was selected",
    }
    return make_table(("code", "meaning"), [(f"`{code.value}`", told[code]) for code in ExitCode])


def describe_verdicts() -> str:
    told = {
        "passed": "chance does not explain so many passes, were the agent below the minimum",
        "failed": "chance does not explain so few, were it above",
        "inconclusive": "both are possible: too little evidence. No failure, unless `on_inconclusive: fail`",
        "not evaluated": "the gate was due and could not be decided. That fails the run",
    }
    return make_table(("word", "meaning"), [(f"*{word}*", told[word]) for word in get_args(GateWord)])


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": describe_settings,
    "pytest": describe_pytest_options,
    "commands": describe_commands,
    "profile": file_keys.describe_profile,
    "scenarios": file_keys.describe_scenarios,
    "quarantine": file_keys.describe_quarantine,
    "models": file_keys.describe_models,
    "checks": file_keys.describe_checks,
    "targets": file_keys.describe_targets,
    "behaviors": file_keys.describe_behaviors,
    "executors": file_keys.describe_executors,
    "hooks": describe_hooks,
    "python": describe_python,
    "groups": describe_groups,
    "exit-codes": describe_exit_codes,
    "verdicts": describe_verdicts,
}
