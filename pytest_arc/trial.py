"""One trial: a target converses with a user in a world, and checks judge what happened."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from typing import cast

from pytest_arc.deadlines import TimeLimit
from pytest_arc.domain.plan import Case, TrialSpec
from pytest_arc.domain.result import TrialOutcome, TrialResult
from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.score import Evidence
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import (
    AgentError,
    Blame,
    InfrastructureError,
    JudgeError,
    ToolSimulatorError,
    TrialError,
)
from pytest_arc.providers import ToolSchema
from pytest_arc.scope import TrialScope, enter_scope
from pytest_arc.scoring.scorer import Judgement, judge, passes
from pytest_arc.targets import AgentContext, Target
from pytest_arc.targets.context import Clock
from pytest_arc.users.scripted import ScriptedUser
from pytest_arc.world.world import World

__all__ = ["TrialOptions", "run_trial"]


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """How trials are run, whatever they are about."""

    real_time: bool = False
    """Sleep simulated latencies."""
    watchdog: bool = True
    """Stop a trial that hangs. Off under a debugger."""
    reraise: bool = False
    """Let the exception of the agent's own code through, for a debugger."""


async def run_trial(spec: TrialSpec, options: TrialOptions = TrialOptions()) -> TrialResult:
    """Run one trial and judge it. Whatever goes wrong in it is in the result; nothing is raised.

    The exception is `options.reraise`, which lets the exception of the agent's own code through.
    """
    started = time.perf_counter()
    case = spec.case
    world = World(case.profile.tools, case.scenario.world, case.scenario.faults, spec.seed)
    context = _make_context(spec, world, options)
    enter_scope(TrialScope(case.id, case.scenario.id, spec.trial, spec.attempt, spec.seed))
    trouble: TrialError | None = None
    try:
        await _converse(case, context, options)
    except TrialError as error:
        if options.reraise and error.__cause__ is not None:
            raise error.__cause__ from None
        trouble = error
    trajectory = context.finish()
    try:
        judgement, trouble = _judge(case, trajectory, world, trouble)
    finally:
        world.close()
    outcome, blame, reason = _conclude(judgement, trouble)
    return TrialResult(
        case=case.id,
        trial=spec.trial,
        seed=spec.seed,
        outcome=outcome,
        blame=blame,
        reason=reason,
        checks=judgement.results,
        dimensions=judgement.dimensions,
        score=judgement.score,
        steps=trajectory.agent_steps,
        latency_s=trajectory.latency_s,
        clock=trajectory.clock,
        usage=trajectory.usage,
        attempts=spec.attempt,
        trajectory=trajectory,
        wall_s=time.perf_counter() - started,
    )


def _make_context(spec: TrialSpec, world: World, options: TrialOptions) -> AgentContext:
    case = spec.case
    is_virtual = case.profile.target.deterministic
    return AgentContext(
        system_prompt=case.profile.system_prompt,
        tools=_list_schemas(case),
        seed=spec.seed,
        trial=spec.trial,
        scenario=case.scenario.id,
        limits=case.limits if options.watchdog or is_virtual else _lift_timeout(case.limits),
        clock=Clock("virtual" if is_virtual else "wall", options.real_time),
        call_tool=world.call,
        sleep=asyncio.sleep if options.real_time else None,
    )


def _lift_timeout(limits: Limits) -> Limits:
    """Someone at a debugger takes their time."""
    return limits.model_copy(update={"timeout_s": math.inf})


def _list_schemas(case: Case) -> tuple[ToolSchema, ...]:
    return tuple(
        ToolSchema.model_construct(name=t.name, description=t.description, parameters=t.parameters)
        for t in case.profile.tools
    )


async def _converse(case: Case, context: AgentContext, options: TrialOptions) -> None:
    """Let the target run. Raises TrialError for everything that goes wrong, by whose doing it was."""
    target = cast("Target", case.profile.target)
    user = ScriptedUser(case.scenario.user)
    try:
        if options.watchdog:
            with TimeLimit(case.limits.timeout_s):
                await target.run(context, user)
        else:
            await target.run(context, user)
    except TimeoutError:
        raise _explain_hang(context.waiting_for, case.limits.timeout_s) from None
    except TrialError:
        raise
    except Exception as error:
        # Targets turn what an agent raises into an AgentError; what arrives here is our own trouble.
        message = f"target {target.kind} broke: {type(error).__name__}: {error}"
        raise InfrastructureError(message) from error


def _explain_hang(waiting_for: Blame, timeout_s: float) -> TrialError:
    kinds = {error.blame: error for error in TrialError.__subclasses__()}
    what = {"agent": "the agent", "infrastructure": "the provider", "tool": "a simulated tool"}
    return kinds[waiting_for](f"no answer within {timeout_s:g} s from {what.get(waiting_for, waiting_for)}")


def _judge(
    case: Case, trajectory: Trajectory, world: World, trouble: TrialError | None
) -> tuple[Judgement, TrialError | None]:
    """Judge what happened, also of a trial in which the agent broke: what it did until then counts."""
    if trouble is not None and not isinstance(trouble, AgentError):
        return Judgement((), {}, None), trouble
    scenario = case.scenario
    target = case.profile.target
    try:
        state = world.state() if target.uses_world else {}
        evidence = Evidence(trajectory, state, scenario.id, faulted=bool(scenario.faults))
        return judge(scenario.expect, evidence, target.observes), trouble
    except (JudgeError, ToolSimulatorError) as error:
        return Judgement((), {}, None), trouble or error


def _conclude(judgement: Judgement, trouble: TrialError | None) -> tuple[TrialOutcome, Blame | None, str]:
    if trouble is not None:
        return ("failed" if trouble.blame == "agent" else "errored"), trouble.blame, str(trouble)
    if passes(judgement.results):
        return "passed", None, ""
    return "failed", "agent", next(r.reason for r in judgement.results if r.gating and r.passed is False)
