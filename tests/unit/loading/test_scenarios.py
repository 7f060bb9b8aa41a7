from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_arc.domain.plan import Origin
from pytest_arc.loading import ProfileFile, load_scenarios

Load = Callable[..., ProfileFile]
Complain = Callable[..., str]
Write = Callable[[str, str], Path]


def _list_ids(loaded: ProfileFile) -> list[str]:
    return [entry.scenario.id for entry in loaded.scenarios]


def test_scenario_carries_its_place(load: Load) -> None:
    loaded = load("""
        arc_scenarios: 1
        scenarios:
          - id: a/b
            user: Hello
            expect: [{answer_contains: hello}]

          - id: a/c
            user: Bye
            expect: [{answer_contains: bye}]
        """)

    assert [(entry.scenario.id, entry.origin) for entry in loaded.scenarios] == [
        ("a/b", Origin("scenarios.yaml", 3)),
        ("a/c", Origin("scenarios.yaml", 7)),
    ]
    assert loaded.scenarios[0].scenario.user.says == ("Hello",)


def test_defaults_are_merged_key_by_key_and_tags_add_up(load: Load) -> None:
    loaded = load("""
        arc_scenarios: 1
        defaults:
          tags: [finance]
          limits: {max_steps: 8, timeout_s: 5}
          world: {rates: {EUR/USD: 1.08}}
          expect: [{max_steps: 9}]
        scenarios:
          - id: own
            user: x
            tags: fx
            limits: {max_steps: 3}
            world: {rates: {GBP/USD: 1.25}}
            expect: [{answer_contains: x}]
          - {id: none, user: x}
        """)
    own, none = (entry.scenario for entry in loaded.scenarios)

    assert (own.tags, none.tags) == (("fx", "finance"), ("finance",))
    assert (own.limits.max_steps, own.limits.timeout_s, none.limits.max_steps) == (3, 5.0, 8)
    assert own.world.rates == {"EUR/USD": Decimal("1.08"), "GBP/USD": Decimal("1.25")}
    assert [check.keyword() for check in own.expect] == ["answer_contains"]
    assert [check.keyword() for check in none.expect] == ["max_steps"]


def test_mistake_in_the_defaults_is_reported_once_where_it_stands(complain: Complain) -> None:
    assert complain("""
        arc_scenarios: 1
        defaults:
          limits: {max_stepz: 4}
          titel: x
        scenarios:
          - {id: a, user: x, expect: [{answer_contains: x}]}
          - {id: b, user: x, expect: [{answer_contains: x}], limits: {timeout_s: 1}}
        """) == (
        "scenarios.yaml:3:12: unknown key 'max_stepz' in limits\n"
        "    limits: {max_stepz: 4}\n"
        "             ^ did you mean 'max_steps'?\n"
        "scenarios.yaml:4:3: unknown key 'titel' in defaults\n"
        "    titel: x\n"
        "    ^ did you mean 'title'?"
    )


def test_each_row_becomes_a_scenario_labelled_by_its_first_value(load: Load) -> None:
    loaded = load("""
        arc_scenarios: 1
        scenarios:
          - id: q/total
            title: The total of {{ month }}
            for_each:
              - {month: Q1, total: 12345.67, file: q1.csv}
              - {month: Q2, total: 998.00, file: q2.csv}
            user: Total {{ month }}, about {{ total }}
            world:
              files: {"{{ month }}.csv": {text: "{{ total }}"}}
            faults: [{tool: "{{ month }}", kind: timeout}]
            expect:
              - answer_number: "{{ total }}"
              - answer_contains: "{{ total }}"
        """)
    second = loaded.scenarios[1].scenario

    assert _list_ids(loaded) == ["q/total[Q1]", "q/total[Q2]"]
    assert second.title == "The total of Q2"
    assert second.user.says == ("Total Q2, about 998.00",)
    assert second.faults[0].tool == "Q2"
    assert dict(second.expect[0])["answer_number"] == 998
    assert dict(second.expect[1])["answer_contains"] == ("998.00",)


