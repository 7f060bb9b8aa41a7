"""`arc validate`: everything that can be said about agent files without running a trial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import click

from pytest_arc.casting import cast_models
from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.files import find_agent_files, is_scenario_file
from pytest_arc.cli.group import ExitCode
from pytest_arc.cli.options import debug_option, output_option
from pytest_arc.cli.project import open_project
from pytest_arc.cli.reading import PolicyReport, read_policy
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, Problem
from pytest_arc.gates import list_undecidable
from pytest_arc.loading import load_profile, load_quarantine, load_scenarios
from pytest_arc.loading.canonical import dump_canonical, dump_canonical_scenarios
from pytest_arc.loading.quarantine import FILE_NAME as QUARANTINE
from pytest_arc.loading.quarantine import find_overfull, find_strangers, parse_quarantine
from pytest_arc.loading.source import read_source, show_path
from pytest_arc.planning import make_plan, plan_agent
from pytest_arc.reports.style import wrap

__all__ = ["validate"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--canonical", is_flag=True, help="Print each profile and its scenarios in the long form.")
@click.option("--target", "--arc-target", metavar="TARGET", help="Reach every agent this way.")
@output_option
@debug_option
def validate(paths: tuple[Path, ...], canonical: bool, target: str | None, output: str) -> int:
    """Find every problem of the files at once; run nothing.

    Says too which gates cannot be decided, and what the reference policy understands of a prompt.

    \b
    Exit code: 0 no problems, 1 problems.
    """
    files = find_agent_files(paths)
    project = open_project({"target": target}, files)
    findings = _look_at(files, project.settings)
    _look_at_quarantine(findings, project.root)
    if output == "json":
        print_json(_describe(findings))
    elif canonical and not findings.problems:
        _print_canonical(findings.agents)
    else:
        _say(Console(), findings)
    return ExitCode.FAILED if findings.problems else ExitCode.PASSED


@dataclass
class _Findings:
    files: set[str] = field(default_factory=set[str])
    agents: list[AgentPlan] = field(default_factory=list[AgentPlan])
    scenarios: set[tuple[str, int, str]] = field(default_factory=set[tuple[str, int, str]])
    problems: list[Problem] = field(default_factory=list[Problem])
    included: set[str] = field(default_factory=set[str])
    """Scenario files that an agent includes."""
    named: set[str] = field(default_factory=set[str])
    """Scenario files that were looked at for themselves."""
    remarks: list[Problem] = field(default_factory=list[Problem])
    """What is no problem, but may be an oversight."""

    @property
    def unreached(self) -> list[str]:
        """Scenario files that none of these agents includes; empty where there is no agent."""
        return sorted(self.named - self.included) if self.agents else []


def _look_at(files: Iterable[Path], settings: Settings) -> _Findings:
    findings = _Findings()
    for file in files:
        try:
            if file.name == QUARANTINE:
                findings.files.add(show_path(file))
                parse_quarantine(read_source(file))
            elif is_scenario_file(file):
                _look_at_scenarios(findings, file)
            else:
                _look_at_profile(findings, file, settings)
        except LoadError as error:
            findings.files.add(file.as_posix())
            findings.problems += error.problems
    try:
        make_plan(findings.agents)
    except LoadError as error:
        findings.problems += error.problems
    # A scenario file may be named itself and be included as well.
    findings.problems = sorted(set(findings.problems))
    return findings


def _look_at_scenarios(findings: _Findings, file: Path) -> None:
    loaded = load_scenarios(file)
    findings.files.add(loaded.path)
    findings.named.add(loaded.path)
    findings.problems += loaded.problems
    findings.scenarios |= {(e.origin.path, e.origin.line, e.scenario.id) for e in loaded.entries}


def _look_at_profile(findings: _Findings, file: Path, settings: Settings) -> None:
    loaded = load_profile(file, target=settings.target)
    findings.included |= {entry.origin.path for entry in loaded.scenarios}
    findings.files |= {loaded.path} | findings.included
    findings.scenarios |= {(e.origin.path, e.origin.line, e.scenario.id) for e in loaded.scenarios}
    entries = cast_models([(entry.scenario, entry.origin) for entry in loaded.scenarios], settings)
    findings.agents.append(plan_agent(loaded.profile, loaded.path, entries, settings))


def _look_at_quarantine(findings: _Findings, root: Path) -> None:
    """Whether what is set aside can be, for the agents that were found."""
    try:
        quarantine = load_quarantine(root)
    except LoadError as error:
        findings.problems = sorted({*findings.problems, *error.problems})
        return
    suites: dict[str, set[str]] = {}
    for agent in findings.agents:
        suites.setdefault(agent.profile.name, set()).update(case.scenario.id for case in agent.cases)
    findings.problems += find_overfull(root, quarantine, suites, date.today())
    # Where no agent could be read, nothing is known of what they have.
    findings.remarks += find_strangers(root, quarantine, suites) if suites else []


def _say(console: Console, findings: _Findings) -> None:
    for problem in findings.problems:
        console.say(str(problem))
    for agent in findings.agents:
        _say_agent(console, agent)
    for path in findings.unreached:
        console.say(f"note: no agent here includes {path}: its scenarios are never run")
    for remark in findings.remarks:
        console.say(f"note: {remark}")
    totals = (
        count(len(findings.files), "file"),
        count(len(findings.agents), "agent"),
        count(len(findings.scenarios), "scenario"),
    )
    found = count(len(findings.problems), "problem") if findings.problems else "no problems"
    console.say(f"{', '.join(totals)}: {found}", "failed" if findings.problems else "passed")


def _say_agent(console: Console, agent: AgentPlan) -> None:
    profile = agent.profile
    size = f"{count(len(agent.cases), 'scenario')} x {_say_trials(agent)}"
    console.say(f"{profile.id}: {size}, {profile.target.describe()}")
    for sentence in list_undecidable(agent):
        console.say_all(wrap("  ", sentence, 2))
    policy = read_policy(agent)
    if policy is not None:
        console.say_all(_list_policy(policy))
    console.say()


def _say_trials(agent: AgentPlan) -> str:
    most = count(agent.max_trials, "trial")
    return f"{agent.trials} to {most}" if agent.is_sequential else most


def _list_policy(policy: PolicyReport) -> list[str]:
    lines = ["  understood of the prompt:"] if policy.directives else ["  understood nothing of the prompt"]
    for directive in policy.directives:
        label = f"    {directive.slot}: {directive.value} ({directive.strength})  "
        lines += wrap(label, f'"{directive.sentence}"', 6)
    for one, other in policy.contradictions:
        lines += wrap("  contradiction: ", f'"{one}" and "{other}"; the latter holds', 4)
    covered = policy.total - len(policy.uncovered)
    lines.append(f"  the reference policy covers {covered} of {policy.total} scenarios")
    for scenario, why in policy.uncovered.items():
        lines += wrap(f"    not {scenario}: ", why, 6)
    return lines


def _describe(findings: _Findings) -> dict[str, Any]:
    return {
        "files": sorted(findings.files),
        "scenarios": len(findings.scenarios),
        "unreached": findings.unreached,
        "remarks": [asdict(remark) for remark in findings.remarks],
        "problems": [asdict(problem) for problem in findings.problems],
        "agents": [_describe_agent(agent) for agent in findings.agents],
    }


def _describe_agent(agent: AgentPlan) -> dict[str, Any]:
    policy = read_policy(agent)
    return {
        "id": agent.profile.id,
        "path": agent.path,
        "target": agent.profile.target.describe(),
        "scenarios": [case.scenario.id for case in agent.cases],
        "trials": agent.trials,
        "undecidable": list_undecidable(agent),
        "reference_policy": None if policy is None else policy.describe(),
    }


def _print_canonical(agents: Sequence[AgentPlan]) -> None:
    documents = [
        text
        for agent in agents
        for text in (
            dump_canonical(agent.profile),
            dump_canonical_scenarios(case.scenario for case in agent.cases),
        )
    ]
    click.echo("---\n".join(documents).encode(), nl=False)
