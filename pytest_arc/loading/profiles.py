"""Profiles: YAML or JSON -> the agent under test and its scenarios."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from pytest_arc.domain.profile import AgentProfile
from pytest_arc.errors import LoadError, Problem, UsageError
from pytest_arc.loading.later import explain_unsupported, list_unsupported
from pytest_arc.loading.marks import find_taken_tags
from pytest_arc.loading.merging import merge
from pytest_arc.loading.places import Layer
from pytest_arc.loading.problems import Origins, explain_errors
from pytest_arc.loading.scenarios import ScenarioEntry, load_scenarios
from pytest_arc.loading.shapes import as_list, as_mapping
from pytest_arc.loading.source import read_source, show_path, suggest_file
from pytest_arc.loading.target import expand_variables, is_other_kind, parse_target, resolve_recording
from pytest_arc.loading.wording import describe_value
from pytest_arc.loading.yaml import Parsed, parse_yaml

__all__ = ["ProfileFile", "load_profile"]


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile with the scenarios it includes."""

    profile: AgentProfile
    path: str
    """Posix path as the user would type it."""
    scenarios: tuple[ScenarioEntry, ...]
    """In the order of the include patterns, then of the file names, then of the files."""
    target_at: str
    """Where the model or the kind of the target is written: `agents/bot.yaml:5:10`, or `--arc-target`."""
    gates_at: Mapping[str, str]
    """Name of a gate -> where it is written: `agents/bot.yaml:12`."""


