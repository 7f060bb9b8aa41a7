"""Trials as text: what is sent to where one is made, and what comes back. JSON, and no pickles.

A spec is four lines, so that what many trials share is written once here and read once there:

    {"version": 1, "arc": "0.1.0", "trial": 3, "seed": 123, "attempt": 1}
    the job: what all trials of the run share
    the profile
    the scenario, with the rest of the case

What comes back is one envelope: {"version": 1, "result": ...} or {"version": 1, "error": ...}, with what
else there is to tell of the trial.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

from pytest_arc.domain.plan import Case, TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import Blame, InfrastructureError, UsageError
from pytest_arc.executors.codec import Encoder, decode, find_own_class, find_secrets
from pytest_arc.version import __version__

__all__ = [
    "MAX_SPEC_BYTES",
    "VERSION",
    "Envelope",
    "Job",
    "SpecWriter",
    "dump_envelope",
    "dump_result",
    "load_envelope",
    "load_recordings",
    "load_result",
    "load_spec",
]

VERSION = 1
MAX_SPEC_BYTES = 2 * 1024 * 1024
KEPT_CASES = 256
"""Cases whose text is kept: their trials are sent one after the other."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all trials of a run share, where they are made elsewhere.

    It holds no secret: keys, and the address of Redis (`ARC_REDIS_URL`), come out of the environment there.
    """

    settings: Settings
    run: str = ""
    """Id of the run: recorded answers are kept under it."""
    root: str = "."
    """The project's root where trials are made; elsewhere than here it is another one."""
    import_roots: tuple[str, ...] = ()
    """Where modules of the user are found, as posix paths relative to `root`, in the order of `sys.path`."""
    recordings: str | None = None
    """The folder of recorded answers, if it is there too; None: they come and go with the trials."""
    route_output: bool = True
    """Keep what agents print, for each trial."""
    carries_files: bool = False
    """The content of files goes with each spec that needs them: they are not there."""
    share: int = 1
    """Processes among which limits of models are divided, where no Redis counts for all of them."""
    registered: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Name of a registry -> names that hooks have added -> import paths."""
    cwd: str = ""
    """Where trials are to be made, relative to `root`; empty: where the process is. Messages name files by
    their path from there."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What comes back of one trial."""

    result: TrialResult | None = None
    error: str = ""
    """Why there is no result, in one sentence."""
    blame: Blame = "infrastructure"
    """Whose doing that is: the agent's, where it swallows its cancellation and goes on."""
    worker: str = ""
    """The process or container that made it."""
    started_s: float = 0.0
    """Since the epoch, as `ended_s`."""
    ended_s: float = 0.0
    scope: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What telemetry tells of the last attempt: `trace_id`, `replayed_calls`, `live_calls`, `model_calls`."""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    """What `Services.counts` has gained since the last envelope of this worker."""
    warnings: tuple[str, ...] = ()
    """What the user is to hear at the end of the run."""
    recordings: tuple[Mapping[str, Any], ...] = ()
    """Answers of providers that were recorded where the run's folder is not."""

    def stamp(self, worker: str, started_s: float, ended_s: float) -> Envelope:
        """The same, with who made it and when."""
        return replace(self, worker=worker, started_s=started_s, ended_s=ended_s)


