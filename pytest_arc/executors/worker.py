"""Makes trials that come as text, in a process that has nothing of the run but that text: a child process, a
container.

    answer = await run_spec(text)

What trials of a job share is opened once in each process, and closed when the process ends.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytest_arc import registry
from pytest_arc.domain.calls import divide_limits
from pytest_arc.domain.plan import Case, TrialSpec
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.errors import ArcError
from pytest_arc.executors.body import BodyOptions, perform_trial
from pytest_arc.executors.output import route_output
from pytest_arc.executors.wire import Envelope, Job, dump_envelope, load_recordings, load_spec
from pytest_arc.loading.models import load_own_catalog
from pytest_arc.providers.cassettes.carried import CarriedStore
from pytest_arc.providers.cassettes.opening import start_recording
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.services import Services
from pytest_arc.redaction import Redactor
from pytest_arc.scope import current_scope
from pytest_arc.trial import TrialOptions
from pytest_arc.world.world import verify_tool

__all__ = ["answer_spec", "prepare_spec", "run_spec"]


async def run_spec(text: str) -> str:
    """As `answer_spec`, in a task of its own: an agent may cancel that, and what it sets in its context is
    gone with it."""
    return await asyncio.create_task(answer_spec(text))


async def answer_spec(text: str) -> str:
    """Make the trial of a spec (see `wire`), and answer with an envelope. Nothing is raised for trouble.

    The trial keeps its own limits, and is cancelled with the task.
    """
    started_s = time.time()
    try:
        spec, job = load_spec(text)
        workplace = Workplace.open(job)
        envelope = await workplace.make(spec, load_recordings(text))
    except ArcError as error:
        envelope = Envelope(error=str(error))
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        envelope = Envelope(error=f"the trial could not be made: {type(error).__name__}: {error}")
    return dump_envelope(envelope.stamp(name_worker(), started_s, time.time()))


def prepare_spec(text: str) -> None:
    """Import and open in this thread what the trial of a spec needs; what is wrong will be in its answer.

    For where the main thread has the time: imports may take longer than trials, which are at a standstill
    while they go on in the event loop, and some modules can only be imported by the main thread.
    """
    with suppress(Exception):  # of modules of the user's, too: the trial's own answer will say what is wrong
        spec, job = load_spec(text)
        Workplace.open(job).prepare(spec.case)


def name_worker() -> str:
    """The container, where the environment names one; else the machine and the process."""
    return os.environ.get("MODAL_TASK_ID") or f"{socket.gethostname()}:{os.getpid()}"


class Workplace:
    """What the trials of one job share in this process."""

    def __init__(self, job: Job) -> None:
        self._job = job
        root = Path(job.root).absolute()
        if job.cwd:
            (root / job.cwd).mkdir(parents=True, exist_ok=True)
            os.chdir(root / job.cwd)
        registry.make_importable(*(root / folder for folder in job.import_roots))
        registry.register_added(job.registered)
        self._redactor = Redactor(os.environ, {extra.name: extra.pattern for extra in job.settings.redaction})
        self._services = Services()
        self._services.catalog = load_own_catalog(root)
        redis_url = os.environ.get("ARC_REDIS_URL") or None
        models = job.settings.models if redis_url else divide_limits(job.settings.models, job.share)
        self._services.calling = Calling(self._services, models, job.settings.inject, redis_url)
        self._services.traced = job.settings.telemetry != "off"
        self._closing = ExitStack()
        self._closing.callback(self._services.close)
        if job.route_output:
            self._closing.enter_context(route_output())
        self._cases: dict[int, tuple[Case, str]] = {}
        """Case, by identity -> what keeps its trials from being made here."""
        self._profiles: dict[int, tuple[AgentProfile, str]] = {}
        """The same of a profile."""
        self._targets: set[int] = set()
        self._is_recording = False
        self._carried = CarriedStore()
        """Recordings that come and go with the trials."""
        self._told: Counter[str] = Counter()
        self._warned = 0
        trial = TrialOptions(real_time=job.settings.real_time, redact=self._redactor.text)
        self._body = BodyOptions(trial, job.settings.attempts, job.route_output, self._services)

    @classmethod
    def open(cls, job: Job) -> Workplace:
        """That of this job; the one of another job before it is closed."""
        found = _workplaces.get(id(job))
        if found is None:
            _close_all()
            found = _workplaces[id(job)] = cls(job)
        return found

    def close(self) -> None:
        self._closing.close()

    async def make(self, spec: TrialSpec, recordings: Sequence[Mapping[str, Any]] = ()) -> Envelope:
        trouble = self.prepare(spec.case)
        if trouble:
            return Envelope(error=trouble)
        self._carried.load(spec.case.scenario.id, spec.trial, recordings)
        result = await perform_trial(spec, self._body)
        return Envelope(
            result=result,
            scope=self._describe_scope(),
            counts=self._take_counts(),
            warnings=self._take_warnings(),
            recordings=self._carried.take(spec.case.scenario.id, spec.trial),
        )

    def prepare(self, case: Case) -> str:
        """What keeps the trials of a case from being made here, found once; empty when nothing does."""
        if id(case) not in self._cases:
            checks = (check.verify() for check in case.scenario.expect)
            trouble = self._check_profile(case.profile) or _name_trouble(checks)
            if not trouble:
                self._open_target(case)
                self._record_answers(case)
            self._cases[id(case)] = case, trouble
        return self._cases[id(case)][1]

    def _check_profile(self, profile: AgentProfile) -> str:
        if id(profile) not in self._profiles:
            troubles = (profile.target.verify(), *map(verify_tool, profile.tools))
            self._profiles[id(profile)] = profile, _name_trouble(troubles)
        return self._profiles[id(profile)][1]

    def _open_target(self, case: Case) -> None:
        target = case.profile.target
        if id(target) not in self._targets:
            self._closing.enter_context(target.open_run())
            self._targets.add(id(target))

    def _record_answers(self, case: Case) -> None:
        job = self._job
        needs = case.asks_models or not case.profile.target.deterministic
        if self._is_recording or not needs:
            return
        self._is_recording = True
        start_recording(
            self._services,
            job.settings,
            folder=Path(job.recordings or ""),
            run=job.run,
            redact=self._redactor.value,
            store=self._carried if job.recordings is None else None,
        )

    def _describe_scope(self) -> Mapping[str, Any]:
        """Of the last attempt, for telemetry, if there is any."""
        scope = current_scope()
        if scope is None or not self._services.traced:
            return {}
        return {
            "trace_id": scope.trace_id,
            "live_calls": scope.live_calls,
            "replayed_calls": scope.replayed_calls,
            "model_calls": [asdict(call) for call in scope.model_calls],
        }

    def _take_counts(self) -> Mapping[str, int]:
        """What has been counted since this was asked last."""
        counts = Counter(self._services.counts)
        gained = counts - self._told
        self._told = counts
        return gained

    def _take_warnings(self) -> tuple[str, ...]:
        warnings = tuple(self._services.warnings[self._warned :])
        self._warned += len(warnings)
        return warnings


_workplaces: dict[int, Workplace] = {}


@atexit.register
def _close_all() -> None:
    while _workplaces:
        _workplaces.popitem()[1].close()


def _name_trouble(troubles: Iterable[str | None]) -> str:
    """The first thing that was found right where the run was planned, and is missing here."""
    found = next(filter(None, troubles), "")
    return found and f"where trials are made, {found}"
