"""Gates and trials that cannot be, as the user reads of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.errors import LoadError
from pytest_arc.loading import load_profile

Write = Callable[[str, str], Path]

HEAD = "arc: 1\nname: bot\ntarget: reference\nscenarios: {include: scenarios.yaml}\n"
SCENARIOS = """
    arc_scenarios: 1
    scenarios:
      - id: fx/a
        user: Total the invoices
        tags: [money]
        expect: [{answer_contains: EUR}]
"""

WRONG = {
    "a minimum of 0": "gates: {reliability: 0}",
    "a minimum of 1": "gates: {reliability: 1}",
    "a confidence of a coin": "gates: {reliability: {min: 0.9, confidence: 0.5}}",
    "complete confidence": "gates: {reliability: {min: 0.9, confidence: 1}}",
    "an unknown population": "gates: {reliability: {min: 0.9, over: everything}}",
    "no trial": "trials: 0",
    "half a trial": "trials: 2.5",
    "rounds that end before they begin": "trials: {first: 5, max: 2}",
    "rounds without an end": "trials: {first: 3}",
    "a drop of more than all": "gates: {regression: 2}",
    "an unknown metric": "gates: {performance: {costs: 0.1}}",
    "no growth allowed": "gates: {performance: 0}",
    "an unknown dimension": "gates: {dimensions: {tools: 0.9}}",
    "a group without a minimum": "gates: {groups: {fx: {tags: [money]}}}",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_gate_that_cannot_be_is_told_with_its_place(
    write: Write, snapshot: SnapshotAssertion, text: str
) -> None:
    write("scenarios.yaml", SCENARIOS)
    profile = write("bot.yaml", f"{HEAD}{text}\n")
    with pytest.raises(LoadError) as caught:
        load_profile(profile)
    assert str(caught.value) == snapshot
