"""The quarantine of a project beside what its runs say: looked up, changed, and held to its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_arc.cli.project import find_earlier_runs, find_runs_folder
from pytest_arc.cli.stability import quote, state_history
from pytest_arc.domain.quarantine import Quarantine, QuarantineEntry, count_allowed
from pytest_arc.errors import LoadError, UsageError
from pytest_arc.history.flakiness import History, ScenarioHistory, read_history
from pytest_arc.history.folder import list_runs
from pytest_arc.loading import find_root
from pytest_arc.loading.editing import append_item, remove_item
from pytest_arc.loading.quarantine import FILE_NAME, load_quarantine, parse_quarantine
from pytest_arc.loading.source import Source, read_source, show_path
from pytest_arc.registry import find_near_miss

__all__ = ["Ward", "open_ward"]

_NEW_FILE = """\
# Scenarios that are unstable on unchanged code: still run and reported, but out of the regression gate
# until they expire. See `arc quarantine ls`.
arc_quarantine: 1
entries: []
"""


def open_ward(flags: Mapping[str, Any]) -> Ward:
    """That of the project here, with the runs that `--dir` and `--history` name."""
    root = find_root(Path.cwd())
    return Ward(root, find_runs_folder(flags), find_earlier_runs(flags), load_quarantine(root))


@dataclass(frozen=True)
class Ward:
    """The quarantine of a project, with what its runs say."""

    root: Path
    runs_folder: Path
    earlier: Path | None
    quarantine: Quarantine

    @property
    def path(self) -> Path:
        return self.root / FILE_NAME

    @cached_property
    def history(self) -> History:
        return read_history(self.runs_folder, self.earlier)

    @cached_property
    def scenarios(self) -> list[ScenarioHistory]:
        return self.history.list_scenarios()

    @property
    def own_runs(self) -> list[str]:
        """Ids that `arc show` knows."""
        return [run.run_id for run in list_runs(self.runs_folder)]

    def find_current(self, entry: QuarantineEntry) -> list[ScenarioHistory]:
        """What is known of a scenario and its agents as they are now."""
        return [
            history
            for history in self.scenarios
            if history.is_current and history.scenario == entry.scenario and entry.concerns(history.agent)
        ]

    def count_room(self, agent: str, today: date) -> int:
        """How many more scenarios of an agent may be set aside."""
        suite = self.history.suites.get(agent, frozenset())
        return count_allowed(len(suite)) - len(suite & self.quarantine.active(agent, today))

    def append(self, entry: QuarantineEntry) -> None:
        """Write one more entry. Raises UsageError when the file cannot be changed."""
        source = read_source(self.path) if self.path.is_file() else Source(FILE_NAME, _NEW_FILE)
        try:
            text = append_item(source, "entries", entry.model_dump(exclude_none=True))
        except ValueError:
            raise _refuse_editing(self.path) from None
        self._write(text, [*self.quarantine.entries, entry])

    def remove(self, scenario: str, agent: str | None) -> None:
        """Take a scenario out. Raises UsageError when it is not there, or the file cannot be changed."""
        entries = list(self.quarantine.entries)
        gone = [n for n, e in enumerate(entries) if e.scenario == scenario and agent in (None, e.agent)]
        if not gone:
            near = find_near_miss(scenario, {entry.scenario for entry in entries} - {scenario})
            hint = f"; did you mean '{near}'?" if near else ""
            of_agent = f" of agent '{agent}'" if agent else ""
            raise UsageError(f"{FILE_NAME} has no scenario '{scenario}'{of_agent}{hint}")
        source = read_source(self.path)
        for index in reversed(gone):
            try:
                source = Source(source.path, remove_item(source, "entries", index))
            except ValueError:
                raise _refuse_editing(self.path) from None
            del entries[index]
        self._write(source.text, entries)

    # What is asked for, and refused.

    def choose_flaky(self, scenario: str, agent: str | None) -> ScenarioHistory | None:
        """The history by which a scenario is flaky. Raises UsageError when it is so for several agents."""
        found = {h.agent: h for h in self._find_known(scenario, agent) if h.is_flaky}
        if len(found) > 1:
            raise UsageError(
                f"several agents are flaky in {scenario}; name one: --agent {' or '.join(found)}"
            )
        return next(iter(found.values()), None)

    def reject_doubled(self, scenario: str, agent: str | None) -> None:
        """Raise UsageError where a scenario is set aside already, whether or not that has expired."""
        for entry in self.quarantine.entries:
            if entry.scenario == scenario and (agent is None or entry.concerns(agent)):
                raise UsageError(
                    f"{scenario} is in {FILE_NAME} already, to {entry.expires} (owner {entry.owner})\n"
                    f"    Take it out first: arc quarantine rm {quote(scenario)}"
                )

    def reject_overfull(self, entry: QuarantineEntry, today: date) -> None:
        """Raise UsageError where too much of a suite would be set aside."""
        for agent, suite in self.history.suites.items():
            if entry.concerns(agent) and entry.scenario in suite and self.count_room(agent, today) < 1:
                aside = len(suite & self.quarantine.active(agent, today))
                raise UsageError(
                    f"{aside + 1} of {len(suite)} scenarios of agent '{agent}' would be set aside:"
                    f" at most 10 % may be, here {count_allowed(len(suite)) or 'none'}"
                )

    def explain_stable(self, scenario: str, agent: str | None) -> UsageError:
        """Why a scenario that is not flaky is not set aside."""
        known = self._find_known(scenario, agent)
        if not known:
            return self.explain_unknown(scenario)
        said = "; ".join(state_history(history) for history in known)
        return UsageError(
            f"{scenario} is not known to be flaky: {said}\n"
            "    Flaky takes 10 trials from 2 runs of unchanged code, some passing, some failing.\n"
            "    Set it aside all the same: --force --reason TEXT"
        )

    def explain_unknown(self, scenario: str) -> UsageError:
        """That no run has the scenario, and what was meant perhaps."""
        near = find_near_miss(scenario, {history.scenario for history in self.scenarios})
        hint = f"; did you mean '{near}'?" if near else "; --history DIR reads those of other places"
        return UsageError(f"no run in {show_path(self.runs_folder)} has a scenario '{scenario}'{hint}")

    def _find_known(self, scenario: str, agent: str | None) -> list[ScenarioHistory]:
        current = [h for h in self.scenarios if h.is_current and h.scenario == scenario]
        return [history for history in current if agent in (None, history.agent)]

    def _write(self, text: str, entries: Sequence[QuarantineEntry]) -> None:
        """Write the file anew. Raises UsageError when it cannot be, or would not hold just `entries`."""
        try:
            is_right = parse_quarantine(Source(show_path(self.path), text)).entries == tuple(entries)
        except LoadError:
            is_right = False
        if not is_right:
            raise _refuse_editing(self.path)
        try:
            self.path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise UsageError(f"cannot write to {show_path(self.path)}: {error.strerror}") from error


def _refuse_editing(path: Path) -> UsageError:
    return UsageError(
        f"{show_path(path)} is written in a way that this command cannot change: do it by hand,"
        " or write the entries one below the other"
    )
