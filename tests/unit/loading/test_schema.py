from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from pytest_arc.loading import load_profile
from pytest_arc.loading.canonical import dump_canonical, dump_canonical_scenarios
from pytest_arc.loading.schema import export_schemas

Write = Callable[[str, str], Path]

SCHEMAS = export_schemas(plugins=False)


def _find_errors(name: str, text: str) -> list[str]:
    validator: Any = Draft202012Validator(SCHEMAS[name])
    return [f"{list(error.path)} {error.message}" for error in validator.iter_errors(yaml.safe_load(text))]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_in_the_documentation_are_those_of_the_code(root: Path, name: str) -> None:
    written = json.loads((root / "docs" / "schema" / name).read_text(encoding="utf-8"))

    assert written == SCHEMAS[name], "run `arc schema` and commit what it writes"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


PROFILE = """
arc: 1
name: finance-agent
version: 1.10
job: Process financial data
target: reference
system_prompt: {file: prompt.md}
tools:
  - spreadsheet_analyzer
  - name: query
    description: Query the database
    parameters: {type: object, properties: {sql: {type: string}}, required: [sql]}
    behavior: {kind: sql, conditions: slow_replica}
assumptions: {usd: All amounts are in USD}
scenarios: {include: "*.scenarios.yaml"}
trials: 5
gates: {reliability: 0.85, errors: {max: 0.2}}
tags: finance
"""

SCENARIOS = """
arc_scenarios: 1
defaults: {tags: [finance], limits: {max_steps: 8}}
scenarios:
  - id: currency/eur
    for_each: [{month: Q1, total: 998.00}]
    user: {says: "Total {{ month }}", answers: {currency: euros}}
    world:
      files: {a.csv: {text: "a"}}
      tables: {ledger: [{a: 1}]}
      rates: {EUR/USD: 1.08}
    faults: [{tool: query, kind: timeout, on_calls: [1, 3]}]
    expect:
      - answer_contains: EUR
      - answer_contains: [EUR, euro]
      - answer_number: "{{ total }}"
        tolerance: 0.01
      - asks: currency
      - calls: query
        args: {sql: x}
      - never_calls: wire_transfer
      - state: "tables.payments | length(@)"
        equals: 0
      - max_steps: 8
    trials: "{{ 2 + 3 }}"
    critical: true
"""


def test_schemas_allow_what_loading_allows(write: Write) -> None:
    write("a.scenarios.yaml", SCENARIOS)
    write("prompt.md", "Be careful.")
    loaded = load_profile(write("agent.yaml", PROFILE))

    assert loaded.scenarios[0].scenario.trials == 5
    assert _find_errors("profile.schema.json", PROFILE) == []
    assert _find_errors("scenarios.schema.json", SCENARIOS) == []


@pytest.mark.parametrize(
    "name, text",
    [
        ("profile.schema.json", "name: a\ntarget: reference\ntrails: 5\n"),
        ("profile.schema.json", "target: reference\n"),
        ("profile.schema.json", "name: a\ntools: [{name: x, behavior: {kind: sqll}}]\n"),
        ("scenarios.schema.json", "arc_scenarios: 1\nscenarios: [{id: a, expect: [{answer_contians: x}]}]\n"),
        (
            "scenarios.schema.json",
            "arc_scenarios: 1\nscenarios: [{id: a, faults: [{tool: x, kind: late}]}]\n",
        ),
        ("scenarios.schema.json", "scenarios: [{id: a}]\n"),
        ("settings.schema.json", "trials: many\n"),
    ],
)
def test_schemas_forbid_mistakes(name: str, text: str) -> None:
    assert _find_errors(name, text)


def test_fields_are_described_by_the_sentences_below_them() -> None:
    profile = SCHEMAS["profile.schema.json"]["properties"]

    assert profile["system_prompt"]["description"] == (
        "Given to the agent. The only thing it is told about its job."
    )
    assert "prompt_file" not in profile


def test_long_form_loads_again_to_the_same(write: Write) -> None:
    write("a.scenarios.yaml", SCENARIOS)
    write("prompt.md", "Be careful.\nNever guess.\n")
    first = load_profile(write("agent.yaml", PROFILE))

    write("b.scenarios.yaml", dump_canonical_scenarios(entry.scenario for entry in first.scenarios))
    text = dump_canonical(first.profile).replace("'*.scenarios.yaml'", "b.scenarios.yaml")
    second = load_profile(write("again.yaml", text))

    assert dump_canonical(second.profile) == text
    assert [entry.scenario for entry in second.scenarios] == [entry.scenario for entry in first.scenarios]
