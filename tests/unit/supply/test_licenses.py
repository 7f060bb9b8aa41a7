from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.errors import LoadError
from pytest_arc.supply.licenses import Package, load_allow_list


def _list_strangers(tmp_path: Path, text: str, *packages: Package) -> list[str]:
    path = tmp_path / "licenses.txt"
    path.write_text(text, encoding="utf-8")
    return [package.name for package in load_allow_list(path).list_strangers(packages)]


@pytest.mark.parametrize(
    "found",
    [
        "MIT AND GPL-3.0-only",
        "GPL-3.0-only",
        "UNKNOWN",
        "mit",
        "MIT License; Proprietary",
        "Apache-2.0 OR MIT",
    ],
)
def test_only_the_whole_expression_is_allowed(tmp_path: Path, found: str) -> None:
    packages = [Package("good", "1.0", "MIT"), Package("odd", "1.0", found)]

    assert _list_strangers(tmp_path, "MIT\nApache-2.0\n", *packages) == ["odd"]
    assert found == "UNKNOWN" or _list_strangers(tmp_path, f"MIT\n{found} # seen\n", *packages) == []


def test_a_release_that_was_looked_at_is_allowed_and_the_next_one_is_not(tmp_path: Path) -> None:
    releases = [Package("Tik_Token", "1.0", "UNKNOWN"), Package("tik-token", "1.1", "UNKNOWN")]

    assert _list_strangers(tmp_path, "tik.token==1.0\n", *releases) == ["tik-token"]
    assert _list_strangers(tmp_path, "tik.token == *\n", *releases) == []


def test_remarks_and_blank_lines_allow_nothing(tmp_path: Path) -> None:
    text = "# GPL-3.0-only\n\n  MIT  # of most packages\n"

    assert _list_strangers(tmp_path, text, Package("bad", "1", "GPL-3.0-only")) == ["bad"]
    assert _list_strangers(tmp_path, text, Package("good", "1", "MIT")) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# MIT\n",
        "MIT\nunknown\n",
        "MIT\n  GPL*\n",
        "MIT\nISC\nMIT\n",
        "tiktoken>=0.12\n",
        "tiktoken=0.12\n*\n",
    ],
)
def test_a_list_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "licenses.txt").write_text(text, encoding="utf-8")

    with pytest.raises(LoadError) as raised:
        load_allow_list(Path("licenses.txt"))

    assert str(raised.value) == snapshot


def test_a_list_that_is_not_there_is_named() -> None:
    with pytest.raises(LoadError, match=r"none\.txt: cannot be read: No such file"):
        load_allow_list(Path("none.txt"))
