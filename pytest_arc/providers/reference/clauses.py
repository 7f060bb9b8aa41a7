"""What a sentence orders, what it forbids, and what is only its condition."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal, NamedTuple

from pytest_arc.providers.reference.vocabulary import LISTS, search
from pytest_arc.providers.reference.wording import compile_phrases

__all__ = ["Clause", "Sentence"]

CONDITION_OPENERS = """
    if, when, whenever, where, wherever, while, because, since, although, though, in case, should no/it/
    user/data/sources/amounts/currency/information/call/tool/result/two/2/query/several/batch/figures/
    lookup/search/something/anything, once, as long as, so long as, even if/when/though, whoever, no
    matter, tempting as, whatever temptation, others may/might/can, you may/might think, unless, given that,
    whether or, provided that, for fear, lest, merely because, just because, in event, except, with
    exception of, barring, save for"""
LEADING_CONDITION_OPENERS = """
    should, where, with, on, for, in, at, after, upon, given, faced, absent, lacking, without, during,
    between, following, from, as, whichever, confronted, having, by"""
CONTRASTS = """
    instead of, rather than, in place of, in lieu of, as opposed to, as against, in preference to,
    preferable to, better than, sooner than, over and above"""
EXCEPTIONS = """
    until, till, before, without, prior to, ahead of, unless you/they (have/had/are), only once/after/when"""
NEGATORS = """
    do/does/did not, must/should/may/shall/will/can/need/would/ought/could not, cannot, need not, never,
    not to, are/is/be not (to/allowed/permitted/entitled/authorised/authorized/obliged/required/expected/
    supposed/meant/free/here/there) (to), ought/better not, not have to, not need to, under no
    circumstances, by no means, in no case/way/event, on no account, at no time/point, under no obligation,
    no need, no reason, no point, no use, no sense, no call, no room, no obligation, no longer, no
    business, not up to you, not necessary/needed/required/expected/supposed/allowed/permitted, not place/
    job/task/business, unnecessary, superfluous, wrong to, forbidden to, hardly, rarely, seldom, nor,
    neither, nobody may/can/should/must/needs, no user/reader, not once, no * to, you lack * to,
    nothing * you to, help/serve_ nobody to, free from, anything but, last thing, cannot afford to, little
    point, not case, not true, untrue, myth, misconception, far from, nobody wants/needs/expects/asks, no
    user wants"""
REFUSING_VERBS = """
    avoid_, refrain_ (from), stop from, quit, cease_, abstain_ from, steer_ clear, stay/keep_ away/clear/
    off (of/from), hold off from, think twice, forget_ (to/about), do away, dispense_ with, far from,
    give_ in, resist_ (urge/temptation), hesitat* (to), reluctant, slow, afraid, shy (about), fail_ to,
    omit_ to, neglect_ to, refuse to, decline to, beware, wary, guard_ against, shun_, eschew_, do
    without, skip_, leave_ out, hold_ back, shy_ away, worse than, keep_ from, shrink_ from, prevent_,
    have/has to ask/guess/wonder/search, talk/persuade_ you, fall_ short of"""
WEAK_NEGATORS = "no, not, nothing, none, without, zero, spare, cut out, hardly, minus, sans"
NO_SUBJECTS = "no, none, neither, nothing, nobody, not a/single/1/one/even, no single"
BAD = """
    forbidden, prohibited, unacceptable, superfluous, optional, pointless, useless, sin, off-limits, off
    limits, out of question, banned, unwelcome, unnecessary, is/are/would/be/as wrong, mistake+, taboo,
    discouraged, to be avoided, rejected, sent back, returned, discarded, incomplete, worthless, bug+,
    beyond, outside, above, error+, defect, fault, failure, bad practice/form/style/idea, frowned upon,
    misleading, dangerous, risky, dishonest, unwanted, undesirable, clutter, nonsense, meaningless, waste,
    inadmissible, impermissible, intolerable, ruled out, harmful, shut out, banished, disallowed, barred,
    resisted, harm, out of place, off table, verboten, poor form, poor practice, insufficient"""
GOOD = """
    allowed, permitted, acceptable, ok, okay, fine, wanted, option, needed, required, necessary, expected,
    supposed, called for, enough, right, correct, appropriate, welcome, mandatory, encouraged, will do,
    used, followed, applied, applicable, practice, used here, belong, belongs, happen, happens, occur,
    appear, suffice, job, part of job, part of task, business, concern, tolerated, desired, same as,
    equal, equivalent, identical, interchangeable, substitute, good, place, excuse, way, worth, use, go,
    due, sensible"""

Role = Literal["order", "condition", "contrast", "exception"]


class Clause(NamedTuple):
    """One clause: characters `start` to `end` of the sentence."""

    start: int
    end: int
    role: Role
    opener: int
    """Length of the words that make it an exception."""


_PARTICLES = ("just", "only", "even", "please")


class Sentence:
    """One sentence in the notation of `matters`, cut into clauses."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.clauses = _split(text)
        self._taken: list[tuple[int, int]] = []

    def find_clause(self, position: int) -> Clause:
        return next(clause for clause in reversed(self.clauses) if clause.start <= position)

    def is_taken(self, match: re.Match[str]) -> bool:
        """Whether another matter was settled by these words: a verb settles one matter only."""
        return any(start < match.end() and match.start() < end for start, end in self._taken)

    def take(self, match: re.Match[str]) -> None:
        self._taken.append(match.span())

    def weigh(self, match: re.Match[str], topics: Iterable[re.Pattern[str]]) -> int | None:
        """1 for an order, -1 for a prohibition, 0 where the sentence says neither, `None` where it says
        something of the act that is not understood.

        A "no" that belongs to the topic ("no records") forbids nothing.
        """
        clause = self.find_clause(match.start())
        if clause.role == "condition":
            return 0
        text = self.text
        for topic in topics:
            text = _mask(text, topic, match)
        if clause.role == "exception" and match.start() == clause.start:
            return -1  # "never ... without a source"
        end = self.find_clause(match.end() - 1).end  # "day before month" spans two clauses
        before, after = text[clause.start + clause.opener : match.start()], text[match.end() : end]
        if (
            _is_left_open(before)
            or _BY_OTHERS.match(after.lstrip())
            or (before.endswith("leave ") and after.startswith(" to "))
            or (before.endswith("only ") and self.clauses[-1].role == "condition")
        ):
            return 0
        orders = clause.role == "order"
        if orders and (_is_governed(before, match[0], after) or self._is_limited(match, before)):
            return None
        opens = clause.start == 0 or text.startswith("without", clause.start)
        if orders and opens and _is_judged(before, match[0], after, re.split("[,;:]", text[end:])[0]):
            return None
        denied = _is_negated_after(after)
        if not denied and _UNHEARD_NO.match(after):
            return 0
        on_request = _ON_REQUEST.match(self.text, match.end() + 1) is not None
        denied = denied or on_request or self._is_denied_at_end(clause, match.end())
        negated = _is_negated_before(before) ^ denied
        if clause.role == "contrast":
            return 0 if negated else -1
        if clause.role == "exception":
            return 0 if negated else 1
        if negated and _ALONE.match(after):
            return None  # "never say only one of them"
        return -1 if negated else 1

    def _is_limited(self, match: re.Match[str], before: str) -> bool:
        """Whether an "only" or a last "but not" takes most of it back: "may only be refused if ..."."""
        if _TAKEN_BACK.search(self.text) or _ONLY_BEFORE.search(before):
            return True
        end = match.end()
        return bool(_ONLY_AFTER.match(self.text, end)) and not _ON_REQUEST.search(self.text, end)

    def _is_denied_at_end(self, clause: Clause, end: int) -> bool:
        """Whether the sentence ends with a no: "assuming dollars because none is given is unacceptable"."""
        denied = _DENIED_AT_END.search(re.split("[,;:]", self.text[end:])[0].rstrip())
        named = _NAMED.match(self.text, clause.start) is not None
        return clause.role == "order" and named and denied is not None and _is_negated_after(denied[0])

    def orders_beside(self, matches: Iterable[re.Match[str]]) -> bool:
        """Whether another clause than theirs orders something: "never guess; see the ledger"."""
        held = [self.find_clause(match.start()) for match in matches]
        others = [clause for clause in self.clauses if clause.role == "order" and clause not in held]
        return any(self.text[clause.start : clause.end].strip() not in _PARTICLES for clause in others)

    def has_exception(self, position: int) -> bool:
        """Whether an "until", "before" or "without" takes back part of what is forbidden here."""
        after = [clause for clause in self.clauses if clause.start > position]
        return bool(after) and after[0].role == "exception"


