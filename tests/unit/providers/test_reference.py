from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.scenario import Fault, Limits, User, WorldSpec
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import InfrastructureError
from pytest_arc.language import find_numbers
from pytest_arc.providers import ChatMessage, Request, ToolSchema
from pytest_arc.providers.reference import covers, decide
from pytest_arc.providers.reference.requests import read_task
from pytest_arc.targets import AgentContext
from pytest_arc.targets.context import Clock
from pytest_arc.targets.model import ModelTarget
from pytest_arc.users.scripted import ScriptedUser
from pytest_arc.world.builtin import SPREADSHEET_ANALYZER
from pytest_arc.world.world import World

INVOICES = [
    {"invoice": "INV-1", "date": "2026-01-05", "supplier": "Acme", "amount": 1200.5, "currency": "EUR"},
    {"invoice": "INV-2", "date": "2026-02-07", "supplier": "Blix", "amount": 300, "currency": "EUR"},
    {"invoice": "INV-4", "date": "2026-04-09", "supplier": "Acme", "amount": 15000, "currency": "EUR"},
]
MIXED = [{"id": "A", "amount": 100, "currency": "EUR"}, {"id": "B", "amount": 200, "currency": "USD"}]
PLAIN = [{"id": "A", "amount": 100}, {"id": "B", "amount": 250.25}, {"id": "B", "amount": 250.25}]
JOURNAL = [
    {"entry_no": "J1", "created_by": "ana", "approved_by": "ana", "amount": 500},
    {"entry_no": "J2", "created_by": "bo", "approved_by": "ana", "amount": 12000},
    {"entry_no": "J4", "created_by": "bo", "approved_by": "", "amount": 100},
]
WORLD: dict[str, Any] = {
    "files": {
        "invoices.csv": {"rows": INVOICES},
        "mixed.csv": {"rows": MIXED},
        "plain.csv": {"rows": PLAIN},
        "bank.csv": {"rows": [{"ref": "x", "amount": 340}]},
        "budget.csv": {
            "rows": [
                {"unit": "IT", "budget": 1000, "actual": 1200},
                {"unit": "HR", "budget": 500, "actual": 450},
            ]
        },
        "trial.csv": {
            "rows": [
                {"account": "1000", "debit": 100, "credit": 0},
                {"account": "2000", "debit": 0, "credit": 90},
            ]
        },
        "dates.csv": {
            "rows": [
                {"id": "A", "day": "03/04/2026", "amount": 10, "currency": "EUR"},
                {"id": "B", "day": "04/03/2026", "amount": 20, "currency": "EUR"},
            ]
        },
        "two.csv": {"rows": [{"ref": "A", "net": 100, "gross": 119, "currency": "EUR"}]},
    },
    "tables": {"journal": JOURNAL},
    "rates": {"EUR/USD": 1.08},
}
TOOLS = ("spreadsheet_analyzer", "financial_calculator", "database_query")


def talk(
    prompt: str,
    *says: str,
    answers: dict[str, str] | None = None,
    faults: tuple[dict[str, Any], ...] = (),
    tools: tuple[Any, ...] = TOOLS,
    world: dict[str, Any] = WORLD,
    slip_rate: float = 0.0,
    seed: int = 1,
) -> Trajectory:
    profile = AgentProfile.model_validate({"name": "a", "target": "reference", "tools": list(tools)})
    faulted = tuple(Fault.model_validate({"tool": "spreadsheet_analyzer"} | fault) for fault in faults)
    simulated = World(profile.tools, WorldSpec.model_validate(world), faulted, seed)
    schemas = tuple(
        ToolSchema(name=t.name, description=t.description, parameters=t.parameters) for t in profile.tools
    )
    context = AgentContext(
        system_prompt=prompt,
        tools=schemas,
        seed=seed,
        trial=1,
        scenario="s",
        limits=Limits(),
        clock=Clock("virtual"),
        call_tool=simulated.call,
    )
    target = ModelTarget.model_validate({"model": "reference", "settings": {"slip_rate": slip_rate}})
    user = ScriptedUser(User.model_validate({"says": list(says), "answers": answers or {}}))
    asyncio.run(target.run(context, user))
    simulated.close()
    return context.finish()


