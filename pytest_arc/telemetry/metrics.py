"""Metrics of a run, as OpenTelemetry has them. Needs the extra `otel`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from pytest_arc.domain.events import TrialFinished, TrialStarted
from pytest_arc.telemetry.traces import make_resource
from pytest_arc.version import __version__

__all__ = ["Meter"]

_COUNTED = {
    "arc.breaker.trips": "breaker trips",
    "arc.provider.retries": "retries",
}
"""Metric -> the key of `Services.counts`."""


class Meter:
    """Counts trials as they start and end, and sends all metrics when told to."""

    def __init__(self, exporter: Any, counts: Mapping[str, int]) -> None:
        self._exporter = exporter
        self._reader = InMemoryMetricReader()
        provider = MeterProvider([self._reader], resource=make_resource(), shutdown_on_exit=False)
        meter = provider.get_meter("pytest-arc", __version__)
        self._submitted = meter.create_counter("arc.trials.submitted", "{trial}", "Trials that began")
        self._completed = meter.create_counter("arc.trials.completed", "{trial}", "Trials that ended")
        self._inflight = meter.create_up_down_counter("arc.trials.inflight", "{trial}", "Trials under way")
        self._latency = meter.create_histogram("arc.trial.latency", "s", "On the trial's clock")
        self._hits = meter.create_counter("arc.cache.hits", "{call}", "Model calls answered by a recording")
        for name, key in _COUNTED.items():
            meter.create_observable_counter(name, [_observe(counts, key)])

    def count(self, event: TrialStarted | TrialFinished) -> None:
        """May be called from any thread."""
        if isinstance(event, TrialStarted):
            self._submitted.add(1)
            self._inflight.add(1)
            return
        outcome = {"arc.outcome": event.result.outcome}
        self._completed.add(1, outcome)
        self._inflight.add(-1)
        if event.result.is_scored:
            self._latency.record(event.result.latency_s, outcome)

    def count_hits(self, calls: int) -> None:
        """Model calls of one trial that were answered by a recording."""
        self._hits.add(calls)

    def send(self) -> None:
        """Send the state of all metrics, and wait until that is done."""
        data = self._reader.get_metrics_data()
        if data is not None:
            self._exporter.export(data)


def _observe(counts: Mapping[str, int], key: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda options: [Observation(counts.get(key, 0))]
