"""Does a text contain a phrase, whatever its typography?"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", None),
    }
)
_WHITESPACE = re.compile(r"\s+")


def normalise_text(text: str, *, ignore_case: bool = True) -> str:
    """Give `text` in the one spelling in which texts are compared.

    Unicode form NFKC (so a non-breaking space is a space and a full-width "EUR" is "EUR"); curly quotes
    become straight ones, every dash and minus a hyphen; zero-width characters and soft hyphens go;
    runs of white space become one space, none at the ends; case is folded unless `ignore_case` is false.
    """
    if not text.isascii():
        # Before NFKC, which would turn an acute accent used as an apostrophe into a space and an accent.
        text = unicodedata.normalize("NFKC", text.translate(_LOOK_ALIKES)).translate(_LOOK_ALIKES)
    text = " ".join(text.split()) if text.isascii() else _WHITESPACE.sub(" ", text).strip()
    if not ignore_case:
        return text
    # Folding can leave composed letters decomposed; the second pass makes the result stable.
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text.casefold())


def contains_text(haystack: str, needle: str, *, ignore_case: bool = True) -> bool:
    """Tell whether `needle` occurs in `haystack`, both spelled as by `normalise_text`.

    An end of the needle that is a letter or digit must fall on a word boundary: "EUR" is found in
    "EUR 5", "EUR5" is not searched inside "EUR55", and "EUR" is not found in "Europe" or "EUR5". An end
    that is anything else ("$", "12 %") may stand next to any character.

    Raises ValueError for a needle without a visible character: a check for nothing could never fail.
    """
    wanted = _normalise_needle(needle, ignore_case=ignore_case)
    if not wanted:
        raise ValueError("the text to look for is empty")
    text = normalise_text(haystack, ignore_case=ignore_case)
    start = text.find(wanted)
    while start >= 0:
        if _is_whole(text, start, start + len(wanted)):
            return True
        start = text.find(wanted, start + 1)
    return False


# The same few are looked for in every trial.
_normalise_needle = lru_cache(maxsize=1024)(normalise_text)


def _is_whole(text: str, start: int, end: int) -> bool:
    cuts_left = start > 0 and text[start].isalnum() and text[start - 1].isalnum()
    cuts_right = end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return not (cuts_left or cuts_right)