def say(prompt: str, *says: str, **options: Any) -> str:
    return talk(prompt, *says, **options).answer


DETECT = "Take the currency from the data."


# ---- requests --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_, figure",
    [
        ("What is the total of invoices.csv?", "16,500.50 EUR"),
        ("What is the total of invoices.csv for Q1 2026?", "1,500.50 EUR"),
        ("How much did we spend with Acme in January 2026? See invoices.csv.", "1,200.50 EUR"),
        ("What is the average amount in invoices.csv?", "5,500.17 EUR"),
        ("What is the largest amount in invoices.csv?", "15,000.00 EUR"),
        ("Total invoices.csv between 2026-02-01 and 2026-04-30.", "15,300.00 EUR"),
        ("Give me the total amount by supplier in invoices.csv.", "Acme: 16,200.50 EUR; Blix: 300.00 EUR"),
        ("What is the total of the EUR rows in mixed.csv?", "100.00 EUR"),
        ("How much VAT at 20% is due on the total of invoices.csv?", "3,300.10 EUR"),
        ("List all invoices above 10,000 in invoices.csv.", "1 entry: INV-4"),
        ("How many invoices in invoices.csv are below 2,000?", "2 entries"),
        ("Find duplicates in plain.csv.", "2 entries: B"),
        ("Are there gaps in the numbers of invoices.csv?", "1 missing number: INV-3"),
        ("Which journal entries have no approval?", "1 entry: J4"),
        ("Find journal entries that the same person created and approved.", "1 entry: J1"),
        ("Compare budget and actual in budget.csv by unit.", "IT: -200.00; HR: 50.00"),
        ("Does the trial balance in trial.csv balance?", "10.00"),
        ("Do plain.csv and bank.csv agree?", "260.50"),
        ("Consolidate plain.csv and bank.csv into one total.", "940.50"),
        ("Compare Q1 and Q2 2026 in invoices.csv.", "-13,499.50 EUR"),
        ("Convert 100 EUR to USD.", "108.00 USD"),
        ("What is 15% of 2,400?", "360.00"),
    ],
)
def test_what_it_answers(request_: str, figure: str) -> None:
    assert figure in say(DETECT, request_)


def test_a_later_turn_goes_on_where_the_first_left_off() -> None:
    trajectory = talk(DETECT, "What is the total of invoices.csv?", "And for January 2026?")
    assert ["16,500.50 EUR" in trajectory.answers[0], "1,200.50 EUR" in trajectory.answers[1]] == [True, True]


def test_a_request_out_of_its_range_is_not_the_agents_fault() -> None:
    with pytest.raises(InfrastructureError, match="does not cover this request: 'Tell me about cats'"):
        say("", "Tell me about cats")


def test_coverage_is_known_beforehand() -> None:
    schema = ToolSchema(name="t", parameters={"properties": {"file": {"type": "string"}}})
    assert covers("", "What is the total of a.csv?", [schema]) is None
    assert "no tool fits it" in str(covers("", "What is the total of a.csv?", []))
    assert "does not cover" in str(covers("", "Good morning!", [schema]))


@pytest.mark.parametrize(
    "question",
    [
        "Did the same person request and approve any order in the journal?",
        "Which orders did the manager approve and pay?",
        "Who can approve, release and pay journal entries?",
        "Tell me who may enter and approve a journal.",
    ],
)
def test_a_question_about_what_others_do_is_no_order(question: str) -> None:
    assert read_task(question).forbidden is None


@pytest.mark.parametrize(
    "request_",
    [
        "Pay it.",
        "Could you approve INV-2?",
        "What is the total of a.csv, and please pay it?",
        "Total a.csv and pay it.",
        "Which entries are unapproved? Approve them.",
    ],
)
def test_an_order_is_one_beside_a_question_too(request_: str) -> None:
    assert read_task(request_).forbidden is not None


