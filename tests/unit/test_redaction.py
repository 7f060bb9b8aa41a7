from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.redaction import Redactor, compile_pattern

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
        repr(SECRET),
        ascii(SECRET),
        json.dumps(repr(SECRET)),
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
    line = json.dumps({"text": "https://example.org", "next": "@example.org"}, separators=(",", ":"))
    assert redact(line) == line


def test_json_values_keep_their_shape() -> None:
    redactor = Redactor({"API_KEY": "h7Kq-92xx"})
    value = {"h7Kq-92xx": [1, None, "x h7Kq-92xx"], "t": ("h7Kq-92xx", 2.5, True)}
    clean = {"[redacted API_KEY]": [1, None, "x [redacted API_KEY]"], "t": ("[redacted API_KEY]", 2.5, True)}
    assert redactor.value(value) == clean
    untouched = {"a": [1, {"b": "c"}]}
    assert redactor.value(untouched) is untouched


TOKENS = {
    "sk-ant-api03-" + "aB3-_xYz90QwErTy" * 5: "[redacted API key]",
    "sk-or-v1-" + "0123456789abcdef" * 4: "[redacted API key]",
    "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q": "[redacted API key]",
    "gsk_" + "Ab1Cd2Ef3Gh4" * 4: "[redacted API key]",
    "xai-" + "Ab1Cd2Ef3Gh4" * 6: "[redacted API key]",
    "sk_live_" + "Ab1Cd2Ef3Gh4" * 2: "[redacted API key]",
    "SG." + "Ab1Cd2Ef3Gh4Ij5Kl6Mn7O." + "Pq8Rs9Tu0Vw1" * 3: "[redacted API key]",
    "nvapi-" + "Ab1Cd2Ef3Gh4" * 5: "[redacted API key]",
    "glpat-" + "Ab1Cd2Ef3Gh4_-Ij5Kl6": "[redacted GitLab token]",
    "xoxb-" + "123456789012-Ab1Cd2Ef3Gh4": "[redacted Slack token]",
    "hooks.slack.com/services/" + "T00000000/B00000000/" + "X" * 24: "[redacted Slack token]",
    "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh": "[redacted Hugging Face token]",
    "npm_" + "Ab1Cd2Ef3Gh4" * 3: "[redacted npm token]",
    "pypi-" + "AgEIcHlwaS5vcmc" * 5: "[redacted PyPI token]",
    "ya29." + "Ab1Cd2Ef3Gh4" * 4: "[redacted token]",
    "hvs." + "Ab1Cd2Ef3Gh4" * 3: "[redacted token]",
    "dop_v1_" + "0123456789abcdef" * 4: "[redacted token]",
    "4111 1111 1111 1111": "[redacted card number]",
    "5555-5555-5555-4444": "[redacted card number]",
    "378282246310005": "[redacted card number]",
    "3056 930902 5904": "[redacted card number]",
    "jane.doe+tax@mail.example.co.uk": "[redacted e-mail]",
    "j@163.com": "[redacted e-mail]",
    "DE89370400440532013000": "[redacted IBAN]",
    "GB29 NWBK 6016 1331 9268 19": "[redacted IBAN]",
    "NO93 8601 1117 947": "[redacted IBAN]",
    "+49 30 1234567": "[redacted phone number]",
    "+1 (415) 555-0132": "[redacted phone number]",
    "+4915112345678": "[redacted phone number]",
    "(415) 555-0132": "[redacted phone number]",
    "415-555-0132": "[redacted phone number]",
}
"""Text -> what stands in its place. Put together, so that no scanner takes this file for a leak."""


@pytest.mark.parametrize("secret", TOKENS)
@pytest.mark.parametrize("around", ["{}", "a {} z", "x={}", "'{}'.", "say:\n{}\nthere", "({}),"])
def test_keys_and_personal_data_are_found_in_any_surroundings(secret: str, around: str) -> None:
    assert redact(around.format(secret)) == around.format(TOKENS[secret])


