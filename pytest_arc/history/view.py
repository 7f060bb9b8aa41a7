"""A run folder -> the one view that every report reads: of a run just made, an older one, or one cut short.

What is read was written without secrets. An interrupted run without `run.json` is told by its header and
`trials.jsonl`: what has finished is there, and nothing has a verdict.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytest_arc.domain.result import CaseOutcome, Estimate, TrialResult
from pytest_arc.domain.trajectory import Trajectory, Usage
from pytest_arc.domain.view import AgentView, BaselineView, CaseView, CountsThen, RunView, Totals
from pytest_arc.errors import UsageError
from pytest_arc.history.document import read_estimate, read_outcome, read_verdict
from pytest_arc.history.folder import RunFolder
from pytest_arc.history.measured import is_simulated
from pytest_arc.stats import mean_pass_at_k, mean_pass_hat_k, wilson

__all__ = ["Trajectories", "read_view"]

_Facts = Mapping[str, Any]
_Trials = Mapping[str, Sequence[TrialResult]]

KILLED = "the run was killed before it could say what became of it"
MOST_K = 50
"""As in `run.json`."""


def read_view(folder: RunFolder) -> RunView:
    """Read one run. Raises UsageError when its files are not those of a run."""
    header, results = _read_document(folder)
    try:
        return _view_run(folder, header, results)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise UsageError(f"the files of run {folder.run_id} are damaged ({detail})") from error


def _read_document(folder: RunFolder) -> tuple[_Facts, _Facts | None]:
    """Header and results; no results when the run was killed or its `run.json` is damaged."""
    if folder.is_finished:
        with suppress(UsageError, LookupError, TypeError):  # damaged: it is read like one that was killed
            document = folder.read_document()
            return document["header"], document["results"]
    return folder.read_header(), None


def _view_run(folder: RunFolder, header: _Facts, results: _Facts | None) -> RunView:
    trials = _sort_trials(folder.read_trials())
    told = {agent["id"]: agent for agent in results["agents"]} if results else {}
    agents = tuple(
        _view_agent(facts, told.get(facts["id"]), trials) for facts in _list_agents(header, trials)
    )
    return RunView(
        run_id=folder.run_id,
        started=header.get("started", ""),
        finished=header.get("finished", ""),
        interrupted=(header.get("interrupted") or "") if results else KILLED,
        seed=header.get("seed"),
        executor=header.get("executor", ""),
        settings=header.get("settings", {}),
        git=header.get("git"),
        packages=header.get("packages", {}),
        python=header.get("python", ""),
        platform=header.get("platform", ""),
        results_sha256=header.get("results_sha256", ""),
        totals=_sum_up([case for agent in agents for case in agent.cases]),
        agents=agents,
    )


def _sort_trials(trials: Iterable[TrialResult]) -> _Trials:
    found: defaultdict[str, list[TrialResult]] = defaultdict(list)
    for trial in trials:
        found[trial.case].append(trial)
    for of_case in found.values():
        of_case.sort(key=lambda trial: trial.trial)
    return found


def _list_agents(header: _Facts, trials: _Trials) -> Sequence[_Facts]:
    """As the header has them; without one, by what stands before the first slash of a case's id."""
    known: Sequence[_Facts] | None = header.get("agents")
    return known or [{"id": id} for id in sorted({case.partition("/")[0] for case in trials})]


def _view_agent(facts: _Facts, told: _Facts | None, trials: _Trials) -> AgentView:
    id: str = facts["id"]
    name, _, version = id.partition("@")
    target: str = facts.get("target", "")
    if told is None:
        mine = [case for case in trials if case.startswith(f"{id}/")]
        cases = [_view_unfinished(id, case, trials[case], facts) for case in mine]
        told = _measure(cases)
    else:
        cases = [_view_case(id, case, trials.get(case["id"], ())) for case in told["cases"]]
    return AgentView(
        id=id,
        name=facts.get("name", name),
        version=facts.get("version", version),
        path=facts.get("path", ""),
        job=facts.get("job", ""),
        target=target,
        deterministic=facts.get("deterministic", False),
        simulated=is_simulated(target),
        assumptions=facts.get("assumptions", {}),
        capabilities=tuple(facts.get("capabilities", ())),
        suite=len(facts.get("scenarios", cases)),
        reliability=read_estimate(told["reliability"]),
        pass_hat_k=tuple(told["pass_hat_k"]),
        pass_at_k=tuple(told["pass_at_k"]),
        verdicts=tuple(read_verdict(gate) for gate in told["gates"]),
        gates_at=facts.get("gates_at", {}),
        notes=tuple(facts.get("notes", ())),
        baseline=_view_baseline(facts.get("baseline")),
        totals=_sum_up(cases),
        cases=tuple(cases),
    )


def _view_case(agent: str, told: _Facts, trials: Sequence[TrialResult]) -> CaseView:
    path, _, line = told["origin"].rpartition(":")
    return CaseView(
        id=told["id"],
        scenario=told["id"].removeprefix(f"{agent}/"),
        title=told.get("title", ""),
        challenges=told.get("challenges"),
        tags=tuple(told["tags"]),
        path=path,
        line=int(line),
        bar=told.get("bar", 1.0),
        planned=told["planned"],
        outcome=read_outcome(told),
        trials=trials,
    )


