from __future__ import annotations

import pytest

from pytest_arc.loading import check_claim


@pytest.mark.parametrize(
    "head",
    [
        b"arc: 1\nname: x\n",
        b"\xef\xbb\xbf# a comment\r\narc: 1\r\n",
        b"name: x\n'arc' : 1\n",
        b"arc:\n",
        b'{"name": "x", "arc": 1}',
        b'\n{\n  "scenarios": {"include": ["a"]},\n  "arc": 1\n}',
    ],
)
def test_file_with_a_top_level_arc_key_is_claimed(head: bytes) -> None:
    assert check_claim(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"services:\n  arc: 1\n",
        b"arc_scenarios: 1\n",
        b"search: arc\n",
        b"# arc: 1\n",
        b"arc:1\n",
        b'{"a": {"arc": 1}}',
        b'{"a": "\\"arc\\": 1"}',
        b'["arc", 1]',
        b"\xff\xfe\x00arc",
    ],
)
def test_other_files_stay_alone(head: bytes) -> None:
    assert not check_claim(head)
