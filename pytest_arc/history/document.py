"""A run as plain data: what `run.json` and `trials.jsonl` hold.

`results` is the reproducible part. It is sorted and rounded, has posix paths and no wall-clock value, so
that a deterministic agent gives the same bytes on every machine and at every concurrency.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol, cast

from pydantic_core import to_json

from pytest_arc.domain.baseline import Ruler
from pytest_arc.domain.plan import Case
from pytest_arc.domain.result import CaseOutcome, Change, Estimate, TrialResult, Verdict, VerdictPart
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import Usage

__all__ = [
    "FORMAT",
    "describe_case",
    "describe_estimate",
    "describe_ruler",
    "describe_timing",
    "describe_trial",
    "describe_verdict",
    "dump_json",
    "feed_digest",
    "join_chunks",
    "read_estimate",
    "read_outcome",
    "read_trial",
    "read_verdict",
    "split_line",
    "write_line",
]

FORMAT = 1

# One encoder for all calls: json.dumps would make one for each.
_encode: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


class Digest(Protocol):
    """A hash of `hashlib`."""

    def update(self, data: bytes, /) -> None: ...


def dump_json(value: Any) -> str:
    """One line of JSON; equal values give equal text."""
    return _encode(value)


def feed_digest(digest: Digest, chunks: Iterable[str]) -> Iterator[str]:
    """Hand pieces of text on, and each to `digest` as it is encoded in files."""
    for chunk in chunks:
        digest.update(chunk.encode("utf-8", "backslashreplace"))
        yield chunk


def describe_case(case: Case, outcome: CaseOutcome) -> dict[str, Any]:
    """One case of `results`, but for its trials; those above the `planned` ones were made to confirm an
    alarm, and are in no rate.
    """
    scenario = case.scenario
    return {
        "id": outcome.case,
        "origin": f"{case.origin.path}:{case.origin.line}",
        "title": scenario.title,
        "challenges": scenario.challenges,
        "tags": list(scenario.tags),
        "bar": _round(case.bar),
        "outcome": outcome.word,
        "reason": outcome.reason,
        "planned": case.max_trials,
        "passed": outcome.passed,
        "failed": outcome.failed,
        "errored": outcome.errored,
        "estimate": describe_estimate(outcome.estimate),
    }


def read_outcome(case: Mapping[str, Any]) -> CaseOutcome:
    """What became of one case of `results`."""
    counts = {name: case[name] for name in ("passed", "failed", "errored")}
    return CaseOutcome(
        case["id"], case["outcome"], case["reason"], estimate=read_estimate(case["estimate"]), **counts
    )


def describe_trial(result: TrialResult) -> dict[str, Any]:
    """One trial of `results`; a latency that was taken from a real clock is among the timings instead."""
    document = {
        "trial": result.trial,
        "seed": result.seed,
        "outcome": result.outcome,
        "blame": result.blame,
        "reason": result.reason,
        "score": _round(result.score),
        "dimensions": {name: _round(value) for name, value in sorted(result.dimensions.items())},
        "steps": result.steps,
        "latency_s": _round(result.latency_s) if result.clock == "virtual" else None,
        "usage": _describe_usage(result.usage),
        "checks": [_describe_check(check) for check in result.checks],
    }
    if result.cause:
        document["cause"] = result.cause
    if result.harness_usage:
        document["harness_usage"] = _describe_usages(result.harness_usage)
    return document


def _describe_check(check: CheckResult) -> dict[str, Any]:
    document = {
        "check": check.check,
        "dimension": check.dimension,
        "gating": check.gating,
        "passed": check.passed,
        "value": _round(check.value),
        "reason": check.reason,
        "zero_tolerance": check.zero_tolerance,
    }
    if check.agreement is not None:
        document["agreement"] = round(check.agreement, 6)
    return document


def describe_timing(result: TrialResult) -> dict[str, Any]:
    """What a real clock said about one trial, and what else may differ next time: attempts, and answers."""
    timing: dict[str, Any] = {
        "trial": result.trial,
        "latency_s": round(result.latency_s, 6),
        "clock": result.clock,
        "wall_s": round(result.wall_s, 6),
        "attempts": result.attempts,
    }
    if result.lost_usage:
        timing["lost_usage"] = _describe_usages(result.lost_usage)
    if result.answers:
        timing |= {"answers": result.answers, "replayed": result.replayed}
    return timing


def describe_estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        "rate": _round(estimate.rate),
        "passed": estimate.passed,
        "n": estimate.n,
        "low": _round(estimate.low),
        "high": _round(estimate.high),
        "confidence": estimate.confidence,
    }


def read_estimate(estimate: Mapping[str, Any] | None) -> Estimate | None:
    if estimate is None:
        return None
    return Estimate(**{name: estimate[name] for name in ("passed", "n", "low", "high", "confidence")})


def describe_verdict(verdict: Verdict) -> dict[str, Any]:
    document = asdict(verdict) | {"estimate": describe_estimate(verdict.estimate)}
    return _round_all(document)


def read_verdict(document: Mapping[str, Any]) -> Verdict:
    """The verdict that `describe_verdict` told of."""
    fields: dict[str, Any] = {
        **document,
        "estimate": read_estimate(document.get("estimate")),
        "hints": tuple(document.get("hints", ())),
        "change": _read_change(document.get("change")),
        "parts": tuple(_read_part(part) for part in document.get("parts", ())),
    }
    return Verdict(**fields)


def _read_part(document: Mapping[str, Any]) -> VerdictPart:
    fields: dict[str, Any] = {**document, "change": _read_change(document.get("change"))}
    return VerdictPart(**fields)


def _read_change(change: Mapping[str, Any] | None) -> Change | None:
    if change is None:
        return None
    low, high = change["low"], change["high"]
    # A bound without end was written as null.
    return Change(
        value=math.nan if change["value"] is None else change["value"],
        low=-math.inf if low is None else low,
        high=math.inf if high is None else high,
        confidence=change["confidence"],
    )


def describe_ruler(ruler: Ruler, notes: Sequence[str]) -> dict[str, Any]:
    """What an agent is held against, for the header: `notes` for people, and of the baseline the scenarios
    that are the same then and now.
    """
    if ruler.baseline is None:
        return {"notes": list(notes), "baseline": None}
    scenarios = {
        id: {"passed": case.passed, "n": case.n, "metrics": dict(case.metrics)}
        for id, case in sorted(ruler.baseline.cases.items())
        if ruler.hashes.get(id) == case.hashes
    }
    baseline = {"label": ruler.baseline.label, "runs": len(ruler.baseline.runs), "scenarios": scenarios}
    return {"notes": list(notes), "baseline": baseline}


def write_line(result: TrialResult) -> str:
    """A trial as it stands in `trials.jsonl`: the case, `describe_trial`, and the timing."""
    document = {"case": result.case, **describe_trial(result), "timing": describe_timing(result)}
    try:
        # Takes a quarter of the time of `json`. What is no finite number becomes null.
        return to_json(document, inf_nan_mode="null").decode()
    except ValueError:  # lone surrogates
        return dump_json(document)


def split_line(line: str) -> tuple[str, str]:
    """The texts of result and timing in what `write_line` gave, as they stand in `run.json`."""
    # No text of the agent's can look like one of the marks: in JSON its quotes have backslashes.
    start, end = line.index(',"trial":') + 1, line.rindex(',"timing":')
    return f"{{{line[start:end]}}}", line[end + len(',"timing":') : -1]


def read_trial(line: Mapping[str, Any]) -> TrialResult:
    """The trial that a line of `trials.jsonl` tells of, without its trajectory."""
    usage = line["usage"]
    fields: dict[str, Any] = {key: value for key, value in line.items() if key != "timing"}
    fields |= line["timing"]
    fields["checks"] = tuple(CheckResult(**check) for check in line["checks"])
    fields["usage"] = None if usage is None else Usage(**usage)
    for name in ("harness_usage", "lost_usage"):
        fields[name] = {who: Usage(**consumed) for who, consumed in fields.get(name, {}).items()}
    return TrialResult(**fields)


def _describe_usages(usages: Mapping[str, Usage]) -> dict[str, Any]:
    return {who: _describe_usage(usage) for who, usage in sorted(usages.items())}


def _describe_usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "model_calls": usage.model_calls,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": _round(usage.cost_usd),
    }


def _round_all(value: Any) -> Any:
    """Plain data with every number as `results` has it: bounds without end are null."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _round_all(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_round_all(item) for item in cast("Sequence[Any]", value)]
    return value


def _round(value: float | None) -> float | None:
    if type(value) is float and (value == 1.0 or value == 0.0):
        return value  # most are, and rounding takes ten times as long as asking
    return None if value is None else round(value, 6)


def join_chunks(prefix: str, items: Iterable[str], suffix: str) -> Iterator[str]:
    """`prefix`, the items separated by commas on lines of their own, `suffix`: piece by piece."""
    yield prefix
    separator = "\n"
    for item in items:
        yield separator + item
        separator = ",\n"
    yield "\n" + suffix
