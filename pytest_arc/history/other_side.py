"""The agents as they are at another git revision, run beside this run instead of a baseline.

Both sides meet the same scenarios, seeds, provider and hour. The other one has a working tree and a process
of its own, so that its prompts, data and code are those of the revision.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pytest_arc.domain.baseline import Baseline
from pytest_arc.errors import UsageError
from pytest_arc.history.baselines import make_baseline
from pytest_arc.history.folder import find_run
from pytest_arc.history.measured import measure_run

__all__ = ["OtherSide"]

GIT_TIMEOUT_S = 60.0
POLL_S = 0.1
PRIVATE = (
    *("ARC_AGAINST", "ARC_HISTORY", "ARC_ADVISORY", "ARC_DIR", "ARC_LICENSES"),
    *("ARC_JSON", "ARC_HTML", "ARC_MARKDOWN", "ARC_SBOM"),
)
"""Settings from the environment that are not for the other side."""


class OtherSide:
    """One revision of the project. `start` it, `wait` for it, and `close` it whatever happened."""

    def __init__(self, root: Path, ref: str) -> None:
        """Raises UsageError when git does not know `ref`, or there is no git."""
        self.ref = ref
        self._top = Path(_ask_git(root, ref, "rev-parse", "--show-toplevel"))
        sha = _ask_git(root, ref, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        self.label = ref if sha.startswith(ref) else f"{ref} {sha[:7]}"
        self._sha = sha
        self._folder = Path(tempfile.mkdtemp(prefix="pytest-arc-against-"))
        self._tree = self._folder / "tree"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, profiles: Sequence[str], flags: Sequence[str]) -> None:
        """Check the revision out and let `arc run` begin there. `profiles` are as the user would type them.

        Raises UsageError when a profile is not in the revision, or it cannot be checked out.
        """
        _ask_git(self._top, self.ref, "worktree", "add", "--detach", str(self._tree), self._sha)
        here = self._map(Path.cwd()) or self._tree
        missing = [path for path in profiles if not (here / path).is_file()]
        if missing:
            self.close()
            raise UsageError(f"{', '.join(missing)} is not in {self.label}: there is nothing to compare with")
        with (self._folder / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pytest_arc", "run", *profiles, "--dir", str(self._folder), *flags],
                cwd=here,
                env=self._make_environ(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self, tick: Callable[[], None] = lambda: None) -> dict[str, Baseline]:
        """Path of a profile -> how it did there, once it has ended. Raises UsageError when it failed."""
        if self._process is None:
            raise RuntimeError("the other side has not been started")
        while True:
            with suppress(subprocess.TimeoutExpired):  # it still runs
                self._process.wait(POLL_S)
                break
            tick()
        try:
            measured = measure_run(find_run(self._folder, "last"))
        except UsageError as error:
            raise UsageError(f"the run of {self.label} failed: {self._read_complaint() or error}") from error
        return {agent.facts["path"]: replace(make_baseline(agent), label=self.label) for agent in measured}

    def close(self) -> None:
        """End what still runs, and remove the working tree."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):  # it does not end by itself: it is killed
                self._process.wait(10.0)
            self._process.kill()
        # There is none where it could not be checked out, and git forgets by itself one whose folder is gone.
        with suppress(UsageError):
            _ask_git(self._top, self.ref, "worktree", "remove", "--force", str(self._tree))
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make_environ(self) -> dict[str, str]:
        """This environment, with the project's modules found in the other working tree."""
        environ = {name: value for name, value in os.environ.items() if name not in PRIVATE}
        own = os.pathsep.join(str(path) for path in self._map_modules())
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, [own, environ.get("PYTHONPATH", "")]))
        return environ

    def _map_modules(self) -> Iterator[Path]:
        for entry in sys.path:
            # An environment inside the project holds packages, which are the same on both sides.
            if entry and "site-packages" not in entry and (path := self._map(Path(entry))):
                yield path

    def _map(self, path: Path) -> Path | None:
        """The place in the other working tree; None for what is outside the repository."""
        absolute = path.resolve()
        if not absolute.is_relative_to(self._top.resolve()):
            return None
        return self._tree / absolute.relative_to(self._top.resolve())

    def _read_complaint(self) -> str:
        text = (self._folder / "output.txt").read_text(encoding="utf-8", errors="replace").strip()
        return text[-1000:]


def _ask_git(root: Path, ref: str, *arguments: str) -> str:
    """The answer of git, for which there is no other way. Raises UsageError."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=GIT_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"--arc-against {ref} needs git: {error}") from error
    if done.returncode == 0:
        return done.stdout.strip()
    if arguments[0] == "rev-parse" and "--verify" in arguments:
        raise UsageError(f"--arc-against {ref}: git knows no such revision here (a shallow clone? fetch it)")
    complaint = done.stderr.strip().removeprefix("fatal: ").splitlines()
    raise UsageError(f"--arc-against {ref}: {complaint[0] if complaint else 'git gave no answer'}")