def _mask(text: str, topic: re.Pattern[str], match: re.Match[str]) -> str:
    for found in topic.finditer(text):
        overlaps = found.start() < match.end() and match.start() < found.end()
        if not overlaps and found[0] != "without" and _NO.search(found[0]) and not _forbids(text, found):
            text = text[: found.start()] + re.sub(r"\S", "x", found[0]) + text[found.end() :]
    return text


def _forbids(text: str, found: re.Match[str]) -> bool:
    """ "No currency may be assumed" and "on no account" forbid; "no currency" alone does not."""
    idiom = text[: found.start()].endswith("on ")
    return found[0].startswith("no ") and (idiom or _MODAL.match(text, found.end()) is not None)


_MODAL = re.compile(r" (?:may|must|should|can|shall|is to|are to|ought)\b")
_NO = re.compile(r"\b(?:no|not|nothing|none|never|nobody|without|lack\w*|neither|cannot|unless)\b")

# ---- clauses -----------------------------------------------------------------------------------------

_OPENERS = compile_phrases(CONDITION_OPENERS)
_LEADERS = compile_phrases(LEADING_CONDITION_OPENERS)
_CONTRASTS = compile_phrases(CONTRASTS)
_EXCEPTIONS = compile_phrases(EXCEPTIONS)
_FORBIDS = compile_phrases(NEGATORS + "," + WEAK_NEGATORS + "," + NO_SUBJECTS)
_CUT = re.compile(
    rf"[,;:?()]+\s*|\s(?:but|yet|and instead|and rather|and (?=always|never)|and then|and just"
    rf"|and please|and (?=should|must|may|is to|are to|has to|do not|hence|therefore|thus))\s"
    rf"|\s(?=(?:{_OPENERS.pattern})|(?:{_CONTRASTS.pattern})|(?:{_EXCEPTIONS.pattern}))"
)


