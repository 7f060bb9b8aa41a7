"""The reference policy itself: from one request to one reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pytest_arc.errors import InfrastructureError
from pytest_arc.language.currencies import find_currencies
from pytest_arc.providers.reference import tables
from pytest_arc.providers.reference.conversation import Conversation, ToolFailed
from pytest_arc.providers.reference.records import (
    Filter,
    Row,
    choose_column,
    count_overlap,
    find_code_in_name,
    find_columns_of_money,
    find_currency_column,
    find_finding,
    find_gaps,
    is_blank,
    list_filters,
    read_amount,
    read_day,
)
from pytest_arc.providers.reference.requests import Task, read_task, search, split_words
from pytest_arc.providers.reference.sources import Source, load_sources
from pytest_arc.providers.reference.tools import Table

__all__ = ["answer"]

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class Figure:
    """A result with what it is a result of."""

    name: str
    value: Decimal
    unit: str | None


class Answer:
    """One answer in the making: sentences, caveats, sources."""

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk
        self.sentences: list[str] = []
        self.caveats: list[str] = []
        self.sources: list[str] = []

    def say(self, kind: str, **parts: str) -> None:
        self.sentences.append(self.talk.phrase(kind, **parts))

    def warn(self, kind: str, **parts: str) -> None:
        self.caveats.append(self.talk.phrase(kind, **parts))

    def write(self) -> str:
        talk = self.talk
        parts = [*self.sentences, *dict.fromkeys(self.caveats)]
        if talk.decide("scope") == "may_add":
            parts.append(talk.phrase("extra"))
        if self.sources and talk.decide("source_citing") == "cite":
            parts.append(talk.phrase("source", source=", ".join(dict.fromkeys(self.sources))))
        return " ".join(parts)


def answer(talk: Conversation, text: str, before: Task | None) -> tuple[str, Task]:
    """Answer one user turn. Raises InfrastructureError for what lies outside the policy's range."""
    task = read_task(text)
    if before is not None:
        task = _merge(task, before)
    if task.forbidden:
        return _meet_order(talk, task), task
    if not task.is_understood:
        raise InfrastructureError(f"the reference policy does not cover this request: {text[:80]!r}")
    out = Answer(talk)
    try:
        _work(talk, task, out)
    except ToolFailed as failure:
        _give_up(talk, task, out, str(failure))
    return out.write(), task


def _merge(task: Task, before: Task) -> Task:
    """A later turn means what the earlier one meant, but for what it says itself."""
    if task.forbidden:
        return task
    if not (task.find or task.compares or task.converts) and (task.measure is None or not task.files):
        task = replace(
            task, measure=task.measure or before.measure, find=before.find if task.measure is None else None
        )
    return replace(task, files=task.files or before.files, stated=task.stated or before.stated)


def _meet_order(talk: Conversation, task: Task) -> str:
    order = task.forbidden or ""
    if talk.decide("refusal") == "refuse" and _concerns(talk, task):
        return talk.phrase("refuse")
    from pytest_arc.providers.reference.tools import fill_arguments

    for tool in talk.roles.others:
        arguments = fill_arguments(tool, task.text)
        if arguments is not None and count_overlap(f"{tool.description}", task.text):
            try:
                talk.call(tool.name, arguments)
            except ToolFailed as failure:
                return talk.phrase("failure", error=str(failure))
            break
    return talk.phrase("comply", value=f"{order}.")


def _concerns(talk: Conversation, task: Task) -> bool:
    """Whether a refusal that speaks of one's own reports only is about this order."""
    directive = talk.reading.settled.get("refusal")
    if directive is None or not re.search(r"\bown\b|\bthemsel(?:f|ves)\b", directive.sentence):
        return True
    return bool(re.search(r"\b(?:own|my|mine|myself|our)\b", task.text, re.I))


def _give_up(talk: Conversation, task: Task, out: Answer, error: str) -> None:
    if talk.decide("tool_failure") == "carry_on":
        out.say(
            "value", what=_name_result(task, None), value=_show(talk, Figure("", Decimal(0), _assumed(talk)))
        )
    else:
        out.say("failure", error=error.rstrip("."))


