from __future__ import annotations

import subprocess
import sys

from pytest_arc import stats


def test_every_exported_name_is_there_and_sorted() -> None:
    assert sorted(stats.__all__) == stats.__all__
    assert [name for name in stats.__all__ if not hasattr(stats, name)] == []


def test_importing_it_loads_no_slow_library() -> None:
    script = (
        "import sys, pytest_arc.stats; print(*sorted({'numpy', 'scipy', 'statistics'} & set(sys.modules)))"
    )

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)

    assert loaded.stdout.split() == []
