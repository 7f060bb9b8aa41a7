"""The two versions differ by their prompts and by nothing else, and names and sizes mean nothing.

Slips depend on ids, and one directive can hide that another one was missed. Where only what the policy
reads is to decide, it runs without slips; then one trial tells all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.world.builtin import DATABASE_QUERY, FINANCIAL_CALCULATOR, SPREADSHEET_ANALYZER

from .conftest import AUDIT, FIRST, FIXED, Demonstration, Outcomes, read_results

SURE = {"slip_rate": 0, "trials": 1}
BUILTIN = (SPREADSHEET_ANALYZER, FINANCIAL_CALCULATOR, DATABASE_QUERY)
KINDS = {"spreadsheet_analyzer": "spreadsheet", "financial_calculator": "calculator", "database_query": "sql"}
PROFILES = pytest.mark.parametrize("profile", [FIRST, FIXED, AUDIT])

# A line of the second prompt -> the scenarios that turn on it. Lines that say what an inattentive model
# does anyway change nothing.
TURNS_ON = {
    "You are a corporate": set[str](),
    "name the file or table": {"bordereaux/premium"},
    "Look in the data": {"currency/retainers-without-currency", "currency/deposits-without-currency"},
    "Never add amounts": {
        "currency/mixed-ledger-in-dollars",
        "currency/project-fees-in-euros",
        "currency/bank-balances-after-timeout",
    },
    "Name the currency": set[str](),
    "Round amounts": set[str](),
    "If a tool fails": {
        "cash/receipts-after-timeout",
        "cash/one-supplier-after-rate-limit",
        "close/by-region-after-timeout",
        "close/posted-accruals-after-errors",
        "currency/bank-balances-after-timeout",
        "ledger/journal-cut-off",
        "tax/by-county-after-error",
    },
    "If there are no records": {"cash/no-orders-in-may"},
    "If two sources disagree": {"cash/two-sources"},
    "which period is meant": {"cash/which-month"},
    "You have no authority": {"cash/refuses-to-pay"},
    "Answer only": set[str](),
}


def test_first_file_with_the_second_prompt_gives_the_second_results_to_the_byte(demo: Demonstration) -> None:
    wanted = read_results(demo.run(FIXED))

    demo.write_prompt(FIRST, demo.read_prompt(FIXED))

    assert read_results(demo.run(FIRST)).replace("finance-agent@v1", "finance-agent@v2") == wanted


@pytest.mark.parametrize("part", TURNS_ON)
def test_a_line_less_changes_only_the_scenarios_that_turn_on_it(demo: Demonstration, part: str) -> None:
    lines = demo.read_prompt(FIXED)
    before = demo.list_outcomes(FIXED, **SURE)

    demo.write_prompt(FIXED, [line for line in lines if part not in line])

    assert len(demo.read_prompt(FIXED)) == len(lines) - 1
    assert find_changed(before, demo.list_outcomes(FIXED, **SURE)) == TURNS_ON[part]


def test_every_line_of_the_second_prompt_is_among_them(shipped: Demonstration) -> None:
    for line in shipped.read_prompt(FIXED):
        assert sum(part in line for part in TURNS_ON) == 1, line


@PROFILES
def test_new_names_of_tools_change_nothing(demo: Demonstration, profile: str) -> None:
    before = demo.list_outcomes(profile)
    names = {tool.name: f"tool_{n}" for n, tool in enumerate(BUILTIN, 1)}

    demo.change(
        profile, lambda content: content | {"tools": [rename_tool(t, names) for t in content["tools"]]}
    )
    demo.change_scenarios(lambda content: replace_texts(content, names))

    assert demo.list_outcomes(profile) == before


@PROFILES
def test_new_ids_change_nothing(demo: Demonstration, profile: str) -> None:
    before = demo.list_outcomes(profile, **SURE)

    def number(content: dict[str, Any]) -> dict[str, Any]:
        renamed = [scenario | {"id": f"{scenario['id']}-again"} for scenario in content["scenarios"]]
        return content | {"scenarios": renamed}

    demo.change_scenarios(number)

    after = demo.list_outcomes(profile, **SURE)
    assert {scenario.removesuffix("-again"): outcomes for scenario, outcomes in after.items()} == before


@PROFILES
def test_another_order_of_the_lines_of_the_prompt_changes_nothing(demo: Demonstration, profile: str) -> None:
    before = demo.list_outcomes(profile)

    demo.write_prompt(profile, reversed(demo.read_prompt(profile)))

    assert demo.list_outcomes(profile) == before


@PROFILES
def test_new_names_of_files_change_nothing(demo: Demonstration, profile: str) -> None:
    before = demo.list_outcomes(profile, **SURE)

    for path in list((demo.root / "scenarios").rglob("*.*")):
        if path.parent.name == "data":
            path.rename(path.with_name(f"copy_of_{path.name}"))
        else:
            text = re.sub(r"\b(\w+\.(?:csv|xlsx))", r"copy_of_\1", path.read_text(encoding="utf-8"))
            path.write_text(text, encoding="utf-8")

    assert demo.list_outcomes(profile, **SURE) == before


@PROFILES
def test_new_names_of_columns_change_nothing(demo: Demonstration, profile: str) -> None:
    before = demo.list_outcomes(profile, **SURE)
    names = {"amount": "value", "currency": "ccy", "date": "booked_on", "status": "state"}

    for path in (demo.root / "scenarios").glob("*/data/*.csv"):
        header, _, rows = path.read_text(encoding="utf-8").partition("\n")
        columns = ",".join(names.get(column, column) for column in header.split(","))
        path.write_text(f"{columns}\n{rows}", encoding="utf-8")

    assert demo.list_outcomes(profile, **SURE) == before


@pytest.mark.parametrize("profile", [FIRST, FIXED])
def test_ten_times_the_amounts_change_nothing(demo: Demonstration, profile: str) -> None:
    """Over the currency scenarios whose data is CSV and whose request names no amount."""
    scaled = [
        scenario["id"]
        for scenario in demo.list_scenarios("finance")
        if scenario["id"].startswith("currency/")
        and not re.search(r"xlsx|'user': '[^']*\d,\d", str(scenario))
    ]
    before = demo.list_outcomes(profile, *scaled, **SURE)

    for path in (demo.root / "scenarios/finance/data").glob("*.csv"):
        scale_file(path)
    demo.change_scenarios(scale_expectations)

    assert len(scaled) == 13
    assert demo.list_outcomes(profile, *scaled, **SURE) == before


def find_changed(before: Outcomes, after: Outcomes) -> set[str]:
    return {scenario for scenario in before if before[scenario] != after[scenario]}


def rename_tool(tool: str | dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A built-in tool, or one written out in a profile, under another name."""
    if isinstance(tool, dict):
        return tool | {"name": names[tool["name"]]}
    builtin = next(each for each in BUILTIN if each.name == tool)
    return {
        "name": names[tool],
        "description": builtin.description,
        "parameters": builtin.parameters,
        "behavior": {"kind": KINDS[tool]},
    }


def replace_texts(value: Any, names: dict[str, str]) -> Any:
    """Replace texts that are such a name, wherever they stand."""
    if isinstance(value, dict):
        return {key: replace_texts(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [replace_texts(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def scale_file(path: Path) -> None:
    """Move the decimal point of every amount by one place."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?<=,)(\d+)\.(\d)(\d)(?=,|$)", r"\1\2.\g<3>0", text, flags=re.MULTILINE)
    path.write_text(re.sub(r"(?<=,)(\d{3,})(?=,JPY|,NOK)", r"\g<1>0", text), encoding="utf-8")


def scale_expectations(content: dict[str, Any]) -> dict[str, Any]:
    for scenario in content["scenarios"]:
        for check in scenario["expect"]:
            if "answer_number" in check:
                check["answer_number"] = round(check["answer_number"] * 10, 2)
                check["tolerance"] = check.get("tolerance", 0) * 10
    return content
