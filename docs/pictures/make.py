"""Makes the pictures of the documentation again: `python docs/pictures/make.py`.

The curves are the same to the byte on each machine, and a test holds them to that. The picture of the
terminal is of a run that is made here, and that of the report is taken by Chromium; without it, it stays.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from curves import CURVES
from terminal import draw_terminal

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main() -> None:
    for name, draw in CURVES.items():
        _write(f"{name}.svg", draw())
    with tempfile.TemporaryDirectory() as folder:
        for demo in ("configs", "scenarios"):
            shutil.copytree(ROOT / demo, Path(folder, demo))
        Path(folder, "pyproject.toml").touch()
        _write("terminal.svg", _run_pytest(Path(folder)))
        _photograph(Path(folder, "report.html"), HERE / "report.png")


def _run_pytest(folder: Path) -> str:
    """The end of what a run prints, in the colours of a terminal; its report is left in `folder`."""
    command = ["--arc", "configs/finance_agent_v1.yaml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command, "--color=yes", "-rN", "--arc-html", "report.html"],
        cwd=folder,
        env=os.environ | {"COLUMNS": "80", "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    lines = done.stdout.splitlines()
    (start, *_) = (number for number, line in enumerate(lines) if "pytest-arc: finance-agent" in line)
    kept = [line for line in lines[start:] if not line.lstrip().startswith("report ")]
    return draw_terminal(f"pytest {' '.join(command)}", "\n".join(kept))


def _photograph(page: Path, picture: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("no chromium: the picture of the report stays as it is")
        return
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1100,1150"]
    subprocess.run(
        [browser, *options, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True
    )
    print(picture.name)


def _write(name: str, text: str) -> None:
    (HERE / name).write_text(text, encoding="utf-8", newline="\n")
    print(name)


if __name__ == "__main__":
    main()
