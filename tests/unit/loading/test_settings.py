from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.calls import Injection
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError
from pytest_arc.loading import find_root, load_settings

Write = Callable[[str, str], Path]


def _complain(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(LoadError) as caught:
        load_settings(Path(), flags, environ or {})
    return str(caught.value)


def test_without_anything_the_defaults_hold(folder: Path) -> None:
    assert load_settings(folder, {}, {}) == Settings()


def test_flags_win_over_environment_over_file(write: Write) -> None:
    write("pyproject.toml", '[tool.pytest-arc]\ntrials = 3\nseed = 5\nreal-time = true\ndir = "runs"\n')
    settings = load_settings(Path(), {"trials": "9", "json": None}, {"ARC_TRIALS": "7", "ARC_SEED": "6"})

    assert (settings.trials, settings.seed, settings.real_time, settings.dir) == (9, 6, True, "runs")
    assert settings.sources == {
        "trials": "--arc-trials",
        "seed": "ARC_SEED",
        "real_time": "pyproject.toml:4",
        "dir": "pyproject.toml:5",
    }


def test_environment_gives_texts_and_empty_ones_do_not_count(folder: Path) -> None:
    environ = {"ARC_STRICT": "1", "ARC_SEED": "random", "ARC_JSON": "out.json", "ARC_TRIALS": ""}
    settings = load_settings(folder, {}, environ)

    assert (settings.strict, settings.seed, settings.json_path, settings.trials) == (
        True,
        "random",
        "out.json",
        None,
    )


def test_wrong_values_and_keys_are_reported_with_their_place(write: Write) -> None:
    write(
        "pyproject.toml",
        '[project]\nname = "x"\n\n[tool.pytest-arc]\ntrails = 3\nseed = "x"\nattempts = 99\n',
    )

    assert _complain(
        {"trials": "x"}, {"ARC_CONCURENCY": "5", "ARC_STRICT": "perhaps", "ARC_THEIRS": "1"}
    ) == (
        "--arc-trials: 'trials' must be a whole number, not the text 'x'\n"
        "ARC_CONCURENCY: there is no such setting\n"
        "    did you mean ARC_CONCURRENCY?\n"
        "ARC_STRICT: 'strict' must be true or false, not the text 'perhaps'\n"
        "pyproject.toml:5:1: unknown key 'trails' in [tool.pytest-arc]\n"
        "    trails = 3\n"
        "    ^ did you mean 'trials'?\n"
        "pyproject.toml:6:1: 'seed' must be a whole number or 'random', not the text 'x'\n"
        '    seed = "x"\n'
        "pyproject.toml:7:1: 'attempts' must be at most 10, not 99\n"
        "    attempts = 99"
    )


def test_unknown_flag_has_a_near_miss(folder: Path) -> None:
    assert _complain({"trails": 3}) == ("--arc-trails: there is no such setting\n    did you mean 'trials'?")


def test_broken_toml_is_reported_with_its_line(write: Write) -> None:
    write("pyproject.toml", "[tool.pytest-arc]\ntrials =\n")

    assert _complain().startswith("pyproject.toml:2:9: this is not TOML: Invalid value")


def test_patterns_of_ones_own_are_read_and_a_bad_one_is_located(write: Write) -> None:
    table = '[[tool.pytest-arc.redaction]]\nname = "{}"\npattern = "{}"\n'
    write("pyproject.toml", table.format("employee", "E-[0-9]{7}") + table.format("slow", "(a+)+b"))

    message = _complain()
    assert message.startswith("pyproject.toml:5:9: pattern 'slow': it could take minutes on a short text")
    assert len(message.splitlines()) == 2
    as_json = '[{"name": "employee", "pattern": "E-1"}]'
    assert load_settings(Path("elsewhere"), {}, {"ARC_REDACTION": as_json}).redaction[0].pattern == "E-1"


def test_pytest_toml_wins_over_pyproject(write: Write) -> None:
    write("pyproject.toml", "[tool.pytest-arc]\nseed = 1\nattempts = 3\n")
    write("pytest.toml", "[pytest]\nminversion = '8'\n\n[tool.pytest-arc]\nseed = 2\n")

    assert load_settings(Path(), {}, {}).sources == {"seed": "pytest.toml:5", "attempts": "pyproject.toml:3"}


def test_root_is_the_nearest_folder_with_a_project_file(write: Write) -> None:
    write("project/pyproject.toml", "")
    write("project/src/agent/a.py", "")

    assert find_root(Path("project/src/agent")) == Path("project").absolute()


@pytest.mark.parametrize(
    "lines, complaint",
    [
        (
            '[tool.pytest-arc.models."openai:gpt-5-mini"]\nconcurency = 8\n',
            "pyproject.toml:2:1: unknown key 'concurency' in [tool.pytest-arc.models.\"openai:gpt-5-mini\"]\n"
            "    concurency = 8\n"
            "    ^ did you mean 'concurrency'?",
        ),
        (
            '[tool.pytest-arc]\ntrials = 3\nmodels."openai:*" = {retries = 99}\n',
            "pyproject.toml:3:22: 'retries' in [tool.pytest-arc.models.\"openai:*\"] must be at most 10,"
            " not 99\n"
            '    models."openai:*" = {retries = 99}',
        ),
        (
            '[tool.pytest-arc]\nmodels = "openai:gpt-5-mini"\n',
            "pyproject.toml:2:1: 'models' must be a mapping, not the text 'openai:gpt-5-mini'\n"
            '    models = "openai:gpt-5-mini"',
        ),
        (
            '[tool.pytest-arc]\ninject = "q=0.1"\n',
            "pyproject.toml:2:1: 'inject' must be 'p=0.05' or 'p=0.05,kind=timeout', not the text 'q=0.1'\n"
            '    inject = "q=0.1"',
        ),
    ],
)
def test_options_of_models_are_reported_with_their_place(write: Write, lines: str, complaint: str) -> None:
    write("pyproject.toml", lines)

    assert _complain() == complaint


def test_models_have_options_and_the_address_of_redis_is_not_written_down(write: Write) -> None:
    write("pyproject.toml", '[tool.pytest-arc.models."openai:*"]\nrequests_per_minute = 500\n')
    settings = load_settings(
        Path(), {"inject": "0.1"}, {"ARC_REDIS_URL": "redis://:secret@cache/0", "ARC_SEED": "3"}
    )

    assert settings.models["openai:*"].requests_per_minute == 500
    assert (settings.inject, settings.redis_url) == (Injection(p=0.1), "redis://:secret@cache/0")
    assert "secret" not in settings.model_dump_json()