def test_labels_hold_no_character_that_an_id_cannot(load: Load) -> None:
    loaded = load("""
        arc_scenarios: 1
        scenarios:
          - id: a
            for_each: [{v: "x[1]/y::z"}, {v: 2.50}, {v: "two  words"}, {v: ""}]
            user: x
            expect: [{answer_contains: x}]
        """)

    assert _list_ids(loaded) == ["a[x(1)-y:z]", "a[2.50]", "a[two words]", "a[4]"]


def test_rows_with_the_same_label_are_a_problem(complain: Complain) -> None:
    assert complain("""
        arc_scenarios: 1
        scenarios:
          - id: a
            for_each:
              - {v: 1, w: 2}
              - {v: 1, w: 3}
            user: x
            expect: [{answer_contains: x}]
        """) == (
        "scenarios.yaml:6:9: rows 1 and 2 of 'for_each' are both labelled '1'\n"
        "    - {v: 1, w: 3}\n"
        "      ^ the first value of a row is its label: make it different in each row"
    )


@pytest.mark.parametrize(
    "name, text",
    [
        ("rows.csv", "month,total,open\nQ1,998.00,true\nQ2,0123,\n"),
        (
            "rows.jsonl",
            '{"month": "Q1", "total": 998.00, "open": true}\n\n'
            '{"month": "Q2", "total": "0123", "open": ""}\n',
        ),
    ],
)
def test_rows_come_from_files_with_typed_values(load: Load, write: Write, name: str, text: str) -> None:
    write(f"data/{name}", text)
    loaded = load(f"""
        arc_scenarios: 1
        scenarios:
          - id: a
            for_each: {{{name.partition(".")[2]}: data/{name}}}
            user: "{{{{ month }}}}: {{{{ total }}}} {{{{ open }}}}"
            critical: "{{{{ open or false }}}}"
            expect: [{{answer_contains: "{{{{ total }}}}"}}]
        """)

    assert _list_ids(loaded) == ["a[Q1]", "a[Q2]"]
    assert [entry.scenario.user.says for entry in loaded.scenarios] == [("Q1: 998.00 True",), ("Q2: 0123 ",)]
    assert [entry.scenario.critical for entry in loaded.scenarios] == [True, False]


@pytest.mark.parametrize(
    "rows, message",
    [
        ("{csv: data/row.csv}", "5:15: there is no file 'data/row.csv'"),
        ("{csv: scenarios.yaml}", "5:15: 'scenarios.yaml' does not end in .csv"),
        ("5", "5:15: 'for_each' must be a list of rows, or {csv: FILE}, or {jsonl: FILE}"),
        ("[]", "5:15: 'for_each' must be a list of rows, or {csv: FILE}, or {jsonl: FILE}"),
        ("{xlsx: a}", "5:15: 'for_each' must be a list of rows, or {csv: FILE}, or {jsonl: FILE}"),
        ("[5]", "5:16: a row of 'for_each' must be a mapping, not 5"),
    ],
)
def test_wrong_rows_are_reported(complain: Complain, write: Write, rows: str, message: str) -> None:
    write("data/rows.csv", "a\n1\n")
    complaint = complain(f"""
        arc_scenarios: 1
        scenarios:
          - id: a
            user: x
            for_each: {rows}
            expect: [{{answer_contains: x}}]
        """)

    place, _, text = message.partition(": ")
    assert text in complaint
    assert complaint.startswith(f"scenarios.yaml:{place.split(':')[0]}:")


@pytest.mark.parametrize(
    "name, text, complaint",
    [
        ("rows.csv", "a,a\n1,2\n", "rows.csv:1:1: column 'a' is here twice"),
        ("rows.csv", "a,b\n1,2,3\n", "rows.csv:2:1: 3 cells, but 2 columns"),
        ("rows.csv", 'a\n"x\n', "rows.csv:2:1: this is not CSV: unexpected end of data"),
        ("rows.csv", "a,b\n", "rows.csv:1:1: the file has no rows"),
        ("rows.jsonl", '{"a": 1}\n{"a": }\n', "rows.jsonl:2:7: this line is not JSON: Expecting value"),
        ("rows.jsonl", "[1]\n", "rows.jsonl:1:1: each line must be a mapping {...}"),
    ],
)
def test_broken_row_files_are_reported_with_their_line(
    complain: Complain, write: Write, name: str, text: str, complaint: str
) -> None:
    write(name, text)

    assert complaint in complain(f"""
        arc_scenarios: 1
        scenarios:
          - id: a
            for_each: {{{name.partition(".")[2]}: {name}}}
            user: x
            expect: [{{answer_contains: x}}]
        """)


