"""The two sides of a comparison: what `RUN[::AGENT]` names, read as far as it was recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pytest_arc.domain.baseline import CaseHashes
from pytest_arc.domain.comparison import AgentRecord
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import LoadError, Problem, UsageError
from pytest_arc.history.document import FORMAT, read_trial
from pytest_arc.history.folder import RunFolder, find_run
from pytest_arc.history.measured import is_simulated
from pytest_arc.loading.source import show_path
from pytest_arc.registry import find_near_miss

__all__ = ["Side", "pair_agents", "parse_side", "read_side"]

_Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One run, and the agent of it that was asked for."""

    name: str
    """The run as commands name it: its id, or the file."""
    agents: Sequence[AgentRecord]
    wanted: str = ""
    """Id or name of an agent; empty for any."""

    def list_wanted(self) -> Sequence[AgentRecord]:
        """Those that were asked for. Raises UsageError when there is none."""
        found = [agent for agent in self.agents if agent.agent == self.wanted] or [
            agent for agent in self.agents if self.wanted in ("", agent.name)
        ]
        if found:
            return found
        ids = [agent.agent for agent in self.agents]
        near = find_near_miss(self.wanted, {*ids, *(agent.name for agent in self.agents)})
        hint = f"did you mean '{near}'?" if near else f"it has: {', '.join(ids)}"
        raise UsageError(f"run {self.name} has no agent '{self.wanted}'; {hint}")

    def list_addresses(self) -> list[str]:
        return [f"{self.name}::{agent.agent}" for agent in self.list_wanted()]


def parse_side(text: str) -> tuple[str, str]:
    """`RUN[::AGENT]` -> run, and agent or an empty string."""
    # The quotes may be those that reports put around an address; the Windows prompt hands them over.
    run, _, agent = text.strip("'").partition("::")
    return run, agent


def read_side(root: Path, run: str, wanted: str) -> Side:
    """The run called `run` in the folder `root`: an id, `last`, a run folder, or a file of results.

    Raises UsageError when there is no such run, LoadError when it cannot be read.
    """
    path = Path(run)
    if path.is_file():
        agents = _read_document(path, _read_json(path))
        return Side(show_path(path), agents, wanted)
    folder = find_run(root, run or "last")
    return Side(folder.run_id, _read_folder(folder), wanted)


def pair_agents(a: Side, b: Side) -> list[tuple[AgentRecord, AgentRecord]]:
    """Who is compared with whom: the only two, else those of one id, else those of one name.

    Raises UsageError when several could be meant, and when an agent would be compared with itself.
    """
    left, right = a.list_wanted(), b.list_wanted()
    pairs = [(left[0], right[0])] if len(left) == len(right) == 1 else [*_match(left, right)]
    if not pairs:
        addresses = f"A: {', '.join(a.list_addresses())}; B: {', '.join(b.list_addresses())}"
        raise UsageError(f"it is not clear which agents to compare; name one of each. {addresses}")
    for then, now in pairs:
        # The id of a run is a time: on two machines it may be the same.
        if (then.run, then.agent, then.trials) == (now.run, now.agent, now.trials):
            raise UsageError(_explain_same(now, b))
    return pairs


def _explain_same(agent: AgentRecord, side: Side) -> str:
    others = [address for address in side.list_addresses() if not address.endswith(f"::{agent.agent}")]
    hint = f", or another agent: {', '.join(others)}" if others else ""
    return f"A and B are the same: {agent.agent} in run {agent.run}. Name another run (arc status){hint}"


def _match(
    left: Sequence[AgentRecord], right: Sequence[AgentRecord]
) -> Iterator[tuple[AgentRecord, AgentRecord]]:
    by_id = {agent.agent: agent for agent in right}
    for agent in left:
        if agent.agent in by_id:
            yield agent, by_id[agent.agent]
    matched = {agent.agent for agent in left} & by_id.keys()
    left, right = ([agent for agent in side if agent.agent not in matched] for side in (left, right))
    for agent in left:
        namesakes = [other for other in right if other.name == agent.name]
        if len(namesakes) == 1 and sum(other.name == agent.name for other in left) == 1:
            yield agent, namesakes[0]