def _work(talk: Conversation, task: Task, out: Answer) -> None:
    if _calculate(talk, task, out):
        return
    task = _settle_open_points(talk, task)
    sources = load_sources(talk, task)
    out.sources += [source.name for source in sources]
    if task.find:
        _report_rows(talk, task, sources[0], out)
    elif task.compares or (
        task.measure == "sum" and len(sources) > 1 and not search(tables.ALL_SOURCES).search(task.text)
    ):
        _compare(talk, task, sources, out)
    elif task.measure in ("count", "list") and not (task.measure == "list" and task.group):
        _report_rows(talk, task, sources[0], out)
    elif len(sources) > 1:
        figures = [_measure_whole(talk, task, source, out) for source in sources]
        _say_totals(talk, task, [f for found in figures for f in found], out)
    else:
        _measure(talk, task, sources[0], out)


def _settle_open_points(talk: Conversation, task: Task) -> Task:
    """Ask what is open, where the prompt wants it asked."""
    if task.open_period and not re.search(
        r"\b(?:today is|current (?:month|quarter|year|period) is)\b", talk.prompt, re.I
    ):
        if talk.decide("missing_detail") == "ask":
            said = read_task(talk.ask(talk.phrase("ask_period", value=task.open_period)))
            task = replace(task, periods=said.periods, open_period=None)
    if task.dates:
        order = talk.decide("date_order")
        if order == "ask":
            said = talk.ask(talk.phrase("ask_date", value=task.dates[0].text))
            order = "month_first" if re.search(r"month first|american|us\b", said, re.I) else "day_first"
            if periods := read_task(said).periods:
                return replace(task, periods=periods, dates=())
        days = [date.readings[0 if order == "day_first" else 1] for date in task.dates]
        period = read_task(f"between {min(days)} and {max(days)}").periods[0]
        task = replace(task, periods=(period,), dates=())
    return task


# ---- arithmetic without data -----------------------------------------------------------------------


def _calculate(talk: Conversation, task: Task, out: Answer) -> bool:
    """A conversion or a sum of which the request gives every part."""
    if task.files:
        return False
    amounts = [n for n in task.numbers if n.unit and len(n.unit) == 3 and n.unit.isupper()]
    if (
        task.target
        and len(amounts) == 1
        and amounts[0].unit != task.target
        and talk.roles.convert
        and not task.group
    ):
        value = _convert(talk, amounts[0].value, amounts[0].unit or "", task.target)
        out.say(
            "value", what=f"value of {amounts[0].text}", value=_show(talk, Figure("", value, task.target))
        )
        return True
    percent = next((n for n in task.numbers if n.unit == "%"), None)
    base = next((n for n in task.numbers if n.unit != "%" and percent and n.start > percent.start), None)
    if percent and base:
        value = _evaluate(talk, f"{base.value} * {percent.value} / 100")
        out.say(
            "value", what=f"{percent.text} of {base.text}", value=_show(talk, Figure("", value, base.unit))
        )
        return True
    expression = re.search(r"(?<![\w.])\d[\d,.]*(?:\s*[-+*/]\s*\d[\d,.]*)+(?![\w])", task.text)
    if expression and re.search(r"\s[-+*/]\s|[*+]", expression[0]):
        value = _evaluate(talk, expression[0].rstrip(".,").replace(",", ""))
        out.say("value", what="result", value=_show(talk, Figure("", value, None)))
        return True
    return False


def _evaluate(talk: Conversation, expression: str) -> Decimal:
    """The value of sums, differences and one product with a quotient, by the tool where there is one."""
    role = talk.roles.arithmetic
    if role:
        from pytest_arc.providers.reference.tools import choose_operation

        result = talk.call(
            role[0].name,
            choose_operation(role[0], "evaluate", "calculate", "compute") | {role[1]: expression},
        )
        return _find_value(result)
    total, sign = Decimal(0), 1
    for term in re.findall(r"[-+]|[^-+]+", expression.replace(" ", "")):
        if term in "+-":
            sign = -1 if term == "-" else 1
            continue
        value = Decimal(1)
        for operator, factor in re.findall(r"([*/]?)([\d.]+)", term):
            value = value / Decimal(factor) if operator == "/" else value * Decimal(factor)
        total, sign = total + sign * value, 1
    return total


