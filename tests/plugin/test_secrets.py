"""Thirty secrets go into a run in every way they can, and into nothing that it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from openai_like import Answer, Call, ModelServer
from otlp_receiver import serve_otlp

from pytest_arc.history.folder import find_run

# Put together, so that no scanner takes this file for a leak.
RANDOM = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8"
SECRETS = {
    "openai": "sk-proj-" + RANDOM,
    "anthropic": "sk-ant-api03-" + RANDOM * 3,
    "openrouter": "sk-or-v1-" + "0123456789abcdef" * 4,
    "groq": "gsk_" + RANDOM * 2,
    "google": "AIza" + "Sy" + RANDOM + "Qr9St0Uv1",
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + RANDOM + "Qr9St0Uv1Wx2",
    "gitlab": "glpat-" + RANDOM,
    "slack": "xoxb-" + "123456789012-" + RANDOM,
    "stripe": "sk_live_" + RANDOM,
    "hugging_face": "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh",
    "sendgrid": "SG." + RANDOM + "." + RANDOM,
    "npm": "npm_" + RANDOM + "Qr9St0Uv1Wx2",
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "bearer": "Bearer " + "f3b9c2d1e8a7f6b5c4d3",
    "url": "postgres://jane:" + "s3cr3tpw@db.internal/x",
    "header": "x-api-key: " + "q1w2e3r4t5y6u7i8o9p0",
    "card": "4111 1111 1111 1111",
    "amex": "378282246310005",
    "mastercard": "5555-5555-5555-4444",
    "email": "jane.doe@mail.example.org",
    "phone": "+49 30 1234567",
    "us_phone": "(415) 555-0132",
    "iban": "DE89 3704 0044 0532 0130 00",
    "gb_iban": "GB29NWBK60161331926819",
    "employee": "E-7741902",
    "password": "correct-horse-battery",
    "quoted": 'pa"ss\\wörd-9',
    "token": "tok/9f8e7d6c5b4a",
    "key": "0f1e2d3c4b5a69788796",
}
ENVIRONMENT = {
    "DB_PASSWORD": SECRETS["password"],
    "QUOTED_SECRET": SECRETS["quoted"],
    "SERVICE_TOKEN": SECRETS["token"],
    "SIGNING_KEY": SECRETS["key"],
}
AGENTS = '''\
import json, os, sys
from pathlib import Path

SECRETS = json.loads(Path("secrets.json").read_text(encoding="utf-8"))


async def leak(context):
    """Leak the secret that the user names, in the way that is named before it."""
    way, _, name = context.user.partition(" ")
    secret = SECRETS[name.split()[0]]
    if way == "print":
        print("now", secret)
        print("and", secret, file=sys.stderr)
    elif way == "argument":
        await context.call("keep", note=secret, nested={"list": [secret], secret: 1}, number=4111111111111111)
    elif way == "result":
        await context.call("reveal", name=name.split()[0])
    elif way == "raise":
        raise RuntimeError(f"no such customer: {secret}\\nat {secret}")
    elif way == "file":
        open(f"reports/{secret}.txt")
    return f"I was told {secret}, \\n{secret}"


def reveal(name):
    return {"found": SECRETS[name], "json": json.dumps({"again": SECRETS[name]})}


def keep(**arguments):
    return "kept"
'''
WAYS = ("say", "print", "argument", "result", "raise", "file")
LIVE_WAYS = ("say", "argument", "malformed", "result", "refuse")
TOOLS = [
    {"name": name, "behavior": {"kind": "python", "function": f"agents:{name}"}}
    for name in ("reveal", "keep")
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    write_project(folder, WAYS)
    profile = {
        "arc": 1,
        "name": "leaky",
        "system_prompt": "Never say " + ", ".join(SECRETS.values()),
        "target": {"python": "agents:leak"},
        "tools": TOOLS,
        "trials": 1,
        "scenarios": {"include": ["scenarios.yaml"]},
    }
    (folder / "leaky.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    return folder


def write_project(folder: Path, ways: Sequence[str]) -> None:
    """All of a project but its profile: settings, tools, and a scenario for each way and secret."""
    scenarios = [
        {
            "id": f"{way}-{name}".replace("_", "-"),
            "user": f"{way} {name} {secret}",
            "expect": [{"answer_contains": f"never said, {secret}"}],
        }
        for way in ways
        for name, secret in SECRETS.items()
    ]
    settings = '[tool.pytest-arc]\nredaction = [{name = "employee", pattern = "E-\\\\d{7}"}]\n'
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    (folder / "agents.py").write_text(AGENTS, encoding="utf-8")
    (folder / "secrets.json").write_text(json.dumps(SECRETS), encoding="utf-8")
    (folder / "scenarios.yaml").write_text(
        yaml.safe_dump({"arc_scenarios": 1, "scenarios": scenarios}), encoding="utf-8"
    )


def run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=project,
        env={**os.environ, **ENVIRONMENT, **environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def find_leaks(text: str) -> set[str]:
    """Names of the secrets that `text` has most of, as they are or as JSON writes them."""
    unescaped = text.replace('\\\\"', '"').replace('\\"', '"').replace("\\\\", "\\")
    found: set[str] = set()
    for name, secret in SECRETS.items():
        bare = secret.removeprefix("Bearer ").removeprefix("x-api-key: ")
        half = bare[: max(8, len(bare) * 2 // 3)]  # reports shorten what they quote
        if half in text or half in unescaped or json.dumps(half)[1:-1] in text:
            found.add(name)
    return found


def test_nothing_that_a_run_writes_or_prints_holds_one_of_thirty_secrets(project: Path) -> None:
    assert len(SECRETS) == 30
    before = {path for path in project.rglob("*") if path.is_file()}
    pytest_run = run(
        project,
        "pytest",
        "--arc",
        "-v",
        "leaky.yaml",
        "--arc-json=out/results.json",
        "--junit-xml=out/junit.xml",
    )
    assert f"{len(WAYS) * len(SECRETS)} failed" in pytest_run.stdout
    shown = run(project, "pytest_arc", "show", "last::say-jwt#1")
    assert "[redacted JWT]" in shown.stdout
    arc_run = run(project, "pytest_arc", "run", "leaky.yaml", "--output=json")
    written = [path for path in project.rglob("*") if path.is_file() and path not in before]
    written = [path for path in written if "__pycache__" not in path.parts]
    assert {"results.json", "junit.xml", "run.json", "trials.jsonl", "trajectories.jsonl"} <= {
        path.name for path in written
    }
    texts = {path.relative_to(project).as_posix(): path.read_text(encoding="utf-8") for path in written}
    texts |= {"stdout": pytest_run.stdout + shown.stdout, "json": arc_run.stdout, "stderr": arc_run.stderr}
    assert {name: sorted(leaks) for name, text in texts.items() if (leaks := find_leaks(text))} == {}
    assert "4111111111111111" not in "".join(texts.values())
    trajectories = [
        line for name, text in texts.items() if name.endswith("jsonl") for line in text.splitlines()
    ]
    assert [json.loads(line)["trial"] for line in trajectories] == [1] * len(trajectories)


def test_without_transcripts_nothing_that_was_said_is_kept(project: Path) -> None:
    ended = run(project, "pytest_arc", "run", "leaky.yaml", "-k", "say-email", "--no-transcripts")
    assert ended.returncode == 1
    folder = find_run(project / ".arc", "last")
    assert (folder.path / "trajectories.jsonl").read_bytes() == b""
    shown = run(project, "pytest_arc", "show", "last::say-email#1")
    assert "no transcript: the run was made with --no-transcripts" in shown.stdout


def leak_as_model(call: Call) -> Answer:
    """Leak the secret that the user names, in the way that is named before it."""
    messages = call.body["messages"]
    way, name, secret = next(m["content"] for m in messages if m["role"] == "user").split(" ", 2)
    assert secret == SECRETS[name]
    if way == "refuse":
        return Answer.failing(400, f"no such customer: {secret}, {call.headers['authorization']}")
    if way != "say" and messages[-1]["role"] == "user":
        calls = {
            "argument": ("keep", {"note": secret, "nested": {"list": [secret], secret: 1}}),
            "malformed": ("keep", json.dumps({"note": secret})[:-1]),
            "result": ("reveal", {"name": name}),
        }
        return Answer(tool_calls=(calls[way],))
    return Answer(f"I was told {secret}, \n{secret}")


def test_nothing_of_a_live_run_that_is_recorded_and_traced_holds_one_of_them(tmp_path: Path) -> None:
    for extra in ("pydantic_ai", "opentelemetry.exporter.otlp.proto.http"):
        pytest.importorskip(extra, reason="the extras 'models' and 'otel' are not installed")
    write_project(tmp_path, LIVE_WAYS)
    with serve_otlp() as receiver, ModelServer(leak_as_model) as server:
        profile = {
            "arc": 1,
            "name": "leaky",
            "system_prompt": "Never say " + ", ".join(SECRETS.values()),
            "target": {"model": "openai:gpt-4o-mini", "base_url": server.openai_url},
            "tools": TOOLS,
            "trials": 1,
            "scenarios": {"include": ["scenarios.yaml"]},
        }
        (tmp_path / "leaky.yaml").write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        options = ("--arc-record=new", "--arc-telemetry=otlp", "--arc-trace-ids", "--junit-xml=junit.xml")
        keys = {"OPENAI_API_KEY": SECRETS["openai"], "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}
        ended = run(tmp_path, "pytest", "--arc", "-v", "leaky.yaml", *options, **keys)

    refused = len(SECRETS)
    assert f"{(len(LIVE_WAYS) - 1) * len(SECRETS)} failed, {refused} errors" in ended.stdout, ended.stdout
    assert {call.headers["authorization"] for call in server.calls} == {f"Bearer {SECRETS['openai']}"}
    # What was asked and answered is kept, and sent: without it there would be nothing to find.
    entries = list((tmp_path / ".arc" / "cassettes" / "entries").rglob("*.json"))
    assert len(entries) >= (2 * len(LIVE_WAYS) - 3) * len(SECRETS) // 2
    assert len(receiver.spans) > len(LIVE_WAYS) * len(SECRETS)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path not in before]
    texts = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in written
        if "__pycache__" not in path.parts
    }
    texts |= {"stdout": ended.stdout, "stderr": ended.stderr}
    texts |= {
        f"sent {number}": body.decode("utf-8", "replace") for number, body in enumerate(receiver.bodies)
    }
    assert ".arc/cassettes/manifest.sqlite3" in texts
    assert {name: sorted(leaks) for name, text in texts.items() if (leaks := find_leaks(text))} == {}
