"""JSON Schema of `run.json`, for programs that read it.

Within one major version of pytest-arc keys are added and none is taken away or changed: readers pass over
what they do not know, so that the schema allows more than it names.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, cast

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from pytest_arc.domain.result import CaseWord, GateWord, TrialOutcome
from pytest_arc.history.document import FORMAT

__all__ = ["export_run_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Estimate(TypedDict):
    """A rate with its interval."""

    rate: float
    passed: int
    n: int
    low: float
    high: float
    confidence: float


class _Usage(TypedDict):
    """What calls of models consumed; `cost_usd` is null where no price is known."""

    model_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class _Check(TypedDict):
    """What one check found; `passed` is null where it could not be measured."""

    check: str
    dimension: str
    gating: bool
    passed: bool | None
    value: float | None
    reason: str
    zero_tolerance: bool
    agreement: NotRequired[float]


class _Trial(TypedDict):
    """One trial; `latency_s` is null where a real clock took it: then it is among the timings."""

    trial: int
    seed: int
    outcome: TrialOutcome
    blame: str | None
    reason: str
    score: float | None
    dimensions: dict[str, float]
    steps: int
    latency_s: float | None
    usage: _Usage | None
    checks: list[_Check]
    cause: NotRequired[str]
    harness_usage: NotRequired[dict[str, _Usage]]


class _Case(TypedDict):
    """One case; trials above the `planned` ones were made to confirm an alarm, and are in no rate."""

    id: str
    origin: str
    title: str
    challenges: str | None
    tags: list[str]
    bar: float
    outcome: CaseWord
    reason: str
    planned: int
    passed: int
    failed: int
    errored: int
    estimate: _Estimate | None
    trials: list[_Trial]


class _Change(TypedDict):
    """A difference against the baseline; a bound without end is null."""

    value: float | None
    low: float | None
    high: float | None
    confidence: float


class _Part(TypedDict):
    """A group, a scenario or a metric that a verdict is about."""

    name: str
    kind: Literal["group", "scenario", "metric"]
    word: str
    reason: str
    change: _Change | None


class _Gate(TypedDict):
    """The verdict of one gate."""

    gate: str
    agent: str
    word: GateWord
    reason: str
    fails: bool
    estimate: _Estimate | None
    minimum: float | None
    hints: list[str]
    advisory: bool
    change: _Change | None
    parts: list[_Part]


class _Agent(TypedDict):
    """One agent, `name@version`; `pass_hat_k[k - 1]` is the chance that k trials all pass."""

    id: str
    reliability: _Estimate | None
    pass_hat_k: list[float | None]
    pass_at_k: list[float | None]
    gates: list[_Gate]
    cases: list[_Case]


class _Results(TypedDict):
    """The reproducible part: the same to the byte for deterministic agents."""

    agents: list[_Agent]


class _Timing(TypedDict):
    """What a real clock said of one trial, and what else may differ next time."""

    trial: int
    latency_s: float
    clock: Literal["virtual", "wall"]
    wall_s: float
    attempts: int
    lost_usage: NotRequired[dict[str, _Usage]]
    answers: NotRequired[str]
    replayed: NotRequired[bool]


class _Git(TypedDict):
    """What was checked out; `dirty`: with changes of tracked files."""

    sha: str
    dirty: bool


class _Measured(TypedDict):
    """Who was measured, and with what."""

    id: str
    path: str
    target: str
    identity: str
    trials: int
    scenarios: dict[str, list[str]]


class _Header(TypedDict):
    """Where and how the run was made; times are ISO, UTC."""

    run_id: str
    started: str
    finished: str
    interrupted: str | None
    seed: int
    settings: dict[str, Any]
    executor: str
    git: _Git | None
    packages: dict[str, str]
    python: str
    platform: str
    agents: list[_Measured]
    results_sha256: str


class _Run(TypedDict):
    """What a run came to: `.arc/runs/<run id>/run.json`, and what `--arc-json` writes."""

    format: int
    results: _Results
    timings: dict[str, list[_Timing]]
    header: _Header


def export_run_schema() -> dict[str, Any]:
    """The schema of this format."""
    adapter: TypeAdapter[Any] = TypeAdapter(_Run)
    schema = cast("dict[str, Any]", _tidy(adapter.json_schema()))
    schema["properties"]["format"] = {"const": FORMAT, "description": "Format version."}
    return {"$schema": _DIALECT, "title": "The results of a run", **schema}


def _tidy(node: Any) -> Any:
    """Without titles, which repeat names, and without the underscores of names that are ours alone."""
    if isinstance(node, list):
        return [_tidy(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node.replace("#/$defs/_", "#/$defs/") if isinstance(node, str) else node
    mapping = cast("dict[str, Any]", node)
    return {
        key.removeprefix("_"): _tidy(value)
        for key, value in mapping.items()
        if not (key == "title" and isinstance(value, str))
    }
