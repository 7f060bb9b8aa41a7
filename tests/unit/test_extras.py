from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_arc.errors import MissingExtra
from pytest_arc.extras import explain_missing, require


def test_a_library_that_is_there_is_imported() -> None:
    assert require("json", "models") is sys.modules["json"]
    assert explain_missing("json.decoder", "models") is None


def test_a_missing_library_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(MissingExtra) as raised:
        require("no_such_library.direct", "models")

    assert str(raised.value) == "no_such_library is not installed: pip install 'pytest-arc[models]'"
    assert explain_missing("no_such_library", "models") == str(raised.value)


def test_a_library_that_is_broken_says_so_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_library.py").write_text("import no_such_part\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(ModuleNotFoundError, match="no_such_part"):
        require("broken_library", "models")


IRIS = """
import sys
from pytest_arc.extras import hasten_jsonschema
hasten_jsonschema()
import jsonschema
assert "rfc3987_syntax" not in sys.modules
assert "lark" not in sys.modules
kind = jsonschema.Draft202012Validator
schema = kind({"format": "iri"}, format_checker=kind.FORMAT_CHECKER)
print([schema.is_valid(text) for text in ("https://example.org/\u00e4", "no iri")])
assert "lark" in sys.modules
"""


def test_formats_of_iris_are_checked_although_their_grammar_is_put_off() -> None:
    pytest.importorskip("rfc3987_syntax", reason="jsonschema knows no IRIs without it")
    run = subprocess.run([sys.executable, "-c", IRIS], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("[True, False]\n", "")
