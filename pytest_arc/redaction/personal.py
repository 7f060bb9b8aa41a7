"""Numbers and addresses that belong to people: cards, IBANs, phone numbers, e-mail addresses.

Each kind is asked for more than its look, because reports are full of numbers: a card for its issuer and
the Luhn digit (ISO/IEC 7812-1), an IBAN for its country's length and check digits (ISO 13616), a phone
number for its country code or the North American way of writing it.
"""

from __future__ import annotations

import re

__all__ = ["is_card", "redact_personal"]

CARD, EMAIL, IBAN, PHONE = (
    f"[redacted {what}]" for what in ("card number", "e-mail", "IBAN", "phone number")
)

# Each begins with one character, or one small set of them, and looks back only then: what is searched has
# next to none of these, and a scan for a first character is fast.
_LONG_NUMBER = re.compile(
    r"[2-9][0-9][0-9](?:[0-9][ -]?[0-9]{4}|[.-][2-9][0-9]{2}[.-][0-9]{4})"
)  # what a card and a number without country code must have
_CARD = re.compile(
    r"[2-6](?:(?<![A-Za-z0-9.,+][2-6])|(?<=\\[bfnrt][2-6]))(?<![0-9]-[2-6])[0-9]{3}"
    r"(?:(?P<gap>[ -]?)[0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{4}|(?P<wide>[ -]?)[0-9]{6}(?P=wide)[0-9]{4,5})"
    r"(?![A-Za-z0-9]|[.,-][0-9])"
)
_NATIONAL = re.compile(
    r"[2-9](?:(?<![\w.,+-][2-9])|(?<=\\[bfnrt][2-9]))[0-9]{2}(?P<dash>[.-])[2-9][0-9]{2}(?P=dash)[0-9]{4}"
    r"(?![0-9A-Za-z]|[.,-][0-9])"
)
_BRACKETED = re.compile(r"\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4}(?![0-9A-Za-z]|[.,-][0-9])")
_INTERNATIONAL = re.compile(
    r"\+(?:(?<![A-Za-z0-9]\+)|(?<=\\[bfnrt]\+))[1-9][0-9]{0,2}+"
    r"(?:[ .-]?\([0-9]{1,4}\))?(?=(?P<rest>(?:[ ./-]?[0-9]){6,13}))(?P=rest)(?![A-Za-z0-9]|,[0-9])"
)  # as `{6,13}+` would, which Python 3.11.0 to 3.11.4 match wrongly (gh-106052)
_IBAN = re.compile(r"[A-Z][A-Z](?<![0-9A-Z][A-Z]{2})[0-9]{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?")
_ISSUERS = {
    14: re.compile("30[0-5]|3[689]"),
    15: re.compile("34|37"),
    16: re.compile("4|5[1-5]|2[2-7]|6011|6[245]|35"),
}
"""Digits -> how such numbers begin: Diners; American Express; Visa, Mastercard, Discover, UnionPay, JCB."""

_LENGTHS = {
    country[:2]: int(country[2:])
    for country in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28"
        " EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27"
        " JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18"
        " NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28"
        " TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
    ).split()
}
"""Country -> characters of its IBANs, by the registry of SWIFT."""

# A version is no domain (`finance-agent@v1.beta`, `logo@2x.png`), and neither is a file.
_DOMAIN = re.compile(
    r"@(?!v[0-9]|[0-9]+x?\.(?!(?:com|net|org|cn)\b))"
    r"(?:[^\W_](?:[^\W_]|-){0,62}\.){1,8}(?!(?:csv|gif|html|jpg|json|png|svg|toml|txt|ya?ml)\b)[^\W\d_]{2,24}(?![\w-])"
)
_LOCAL_PART = re.compile(r"[^\W_][\w.+%'-]{0,63}\Z")


def redact_personal(text: str) -> str:
    """Give `text` without them; the same object when there are none."""
    clean = _redact_emails(text) if "@" in text else text
    if _LONG_NUMBER.search(text):
        clean = _NATIONAL.sub(PHONE, _CARD.sub(_replace_card, clean))
    if _INTERNATIONAL.search(text):
        clean = _INTERNATIONAL.sub(_replace_phone, clean)
    if _BRACKETED.search(text):
        clean = _BRACKETED.sub(PHONE, clean)
    if _IBAN.search(text):
        clean = _IBAN.sub(_replace_iban, clean)
    return text if clean == text else clean


def is_card(digits: str) -> bool:
    """Whether these digits are the number of a payment card: by its issuer, and Luhn's check digit."""
    issuer = _ISSUERS.get(len(digits))
    if issuer is None or not issuer.match(digits):
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


def _replace_card(match: re.Match[str]) -> str:
    return CARD if is_card(re.sub("[ -]", "", match[0])) else match[0]


def _replace_iban(match: re.Match[str]) -> str:
    """Without the IBAN that the match begins with; capitals that follow it are kept."""
    text = match[0]
    length = _LENGTHS.get(text[:2], 0)
    ends = [end for end, character in enumerate(text, 1) if character != " "]
    if not length or len(ends) < length:
        return text
    iban, rest = text[: ends[length - 1]].replace(" ", ""), text[ends[length - 1] :]
    turned = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return text if rest[:1].isalnum() or int(turned) % 97 != 1 else IBAN + rest


def _replace_phone(match: re.Match[str]) -> str:
    """A phone number with its country code is not an amount with its sign."""
    text = match[0]
    groups = re.findall("[0-9]+", text)
    digits = sum(map(len, groups))
    by_thousands = len(groups) == 1 or all(len(group) == 3 for group in groups[1:])
    if text.count(".") == 1 or not (10 if by_thousands else 9) <= digits <= 15:
        return text
    return PHONE


def _redact_emails(text: str) -> str:
    pieces: list[str] = []
    done = 0
    for domain in _DOMAIN.finditer(text):
        local = _LOCAL_PART.search(text, max(done, domain.start() - 64), domain.start())
        start = _skip_escape(text, local.start()) if local else domain.start()
        if start < domain.start():
            pieces += text[done:start], EMAIL
            done = domain.end()
    return "".join([*pieces, text[done:]]) if pieces else text


def _skip_escape(text: str, start: int) -> int:
    """Leave the letter to a backslash that stands before it, as in JSON: the text stays JSON."""
    if start and text[start - 1] == "\\":
        return start + (5 if text[start] == "u" else 1)
    return start
