"""One trial: a target converses with a user in a world, and checks judge what happened."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

from pytest_arc.deadlines import WARN_AT, TimeLimit
from pytest_arc.domain.plan import Case, TrialSpec
from pytest_arc.domain.result import TrialOutcome, TrialResult
from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.score import Evidence, Votes
from pytest_arc.domain.trajectory import Trajectory, Usage
from pytest_arc.errors import (
    AgentError,
    Blame,
    InfrastructureError,
    JudgeError,
    ToolSimulatorError,
    TrialError,
    UserSimulatorError,
)
from pytest_arc.fingerprint import fingerprint
from pytest_arc.providers import ToolSchema
from pytest_arc.providers.harness import HarnessModels
from pytest_arc.scope import TrialScope, current_scope, enter_scope
from pytest_arc.scoring.judge import ask_judges
from pytest_arc.scoring.scorer import Judgement, judge, passes
from pytest_arc.targets import AgentContext, Target, UserTurns
from pytest_arc.targets.context import Clock
from pytest_arc.users.model import ModelUser
from pytest_arc.users.scripted import ScriptedUser
from pytest_arc.world.world import World

__all__ = ["TrialOptions", "run_trial"]

_log = logging.getLogger(__name__)

_NO_USAGE: Mapping[str, Usage] = {}
"""One for all trials whose user is scripted and whose checks ask no model."""


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """How trials are run, whatever they are about."""

    real_time: bool = False
    """Sleep simulated latencies."""
    watchdog: bool = True
    """Stop a trial that hangs. Off under a debugger."""
    reraise: bool = False
    """Let the exception of the agent's own code through, for a debugger."""
    redact: Callable[[str], str] = str
    """Takes secrets out of a text before it is cut."""


async def run_trial(spec: TrialSpec, options: TrialOptions = TrialOptions()) -> TrialResult:
    """Run one trial and judge it. Whatever goes wrong in it is in the result; nothing is raised.

    The exception is `options.reraise`, which lets the exception of the agent's own code through.
    """
    started = time.perf_counter()
    case = spec.case
    world = World(case.profile.tools, case.scenario.world, case.scenario.faults, spec.seed)
    context = _make_context(spec, world, options)
    models = HarnessModels(spec.seed) if case.asks_models else None
    aside = partial(context.wait_aside, "infrastructure")
    scope = TrialScope(case.id, case.scenario.id, spec.trial, spec.attempt, spec.seed, options.redact, aside)
    enter_scope(scope)
    trouble: TrialError | None = None
    try:
        await _converse(case, context, models, options)
    except TrialError as error:
        if options.reraise and error.__cause__ is not None:
            raise error.__cause__ from None
        trouble = error
    # The agent may have swallowed it, or made an error of its own of it.
    trouble = scope.trouble or trouble
    trajectory = context.finish()
    votes: Votes = {}
    try:
        if models is not None and trouble is None:
            votes, trouble = await _ask_judges(case, trajectory, models, options)
        judgement, trouble = _judge(case, trajectory, world, votes, trouble)
    finally:
        world.close()
    outcome, blame, reason = _conclude(judgement, trouble)
    if scope.stand_in and outcome != "errored":
        reason = f"{scope.stand_in}: that is another agent's trial, and is not counted (it {outcome})"
        outcome, blame = "errored", "infrastructure"
    return TrialResult(
        case=case.id,
        trial=spec.trial,
        seed=spec.seed,
        outcome=outcome,
        blame=blame,
        reason=reason,
        cause=_name_cause(trouble, scope) if outcome == "errored" else "",
        checks=judgement.results,
        dimensions=judgement.dimensions,
        score=judgement.score,
        steps=trajectory.agent_steps,
        latency_s=trajectory.latency_s,
        clock=trajectory.clock,
        usage=trajectory.usage,
        harness_usage=_NO_USAGE if models is None else models.usage,
        attempts=spec.attempt,
        answers=fingerprint(sorted(scope.answers)) if scope.answers else "",
        replayed=scope.is_replayed,
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
        limits=case.limits if options.watchdog else _lift_timeouts(case),
        clock=Clock("virtual" if is_virtual else "wall", options.real_time),
        call_tool=world.call,
        sleep=asyncio.sleep if options.real_time else None,
    )


def _lift_timeouts(case: Case) -> Limits:
    """Someone at a debugger takes their time; simulated time does not notice."""
    real = ("agent_timeout_s", "tool_timeout_s")
    lifted: dict[str, float | None] = dict.fromkeys(real)
    if not case.profile.target.deterministic:
        lifted["timeout_s"] = math.inf
    return case.limits.model_copy(update=lifted)


