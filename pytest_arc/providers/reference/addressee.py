"""Whom a sentence speaks to, whether it still holds, and how firmly it is meant."""

from __future__ import annotations

import re
from typing import Literal

from pytest_arc.providers.reference.vocabulary import search

__all__ = ["drop_withdrawn", "is_about_others", "read_strength"]

_OTHERS_DUTIES = """
    not yours, not you, not this agent, not assistant, not job to, not for you to chase, lie+ outside
    duties, outside duties, is handled/done by, handled by, taken care of by, no
    concern of yours, dealt with by, is/are ... team/desk/department/office/group job/task/duty/business,
    duty not, procurement/finance/audit/treasury does that"""
_WITHDRAWN = """
    withdrawn, revoked, scrapped, been cancelled/removed/dropped/relaxed, rescinded, repealed, abolished,
    been lifted/dropped/scrapped, no longer apply+/holds/valid/force, used to, obsolete, lapsed,
    discontinued, were told/asked/taught/trained/instructed to, no longer is"""
_FOREIGN = """
    accountant+, auditor+, customers, supplier+, users, clients, colleagues, manager+, team+, department+,
    bank+, controllers, staff, people, employee+, vendors, reviewers, erp, company, firm, office+,
    travellers, board, cfo, subsidiary+, branch+, committee, regulator+, importer+, treasury, humans,
    bookkeeper+, tool returns/reads/gives/accepts/takes/offers/has, group, assistant before you, analyst+,
    head office, partners, director+, approvers, warehouse, shareholders, model was, contractor+, law,
    standards, website, app, screen, dashboard, invoices come/arrive/were/get, insurer, insurers, revenue,
    platform, portal, desk, court, landlord, trader+, dealer+, shop, factory, fund, government, authority,
    authorities"""
_FACTS = """
    be_ documented/published/known/filed/stored/located/discussed/described/archived/collected/calibrated/
    closed/audited/reviewed/scheduled/hosted/maintained/owned/taught/printed/celebrated/served in/on/by/
    to/at/from/for/every/each/quarterly/monthly/weekly/yearly, 1 of tools"""
_PAST = """
    in 19*/20*, since 19*/20*, was, were, had, used to, did, has/have been, last year/week/month/quarter/
    spring/autumn/summer/winter, previously, in past, historically, yesterday, formerly, introduced,
    founded, took, wrote, gave, failed N times, moved, decided, adopted, complained, started, switched"""
_ORDERS = """
    TELL, ASK, use, take, read, look, give, name, list, keep, do, make, treat, round, show, convert, add,
    answer, try, leave, put, write, include, refuse, decline, check, go, assume, stick, report"""
_SOFT = """
    should, prefer*, ideally, try to, where/when/if/wherever possible, usually, normally, generally,
    please, recommended, better, may, can, feel free, best, might, would, as rule, by default, need not,
    no need, not need/have to, welcome, encouraged"""
_HARD = """
    must, always, never, under no circumstances, required, mandatory, shall, have to, without exception,
    strictly, cannot, forbidden, in any/every/all case+, ensure, make sure, prohibited, every time, at all
    times, in no case"""

_OPENING = re.compile(
    r"^(?:if|when|whenever|where|unless|while|once|should|in case|for|as|with|because|since|given|although"
    r"|wherever|before|after|in|on|at)\b[^,]*, "
)
_LATER_ORDER = re.compile(
    r"[;,:] (?:so |then |please |(?:and |just )?(?:you (?:should|must|may|can) )?"
    rf"(?:{search(_ORDERS).pattern}))"
)
_FOREIGN_SUBJECT = re.compile(
    r"^(?:(?!(?:you|we|it|always|never|not|no|if|any|each|every)\b)[\w'-]+ ){0,3}?"
    rf"{search(_FOREIGN).pattern} (?!to\b|that\b|who\b|which\b)(?:\w+ly )?"
    r"(?!(?:must|should|has to|have to|is to|are to|needs? to|ought to|deserves?|decides?|settles?|knows?"
    r"|chooses?|may)\b)"
)
_IN_THE_PAST = re.compile(
    r"^(?:[\w'-]+ ){0,5}?(?<!whichever )(?<!what )(?<!that )(?<!which )(?<!you )(?<!not )"
    rf"{search(_PAST).pattern}"
)
_TO_THE_READER = re.compile(r"\b(?:you|your|always|never|must|should|do not|please|only|just|exactly)\b")


def drop_withdrawn(text: str) -> str:
    """What is left beside a rule that no longer holds."""
    withdrawn = search(_WITHDRAWN)
    if not withdrawn.search(text):
        return text
    return "; ".join(part for part in re.split(r"[;:] ", text) if not withdrawn.search(part))


def is_about_others(text: str) -> bool:
    """Whether the sentence tells what somebody else does, or what was once done."""
    if search(_OTHERS_DUTIES).search(text):
        return True
    main = _OPENING.sub("", text)
    if _LATER_ORDER.search(main):
        return False
    if _FOREIGN_SUBJECT.search(main):
        return True
    if _TO_THE_READER.search(main):
        return False
    if search(_FACTS).search(main):
        return True
    return _IN_THE_PAST.search(main) is not None and not search(_ORDERS).match(main)


def read_strength(text: str) -> Literal["must", "should"]:
    """`should` where the sentence leaves room and no word takes it back."""
    return "should" if search(_SOFT).search(text) and not search(_HARD).search(text) else "must"
