"""JSON Schemas for editors, made from the models that loading uses and what the registry names.

A schema is wider than loading: it cannot say which key of a check comes first, and where a template may
stand it allows any text with `{{`. What it forbids, loading forbids too.
"""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import textwrap
from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.profile import AgentProfile, BehaviorSpec, TargetSpec
from pytest_arc.domain.quarantine import Quarantine
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.score import Check
from pytest_arc.domain.settings import Settings
from pytest_arc.loading.baselines import BaselineFile
from pytest_arc.loading.keys import FILLED_IN, list_keys, name_key
from pytest_arc.providers.catalog import Catalog
from pytest_arc.registry import BEHAVIORS, CHECKS, TARGETS, TOOLS, Registry
from pytest_arc.telemetry.log import LogLine

__all__ = ["export_schemas"]

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _text() -> Schema:
    return {"type": "string"}


def export_schemas(*, plugins: bool = True) -> dict[str, Schema]:
    """File name -> schema, for each file that people write and for `[tool.pytest-arc]`.

    With `plugins`, the checks, targets and behaviours of other packages are among what is allowed.
    """
    return {
        "profile.schema.json": _describe_profile(plugins),
        "scenarios.schema.json": _describe_scenarios(plugins),
        "quarantine.schema.json": _describe_quarantine(),
        "baseline.schema.json": _describe_baseline(),
        "models.schema.json": _describe_models(),
        "settings.schema.json": _describe_settings(),
        "log.schema.json": _describe_log(),
    }


def _describe_profile(plugins: bool) -> Schema:
    schema, definitions = _generate(AgentProfile, plugins)
    properties = schema["properties"] = {"$schema": _text(), **schema["properties"]}
    prompt_file = {"type": "object", "properties": {"file": _text()}, "required": ["file"]}
    properties["system_prompt"] = _widen(
        properties["system_prompt"], prompt_file | {"additionalProperties": False}
    )
    properties["target"] = _widen(properties["target"], {"type": "string"})
    texts = {"type": "array", "items": _text()}
    by_name = {"type": "object", "additionalProperties": _text()}
    properties["assumptions"] = _widen(properties["assumptions"], texts, by_name)
    names = TOOLS.list_names() if plugins else tuple(TOOLS.builtin)
    properties["tools"]["items"] = {"anyOf": [{"enum": sorted(names)}, properties["tools"]["items"]]}
    schema["anyOf"] = [{"required": [key]} for key in ("name", "job", "extends")]
    schema.pop("required")  # the target may be given on the command line, and all else by `extends`
    return _finish("An agent under test", schema, definitions)


def _describe_scenarios(plugins: bool) -> Schema:
    scenario, definitions = _generate(Scenario, plugins)
    reference = {
        "type": "object",
        "properties": {"csv": _text(), "jsonl": _text()},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    rows = {"type": "array", "items": {"type": "object", "minProperties": 1}, "minItems": 1}
    scenario["properties"]["for_each"] = {
        "description": "One case per row, labelled by the first value of the row.",
        "anyOf": [rows, reference],
    }
    defaults = {key: value for key, value in scenario.items() if key != "required"}
    definitions["Scenario"] = scenario | {"required": ["id"]}  # user and expect may stand in the defaults
    definitions["Defaults"] = defaults | {"description": "Merged into every scenario of the file."}
    for definition in definitions.values():
        _allow_templates(definition)
    schema: Schema = {
        "type": "object",
        "properties": {
            "$schema": _text(),
            "arc_scenarios": {"const": 1, "description": "Format version."},
            "defaults": {
                "$ref": "#/$defs/Defaults",
                "description": "Merged into every scenario of the file.",
            },
            "scenarios": {
                "type": "array",
                "items": {"$ref": "#/$defs/Scenario"},
                "minItems": 1,
                "description": "The situations, in the order in which they are run.",
            },
        },
        "required": ["arc_scenarios", "scenarios"],
        "additionalProperties": False,
    }
    return _finish("Scenarios", schema, definitions)


def _describe_quarantine() -> Schema:
    schema, definitions = _generate(Quarantine, plugins=False)
    schema["properties"] = {"$schema": _text(), **schema["properties"]}
    return _finish("Quarantine", schema, definitions)


def _describe_baseline() -> Schema:
    schema, definitions = _generate(BaselineFile, plugins=False)
    schema["properties"] = {"$schema": _text(), **schema["properties"]}
    return _finish("A golden baseline", schema, definitions)


def _describe_models() -> Schema:
    schema, definitions = _generate(Catalog, plugins=False)
    schema["properties"] = {"$schema": _text(), **schema["properties"]}
    return _finish("Models", schema, definitions)


def _describe_settings() -> Schema:
    schema, definitions = _generate(Settings, plugins=False)
    schema["description"] = "The table [tool.pytest-arc] of pyproject.toml."
    return _finish("Settings of pytest-arc", schema, definitions)


def _describe_log() -> Schema:
    schema, definitions = _generate(LogLine, plugins=False)
    schema["description"] = "One line of what --arc-log-json writes."
    return _finish("Log of a run", schema, definitions)


def _finish(title: str, schema: Schema, definitions: Schema) -> Schema:
    return {"$schema": _DIALECT, **schema, "title": title, "$defs": dict(sorted(definitions.items()))}


# One model and all it consists of.


def _generate(model: type[BaseModel], plugins: bool) -> tuple[Schema, Schema]:
    """The schema of `model`, and the definitions it refers to."""
    schema = model.model_json_schema()
    definitions: Schema = schema.pop("$defs", {})
    _add_named(definitions, Check, CHECKS, plugins)
    _add_named(definitions, TargetSpec, TARGETS, plugins)
    _add_named(definitions, BehaviorSpec, BEHAVIORS, plugins)
    _describe_fields(schema, model)
    for kind in _list_models(Frozen):
        if kind.__name__ in definitions:
            _describe_fields(definitions[kind.__name__], kind)
    _allow_short_forms(definitions)
    for part in (schema, *definitions.values()):
        _relax(part)
    return schema, definitions


def _add_named(definitions: Schema, base: type[BaseModel], registry: Registry, plugins: bool) -> None:
    """Replace the definition of `base` by a choice among all classes that `registry` names."""
    if base.__name__ not in definitions:
        return
    choices: list[Schema] = []
    for name in sorted(registry.list_names() if plugins else registry.builtin):
        own: Schema = registry.find(name).model_json_schema()
        definitions |= own.pop("$defs", {})
        _describe_fields(own, registry.find(name))
        _choose_by(own, name, base)
        definitions[f"{registry.kind}.{name}"] = own
        choices.append({"$ref": f"#/$defs/{registry.kind}.{name}"})
    definitions[base.__name__] = {"anyOf": choices}


def _choose_by(schema: Schema, name: str, base: type[BaseModel]) -> None:
    """Say by which key, or by which value, a class is chosen."""
    if base is Check and schema["properties"][name].get("type") == "array":
        expected = schema["properties"][name]
        items = _widen(expected["items"], _text())
        schema["properties"][name] = _widen({**expected, "items": items}, items, _text())
    elif base is BehaviorSpec:
        schema["properties"] = {"kind": {"const": name}, **schema["properties"]}
        schema["required"] = ["kind", *schema.get("required", ())]
    elif name == "reference":
        schema["properties"] = {name: {"const": name}, **schema["properties"]}
        schema["properties"].pop("model")
        schema["required"] = [name]


def _list_models(base: type[BaseModel]) -> list[type[BaseModel]]:
    return [model for kind in base.__subclasses__() for model in (kind, *_list_models(kind))]


def _describe_fields(schema: Schema, model: type[BaseModel]) -> None:
    """Order the properties as `list_keys` does, with the sentences that stand under the fields."""
    properties: Schema = schema.get("properties", {})
    sentences = _read_sentences(model)
    for name, info in model.model_fields.items():
        key = name_key(name, info)
        if name in FILLED_IN:
            properties.pop(key, None)
        elif key in properties and name in sentences:
            properties[key]["description"] = sentences[name]
    keys = [key for key in list_keys(model) if key in properties]
    schema["properties"] = {key: properties[key] for key in keys}


def _read_sentences(model: type[BaseModel]) -> dict[str, str]:
    """Field -> the docstring below it, of `model` and the models it builds on."""
    sentences: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if not (issubclass(kind, Frozen) and kind is not Frozen):
            continue
        body = cast("ast.ClassDef", ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]).body
        for field, below in itertools.pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                text = below.value if isinstance(below, ast.Expr) else None
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    sentences[field.target.id] = inspect.cleandoc(text.value)
    return sentences


