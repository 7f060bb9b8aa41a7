"""The last run of the main line: how the agent does today without the change, as its provider is today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_arc.errors import UsageError
from pytest_arc.history.document import read_estimate
from pytest_arc.history.folder import RunFolder
from pytest_arc.history.git import MergeBase, find_merge_base, is_on_line

__all__ = ["note_last_of_main"]

MOST_ASKED = 20
"""So many commits git is asked about; when the last run of main is older than that, it says little."""


def note_last_of_main(
    names: Sequence[str], root: Path, base: str | None, runs: Sequence[RunFolder]
) -> dict[str, str]:
    """Name of an agent -> a sentence on its newest finished run of a commit on the main line, with nothing
    uncommitted. Agents without one are left out; so are all where git has no answer.
    """
    found = find_merge_base(root, base)
    if not isinstance(found, MergeBase):
        return {}
    notes: dict[str, str] = {}
    known: dict[str, bool] = {}
    headers = [(run, run.read_header()) for run in runs]
    for run, header in sorted(headers, key=lambda entry: str(entry[1].get("started")), reverse=True):
        git: Mapping[str, Any] = header.get("git") or {}
        sha = git.get("sha")
        wanted = {str(agent["name"]) for agent in header.get("agents", ()) if agent.get("name") in names}
        if not sha or git.get("dirty") or not wanted - notes.keys() or not run.is_finished:
            continue
        if sha not in known and len(known) < MOST_ASKED:
            known[sha] = is_on_line(root, found, sha)
        if known.get(sha):
            told = _describe(run, found.line)
            notes = {name: told[name] for name in wanted & told.keys()} | notes
    return notes


def _describe(run: RunFolder, line: str) -> dict[str, str]:
    """Name of each agent of a run -> what it came to."""
    try:
        document = run.read_document()
        header, results = document["header"], document["results"]
        if header.get("interrupted"):
            return {}
        names = {agent["id"]: str(agent["name"]) for agent in header["agents"]}
        place = f"{str(header['started'])[:10]} at {header['git']['sha'][:7]}"
        told: dict[str, str] = {}
        for agent in results["agents"]:
            estimate = read_estimate(agent["reliability"])
            if estimate is not None:
                rate = f"{100 * estimate.rate:.1f} %, {estimate.passed} of {estimate.n} trials"
                told[names[agent["id"]]] = f"the last run of {line}: {rate} passed, {place}"
        return told
    except (UsageError, LookupError, TypeError, ValueError):
        return {}  # damaged: a note less, and nothing wrong
