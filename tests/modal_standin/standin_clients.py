"""What Modal's client asks of the server: apps, images, mounts, secrets, functions and their calls."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
from grpclib import Status
from modal_proto import api_pb2 as api
from standin_pool import Container, Function, Input, Pool
from standin_protocol import Refusal

__all__ = ["ClientCalls", "Image", "Rules"]

Result = api.GenericResult
BUILDER = "2025.06"
"""The version of Modal's image builder that the workspace uses."""


@dataclass
class Rules:
    """How the workspace treats its clients; a test may change it at any time."""

    token_id: str = "ak-standin"
    token_secret: str = "as-standin"
    refused: dict[str, Refusal] = field(default_factory=dict[str, Refusal])
    """Name of a call -> how it is refused."""
    secrets: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Name of a secret of the workspace -> what it puts into the environment."""


@dataclass(frozen=True)
class Image:
    """An image, built or not."""

    id: str
    commands: tuple[str, ...]
    """All of its Dockerfile, its bases' first."""
    log: tuple[str, ...]
    """What building it has printed."""
    is_built: bool


class ClientCalls:
    """The state of one workspace, and what its clients may ask of it."""

    def __init__(self, rules: Rules, make_container: Callable[[Pool], Container]) -> None:
        self.rules = rules
        self.pools: dict[str, Pool] = {}
        """Function id -> its containers."""
        self.images: dict[str, Image] = {}
        self.apps: dict[str, str] = {}
        """App id -> `running`, or why it was stopped."""
        self.calls: list[str] = []
        """Names of all calls there were."""
        self._make_container = make_container
        self._files: dict[str, bytes] = {}
        self._mounts: dict[str, dict[str, bytes]] = {}
        self._secrets: dict[str, dict[str, str]] = {}
        self._inputs: dict[str, Input] = {}
        """Id of a call -> its input."""
        self._numbers: Iterator[int] = count(1)

    def admit(self, name: str, metadata: Mapping[str, Any]) -> None:
        self.calls.append(name)
        if name in self.rules.refused:
            raise self.rules.refused[name]
        given = metadata.get("x-modal-token-id"), metadata.get("x-modal-token-secret")
        if given != (self.rules.token_id, self.rules.token_secret):
            raise Refusal(Status.UNAUTHENTICATED, "Token validation failed")

    async def ClientHello(self, request: Empty) -> api.ClientHelloResponse:
        return api.ClientHelloResponse()

    async def EnvironmentGetOrCreate(self, request: api.EnvironmentGetOrCreateRequest) -> Any:
        settings = api.EnvironmentSettings(image_builder_version=BUILDER)
        metadata = api.EnvironmentMetadata(name="main", settings=settings)
        return api.EnvironmentGetOrCreateResponse(environment_id="en-main", metadata=metadata)

    # Apps.

    async def AppCreate(self, request: api.AppCreateRequest) -> api.AppCreateResponse:
        app_id = self._name("ap")
        self.apps[app_id] = "running"
        return api.AppCreateResponse(app_id=app_id, app_page_url=f"https://modal.example/{app_id}")

    async def AppPublish(self, request: api.AppPublishRequest) -> api.AppPublishResponse:
        return api.AppPublishResponse()

    async def AppHeartbeat(self, request: api.AppHeartbeatRequest) -> Empty:
        return Empty()

    async def AppClientDisconnect(self, request: api.AppClientDisconnectRequest) -> Empty:
        """The client has left its ephemeral app: that ends all that belongs to it."""
        self.apps[request.app_id] = api.AppDisconnectReason.Name(request.reason)
        for pool in self.pools.values():
            if pool.function.app_id == request.app_id:
                pool.stop()
        return Empty()

    # Images.

    async def ImageGetOrCreate(self, request: api.ImageGetOrCreateRequest) -> Any:
        bases = [self.images[base.image_id] for base in request.image.base_images]
        commands = [*(line for base in bases for line in base.commands), *request.image.dockerfile_commands]
        image_id = "im-" + hashlib.sha256("\n".join(commands).encode()).hexdigest()[:12]
        # The lowest layer is Modal's own: its packages are not looked for here.
        log, is_built = _build(request.image.dockerfile_commands) if bases else ([], True)
        self.images[image_id] = Image(image_id, tuple(commands), tuple(log), is_built)
        return api.ImageGetOrCreateResponse(image_id=image_id)

    async def ImageJoinStreaming(self, request: api.ImageJoinStreamingRequest) -> AsyncGenerator[Any]:
        image = self.images[request.image_id]
        yield api.ImageJoinStreamingResponse(task_logs=[api.TaskLogs(data=f"{s}\n") for s in image.log])
        status = Result.GENERIC_STATUS_SUCCESS if image.is_built else Result.GENERIC_STATUS_FAILURE
        yield api.ImageJoinStreamingResponse(result=Result(status=status), eof=True)

    async def ImageBuildChainGet(self, request: api.ImageBuildChainGetRequest) -> Any:
        now = Timestamp()
        now.GetCurrentTime()
        step = api.ImageBuildStep(builder_app_id=request.image_id, started_at=now, finished_at=now)
        return api.ImageBuildChainGetResponse(build_steps=[step])

    async def AppFetchLogs(self, request: api.AppFetchLogsRequest) -> api.AppFetchLogsResponse:
        """The log of a build; its app here has the image's id."""
        lines = self.images[request.app_id].log[-request.limit :]
        batch = api.TaskLogsBatch(items=[api.TaskLogs(data=f"{line}\n") for line in lines])
        return api.AppFetchLogsResponse(batches=[batch])

    # Mounts and secrets.

    async def MountBatchedCheckExistence(self, request: api.MountBatchedCheckExistenceRequest) -> Any:
        missing = [digest for digest in request.sha256_hex_hashes if digest not in self._files]
        return api.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=missing)

    async def MountPutFile(self, request: api.MountPutFileRequest) -> api.MountPutFileResponse:
        self._files[request.sha256_hex] = request.data
        return api.MountPutFileResponse(exists=True)

    async def MountGetOrCreate(self, request: api.MountGetOrCreateRequest) -> Any:
        mount_id = self._name("mo")
        self._mounts[mount_id] = {file.filename: self._files[file.sha256_hex] for file in request.files}
        metadata = api.MountHandleMetadata(content_checksum_sha256_hex=mount_id)
        return api.MountGetOrCreateResponse(mount_id=mount_id, handle_metadata=metadata)

    async def SecretGetOrCreate(self, request: api.SecretGetOrCreateRequest) -> Any:
        values = dict(request.env_dict)
        if request.deployment_name:
            with contextlib.suppress(KeyError):
                values = self.rules.secrets[request.deployment_name]
            if not values:
                raise Refusal(Status.NOT_FOUND, f"Secret '{request.deployment_name}' not found")
        secret_id = self._name("st")
        self._secrets[secret_id] = values
        return api.SecretGetOrCreateResponse(secret_id=secret_id)

    # Functions and their calls.

    async def FunctionPrecreate(self, request: api.FunctionPrecreateRequest) -> Any:
        metadata = api.FunctionHandleMetadata(function_name=request.function_name)
        return api.FunctionPrecreateResponse(function_id=self._name("fu"), handle_metadata=metadata)

    async def FunctionCreate(self, request: api.FunctionCreateRequest) -> Any:
        definition = request.function
        environ = {k: v for key in definition.secret_ids for k, v in self._secrets[key].items()}
        files = {k: v for key in definition.mount_ids for k, v in self._mounts[key].items()}
        function_id = request.existing_function_id
        function = Function(function_id, request.app_id, definition, environ, files)
        self.pools[function_id] = Pool(function, self._make_container)
        metadata = api.FunctionHandleMetadata(
            function_name=definition.function_name,
            supported_input_formats=definition.supported_input_formats,
            supported_output_formats=definition.supported_output_formats,
        )
        ranked = api.FunctionData.RankedFunction(function=definition)
        data = api.FunctionData(function_name=definition.function_name, ranked_functions=[ranked])
        return api.FunctionCreateResponse(
            function_id=function_id, handle_metadata=metadata, function_data=data
        )

    async def FunctionMap(self, request: api.FunctionMapRequest) -> api.FunctionMapResponse:
        call_id, input_id = self._name("fc"), self._name("in")
        output: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        (item,) = request.pipelined_inputs
        self._inputs[call_id] = Input(input_id, call_id, item.input, output)
        self.pools[request.function_id].put(self._inputs[call_id])
        accepted = api.FunctionPutInputsResponseItem(input_id=input_id, input_jwt=input_id)
        return api.FunctionMapResponse(function_call_id=call_id, pipelined_inputs=[accepted])

    async def FunctionGetOutputs(self, request: api.FunctionGetOutputsRequest) -> Any:
        item = self._inputs[request.function_call_id]
        with contextlib.suppress(TimeoutError):
            output = await asyncio.wait_for(asyncio.shield(item.output), request.timeout)
            del self._inputs[request.function_call_id]
            return api.FunctionGetOutputsResponse(outputs=[output])
        return api.FunctionGetOutputsResponse(num_unfinished_inputs=1)

    async def FunctionGetCurrentStats(self, request: api.FunctionGetCurrentStatsRequest) -> Any:
        return self.pools[request.function_id].count()

    def _name(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers):06d}"


def _build(commands: Sequence[str]) -> tuple[list[str], bool]:
    """What building one layer prints, and whether it succeeds: as if packages came from a registry that has
    only what is installed here.
    """
    log = [f"Step {n}: {command}" for n, command in enumerate(commands, 1)]
    for name in _list_packages(commands):
        log.append(f"Collecting {name}")
        try:
            version(name)
        except PackageNotFoundError:
            log.append(
                f"ERROR: Could not find a version that satisfies the requirement {name} (from versions: none)"
            )
            log.append(f"ERROR: No matching distribution found for {name}")
            return log, False
    return log, True


def _list_packages(commands: Sequence[str]) -> list[str]:
    """Names of what the image builder installs for its user; what it needs itself is in files of its own."""
    words = [
        word.strip("'\"") for c in commands if "pip install" in c for word in c.split("install", 1)[1].split()
    ]
    named = [re.split(r"[\[<>=!~;@]", word)[0] for word in words if not word.startswith(("-", "/"))]
    return [name for name in named if re.fullmatch(r"[A-Za-z][\w.-]*", name)]
