"""What a question is about, by word stems and a table of synonyms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pytest_arc.language.currencies import Mention, find_currencies
from pytest_arc.language.dates import find_dates
from pytest_arc.language.questions import Question, find_questions

# A topic is also asked about in these words; several words must follow one another.
_SYNONYMS = {
    "account": ("iban", "bank details", "sort code"),
    "amount": ("how much", "sum", "value", "total", "price", "figure"),
    "approval": (
        *("approve", "permission", "permit", "authorise", "authorisation", "sign off", "signoff", "consent"),
        *("go ahead", "green light", "proceed", "okay to", "ok to", "clearance", "allowed"),
    ),
    "bill": ("invoice",),
    "company": ("entity", "firm", "subsidiary"),
    "confirmation": ("confirm", "correct", "right"),
    "count": ("how many", "number of"),
    "currency": ("denominate", "denomination", "monetary unit", "unit of money"),
    "customer": ("client", "buyer"),
    "date": ("day", "when"),
    "deadline": ("due", "by when", "when"),
    "department": ("team", "division", "cost centre", "cost center"),
    "file": ("document", "attachment", "spreadsheet", "workbook"),
    "format": ("layout",),
    "invoice": ("bill",),
    "location": ("where", "place"),
    "period": (
        "quarter",
        "month",
        "year",
        "week",
        "timeframe",
        "time frame",
        "time span",
        "date range",
        "dates",
    ),
    "person": ("who", "whom", "whose"),
    "quantity": ("how many", "number of", "how much"),
    "range": ("from when", "how far"),
    "reason": ("why", "explain", "justification"),
    "recipient": ("who", "whom", "payee", "beneficiary", "addressee"),
    "report": ("statement",),
    "supplier": ("vendor", "seller"),
    "time": ("when", "what hour"),
    "unit": ("thousands or millions", "denominate"),
    "vendor": ("supplier", "seller"),
}
_LITTLE = frozenset(
    "a about an and any are as at be by do does for from how i if in is it its me my of on or our should"
    " that the their"
    " these they this those to was we were what which whether with would you your use exact specific".split()
)
_ASKING_WORDS = frozenset({"when", "who", "whom", "whose", "where", "why"})
# "when" asks after these; elsewhere it joins clauses ("which rate applies when I convert").
_BEFORE_ASKING = frozenset(
    "know me us confirm clarify specify say state advise by since until from and or is for to with please"
    " indicate".split()
)
# Longest first.
_SUFFIXES = (
    *(
        "isations",
        "isation",
        "ations",
        "ation",
        "ments",
        "ment",
        "ings",
        "ing",
        "als",
        "al",
        "ed",
        "es",
        "ly",
    ),
    *("er", "or", "e", "s", "y"),
)
_WORD = re.compile(r"[^\W_]+")
_IN_CURRENCY = re.compile(
    r"\b(?:in|as|to|into|be|are|is|use|using|assume|all|mean|means)(?: (?:the|US|U\.S\.))? $", re.IGNORECASE
)
_YES_NO = re.compile(
    r"\W{0,4}(?:so,? |but,? |and,? )?(?:are|is|were|was|am|do|does|should|shall|can I|may I|have|has)\b"
    r"|.{0,80}?"
    r"\b(?:whether|if|confirm that)\b",
    re.IGNORECASE,
)


def asks_about(text: str, topic: str) -> bool:
    """Tell whether a question in `text` is about `topic`, a word or phrase ("currency", "invoice number").

    Every content word of the topic must occur in what one question asks for (`Question.asked`, and the
    sentence before where the question only points back to it). Words are compared by stem ("currencies",
    "approved" ~ "approval") and by the table of synonyms above. Words such as "when" and "who" count where
    they ask, not where they join clauses. Besides:

    * "currency" is asked about by naming two currencies ("USD or EUR", "dollars or euros"), or one in a
      yes-no question about how to read or write amounts ("are these in USD?");
    * "date" is asked about by naming two dates, or one that could be read in two ways.

    It is a rule about words: a question that mentions a topic in passing counts as being about it.
    Raises ValueError for a topic without a content word.
    """
    wanted = _read_topic(topic)
    return any(_covers(question, wanted) for question in find_questions(text))


@lru_cache(maxsize=256)
def _read_topic(topic: str) -> tuple[str, ...]:
    words = [word for word in _WORD.findall(topic.lower()) if word not in _LITTLE]
    if not words:
        raise ValueError(f"the topic {topic!r} has no word to look for")
    return tuple(words)


def _covers(question: Question, wanted: Sequence[str]) -> bool:
    text = f"{question.context} {question.asked}"
    stems = _stem_words(text)
    return all(_mentions(word, stems) or _implies(word, question, text) for word in wanted)


def _mentions(word: str, stems: Sequence[str]) -> bool:
    return any(_occurs(phrase, stems) for phrase in _list_phrases(word))


@lru_cache(maxsize=256)
def _list_phrases(word: str) -> tuple[tuple[str, ...], ...]:
    stem = make_stem(word)
    own = next((phrases for head, phrases in _SYNONYMS.items() if make_stem(head) == stem), ())
    return ((stem,), *(tuple(map(make_stem, phrase.split())) for phrase in own))


def _occurs(phrase: Sequence[str], stems: Sequence[str]) -> bool:
    first, width = phrase[0], len(phrase)
    for index, stem in enumerate(stems):
        if stem == first and tuple(stems[index : index + width]) == tuple(phrase):
            joins = first in _ASKING_WORDS and index > 1 and stems[index - 1] not in _BEFORE_ASKING
            if not joins:
                return True
    return False


def _implies(word: str, question: Question, text: str) -> bool:
    stem = make_stem(word)
    if stem == make_stem("currency"):
        return _weighs_currencies(question, text)
    if stem == make_stem("date"):
        dates = find_dates(text)
        return len(dates) > 1 or any(date.ambiguous for date in dates)
    return False


def _weighs_currencies(question: Question, text: str) -> bool:
    bare = [mention for mention in find_currencies(text) if not _has_amount(text, mention)]
    if len({mention.code for mention in bare}) > 1:
        return True
    if not _YES_NO.match(question.asked):
        return False
    return any(_IN_CURRENCY.search(text[max(0, mention.start - 16) : mention.start]) for mention in bare)


def _has_amount(text: str, mention: Mention) -> bool:
    before, after = text[max(0, mention.start - 2) : mention.start], text[mention.end : mention.end + 2]
    return before.strip()[-1:].isdigit() or after.strip()[:1].isdigit()


def _stem_words(text: str) -> list[str]:
    return [
        make_stem(word) for word in _WORD.findall(text.lower().replace("\u2019", "'").replace("'s ", " "))
    ]


@lru_cache(maxsize=4096)
def make_stem(word: str) -> str:
    """Cut a lower-case English word to a stem of at least four letters that its inflections share.

    Plurals, "-ed", "-ing", "-al", "-ment" and "-ation" go, "z" of "-ize" becomes "s": "currencies" and
    "currency", "approve" and "approval", "authorized" and "authorisation" agree. Much lighter than Porter's.
    """
    if word.endswith("ies") and len(word) > 5:
        return word[:-3]
    word = word.replace("iz", "is")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= (3 if suffix in ("e", "s") else 4):
            if suffix.startswith("is"):
                return word[: -len(suffix)] + "is"
            return _trim(word[: -len(suffix)])
    return word


def _trim(stem: str) -> str:
    """Take off what a second suffix leaves: "denominat" and "denomin", "authoris" and "authoris"."""
    if stem.endswith("at") and len(stem) > 6:
        stem = stem[:-2]
    return stem[:-1] if stem.endswith("e") and len(stem) > 4 else stem