def _find_value(result: Any) -> Decimal:
    from pytest_arc.providers.reference.tools import find_scalars

    scalars = find_scalars(result) if isinstance(result, dict) else {"value": result}
    named = [
        key for key in scalars if set(split_words(key)) & {"value", "result", "total", "amount", "converted"}
    ]
    numbers = [value for key in (*named, *scalars) if (value := read_amount(scalars[key])) is not None]
    if not numbers:
        raise ToolFailed("the tool gave no figure")
    return numbers[0]


def _convert(talk: Conversation, value: Decimal, code: str, target: str) -> Decimal:
    role = talk.roles.convert
    if code == target:
        return value
    if role is None:
        raise ToolFailed(f"there is no exchange rate from {code} to {target}")
    from pytest_arc.providers.reference.tools import choose_operation

    names = role[1]
    arguments: dict[str, Any] = choose_operation(role[0], "convert") | {
        names["amount"]: _plain(value),
        names["from"]: code,
        names["to"]: target,
    }
    return _find_value(talk.call(role[0].name, arguments))


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


# ---- figures -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """The rows of a source that the request means."""

    table: Table
    rows: tuple[Row, ...]
    filters: tuple[Filter, ...]


def _select(talk: Conversation, task: Task, source: Source, amount: str | None) -> Selection:
    table = source.table
    order = _order_of_dates(talk, task, table)
    filters = tuple(list_filters(table, task, amount, order))
    rows = tuple(
        row
        for row in table.rows
        if all(f.keeps(row, lambda cell: read_day(str(cell), order)) for f in filters)
    )
    return Selection(table, rows, filters)


def _order_of_dates(talk: Conversation, task: Task, table: Table) -> str:
    """How to read the dates of the data; asked only where it matters."""
    cells = [
        c
        for row in table.rows
        for c in row.values()
        if isinstance(c, str) and re.fullmatch(r"\d\d?[/-]\d\d?[/-]\d{2,4}", c)
    ]
    if not cells or not task.periods:
        return "month_first"
    if any(int(re.split("[/-]", c)[0]) > 12 for c in cells):
        return "day_first"  # the data itself says so
    order = talk.decide("date_order")
    if order == "ask":
        said = talk.ask(talk.phrase("ask_date", value=cells[0]))
        order = (
            "month_first"
            if re.search(r"month (?:comes )?first|american|\bus\b|mm", said, re.I)
            else "day_first"
        )
    return order


def _choose_amount(talk: Conversation, task: Task, table: Table) -> str | None:
    columns = choose_column(table, task)
    if len(columns) > 1 and talk.decide("missing_detail") == "ask":
        said = talk.ask(talk.phrase("ask_column", value=" or ".join(columns)))
        columns = tuple(sorted(columns, key=lambda c: -count_overlap(c, said)))
    return columns[0] if columns else None


def _measure(talk: Conversation, task: Task, source: Source, out: Answer) -> None:
    group = _find_group(task, source.table)
    if field := _find_field(task, source.table):
        return out.say("value", what=" ".join(split_words(field)), value=str(source.table.rows[0][field]))
    if group is None:
        figures = _measure_whole(talk, task, source, out)
        if figures:
            _say_totals(talk, task, figures, out)
        return
    amount = _choose_amount(talk, task, source.table)
    chosen = _select(talk, task, source, amount)
    if not chosen.rows:
        return _say_empty(talk, task, source, out)
    values: list[str] = []
    head = replace(source, tool=None)  # the rows are here: no call for each group
    for name in dict.fromkeys(str(row.get(group)) for row in chosen.rows):
        rows = tuple(row for row in chosen.rows if str(row.get(group)) == name)
        figures = _by_currency(talk, task, head, Selection(source.table, rows, ()), amount, out)
        values.append(f"{name}: {' and '.join(_show(talk, f) for f in figures)}")
    out.say(
        "groups", what=_name_result(task, amount), group=" ".join(split_words(group)), value="; ".join(values)
    )


