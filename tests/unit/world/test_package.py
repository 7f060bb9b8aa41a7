from __future__ import annotations

import subprocess
import sys

CALCULATE = """
import asyncio, sys
from pytest_arc.domain.scenario import WorldSpec
from pytest_arc.world.builtin import FINANCIAL_CALCULATOR
from pytest_arc.world.world import World

world = World((FINANCIAL_CALCULATOR,), WorldSpec(), (), seed=0)
world.state()
assert not {"jsonschema", "openpyxl"} & set(sys.modules)
asyncio.run(world.call("financial_calculator", {"operation": "evaluate", "expression": "1"}))
assert "openpyxl" not in sys.modules
"""


def test_slow_libraries_are_imported_only_when_a_tool_needs_them():
    subprocess.run([sys.executable, "-c", CALCULATE], check=True)
