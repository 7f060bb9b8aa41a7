"""`arc` itself: finds its commands, and turns whatever ends one into an exit code."""

from __future__ import annotations

import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from enum import IntEnum

import click

from pytest_arc import __version__
from pytest_arc.errors import ArcError, LoadError, NothingSelected
from pytest_arc.registry import find_near_miss

__all__ = ["ExitCode", "main"]


class ExitCode(IntEnum):
    """As in pytest, so that CI needs to know one list only."""

    PASSED = 0
    FAILED = 1
    """A case or a gate failed or errored, or `validate` found problems."""
    INTERRUPTED = 2
    """By Ctrl-C, or a file could not be loaded."""
    INTERNAL = 3
    USAGE = 4
    NOTHING = 5
    """No case was selected."""


_COMMANDS = {
    "run": "pytest_arc.cli.run:run",
    "merge": "pytest_arc.cli.merge:merge",
    "validate": "pytest_arc.cli.validate:validate",
    "changed": "pytest_arc.cli.changed:changed",
    "init": "pytest_arc.cli.init:init",
    "show": "pytest_arc.cli.show:show",
    "debug": "pytest_arc.cli.debug:debug",
    "status": "pytest_arc.cli.status:status",
    "report": "pytest_arc.cli.report:report",
    "compare": "pytest_arc.cli.compare:compare",
    "baseline": "pytest_arc.cli.baseline:baseline",
    "quarantine": "pytest_arc.cli.quarantine:quarantine",
    "models": "pytest_arc.cli.models:models",
    "cache": "pytest_arc.cli.cache:cache",
    "import": "pytest_arc.cli.imports:import_",
    "migrate": "pytest_arc.cli.migrate:migrate",
    "settings": "pytest_arc.cli.settings:settings",
    "schema": "pytest_arc.cli.schema:schema",
}


class _LazyGroup(click.Group):
    """Imports a command when it is called for: `arc --version` loads none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            near = find_near_miss(args[0], _COMMANDS)
            hint = f"did you mean '{near}'?" if near else f"there are: {', '.join(_COMMANDS)}"
            raise click.UsageError(f"No such command '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        return getattr(importlib.import_module(module), name)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pytest-arc", message="%(prog)s %(version)s")
def _arc() -> None:
    """Reliability tests for AI agents: several trials per scenario, judged with statistics.

    `pytest --arc` does what `arc run` does, inside pytest.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _allow_any_character()
    try:
        return int(_arc.main(arguments, prog_name="arc", standalone_mode=False) or ExitCode.PASSED)
    except click.Abort:
        click.echo("arc: interrupted", err=True)
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except ArcError as error:
        click.echo(_redact(f"arc: {error}" if not isinstance(error, LoadError) else str(error)), err=True)
        return _choose_code(error)
    except Exception as error:  # trouble of our own: one line and exit 3, a stack trace with --debug
        _report_internal(error, debugging="--debug" in arguments or "ARC_DEBUG" in os.environ)
        return ExitCode.INTERNAL


def _choose_code(error: ArcError) -> ExitCode:
    if isinstance(error, LoadError):
        return ExitCode.INTERRUPTED
    return ExitCode.NOTHING if isinstance(error, NothingSelected) else ExitCode.USAGE


def _report_internal(error: Exception, debugging: bool) -> None:
    if debugging:
        click.echo(_redact(traceback.format_exc()), err=True, nl=False)
    text = " ".join(_redact(f"{type(error).__name__}: {error}").split())
    rest = "" if debugging else "; --debug shows the stack trace"
    click.echo(f"arc: internal error: {text}{rest}", err=True)


def _redact(message: str) -> str:
    """Without secrets, which may stand in what a file or a server said."""
    from pytest_arc.redaction import Redactor

    return Redactor(os.environ).text(message)


def _allow_any_character() -> None:
    """Agents may say what the terminal's encoding cannot write."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