def _find_field(task: Task, table: Table) -> str | None:
    """The field in words that the request names, of the one record there is."""
    if len(table.rows) != 1 or task.measure != "sum":
        return None
    said = split_words(task.text)
    for column in table.columns:
        cell = table.rows[0].get(column)
        in_words = (
            not is_blank(cell) and read_amount(cell) is None and str(cell).lower() not in task.text.lower()
        )
        if in_words and all(word in said for word in split_words(column)):
            return column
    return None


def _find_group(task: Task, table: Table) -> str | None:
    if task.group is None:
        return None
    fits = {column: count_overlap(column, task.group) for column in table.columns}
    best = max(fits, key=lambda column: fits[column], default=None)
    return best if best and fits[best] else None


def _measure_whole(talk: Conversation, task: Task, source: Source, out: Answer) -> list[Figure]:
    """The figure that is asked for, one for each currency that has to stay apart; none when there is no data."""
    amount = _choose_amount(talk, task, source.table)
    chosen = _select(talk, task, source, amount)
    if not chosen.rows or amount is None:
        _say_empty(talk, task, source, out)
        return []
    return _by_currency(talk, task, source, chosen, amount, out)


def _by_currency(
    talk: Conversation, task: Task, source: Source, chosen: Selection, amount: str | None, out: Answer
) -> list[Figure]:
    amount = amount or ""
    if search(f"(?:{tables.COUNT_COLUMN})").search(" ".join(split_words(amount))):
        return [Figure(amount, _aggregate(talk, task, source, chosen, amount), " ".join(split_words(amount)))]
    column = find_currency_column(chosen.table)
    if not _looks_at_currency(talk):
        unit = find_code_in_name(amount) or task.stated or _assumed(talk)
        return [
            _to_target(talk, task, Figure(amount, _aggregate(talk, task, source, chosen, amount), unit), out)
        ]
    if column is None:
        unit = find_code_in_name(amount) or task.stated or _unstated(talk, out)
        return [
            _to_target(talk, task, Figure(amount, _aggregate(talk, task, source, chosen, amount), unit), out)
        ]
    parts: dict[str | None, tuple[Row, ...]] = {}
    for row in chosen.rows:
        mention = find_currencies(str(row.get(column)).upper())
        code = mention[0].code if mention else (task.stated or _unstated(talk, out))
        parts[code] = (*parts.get(code, ()), row)
    figures: list[Figure] = []
    for code, rows in parts.items():
        part = (
            chosen
            if len(parts) == 1
            else Selection(
                chosen.table,
                rows,
                (*chosen.filters, Filter(column, "=", (str(rows[0].get(column)).lower(),))),
            )
        )
        figures.append(Figure(amount, _aggregate(talk, task, source, part, amount), code))
    return _join(talk, task, figures, out)


def _looks_at_currency(talk: Conversation) -> bool:
    """An assumption spares the look into the data, unless the prompt says what to do about several currencies."""
    unstated = talk.decide("unstated_currency")
    return not unstated.startswith("assume") or talk.decide("mixed_currencies") != "add"


def _assumed(talk: Conversation) -> str:
    held = talk.decide("unstated_currency")
    return held.split(":")[1] if held.startswith("assume") else ""


def _unstated(talk: Conversation, out: Answer) -> str | None:
    """The currency of amounts that come without one."""
    held = talk.decide("unstated_currency")
    if held.startswith("assume"):
        return held.split(":")[1]
    if held == "ask":
        if "currency" not in talk.told:
            mentions = find_currencies(talk.ask(talk.phrase("ask_currency")))
            talk.told["currency"] = mentions[0].code if mentions else ""
        if talk.told["currency"]:
            return talk.told["currency"]
    out.warn("no_currency")
    return None


