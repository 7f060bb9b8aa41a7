"""Sentences that ask the other party for something the speaker needs."""

from __future__ import annotations

import re
from typing import NamedTuple

from pytest_arc.language.sentences import Sentence, blank_quotations, split_sentences


class Question(NamedTuple):
    """One sentence that asks the other party for information or a decision."""

    text: str
    start: int
    end: int
    """Half-open character range: `text == source[start:end]`."""
    asked: str
    """The part that says what is asked for: the text without clauses of purpose and reason."""
    context: str
    """The sentence before, for questions that only point back ("Which one should I use?"); else ""."""


def _compile(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


# All patterns are for text in lower case: matching without regard to case compiles and runs slower.
_WH = r"(?:which|what|whether|how|when|where|who|whom|whose|why)"
_TELL = (
    r"(?:tell me|tell us|let me know|let us know|confirm|clarify|specify|provide|supply|send|share|give"
    r"|advise"
    r"|state|indicate|choose|select|pick|name|identify|upload|attach|enter|explain|describe|verify|reply"
    r"|respond"
    r"|answer|say|point me to|remind me|elaborate)"
)
_OPENING = r"^(?:(?:so|first|also|then|and|but|just|next),? )?"
# Requests, which need no question mark.
_REQUESTS = _compile(
    rf"\b(?:please|kindly)(?: (?:also|first|just|either|both))? {_TELL}\b",
    r"\b(?:could|can|would|will) you (?:please |kindly |also |first |just |maybe |perhaps )?"
    rf"(?:{_TELL}|help me understand)\b",
    rf"\b(?:tell me|tell us|let me know|let us know|advise|remind me) (?:if|the|your|about|by|{_WH})\b",
    rf"{_OPENING}(?:confirm|clarify|specify|advise|say|state) (?:if|{_WH})\b",
    rf"{_OPENING}(?:give|send) me\b",
    r"\b(?:need|require|want|like|have|help|helpful|useful|important|necessary) (?:for me )?"
    r"to (?:know|understand|learn|ask)\b",
    rf"\b(?:need|like|want) to (?:confirm|clarify|check|verify) (?:(?:if|{_WH})\b"
    rf"|(?:[\w'-]+ ){{1,8}}with you\b)",
    r"\b(?:need|needs|require|requires|want) (?:you to|your)\b",
    r"\bi(?:'d|'ll| will| would| do| still| also| just| first|,? however,?){0,3} (?:need|require) "
    r"(?:the|a|an|some|more|additional|further|one|two|three|another|clarification|confirmation|details"
    r"|approval)\b",
    rf"\b(?:i wonder|wondering|i'm asking|i am asking) (?:if|about|{_WH})\b",
    r"\b(?:appreciate|appreciated|grateful|helpful|great|good|help|nice|useful) (?:it )?if you (?:could|can"
    r"|would)\b",
    r"\b(?:await|awaiting|wait for|waiting for) (?:your|you to)\b",
    r"\byour (?:[\w'-]+ ){1,3}(?:is|are) (?:required|needed|necessary)\b",
    r"\bmust (?:know|ask)\b",
    rf"\bquestions?(?: for you| remains?| left)?: {_WH}\b",
    r"^help me understand\b",
)
_NEGATED = _compile(
    r"(?:\b(?:not|no|never|without|needn't|nothing|cannot)|n't)(?: [\w']+){0,2} $",
    r"\b(?:no need|necessary|have to|need) (?:for you )?to $",
    r"\b(?:feel free|welcome|hesitate) to $",
)
# After "let me know if": the reader's wishes, not a fact the speaker lacks.
_WISH = _compile(
    r"\blet (?:me|us) know (?:if|whether|when|what|how|about|which)?\s?(?:"
    r"you(?:'d|'ve| would)? (?:also )?"
    r"(?:need|want|like|have|require|prefer|think|notice|find|spot|see|run|wish|are|face|get)\b"
    r"|you're\b|any\b|there(?:'s| is| are) (?:any|some|else)|(?:i|we) (?:can|may)\b|else\b|what else\b"
    r"|(?:this|that|it) (?:helps|works|looks)|(?:[\w']+ ){0,3}(?:any|some)(?:thing|one)\b(?! else to)"
    r"|how (?:i|we) can\b|your (?:thoughts|feedback)\b|i should also\b)",
)
_OFFER = _compile(
    r"\b(?:would you like|do you want me|want me|would you want me|shall (?:i|we)|should (?:i|we) also"
    r"|care for"
    r"|(?:can|could|may) i (?:also|help|assist|do)|would it help if|do you need (?:me|help|any|further|more)"
    r"|interested in|should you (?:need|want|have|require))\b",
)
_COURTESY = _compile(
    r"\b(?:anything|what|who|how) else\b|(?<!\bor )\bsomething else\b",
    r"\b(?:any|other|further|more|additional) (?:\w+ )?questions?\b",
    r"\bhow (?:can|may|could|might) (?:i|we) (?:help|assist|support|be of)\b",
    r"\bwhat (?:can|may|could) (?:i|we) (?:do|help)\b",
    r"^(?:(?:so|well|and|ok|okay),? )?(?:does|do|did|is|was|has) (?:that|this|it|these|those"
    r"|my answer)(?: all)? "
    r"(?:help|helps|helpful|helped|make sense|clear|useful|answer|sound|work for you)\b",
    r"^(?:sounds?|looks?|makes?|all) (?:good|sense|ok|okay|right|clear|fine)\b",
    r"^how (?:does|do|is|are) (?:that|this|you|things)\b",
    r"\bneed (?:any|some|more|further)(?:thing)? ?(?:else|help|assistance)\b",
)
_RHETORICAL = _compile(
    r"^(?:(?:so|but|and|now|well),? )?(?:who knows|why not|guess what|why bother|who wouldn't"
    r"|isn't it (?:great|nice)"
    r"|why (?:does|do|is|are) (?:this|that|these|it|they) (?:matter|important|relevant|happen)"
    r"|what does (?:this|that|it|all this) (?:mean|tell|show|imply)|the result|the reason|the catch)\b",
    r"\b(?:you|one|some|people|they|readers) (?:may|might|could|will) (?:ask|wonder|be wondering"
    r"|be asking)\b",
)
_REPORTED = _compile(
    r"\b(?:asked|asking|asks|wanted to know|wants to know|wondered|question (?:was|is)|request was)[:,]? "
    rf"(?:me |us )?(?:if|{_WH})\b",
)
_SELF_ANSWER = _compile(
    r"(?:because|yes|no|it means|this means|that means|simply|simple|the answer|that's because"
    r"|this is because"
    r"|in short|not (?:really|quite|necessarily|at all)|absolutely|of course|nothing|nobody"
    r"|(?:mostly|mainly|partly|largely))\b",
)
_DECISION = _compile(
    r"\b(?:proceed|go ahead|continue|approve|pay|release|transfer|execute|delete|cancel|refund|overwrite|post"
    r"|submit|book|assume|treat)\b",
)
_CHOICE = _compile(
    r"\bor\b(?! (?:not|no|anything|any|else|other|more|otherwise|help)\b)",
    r"\b(?:which|whether)\b",
    rf"^(?:in |for |to |into |on |by |with |from |at |over )?{_WH}\b",
)
_AIM_BEFORE = _compile(
    r"(?:(?:in order )?to|so that|since|as|because|before|once|for (?!which|what|whom)|if|while|although"
    r"|though"
    r"|given)\b[^,?:]{0,200},\s(?=\S)",
)
_AIM_AFTER = _compile(
    r"[,;]? \b(?:so (?:that )?(?:i|we)|because|since (?:the|i|we|you|this|it)|in order to|before (?:i|we)"
    r"|so as to"
    r"|and (?:then )?i(?:'ll| will| can)|then i(?:'ll| can| will)"
    r"|to (?:continue|proceed|complete|finish|total|convert|calculate))\b(?![^:]{0,200}:)",
)
_POINTS_BACK = _compile(
    r"\b(?:one|ones|it|that|this|they|them|these|those|either|right|correct|the same|of the two)\b",
    r"^(?:which|what) (?:should|do|would|shall)\b",
)


def find_questions(text: str) -> tuple[Question, ...]:
    """Find the sentences of `text` that ask the other party for information or a decision, in order.

    A sentence is a question when one of these holds, quotations, code and block quotes left aside:

    * it ends with "?" ("Which currency are the invoices in?", "Should I use USD?");
    * it is a request: "please tell me / confirm / provide ...", "could you clarify ...", "let me know
      whether ...", "I need to know / need the / need your ...", "I was wondering which ...", "it would help
      if you could ...", "awaiting your approval"; without a negation just before it ("no need to tell me").

    It is none when it is

    * a courtesy: "anything else?", "how can I help?", "does that help?", "any questions?", "let me know if
      you need / want / have ...", a heading;
    * an offer: "would you like ...", "do you want me to ...", "shall I ...", "should I also ...", unless it
      gives a choice ("in USD or EUR?") or asks for a go-ahead ("shall I proceed?", "... pay it?");
    * rhetorical or reported: "why does this matter?", "you may wonder ...", "you asked which ...", or
      answered in the next sentence ("Why? Because ...").
    """
    if "?" not in text and not _REQUESTS.search(_flatten(text)):
        return ()
    sentences = split_sentences(text)
    plain = blank_quotations(text)
    found: list[Question] = []
    for index, sentence in enumerate(sentences):
        following = sentences[index + 1].text if index + 1 < len(sentences) else ""
        if _is_question(sentence, plain, following):
            before = sentences[index - 1].text if index else ""
            found.append(_make_question(sentence, before))
    return tuple(found)


def _is_question(sentence: Sentence, plain: str, following: str) -> bool:
    text = _flatten(plain[sentence.start : sentence.end])
    if sentence.text.startswith("#") or _RHETORICAL.search(text) or _REPORTED.search(text):
        return False
    if _is_request(text):
        return True
    if (
        not _has_mark(text)
        or _SELF_ANSWER.match(following.lower())
        or _COURTESY.search(text)
        or _WISH.search(text)
    ):
        return False
    return not _OFFER.search(text) or bool(_CHOICE.search(text) or _DECISION.search(text))


def _flatten(text: str) -> str:
    return " ".join(text.lower().replace("\u2019", "'").split())


def _has_mark(text: str) -> bool:
    return text.rstrip("\"')]*_`\u201d\u2019").endswith("?") or "? " in text or "?!" in text


def _is_request(text: str) -> bool:
    match = _REQUESTS.search(text)
    while match:
        before = text[max(0, match.start() - 40) : match.start()]
        if not _NEGATED.search(before) and not _is_courteous(text, match):
            return True
        match = _REQUESTS.search(text, match.end())
    return False


def _is_courteous(text: str, match: re.Match[str]) -> bool:
    near = text[max(0, match.start() - 20) : match.end() + 80]
    if _WISH.search(near):
        return not _CHOICE.search(text[match.end() :])
    return bool(_COURTESY.search(near))


def _make_question(sentence: Sentence, before: str) -> Question:
    asked = sentence.text
    aim = _AIM_BEFORE.match(_lower(asked))
    if aim and not _REQUESTS.search(_flatten(aim[0])):
        asked = asked[aim.end() :]
    aim = _AIM_AFTER.search(_lower(asked))
    if aim and not _REQUESTS.search(_flatten(asked[aim.start() :])):
        asked = asked[: aim.start()] or asked
    context = before if _POINTS_BACK.search(_lower(asked)) else ""
    return Question(*sentence, asked, context)


def _lower(text: str) -> str:
    """Lower case with every position kept, which a few letters ("\u0130") would move."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text
