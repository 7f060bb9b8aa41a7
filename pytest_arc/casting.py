"""Who plays the users and who judges: a model for each scenario that needs one and names none.

The model becomes part of the scenario. Another user or another judge is another ruler, so that runs which had
different ones are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from pytest_arc.domain.plan import Origin
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.score import Check
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, Problem, UsageError
from pytest_arc.providers.selection import Needs
from pytest_arc.registry import PROVIDERS, UnknownName
from pytest_arc.targets.model import ModelTarget

__all__ = ["cast_models", "list_models"]

Entry = tuple[Scenario, Origin]


def cast_models(
    entries: Sequence[Entry], settings: Settings, choose: Callable[[Needs], str] | None = None
) -> list[Entry]:
    """The scenarios, with the models that play their users and judge in them.

    Named by the scenario, else by the settings `user_model` and `judge_model`, else chosen by what they must
    be able to do; without `choose` they stay open. Raises LoadError where one is named that cannot be used,
    or none can be chosen.
    """
    casting = _Casting(settings, choose)
    filled = [(casting.fill(scenario, origin), origin) for scenario, origin in entries]
    if casting.problems:
        raise LoadError(casting.problems)
    return filled


def list_models(scenario: Scenario) -> Iterator[str]:
    """The models that work for the test in this scenario."""
    named = [scenario.user.model] if scenario.user.is_played else []
    named += [_name_model(check) for check in scenario.expect if check.asks_model]
    yield from (model for model in named if model is not None)


def _name_model(check: Check) -> str | None:
    return cast("str | None", getattr(check, "model", None))


class _Casting:
    def __init__(self, settings: Settings, choose: Callable[[Needs], str] | None) -> None:
        self._settings = settings
        self._choose = choose
        self._found: dict[tuple[str, str | None], str | None] = {}
        self._told: set[str] = set()
        self.problems: list[Problem] = []

    def fill(self, scenario: Scenario, origin: Origin) -> Scenario:
        user = scenario.user
        if not user.is_played and not any(check.asks_model for check in scenario.expect):
            return scenario
        changed: dict[str, Any] = {}
        try:
            if user.is_played:
                changed["user"] = user.model_copy(update={"model": self._find("user", user.model)})
            changed["expect"] = tuple(map(self._fill_check, scenario.expect))
        except UsageError as error:
            self._report(f"scenario '{scenario.id}': {error}", str(error), origin)
        return scenario.model_copy(update=changed)

    def _report(self, message: str, trouble: str, origin: Origin) -> None:
        """Say what is wrong once, at its first place: the cure of one is that of all."""
        if trouble not in self._told:
            self._told.add(trouble)
            self.problems.append(Problem(origin.path, origin.line, 1, message))

    def _fill_check(self, check: Check) -> Check:
        if not check.asks_model:
            return check
        return check.model_copy(update={"model": self._find("judge", _name_model(check))})

    def _find(self, role: str, named: str | None) -> str | None:
        """The model for a `user` or a `judge`. Raises UsageError."""
        if (role, named) not in self._found:
            model = named or getattr(self._settings, f"{role}_model")
            if model is None:
                model = self._choose_for(role)
            else:
                _require_usable(role, model)
            self._found[role, named] = model
        return self._found[role, named]

    def _choose_for(self, role: str) -> str | None:
        try:
            return self._choose(Needs(function_calling=role == "judge")) if self._choose else None
        except UsageError as error:
            raise UsageError(
                f"a {role} needs a model, and neither it nor '{role}_model' names one: {error}"
            ) from None


def _require_usable(role: str, model: str) -> None:
    if model == "reference":
        raise UsageError(f"the reference policy plays agents, and cannot be a {role}")
    if ":" in model:
        trouble = ModelTarget.model_validate({"model": model}).verify()
        if trouble:
            raise UsageError(trouble)
        return
    try:
        PROVIDERS.find(model)
    except UnknownName as unknown:
        hint = f"did you mean '{unknown.near_miss}'?" if unknown.near_miss else ""
        names = ", ".join(name for name in unknown.allowed if name != "reference")
        raise UsageError(
            f"{unknown} for a {role}; {hint or f'write provider:model, or one of: {names}'}"
        ) from None
