"""The environment of a run, asked of two programs while trials run: cyclonedx-py and pip-licenses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_arc.domain.result import Verdict
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import MissingExtra, UsageError
from pytest_arc.extras import explain_missing
from pytest_arc.supply.inquiry import Inquiry, NoAnswer
from pytest_arc.supply.licenses import AllowList, Package, load_allow_list

__all__ = ["GATE", "Inventory", "Sbom"]

GATE = "licenses"
MOST_SHOWN = 20
# To hold 200 packages against the schema takes 15 s of computing beside the trials; to list them takes one.
SBOM = (
    *("cyclonedx_py", "environment", "--sv", "1.6", "--of", "JSON"),
    *("--output-reproducible", "--no-validate"),
)
LICENSES = ("piplicenses", "--format=json", "--from=mixed", "--with-system")


@dataclass(frozen=True, slots=True)
class Sbom:
    """A CycloneDX document."""

    text: str
    components: int

    def describe(self) -> dict[str, Any]:
        """What the header of a run says of it."""
        return {
            "sha256": hashlib.sha256(self.text.encode("utf-8")).hexdigest(),
            "components": self.components,
        }


class Inventory:
    """What a run is to tell of its environment. `start` it, `judge_licenses`, `finish` and `close` it."""

    def __init__(self, settings: Settings) -> None:
        self.sbom: Sbom | None = None
        """Once it is finished, where one was asked for."""
        self.trouble = ""
        """Why there is none."""
        self._settings = settings
        self._allowed: AllowList | None = None
        self._inquiry: Inquiry | None = None
        self._licenses: Inquiry | None = None
        self._strangers: list[Package] | None = None

    def start(self) -> None:
        """Let the programs begin. Raises LoadError for a list of licences that cannot be used, MissingExtra
        where the programs are not installed, and UsageError where the SBOM cannot be written."""
        path = self._settings.sbom
        if path is not None and Path(path).is_dir():
            raise UsageError(f"--arc-sbom: {path} is a folder; name the file to write")
        if self._settings.licenses is not None:
            self._allowed = load_allow_list(Path(self._settings.licenses))
        for wanted, (module, *_) in ((path, SBOM), (self._allowed, LICENSES)):
            if wanted is not None and (missing := explain_missing(module, "sbom")):
                raise MissingExtra(missing)
        self._inquiry = None if path is None else Inquiry(*SBOM)
        self._licenses = None if self._allowed is None else Inquiry(*LICENSES)

    def close(self) -> None:
        for inquiry in (self._inquiry, self._licenses):
            if inquiry is not None:
                inquiry.close()

    def finish(self) -> None:
        """Wait for the SBOM, where one was asked for."""
        if self._inquiry is not None:
            try:
                self.sbom = _read_sbom(self._inquiry.read())
            except NoAnswer as error:
                self.trouble = f"there is no SBOM: {error}"

    def describe(self) -> dict[str, Any]:
        """What the header of the run says: `{"sbom": {"sha256", "components"}}`, or nothing."""
        return {} if self.sbom is None else {"sbom": self.sbom.describe()}

    def judge_licenses(
        self, agent: str, ended: str, tick: Callable[[], None] = lambda: None
    ) -> Verdict | None:
        """The gate of the licences, where it was asked for: of the environment, whatever the agent.

        `ended` says why the run ended early, if it did; `tick` is called while waiting.
        """
        if self._licenses is None or self._allowed is None:
            return None
        if ended:
            return Verdict(GATE, agent, "not evaluated", f"The run ended early: {ended}.", fails=True)
        try:
            if self._strangers is None:
                self._strangers = self._allowed.list_strangers(_read_packages(self._licenses.read(tick)))
        except NoAnswer as error:
            return Verdict(GATE, agent, "not evaluated", f"{error}.", fails=True)
        if not self._strangers:
            reason = f"Each package has a licence that {self._allowed.path} allows."
            return Verdict(GATE, agent, "passed", reason, fails=False)
        return _describe_failure(agent, self._allowed.path, self._strangers)


def _read_sbom(text: str) -> Sbom:
    """Raises NoAnswer."""
    try:
        document = json.loads(text)
        components = len(document["components"]) if document["bomFormat"] == "CycloneDX" else 0
    except (ValueError, KeyError, TypeError):
        raise NoAnswer("cyclonedx_py wrote no list of packages") from None
    if not components:
        raise NoAnswer("cyclonedx_py found no package")
    return Sbom(text, components)


def _read_packages(text: str) -> list[Package]:
    """Raises NoAnswer."""
    try:
        packages = [Package(found["Name"], found["Version"], found["License"]) for found in json.loads(text)]
    except (ValueError, KeyError, TypeError):
        raise NoAnswer("piplicenses wrote no list of packages") from None
    if not packages:
        raise NoAnswer("piplicenses found no package")
    return packages


def _describe_failure(agent: str, path: str, strangers: Sequence[Package]) -> Verdict:
    number = f"{len(strangers)} packages have" if len(strangers) > 1 else "1 package has"
    hints = [f"{package.name} {package.version}: {_shorten(package)}" for package in strangers[:MOST_SHOWN]]
    if len(strangers) > MOST_SHOWN:
        hints.append(f"and {len(strangers) - MOST_SHOWN} more")
    hints.append(f"Look at each, then allow its expression, or its release as NAME==VERSION, in {path}.")
    reason = f"{number} a licence that {path} does not allow."
    return Verdict(GATE, agent, "failed", reason, fails=True, hints=tuple(hints))


def _shorten(package: Package) -> str:
    """Some put the whole text of the licence where its name belongs."""
    first = package.license.strip().partition("\n")[0]
    return f"{first[:57]}..." if len(first) > 60 else first
