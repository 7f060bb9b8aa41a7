"""What makes the trials of a run, and what all of them share: executor, models, limits, recordings, log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_arc.domain.events import Event
from pytest_arc.domain.plan import Plan, TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.executors.services import open_services, record_answers
from pytest_arc.executors.stream import TrialStream
from pytest_arc.executors.wire import Job
from pytest_arc.mode import SessionMode, choose_options
from pytest_arc.providers.cassettes.opening import FOLDER
from pytest_arc.providers.services import Services
from pytest_arc.redaction import Redactor
from pytest_arc.registry import find_import_roots, list_added
from pytest_arc.telemetry.log import EventLog, open_log

__all__ = ["Workshop"]


class Workshop:
    """Open it, start it when the run has a folder, and close it whatever happened."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        mode: SessionMode,
        root: Path,
        environ: Mapping[str, str],
        announce: Callable[[TrialSpec], None],
        witness: Callable[[TrialResult], None],
        keep: Callable[[TrialResult], TrialResult],
    ) -> None:
        """`announce`, `witness` and `keep`: as `TrialStream` takes them."""
        self._plan = plan
        self._settings = settings
        self._mode = mode
        self._root = root
        self._environ = environ
        patterns = {extra.name: extra.pattern for extra in settings.redaction}
        self.redactor = Redactor(environ, patterns)
        self.services = Services()
        options = choose_options(plan, settings, mode, self.services, self.redactor)
        self.executor = options.executor
        self.stream = TrialStream(options, announce, witness, keep)
        self._log: EventLog | None = None

    def open(self) -> list[Callable[[Event], None]]:
        """Make ready what trials share, and return who listens to the run for it.

        Raises UsageError when a key is missing or the log cannot be written, and LoadError for a damaged list
        of models.
        """
        return [*self._open_log(), *self._open_services()]

    def start(self, run: str) -> None:
        """Let trials be made for the run of that id. Raises UsageError when they cannot be, there."""
        record_answers(
            self.services,
            self._plan,
            self._settings,
            folder=self._recordings,
            run=run,
            redactor=self.redactor,
            repeat=self._mode.repeat,
        )
        job = self._describe_job(run)
        self.executor.verify(self._plan, job)
        self.stream.start(self._plan, job)

    def close(self) -> None:
        """End what runs. The log goes on: what comes after the trials is told there, too."""
        self.stream.close()
        self.services.close()

    def close_log(self) -> None:
        if self._log is not None:
            self._log.close()

    @property
    def asks_providers(self) -> bool:
        """Whether models may be called, and not only their recordings."""
        makes_any = self._mode.makes_planned or self._mode.workers > 0
        return self._settings.record != "none" and self._mode.repeat is None and makes_any

    def _open_log(self) -> list[Callable[[Event], None]]:
        if self._settings.log_json is None or self._mode.part is not None:
            return []
        self._log = open_log(self._settings.log_json, self.redactor, self.services.warnings)
        return [self._log]

    def _open_services(self) -> list[Callable[[Event], None]]:
        return open_services(
            self.services,
            self._plan,
            self._settings,
            root=self._root,
            redactor=self.redactor,
            environ=self._environ,
            asks=self.asks_providers,
            recordings=self._recordings,
        )

    @property
    def _recordings(self) -> Path:
        return self._mode.recordings or self._root / self._settings.dir / FOLDER

    def _describe_job(self, run: str) -> Job:
        return Job(
            self._settings,
            run,
            self._root.as_posix(),
            find_import_roots(self._root),
            self._recordings.as_posix(),
            self._mode.route_output,
            registered=list_added(),
        )
