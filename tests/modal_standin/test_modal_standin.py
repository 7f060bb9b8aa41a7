"""The stand-in answers Modal's own client as Modal does, as far as an executor of trials can see."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

modal = pytest.importorskip("modal", reason="needs the extra 'modal'")

from grpclib import Status  # noqa: E402
from modal_standin import ModalStandin  # noqa: E402
from standin_protocol import Refusal  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="containers speak on Unix sockets")

WORK = """
import asyncio, os
from pathlib import Path

async def add(one, two):
    return one + two

async def look(name):
    return {"file": __file__, "value": os.environ.get(name), "token": os.environ.get("MODAL_TOKEN_ID")}

async def fail(text):
    raise ValueError(text)

async def sleep(seconds):
    await asyncio.sleep(seconds)

async def die(folder):
    mark = Path(folder) / "died"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return "lived"
"""

Start = Callable[..., Any]


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with ModalStandin(tmp_path / "modal") as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Run a function of a module of the user as an ephemeral app, for as long as the context lasts."""
    (tmp_path / "work_of_user.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "work_of_user", raising=False)

    @asynccontextmanager
    async def start(name: str, *packages: str, **options: Any) -> AsyncGenerator[Any]:
        app = modal.App("test", include_source=False)
        image = modal.Image.debian_slim(python_version="3.12")
        image = (image.pip_install(*packages) if packages else image).add_local_python_source("work_of_user")
        function = app.function(image=image, **options)(getattr(import_module("work_of_user"), name))
        async with connect() as client, app.run.aio(client=client):
            yield function

    return start


@asynccontextmanager
async def connect() -> AsyncGenerator[Any]:
    """A client that leaves nothing behind: modal keeps one for the process until it is closed."""
    client = await modal.Client.from_env.aio()
    try:
        yield client
    finally:
        await client.close.aio()


async def _call(start: Start, name: str, *arguments: Any, **options: Any) -> Any:
    async with start(name, **options) as function:
        return await function.remote.aio(*arguments)


def test_a_function_runs_in_a_process_with_the_files_and_secrets_of_its_own(
    standin: ModalStandin, start: Start, tmp_path: Path
) -> None:
    secret = modal.Secret.from_dict({"GREETING": "hello"})
    seen = asyncio.run(_call(start, "look", "GREETING", secrets=[secret]))
    assert seen["value"] == "hello"
    assert seen["token"] is None
    assert Path(seen["file"]).is_relative_to(standin.folder)


def test_what_a_function_raises_arrives_as_itself(standin: ModalStandin, start: Start) -> None:
    with pytest.raises(ValueError, match="too bad"):
        asyncio.run(_call(start, "fail", "too bad"))


def test_what_keeps_a_container_from_starting_fails_what_waits_for_it(
    standin: ModalStandin, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "work_of_user.py").write_text(
        "import os\nif 'MODAL_IS_REMOTE' in os.environ:\n    import ledger\n\nasync def add(): ..."
    )
    with pytest.raises(ModuleNotFoundError, match="ledger"):
        asyncio.run(_call(start, "add"))


def test_time_that_is_up_arrives_as_a_timeout_of_modal(standin: ModalStandin, start: Start) -> None:
    with pytest.raises(modal.exception.FunctionTimeoutError):
        asyncio.run(_call(start, "sleep", 60, timeout=1))


def test_a_container_that_dies_fails_its_input_and_the_next_one_gets_another(
    standin: ModalStandin, start: Start, tmp_path: Path
) -> None:
    async def run() -> str:
        async with start("die") as function:
            with pytest.raises(modal.exception.RemoteError, match="137"):
                await function.remote.aio(str(tmp_path))
            return await function.remote.aio(str(tmp_path))

    assert asyncio.run(run()) == "lived"
    (pool,) = standin.pools
    assert len(pool.started) == 2


def test_leaving_the_app_kills_what_runs(standin: ModalStandin, start: Start) -> None:
    async def run() -> list[int]:
        async with start("sleep") as function:
            call = asyncio.ensure_future(function.remote.aio(60))
            while not standin.pools or not standin.pools[0].count().num_running_inputs:
                await asyncio.sleep(0.05)
            pids = [getattr(container, "pid", 0) for container in standin.containers]
        with pytest.raises(modal.exception.RemoteError):
            await call
        return pids

    (pid,) = asyncio.run(run())
    give_up = time.monotonic() + 30
    while standin.containers and time.monotonic() < give_up:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    assert set(standin.apps.values()) == {"APP_DISCONNECT_REASON_ENTRYPOINT_COMPLETED"}


def test_containers_are_as_many_as_inputs_ask_for_and_the_limit_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    async def run() -> None:
        async with start("sleep", max_containers=3) as function:
            await asyncio.gather(*(function.remote.aio(0.1) for _ in range(8)))

    with ModalStandin(tmp_path / "modal", inline=True) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        asyncio.run(run())
        assert len(server.pools[0].started) == 3


def test_a_package_that_is_nowhere_fails_the_build_and_leaves_a_log(
    standin: ModalStandin, start: Start
) -> None:
    async def run() -> list[str]:
        with pytest.raises(modal.exception.ImageBuildError) as caught:
            async with start("add", "no-such-package-anywhere"):
                pass
        async with connect() as client:
            image = modal.Image.from_id(caught.value.image_id, client=client)
            return [str(line) async for line in image.logs.tail.aio(entries=2)]

    lines = asyncio.run(run())
    assert "No matching distribution found for no-such-package-anywhere" in lines[-1]


@pytest.mark.parametrize(
    "status,kind",
    [
        (Status.RESOURCE_EXHAUSTED, "ResourceExhaustedError"),
        (Status.FAILED_PRECONDITION, "ConflictError"),
    ],
)
def test_a_call_can_be_refused(standin: ModalStandin, start: Start, status: Status, kind: str) -> None:
    standin.rules.refused["AppCreate"] = Refusal(status, "not today")
    with pytest.raises(getattr(modal.exception, kind), match="not today"):
        asyncio.run(_call(start, "add", 1, 2))


def test_a_wrong_token_is_refused(
    standin: ModalStandin, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODAL_TOKEN_SECRET", "as-wrong")
    with pytest.raises(modal.exception.AuthError):
        asyncio.run(_call(start, "add", 1, 2))


def test_a_call_that_the_standin_does_not_know_is_told_by_name(standin: ModalStandin) -> None:
    async def run() -> None:
        async with connect() as client:
            await modal.Volume.objects.list.aio(client=client)

    with pytest.raises(modal.exception.UnimplementedError, match="VolumeList"):
        asyncio.run(run())
