"""Tags that cannot be pytest marks of ours, because a mark of that name means something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arc.loading.places import Path
from pytest_arc.loading.shapes import as_list

__all__ = ["find_taken_tags"]

_TAKEN: Mapping[str, str] = {
    "skip": "write 'skip: reason' on the scenario",
    "skipif": "write 'skip: reason' on the scenario",
    "xfail": "write 'xfail: reason' on the scenario",
    "parametrize": "write the rows under 'for_each'",
    "timeout": "set 'timeout_s' under 'limits'",
    "flaky": "set 'trials' and 'min_pass_rate' on the scenario",
    "repeat": "set 'trials' on the scenario",
    "usefixtures": "",
    "filterwarnings": "",
    "tryfirst": "",
    "trylast": "",
    "asyncio": "",
    "anyio": "",
    "trio": "",
    "django_db": "",
    "forked": "",
    "xdist_group": "",
    "vcr": "",
}
"""Mark of pytest or of a widespread plugin -> what the author may have wanted."""


def find_taken_tags(tags: Any) -> list[tuple[Path, str, str]]:
    """Path, message and hint for each of `tags` (a list or one text) that is a mark of somebody else."""
    listed = as_list(tags)
    places: list[tuple[Path, Any]] = [(("tags",), tags)]
    if listed is not None:
        places = [(("tags", index), tag) for index, tag in enumerate(listed)]
    return [(path, *taken) for path, tag in places if isinstance(tag, str) and (taken := _explain(tag))]


def _explain(tag: str) -> tuple[str, str] | None:
    wish = _TAKEN.get(tag)
    if wish is None:
        return None
    return (
        f"tag '{tag}' is a mark of pytest or of a plugin of it",
        wish or f"write '{tag}-cases', for instance",
    )
