"""Checks on what the agent said.

They look at its last message; `in: any` looks at all of them. Texts are compared as `language.contains_text`
documents: without regard to case (unless `ignore_case: false`), white space and typography, and
whole words only, so that "EUR" is not found in "Europe".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from pytest_arc.domain.score import Check, Dimension, Evidence, Finding
from pytest_arc.language import asks_about, contains_text, find_questions, normalise_text
from pytest_arc.scoring.documents import SchemaValidator, compile_schema, explain_misfit, read_documents
from pytest_arc.scoring.patterns import SEARCHED_CHARACTERS, compile_pattern, search_pattern
from pytest_arc.scoring.sentences import list_some, quote, shorten

__all__ = [
    "AnswerCheck",
    "AnswerContains",
    "AnswerEquals",
    "AnswerExcludes",
    "AnswerJson",
    "AnswerMatches",
    "Asks",
]


def _as_text(value: Any) -> Any:
    """A number is taken as it was written. A bare float does not know that 998.00 was not 998.0."""
    if type(value) in (float, Decimal):
        raise ValueError("put the number in quotes to look for this text, or use 'answer_number'")
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _as_texts(value: Any) -> Any:
    return [value] if isinstance(value, (str, int, float, Decimal)) else value


def _require_visible(text: str) -> str:
    if not normalise_text(text):
        raise ValueError("the text to look for is empty")
    return text


Text = Annotated[str, BeforeValidator(_as_text), AfterValidator(_require_visible)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_texts), Field(min_length=1)]


class AnswerCheck(Check):
    """A check on the agent's last message, or with `in: any` on all of them."""

    dimension_by_default: ClassVar[Dimension] = "response_quality"
    shows_error_handling: ClassVar[bool] = True

    where: Literal["last", "any"] = Field(default="last", alias="in")
    """`last` message of the agent, or `any` of them."""

    def judge(self, evidence: Evidence) -> Finding:
        answers = evidence.trajectory.answers
        texts = answers if self.where == "any" else answers[-1:]
        return self.judge_texts(texts) if texts else self.judge_silence()

    @abstractmethod
    def judge_texts(self, texts: tuple[str, ...]) -> Finding:
        """Judge the messages to look at: at least one."""

    def judge_silence(self) -> Finding:
        """Judge an agent that said nothing at all."""
        return Finding(False, "the agent gave no answer")

    @property
    def _subject(self) -> str:
        return "the answer" if self.where == "last" else "what it said"


class AnswerContains(AnswerCheck):
    """The answer contains this text, or all texts of a list."""

    answer_contains: Texts
    ignore_case: bool = True

    def describe(self) -> str:
        return ", ".join(self.answer_contains)

    def judge_texts(self, texts: tuple[str, ...]) -> Finding:
        missing = [t for t in self.answer_contains if not _occurs(t, texts, self.ignore_case)]
        if not missing:
            return _confirm(self._subject, self.answer_contains)
        return Finding(
            False, f"{self._subject} does not contain {_quote_all(missing)}; it said {quote(texts[-1])}"
        )


class AnswerExcludes(AnswerCheck):
    """The answer does not contain this text, or any text of a list."""

    answer_excludes: Texts
    ignore_case: bool = True

    def describe(self) -> str:
        return ", ".join(self.answer_excludes)

    def judge_texts(self, texts: tuple[str, ...]) -> Finding:
        found = [t for t in self.answer_excludes if _occurs(t, texts, self.ignore_case)]
        if not found:
            return Finding(True, f"{self._subject} does not contain {_quote_all(self.answer_excludes)}")
        return Finding(False, f"{self._subject} contains {_quote_all(found)}, which it must not")

    def judge_silence(self) -> Finding:
        return Finding(True, "the agent gave no answer")


class AnswerEquals(AnswerCheck):
    """The answer is this text and nothing else."""

    answer_equals: Text
    ignore_case: bool = True

    def judge_texts(self, texts: tuple[str, ...]) -> Finding:
        wanted = normalise_text(self.answer_equals, ignore_case=self.ignore_case)
        if any(normalise_text(text, ignore_case=self.ignore_case) == wanted for text in texts):
            return Finding(True, f"the answer is {quote(self.answer_equals)}")
        return Finding(False, f"the answer is {quote(texts[-1])}; expected {quote(self.answer_equals)}")


