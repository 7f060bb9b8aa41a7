"""`arc changed`: whether a change can matter to agents, for CI that runs them only then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pytest_arc.cli.console import Console, count, print_json
from pytest_arc.cli.files import find_profiles
from pytest_arc.cli.group import ExitCode
from pytest_arc.cli.options import base_option, debug_option, output_option
from pytest_arc.cli.project import open_project
from pytest_arc.history.git import NoMergeBase, find_merge_base, list_changed
from pytest_arc.history.watched import list_relevant
from pytest_arc.reports.style import wrap
from pytest_arc.suite import plan_files

__all__ = ["changed"]

MOST_SHOWN = 5


@click.command(short_help="Say what has changed that can matter to agents.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@base_option
@output_option
@debug_option
def changed(paths: tuple[Path, ...], output: str, **flags: Any) -> int:
    """Say which changes since the main line can matter to agents; run nothing.

    With 'watch' in its profile: what matches, the folders of its profile and scenarios, files that these
    use, settings, baselines. Without: every change. Where git has no answer, everything may have changed.

    \b
    Exit code: 0 something has changed, 5 nothing has.
    """
    profiles = find_profiles(paths)
    project = open_project(flags, profiles)
    agents = project.modify(plan_files(profiles, project.settings)).agents
    base = find_merge_base(project.root, project.settings.base)
    files = None if isinstance(base, NoMergeBase) else list_changed(project.root, base)
    if isinstance(base, NoMergeBase) or files is None:
        why = base.reason if isinstance(base, NoMergeBase) else "git does not say what has changed"
        return _conclude(output, f"everything may have changed: {why}", {})
    found = {agent.path: list_relevant(agent, project.root, files) for agent in agents}
    if not any(found.values()):
        return _conclude(output, f"nothing that matters here has changed since {base.label}", found)
    return _conclude(output, f"changed since {base.label}", found)


def _conclude(output: str, told: str, found: dict[str, list[str]]) -> int:
    is_changed = any(found.values()) or not found
    if output == "json":
        print_json({"changed": is_changed, "reason": told, "agents": found})
    else:
        console = Console()
        console.say(told)
        for path, files in found.items():
            shown = ", ".join(files[:MOST_SHOWN]) + (", ..." if len(files) > MOST_SHOWN else "")
            if files:
                console.say_all(wrap(f"  {path}  ", f"{count(len(files), 'file')}: {shown}", 4))
    return ExitCode.PASSED if is_changed else ExitCode.NOTHING
