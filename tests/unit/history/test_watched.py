"""What `watch` means for files that are there is what `Path.glob` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arc.history.watched import _compile

FILES = ("a.py", "b.txt", "src/a.py", "src/deep/er/a.py", "src/deep/b.txt", "src.py/c.py", "x+y/a.py")


@pytest.mark.parametrize(
    "pattern",
    [
        "*.py",
        "src/*.py",
        "src/**/*.py",
        "**/*.py",
        "src/deep/?.txt",
        "a.py",
        "x+y/*",
        "**/b.txt",
        "nothing/*",
    ],
)
def test_patterns_match_what_glob_finds(tmp_path: Path, pattern: str) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob(pattern) if path.is_file()}

    assert {name for name in FILES if _compile(pattern).fullmatch(name)} == found