class AnswerMatches(AnswerCheck):
    """A regular expression, in Python's syntax, is found somewhere in the answer.

    Case counts; `(?i)` at its beginning ignores it. Only the first 20,000 characters of a message are
    searched. A pattern with a repeat inside a repeat, such as `(a+)+$`, can still take for ever.
    """

    answer_matches: str

    @field_validator("answer_matches")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        compile_pattern(pattern)
        return pattern

    def judge_texts(self, texts: tuple[str, ...]) -> Finding:
        pattern = compile_pattern(self.answer_matches)
        for text in texts:
            if match := search_pattern(pattern, text):
                return Finding(True, f"the answer matches {quote(self.answer_matches)}: {quote(match[0])}")
        cut = any(len(text) > SEARCHED_CHARACTERS for text in texts)
        part = f" in its first {SEARCHED_CHARACTERS:,} characters" if cut else ""
        return Finding(
            False, f"the answer does not match {quote(self.answer_matches)}{part}; it said {quote(texts[-1])}"
        )


class AnswerJson(AnswerCheck):
    """The answer is JSON that fits this JSON Schema (`true`: any JSON will do).

    The JSON is the whole answer or, where that is prose, what stands in a fenced block of it; of several
    blocks any one may fit. References lead only to places inside the schema: nothing is fetched.
    """

    answer_json: dict[str, Any] | Literal[True]

    @field_validator("answer_json")
    @classmethod
    def _is_schema(cls, schema: dict[str, Any] | Literal[True]) -> dict[str, Any] | Literal[True]:
        compile_schema(schema)
        return schema

    @cached_property
    def _validator(self) -> SchemaValidator:
        return compile_schema(self.answer_json)

    def describe(self) -> str:
        if self.answer_json is True:
            return "true"
        return str(
            self.answer_json.get("title") or ", ".join(self.answer_json.get("required", ())) or "schema"
        )

    def judge_texts(self, texts: tuple[str, ...]) -> Finding:
        misfits = [explain_misfit(self._validator, d) for text in texts for d in read_documents(text)]
        if not misfits:
            return Finding(
                False, f"the answer is not JSON and has no block of JSON; it said {quote(texts[-1])}"
            )
        if None in misfits:
            return Finding(True, "the answer holds JSON that fits")
        return Finding(False, f"the JSON in the answer does not fit: {shorten(str(misfits[-1]), 110)}")


class Asks(Check):
    """The agent asked the user about this topic, in any of its messages.

    What is a question, and what it is about, is decided by rules of `language.asks_about`, not by a model.
    """

    shows_error_handling: ClassVar[bool] = True

    asks: str = Field(min_length=1)
    """A word or phrase, such as `currency` or `which period`."""

    @field_validator("asks")
    @classmethod
    def _is_topic(cls, topic: str) -> str:
        asks_about("", topic)  # raises ValueError for a topic without a word
        return topic

    def judge(self, evidence: Evidence) -> Finding:
        answers = evidence.trajectory.answers
        if any(asks_about(text, self.asks) for text in answers):
            return Finding(True, f"it asked about {quote(self.asks)}")
        questions = [question.text for text in answers for question in find_questions(text)]
        seen = f"it asked {quote(questions[0], 80)}" if questions else "it asked nothing"
        return Finding(False, f"it did not ask about {quote(self.asks)}; {seen}")


def _occurs(needle: str, texts: tuple[str, ...], ignore_case: bool) -> bool:
    return True in [contains_text(text, needle, ignore_case=ignore_case) for text in texts]


@lru_cache(maxsize=1024)
def _confirm(subject: str, texts: tuple[str, ...]) -> Finding:
    """One finding for all trials that pass."""
    return Finding(True, f"{subject} contains {_quote_all(texts)}")


def _quote_all(texts: Iterable[str]) -> str:
    return list_some([quote(text, 40) for text in texts], 3)
