from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc import publishing
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder
from pytest_arc.planning import make_plan
from pytest_arc.publishing import FORMATS, REPORTS, list_places, publish, verify_places, write_format
from pytest_arc.registry import import_object
from pytest_arc.session import Session, run_session


@pytest.fixture
def folder(plan_bot: Any, tmp_path: Path) -> RunFolder:
    session = run_session(Session(make_plan([plan_bot({"a": "pass"})]), Settings(), root=tmp_path))
    return RunFolder(session.writer.path)


def fail(view: Any, read_trajectory: Any) -> Any:
    yield "half a page"
    raise RecursionError("deep")


def test_every_report_is_a_setting_and_every_format_can_be_loaded() -> None:
    assert set(REPORTS) <= set(Settings.model_fields)
    assert set(REPORTS) <= set(FORMATS)
    assert all(callable(import_object(path)) for path in FORMATS.values() if path)


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_is_written_in_every_format(name: str, folder: RunFolder) -> None:
    text = "".join(write_format(name, folder))

    assert folder.run_id in text
    assert name != "json" or text == (folder.path / "run.json").read_text(encoding="utf-8")


def test_places_are_those_that_are_wanted() -> None:
    assert list_places(Settings()) == {}
    assert list_places(Settings(html="out/report.html", json="run.json")) == {
        "html": Path("out/report.html"),
        "json": Path("run.json"),
    }


@pytest.mark.parametrize(
    "place",
    ["taken/report.html", "folder", "taken"],
    ids=["below a file", "a folder", "a file that is there"],
)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_spent(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken").touch()
    Path("folder").mkdir()
    told = ""
    try:
        verify_places({"html": Path(place)})
    except UsageError as error:
        told = str(error)

    assert told == snapshot


def test_reports_are_written_into_folders_that_are_made(folder: RunFolder, tmp_path: Path) -> None:
    place = tmp_path / "a" / "b.html"

    assert publish(folder, {"html": place}, {}) == {}
    assert place.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_what_cannot_be_written_is_told_and_nothing_half_written_is_left(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "FORMATS", {**FORMATS, "markdown": "failing_report:fail"})
    monkeypatch.setitem(sys.modules, "failing_report", SimpleNamespace(fail=fail))  # type: ignore[misc]
    (tmp_path / "taken").touch()
    places = {"html": tmp_path / "taken" / "a.html", "markdown": tmp_path / "b.md"}

    assert publish(folder, places, {}) == {
        places["html"]: "File exists",
        places["markdown"]: "RecursionError: deep",
    }
    assert not (tmp_path / "b.md").exists()


def test_a_folder_that_is_damaged_gives_no_report(folder: RunFolder, tmp_path: Path) -> None:
    (folder.path / "run.json").write_text('{"header": 3, "results": {"agents": 7}}', encoding="utf-8")
    found = publish(folder, {"html": tmp_path / "a.html"}, {})

    assert "the files of run" in found[tmp_path / "a.html"]
    assert not (tmp_path / "a.html").exists()


def test_texts_that_are_no_report_are_written_in_the_same_way(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    places = {"json": tmp_path / "run.json", "sbom": tmp_path / "taken" / "sbom.json"}
    texts = {"json": lambda: ["{", "}"], "sbom": lambda: ["{}"]}

    assert publish(folder, places, texts) == {places["sbom"]: "File exists"}
    assert places["json"].read_text(encoding="utf-8") == "{}"


def test_output_without_a_text_is_left_to_whoever_has_none(folder: RunFolder, tmp_path: Path) -> None:
    assert publish(folder, {"sbom": tmp_path / "sbom.json"}, {}) == {}
    assert not (tmp_path / "sbom.json").exists()
