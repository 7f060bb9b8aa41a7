"""One run as one HTML file: nothing is fetched, and without script it says all it has to say.

What others wrote (agents, tools, users, files) comes into the page as text only: everything is escaped, what
hides or reorders text is made visible, and the page's own policy lets no script and no style run but those
whose hashes it names.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pytest_arc.domain.view import ReadTrajectory, RunView
from pytest_arc.reports.drawing import draw_bar, draw_histogram, draw_interval
from pytest_arc.reports.excerpts import MOST_ARGUMENT
from pytest_arc.reports.headline import format_estimate, say_headline
from pytest_arc.reports.page import Page, count
from pytest_arc.reports.style import format_bound, format_duration, format_money, format_percent, shorten
from pytest_arc.reports.visible import cut, make_visible

__all__ = ["write_html"]

MOST_TEXT = 2_000
"""Characters of one thing that was said, of arguments, or of a result."""


def write_html(view: RunView, read_trajectory: ReadTrajectory) -> Iterator[str]:
    """The text of the page, piece by piece."""
    environment = _open_environment()
    trial: Any = environment.get_template("trial.html.j2").module
    page = Page(view, read_trajectory, trial.show_trial)
    style, script = (_read(environment, name) for name in ("report.css", "report.js"))
    yield from environment.get_template("report.html.j2").generate(
        run=view,
        page=page,
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " base-uri 'none'; form-action 'none'",
    )


def _open_environment() -> Environment:
    environment: Any = Environment(
        loader=PackageLoader("pytest_arc.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    filters: dict[str, Any] = {
        "bound_low": partial(format_bound, up=False),
        "bound_high": partial(format_bound, up=True),
        "count": count,
        "duration": format_duration,
        "estimate": format_estimate,
        "moment": _say_moment,
        "money": format_money,
        "percent": format_percent,
        "pretty": _dump_pretty,
        "shorten": shorten,
        "word_class": _name_class,
    }
    pictures = {"draw_bar": draw_bar, "draw_interval": draw_interval, "draw_histogram": draw_histogram}
    names: dict[str, Any] = {name: partial(_mark_up, draw) for name, draw in pictures.items()}
    names |= {"headline": say_headline, "cut": cut, "most_text": MOST_TEXT, "most_argument": MOST_ARGUMENT}
    environment.filters.update(filters)
    environment.globals.update(names)
    return environment


def _finalize(value: Any) -> Any:
    """Whatever a template puts out: markup as it is, all else as text that can be seen."""
    return value if isinstance(value, (Markup, int, float)) else make_visible(str(value))


def _name_class(word: str) -> str:
    """`below bar` -> `below-bar`."""
    return word.replace(" ", "-")


def _mark_up(draw: Any, *values: Any) -> Markup:
    return Markup(draw(*values))


def _read(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].replace("\r\n", "\n")


def _hash(text: str) -> str:
    """As a policy names what may run: the hash of what stands between the tags."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _dump_pretty(value: Any) -> str:
    """JSON on one line where it is short, else on as many as it takes."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if len(line) <= 100 else json.dumps(value, ensure_ascii=False, indent=1, default=str)


def _say_moment(text: str) -> str:
    """An ISO time as people read it; what is none as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname() or ''}".strip()
