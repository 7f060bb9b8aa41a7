"""Files of earlier formats, and profiles in the words of other tools -> the current format.

Every kind of file has a format version, and for each older one a step that lifts a text to the next: a
function from text to text, which keeps order and comments. All formats are at 1. Before it, there are
profiles alone: without `arc: 1`, or with keys as other tools call them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_arc.errors import LoadError
from pytest_arc.loading.places import read_places
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import Source
from pytest_arc.loading.wording import list_other_words
from pytest_arc.loading.yaml import parse_yaml

__all__ = ["Migrated", "migrate"]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one file."""

    kind: str
    """`profile`, `scenarios`, `quarantine`, `baseline`, `results`."""
    version: int
    """That it had."""
    current: int
    text: str
    """In the current format: the same text where it was current."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of file."""

    name: str
    key: str
    """Holds the version at the top of the file."""
    steps: Sequence[Callable[[Source], str]]
    """Step n lifts version n to n + 1."""

    @property
    def current(self) -> int:
        return len(self.steps)


def migrate(source: Source) -> Migrated:
    """Lift a text to the current format of its kind.

    Raises LoadError when it is of no kind that is known, of a newer format, or cannot be read.
    """
    data = _read(source)
    kind = _find_kind(data)
    if kind is None:
        message = "this is no profile, scenario file, quarantine, baseline or run.json"
        raise LoadError([source.report(1, 1, message)])
    version = _read_version(data, kind)
    if version > kind.current:
        message = f"format {version} was written by a newer pytest-arc; this one knows {kind.current}"
        raise LoadError([source.report(1, 1, message, "upgrade: pip install -U pytest-arc")])
    lifted = source
    for step in kind.steps[version:]:
        lifted = Source(source.path, step(lifted))
    return Migrated(kind.name, version, kind.current, lifted.text)


def _read(source: Source) -> Mapping[str, Any]:
    """Raises LoadError."""
    if source.path.endswith(".json"):
        try:
            data: Any = json.loads(source.text)
        except ValueError as error:
            raise LoadError([source.report(1, 1, f"this is not JSON: {error}")]) from None
    else:
        parsed = parse_yaml(source)
        if parsed.problems:
            raise LoadError(parsed.problems)
        data = parsed.data
    return as_mapping(data) or {}


def _find_kind(data: Mapping[str, Any]) -> _Kind | None:
    if "results" in data and "format" in data:
        return _KINDS["results"]
    for kind in _KINDS.values():
        if kind.key in data and kind.name != "results":
            return kind
    is_profile = bool(data.keys() & {"target", "scenarios"}) and bool(
        data.keys() & {"name", "job", "extends"}
    )
    return _KINDS["profile"] if is_profile else None


def _read_version(data: Mapping[str, Any], kind: _Kind) -> int:
    version = data.get(kind.key, 0)
    if isinstance(version, bool) or not isinstance(version, int):
        return 0
    # Keys of other tools stand in profiles that say `arc: 1` too: these never loaded.
    is_foreign = kind.name == "profile" and version == 1 and bool(_find_foreign(data))
    return 0 if is_foreign else max(0, version)


# Profiles before format 1.

_OURS = ("trials", "system_prompt")
"""Keys whose foreign names mean just the same, with the same kind of value."""


def _find_foreign(data: Mapping[str, Any]) -> dict[str, str]:
    """Foreign key -> ours, where ours is missing and only one stands for it."""
    found: dict[str, str] = {}
    for ours in _OURS:
        written = [key for key in data if key in list_other_words(ours)]
        if ours not in data and len(written) == 1:
            found[written[0]] = ours
    return found


def _name_profile_format(source: Source) -> str:
    """Write `arc: 1` above the first key, and our words for those of other tools."""
    if source.path.endswith(".json"):
        return _lift_json_profile(source)
    data = _read(source)
    places = read_places(parse_yaml(source))
    lines = source.text.splitlines(keepends=True)
    foreign = _find_foreign(data)
    for key, ours in foreign.items():
        found = places.find(key)
        assert found is not None
        line, column = found.key_line - 1, found.key_column - 1
        head, rest = lines[line][:column], lines[line][column:]
        lines[line] = head + re.sub(rf"^([\"']?){re.escape(key)}\1", ours, rest, count=1)
    if "arc" not in data:
        first = min(found.key_line for key in data if (found := places.find(key)) is not None) - 1
        end = "\r\n" if lines[first].endswith("\r\n") else "\n"
        lines.insert(first, f"arc: 1{end}")
    return "".join(lines)


def _lift_json_profile(source: Source) -> str:
    data = _read(source)
    foreign = _find_foreign(data)
    lifted = {"arc": 1} | {foreign.get(key, key): value for key, value in data.items()}
    return json.dumps(lifted, indent=2, ensure_ascii=False) + "\n"


def _never_existed(source: Source) -> str:
    message = "there was no format before 1; this file does not say which it has"
    raise LoadError([source.report(1, 1, message)])


_KINDS: Mapping[str, _Kind] = {
    kind.name: kind
    for kind in (
        _Kind("profile", "arc", (_name_profile_format,)),
        _Kind("scenarios", "arc_scenarios", (_never_existed,)),
        _Kind("quarantine", "arc_quarantine", (_never_existed,)),
        _Kind("baseline", "arc_baseline", (_never_existed,)),
        _Kind("results", "format", (_never_existed,)),
    )
}
