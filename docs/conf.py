"""How Sphinx makes the site of the pages here: `make docs`.

The pages are Markdown that reads as well in the repository. Two things happen on their way to the site:
marks of docs/reference become tables (`extensions/reference.py`), and pages that stand above this folder,
such as SECURITY.md, are taken in (`extensions/site_pages.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "extensions"), str(HERE.parent)]

from pytest_arc import __version__  # noqa: E402 - found by the path above

project = "pytest-arc"
author = "The pytest-arc authors"
copyright = author
release = version = __version__

extensions = ["myst_parser", "site_pages"]
exclude_patterns = ["schema", "extensions", "pictures"]
nitpicky = True

# Links go to headings as in the repository; nothing of a page is loaded from elsewhere.
myst_heading_anchors = 4
highlight_language = "none"

html_theme = "furo"
html_title = f"pytest-arc {release}"
html_copy_source = False
html_show_sphinx = False
