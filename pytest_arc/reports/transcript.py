"""Trajectories as text."""

from __future__ import annotations

import json
import textwrap

from pytest_arc.domain.trajectory import Message, Step, ToolCall, ToolResult, Trajectory
from pytest_arc.reports.style import WIDTH

__all__ = ["describe_step", "find_divergence", "find_essence", "format_transcript"]


def format_transcript(
    trajectory: Trajectory, width: int = WIDTH, lines_each: int = 3, most: int = 24
) -> list[str]:
    """One numbered paragraph a step, at most `lines_each` lines each and `most` steps in all."""
    steps = list(enumerate(trajectory.steps, 1))
    left_out = len(steps) - most
    shown = steps if left_out <= 0 else steps[: most // 2]
    lines = [line for number, step in shown for line in _format_step(number, step, width, lines_each)]
    if left_out > 0:
        lines.append(f"     ... {left_out} steps left out ...")
        rest = steps[-(most - most // 2) :]
        lines += [line for number, step in rest for line in _format_step(number, step, width, lines_each)]
    return lines


def find_divergence(one: Trajectory, other: Trajectory) -> int:
    """The number of the first step, counted from 1, in which two trajectories of a case differ."""
    same = 0
    for left, right in zip(one.steps, other.steps, strict=False):
        if find_essence(left) != find_essence(right):
            break
        same += 1
    return same + 1


def find_essence(step: Step) -> tuple[str, ...]:
    """A step without its ids and times."""
    match step:
        case Message():
            return ("message", step.role, step.text)
        case ToolCall():
            return ("call", step.tool, json.dumps(step.arguments, sort_keys=True, default=str))
        case ToolResult():
            return ("result", step.tool, step.content)


def _format_step(number: int, step: Step, width: int, lines_each: int) -> list[str]:
    label, text = describe_step(step)
    return textwrap.wrap(
        " ".join(text.split()) or "(nothing)",
        width,
        initial_indent=f"  {number:>3} {label:<7} ",
        subsequent_indent=" " * 14,
        max_lines=lines_each,
        placeholder=" ...",
    )


def describe_step(step: Step) -> tuple[str, str]:
    """Who or what, in a word, and what was said, called or answered."""
    match step:
        case Message():
            return ("agent" if step.role == "assistant" else "user"), step.text
        case ToolCall():
            arguments = ", ".join(
                f"{k}={json.dumps(v, ensure_ascii=False, default=str)}" for k, v in step.arguments.items()
            )
            return "call", f"{step.tool}({arguments})"
        case ToolResult():
            fault = f"[fault put in: {step.fault}] " if step.fault else ""
            return ("error" if step.is_error else "result"), f"{fault}{step.content}"
