"""`arc models`, and runs on models of providers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openai_like import Answer, ModelServer
from syrupy.assertion import SnapshotAssertion

from pytest_arc.cli import models as command

if TYPE_CHECKING:
    from shapes import Arc, Write

pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")

OWN = """
arc_models: 1
models:
  - model: openai:house-small
    context_window: 32000
    function_calling: false
    cost_tier: low
    price: {input: 0.1, output: 0.3}
    base_url: http://localhost:8000/v1
  - {model: "anthropic:house-large", context_window: 200000, json_mode: false, cost_tier: high}
"""

PROFILE = """
arc: 1
name: desk
target:
  model: openai:gpt-4o-mini
scenarios: {include: desk.scenarios.yaml}
trials: 2
"""

SCENARIOS = """
arc_scenarios: 1
scenarios:
  - id: greet
    user: Good day
    expect:
      - answer_contains: Hello
"""


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_models_are_listed_with_what_they_can_do_and_cost(
    arc: Arc, write: Write, snapshot: SnapshotAssertion
) -> None:
    write({"models.yaml": OWN})
    done = arc("models", "house")
    assert done.code == 0
    assert done.out == snapshot


def test_models_as_json_name_the_missing_key(arc: Arc, write: Write) -> None:
    write({"models.yaml": OWN})
    (small, large) = arc("models", "house", "--output", "json").json
    assert small == {
        "model": "openai:house-small",
        "reachable": True,
        "missing_key": None,
        "context_window": 32000,
        "json_mode": True,
        "function_calling": False,
        "cost_tier": "low",
        "price": {"input": 0.1, "output": 0.3, "cached_input": None},
        "base_url": "http://localhost:8000/v1",
    }
    assert (large["reachable"], large["missing_key"], large["price"]) == (False, "ANTHROPIC_API_KEY", None)


def test_a_key_that_is_set_makes_a_model_reachable(arc: Arc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk")
    told = {model["model"]: model["reachable"] for model in arc("models", "--output", "json").json}
    assert told["openai:gpt-5-mini"]
    assert not told["anthropic:claude-haiku-4-5"]


def test_a_word_that_fits_no_model_says_so(arc: Arc) -> None:
    assert arc("models", "nothing").out == "no model of that name is listed\n"


def test_without_the_extra_models_are_listed_and_the_extra_is_named(
    arc: Arc, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"models.yaml": OWN})
    monkeypatch.setattr(command, "explain_missing", lambda module, extra: f"{module} is missing")
    out = arc("models", "house-large").out
    assert "unknown" in out
    assert out.endswith("\npydantic_ai is missing\n")


def test_a_mistake_in_the_list_is_told_where_it_stands(arc: Arc, write: Write) -> None:
    write({"models.yaml": OWN.replace("json_mode", "jsonmode")})
    done = arc("models")
    assert done.code == 2
    assert "models.yaml:10:" in done.err


def test_a_missing_key_is_one_message_before_any_trial(
    arc: Arc, write: Write, project: Path, snapshot: SnapshotAssertion
) -> None:
    other = PROFILE.replace("desk\n", "other\n").replace("openai:gpt-4o-mini", "anthropic:claude-haiku-4-5")
    write({"desk.yaml": PROFILE, "other.yaml": other, "desk.scenarios.yaml": SCENARIOS})
    done = arc("run", "desk.yaml", "other.yaml")
    assert done.code == 4
    assert done.err == snapshot
    assert not (project / ".arc").exists()


def test_a_missing_key_tells_how_many_trials_are_recorded(
    arc: Arc, write: Write, project: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    other = PROFILE.replace("desk\n", "other\n").replace("gpt-4o-mini", "gpt-5-mini")
    write({"desk.yaml": PROFILE, "other.yaml": other, "desk.scenarios.yaml": SCENARIOS})
    monkeypatch.setenv("OPENAI_API_KEY", "sk")
    with ModelServer(lambda call: "Hello") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        assert arc("run", "desk.yaml", "--record", "once").code == 0
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    before = sorted((project / ".arc").rglob("*"))

    assert arc("run", "desk.yaml").err == snapshot
    assert "(2 of 3 trials have some)" in arc("run", "desk.yaml", "--trials", "3").err
    # The same scenario, but another model.
    assert "there are none yet for these 2 trials" in arc("run", "other.yaml").err
    assert sorted((project / ".arc").rglob("*")) == before
    assert arc("run", "desk.yaml", "--record", "none").code == 0


def test_files_are_valid_without_a_key(arc: Arc, write: Write) -> None:
    write({"desk.yaml": PROFILE, "desk.scenarios.yaml": SCENARIOS})
    assert arc("validate", "desk.yaml").code == 0


def test_a_key_of_an_agent_that_is_not_selected_is_not_asked_for(arc: Arc, write: Write) -> None:
    write({"desk.yaml": PROFILE, "desk.scenarios.yaml": SCENARIOS})
    assert arc("run", "configs/echo.yaml", "desk.yaml", "-k", "feel/like").code in (0, 1)


def test_a_setting_nobody_knows_is_found_before_any_trial(arc: Arc, write: Write) -> None:
    target = "model: openai:gpt-4o-mini\n  settings: {temprature: 0}"
    write(
        {
            "desk.yaml": PROFILE.replace("model: openai:gpt-4o-mini", target),
            "desk.scenarios.yaml": SCENARIOS,
        }
    )
    done = arc("validate", "desk.yaml")
    assert done.code == 1
    assert (
        "unknown setting 'temprature' of model 'openai:gpt-4o-mini'; did you mean 'temperature'?" in done.out
    )


def test_prices_and_addresses_of_the_project_hold_in_its_runs(arc: Arc, write: Write) -> None:
    with ModelServer(lambda call: Answer("Hello.", input_tokens=1_000_000, output_tokens=0)) as server:
        own = OWN.replace("http://localhost:8000/v1", server.openai_url)
        profile = PROFILE.replace("openai:gpt-4o-mini", "openai:house-small")
        write({"desk.yaml": profile, "desk.scenarios.yaml": SCENARIOS, "models.yaml": own})
        done = arc("run", "desk.yaml", "--output", "json")
    assert done.code == 0
    (case,) = done.json["results"]["agents"][0]["cases"]
    assert [trial["usage"]["cost_usd"] for trial in case["trials"]] == [0.1, 0.1]


@pytest.mark.parametrize("flags", [(), ("--trace-ids",)])
def test_ids_of_providers_are_printed_for_failed_trials_when_asked(
    arc: Arc, write: Write, flags: tuple[str, ...]
) -> None:
    answers = ["Hello.", Answer("Go away.", input_tokens=1000)]
    with ModelServer(answers) as server:
        profile = PROFILE.replace("trials:", "gates: {reliability: 0.5}\ntrials:").replace(
            "model: openai:gpt-4o-mini", f"model: openai:gpt-4o-mini\n  base_url: {server.openai_url}"
        )
        write({"desk.yaml": profile, "desk.scenarios.yaml": SCENARIOS})
        done = arc("run", "desk.yaml", "--strict", "--concurrency", "1", *flags)
    assert done.code == 1
    assert ("requests of trial 2  chatcmpl-2 (gpt-4o-mini)" in done.out) == bool(flags)
    assert "chatcmpl-1" not in done.out


def test_results_are_the_same_whatever_the_provider_calls_its_answers(
    arc: Arc, write: Write, project: Path
) -> None:
    write({"desk.scenarios.yaml": SCENARIOS})
    results: list[object] = []
    for first in (["one more call"], []):
        with ModelServer([*first, "Hello.", "Hello."]) as server:
            if first:
                import urllib.request

                request = urllib.request.Request(
                    f"{server.openai_url}/chat/completions", b"{}", method="POST"
                )
                urllib.request.urlopen(request).close()
            address = f"model: openai:gpt-4o-mini\n  base_url: {server.openai_url}"
            write({"desk.yaml": PROFILE.replace("model: openai:gpt-4o-mini", address)})
            told = arc("run", "desk.yaml", "--concurrency", "1", "--output", "json").json
            (case,) = told["results"]["agents"][0]["cases"]
            results.append([{k: v for k, v in trial.items() if k != "latency_s"} for trial in case["trials"]])
    assert results[0] == results[1]