def load_profile(path: Path, *, target: str | None = None) -> ProfileFile:
    """Read the profile at `path`, what it extends, and every scenario it includes.

    `target` (`reference`, `python:pkg.module:agent`, `model:...`, `replay:FILE`) replaces the target of the
    file. Raises UsageError when there is no such file, and LoadError with all problems of all files.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {show_path(path)}; {suggest_file(path)}")
    reader = _Reader(path)
    profile = reader.read(target)
    scenarios = reader.read_scenarios()
    if profile is None or reader.problems:
        raise LoadError(reader.problems)
    return ProfileFile(
        profile, show_path(path), scenarios, reader.find_target(target), reader.find_gates(profile)
    )


class _Reader:
    """Reads one profile and gathers what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.data: dict[str, Any] = {}
        self.origins = Origins([], AgentProfile, None)
        self._folders: dict[str, Path] = {}

    def read(self, target: str | None) -> AgentProfile | None:
        documents = self._read_chain()
        for parsed in reversed(documents):
            own = {k: v for k, v in parsed.data.items() if k != "$schema"}
            if is_other_kind(own.get("target"), self.data.get("target")):
                self.data.pop("target")
            self.data = merge(self.data, own)
        self._name_profile()
        subject = f"profile '{self.data['name']}'"
        self.origins = Origins([Layer(parsed, subject) for parsed in documents], AgentProfile, self.data)
        self._read_prompt()
        self._prepare_target(target)
        self.problems += explain_unsupported(list_unsupported(AgentProfile, self.data), self.origins)
        self.problems += [self.origins.report(*clash) for clash in find_taken_tags(self.data.get("tags"))]
        try:
            return AgentProfile.model_validate(self.data)
        except ValidationError as error:
            self.problems += explain_errors(error, self.origins)
            return None

    # The file and what it extends.

    def _read_chain(self) -> list[Parsed]:
        """The profile, what it extends, what that extends ... Raises LoadError when one is no profile."""
        documents: list[Parsed] = []
        path: Path | None = self.path
        while path is not None:
            try:
                parsed = parse_yaml(read_source(path))
            except LoadError as error:
                raise LoadError([*self.problems, *error.problems]) from None
            self.problems += parsed.problems
            self._check_kind(parsed)
            documents.append(parsed)
            self._folders[parsed.source.path] = path.parent
            path = self._find_parent(parsed, path)
        return documents

    def _check_kind(self, parsed: Parsed) -> None:
        start = Origins([Layer(parsed, "the profile")], AgentProfile, None)
        if as_mapping(parsed.data) is None:
            message = f"a profile must be a mapping of keys, not {describe_value(parsed.data)}"
            raise LoadError([*self.problems, start.report((), message)])
        if "arc_scenarios" in parsed.data:
            message = "this is a scenario file, not a profile"
            hint = "name the profile that includes it, with -k for one scenario"
            raise LoadError([*self.problems, start.report(("arc_scenarios",), message, hint, at_key=True)])
        if "arc_quarantine" in parsed.data:
            message, hint = "this is a quarantine, not a profile", "arc quarantine ls reads it"
            raise LoadError([*self.problems, start.report(("arc_quarantine",), message, hint, at_key=True)])

    def _find_parent(self, parsed: Parsed, path: Path) -> Path | None:
        name = parsed.data.get("extends")
        if not isinstance(name, str):
            return None  # a wrong type is reported with the rest
        parent = path.parent / name
        place = Origins([Layer(parsed, "the profile")], AgentProfile, None)
        if show_path(parent) in self._folders:
            message = f"'{name}' extends this profile: one of them has to be the first"
            raise LoadError([*self.problems, place.report(("extends",), message)])
        if not parent.is_file():
            message = f"there is no file '{name}'"
            raise LoadError(
                [*self.problems, place.report(("extends",), message, suggest_file(parent, path.name))]
            )
        return parent

    def _name_profile(self) -> None:
        """Give a profile without a name that of its file, as a name may look."""
        if self.data.get("name") is not None:
            return
        if not self.data.get("job"):
            message = "a profile needs 'name' or 'job'"
            self.problems.append(Problem(show_path(self.path), 1, 1, message))
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.path.stem).strip("-._")
        self.data["name"] = name or "agent"

    # Parts that refer to other files or to the environment.

    def _read_prompt(self) -> None:
        if "prompt_file" in self.data:
            hint = "write 'system_prompt: {file: PATH}'"
            self.problems.append(
                self.origins.report(("prompt_file",), "unknown key 'prompt_file'", hint, at_key=True)
            )
        prompt = as_mapping(self.data.get("system_prompt"))
        if prompt is None:
            return
        name = prompt.get("file")
        if not isinstance(name, str) or len(prompt) != 1:
            message = "'system_prompt' must be text, or {file: PATH}"
            self._report(("system_prompt",), message)
            self.data["system_prompt"] = ""
            return
        path = self._folder_of(("system_prompt", "file")) / name
        self.data["system_prompt"] = ""
        if not path.is_file():
            self._report(("system_prompt", "file"), f"there is no file '{name}'", suggest_file(path))
            return
        try:
            # A checkout on Windows may have other line ends; the prompt is the same.
            self.data["system_prompt"] = read_source(path).text.replace("\r\n", "\n")
        except LoadError as error:
            self.problems += error.problems
        self.data["prompt_file"] = path.resolve().as_posix()

    def _prepare_target(self, flag: str | None) -> None:
        if flag is not None:
            try:
                self.data["target"] = parse_target(flag)
            except LoadError as error:
                raise LoadError([*self.problems, *error.problems]) from None
            return
        if "target" not in self.data:
            return
        target, missing = expand_variables(self.data["target"], os.environ, ("target",))
        for path, name in missing:
            self._report(path, f"the environment variable {name} is not set")
        self.data["target"] = resolve_recording(target, self._folder_of(("target",)))

    def find_target(self, flag: str | None) -> str:
        """Where the target is written, for messages about what it needs."""
        if flag is not None:
            return "--arc-target"
        found = self.origins.find(("target", "model"))
        return f"{found.layer.parsed.source.path}:{found.place.line}:{found.place.column}"

    def find_gates(self, profile: AgentProfile) -> dict[str, str]:
        """Where each gate is written."""
        places: dict[str, str] = {}
        for name in profile.gates.names:
            kind, slash, inner = name.partition("/")
            found = self.origins.find(("gates", f"{kind}s", inner) if slash else ("gates", kind))
            line = found.place.key_line or found.place.line
            places[name] = f"{found.layer.parsed.source.path}:{line}"
        return places

    # Scenarios.

    def read_scenarios(self) -> tuple[ScenarioEntry, ...]:
        entries: list[ScenarioEntry] = []
        for path in self._list_files():
            file = load_scenarios(path)
            self.problems += file.problems
            entries += file.entries
        self._find_duplicates(entries)
        return tuple(entries)

    def _list_files(self) -> Sequence[Path]:
        patterns = (as_mapping(self.data.get("scenarios")) or {}).get("include")
        single = isinstance(patterns, str)
        listed = [patterns] if single else as_list(patterns) or []
        files: dict[str, Path] = {}
        for index, pattern in enumerate(cast("list[Any]", listed)):
            if isinstance(pattern, str):
                place = ("scenarios", "include") if single else ("scenarios", "include", index)
                files |= {show_path(file): file for file in self._match(pattern, place)}
        return list(files.values())

    def _match(self, pattern: str, place: tuple[str | int, ...]) -> list[Path]:
        folder = self._folder_of(place)
        names = sorted(glob.glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207 - Path.glob() knows no '..'
        files = [folder / name for name in names if (folder / name).is_file()]
        if not files and glob.has_magic(pattern):
            self._report(place, f"no file matches '{pattern}'", f"looked in {show_path(folder)}")
        elif not files:
            self._report(
                place, f"there is no file '{pattern}'", suggest_file(folder / pattern, self.path.name)
            )
        for file in files:
            if file.suffix not in (".yaml", ".yml", ".json", ".csv", ".jsonl"):
                hint = "scenarios are read from .yaml, .json, .csv and .jsonl"
                self._report(
                    place, f"'{pattern}' includes {show_path(file)}, which is no scenario file", hint
                )
        return [file for file in files if file.suffix in (".yaml", ".yml", ".json", ".csv", ".jsonl")]

    def _find_duplicates(self, entries: Sequence[ScenarioEntry]) -> None:
        first: dict[str, ScenarioEntry] = {}
        for entry in entries:
            other = first.setdefault(entry.scenario.id, entry)
            if other is not entry:
                source = read_source(Path(entry.origin.path))
                text = source.lines[entry.origin.line - 1]
                column = len(text) - len(text.lstrip(" -")) + 1
                message = f"scenario '{entry.scenario.id}' is there twice"
                hint = f"also in {other.origin.path}:{other.origin.line}"
                self.problems.append(source.report(entry.origin.line, column, message, hint))

    # Places.

    def _folder_of(self, path: tuple[str | int, ...]) -> Path:
        """The folder of the file in which a value was written."""
        return self._folders[self.origins.find(path).layer.parsed.source.path]

    def _report(self, path: tuple[str | int, ...], message: str, hint: str = "") -> None:
        self.problems.append(self.origins.report(path, message, hint))
