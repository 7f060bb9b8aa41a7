"""The containers of one function: how many there are, which inputs they get, what becomes of those."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from modal_proto import api_pb2 as api

__all__ = ["Container", "Function", "Input", "Pool"]

Result = api.GenericResult

CRASH_LOOP = 2
"""So many containers in a row may end before they have taken an input; then the inputs fail."""


@dataclass(frozen=True)
class Function:
    """One function of one app, as its client has defined it."""

    id: str
    app_id: str
    definition: api.Function
    environ: dict[str, str]
    """What its secrets put into the environment of its containers."""
    files: dict[str, bytes]
    """Absolute path in a container -> what stands there: the mounts."""

    @property
    def inputs_per_container(self) -> int:
        return max(1, self.definition.max_concurrent_inputs)

    @property
    def max_containers(self) -> int:
        return self.definition.autoscaler_settings.max_containers or 100


@dataclass
class Input:
    """One call of a function."""

    id: str
    call_id: str
    request: api.FunctionInput
    output: asyncio.Future[api.FunctionGetOutputsItem]
    container: str = ""
    """Id of the container that has it."""
    alarm: asyncio.TimerHandle | None = field(default=None, repr=False)
    """Rings when the function's time is over."""


class Container(Protocol):
    """Where inputs are worked on."""

    id: str

    async def run(self) -> int:
        """Work until there is nothing more to do; its exit code."""
        ...

    def kill(self) -> None: ...


class Pool:
    """Starts containers while inputs wait, up to the function's limit. It never stops an idle one."""

    def __init__(self, function: Function, make_container: Callable[[Pool], Container]) -> None:
        self.function = function
        self.containers: dict[str, Container] = {}
        self.started: list[str] = []
        """Ids of all containers there ever were."""
        self._make_container = make_container
        self._waiting: asyncio.Queue[Input] = asyncio.Queue()
        self._running: dict[str, Input] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashes = 0
        """Containers in a row that ended before they took an input."""
        self._is_stopped = False

    def put(self, item: Input) -> None:
        """Have an input worked on."""
        if self._is_stopped:
            self._settle(item, Result.GENERIC_STATUS_TERMINATED)
            return
        self._waiting.put_nowait(item)
        self._scale()

    async def take(self, container: str) -> Input:
        """The next input for a container; waits for one."""
        item = await self._waiting.get()
        self._crashes = 0
        item.container = container
        self._running[item.id] = item
        item.alarm = asyncio.get_running_loop().call_later(
            self.function.definition.timeout_secs or 300, self._time_out, item
        )
        return item

    def settle(self, output: api.FunctionPutOutputsItem) -> None:
        """Take what a container has made of an input; what comes too late is dropped."""
        item = self._running.get(output.input_id)
        if item is not None:
            self._finish(item, output.result, output.data_format, output.input_started_at)

    def fail_all(self, result: Result) -> None:
        """Answer all that waits with a failure: containers cannot even start."""
        while not self._waiting.empty():
            self._finish(self._waiting.get_nowait(), result)

    def stop(self) -> None:
        """Kill the containers; what has not ended is terminated."""
        self._is_stopped = True
        for container in self.containers.values():
            container.kill()
        self.fail_all(Result(status=Result.GENERIC_STATUS_TERMINATED))
        for item in list(self._running.values()):
            self._settle(item, Result.GENERIC_STATUS_TERMINATED)

    async def join(self) -> None:
        """Wait until the containers are gone."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def count(self) -> api.FunctionStats:
        return api.FunctionStats(
            backlog=self._waiting.qsize(),
            num_total_tasks=len(self.containers),
            num_running_inputs=len(self._running),
        )

    def _scale(self) -> None:
        inputs = self._waiting.qsize() + len(self._running)
        wanted = min(self.function.max_containers, math.ceil(inputs / self.function.inputs_per_container))
        while len(self.containers) < wanted and not self._is_stopped:
            container = self._make_container(self)
            self.containers[container.id] = container
            self.started.append(container.id)
            task = asyncio.get_running_loop().create_task(self._live(container))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _live(self, container: Container) -> None:
        self._crashes += 1
        exit_code = await container.run()
        self.containers.pop(container.id, None)
        text = f"Runner failed with exit code: {exit_code}"
        for item in [item for item in self._running.values() if item.container == container.id]:
            self._settle(item, Result.GENERIC_STATUS_FAILURE, text)
        if self._crashes >= CRASH_LOOP and not self.containers:
            self.fail_all(Result(status=Result.GENERIC_STATUS_FAILURE, exception=text))
        if not self._waiting.empty():
            self._scale()

    def _time_out(self, item: Input) -> None:
        text = f"Task's current input {item.id} hit its timeout of {self.function.definition.timeout_secs}s"
        container = self.containers.get(item.container)
        self._settle(item, Result.GENERIC_STATUS_TIMEOUT, text)
        if container is not None:
            container.kill()

    def _settle(self, item: Input, status: Result.GenericStatus.ValueType, text: str = "") -> None:
        self._finish(item, Result(status=status, exception=text))

    def _finish(
        self,
        item: Input,
        result: Result,
        data_format: api.DataFormat.ValueType = api.DATA_FORMAT_UNSPECIFIED,
        started: float = 0.0,
    ) -> None:
        self._running.pop(item.id, None)
        if item.alarm is not None:
            item.alarm.cancel()
        if not item.output.done():
            item.output.set_result(
                api.FunctionGetOutputsItem(
                    result=result,
                    input_id=item.id,
                    data_format=data_format,
                    task_id=item.container,
                    input_started_at=started,
                    output_created_at=time.time(),
                )
            )
