"""`python -m pytest_arc` is the command `arc`."""

from __future__ import annotations

import sys

from pytest_arc.cli import main

if __name__ == "__main__":
    sys.exit(main())