class SpecWriter:
    """Writes the specs of one job."""

    def __init__(self, job: Job, secrets: Mapping[str, str] | None = None) -> None:
        """`secrets`: value -> name of the variables whose values are sent as their names; None: those of this
        process that look secret."""
        secrets = find_secrets(os.environ) if secrets is None else secrets
        self._encoder = Encoder(secrets, carries_files=job.carries_files)
        self._job = self._write(job)
        self._profiles: dict[int, tuple[Any, str]] = {}
        self._cases: OrderedDict[int, tuple[Case, str]] = OrderedDict()

    def dump(self, spec: TrialSpec, recordings: Sequence[Mapping[str, Any]] = ()) -> str:
        """`recordings` of the trial go along, where the folder is not there.

        Raises UsageError for what cannot be sent: a spec of more than `MAX_SPEC_BYTES`, a class that another
        process could not import.
        """
        head: dict[str, Any] = {
            "version": VERSION,
            "arc": __version__,
            "trial": spec.trial,
            "seed": spec.seed,
            "attempt": spec.attempt,
        }
        if recordings:
            head["recordings"] = recordings
        text = "\n".join([json.dumps(head), self._job, self._dump_case(spec.case)])
        if len(text) > MAX_SPEC_BYTES:  # all of it is ASCII
            raise UsageError(self._explain_size(spec.case, len(text)))
        return text

    def _dump_case(self, case: Case) -> str:
        _, text = self._cases.get(id(case), (case, ""))
        if not text:
            # Known by identity, for which they have to be kept alive.
            profile = case.profile
            _, written = self._profiles.setdefault(id(profile), (profile, self._write(profile)))
            rest = {
                "scenario": case.scenario,
                "trials": case.trials,
                "max_trials": case.max_trials,
                "limits": case.limits,
                "origin": case.origin,
            }
            text = f"{written}\n{self._write(rest)}"
            self._cases[id(case)] = case, text
            if len(self._cases) > KEPT_CASES:
                self._cases.popitem(last=False)
        return text

    def _write(self, value: Any) -> str:
        return json.dumps(self._encoder.encode(value), separators=(",", ":"))

    def _explain_size(self, case: Case, size: int) -> str:
        what, part = max(self._list_parts(case), key=lambda part: part[1])
        return (
            f"{case.origin.path}:{case.origin.line}: scenario '{case.scenario.id}' is {size / 2**20:.1f} MiB"
            f" as it is sent to where its trials are made; {MAX_SPEC_BYTES / 2**20:g} MiB is the most."
            f" {part / 2**20:.1f} MiB of that is {what}: make it smaller, or run with --arc-executor local"
        )

    def _list_parts(self, case: Case) -> Iterator[tuple[str, int]]:
        world, profile = case.scenario.world, case.profile
        for name, source in (world.files | world.tables).items():
            yield f"'{name}' of its world", len(self._write(source))
        yield "the rest of the scenario", len(self._write(case.scenario.model_copy(update={"world": None})))
        for name in ("system_prompt", "tools", "target"):
            yield f"'{name}' of the profile", len(self._write(getattr(profile, name)))


def load_spec(text: str) -> tuple[TrialSpec, Job]:
    """What was written by `SpecWriter.dump`. Equal jobs, profiles and cases are the same objects each time.

    Raises InfrastructureError for a spec of another version, and for a class or a variable that is not here.
    """
    first, job, profile, case = text.split("\n")
    head = json.loads(first)
    if head["version"] != VERSION or head["arc"] != __version__:
        raise InfrastructureError(
            f"the trial was sent by pytest-arc {head['arc']}, and here is {__version__}: install the same"
        )
    whole = _load_case(profile, case)
    spec = TrialSpec(whole, head["trial"], head["seed"], head["attempt"])
    return spec, _load_line(job)


@lru_cache(maxsize=64)
def _load_line(line: str) -> Any:
    return decode(json.loads(line), os.environ)


@lru_cache(maxsize=KEPT_CASES)
def _load_case(profile: str, case: str) -> Case:
    return Case(profile=_load_line(profile), **decode(json.loads(case), os.environ))


def load_recordings(text: str) -> Sequence[Mapping[str, Any]]:
    """Those that a spec has brought along."""
    return json.loads(text.partition("\n")[0]).get("recordings", ())


def dump_result(result: TrialResult) -> str:
    """A result as one line; what an agent has put among the arguments of a tool may become text."""
    return json.dumps(_results.encode(result), separators=(",", ":"))


def load_result(text: str) -> TrialResult:
    """What was written by `dump_result`. Raises InfrastructureError for anything else."""
    return _read(json.loads(text), TrialResult)


def dump_envelope(envelope: Envelope) -> str:
    return json.dumps({"version": VERSION} | _describe(envelope), separators=(",", ":"))


def load_envelope(text: str) -> Envelope:
    """What was written by `dump_envelope`. Raises InfrastructureError for anything else."""
    try:
        written: dict[str, Any] = json.loads(text)
        if written.pop("version") != VERSION:
            raise InfrastructureError("the answer of a worker is of another version of pytest-arc")
        if "result" in written:
            written["result"] = _read(written["result"], TrialResult)
        for name in ("warnings", "recordings"):
            written[name] = tuple(written.get(name, ()))
        return Envelope(**written)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InfrastructureError(f"the answer of a worker cannot be read: {error}") from None


def _describe(envelope: Envelope) -> dict[str, Any]:
    told = {item.name: getattr(envelope, item.name) for item in fields(envelope)}
    if envelope.result is not None:
        told["result"] = _results.encode(envelope.result)
    return {name: value for name, value in told.items() if value}


def _read(value: Any, kind: type[TrialResult]) -> TrialResult:
    found = decode(value, {}, find_own_class)
    if not isinstance(found, kind):
        raise InfrastructureError("the answer of a worker is no result of a trial")
    return found


_results = Encoder(strict=False)
