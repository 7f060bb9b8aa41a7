"""The folder of recordings: one file for each answer, and a manifest that knows the SHA-256 of each.

    manifest.sqlite3        which call has which entry; size, age and last use of each entry
    entries/ab/ab12...json  one call with its answer, named by the SHA-256 of its bytes

An entry is never changed. Two processes may share a folder: whatever is written is written in one
transaction of the manifest, so that none is lost and no call has two.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_arc.errors import UsageError
from pytest_arc.providers.cassettes.entries import DamagedEntry, Entries, Recording

__all__ = ["MANIFEST", "Purged", "Stats", "Store"]

MANIFEST = "manifest.sqlite3"
FLUSH_EVERY = 500
"""Replayed calls whose use is written down together."""
EVICT_EVERY = 200
"""Recorded calls between two looks at the size of the folder."""
LOCK_TIMEOUT_S = 30.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, recorded REAL NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
    owner TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL,
    scenario TEXT NOT NULL, trial INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS calls_by_entry ON calls (sha256);
CREATE INDEX IF NOT EXISTS calls_by_trial ON calls (owner, scenario, trial);
"""


@dataclass(frozen=True, slots=True)
class Stats:
    """What a folder holds."""

    entries: int
    size: int
    """Bytes of all entries."""
    shared: int
    """Calls that later runs may replay."""
    kept: int
    """Calls that are kept for `arc debug` alone."""
    oldest: float | None
    """When the oldest entry was recorded, in seconds since 1970."""
    used: float | None
    """When an entry was used last."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was taken out of a folder."""

    damaged: int = 0
    old: int = 0
    """Recorded too long ago."""
    over_size: int = 0
    """Used longest ago, taken out because of the folder's size."""
    stray: int = 0
    """Files that the manifest does not know."""