@pytest.mark.parametrize("secret", TOKENS)
def test_a_line_of_json_stays_json_without_them(secret: str) -> None:
    line = json.dumps({"text": f"\n{secret}", "again": f"\u00fc {secret}"})
    clean = {"text": f"\n{TOKENS[secret]}", "again": f"\u00fc {TOKENS[secret]}"}
    assert json.loads(redact(line)) == clean


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 has a wrong check digit, 9999 9999 9999 9995 no issuer",
        "DE89370400440532013001 has a wrong check digit, XX89370400440532013000 no country",
        "INV-2026-000123, PO 4500012345, 2026-12-05T10:00:00Z, 20261205-101530",
        "1,234,567.89 EUR, +12,345,678.90, +12345678.90, +123 456 789, -4,111,111,111,111,111.00",
        "4111111111111111.50 or 0.4111111111111111 or 12345678901234567890",
        "finance-agent@v1.2 and finance-agent@v1.beta, numpy@2.0.rc, logo@2x.png, agents@main.yaml",
        "the trial's seed is 4532015112830366123 and the hash 4f3a1111111111111111",
        "risk-2026, sk-learn-tutorial-for-2026, xai-realtime-voice-2026-07-01, hf_model, npm_config_cache",
        "Basic accounting-principles and Basic understanding; api_key: your-own-api-key-goes-here",
        "tel. 112; 204-310-202; 10.20.30.40; 2026.12.05; (204) 12",
    ],
)
def test_amounts_numbers_and_names_stay(text: str) -> None:
    assert redact(text) is text


def test_no_text_of_the_demonstration_or_the_documents_changes(root: Path) -> None:
    folders = ("scenarios", "configs", "docs", "examples")
    files = [path for folder in folders for path in (root / folder).rglob("*") if path.is_file()]
    texts = [
        path.read_text(encoding="utf-8") for path in files if path.suffix in (".yaml", ".csv", ".md", ".py")
    ]
    assert len(texts) > 60
    texts.remove((root / "docs" / "redaction.md").read_text(encoding="utf-8"))  # shows what is taken out
    changed = {
        line for text in texts for line in text.splitlines() if "redact" not in line and redact(line) != line
    }
    assert changed == set()


def test_whole_numbers_in_json_may_be_cards_too() -> None:
    value = {"card": 4111111111111111, "amount": 4111111111111112, "paid": True}
    assert Redactor({}).value(value) == {**value, "card": "[redacted card number]"}


def test_capitals_behind_an_iban_stay() -> None:
    assert redact("ES91 2100 0418 4502 0005 1332 PAID") == "[redacted IBAN] PAID"


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(a|aa)+",
        "(.*)*x",
        r"\d+\d+\d+\d+x",
        "(?:a{1,50}){1,50}b",
        "((ab)*)*c",
        "(?:(a+)+b)++",
        "(?i)(?:ax|Ax)+b",
        "(?:a?){60}a{60}",
    ],
)
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"minutes|everywhere"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"E-\d{6}",
        r"[\w.]+@corp\.example",
        r"(?:\d{4}[ -]?){3}\d{4}",
        "(?:foo|bar)+",
        "(?:a+)++b",
        r"(?i)acme-\w+",
        "(?=x).+y.+z",
    ],
)
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    assert compile_pattern(pattern).pattern == pattern


def test_a_slow_pattern_takes_no_longer_than_its_text_is_long() -> None:
    # Unbounded, this one takes the third power of the length: hours instead of a moment.
    redactor = Redactor({}, {"slow": r"\w+-\w+x!"})
    text = "a-" * 20_000
    assert redactor.text(text) == text


@pytest.mark.parametrize("before", [0, 1, 99, 100, 101, 150, 199, 200, 201, 5000])
def test_a_match_is_found_whole_wherever_it_stands(before: int) -> None:
    redactor = Redactor({}, {"customer": r"C-\d+"})
    assert redactor.text("." * before + "C-" + "7" * 98 + " end") == "." * before + "[redacted customer] end"


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