def test_data_files_are_found_beside_the_scenario_file_and_known_by_content(load: Load, write: Write) -> None:
    data = write("suite/data/ledger.csv", "a,b\n1,2\n")
    loaded = load(
        """
        arc_scenarios: 1
        defaults:
          world: {tables: {ledger: data/ledger.csv}}
        scenarios:
          - {id: a, user: x, expect: [{answer_contains: x}]}
          - {id: b, user: x, expect: [{answer_contains: x}], world: {files: {l.csv: {path: data/ledger.csv}}}}
        """,
        "suite/scenarios.yaml",
    )
    first, second = (entry.scenario.world for entry in loaded.scenarios)
    digest = hashlib.sha256(data.read_bytes()).hexdigest()

    assert first.tables["ledger"].path == data.resolve().as_posix()
    assert first.tables["ledger"].sha256 == second.files["l.csv"].sha256 == digest


def test_world_that_only_the_defaults_give_is_one_object(load: Load) -> None:
    loaded = load("""
        arc_scenarios: 1
        defaults: {world: {rates: {EUR/USD: 1.08}}}
        scenarios:
          - {id: a, user: x, expect: [{answer_contains: x}]}
          - {id: b, user: x, expect: [{answer_contains: x}]}
        """)

    assert loaded.scenarios[0].scenario.world is loaded.scenarios[1].scenario.world


def test_missing_data_file_is_reported_with_its_likely_namesake(complain: Complain, write: Write) -> None:
    write("data/ledger.csv", "a\n1\n")

    assert complain("""
        arc_scenarios: 1
        scenarios:
          - id: a
            user: x
            world:
              files: {l.csv: data/leger.csv}
            expect: [{answer_contains: x}]
        """) == (
        "scenarios.yaml:6:22: there is no file 'data/leger.csv'\n"
        "    files: {l.csv: data/leger.csv}\n"
        "                   ^ did you mean 'ledger.csv'?"
    )


@pytest.mark.parametrize(
    "id, complaint",
    [
        ("gate/x", "3:9: scenario id 'gate/x' would look like a gate"),
        ("a::b", "3:9: 'id' must be text without spaces, ':' and brackets, not the text 'a::b'"),
        ('"a b"', "3:9: 'id' must be text without spaces, ':' and brackets, not the text 'a b'"),
    ],
)
def test_ids_that_pytest_could_not_tell_are_rejected(complain: Complain, id: str, complaint: str) -> None:
    text = f"arc_scenarios: 1\nscenarios:\n  - id: {id}\n    user: x\n    expect: [{{answer_contains: x}}]\n"

    assert complain(text).startswith(f"scenarios.yaml:{complaint}")