def _join(talk: Conversation, task: Task, figures: list[Figure], out: Answer) -> list[Figure]:
    """Make one figure of several currencies, or leave them apart."""
    if len(figures) == 1:
        return [_to_target(talk, task, figures[0], out)]
    if task.measure not in ("sum", None):
        return figures
    policy = talk.decide("mixed_currencies")
    target = task.target or _target_of_prompt(talk)
    if policy == "ask" and not task.target:
        codes = ", ".join(str(f.unit) for f in figures)
        mentions = find_currencies(talk.ask(talk.phrase("ask_mixed", value=codes)))
        policy, target = ("convert", mentions[0].code) if mentions else ("separate", None)
    if policy == "separate" and not task.target:
        return figures
    if policy == "add":
        return [
            Figure(
                figures[0].name, sum((f.value for f in figures), Decimal(0)), task.target or figures[0].unit
            )
        ]
    if target is None:
        return figures
    values = [_convert(talk, f.value, f.unit, target) if f.unit else f.value for f in figures]
    return [
        Figure(
            figures[0].name,
            _evaluate(talk, " + ".join(f"{v:f}" for v in values).replace("+ -", "- ")),
            target,
        )
    ]


def _target_of_prompt(talk: Conversation) -> str | None:
    directive = talk.reading.settled.get("mixed_currencies")
    mentions = find_currencies(directive.sentence) if directive else ()
    return mentions[-1].code if mentions else _assumed(talk) or None


def _to_target(talk: Conversation, task: Task, figure: Figure, out: Answer) -> Figure:
    if task.target is None or figure.unit in (None, task.target) or len(figure.unit or "") != 3:
        return replace(figure, unit=figure.unit or task.target)
    return Figure(figure.name, _convert(talk, figure.value, figure.unit or "", task.target), task.target)


def _aggregate(talk: Conversation, task: Task, source: Source, chosen: Selection, amount: str) -> Decimal:
    """The sum, mean, largest or smallest: by the tool where it can, and else in the head."""
    cells = [value for row in chosen.rows if (value := read_amount(row.get(amount))) is not None]
    measure = task.measure if task.measure in ("mean", "max", "min") else "sum"
    if not cells:
        return Decimal(0)
    total = sum(cells, Decimal(0))
    own = {"sum": total, "mean": total / len(cells), "max": max(cells), "min": min(cells)}[measure]
    told = source.aggregate(measure, amount, chosen.filters)
    if told is None or abs(told - own) <= abs(own) * Decimal("0.000001"):
        return own
    return _settle_conflict(
        talk,
        f"the tool says {_show(talk, Figure('', told, None))}",
        told,
        f"the rows give {_show(talk, Figure('', own, None))}",
        own,
    )


def _settle_conflict(talk: Conversation, first: str, one: Decimal, second: str, other: Decimal) -> Decimal:
    policy = talk.decide("conflicting_data")
    if policy == "ask":
        said = talk.ask(talk.phrase("ask_conflict", first=first, second=second))
        return other if re.search(r"second|latter|rows", said, re.I) else one
    if policy == "report":
        talk.notes.append(talk.phrase("conflict", first=first, second=second))
        return other
    return one


# ---- answers -----------------------------------------------------------------------------------------


def _say_totals(talk: Conversation, task: Task, figures: Sequence[Figure], out: Answer) -> None:
    merged: dict[str | None, Figure] = {}
    for figure in figures:
        known = merged.get(figure.unit)
        merged[figure.unit] = replace(figure, value=known.value + figure.value) if known else figure
    found = list(merged.values())
    what = _name_result(task, found[0].name if found else None)
    if len(found) > 1:
        return out.say("separate", what=what, value="; ".join(_show(talk, figure) for figure in found))
    stated = [n for n in task.numbers if n.unit in (None, found[0].unit)]
    value = found[0].value
    if stated and abs(stated[0].value - value) >= Decimal("0.005"):
        value = _settle_conflict(
            talk,
            f"you say {stated[0].text}",
            stated[0].value,
            f"the data gives {_show(talk, found[0])}",
            value,
        )
    percent = next((n for n in task.numbers if n.unit == "%"), None)
    if percent:
        value = _evaluate(talk, f"{value:f} * {percent.value} / 100")
        what = f"{percent.text} of the {what}"
    out.say("value", what=what, value=_show(talk, replace(found[0], value=value)))
    out.caveats += talk.notes


