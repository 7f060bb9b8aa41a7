"""Currencies in prose: codes, symbols and words."""

from __future__ import annotations

import re
from typing import NamedTuple


class Mention(NamedTuple):
    """One currency named in a text."""

    code: str
    """ISO 4217 code, such as "EUR"."""
    text: str
    """What was written, such as "euros"."""
    start: int
    end: int
    """Half-open character range: `text == source[start:end]`."""


# ISO 4217, active codes of currencies in circulation.
CODES = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD"
    " CAD CDF"
    " CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ"
    " GYD HKD"
    " HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD"
    " LSL LYD"
    " MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP"
    " PKR PLN"
    " PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND"
    " TOP TRY"
    " TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG".split()
)
# Capitals spell these English words and abbreviations far more often than the currencies.
_ALSO_WORDS = frozenset("ALL AMD ANG BAM BOB COP CUP GEL GIP MAD MOP PEN PHP RON SOS STN TOP TRY".split())
# Codes that no English word hides, so that "usd" and "Eur" can be read as well.
_ANY_CASE = frozenset("aud chf cny dkk eur gbp hkd inr jpy nzd pln sek sgd usd zar".split())

_SYMBOLS = {
    "$": "USD",
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "SG$": "SGD",
    "NT$": "TWD",
    "MX$": "MXN",
    "R$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "JP¥": "JPY",
    "CN¥": "CNY",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₺": "TRY",
    "₴": "UAH",
    "₫": "VND",
    "₪": "ILS",
    "₱": "PHP",
    "₦": "NGN",
    "฿": "THB",
}
_WORDS = {
    "dollar": "USD",
    "dollars": "USD",
    "bucks": "USD",
    "greenback": "USD",
    "greenbacks": "USD",
    "euro": "EUR",
    "euros": "EUR",
    "pounds": "GBP",
    "sterling": "GBP",
    "quid": "GBP",
    "yen": "JPY",
    "yuan": "CNY",
    "renminbi": "CNY",
    "rmb": "CNY",
    "francs": "CHF",
    "rupee": "INR",
    "rupees": "INR",
    "rs": "INR",
    "rouble": "RUB",
    "roubles": "RUB",
    "ruble": "RUB",
    "rubles": "RUB",
    "zloty": "PLN",
    "zlotys": "PLN",
    "zł": "PLN",
    "krona": "SEK",
    "kronor": "SEK",
    "koruna": "CZK",
    "forint": "HUF",
    "forints": "HUF",
    "shekel": "ILS",
    "shekels": "ILS",
    "lira": "TRY",
    "sfr": "CHF",
}
# (word before, word) -> code; the word alone would mean another currency, or none.
_QUALIFIED = {
    **{(country, noun): "USD" for country in ("us", "u.s.", "american") for noun in ("dollar", "dollars")},
    **{("canadian", noun): "CAD" for noun in ("dollar", "dollars")},
    **{("australian", noun): "AUD" for noun in ("dollar", "dollars")},
    **{("zealand", noun): "NZD" for noun in ("dollar", "dollars")},
    **{("kong", noun): "HKD" for noun in ("dollar", "dollars")},
    **{("singapore", noun): "SGD" for noun in ("dollar", "dollars")},
    **{("taiwan", noun): "TWD" for noun in ("dollar", "dollars")},
    **{(country, noun): "GBP" for country in ("british", "uk", "sterling") for noun in ("pound", "pounds")},
    ("pound", "sterling"): "GBP",
    ("pounds", "sterling"): "GBP",
    ("swiss", "franc"): "CHF",
    ("swiss", "francs"): "CHF",
    ("mexican", "peso"): "MXN",
    ("mexican", "pesos"): "MXN",
    ("korean", "won"): "KRW",
    ("african", "rand"): "ZAR",
    **{("danish", noun): "DKK" for noun in ("krone", "kroner")},
    **{("norwegian", noun): "NOK" for noun in ("krone", "kroner")},
}
# Everything that can matter, in lower case: most words of a text are passed over by one look-up.
_KNOWN = frozenset(
    {
        *map(str.lower, CODES),
        *map(str.lower, _SYMBOLS),
        *_WORDS,
        *(word for pair in _QUALIFIED for word in pair),
    }
)
# A symbol with the letters that may stand before it, or a word. Letters next to letters or "_" are part
# of something longer; digits may touch ("EUR500").
_TOKEN = re.compile(
    r"(?:(?<![^\W\d])(?:US|CA?|AU?|NZ|HK|SG?|NT|MX|R)?\$|(?<![^\W\d])(?:JP|CN)¥|[$€£¥₹₽₩₺₴₫₪₱₦฿])"
    r"|(?<![^\W\d])(?:U\.S\.|[^\W\d_]++(?![^\W\d]))"
)


def find_currencies(text: str) -> tuple[Mention, ...]:
    """Find the currencies `text` names, in order.

    * Symbols: "$" is USD, "¥" JPY; letters before it decide otherwise ("C$", "HK$", "CN¥").
    * Codes: capitals of ISO 4217. Codes that are English words too ("ALL", "TRY") count only beside a
      digit. Fifteen frequent codes are read in any case ("usd").
    * Words: "dollars" is USD, "pounds" GBP, "francs" CHF, unless the word before says which country's
      ("Canadian dollars"); a word that several countries share ("pesos", "kroner") needs that word.
    * A code inside an identifier ("ledger_EUR") is not a mention; each half of a pair ("EUR/USD") is.
    """
    mentions: list[Mention] = []
    before, before_start, before_end = "", 0, 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        lower = word.lower()
        if lower not in _KNOWN:
            continue
        start, end = token.span()
        qualified = _QUALIFIED.get((before, lower)) if start - before_end <= 1 else None
        code = qualified or _SYMBOLS.get(word) or _read_word(word, text, start, end)
        if qualified:
            start = before_start
            if mentions and mentions[-1].start >= start:
                mentions.pop()
        if code:
            mentions.append(Mention(code, text[start:end], start, end))
        before, before_start, before_end = lower, start, end
    return tuple(mentions)


def _read_word(word: str, text: str, start: int, end: int) -> str | None:
    if len(word) == 3:
        if word in CODES and (word not in _ALSO_WORDS or _touches_digit(text, start, end)):
            return word
        if word.lower() in _ANY_CASE:
            return word.upper()
    return _WORDS.get(word.lower())


def _touches_digit(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 2) : start].strip()[-1:].isdigit() or text[end : end + 2].strip()[:1].isdigit()
