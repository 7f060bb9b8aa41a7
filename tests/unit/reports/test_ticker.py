"""When the line of a run is drawn, and where."""

from __future__ import annotations

import io

import pytest

from pytest_arc.reports.ticker import SAY_EVERY_S, LogTicker, ScreenTicker, can_redraw


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_line_is_drawn_five_times_a_second_however_often_it_ticks(clock: Clock) -> None:
    screen = Terminal()
    ticker = ScreenTicker(screen, lambda width, encoding: "line", clock=clock)
    for _ in range(1000):
        clock.now_s += 0.01
        ticker.tick()
    assert 45 <= screen.getvalue().count("line") <= 50


def test_what_is_not_there_is_not_taken_away(clock: Clock) -> None:
    screen = Terminal()
    ticker = ScreenTicker(screen, lambda width, encoding: "line", clock=clock)
    ticker.tick()
    ticker.clear()
    assert screen.getvalue() == ""
    clock.now_s = 1.0
    ticker.tick()
    ticker.clear()
    ticker.clear()
    assert screen.getvalue().endswith("line\x1b8\x1b[J")


def test_nothing_is_drawn_while_the_cursor_is_between_two_rows(clock: Clock) -> None:
    screen = Terminal()
    ticker = ScreenTicker(screen, lambda width, encoding: "line", lambda width: False, clock)
    clock.now_s = 1.0
    ticker.tick()
    assert screen.getvalue() == ""


def test_terminal_that_is_gone_ends_no_run(clock: Clock) -> None:
    screen = Terminal()
    ticker = ScreenTicker(screen, lambda width, encoding: "line", clock=clock)
    screen.close()
    clock.now_s = 1.0
    ticker.tick()
    ticker.clear()


def test_log_has_a_line_every_half_minute(clock: Clock) -> None:
    said: list[str] = []
    ticker = LogTicker(said.append, lambda width, encoding: f"line of {width}", clock=clock)
    for _ in range(100):
        clock.now_s += 1.0
        ticker.tick()
    assert said == ["line of 80"] * int(100 / SAY_EVERY_S)


@pytest.mark.parametrize("term, can", [("xterm-256color", True), ("dumb", False), ("", False), (None, False)])
def test_only_terminals_that_can_erase_are_drawn_on(term: str | None, can: bool) -> None:
    environ = {} if term is None else {"TERM": term}
    assert can_redraw(Terminal(), environ) is can
    assert not can_redraw(io.StringIO(), environ)
