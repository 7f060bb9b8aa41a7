"""The tables of docs/reference, made from what they describe: models, options, commands, hooks.

A line there that ends with `<!-- table: settings -->` gives way to that table of `TABLES`. So nothing is missing
in the reference because nobody wrote it down, and no line of it is older than the code.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, cast, get_args

import click

import pytest_arc
from pytest_arc import hookspec, plugin, registry, testing
from pytest_arc.cli.group import _COMMANDS, ExitCode, _arc
from pytest_arc.cli.options import setting_options
from pytest_arc.domain.result import GateWord
from pytest_arc.loading.schema import _describe_fields, export_schemas

__all__ = ["TABLES", "fill_in"]

Schema = Mapping[str, Any]
MARK = re.compile(r"^.*<!-- table: (?P<name>[\w-]+) -->$", re.M)


def fill_in(text: str) -> str:
    """The page with each table in place of the line that names it. Raises KeyError for an unknown one."""
    return MARK.sub(lambda mark: TABLES[mark["name"]](), text)


# Keys of files.


def describe_profile() -> str:
    """Keys of a profile, and of what it is made of; targets and behaviours stand by themselves."""
    schema = export_schemas(plugins=False)["profile.schema.json"]
    return _describe_file(
        schema, "A profile", leave_out=("target.", "behavior.", "TargetSpec", "BehaviorSpec")
    )


def describe_scenarios() -> str:
    """Keys of a scenario file, and of what it is made of; checks stand by themselves."""
    schema = export_schemas(plugins=False)["scenarios.schema.json"]
    return _describe_file(schema, "A file of scenarios", leave_out=("check.", "Check", "Defaults"))


def describe_quarantine() -> str:
    return _describe_file(export_schemas(plugins=False)["quarantine.schema.json"], "quarantine.yaml")


def describe_models() -> str:
    return _describe_file(export_schemas(plugins=False)["models.schema.json"], "models.yaml")


def describe_checks() -> str:
    return _describe_named("scenarios.schema.json", "check")


def describe_targets() -> str:
    return _describe_named("profile.schema.json", "target")


def describe_behaviors() -> str:
    return _describe_named("profile.schema.json", "behavior")


def describe_executors() -> str:
    """Each kind of executor with its options."""
    parts: list[str] = []
    for name in sorted(registry.EXECUTORS.builtin):
        model = registry.EXECUTORS.find(name)
        schema = model.model_json_schema()
        _describe_fields(schema, model)
        parts += [f"### Executor `{name}`", _read_first_line(schema), _list_keys_of(schema)]
        parts += _describe_parts({"$defs": {}, **schema}, ())
    return _join(parts)


def _describe_named(file: str, kind: str) -> str:
    definitions = export_schemas(plugins=False)[file]["$defs"]
    parts: list[str] = []
    for name, schema in definitions.items():
        if name.startswith(f"{kind}."):
            heading = f"### {kind.capitalize()} `{name.partition('.')[2]}`"
            parts += [heading, _escape(schema.get("description", "")), _list_keys_of(schema)]
    return _join(parts)


def _describe_file(schema: Schema, title: str, leave_out: tuple[str, ...] = ()) -> str:
    parts = [f"### {title}", _read_first_line(schema), _list_keys_of(schema)]
    return _join([*parts, *_describe_parts(schema, leave_out)])


def _describe_parts(schema: Schema, leave_out: tuple[str, ...]) -> Iterator[str]:
    """What a file is made of, each under a heading. What has a short form is a choice in the schema."""
    for name, part in schema["$defs"].items():
        forms: list[Schema] = part.get("anyOf", [part])
        if name.startswith(leave_out) or not any("properties" in form for form in forms):
            continue
        short = " or ".join(_describe_type(form) for form in forms if "properties" not in form)
        yield f"### {_split_words(name)}"
        yield _read_first_line(part)
        yield f"Or, in short: {short}." if short else ""
        yield from (_list_keys_of(form) for form in forms if "properties" in form)


def _list_keys_of(schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (f"`{key}`", _describe_type(value), _show_default(key, value, required), _say(value))
        for key, value in schema.get("properties", {}).items()
        if key != "$schema"
    ]
    return _table(("key", "value", "default", "meaning"), rows)


def _describe_type(schema: Schema) -> str:
    if "$ref" in schema:
        return _describe_reference(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    choices = cast("list[Schema]", schema.get("anyOf") or schema.get("oneOf") or [])
    if choices:
        words = [_describe_type(choice) for choice in choices if not _is_template(choice)]
        told = " or ".join(word for word in words if word != "null").split(" or ")
        return " or ".join(dict.fromkeys(told))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_describe_type(schema.get('items') or {})}"
    if kind == "object":
        return "mapping"
    return _describe_scalar(kind, schema)


def _describe_reference(name: str) -> str:
    elsewhere = {"TargetSpec": ("target", "targets"), "BehaviorSpec": ("behavior", "behaviors")}
    elsewhere |= {"Check": ("check", "checks"), "ExecutorSpec": ("executor", "executors")}
    if name in elsewhere:
        word, page = elsewhere[name]
        return f"[{word}]({page}.md)"
    if "." in name:
        return f"`{name.partition('.')[2]}`"
    return f"*{_split_words(name)}*"


def _describe_scalar(kind: str | list[str], schema: Schema) -> str:
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "number": "number"}
    kinds = [kind] if isinstance(kind, str) else kind
    # A number stands for its text wherever a text may stand.
    told = "text" if kinds == ["string", "number"] else " or ".join(words.get(word, word) for word in kinds)
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    bounds = (
        ("from", low),
        ("above", above),
        ("to", high),
        ("below", below),
    )
    return " ".join([told, *(f"{word} {bound:,}" for word, bound in bounds if bound is not None)])


def _is_template(schema: Schema) -> bool:
    return schema.get("pattern") == r"\{\{"


def _show_default(key: str, schema: Schema, required: set[str]) -> str:
    if key in required:
        return "required"
    default = schema.get("default")
    if default is None or default in ("", [], {}) or isinstance(default, dict):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


# Settings and commands.


def describe_settings() -> str:
    """Each setting with its four spellings."""
    schema = export_schemas(plugins=False)["settings.schema.json"]
    flags = {param.name: param for param in _list_setting_options()}
    rows: list[tuple[str, ...]] = []
    for key, value in schema["properties"].items():
        name = "transcripts" if key == "transcripts" else key
        option = flags.get(name)
        short, long = (f"`{option.opts[0]}`", f"`{option.opts[1]}`") if option else ("", "")
        default = _show_default(key, value, set())
        rows.append(
            (f"`{key}`", f"`ARC_{key.upper()}`", long, short, _describe_type(value), default, _say(value))
        )
    head = ("key", "environment", "pytest", "arc", "value", "default", "meaning")
    parts = [_table(head, rows)]
    return _join([*parts, *_describe_parts(schema, ("Shard", "Executor"))])


def _list_setting_options() -> list[click.Parameter]:
    @click.command()
    @setting_options
    def command() -> None: ...

    return command.params


def describe_pytest_options() -> str:
    """What `pytest --help` says of this plugin."""
    found = _OptionGroup()
    plugin.pytest_addoption(cast("Any", found))
    return _table(("option", "meaning"), found.rows)


class _OptionGroup:
    """Stands in for pytest's parser, and for its one group of options."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def getgroup(self, name: str, description: str) -> _OptionGroup:
        return self

    def addoption(self, name: str, *, help: str, **rest: Any) -> None:
        value = rest.get("metavar", "")
        told = f"[{value}]" if rest.get("nargs") == "?" else value
        self.rows.append((f"`{name} {told}`".replace(" `", "`"), _escape(help)))

    def addini(self, name: str, help: str, **rest: Any) -> None:
        self.rows.append((f"`{name}` in pytest's configuration", _escape(help)))


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
    return _join(parts)


