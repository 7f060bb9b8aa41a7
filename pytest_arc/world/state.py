"""What the simulated tools of one trial work on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pytest_arc.domain.scenario import WorldSpec
from pytest_arc.world.database import Database
from pytest_arc.world.sources import Table, read_tables

__all__ = ["WorldState"]


class WorldState:
    """Files, tables and rates of one trial, and what a user's functions remember. Made when first used."""

    def __init__(self, spec: WorldSpec) -> None:
        self._spec = spec
        self._database: Database | None = None
        self.memory: dict[str, Any] = {}
        """The parameter `state` of a user's functions."""

    @property
    def files(self) -> tuple[str, ...]:
        """The names the agent may use, in the order of the scenario."""
        return tuple(self._spec.files)

    @property
    def rates(self) -> Mapping[str, Decimal]:
        """`EUR/USD` -> how many dollars one euro buys."""
        return self._spec.rates

    @property
    def database(self) -> Database:
        """The database with the scenario's tables. Raises ToolSimulatorError when one cannot be loaded."""
        if self._database is None:
            self._database = Database({name: self._read_table(name) for name in self._spec.tables})
        return self._database

    def read_file(self, name: str) -> tuple[Table, ...]:
        """The sheets of one of `files`; a CSV file has one. Raises KeyError, ToolSimulatorError."""
        return read_tables(name, self._spec.files[name])

    def describe(self) -> dict[str, Any]:
        """What `state` checks look at: `tables`, `files`, `rates`, `state`. Fresh plain values."""
        return {
            "tables": self._describe_tables(),
            "files": list(self._spec.files),
            "rates": {pair: float(rate) for pair, rate in self._spec.rates.items()},
            "state": self.memory,
        }

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _describe_tables(self) -> dict[str, list[dict[str, Any]]]:
        if self._database is not None and self._database.changed:
            return self._database.list_records()
        return {name: self._read_table(name).list_records() for name in self._spec.tables}

    def _read_table(self, name: str) -> Table:
        # A table has one sheet: of a workbook, the first.
        return read_tables(name, self._spec.tables[name])[0]
