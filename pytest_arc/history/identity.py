"""Who was measured, and with what: hashes that tell whether two runs can be compared."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.fingerprint import fingerprint

__all__ = ["describe_agent", "hash_checks", "hash_scenario"]


def describe_agent(agent: AgentPlan) -> dict[str, Any]:
    """One agent of a run's header: what it is, its identity, and the hash of each scenario and its checks."""
    profile = agent.profile
    identity = profile.model_dump(mode="json", include={"system_prompt", "tools", "limits"})
    identity["target"] = profile.target.identify()
    made_of = {name: fingerprint(part)[:16] for name, part in identity.items()}
    watched = _hash_watched(Path(agent.path).parent, profile.watch)
    return {
        "id": profile.id,
        "name": profile.name,
        "version": profile.version,
        "path": agent.path,
        "job": profile.job,
        "assumptions": {assumption.id: assumption.text for assumption in profile.assumptions},
        "capabilities": list(profile.capabilities),
        "target": profile.target.describe(),
        "identity": fingerprint([identity, watched]),
        "made_of": made_of,
        "watched": watched,
        "deterministic": profile.target.deterministic,
        "repeatable": profile.target.repeatable,
        "trials": agent.trials,
        "max_trials": agent.max_trials,
        "gates_at": dict(agent.gates_at),
        "scenarios": {case.scenario.id: [hash_scenario(case), hash_checks(case)] for case in agent.cases},
    }


def hash_scenario(case: Case) -> str:
    """Of what the agent meets: user, world, faults. Files count by content, not by place.

    Recorded trials bring the user's turns with them: then those of the file do not count.
    """
    sources = {"path": True}
    world = {"files": {"__all__": sources}, "tables": {"__all__": sources}}
    include = {"id", "user", "world", "faults"}
    if not case.profile.target.repeatable:
        include.remove("user")
    return fingerprint(case.scenario.model_dump(mode="json", include=include, exclude={"world": world}))[:16]


def hash_checks(case: Case) -> str:
    """Of what is expected, with the version of each check."""
    checks = case.scenario.expect
    return fingerprint([[check.version, check.model_dump(mode="json")] for check in checks])[:16]


def _hash_watched(folder: Path, patterns: tuple[str, ...]) -> dict[str, str]:
    files = {path for pattern in patterns for path in _glob(folder, pattern)}
    return {
        path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(files)
        if path.is_file()
    }


def _glob(folder: Path, pattern: str) -> list[Path]:
    while pattern.startswith("../"):
        folder, pattern = folder.parent if folder != Path() else Path(".."), pattern[3:]
    return list(folder.glob(pattern))
