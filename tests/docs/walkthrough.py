"""Works through the examples of a document as its reader would; `test_snippets.py` does so with each one.

A document is worked through in one folder, which starts with the demonstration's configs/, scenarios/ and
examples/. What a fenced block is decides what happens to it:

* `python`: run by Python; one that defines tests is run by pytest.
* `yaml`, `json`, `toml`: parsed. A complete profile or scenario file (`arc:`, `arc_scenarios:`) must also
  pass `arc validate`, which is asked once all files shown before the next command are there.
* A first line that is a comment with a file name, `# agents/mine.py`, saves the block under that name.
* `console`: each `$ command` is run (see `Shell`) and must succeed, or end as its comment `# exit 1` says.
  Output shown must be the output got: `...` stands for anything, times, dates and run ids for one another.
* Any other block is text for the reader. `sh`, `bash` and `shell` are refused: they would pass unseen.

A comment before the fence makes the two exceptions. With `<!-- needs: data/x.json.gz -->` that file of the
folder `RECORDED_RUNS` is laid into the reader's; `<!-- needs: module langgraph -->` asks for a library. Where
it is missing, the examples after it are skipped, and pytest says so. With `<!-- not run: why -->` a block is
parsed, and its commands are only looked up.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```", re.M | re.S)
NOTE = re.compile(r"<!-- (?P<kind>needs|not run): (?P<text>.+?) -->\s*$")
FILE_NAME = re.compile(r"# (?P<name>[\w./-]+\.\w+)$")
TIMEOUT_S = 120


class ExampleError(AssertionError):
    """The documentation shows something that is not so."""


@dataclass(frozen=True)
class Block:
    """One fenced block. `place` is file:line of its fence; `needs` and `not_run` are its note's text."""

    place: str
    language: str
    body: str
    needs: str = ""
    not_run: str = ""

    @property
    def file_name(self) -> str:
        """The name the block asks to be saved under, or an empty string."""
        match = FILE_NAME.match(self.body.partition("\n")[0])
        return match["name"] if match else ""


def find_blocks(text: str, source: str) -> list[Block]:
    """The fenced blocks of a Markdown text, in order."""
    blocks: list[Block] = []
    for fence in FENCE.finditer(text):
        note = NOTE.search(text[: fence.start()])
        kind, reason = (note["kind"], note["text"]) if note else ("", "")
        indent = len(fence["indent"])
        body = "".join(line[indent:] or "\n" for line in fence["body"].splitlines(keepends=True))
        place = f"{source}:{text.count(chr(10), 0, fence.start()) + 1}"
        needs, not_run = (reason if kind == word else "" for word in ("needs", "not run"))
        blocks.append(Block(place, fence["language"], body, needs, not_run))
    return blocks


def work_through(blocks: list[Block], folder: Path) -> None:
    """Do in `folder` what a reader of `blocks` would do there; raises ExampleError where a block is wrong."""
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    reader = Reader(folder)
    for block in blocks:
        if block.needs:
            _find_needed(block.needs, folder)
        try:
            reader.read(block)
        except ExampleError as wrong:
            raise ExampleError(f"{block.place}: {wrong}") from None
    reader.validate_files()


