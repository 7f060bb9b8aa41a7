"""`baselines/<agent>.json`: read strictly, because it is merged by git and edited by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pytest_arc.domain.baseline import METRICS, Baseline, BaselineCase, BaselineRun, CaseHashes, Metric
from pytest_arc.domain.frozen import Frozen
from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.places import Layer
from pytest_arc.loading.problems import Origins, explain_errors
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import Source, read_source
from pytest_arc.loading.wording import describe_value
from pytest_arc.loading.yaml import parse_yaml

__all__ = ["FOLDER", "FORMAT", "BaselineFile", "locate_baseline", "parse_baseline", "read_baseline"]

FORMAT = 1
FOLDER = "baselines"

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class RecordedMetrics(Frozen):
    """Geometric means over the scored trials. What was not measured in all of them is missing."""

    cost: Amount | None = None
    """USD a trial."""
    tokens: Amount | None = None
    """In and out."""
    steps: Amount | None = None
    latency: Amount | None = None
    """Seconds on the trial's clock."""


class RecordedScenario(Frozen):
    """How one scenario did."""

    passed: int = Field(ge=0)
    n: int = Field(ge=1)
    """Scored trials, over all runs."""
    scenario: str
    """Hash of what the agent met: user, world, faults."""
    checks: str
    """Hash of what was expected."""
    metrics: RecordedMetrics = RecordedMetrics()
    doubtful_passes: int = Field(default=0, ge=0)
    """Of those that passed, how many would not have if the outvoted judges were right."""
    doubtful_failures: int = Field(default=0, ge=0)
    """The same of those that failed."""

    @field_validator("n")
    @classmethod
    def _covers_passed(cls, n: int, info: ValidationInfo) -> int:
        passed = info.data.get("passed")
        if passed is not None and passed > n:
            raise PydanticCustomError(
                "passed_above_n",
                "'passed: {passed}' is above 'n: {n}': more passed than were tried",
                {"passed": passed, "n": n},
            )
        return n

    @field_validator("doubtful_passes", "doubtful_failures")
    @classmethod
    def _is_part(cls, doubtful: int, info: ValidationInfo) -> int:
        passed, n, name = info.data.get("passed"), info.data.get("n"), str(info.field_name)
        if passed is None or n is None:
            return doubtful
        most = passed if name == "doubtful_passes" else n - passed
        if doubtful > most:
            raise PydanticCustomError(
                "doubtful_above",
                "'{name}: {doubtful}' is more than there are: {most} of {n} trials",
                {"name": name, "doubtful": doubtful, "most": most, "n": n},
            )
        return doubtful


class RecordedRun(Frozen):
    """One run that the baseline was made of."""

    run_id: str
    date: str
    """ISO date of its start."""
    commit: str | None = None
    """None outside git, or with uncommitted changes."""
    seed: int
    trials: int = Field(ge=0)
    """Scored trials that it gave."""


class BaselineFile(Frozen):
    """Earlier runs of one agent, which a change is compared with. Written by `arc baseline`."""

    arc_baseline: Literal[1]
    """Format version."""
    agent: str
    """Name of the profile, without version."""
    identity: str
    """Of the agent in these runs; `mixed` when some scenarios were accepted from another state of it."""
    target: str
    """As reports name it."""
    simulated: bool
    """Whether these are results of the reference policy, which is no LLM."""
    runs: tuple[RecordedRun, ...]
    scenarios: dict[str, RecordedScenario]
    """By id, with the row: `currency/eur[Q1]`."""


def locate_baseline(root: Path, agent: str) -> Path:
    """Where the baseline of the agent of that name stands; `agent` has no version."""
    return root / FOLDER / f"{agent}.json"


def read_baseline(
    file: Path | Source, *, agent: str | None = None, target: str | None = None, simulated: bool | None = None
) -> Baseline:
    """The baseline in a file, or in a text that was a file in another commit.

    `agent`, `target` (as reports name it) and `simulated` say what it is to be held against. Raises
    LoadError with every problem at its place: no JSON, a merge conflict, a newer format, another agent,
    results of the reference policy for another target, figures that cannot be.
    """
    source = file if isinstance(file, Source) else read_source(file)
    written = parse_baseline(source)
    problem = _find_stranger(source, written, agent, target, simulated)
    if problem:
        raise LoadError([problem])
    return _convert(written)