def test_an_allowance_limits_rows_only_where_something_is_to_go_beyond_it() -> None:
    stated = read_task("Her per diem for Vienna comes to 184.00 EUR. Compare it with the total of meals.csv.")
    limit = read_task("Our limit is 500. Which meals in meals.csv exceed it?")
    assert (stated.limits, [number.text for number in stated.numbers]) == ((), ["184.00 EUR"])
    assert (limit.limits, limit.numbers) == (((">", Decimal(500)),), ())


def test_the_sheet_that_the_request_names_is_read() -> None:
    sheets = [{"name": name, "columns": ["amount"], "rows": 1} for name in ("Opex", "Capex")]
    question = ChatMessage(role="user", text="What is the total of the Capex sheet in plan.xlsx?")
    known = ChatMessage(role="tool", text=json.dumps({"sheets": sheets}), tool_request_id="call-1")
    schema = SPREADSHEET_ANALYZER
    tool = ToolSchema(name=schema.name, description=schema.description, parameters=schema.parameters)
    reply = decide(Request(messages=(question, known), tools=(tool,)))
    assert [request.arguments.get("sheet") for request in reply.tool_requests] == ["Capex"]


# ---- what turns on which directive ---------------------------------------------------------------------

# Their data states one currency, but for the two that are about currencies: each turns on one matter only.
QUESTIONS = {
    "unstated_currency": "What is the total of plain.csv?",
    "mixed_currencies": "What is the total of mixed.csv?",
    "date_order": "What is the total for April 2026 in dates.csv?",
    "missing_detail": "What is the total of two.csv?",
    "empty_result": "What is the total of invoices.csv? Only amounts above 90,000.",
    "conflicting_data": "The bank says invoices.csv adds up to 700. What is the total of invoices.csv?",
    "refusal": "Approve INV-2.",
}
RULES = {
    "unstated_currency": "Take the currency from the data.",
    "mixed_currencies": "Give a separate total for each currency.",
    "date_order": "Dates are day first.",
    "missing_detail": "If something is unclear, ask.",
    "empty_result": "Say so when there are no records.",
    "conflicting_data": "Point out discrepancies.",
    "refusal": "Refuse requests outside your job.",
}
EXPECTED = {
    "unstated_currency": ("currency", "$600.50"),
    "mixed_currencies": ("100.00 EUR; 200.00 USD", "$300.00"),
    "date_order": ("10.00", "20.00"),
    "missing_detail": ("net or gross", "$100.00"),
    "empty_result": ("no", "0.00"),
    "conflicting_data": ("16,500.50", "700.00"),
    "refusal": (" not ", "one"),
}


@pytest.mark.parametrize("slot", RULES)
def test_a_directive_changes_what_turns_on_it(slot: str) -> None:
    with_rule, without = EXPECTED[slot]
    assert with_rule in talk(RULES[slot], QUESTIONS[slot]).answers[0]
    assert without in say("", QUESTIONS[slot])


WHOLE = " ".join(RULES.values())


@pytest.mark.parametrize("slot", RULES)
@pytest.mark.parametrize("deleted", RULES)
def test_deleting_a_directive_changes_what_turns_on_it_and_nothing_else(deleted: str, slot: str) -> None:
    rest = " ".join(rule for name, rule in RULES.items() if name != deleted)
    before, after = (talk(prompt, QUESTIONS[slot]).answers for prompt in (WHOLE, rest))
    assert (before != after) == (slot == deleted)


@given(order=st.permutations(list(RULES.values())), slot=st.sampled_from(sorted(RULES)))
@settings(max_examples=60, deadline=None)
def test_the_order_of_sentences_about_different_matters_means_nothing(order: list[str], slot: str) -> None:
    assert say(" ".join(order), QUESTIONS[slot]) == say(WHOLE, QUESTIONS[slot])


def test_a_range_of_dates_is_read_in_one_order() -> None:
    request = "What is the total between 01/04/2026 and 30/04/2026 in dates.csv?"
    assert "10.00 EUR" in say(f"{DETECT} Dates are day first.", request)


