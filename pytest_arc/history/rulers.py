"""What the agents of one run are held against: baselines, quarantine, or another revision run beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from pytest_arc.domain.baseline import Baseline, Ruler
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.profile import SequentialTrials
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import list_below
from pytest_arc.history.mainline import note_last_of_main
from pytest_arc.history.other_side import OtherSide
from pytest_arc.history.reruns import find_reruns
from pytest_arc.history.ruler import read_rulers
from pytest_arc.loading.quarantine import apply_quarantine

__all__ = ["Rulers"]

NONE = Ruler()


class Rulers:
    """The ruler of each agent of a plan. `read` it first; `close` it at the end."""

    def __init__(self, plan: Plan, settings: Settings, root: Path) -> None:
        self._plan = plan
        self._settings = settings
        self._root = root
        self._rulers: dict[str, Ruler] = {}
        self._other_side: OtherSide | None = None
        self._compared: Sequence[AgentPlan] = ()

    def read(self, today: date) -> None:
        """Read baselines, quarantine and earlier runs. Raises LoadError for a damaged quarantine, and
        UsageError when there is no folder of earlier runs."""
        aside = apply_quarantine(self._root, self._plan.agents, today)
        quarantined = {agent: found.scenarios for agent, found in aside.items()}
        for agent, ruler in read_rulers(self._plan, self._root, self._settings.base, quarantined).items():
            self._rulers[agent] = replace(ruler, notes=(*ruler.notes, *aside[agent].notes))
        if self._settings.history:
            self._read_history(Path(self._settings.history))

    def _read_history(self, history: Path) -> None:
        names = [agent.profile.name for agent in self._plan.agents]
        notes = note_last_of_main(names, self._root, self._settings.base, list_below(history))
        for agent in self._plan.agents:
            ruler = self.find(agent)
            note = notes.get(agent.profile.name)
            earlier = find_reruns(agent, self._root, history, self._plan.seed)
            more = (*ruler.notes, note) if note else ruler.notes
            self._rulers[agent.profile.id] = replace(ruler, earlier=earlier, notes=more)

    def find(self, agent: AgentPlan) -> Ruler:
        """Empty before anything was read."""
        return self._rulers.get(agent.profile.id, NONE)

    def start_other_side(self, compared: Sequence[AgentPlan]) -> None:
        """With `--arc-against`, let the other revision of the agents begin that will be compared with it.
        Raises UsageError when that cannot be."""
        if self._settings.against and compared:
            self._compared = compared
            self._other_side = OtherSide(self._root, self._settings.against)
            paths = [agent.path for agent in compared]
            self._other_side.start(paths, _write_flags(self._settings, self._plan.seed))

    def await_other_side(self, tick: Callable[[], None]) -> None:
        """Put what the other revision came to in the place of the baselines; `tick` is called meanwhile."""
        if self._other_side is None:
            return
        found: dict[str, Baseline] = {}
        trouble = f"{self._other_side.label} ran no agent of this file"
        try:
            found = self._other_side.wait(tick)
        except UsageError as error:
            trouble = str(error)
        for agent in self._compared:
            baseline = found.get(agent.path)
            self._rulers[agent.profile.id] = replace(
                self.find(agent), baseline=baseline, trouble="", damage="" if baseline else trouble
            )

    def close(self) -> None:
        """End the other revision, and take its working tree away."""
        if self._other_side is not None:
            self._other_side.close()


def _write_flags(settings: Settings, seed: int) -> list[str]:
    """The settings that both sides share, as `arc run` takes them."""
    # What is compared is the first trials of a scenario, also where rounds go on after them.
    trials = settings.trials.first if isinstance(settings.trials, SequentialTrials) else settings.trials
    shared = {
        "target": settings.target,
        "trials": trials,
        "slip-rate": settings.slip_rate,
        "user-model": settings.user_model,
        "judge-model": settings.judge_model,
        "attempts": settings.attempts,
        # Where nothing may be sent, nothing is sent from there either.
        "record": "none" if settings.record == "none" else None,
        "concurrency": settings.concurrency,
        "seed": seed,
    }
    flags = [f"--{name}={value}" for name, value in shared.items() if value is not None]
    # `--strict`: rounds end where gates are decided, and it has none to decide.
    return [*flags, "--against=", "--strict"]
