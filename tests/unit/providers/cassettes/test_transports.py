"""Record and replay inside httpx and httpx2, over the wire."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import re
import socket
import subprocess
import sys
import threading
import urllib.request
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from openai_like import Answer, ModelServer

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers.cassettes import transports
from pytest_arc.providers.cassettes.seal import seal_sockets
from pytest_arc.providers.cassettes.store import Store
from pytest_arc.providers.cassettes.threads import follow_threads
from pytest_arc.providers.cassettes.transports import patch_transports
from pytest_arc.scope import current_scope

if TYPE_CHECKING:
    from shapes import InTrial, MakeRecorder

SECRET = "correct-horse-battery-staple-9"


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    library = pytest.importorskip(request.param)
    patch_transports()
    return library


@pytest.fixture(params=["plain", "async"])
def post(request: pytest.FixtureRequest, library: Any) -> Callable[..., Any]:
    """`post(url, body)` by either kind of client."""

    def post_plain(url: str, body: Any) -> Any:
        with library.Client() as client:
            return client.post(url, json=body, headers={"authorization": f"Bearer {SECRET}"})

    async def post_async(url: str, body: Any) -> Any:
        async with library.AsyncClient() as client:
            return await client.post(url, json=body, headers={"authorization": f"Bearer {SECRET}"})

    return post_plain if request.param == "plain" else lambda *about: asyncio.run(post_async(*about))


def _ask(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def _chat(server: ModelServer) -> str:
    return f"{server.openai_url}/chat/completions"


def test_answer_is_replayed_when_the_server_is_gone(
    post: Callable[..., Any], make_recorder: MakeRecorder, in_trial: InTrial, store: Store
) -> None:
    with ModelServer() as server:
        url = _chat(server)
        live, scope = in_trial(make_recorder("new"), lambda: post(url, _ask()))
    replayed, again = in_trial(make_recorder("none"), lambda: post(url, _ask()))

    assert replayed.json() == live.json()
    assert (replayed.status_code, replayed.headers["x-request-id"]) == (200, "req_test")
    assert (scope.live_calls, again.live_calls, again.replayed_calls) == (1, 0, 1)
    store.close()
    written = b"".join(file.read_bytes() for file in store.folder.rglob("*") if file.is_file())
    assert b"answer to: hi" in written
    assert SECRET.encode() not in written


def test_address_that_is_ignored_may_change(
    post: Callable[..., Any], make_recorder: MakeRecorder, in_trial: InTrial
) -> None:
    ignore = ["url"]
    with ModelServer() as server:
        live, _ = in_trial(make_recorder("new", ignore=ignore), lambda: post(_chat(server), _ask()))
    elsewhere = "http://127.0.0.1:1/v1/chat/completions"
    recorder = make_recorder("none", ignore=ignore)

    assert in_trial(recorder, lambda: post(elsewhere, _ask()))[0].json() == live.json()
    _, scope = in_trial(recorder, lambda: post(elsewhere, _ask("ho")))
    assert str(scope.trouble).startswith("no recording of POST by agent in trial 1")


def test_miss_is_answered_by_an_error_that_no_client_repeats(
    post: Callable[..., Any], make_recorder: MakeRecorder, in_trial: InTrial
) -> None:
    with ModelServer() as server:
        answer, scope = in_trial(make_recorder("none"), lambda: post(_chat(server), _ask('say "no"')))

    assert server.calls == []
    assert (answer.status_code, answer.headers["x-should-retry"]) == (400, "false")
    assert answer.json()["error"]["message"] == str(scope.trouble)
    assert isinstance(scope.trouble, InfrastructureError)


def test_errors_that_pass_are_not_recorded(
    post: Callable[..., Any], make_recorder: MakeRecorder, in_trial: InTrial
) -> None:
    script = [Answer.rate_limited(0), Answer.failing(500), "at last"]
    with ModelServer(script) as server:
        url = _chat(server)
        recorder = make_recorder("new")
        codes, _ = in_trial(recorder, lambda: [post(url, _ask()).status_code for _ in script])
    replayed, _ = in_trial(make_recorder("none"), lambda: post(url, _ask()))

    assert codes == [429, 500, 200]
    assert b"at last" in replayed.content


def test_broken_answer_is_not_recorded(
    post: Callable[..., Any], library: Any, make_recorder: MakeRecorder, in_trial: InTrial, store: Store
) -> None:
    def fail(url: str) -> None:
        with pytest.raises(library.TransportError):
            post(url, _ask())

    with ModelServer([Answer("long enough", truncate_at=20)]) as server:
        url = _chat(server)
        _, scope = in_trial(make_recorder("new"), lambda: fail(url))
    _, other = in_trial(make_recorder("new"), lambda: fail(url))  # nobody is there

    assert store.measure().entries == 0
    assert not scope.answers | other.answers


def test_outside_of_trials_and_under_a_recorded_call_http_is_not_recorded(
    post: Callable[..., Any], make_recorder: MakeRecorder, in_trial: InTrial, store: Store
) -> None:
    from pytest_arc.providers.cassettes.layer import record_above

    def ask_below(url: str) -> Any:
        with record_above():
            return post(url, _ask())

    with ModelServer() as server:
        assert post(_chat(server), _ask()).status_code == 200
        in_trial(make_recorder("new"), lambda: ask_below(_chat(server)))
        in_trial(None, lambda: post(_chat(server), _ask()))

    assert len(server.calls) == 3
    assert store.measure().entries == 0


@pytest.mark.parametrize("reads_on", [True, False])
def test_events_are_replayed_as_they_came(
    library: Any, make_recorder: MakeRecorder, in_trial: InTrial, reads_on: bool
) -> None:
    def read(url: str) -> list[str]:
        with library.Client() as client, client.stream("POST", url, json=_ask(stream=True)) as response:
            lines: list[str] = []
            for line in response.iter_lines():
                lines.append(line)
                if line == "data: [DONE]" and not reads_on:
                    break
            return lines

    with ModelServer(["three words here"]) as server:
        url = _chat(server)
        live, _ = in_trial(make_recorder("new"), lambda: read(url))
    replayed, _ = in_trial(make_recorder("none"), lambda: read(url))

    assert replayed == live
    assert sum("words" in line for line in live) == 1


def test_compressed_answer_is_kept_as_text(
    post: Callable[..., Any], make_recorder: MakeRecorder, in_trial: InTrial, store: Store
) -> None:
    body = json.dumps({"password": SECRET}).encode()
    packed = Answer(headers={"content-encoding": "gzip"}, body=gzip.compress(body))
    with ModelServer([packed]) as server:
        url = _chat(server)
        live, _ = in_trial(make_recorder("new"), lambda: post(url, _ask()))
    replayed, _ = in_trial(make_recorder("none"), lambda: post(url, _ask()))

    assert live.json() == {"password": SECRET}
    assert replayed.json() == {"password": "[redacted DESK_PASSWORD]"}


def test_answer_that_is_too_large_passes_and_is_not_recorded(
    post: Callable[..., Any],
    make_recorder: MakeRecorder,
    in_trial: InTrial,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transports, "MAX_BYTES", 10_000)
    with ModelServer(["x" * 20_000]) as server:
        answer, _ = in_trial(make_recorder("new"), lambda: post(_chat(server), _ask()))

    assert len(answer.content) > 20_000
    assert store.measure().entries == 0


def test_trials_at_the_same_time_do_not_mix(
    library: Any, make_recorder: MakeRecorder, in_trial: InTrial
) -> None:
    """Equal requests of many trials: each is given its own answer again, in whatever order they come."""

    def ask_all(mode: Any, url: str) -> list[str]:
        recorder = make_recorder(mode)

        async def ask(client: Any) -> str:
            return (await client.post(url, json=_ask())).json()["id"]

        async def run() -> list[str]:
            async with library.AsyncClient(timeout=30) as client:
                tasks = [
                    in_trial(recorder, lambda: asyncio.ensure_future(ask(client)), trial=n)[0]
                    for n in range(1, 31)
                ]
                return await asyncio.gather(*tasks)

        return asyncio.run(run())

    with ModelServer() as server:
        live = ask_all("new", _chat(server))
    assert len(set(live)) == 30
    assert ask_all("none", _chat(server)) == live


def test_library_that_is_imported_later_is_patched_too() -> None:
    pytest.importorskip("httpx")
    code = (
        "from pytest_arc.providers.cassettes.transports import patch_transports\n"
        "import sys; assert 'httpx' not in sys.modules\n"
        "patch_transports(); patch_transports()\n"
        "import httpx\n"
        "print(hasattr(httpx.HTTPTransport.handle_request, '__wrapped__'),"
        " hasattr(httpx.HTTPTransport.handle_request.__wrapped__, '__wrapped__'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


def test_other_clients_reach_no_other_machine_where_nothing_may_leave(
    make_recorder: MakeRecorder, in_trial: InTrial
) -> None:
    def connect(address: tuple[str, int]) -> None:
        with socket.socket() as client:
            client.connect(address)

    seal_sockets()
    with ModelServer() as server:
        host, port = server.url.removeprefix("http://").split(":")
        in_trial(make_recorder("none"), lambda: connect((host, int(port))))
    with pytest.raises(InfrastructureError, match=r"a connection to 192\.0\.2\.1:443 was refused"):
        in_trial(make_recorder("none"), lambda: connect(("192.0.2.1", 443)))


def _send_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("192.0.2.1", 53))


def _ask_by_asyncio() -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection("models.example", 443), 60))


def _ask_by(library: str) -> Callable[[], Any]:
    def ask() -> None:
        pytest.importorskip(library).get("http://models.example/v1")

    return ask


@pytest.mark.parametrize(
    "ask",
    [
        lambda: urllib.request.urlopen("http://models.example/v1"),
        _ask_by("requests"),
        _ask_by_asyncio,
        _send_datagram,
        lambda: socket.gethostbyname("models.example"),
    ],
    ids=["urllib", "requests", "asyncio", "UDP", "a look-up"],
)
def test_no_library_gets_as_far_as_a_look_up_where_nothing_may_leave(
    make_recorder: MakeRecorder, in_trial: InTrial, ask: Callable[[], Any]
) -> None:
    seal_sockets()
    follow_threads()
    scopes: list[Any] = []

    def ask_in_trial() -> None:
        scopes.append(current_scope())
        with suppress(Exception, InfrastructureError):  # whatever the library makes of it
            ask()

    in_trial(make_recorder("none"), ask_in_trial)

    (scope,) = scopes
    assert re.match(
        r"a look-up of models\.example was refused|a connection to 192\.0\.2\.1:53 was refused",
        str(scope.trouble),
    )


def _in_thread(work: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def _in_executor(work: Callable[[], Any]) -> Any:
    async def run() -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, work)

    return asyncio.run(run())


@pytest.mark.parametrize("elsewhere", [_in_thread, _in_executor], ids=["a thread", "the loop's executor"])
def test_threads_that_an_agent_starts_belong_to_its_trial(
    make_recorder: MakeRecorder, in_trial: InTrial, elsewhere: Callable[[Callable[[], Any]], Any]
) -> None:
    httpx2 = pytest.importorskip("httpx2", reason="the extra 'http' is not installed")
    patch_transports()
    follow_threads()
    with ModelServer() as server:
        url = _chat(server)
        live, scope = in_trial(make_recorder("new"), lambda: elsewhere(lambda: httpx2.post(url, json=_ask())))
    replayed, again = in_trial(
        make_recorder("none"), lambda: elsewhere(lambda: httpx2.post(url, json=_ask()))
    )

    assert replayed.json() == live.json()
    assert (scope.live_calls, again.live_calls, again.replayed_calls) == (1, 0, 1)


def test_a_pool_that_trials_share_tells_them_apart(make_recorder: MakeRecorder, in_trial: InTrial) -> None:
    follow_threads()
    with ThreadPoolExecutor(1) as pool:
        found = [
            in_trial(make_recorder(), lambda: pool.submit(current_scope).result(), trial=trial)
            for trial in (1, 2)
        ]
        outside = pool.submit(current_scope).result()

    assert all(seen is scope for seen, scope in found)
    assert outside is None


def test_a_thread_that_has_ended_is_not_held(make_recorder: MakeRecorder, in_trial: InTrial) -> None:
    follow_threads()

    def start() -> weakref.ref[threading.Thread]:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        return weakref.ref(thread)

    gc.disable()
    try:
        reference, _ = in_trial(make_recorder(), start)
        assert reference() is None
    finally:
        gc.enable()
