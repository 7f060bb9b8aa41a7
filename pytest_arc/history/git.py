"""What git knows of a change: where it left the main line, which files differ, how they were then.

Nothing here raises: where git has no answer, a sentence says why.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "MergeBase",
    "NoMergeBase",
    "find_merge_base",
    "is_on_line",
    "is_versioned",
    "list_changed",
    "read_then",
]

TIMEOUT_S = 5.0

_MAIN_LINES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_MOST_PATHS = 200
"""More are not named on a command line, which has its limits."""


@dataclass(frozen=True, slots=True)
class MergeBase:
    """The commit at which a change left the main line."""

    line: str
    """`main`: what it left, as people call it."""
    sha: str
    ref: str = field(default="", compare=False)
    """The same as git takes it: `origin/main`."""

    @property
    def label(self) -> str:
        """`main 3f2c1a9`"""
        return f"{self.line} {self.sha[:7]}"


@dataclass(frozen=True, slots=True)
class NoMergeBase:
    """Why none is known."""

    reason: str
    """What is missing and what to do, as a part of a sentence."""


def is_versioned(root: Path) -> bool:
    """Whether there seems to be a git repository around `root`; asks no process."""
    absolute = root.absolute()
    return any((folder / ".git").exists() for folder in (absolute, *absolute.parents))


def find_merge_base(
    root: Path, base: str | None = None, environ: Mapping[str, str] | None = None
) -> MergeBase | NoMergeBase:
    """Where HEAD left the main line: `base` if given (a branch, tag or commit), else the branch that a pull
    request on GitHub is for, else the main branch of `origin`, else `main` or `master`.

    On the main line itself that is HEAD. Takes two git processes.
    """
    if not is_versioned(root):
        return NoMergeBase("this is no git repository")
    asked = base or _read_github(os.environ if environ is None else environ)
    line = asked or _find_main_line(root)
    if isinstance(line, NoMergeBase):
        return line
    done = _run(root, "merge-base", "--", "HEAD", line)
    if isinstance(done, NoMergeBase):
        return done
    found = _COMMIT.match(done.stdout)
    if done.returncode == 0 and found:
        return MergeBase(_shorten(line), found.group(), line)
    return _explain_missing(root, line, done, given=base is not None)


def _read_github(environ: Mapping[str, str]) -> str | None:
    """GitHub sets the branch that a pull request is for."""
    branch = environ.get("GITHUB_BASE_REF")
    return f"origin/{branch}" if branch else None


def _find_main_line(root: Path) -> str | NoMergeBase:
    names = [f"refs/{'remotes' if '/' in name else 'heads'}/{name}" for name in _MAIN_LINES]
    done = _run(root, "for-each-ref", "--format=%(refname) %(symref)", *names)
    if isinstance(done, NoMergeBase):
        return done
    if done.returncode != 0:
        return NoMergeBase(f"git gives no answer ({_read_complaint(done)})")
    there = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    for name in filter(there.__contains__, names):
        # origin/HEAD is a name for another one, which people know better.
        return (there[name] or name).removeprefix("refs/remotes/").removeprefix("refs/heads/")
    return NoMergeBase(
        "there is no main line here (none of origin/HEAD, main, master): name it with --arc-base REF"
    )


def _explain_missing(
    root: Path, line: str, done: subprocess.CompletedProcess[str], *, given: bool
) -> NoMergeBase:
    complaint = _read_complaint(done)
    if "Not a valid object name HEAD" in complaint:
        return NoMergeBase("nothing has been committed yet")
    shallow = _run(root, "rev-parse", "--is-shallow-repository")
    is_shallow = not isinstance(shallow, NoMergeBase) and shallow.stdout.strip() == "true"
    command = "git fetch --unshallow origin" if is_shallow else "git fetch origin"
    fetch = f"fetch it: {command}, in GitHub Actions fetch-depth: 0"
    if "Not a valid object name" in complaint or "unknown revision" in complaint:
        if given and not is_shallow:
            return NoMergeBase(f"git knows no '{line}' here (--arc-base)")
        return NoMergeBase(f"'{line}' is not in this clone; {fetch}")
    if is_shallow:
        return NoMergeBase(f"this is a shallow clone without the commit that left {_shorten(line)}; {fetch}")
    if done.returncode == 1 and not complaint:
        return NoMergeBase(f"HEAD and {_shorten(line)} have no commit in common")
    return NoMergeBase(f"git gives no answer ({complaint})")


def is_on_line(root: Path, base: MergeBase, sha: str) -> bool:
    """Whether the main line has a commit. Takes one git process."""
    if not _COMMIT.fullmatch(sha):
        return False
    done = _run(root, "merge-base", "--is-ancestor", sha, base.ref or base.sha)
    return not isinstance(done, NoMergeBase) and done.returncode == 0


def list_changed(root: Path, base: MergeBase, paths: Iterable[str] = ()) -> frozenset[str] | None:
    """What differs from the merge base, untracked files among it, by posix path relative to `root`; of all
    files, or of `paths` (files and folders). None when git gives no answer. Takes two git processes."""
    only = sorted(set(paths))
    limit = ["--", *(f":(literal){path}" for path in only)] if 0 < len(only) <= _MOST_PATHS else []
    tracked = _run(root, "diff", "--name-only", "-z", "--no-renames", "--relative", base.sha, *limit)
    untracked = _run(root, "ls-files", "--others", "--exclude-standard", "-z", *limit)
    if isinstance(tracked, NoMergeBase) or isinstance(untracked, NoMergeBase):
        return None
    if tracked.returncode or untracked.returncode:
        return None
    return frozenset(path for path in (tracked.stdout + untracked.stdout).split("\0") if path)


def read_then(root: Path, base: MergeBase, path: str) -> str | None:
    """The text of a file at the merge base, `path` relative to `root`; None when it was not there."""
    done = _run(root, "show", f"{base.sha}:./{path}")
    return None if isinstance(done, NoMergeBase) or done.returncode else done.stdout


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str] | NoMergeBase:
    # Without locks: someone may be committing. In English: the complaints are read above.
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=TIMEOUT_S,
        )
    except FileNotFoundError:
        return NoMergeBase("git is not installed")
    except subprocess.TimeoutExpired:
        return NoMergeBase(f"git did not answer within {TIMEOUT_S:.0f} s")
    except (OSError, ValueError) as error:
        return NoMergeBase(f"git cannot be run ({error})")


def _read_complaint(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else ""


def _shorten(line: str) -> str:
    name = line.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix("origin/")
    return name[:7] if _COMMIT.fullmatch(name) else name