def _split(text: str) -> list[Clause]:
    cuts = [0, *(match.end() for match in _CUT.finditer(text)), len(text)]
    clauses: list[Clause] = []
    for start, end in pairwise(cuts):
        if start < end:
            clauses.append(_make_clause(text, start, end, clauses))
    if clauses and not text.endswith("?") and all(clause.role == "condition" for clause in clauses):
        return [clause._replace(role="order") for clause in clauses]
    return clauses or [Clause(0, len(text), "order", 0)]


def _make_clause(text: str, start: int, end: int, before: list[Clause]) -> Clause:
    role = _name_role(text, start, end, before)
    opener = _EXCEPTIONS.match(text, start, end) if role == "exception" else None
    return Clause(start, end, role, len(opener[0]) if opener else 0)


def _name_role(text: str, start: int, end: int, before: list[Clause]) -> Role:
    part = text[start:end]
    opens = not before or text[:start].rstrip().endswith((";", ":", "?"))
    if part.rstrip().endswith("?"):
        return "condition"
    if before and part.startswith(("which ", "who ", "whose ")):
        return "condition"
    if _CONTRASTS.match(part):
        return "contrast"
    if _EXCEPTIONS.match(part):
        return _name_exception(text, part, opens, before)
    if _OPENERS.match(part) or (opens and _LEADERS.match(part) and "," in text[end - 2 : end]):
        return "condition"
    if (
        before
        and before[-1].role == "condition"
        and re.match(r"or (?:if|when|is|are|the|has|cannot|not)\b", part)
    ):
        return "condition"
    return "order"


_ASIDE = re.compile(r"(?:if|when|where)\b")


def _name_exception(text: str, part: str, opens: bool, before: list[Clause]) -> Role:
    """ "Never ... until X" orders X; "... before X" is a condition; "... without X" forbids X."""
    if part.startswith("only "):
        return "exception"
    if opens and part.startswith("until") and _FORBIDS.search(text, text.find(part) + len(part)):
        return "exception"
    held = next((clause for clause in reversed(before) if not _ASIDE.match(text, clause.start)), None)
    if held and not opens and held.role == "order" and _FORBIDS.search(text, held.start, held.end):
        return "exception"
    contrasts = before and before[-1].role == "contrast"
    return "condition" if not part.startswith("without") else "contrast" if contrasts else "order"


# ---- negation ----------------------------------------------------------------------------------------

_STRONG = compile_phrases(NEGATORS)
_WEAK = compile_phrases(WEAK_NEGATORS)
_REFUSING = compile_phrases(REFUSING_VERBS)
_NO_SUBJECT = compile_phrases(NO_SUBJECTS)
_COPULA = (
    r"(?:^| )(?:is|are|be|was|were|has|have|will|would|does|do|counts?|remains?|stays?|seems?"
    r"|need) (?:[\w-]+ ){0,4}?"
)
_BAD = re.compile(_COPULA + compile_phrases(BAD).pattern)
_GOOD = re.compile(_COPULA + compile_phrases(GOOD).pattern)


