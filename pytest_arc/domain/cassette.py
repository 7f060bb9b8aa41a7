"""How answers of providers are recorded: `--arc-record`, and the table `cassette` of the settings."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from pytest_arc.domain.expressions import read_path
from pytest_arc.domain.frozen import Frozen

__all__ = ["CassetteOptions", "RecordMode"]

RecordMode: TypeAlias = Literal["none", "once", "new", "all"]
"""`none`: replay only. `once`: replay trials that have recordings, record the others. `new`: replay what is
recorded, record the rest. `all`: record everything anew."""


def _check_path(expression: str) -> str:
    read_path(expression)
    return expression


class CassetteOptions(Frozen):
    """What counts for equal calls, and how much is kept."""

    ignore: tuple[Annotated[str, AfterValidator(_check_path)], ...] = ()
    """JMESPath paths of what may differ between equal calls, such as `body.metadata.sent_at`."""
    max_mb: int = Field(default=1024, ge=1)
    """Size of the folder; what was used longest ago goes first."""
    max_age_days: float | None = Field(default=None, gt=0)
    """Age beyond which an answer is recorded anew; none unless set."""
