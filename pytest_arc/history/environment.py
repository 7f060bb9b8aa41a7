"""Where a run was made: commit, packages, Python."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["describe_environment", "describe_git", "find_git_user"]

_PACKAGES = ("pytest-arc", "pytest", "pydantic", "jinja2", "pyyaml", "pytest-xdist", "modal")


def describe_environment(root: Path) -> dict[str, Any]:
    """Facts for the header of a run: `git` (None outside a repository), `packages`, `python`, `platform`."""
    return {
        "git": describe_git(root),
        "packages": {name: found for name in _PACKAGES if (found := _find_version(name))},
        "python": platform.python_version(),
        "platform": platform.system().lower(),
    }


def find_git_user(root: Path) -> str | None:
    """The name that git writes into commits made at `root`; None when it knows none."""
    return (_run_git(root, "config", "user.name") or "").strip() or None


def describe_git(root: Path) -> dict[str, Any] | None:
    """`sha` and `dirty` (changes of tracked files) of what is checked out; None outside a repository."""
    sha = _run_git(root, "rev-parse", "HEAD")
    if sha is None:
        return None
    changes = _run_git(root, "status", "--porcelain", "--untracked-files=no")
    return {"sha": sha.strip(), "dirty": bool(changes)}


def _run_git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def _find_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
