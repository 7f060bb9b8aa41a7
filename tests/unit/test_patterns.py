"""Regular expressions that every Python this project supports matches in the same way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pytest_arc"

POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{+[0-9,]+\}+)\+|\(\?>")
"""As it stands in the source. One character, or one set of them, may be possessive."""


@pytest.mark.skipif(not PACKAGE.is_dir(), reason="the sources are elsewhere: the wheel is tested")
def test_no_group_is_possessive() -> None:
    """Python 3.11.0 to 3.11.4, and so Debian 12, match such groups wrongly: gh-106052."""
    found = [
        f"{path.relative_to(PACKAGE).as_posix()}:{number}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if POSSESSIVE_GROUP.search(line) and not line.lstrip().startswith("#")
    ]
    assert found == []


@pytest.mark.parametrize(
    "pattern", [r"(?:a[0-9])*+", r"(?:,[0-9]++)?+", "(?: x){2,7}+", "({{2}})++", "(?>a)"]
)
def test_possessive_groups_are_found(pattern: str) -> None:
    assert POSSESSIVE_GROUP.search(pattern)
