"""`quarantine.yaml` in the project's root: read, and held against the agents of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.quarantine import Quarantine, QuarantineEntry, count_allowed
from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.places import Layer
from pytest_arc.loading.problems import Origins, explain_errors
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import Source, read_source
from pytest_arc.loading.wording import describe_value
from pytest_arc.loading.yaml import parse_yaml
from pytest_arc.registry import find_near_miss

__all__ = [
    "FILE_NAME",
    "SetAside",
    "apply_quarantine",
    "explain_expired",
    "find_overfull",
    "find_strangers",
    "load_quarantine",
    "parse_quarantine",
]

FILE_NAME = "quarantine.yaml"


def load_quarantine(root: Path) -> Quarantine:
    """What is set aside in the project at `root`; nothing where there is no file. Raises LoadError."""
    path = root / FILE_NAME
    return parse_quarantine(read_source(path)) if path.is_file() else Quarantine(arc_quarantine=1)


def parse_quarantine(source: Source) -> Quarantine:
    """Raises LoadError with every problem of the text."""
    origins = _open(source)
    problems = list(origins.layers[0].parsed.problems)
    if as_mapping(origins.data) is None:
        message = f"a quarantine must be a mapping of keys, not {describe_value(origins.data)}"
        raise LoadError([*problems, origins.report((), message)])
    try:
        quarantine = Quarantine.model_validate({k: v for k, v in origins.data.items() if k != "$schema"})
    except ValidationError as error:
        raise LoadError([*problems, *explain_errors(error, origins)]) from None
    problems += _find_duplicates(quarantine, origins)
    if problems:
        raise LoadError(problems)
    return quarantine


@dataclass(frozen=True, slots=True)
class SetAside:
    """What the quarantine means for one agent."""

    scenarios: frozenset[str]
    """Out of its regression gate for now."""
    notes: tuple[str, ...]
    """What its reports say: a sentence for each entry that has expired."""


def apply_quarantine(root: Path, agents: Iterable[AgentPlan], today: date) -> dict[str, SetAside]:
    """Agent id -> what is set aside for it. Raises LoadError, also when that is more than may be."""
    quarantine = load_quarantine(root)
    applied: dict[str, SetAside] = {}
    problems: list[Problem] = []
    for agent in agents:
        name = agent.profile.name
        suite = {case.scenario.id for case in agent.cases}
        problems += find_overfull(root, quarantine, {name: suite}, today)
        expired = [entry for entry in quarantine.expired(name, today) if entry.scenario in suite]
        applied[agent.profile.id] = SetAside(
            quarantine.active(name, today) & suite, tuple(map(explain_expired, expired))
        )
    if problems:
        raise LoadError(problems)
    return applied


def find_overfull(
    root: Path, quarantine: Quarantine, agents: Mapping[str, Collection[str]], today: date
) -> list[Problem]:
    """A problem for each agent of which more than 10 % is set aside. `agents`: name -> scenario ids."""
    problems: list[Problem] = []
    for agent, scenarios in agents.items():
        aside = quarantine.active(agent, today).intersection(scenarios)
        allowed = count_allowed(len(scenarios))
        if len(aside) <= allowed:
            continue
        indices = [n for n, e in enumerate(quarantine.entries) if e.concerns(agent) and e.scenario in aside]
        message = f"{len(aside)} of {len(scenarios)} scenarios of agent '{agent}' are set aside"
        hint = f"at most 10 % may be, here {allowed or 'none'}: a gate over the rest would mean little"
        problems.append(replace(_report(root, indices[allowed], message), hint=hint))
    return problems


def find_strangers(
    root: Path, quarantine: Quarantine, agents: Mapping[str, Collection[str]]
) -> list[Problem]:
    """A remark on each entry about a scenario that its agent does not have, or none of `agents`."""
    remarks: list[Problem] = []
    every = {scenario for scenarios in agents.values() for scenario in scenarios}
    for index, entry in enumerate(quarantine.entries):
        if entry.agent is not None and entry.agent not in agents:
            # The entry is about an agent of another file, unless it is the name that is wrong.
            if entry.scenario in every:
                message, near = f"no agent here is named '{entry.agent}'", find_near_miss(entry.agent, agents)
                remarks.append(_report(root, index, message, near, "agent"))
        elif entry.scenario not in (known := agents[entry.agent] if entry.agent else every):
            who = f"agent '{entry.agent}' has no" if entry.agent else "no agent here has a"
            message, near = f"{who} scenario '{entry.scenario}'", find_near_miss(entry.scenario, known)
            remarks.append(_report(root, index, message, near))
    return remarks


def explain_expired(entry: QuarantineEntry) -> str:
    """What every report says of an entry that sets nothing aside any more."""
    return (
        f"the quarantine of {entry.scenario} (owner {entry.owner}) expired on {entry.expires}:"
        f" the regression gate counts it again. Take the entry out: arc quarantine rm {entry.scenario}"
    )


def _open(source: Source) -> Origins:
    parsed = parse_yaml(source)
    return Origins([Layer(parsed, "the quarantine")], Quarantine, parsed.data)


def _report(root: Path, index: int, message: str, near: str | None = None, key: str = "scenario") -> Problem:
    """A problem with one key of an entry."""
    hint = f"did you mean '{near}'?" if near else ""
    return _open(read_source(root / FILE_NAME)).report(("entries", index, key), message, hint)


def _find_duplicates(quarantine: Quarantine, origins: Origins) -> list[Problem]:
    problems: list[Problem] = []
    for index, entry in enumerate(quarantine.entries):
        for earlier, other in enumerate(quarantine.entries[:index]):
            same_agent = entry.agent == other.agent or None in (entry.agent, other.agent)
            if entry.scenario == other.scenario and same_agent:
                line = origins.find(("entries", earlier, "scenario")).place.line
                message = f"scenario '{entry.scenario}' is set aside twice"
                problems.append(
                    origins.report(("entries", index, "scenario"), message, f"also in line {line}")
                )
                break
    return problems
