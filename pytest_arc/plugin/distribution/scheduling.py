"""How tests come to workers with `--dist load`, which is what `-n` means. Only this module imports xdist."""

# xdist is not annotated as a library.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

from pytest_arc.domain.plan import Case
from pytest_arc.plugin.distribution.shares import divide_cases

__all__ = ["ShareScheduling"]


class ShareScheduling(LoadScheduling):
    """Gives each worker its share of the cases in one message, so that it runs them ahead of its loop; other
    tests go to whoever has time, as ever.

    The tests of workers that died are handed out anew, but for the cases that died with them.
    """

    def __init__(
        self,
        config: pytest.Config,
        log: Any,
        *,
        find_case: Callable[[str], Case | None],
        hand_over: Callable[[str, Sequence[Case]], None],
        bury: Callable[[str], Collection[str]],
        workers: int,
        chunk: int | None,
    ) -> None:
        """`find_case`: node id -> its case, if it is one; `hand_over` tells a worker of its share; `bury` is
        called for a worker that died, and returns the ids of the cases that nobody is to run any more. At
        most so many `workers` get cases, no more than `chunk` at once.
        """
        super().__init__(config, log)
        self._find_case = find_case
        self._hand_over = hand_over
        self._bury = bury
        self._workers = workers
        self._chunk = chunk
        self._cases: dict[int, Case] = {}
        """Index of an item -> its case."""
        self._waiting: list[int] = []
        """Indices of the cases that no worker has."""

    @property
    def tests_finished(self) -> bool:
        return super().tests_finished and not self._waiting

    @property
    def has_pending(self) -> bool:
        return super().has_pending or bool(self._waiting)

    def schedule(self) -> None:
        collected, *others = self.node2collection.values()
        if self.collection is not None or any(other != collected for other in others):
            super().schedule()  # which reports that they differ
            return
        self.collection = collected
        self.maxschedchunk = self.config.getoption("maxschedchunk") or len(collected)
        found = {index: self._find_case(node_id) for index, node_id in enumerate(collected)}
        self._cases = {index: case for index, case in found.items() if case is not None}
        self.pending[:] = [index for index, case in found.items() if case is None]
        self._waiting = list(self._cases)
        if self._chunk is None:
            self._hand_out_shares()
        for node in self.nodes:
            self.check_schedule(node)

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        free = [other for other in self.nodes if not other.shutting_down]
        if self._waiting and node in free and len(self.node2pending[node]) < 2:
            most = self._chunk or -(-len(self._waiting) // len(free))
            self._send(node, self._waiting[:most])
        if self.pending or not self._waiting:
            super().check_schedule(node, duration)  # shuts it down when nothing is left

    def remove_node(self, node: WorkerController) -> str | None:
        pending = self.node2pending[node]
        own = [index for index in pending if index in self._cases]
        if not own:
            return super().remove_node(node)
        gone = self._bury(node.gateway.id)
        self._waiting[:0] = [index for index in own if self._cases[index].id not in gone]
        others = [index for index in pending if index not in self._cases]
        if pending[0] in others:
            self.node2pending[node] = others
            return super().remove_node(node)
        # It was at a case. Which of them it died of nobody knows: they have been reported already.
        del self.node2pending[node]
        self.pending.extend(others)
        for other in self.nodes:
            self.check_schedule(other)
        return None

    def _hand_out_shares(self) -> None:
        indices = {case.id: index for index, case in self._cases.items()}
        shares = divide_cases(list(self._cases.values()), min(self._workers, len(self.nodes)))
        for node, share in zip(self.nodes, shares, strict=False):
            self._send(node, [indices[case.id] for case in share])

    def _send(self, node: WorkerController, indices: Sequence[int]) -> None:
        if not indices:
            return
        self._hand_over(node.gateway.id, [self._cases[index] for index in indices])
        sent = set(indices)
        self._waiting = [index for index in self._waiting if index not in sent]
        self.node2pending[node].extend(indices)
        node.send_runtest_some(indices)
