"""What an unquoted YAML text means.

The kinds are those of JSON. YAML 1.1 knows more (`no` is false, `0123` is 83, `12:30:45` is 45045), which
no author of prose means and other readers of the same file take differently: such a text is *ambiguous*
and has to be written in quotes, or plainly.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Written", "explain_ambiguity", "read_plain"]

_CONSTANTS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,299})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,299})?\.[0-9]+(?:[eE][-+]?[0-9]{1,4})?")
_SCIENTIFIC = re.compile(r"-?(?:0|[1-9][0-9]{0,299})[eE][-+]?[0-9]{1,4}")
_SWITCH = re.compile(r"(?i:(yes|on)|(no|off))")
_OCTAL = re.compile(r"[-+]?0[0-7]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?")


class Written(float):
    """A decimal number that remembers its spelling: `998.00` in a text is to stay `998.00`."""

    __slots__ = ("spelling",)
    spelling: str

    def __new__(cls, spelling: str) -> Written:
        number = super().__new__(cls, spelling)
        number.spelling = spelling
        return number

    def __str__(self) -> str:
        return self.spelling

    def __reduce__(self) -> tuple[type[Written], tuple[str]]:
        return Written, (self.spelling,)


def read_plain(text: str) -> Any:
    """The value of an unquoted text: None, bool, int, float, or the text itself."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "-.0123456789":
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) or _SCIENTIFIC.fullmatch(text):
        return Written(text)
    return text


def explain_ambiguity(text: str) -> tuple[str, str] | None:
    """Message and hint when YAML readers disagree about an unquoted `text`; None when they agree."""
    switch = _SWITCH.fullmatch(text)
    if switch:
        truth = "true" if switch.group(1) else "false"
        return (
            f"unquoted, {text} means {truth} to some YAML readers and a word to others",
            f'write "{text}" in quotes, or {truth}',
        )
    if not text or text[0] not in "-+0123456789":
        return None
    if _OCTAL.fullmatch(text):
        number = int(text, 8)
        return f"unquoted, {text} is the number {number} in YAML", f'write "{text}" in quotes, or {number}'
    if _SEXAGESIMAL.fullmatch(text):
        return (
            f"unquoted, {text} is a number to the base of 60 in YAML",
            f'write "{text}" in quotes',
        )
    return None
