"""The site is built without a warning, and its pictures are what the code draws."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from curves import CURVES
from reference import MARK
from terminal import draw_terminal
from walkthrough import ROOT

DOCS = ROOT / "docs"


def _build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("sphinx", reason="the site needs sphinx, furo and myst-parser")
    options = ["--builder", "html", "--fail-on-warning", "--keep-going", "--quiet", "--fresh-env"]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "--doctree-dir", str(target / "trees"), source, target],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_site_is_built_without_a_warning(tmp_path: Path) -> None:
    done = _build(DOCS, tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    page = (tmp_path / "reference" / "checks.html").read_text(encoding="utf-8")
    assert "answer_contains" in page
    assert not MARK.search(page)
    for html in tmp_path.rglob("*.html"):
        loaded = re.findall(
            r"<(?:link|script|img)[^>]+(?:href|src)=.(https?:[^ >]+)", html.read_text("utf-8")
        )
        assert loaded == [], f"{html.name} loads something from elsewhere"


def test_link_that_leads_nowhere_is_a_warning(tmp_path: Path) -> None:
    source = tmp_path / "project" / "docs"
    source.mkdir(parents=True)
    shutil.copy2(DOCS / "conf.py", source)
    shutil.copytree(DOCS / "extensions", source / "extensions")
    (source / "index.md").write_text("# Title\n\n[to a heading](#no-such-heading)\n", encoding="utf-8")

    done = _build(source, tmp_path / "site")

    assert done.returncode == 1
    assert "no-such-heading" in done.stdout


@pytest.mark.parametrize("name", CURVES)
def test_picture_is_what_the_code_draws(name: str) -> None:
    committed = DOCS / "pictures" / f"{name}.svg"

    assert CURVES[name]() == committed.read_text(encoding="utf-8"), "python docs/pictures/make.py"
    ElementTree.parse(committed)


def test_colours_of_a_terminal_last_until_they_are_taken_back() -> None:
    picture = draw_terminal("arc <run>", "\x1b[31mred\nstill\x1b[0m plain <b>\x1b[2K\n")

    ElementTree.fromstring(picture)
    assert '<tspan class="red">still</tspan> plain &lt;b&gt;' in picture
    assert "arc &lt;run&gt;" in picture


def test_pictures_are_small_and_each_is_shown() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    pictures = [path for path in (DOCS / "pictures").iterdir() if path.suffix in (".svg", ".png")]

    assert [path.name for path in pictures if path.stat().st_size > 200_000] == []
    assert [path.name for path in pictures if f"(pictures/{path.name})" not in pages] == []
