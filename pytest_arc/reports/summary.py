"""What a run came to, one paragraph an agent, for a terminal 80 columns wide."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import CaseOutcome, TrialResult, Verdict, count_disputed
from pytest_arc.domain.score import DIMENSIONS, Dimension
from pytest_arc.domain.trajectory import NOTHING_USED, Usage
from pytest_arc.reports.cases import find_worst, name_trial
from pytest_arc.reports.style import (
    WIDTH,
    Glyphs,
    format_bound,
    format_duration,
    format_money,
    format_percent,
    shorten,
    wrap,
)
from pytest_arc.reports.verdicts import list_parts, say_verdict
from pytest_arc.stats import mean_pass_at_k, mean_pass_hat_k, wilson

__all__ = [
    "AgentReport",
    "BadCase",
    "describe_gate_failure",
    "explain_gate",
    "sort_worst",
    "summarize_agent",
]

BAR = 20
MOST_CASES = 10


@dataclass(frozen=True, slots=True)
class AgentReport:
    """What a run knows about one agent."""

    agent: AgentPlan
    outcomes: Sequence[CaseOutcome]
    trials: Sequence[TrialResult]
    verdicts: Sequence[Verdict]
    run: str
    """How commands name the run: `last`, or its id."""
    prefix: str = ""
    """What stands before a scenario id in commands: nothing when the run has one agent."""
    wall_s: float = 0.0
    """How long the whole run took."""
    fresh: Sequence[TrialResult] = ()
    """Trials beyond the plan, which were made to confirm alarms."""
    notes: Sequence[str] = ()
    """Sentences about what the agent is held against."""

    @property
    def made(self) -> Sequence[TrialResult]:
        """Every trial that cost time and money."""
        return [*self.trials, *self.fresh]

    def address(self, outcome: CaseOutcome) -> str:
        """The case as commands name it."""
        scenario = outcome.case.removeprefix(f"{self.agent.profile.id}/")
        return f"{self.run}::{self.prefix}{scenario}"


def summarize_agent(report: AgentReport, glyphs: Glyphs, folder: str) -> list[str]:
    """The terminal summary of one agent; `folder` is where the run was written."""
    lines = _say_verdicts(report)
    lines += [line for note in report.notes for line in wrap("  ", note, 4)]
    if any(trial.is_scored for trial in report.trials):
        lines += ["", *_draw_dimensions(report, glyphs)]
        lines += ["", *_say_pass_k(report)]
    if failing := _list_below_bar(report):
        lines += ["", *failing]
    lines += ["", *_say_figures(report)]
    worst = _find_worst_case(report)
    if worst is not None:
        lines += ["", f"  look    arc show '{worst}'", f"  repeat  arc debug '{worst}'"]
    lines += [f"  run     {folder}"]
    return lines


def describe_gate_failure(report: AgentReport, verdict: Verdict, most: int = MOST_CASES) -> str:
    """Why a gate failed: the verdict, then the failing cases by rate, each with how to repeat it."""
    kind, _, group = verdict.gate.partition("/")
    cases = report.agent.list_group(group) if kind == "group" else report.agent.cases
    ids = {case.id for case in cases}
    bad = [
        BadCase(outcome, report.address(outcome), find_worst(_list_trials(report, outcome)))
        for outcome in sort_worst(report.outcomes)
        if outcome.case in ids
    ]
    return explain_gate(report.agent.profile.id, verdict, bad, most)


@dataclass(frozen=True, slots=True)
class BadCase:
    """A case that is below its bar or errored."""

    outcome: CaseOutcome
    address: str
    """As commands name it."""
    worst: TrialResult | None


def explain_gate(agent: str, verdict: Verdict, bad: Sequence[BadCase], most: int = MOST_CASES) -> str:
    """The verdict on an agent (by id), and the cases that are to blame where a gate is about passes."""
    lines = [*wrap("", f"{agent}: {verdict.gate} {verdict.word.upper()}. {verdict.reason}", 0)]
    lines += list_parts(verdict.parts, 2)
    lines += [line for hint in verdict.hints for line in wrap("  ", hint, 2)]
    if not _is_about_passes(verdict):
        return "\n".join(lines)
    lines += [line for case in bad[:most] for line in _describe_bad_case(case)]
    if len(bad) > most:
        lines.append(f"  and {len(bad) - most} more (-v shows each in full)")
    return "\n".join(lines)


def _is_about_passes(verdict: Verdict) -> bool:
    """Whether the failing cases are the reason, and not a comparison or a score."""
    return verdict.gate == "reliability" or verdict.gate.startswith("group/")


def _describe_bad_case(case: BadCase) -> list[str]:
    scenario = case.address.partition("::")[2]
    rate = _say_rate(case.outcome)
    if case.worst is None:
        return [f"  {rate:>5}  {scenario}: {shorten(case.outcome.reason, 60)}"]
    return [
        f"  {rate:>5}  {scenario}",
        *wrap("", shorten(case.worst.reason, 140), 9)[:2],
        f"         arc debug '{name_trial(case.address, case.worst)}'",
    ]


def _say_rate(outcome: CaseOutcome) -> str:
    return f"{outcome.passed}/{outcome.scored}" if outcome.scored else "error"


def _list_trials(report: AgentReport, outcome: CaseOutcome) -> list[TrialResult]:
    return [trial for trial in report.trials if trial.case == outcome.case]


def sort_worst(outcomes: Iterable[CaseOutcome]) -> list[CaseOutcome]:
    """Those that are below their bar or errored, the lowest rate first."""
    bad = [outcome for outcome in outcomes if outcome.word in ("below bar", "failed", "errored")]
    return sorted(bad, key=lambda o: (o.passed / o.scored if o.scored else 0.0, o.case))


def _say_verdicts(report: AgentReport) -> list[str]:
    if not report.verdicts:
        return wrap("  ", _say_plain_rate(report), 2)
    return [line for verdict in report.verdicts for line in say_verdict(verdict)]


def _say_plain_rate(report: AgentReport) -> str:
    passed = sum(trial.outcome == "passed" for trial in report.trials)
    scored = sum(trial.is_scored for trial in report.trials)
    if not scored:
        return "no gate evaluated; no trial was scored"
    doubtful_passes, doubtful_failures = count_disputed(report.trials)
    low = wilson(passed - doubtful_passes, scored).low
    high = wilson(passed + doubtful_failures, scored).high
    interval = f"{format_bound(low, up=False)} to {format_bound(high, up=True)}"
    rate = format_percent(passed / scored)
    return f"no gate evaluated; {passed} of {scored} trials passed ({rate}, 95 % interval {interval})"


def _draw_dimensions(report: AgentReport, glyphs: Glyphs) -> list[str]:
    values: dict[Dimension, list[float]] = {
        name: [trial.dimensions[name] for trial in report.trials if name in trial.dimensions]
        for name in DIMENSIONS
    }
    lines = [_draw_bar(name, measured, glyphs) for name, measured in values.items() if measured]
    if unmeasured := [name for name, measured in values.items() if not measured]:
        lines += wrap("  ", f"not measured (no check speaks for it): {', '.join(unmeasured)}", 2)
    return lines


def _draw_bar(name: Dimension, values: Sequence[float], glyphs: Glyphs) -> str:
    mean = sum(values) / len(values)
    full = round(mean * BAR)
    bar = glyphs.full * full + glyphs.empty * (BAR - full)
    return f"  {name:<17} {bar} {mean:.2f}  (weight {DIMENSIONS[name] * 100:.0f} %, n {len(values)})"


def _say_pass_k(report: AgentReport) -> list[str]:
    """pass_hat_k and pass_at_k for k = 1 up to the trials a gate counts."""
    counts = [(o.passed, o.scored) for o in report.outcomes if o.scored]
    most = min(report.agent.max_trials, min((n for _, n in counts), default=0))
    ks = sorted({*range(1, min(most, 5) + 1), most} - {0})
    if not ks:
        return []
    passed, scored = [c for c, _ in counts], [n for _, n in counts]
    header = "  k            " + "".join(f"{k:>7}" for k in ks)
    lines = [header]
    for name, mean in (("pass_hat_k", mean_pass_hat_k), ("pass_at_k", mean_pass_at_k)):
        values = [mean(passed, scored, k) for k in ks]
        cells = "".join(f"{value.value:>7.3f}" if value else f"{'n/a':>7}" for value in values)
        meaning = "all k pass" if name == "pass_hat_k" else "one of k passes"
        lines.append(f"  {name:<12} {cells}   {meaning}")
    return lines


def _list_below_bar(report: AgentReport) -> list[str]:
    bad = sort_worst(report.outcomes)
    if not bad:
        return []
    lines = wrap("  ", f"{_count_below_bar(report, bad)}{_say_tags(report, bad)}", 2)
    lines += [_list_case(report, outcome) for outcome in bad[:5]]
    if len(bad) > 5:
        lines.append(f"    and {len(bad) - 5} more: arc show {report.run} --below-bar")
    return lines


def _count_below_bar(report: AgentReport, bad: Sequence[CaseOutcome]) -> str:
    errored = sum(outcome.word == "errored" for outcome in bad)
    counts = [(len(bad) - errored, "below bar"), (errored, "errored")]
    return ", ".join(f"{n} of {_count(report.outcomes, 'case')} {what}" for n, what in counts if n)


def _list_case(report: AgentReport, outcome: CaseOutcome) -> str:
    """One line: rate, scenario, and as much of the reason as there is room for."""
    scenario = outcome.case.removeprefix(f"{report.agent.profile.id}/")
    left = f"    {_say_rate(outcome)}  {scenario}"
    worst = find_worst(_list_trials(report, outcome))
    room = WIDTH - 2 - len(left)
    return f"{left}  {shorten(worst.reason, room)}" if worst and room > 12 else left


def _count(things: Sequence[object], what: str) -> str:
    return f"{len(things)} {what}" if len(things) == 1 else f"{len(things)} {what}s"


def _say_tags(report: AgentReport, bad: Sequence[CaseOutcome]) -> str:
    """The tags and groups that most of the failing cases share; of two for the same cases, one."""
    labels = {case.id: {*case.scenario.tags, case.scenario.group} - {""} for case in report.agent.cases}
    every: defaultdict[str, set[str]] = defaultdict(set)
    for outcome in report.outcomes:
        for label in labels[outcome.case]:
            every[label].add(outcome.case)
    failing = {outcome.case for outcome in bad}
    groups = {
        frozenset(cases): label
        for label, cases in sorted(every.items(), reverse=True)
        if cases & failing and len(cases) < len(report.outcomes)
    }
    top = sorted(groups, key=lambda cases: (-len(cases & failing), len(cases), groups[cases]))[:3]
    told = [f"{groups[cases]} {len(cases & failing)} of {len(cases)}" for cases in top]
    return f": {', '.join(told)}" if told else ""


def _say_figures(report: AgentReport) -> list[str]:
    counts = Counter(trial.outcome for trial in report.trials)
    trials = ", ".join(f"{counts[word]} {word}" for word in ("passed", "failed", "errored"))
    if counts["cancelled"]:
        trials += f", {counts['cancelled']} cancelled"
    planned = _count(report.outcomes, "scenario")
    if len(report.trials) == len(report.outcomes) * report.agent.trials:
        planned += f" x {report.agent.trials}"
    if report.fresh:
        planned += f" + {len(report.fresh)} to confirm"
    return [
        *wrap("  trials  ", f"{trials} ({planned})", 10),
        *wrap("  cost    ", _say_cost(report), 10),
        f"  time    {_say_time(report)}",
    ]


def _say_cost(report: AgentReport) -> str:
    described = report.agent.profile.target.describe()
    paid = [trial.paid for trial in report.made]
    costs = [usages["agent"].cost_usd for usages in paid]
    known = [cost for cost in costs if cost is not None]
    is_known = known and len(known) == len(costs)
    cost = format_money(sum(known)) if is_known else "unknown"
    replayed = sum(trial.replayed for trial in report.made)
    share = "" if replayed == len(costs) else f"{replayed} of {len(costs)} trials "
    if replayed:
        described += f"; {share}replayed"
    return f"{cost} ({described})" + "".join(_say_harness_costs(paid))


def _say_harness_costs(paid: Sequence[Mapping[str, Usage]]) -> Iterator[str]:
    """What simulated users and judges cost, apart from the agent; `paid` as of each trial."""
    for who in ("user", "judge"):
        theirs = [usages[who] for usages in paid if who in usages]
        if theirs:
            cost = sum(theirs, NOTHING_USED).cost_usd
            yield f"; {who}s {'unknown' if cost is None else format_money(cost)}"


def _say_time(report: AgentReport) -> str:
    """The run against the sum of its trials one by one; simulated time is called so."""
    text = format_duration(report.wall_s)
    if any(trial.clock == "virtual" for trial in report.made):
        simulated = sum(trial.latency_s for trial in report.made)
        if not simulated:
            return text
        return f"{text} (the agent's latencies are simulated: {format_duration(simulated)} in all)"
    one_by_one = sum(trial.wall_s for trial in report.made)
    if one_by_one <= report.wall_s:
        return text
    return f"{text} (one by one: {format_duration(one_by_one)}, {one_by_one / report.wall_s:.0f}x)"


def _find_worst_case(report: AgentReport) -> str | None:
    for outcome in sort_worst(report.outcomes):
        worst = find_worst(_list_trials(report, outcome))
        if worst is not None:
            return name_trial(report.address(outcome), worst)
    return None
