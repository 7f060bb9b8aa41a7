"""Trials as calls of one function of an ephemeral Modal app.

The app is there from `start` to the end: leaving it ends every container, whatever runs in it. Each trial is
one call, under the run's concurrency; Modal starts containers while calls wait.
"""

from __future__ import annotations

import asyncio
import math
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pytest_arc.domain.plan import TrialSpec
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import AgentError, InfrastructureError, TrialError, UsageError
from pytest_arc.executors.executor import Snapshot, Stage, Trouble
from pytest_arc.executors.local import LocalExecutor
from pytest_arc.executors.modal.app import run_trial
from pytest_arc.executors.modal.containers import ModalContainers
from pytest_arc.executors.modal.costs import Bill, Rates, advise, describe_bill
from pytest_arc.executors.modal.explain import REPEATED, explain
from pytest_arc.executors.modal.image import find_sources, list_extras, list_requirements, make_image
from pytest_arc.executors.wire import Job, SpecWriter
from pytest_arc.extras import require
from pytest_arc.providers.cassettes.carried import pack_trial, unpack

__all__ = ["ModalExecutor"]

PREFLIGHT_S = 10.0
"""How long Modal may take to answer at all: its client would try for a minute, in silence."""
BACKSTOP_S = 30.0
"""Trials keep their limits themselves; Modal ends one that goes on so much longer."""
LOOK_EVERY_S = 5.0
"""Between two questions how many containers there are."""
ADVICE = "add its package to executor.image.requirements, or its folder to executor.image.local_source"
NAME = "pytest-arc"
"""Of the app, as Modal's dashboard shows it."""


class ModalExecutor:
    """Makes trials in containers; each has at most one result, whatever becomes of its container."""

    def __init__(self, options: ModalContainers, stage: Stage) -> None:
        self._options = options
        self._stage = stage
        root = Path(stage.job.root)
        self._sources = find_sources(root, stage.job.import_roots, options.image.local_source)
        self._inputs = options.choose_inputs(stage.plan)
        self._writer = SpecWriter(self._describe_job())
        self._trials = LocalExecutor.of(stage, self._make)
        self._bill = Bill()
        self._stack = ExitStack()
        self._function: Any = None
        self._containers = 0
        self._is_over = threading.Event()
        self._ended_s = 0.0

    def start(self, specs: Sequence[TrialSpec] = ()) -> None:
        """Sign in, build the image and start the app. Raises UsageError, with the remedy, if that fails."""
        modal = require("modal", "modal")
        try:
            client = asyncio.run(_connect(modal))
            self._stack.callback(client.close)
            self._function = self._start_app(modal, client)
        except Exception as error:  # of Modal's client: `explain` knows them, and tells of any other
            trouble = explain(error, _find_token(modal), _read_log(modal, error))
            self._show_trace()
            self._leave()
            raise UsageError(f"executor modal: {trouble}") from error
        except BaseException:
            self._leave()
            raise
        threading.Thread(target=self._look, name="pytest-arc modal", daemon=True).start()
        self._trials.start(specs)

    def add(self, specs: Sequence[TrialSpec], urgent: bool = False) -> None:
        self._trials.add(specs, urgent)

    def take_back(self) -> list[TrialSpec]:
        return self._trials.take_back()

    def cancel(self) -> None:
        """Give up what runs, and end the app with all its containers."""
        if self._function is not None:
            self._trials.cancel()
        self._leave()

    def join(self) -> None:
        self._trials.join()
        self._leave()

    def find_trouble(self, longest_s: float) -> str:
        return self._trials.find_trouble(longest_s)

    def snapshot(self) -> Snapshot:
        cost_usd = self._price(time.time())
        return replace(self._trials.snapshot(), workers=self._containers, cost_usd=cost_usd)

    def describe(self) -> list[str]:
        """What the run has taken and cost, and what would make it cheaper or faster."""
        if not self._bill.trials:
            return []
        told = describe_bill(self._bill, self._price(self._ended_s or time.time()))
        advice = advise(self._bill, self._options.containers, self._inputs)
        return [told, advice] if advice else [told]

    def _price(self, end_s: float) -> float:
        options = self._options
        return Rates().price(self._bill.count_container_s(end_s), options.cpu, options.memory_mb)

    # The app.

    def _start_app(self, modal: Any, client: Any) -> Any:
        options = self._options
        packages = list_requirements(list_extras(self._stage.plan))
        image = make_image(
            modal,
            options.image.python,
            packages,
            options.image.requirements,
            Path(self._stage.job.root),
            self._sources,
        )
        app = modal.App(NAME, include_source=False)
        function = app.function(
            image=image,
            secrets=self._list_secrets(modal),
            cpu=options.cpu,
            memory=options.memory_mb,
            region=options.region,
            max_containers=options.containers,
            timeout=self._limit_time(),
            retries=0,
        )(modal.concurrent(max_inputs=self._inputs)(run_trial))
        self._stack.enter_context(app.run(client=client))
        return function

    def _list_secrets(self, modal: Any) -> list[Any]:
        values = {name: os.environ[name] for name in self._options.env}
        own = [modal.Secret.from_dict(values)] if values else []
        return own + [modal.Secret.from_name(name) for name in self._options.secrets]

    def _limit_time(self) -> int:
        """Modal has one limit for all calls of a function."""
        specs = (TrialSpec(case, 1, 0) for case in self._stage.plan.cases)
        longest_s = max(map(self._stage.limit_s, specs), default=0.0)
        # Modal's own limit is a day.
        return min(math.ceil(longest_s + BACKSTOP_S), 86_400)

    def _describe_job(self) -> Job:
        return replace(
            self._stage.job,
            root=self._sources.root,
            cwd=self._sources.cwd,
            import_roots=self._sources.import_roots,
            recordings=None,
            carries_files=True,
            share=self._options.count_containers(self._stage.plan, self._stage.job.settings),
        )

    def _leave(self) -> None:
        """End the app, which ends every container; again, it does nothing."""
        self._ended_s = self._ended_s or time.time()
        self._is_over.set()
        with suppress(Exception):  # Modal is gone, and ends an app that nobody asks for any more
            self._stack.close()

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_EVERY_S):
            with suppress(Exception):  # it is for a live line alone
                self._containers = self._function.get_current_stats().num_total_runners

    # One trial.

    async def _make(self, spec: TrialSpec) -> TrialResult:
        answer = await self._call(self._write(spec))
        try:
            result, envelope = self._stage.read_answer(answer)
        except InfrastructureError as error:
            raise _add_advice(error) from None
        self._bill.add(envelope.worker, envelope.started_s, envelope.ended_s)
        recorder = self._stage.body.services.recorder
        if recorder is not None and envelope.recordings:
            unpack(recorder, envelope.recordings)
        _require_all_sent(result)
        return result

    def _write(self, spec: TrialSpec) -> str:
        """The spec with the recorded answers that the trial may be given."""
        recorder = self._stage.body.services.recorder
        if recorder is None or recorder.mode in (None, "all"):
            return self._writer.dump(spec)
        return self._writer.dump(spec, pack_trial(recorder.store, spec.case.scenario.id, spec.trial))

    async def _call(self, text: str) -> str:
        """Raises TrialError or CancelledError."""
        try:
            return await self._function.remote.aio(text)
        except Exception as error:  # the same
            trouble = explain(error)
            self._show_trace()
            if trouble.kind not in REPEATED:
                raise _blame(trouble) from error
        try:
            return await self._function.remote.aio(text)
        except Exception as error:  # the same
            self._show_trace()
            raise _blame(explain(error)) from error

    def _show_trace(self) -> None:
        """For those who debug pytest-arc: the stack trace of the exception that is being handled."""
        if self._stage.job.settings.debug:
            sys.stderr.write(self._stage.body.trial.redact(traceback.format_exc()))


