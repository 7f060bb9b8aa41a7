"""A sentence of a prompt in the spelling that the lists of `matters` are written in."""

from __future__ import annotations

import re

from pytest_arc.language.currencies import find_currencies

__all__ = ["normalise"]

_CONTRACTIONS = (
    ("won't", "will not"),
    ("can't", "cannot"),
    ("shan't", "shall not"),
    ("n't", " not"),
    ("'re ", " are "),
    ("'ll ", " will "),
    ("'d ", " would "),
    ("'ve ", " have "),
    ("it's ", "it is "),
    ("there's ", "there is "),
    ("that's ", "that is "),
    ("what's ", "what is "),
    ("who's ", "who is "),
    ("let's ", "let us "),
    ("isnt", "is not"),
)
_NUMBERS = "zero one two three four five six seven eight nine ten".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_COUNTS = {name: str(n) for n, name in enumerate(_NUMBERS)} | {
    "once": "1 time",
    "twice": "2 times",
    "thrice": "3 times",
    "nil": "0",
    "nought": "0",
    "zeros": "0",
    "zeroes": "0",
    "naught": "0",
}
_ORDINAL_DAYS = {name: f"{n}th" for n, name in enumerate(_ORDINALS, 1)}
_MONTH = (
    r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember"
    r"|ober|ember)?"
)
_WRITTEN_DATE = re.compile(
    rf"\b(?:(?P<day>\d\d?)(?:st|nd|rd|th)? (?:of )?{_MONTH}"
    rf"|{_MONTH.replace('month', 'month2')} (?P<day2>\d\d?)(?:st|nd|rd|th)?)\b"
)
_LITERAL_DATE = re.compile(r"\b(\d\d?)(?:/\d\d?(?:/\d\d(?:\d\d)?)?|\.\d\d?\.\d\d(?:\d\d)?)\b")
# What looks like a negation and is none, or the other way about.
_REWRITES = (
    (r"^(?:no|without) (\w+)[,:;] no (\w+)$", r"no \2 without \1"),
    (r"\bno[ -]one\b", "nobody"),
    (r"\byyyy[/.-]mm[/.-]dd\b|\b(?:19|20)\d\d-[01]\d-[0-3]\d\b", "isodate"),
    (r"\bd ?d ?[/.-] ?m ?m\b(?:[/.-] ?yy\w*)?", "ddmm"),
    (r"\bm ?m ?[/.-] ?d ?d\b(?:[/.-] ?yy\w*)?", "mmdd"),
    (r"\byear,? ?-?(?:then )?month,? ?-?(?:and |then )?day\b", "yearmonthday"),
    (r"\bd/m(?:/y+)?\b", "ddmm"),
    (r"\bm/d(?:/y+)?\b", "mmdd"),
    (r"\b\d[\d,.]*(?: ?(?:k|m|million|thousand))? cur_[a-z]{3}\b", "some money"),
    (r"\bcur_[a-z]{3} \d[\d,.]*", "unitamount"),
    (
        r"\b(?:currency|money|unit) (?:codes?|symbols?|signs?|names?|labels?|markers?"
        r"|abbreviations?|suffix\w*|prefix\w*)\b|\bcur_[a-z]{3} (?:signs?|symbols?)\b",
        "unitmark",
    ),
    (r"\bwithout (?=(?:currency|denomination|unit|unitmark) (?:as|to be|in|means?)\b)", "lacking "),
    (r"\bday[/-]month(?:[/-]year)?\b", "daymonth"),
    (r"\bmonth[/-]day(?:[/-]year)?\b", "monthday"),
    (
        r"\bday,? (?:and )?then month\b|\bday, month,? (?:and |then )?(?:the )?year\b|\bday, month\b",
        "daymonth",
    ),
    (r"\bmonth,? (?:and )?then day\b|\bmonth, day,? (?:and |then )?year\b|\bmonth, day\b", "monthday"),
    (r"\bstop (?=\w+ing\b)", "avoid "),
    (r"\bwhere (?=[^,;]*\b(?:from|taken|found|read|stems|originates?|got|obtained|looked)\b)", "whence "),
    (
        r"\b(?:if|when|whenever|where) you (?:\w+ )?(?:notice|spot|see|come across"
        r"|find) (?:something|anything)\b",
        "add extra remarks",
    ),
    (r"\b(\w{3,})'s (?=\w)", r"\1 "),
    (r" =+ ", " means "),
    (r"\bout of question\b", "forbidden"),
    (r"\bday of month\b", "day"),
    (r"\bit (?:is|would be) (?:\w+ )?preferable to\b", "ideally"),
    (r"\banything (?:more \w+|finer|beyond|past)(?: than)? (\d+ \w+)[^,;]*", r"at limit \1"),
    (r"\banything but\b", "never"),
    (
        r"\b(?:do not|never|must not|should not|no|not|may not) ((?:[^,;]*? )?)(?:(?:more|fewer"
        r"|less) than|go beyond|exceed) (?=\d)",
        r"\1at limit ",
    ),
    (r"\b(?:do not|never) (?:fail|omit|neglect|forget) to ", "always "),
    (r"\bcannot ([^,;]*?) too (?:often|much|many|early|soon|frequently|carefully)\b", r"always \1"),
    (r"^(?:we|i) (?:ask|urge|beg|want|expect|advise|request) you (not to|never to)? ?(?:to )?", r"\1 "),
    (
        r"\b(do not|never|must not|should not|may not|cannot|need not|must|should)(?: ever)?, [^,;]{1,60}, ",
        r"\1 ",
    ),
    (
        r", (?:under any circumstances?|ever|however|in any case|for any reason|on any account"
        r"|please|of course)\b,?",
        "",
    ),
    (
        r"\b(?:it is |that is |there is )?(?:never|not|no) (?:(?:wrong|mistake|forbidden|sin|problem|bad|rude"
        r"|shame)(?: for you)? (?:to|in)|alternative to|substitute for|(?:getting|way) (?:round|around)) ",
        "always ",
    ),
    (
        r"\b(?:there is )?(?:no harm in|nothing wrong with|nobody (?:will |would )?(?:minds?|objects? to)"
        r"|no objection to|nothing against) ",
        "feel free to ",
    ),
    (r"\bno (\w+) is too \w+ to (?:be )?(\w+)", r"always \2 \1"),
    (r"\b(do not|never) (?:just|simply|merely|only) ", "never "),
    (r"(?<!do )(?<!does )\bnot (?:only|just|merely|simply) ", "beside "),
    (
        r"\bunless (?:it is |they are |something is )?(?:otherwise )?(?:stated|told"
        r"|specified)(?: otherwise)?",
        "by default",
    ),
    (
        r"\b(?:it is |would be |is )?(?:always |much |far )?(?:(?:better|safer|wiser|preferable)(?: for you)?"
        r"(?: to)?|(?:more \w+|\w+er) to) ([^,;]+?) than (?:to )?",
        r"\1 instead of ",
    ),
    (
        r"\b(?:i would |we would |you would )?(?:rather|sooner) (?!than)([^,;]+?) than (?:to )?",
        r"\1 instead of ",
    ),
    (r"\bprefer ([\w ]+?) (?:over|to) ", r"\1 instead of "),
    (
        r"\b([\w ]+?) (?:is (?:always |far |much )?better than|beats|takes precedence over) ",
        r"\1 instead of ",
    ),
    (r"\b([\w ]+?) is (?:always |far |much )?worse than ([\w ]+)", r"\2 instead of \1"),
    (r"\b(\w+), (\w+),? (or|nor) (?=\w)", r"\1 or \2 or "),
    (r"\b(?:do not|never) let [^,;]*? (?:stop|keep|prevent|hold|deter) you (?:back )?from ", "always "),
)


