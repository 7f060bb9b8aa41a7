"""One run as the comment of a pull request, which stands in the summary of a job too.

What agents said is in it as text alone: no markup, no mention, no cell of its own. GitHub takes 65,536
characters; where a run has more to say, it leaves out in the order of `_ROOMS`, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pytest_arc.domain.result import CaseOutcome, Change, Estimate, TrialResult
from pytest_arc.domain.view import AgentView, CaseView, ReadTrajectory, RunView
from pytest_arc.reports.breakdown import has_failures, is_failing
from pytest_arc.reports.cases import find_worst
from pytest_arc.reports.headline import say_headline
from pytest_arc.reports.markdown import escape, write_block, write_code, write_details, write_table
from pytest_arc.reports.style import format_bound, format_duration, format_money, format_percent, shorten
from pytest_arc.reports.tiers import ICONS, MOST_NAME, MOST_TEXT, find_gate, list_broken, name_case, tabulate
from pytest_arc.reports.transcript import format_transcript

__all__ = ["MOST_BYTES", "write_comment"]

MOST_BYTES = 65_536
"""GitHub counts characters, of which some take several bytes: bytes are on the safe side."""
DOT = " \u00b7 "

_HIDDEN_DROP = "Could be missed: "
"""The hint of the regression gate that says what it cannot see begins so."""


@dataclass(frozen=True, slots=True)
class _Room:
    """How much may be said."""

    transcript: int
    """Lines."""
    rows: int
    """Of each table of scenarios."""
    agents: int
    """Told in full; of the others there is a line each."""
    lines: int = 30
    left_out: str = ""
    """What is missing, for the reader."""


_ROOMS = (
    _Room(80, 25, 12),
    _Room(20, 25, 12, left_out="the rest of the transcripts"),
    _Room(0, 25, 12, left_out="the transcripts"),
    _Room(0, 8, 12, left_out="the transcripts and most scenarios"),
    _Room(0, 3, 4, left_out="the transcripts, most scenarios and the tables of some agents"),
    _Room(0, 0, 0, lines=20, left_out="all but the verdicts"),
    _Room(0, 0, 0, lines=0, left_out="all but the first sentence"),
)


def write_comment(view: RunView, read_trajectory: ReadTrajectory, most: int = MOST_BYTES) -> Iterator[str]:
    """The text of the comment, of at most `most` bytes in UTF-8."""
    text = ""
    for room in _ROOMS:
        text = "\n".join(_write(view, read_trajectory, room)).lstrip("\n") + "\n"
        if len(text.encode("utf-8", "backslashreplace")) <= most:
            break
    yield text


def _write(view: RunView, read_trajectory: ReadTrajectory, room: _Room) -> Iterator[str]:
    agents = sorted(view.agents, key=lambda agent: _rank(view, agent))
    if not agents:
        yield f"### {ICONS['no verdict']} no agent was run"
    if len(agents) > 1:
        yield f"### {_say_all(view, agents)}"
        yield ""
        yield from _list_agents(view, agents[: room.lines], len(agents))
    for agent in agents[: room.agents]:
        yield from ["", f"{'####' if len(agents) > 1 else '###'} {_say_verdict(view, agent)}"]
        yield from _write_agent(view, agent, read_trajectory, room)
    if len(agents) == 1 and not room.agents:
        yield f"### {_say_verdict(view, agents[0])}"
    if room.left_out:
        what = f"Left out, to stay within what GitHub takes: {room.left_out}."
        yield from ["", f"**{what}** All of it: {write_code(f'arc show {view.run_id}')}"]
    yield from ["", f"<sub>{DOT.join(_list_figures(view))}</sub>"]


def _rank(view: RunView, agent: AgentView) -> int:
    """The worst first."""
    words = ("failed", "not evaluated", "not finished", "inconclusive", "no verdict", "passed")
    return words.index(say_headline(view, agent).word)


def _say_all(view: RunView, agents: Sequence[AgentView]) -> str:
    words = [say_headline(view, agent).word for agent in agents]
    told = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
    return f"{ICONS[words[0]]} {len(agents)} agents: {', '.join(told)}"


def _list_agents(view: RunView, agents: Sequence[AgentView], count: int) -> Iterator[str]:
    for agent in agents:
        rate = _say_rate(agent.reliability)
        yield f"* {_say_verdict(view, agent)}: {rate}"
    if count > len(agents):
        yield f"* and {count - len(agents)} more"


# One agent.


def _write_agent(
    view: RunView, agent: AgentView, read_trajectory: ReadTrajectory, room: _Room
) -> Iterator[str]:
    yield from [_compare_rates(agent), ""]
    head, rows = tabulate(agent, room.rows)
    if rows:
        yield from [*write_table(head, rows, left=2), ""]
    for label, text in _list_sentences(view, agent):
        yield f"* **{escape(label)}:** {escape(shorten(text, 2 * MOST_TEXT))}"
    yield ""
    yield from _tell_below_bar(agent, room)
    yield from _tell_first_failure(view, agent, read_trajectory, room)
    yield from _tell_commands(view, agent)


def _say_verdict(view: RunView, agent: AgentView) -> str:
    """`X backoffice: regression in fx`: one sentence for a headline."""
    headline = say_headline(view, agent)
    icon = ICONS[headline.word]
    regression = find_gate(agent, "regression")
    if regression is None or regression.word != "failed":
        return f"{icon} {escape(shorten(headline.subject, MOST_TEXT))}"
    names = list_broken(regression)
    shown = ", ".join(write_code(shorten(name, MOST_NAME)) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    rest = ", the rest is steady" if any(part.name == "others" for part in regression.parts) else ""
    return f"{icon} {escape(agent.id)}: regression in {shown}{more}{rest}"


def _compare_rates(agent: AgentView) -> str:
    now = agent.reliability
    if now is None:
        return "No trial was scored."
    text = f"**{format_percent(now.rate)}** of trials passed ({_say_counts(now)})"
    if agent.baseline is None or agent.baseline.reliability is None:
        return f"{text}."
    then = agent.baseline.reliability
    label = write_code(shorten(agent.baseline.label, MOST_NAME))
    text += f"; {label}: {format_percent(then.rate)} ({then.passed} of {then.n})."
    regression = find_gate(agent, "regression")
    return f"{text} {_say_change(regression.change)}" if regression and regression.change else text


def _say_counts(estimate: Estimate) -> str:
    low, high = format_bound(estimate.low, up=False), format_bound(estimate.high, up=True)
    return f"{estimate.passed} of {estimate.n}, 95 % interval {low} to {high} %"


def _say_rate(estimate: Estimate | None) -> str:
    return f"{format_percent(estimate.rate)} ({_say_counts(estimate)})" if estimate else "no trial was scored"


def _say_change(change: Change) -> str:
    low, high = (f"{bound * 100:+.1f}" for bound in (change.low, change.high))
    return (
        f"Difference {change.value * 100:+.1f} points, at least {low} and at most {high}"
        f" (each with {change.confidence * 100:g} % confidence)."
    ).replace("-", "\u2212")


# What to know besides.


def _list_sentences(view: RunView, agent: AgentView) -> Iterator[tuple[str, str]]:
    """A label and a text each; the texts are not escaped."""
    if view.interrupted:
        yield "Not finished", view.interrupted
    fresh = [trial for case in agent.cases for trial in case.fresh_trials if trial.is_scored]
    if fresh:
        passed = sum(trial.outcome == "passed" for trial in fresh)
        yield "Repeated", f"{_count(len(fresh), 'fresh trial')} to confirm the alarms, {passed} passed"
    yield "What the data do not show", _say_hidden(agent)
    for note in agent.notes:
        label, colon, rest = note.partition(": ")
        yield (_capitalize(label), rest) if colon and len(label) < 40 else ("Note", note)


def _say_hidden(agent: AgentView) -> str:
    """How small a drop this run could not have seen, or how much its interval leaves open."""
    hints = [hint for verdict in agent.verdicts for hint in verdict.hints if hint.startswith(_HIDDEN_DROP)]
    if hints:
        return f"{hints[0].removeprefix(_HIDDEN_DROP).rstrip('.')} could be missed"
    if agent.reliability is None:
        return "anything: no trial was scored"
    low, high = agent.reliability.low, agent.reliability.high
    bounds = f"{format_bound(low, up=False)} to {format_bound(high, up=True)} %"
    fits = f"any reliability from {bounds} fits these trials"
    missing = "; whether it was better before (there is no baseline to compare with)"
    return fits if agent.baseline else fits + missing


def _tell_below_bar(agent: AgentView, room: _Room) -> Iterator[str]:
    below = [case for case in agent.cases if case.outcome.word == "below bar"]
    if not below or not room.rows:
        return
    below.sort(key=lambda case: (_measure(case.outcome), case.scenario))
    rows = [[name_case(case), f"{case.outcome.passed}/{case.outcome.scored}"] for case in below[: room.rows]]
    if len(below) > room.rows:
        rows.append([f"and {len(below) - room.rows} more", ""])
    yield from write_details(
        f"{_count(len(below), 'scenario')} below bar", write_table(["what", "now"], rows)
    )


def _measure(outcome: CaseOutcome) -> float:
    return outcome.passed / outcome.scored if outcome.scored else 0.0


def _tell_first_failure(
    view: RunView, agent: AgentView, read_trajectory: ReadTrajectory, room: _Room
) -> Iterator[str]:
    found = _find_first_failure(agent) if room.transcript else None
    if found is None:
        return
    case, trial = found
    trajectory = read_trajectory(trial)
    if trajectory is None or not trajectory.steps:
        return
    lines = format_transcript(trajectory)
    shown = list(islice(lines, room.transcript))
    if len(lines) > len(shown):
        shown.append(f"  ... {len(lines) - len(shown)} lines left out")
    name = write_code(shorten(case.scenario, MOST_NAME))
    summary = (
        f"First failing transcript: {name}, trial {trial.trial} ({_count(len(trajectory.steps), 'step')})"
    )
    yield from write_details(
        summary, [escape(shorten(trial.reason, MOST_TEXT)), "", *write_block("\n".join(shown))]
    )


def _find_first_failure(agent: AgentView) -> tuple[CaseView, TrialResult] | None:
    """Of what broke, of what fails, of what is below its bar: the lowest rate first."""
    regression = find_gate(agent, "regression")
    parts = regression.parts if regression and regression.word == "failed" else ()
    broken = {part.name for part in parts if part.word == "failed"}
    failing = [case for case in agent.cases if has_failures(case)]
    failing.sort(
        key=lambda case: (case.scenario not in broken, not is_failing(case), _measure(case.outcome), case.id)
    )
    for case in failing:
        worst = find_worst(case.trials)
        if worst is not None:
            return case, worst
    return None


def _tell_commands(view: RunView, agent: AgentView) -> Iterator[str]:
    lines = [f"* what it came to: {write_code(f'arc show {view.run_id}')}"]
    found = _find_first_failure(agent)
    if found is not None:
        address = shorten(view.address(agent, *found), 2 * MOST_NAME)
        for label, command in (("look", "show"), ("repeat", "debug")):
            told = f"arc {command} '{address}'"
            lines.append(f"* {label}: {write_code(told)}")
    regression = find_gate(agent, "regression")
    if regression is not None and regression.word == "failed":
        lines.append(f"* intended? {write_code(f'arc baseline accept {view.run_id}')}")
    lines += [
        f"* {escape(shorten(hint, MOST_TEXT))}"
        for verdict in agent.verdicts
        for hint in verdict.hints
        if not hint.startswith((_HIDDEN_DROP, "Intended?"))
    ][:10]
    lines.append(f"* page: {write_code(f'arc report {view.run_id} --format html -o report.html')}")
    yield from write_details("Repeat it \u00b7 accept it \u00b7 report", lines)


# The last line.


def _list_figures(view: RunView) -> Iterator[str]:
    """Cost, time, model, trials, run, commit."""
    totals = view.totals
    budget = view.settings.get("budget")
    cost = "cost unknown" if totals.cost_usd is None else format_money(totals.cost_usd)
    yield f"{cost} of {format_money(budget)}" if isinstance(budget, int | float) else cost
    yield format_duration(totals.wall_s) + " of trials"
    targets = list(dict.fromkeys(agent.target for agent in view.agents if agent.target))
    yield from (escape(shorten(target, MOST_NAME)) for target in targets[:3])
    yield f"{totals.errored} errored"
    yield f"{totals.replayed} replayed"
    fresh = f" + {totals.fresh} to confirm" if totals.fresh else ""
    yield f"{_count(totals.made - totals.fresh, 'trial')}{fresh}"
    yield f"run {escape(view.run_id)}"
    if view.git and view.git.get("sha"):
        yield f"commit {escape(str(view.git['sha'])[:7])}{' with changes' if view.git.get('dirty') else ''}"


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
