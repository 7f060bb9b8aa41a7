"""The files of a folder of recordings: a call with its answer in each, named by the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

__all__ = ["DamagedEntry", "Entries", "Recording"]

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Recording:
    """One call, and what was answered."""

    key: str
    kind: Literal["http", "model"]
    scenario: str
    trial: int
    purpose: str
    number: int
    """How often the trial had asked the same, this time included."""
    attempt: int
    run: str
    """Id of the run that recorded it."""
    recorded: float
    """Seconds since 1970."""
    request: Any
    answer: Any

    @property
    def identity(self) -> str:
        """What no other recording has."""
        return f"{self.run} {self.key} {self.recorded}"

    def write(self) -> bytes:
        # Without the copies that `dataclasses.asdict` makes of all that was said.
        document = {"format": FORMAT, **{field.name: getattr(self, field.name) for field in fields(self)}}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(
            "utf-8", "surrogatepass"
        )

    @classmethod
    def read(cls, data: bytes) -> Recording:
        """Raises ValueError or TypeError for what is no recording."""
        document = json.loads(data.decode("utf-8", "surrogatepass"))
        if document.pop("format") != FORMAT:
            raise ValueError("written by another version")
        return cls(**document)


class DamagedEntry(Exception):
    """An entry whose bytes are not those that were written, or are gone."""

    def __init__(self, sha256: str, why: str) -> None:
        super().__init__(f"recording {sha256[:12]} {why}")
        self.sha256 = sha256


@dataclass(frozen=True, slots=True)
class Entries:
    """The folder. An entry is never changed: what is written anew has another name."""

    folder: Path

    def place(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.json"

    def read(self, sha256: str) -> Recording:
        """Raises DamagedEntry."""
        try:
            data = self.place(sha256).read_bytes()
        except OSError as error:
            raise DamagedEntry(sha256, f"cannot be read: {error.strerror or error}") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DamagedEntry(sha256, "is not as it was written: its SHA-256 is another")
        try:
            return Recording.read(data)
        except (ValueError, TypeError, KeyError) as error:
            raise DamagedEntry(sha256, f"cannot be understood: {error}") from None

    def write(self, sha256: str, data: bytes) -> None:
        """Raises OSError."""
        place = self.place(sha256)
        place.parent.mkdir(exist_ok=True)
        draft = place.with_suffix(f".{os.getpid()}.tmp")
        draft.write_bytes(data)
        draft.replace(place)

    def delete(self, sha256: str) -> None:
        """Raises OSError; not for what is gone already."""
        self.place(sha256).unlink(missing_ok=True)

    def list_files(self) -> Iterable[Path]:
        """Everything that lies there, be it an entry or not."""
        return self.folder.glob("*/*")
