"""What agents print: in the item of the case whose trial printed it, whatever runs at the same time."""

from __future__ import annotations

import os
import re

import pytest

from .conftest import Project

PRINTERS = """
    import asyncio, sys, time

    async def talk(context):
        for number in range(20):
            print(f"<{context.scenario}#{context.trial} line {number}>")
            await asyncio.sleep(0.001)
        print(f"<{context.scenario}#{context.trial} error>", file=sys.stderr)
        return "no"

    def talk_in_thread(context):
        for number in range(20):
            print(f"<{context.scenario}#{context.trial} line {number}>")
            time.sleep(0.001)
        print(f"<{context.scenario}#{context.trial} error>", file=sys.stderr)
        return "no"

    async def flood(text):
        for number in range(100):
            print("x" * 100_000)
        print("the last word")
        return "no"
"""


@pytest.mark.parametrize("function", ["talk", "talk_in_thread"])
def test_each_line_lands_in_the_item_of_its_case(project: Project, function: str) -> None:
    project.write(printers=PRINTERS)
    scenarios = {f"case-{number}": "go" for number in range(10)}
    project.add_agent(scenarios, target={"python": f"printers:{function}"})
    text = project.run("--arc-concurrency=50").stdout.str()
    sections = re.split(r"^_+ (case-\d) _+$", text, flags=re.MULTILINE)[1:]
    printed = {
        name: set(re.findall(r"<(\S+)#\d", body))
        for name, body in zip(sections[::2], sections[1::2], strict=True)
    }
    assert printed == {name: {name} for name in scenarios}
    assert len(re.findall(r"<case-\d#\d line \d+>", text)) == 10 * 5 * 20
    assert len(re.findall(r"<case-\d#\d error>", text)) == 10 * 5


def test_nothing_is_printed_of_cases_that_pass(project: Project) -> None:
    project.write(printers=PRINTERS)
    scenario = {"user": "go", "expect": [{"answer_contains": "no"}]}
    project.add_agent({"a": scenario}, target={"python": "printers:talk"})
    assert "<a#1 line 0>" not in project.run().stdout.str()
    assert "<a#1 line 0>" in project.run("-rP").stdout.str()


def test_ten_megabytes_are_shortened_in_the_middle(project: Project) -> None:
    project.write(printers=PRINTERS)
    project.add_agent({"a": "go"}, target={"python": "printers:flood"}, trials=1)
    text = project.run().stdout.str()
    assert len(text) < 100_000
    assert "characters left out" in text
    assert "the last word" in text


def test_what_python_tests_print_is_still_captured(project: Project) -> None:
    project.add_agent({"a": "pass"})
    project.write(test_plain="def test_plain():\n    print('from a plain test')\n    assert False\n")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Captured stdout call*", "from a plain test"])


def test_log_records_of_agents_do_not_reach_the_screen(project: Project) -> None:
    project.write(
        loggers="""
            import logging

            async def agent(text):
                logging.getLogger("shop").error("out of stock")
                return "yes"
        """
    )
    project.add_agent({"a": "go"}, target={"python": "loggers:agent"})
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "out of stock" not in result.stdout.str() + result.stderr.str()


def test_a_terminal_without_a_character_shows_the_others_in_their_lines(project: Project) -> None:
    project.add_agent({"a": "fail \N{SNOWMAN}"}, trials=1)
    process = project.start(env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    output, _ = process.communicate(timeout=60)
    assert "    1 user    fail \\u2603" in output.splitlines()


def test_what_an_agent_writes_drives_no_terminal(project: Project) -> None:
    project.write(
        painter=r"""
        def paint(text):
            print("\x1b[2Jprinted")
            return "\x1b]0;title\x07 \u202eright to left"
        """
    )
    project.add_agent({"a": "hello"}, target={"python": "painter:paint"}, trials=1)
    result = project.run()
    assert not re.search("[\x1b\x07\u202e]", str(result.stdout))
    result.stdout.fnmatch_lines(["*␛[[]2Jprinted*"])