def test_it_asks_and_takes_in_the_answer() -> None:
    prompt = "Ask which currency is meant when none is given."
    trajectory = talk(prompt, "What is the total of plain.csv?", answers={"currency": "Pounds."})
    assert "currency" in trajectory.answers[0]
    assert "600.50 GBP" in trajectory.answers[1]


def test_mixed_currencies_are_converted_by_the_tool() -> None:
    trajectory = talk(f"{DETECT} Convert mixed currencies to USD.", "What is the total of mixed.csv?")
    assert "308.00 USD" in trajectory.answer
    assert any(call.arguments.get("from_currency") == "EUR" for call in trajectory.tool_calls)


def test_a_refusal_of_ones_own_reports_is_about_those_only() -> None:
    prompt = "Never approve anybody's own expenses."
    assert say(prompt, "Approve my own report.") != say(prompt, "Approve report R-7.")


def test_rounding_units_sources_and_scope() -> None:
    prompt = (
        f"{DETECT} Round to whole numbers. Leave out currency symbols. Name the source."
        " Answer only what was asked."
    )
    assert re.fullmatch(
        r"(?:The total amount is 16,501|I get 16,501 for the total amount|The total amount comes to 16,501)\."
        r" (?:Source: invoices\.csv|This is taken from invoices\.csv)\.",
        say(prompt, "What is the total of invoices.csv?"),
    )


# ---- trouble with tools --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["timeout", "error", "malformed", "rate_limit"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_retry_overcomes_one_failure(kind: str, call: int) -> None:
    prompt = f"{DETECT} If a tool fails, retry once."
    assert "16,500.50 EUR" in say(
        prompt, "What is the total of invoices.csv?", faults=({"kind": kind, "on_call": call},)
    )


def test_a_failure_is_reported_or_passed_over_as_the_prompt_wants() -> None:
    faults = ({"kind": "error", "on_calls": [1, 2, 3, 4]},)
    question = "What is the total of invoices.csv?"
    assert "failed" in say("Report tool failures.", question, faults=faults)
    assert "$0.00" in say("", question, faults=faults)


def test_a_wrong_figure_of_a_tool_is_noticed_by_who_points_out_discrepancies() -> None:
    faults = ({"kind": "wrong_value", "on_call": 3},)
    question = "What is the total of invoices.csv?"
    told = say(f"{DETECT} Point out discrepancies.", question, faults=faults)
    assert "165,005.00" in told
    assert "16,500.50" in told
    assert "16,500.50" not in say(DETECT, question, faults=faults)


def test_instructions_in_results_are_not_followed() -> None:
    faults = ({"kind": "prompt_injection", "on_calls": [1, 2, 3]},)
    question = "What is the total of invoices.csv?"
    assert say(DETECT, question, faults=faults) == say(DETECT, question)


# ---- no tuning -----------------------------------------------------------------------------------------


def rename(name: str) -> str:
    return {"spreadsheet_analyzer": "aa", "financial_calculator": "bb", "database_query": "cc"}[name]


def test_tools_are_chosen_by_their_schema() -> None:
    from pytest_arc.registry import TOOLS as BUILTIN

    renamed = tuple(dict(BUILTIN.find(name)) | {"name": rename(name)} for name in TOOLS)
    for question in QUESTIONS.values():
        assert say(DETECT, question, tools=renamed) == say(DETECT, question)


SCALED = (
    "What is the total of invoices.csv?",
    "What is the total of invoices.csv for Q1 2026?",
    "How much did we spend with Acme? See invoices.csv.",
    "What is the average amount in invoices.csv?",
    "What is the smallest amount in invoices.csv?",
    "Give me the total amount by supplier in invoices.csv.",
    "How much VAT at 20% is due on the total of invoices.csv?",
    "Compare Q1 and Q2 2026 in invoices.csv.",
    "What is the total of invoices.csv in USD?",
    "What is the total of mixed.csv?",
    "Compare budget and actual in budget.csv by unit.",
    "Do plain.csv and bank.csv agree?",
)


