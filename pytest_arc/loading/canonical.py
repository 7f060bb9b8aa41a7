"""The long form of what was loaded, as YAML that loads again to the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

import yaml

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.profile import AgentProfile, BehaviorSpec
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.score import Check
from pytest_arc.loading.keys import FILLED_IN, name_key
from pytest_arc.loading.scalars import Written
from pytest_arc.registry import BEHAVIORS

__all__ = ["dump_canonical", "dump_canonical_scenarios"]


def dump_canonical(profile: AgentProfile) -> str:
    """The profile with every default and every short form written out; what `extends` gave is part of it."""
    return _dump(_unfold(profile))


def dump_canonical_scenarios(scenarios: Iterable[Scenario]) -> str:
    """A scenario file with every row of `for_each` as a scenario of its own; data files by absolute path."""
    return _dump({"arc_scenarios": 1, "scenarios": [_unfold(scenario) for scenario in scenarios]})


def _unfold(value: Any) -> Any:
    if isinstance(value, Frozen):
        return _unfold_model(value)
    if isinstance(value, Mapping):
        return {key: _unfold(item) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_unfold(item) for item in cast("list[Any]", value)]
    return value


def _unfold_model(model: Frozen) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, info in type(model).model_fields.items():
        value = _unfold(getattr(model, name))
        if name not in FILLED_IN and name != "extends" and value is not None:
            written[name_key(name, info)] = value
    if isinstance(model, Check):
        keyword = model.keyword()
        return {keyword: written.pop(keyword), **written}
    if isinstance(model, BehaviorSpec):
        return {"kind": _find_kind(model), **written}
    return written


def _find_kind(behavior: BehaviorSpec) -> str:
    return next(name for name in BEHAVIORS.list_names() if BEHAVIORS.find(name) is type(behavior))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return cast("yaml.ScalarNode", cast("Any", dumper).represent_scalar("tag:yaml.org,2002:str", text, style))


def _represent_number(dumper: yaml.SafeDumper, number: Any) -> yaml.ScalarNode:
    text = format(number, "f") if isinstance(number, Decimal) else str(number)
    kind = "float" if "." in text or "e" in text.lower() else "int"
    return cast("yaml.ScalarNode", cast("Any", dumper).represent_scalar(f"tag:yaml.org,2002:{kind}", text))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Decimal, _represent_number)
_Dumper.add_representer(Written, _represent_number)


def _dump(data: Any) -> str:
    return cast(
        "str",
        cast("Any", yaml).dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110),
    )
