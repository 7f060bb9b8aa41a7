"""`kind: sql`: one SQL statement on the scenario's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pytest_arc.world.behavior import Behavior, ToolFailure
from pytest_arc.world.database import QueryError
from pytest_arc.world.state import WorldState

__all__ = ["SqlBehavior"]


class SqlBehavior(Behavior):
    """Runs the argument `sql` on a SQLite database in memory, loaded from `world.tables`."""

    kind: ClassVar[str] = "sql"

    read_only: bool = True
    """Refuse every statement that writes."""

    async def run(self, arguments: Mapping[str, Any], state: WorldState) -> Any:
        sql = arguments.get("sql")
        if not isinstance(sql, str) or not sql.strip():
            raise ToolFailure("the argument 'sql' needs a SQL statement")
        try:
            return state.database.query(sql, self.read_only)
        except QueryError as error:
            raise ToolFailure(str(error)) from error
