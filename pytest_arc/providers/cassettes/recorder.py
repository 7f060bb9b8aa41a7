"""What a run does with recorded answers, by its record mode.

    none   recorded answers only; a call without one is an error, and nothing leaves
    once   a trial that has recordings is replayed from them alone; one that has none is live and recorded
    new    what is recorded is replayed; what is not is live and recorded
    all    every call is live, and its answer takes the place of what was recorded
    -      (no mode) every call is live; the answers are kept for `arc debug` of this run alone

Whatever the mode, the answers that a trial was given belong to its run too, so that the trial can be
repeated from them. Everything is redacted before it is written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pytest_arc.domain.cassette import RecordMode
from pytest_arc.domain.expressions import read_path
from pytest_arc.errors import InfrastructureError, UnrecordedCall
from pytest_arc.fingerprint import fingerprint
from pytest_arc.providers.cassettes.entries import DamagedEntry, Recording
from pytest_arc.providers.cassettes.requests import list_differences, remove_ignored
from pytest_arc.scope import TrialScope, current_purpose

__all__ = ["SHARED", "Call", "Recorder", "Repetition", "Shelf", "name_owner"]

SHARED = ""
"""The owner of the recordings that every run may replay."""
SHOWN_DIFFERENCES = 3


def name_owner(run: str, case: str) -> str:
    """The owner of what one case of a run was answered."""
    return f"{run}::{case}"


@dataclass(frozen=True, slots=True)
class Repetition:
    """The trial of an earlier run that is repeated from the answers it was given."""

    owner: str
    """Of those answers, as `name_owner` says it."""
    attempt: int
    """The one that the trial's result came from."""


class Shelf(Protocol):
    """Where recordings are: a folder, or with the trials that need them."""

    def find(self, owner: str, key: str, keep_for: str = "") -> Recording | None:
        """The recording of a call, which `keep_for` then has too. Raises DamagedEntry."""
        ...

    def add(self, recording: Recording, owners: Sequence[str], replace: bool = False) -> None: ...

    def has_trial(self, owner: str, scenario: str, trial: int) -> bool: ...

    def list_near(self, owner: str, scenario: str, trial: int, most: int = 50) -> Iterator[Recording]: ...

    def list_trial(self, owner: str, scenario: str, trial: int) -> Iterator[Recording]: ...

    def forget(self, sha256: str) -> None:
        """Take a damaged entry out."""
        ...

    def close(self) -> None: ...