def parse_baseline(source: Source) -> BaselineFile:
    """Raises LoadError."""
    data = _parse_json(source)
    mapping = as_mapping(data)
    if mapping is None:
        raise LoadError([source.report(1, 1, f"a baseline must be an object, not {describe_value(data)}")])
    form = mapping.get("arc_baseline")
    if isinstance(form, int) and form > FORMAT:
        message = f"format {form}: the baseline was written by a newer pytest-arc; this one reads {FORMAT}"
        raise LoadError(
            [_report(source, mapping, "arc_baseline", message, "upgrade: pip install -U pytest-arc")]
        )
    try:
        return BaselineFile.model_validate({key: value for key, value in mapping.items() if key != "$schema"})
    except ValidationError as error:
        raise LoadError(explain_errors(error, _locate(source, mapping))) from None


_MARKER = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)


def _parse_json(source: Source) -> Any:
    marker = _MARKER.search(source.text)
    if marker:
        line = source.text.count("\n", 0, marker.start()) + 1
        hint = "keep either side whole, or make it anew: arc baseline clear, arc baseline update"
        raise LoadError([source.report(line, 1, "a merge conflict is left in the baseline", hint)])
    try:
        return json.loads(source.text, object_pairs_hook=_reject_twins)
    except json.JSONDecodeError as error:
        message = f"the baseline is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise LoadError([source.report(error.lineno, error.colno, message)]) from None
    except RecursionError:
        raise LoadError([source.report(1, 1, "the baseline is not JSON: too deep")]) from None
    except _Twins as twins:
        # The strict reading knows the places. A clean merge of two branches may leave a scenario twice.
        problems = parse_yaml(source).problems
        message = f"key '{twins}' stands twice in the baseline"
        raise LoadError(problems or [source.report(1, 1, message)]) from None


class _Twins(Exception):
    pass


def _reject_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        raise _Twins(next(name for name in names if names.count(name) > 1))
    return found


def _find_stranger(
    source: Source, written: BaselineFile, agent: str | None, target: str | None, simulated: bool | None
) -> Problem | None:
    """What says that these are not the results of the agent that is to be held against them."""
    data = written.model_dump()
    if agent is not None and written.agent != agent:
        message = f"this is the baseline of agent '{written.agent}', not of '{agent}'"
        hint = f"make one for '{agent}': arc baseline update PROFILE"
        return _report(source, data, "agent", message, hint)
    if simulated is not None and written.simulated != simulated:
        now = target or ("the reference policy" if simulated else "another target")
        message = f"these are results of: {written.target}. The agent's target is now: {now}"
        hint = "neither says anything of the other; begin anew: arc baseline clear, arc baseline update"
        return _report(source, data, "simulated", message, hint)
    return None


def _report(source: Source, data: dict[str, Any], key: str, message: str, hint: str) -> Problem:
    return _locate(source, data).report((key,), message, hint)


def _locate(source: Source, data: dict[str, Any]) -> Origins:
    # The places are read from JSON as from YAML, which it is part of.
    return Origins([Layer(parse_yaml(source), "the baseline")], BaselineFile, data)


def _convert(written: BaselineFile) -> Baseline:
    return Baseline(
        agent=written.agent,
        identity=written.identity,
        target=written.target,
        simulated=written.simulated,
        runs=tuple(BaselineRun(**run.model_dump()) for run in written.runs),
        cases={id: _convert_scenario(scenario) for id, scenario in written.scenarios.items()},
    )


def _convert_scenario(written: RecordedScenario) -> BaselineCase:
    metrics: dict[Metric, float | None] = {name: getattr(written.metrics, name) for name in METRICS}
    known: dict[Metric, float] = {name: value for name, value in metrics.items() if value is not None}
    hashes = CaseHashes(written.scenario, written.checks)
    doubts = written.doubtful_passes, written.doubtful_failures
    return BaselineCase(written.passed, written.n, hashes, known, *doubts)
