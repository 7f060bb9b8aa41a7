from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.stats import holm


@given(p=st.lists(st.floats(0, 1), max_size=7))
def test_holm_is_the_closed_test_of_bonferroni(p: list[float]) -> None:
    """Reject i only if Bonferroni rejects every group of hypotheses that holds i."""
    groups = [group for size in range(1, len(p) + 1) for group in combinations(range(len(p)), size)]
    expected = [
        max(min(1.0, len(group) * min(p[j] for j in group)) for group in groups if i in group)
        for i in range(len(p))
    ]

    assert holm(p) == pytest.approx(expected)


def test_adjusted_values_keep_the_order_they_came_in() -> None:
    assert holm([0.04, 0.01, 0.5]) == pytest.approx([0.08, 0.03, 0.5])


def test_what_is_not_a_p_value_is_refused() -> None:
    with pytest.raises(ValueError, match="p-values lie between 0 and 1"):
        holm([0.2, 1.2])
