"""Scenario files -> scenarios: defaults merged in, one per row of `for_each`, templates filled in."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pytest_arc.domain.plan import Origin
from pytest_arc.domain.scenario import Scenario, WorldSpec
from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.data import Stamp, resolve_world, stamp
from pytest_arc.loading.later import explain_unsupported, list_unsupported
from pytest_arc.loading.marks import find_taken_tags
from pytest_arc.loading.merging import merge
from pytest_arc.loading.places import Layer, Place
from pytest_arc.loading.problems import Origins, explain_errors
from pytest_arc.loading.rows import read_rows
from pytest_arc.loading.shapes import as_list, as_mapping
from pytest_arc.loading.source import Source, read_source, show_path, suggest_file
from pytest_arc.loading.tables import unfold_row
from pytest_arc.loading.templates import TemplateProblem, render
from pytest_arc.loading.wording import describe_value, suggest_key
from pytest_arc.loading.yaml import Parsed, parse_yaml

__all__ = ["ScenarioEntry", "ScenarioFile", "load_scenarios"]

_ROWS = "'for_each' must be a list of rows, or {csv: FILE}, or {jsonl: FILE}"
_KEYS = ("arc_scenarios", "defaults", "scenarios")

# Layers of a scenario, given how messages are to name it.
_Layers = Callable[[str], list[Layer]]


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """A scenario, and where it was written."""

    scenario: Scenario
    origin: Origin


@dataclass
class ScenarioFile:
    """What one file holds."""

    path: str
    """Posix path as the user would type it."""
    entries: list[ScenarioEntry] = field(default_factory=list[ScenarioEntry])
    problems: list[Problem] = field(default_factory=list[Problem])
    stamps: dict[Path, Stamp | None] = field(default_factory=dict[Path, "Stamp | None"])
    """This file and every file it needed, as they were."""


_known: dict[tuple[Path, str], ScenarioFile] = {}


def load_scenarios(path: Path) -> ScenarioFile:
    """Read a scenario file (`.yaml`, `.yml`, `.json`, or `.csv` and `.jsonl` with one scenario a row).

    Several profiles may include the same file; it is read once a process, until it or its data change.
    Raises nothing: what is wrong is in `problems`.
    """
    key = (path.resolve(), show_path(path))
    known = _known.get(key)
    if known and all(stamp(file) == then for file, then in known.stamps.items()):
        return known
    reader = _Reader(path)
    try:
        if path.suffix in (".csv", ".jsonl"):
            reader.read_table()
        else:
            reader.read_document()
    except LoadError as error:
        reader.file.problems += error.problems
    if not reader.file.problems:
        _known[key] = reader.file
    return reader.file


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.parent
        self.file = ScenarioFile(show_path(path), stamps={path: stamp(path)})
        self.templates = False
        self._default_world: Any = None
        self._shared_world: Any = None

    # The two kinds of file.

    def read_document(self) -> None:
        source = read_source(self.path)
        parsed = parse_yaml(source)
        self.file.problems += parsed.problems
        self.templates = "{{" in source.text or "{%" in source.text
        document = Origins([Layer(parsed, "the scenario file")], Scenario, None)
        data = self._check_document(parsed.data, document)
        defaults = as_mapping(data.get("defaults")) or {}
        self._default_world = defaults.get("world")
        lines = parsed.item_lines.get("scenarios", [])
        for index, item in enumerate(as_list(data.get("scenarios")) or ()):
            line = lines[index] if index < len(lines) else 0
            raw = as_mapping(item)
            if raw is None:
                message = f"a scenario must be a mapping, not {describe_value(item)}"
                self.file.problems.append(document.report(("scenarios", index), message))
                continue
            self._expand(_merge_defaults(defaults, raw), line, _layer(parsed, index))

    def read_table(self) -> None:
        source, rows = read_rows(self.path)
        self.templates = "{{" in source.text or "{%" in source.text
        for row in rows:
            try:
                raw = unfold_row(row.values)
            except ValueError as error:
                self.file.problems.append(source.report(row.line, 1, str(error)))
                continue
            self._expand(raw, row.line, _layer_row(source, row.line))

    def _check_document(self, data: Any, document: Origins) -> dict[str, Any]:
        """The mapping a scenario file must be. Raises LoadError when it is none."""
        mapping = as_mapping(data)
        if mapping is None:
            problem = document.report((), f"a scenario file must be a mapping, not {describe_value(data)}")
            raise LoadError([*self.file.problems, problem])
        version: Any = mapping.get("arc_scenarios")
        if version is None:
            hint = "begin a scenario file with 'arc_scenarios: 1'"
            message = (
                "this is a profile, not a scenario file" if "arc" in mapping else "'arc_scenarios' is missing"
            )
            raise LoadError([*self.file.problems, document.report((), message, hint)])
        if version is True or version != 1:
            message = f"'arc_scenarios' must be 1, not {describe_value(version)}"
            self.file.problems.append(document.report(("arc_scenarios",), message))
        for key in mapping:
            if key not in _KEYS and key != "$schema":
                message = f"unknown key '{key}' in the scenario file"
                problem = document.report((key,), message, suggest_key(key, _KEYS), at_key=True)
                self.file.problems.append(problem)
        return self._check_parts(mapping, document)

    def _check_parts(self, mapping: dict[str, Any], document: Origins) -> dict[str, Any]:
        checked = dict(mapping)
        scenarios, defaults = mapping.get("scenarios"), mapping.get("defaults")
        if not scenarios or not isinstance(scenarios, list):
            wrong = "is missing" if scenarios is None else "must be a list with at least one entry"
            self.file.problems.append(document.report(("scenarios",), f"'scenarios' {wrong}", at_key=True))
            checked["scenarios"] = []
        if defaults is not None and not isinstance(defaults, dict):
            message = f"'defaults' must be a mapping, not {describe_value(defaults)}"
            self.file.problems.append(document.report(("defaults",), message))
            checked["defaults"] = {}
        return checked

    # One scenario.

    def _expand(self, data: dict[str, Any], line: int, layers: _Layers) -> None:
        """Add what `data`, whose defaults are merged in, describes: one scenario, or one for each row."""
        if "for_each" not in data:
            self._add(data, {}, line, layers)
            return
        rows = self._read_for_each(data.pop("for_each"), data, layers)
        first_rows: dict[str, int] = {}
        for number, row in enumerate(rows, 1):
            label = _label(row, number)
            if label in first_rows:
                message = f"rows {first_rows[label]} and {number} of 'for_each' are both labelled '{label}'"
                hint = "the first value of a row is its label: make it different in each row"
                self._report(("for_each", number - 1), message, hint, data, layers)
                continue
            first_rows[label] = number
            self._add(data, row, line, layers, label)

    def _read_for_each(self, rows: Any, data: Any, layers: _Layers) -> list[dict[str, Any]]:
        reference, listed = as_mapping(rows), as_list(rows)
        if reference is not None:
            return self._read_row_file(reference, data, layers)
        if not listed:
            self._report(("for_each",), _ROWS, f"not {describe_value(rows)}", data, layers)
            return []
        good: list[dict[str, Any]] = []
        for index, item in enumerate(listed):
            row = as_mapping(item)
            if row:
                good.append(row)
            else:
                message = f"a row of 'for_each' must be a mapping, not {describe_value(item)}"
                self._report(("for_each", index), message, "", data, layers)
        return good

    def _read_row_file(self, rows: dict[str, Any], data: Any, layers: _Layers) -> list[dict[str, Any]]:
        kind = next(iter(rows), "")
        name = rows.get(kind)
        if kind not in ("csv", "jsonl") or len(rows) != 1 or not isinstance(name, str):
            self._report(("for_each",), _ROWS, "", data, layers)
            return []
        path = self.folder / name
        self.file.stamps[path] = stamp(path)
        if not path.is_file() or path.suffix != f".{kind}":
            wrong = f"'{name}' does not end in .{kind}" if path.is_file() else f"there is no file '{name}'"
            hint = "" if path.is_file() else suggest_file(path)
            self._report(("for_each", kind), wrong, hint, data, layers)
            return []
        try:
            return [row.values for row in read_rows(path)[1]]
        except LoadError as error:
            self.file.problems += error.problems
            return []

    def _add(self, data: Any, row: Mapping[str, Any], line: int, layers: _Layers, label: str = "") -> None:
        try:
            filled = render(data, row) if self.templates else data
        except TemplateProblem as problem:
            self._report(problem.path, problem.message, problem.hint, data, layers)
            return
        filled = dict(filled)
        if label and isinstance(filled.get("id"), (str, int, float)):
            filled["id"] = f"{filled['id']}[{label}]"
        if filled.get("world") is not None:
            filled["world"] = self._resolve_world(filled["world"], filled, layers)
        self._check_scenario(filled, layers)
        try:
            scenario = Scenario.model_validate(filled)
        except ValidationError as error:
            self.file.problems += explain_errors(error, self._origins(filled, layers))
            return
        self.file.entries.append(ScenarioEntry(scenario, Origin(self.file.path, line)))

    def _resolve_world(self, world: Any, data: Any, layers: _Layers) -> Any:
        """The world with its data files found; the one in `defaults` is made once for all who share it."""
        shared = world is self._default_world
        if shared and self._shared_world is not None:
            return self._shared_world
        resolved, problems, files = resolve_world(world, self.folder)
        for path, message, hint in problems:
            self._report(("world", *path), message, hint, data, layers)
        self.file.stamps |= {file: stamp(file) for file in files}
        if shared:
            # What is wrong in it is reported with the scenario, where its place is known.
            with contextlib.suppress(ValidationError):
                resolved = WorldSpec.model_validate(resolved)
            self._shared_world = resolved
        return resolved

    def _check_scenario(self, data: dict[str, Any], layers: _Layers) -> None:
        """Report what the model does not know to be wrong."""
        if str(data.get("id")).startswith("gate/"):
            hint = "ids that begin with 'gate/' are those of the gates"
            self._report(("id",), f"scenario id '{data['id']}' would look like a gate", hint, data, layers)
        for clash in find_taken_tags(data.get("tags")):
            self._report(*clash, data, layers)
        uses = list_unsupported(Scenario, data)
        if uses:
            self.file.problems += explain_unsupported(uses, self._origins(data, layers))

    # Problems.

    def _origins(self, data: dict[str, Any], layers: _Layers) -> Origins:
        name = data.get("id")
        return Origins(layers(f"scenario '{name}'" if name else "the scenario"), Scenario, data)

    def _report(self, path: Any, message: str, hint: str, data: Any, layers: _Layers) -> None:
        self.file.problems.append(self._origins(data, layers).report(path, message, hint))


def _merge_defaults(defaults: Mapping[str, Any], raw: Any) -> dict[str, Any]:
    """A scenario with the defaults of its file: mappings deep-merged, lists replaced, tags added up."""
    merged: dict[str, Any] = merge(dict(defaults), raw)
    if "tags" in defaults and "tags" in raw:
        below, above = _list_tags(defaults["tags"]), _list_tags(raw["tags"])
        if below is not None and above is not None:
            merged["tags"] = [*above, *(tag for tag in below if tag not in above)]
    return merged


def _list_tags(tags: Any) -> list[Any] | None:
    return [tags] if isinstance(tags, str) else as_list(tags)


def _layer(parsed: Parsed, index: int) -> _Layers:
    return lambda name: [
        Layer(parsed, name, ("scenarios", index)),
        Layer(parsed, "defaults", ("defaults",)),
    ]


def _layer_row(source: Source, line: int) -> _Layers:
    return lambda name: [Layer(Parsed(source, places=Place(line, 1)), name)]


def _label(row: Mapping[str, Any], number: int) -> str:
    """The first value of a row, as a part of an id: without brackets, slashes, `::` and line breaks."""
    text = " ".join(str(next(iter(row.values()))).split())
    text = text.replace("[", "(").replace("]", ")").replace("/", "-")
    return re.sub("::+", ":", text)[:60].strip() or str(number)
