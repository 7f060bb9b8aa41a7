"""The folder of recordings: what it keeps, what it notices, what it lets go."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.providers.cassettes.entries import DamagedEntry, Recording
from pytest_arc.providers.cassettes.store import Store

Record = Callable[..., Recording]


def _find_files(store: Store) -> list[Path]:
    return sorted((store.folder / "entries").glob("*/*.json"))


def test_answer_is_found_by_its_owner_alone(store: Store, record: Record) -> None:
    store.add(record("a"), ["", "run-1"])

    assert store.find("", "a") == store.find("run-1", "a") == record("a")
    assert store.find("run-2", "a") is None
    assert store.find("", "b") is None


def test_what_was_replayed_belongs_to_who_replayed_it_too(store: Store, record: Record) -> None:
    store.add(record("a"), [""])
    store.find("", "a", keep_for="run-2")
    store.close()

    assert store.find("run-2", "a") == record("a")


def test_first_answer_stays_unless_it_is_to_be_replaced(store: Store, record: Record) -> None:
    store.add(record("a"), [""])
    store.add(record("a", answer={"text": "later"}), [""])
    assert store.find("", "a") == record("a")

    store.add(record("a", answer={"text": "later"}), [""], replace=True)
    found = store.find("", "a")
    assert found is not None
    assert found.answer == {"text": "later"}


def test_answer_nobody_has_any_more_is_let_go(store: Store, record: Record) -> None:
    store.add(record("a"), [""])
    store.add(record("a", answer={"text": "later"}), [""], replace=True)
    store.close()

    assert len(_find_files(store)) == 1


def test_changed_entry_is_damaged(store: Store, record: Record) -> None:
    store.add(record("a"), [""])
    (file,) = _find_files(store)
    file.write_bytes(file.read_bytes().replace(b"answer a", b"answer b"))

    with pytest.raises(DamagedEntry, match="its SHA-256 is another"):
        store.find("", "a")


def test_lost_entry_is_damaged(store: Store, record: Record) -> None:
    store.add(record("a"), [""])
    _find_files(store)[0].unlink()

    with pytest.raises(DamagedEntry, match="cannot be read: No such file"):
        store.find("", "a")


def test_validate_names_what_is_damaged_and_what_does_not_belong(
    store: Store, record: Record, snapshot: SnapshotAssertion
) -> None:
    for key in "abc":
        store.add(record(key), [""])
    changed, lost, _ = _find_files(store)
    changed.write_bytes(b"{}")
    lost.unlink()
    (changed.parent / "notes.txt").write_text("mine", encoding="utf-8")

    assert store.validate() == snapshot


def test_purge_takes_out_what_is_damaged(store: Store, record: Record) -> None:
    store.add(record("a"), [""])
    store.add(record("b"), [""])
    _find_files(store)[0].write_bytes(b"")
    (store.folder / "entries" / "00").mkdir(exist_ok=True)
    (store.folder / "entries" / "00" / "left.123.tmp").touch()

    gone = store.purge()

    assert (gone.damaged, gone.stray, gone.old, gone.over_size) == (1, 1, 0, 0)
    assert store.validate() == []
    assert store.measure().entries == 1


def test_purge_by_size_keeps_what_was_used_last(store: Store, record: Record) -> None:
    for key in "abc":
        store.add(record(key), [""])
    size = store.measure().size
    store.find("", "b")
    store.close()

    gone = store.purge(max_bytes=size // 2)

    assert gone.over_size == 2
    assert [key for key in "abc" if store.find("", key)] == ["b"]


def test_purge_by_age_takes_out_what_is_older(store: Store, record: Record) -> None:
    store.add(record("old"), [""])
    store.add(record("new", recorded=time.time()), [""])

    assert store.purge(max_age_s=3600).old == 1
    assert store.find("", "old") is None
    assert store.find("", "new")


def test_folder_stays_within_its_size(tmp_path: Path, record: Record) -> None:
    store = Store(tmp_path, max_bytes=1000)
    for number in range(20):
        store.add(record(str(number), recorded=1_795_000_000.0 + number), [""])
    store.close()

    assert 0 < store.measure().size <= 1000
    assert store.find("", "19")
    assert not store.find("", "0")
    store.close()


def test_old_answer_is_not_found_and_one_from_the_future_is(tmp_path: Path, record: Record) -> None:
    store = Store(tmp_path, max_age_s=3600)
    store.add(record("old", recorded=time.time() - 4000), [""])
    store.add(record("future", recorded=time.time() + 4000), [""])

    assert store.find("", "old") is None
    assert store.find("", "future")
    store.close()


def test_folder_that_cannot_be_written_is_one_warning(tmp_path: Path, record: Record) -> None:
    (tmp_path / "file").touch()
    warnings: list[str] = []
    store = Store(tmp_path / "file" / "cassettes", warn=warnings.append)

    store.add(record("a"), [""])

    assert store.find("", "a") in (None, record("a"))
    store.close()
    assert len(warnings) == 1
    assert warnings[0].startswith("answers are not recorded: cannot write")


def test_damaged_manifest_is_put_aside(store: Store, record: Record) -> None:
    store.add(record("a"), [""])
    store.close()
    (store.folder / "manifest.sqlite3").write_bytes(b"no database " * 100)
    warnings: list[str] = []
    again = Store(store.folder, warn=warnings.append)

    assert again.find("", "a") is None
    again.add(record("a"), [""])
    assert again.find("", "a") == record("a")
    again.close()
    assert "the manifest of recordings was damaged" in warnings[0]


WRITER = """
    import sys
    from pathlib import Path
    from pytest_arc.providers.cassettes.entries import Recording
    from pytest_arc.providers.cassettes.store import Store

    me = sys.argv[2]
    store = Store(Path(sys.argv[1]))
    for n in range(150):
        for key in (f"both {n}", f"{me} {n}"):
            answer = {"text": f"{me} says {n}"}
            store.add(Recording(key, "model", "s", 1, "agent", 1, 1, me, 0.0, {}, answer), [""])
    store.close()
"""


def test_two_processes_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    code = textwrap.dedent(WRITER)
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), me]) for me in ("one", "two")]
    assert [writer.wait() for writer in writers] == [0, 0]

    store = Store(tmp_path)
    assert store.measure().shared == store.measure().entries == 450
    assert len(_find_files(store)) == 450
    assert store.validate() == []
    store.close()