def _read_folder(folder: RunFolder) -> list[AgentRecord]:
    place = folder.path / "run.json"
    if folder.is_finished:
        try:
            document = _read_json(place)
        except LoadError:
            pass  # damaged: what trials.jsonl holds is read instead
        else:
            return _read_document(place, document)
    header = folder.read_header()
    if not header.get("agents"):
        raise _reject(folder.path / "header.json", "this is damaged: it does not say what was run")
    with _explain_damage(folder.path):
        return _read_agents(folder.run_id, header, "no end was recorded", (), folder.read_trials())


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _reject(path, f"this cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise _reject(path, f"this is no result of a run, or it is damaged: {error}") from error


def _read_document(path: Path, document: Any) -> list[AgentRecord]:
    """What `run.json` and `--arc-json` hold. Raises LoadError."""
    told = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if not {"format", "header", "results", "timings"} <= told.keys():
        raise _reject(path, "this is no result of a run: format, header, results, timings are expected")
    if told["format"] != FORMAT:
        raise _reject(path, f"its format is {told['format']}; this version reads {FORMAT}")
    with _explain_damage(path):
        header = told["header"]
        cases = [case for agent in told["results"]["agents"] for case in agent["cases"]]
        trials = _read_trials(cases, told["timings"])
        return _read_agents(header["run_id"], header, header["interrupted"] or "", cases, trials)


def _read_trials(cases: Iterable[_Facts], timings: Mapping[str, Any]) -> Iterator[TrialResult]:
    for case in cases:
        for trial, timing in zip(case["trials"], timings[case["id"]], strict=True):
            yield read_trial({"case": case["id"], **trial, "timing": timing})


def _read_agents(
    run: str, header: _Facts, interrupted: str, cases: Iterable[_Facts], trials: Iterable[TrialResult]
) -> list[AgentRecord]:
    """Every agent of a run; of an interrupted one there are no `cases`."""
    told = {case["id"]: case for case in cases}
    made: dict[str, list[TrialResult]] = {}
    for trial in sorted(trials, key=lambda trial: trial.trial):
        made.setdefault(trial.case, []).append(trial)
    return [_read_agent(run, header, interrupted, agent, told, made) for agent in header["agents"]]


def _read_agent(
    run: str,
    header: _Facts,
    interrupted: str,
    agent: _Facts,
    told: Mapping[str, _Facts],
    made: Mapping[str, Sequence[TrialResult]],
) -> AgentRecord:
    tags: dict[str, Sequence[str]] = {}
    trials: dict[str, Sequence[TrialResult]] = {}
    for scenario in agent["scenarios"]:
        id = f"{agent['id']}/{scenario}"
        case = told.get(id, {})
        tags[scenario] = case.get("tags", ())
        # Those above the planned number were made because the first ones looked bad.
        planned = case.get("planned", agent.get("max_trials", math.inf))
        trials[scenario] = [trial for trial in made.get(id, ()) if trial.trial <= planned]
    return AgentRecord(
        run=run,
        agent=agent["id"],
        target=agent["target"],
        simulated=is_simulated(agent["target"]),
        seed=header.get("seed"),
        interrupted=interrupted,
        hashes={scenario: CaseHashes(*hashes) for scenario, hashes in agent["scenarios"].items()},
        tags=tags,
        trials=trials,
    )


@contextmanager
def _explain_damage(path: Path) -> Generator[None]:
    """Turn what a file of the wrong form raises into LoadError."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"this is no result of a run, or it is damaged: {type(error).__name__}: {error}"
        raise _reject(path, message) from error


def _reject(path: Path, message: str) -> LoadError:
    return LoadError([Problem(show_path(path), 0, 0, message)])
