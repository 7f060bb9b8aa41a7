"""What a page of the site is made of, besides the file in this folder.

* A line that ends with `<!-- table: settings -->` becomes that table of `reference.py`.
* `<!-- page: SECURITY.md -->` becomes that file of the folder above, with its links as they are from here.
* Links to files above this folder lead to their pages, where they have one; one to a folder is only text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference import fill_in

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).parents[1]
PAGE = re.compile(r"<!-- page: (?P<name>[\w./-]+) -->")
LINK = re.compile(r"\[(?P<text>[^\][]+)\]\((?P<path>[^)\s:#]+)(?P<anchor>#[^)\s]*)?\)")
HOMES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "project/architecture.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
}
"""Files above -> their pages here."""


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}


def _read(app: Sphinx, name: str, content: list[str]) -> None:
    page = DOCS / f"{name}.md"
    content[0] = make_page(content[0], page)


def make_page(text: str, page: Path) -> str:
    """The text that Sphinx gets for the file `page`, which holds `text`."""
    text = fill_in(_move_links(text, page, page))
    return PAGE.sub(lambda mark: _take_in(DOCS.parent / mark["name"], page), text)


def _take_in(above: Path, page: Path) -> str:
    return _move_links(above.read_text(encoding="utf-8"), above, page)


def _move_links(text: str, source: Path, page: Path) -> str:
    """`text` of the file `source` with links that lead to the same from `page`."""

    def move(link: re.Match[str]) -> str:
        path = Path(os.path.normpath(source.parent / link["path"]))
        if path.is_dir():
            return link["text"]
        if home := HOMES.get(os.path.relpath(path, DOCS.parent)):
            path = DOCS / home
        moved = os.path.relpath(path, page.parent).replace(os.sep, "/")
        return f"[{link['text']}]({moved}{link['anchor'] or ''})"

    return LINK.sub(move, text)