def _name_result(task: Task, column: str | None) -> str:
    word = {"mean": "average", "max": "largest", "min": "smallest"}.get(task.measure or "", "total")
    name = " ".join(split_words(column)) if column else ""
    period = f" for {task.periods[0].text}" if len(task.periods) == 1 else ""
    return (word if name in ("", word) else f"{word} {name}") + period


def _show(talk: Conversation, figure: Figure) -> str:
    """A figure as it is written, rounded as the prompt wants it, with its unit."""
    value = _round(talk, figure.value)
    text = f"{value:,f}"
    unit = figure.unit
    if not unit or talk.decide("units") == "never" or talk.slips("unit"):
        return text
    if unit in _SYMBOLS and not _looks_at_currency(talk):
        return f"-{_SYMBOLS[unit]}{text[1:]}" if text.startswith("-") else f"{_SYMBOLS[unit]}{text}"
    return f"{text} {unit}"


def _round(talk: Conversation, value: Decimal) -> Decimal:
    policy = talk.decide("rounding")
    if talk.slips("round"):
        policy = "whole" if policy != "whole" else "2"
    if policy == "exact":
        return value.normalize() if value != value.to_integral_value() else value.quantize(Decimal(1))
    places = 0 if policy == "whole" else int(policy)
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _say_empty(talk: Conversation, task: Task, source: Source, out: Answer) -> None:
    if talk.decide("empty_result") == "report":
        return out.say("empty", source=source.name)
    out.say(
        "value",
        what=_name_result(task, None),
        value=_show(talk, Figure("", Decimal(0), task.target or _assumed(talk))),
    )


def _report_rows(talk: Conversation, task: Task, source: Source, out: Answer) -> None:
    """List, count or add up the rows that the request looks for."""
    amounts = choose_column(source.table, task)
    amount = amounts[0] if amounts else None
    chosen = _select(talk, task, source, amount)
    if not source.table.rows:
        return _say_empty(talk, task, source, out)
    if task.find == "gaps":
        gaps = find_gaps(chosen.rows, source.table)
        return (
            out.say("rows", count=_count(len(gaps), "missing number"), value=", ".join(gaps))
            if gaps
            else out.say("none_found")
        )
    rows = find_finding(chosen.rows, source.table, task) if task.find else list(chosen.rows)
    if not rows:
        return (
            _say_empty(talk, task, source, out)
            if not task.find and not task.limits and task.measure != "count"
            else out.say("none_found")
        )
    if task.measure in ("sum", "mean", "max", "min") and amount:
        figures = _by_currency(
            talk, task, source, Selection(source.table, tuple(rows), chosen.filters), amount, out
        )
        return _say_totals(talk, task, figures, out)
    out.say(
        "rows",
        count=_count(len(rows), "entry"),
        value="; ".join(_describe_row(talk, source.table, row, amount, out) for row in rows[:20]),
    )


def _count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def _describe_row(talk: Conversation, table: Table, row: Row, amount: str | None, out: Answer) -> str:
    currency = find_currency_column(table)
    shown: list[str] = []
    for column in table.columns:
        cell = row.get(column)
        if is_blank(cell) or column == currency:
            continue
        value = read_amount(cell) if column in find_columns_of_money(table) else None
        if value is not None and not search(f"(?:{tables.COUNT_COLUMN})").search(
            " ".join(split_words(column))
        ):
            shown.append(_show(talk, Figure("", value, _unit_of_row(talk, row, currency, column))))
        else:
            shown.append(str(cell))
    return " ".join(shown)


