"""`arc compare`: two runs, or two agents that are run now, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import click

from pytest_arc.analysis.comparison import compare as compare_records
from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.files import is_profile
from pytest_arc.cli.options import setting_options
from pytest_arc.cli.project import find_runs_folder, open_project
from pytest_arc.cli.sides import Side, pair_agents, parse_side, read_side
from pytest_arc.domain.comparison import AgentRecord, Comparison, RateChange
from pytest_arc.errors import UsageError
from pytest_arc.garbage import freeze_heap
from pytest_arc.loading.source import show_path
from pytest_arc.reports.comparison import (
    format_comparison,
    list_notes,
    summarize_comparison,
    write_markdown,
)
from pytest_arc.session import Session, run_session
from pytest_arc.suite import draw_seed, plan_files

__all__ = ["compare"]

FORMAT = 1


@click.command(short_help="Hold two runs, or two agents, side by side.")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--agent", default="", metavar="AGENT", help="Only this agent, by id or name.")
@click.option(
    "--output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="What to print.",
)
@setting_options
def compare(a: str, b: str, agent: str, output: str, **flags: Any) -> int:
    """Compare B with A, over the scenarios that are the same in both.

    A and B are runs, RUN[::AGENT]: 'last', the id of a run, its folder, or a file written by --json. Or both
    are agent files: then both are run first, with the same seed.

    \b
    Exit code: 0 whatever the comparison shows; 2 a file could not be read; 4 no
    such run, or nothing to compare.
    """
    sides = _run_both(a, b, flags, output) if _are_profiles(a, b) else _read_both(a, b, flags)
    left, right = (replace(side, wanted=side.wanted or agent) for side in sides)
    comparisons = [_compare_pair(then, now) for then, now in pair_agents(left, right)]
    if output == "json":
        print_json({"format": FORMAT, "comparisons": [_describe(c) for c in comparisons]})
    elif output == "markdown":
        print_json("\n".join(write_markdown(c) for c in comparisons))
    else:
        console = Console()
        for number, comparison in enumerate(comparisons):
            console.say_all([""] if number else [])
            console.say_all(format_comparison(comparison))
    return 0


def _are_profiles(a: str, b: str) -> bool:
    """Raises UsageError when only one is."""
    told = {name: Path(name).is_file() and is_profile(Path(name)) for name in (a, b)}
    if told[a] != told[b]:
        profile, run = (a, b) if told[a] else (b, a)
        raise UsageError(f"'{profile}' is an agent file, '{run}' is not; name two runs or two agent files")
    return told[a]


def _read_both(a: str, b: str, flags: Mapping[str, Any]) -> tuple[Side, Side]:
    idle = [key for key, value in flags.items() if value is not None and key not in ("dir", "debug")]
    if idle:
        option = f"--{idle[0].replace('_', '-')}"
        raise UsageError(f"{option} is for agents that are run; {a} and {b} are runs that have been made")
    root = find_runs_folder(flags)
    left, right = (read_side(root, *parse_side(text)) for text in (a, b))
    return left, right


def _run_both(a: str, b: str, flags: Mapping[str, Any], output: str) -> tuple[Side, Side]:
    """Run the agents one after the other, with the same settings and seed."""
    paths = [Path(a), Path(b)]
    project = open_project(flags, paths)
    settings = project.settings.model_copy(update={"seed": draw_seed(project.settings)})
    plans = [project.modify(plan_files([path], settings)) for path in paths]
    freeze_heap()
    sides: list[Side] = []
    for path, plan in zip(paths, plans, strict=True):
        session = Session(plan, settings, root=project.root, hooks=project.hooks)
        if output == "text":
            cases, trials = count(len(plan.cases), "case"), sum(case.trials for case in plan.cases)
            Console().say(f"running {show_path(path)}: {cases}, {count(trials, 'trial')}; seed {plan.seed}")
        run_session(session)
        sides.append(read_side(project.root, str(session.writer.path), ""))
    if output == "text":
        Console().say()
    return sides[0], sides[1]


def _compare_pair(a: AgentRecord, b: AgentRecord) -> Comparison:
    comparison = compare_records(a, b)
    if comparison.reliability is None:
        notes = " ".join(list_notes(comparison))
        raise UsageError(f"{a.agent} (run {a.run}) and {b.agent} (run {b.run}): nothing to compare. {notes}")
    return comparison


def _describe(comparison: Comparison) -> dict[str, Any]:
    """As plain data: rates and bounds as shares of 1, metrics as logarithms of B / A."""
    told: dict[str, Any] = {
        "summary": summarize_comparison(comparison),
        "a": _describe_side(comparison.a),
        "b": _describe_side(comparison.b),
    }
    for key in ("reliability", "errors"):
        rates = getattr(comparison, key)
        told[key] = rates and _describe_rate(rates)
    told["groups"] = [_describe_rate(rates) for rates in comparison.groups]
    for key in ("dimensions", "metrics", "scenarios"):
        told[key] = [asdict(change) for change in getattr(comparison, key)]
    for key in ("detectable_drop", "unmeasured", "compared", "unscored", "changed", "only_a", "only_b"):
        told[key] = getattr(comparison, key)
    return _round(told | {"notes": list_notes(comparison)})


def _describe_rate(rates: RateChange) -> dict[str, Any]:
    return asdict(rates) | {"p_mid": rates.p_mid}


def _describe_side(record: AgentRecord) -> dict[str, Any]:
    keys = ("run", "agent", "target", "simulated", "seed")
    return {key: getattr(record, key) for key in keys} | {"interrupted": record.interrupted or None}


def _round(value: Any) -> Any:
    """Numbers to 6 places; a bound that the data do not set becomes null."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _round(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_round(item) for item in cast("list[Any]", value)]
    return value