class Store:
    """One folder, for any number of threads; opened when it is first used. `warn` is told what goes wrong."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int | None = None,
        max_age_s: float | None = None,
        warn: Callable[[str], None] = lambda message: None,
        is_writable: bool = True,
    ) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.max_age_s = max_age_s
        self.is_writable = is_writable
        self._warn = warn
        self._entries = Entries(folder / "entries")
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._used: dict[str, float] = {}
        self._kept: list[tuple[str, str, str, str, int]] = []
        self._added = 0

    # One call.

    def find(self, owner: str, key: str, keep_for: str = "") -> Recording | None:
        """The recording of a call, which `keep_for` then has too; None when there is none.

        Raises DamagedEntry.
        """
        with self._lock:
            row = self._read("SELECT sha256 FROM calls WHERE owner = ? AND key = ?", owner, key)
        if not row:
            return None
        sha256: str = row[0][0]
        recording = self._entries.read(sha256)
        if self._is_expired(recording):
            return None
        with self._lock:
            self._used[sha256] = time.time()
            if keep_for:
                self._kept.append((keep_for, key, sha256, recording.scenario, recording.trial))
        if len(self._used) >= FLUSH_EVERY:
            self._flush()
        return recording

    def add(self, recording: Recording, owners: Sequence[str], replace: bool = False) -> None:
        """Write an answer down for each of `owners`. What another process has written first stays, unless it
        is to be replaced. A folder that cannot be written is a warning.
        """
        with self._lock:
            self._open()
        if not self.is_writable:
            return
        data = recording.write()
        sha256 = hashlib.sha256(data).hexdigest()
        verb = "REPLACE" if replace else "IGNORE"
        try:
            with self._write() as connection:
                rows = [
                    (owner, recording.key, sha256, recording.scenario, recording.trial) for owner in owners
                ]
                cursor = connection.executemany(f"INSERT OR {verb} INTO calls VALUES (?, ?, ?, ?, ?)", rows)
                if cursor.rowcount > 0:
                    now = recording.recorded
                    entry = (sha256, len(data), now, now)
                    connection.execute("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?)", entry)
                    self._entries.write(sha256, data)
        except (OSError, sqlite3.OperationalError) as error:
            self._go_read_only(error)
            return
        self._added += 1
        if self._added % EVICT_EVERY == 0:
            self.evict()

    def has_trial(self, owner: str, scenario: str, trial: int) -> bool:
        """Whether anything is recorded of a trial."""
        query = "SELECT 1 FROM calls WHERE owner = ? AND scenario = ? AND trial = ? LIMIT 1"
        with self._lock:
            return bool(self._read(query, owner, scenario, trial))

    def list_near(self, owner: str, scenario: str, trial: int, most: int = 50) -> Iterator[Recording]:
        """Recordings of the same trial, or else of other ones, the same scenario first."""
        query = (
            "SELECT sha256 FROM calls WHERE owner = ?1"
            " ORDER BY scenario = ?2 DESC, scenario = ?2 AND trial = ?3 DESC, key LIMIT ?4"
        )
        with self._lock:
            rows = self._read(query, owner, scenario, trial, most)
        yield from self._list_whole(rows)

    def list_trial(self, owner: str, scenario: str, trial: int) -> Iterator[Recording]:
        """All recordings of a trial that can be read."""
        query = "SELECT sha256 FROM calls WHERE owner = ? AND scenario = ? AND trial = ?"
        with self._lock:
            rows = self._read(query, owner, scenario, trial)
        yield from self._list_whole(rows)

    def _list_whole(self, rows: Sequence[Any]) -> Iterator[Recording]:
        for row in rows:
            with suppress(DamagedEntry):  # `validate` lists it
                yield self._entries.read(row[0])

    def forget(self, sha256: str) -> None:
        """Take a damaged entry out. A folder that cannot be written is a warning."""
        try:
            with self._write() as connection:
                self._delete(connection, [sha256])
        except (OSError, sqlite3.OperationalError) as error:
            self._go_read_only(error)

    # The whole folder.

    def validate(self) -> list[str]:
        """What is wrong, one sentence for each entry and each file that does not belong."""
        problems: list[str] = []
        for sha256 in self._list_entries():
            try:
                self._entries.read(sha256)
            except DamagedEntry as damage:
                problems.append(str(damage))
        strays = [file.relative_to(self.folder).as_posix() for file in self._list_strays()]
        return problems + [f"{name} is not in the manifest" for name in sorted(strays)]

    def purge(self, max_age_s: float | None = None, max_bytes: int | None = None) -> Purged:
        """Take out what is damaged or stray, and what is older or more than asked. Raises UsageError when the
        folder cannot be written.
        """
        damaged: list[str] = []
        for sha256 in self._list_entries():
            try:
                self._entries.read(sha256)
            except DamagedEntry:
                damaged.append(sha256)
        try:
            with self._write() as connection:
                self._delete(connection, damaged)
                strays = self._list_strays()
                for file in strays:
                    file.unlink(missing_ok=True)
                old, over = self._evict(connection, max_age_s, max_bytes)
        except (OSError, sqlite3.OperationalError) as error:
            raise UsageError(f"cannot write {self.folder.as_posix()}: {_explain(error)}") from error
        return Purged(len(damaged), old, over, len(strays))

    def evict(self) -> None:
        """Keep the folder within its age and size, and without entries that no call has any more."""
        if self._connection is None or not self.is_writable:
            return
        try:
            with self._write() as connection:
                self._evict(connection, self.max_age_s, self.max_bytes)
        except (OSError, sqlite3.OperationalError) as error:
            self._go_read_only(error)

    def measure(self) -> Stats:
        """Count and weigh."""
        query = "SELECT count(*), coalesce(sum(size), 0), min(recorded), max(used) FROM entries"
        with self._lock:
            entries, size, oldest, used = self._read(query)[0]
            shared, kept = self._read(
                "SELECT count(*) FILTER (WHERE owner = ''), count(*) FILTER (WHERE owner <> '') FROM calls"
            )[0]
        return Stats(entries, size, shared, kept, oldest, used)

    def close(self) -> None:
        """Write what is left to write, and let go of the manifest."""
        if self._connection is not None:
            self._flush()
            self.evict()
            with self._lock:
                self._connection.close()
                self._connection = None

    # The manifest.

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        path = self.folder / MANIFEST
        if not self.is_writable:
            return _connect_read_only(path)
        try:
            self._entries.folder.mkdir(parents=True, exist_ok=True)
            return _connect(path)
        except sqlite3.OperationalError as error:
            self._go_read_only(error)
        except sqlite3.DatabaseError:
            aside = path.with_suffix(".damaged")
            path.replace(aside)
            self._warn(
                f"the manifest of recordings was damaged: it is now {aside.as_posix()}, and a new one begins"
            )
            return _connect(path)
        except OSError as error:
            self._go_read_only(error)
        return _connect_read_only(path)

    def _go_read_only(self, error: Exception) -> None:
        if self.is_writable:
            self.is_writable = False
            self._warn(f"answers are not recorded: cannot write {self.folder.as_posix()} ({_explain(error)})")

    def _read(self, query: str, *values: Any) -> list[Any]:
        return self._open().execute(query, values).fetchall()

    @contextmanager
    def _write(self) -> Generator[sqlite3.Connection]:
        """One transaction, which no other process can come between."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _flush(self) -> None:
        with self._lock:
            used, self._used = self._used, {}
            kept, self._kept = self._kept, []
            if not self.is_writable or not (used or kept):
                return
            try:
                with self._write() as connection:
                    uses = [(at, sha256) for sha256, at in used.items()]
                    connection.executemany("UPDATE entries SET used = max(used, ?) WHERE sha256 = ?", uses)
                    connection.executemany("INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?)", kept)
            except (OSError, sqlite3.OperationalError) as error:
                self._go_read_only(error)

    def _evict(
        self, connection: sqlite3.Connection, max_age_s: float | None, max_bytes: int | None
    ) -> tuple[int, int]:
        old = over = 0
        query = "SELECT sha256 FROM entries WHERE sha256 NOT IN (SELECT sha256 FROM calls)"
        self._delete(connection, [row[0] for row in connection.execute(query)])
        if max_age_s is not None:
            query = "SELECT sha256 FROM entries WHERE recorded < ?"
            old = self._delete(
                connection, [row[0] for row in connection.execute(query, (time.time() - max_age_s,))]
            )
        if max_bytes is not None:
            query = (
                "SELECT sha256 FROM (SELECT sha256, sum(size) OVER (ORDER BY used DESC, sha256) AS total"
                " FROM entries) WHERE total > ?"
            )
            over = self._delete(connection, [row[0] for row in connection.execute(query, (max_bytes,))])
        return old, over

    def _delete(self, connection: sqlite3.Connection, entries: Sequence[str]) -> int:
        for sha256 in entries:
            connection.execute("DELETE FROM calls WHERE sha256 = ?", (sha256,))
            connection.execute("DELETE FROM entries WHERE sha256 = ?", (sha256,))
            self._entries.delete(sha256)
        return len(entries)

    def _list_entries(self) -> list[str]:
        with self._lock:
            return [row[0] for row in self._read("SELECT sha256 FROM entries ORDER BY sha256")]

    def _list_strays(self) -> list[Path]:
        known = {self._entries.place(sha256) for sha256 in self._list_entries()}
        return [file for file in self._entries.list_files() if file not in known]

    def _is_expired(self, recording: Recording) -> bool:
        # A clock that was set back makes entries younger than nothing: those stay.
        return self.max_age_s is not None and time.time() - recording.recorded > self.max_age_s


def _connect(path: Path) -> sqlite3.Connection:
    # Autocommit: transactions are ours to begin. The lock of `Store` lets one thread in at a time.
    connection = sqlite3.connect(path, LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """The manifest as it is; an empty one where there is none."""
    if path.is_file():
        # Even to read, SQLite wants to write beside it, unless it is immutable: then all else stays unread.
        modes = ("mode=ro&immutable=1",)
        if path.with_name(f"{path.name}-wal").is_file():
            modes = ("mode=ro", *modes)
        for mode in modes:
            with suppress(sqlite3.Error):  # nothing can be replayed, and why has been said by `_go_read_only`
                uri = f"{path.absolute().as_uri()}?{mode}"
                connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
                connection.execute("SELECT 1 FROM calls LIMIT 1")
                return connection
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.executescript(_SCHEMA)
    return connection


def _explain(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
