"""The line that says how the run goes, where pytest writes: below its cursor, or now and then in a log."""

# pytest's own functions are only partly annotated.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TextIO

import pytest

from pytest_arc.domain.settings import Settings
from pytest_arc.plugin import reporting
from pytest_arc.reports.live import describe_standing
from pytest_arc.reports.ticker import LogTicker, ScreenTicker, Ticker, can_redraw, measure_width
from pytest_arc.session import Session

__all__ = ["DistributedLiveReporter", "LiveReporter"]


class LiveReporter:
    """Shows how a session goes while pytest waits for a case."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._ticker = Ticker()

    def follow(self, session: Session) -> None:
        """Show how this session goes, from the first tick on."""

        def describe(width: int, encoding: str) -> str:
            return describe_standing(session.measure_standing(), width, encoding)

        self._ticker = self._open_ticker(describe, session.settings)

    @contextmanager
    def shown(self) -> Generator[Callable[[], None]]:
        """While pytest waits for something; what is given is to be called again and again."""
        try:
            yield self._ticker.tick
        finally:
            self._ticker.clear()

    def tell(self, message: str) -> None:
        """Say why it goes on although all cases are through."""
        self._ticker.clear()
        reporting.tell_progress(self._config, message)

    def _open_ticker(self, describe: Callable[[int, str], str], settings: Settings) -> Ticker:
        terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return Ticker()
        writer = self._config.get_terminal_writer()
        # What a terminal writer writes it takes for text, and counts where its line ends.
        screen: TextIO = getattr(writer, "_file")  # noqa: B009 (private, and there is no other way to it)
        if self._is_alone(terminal, settings) and can_redraw(screen, os.environ):
            return ScreenTicker(screen, describe, lambda width: is_clear(writer.width_of_current_line, width))

        def say(line: str) -> None:
            terminal.ensure_newline()
            terminal.write_line(line)
            terminal.flush()

        return LogTicker(say, describe, min(80, measure_width(screen)))

    def _is_alone(self, terminal: Any, settings: Settings) -> bool:
        """Whether nobody else writes to the screen while pytest waits: agents (`-s`), a log, a display."""
        option = self._config.option
        return (
            option.capture != "no" and settings.log_json != "-" and type(terminal) is pytest.TerminalReporter
        )


class DistributedLiveReporter(LiveReporter):
    """Where workers of pytest-xdist make the trials: nobody waits, but reports come in."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, Any, Any]:
        self._ticker.clear()
        result = yield
        self._ticker.tick()
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        self._ticker.clear()

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_testnodedown(self) -> None:
        self._ticker.clear()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        try:
            return (yield)
        finally:
            self._ticker.clear()


def is_clear(column: int, width: int) -> bool:
    """Whether a cursor after so many columns is where it seems to be: after the last of a row it is not."""
    return column % width != 0 or column == 0
