"""Which changes since the main line can matter to an agent: what its files say, and what it watches."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from pytest_arc.domain.plan import AgentPlan

__all__ = ["list_relevant"]

_SETTINGS = ("pyproject.toml", "pytest.toml", "pytest.ini", "tox.ini", "quarantine.yaml", "models.yaml")
_FOLDERS = ("baselines",)


def list_relevant(agent: AgentPlan, root: Path, changed: Iterable[str]) -> list[str]:
    """Those of the changed files that can matter to the agent; posix paths relative to `root`, sorted.

    Without `watch`, all can: its code may be anywhere. With it, those that match, those in the folders of
    its profile and scenarios, files that its scenarios use, settings and baselines.
    """
    if not agent.profile.watch:
        return sorted(changed)
    folders = (*(PurePosixPath(_place(path.parent, root)) for path in _list_files(agent)), *_FOLDERS)
    sources = {_place(Path(path), root) for path in _list_sources(agent)}
    home = Path(agent.path).parent
    watched = [_compile(_place(home / pattern, root)) for pattern in agent.profile.watch]

    def is_relevant(path: str) -> bool:
        if path in _SETTINGS or path in sources or any(pattern.fullmatch(path) for pattern in watched):
            return True
        return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)

    return sorted(filter(is_relevant, changed))


def _list_files(agent: AgentPlan) -> Iterator[Path]:
    yield Path(agent.path)
    yield from {Path(case.origin.path) for case in agent.cases}
    if agent.profile.extends is not None:
        yield Path(agent.path).parent / agent.profile.extends


def _list_sources(agent: AgentPlan) -> set[str]:
    worlds = (case.scenario.world for case in agent.cases)
    sources = (source for world in worlds for source in (*world.files.values(), *world.tables.values()))
    return {source.path for source in sources if source.path is not None}


def _place(path: Path, root: Path) -> str:
    """Relative to the root, also where a pattern cannot be a path of this system; `../...` outside."""
    # Path.resolve() would follow links, which git does not.
    return Path(os.path.relpath(path, root)).as_posix()


def _compile(pattern: str) -> re.Pattern[str]:
    """As `Path.glob` reads it, but for files that are gone as well."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    split = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(parts.get(part) or re.escape(part) for part in split))
