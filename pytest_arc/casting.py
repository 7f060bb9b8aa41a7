"""Who plays the users and who judges: a model for each scenario that needs one and names none.

The model becomes part of the scenario. Another user or another judge is another ruler, so that runs which had
different ones are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

from pytest_arc.domain.plan import Origin
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.score import Check
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, Problem, UsageError
from pytest_arc.providers.catalog import Catalog
from pytest_arc.providers.selection import Needs, select_model
from pytest_arc.registry import PROVIDERS, UnknownName
from pytest_arc.targets.model import ModelTarget

__all__ = ["cast_models", "list_models"]

Entry = tuple[Scenario, Origin]


def cast_models(
    entries: Sequence[Entry],
    settings: Settings,
    load_catalog: Callable[[], Catalog],
    environ: Mapping[str, str],
) -> list[Entry]:
    """The scenarios, with the models that play their users and judge in them.

    Named by the scenario, else by the settings `user_model` and `judge_model`, else the first model that can
    be reached and can do it. Raises LoadError, where one is named that cannot be used, or none can be chosen.
    """
    casting = _Casting(settings, cache(load_catalog), environ)
    cast_entries = [(casting.fill(scenario, origin), origin) for scenario, origin in entries]
    if casting.problems:
        raise LoadError(casting.problems)
    return cast_entries


def list_models(scenario: Scenario) -> Iterator[str]:
    """The models that work for the test in this scenario."""
    named = [scenario.user.model] if scenario.user.is_played else []
    named += [_name_model(check) for check in scenario.expect if check.asks_model]
    yield from (model for model in named if model is not None)


def _name_model(check: Check) -> str | None:
    return cast("str | None", getattr(check, "model", None))


class _Casting:
    def __init__(
        self, settings: Settings, load_catalog: Callable[[], Catalog], environ: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._load_catalog = load_catalog
        self._environ = environ
        self._known: dict[tuple[str, str | None], str] = {}
        self.problems: list[Problem] = []

    def fill(self, scenario: Scenario, origin: Origin) -> Scenario:
        user = scenario.user
        if not user.is_played and not any(check.asks_model for check in scenario.expect):
            return scenario
        changed: dict[str, Any] = {}
        try:
            if user.is_played:
                changed["user"] = user.model_copy(update={"model": self._choose("user", user.model)})
            changed["expect"] = tuple(map(self._fill_check, scenario.expect))
        except UsageError as error:
            message = f"scenario '{scenario.id}': {error}"
            self.problems.append(Problem(origin.path, origin.line, 1, message))
        return scenario.model_copy(update=changed)

    def _fill_check(self, check: Check) -> Check:
        if not check.asks_model:
            return check
        return check.model_copy(update={"model": self._choose("judge", _name_model(check))})

    def _choose(self, role: str, named: str | None) -> str:
        """The model for a `user` or a `judge`. Raises UsageError."""
        chosen = self._known.get((role, named))
        if chosen is None:
            set_ = self._settings.user_model if role == "user" else self._settings.judge_model
            model = named or set_
            chosen = self._known[role, named] = model or self._select(role)
            if model is not None:
                self._require_usable(role, model)
        return chosen

    def _select(self, role: str) -> str:
        needs = Needs(function_calling=role == "judge")
        try:
            return select_model(needs, self._load_catalog(), self._environ).model
        except UsageError as error:
            raise UsageError(f"a {role} needs a model, and 'model' names none; {error}") from None

    def _require_usable(self, role: str, model: str) -> None:
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
