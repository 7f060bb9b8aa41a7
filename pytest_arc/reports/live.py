"""How far a run is, in one line, while it goes.

    arc: 120/300 trials, 8 running, 3 failed, most in fx (3), $1.20 of about $3.00, 41 s left

What `Watch` has seen becomes a `Standing`, and that a line that fits its terminal.
"""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from pytest_arc.domain.plan import Case, Plan
from pytest_arc.domain.result import TrialResult
from pytest_arc.reports.style import format_duration, format_money
from pytest_arc.reports.visible import make_visible

__all__ = ["Standing", "Watch", "describe_standing"]

ENOUGH = 3
"""Results after which the time that is left can be guessed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run at one moment."""

    done: int
    """Trials that have ended."""
    total: int
    """All that are to be made, as far as is known."""
    running: int = 0
    failed: int = 0
    errored: int = 0
    tag: str = ""
    """The tag or group that most of the failed and errored trials share; empty when none stands out."""
    tagged: int = 0
    """How many share it."""
    cost_usd: float | None = 0.0
    """What was paid until now, to providers and for containers; None when that is not known."""
    left_s: float | None = None
    """How long the rest will take at the pace so far; None while that cannot be said."""
    workers: int = 0
    """Processes or containers that are up; 0 where trials are made in this process."""
    place: str = "worker"
    """What one of them is called."""


class Watch:
    """Looks at a run now and then, and counts what has come since the last time."""

    def __init__(
        self,
        plan: Plan,
        finished: Sequence[TrialResult],
        only_trial: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`finished` grows as trials end; `only_trial`: the number of the only trial of each case, where a
        setting says so.
        """
        self._plan = plan
        self._finished = finished
        self._only_trial = only_trial
        self._clock = clock
        self._seen = 0
        """How many of `finished` have been counted."""
        self._words = Counter[str]()
        self._blamed = Counter[str]()
        """Tag or group -> trials with it that failed or errored."""
        self._cost_usd: float | None = 0.0
        self._first: tuple[float, int] | None = None
        """When somebody first looked, and how many trials had ended by then, some in an earlier run."""

    @cached_property
    def _planned(self) -> int:
        return sum(1 if self._only_trial else case.trials for case in self._list_cases())

    @cached_property
    def _labels(self) -> dict[str, frozenset[str]]:
        """Case id -> its tags and its group."""
        shared: dict[frozenset[str], frozenset[str]] = {}  # few differ, and each takes 200 bytes
        labels: dict[str, frozenset[str]] = {}
        for case in self._list_cases():
            own = frozenset((*case.scenario.tags, case.scenario.group)) - {""}
            labels[case.id] = shared.setdefault(own, own)
        return labels

    @cached_property
    def _spread(self) -> Counter[str]:
        """Tag or group -> how many cases have it."""
        return Counter(label for labels in self._labels.values() for label in labels)

    def _list_cases(self) -> list[Case]:
        return [case for case in self._plan.cases if case.scenario.skip is None]

    def _count(self, result: TrialResult) -> None:
        self._words[result.outcome] += 1
        if result.outcome in ("failed", "errored"):
            self._blamed.update(self._labels.get(result.case, ()))
        for usage in result.paid.values():
            known = self._cost_usd is not None and usage.cost_usd is not None
            self._cost_usd = (self._cost_usd or 0.0) + (usage.cost_usd or 0.0) if known else None

    def stand(
        self,
        running: int = 0,
        waiting: int = 0,
        workers: int = 0,
        place: str = "worker",
        places_usd: float | None = None,
    ) -> Standing:
        """The run at this moment; the arguments are what its executor says of itself."""
        done = len(self._finished)
        for result in islice(self._finished, self._seen, done):
            self._count(result)
        self._seen = done
        total = max(self._planned, done + waiting + running)
        tag, tagged = self._find_tag()
        cost_usd = None if self._cost_usd is None else self._cost_usd + (places_usd or 0.0)
        return Standing(
            done=done,
            total=total,
            running=running,
            failed=self._words["failed"],
            errored=self._words["errored"],
            tag=tag,
            tagged=tagged,
            cost_usd=cost_usd,
            left_s=self._guess_left_s(done, total),
            workers=workers,
            place=place,
        )

    def _find_tag(self) -> tuple[str, int]:
        """Of labels with as many failures that of fewer cases tells more; one of all cases tells nothing."""
        found = [label for label in self._blamed if self._spread[label] < len(self._labels)]
        label = min(found, key=lambda label: (-self._blamed[label], self._spread[label], label), default="")
        # One failure is no pattern.
        return (label, self._blamed[label]) if self._blamed[label] > 1 else ("", 0)

    def _guess_left_s(self, done: int, total: int) -> float | None:
        now_s = self._clock()
        began_s, before = self._first = self._first or (now_s, done)
        if done - before < ENOUGH:
            return None
        return (now_s - began_s) / (done - before) * (total - done)


def describe_standing(standing: Standing, width: int, encoding: str = "utf-8") -> str:
    """One line of at most `width` columns, in characters that `encoding` has.

    Where there is little room, what matters least is left out, not cut.
    """
    head = f"arc: {standing.done}/{standing.total} trials"
    parts = list(_list_parts(standing))
    while parts:
        line = _spell(", ".join([head, *(text for _, text in parts)]), encoding)
        if _measure(line) <= width:
            return line
        parts.remove(max(parts, key=lambda part: part[0]))
    return head[: max(0, width)]


def _list_parts(standing: Standing) -> Iterator[tuple[int, str]]:
    """What there is to say, and its rank: of the highest number is done without first."""
    if standing.running:
        yield 5, f"{standing.running} running"
    if standing.failed:
        yield 1, f"{standing.failed} failed"
    if standing.errored:
        yield 2, f"{standing.errored} errored"
    if standing.tag:
        yield 6, f"most in {standing.tag} ({standing.tagged})"
    if standing.cost_usd:
        yield 4, format_money(standing.cost_usd) + _say_expected(standing, standing.cost_usd)
    if standing.left_s is not None:
        yield 3, f"{_say_left(standing.left_s)} left"
    if standing.workers:
        yield 7, f"{standing.workers} {standing.place}{'s' if standing.workers > 1 else ''}"


def _say_expected(standing: Standing, cost_usd: float) -> str:
    return f" of about {format_money(cost_usd / standing.done * standing.total)}" if standing.done else ""


def _say_left(seconds: float) -> str:
    """In whole seconds: tenths would only flicker."""
    return f"{seconds:.0f} s" if seconds < 59.5 else format_duration(seconds)


def _spell(text: str, encoding: str) -> str:
    clean = " ".join(make_visible(text).split())
    return clean.encode(encoding, "backslashreplace").decode(encoding, "replace")


def _measure(text: str) -> int:
    """Columns that it takes at most: characters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
