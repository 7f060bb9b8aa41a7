"""A server that speaks Modal's gRPC and really runs what its clients ask for.

    with ModalStandin(folder) as modal:
        environ |= modal.environ

Modal's own client talks to it, and containers are processes that run the entry point of Modal's wheel. What
it leaves out: volumes, maps, generators, web endpoints, blobs, GPUs, regions, and stopping idle containers.
"Images" are this machine's Python: building one looks whether its packages are installed here.
"""

from __future__ import annotations

import asyncio
import threading
from itertools import count
from pathlib import Path

from standin_clients import ClientCalls, Image, Rules
from standin_containers import InlineContainer, ProcessContainer
from standin_pool import Container, Pool
from standin_protocol import serve

__all__ = ["ModalStandin"]


class ModalStandin:
    """One workspace on a free port, in a thread of its own. Use it in a `with` block.

    `inline`: functions are called in this process, at once.
    """

    def __init__(self, folder: Path, *, inline: bool = False) -> None:
        self.folder = folder
        self.rules = Rules()
        self._inline = inline
        self._numbers = count(1)
        self._calls = ClientCalls(self.rules, self._make_container)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="modal stand-in", daemon=True)
        self._is_up = threading.Event()
        self._leaving = asyncio.Event()
        self.port = 0

    def __enter__(self) -> ModalStandin:
        self._thread.start()
        self._is_up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._leaving.set)
        self._thread.join()

    @property
    def environ(self) -> dict[str, str]:
        """What makes Modal's client come here, signed in."""
        return {
            "MODAL_SERVER_URL": f"http://127.0.0.1:{self.port}",
            "MODAL_TOKEN_ID": self.rules.token_id,
            "MODAL_TOKEN_SECRET": self.rules.token_secret,
            "MODAL_BUILD_VALIDATION": "ignore",  # someone may be editing the package
            "MODAL_CONFIG_PATH": str(self.folder / "absent.toml"),
        }

    @property
    def apps(self) -> dict[str, str]:
        """App id -> `running`, or why it was stopped."""
        return dict(self._calls.apps)

    @property
    def images(self) -> list[Image]:
        return list(self._calls.images.values())

    @property
    def calls(self) -> list[str]:
        """Names of the calls that clients have made."""
        return list(self._calls.calls)

    @property
    def containers(self) -> list[Container]:
        """Those that are alive."""
        return [container for pool in self.pools for container in pool.containers.values()]

    @property
    def pools(self) -> list[Pool]:
        """Of each function there ever was, the oldest first."""
        return list(self._calls.pools.values())

    def read_logs(self) -> str:
        """What all containers have printed."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*/log")))

    def _make_container(self, pool: Pool) -> Container:
        container_id = f"ta-{next(self._numbers):06d}"
        if self._inline:
            return InlineContainer(pool, container_id)
        return ProcessContainer(pool, container_id, self.folder / container_id)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        async with serve(self._calls) as self.port:
            self._is_up.set()
            await self._leaving.wait()
            for pool in self.pools:
                pool.stop()
            await asyncio.gather(*(pool.join() for pool in self.pools))