def test_tags_that_are_marks_of_pytest_are_rejected_with_the_word_to_use(complain: Complain) -> None:
    assert complain("""
        arc_scenarios: 1
        scenarios:
          - id: a
            user: x
            tags: [fx, skip, asyncio]
            expect: [{answer_contains: x}]
        """) == (
        "scenarios.yaml:5:16: tag 'skip' is a mark of pytest or of a plugin of it\n"
        "    tags: [fx, skip, asyncio]\n"
        "               ^ write 'skip: reason' on the scenario\n"
        "scenarios.yaml:5:22: tag 'asyncio' is a mark of pytest or of a plugin of it\n"
        "    tags: [fx, skip, asyncio]\n"
        "                     ^ write 'asyncio-cases', for instance"
    )


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("- a\n", "1:1: a scenario file must be a mapping, not a list"),
        ("scenarios: []\n", "1:1: 'arc_scenarios' is missing"),
        ("arc: 1\nname: x\n", "1:1: this is a profile, not a scenario file"),
        ("arc_scenarios: 2\nscenarios: [{}]\n", "1:16: 'arc_scenarios' must be 1, not 2"),
        ("arc_scenarios: 1\n", "1:1: 'scenarios' is missing"),
        ("arc_scenarios: 1\nscenarios: []\n", "2:1: 'scenarios' must be a list with at least one entry"),
        ("arc_scenarios: 1\nscenarios: [foo]\n", "2:13: a scenario must be a mapping, not the text 'foo'"),
        ("arc_scenarios: 1\ndefaults: 5\nscenarios: [foo]\n", "2:11: 'defaults' must be a mapping, not 5"),
        (
            "arc_scenarios: 1\nscenarois: 5\nscenarios: [foo]\n",
            "2:1: unknown key 'scenarois' in the scenario file",
        ),
    ],
)
def test_what_is_no_scenario_file_is_said(complain: Complain, text: str, complaint: str) -> None:
    assert complain(text).startswith(f"scenarios.yaml:{complaint}")


def test_csv_holds_a_scenario_in_each_row(load: Load) -> None:
    loaded = load(
        """
        id,user,tags,limits.max_steps,expect.answer_contains,expect.answer_number,expect.answer_number.tolerance
        a/1,Total of Q1?,fx;slow,3,EUR,12.50,0.01
        a/2,Total of Q2?,,,USD,,
        """,
        "cases.csv",
    )
    first, second = (entry.scenario for entry in loaded.scenarios)

    assert [entry.origin for entry in loaded.scenarios] == [Origin("cases.csv", 2), Origin("cases.csv", 3)]
    assert (first.tags, first.limits.max_steps) == (("fx", "slow"), 3)
    assert [check.keyword() for check in first.expect] == ["answer_contains", "answer_number"]
    assert dict(first.expect[1])["tolerance"] is not None
    assert [check.keyword() for check in second.expect] == ["answer_contains"]


def test_jsonl_holds_a_scenario_in_each_line(load: Load) -> None:
    loaded = load(
        """
        {"id": "a", "user": "x", "expect": [{"answer_contains": "x"}]}
        {"id": "b", "user.says": ["x"], "expect.answer_contains": "x", "world.files.a.csv": {"text": "1"}}
        """,
        "cases.jsonl",
    )

    assert loaded.scenarios[1].scenario.user.says == ("x",)
    assert list(loaded.scenarios[1].scenario.world.files) == ["a.csv"]


def test_mistakes_in_a_row_are_reported_with_its_line(complain: Complain) -> None:
    assert complain("id,usr,expect.answer_contians,expect.calls.args\na,x,x,y\nb,x,x,\n", "cases.csv") == (
        "cases.csv:2:1: column 'expect.calls' is missing or empty, but it has options\n"
        "    a,x,x,y\n"
        "cases.csv:3:1: 'user' is missing in scenario 'b'\n"
        "    b,x,x,\n"
        "    ^ say what the user says, for instance 'user: Total the invoices'\n"
        "cases.csv:3:1: unknown check 'answer_contians' in scenario 'b'\n"
        "    b,x,x,\n"
        "    ^ did you mean 'answer_contains'?\n"
        "cases.csv:3:1: unknown key 'usr' in scenario 'b'\n"
        "    b,x,x,\n"
        "    ^ did you mean 'user'?"
    )


def test_file_is_read_once_until_it_or_its_data_change(write: Write) -> None:
    path = write(
        "scenarios.yaml",
        """
        arc_scenarios: 1
        scenarios:
          - {id: a, user: x, world: {files: {d: d.csv}}, expect: [{answer_contains: x}]}
        """,
    )
    data = write("d.csv", "a\n1\n")

    first = load_scenarios(path)
    assert load_scenarios(path).entries[0].scenario is first.entries[0].scenario

    write(data.name, "a\n1\n2\n")
    again = load_scenarios(path)
    assert (
        again.entries[0].scenario.world.files["d"].sha256 != first.entries[0].scenario.world.files["d"].sha256
    )
