"""One line for someone who named agent files and forgot `--arc`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arc.loading import check_claim

__all__ = ["hint_at_arc"]


def hint_at_arc(config: pytest.Config) -> None:
    """Print the hint when an argument is an agent file, or a folder that holds one."""
    names = [argument.split("::")[0] for argument in config.args]
    if not any(_holds_agent(Path(name)) for name in names):
        return
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.ensure_newline()
        typed = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else ()
        reporter.write_line(" ".join(["hint: agent files run with --arc: pytest --arc", *typed]))


def _holds_agent(path: Path) -> bool:
    if path.is_file():
        return path.suffix in (".yaml", ".yml", ".json") and check_claim(_read_head(path))
    if path.is_dir():
        return any(check_claim(_read_head(file)) for file in sorted(path.glob("*.y*ml"))[:50])
    return False


def _read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(65536)
