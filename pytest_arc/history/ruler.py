"""What agents are held against, and whether this change moved it.

A change may not move its own ruler unseen: where git is there, the baseline is the one at the merge base,
and a line in every report names what of thresholds, scenarios, checks, quarantine and baseline is different.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pytest_arc.domain.baseline import Baseline, CaseHashes, Ruler
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.errors import LoadError
from pytest_arc.history.git import MergeBase, NoMergeBase, find_merge_base, is_versioned, read_then
from pytest_arc.history.identity import hash_checks, hash_scenario
from pytest_arc.history.measured import is_simulated
from pytest_arc.history.movement import Movement
from pytest_arc.loading.baselines import FOLDER, locate_baseline, read_baseline
from pytest_arc.loading.source import Source, show_path

__all__ = ["hash_cases", "read_rulers"]


def read_rulers(
    plan: Plan,
    root: Path,
    base: str | None = None,
    quarantined: Mapping[str, frozenset[str]] | None = None,
    *,
    always: bool = False,
) -> dict[str, Ruler]:
    """Agent id -> its ruler, in the project at `root`.

    `base` names the main line, if it is not found by itself; `quarantined` has the ids of scenarios that are
    out of the regression gate, by agent id. Baselines are read for agents with a gate that needs one, with
    `always` for all. Never raises: what keeps a baseline from being used is in `Ruler.trouble`. Outside git,
    and without a gate that needs a baseline, it costs nothing.
    """
    compared = {agent.profile.id for agent in plan.agents if always or _needs_baseline(agent)}
    rulers = {id: Ruler(quarantined=ids) for id, ids in (quarantined or {}).items()}
    if not compared and not is_versioned(root):
        return {agent.profile.id: rulers.get(agent.profile.id, Ruler()) for agent in plan.agents}
    found = find_merge_base(root, base)
    change = Movement(root, found, plan.agents) if isinstance(found, MergeBase) else None
    read: dict[str, Ruler] = {}
    for agent in plan.agents:
        id = agent.profile.id
        ruler = replace(rulers.get(id, Ruler()), notes=(change.describe(agent),) if change else ())
        read[id] = _add_baseline(ruler, agent, root, found, change) if id in compared else ruler
    return read


def _needs_baseline(agent: AgentPlan) -> bool:
    """Whether a gate of the agent compares with a baseline."""
    gates = agent.profile.gates
    return gates.regression is not None or gates.performance is not None


def hash_cases(agent: AgentPlan) -> dict[str, CaseHashes]:
    """Scenario id with its row -> what tells whether two results can be compared."""
    return {case.scenario.id: CaseHashes(hash_scenario(case), hash_checks(case)) for case in agent.cases}


def _add_baseline(
    ruler: Ruler, agent: AgentPlan, root: Path, found: MergeBase | NoMergeBase, change: Movement | None
) -> Ruler:
    if isinstance(found, NoMergeBase):
        note = f"the ruler in this change: not compared with the main line: {found.reason}"
        ruler = replace(ruler, notes=(*ruler.notes, note))
    ruler = replace(ruler, hashes=hash_cases(agent))
    try:
        baseline = _read_baseline(agent, root, change)
    except LoadError as error:
        return replace(ruler, damage=_say_damage(error))
    if baseline is None:
        return replace(ruler, trouble=_explain_no_baseline(agent, root, found))
    return replace(ruler, baseline=baseline)


def _read_baseline(agent: AgentPlan, root: Path, change: Movement | None) -> Baseline | None:
    """As it was at the merge base; as it is, where there is none or it was not there. Raises LoadError."""
    target = agent.profile.target.describe()
    path = locate_baseline(root, agent.profile.name)
    name = f"{FOLDER}/{path.name}"

    def read(file: Path | Source) -> Baseline:
        return read_baseline(file, agent=agent.profile.name, target=target, simulated=is_simulated(target))

    if change and change.files and name in change.files:
        then = read_then(root, change.base, name)
        if then is not None:
            shown = f"{change.base.label.replace(' ', '@')}:{name}"
            return replace(read(Source(shown, then)), label=change.base.label)
        # A clean baseline that was not there before is what this change adds.
        return replace(read(path), label="the baseline of this change") if path.is_file() else None
    if not path.is_file():
        return None
    same = change is not None and change.files is not None
    return replace(read(path), label=change.base.label) if change and same else read(path)


def _say_damage(error: LoadError) -> str:
    """The first thing that is wrong, as a sentence: a verdict has no room for the line of the file."""
    problem = error.problems[0]
    told = str(replace(problem, source="", hint=""))
    return f"{told} ({problem.hint})" if problem.hint else told


def _explain_no_baseline(agent: AgentPlan, root: Path, found: MergeBase | NoMergeBase) -> str:
    path = show_path(locate_baseline(root, agent.profile.name))
    make = f"make one: arc baseline update {agent.path} --trials 10, or of a run: arc baseline accept RUN"
    where = f" (nor at {found.label})" if isinstance(found, MergeBase) else ""
    return f"there is no baseline {path}{where}; {make}"
