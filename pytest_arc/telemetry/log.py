"""What happens in a run, one JSON object a line, for log collectors: `--arc-log-json`.

The events of the session, and what modules log by `logging` below the name `pytest_arc`: those records carry
keys of `LogLine` as `extra={"arc": {...}}`. Nothing is written with secrets in it.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO, cast

from pydantic_core import to_json

from pytest_arc.domain.events import (
    CaseFinished,
    Event,
    GateDecided,
    RunFinished,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.plan import Case
from pytest_arc.domain.result import CaseOutcome, TrialResult, Verdict
from pytest_arc.errors import UsageError
from pytest_arc.redaction import Redactor
from pytest_arc.scope import current_scope

__all__ = ["EventLog", "LogLine", "open_log"]


class LogLine(Frozen):
    """One line of the log. Keys that say nothing are left out."""

    time: str
    """ISO 8601, UTC, milliseconds: when it was written."""
    level: Literal["info", "warning", "error"]
    event: Literal[
        "run_started",
        "trial_started",
        "trial_finished",
        "case_finished",
        "gate_decided",
        "run_finished",
        "retry",
        "limit_waited",
        "fallback",
        "breaker_opened",
        "message",
    ]
    """What happened; `message` is anything else that was worth a line."""
    run_id: str
    agent: str | None = None
    """`name@version`, of a gate."""
    case: str | None = None
    """Case id."""
    trial: int | None = None
    """Counted from 1."""
    attempt: int | None = None
    """Above 1 after an attempt that errored."""
    gate: str | None = None
    outcome: str | None = None
    """What became of a trial, a case or a gate."""
    blame: str | None = None
    """Whose doing it was that a trial did not pass."""
    reason: str | None = None
    """Why it did not pass, or why the gate says so."""
    message: str | None = None
    cases: int | None = None
    """Of the run as planned."""
    passed: int | None = None
    """Trials of a case that passed."""
    scored: int | None = None
    """Trials of a case that passed or failed."""
    interrupted: bool | None = None
    """Whether the run ended early."""
    wall_s: float | None = None
    """Real time that a trial took."""
    latency_s: float | None = None
    """The same on the clock of the trial."""
    cost_usd: float | None = None
    """What the agent's model calls in a trial cost; left out when it is not known."""
    model: str | None = None
    """As `provider:model`."""
    wait_s: float | None = None
    """How long a call waits before it is tried again, or has waited for its turn."""


def open_log(place: str, redactor: Redactor, warnings: Sequence[str]) -> EventLog:
    """A log that appends to a file, or with `-` to standard error.

    `warnings` are those of the run, which are written at its end. Raises UsageError.
    """
    if place == "-":
        return EventLog(sys.stderr, redactor, warnings)
    path = Path(place)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        message = f"cannot write {path.as_posix()}: {error.strerror or error}. No trial was run."
        raise UsageError(f"{message}\n    Choose another place: --arc-log-json PATH") from error
    return EventLog(file, redactor, warnings)


class EventLog:
    """Listens to a run, and to what its modules log, in any thread. It closes itself when the run ends."""

    def __init__(self, stream: TextIO, redactor: Redactor, warnings: Sequence[str]) -> None:
        self._stream = stream
        self._redactor = redactor
        self._warnings = warnings
        self._run_id = ""
        self._lock = threading.Lock()
        self._handler = _Handler(self)
        self._logger = logging.getLogger("pytest_arc")
        self._level_before = self._logger.level

    def __call__(self, event: Event) -> None:
        match event:
            case TrialStarted(spec=spec):
                self.write("trial_started", case=spec.case.id, trial=spec.trial)
            case TrialFinished(result=result):
                self._write_trial(result)
            case CaseFinished(case=case, outcome=outcome):
                self._write_case(case, outcome)
            case GateDecided(verdict=verdict):
                self._write_gate(verdict)
            case RunStarted(run_id=run_id, plan=plan):
                self._begin(run_id)
                self.write("run_started", cases=len(plan.cases))
            case RunFinished(interrupted=interrupted):
                for warning in self._warnings:
                    self.write("message", "warning", message=warning)
                self.write("run_finished", interrupted=interrupted)
                self.close()
            case _:
                pass

    def write(self, event: str, level: str = "info", **facts: Any) -> None:
        """Write one line: `facts` are further keys of `LogLine`."""
        told = {key: value for key, value in facts.items() if value is not None and value != ""}
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "level": level, "event": event, "run_id": self._run_id, **told}
        text = to_json(self._redactor.value(line), inf_nan_mode="null", serialize_unknown=True).decode()
        # Whoever reads the log may have gone, and the disk may be full: the run goes on.
        with self._lock, suppress(OSError, ValueError):
            self._stream.write(text + "\n")
            self._stream.flush()

    def close(self) -> None:
        """Nothing more is written. May be called again."""
        self._logger.removeHandler(self._handler)
        self._logger.setLevel(self._level_before)
        if self._stream is not sys.stderr:
            self._stream.close()

    def _begin(self, run_id: str) -> None:
        self._run_id = run_id
        self._logger.addHandler(self._handler)
        self._logger.setLevel(logging.INFO)

    def _write_trial(self, result: TrialResult) -> None:
        self.write(
            "trial_finished",
            "warning" if result.outcome == "errored" else "info",
            case=result.case,
            trial=result.trial,
            attempt=result.attempts,
            outcome=result.outcome,
            blame=result.blame,
            reason=result.reason,
            wall_s=round(result.wall_s, 6),
            latency_s=round(result.latency_s, 6),
            cost_usd=result.paid_usd,
        )

    def _write_case(self, case: Case, outcome: CaseOutcome) -> None:
        self.write(
            "case_finished",
            "error" if outcome.word in ("failed", "errored") else "info",
            case=case.id,
            outcome=outcome.word,
            reason=outcome.reason,
            passed=outcome.passed,
            scored=outcome.scored,
        )

    def _write_gate(self, verdict: Verdict) -> None:
        self.write(
            "gate_decided",
            "error" if verdict.fails else "info",
            agent=verdict.agent,
            gate=verdict.gate,
            outcome=verdict.word,
            reason=verdict.reason,
        )


class _Handler(logging.Handler):
    """Writes what modules log, with the trial that it belongs to."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        scope = current_scope()
        told: dict[str, Any] = {"event": "message", **cast("dict[str, Any]", getattr(record, "arc", {}))}
        if scope is not None:
            told = {"case": scope.case, "trial": scope.trial, "attempt": scope.attempt, **told}
        level = "info" if record.levelno < logging.WARNING else "warning"
        if record.levelno >= logging.ERROR:
            level = "error"
        self._log.write(told.pop("event"), level, message=record.getMessage(), **told)
