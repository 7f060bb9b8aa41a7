from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pytest_arc.loading.scalars import Written
from pytest_arc.loading.templates import TemplateProblem, render

ROW = {"month": "Q1", "total": Written("998.00"), "count": 3, "open": True, "tags": ["a", "b"]}


@pytest.mark.parametrize(
    "template, value",
    [
        ("{{ count }}", 3),
        (" {{ count + 1 }} ", 4),
        ("{{ open }}", True),
        ("{{ tags }}", ["a", "b"]),
        ("{{ month | lower }}", "q1"),
        ("{{ total }}", 998.0),
    ],
)
def test_text_that_is_one_expression_keeps_the_type_of_its_value(template: str, value: Any) -> None:
    rendered = render(template, ROW)

    assert rendered == value
    assert isinstance(rendered, type(value))


@pytest.mark.parametrize(
    "template, text",
    [
        ("Total {{ month }}", "Total Q1"),
        ("{{ month }}{{ count }}", "Q13"),
        ("Pay {{ total }} now", "Pay 998.00 now"),
        ("{% if open %}open{% endif %}", "open"),
        ("{% raw %}{{ as it is }}{% endraw %}", "{{ as it is }}"),
        ("no template: 100 % { }", "no template: 100 % { }"),
    ],
)
def test_mixed_text_becomes_text_with_numbers_as_they_were_written(template: str, text: str) -> None:
    assert render(template, ROW) == text


def test_templates_are_filled_in_at_any_depth_and_the_rest_is_shared() -> None:
    world = {"rates": {"EUR/USD": 1.08}}
    filled = render({"world": world, "expect": [{"answer_number": "{{ count }}"}]}, ROW)

    assert filled == {"world": world, "expect": [{"answer_number": 3}]}
    assert filled["world"] is world


@pytest.mark.parametrize(
    "template, message, hint",
    [
        ("{{ totl }}", "in a template, 'totl' is undefined", "did you mean 'total'?"),
        ("a {{ zzz }}", "in a template, 'zzz' is undefined", "the row has: month, total, count, open, tags"),
        (
            "{{ count",
            "this template is not valid: unexpected end of template, expected 'end of print statement'.",
            "",
        ),
        ("{{ 1 / 0 }}", "this template cannot be filled in: division by zero", ""),
    ],
)
def test_template_that_cannot_be_filled_in_is_a_problem_with_its_path(
    template: str, message: str, hint: str
) -> None:
    with pytest.raises(TemplateProblem) as caught:
        render({"user": [template]}, ROW)

    assert (caught.value.path, caught.value.message, caught.value.hint) == (("user", 0), message, hint)


def test_template_without_rows_says_so() -> None:
    with pytest.raises(TemplateProblem) as caught:
        render("{{ month }}", {})

    assert caught.value.hint == "this scenario has no 'for_each' with values"


def test_templates_cannot_reach_into_python() -> None:
    with pytest.raises(TemplateProblem, match="unsafe"):
        render("{{ ''.__class__.__mro__ }}", ROW)


def test_the_template_engine_is_imported_only_for_templates() -> None:
    code = (
        "import sys; from pytest_arc.loading.templates import render;"
        "render({'user': 'hello'}, {}); assert 'jinja2' not in sys.modules;"
        "render('{{ 1 }}', {}); assert 'jinja2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
