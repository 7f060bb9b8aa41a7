"""The models that play users and judge, chosen before any trial."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arc.casting import cast_models, list_models
from pytest_arc.domain.plan import Origin
from pytest_arc.domain.scenario import Scenario
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, UsageError
from pytest_arc.providers.selection import Needs

NO_SETTINGS = Settings()


def write(line: int = 3, user: Any = None, **judge: Any) -> tuple[Scenario, Origin]:
    keys = {
        "id": f"a/{line}",
        "user": user or {"goal": "a total"},
        "expect": [{"answer_contains": "EUR"}, {"judge": "Greets", **judge}],
    }
    return Scenario.model_validate(keys), Origin("s.yaml", line)


def choose(needs: Needs) -> str:
    return "scripted" if needs.function_calling else "reference"


def test_the_scenario_comes_before_the_settings_and_these_before_a_choice() -> None:
    named = write(user={"goal": "a total", "model": "scripted"}, model="scripted")
    settings = Settings(user_model="scripted", judge_model="scripted")
    for entry, chosen in [(named, NO_SETTINGS), (write(), settings)]:
        ((scenario, _),) = cast_models([entry], chosen)
        assert list(list_models(scenario)) == ["scripted", "scripted"]
    ((scenario, _),) = cast_models([write()], NO_SETTINGS, choose)
    assert list(list_models(scenario)) == ["reference", "scripted"]


def test_without_anyone_to_choose_they_stay_open() -> None:
    ((scenario, _),) = cast_models([write()], NO_SETTINGS)
    assert list(list_models(scenario)) == []


def test_what_needs_no_model_stays_as_it_is() -> None:
    plain = Scenario.model_validate({"id": "a", "user": "Hi", "expect": [{"answer_contains": "x"}]})
    ((scenario, _),) = cast_models([(plain, Origin("s.yaml", 3))], NO_SETTINGS, choose)
    assert scenario is plain


def test_where_none_can_be_chosen_it_is_said_once_at_its_first_place() -> None:
    def find_none(needs: Needs) -> str:
        raise UsageError("no key is set")

    with pytest.raises(LoadError) as raised:
        cast_models([write(3, user="Hi"), write(9, user="Hi")], NO_SETTINGS, find_none)
    assert str(raised.value) == (
        "s.yaml:3:1: scenario 'a/3': a judge needs a model,"
        " and neither it nor 'judge_model' names one: no key is set"
    )


@pytest.mark.parametrize(
    "model, trouble",
    [
        ("reference", "the reference policy plays agents, and cannot be a judge"),
        ("scriptet", "unknown model 'scriptet' for a judge; did you mean 'scripted'?"),
        ("gpt", "unknown model 'gpt' for a judge; write provider:model, or one of: "),
    ],
)
def test_a_model_that_cannot_be_used_is_a_problem_with_its_place(model: str, trouble: str) -> None:
    with pytest.raises(LoadError) as raised:
        cast_models([write(7, user="Hi", model=model)], NO_SETTINGS, choose)
    assert str(raised.value).startswith(f"s.yaml:7:1: scenario 'a/7': {trouble}")
