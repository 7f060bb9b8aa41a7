from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.redaction import Redactor

SECRET = 'p@ss "w0rd"/+\u00e9'


def redact(text: str, **environ: str) -> str:
    return Redactor(environ).text(text)


@pytest.mark.parametrize(
    "name",
    ["API_KEY", "GITHUB_TOKEN", "client_secret", "DB_PASSWORD", "AWS_CREDENTIALS", "PROXY_AUTH", "MY_APIKEY"],
)
def test_values_of_secret_looking_variables_are_replaced_by_their_name(name: str) -> None:
    assert redact("got h7Kq-92xx.", **{name: "h7Kq-92xx"}) == f"got [redacted {name}]."


@pytest.mark.parametrize(
    "name, value",
    [
        ("API_KEY", "short"),
        ("USE_AUTH", "disabled"),
        ("GIT_AUTHOR_NAME", "Jane Example"),
        ("TOKENIZERS_PARALLELISM", "everything"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/jane/key.json"),
        ("SSH_AUTH_SOCK", "anything/agent.42"),
        ("MAX_TOKEN", "10000000"),
        ("HOME_ADDRESS", "12 Long Street"),
    ],
)
def test_other_values_stay(name: str, value: str) -> None:
    assert redact(f"it is {value}", **{name: value}) == f"it is {value}"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps({"x": SECRET})),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
    ],
)
def test_a_secret_is_found_in_every_way_of_writing_it(written: str) -> None:
    clean = redact(f"a {written} z", DB_PASSWORD=SECRET)
    assert "[redacted DB_PASSWORD]" in clean
    assert "w0rd" not in clean


@pytest.mark.parametrize("user", ["", "u", "us", "use"])
def test_base64_of_a_secret_is_found_at_every_alignment(user: str) -> None:
    header = base64.b64encode(f"{user}:{SECRET}:more".encode()).decode()
    assert "[redacted DB_PASSWORD]" in redact(f"Basic {header}", DB_PASSWORD=SECRET)


@pytest.mark.parametrize(
    "text, clean",
    [
        ("sk-proj-abcDEF1234567890", "[redacted API key]"),
        ("ghp_" + "a1" * 18, "[redacted GitHub token]"),
        ("AKIAABCDEFGHIJKLMNOP", "[redacted AWS key id]"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "[redacted JWT]"),
        ("Authorization: Bearer abcdefghij123456", "Authorization: Bearer [redacted token]"),
        ("postgres://jane:pa55@db/x", "postgres://[redacted credentials]@db/x"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----", "[redacted private key]"),
    ],
)
def test_well_known_shapes_need_no_variable(text: str, clean: str) -> None:
    assert redact(f"see {text} there") == f"see {clean} there"


@pytest.mark.parametrize(
    "text",
    [
        "a risk-assessment-of-the-2026-ledger and a task-sk-list",
        "Bearer authentication-is-required-here",
        "https://example.org:8080/a@b",
        "the key is under the mat; tokens: 1024",
    ],
)
def test_prose_stays_and_is_the_same_object(text: str) -> None:
    assert Redactor({"API_KEY": "h7Kq-92xx"}).text(text) is text


@pytest.mark.parametrize("key", ["sk-proj-abcDEF1234567890", "AKIAABCDEFGHIJKLMNOP"])
def test_a_key_at_the_beginning_of_a_line_is_found_in_json(key: str) -> None:
    assert key not in redact(json.dumps({"content": f"the key is\n{key}"}))


def test_credentials_do_not_reach_beyond_a_text_of_json() -> None:
    line = json.dumps({"text": "https://example.org", "next": "jane@example.org"}, separators=(",", ":"))
    assert redact(line) == line


def test_json_values_keep_their_shape() -> None:
    redactor = Redactor({"API_KEY": "h7Kq-92xx"})
    value = {"h7Kq-92xx": [1, None, "x h7Kq-92xx"], "t": ("h7Kq-92xx", 2.5, True)}
    clean = {"[redacted API_KEY]": [1, None, "x [redacted API_KEY]"], "t": ("[redacted API_KEY]", 2.5, True)}
    assert redactor.value(value) == clean
    untouched = {"a": [1, {"b": "c"}]}
    assert redactor.value(untouched) is untouched


def test_extra_patterns_are_named_in_what_replaces_them() -> None:
    redactor = Redactor({}, {"employee": r"E-(\d)\1{3}"})
    assert redactor.text("E-7777 and E-7778") == "[redacted employee] and E-7778"


@pytest.mark.parametrize("pattern", ["(", "x*"])
def test_an_unusable_extra_pattern_is_an_error_with_its_name(pattern: str) -> None:
    with pytest.raises(ValueError, match="'mine'"):
        Redactor({}, {"mine": pattern})


def test_the_longer_of_two_secrets_wins() -> None:
    assert redact("abcdefgh-123", A_KEY="abcdefgh", B_KEY="abcdefgh-123") == "[redacted B_KEY]"


@given(st.text(min_size=8, max_size=30).filter(lambda value: "\x00" not in value), st.text(), st.text())
def test_no_registered_value_survives_and_twice_is_once(secret: str, before: str, after: str) -> None:
    redactor = Redactor({"API_KEY": "k7!" + secret.strip()})
    clean = redactor.text(f"{before}k7!{secret.strip()}{after}")
    assert "k7!" + secret.strip() not in clean
    assert redactor.text(clean) == clean
