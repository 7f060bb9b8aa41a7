"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["base_option", "debug_option", "dir_option", "history_option", "output_option", "setting_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _setting(name: str, help: str, **rest: Any) -> Callable[[_Command], _Command]:
    # Hints name the options as pytest has them; pasted here they work too. Values are checked where those
    # of the other faces are, in loading.
    return click.option(f"--{name}", f"--arc-{name}", name.replace("-", "_"), help=help, **rest)


def _flag(name: str, help: str) -> Callable[[_Command], _Command]:
    return _setting(name, help, is_flag=True, default=None)


dir_option = _setting("dir", "Where run folders are kept (default .arc).", metavar="PATH")

base_option = _setting("base", "Git revision that a change is compared with.", metavar="REF")

history_option = _setting("history", "Earlier runs below this folder too, as CI keeps them.", metavar="DIR")

debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show stack traces of this tool."
)

_SETTINGS = (
    _setting("target", "Reach every agent this way, e.g. reference.", metavar="TARGET"),
    _setting("trials", "Trials of every case; 3:20 for rounds from 3 up to 20.", metavar="N"),
    _setting("trial", "Only this trial of each case, counted from 1.", metavar="N"),
    _setting("shard", "Only this part of the cases, as 2/5; 'arc merge' joins the parts.", metavar="N/OF"),
    _setting("resume", "Go on from this run.", metavar="[RUN]", is_flag=False, flag_value="last"),
    _flag("only-errored", "Of the last run, or that of --resume, make again what errored."),
    _setting("seed", "Seed of the run (default 0), or 'random'.", metavar="N"),
    _setting("concurrency", "Trials at the same time.", metavar="N"),
    _setting("executor", "Where trials are made (default local).", metavar="NAME"),
    _setting("attempts", "Tries of a trial that errors (default 2).", metavar="N"),
    _setting("slip-rate", "Slips of the reference policy (default 0.02).", metavar="P"),
    _setting("user-model", "Model that plays users, as provider:model.", metavar="MODEL"),
    _setting("judge-model", "Model that judges, as provider:model.", metavar="MODEL"),
    _flag("advisory", "Gates say what they would do, and fail nothing."),
    _setting("against", "Compare with the agent of this git revision, run now.", metavar="REF"),
    base_option,
    _setting("budget", "Start nothing more once the run has cost so much.", metavar="USD"),
    _setting("history", "Earlier runs; those of this commit are pooled.", metavar="DIR"),
    _flag("strict", "Each case stands for itself; no gates."),
    _setting("record", "Recorded answers of models: none, once, new, all.", metavar="MODE"),
    _flag("real-time", "Really wait for simulated latencies."),
    _flag("trace-ids", "Print the providers' ids of calls in failed trials."),
    _setting("inject", "Model calls that fail on purpose: p=0.05,kind=timeout.", metavar="P"),
    _setting("json", "Write the results as JSON.", metavar="PATH"),
    _setting("html", "Write a page for people.", metavar="PATH"),
    _setting("markdown", "Write the comment for a pull request.", metavar="PATH"),
    _setting("sbom", "Write the SBOM of the environment of the run.", metavar="PATH"),
    _setting("licenses", "Licences that installed packages may have.", metavar="FILE"),
    _setting("log-json", "Write what happens, one JSON object a line; '-' is stderr.", metavar="PATH"),
    dir_option,
    click.option(
        "--no-transcripts",
        "--arc-no-transcripts",
        "transcripts",
        is_flag=True,
        flag_value=False,
        default=None,
        help="Keep no prompts and answers in run folders.",
    ),
    _setting("telemetry", "Send traces and metrics: otlp, langfuse or off.", metavar="WHERE"),
    _flag("debug", "Show stack traces of this tool."),
)

output_option = click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)


def setting_options(command: _Command) -> _Command:
    """Add an option for every setting; the command gets them by keyword, None where not given."""
    for add in reversed(_SETTINGS):
        command = add(command)
    return command
