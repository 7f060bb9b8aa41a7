"""Profiles and scenarios -> cases with trials, limits and seeds. Pure: equal input gives an equal plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.plan import AgentPlan, Case, Origin, Plan
from pytest_arc.domain.profile import AgentProfile, SequentialTrials, TargetSpec
from pytest_arc.domain.scenario import Limits, Scenario
from pytest_arc.domain.score import Check, Observation
from pytest_arc.domain.settings import Settings
from pytest_arc.domain.shard import Shard
from pytest_arc.errors import LoadError, Problem
from pytest_arc.registry import find_near_miss
from pytest_arc.targets.model import ModelTarget
from pytest_arc.world.world import verify_tool

__all__ = ["explain_fixed", "fix_trials", "make_plan", "plan_agent", "take_shard"]

_OBSERVATION_WORDS: dict[Observation, str] = {
    "answer": "answers",
    "tool_calls": "tool calls",
    "usage": "usage (tokens, cost)",
    "latency": "latency",
}


def plan_agent(
    profile: AgentProfile, path: str, scenarios: Sequence[tuple[Scenario, Origin]], settings: Settings
) -> AgentPlan:
    """Cross one agent with its scenarios.

    Raises LoadError with every located problem: a check, fault or world the target cannot serve, a
    function that cannot be imported, fewer trials than a gate counts.
    """
    profile = _set_slip_rate(profile, settings.slip_rate)
    implied: tuple[str, ...] = ()
    if settings.against and not profile.gates.regression:
        # Whoever names the other side wants to know whether it was better.
        gates = profile.gates.model_copy(update={"regression": RegressionGate()})
        profile, implied = profile.model_copy(update={"gates": gates}), ("regression",)
    first, most = _read_trials(settings.trials or profile.trials)
    cases = tuple(
        Case(
            profile=profile,
            scenario=scenario,
            trials=own,
            max_trials=max(own, most),
            limits=_merge_limits(profile.limits, scenario),
            origin=origin,
        )
        for scenario, origin in scenarios
        for own in [first if settings.trials else scenario.trials or first]
    )
    agent = AgentPlan(profile, path, cases, first, most, implied)
    problems = [*_find_agent_problems(agent, settings.against), *_find_case_problems(agent)]
    if problems:
        raise LoadError(problems)
    return agent


def make_plan(agents: Sequence[AgentPlan], selected: Iterable[str] | None = None, seed: int = 0) -> Plan:
    """Put agents together; `selected` are case ids, None selects all.

    Raises LoadError for a doubled agent id.
    """
    seen: dict[str, str] = {}
    problems: list[Problem] = []
    for agent in agents:
        other = seen.setdefault(agent.profile.id, agent.path)
        if other != agent.path:
            message = f"agent '{agent.profile.id}' is described in {other} already"
            problems.append(Problem(agent.path, 0, 0, message, hint="give it another name or version"))
    if problems:
        raise LoadError(problems)
    every = (case.id for agent in agents for case in agent.cases)
    return Plan(tuple(agents), seed, frozenset(every if selected is None else selected))


def fix_trials(agent: AgentPlan) -> AgentPlan:
    """The agent with the first trials of each case alone, for where no process sees the rounds of all."""
    if not agent.is_sequential:
        return agent
    cases = tuple(replace(case, max_trials=case.trials) for case in agent.cases)
    return replace(agent, cases=cases, max_trials=agent.trials)


def explain_fixed(agent: AgentPlan, settings: Settings) -> str:
    """What to say of an agent that was to have rounds of trials, and has none here; else empty."""
    wanted = settings.trials or agent.profile.trials
    if agent.is_sequential or isinstance(wanted, int):
        return ""
    return f"trials come in rounds only where one process makes them all: {agent.trials} of each case here"


def take_shard(plan: Plan, shard: Shard | None) -> Plan:
    """Select this part of what is selected."""
    if shard is None:
        return plan
    agents = tuple(map(fix_trials, plan.agents))
    return replace(plan, agents=agents, selected=shard.choose(plan.selected), whole=plan.selected)


def _read_trials(trials: int | SequentialTrials) -> tuple[int, int]:
    """The fewest and the most trials of a scenario that gates may count."""
    return (trials, trials) if isinstance(trials, int) else (trials.first, trials.max)


def _set_slip_rate(profile: AgentProfile, slip_rate: float | None) -> AgentProfile:
    """Hand the setting on to the reference policy, as if it stood in the profile."""
    target = profile.target
    if slip_rate is None or not isinstance(target, ModelTarget) or target.model != "reference":
        return profile
    chosen = target.model_copy(update={"settings": target.settings | {"slip_rate": slip_rate}})
    return profile.model_copy(update={"target": chosen})


def _merge_limits(limits: Limits, scenario: Scenario) -> Limits:
    own = scenario.limits.model_dump(exclude_none=True)
    return limits.model_copy(update=own) if own else limits


def _find_agent_problems(agent: AgentPlan, against: str | None) -> list[Problem]:
    troubles = [agent.profile.target.verify(), *map(verify_tool, agent.profile.tools)]
    name = agent.profile.id
    problems = [Problem(agent.path, 0, 0, f"agent '{name}': {trouble}") for trouble in troubles if trouble]
    gates = agent.profile.gates
    for group in gates.groups:
        if not agent.list_group(group):
            known = {tag for case in agent.cases for tag in (*case.scenario.tags, case.scenario.group)} - {""}
            near = find_near_miss(group, known)
            hint = f"did you mean '{near}'?" if near else _list(known)
            message = f"agent '{name}': no scenario is in the group '{group}' of a gate"
            problems.append(Problem(agent.path, 0, 0, message, hint=hint))
    if against and not agent.profile.target.comes_with_revision:
        target = agent.profile.target.describe()
        message = f"agent '{name}': --arc-against {against} would ask the same server twice ({target})"
        hint = "run both versions of the server in turn, each with --arc-json FILE: arc compare A B"
        problems.append(Problem(agent.path, 0, 0, message, hint=hint))
    if agent.is_sequential and not (gates.reliability or gates.groups):
        message = f"agent '{name}': no gate would end the trials before {agent.max_trials} rounds"
        hint = "add a reliability gate, or ask for one number of trials"
        problems.append(Problem(agent.path, 0, 0, message, hint=hint))
    return problems


def _find_case_problems(agent: AgentPlan) -> list[Problem]:
    verified: dict[int, str | None] = {}
    problems: list[Problem] = []
    for case in agent.cases:
        for trouble, hint in _list_troubles(agent, case, verified):
            message = f"scenario '{case.scenario.id}': {trouble}"
            problems.append(Problem(case.origin.path, case.origin.line, 1, message, hint=hint))
    return problems


def _list_troubles(
    agent: AgentPlan, case: Case, verified: dict[int, str | None]
) -> Iterable[tuple[str, str]]:
    target, scenario = agent.profile.target, case.scenario
    for check in scenario.expect:
        for observation in sorted(check.needs - target.observes):
            if not check.if_observed:
                yield _say_unobservable(check, observation, target)
        if check.needs_world and not target.uses_world and not check.if_observed:
            trouble = f"'{check.keyword()}' needs simulated tools, and target {target.kind} has none"
            yield trouble, "'if_observed: true' leaves it unmeasured"
        # Checks are shared between the rows of a scenario: look at each once.
        if id(check) not in verified:
            verified[id(check)] = check.verify()
        if trouble := verified[id(check)]:
            yield trouble, ""
    if not target.uses_world and scenario.faults:
        trouble = f"faults need simulated tools, and target {target.kind} brings its own"
        yield trouble, "keep scenarios with faults in a file that this agent does not include"
    tools = {tool.name for tool in agent.profile.tools}
    for fault in scenario.faults:
        if target.uses_world and fault.tool not in tools:
            yield f"a fault names the tool '{fault.tool}', which the agent does not have", _list(tools)
    if case.trials < agent.trials:
        yield (
            f"'trials: {case.trials}' is below the {agent.trials} trials of the agent",
            "a gate counts the same number of trials from every scenario",
        )
    if trouble := target.verify_case(scenario.id, case.trials):
        yield trouble, ""


def _say_unobservable(check: Check, observation: Observation, target: TargetSpec) -> tuple[str, str]:
    what = _OBSERVATION_WORDS[observation]
    return f"'{check.keyword()}' needs {what}; target {target.kind} shows none", target.advise(observation)


def _list(names: Iterable[str]) -> str:
    return f"it has: {', '.join(sorted(names)) or 'none'}"