def normalise(sentence: str) -> str:
    """Lower case without articles; contractions, counts and dates written out; currencies as `cur_eur`."""
    text = sentence.replace("\u2019", "'")
    for mention in reversed(find_currencies(text)):
        text = f"{text[: mention.start]} cur_{mention.code.lower()} {text[mention.end :]}"
    text = re.sub(r"[*`#\"\u201c\u201d\u201e]|(?<!cur)_(?=\s|$)", " ", text.lower()) + " "
    for short, long in _CONTRACTIONS:
        text = text.replace(short, long)
    text = re.sub(r" - | \u2013 |\u2014|\u2013", " ; ", text)
    text = re.sub(r"\b(?:the|a|an|its|their|your|our|my)\b(?! (?:few|couple))\s", "", text)
    text = re.sub(r"[a-z]+", lambda word: _COUNTS.get(word[0], word[0]), text)
    text = re.sub(r"\s+(?=[,;:.?!)])", "", " ".join(text.split())).rstrip(".!")
    text = _read_dates(text)
    for pattern, replacement in _REWRITES:
        text = re.sub(pattern, replacement, text)
    return " ".join(text.split())


def _read_dates(text: str) -> str:
    """Write what a literal date is said to be ("04/05/2026 is the fourth of May") as `dayfirstdate`."""
    literal = _LITERAL_DATE.search(text)
    if not literal:
        return text
    first = int(literal[1])
    text = re.sub(r"\b(" + "|".join(_ORDINALS) + r")\b", lambda found: _ORDINAL_DAYS[found[1]], text)

    def name(date: re.Match[str]) -> str:
        day = int(date["day"] or date["day2"])
        return "dayfirstdate" if day == first else "monthfirstdate"

    text = _WRITTEN_DATE.sub(name, text)
    return _LITERAL_DATE.sub("slashdate", text)