class Recorder:
    """Replays and records the calls of one run."""

    def __init__(
        self,
        store: Shelf,
        *,
        run: str,
        mode: RecordMode | None,
        redact: Callable[[Any], Any],
        ignore: Sequence[str] = (),
        repeat: Repetition | None = None,
        warn: Callable[[str], None] = lambda message: None,
        keep: bool = True,
    ) -> None:
        """`redact` takes secrets out of a JSON value; `repeat` replays the kept answers of an
        earlier run instead of the shared ones; without `keep` a run has no answers of its own.
        """
        self.store = store
        self.run = run
        self.mode: RecordMode | None = mode
        self._redact = redact
        self._ignored = [read_path(expression) for expression in ignore]
        self._repeat = repeat
        self._warn = warn
        self._keeps = keep
        self._begun: set[tuple[str, int]] = set()
        """Trials that had no recording when they began."""
        self._lock = threading.Lock()

    @property
    def is_sealed(self) -> bool:
        """Whether nothing may leave."""
        return self.mode == "none"

    def open(self, scope: TrialScope, kind: Literal["http", "model"], request: Any) -> Call:
        """Begin one call of a trial: `request` is plain JSON, in its canonical form."""
        purpose = current_purpose()
        request = remove_ignored(self._redact(request), self._ignored)
        what = fingerprint([kind, purpose, request])
        number = scope.count(("cassette", what))
        attempt = scope.attempt if self._repeat is None else self._repeat.attempt
        key = fingerprint([what, scope.scenario, scope.trial, number, attempt])
        return Call(self, scope, kind, request, purpose, what, number, key)

    def find(self, call: Call) -> Recording | None:
        """The recording that answers a call; None where it is to be made live. Raises InfrastructureError."""
        if self.mode is None or self.mode == "all":
            return None
        owner = self._owner
        begun = self.mode == "once" and self._begins(owner, call.scope)
        try:
            found = self.store.find(owner, call.key, self._kept_for(call.scope))
        except DamagedEntry as damage:
            self._handle(damage, call)
            return None
        if found is None and (self.mode == "none" or (self.mode == "once" and not begun)):
            raise self._explain_miss(owner, call)
        return found

    def record(self, call: Call, answer: Any) -> None:
        """Write down what a live call was answered."""
        scope = call.scope
        kept = self._kept_for(scope)
        owners = [owner for owner in (kept, SHARED) if owner or self.mode is not None]
        if owner := [owner for owner in owners if owner or not self.is_sealed]:
            recording = Recording(
                key=call.key,
                kind=call.kind,
                scenario=scope.scenario,
                trial=scope.trial,
                purpose=call.purpose,
                number=call.number,
                attempt=scope.attempt,
                run=self.run,
                recorded=time.time(),
                request=call.request,
                answer=self._redact(answer),
            )
            self.store.add(recording, owner, replace=self.mode == "all")
            scope.answers.add(recording.identity)

    @property
    def _owner(self) -> str:
        """Of what is replayed."""
        return SHARED if self._repeat is None else self._repeat.owner

    def _kept_for(self, scope: TrialScope) -> str:
        return name_owner(self.run, scope.case) if self._keeps else ""

    def _begins(self, owner: str, scope: TrialScope) -> bool:
        """Whether a trial had no recording at its first call in this run."""
        trial = scope.scenario, scope.trial
        with self._lock:
            if trial not in self._begun and not self.store.has_trial(owner, *trial):
                self._begun.add(trial)
            return trial in self._begun

    def _handle(self, damage: DamagedEntry, call: Call) -> None:
        if self.is_sealed:
            raise InfrastructureError(
                f"{damage}; nothing was sent ({call.describe()}). `arc cache purge` takes it out,"
                " --arc-record new records it again"
            )
        self._warn(f"{damage}; it was taken out and recorded again")
        self.store.forget(damage.sha256)

    def _explain_miss(self, owner: str, call: Call) -> InfrastructureError:
        near = self._find_nearest(owner, call)
        if self._repeat is not None:
            what = f"in that run nothing answered {call.describe()}, so nothing was sent"
            return InfrastructureError(f"{what}; {near}; --live asks the provider")
        what = f"no recording of {call.describe()}, so nothing was sent (record mode {self.mode})"
        return UnrecordedCall(f"{what}; {near}; record it: --arc-record new")

    def _find_nearest(self, owner: str, call: Call) -> str:
        """How the call differs from the recording that is most like it."""
        scope = call.scope
        best: tuple[int, Recording, list[str]] | None = None
        for recording in self.store.list_near(owner, scope.scenario, scope.trial):
            differences = list(list_differences(recording.request, call.request))
            if best is None or len(differences) < best[0]:
                best = len(differences), recording, differences
        if best is None:
            return "there is none like it"
        number, recording, differences = best
        place = f"call {recording.number} like it" if recording.number > 1 else "a call"
        where = f"{place} of {recording.scenario}, trial {recording.trial}, by {recording.purpose}"
        if not differences:
            return f"the same was recorded as {where}, attempt {recording.attempt}"
        shown = "; ".join(differences[:SHOWN_DIFFERENCES])
        more = f"; and {number - SHOWN_DIFFERENCES} more" if number > SHOWN_DIFFERENCES else ""
        return f"the nearest is {where}, where {shown}{more}"


@dataclass(slots=True)
class Call:
    """One call under way: `replay` it, or make it and `keep` the answer, or `drop` it when there is none."""

    recorder: Recorder
    scope: TrialScope
    kind: Literal["http", "model"]
    request: Any
    purpose: str
    what: str
    """Hash of the request, the same for all equal ones."""
    number: int
    key: str

    def replay(self) -> Any:
        """The recorded answer; None where a live one is to be asked for.

        Raises InfrastructureError when there is none and must be none. The trial remembers it, whatever its
        agent makes of it.
        """
        try:
            found = self.recorder.find(self)
        except InfrastructureError as error:
            self.drop()
            self.scope.trouble = self.scope.trouble or error
            raise
        if found is None:
            self.scope.live_calls += 1
            return None
        self.scope.replayed_calls += 1
        self.scope.answers.add(found.identity)
        return found.answer

    def keep(self, answer: Any) -> None:
        """Record the answer of a live call: plain JSON."""
        self.recorder.record(self, answer)

    def drop(self) -> None:
        """No answer came that is worth to be recorded: the next equal call takes this one's place."""
        self.scope.uncount(("cassette", self.what))

    def describe(self) -> str:
        """As messages name it."""
        request = self.request
        if self.kind == "http":
            # Either may be ignored, and is not there then.
            what = f"{request.get('method', 'a request')} {request.get('url', '')}".rstrip()
        else:
            what = f"a call of {request.get('model') or 'the model'}"
        again = f", asked for the {self.number}. time" if self.number > 1 else ""
        return f"{what} by {self.purpose} in trial {self.scope.trial} of {self.scope.scenario}{again}"