def _list_schemas(case: Case) -> tuple[ToolSchema, ...]:
    return tuple(
        [
            ToolSchema.model_construct(name=t.name, description=t.description, parameters=t.parameters)
            for t in case.profile.tools
        ]
    )


async def _converse(
    case: Case, context: AgentContext, models: HarnessModels | None, options: TrialOptions
) -> None:
    """Let the target run. Raises TrialError for everything that goes wrong, by whose doing it was."""
    target = cast("Target", case.profile.target)
    timeout_s = case.limits.timeout_s
    user = _make_user(case, context, models, options)
    try:
        if options.watchdog:
            with TimeLimit(timeout_s, lambda: _warn(context.name_awaited(), timeout_s)) as context.watchdog:
                await target.run(context, user)
        else:
            await target.run(context, user)
    except TimeoutError:
        raise context.explain_hang(timeout_s) from None
    except TrialError:
        raise
    except Exception as error:
        # Targets turn what an agent raises into an AgentError; what arrives here is our own trouble.
        message = f"target {target.kind} broke: {type(error).__name__}: {error}"
        raise InfrastructureError(message) from error
    finally:
        # The limit knows the task and, by its warning, the context: a circle, which only the collector
        # would clear away, with all that the trial held.
        context.watchdog = None


def _make_user(
    case: Case, context: AgentContext, models: HarnessModels | None, options: TrialOptions
) -> UserTurns:
    user = case.scenario.user
    if models is None or not user.is_played:
        return ScriptedUser(user)
    timeout_s = case.limits.user_s if options.watchdog else math.inf
    return ModelUser(user, models, lambda: _wait_for_user(context, timeout_s))


@contextmanager
def _wait_for_user(context: AgentContext, timeout_s: float) -> Generator[None]:
    """Time that is not the agent's. Raises UserSimulatorError when it is over."""
    awaited = "the simulated user"
    try:
        with (
            context.wait_aside("user_simulator"),
            TimeLimit(timeout_s, lambda: _warn(awaited, timeout_s)),
        ):
            yield
    except TimeoutError:
        raise UserSimulatorError(f"no answer within {timeout_s:g} s from {awaited}") from None


def _warn(awaited: str, timeout_s: float) -> None:
    """Name what a trial waits for while it still does."""
    scope = current_scope()
    if scope is not None:
        share = f"{WARN_AT * 100:g} % of its {timeout_s:g} s"
        _log.warning("%s, trial %d: %s are over; waiting for %s", scope.case, scope.trial, share, awaited)


async def _ask_judges(
    case: Case, trajectory: Trajectory, models: HarnessModels, options: TrialOptions
) -> tuple[Votes, JudgeError | None]:
    timeout_s = case.limits.judge_s if options.watchdog else math.inf
    try:
        with TimeLimit(timeout_s, lambda: _warn("the judge", timeout_s)):
            return await ask_judges(case.scenario.expect, trajectory, models), None
    except TimeoutError:
        return {}, JudgeError(f"no answer within {timeout_s:g} s from the judge")
    except JudgeError as error:
        return {}, error


def _judge(
    case: Case, trajectory: Trajectory, world: World, votes: Votes, trouble: TrialError | None
) -> tuple[Judgement, TrialError | None]:
    """Judge what happened, also of a trial in which the agent broke: what it did until then counts."""
    if trouble is not None and not isinstance(trouble, AgentError):
        return Judgement((), {}, None), trouble
    scenario = case.scenario
    target = case.profile.target
    try:
        state = world.state() if target.uses_world else {}
        evidence = Evidence(trajectory, state, scenario.id, bool(scenario.faults), votes)
        # No model is paid for an opinion of a trial that has failed already.
        checks = scenario.expect if trouble is None else [c for c in scenario.expect if not c.asks_model]
        return judge(checks, evidence, target.observes), trouble
    except (JudgeError, ToolSimulatorError) as error:
        return Judgement((), {}, None), trouble or error


def _conclude(judgement: Judgement, trouble: TrialError | None) -> tuple[TrialOutcome, Blame | None, str]:
    if trouble is not None:
        return ("failed" if trouble.blame == "agent" else "errored"), trouble.blame, str(trouble)
    if passes(judgement.results):
        return "passed", None, ""
    return "failed", "agent", next(r.reason for r in judgement.results if r.gating and r.passed is False)


def _name_cause(trouble: TrialError | None, scope: TrialScope) -> str:
    """What errors of this kind are counted by; empty where the reason is all there is."""
    error: BaseException | None = trouble
    while error is not None:
        if isinstance(error, TrialError) and error.cause:
            return error.cause
        error = error.__cause__
    return "answered by another model" if scope.stand_in else ""
