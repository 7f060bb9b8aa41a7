"""Two trials of one case side by side: what is the same in one line, what differs step by step."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from pytest_arc.domain.trajectory import Step, Trajectory
from pytest_arc.reports.style import WIDTH
from pytest_arc.reports.transcript import describe_step, find_essence

__all__ = ["Passage", "align_steps", "draw_contrast"]

GAP = " | "
LINES_EACH = 6
"""Of one step; `arc show RUN::CASE#TRIAL` has the rest."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Steps of both trials that belong together, as places counted from 0, the end excluded."""

    is_same: bool
    left: tuple[int, int]
    right: tuple[int, int]


def align_steps(left: Trajectory, right: Trajectory) -> list[Passage]:
    """Both trajectories from beginning to end, in passages that are the same and passages that differ."""
    essences = [[find_essence(step) for step in trajectory.steps] for trajectory in (left, right)]
    blocks = SequenceMatcher(None, *essences, autojunk=False).get_opcodes()
    return [
        Passage(word == "equal", (start, end), (other_start, other_end))
        for word, start, end, other_start, other_end in blocks
    ]


def draw_contrast(
    left: Trajectory, right: Trajectory, heads: tuple[str, str], width: int = WIDTH
) -> list[str]:
    """The trials under their heads, in two columns that together are `width` wide."""
    column = (width - 2 - len(GAP)) // 2
    lines = [_join(*heads, column), _join("-" * column, "-" * column, column)]
    for number, passage in enumerate(align_steps(left, right)):
        if passage.is_same:
            lines.append(f"  {_name_same(passage, is_first=not number)}")
        else:
            lines += _draw_difference(left.steps, right.steps, passage, column)
    return lines


def _name_same(passage: Passage, is_first: bool) -> str:
    (first, last), (other_first, other_last) = passage.left, passage.right
    if is_first:
        return f"same until step {last}"
    if (first, last) == (other_first, other_last):
        return f"same again: {_name_range(first, last)}"
    return f"same again: {_name_range(first, last)}, and there {_name_range(other_first, other_last)}"


def _name_range(first: int, end: int) -> str:
    return f"step {end}" if end - first == 1 else f"steps {first + 1} to {end}"


def _draw_difference(
    left: Sequence[Step], right: Sequence[Step], passage: Passage, column: int
) -> Iterator[str]:
    for place, other in zip_longest(range(*passage.left), range(*passage.right)):
        cells = _write_step(left, place, column), _write_step(right, other, column)
        for one, two in zip_longest(*cells, fillvalue=""):
            yield _join(one, two, column)


def _write_step(steps: Sequence[Step], place: int | None, column: int) -> list[str]:
    if place is None:
        return []
    label, text = describe_step(steps[place])
    return textwrap.wrap(
        " ".join(text.split()) or "(nothing)",
        column,
        initial_indent=f"{place + 1:>3} {label:<6} ",
        subsequent_indent=" " * 4,
        max_lines=LINES_EACH,
        placeholder=" ...",
    )


def _join(left: str, right: str, column: int) -> str:
    return f"  {left:<{column}}{GAP}{right}".rstrip()
