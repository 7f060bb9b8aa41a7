"""Words that say no: before an act, and after it."""

from __future__ import annotations

import re

from pytest_arc.providers.reference.vocabulary import LISTS
from pytest_arc.providers.reference.wording import compile_phrases

__all__ = [
    "DENIED",
    "FINITE",
    "GOOD",
    "NEGATORS",
    "NO_SUBJECTS",
    "ON_REQUEST",
    "REFUSING",
    "SAID_BAD",
    "SAID_GOOD",
    "STRONG",
    "WEAK",
    "WEAK_NEGATORS",
    "is_negated_after",
    "is_negated_before",
]

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

STRONG = compile_phrases(NEGATORS)
WEAK = compile_phrases(WEAK_NEGATORS)
REFUSING = compile_phrases(REFUSING_VERBS)
_NO_SUBJECT = compile_phrases(NO_SUBJECTS)
_COPULA = (
    r"(?:^| )(?:is|are|be|was|were|has|have|will|would|does|do|counts?|remains?|stays?|seems?"
    r"|need) (?:[\w-]+ ){0,4}?"
)
SAID_BAD = re.compile(_COPULA + compile_phrases(BAD).pattern)
SAID_GOOD = re.compile(_COPULA + compile_phrases(GOOD).pattern)
FINITE = re.compile(r"\b(?:is|are|must|should|will|has|have)\b")
DENIED = re.compile(
    r" (?:is|are|does|do|will|would) not$"
    r"| (?:(?:must|should|may|can|shall|will|need|ought)(?: \w+)? (?:not|never)|cannot|(?:is"
    r"|are) (?:not|never) to)"
    r"(?: ever| to)? (?:be |get )?(?!hidden|omitted|left|dropped|skipped|ignored|suppressed"
    r"|withheld|forgotten|missing"
    r"|lost|removed|stripped|avoided|concealed|neglected|overlooked|glossed|swept|be |differ|match|agree)\w+"
)
ON_REQUEST = compile_phrases(
    "only (ever) on/upon/as/when/if/at (USER) request/demand/asked/asks/wants/requests/requested/instructed/"
    "explicitly/last",
    LISTS,
)
_RELATIVE = re.compile(r"\b(?:that|which|who|nobody|what|whether)\b")


def is_negated_before(before: str) -> bool:
    """Whether an odd number of words that say no stand before the act, within reach."""
    no_subject = _NO_SUBJECT.match(before.lstrip())
    noes = 0
    for pattern, reach in ((STRONG, 9), (REFUSING, 6), (WEAK, 3)):
        noes += sum(_reaches(before[found.end() :], reach, pattern) for found in pattern.finditer(before))
        before = pattern.sub("-", before)
    if not noes and no_subject:
        noes = 1
    return noes % 2 == 1


def is_negated_after(after: str) -> bool:
    """Whether what is said of the act after it is a no: "guessing is not allowed"."""
    if DENIED.match(after.rstrip(" ,;:")) or ON_REQUEST.search(after):
        return True
    bad, good = SAID_BAD.search(after), SAID_GOOD.search(after)
    found = bad or (good if good and not _RELATIVE.search(after[: good.start()]) else None)
    if not found or len(after[: found.start()].split()) > 9:
        return False
    noes = len(re.findall(r"\b(?:not|never|no|hardly|nobody|neither)\b", after[: found.end()]))
    return bool(bad) ^ (noes % 2 == 1)


def _reaches(between: str, reach: int, pattern: re.Pattern[str]) -> bool:
    ends = pattern is not STRONG and FINITE.search(between) and "that " not in between
    return not ends and len(between.split()) <= reach