# What loading takes besides the long form.


def _allow_short_forms(definitions: Schema) -> None:
    rows = {"type": "array", "items": {"type": "object"}}
    shorts: Mapping[str, tuple[Schema, ...]] = {
        "User": (_text(),),
        "DataSource": (_text(), rows),
        "ReliabilityGate": ({"type": "number"},),
        "GroupGate": ({"type": "number"},),
    }
    for name, forms in shorts.items():
        if name in definitions:
            definitions[name] = _widen(definitions[name], *forms)
    if "Gates" in definitions:
        errors = definitions["Gates"]["properties"]["errors"]
        long = {"type": "object", "properties": {"max": dict(errors)}, "required": ["max"]}
        definitions["Gates"]["properties"]["errors"] = _widen(errors, long | {"additionalProperties": False})


def _widen(schema: Schema, *forms: Schema) -> Schema:
    described = {key: schema[key] for key in ("description", "default") if key in schema}
    inner = {key: value for key, value in schema.items() if key not in described}
    return described | {"anyOf": [*inner.get("anyOf", [inner]), *copy.deepcopy(forms)]}


def _relax(schema: Any) -> None:
    """One text stands for a list of one, a number for its text. Titles repeat names: they are left out."""
    if isinstance(schema, list):
        for item in cast("list[Any]", schema):
            _relax(item)
        return
    if not isinstance(schema, dict):
        return
    node = cast("Schema", schema)
    for key, value in node.items():
        if key == "properties":
            for inner in cast("Schema", value).values():
                _relax(inner)
        elif key not in ("default", "enum", "required"):
            _relax(value)
    if isinstance(node.get("title"), str):
        node.pop("title")
    if node.get("type") == "array" and node.get("items", {}).get("type") == ["string", "number"]:
        node.update(_widen({key: node.pop(key) for key in list(node)}, {"type": "string"}))
    elif node.get("type") == "string" and not node.keys() & {"enum", "const", "format"}:
        node["type"] = ["string", "number"]


def _allow_templates(schema: Any) -> None:
    """A template may stand for any number, truth value or word of a list."""
    if isinstance(schema, list):
        for item in cast("list[Any]", schema):
            _allow_templates(item)
        return
    if not isinstance(schema, dict):
        return
    node = cast("Schema", schema)
    for key, value in list(node.items()):
        if key == "properties":
            for inner in cast("Schema", value).values():
                _allow_templates(inner)
        elif key in ("items", "anyOf", "additionalProperties"):
            _allow_templates(value)
    if node.get("type") in ("number", "integer", "boolean") or "enum" in node:
        node.update(
            _widen({key: node.pop(key) for key in list(node)}, {"type": "string", "pattern": r"\{\{"})
        )