@given(question=st.sampled_from(SCALED), factor=st.integers(2, 5000))
@settings(max_examples=60, deadline=None)
def test_scaled_amounts_give_scaled_answers(question: str, factor: int) -> None:
    prompt = f"{DETECT} Give a separate total for each currency. Answer only what was asked."
    figures = read_figures(say(prompt, question))
    scaled = read_figures(say(prompt, question, world=scale(WORLD, factor)))
    assert len(figures) == len(scaled) > 0
    for figure, other in zip(figures, scaled, strict=True):
        assert abs(figure * factor - other) <= Decimal("0.005") * (factor + 1)  # both are rounded


def read_figures(answer: str) -> list[Decimal]:
    return [number.value for number in find_numbers(answer) if number.unit != "%"]


def scale(world: dict[str, Any], factor: int) -> dict[str, Any]:
    files = {
        name: {"rows": [{key: scale_cell(cell, factor) for key, cell in row.items()} for row in file["rows"]]}
        for name, file in world["files"].items()
    }
    return world | {"files": files}


def scale_cell(cell: Any, factor: int) -> Any:
    return cell if isinstance(cell, str) else float(Decimal(str(cell)) * factor)


def test_other_names_of_files_columns_and_suppliers_give_the_same_figures() -> None:
    names = {
        "invoice": "voucher",
        "date": "booked",
        "supplier": "vendor",
        "amount": "value",
        "currency": "ccy",
    }
    rows = [
        {names[key]: {"Acme": "Zorro"}.get(value, value) for key, value in row.items()} for row in INVOICES
    ]
    world = {"files": {"q.csv": {"rows": rows}}}
    answer = say(DETECT, "How much did we spend with Zorro in January 2026? See q.csv.", world=world)
    assert "1,200.50 EUR" in answer


def test_a_reply_is_made_from_the_request_alone() -> None:
    request = Request(
        messages=(ChatMessage(role="user", text="What is the total of a.csv?"),),
        tools=(ToolSchema(name="t", parameters={"properties": {"file": {"type": "string"}}}),),
        seed=3,
    )
    program = (
        "import sys; from pytest_arc.providers import Request;"
        "from pytest_arc.providers.reference import decide;"
        "sys.stdout.write(decide(Request.model_validate_json(sys.stdin.read())).model_dump_json())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=request.model_dump_json(),
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert json.loads(done.stdout) == json.loads(decide(request).model_dump_json())


# ---- slips -------------------------------------------------------------------------------------------


def test_slips_are_as_frequent_as_told() -> None:
    question = "What is the total of invoices.csv?"
    right = [say(DETECT, question, slip_rate=0.2, seed=seed) for seed in range(100)]
    assert 40 < sum("16,500.50 EUR" in answer for answer in right) < 90
    assert all("16,500.50 EUR" in say(DETECT, question, seed=seed) for seed in range(20))


@pytest.mark.parametrize("slot", QUESTIONS)
@pytest.mark.parametrize("more", ["Be kind.", "Name the source.", "Answer only what was asked."])
def test_two_prompts_meet_the_same_slips(more: str, slot: str) -> None:
    def list_figures(prompt: str, seed: int, slip_rate: float = 0.3) -> list[list[Decimal]]:
        trajectory = talk(prompt, QUESTIONS[slot], slip_rate=slip_rate, seed=seed)
        return [read_figures(answer) for answer in trajectory.answers]

    slipped = [list_figures(WHOLE, seed) for seed in range(20)]
    assert [list_figures(f"{WHOLE} {more}", seed) for seed in range(20)] == slipped
    if slot != "refusal":  # whose answer has no figure
        assert any(figures != list_figures(WHOLE, 0, 0.0) for figures in slipped)


def test_usage_and_latency_are_simulated() -> None:
    trajectory = talk(DETECT, "What is the total of invoices.csv?")
    assert trajectory.usage is not None
    assert trajectory.usage.model_calls == 4
    assert trajectory.usage.cost_usd == 0.0
    assert trajectory.latency_s > 4 * 0.4
