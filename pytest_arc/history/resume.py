"""What a run may take over from earlier ones: their finished trials, if both were made with the same.

To go on with an interrupted run, to make again what errored in one, and to join the shards of a suite are
the same: a run that has some of its trials already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_arc.domain.plan import Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import UsageError
from pytest_arc.history.document import FORMAT
from pytest_arc.history.folder import RunFolder, WrittenTrial, find_run
from pytest_arc.history.identity import describe_agent

__all__ = [
    "MEASURED",
    "Takeover",
    "check_format",
    "describe_origin",
    "find_takeover",
    "list_differences",
    "read_origin",
    "shorten_list",
]

MEASURED = (
    *("target", "trials", "trial", "shard", "slip_rate", "real_time", "record", "inject"),
    *("user_model", "judge_model"),
)
"""Settings that trials depend on."""

_MOST_SAID = 10


@dataclass(frozen=True, slots=True)
class Takeover:
    """Trials that a run need not make."""

    trials: Iterable[WrittenTrial] = ()
    continues: tuple[str, ...] = ()
    """Keys of the runs they are from: what those say is said by this one now."""
    note: str = ""
    """What was taken over, in a sentence."""
    missing: Mapping[str, str] = field(default_factory=dict[str, str])
    """Agent id -> why some of its trials are not among them and will never be."""


def find_takeover(plan: Plan, settings: Settings, root: Path) -> Takeover:
    """What the settings `resume` and `only_errored` ask for; `root` is the folder of runs.

    Raises UsageError when there is no such run, or it was made with something else.
    """
    name = settings.resume or ("last" if settings.only_errored else "")
    if not name:
        return Takeover()
    folder = _find_run(root, name)
    differences = list_differences(read_origin(folder), describe_origin(plan, settings), plan.selected)
    if differences:
        raise UsageError(
            f"run {folder.run_id} cannot be gone on with: it was made with something else.\n"
            + "\n".join(f"    {line}" for line in shorten_list(differences))
            + "\n  Repeat it as it was made, or leave --arc-resume and --arc-only-errored out"
        )
    kept = {"passed", "failed"} if settings.only_errored else {"passed", "failed", "errored"}
    wanted = [
        trial for trial in folder.read_trials() if trial.outcome in kept and trial.case in plan.selected
    ]
    places = {(trial.case, trial.trial) for trial in wanted}
    return Takeover(
        (t for t in folder.read_written() if (t.result.case, t.result.trial) in places),
        (folder.compute_key(),),
        f"{len(places)} trials are taken over from run {folder.run_id}",
    )


def _find_run(root: Path, name: str) -> RunFolder:
    try:
        return find_run(root, name)
    except UsageError as error:
        if not Path(name).exists():
            raise
        hint = "the word after --arc-resume names a run; before a path write --arc-resume=last"
        raise UsageError(f"{error}\n    {hint}") from None


def read_origin(folder: RunFolder) -> Mapping[str, Any]:
    """With what a run was made: its header. Raises UsageError when it is damaged or of a newer format."""
    header = folder.read_header()
    if not header:
        raise UsageError(f"run {folder.run_id} has no usable header.json: it ended before its first trial")
    check_format(folder.run_id, header)
    return header


def check_format(run: str, header: Mapping[str, Any]) -> None:
    """Raise UsageError when a run was written by a version of pytest-arc that knows another format."""
    written = header.get("format", FORMAT)
    if written != FORMAT:
        raise UsageError(
            f"run {run} is of format {written}, and this version of pytest-arc reads {FORMAT}:"
            " use the version that made it"
        )


def describe_origin(plan: Plan, settings: Settings) -> Mapping[str, Any]:
    """With what a run will be made, as its header has it."""
    return {
        "seed": plan.seed,
        "settings": settings.model_dump(mode="json", by_alias=True),
        "agents": [describe_agent(agent) for agent in plan.agents],
    }


def list_differences(
    then: Mapping[str, Any], now: Mapping[str, Any], selected: Iterable[str] | None = None
) -> list[str]:
    """What of two headers keeps trials of one from being those of the other, one line each.

    `selected` are ids of the cases that matter; None: all.
    """
    try:
        differences = list(_compare_settings(then, now))
        agents = {agent["id"]: agent for agent in then["agents"]}
        for agent in now["agents"]:
            prefix = f"{agent['id']}/"
            chosen = None
            if selected is not None:
                chosen = {id.removeprefix(prefix) for id in selected if id.startswith(prefix)}
            if agent["id"] in agents and chosen != set():
                differences += _compare_agents(agents[agent["id"]], agent, chosen)
        if not agents.keys() & {agent["id"] for agent in now["agents"]}:
            names = [", ".join(sorted(a["id"] for a in side["agents"])) for side in (then, now)]
            differences.append(f"its agent was {names[0]}, not {names[1]}")
    except (LookupError, TypeError, AttributeError) as error:
        return [f"its header is damaged ({type(error).__name__}: {error})"]
    return differences


def _compare_settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    old, new = then.get("settings", {}), now.get("settings", {})
    for key in MEASURED:
        if old.get(key) != new.get(key):
            yield f"--arc-{key.replace('_', '-')}: {_show(old.get(key))} then, {_show(new.get(key))} now"
    if then["seed"] != now["seed"]:
        yield f"--arc-seed: {then['seed']} then, {now['seed']} now"


def _compare_agents(
    then: Mapping[str, Any], now: Mapping[str, Any], chosen: set[str] | None
) -> Iterator[str]:
    if then["identity"] != now["identity"]:
        changed = [*_list_changed(then.get("made_of", {}), now["made_of"])]
        changed += _list_changed(then.get("watched", {}), now["watched"])
        yield f"{now['path']}: changed since: {', '.join(changed) or 'the agent'}"
    if then.get("trials", now["trials"]) != now["trials"] or then["max_trials"] != now["max_trials"]:
        yield f"{now['path']}: {_say_trials(then)} then, {_say_trials(now)} now"
    known = then["scenarios"]
    for name, (scenario, checks) in now["scenarios"].items():
        if chosen is not None and name not in chosen:
            continue
        if name not in known:
            yield f"scenario '{name}' is new"
        elif known[name][0] != scenario:
            yield f"scenario '{name}': what the agent meets has changed"
        elif known[name][1] != checks:
            yield f"scenario '{name}': its checks have changed"


def _list_changed(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))


def _say_trials(agent: Mapping[str, Any]) -> str:
    first, most = agent.get("trials", agent["max_trials"]), agent["max_trials"]
    return f"trials: {first}" if first == most else f"trials: {first} to {most}"


def _show(value: Any) -> str:
    return "not given" if value is None or value is False else str(value)


def shorten_list(lines: Sequence[str]) -> list[str]:
    """The first of many lines, and how many more there are."""
    more = len(lines) - _MOST_SAID
    return [*lines[:_MOST_SAID], *([f"and {more} more"] if more > 0 else [])]
