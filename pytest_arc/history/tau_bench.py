"""Results of tau-bench -> a profile, scenarios and recordings that can be replayed.

tau-bench (https://github.com/sierra-research/tau-bench) writes a list with one record per trial:

    {"task_id": 0, "trial": 0, "reward": 1.0, "info": {...}, "traj": [chat messages as OpenAI has them]}

It has no tools of ours and no final state, so the reward it computed itself is what is judged. A record in
which the harness stopped with an exception (`info.error`, or no messages at all) was not scored.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from pytest_arc.domain.trajectory import Message, Step, Trajectory
from pytest_arc.errors import LoadError, Problem, UsageError
from pytest_arc.history.chat import clean_text, read_chat
from pytest_arc.targets.recordings import GZIP_MAGIC, Recording, write_recordings

__all__ = ["ImportSummary", "import_tau_bench"]

Task = list[Recording]
"""All trials of one task, numbered in the order of the file."""

_STOP = "###STOP###"
"""What tau-bench's simulated user says to end the conversation; no part of it."""
_TEMPLATE = re.compile(r"\{(?=[{%#])")


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import wrote."""

    profile: Path
    """The file to run."""
    files: tuple[Path, ...]
    """All that was written, the profile first."""
    scenarios: int
    trials: int
    """Recorded trials, errored ones among them."""
    errored: int


def import_tau_bench(source: Path, out: Path, name: str | None = None) -> ImportSummary:
    """Write NAME.yaml, NAME.scenarios.yaml and NAME.trajectories.jsonl.gz into `out`, made if need be.

    `source` is a result file of tau-bench, plain or gzipped; NAME comes from it unless it is given: two
    versions of one agent get one name, so that they can be compared. Equal sources give equal bytes.
    Raises UsageError for a path that cannot be read or written, LoadError for a file of another form.
    """
    tasks = _read_tasks(source)
    name = _make_name(name or source.name)
    files = tuple(out / f"{name}.{kind}" for kind in ("yaml", "scenarios.yaml", "trajectories.jsonl.gz"))
    recordings = [recording for task in tasks for recording in task]
    try:
        out.mkdir(parents=True, exist_ok=True)
        files[0].write_text(_write_profile(name, source.name, tasks), encoding="utf-8", newline="\n")
        files[1].write_text(_write_scenarios(source.name, tasks), encoding="utf-8", newline="\n")
        write_recordings(files[2], recordings)
    except OSError as error:
        raise UsageError(f"cannot write into {out.as_posix()}: {error.strerror}") from error
    errored = sum(recording.error is not None for recording in recordings)
    return ImportSummary(files[0], files, len(tasks), len(recordings), errored)


def _read_tasks(source: Path) -> list[Task]:
    records = _read_json(source)
    if not isinstance(records, list) or not records:
        raise _reject(source, "this is no result of tau-bench: a list of at least one trial is expected")
    tasks: dict[str, Task] = {}
    names: dict[str, str] = {}
    for number, record in enumerate(cast("list[Any]", records), 1):
        try:
            task_id, scenario = _name_scenario(record)
            if names.setdefault(scenario, task_id) != task_id:
                raise ValueError(f"the tasks '{names[scenario]}' and '{task_id}' get the same id")
            task = tasks.setdefault(scenario, [])
            task.append(_read_record(record, scenario, len(task) + 1))
        except ValueError as error:
            raise _reject(source, f"this is no result of tau-bench: record {number}: {error}") from error
    return list(tasks.values())


def _read_json(source: Path) -> Any:
    try:
        content = source.read_bytes()
        if content.startswith(GZIP_MAGIC):
            content = gzip.decompress(content)
        return json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise _reject(source, f"this is not JSON: {error.msg}", error.lineno, error.colno) from error
    except UnicodeDecodeError as error:
        raise _reject(source, f"this is not UTF-8: byte {error.start}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _reject(source, f"this cannot be unpacked: {error}") from error
    except OSError as error:
        raise UsageError(f"cannot read {source.as_posix()}: {error.strerror}") from error


def _reject(source: Path, message: str, line: int = 0, column: int = 0) -> LoadError:
    return LoadError([Problem(source.as_posix(), line, column, message)])


def _name_scenario(record: Any) -> tuple[str, str]:
    """The id of the task, and that of its scenario."""
    if not isinstance(record, dict) or not {"task_id", "reward"} <= record.keys():
        raise ValueError("'task_id' and 'reward' are expected")
    task_id = str(cast("dict[str, Any]", record)["task_id"])
    # A scenario's id has no blanks, colons or brackets.
    return task_id, "task/" + (re.sub(r"[\s:\[\]]+", "-", task_id) or "-")


def _read_record(record: Mapping[str, Any], scenario: str, trial: int) -> Recording:
    reward: Any = record["reward"]
    messages: Any = record.get("traj") or ()
    error = _find_error(record.get("info"), messages)
    if not error and (isinstance(reward, bool) or not isinstance(reward, int | float)):
        raise ValueError(f"the reward is {reward!r}")
    if not isinstance(messages, list | tuple):
        raise ValueError("'traj' is no list of messages")
    steps = _end_conversation(read_chat(cast("Sequence[Any]", messages)))
    recorded = None if error else float(reward)
    # tau-bench does not record how long things took.
    trajectory = Trajectory(steps=steps, clock="virtual", recorded_reward=recorded)
    return Recording(scenario=scenario, trial=trial, trajectory=trajectory, error=error)


def _find_error(info: Any, messages: Any) -> str | None:
    """What the harness says of an exception, in one line."""
    told = cast("Mapping[str, Any]", info).get("error") if isinstance(info, Mapping) else info
    if told:
        return " ".join(clean_text(str(told)).split())[:300]
    return None if messages else "no messages were recorded"


def _end_conversation(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if steps and isinstance(steps[-1], Message) and steps[-1].role == "user" and _STOP in steps[-1].text:
        text = steps[-1].text.replace(_STOP, "").strip()
        return (*steps[:-1], *([steps[-1].model_copy(update={"text": text})] if text else []))
    return steps


def _make_name(name: str) -> str:
    """The file's name without endings, in the letters that a profile's name may have."""
    stem = re.sub(r"(\.json|\.gz)+$", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("._-")[:100] or "tau-bench"


def _write_profile(name: str, source: str, tasks: list[Task]) -> str:
    profile = {
        "arc": 1,
        "name": name,
        "target": {"replay": f"{name}.trajectories.jsonl.gz"},
        "scenarios": {"include": f"{name}.scenarios.yaml"},
        "trials": min(map(len, tasks)),
        "min_pass_rate": 0,
    }
    return _write_yaml(
        f"Recorded trials from {source}. They are reported; no gate asks anything of them.", profile
    )


def _write_scenarios(source: str, tasks: list[Task]) -> str:
    trials = min(map(len, tasks))
    scenarios: list[dict[str, Any]] = []
    for task in tasks:
        own = {"trials": len(task)} if len(task) > trials else {}
        scenarios.append({"id": task[0].scenario, "user": _Quoted(_find_opening(task)), **own})
    defaults = {"expect": [{"recorded": {"min": 1}}]}
    return _write_yaml(
        f"Recorded tasks from {source}. The user's line is the first one of the first trial.",
        {"arc_scenarios": 1, "defaults": defaults, "scenarios": scenarios},
    )


def _find_opening(task: Task) -> str:
    for recording in task:
        for step in recording.trajectory.steps:
            if isinstance(step, Message) and step.role == "user" and step.text.strip():
                # What looks like a template here is none.
                return _TEMPLATE.sub("{ ", step.text)
    return "(nothing was recorded)"


class _Quoted(str):
    """Text in double quotes, whatever it looks like: prose falls into YAML's traps."""


class _Dumper(yaml.SafeDumper):
    pass


def _represent_quoted(_: _Dumper, text: _Quoted) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(text), style='"')


_Dumper.add_representer(_Quoted, _represent_quoted)


def _write_yaml(comment: str, content: Mapping[str, Any]) -> str:
    comment = " ".join(comment.split())
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return f"# {comment}\n{text}"
