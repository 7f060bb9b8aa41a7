"""Agents whose words are attacks on whoever reads them."""

from __future__ import annotations

from typing import Any

SCRIPT = "<script>window.attacked='script'</script>"
CLOSING = "</script></style></title></textarea></details><script>window.attacked='closing'</script>"
IMAGE = "<img src=x onerror=\"window.attacked='image'\">"
ATTRIBUTE = "\" onmouseover=\"window.attacked='attribute'\" autofocus onfocus='window.attacked=1' x='"
TEMPLATE = "{{ 7 * 7 }}{% raw %}${window.attacked=1}"
LINK = "<a href=\"javascript:window.attacked='link'\">here</a><base href='http://evil.invalid/'>"
CONTROLS = "\x1b[31mred\x1b[0m NUL \x00 bell \x07 CSI \x9b0m"
REVERSED = "gpj.\u202egnp.exe\u2066 \u200b end"
SURROGATE = "half \ud83d of a pair"
LONG = "x" * 1_000_000

ATTACKS = (SCRIPT, CLOSING, IMAGE, ATTRIBUTE, TEMPLATE, LINK, CONTROLS, REVERSED, SURROGATE)


async def attack(context) -> str:
    """Says every attack, calls tools with them, and in the scenario `long` says a line of a million."""
    if context.user == "long":
        return LONG
    for text in ATTACKS[:7]:
        await context.call("echo", text=text, **{IMAGE: [text, {"deep": text}]})
    if context.user == "crash":
        raise RuntimeError("".join(ATTACKS))
    return "\n".join(ATTACKS)


def echo(text: str, **_: Any) -> str:
    return text


def find_fault(evidence: Any) -> tuple[bool, str]:
    """A check whose reason is what the agent said."""
    return False, evidence.trajectory.answer


def say(context) -> str:
    """`yes`, but in some trials of some scenarios."""
    number = int(context.user)
    return "no" if number % 5 == 0 and context.trial % 2 else f"yes, number {number}"
