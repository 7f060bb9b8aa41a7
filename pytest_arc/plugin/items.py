"""Agent files, their cases and their gates, as pytest collects them."""

# pytest's own functions are only partly annotated.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Protocol

import pytest

from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.domain.result import CaseOutcome
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError
from pytest_arc.loading import check_claim
from pytest_arc.reports.github import disarm
from pytest_arc.reports.visible import make_visible
from pytest_arc.suite import plan_file

__all__ = [
    "AgentFile",
    "CaseFailed",
    "CaseItem",
    "FailureText",
    "GateItem",
    "Host",
    "claim_file",
    "locate_case",
]

SUFFIXES = (".yaml", ".yml", ".json")
HEAD_BYTES = 65536


class Host(Protocol):
    """The plugin, as its items see it."""

    hooks: Any
    """pytest's hooks without those that capture."""
    passed_over: int
    """YAML files in a directory walk that are nobody's."""

    @property
    def settings(self) -> Settings: ...
    def add_agent(self, file: AgentFile, agent: AgentPlan) -> None: ...
    def run_case(self, case: Case) -> CaseOutcome: ...
    def describe_failure(self, item: CaseItem) -> str: ...


class CaseFailed(Exception):
    """A case is below its bar. Caught by `CaseItem.repr_failure`."""


class FailureText(str):
    """What is shown of a failure.

    Where the terminal lacks a character, pytest escapes all that it is given at once, line breaks too.
    """

    def toterminal(self, out: Any) -> None:
        for line in disarm(make_visible(self), os.environ).splitlines():
            out.line(line)


def claim_file(plugin: Host, path: Path, parent: pytest.Collector) -> AgentFile | None:
    """Claim what the user named, and in a directory walk what has a top-level `arc:` key."""
    if path.suffix not in SUFFIXES:
        return None
    if not parent.session.isinitpath(path):
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not check_claim(head):
            # Scenario files belong to the agents that include them: nobody wonders about those.
            plugin.passed_over += not any(key in head for key in (b"arc_scenarios", b"arc_quarantine"))
            return None
    return AgentFile.from_parent(parent, path=path, plugin=plugin)


class AgentFile(pytest.File):
    """One profile."""

    def __init__(self, *, plugin: Host, **rest: Any) -> None:
        super().__init__(**rest)
        self.plugin = plugin
        self.agent: AgentPlan | None = None
        self.items: list[CaseItem] = []

    def collect(self) -> Iterator[pytest.Item]:
        self.agent = self._plan()
        self.plugin.add_agent(self, self.agent)
        self.items = [
            CaseItem.from_parent(self, name=case.scenario.id, case=case) for case in self.agent.cases
        ]
        yield from self.items
        for name in self.agent.profile.gates.names:
            yield GateItem.from_parent(self, name=f"gate/{name}", tags=self.agent.profile.tags)

    def _plan(self) -> AgentPlan:
        try:
            return plan_file(self.path, self.plugin.settings)
        except LoadError as error:
            raise self.CollectError(str(error)) from None


class ArcItem(pytest.Item):
    """What cases and gates have in common: pytest captures nothing of them."""

    @property
    def ihook(self) -> Any:
        # pytest flips sys.stdout around every phase. Trials run ahead of their items, so that what they
        # print would land in whichever item is being reported; our own router keeps it per trial.
        return self.parent.plugin.hooks  # type: ignore[union-attr]


class CaseItem(ArcItem):
    """One case."""

    def __init__(self, *, case: Case, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.outcome: CaseOutcome | None = None
        for tag in dict.fromkeys((*case.profile.tags, *case.scenario.tags)):
            self.add_marker(tag)

    @property
    def plugin(self) -> Host:
        assert isinstance(self.parent, AgentFile)
        return self.parent.plugin

    def runtest(self) -> None:
        self.outcome = self.plugin.run_case(self.case)
        if self.outcome.word in ("failed", "errored"):
            raise CaseFailed(self.outcome.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CaseFailed):
            return FailureText(self.plugin.describe_failure(self))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, max(0, self.case.origin.line - 1), self.name

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        # pytest makes the path of the same file absolute for each item: a tenth of what an item costs.
        assert self.parent is not None
        return locate_case(self.parent.nodeid, self.case)


def locate_case(file: str, case: Case) -> tuple[str, int, str]:
    """The location of a case, as pytest has it; `file` is the node id of the file of its agent."""
    return file, max(0, case.origin.line - 1), case.scenario.id


class GateItem(ArcItem):
    """A gate, collected so that ids, `-k` and `--lf` know it, and reported when all cases are through."""

    def __init__(self, *, tags: Sequence[str] = (), **rest: Any) -> None:
        super().__init__(**rest)
        for tag in tags:
            self.add_marker(tag)

    def runtest(self) -> NoReturn:
        raise AssertionError("a gate is evaluated after the loop, never run as an item")

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name
