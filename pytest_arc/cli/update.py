"""`arc baseline update`: finished runs of agents as they are now, pooled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.files import find_profiles
from pytest_arc.cli.group import ExitCode
from pytest_arc.cli.options import debug_option, dir_option, output_option
from pytest_arc.cli.project import Project, open_project
from pytest_arc.domain.baseline import Baseline
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import UsageError
from pytest_arc.history.baselines import ENOUGH_TRIALS, dump_baseline, pool_runs, write_baseline
from pytest_arc.history.folder import RunFolder, list_below, list_runs
from pytest_arc.history.identity import describe_agent
from pytest_arc.history.measured import MeasuredAgent, find_measured, is_simulated
from pytest_arc.history.ruler import hash_cases
from pytest_arc.loading.baselines import locate_baseline, read_baseline
from pytest_arc.loading.source import show_path
from pytest_arc.reports.baselines import describe_baseline, summarize_baseline
from pytest_arc.reports.style import format_money, wrap
from pytest_arc.session import Session, run_session
from pytest_arc.suite import plan_files

__all__ = ["refuse_twins", "update"]

MOST_NAMED = 3


@click.command()
@click.argument("profiles", nargs=-1, type=click.Path(path_type=Path), metavar="[PROFILE]...")
@click.option("--trials", type=click.IntRange(1, 10_000), metavar="N", help="First run every case N times.")
@click.option(
    "--history",
    "others",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Runs of other machines too; repeatable.",
)
@click.option("--target", "--arc-target", metavar="TARGET", help="Reach every agent this way.")
@output_option
@dir_option
@debug_option
def update(
    profiles: tuple[Path, ...], trials: int | None, others: tuple[Path, ...], output: str, **flags: Any
) -> int:
    """Pool finished runs of agents as they are now.

    PROFILE is an agent file or a folder (default: here). Of each scenario the newest runs are taken until
    there are about 50 trials, with what the file holds if neither agent nor scenario has changed since.

    \b
    Exit code: 0 written; 5 there was no run to make a baseline of.
    """
    files = find_profiles(profiles or (Path(),))
    project = open_project(flags, files)
    plan = project.modify(plan_files(files, project.settings))
    refuse_twins((agent.profile.name, agent.path) for agent in plan.agents)
    if trials is not None:
        _refuse_recordings(plan)
    made = [] if trials is None else _run_agents(project, files, plan, trials, others)
    updates = [_update_agent(agent, project, others) for agent in plan.agents]
    if output == "json":
        print_json([_describe_update(done, made) for done in updates])
    else:
        for done in updates:
            Console().say_all(_say_update(done, made))
    return ExitCode.PASSED if any(done.baseline for done in updates) else ExitCode.NOTHING


def _refuse_recordings(plan: Plan) -> None:
    for agent in plan.agents:
        if not agent.profile.target.repeatable:
            message = f"{agent.path} replays recordings, of which no more trials can be made"
            raise UsageError(f"{message}: leave --trials out")


@dataclass(frozen=True, slots=True)
class _Update:
    """What became of the baseline of one agent."""

    agent: AgentPlan
    path: Path
    baseline: Baseline | None
    """None: there was nothing to make it of."""
    changed: bool = False
    """Whether the file is another one now."""

    @property
    def lacking(self) -> list[str]:
        """Scenarios without a trial in it, but for those that are skipped."""
        known = self.baseline.cases.keys() if self.baseline else ()
        cases = [case.scenario for case in self.agent.cases if not case.scenario.skip]
        return [scenario.id for scenario in cases if scenario.id not in known]


def _run_agents(
    project: Project, files: Sequence[Path], plan: Plan, trials: int, others: Iterable[Path]
) -> list[TrialResult]:
    """Run every case, with a seed that no run has that will be pooled: otherwise a deterministic agent
    would only repeat itself."""
    used: set[int] = set()
    for agent in plan.agents:
        runs, earlier = _find_earlier(agent, project, others)
        used |= {run.seed for run in (*runs, *(earlier.runs if earlier else ()))}
    seed = next(seed for seed in range(len(used) + 1) if seed not in used)
    chosen: dict[str, Any] = {"trials": trials, "seed": seed, "trial": None, "strict": True}
    settings = project.settings.model_copy(update=chosen)
    session = Session(
        project.modify(plan_files(files, settings)), settings, root=project.root, hooks=project.hooks
    )
    run_session(session)
    return list(RunFolder(session.writer.path).read_trials())


def _update_agent(agent: AgentPlan, project: Project, others: Iterable[Path]) -> _Update:
    path = locate_baseline(project.root, agent.profile.name)
    runs, earlier = _find_earlier(agent, project, others)
    if not runs:
        return _Update(agent, path, None)
    pooled = pool_runs(runs, hash_cases(agent), earlier, ENOUGH_TRIALS)
    if not pooled.cases:
        return _Update(agent, path, None)
    return _Update(agent, path, pooled, _write_if_new(project.root, pooled))


def _find_earlier(
    agent: AgentPlan, project: Project, others: Iterable[Path]
) -> tuple[list[MeasuredAgent], Baseline | None]:
    """Finished runs of the agent as it is now, and what the file holds. Raises LoadError."""
    name, target = agent.profile.name, agent.profile.target.describe()
    path = locate_baseline(project.root, name)
    earlier = None
    if path.is_file():
        earlier = read_baseline(path, agent=name, target=target, simulated=is_simulated(target))
    folders = [*list_runs(project.root / project.settings.dir)]
    given = [*others, *([Path(project.settings.history)] if project.settings.history else [])]
    for other in given:
        folders += list_below(other)
    return find_measured(folders, name, describe_agent(agent)["identity"]), earlier


def _write_if_new(root: Path, baseline: Baseline) -> bool:
    path = locate_baseline(root, baseline.agent)
    if path.is_file() and path.read_bytes() == dump_baseline(baseline).encode("utf-8", "backslashreplace"):
        return False
    write_baseline(root, baseline)
    return True


def _say_update(done: _Update, made: Iterable[TrialResult]) -> Iterator[str]:
    agent, path = done.agent, show_path(done.path)
    run_more = f"arc baseline update {agent.path} --trials"
    if done.baseline is None:
        can_run = agent.profile.target.repeatable
        make = f"{run_more} 10" if can_run else f"arc run {agent.path}, then the same again"
        text = f"there is no finished run of it as it is now. Make one: {make}"
        yield from wrap(f"{agent.profile.name}: ", f"no baseline was written; {text}", 4)
        return
    yield from wrap(f"{agent.profile.name}: ", summarize_baseline(done.baseline), 4)
    own = _list_own(made, agent)
    if own:
        errored = sum(not trial.is_scored for trial in own)
        rest = f" ({errored} errored)" if errored else ""
        cost = _sum_cost(own)
        spent = "; what they cost is not known" if cost is None else f" for {format_money(cost)}"
        yield f"    ran {count(len(own), 'trial')}{rest}{spent}"
    yield f"    wrote {path}; commit it" if done.changed else f"    {path} says so already"
    if done.lacking:
        named = _list_some(done.lacking)
        yield from wrap("    ", f"no trial of the agent as it is now: {named}. Run them: {run_more} 10", 4)
    least = min(case.n for case in done.baseline.cases.values())
    if least < ENOUGH_TRIALS and agent.profile.target.repeatable:
        text = f"about {ENOUGH_TRIALS} trials a scenario make a steady one"
        yield from wrap("    ", f"{text}: {run_more} {ENOUGH_TRIALS - least}", 4)


def _list_own(made: Iterable[TrialResult], agent: AgentPlan) -> list[TrialResult]:
    return [trial for trial in made if trial.case.startswith(f"{agent.profile.id}/")]


def _sum_cost(trials: Iterable[TrialResult]) -> float | None:
    """In USD; None when some of them do not tell."""
    costs = [trial.paid_usd for trial in trials]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _list_some(names: Sequence[str]) -> str:
    rest = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *rest])


def _describe_update(done: _Update, made: Iterable[TrialResult]) -> dict[str, Any]:
    own = _list_own(made, done.agent)
    return {
        "agent": done.agent.profile.name,
        "path": done.path.as_posix(),
        "written": done.changed,
        "ran": len(own),
        "cost_usd": _sum_cost(own),
        "lacking": done.lacking,
        "baseline": None if done.baseline is None else describe_baseline(done.baseline),
    }


def refuse_twins(agents: Iterable[tuple[str, str]]) -> None:
    """One file cannot hold two versions of an agent."""
    seen: dict[str, str] = {}
    for name, where in agents:
        if name in seen:
            message = f"{seen[name]} and {where} are both agent '{name}', which has one baseline"
            raise UsageError(f"{message}: name the one that changes are to be compared with")
        seen[name] = where
