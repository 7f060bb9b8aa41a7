from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_arc.domain.profile import Tool
from pytest_arc.domain.scenario import WorldSpec
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.world.builtin import DATABASE_QUERY
from pytest_arc.world.sql import SqlBehavior
from pytest_arc.world.world import World

TABLES = {
    "ledger": {"text": "id,account,amount\n1,4400,0.1\n2,4400,0.2\n3,5200,n/a\n"},
    "payments": [
        {"id": 1, "amount": 12.5, "status": "sent", "approved": True},
        {"id": 2, "amount": None, "status": "held", "approved": False},
    ],
}
WRITABLE = DATABASE_QUERY.model_copy(update={"name": "payments_db", "behavior": SqlBehavior(read_only=False)})


@pytest.fixture
def query(answer: Callable[..., Any]) -> Callable[[str], Any]:
    return lambda sql: answer(DATABASE_QUERY, {"sql": sql}, tables=TABLES)


@pytest.fixture
def refusal(complain: Callable[..., str]) -> Callable[..., str]:
    return lambda sql, tool=DATABASE_QUERY: complain(tool, {"sql": sql}, tables=TABLES)


@pytest.fixture
def world() -> Iterator[World]:
    world = World((DATABASE_QUERY, WRITABLE), WorldSpec.model_validate({"tables": TABLES}), (), seed=0)
    yield world
    world.close()


def ask(world: World, tool: Tool, sql: str) -> Any:
    return json.loads(asyncio.run(world.call(tool.name, {"sql": sql})).content)


def test_a_query_answers_with_columns_and_rows(query: Callable[[str], Any]):
    assert query("SELECT id, status FROM payments ORDER BY id DESC") == {
        "columns": ["id", "status"],
        "rows": [{"id": 2, "status": "held"}, {"id": 1, "status": "sent"}],
        "row_count": 2,
    }


def test_sums_of_decimals_have_no_noise(query: Callable[[str], Any]):
    assert query("SELECT sum(amount) AS s FROM ledger WHERE account = 4400")["rows"] == [{"s": 0.3}]


def test_the_schema_can_be_read(query: Callable[[str], Any]):
    sql = query("SELECT sql FROM sqlite_master WHERE name = 'payments'")["rows"][0]["sql"]

    assert sql == 'CREATE TABLE "payments" ("id" INTEGER, "amount" REAL, "status" TEXT, "approved" BOOLEAN)'


@pytest.mark.parametrize("sql", ["PRAGMA table_info(ledger)", "SELECT name FROM pragma_table_info('ledger')"])
def test_the_columns_of_a_table_can_be_listed(query: Callable[[str], Any], sql: str):
    assert [row["name"] for row in query(sql)["rows"]] == ["id", "account", "amount"]


def test_a_column_of_mixed_kinds_keeps_its_values(query: Callable[[str], Any]):
    assert [row["amount"] for row in query("SELECT amount FROM ledger")["rows"]] == [0.1, 0.2, "n/a"]


def test_a_join_loses_no_column(query: Callable[[str], Any]):
    result = query("SELECT l.id, p.id FROM ledger l JOIN payments p ON p.id = 1 WHERE l.id = 3")

    assert result["rows"] == [{"id": 3, "id_2": 1}]


def test_a_long_result_is_cut_off_and_says_so(query: Callable[[str], Any]):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    result = query(endless)

    assert (len(result["rows"]), result["row_count"], result["truncated"]) == (200, 200, True)


@pytest.mark.parametrize(
    "sql, message",
    [
        ("DELETE FROM ledger", "this database can only be read"),
        ("INSERT INTO ledger VALUES (1, 2, 3)", "this database can only be read"),
        ("DROP TABLE ledger", "this database can only be read"),
        ("CREATE TEMP TABLE t (a)", "this database can only be read"),
        ("ALTER TABLE ledger ADD COLUMN b", "this database can only be read"),
        ("PRAGMA query_only = off", "this database can only be read"),
        ("ATTACH 'other.db' AS other", "this database can only be read"),
        ("VACUUM INTO 'copy.db'", "this database can only be read"),
        ("SELECT 1; SELECT 2", "give one SQL statement at a time"),
        ("SELECT * FROM ledgr", "no such table: ledgr; there are: ledger (id, account, amount); "
         "payments (id, amount, status, approved)"),
        ("SELEC 1", 'near "SELEC": syntax error'),
        ("  ", "the argument 'sql' needs a SQL statement"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(refusal: Callable[..., str], sql: str, message: str):
    assert refusal(sql) == message


@pytest.mark.parametrize(
    "sql", ["ATTACH 'other.db' AS other", "VACUUM INTO 'copy.db'", "PRAGMA writable_schema = 1"]
)
def test_a_writable_database_is_still_closed_off_from_the_machine(refusal: Callable[..., str], sql: str):
    assert "does not allow that" in refusal(sql, WRITABLE)


@pytest.mark.parametrize("tool", [DATABASE_QUERY, WRITABLE], ids=lambda tool: tool.name)
def test_the_schema_cannot_be_edited(refusal: Callable[..., str], tool: Tool):
    assert refusal("UPDATE sqlite_master SET sql = ''", tool) == "table sqlite_master may not be modified"


def test_an_endless_query_is_stopped(refusal: Callable[..., str]):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    assert refusal(endless) == "the query was stopped after 5,000,000 steps"


@pytest.mark.parametrize("sql", ["SELECT zeroblob(1000000000)", "SELECT '\ud83d'", "SELECT ?", "SELECT '\0'"])
def test_odd_queries_are_errors_the_agent_sees(refusal: Callable[..., str], sql: str):
    assert refusal(sql)


def test_odd_values_are_still_json(query: Callable[[str], Any]):
    assert query("SELECT 9e999 AS i, x'ff00' AS b")["rows"] == [{"i": None, "b": "ff00"}]


def test_writing_shows_in_the_state_and_stays_in_the_trial(world: World):
    changed = ask(world, WRITABLE, "UPDATE payments SET status = 'sent' WHERE id = 2")
    other = World((WRITABLE,), WorldSpec.model_validate({"tables": TABLES}), (), seed=0)

    assert changed == {"columns": [], "rows": [], "row_count": 0, "rows_changed": 1}
    assert [row["status"] for row in world.state()["tables"]["payments"]] == ["sent", "sent"]
    assert [row["status"] for row in other.state()["tables"]["payments"]] == ["sent", "held"]


def test_the_state_reads_the_same_before_and_after_the_database_was_opened(world: World):
    before = world.state()["tables"]
    ask(world, WRITABLE, "UPDATE payments SET status = status")

    assert world.state()["tables"] == before
    assert before["payments"][0]["approved"] is True


def test_one_tool_may_write_what_another_only_reads(world: World):
    ask(world, WRITABLE, "DELETE FROM ledger")

    assert ask(world, DATABASE_QUERY, "SELECT count(*) AS n FROM ledger")["rows"] == [{"n": 0}]
    assert "error" in ask(world, DATABASE_QUERY, "DELETE FROM payments")


def test_a_table_without_columns_is_trouble_of_the_tool(call: Callable[..., Any]):
    with pytest.raises(ToolSimulatorError, match="table 'payments' has no columns"):
        call(DATABASE_QUERY, {"sql": "SELECT 1"}, tables={"payments": []})
