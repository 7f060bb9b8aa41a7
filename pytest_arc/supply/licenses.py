"""Which licences are allowed, and which packages have another one.

The list has one entry a line; what follows `#` is a remark:

    MIT
    Apache-2.0 OR MIT           # the whole expression: MIT alone does not allow it
    tiktoken==0.12.0            # looked at by hand: this release, whatever its metadata say
    our-agent==*                # every release of a package
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.source import Source, read_source

__all__ = ["AllowList", "Package", "load_allow_list"]

_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*(?P<version>\S+)")
_REMARK = re.compile(r"(^|\s)#.*")
_UNKNOWN = "UNKNOWN"
"""What is said of a package that names no licence."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package, as its metadata tell of it."""

    name: str
    version: str
    license: str
    """The expression, else the classifiers joined by `; `, else the free text; `UNKNOWN` where all lack."""


@dataclass(frozen=True, slots=True)
class AllowList:
    """Read by `load_allow_list`."""

    path: str
    """As the user would type it."""
    expressions: frozenset[str]
    releases: Mapping[str, frozenset[str]]
    """Normalised name of a package -> its versions that were looked at; `*` for all."""

    def list_strangers(self, packages: Sequence[Package]) -> list[Package]:
        """The packages whose licence is not allowed, by name."""
        strange = (package for package in packages if not self._allows(package))
        return sorted(strange, key=lambda package: (_normalise(package.name), package.version))

    def _allows(self, package: Package) -> bool:
        if package.license in self.expressions:
            return True
        return not {package.version, "*"}.isdisjoint(self.releases.get(_normalise(package.name), ()))


def load_allow_list(path: Path) -> AllowList:
    """Raises LoadError with every problem of the file."""
    source = read_source(path)
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    releases: dict[str, frozenset[str]] = {}
    for number, line in enumerate(source.lines, 1):
        entry = " ".join(_REMARK.sub("", line).split())
        if not entry:
            continue
        if problem := _find_problem(entry, seen.get(entry)):
            column = len(line) - len(line.lstrip()) + 1
            problems.append(source.report(number, column, *problem))
        elif pinned := _PINNED.fullmatch(entry):
            name = _normalise(pinned["name"])
            releases[name] = releases.get(name, frozenset()) | {pinned["version"]}
        seen.setdefault(entry, number)
    if not seen:
        problems.append(_say_empty(source))
    if problems:
        raise LoadError(problems)
    return AllowList(source.path, frozenset(seen) - {e for e in seen if _PINNED.fullmatch(e)}, releases)


def _find_problem(entry: str, earlier: int | None) -> tuple[str, str] | None:
    """What is wrong with an entry, and what would be right."""
    if earlier is not None:
        return f"'{entry}' stands in line {earlier} already", ""
    if entry.upper() == _UNKNOWN:
        message = f"{_UNKNOWN} would allow every package that names no licence"
        return message, "look at each, and name its release: NAME==VERSION"
    if "*" in entry and not _PINNED.fullmatch(entry):
        message = f"'{entry}' is a pattern; a licence is allowed by its whole expression"
        return message, "write each expression on a line of its own"
    if re.search("[=<>~]", entry) and not _PINNED.fullmatch(entry):
        return f"'{entry}' names neither a licence nor a release", "a release is NAME==VERSION, or NAME==*"
    return None


def _say_empty(source: Source) -> Problem:
    hint = "write one exact licence expression a line, such as MIT"
    return Problem(source.path, 0, 0, "no licence is allowed here", hint=hint)


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