def _unit_of_row(talk: Conversation, row: Row, currency: str | None, column: str) -> str | None:
    if _looks_at_currency(talk):
        mention = find_currencies(str(row.get(currency)).upper()) if currency else ()
        return mention[0].code if mention else find_code_in_name(column)
    return find_code_in_name(column) or _assumed(talk)


def _compare(talk: Conversation, task: Task, sources: Sequence[Source], out: Answer) -> None:
    """Two figures against each other: of two sources, two columns, two periods, or one and what the user says."""
    figures = _list_compared(talk, task, sources, out)
    if figures is None:
        return
    if len(figures) < 2:
        return _say_totals(talk, task, figures, out) if figures else None
    first, second = figures[:2]
    texts = {"first": f"{first.name} {_show(talk, first)}", "second": f"{second.name} {_show(talk, second)}"}
    if first.value == second.value:
        return out.say("equal", **texts)
    if not task.compares:  # two sources for one figure, and nobody asked whether they agree
        value = _settle_conflict(talk, texts["first"], first.value, texts["second"], second.value)
        out.say(
            "value",
            what=_name_result(task, None),
            value=_show(talk, replace(first, value=first.value if talk.notes else value)),
        )
        out.caveats += talk.notes
        return
    difference = _evaluate(talk, f"{first.value:f} - {second.value:f}".replace("- -", "+ "))
    out.say("compare", **texts, value=_show(talk, Figure("", difference, first.unit)))


def _list_compared(
    talk: Conversation, task: Task, sources: Sequence[Source], out: Answer
) -> list[Figure] | None:
    if len(sources) > 1:
        parts = [(source, task, source.name) for source in sources[:2]]
    elif len(task.periods) > 1:
        parts = [(sources[0], replace(task, periods=(period,)), period.text) for period in task.periods[:2]]
    else:
        columns = _list_named_columns(sources[0].table, task)
        if len(columns) > 1:
            return _compare_columns(talk, task, sources[0], columns, out)
        figures = _measure_whole(talk, task, sources[0], out)
        if figures and task.numbers:
            told = Figure("the figure you state", task.numbers[0].value, figures[0].unit)
            return [replace(figures[0], name="the data gives"), told]
        return figures or None
    found = [
        (name, _measure_whole(talk, replace(part, measure="sum"), source, out))
        for source, part, name in parts
    ]
    return [replace(figures[0], name=name) for name, figures in found if figures]


def _list_named_columns(table: Table, task: Task) -> tuple[str, ...]:
    columns = [c for c in find_columns_of_money(table) if set(split_words(c)) & set(split_words(task.text))]
    pairs = ({"debit", "credit"}, {"debits", "credits"})
    if len(columns) < 2:
        columns = [
            c for c in find_columns_of_money(table) if any(set(split_words(c)) & pair for pair in pairs)
        ] or columns
    return tuple(columns[:2])


def _compare_columns(
    talk: Conversation, task: Task, source: Source, columns: Sequence[str], out: Answer
) -> list[Figure] | None:
    chosen = _select(talk, task, source, None)
    group = _find_group(task, source.table)
    if not chosen.rows:
        _say_empty(talk, task, source, out)
        return None
    if group is None:
        figures = [_by_currency(talk, task, source, chosen, column, out)[0] for column in columns]
        return [replace(f, name=" ".join(split_words(c))) for f, c in zip(figures, columns, strict=True)]
    values: list[str] = []
    head = replace(source, tool=None)  # the rows are here: no call for each group
    for name in dict.fromkeys(str(row.get(group)) for row in chosen.rows):
        rows = Selection(
            source.table,
            tuple(row for row in chosen.rows if str(row.get(group)) == name),
            (Filter(group, "=", (name.lower(),)),),
        )
        one, two = (_by_currency(talk, task, head, rows, column, out)[0] for column in columns)
        values.append(f"{name}: {_show(talk, replace(one, value=one.value - two.value))}")
    out.say(
        "groups",
        what=f"difference of {' and '.join(columns)}",
        group=" ".join(split_words(group)),
        value="; ".join(values),
    )
    return None