def _is_negated_before(before: str) -> bool:
    """Whether an odd number of words that say no stand before the act, within reach."""
    no_subject = _NO_SUBJECT.match(before.lstrip())
    noes = 0
    for pattern, reach in ((_STRONG, 9), (_REFUSING, 6), (_WEAK, 3)):
        noes += sum(_reaches(before[found.end() :], reach, pattern) for found in pattern.finditer(before))
        before = pattern.sub("-", before)
    if not noes and no_subject:
        noes = 1
    return noes % 2 == 1


_FINITE = re.compile(r"\b(?:is|are|must|should|will|has|have)\b")
_DENIED = re.compile(
    r" (?:is|are|does|do|will|would) not$"
    r"| (?:(?:must|should|may|can|shall|will|need|ought)(?: \w+)? (?:not|never)|cannot|(?:is"
    r"|are) (?:not|never) to)"
    r"(?: ever| to)? (?:be |get )?(?!hidden|omitted|left|dropped|skipped|ignored|suppressed"
    r"|withheld|forgotten|missing"
    r"|lost|removed|stripped|avoided|concealed|neglected|overlooked|glossed|swept|be |differ|match|agree)\w+"
)
_ON_REQUEST = compile_phrases(
    "only (ever) on/upon/as/when/if/at (USER) request/demand/asked/asks/wants/requests/requested/instructed/"
    "explicitly/last",
    LISTS,
)
_DENIED_AT_END = re.compile(r" (?:is|are|was|has|does|will(?: not)? be|would be) (?:\w+ ){0,6}\w+$")
_RELATIVE = re.compile(r"\b(?:that|which|who|nobody|what|whether)\b")


def _reaches(between: str, reach: int, pattern: re.Pattern[str]) -> bool:
    ends = pattern is not _STRONG and _FINITE.search(between) and "that " not in between
    return not ends and len(between.split()) <= reach


def _is_negated_after(after: str) -> bool:
    """Whether what is said of the act after it is a no: "guessing is not allowed"."""
    if _DENIED.match(after.rstrip(" ,;:")) or _ON_REQUEST.search(after):
        return True
    bad, good = _BAD.search(after), _GOOD.search(after)
    found = bad or (good if good and not _RELATIVE.search(after[: good.start()]) else None)
    if not found or len(after[: found.start()].split()) > 9:
        return False
    noes = len(re.findall(r"\b(?:not|never|no|hardly|nobody|neither)\b", after[: found.end()]))
    return bool(bad) ^ (noes % 2 == 1)


# ---- doubt -------------------------------------------------------------------------------------------

_LEFT_OPEN = search("whether, in/into/to/by/from/with which/what, let/have/having/get USER")
_UNHEARD_NO = re.compile(
    r"(?: (?!(?:that|which|who|what|nobody|nothing|none|you|they|user|was|were|or|and|nor)\b)[\w'-]+){0,9}?"
    r" (?:not|never|no|cannot|neither|hardly|nowhere)\b"
)
_GOVERNED = re.compile(
    r"\b(?:do not|never|(?:must|should|may) not|cannot|not to)(?: be| get)? ((?!be\b)\w+)(?: \w+){0,3}"
    r" (?:to|about|from|against|of)(?: \w+)? $"
)
_GOVERNED_GERUND = re.compile(
    r"(?<![\w'-])([\w'-]+(?: (?:in|about|from|of|to|into|on|against|for|with))?) (?:(?:you|us|me) )?"
    r"(?!(?:no|any|every|some)thing|during|missing|bring|ring|string|failing|clarifying|underlying|lacking"
    r"|covering|bookkeeping|accounting|having|wondering|wording)[\w-]+ing (?!and\b)(?=\w)"
)
_TAKES_GERUND = re.compile(
    r"-|cur_|(?:always|and|are|be|been|by|bother|free to|insist on|is|keep|means?|or|recommend|start|when"
    r"|worth)$"
)
_MEANS_THE_ACT = compile_phrases("""
    try, attempt, bother, want, like, tempted, ever, go, agree, offer, choose, decide, rush, start, begin,
    think, insist, need, have, allow*, ask, burden, trouble, pester, come, annoy, give, right, wrong, round,
    convert, report, show, write, put, treat, read, add, take, turn, express""")
