"""What agents may say to whoever reads about them."""

from __future__ import annotations

from typing import Any

from pytest_arc.domain.trajectory import Message, Trajectory

ATTACKS = (
    "# heading\n- item\n> quote\n| a | b |\n|---|---|\n",
    "</details></summary><script>alert(1)</script><img src=x onerror=alert(1)>",
    "```\n````\n~~~\nout of the block",
    "@octocat @org/team #123 org/repo#7 GH-9 www.evil.example https://evil.example",
    "[here](javascript:alert(1)) ![x](http://evil.example/x.png) `code` **loud**",
    "::set-output name=x::y\n::error file=a,line=1::no\n##[command]rm\n::stop-commands::x",
    "\x1b[31mred\x1b[0m \x00 \x07 \x9b0m \x0b \x0c \ufffe \uffff",
    "gpj.\u202egnp.exe \u2066 \u200b",
    "half \ud83d of a pair",
    "]]> <![CDATA[ <!-- --> &amp; &#0; %0A, : %25",
)
HOSTILE = "\n".join(ATTACKS)
LONG = "x`|<@" * 200_000
"""A line of a million characters."""
SAID = Trajectory(steps=(Message(role="user", text=HOSTILE), Message(role="assistant", text=HOSTILE + LONG)))


def read_hostile(trial: Any) -> Trajectory:
    """What was said in any trial."""
    return SAID
