"""Keys of well-known shapes, wherever they come from, and how to find many texts in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

__all__ = ["KEYS", "Key", "find_anchor", "join_anchored"]


class Key(NamedTuple):
    """How keys of one kind look."""

    opening: str
    """What each of them begins with, as it is."""
    rest: str
    """Pattern of what follows; without groups, and without backtracking over long texts."""
    replacement: str

    @property
    def pattern(self) -> str:
        return re.escape(self.opening) + self.rest


# Also after an escape, such as `\n` in a text within JSON.
_WORD_BEGINS = r"(?:(?<![A-Za-z0-9]{0})|(?<=\\[bfnrt]{0}))"
_DIGIT = r"(?=[A-Za-z_.~+/=-]{0,80}[0-9])"
"""A digit is asked for where words could take the same shape."""
_RANDOM = r"(?=[\w-]{0,40}[A-Za-z0-9]{12})" + _DIGIT
"""No name of a file or model such as `xai-realtime-2026-07-01`."""


def _make(replacement: str, opening: str, rest: str, *, inside_word: bool = False) -> Key:
    begins = "" if inside_word else _WORD_BEGINS.replace("{0}", re.escape(opening))
    return Key(opening, begins + rest, replacement)


def _list_keys() -> Iterable[Key]:
    api_key = "[redacted API key]"
    yield _make(api_key, "sk-", _RANDOM + r"[\w-]{16,}+")  # OpenAI, Anthropic, OpenRouter, DeepSeek, Langfuse
    for opening in "sk_live_ sk_test_ rk_live_ rk_test_ whsec_".split():  # Stripe
        yield _make(api_key, opening, r"\w{10,}+", inside_word=True)
    yield _make(api_key, "AIza", r"[\w-]{30,}+", inside_word=True)  # Google
    yield _make(api_key, "GOCSPX-", r"[\w-]{20,}+", inside_word=True)
    yield _make(api_key, "SG.", r"[\w-]{16,}+\.[\w-]{16,}+")  # SendGrid
    # Groq, xAI, Perplexity, NVIDIA, Replicate, Tavily, Pinecone, LangSmith, Linear, Databricks, New Relic
    for opening in "gsk_ xai- pplx- nvapi- r8_ tvly- pcsk_ lsv2_ lin_api_ dapi NRAK-".split():
        yield _make(api_key, opening, _RANDOM + r"[\w-]{20,}+")
    for opening in ("AKIA", "ASIA"):
        yield _make("[redacted AWS key id]", opening, r"[0-9A-Z]{16}(?![0-9A-Za-z])")
    for opening in "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_".split():
        yield _make("[redacted GitHub token]", opening, r"\w{20,}+", inside_word=True)
    for opening in "glpat- gldt- glrt- glptt-".split():
        yield _make("[redacted GitLab token]", opening, r"[\w-]{16,}+", inside_word=True)
    for opening in "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-".split():
        rest = r"(?=[A-Za-z-]{0,20}[0-9])[\w-]{10,}+"
        yield _make("[redacted Slack token]", opening, rest, inside_word=True)
    yield _make("[redacted Slack token]", "hooks.slack.com/services/", r"[\w/]{20,}+", inside_word=True)
    yield _make("[redacted Hugging Face token]", "hf_", r"[A-Za-z0-9]{30,}+")
    yield _make("[redacted npm token]", "npm_", r"[A-Za-z0-9]{30,}+")
    yield _make("[redacted PyPI token]", "pypi-", r"[\w-]{50,}+")
    yield _make("[redacted token]", "ya29.", r"[\w-]{20,}+")  # Google
    yield _make("[redacted token]", "hvs.", r"[\w-]{20,}+")  # Vault
    # DigitalOcean, Doppler, Docker, Figma, Grafana, Notion, Shopify, Supabase, Atlassian
    for opening in "dop_v1_ dp.pt. dckr_pat_ figd_ glsa_ ntn_ shpat_ sbp_ ATATT3".split():
        yield _make("[redacted token]", opening, r"[\w-]{20,}+")
    jwt_begins = r"(?:(?<![\w-]eyJ)|(?<=\\[bfnrt]eyJ))"
    yield Key("eyJ", jwt_begins + r"[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+", "[redacted JWT]")
    for scheme in ("Bearer ", "bearer ", "BEARER "):
        yield Key(scheme, _DIGIT + r"[\w.~+/=-]{16,}+", f"{scheme}[redacted token]")
    for scheme in ("Basic ", "basic "):
        yield Key(scheme, r"(?=[A-Za-z+/]{0,60}[0-9=])[A-Za-z0-9+/]{12,}+={0,2}", f"{scheme}[redacted token]")
    for name in "api-key Api-Key API-Key API-KEY api_key API_KEY access_token client_secret".split():
        value = rf"""(?:\\?["'])?\s?[:=]\s?(?:\\?["'])?{_DIGIT}[\w.~+/=-]{{16,}}+"""
        yield Key(name, value, f"{name}: [redacted value]")
    # Never past a quote, which ends a text within a line of JSON.
    credentials = r'[^\s/:@\["]{0,100}:[^\s/@\["]{1,200}@'
    yield Key("://", credentials, "://[redacted credentials]@")
    begin, end = (
        r"(?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----[^-]*+",
        r"(?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----",
    )
    yield Key("-----BEGIN ", f"{begin}-----END {end}", "[redacted private key]")


KEYS = tuple(_list_keys())

_COMMON_FIRST = " etaoinsrlhdcumfpgwybvk0123456789,.\"'xjqzACSEITPMRDNBLOFGHUWV-()_:YKJXQZ/"
"""Characters of reports, prose and JSON, the commonest first; all others are rarer."""


def find_anchor(literal: str) -> int:
    """The place in `literal` of its rarest character: a scan that stops at few characters is fast."""
    ranks = [_COMMON_FIRST.find(character) for character in literal]
    return max(range(len(literal)), key=lambda place: (ranks[place] < 0, ranks[place]))


def join_anchored(literals: Iterable[tuple[str, str]]) -> str:
    """One pattern that is found in a text where one of `literals` (a text as it is, and a pattern of what
    follows) stands. It says whether there is one, not where that begins.
    """
    branches: list[tuple[str, str]] = []
    for literal, rest in literals:
        place = find_anchor(literal)
        behind = f"(?<={re.escape(literal[: place + 1])})" if place else ""
        branches.append((literal[place], behind + re.escape(literal[place + 1 :]) + rest))
    branches.sort(key=itemgetter(0))
    by_anchor = groupby(branches, key=itemgetter(0))
    # Each branch begins with a plain character: the scan skips to those.
    return "|".join(f"{re.escape(a)}(?:{'|'.join(rest for _, rest in group)})" for a, group in by_anchor)
