"""What stands in a container: packages, this one's source, and the project's modules that trials need.

What is in the project keeps its place relative to the project's root, and that to the current folder: what is
found from there here is found there too, and is called the same in messages.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path, PurePosixPath
from typing import Any

import pytest_arc
from pytest_arc.domain.plan import Plan

__all__ = ["Sources", "find_sources", "list_extras", "list_requirements", "make_image"]

HOME = PurePosixPath("/root")
"""Where containers begin, and the first folder of `sys.path`."""
_OTHER_ROOTS = ".arc/roots"
"""Below the project's root: where import roots outside the project go."""
_IGNORED = ("**/__pycache__", "**/*.pyc", "**/.git", "**/.venv", "**/.arc", "**/node_modules")

_EXTRAS = {
    "models": "pydantic_ai",
    "http": "httpx2",
    "redis": "redis",
    "langgraph": "langgraph",
    "openai-agents": "agents",
    "otel": "opentelemetry.sdk",
}
"""Extra -> a module that is imported when it is used."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The part of the project that goes along."""

    root: str
    """The project's root in containers, relative to the folder in which they begin."""
    cwd: str
    """The current folder there, relative to `root`."""
    places: tuple[tuple[Path, PurePosixPath], ...]
    """A file or folder here -> where it stands in containers."""
    import_roots: tuple[str, ...]
    """Relative to `root`."""


def find_sources(root: Path, import_roots: Sequence[str], extra: Sequence[str] = ()) -> Sources:
    """Every module of the project that has been imported here, which planning a run does with its agents,
    tools and checks; and what is named in `extra`, relative to `root`.
    """
    cwd = Path.cwd()
    there = root.relative_to(cwd).as_posix() if root.is_relative_to(cwd) else "."
    inside = cwd.relative_to(root).as_posix() if cwd.is_relative_to(root) and cwd != root else ""
    roots = {(root / name).absolute(): _place_root(name, n) for n, name in enumerate(import_roots)}
    found = {place for name in _list_loaded(roots) for place in _find_places(name)}
    found |= {root / name for name in extra}
    places = tuple((path, HOME / there / _place(path, root, roots)) for path in sorted(found))
    return Sources(there, inside, places, tuple(str(place) for place in roots.values()))


def _place_root(name: str, number: int) -> PurePosixPath:
    place = PurePosixPath(name)
    return PurePosixPath(_OTHER_ROOTS, str(number)) if Path(name).is_absolute() else place


def _list_loaded(roots: Iterable[Path]) -> list[str]:
    """Top-level modules that came from one of these folders."""
    own = {"__main__", "pytest_arc"}
    names = [name for name in sys.modules if "." not in name and name not in own]
    return [name for name in names if any(place.parent in roots for place in _find_places(name))]


def _find_places(name: str) -> list[Path]:
    """The file of a module, or the folder of a package."""
    module: Any = sys.modules[name]
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    file = getattr(module, "__file__", None)
    return folders or ([Path(file)] if file else [])


def _place(path: Path, root: Path, roots: dict[Path, PurePosixPath]) -> PurePosixPath:
    if path.is_relative_to(root):
        return PurePosixPath(path.relative_to(root).as_posix())
    folder = next((folder for folder in roots if path.is_relative_to(folder)), path.parent)
    return roots.get(folder, PurePosixPath()) / path.relative_to(folder).as_posix()


def list_requirements(extras: Iterable[str]) -> list[str]:
    """What this package needs, with these extras, in the versions that are installed here."""
    wanted = {"", *extras}
    found: list[str] = []
    for line in requires("pytest-arc") or ():
        name = re.match(r"([\w.-]+)(\[[\w.,-]+\])?", line)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if name is None or (extra[1] if extra else "") not in wanted:
            continue
        try:
            found.append(f"{name[0]}=={version(name[1])}")
        except PackageNotFoundError:
            continue  # of an extra that is not used here
    return sorted(set(found))


def list_extras(plan: Plan) -> Iterator[str]:
    """The extras of this package that trials of a plan may use."""
    asks = any(case.asks_models or case.profile.target.kind == "model" for case in plan.cases)
    for extra, module in _EXTRAS.items():
        if module in sys.modules or (extra == "models" and asks):
            yield extra


def make_image(
    modal: Any,
    python: str | None,
    packages: Sequence[str],
    requirements: Sequence[str],
    root: Path,
    sources: Sources,
) -> Any:
    """The image: what this package needs, then what the user asks for, then source."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    image = modal.Image.debian_slim(python_version=python or here).pip_install(*packages)
    files = [line[2:].strip() for line in requirements if line.startswith("-r")]
    others = [line for line in requirements if not line.startswith("-r")]
    for name in files:
        image = image.pip_install_from_requirements(str(root / name))
    if others:
        image = image.pip_install(*others)
    own = Path(pytest_arc.__file__).parent
    for path, place in ((own, HOME / "pytest_arc"), *sources.places):
        if path.is_dir():
            image = image.add_local_dir(path, str(place), ignore=list(_IGNORED))
        else:
            image = image.add_local_file(path, str(place))
    return image
