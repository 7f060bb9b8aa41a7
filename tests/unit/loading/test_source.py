from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arc.errors import LoadError
from pytest_arc.loading.source import MAX_BYTES, read_source, show_path, suggest_file


def _complain(path: Path) -> str:
    with pytest.raises(LoadError) as caught:
        read_source(path)
    return str(caught.value)


def test_text_that_is_not_utf_8_is_reported_where_it_stops_being_so(folder: Path) -> None:
    Path("a.yaml").write_bytes("arc: 1\nname: Caf\u00e9\n".encode("latin-1"))

    assert _complain(Path("a.yaml")) == (
        "a.yaml:2:10: the file is not UTF-8: byte 0xE9 is part of no character\n"
        "    name: Caf\ufffd\n"
        "             ^ save it as UTF-8"
    )


def test_utf_16_is_named(folder: Path) -> None:
    Path("a.yaml").write_bytes("arc: 1\n".encode("utf-16"))

    assert _complain(Path("a.yaml")) == "a.yaml:1:1: the file is UTF-16, not UTF-8\n    save it as UTF-8"


def test_byte_order_mark_is_passed_over(folder: Path) -> None:
    Path("a.yaml").write_bytes("arc: 1\n".encode("utf-8-sig"))

    assert read_source(Path("a.yaml")).text == "arc: 1\n"


def test_control_character_is_reported(folder: Path) -> None:
    Path("a.yaml").write_bytes(b"arc: 1\nname: a\x00b\n")

    assert _complain(Path("a.yaml")).startswith("a.yaml:2:8: character U+0000 cannot stand in a text file")


def test_file_above_the_bound_is_not_read(folder: Path) -> None:
    Path("a.yaml").write_bytes(b"#" * (MAX_BYTES + 1))

    assert _complain(Path("a.yaml")) == (
        "a.yaml: the file is larger than 5 MB\n    split it, or move rows into a CSV or JSONL file"
    )


def test_folder_is_no_file(folder: Path) -> None:
    assert _complain(folder).startswith(f"{show_path(folder)}: cannot be read: ")


def test_paths_are_shown_as_they_would_be_typed(folder: Path) -> None:
    assert show_path(folder / "configs" / ".." / "configs" / "a.yaml") == "configs/a.yaml"
    assert show_path(folder.parent / "b.yaml") == (folder.parent / "b.yaml").as_posix()


def test_missing_file_has_a_near_miss_or_a_folder(folder: Path) -> None:
    Path("ledger.csv").touch()

    assert suggest_file(folder / "leger.csv") == "did you mean 'ledger.csv'?"
    assert suggest_file(folder / "zzz.csv") == "looked in ."
    assert suggest_file(folder / "data" / "zzz.csv") == "there is no folder data"
