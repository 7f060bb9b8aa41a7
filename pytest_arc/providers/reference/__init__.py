"""The reference policy: a simulated agent whose faults are known. It simulates how a prompt is read."""

from __future__ import annotations

from typing import ClassVar

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers import Reply, Request
from pytest_arc.providers.reference.directives import read_directives

__all__ = ["ReferenceProvider", "read_directives"]


class ReferenceProvider:
    """Covers no request yet."""

    deterministic: ClassVar[bool] = True

    async def complete(self, request: Request) -> Reply:
        raise InfrastructureError("the reference policy does not cover this request: it covers none yet")
