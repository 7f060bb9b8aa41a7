"""Several tests at once."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given: reject those <= alpha, however dependent.

    The j-th smallest of m becomes max over i <= j of min(1, (m - i + 1) p_(i)).
    Raises `ValueError` for a p-value outside [0, 1].

    Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    if any(not 0.0 <= value <= 1.0 for value in p):
        raise ValueError("p-values lie between 0 and 1")
    adjusted = [0.0] * len(p)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = largest
    return adjusted