_SAID_OF_IT = re.compile(
    r"\b(?:it|there) (?:is|(?:would|will|may|can) be|seems?|feels?) ((?:[\w'-]+ ){1,4}?)(?:not )?to"
    r" (?:[\w'-]+ ){0,3}$"
)
_ENDORSED = compile_phrases(
    GOOD + ", best, better, wise, safe, important, essential, vital, crucial, advisable, preferable, policy,"
    "rule, duty, up, reason"
)
_SUBJECT_OF = re.compile(
    r"(?: (?!(?:what|which|who|whether|that|there|you|it|they)\b)[\w'-]+){0,5}? (?:is|are|(?:would|will) be"
    r"|makes?|serves?|costs?|leads?|causes?|helps?|takes?|brings?|does|has) (?!\w+ed\b)(?=\w)"
)
_GERUND = re.compile(r"(?!nothing|anything|everything|something|during|missing|existing|bring|ring)\w+ing\b")
_NAMED = re.compile(
    rf"(?:not )?{_GERUND.pattern}|(?:temptation|urge|impulse|habit|idea) |whoever "
    r"|(?:agents?|any(?:one|body)|answers?|people|those|reports?) (?:that|who) "
)
_TAKEN_BACK = re.compile(
    r"[,;:] (?:(?:so|but|just|please|and) )*(?:do|must|should|need|may|never)(?: not)?$"
    r"|\b(?:but|yet|though) (?:[\w']+ ){0,4}not(?: (?:by|for) you)?$"
)
_ONLY_BEFORE = re.compile(r"\b(?:may|can|is|are) only (?:to )?(?:be )?$|^only (?:[\w-]+ ){1,3}would ")
_ONLY_AFTER = re.compile(
    r"(?: \w+){0,3} only (?:be|allowed|permitted|acceptable|if|when|in|where|on|as|after|with)\b"
)
_ALONE = re.compile(r" (?:only|just|merely|simply)\b(?! (?:on|upon|as|when|if))")
_BY_OTHERS = search("by USER/others/somebody/someone")
_AGAINST = re.compile(r"\b(?:against|from)(?: \w+ing)? $")
_EVALUATED = re.compile(
    r"((?:\w+ ){1,3}?)(?:thing|option|idea|course|move|response|reaction|way|resort|mistake)\b"
    r"(?: [\w-]+){0,9}? (?:is|(?:would|will) be)(?: to)? $"
)
_SUBORDINATE = re.compile(r"\b(?:never|what|whatever|which|who|whether|that|there|is|are)\b")


def _is_left_open(before: str) -> bool:
    """Whether the act is somebody else's choice ("let the user pick", "ask whether to"), or a word that says
    no stands so far before it that it may or may not mean it."""
    distances = [
        len(before[found.end() :].split())
        for pattern in (_STRONG, _REFUSING)
        for found in pattern.finditer(before)
    ]
    return _LEFT_OPEN.search(before) is not None or (bool(distances) and min(distances) > 9)


def _is_governed(before: str, act: str, after: str) -> bool:
    """Whether the act hangs on an unknown word: "never tire of asking", "it is rash to guess"."""
    noes_masked = _WEAK.sub("-", _REFUSING.sub("-", _STRONG.sub("-", before)))
    for found in _GOVERNED_GERUND.finditer(f"{noes_masked}{act}{after}"):
        if found.end() <= len(noes_masked) + len(act) + 1 and not _TAKES_GERUND.match(found[1]):
            return True  # "we frown on rounding"
    if _REFUSING.search(before):
        return False
    if _AGAINST.search(before) or ((said := _EVALUATED.search(before)) and not _ENDORSED.search(said[1])):
        return True
    denied, said = _GOVERNED.search(before), _SAID_OF_IT.search(before)
    return (denied is not None and not _MEANS_THE_ACT.match(denied[1])) or (
        said is not None and not _ENDORSED.search(said[1]) and not _STRONG.search(before[: said.end(1)])
    )


def _is_judged(before: str, act: str, after: str, beyond: str) -> bool:
    """Whether the act is the subject of a predicate that is not understood: "rounding is a luxury"."""
    named = _NAMED.match(before + act) and not _FINITE.search(before + act)
    if not named and (len(before.removeprefix("to ").split()) > 1 or _SUBORDINATE.search(before + act)):
        return False
    if named and _OPENERS.match(beyond):
        after += beyond  # "asking when a period is missing is a nuisance"
    understood = (_BAD.search(after), _GOOD.search(after), _DENIED.match(after.rstrip(" ,;:")))
    is_subject = _SUBJECT_OF.match(after) or (named and len(after.split()) > 1)
    return bool(is_subject) and not any(understood)
