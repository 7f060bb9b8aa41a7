"""The thin pytest face.

pytest imports this module in every project that has the package installed. It imports nothing but the
standard library's small change and what pytest has imported already; the rest is in `pytest_arc.plugin.main`,
which is imported only with `--arc`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_arc.testing import Runner


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("arc", "reliability tests for AI agents (pytest-arc)")
    # store_true: an option with an optional value would swallow the path after it.
    group.addoption("--arc", action="store_true", help="collect agent YAML files and run them")
    group.addoption("--arc-target", metavar="TARGET", help="reach every agent this way, e.g. reference")
    group.addoption("--arc-trials", metavar="N", help="trials of every case; 3:20 for rounds from 3 up to 20")
    group.addoption("--arc-trial", metavar="N", help="only this trial of each case, counted from 1")
    group.addoption("--arc-shard", metavar="N/OF", help="only this part of the cases, as 2/5; see arc merge")
    group.addoption("--arc-resume", metavar="RUN", nargs="?", const="last", help="go on from this run (last)")
    group.addoption(
        "--arc-only-errored",
        action="store_true",
        default=None,
        help="of the last run, or that of --arc-resume, make again what errored",
    )
    group.addoption("--arc-seed", metavar="N", help="seed of the run (default 0), or 'random'")
    group.addoption("--arc-concurrency", metavar="N", help="trials at the same time")
    group.addoption("--arc-executor", metavar="NAME", help="where trials are made (default local)")
    group.addoption("--arc-attempts", metavar="N", help="tries of a trial that errors (default 2)")
    group.addoption("--arc-slip-rate", metavar="P", help="slips of the reference policy (default 0.02)")
    group.addoption("--arc-user-model", metavar="MODEL", help="model that plays users, as provider:model")
    group.addoption("--arc-judge-model", metavar="MODEL", help="model that judges, as provider:model")
    group.addoption(
        "--arc-advisory",
        action="store_true",
        default=None,
        help="gates say what they would do, and fail nothing",
    )
    group.addoption(
        "--arc-against", metavar="REF", help="compare with the agent of this git revision, run now"
    )
    group.addoption("--arc-base", metavar="REF", help="git revision that a change is compared with")
    group.addoption("--arc-budget", metavar="USD", help="start nothing more once the run has cost so much")
    group.addoption("--arc-history", metavar="DIR", help="earlier runs; those of this commit are pooled")
    group.addoption(
        "--arc-plan",
        action="store_true",
        help="say what would be run, what it would cost, what it could decide",
    )
    group.addoption(
        "--arc-strict", action="store_true", default=None, help="each case stands for itself; no gates"
    )
    group.addoption("--arc-record", metavar="MODE", help="recorded answers of models: none, once, new, all")
    group.addoption(
        "--arc-real-time", action="store_true", default=None, help="really wait for simulated latencies"
    )
    group.addoption(
        "--arc-trace-ids", action="store_true", default=None, help="print providers' ids of failed calls"
    )
    group.addoption("--arc-inject", metavar="P", help="model calls that fail on purpose: p=0.05,kind=timeout")
    group.addoption("--arc-json", metavar="PATH", help="write the results as JSON")
    group.addoption("--arc-html", metavar="PATH", help="write a page for people")
    group.addoption("--arc-markdown", metavar="PATH", help="write the comment for a pull request")
    group.addoption("--arc-sbom", metavar="PATH", help="write the SBOM of the environment of the tests")
    group.addoption("--arc-licenses", metavar="FILE", help="licences that installed packages may have")
    group.addoption("--arc-log-json", metavar="PATH", help="write what happens as lines of JSON; - is stderr")
    group.addoption("--arc-dir", metavar="PATH", help="where run folders are kept (default .arc)")
    group.addoption(
        "--arc-no-transcripts",
        action="store_false",
        default=None,
        dest="arc_transcripts",
        help="keep no prompts and answers in run folders",
    )
    group.addoption("--arc-telemetry", metavar="WHERE", help="send traces and metrics: otlp, langfuse or off")
    group.addoption(
        "--arc-debug", action="store_true", default=None, help="show stack traces of pytest-arc itself"
    )
    parser.addini("arc", "collect agent YAML files and run them, as --arc does", type="bool", default=False)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_arc import hookspec

    pluginmanager.add_hookspecs(hookspec)


def pytest_configure(config: pytest.Config) -> None:
    if not (config.getoption("--arc") or config.getini("arc")):
        return
    from pytest_arc.garbage import pause_collector

    with pause_collector():
        from pytest_arc.plugin.distribution import choose_plugin

    config.pluginmanager.register(choose_plugin(config), "pytest_arc_main")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Without `--arc`, agent files are no tests: say so to someone who named one."""
    if exitstatus in (4, 5) and not session.config.pluginmanager.has_plugin("pytest_arc_main"):
        from pytest_arc.plugin.hint import hint_at_arc

        hint_at_arc(session.config)


@pytest.fixture
def arc(request: pytest.FixtureRequest) -> Runner:
    """Run agents from a Python test: `arc.run("configs/x.yaml", trials=5).reliability.low >= 0.8`."""
    from pytest_arc.registry import make_importable
    from pytest_arc.testing import Runner

    make_importable(request.config.rootpath)
    return Runner(request.config.rootpath, hooks=request.config.hook)