class Reader:
    """Someone who types what the documentation shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shell = Shell(folder)
        self._unvalidated: list[tuple[str, str]] = []

    def read(self, block: Block) -> None:
        """Run or load one block."""
        readers: dict[str, Callable[[Block], None]] = {
            "python": self._read_python,
            "yaml": self._read_yaml,
            "json": lambda block: _parse(json.loads, block),
            "toml": lambda block: _parse(tomllib.loads, block),
            "console": self._read_console,
        }
        if block.language in ("sh", "bash", "shell", "py", "yml"):
            raise ExampleError(f"write ```{block.language} as ```console with `$ `, ```python or ```yaml")
        if block.file_name:
            path = self.folder / PurePosixPath(block.file_name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
        if read := readers.get(block.language):
            read(block)

    def validate_files(self) -> None:
        """`arc validate` for the profiles and scenario files shown since the last time."""
        for place, name in self._unvalidated:
            try:
                self.shell.run(f"arc validate {name}")
            except ExampleError as wrong:
                raise ExampleError(f"{place}: {wrong}") from None
        self._unvalidated.clear()

    def _read_python(self, block: Block) -> None:
        _parse(ast.parse, block)
        if block.not_run:
            return
        self.validate_files()
        name = block.file_name or f"example_line_{block.place.rpartition(':')[2]}.py"
        (self.folder / name).write_text(block.body, encoding="utf-8")
        defines_tests = re.search(r"^(async )?def test_", block.body, re.M)
        self.shell.run(f"pytest -q {name}" if defines_tests else f"python {name}")

    def _read_yaml(self, block: Block) -> None:
        content = _parse(yaml.safe_load, block)
        if isinstance(content, dict) and {"arc", "arc_scenarios"} & content.keys() and not block.not_run:
            name = block.file_name or f"line_{block.place.rpartition(':')[2]}.yaml"
            (self.folder / name).write_text(block.body, encoding="utf-8")
            self._unvalidated.append((block.place, name))

    def _read_console(self, block: Block) -> None:
        if not block.body.startswith("$ "):
            raise ExampleError("a console block begins with `$ ` and a command")
        self.validate_files()
        for command, shown in split_transcript(block.body):
            if block.not_run:
                for part in command.partition(" # ")[0].split(" && "):
                    self.shell.look_up(part)
            elif got := self.shell.run(command):
                compare_output(command, shown, got)


class Shell:
    """Runs commands without a shell, so that an example works in every one of them.

    Known are `arc`, `pytest` and `python`, `cd`, several joined by `&&`, and `NAME=value` before a command.
    `make demo` runs its script. Other targets are only looked up in the Makefile, as are nox sessions and the
    extras of `pip install`: they build environments, and CI runs them for themselves. Modal's own command is
    for people with an account; ours meets a stand-in for Modal (`test_snippets.py`). After `git clone` the
    reader is taken to stand in the clone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, line: str) -> str:
        """Run one line and return its output; raises ExampleError unless it ends as `# exit N` says (0)."""
        command, _, comment = line.partition(" # ")
        expected = int(ending[1]) if (ending := re.match(r"exit (\d)", comment)) else 0
        output, code = "", 0
        for part in re.sub(r"(git clone \S+) && cd \S+", r"\1", command.strip()).split(" && "):
            printed, code = self._run_simple(part)
            output += printed
            if code:
                break
        if code != expected:
            raise ExampleError(f"$ {command}\nended with {code}, not {expected}:\n{output}")
        return output

    def look_up(self, line: str) -> list[str] | None:
        """What to execute for a simple command, or None where looking is all; raises ExampleError."""
        words = [word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", word)]
        match words:
            case ["arc" | "pytest-arc", *rest]:
                return [sys.executable, "-m", "pytest_arc", *rest]
            case ["pytest", *rest]:
                return [sys.executable, "-m", "pytest", *rest]
            case ["python", *rest]:
                return [sys.executable, *rest]
            case ["make", "demo"]:
                return [sys.executable, "examples/demo.py"]
            case ["make", target] if re.search(rf"^{re.escape(target)}:", _read("Makefile"), re.M):
                return None
            case ["nox", "--session", session] if f"def {session.partition('-')[0]}(" in _read("noxfile.py"):
                return None
            case ["pip", "install", *packages] if all(map(_is_installable, packages)):
                return None
            case ["git" | "pre-commit" | "source", *_] | ["modal", "token" | "secret" | "app", *_]:
                return None
            case _:
                raise ExampleError(f"$ {line}\nis no command these examples can run (see Shell)")

    def _run_simple(self, line: str) -> tuple[str, int]:
        if line.startswith("cd "):
            self.folder = (self.folder / line[3:]).resolve()
            return ("", 0) if self.folder.is_dir() else (f"no folder {line[3:]}", 1)
        command = self.look_up(line)
        if command is None:
            return "", 0
        settings = [word for word in shlex.split(line) if re.match(r"[A-Z_]+=", word)]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=_clean_environment() | dict(setting.split("=", 1) for setting in settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.stdout, done.returncode


def split_transcript(body: str) -> Iterator[tuple[str, str]]:
    """Each `$ command` of a console block with the output shown below it; `\\` continues a command."""
    for part in re.split(r"^\$ ", re.sub(r"\\\n\s*", "", body), flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        yield command.rstrip(), shown.strip("\n")


def compare_output(command: str, shown: str, got: str) -> None:
    """Raise ExampleError unless the output got is the one shown; nothing shown is nothing claimed."""
    if not shown:
        return
    pattern = "".join(_pattern_of_line(line) for line in _without_chance(shown).splitlines())
    if not re.fullmatch(pattern, _without_chance(got).strip("\n") + "\n"):
        raise ExampleError(f"$ {command}\nprints\n\n{got}\nand not what is shown:\n\n{shown}")


def _pattern_of_line(line: str) -> str:
    if line.strip() == "...":
        return r"(?:[^\n]*\n)*?"
    return ".*?".join(re.escape(part) for part in line.split("...")) + r"\n"


def _without_chance(text: str) -> str:
    """The text with all that differs from run to run or machine to machine put alike."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\\", "/")
    text = re.sub(r"\d{4}-?\d\d-?\d\d[T_ -]\d\d:?\d\d(:?\d\d)?(\.\d+)?Z?(-[0-9a-f]{4,})?", "<moment>", text)
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "<hash>", text)
    text = re.sub(r"\b\d+(\.\d+)? ?(ms|s|min|x)(?![\w%])", "<time>", text)
    text = re.sub(r"([=_-])\1{2,}", r"\1\1\1", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _parse(load: Callable[[str], Any], block: Block) -> Any:
    try:
        return load(block.body)
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        raise ExampleError(f"this is not {block.language}: {error}") from None


def _find_needed(name: str, folder: Path) -> None:
    """Skip the rest where `name` is not here: `module langgraph`, or a file."""
    kind, _, module = name.partition(" ")
    if kind != "module":
        _lay_out_recording(name, folder)
        return
    try:
        importlib.import_module(module)
    except ImportError:
        pytest.skip(f"{module} is not installed; the examples from there on were not run")


def _lay_out_recording(name: str, folder: Path) -> None:
    place = os.environ.get("RECORDED_RUNS", "")
    recording = Path(place, name)
    if not place or not recording.is_file():
        pytest.skip(f"{name} is not here (RECORDED_RUNS={place}); the examples from there on were not run")
    shutil.copy2(recording, folder)


def _is_installable(package: str) -> bool:
    """Whether an argument of `pip install` is an option, another package, or this one with extras it has."""
    own = re.fullmatch(r"(?:pytest-arc|\.)\[(.+)\]", package)
    extras = tomllib.loads(_read("pyproject.toml"))["project"]["optional-dependencies"]
    return own is None or set(own[1].split(",")) <= extras.keys()


def _clean_environment() -> dict[str, str]:
    """The environment without what would change an example: settings of ours and of pytest. The programs of
    this Python come first, as for a reader who has activated a virtual environment: a bare Debian has no
    `python`, only `python3`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARC_", "PYTEST_"))}
    kept["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return kept | {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"}


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
