"""Every example in the documentation is run or loaded; `walkthrough.py` says by which rules."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from walkthrough import ROOT, ExampleError, find_blocks, work_through

DOCUMENTS = sorted(
    [path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"] + [*ROOT.glob("docs/**/*.md")]
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_of_document_are_true(
    document: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    blocks = find_blocks(document.read_text(encoding="utf-8"), document.relative_to(ROOT).as_posix())
    for folder in ("configs", "scenarios", "examples"):
        if (ROOT / folder).is_dir():
            shutil.copytree(
                ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".arc")
            )

    if any(block.needs == "module modal" for block in blocks):
        request.getfixturevalue("modal_account")
    work_through(blocks, tmp_path)


@pytest.fixture
def modal_account(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Commands are signed in to a stand-in for Modal, which makes trials itself: 50 containers are many."""
    standin = pytest.importorskip("modal_standin", reason="needs the extra 'modal'")
    # What it imports for trials is found in the reader's folder.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with standin.ModalStandin(tmp_path_factory.mktemp("modal"), inline=True) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield


def test_note_before_a_fence_belongs_to_that_block_alone() -> None:
    text = "<!-- needs: data/runs.json -->\n```console\n$ arc --version\n```\n\n```python\nx = 1\n```\n"

    first, second = find_blocks(text, "doc.md")

    assert (first.place, first.language, first.needs) == ("doc.md:2", "console", "data/runs.json")
    assert (second.place, second.language, second.needs) == ("doc.md:6", "python", "")


def test_block_in_a_list_loses_its_indent() -> None:
    (block,) = find_blocks("* an item\n\n  ```python\n  if x:\n      y()\n  ```\n", "doc.md")

    assert block.body == "if x:\n    y()\n"


def test_file_shown_is_there_for_the_next_command(tmp_path: Path) -> None:
    text = """
```python
# agents/mine.py
print("hello from", __name__)
```

```console
$ python agents/mine.py
hello from __main__
```
"""
    work_through(find_blocks(text, "doc.md"), tmp_path)

    assert (tmp_path / "agents" / "mine.py").is_file()


def test_output_may_differ_in_elided_lines_and_times(tmp_path: Path) -> None:
    text = r"""
```console
$ python -c "print('start\n1\n2\n3 passed in 0.51s\n')"
start
...
3 passed in 9.99s
```
"""
    work_through(find_blocks(text, "doc.md"), tmp_path)


@pytest.mark.parametrize(
    "example, complaint",
    [
        ("```python\nx = = 1\n```\n", "this is not python"),
        ("```python\nraise OSError('gone')\n```\n", "OSError: gone"),
        ("```python\ndef test_sum() -> None:\n    assert 1 + 1 == 3\n```\n", "1 failed"),
        ("```yaml\na: [1\n```\n", "this is not yaml"),
        ("```json\n{'a': 1}\n```\n", "this is not json"),
        ("```bash\narc run\n```\n", "write ```bash as ```console"),
        ("```console\narc run\n```\n", "begins with `\\$ `"),
        ("```console\n$ python -c 'print(1)'\n2\n```\n", "not what is shown"),
        ("```console\n$ python -c 'raise SystemExit(1)'\n```\n", "ended with 1, not 0"),
        ("```console\n$ python -c 'print(1)' # exit 1\n```\n", "ended with 0, not 1"),
        ("```console\n$ make no-such-target\n```\n", "is no command"),
        ("```console\n$ pip install pytest-arc[no-such-extra]\n```\n", "is no command"),
        ("<!-- not run: it needs a key -->\n```console\n$ curl x\n```\n", "is no command"),
        ("<!-- not run: it needs a key -->\n```python\nx = = 1\n```\n", "this is not python"),
    ],
)
def test_example_that_is_not_so_is_reported_with_its_place(
    tmp_path: Path, example: str, complaint: str
) -> None:
    with pytest.raises(ExampleError, match=rf"(?s)doc\.md:\d+: .*{complaint}"):
        work_through(find_blocks(example, "doc.md"), tmp_path)


def test_example_without_its_recording_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECORDED_RUNS", raising=False)
    text = "<!-- needs: data/runs.json -->\n```console\n$ python -c 'raise SystemExit(1)'\n```\n"

    with pytest.raises(pytest.skip.Exception, match=r"data/runs\.json is not here"):
        work_through(find_blocks(text, "doc.md"), tmp_path)
