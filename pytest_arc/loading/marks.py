"""Tags that cannot be pytest marks of ours, because a mark of that name means something else."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["explain_taken_tag"]

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


def explain_taken_tag(tag: str) -> tuple[str, str] | None:
    """Message and hint for a tag that is somebody's mark already; None for any other."""
    wish = _TAKEN.get(tag)
    if wish is None:
        return None
    return (
        f"tag '{tag}' is a mark of pytest or of a plugin of it",
        wish or f"write '{tag}-cases', for instance",
    )