async def _connect(modal: Any) -> Any:
    """A client that Modal has answered. Raises what it raises, and TimeoutError."""
    async with asyncio.timeout(PREFLIGHT_S):
        client = await modal.Client.from_env.aio()
        try:
            await client.hello.aio()
        except BaseException:
            await client.close.aio()  # modal would keep it for the process
            raise
    return client


def _find_token(modal: Any) -> str:
    return str(modal.config.config.get("token_id") or "")


def _read_log(modal: Any, error: Exception) -> list[str]:
    """The end of what building an image has printed, if that is what failed; nothing when it is not there."""
    image_id = getattr(error, "image_id", None)
    if image_id is None:
        return []

    async def read() -> list[str]:
        async with asyncio.timeout(PREFLIGHT_S):
            return [entry.message async for entry in modal.Image.from_id(image_id).logs.tail.aio(entries=20)]

    with suppress(Exception):  # older clients do not have it; the message names the command that shows it
        return [line for text in asyncio.run(read()) for line in text.splitlines() if line.strip()]
    return []


def _blame(trouble: Trouble) -> TrialError | asyncio.CancelledError:
    if trouble.kind == "cancelled":
        return asyncio.CancelledError()
    text = f"{trouble.text}; {trouble.hint}" if trouble.hint else trouble.text
    return (AgentError if trouble.kind == "timeout" else InfrastructureError)(text)


def _add_advice(error: InfrastructureError) -> InfrastructureError:
    if "is not set where" in str(error):
        return InfrastructureError(f"{error}: name it in executor.env")
    return InfrastructureError(f"{error}: {ADVICE}") if "cannot import" in str(error) else error


def _require_all_sent(result: TrialResult) -> None:
    """An agent that imports while it runs finds here what containers lack: that is not its fault.

    Raises InfrastructureError.
    """
    absent = re.search(r"raised ModuleNotFoundError: No module named '([\w.]+)'", result.reason)
    if absent and find_spec(absent[1].partition(".")[0]):
        raise InfrastructureError(f"the containers have no module '{absent[1]}', which is here: {ADVICE}")
