"""Containers: real processes that run Modal's own entry point, and a stand-in's stand-in for speed."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty
from modal_proto import api_pb2 as api
from standin_pool import Input, Pool
from standin_protocol import serve

__all__ = ["InlineContainer", "ProcessContainer"]


class ProcessContainer:
    """A process with files, an environment and a home of its own. It speaks to the server on a socket of
    its own, which tells who is calling.
    """

    def __init__(self, pool: Pool, container_id: str, folder: Path) -> None:
        self.id = container_id
        self._pool = pool
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._is_killed = False

    async def run(self) -> int:
        """Start it, and wait until it ends; its exit code, as a shell tells it."""
        home = self._lay_out()
        socket = self._folder / "socket"
        async with serve(ContainerCalls(self._pool, self.id), socket):
            with (self._folder / "log").open("wb") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "modal._container_entrypoint"),
                    cwd=home,
                    env=self._make_environ(home, socket),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if self._is_killed:
                self.kill()
            code = await self._process.wait()
        shutil.rmtree(home, ignore_errors=True)
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        """End it at once, with all processes it has started."""
        self._is_killed = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def _lay_out(self) -> Path:
        """Put the mounts where the container finds them; its home, which stands for `/root`."""
        home = self._folder / "root"
        home.mkdir(parents=True)
        for path, content in self._pool.function.files.items():
            place = home / Path(path).relative_to("/root")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        function = self._pool.function
        layout = api.AppLayout(
            objects=[
                api.Object(
                    object_id=function.id,
                    function_handle_metadata=api.FunctionHandleMetadata(
                        function_name=function.definition.function_name
                    ),
                )
            ],
            function_ids={function.definition.function_name: function.id},
        )
        arguments = api.ContainerArguments(
            task_id=self.id,
            function_id=function.id,
            app_id=function.app_id,
            function_def=function.definition,
            app_layout=layout,
        )
        (self._folder / "arguments").write_bytes(arguments.SerializeToString())
        return home

    def _make_environ(self, home: Path, socket: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "PYTHONPATH": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
            **self._pool.function.environ,
            "MODAL_CONFIG_PATH": str(home / "absent.toml"),
            "MODAL_CONTAINER_ARGUMENTS_PATH": str(self._folder / "arguments"),
            "MODAL_SERVER_URL": f"unix://{socket}",
            "MODAL_TASK_ID": self.id,
            "MODAL_IS_REMOTE": "1",
        }


class ContainerCalls:
    """What one container asks of the server."""

    def __init__(self, pool: Pool, container_id: str) -> None:
        self._pool = pool
        self._id = container_id

    def admit(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Whoever speaks on a container's socket is that container."""

    async def ContainerHello(self, request: Empty) -> Empty:
        return Empty()

    async def ContainerHeartbeat(self, request: api.ContainerHeartbeatRequest) -> Any:
        return api.ContainerHeartbeatResponse()

    async def FunctionGetInputs(self, request: api.FunctionGetInputsRequest) -> Any:
        item = await self._pool.take(self._id)
        return api.FunctionGetInputsResponse(
            inputs=[
                api.FunctionGetInputsItem(input_id=item.id, function_call_id=item.call_id, input=item.request)
            ]
        )

    async def FunctionPutOutputs(self, request: api.FunctionPutOutputsRequest) -> Empty:
        for output in request.outputs:
            self._pool.settle(output)
        return Empty()

    async def TaskResult(self, request: api.TaskResultRequest) -> Empty:
        """The container could not start: its imports failed."""
        self._pool.fail_all(request.result)
        return Empty()


class InlineContainer:
    """Calls the function in this process: nothing is started, nothing is mounted, nothing can die."""

    def __init__(self, pool: Pool, container_id: str) -> None:
        self.id = container_id
        self._pool = pool
        self._killed = asyncio.Event()

    async def run(self) -> int:
        """Work on inputs until it is killed."""
        slots = range(self._pool.function.inputs_per_container)
        workers = [asyncio.ensure_future(self._work()) for _ in slots]
        await self._killed.wait()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        return 137

    def kill(self) -> None:
        self._killed.set()

    async def _work(self) -> None:
        while True:
            item = await self._pool.take(self.id)
            self._pool.settle(await self._call(item))

    async def _call(self, item: Input) -> api.FunctionPutOutputsItem:
        from modal._serialization import deserialize_data_format, serialize_data_format

        definition = self._pool.function.definition
        function = getattr(importlib.import_module(definition.module_name), definition.function_name)
        arguments, named = deserialize_data_format(item.request.args, item.request.data_format, None)
        answer = await _unwrap(function)(*arguments, **named)
        return api.FunctionPutOutputsItem(
            input_id=item.id,
            data_format=item.request.data_format,
            result=api.GenericResult(
                status=api.GenericResult.GENERIC_STATUS_SUCCESS,
                data=serialize_data_format(answer, item.request.data_format),
            ),
        )


def _unwrap(function: Any) -> Any:
    """The function that a Modal function was made of."""
    return function.get_raw_f() if hasattr(function, "get_raw_f") else function
