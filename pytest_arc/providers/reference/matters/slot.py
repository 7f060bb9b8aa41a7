"""One matter that a prompt can settle, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["SITUATIONS", "Slot"]

SITUATIONS = ("mixed_currencies", "unstated_currency", "tool_failure", "conflicting_data", "empty_result")
"""Matters that say what to do when something happens: acts such as asking or telling belong to them first."""


class Slot(NamedTuple):
    """One matter that a prompt can settle."""

    name: str
    default: str
    """What an inattentive model does when the prompt does not say."""
    topic: str
    """The sentence must speak of this."""
    acts: tuple[tuple[str, str], ...]
    """(value, phrases), the more telling first. An empty value only means something when it is forbidden."""
    opposites: Mapping[str, str]
    """What is meant when the value is forbidden; what is not here leaves the matter open."""
    unless: str = ""
    """The sentence must not speak of this."""
    masks: str = ""
    """A "no" in these words is part of the topic and forbids nothing."""
    yields: tuple[str, ...] = ()
    """Says nothing where the same words settle one of these matters."""
    needs: Mapping[str, str] = MappingProxyType({})
    """Value -> what the sentence must also speak of."""
