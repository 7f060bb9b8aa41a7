"""Opens what the trials of a run share: models, keys, limits, telemetry, recordings, receivers of spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pytest_arc.casting import list_models
from pytest_arc.domain.events import Event
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import UsageError
from pytest_arc.executors.keys import check_keys
from pytest_arc.loading.models import load_own_catalog
from pytest_arc.providers.cassettes.opening import start_recording
from pytest_arc.providers.cassettes.recorder import Repetition
from pytest_arc.providers.layers import Calling
from pytest_arc.providers.services import Services, use_services
from pytest_arc.redaction import Redactor
from pytest_arc.targets.model import ModelTarget

__all__ = ["open_services", "record_answers"]


def open_services(
    services: Services,
    plan: Plan,
    settings: Settings,
    *,
    root: Path,
    redactor: Redactor,
    environ: Mapping[str, str],
    asks: bool,
    recordings: Path,
) -> list[Callable[[Event], None]]:
    """Make ready what calls need before the first of them, and return who listens to the run for it.

    `asks`: providers will be asked, and need their keys; `recordings` is the folder of recorded answers.
    Raises UsageError when a key is missing or a target cannot be made ready, and LoadError for a damaged
    list of models.
    """
    services.catalog = load_own_catalog(root)
    services.calling = Calling(services, settings.models, settings.inject, settings.redis_url)
    for agent in _list_unreached(plan) if settings.inject else ():
        services.warn(_say_unreached(agent))
    if asks:
        with use_services(services):
            check_keys(plan, environ, recordings)
    _open_targets(services, plan)
    if settings.telemetry == "off":
        return []
    from pytest_arc.telemetry.export import open_exporter

    exporter = open_exporter(
        settings.telemetry,
        redactor,
        environ,
        content=settings.transcripts,
        counts=services.counts,
        warn=services.warn,
    )
    services.traced = True
    services.closing.callback(exporter.close)
    return [exporter]


def _list_unreached(plan: Plan) -> Iterator[AgentPlan]:
    """Agents without a call of a model that pytest-arc makes: what it may let fail."""
    for agent in plan.agents:
        cases = [case for case in agent.cases if case.id in plan.selected]
        asks = isinstance(agent.profile.target, ModelTarget)
        if cases and not asks and not any(True for case in cases for _ in list_models(case.scenario)):
            yield agent


def _say_unreached(agent: AgentPlan) -> str:
    target = agent.profile.target
    told = f"--arc-inject lets nothing fail in {agent.profile.id}: {target.describe()} asks its models itself"
    return f"{told}; 'faults' of scenarios are trouble of its tools" if target.uses_world else told


def _open_targets(services: Services, plan: Plan) -> None:
    try:
        for agent in plan.agents:
            if any(case.id in plan.selected for case in agent.cases):
                services.closing.enter_context(agent.profile.target.open_run())
    except UsageError:
        services.close()
        raise


def record_answers(
    services: Services,
    plan: Plan,
    settings: Settings,
    *,
    folder: Path,
    run: str,
    redactor: Redactor,
    repeat: Repetition | None,
) -> None:
    """Let answers be kept, or taken from what was kept, as the record mode says."""
    # What a deterministic target does can be computed again; what models say in its trials cannot.
    if any(case.asks_models or not case.profile.target.deterministic for case in plan.cases):
        start_recording(services, settings, folder=folder, run=run, redact=redactor.value, repeat=repeat)