def _view_unfinished(agent: str, case: str, trials: Sequence[TrialResult], facts: _Facts) -> CaseView:
    """A case that was not judged: nothing that did not run to its end is green."""
    planned: int = facts.get("max_trials", trials[-1].trial)
    words = Counter(trial.outcome for trial in trials if trial.trial <= planned)
    passed, failed, errored = words["passed"], words["failed"], words["errored"]
    scored = passed + failed
    return CaseView(
        id=case,
        scenario=case.removeprefix(f"{agent}/"),
        title="",
        challenges=None,
        tags=(),
        path="",
        line=0,
        bar=1.0,
        planned=planned,
        outcome=CaseOutcome(
            case,
            "not run",
            f"{KILLED}; {passed}/{scored} trials passed until then",
            passed,
            failed,
            errored,
            _estimate(passed, scored),
        ),
        trials=trials,
    )


def _measure(cases: Sequence[CaseView]) -> _Facts:
    """What `results` would say of an agent, as far as is known: no gate has a verdict."""
    counts = [(case.outcome.passed, case.outcome.scored) for case in cases if case.outcome.scored]
    passed, scored = [c for c, _ in counts], [n for _, n in counts]
    ks = range(1, min(MOST_K, max(scored, default=0)) + 1)
    hat, at = ([mean(passed, scored, k) for k in ks] for mean in (mean_pass_hat_k, mean_pass_at_k))
    reliability = _estimate(sum(passed), sum(scored))
    return {
        "reliability": reliability and asdict(reliability),
        "pass_hat_k": [value and value.value for value in hat],
        "pass_at_k": [value and value.value for value in at],
        "gates": (),
    }


def _view_baseline(told: _Facts | None) -> BaselineView | None:
    if told is None:
        return None
    scenarios = {id: CountsThen(**counts) for id, counts in told["scenarios"].items()}
    passed = sum(counts.passed for counts in scenarios.values())
    scored = sum(counts.n for counts in scenarios.values())
    return BaselineView(told["label"], told["runs"], _estimate(passed, scored), scenarios)


def _estimate(passed: int, scored: int) -> Estimate | None:
    return Estimate(passed, scored, *wilson(passed, scored)) if scored else None


def _sum_up(cases: Iterable[CaseView]) -> Totals:
    planned = [trial for case in cases for trial in case.planned_trials]
    fresh = [trial for case in cases for trial in case.fresh_trials]
    words = Counter(trial.outcome for trial in planned)
    made = [*planned, *fresh]
    return Totals(
        passed=words["passed"],
        failed=words["failed"],
        errored=words["errored"],
        cancelled=words["cancelled"],
        fresh=len(fresh),
        replayed=sum(trial.replayed for trial in made),
        cost_usd=_add([trial.paid_usd for trial in made]),
        harness_usd=_add_harness(made),
        tokens=_add([_count_tokens(trial.usage) for trial in made]),
        latency_s=sum(trial.latency_s for trial in made),
        wall_s=sum(trial.wall_s for trial in made),
        is_simulated=any(trial.clock == "virtual" for trial in made),
    )


def _count_tokens(usage: Usage | None) -> int | None:
    return None if usage is None else usage.input_tokens + usage.output_tokens


def _add(values: Sequence[Any]) -> Any:
    """The sum; None when one is not known."""
    return None if None in values else sum(values)


def _add_harness(trials: Sequence[TrialResult]) -> dict[str, float | None]:
    costs: defaultdict[str, list[float | None]] = defaultdict(list)
    for trial in trials:
        for who, usage in trial.paid.items():
            if who != "agent":
                costs[who].append(usage.cost_usd)
    return {who: _add(of_one) for who, of_one in sorted(costs.items())}


class Trajectories:
    """What was said and done in the trials of one run: `trajectories.jsonl` is read once, to find the places.

    Call it with a trial, and it is read from there: None when it was not written.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._path = folder.path / "trajectories.jsonl"
        self._places = _index_lines(self._path)

    def __call__(self, trial: TrialResult) -> Trajectory | None:
        place = self._places.get((trial.case, trial.trial))
        if place is None:
            return None
        with self._path.open("rb") as file:
            file.seek(place)
            try:
                return Trajectory.model_validate(json.loads(file.readline())["trajectory"])
            except (ValueError, LookupError, RecursionError):  # half-written, or deeper than anyone reads
                return None


_HEAD = re.compile(rb'\{"case":("(?:[^"\\]|\\.)*"),"trial":(\d+),"trajectory":')


def _index_lines(path: Path) -> dict[tuple[str, int], int]:
    """Case and number of a trial -> where its line begins, in bytes."""
    places: dict[tuple[str, int], int] = {}
    if not path.is_file():
        return places
    place = 0
    with path.open("rb") as file:
        for line in file:
            head = _HEAD.match(line)
            if head:
                places[json.loads(head[1]), int(head[2])] = place
            place += len(line)
    return places
