"""Stable hashes: the identity of things, the seeds of trials, and the chances drawn inside them.

Everything goes through one canonical JSON text, so that equal values give equal hashes on every machine
and in every version of Python. Chance is hashed too: a stream belongs to what it decides and to nothing
else, so that one more draw in one place changes no other place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar, cast

__all__ = ["Stream", "canonicalize", "derive_numbered_seed", "derive_seed", "fingerprint", "stream"]

T = TypeVar("T")


def canonicalize(value: Any) -> str:
    """Write `value` as JSON in the one way that is hashed.

    Keys are sorted, tuples are lists, sets are sorted lists, decimals and dates are their text. Raises
    TypeError for anything else that JSON does not know.
    """
    return _encode(value)


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`, as 64 hexadecimal digits."""
    return sha256(_encode(value).encode("ascii")).hexdigest()


def derive_seed(*parts: Any) -> int:
    """A seed in [0, 2**64) that belongs to `parts`, in this order."""
    return int.from_bytes(sha256(_encode(parts).encode("ascii")).digest()[:8], "big")


def derive_numbered_seed(number: int, *parts: int | str) -> int:
    """`derive_seed(*parts, number)`, for many numbers of the same few parts."""
    return int.from_bytes(sha256(b"%b,%d]" % (_begin_list(*parts), number)).digest()[:8], "big")


def stream(seed: int, *parts: Any) -> Stream:
    """The stream of chances that belongs to `seed` and `parts`, such as ("fault", "database_query", 2)."""
    return Stream(_encode((seed, *parts)))


class Stream:
    """Uniform draws, made by hashing a key and a counter (SHA-256): cheap to make, no shared state."""

    __slots__ = ("_drawn", "_key")

    def __init__(self, key: str) -> None:
        self._key = key.encode("ascii")
        self._drawn = 0

    def random(self) -> float:
        """The next number in [0, 1), uniform, with 53 random bits as in `random.random`."""
        digest = sha256(b"%d:%b" % (self._drawn, self._key)).digest()
        self._drawn += 1
        return (int.from_bytes(digest[:8], "big") >> 11) * 2.0**-53

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`, each equally likely. Raises IndexError when there are none."""
        return options[int(self.random() * len(options))]

    def normal(self) -> float:
        """The next number with mean 0 and standard deviation 1; takes two uniform draws.

        Source: Box & Muller (1958), Annals of Mathematical Statistics 29, 610-611.
        """
        radius = math.sqrt(-2.0 * math.log(1.0 - self.random()))
        return radius * math.cos(2.0 * math.pi * self.random())


def _simplify(value: Any) -> Any:
    """Called by the encoder for what JSON does not know."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(cast("set[Any]", value), key=canonicalize)
    raise TypeError(f"{type(value).__name__} has no canonical JSON")


# One encoder for all calls: json.dumps would make one for each.
_encode: Callable[[Any], str] = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), default=_simplify
).encode


@lru_cache(maxsize=1024, typed=True)
def _begin_list(*parts: int | str) -> bytes:
    return _encode(parts).removesuffix("]").encode("ascii")
