"""`kind: spreadsheet`: describe, read, filter and aggregate the scenario's CSV and XLSX files."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from pytest_arc.registry import find_near_miss
from pytest_arc.world.behavior import Behavior, ToolFailure
from pytest_arc.world.sources import Cell, Table
from pytest_arc.world.state import WorldState

__all__ = ["MAX_ROWS", "SpreadsheetBehavior"]

MAX_ROWS = 200
"""What `rows` answers at most."""

Row = tuple[Cell, ...]


class SpreadsheetBehavior(Behavior):
    """Answers questions about one file of `world.files`, asked as in `spreadsheet_analyzer`."""

    kind: ClassVar[str] = "spreadsheet"

    async def run(self, arguments: Mapping[str, Any], state: WorldState) -> Any:
        name = str(arguments.get("file", ""))
        if name not in state.files:
            raise ToolFailure(_say_unknown("file", name, state.files))
        sheets = state.read_file(name)
        operation = str(arguments.get("operation", "describe"))
        if operation == "describe":
            return _describe(name, sheets, arguments)
        table = _choose_sheet(sheets, arguments.get("sheet"))
        rows = _filter_rows(table, arguments.get("where") or ())
        if operation == "rows":
            return _list_rows(table, rows, arguments)
        if operation not in _AGGREGATES:
            raise ToolFailure(_say_unknown("operation", operation, ["describe", "rows", *_AGGREGATES]))
        return _aggregate(operation, table, rows, arguments)


def _describe(name: str, sheets: Sequence[Table], arguments: Mapping[str, Any]) -> dict[str, Any]:
    for argument in ("column", "group_by", "where"):
        if argument in arguments:
            names = ", ".join(["rows", *_AGGREGATES])
            raise ToolFailure(f"'{argument}' goes with one of the operations {names}; this one is 'describe'")
    if "sheet" in arguments:
        sheets = [_choose_sheet(sheets, arguments["sheet"])]
    summaries = [{"name": s.name, "columns": list(s.columns), "rows": len(s.rows)} for s in sheets]
    return {"file": name, "sheets": summaries}


def _choose_sheet(sheets: Sequence[Table], name: Any) -> Table:
    """The sheet called `name`; the first one when no name is given."""
    if name is None and sheets:
        return sheets[0]
    for sheet in sheets:
        if sheet.name == name:
            return sheet
    raise ToolFailure(_say_unknown("sheet", str(name or ""), [sheet.name for sheet in sheets]))


def _list_rows(table: Table, rows: Sequence[Row], arguments: Mapping[str, Any]) -> dict[str, Any]:
    if "group_by" in arguments:
        raise ToolFailure(f"'group_by' goes with one of the operations {', '.join(_AGGREGATES)}")
    column = arguments.get("column")
    places = [_find_column(table, column)] if column is not None else list(range(len(table.columns)))
    result: dict[str, Any] = {
        "columns": [table.columns[place] for place in places],
        "rows": [{table.columns[place]: row[place] for place in places} for row in rows[:MAX_ROWS]],
        "row_count": len(rows),
    }
    return result | {"truncated": True} if len(rows) > MAX_ROWS else result


def _aggregate(
    operation: str, table: Table, rows: Sequence[Row], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    column, group_by = arguments.get("column"), arguments.get("group_by")
    if column is None and operation != "count":
        raise ToolFailure(f"'{operation}' needs the argument 'column'; there are: {', '.join(table.columns)}")
    place = None if column is None else _find_column(table, column)
    head: dict[str, Any] = {"operation": operation} | ({} if column is None else {"column": column})
    if group_by is None:
        return head | {"value": _compute(operation, table, rows, place), "row_count": len(rows)}
    groups = _group_rows(rows, _find_column(table, group_by))
    return head | {
        "group_by": group_by,
        "groups": [
            {"group": key, "value": _compute(operation, table, members, place), "row_count": len(members)}
            for key, members in groups.items()
        ],
    }


def _group_rows(rows: Sequence[Row], place: int) -> dict[Cell, list[Row]]:
    """The rows by their value at `place`, in the order in which the values first appear."""
    groups: dict[Cell, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[place], []).append(row)
    return groups


def _compute(operation: str, table: Table, rows: Sequence[Row], place: int | None) -> Cell:
    if place is None:
        return len(rows)
    values = [row[place] for row in rows if row[place] is not None]
    if operation == "count":
        return len(values)
    if operation in ("min", "max") and values and all(isinstance(value, str) for value in values):
        # Dates are text in ISO order; sums and means of text have no meaning.
        return _AGGREGATES[operation](values)
    for value in values:
        if isinstance(value, (str, bool)):
            raise ToolFailure(f"column '{table.columns[place]}' is not all numbers: it has '{value}'")
    return _AGGREGATES[operation](values)


def _take_mean(values: Sequence[Any]) -> Cell:
    return Decimal(sum(values)) / len(values) if values else None


def _take_smallest(values: Sequence[Any]) -> Cell:
    return min(values, default=None)


def _take_largest(values: Sequence[Any]) -> Cell:
    return max(values, default=None)


_AGGREGATES: dict[str, Callable[[Sequence[Any]], Cell]] = {
    "sum": sum,
    "mean": _take_mean,
    "min": _take_smallest,
    "max": _take_largest,
    "count": len,
}


def _filter_rows(table: Table, conditions: Sequence[Mapping[str, Any]]) -> Sequence[Row]:
    """The rows that meet all conditions."""
    rows: Sequence[Row] = table.rows
    for condition in conditions:
        place = _find_column(table, str(condition.get("column", "")))
        op = str(condition.get("op", "="))
        if op not in _COMPARISONS:
            raise ToolFailure(_say_unknown("op", op, list(_COMPARISONS)))
        compare, value = _COMPARISONS[op], condition.get("value")
        rows = [row for row in rows if compare(row[place], value)]
    return rows


def _equals(cell: Cell, value: Any) -> bool:
    if cell is None or value is None or isinstance(cell, bool) or isinstance(value, bool):
        return cell is value
    left, right = _align(cell, value)
    return left == right


def _differs(cell: Cell, value: Any) -> bool:
    return not _equals(cell, value)


def _order_by(compare: Callable[[Any, Any], bool]) -> Callable[[Cell, Any], bool]:
    """A comparison that no empty cell meets, and no text where a number is asked for."""

    def meets(cell: Cell, value: Any) -> bool:
        if cell is None or value is None:
            return False
        left, right = _align(cell, value)
        return isinstance(left, str) == isinstance(right, str) and compare(left, right)

    return meets


def _contains(cell: Cell, value: Any) -> bool:
    return cell is not None and str(value).casefold() in str(cell).casefold()


_COMPARISONS: dict[str, Callable[[Cell, Any], bool]] = {
    "=": _equals,
    "!=": _differs,
    "<": _order_by(operator.lt),
    "<=": _order_by(operator.le),
    ">": _order_by(operator.gt),
    ">=": _order_by(operator.ge),
    "contains": _contains,
}


def _align(cell: Cell, value: Any) -> tuple[Any, Any]:
    """Make the two comparable: `"100"` is the number 100 beside numbers, 7 is `"7"` beside text."""
    if isinstance(cell, str):
        return cell, value if isinstance(value, str) else str(value)
    if isinstance(value, float):
        return cell, Decimal(repr(value))
    if isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except ArithmeticError:
            return cell, value
        return cell, number if number.is_finite() else value
    return cell, value


def _find_column(table: Table, name: Any) -> int:
    if name not in table.columns:
        raise ToolFailure(_say_unknown("column", str(name), table.columns))
    return table.columns.index(name)


def _say_unknown(what: str, name: str, known: Sequence[str]) -> str:
    if not known:
        return f"there is no {what} '{name}'; there are none"
    near = find_near_miss(name, known)
    hint = f"; did you mean '{near}'?" if near else ""
    return f"there is no {what} '{name}'; there are: {', '.join(known)}{hint}"
