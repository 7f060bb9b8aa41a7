"""The words of messages about keys and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pytest_arc.registry import find_near_miss

__all__ = [
    "FORMS",
    "NEEDED",
    "describe_value",
    "join_words",
    "list_other_words",
    "state_rule",
    "suggest_key",
]

_OTHER_WORDS: Mapping[str, str] = {
    "trials": "repeat repeats epochs runs iterations repetitions samples num_trials n_trials n",
    "system_prompt": "prompt instructions system system_message",
    "target": "model provider providers agent endpoint entrypoint",
    "job": "role purpose task description goal",
    "scenarios": "tests cases dataset evals tasks suites",
    "include": "files paths path glob globs",
    "expect": "assert asserts assertions checks evaluators scorers expected metrics criteria",
    "user": "input inputs message messages query question turns",
    "says": "say turns messages message lines script",
    "for_each": "parametrize params parameters matrix examples rows vars foreach",
    "limits": "timeout max_turns constraints",
    "timeout_s": "timeout timeout_ms max_time",
    "max_steps": "max_turns max_iterations max_calls",
    "tags": "labels marks markers categories",
    "id": "name key",
    "title": "description summary",
    "world": "environment env fixtures data context state",
    "faults": "chaos errors failures",
    "gates": "thresholds threshold quality_gates",
    "reliability": "pass_rate min_pass_rate success_rate",
    "min": "threshold minimum min_rate",
    "min_pass_rate": "pass_rate threshold bar",
    "on_call": "call at_call nth",
    "delay_s": "delay latency_s",
    "kind": "type",
    "args": "arguments parameters",
    "parameters": "args arguments schema input_schema",
    "behavior": "behaviour",
    "tolerance": "delta epsilon abs_tol margin",
    "not": "negate",
    "extends": "inherits base",
}
"""Our key -> words the rest of the field has for it. They only make a better hint."""


def list_other_words(key: str) -> list[str]:
    """What the rest of the field calls our `key`."""
    return _OTHER_WORDS.get(key, "").split()


# Type of a pydantic error -> what the value must be.
FORMS: Mapping[str, str] = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_parsing": "a date",
    "date_parsing": "a date such as 2026-12-05",
    "decimal_parsing": "a number",
    "decimal_type": "a number",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_type": "a whole number",
    "is_instance_of": "a mapping",
    "list_type": "a list",
    "mapping_type": "a mapping",
    "max_below_first": "rounds whose 'max' is not below their 'first'",
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "none_required": "empty",
    "string_type": "text",
    "tuple_type": "a list",
}

NEEDED: Mapping[str, str] = {
    "target": "write 'target: reference', for instance, or give --arc-target",
    "expect": "say what must hold, for instance '- answer_contains: EUR'",
    "user": "say what the user says, for instance 'user: Total the invoices'",
    "arc_quarantine": "write 'arc_quarantine: 1'",
    "owner": "say who sees to it that the scenario comes back",
    "reason": "say why it is unstable, as far as you know",
    "expires": "say when it is to come back, two weeks from now for instance",
    "id": "name the scenario, for instance 'id: currency/eur-invoices'",
}
"""Key that must not be missing -> how it may look."""

_PATTERNS: Mapping[str, str] = {
    r"\S": "some text",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters, digits, '.', '_' and '-', the first a letter or digit",
    r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$": "at most 64 letters, digits, '_' and '-'",
    r"^[^\s:/@\[\]]*$": "text without spaces, ':', '/', '@' and brackets",
    r"^[^\s:\[\]][^\s:\[\]]*(\[[^\[\]]*\])?$": "text without spaces, ':' and brackets",
}
"""Pattern of a field -> its words."""


def state_rule(kind: str, context: Mapping[str, Any]) -> str | None:
    """What a value must be, given the type of the pydantic error and its context; None: no rule of ours."""
    limits = {
        "greater_than": ("above", "gt"),
        "greater_than_equal": ("at least", "ge"),
        "less_than": ("below", "lt"),
        "less_than_equal": ("at most", "le"),
    }
    if kind in limits:
        word, name = limits[kind]
        return f"{word} {context[name]:g}"
    if kind in ("literal_error", "enum"):
        return str(context["expected"])
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], f"text that matches {context['pattern']}")
    if kind in ("too_short", "string_too_short"):
        return _state_length(kind, "at least", context["min_length"])
    if kind in ("too_long", "string_too_long"):
        return _state_length(kind, "at most", context["max_length"])
    return FORMS.get(kind)


def _state_length(kind: str, bound: str, count: int) -> str:
    if kind.startswith("string"):
        return f"text with {bound} {count} character{'s' if count > 1 else ''}"
    return f"a list with {bound} {count} {'entries' if count > 1 else 'entry'}"


def describe_value(value: Any) -> str:
    """A value as the middle of a sentence."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        return "a mapping" if cast("Mapping[str, Any]", value) else "an empty mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if cast("list[Any]", value) else "an empty list"
    text = str(value)
    return f"the text '{text if len(text) <= 40 else text[:37] + '...'}'"


def suggest_key(key: str, allowed: Iterable[str]) -> str:
    """A hint for a key that is not among `allowed`."""
    allowed = list(allowed)
    word = key.lower().replace("-", "_").replace(" ", "_")
    meant = next((ours for ours in allowed if word in _OTHER_WORDS.get(ours, "").split()), None)
    near = find_near_miss(word, allowed) if meant is None or word in allowed else meant
    if near:
        return f"did you mean '{near}'?"
    return f"allowed: {join_words(allowed)}" if allowed else ""


def join_words(words: Iterable[str], most: int = 24) -> str:
    """`a, b, c`, cut off where it would become a page."""
    listed = list(words)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
