"""One part of a suite whose parts run on several machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from pytest_arc.domain.frozen import Frozen
from pytest_arc.fingerprint import derive_seed

__all__ = ["Shard", "ShardField"]


class Shard(Frozen):
    """`2/5`: the second of five parts. A case is in the same one whatever other cases there are."""

    number: int = Field(ge=1)
    of: int = Field(ge=1)

    @model_validator(mode="after")
    def _exists(self) -> Shard:
        if self.number > self.of:
            raise PydanticCustomError("shard", "one of 1/{of} to {of}/{of}", {"of": self.of})
        return self

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def choose(self, case_ids: Iterable[str]) -> frozenset[str]:
        """Those of the cases that belong to this part."""
        return frozenset(id for id in case_ids if derive_seed("shard", id) % self.of == self.number - 1)


def _read_shard(value: Any) -> Any:
    """`2/5`. Jobs that are numbered from 0 write `0/5` for the last."""
    if not isinstance(value, str):
        return value
    number, slash, of = value.partition("/")
    if not (slash and number.strip().isdecimal() and of.strip().isdecimal() and int(of)):
        raise PydanticCustomError("shard", "'2/5': the second of five parts")
    return {"number": int(of) if int(number) == 0 else int(number), "of": int(of)}


ShardField = Annotated[Shard, BeforeValidator(_read_shard), PlainSerializer(str, return_type=str)]
"""A shard, written as `2/5`."""