def _list_commands(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    for name, one in command.commands.items():
        yield from _list_commands(f"{words} {name}", one)


def _describe_command(words: str, command: click.Command, shared: Container[str | None]) -> list[str]:
    context = click.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    options = [param for param in command.params if isinstance(param, click.Option)]
    own = [option for option in options if words not in ("arc run", "arc merge") or option.name not in shared]
    rows = [(_spell(option), _escape(option.help or "")) for option in own]
    told = inspect.cleandoc(command.help or "").replace("\b\n", "").replace("\f", "")
    rest = ["All [settings](settings.md) are options, too."] if len(own) < len(options) else []
    return [f"### `{words}`", f"`{usage}`", _escape(told), _table(("option", "meaning"), rows), *rest]


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
            parts += [f"### `{name}`", f"`{name}{inspect.signature(hook)}`".replace("'", ""), _read_doc(hook)]
    return _join(parts)


def describe_python() -> str:
    """Public names of `pytest_arc` and `pytest_arc.testing`."""
    rows: list[tuple[str, ...]] = []
    for module in (pytest_arc, testing):
        for name in module.__all__:
            if not name.startswith("__"):
                first = _read_doc(getattr(module, name)).partition("\n\n")[0]
                rows.append((f"`{module.__name__}.{name}`", _escape(" ".join(first.split()))))
    return _table(("name", "what it is"), rows)


def describe_groups() -> str:
    """Entry points that other packages may have."""
    kinds = (registry.CHECKS, registry.TARGETS, registry.BEHAVIORS, registry.TOOLS)
    kinds += (registry.PROVIDERS, registry.EXECUTORS)
    rows = [
        (f"`pytest_arc.{kind.kind}s`", ", ".join(f"`{name}`" for name in sorted(kind.builtin)))
        for kind in kinds
    ]
    return _table(("group", "built in"), rows)


def describe_exit_codes() -> str:
    told = {
        ExitCode.PASSED: "nothing failed; a gate may be *inconclusive*",
        ExitCode.FAILED: "a case or a gate failed, errored, was not evaluated; `arc validate` found problems",
        ExitCode.INTERRUPTED: "interrupted by Ctrl-C, or a file could not be loaded",
        ExitCode.INTERNAL: "an internal error",
        ExitCode.USAGE: "a wrong option, path or setting",
        ExitCode.NOTHING: "no case was selected",
    }
    return _table(("code", "meaning"), [(f"`{code.value}`", told[code]) for code in ExitCode])


def describe_verdicts() -> str:
    told = {
        "passed": "chance does not explain so many passes, were the agent below the minimum",
        "failed": "chance does not explain so few, were it above",
        "inconclusive": "both are possible: too little evidence. No failure, unless `on_inconclusive: fail`",
        "not evaluated": "the gate was due and could not be decided. That fails the run",
    }
    return _table(("word", "meaning"), [(f"*{word}*", told[word]) for word in get_args(GateWord)])


# Markdown.


def _say(schema: Schema) -> str:
    return _escape(" ".join(str(schema.get("description", "")).split()))


def _read_first_line(schema: Schema) -> str:
    return _escape(str(schema.get("description", "")).partition("\n\n")[0])


def _read_doc(thing: Any) -> str:
    return inspect.getdoc(thing) or ""


def _split_words(name: str) -> str:
    """`ReliabilityGate` -> `Reliability gate`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _escape(text: str) -> str:
    """Markdown with nothing that would end a cell, or be taken for a tag."""
    return re.sub(r"(?<!`)<(?![^`\n]*`)", "&lt;", text).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(lines) if len(lines) > 2 else ""


def _join(parts: Iterable[str]) -> str:
    return "\n\n".join(textwrap.dedent(part) for part in parts if part)


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": describe_settings,
    "pytest": describe_pytest_options,
    "commands": describe_commands,
    "profile": describe_profile,
    "scenarios": describe_scenarios,
    "quarantine": describe_quarantine,
    "models": describe_models,
    "checks": describe_checks,
    "targets": describe_targets,
    "behaviors": describe_behaviors,
    "executors": describe_executors,
    "hooks": describe_hooks,
    "python": describe_python,
    "groups": describe_groups,
    "exit-codes": describe_exit_codes,
    "verdicts": describe_verdicts,
}
